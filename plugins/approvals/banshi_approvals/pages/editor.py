"""A sub-item as fields of a form, and back: rows of questions, materials and departments are added and taken away without script."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from banshi import Said, Text, toolkit, translator
from banshi_approvals.catalogue import files
from banshi_approvals.catalogue.content import Item
from banshi_approvals.pages import words

_ = translator("banshi_approvals")

Raw = Mapping[str, Sequence[str]]
Faults = Mapping[str, Any]
MOST_ROWS = 60


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """One field: its place in the sub-item, how it is drawn, what it is read as."""

    name: str
    label: Text
    kind: str = "text"
    reads: str = "text"
    hint: Text | str = ""
    options: Mapping[str, Text] = {}
    rows: int = 1


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A heading with its fields."""

    title: str
    fields: tuple[toolkit.Field, ...]


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of fields of one kind, each of which can be taken away; ``add`` is what its button says."""

    name: str
    title: str
    add: str
    rows: tuple[tuple[toolkit.Field, ...], ...]


def said(name: str, label_zh: Text, label_en: Text, rows: int = 1) -> tuple[Spec, Spec]:
    """Return the two fields of a text in both languages."""
    kind = "textarea" if rows > 1 else "text"
    return Spec(name=f"{name}.zh", label=label_zh, kind=kind, rows=rows), Spec(name=f"{name}.en", label=label_en, kind=kind, rows=rows)


LINES = _("One a line: Chinese | English")
WHEN = _("One a line: question: answer, answer. Empty: always")
SECTIONS: tuple[tuple[Text, tuple[Spec, ...]], ...] = (
    (
        _("What it is"),
        (
            *said("title", _("Title (Chinese)"), _("Title (English)")),
            *said("summary", _("Summary (Chinese)"), _("Summary (English)"), 2),
            Spec(name="matter", label=_("Matter"), kind="select"),
            Spec(name="holder", label=_("For whom"), kind="select", options=words.HOLDERS),
            Spec(name="basis", label=_("Legal basis"), kind="textarea", reads="lines", hint=LINES, rows=3),
            Spec(name="conditions", label=_("Conditions"), kind="textarea", reads="lines", hint=LINES, rows=4),
            Spec(name="words", label=_("Words that people type"), kind="textarea", reads="lines", hint=LINES, rows=2),
            *said("fee", _("Fee (Chinese)"), _("Fee (English)")),
        ),
    ),
    (
        _("Who decides, by when"),
        (
            Spec(name="decides", label=_("Who decides"), kind="select", options=words.LEVELS),
            Spec(name="statutory", label=_("Limit of the law, in workdays"), kind="number", reads="int"),
            Spec(name="promised", label=_("Promised limit, in workdays"), kind="number", reads="int"),
            Spec(name="reply", label=_("Workdays to hand in what is missing"), kind="number", reads="int"),
            Spec(name="steps", label=_("Steps"), kind="checkboxes", reads="many", options=words.STEPS),
            Spec(name="at_once", label=_("Examined and decided in one sitting"), kind="checkbox", reads="bool"),
            Spec(name="promise", label=_("Granted on a promise, checked afterwards"), kind="checkbox", reads="bool"),
            Spec(name="inspection", label=_("Code of the inspection form")),
            Spec(name="experts.field", label=_("Field of the experts")),
            Spec(name="experts.number", label=_("How many experts"), kind="number", reads="int"),
            Spec(name="experts.pass_at", label=_("Passed from this mean score on"), kind="number", reads="int"),
        ),
    ),
    (
        _("What comes of it"),
        (
            Spec(name="grants.kind", label=_("Kind of licence (code)")),
            *said("grants.title", _("Name of the licence (Chinese)"), _("Name of the licence (English)")),
            Spec(name="grants.months", label=_("Months that it is valid; empty: no end"), kind="number", reads="int"),
            Spec(name="grants.renew_days", label=_("Days before the end from which it can be renewed"), kind="number", reads="int"),
            Spec(name="grants.prefix", label=_("Letters before its number")),
            Spec(name="grants.yearly_check", label=_("Checked every year"), kind="checkbox", reads="bool"),
        ),
    ),
)
BLOCKS: tuple[tuple[str, Text, Text, tuple[Spec, ...]], ...] = (
    (
        "questions",
        _("Questions about the situation"),
        _("Add a question"),
        (
            Spec(name="name", label=_("Code of the question")),
            *said("label", _("Question (Chinese)"), _("Question (English)")),
            Spec(name="choices", label=_("Answers"), kind="textarea", reads="choices", hint=_("One a line: code | Chinese | English"), rows=3),
            Spec(name="when", label=_("Asked only after these answers"), kind="textarea", reads="when", hint=WHEN, rows=2),
        ),
    ),
    (
        "materials",
        _("Materials"),
        _("Add a material"),
        (
            Spec(name="code", label=_("Code of the material")),
            *said("title", _("Material (Chinese)"), _("Material (English)")),
            *said("hint", _("Explanation (Chinese)"), _("Explanation (English)")),
            *said("basis", _("Basis (Chinese)"), _("Basis (English)")),
            *said("sample", _("Sample (Chinese)"), _("Sample (English)")),
            Spec(name="core", label=_("Core: nothing is accepted without it"), kind="checkbox", reads="bool"),
            Spec(name="takes", label=_("Taken as"), kind="select", options=words.TAKES),
            Spec(name="licence", label=_("Kind of own licence that stands in for it")),
            Spec(name="when", label=_("Needed only after these answers"), kind="textarea", reads="when", hint=WHEN, rows=2),
        ),
    ),
    (
        "joint",
        _("Departments of a joint review"),
        _("Add a department"),
        (
            Spec(name="department", label=_("Department (code)")),
            Spec(name="duty", label=_("Or whose duty it is (category)")),
            *said("question", _("Question (Chinese)"), _("Question (English)")),
            Spec(name="workdays", label=_("Workdays"), kind="number", reads="int"),
            Spec(name="unanswered", label=_("If there is no answer in time"), kind="select", options=words.UNANSWERED),
        ),
    ),
)


# -- a sub-item to fields -------------------------------------------------------------------------------------------------


def raw_of(item: Item) -> dict[str, list[str]]:
    """Return a sub-item as what a browser would send."""
    plain = msgspec.to_builtins(item)
    raw = {spec.name: _written(spec, _at(plain, spec.name)) for _title, specs in SECTIONS for spec in specs}
    for name, _title, _add, specs in BLOCKS:
        rows = plain.get(name) or ()
        raw[f"rows.{name}"] = [str(len(rows))]
        for number, row in enumerate(rows):
            raw |= {f"{name}.{number}.{spec.name}": _written(spec, _at(row, spec.name)) for spec in specs}
    return raw


def _at(plain: Any, name: str) -> Any:
    for part in name.split("."):
        plain = plain.get(part) if isinstance(plain, Mapping) else None
    return plain


def _written(spec: Spec, value: Any) -> list[str]:
    if spec.reads == "bool":
        return ["true"] if value else []
    if spec.reads == "many":
        return list(value or ())
    if spec.reads == "lines":
        return ["\n".join(f"{one.get('zh', '')} | {one.get('en', '')}" for one in value or ())]
    if spec.reads == "choices":
        return ["\n".join(f"{c['value']} | {c['label'].get('zh', '')} | {c['label'].get('en', '')}" for c in value or ())]
    if spec.reads == "when":
        return ["\n".join(f"{name}: {', '.join(values)}" for name, values in (value or {}).items())]
    return ["" if value is None else str(value)]


# -- fields to a sub-item -------------------------------------------------------------------------------------------------


def read(code: str, raw: Raw) -> tuple[Item | None, list[tuple[str, Text | Said]]]:
    """Return the sub-item that a form says, None where it cannot be one, and every fault with its field."""
    plain: dict[str, Any] = {"code": code}
    for _title, specs in SECTIONS:
        for spec in specs:
            _put(plain, spec.name, _value(spec, raw.get(spec.name, ())))
    if not plain.get("experts", {}).get("field"):
        plain.pop("experts", None)
    for name, _title, _add, specs in BLOCKS:
        plain[name] = []
        for number in range(rows_of(name, raw)):
            row: dict[str, Any] = {}
            for spec in specs:
                _put(row, spec.name, _value(spec, raw.get(f"{name}.{number}.{spec.name}", ())))
            plain[name].append(row)
    item, faults = files.build(Item, plain)
    return item, faults


def rows_of(name: str, raw: Raw) -> int:
    """Return how many rows a block has in a form."""
    told = (raw.get(f"rows.{name}") or ["0"])[-1]
    return min(int(told), MOST_ROWS) if told.isascii() and told.isdigit() else 0


def _put(plain: dict[str, Any], name: str, value: Any) -> None:
    """Put a value to its place; what was left empty is left out."""
    if value is None:
        return
    *above, last = name.split(".")
    for part in above:
        plain = plain.setdefault(part, {})
    plain[last] = value


def _value(spec: Spec, given: Sequence[str]) -> Any:
    text = (given[-1] if given else "").strip()
    if spec.reads == "bool":
        return bool(given)
    if spec.reads == "many":
        return list(given)
    if spec.reads == "lines":
        return [dict(zip(("zh", "en"), _parts(line, 2), strict=True)) for line in _lines(text)]
    if spec.reads == "choices":
        found = [_parts(line, 3) for line in _lines(text)]
        return [{"value": value, "label": {"zh": zh, "en": en}} for value, zh, en in found]
    if spec.reads == "when":
        pairs = (line.partition(":" if ":" in line else "：") for line in _lines(text))
        return {name.strip(): [v.strip() for v in re.split("[,，]", values) if v.strip()] for name, _colon, values in pairs}
    if not text:
        return None
    return int(text) if spec.reads == "int" and text.isascii() and text.isdigit() and len(text) < 6 else text


def _lines(text: str) -> Iterator[str]:
    return (line for line in text.splitlines() if line.strip())


def _parts(line: str, count: int) -> list[str]:
    parts = [p.strip() for p in re.split(r"[|｜]", line, maxsplit=count - 1)]
    return parts + [""] * (count - len(parts))


def changed(raw: Raw) -> dict[str, list[str]]:
    """Return the form after one of its buttons that add or take away a row."""
    found = {name: list(values) for name, values in raw.items()}
    added, removed = (found.pop(b, [""])[-1] for b in ("add", "remove"))
    if added in {name for name, *_rest in BLOCKS}:
        number = rows_of(added, raw)
        found[f"rows.{added}"] = [str(min(number + 1, MOST_ROWS))]
        found |= {f"{added}.{number}.core": ["true"]} if added == "materials" else {}
    name, _dot, place = removed.partition(".")
    if name in {n for n, *_rest in BLOCKS} and place.isascii() and place.isdigit() and int(place) < rows_of(name, raw):
        last = rows_of(name, raw) - 1
        for number in range(int(place), last + 1):
            for key in [k for k in found if k.startswith(f"{name}.{number}.")]:
                del found[key]
            for key, values in raw.items():
                if number < last and key.startswith(f"{name}.{number + 1}."):
                    found[f"{name}.{number}." + key.split(".", 2)[2]] = list(values)
        found[f"rows.{name}"] = [str(last)]
    return found


# -- drawing --------------------------------------------------------------------------------------------------------------


def sections(visit: toolkit.Visit, raw: Raw, errors: Mapping[str, str], matters: Mapping[str, str]) -> tuple[Section, ...]:
    """Return the fields of a form that stand once."""
    return tuple(
        Section(title=visit.say(title), fields=tuple(_field(visit, s, s.name, raw, errors, matters if s.name == "matter" else None) for s in specs))
        for title, specs in SECTIONS
    )


def blocks(visit: toolkit.Visit, raw: Raw, errors: Mapping[str, str]) -> tuple[Block, ...]:
    """Return the rows of a form."""
    return tuple(
        Block(
            name=name,
            title=visit.say(title),
            add=visit.say(add),
            rows=tuple(tuple(_field(visit, s, f"{name}.{number}.{s.name}", raw, errors) for s in specs) for number in range(rows_of(name, raw))),
        )
        for name, title, add, specs in BLOCKS
    )


def placed(faults: Sequence[tuple[str, Any]], raw: Raw) -> dict[str, Any]:
    """Return faults by the form's field that they belong to; what has none stands under the empty name."""
    names = {s.name for _title, specs in SECTIONS for s in specs}
    for name, _title, _add, specs in BLOCKS:
        names |= {f"{name}.{n}.{s.name}" for n in range(rows_of(name, raw)) for s in specs}
    found: dict[str, Any] = {}
    for path, text in faults:
        here, parts = "", path.split(".")
        while parts and not here:
            joined = ".".join(parts)
            here = next((n for n in (joined, f"{joined}.zh", f"{joined}.field", f"{joined}.code", f"{joined}.name") if n in names), "")
            parts.pop()
        found.setdefault(here, text)
    return found


def _field(
    visit: toolkit.Visit, spec: Spec, name: str, raw: Raw, errors: Mapping[str, str], matters: Mapping[str, str] | None = None
) -> toolkit.Field:
    given = list(raw.get(name, ()))
    options = matters if matters is not None else {value: visit.say(label) for value, label in spec.options.items()}
    return toolkit.Field(
        name=name,
        label=visit.say(spec.label),
        kind=spec.kind,  # type: ignore[arg-type]
        hint=visit.say(spec.hint),
        value=given[-1] if given else "",
        error=errors.get(name, ""),
        choices=tuple(toolkit.Choice(value=v, label=label, chosen=v in given) for v, label in options.items()),
        rows=spec.rows,
    )


# -- differences ----------------------------------------------------------------------------------------------------------


class Difference(msgspec.Struct, frozen=True):
    """What a field said before, and says now."""

    label: str
    before: str
    after: str


def differences(visit: toolkit.Visit, before: Item | None, after: Item) -> tuple[Difference, ...]:
    """Return what changed from one version to the next, field by field; rows are told apart by their codes."""
    if before is None:
        return ()
    old, new = (dict(_flat(visit, item)) for item in (before, after))
    return tuple(
        Difference(label, old.get(label, ""), new.get(label, "")) for label in dict.fromkeys([*old, *new]) if old.get(label, "") != new.get(label, "")
    )


def _flat(visit: toolkit.Visit, item: Item) -> Iterator[tuple[str, str]]:
    plain = msgspec.to_builtins(item)
    for _title, specs in SECTIONS:
        for spec in specs:
            yield visit.say(spec.label), _shown(spec, _at(plain, spec.name))
    for name, title, _add, specs in BLOCKS:
        for row in plain.get(name) or ():
            key = row.get("code") or row.get("name") or row.get("department") or row.get("duty")
            for spec in specs:
                yield f"{visit.say(title)} · {key} · {visit.say(spec.label)}", _shown(spec, _at(row, spec.name))


def _shown(spec: Spec, value: Any) -> str:
    return "\n".join(_written(spec, value)) if spec.reads != "many" else ", ".join(value or ())
