"""What somebody wants to know, within what they may; the figures, from cells alone.

A post with the right `kernel.report` reads its department and everything below it on either line of superiors, or its whole district. Cases of
hidden persons are counted like any other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import ColumnElement, and_, exists, func, literal_column, not_, or_, select

from banshi.cases.book import House
from banshi.cases.tables import case
from banshi.contracts import REPORT, Actor, Measure
from banshi.db import KERNEL, Connection
from banshi.errors import Forbidden, Invalid, NotFound
from banshi.fences import fault_table
from banshi.identity.directory import Directory
from banshi.reporting import measuring
from banshi.reporting.tables import report_case, report_cell
from banshi.texts import translator

_ = translator("banshi")

By = Literal["type", "department", "channel", "month", "district", "category"]
BYS: tuple[By, ...] = get_args(By)
MOST_MONTHS = 60
USUAL_MONTHS = 6
Part = Literal["yes", "no", "left_out", "pending", "counted"]
PARTS: tuple[Part, ...] = get_args(Part)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases, by what: months from ``first`` to ``last`` (their first days, both included), and what narrows them.

    ``department_id`` means the department and everything below it. ``by`` says what the lines of the table are.
    """

    first: date
    last: date
    by: By = "department"
    case_type: str = ""
    department_id: int | None = None
    channel: str = ""

    @property
    def months(self) -> int:
        """How many months."""
        return between(self.first, self.last) + 1


def asked(
    house: House,
    today: date,
    *,
    first: str = "",
    last: str = "",
    by: str = "department",
    case_type: str = "",
    department: str = "",
    channel: str = "",
) -> Asked:
    """Return what was asked for, from words such as ``2026-01`` and codes; Invalid names every field that is wrong. Empty: the last six months."""
    problems: dict[str, Any] = {}
    ends = {name: _month(said) for name, said in (("from", first), ("to", last)) if said}
    problems |= {name: _("Write a month like 2026-01.") for name, found in ends.items() if found is None}
    until = ends.get("to") or max(today.replace(day=1), ends.get("from") or date.min)
    since = ends.get("from") or moved(until, 1 - USUAL_MONTHS)
    if since > until:
        problems["from"] = _("The first month lies after the last.")
    elif between(since, until) >= MOST_MONTHS:
        problems["from"] = _("A report covers at most 60 months.")
    if by not in BYS:
        problems["by"] = _("There is no such way to divide the cases.")
    if case_type and case_type not in {r.key for r in house.book}:
        problems["type"] = _("There is no such kind of case.")
    found = house.directory.find(department) if department else None
    if department and found is None:
        problems["department"] = _("There is no such department.")
    if len(channel) > 40 or "\x00" in channel:
        problems["channel"] = _("There is no such way to come in.")
    if problems:
        raise Invalid(_("Some answers need your attention."), problems)
    return Asked(first=since, last=until, by=by, case_type=case_type, department_id=found.id if found else None, channel=channel)  # type: ignore[arg-type]


def today(house: House, actor: Actor, at: datetime) -> date:
    """Return the day where an actor works; in the city where that is nowhere."""
    tree = house.directory.tree
    place = tree[actor.district_id] if actor.district_id is not None else next(iter(tree.roots), None)
    return at.astimezone(place.timezone if place else UTC).date()


# -- figures ---------------------------------------------------------------------------------------------------------------


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measure of some cases.

    ``of`` is the denominator: the cases that were counted; ``hits`` those of a rate that did, or the sum of a count. ``left_out`` are not in the
    denominator, ``pending`` are not decided yet. ``median`` and ``p90`` are days (nearest rank), ``measuring.EXACT`` + 1 standing for more; None
    where nothing was counted. ``spread`` is (days, cases), ascending.
    """

    measure: Measure
    of: int = 0
    hits: int = 0
    left_out: int = 0
    pending: int = 0
    median: int | None = None
    p90: int | None = None
    spread: tuple[tuple[int, int], ...] = ()

    @property
    def rate(self) -> float | None:
        """Hits of the denominator, between 0 and 1; None where nobody is in it."""
        return self.hits / self.of if self.of else None


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of some cases, by measure; ``key`` says which: a type's key, an id, a channel, a month's first day."""

    key: Any
    figures: Mapping[str, Figure]

    def cases(self, measure: str) -> int:
        """Return the sum of a count, or the cases of any other figure; 0 where it has none."""
        found = self.figures.get(measure)
        return 0 if found is None else found.hits if found.measure.kind == "count" else found.of


class Rolled(msgspec.Struct, frozen=True, kw_only=True):
    """A department's place in the table: how deep it stands, its own line, and the line of it and all below it where there are any."""

    department_id: int
    depth: int
    own: Line | None
    below: Line | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for: all cases together, the same of as many months before, each month, each type now and before, and the lines by ``asked.by``.

    ``rolled`` are the departments in the order of their superiors, where the lines are departments.
    """

    asked: Asked
    measures: tuple[Measure, ...]
    total: Line
    before: Line
    months: tuple[Line, ...]
    types: tuple[tuple[Line, Line], ...]
    lines: tuple[Line, ...]
    rolled: tuple[Rolled, ...] = ()
    failed: tuple[Measure, ...] = ()


Tallies = dict[str, Counter[tuple[str, int]]]
"""Measure to how many cases gave which (what, value)."""


async def read(db: Connection, house: House, actor: Actor, wanted: Asked, today: date) -> Report:
    """Return the report; two queries over cells, none over cases, one for measures that fail.

    Forbidden without the right, NotFound for a department out of reach.
    """
    where = _within(house, actor, wanted)
    columns = (report_cell.c.measure, report_cell.c.what, report_cell.c.value)
    start = moved(wanted.first, -wanted.months)
    declared = {m.key: m for m in measuring.measures(house.registry)}
    told = await db.execute(select(fault_table.c.owner, fault_table.c.name).where(fault_table.c.kind == "measure"))
    wrong = {tuple(row) for row in told}
    failing = [m for m in declared.values() if (m.owner, measuring.fault_name(m)) in wrong]
    for measure in failing:
        del declared[measure.key]
    ages = {m.key for m in declared.values() if m.kind == "age"}
    lasts = report_cell.c.measure.in_(ages)  # what lasts is there whenever it began
    amount = func.sum(report_cell.c.cases).label("cases")
    over_time = (
        select(report_cell.c.month, report_cell.c.type, *columns, amount)
        .where(or_(report_cell.c.month.between(start, wanted.last), lasts), *where)
        .group_by(report_cell.c.month, report_cell.c.type, *columns)
    )
    rows = (await db.execute(over_time)).all()
    total, before = Tallies(), Tallies()
    months: dict[date, Tallies] = {m: Tallies() for m in month_range(wanted.first, wanted.last)}
    types: dict[str, tuple[Tallies, Tallies]] = {}
    for row in rows:
        if row.measure not in declared:
            continue
        now = row.month >= wanted.first or row.measure in ages
        by_type = types.setdefault(row.type, (Tallies(), Tallies()))
        for into in (total if now else before, by_type[0 if now else 1]):
            _add(into, row)
        if row.month in months:
            _add(months[row.month], row)
    lines: dict[Any, Tallies] = dict(months)
    if wanted.by == "type":
        lines = {key: now for key, (now, _then) in sorted(types.items())}
    elif wanted.by != "month":
        column = report_cell.c[{"department": "department_id", "district": "district_id"}.get(wanted.by, wanted.by)]
        divided = (
            select(column.label("key"), *columns, amount)
            .where(or_(report_cell.c.month.between(wanted.first, wanted.last), lasts), *where)
            .group_by(column, *columns)
        )
        lines = {}
        for part in await db.execute(divided):
            if part.measure in declared:
                _add(lines.setdefault(part.key, Tallies()), part)
    present = {t for t, both in types.items() if any(both)}
    measures = tuple(m for m in declared.values() if m.owner == "kernel" or any(m.speaks_of(t) for t in present))

    def line(key: Any, tallies: Tallies) -> Line:
        return Line(key=key, figures={m.key: figure(m, tallies.get(m.key, Counter()), today) for m in measures})

    return Report(
        asked=wanted,
        measures=measures,
        total=line("", total),
        before=line("", before),
        months=tuple(line(m, t) for m, t in months.items()),
        types=tuple((line(key, now), line(key, then)) for key, (now, then) in sorted(types.items())),
        lines=tuple(line(key, t) for key, t in lines.items()),
        rolled=_rolled(house.directory, lines, line, _shown(house, actor, wanted)) if wanted.by == "department" else (),
        failed=tuple(m for m in failing if not present or any(m.speaks_of(t) for t in present)),
    )


def figure(measure: Measure, tally: Mapping[tuple[str, int], int], today: date) -> Figure:
    """Return the figure of what cases gave; what had to be decided by a day that is over counts as missed."""
    counted = {value: n for (what, value), n in tally.items() if what == "counted"}
    left_out = sum(n for (what, _value), n in tally.items() if what == "left_out")
    due = {value: n for (what, value), n in tally.items() if what == "due"}
    if measure.kind == "count":
        return Figure(measure=measure, of=sum(counted.values()), hits=sum(v * n for v, n in counted.items()), left_out=left_out)
    if measure.kind == "rate":
        missed = sum(n for day, n in due.items() if day < today.toordinal())
        of = sum(counted.values()) + missed
        return Figure(measure=measure, of=of, hits=counted.get(1, 0), left_out=left_out, pending=sum(due.values()) - missed)
    if measure.kind == "age":
        since = {value: n for (what, value), n in tally.items() if what == "since"}
        counted = dict(Counter({max(today.toordinal() - day, 0): 0 for day in since}))
        for day, n in since.items():
            counted[max(today.toordinal() - day, 0)] += n
    spread = tuple(sorted((v, n) for v, n in counted.items() if n))
    return Figure(
        measure=measure,
        of=sum(n for _v, n in spread),
        left_out=left_out,
        median=rank(spread, 50),
        p90=rank(spread, 90),
        spread=spread,
    )


def rank(spread: Sequence[tuple[int, int]], percent: int) -> int | None:
    """Return the smallest value that so many percent of the cases do not exceed (nearest rank); None of nothing."""
    total, reached = sum(n for _v, n in spread), 0
    for value, n in spread:
        reached += n
        if reached * 100 >= total * percent:
            return value
    return None


def _add(into: Tallies, row: Any) -> None:
    into.setdefault(row.measure, Counter())[row.what, row.value] += int(row.cases)


# -- within what they may ----------------------------------------------------------------------------------------------------


def reach(house: House, actor: Actor) -> tuple[set[int] | None, set[int] | None]:
    """Return the districts, or the departments, whose figures an actor reads (None: that does not bound them). Forbidden without the right."""
    if actor.capacity == "system":
        return None, None
    if not actor.may(REPORT.name):
        raise Forbidden(_("Your post does not carry the right to read the report."))
    if actor.reach == "district" and actor.district_id is not None:
        return {d.id for d in house.directory.tree.below(actor.district_id)}, None
    return None, below(house.directory, actor.department_id) if actor.department_id is not None else set()


def departments(house: House, actor: Actor) -> list[int]:
    """Return the departments that an actor can ask for, in the order of their superiors."""
    districts, within = reach(house, actor)
    return [i for i, _depth in order(house.directory) if (within is None or i in within) and _inside(house, i, districts)]


def _inside(house: House, department_id: int, districts: set[int] | None) -> bool:
    return districts is None or house.directory.department(department_id).district_id in districts


def _within(house: House, actor: Actor, wanted: Asked) -> list[ColumnElement[bool]]:
    cell = report_cell.c
    districts, within = reach(house, actor)
    found: list[ColumnElement[bool]] = []
    if districts is not None:
        found.append(cell.district_id.in_(districts))
    if within is not None:
        found.append(cell.department_id.in_(within))
    if actor.capacity == "staff" and (own := house.owners_seen(actor) - {KERNEL}):  # who is there for no domain reads across all of them
        found.append(or_(*(cell.type.startswith(f"{owner}.", autoescape=True) for owner in sorted(own))))
    if wanted.department_id is not None:
        chosen = below(house.directory, wanted.department_id)
        if within is not None and wanted.department_id not in within:
            raise NotFound(_("This department is not for your eyes."))
        found.append(cell.department_id.in_(chosen))
    if wanted.case_type:
        found.append(cell.type == wanted.case_type)
    if wanted.channel:
        found.append(cell.channel == wanted.channel)
    tree = house.directory.tree
    if tree.within is not None:
        found.append(cell.district_id.in_(tree.within))
    for owner in sorted(house.book.owners):  # where a district has a plugin off, its cases are in no report
        if off := [d.id for d in tree.serving if not tree.has_on(d.id, owner)]:
            found.append(not_(and_(cell.type.in_({r.key for r in house.book if r.owner == owner}), cell.district_id.in_(off))))
    return found


def below(directory: Directory, department_id: int) -> set[int]:
    """Return a department and all that have it above them, on either line of superiors."""
    found, grown = {department_id}, True
    while grown:
        more = {d.id for d in directory if {d.superior_by_trade_id, d.superior_by_area_id} & found} - found
        found |= more
        grown = bool(more)
    return found


def order(directory: Directory) -> list[tuple[int, int]]:
    """Return the departments, each with its depth, below their superiors: by area, else by trade; each once."""
    lower: dict[int | None, list[Any]] = {}
    for d in directory:
        lower.setdefault(d.superior_by_area_id or d.superior_by_trade_id, []).append(d)
    found: dict[int, int] = {}

    def visit(above: int | None, depth: int) -> None:
        for d in sorted(lower.get(above, ()), key=lambda d: (d.district_id, d.code)):
            if d.id not in found:
                found[d.id] = depth
                visit(d.id, depth + 1)

    visit(None, 0)
    for d in directory:  # superiors in a ring have no top
        if d.id not in found:
            found[d.id] = 0
            visit(d.id, 1)
    return list(found.items())


def _shown(house: House, actor: Actor, wanted: Asked) -> set[int]:
    """The departments that have a line: who stands above the reader, or above what was asked for, adds up more than is counted here."""
    districts, within = reach(house, actor)
    found = {d.id for d in house.directory if _inside(house, d.id, districts)} if within is None else within
    return found if wanted.department_id is None else found & below(house.directory, wanted.department_id)


def _rolled(directory: Directory, lines: Mapping[Any, Tallies], line: Any, shown: set[int]) -> tuple[Rolled, ...]:
    found = []
    for department_id, depth in order(directory):
        under = [i for i in below(directory, department_id) if i in lines]
        if not under or (department_id not in shown and department_id not in lines):
            continue
        own = line(department_id, lines[department_id]) if department_id in lines else None
        lower = any(i != department_id for i in under)
        all_of_it = line(department_id, together(lines[i] for i in under)) if lower else None
        found.append(Rolled(department_id=department_id, depth=depth, own=own, below=all_of_it))
    return tuple(found)


def together(parts: Iterable[Tallies]) -> Tallies:
    """Return tallies added up."""
    total = Tallies()
    for tallies in parts:
        for measure, counted in tallies.items():
            total.setdefault(measure, Counter()).update(counted)
    return total


def counts_as(measure: str, part: Part | range, today: date) -> ColumnElement[bool]:
    """Return the condition on a case that it counts so in a measure (or took so many days): the cases behind a number of the report, for a list."""
    entry = report_case.c.tally[measure]
    what, value = entry[0].astext, entry[1].as_integer()
    is_due = what == "due"
    conditions: dict[Part, ColumnElement[bool]] = {
        "yes": and_(what == "counted", value == 1),
        "no": or_(and_(what == "counted", value == 0), and_(is_due, value < today.toordinal())),
        "left_out": what == "left_out",
        "pending": and_(is_due, value >= today.toordinal()),
        "counted": or_(what.in_(("counted", "since")), and_(is_due, value < today.toordinal())),
    }
    counted = and_(what == "counted", value.between(part.start, part.stop - 1)) if isinstance(part, range) else conditions[part]
    return exists(select(literal_column("1")).where(report_case.c.case_id == case.c.id, counted))


# -- months ------------------------------------------------------------------------------------------------------------------


def moved(month: date, by: int) -> date:
    """Return the first day of the month so many months later (or earlier, below zero)."""
    number = month.year * 12 + month.month - 1 + by
    return date(number // 12, number % 12 + 1, 1)


def between(first: date, last: date) -> int:
    """Return how many months lie between two."""
    return (last.year - first.year) * 12 + last.month - first.month


def month_range(first: date, last: date) -> list[date]:
    """Return the months from the first to the last."""
    return [moved(first, n) for n in range(between(first, last) + 1)]


def _month(said: str) -> date | None:
    try:
        found = date.fromisoformat(f"{said}-01") if len(said) == len("2026-01") else None
    except ValueError:
        return None
    return found if found is not None and 1990 <= found.year <= 2100 else None


__all__ = ["BYS", "Asked", "By", "Figure", "Line", "Part", "Report", "Rolled", "asked", "counts_as", "read"]
