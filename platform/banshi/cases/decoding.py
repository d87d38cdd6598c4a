"""From raw input to a form's struct, field by field, so that all mistakes are told at once and the input is kept.

A URL-encoded body cannot be decoded straight into a struct (a lone checkbox, one box of a group, three wrong fields at once);
a JSON body walks the same way, so that page and API say the same words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import msgspec

from banshi.cases import positions
from banshi.contracts import Ask, Personal
from banshi.errors import Invalid
from banshi.texts import Said, Text, translator

_ = translator("banshi")

Raw = Mapping[str, Any]
"""A field's name to a str, a list of str (a form), or any JSON value (the API)."""


class FieldShape(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a form: its type for msgspec, how it is asked, its bounds."""

    name: str
    type: Any
    ask: Ask
    personal: Personal | None
    required: bool
    default: Any
    longest: int | None
    shortest: int | None
    kind: str
    many: bool


@cache
def shapes(form: type[msgspec.Struct]) -> tuple[FieldShape, ...]:
    """Return the fields of ``form`` in order."""
    hints = get_type_hints(form, include_extras=True)
    found = []
    for field in msgspec.structs.fields(form):
        notes = get_args(hints[field.name])[1:] if hasattr(hints[field.name], "__metadata__") else ()
        metas = [n for n in notes if isinstance(n, msgspec.Meta)]
        plain = _certain(get_args(hints[field.name])[0] if notes else hints[field.name])
        found.append(
            FieldShape(
                name=field.encode_name,
                type=hints[field.name],
                ask=next((n for n in notes if isinstance(n, Ask)), Ask(label=field.name)),
                personal=next((n for n in notes if isinstance(n, Personal)), None),
                required=field.required,
                default=None if field.default is msgspec.NODEFAULT else field.default,
                longest=next((m.max_length for m in metas if m.max_length is not None), None),
                shortest=next((m.min_length for m in metas if m.min_length is not None), None),
                kind=getattr(plain, "__name__", str(plain)),
                many=get_origin(plain) in {list, tuple, set, frozenset},
            )
        )
    return tuple(found)


def _certain(kind: Any) -> Any:
    """Return what a field that may be left out is when it is there (``date | None``: a date)."""
    known = [k for k in get_args(kind) if k is not type(None)] if isinstance(kind, UnionType) else []
    return known[0] if len(known) == 1 else kind


def decode(form: type[msgspec.Struct], raw: Raw, *, only: tuple[str, ...] | None = None) -> Any:
    r"""Return ``form`` filled from ``raw``; with ``only``, check just those fields and return them as a dict.

    Raises ``Invalid`` with a problem for each wrong field. A text's line ends become ``\n``; blanks around it go.
    """
    problems: dict[str, Text | Said | str] = {}
    values: dict[str, Any] = {}
    fields = shapes(form)
    if only is None:
        known = {f.name for f in fields}
        for name in raw:
            if name not in known:
                problems[str(name)] = Said(_("There is no field “{name}”."), {"name": str(name)})
    for field in fields:
        if only is not None and field.name not in only:
            continue
        given = raw.get(field.name)
        if not field.many and isinstance(given, (list, tuple)) and len({str(v) for v in given}) > 1:
            problems[field.name] = Said(_("Give one answer to “{label}”."), {"label": field.ask.label})
            continue
        value = _plain(field, given)
        if value is None or value in ("", []):
            if field.required:
                problems[field.name] = _missing(field)
            continue
        problem = _out_of_bounds(field, value)
        if problem is None:
            try:
                values[field.name] = msgspec.convert(value, field.type, strict=False)
                continue
            except (msgspec.ValidationError, ValueError, OverflowError):
                problem = _malformed(field)
        problems[field.name] = problem
    if problems:
        raise Invalid(_("Some answers need your attention."), problems)
    return values if only is not None else form(**values)


def _plain(field: FieldShape, value: Any) -> Any:
    if isinstance(value, (list, tuple)) and not field.many:
        value = value[-1] if value else None
    elif field.many and not isinstance(value, (list, tuple)) and value is not None:
        value = [value]
    if isinstance(value, str):
        value = re.sub(r"\r\n?", "\n", value).strip()
        return True if field.kind == "bool" and value == "on" else value
    return value


def _out_of_bounds(field: FieldShape, value: Any) -> Text | Said | None:
    for text in value if isinstance(value, list) else [value]:
        if isinstance(text, str) and (fault := unprintable(text)):
            return Said(fault, {"label": field.ask.label})
    if field.longest is not None and isinstance(value, str) and len(value) > field.longest:
        return Said(
            _("“{label}” can be at most {longest} characters long; this is {length}."),
            {"label": field.ask.label, "longest": field.longest, "length": len(value)},
        )
    if field.shortest is not None and isinstance(value, str) and len(value) < field.shortest:
        return Said(_("“{label}” needs at least {shortest} characters."), {"label": field.ask.label, "shortest": field.shortest})
    if field.ask.options:
        allowed = [o.value for o in field.ask.options]  # a list: what the API is sent need not be hashable
        if any(v not in allowed for v in (value if isinstance(value, list) else [value])):
            return Said(_("Choose one of the answers to “{label}”."), {"label": field.ask.label})
    if field.ask.role == "position" and (not isinstance(value, str) or positions.read(value) is None):
        return _("Give latitude (-90 to 90) and longitude (-180 to 180) in decimal degrees, such as 30.12345,120.12345.")
    return None


def _malformed(field: FieldShape) -> Text | Said:
    if field.personal is not None and field.personal.kind == "telephone":
        return _("Enter a telephone number with digits, like 100 0000 1234.")
    return Said(_("The answer to “{label}” is not in the right form."), {"label": field.ask.label})


def unprintable(text: str) -> Text | None:
    """Return what is wrong with characters that no database or page can hold: NUL, other controls, lone surrogates."""
    for character in text:
        if ("\ud800" <= character <= "\udfff") or (character < " " and character not in "\n\t\r") or character == "\x7f":
            return _("“{label}” has a character that cannot be stored. Type the text again instead of pasting it.")
    return None


def _missing(field: FieldShape) -> Said:
    if field.ask.options or field.ask.picks:
        return Said(_("Choose an answer to “{label}”."), {"label": field.ask.label})
    return Said(_("Enter an answer to “{label}”."), {"label": field.ask.label})
