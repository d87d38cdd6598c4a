"""The catalogue as a TOML file: matters, sub-items and reforms, read with every fault at once.

- ``[[matter]]``: code, family, title
- ``[[item]]``: a sub-item as `content.Item` has it
- ``[[reform]]``: what changes who has a sub-item, as `reforms.Reform` has it
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec

from banshi import Said, Text, translator
from banshi_approvals.catalogue.checking import Fault
from banshi_approvals.catalogue.content import Item, Matter
from banshi_approvals.catalogue.reforms import Reform

_ = translator("banshi_approvals")

MISSING = _("It is missing.")
KINDS: Mapping[str, type[msgspec.Struct]] = {"matter": Matter, "item": Item, "reform": Reform}


class Book(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a file, as far as it can be read, and what is wrong with it."""

    matters: tuple[Matter, ...] = ()
    items: tuple[Item, ...] = ()
    reforms: tuple[Reform, ...] = ()
    faults: tuple[Fault, ...] = ()


def read(content: bytes) -> Book:
    """Return what a file says; what cannot be read is left out and stands among the faults."""
    try:
        raw = tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return Book(faults=(Fault("", "", _("The file is not in UTF-8.")),))
    except tomllib.TOMLDecodeError as error:
        return Book(faults=(Fault("", "", Said(_("The file is no TOML: {detail}"), {"detail": str(error)})),))
    faults = [Fault("", str(name), _("There is no such field.")) for name in raw if name not in KINDS]
    found: dict[str, list[Any]] = {name: [] for name in KINDS}
    for name, struct in KINDS.items():
        tables = raw.get(name, [])
        if not isinstance(tables, list):
            faults.append(Fault("", name, Said(_("Write [[{name}]], once for each."), {"name": name})))
            continue
        for number, table in enumerate(tables, 1):
            value, wrong = build(struct, table)
            whose = str((table.get("code") or table.get("item")) if isinstance(table, dict) else "") or f"{name} {number}"
            faults += [Fault(whose, field, text) for field, text in wrong]
            if value is not None:
                found[name].append(value)
    faults += _twice(found["item"]) + _twice(found["matter"])
    return Book(matters=tuple(found["matter"]), items=tuple(found["item"]), reforms=tuple(found["reform"]), faults=tuple(faults))


def build(struct: type[msgspec.Struct], raw: Any, path: str = "") -> tuple[Any, list[tuple[str, Text | Said]]]:
    """Return a struct filled from plain values, None where that fails, and every fault with its field."""
    if not isinstance(raw, dict):
        return None, [(path.rstrip("."), _("Here belongs a table."))]
    hints, known = get_type_hints(struct), {f.name for f in msgspec.structs.fields(struct)}
    values: dict[str, Any] = {}
    faults: list[tuple[str, Text | Said]] = [(f"{path}{name}", _("There is no such field.")) for name in raw if name not in known]
    for field in msgspec.structs.fields(struct):
        here = f"{path}{field.name}"
        if field.name not in raw:
            if field.required:
                faults.append((here, MISSING))
            continue
        value, wrong = _value(hints[field.name], raw[field.name], here)
        faults += wrong
        values[field.name] = value
    return (None, faults) if faults else (struct(**values), faults)


def _value(wanted: Any, raw: Any, here: str) -> tuple[Any, list[tuple[str, Text | Said]]]:
    inner = _struct(wanted)
    if inner is not None and raw is not None:
        return build(inner, raw, f"{here}.")
    arguments = get_args(wanted)
    if get_origin(wanted) is tuple and len(arguments) == 2 and (inner := _struct(arguments[0])) is not None:
        if not isinstance(raw, list):
            return None, [(here, _("Here belongs a list."))]
        built = [build(inner, one, f"{here}.{number}.") for number, one in enumerate(raw)]
        return tuple(value for value, _wrong in built), [fault for _value, wrong in built for fault in wrong]
    try:
        return msgspec.convert(raw, wanted, strict=True), []
    except (msgspec.ValidationError, ValueError):
        return None, [(here, _belongs(wanted))]


def _struct(wanted: Any) -> type[msgspec.Struct] | None:
    options = get_args(wanted) if get_origin(wanted) in {Union, UnionType} else (wanted,)
    return next((o for o in options if isinstance(o, type) and issubclass(o, msgspec.Struct)), None)


def _belongs(wanted: Any) -> Text | Said:
    """Return what should stand there."""
    if get_origin(wanted) in {Union, UnionType}:
        wanted = next(o for o in get_args(wanted) if o is not type(None))
    if get_origin(wanted) is Literal:
        return Said(_("Here belongs one of: {choices}."), {"choices": ", ".join(get_args(wanted))})
    if get_origin(wanted) is tuple and get_origin(get_args(wanted)[0]) is Literal:
        return Said(_("Here belongs a list of: {choices}."), {"choices": ", ".join(get_args(get_args(wanted)[0]))})
    if get_origin(wanted) is tuple:
        return _("Here belongs a list.")
    if get_origin(wanted) is dict and get_args(wanted)[1] is str:
        return _("Here belongs a text in each language: { zh = “…”, en = “…” }.")
    said: dict[Any, Text] = {
        int: _("Here belongs a whole number."),
        bool: _("Here belongs true or false."),
        str: _("Here belongs a text."),
        date: _("Here belongs a day, like 2027-01-31."),
    }
    return said.get(wanted, _("Here belongs a table."))


def _twice(found: list[Any]) -> list[Fault]:
    codes = [one.code for one in found]
    return [Fault(code, "code", _("It is there twice.")) for code in sorted({c for c in codes if codes.count(c) > 1})]
