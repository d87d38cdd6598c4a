"""A case with its story, asked by every measure. The kernel's own measures: received, at work, settled, open, days to settle."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from time import perf_counter
from typing import Any, Literal, NamedTuple

import msgspec

from banshi.audit import canonical
from banshi.cases import timing
from banshi.cases.book import House
from banshi.clock.counting import Clock, counted
from banshi.contracts import Contribution, Due, Happening, Measure, Record, Timing
from banshi.plugins import Registry
from banshi.privacy import SEALED
from banshi.texts import translator

_ = translator("banshi")
log = logging.getLogger(__name__)

EXACT = 90
"""Days that are counted one by one; whatever took longer stands together under one more."""
SLOW = 0.5
"""Seconds that a measure may take for a case; the usual ones take a few millionths."""
UNTIL_COUNTED_ANEW = timedelta(days=3650)
"""What a failing measure gave is wrong until every case was counted anew, which takes its fault away."""
What = Literal["counted", "left_out", "due", "since"]


class Entry(NamedTuple):
    """What one case gives to one measure: ``value`` is its number (counted), a day as its ordinal (due, since), or 0 (left out)."""

    what: What
    value: int
    month: date


RECEIVED = Measure(
    owner="kernel",
    name="received",
    title=_("Received"),
    explained=_("Every case that came in, each person who reported the same matter counted: the demand."),
    kind="count",
    take=lambda _case: 1,
)
AT_WORK = Measure(
    owner="kernel",
    name="matters",
    title=_("Matters"),
    explained=_("Pieces of work: what several people reported together is one."),
    left_out=_("Cases that joined a group; the case that leads it stands for them."),
    kind="count",
    take=lambda case: None if case.member else 1,
)
SETTLED = Measure(
    owner="kernel",
    name="settled",
    title=_("Settled"),
    explained=_("Every case that was closed in the month and has not been taken up again, however it ended."),
    kind="count",
    month="closed",
    take=lambda _case: 1,
)
OPEN = Measure(
    owner="kernel",
    name="open",
    title=_("Open now"),
    explained=_("Every case that is not closed now, whenever it came in; its age are the days since then."),
    kind="age",
    better="less",
    take=lambda case: None if case.closed else case.day(case.received),
)
DAYS = Measure(
    owner="kernel",
    name="days",
    title=_("Days to settle"),
    explained=_("Calendar days from receipt to the end, 0 for the same day, waiting for the resident included. Beyond 90 days all stand together."),
    kind="days",
    month="closed",
    better="less",
    take=lambda case: (case.day(case.closed) - case.day(case.received)).days if case.closed else None,
)
OWN = (RECEIVED, AT_WORK, SETTLED, OPEN, DAYS)


def measures(registry: Registry) -> tuple[Measure, ...]:
    """Return all measures, the kernel's first."""
    return (*OWN, *registry.measures)


def digest(registry: Registry) -> str:
    """Return what changes when any measure does: then every case is counted again."""
    said = [[m.key, m.version, m.kind, m.month, sorted(m.case_types)] for m in measures(registry)]
    return hashlib.sha256(canonical([EXACT, said])).hexdigest()[:12]


def tally(house: House, case: Record) -> dict[str, Entry]:
    """Return what a case gives to each measure that speaks of it. One that fails leaves the case out, and the report leaves out the measure."""
    found: dict[str, Entry] = {}
    for measure in measures(house.registry):
        ends = case.closed if measure.month == "closed" else case.received
        if ends is None or not measure.speaks_of(case.case_type):
            continue
        month = case.day(ends).replace(day=1)
        if house.fences.is_out(measure.owner, "measure", fault_name(measure)):
            entry = Entry("left_out", 0, month)
        else:
            entry = _asked(house, measure, case, month)
        if entry.what != "left_out" or measure.left_out:
            found[measure.key] = entry
    return found


def _asked(house: House, measure: Measure, case: Record, month: date) -> Entry:
    began = perf_counter()
    try:
        entry = _entry(measure, measure.take(case), month)
    except Exception as error:
        log.exception("measure failed", extra={"measure": measure.key})
        house.fences.blame(error, measure.owner, "measure", fault_name(measure), aside=UNTIL_COUNTED_ANEW)
        entry = Entry("left_out", 0, month)
    if (took := perf_counter() - began) > SLOW:
        house.fences.report(measure.owner, "measure", fault_name(measure), f"took {took:.1f} s for a case", aside=UNTIL_COUNTED_ANEW)
    return entry


def fault_name(measure: Measure) -> str:
    """Return what a measure is called among the faults: with its version, because the next one is another function."""
    return f"{measure.name}@{measure.version}"


def _entry(measure: Measure, given: Contribution, month: date) -> Entry:
    if given is None:
        return Entry("left_out", 0, month)
    if isinstance(given, Due) and measure.kind == "rate":
        return Entry("due", given.day.toordinal(), month)
    if isinstance(given, date) and measure.kind == "age":
        return Entry("since", given.toordinal(), month)
    if not isinstance(given, int) or measure.kind == "age":
        msg = f"{measure.key} is of kind {measure.kind!r} and gave {given!r}"
        raise TypeError(msg)
    if measure.kind == "rate" and given not in {0, 1}:
        msg = f"{measure.key} is a rate and gave {given!r}: 1, 0, a day by which it is decided, or None"
        raise ValueError(msg)
    return Entry("counted", min(max(int(given), 0), EXACT + 1) if measure.kind == "days" else int(given), month)


def record(house: House, row: Any) -> Record:
    """Return the case of a row of `rollups.CASES` as measures read it."""
    type_row, tree = house.book[row.type_id], house.directory.tree
    return Record(
        case_type=type_row.key,
        district_id=row.district_id,
        department_id=row.department_id,
        state=row.state,
        outcome=row.outcome,
        category=row.category,
        channel=row.channel,
        priority=row.priority,
        confidentiality=row.confidentiality,
        member=row.member,
        imported=row.imported,
        received=row.received,
        closed=row.closed,
        data=_open(decoded(row.data)),
        facts=_facts(house, type_row.key, decoded(row.facts)),
        story=tuple(_happening(line) for line in decoded(row.story)),
        zone=tree[row.district_id].timezone,
        timing=cache(lambda: _timing(house, row)),
    )


def _timing(house: House, row: Any) -> dict[str, Timing]:
    """Return how each deadline of a case stands, its latest run."""
    declared = house.declared(row.type_id)
    if declared is None:
        return {}
    story = [timing.happened(declared, _Event(n, *line)) for n, line in enumerate(decoded(row.story), 1)]
    urgent, facts = bool(row.priority > 0), decoded(row.facts)
    found = house.times.clocks(declared, story, row.district_id, row.received, urgent=urgent, facts=facts)
    return {c.deadline.name: _stands(house, row.district_id, c) for c in found}


class _Event(NamedTuple):
    """An event of a story as clocks read it."""

    sequence: int
    kind: str
    capacity: str
    department_id: int | None
    said_at: str
    audience: str
    state: str
    form: Mapping[str, Any] | None

    @property
    def at(self) -> datetime:
        """Its moment."""
        return datetime.fromisoformat(self.said_at)

    @property
    def body(self) -> dict[str, Any]:
        """Its answers, where an event keeps them."""
        return {"form": self.form or {}}


def _stands(house: House, district_id: int, clock: Clock) -> Timing:
    if clock.stopped is None:
        return Timing(due=clock.due, kept=None)
    total = clock.limit + sum(e.more for e in clock.extensions)
    used = counted(clock, house.times.calendar(district_id, clock.stopped), clock.stopped)
    return Timing(due=clock.due, kept=clock.kept, left=int(total - used))


def _happening(line: Sequence[Any]) -> Happening:
    kind, capacity, department_id, at, audience, state, form = line
    return Happening(
        kind=kind,
        capacity=capacity,
        department_id=department_id,
        at=datetime.fromisoformat(at),
        audience=audience,
        state=state,
        form=_open(form or {}),
    )


def _facts(house: House, key: str, stored: Any) -> Any:
    try:
        return msgspec.convert(stored, house.registry.case_type(key).facts)
    except (KeyError, msgspec.ValidationError):
        return None


def _open(said: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in said.items() if not (isinstance(v, str) and v.startswith(SEALED))}


def decoded(value: Any) -> Any:
    """Return a value of a jsonb column that a text statement gave."""
    return msgspec.json.decode(value) if isinstance(value, (str, bytes)) else value
