"""Forms from structs: what a browser sent to raw input, and a struct's fields to what the page draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict
from litestar.types import Empty
from litestar.utils.scope.state import ScopeState

from banshi import texts
from banshi.cases import positions
from banshi.cases.decoding import FieldShape, shapes
from banshi.districts import District, Tree
from banshi.errors import Invalid, Refused
from banshi.identity.directory import Directory
from banshi.plugins import Registry
from banshi.web import pages

_ = texts.translator("banshi")

CSRF_FIELD = "_csrf_token"
OWN = frozenset({CSRF_FIELD, "key", "revision"})
RADIOS_UP_TO = 8
LONGEST_KEY = 100


async def read(request: Request[Any, Any, Any]) -> dict[str, list[str]]:
    """Return every field of a posted form with all its values, files left out."""
    return _fields_of(await request.form())


def already_read(request: Request[Any, Any, Any]) -> dict[str, list[str]]:
    """Return the same of a form that the CSRF check has read: a handler of failures cannot wait for the body."""
    said = ScopeState.from_scope(request.scope).form
    return {} if said is Empty else _fields_of(FormMultiDict.from_form_data(said))


def _fields_of(form: FormMultiDict) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            found.setdefault(name, []).append(value)
    return found


def one(raw: Mapping[str, Sequence[str]], name: str) -> str:
    """Return a field's last value, empty where it was not sent."""
    values = raw.get(name) or [""]
    return values[-1]


def answers(raw: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return what a person answered: everything but what the form carries for itself."""
    return {name: values for name, values in raw.items() if name not in OWN}


def fields(
    form: type[msgspec.Struct],
    language: texts.Language,
    *,
    raw: Mapping[str, Any] | None = None,
    problems: Mapping[str, Any] | None = None,
    only: Sequence[str] | None = None,
    directory: Directory | None = None,
    district: District | None = None,
    department_id: int | None = None,
    library: Options = (),
    away: Mapping[str, str] = {},
) -> tuple[pages.Field, ...]:
    """Return the fields of ``form`` as they are drawn, with the raw input and its problems.

    What a field picks from the ``directory`` lies in ``district`` (areas) or in the department (its officers); ``library`` is what can be cited,
    ``away`` what is told of officers who are absent, by staff number.
    """
    raw, problems = raw or {}, problems or {}
    drawn = []
    for shape in shapes(form):
        if only is None or shape.name in only:
            if shape.ask.picks == "library" and not library:
                continue
            picked = library if shape.ask.picks == "library" else _picked(shape, language, directory, district, department_id, away)
            drawn.append(_field(shape, language, raw, problems, picked))
    return tuple(drawn)


def labels(registry: Registry, language: texts.Language) -> dict[str, str]:
    """Return the label of every field that any form asks for, by its name; where two forms share a name, the first one's."""
    found: dict[str, str] = {}
    for case_type in registry.case_types:
        for form in (case_type.form, *(a.form for a in case_type.actions)):
            for shape in shapes(form):
                found.setdefault(shape.name, texts.say(shape.ask.label, language))
    return found


def problem_list(problems: Mapping[str, Any], language: texts.Language) -> tuple[pages.Problem, ...]:
    """Return the lines of the error summary."""
    return tuple(pages.Problem(text=texts.say(text, language), field=name) for name, text in problems.items())


def problems_of(refused: Invalid) -> dict[str, Any]:
    """Return the problems of a refusal; one that names no field stands alone."""
    return dict(refused.problems) or {"": texts.Said(refused.text, refused.values) if isinstance(refused.text, texts.Text) else refused.text}


def say_value(shape: FieldShape, value: Any, language: texts.Language, directory: Directory | None = None) -> str:
    """Return a stored value in words: an option's label, the name of an area or department, anything else as it is."""
    if isinstance(value, (list, tuple)):
        return ("、" if language == "zh" else ", ").join(say_value(shape, v, language, directory) for v in value)
    if shape.kind == "bool":
        return texts.say(_("Yes") if value in {True, "on", "true"} else _("No"), language)
    for option in shape.ask.options:
        if option.value == value:
            return texts.say(option.label, language)
    if shape.ask.picks == "area" and directory is not None and (found := directory.tree.find(str(value))):
        return " ".join(d.say(language) for d in reversed(directory.tree.above(found.id)) if d.parent_id is not None) or found.say(language)
    if shape.ask.picks == "department" and directory is not None and (department := directory.find(str(value))):
        return department.say(language)
    if shape.ask.role == "position" and (position := positions.read(str(value))):
        return texts.say(position.said(), language)
    return "" if value is None else str(value)


def _field(
    shape: FieldShape,
    language: texts.Language,
    raw: Mapping[str, Any],
    problems: Mapping[str, Any],
    picked: Options | None,
) -> pages.Field:
    given = raw.get(shape.name, shape.default if isinstance(shape.default, str) and shape.default else None)
    values = [str(v) for v in given] if isinstance(given, (list, tuple)) else [str(given)] if given is not None else []
    options = [(o.value, texts.say(o.label, language), texts.say(o.hint, language)) for o in shape.ask.options] if picked is None else picked
    return pages.Field(
        name=shape.name,
        label=texts.say(shape.ask.label, language),
        hint=texts.say(shape.ask.hint, language),
        kind=_kind(shape, len(options)),
        value=values[-1] if values else "",
        error=texts.say(problems[shape.name], language) if shape.name in problems else "",
        choices=tuple(pages.Choice(value=v, label=label, hint=hint, chosen=v in values) for v, label, hint in options),
        rows=shape.ask.rows,
        longest=shape.longest if shape.ask.rows > 1 else None,
        autocomplete=shape.ask.autocomplete,
        optional=not shape.required and shape.kind != "bool",
    )


Options = Sequence[tuple[str, str, str]]
"""Value, label and hint of each choice."""


def _picked(
    shape: FieldShape,
    language: texts.Language,
    directory: Directory | None,
    district: District | None,
    department_id: int | None,
    away: Mapping[str, str],
) -> Options | None:
    """Return what a field offers from the directory, None where it offers nothing from there."""
    if directory is None or not shape.ask.picks:
        return None
    if shape.ask.picks == "area":
        return area_options(directory.tree, district, language)
    if shape.ask.picks == "officer":
        officers = directory.officers_of(department_id) if department_id is not None else ()
        return [(o.staff_number, _officer(o.staff_number, language, away), "") for o in officers]
    standing = sorted((d for d in directory if not d.dissolved), key=lambda d: (directory.tree[d.district_id].path, d.code))
    return [(d.code, d.say(language), directory.tree[d.district_id].say(language) if shape.many else "") for d in standing]


def _officer(number: str, language: texts.Language, away: Mapping[str, str]) -> str:
    said = texts.say(_("Staff {number}"), language, number=number)
    return texts.say(_("{officer} ({note})"), language, officer=said, note=away[number]) if number in away else said


def area_options(tree: Tree, district: District | None, language: texts.Language) -> list[tuple[str, str, str]]:
    """Return the places below a district, streets before their communities."""
    if district is None:
        return []
    inside = sorted((d for d in tree.below(district.id) if d.id != district.id), key=lambda d: d.path)
    return [(d.code, "\u3000" * (len(d.path) - len(district.path) - 1) + d.say(language), "") for d in inside]


def _kind(shape: FieldShape, options: int) -> Any:
    if shape.kind == "bool":
        return "checkbox"
    if options or shape.ask.picks:
        return "checkboxes" if shape.many else ("radios" if options <= RADIOS_UP_TO and not shape.ask.picks else "select")
    if shape.personal is not None and shape.personal.kind == "telephone":
        return "telephone"
    return {"int": "number", "date": "date"}.get(shape.kind, "textarea" if shape.ask.rows > 1 else "text")


def refusal_problems(refused: Refused) -> dict[str, Any]:
    """Return what the error summary says of a refusal."""
    if isinstance(refused, Invalid):
        return problems_of(refused)
    text = texts.Said(refused.text, refused.values) if isinstance(refused.text, texts.Text) else refused.text
    return {"": text}


def key_of(raw: dict[str, list[str]]) -> str:
    """Return the key that the form was drawn with; what no page of ours drew is no key."""
    said = one(raw, "key")
    return said if len(said) <= LONGEST_KEY and said.isascii() and said.isprintable() else ""


def revision_of(raw: dict[str, list[str]]) -> int | None:
    """Return the revision that a form was made for, None where it does not say."""
    said = one(raw, "revision")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
