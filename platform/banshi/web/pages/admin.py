"""The pages of the administration."""

from __future__ import annotations

import msgspec

from banshi.web.pages.parts import Field, Form, Link, Problem


class AdminHead(msgspec.Struct, frozen=True, kw_only=True):
    """What stands above each page: tabs, the same page of other districts, and what presses."""

    tabs: tuple[Link, ...]
    districts: tuple[Link, ...] = ()
    notices: tuple[Link, ...] = ()


class DayCell(msgspec.Struct, frozen=True, kw_only=True):
    """One day of a month: how it looks (off, work, rest, or nothing), and what it is in a word and in full."""

    day: int
    look: str = ""
    mark: str = ""
    said: str = ""


class MonthPart(msgspec.Struct, frozen=True, kw_only=True):
    """One month: its weeks from Monday to Sunday (None: a day of another month), and its named days in words."""

    number: int
    title: str
    weeks: tuple[tuple[DayCell | None, ...], ...]
    named: tuple[str, ...] = ()


class VersionRow(msgspec.Struct, frozen=True, kw_only=True):
    """One change: where, when, who, why, and what it was."""

    district: str
    when: str
    machine: str
    who: str
    why: str
    what: tuple[str, ...]


class CalendarPage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/calendar.html."""

    head: AdminHead
    title: str
    lead: str
    year: int
    before: str
    after: str
    provisional: str
    published: str
    weekdays: tuple[tuple[str, str], ...]
    months: tuple[MonthPart, ...]
    hours: tuple[tuple[str, str], ...]
    after_hours: str
    versions: tuple[VersionRow, ...]
    recounting: str = ""
    change: str = ""


class DayRow(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of one range of days."""

    title: str
    fields: tuple[Field, ...]


class CalendarFormPage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/calendar_form.html."""

    head: AdminHead
    title: str
    action: str
    back: str
    rows: tuple[DayRow, ...]
    week: tuple[Field, ...]
    as_above: Field
    after_hours: Field
    published: Field
    file: Field
    hidden: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...] = ()
    said: str = ""


class MoveRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case that moves, and each of its dates: what, from when, to when."""

    case: Link
    kind: str
    dates: tuple[tuple[str, str, str], ...]


class CalendarPreviewPage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/calendar_preview.html."""

    head: AdminHead
    title: str
    what: tuple[str, ...]
    moved: str
    rows: tuple[MoveRow, ...]
    more: str
    form: Form
    back: Form


class SetRow(msgspec.Struct, frozen=True, kw_only=True):
    """A limit or a rule as it holds: in words, and where that comes from."""

    title: str
    href: str
    value: str
    source: str
    off: bool = False
    own: bool = False
    under: tuple[str, ...] = ()


class RuleGroup(msgspec.Struct, frozen=True, kw_only=True):
    """The limits and the rules of one type of case."""

    name: str
    title: str
    limits: tuple[SetRow, ...]
    rules: tuple[SetRow, ...]


class RulesPage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/rules.html."""

    head: AdminHead
    title: str
    groups: tuple[RuleGroup, ...]
    recounting: str = ""


class RulePage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/rule.html: one of them, its form, and its history."""

    head: AdminHead
    title: str
    back: str
    facts: tuple[tuple[str, str], ...]
    steps: tuple[str, ...]
    note: str
    history: tuple[VersionRow, ...]
    form: Form | None = None
    inherit: Form | None = None


class RungRow(msgspec.Struct, frozen=True, kw_only=True):
    """What would happen on a case: which rung of which rule, when, and why."""

    case: Link
    kind: str
    district: str
    rule: str
    rung: str
    when: str
    machine: str
    why: str
    does: str


class PileRow(msgspec.Struct, frozen=True, kw_only=True):
    """A backlog: over its limit, or near it."""

    category: str
    department: str
    count: str
    limit: str
    note: str
    over: bool


class EscalationsPage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/escalations.html."""

    head: AdminHead
    title: str
    form: Form
    said: str
    counts: tuple[tuple[str, str], ...]
    rows: tuple[RungRow, ...]
    csv: str
    further: str = ""
    piles: tuple[PileRow, ...] = ()
    first: bool = True
