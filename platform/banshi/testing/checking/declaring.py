"""What a plugin declares: its words, README, measures and demo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from random import Random
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import msgspec

from banshi.testing.checking.subject import Subject
from banshi.testing.records import record, told

if TYPE_CHECKING:
    from banshi.contracts import CaseType, Measure, Record
    from banshi.texts import Text

SHAPES: Mapping[str, tuple[str, ...]] = {"count": ("number",), "rate": ("number", "due"), "days": ("number",), "age": ("day",)}


def readme(subject: Subject) -> Iterator[str]:
    """Tell which permissions and settings the README does not name."""
    said = subject.readme
    if not said.strip():
        yield 'there is no README.md beside pyproject.toml (`readme = "README.md"`): write what the plugin is for, its permissions and its settings'
        return
    for permission in sorted({p.name for role in subject.registry.roles for p in role.permissions if p.name.startswith(f"{subject.name}.")}):
        if permission not in said:
            yield f"the README does not name the permission {permission}: say who needs it"
    for declared in getattr(subject.registry, "settings", ()):
        for field in msgspec.structs.fields(declared.form):
            variable = f"BANSHI_{subject.name}_{field.name}".upper()
            if variable not in said:
                yield f"the README does not name the setting {variable}: say what it does, and its default"


def spoken(subject: Subject) -> Iterator[str]:
    """Tell which declared texts no catalogue translates: another domain, or words that were put together at run time."""
    from banshi import texts

    said: set[Text] = set()
    for field in msgspec.structs.fields(type(subject.registry)):
        _collect(getattr(subject.registry, field.name), said, set())
    for text in sorted(said, key=str):
        translations: Any = texts.catalogue(text.domain, "zh")
        if text.msgid not in getattr(translations, "_catalog", {}):
            hint = f"mark it with `_ = translator({subject.package!r})`" if text.domain != subject.package else "write it out where `_` marks it"
            yield f"{text.msgid!r} (domain {text.domain}) has no Chinese: {hint}, and translate it"


def _collect(thing: Any, said: set[Text], seen: set[int]) -> None:
    from banshi.texts import Text

    if isinstance(thing, Text):
        said.add(thing)
    elif isinstance(thing, msgspec.Struct) and not isinstance(thing, type):
        if id(thing) not in seen:
            seen.add(id(thing))
            for name in thing.__struct_fields__:
                _collect(getattr(thing, name), said, seen)
    elif isinstance(thing, type) and issubclass(thing, msgspec.Struct):
        for hint in get_type_hints(thing, include_extras=True).values():
            for note in get_args(hint)[1:]:
                _collect(note, said, seen)
    elif isinstance(thing, Mapping):
        for one in thing.values():
            _collect(one, said, seen)
    elif isinstance(thing, (tuple, list)):
        for one in thing:
            _collect(one, said, seen)


def measures(subject: Subject) -> Iterator[str]:
    """Tell which measures do not return what their kind promises, or not the same twice, for cases fresh, under way and closed."""
    types = {c.name: c for c in subject.registry.case_types}
    for measure in subject.registry.measures:
        for case in (r for name in measure.case_types for r in _records(types[name])):
            try:
                given, again = measure.take(case), measure.take(case)
            except Exception as error:
                said = f"{type(error).__name__} ({error})"
                yield f"{measure.name} raises {said} for a case in the state {case.state!r}: return None where it does not apply"
                break
            if given != again:
                yield f"{measure.name} gives {given!r}, then {again!r} for the same case: it must be a pure function of the record"
                break
            if given is not None and _shape(given) not in SHAPES[measure.kind]:
                yield f"{measure.name} is of kind {measure.kind!r} and gives {given!r}: {_expected(measure)}"
                break
            if measure.kind == "rate" and _shape(given) == "number" and given not in {0, 1}:
                yield f"{measure.name} is a rate and gives {given!r}: {_expected(measure)}"
                break


def _shape(given: Any) -> str:
    from banshi.contracts import Due

    return "due" if isinstance(given, Due) else "number" if isinstance(given, int) else "day" if type(given) is date else type(given).__name__


def _expected(measure: Measure) -> str:
    return {
        "count": "return a whole number, or None",
        "rate": "return 1 or 0, Due(day) while it is open, or None where it is left out",
        "days": "return a whole number of days, or None",
        "age": "return the day since which it lasts, or None",
    }[measure.kind]


def _records(declared: CaseType) -> Iterator[Record]:
    """Yield cases of a type as they may stand: just opened, in each state that an action leads to, and closed with each outcome."""
    first = declared.states[0].name
    opened = told("opened", state=first, capacity="resident")
    yield record(declared, opened)
    for action in declared.actions:
        end = action.to or action.sources[0]
        story = (opened, told(action.name, days=3, state=end, capacity=action.by[0]))
        if declared.state(end).final:
            yield from (record(declared, *story, days=9, state=end, outcome=o.name) for o in declared.outcomes)
        else:
            yield record(declared, *story, state=end)


def demo(subject: Subject) -> Iterator[str]:
    """Tell where the demo is not the same twice, or files what its type does not take."""
    from banshi.cases.decoding import decode
    from banshi.errors import Invalid

    types = {c.name: c for c in subject.registry.case_types}
    for declared in subject.registry.demo:
        cases, again = (msgspec.to_builtins(list(declared.cases(Random(7)))) for _turn in range(2))  # noqa: S311 -- the same every time is the point
        if cases != again:
            yield "the demo gives other cases the second time: draw everything from the random source that it is handed, and from nothing else"
        for one in declared.cases(Random(7)):  # noqa: S311
            if one.case_type not in types:
                yield f"the demo files a {one.case_type!r}, which is no case type of the plugin"
                break
            try:
                decode(types[one.case_type].form, one.data)
            except Invalid as wrong:
                yield f"the demo files a {one.case_type!r} that its form refuses: {', '.join(f'{f} ({t})' for f, t in wrong.problems.items())}"
                break
            known = {a.name for a in types[one.case_type].actions}
            if unknown := sorted({action for _days, action, _form, _who in one.steps} - known):
                yield f"the demo takes the steps {', '.join(unknown)}, which are no actions of {one.case_type!r}"
                break


CHECKS: Mapping[str, Callable[[Subject], Iterable[str]]] = {"readme": readme, "spoken": spoken, "measures": measures, "demo": demo}
