"""From a case's events to its due dates: a pure function, so that they come out the same whenever they are counted again.

A story becomes stays (from when to when in which state), stays become the intervals in which a clock runs or stands still, and a limit is
counted along them on a working calendar. Nothing here asks what time it is: a due date does not depend on when it is looked at.

In days, the closings of days are counted while the clock runs. The day of receipt is not counted; a pause that begins and ends between two
closings costs nothing; a day at whose closing the clock stood still is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

import msgspec

from banshi.clock.calendar import Calendar
from banshi.contracts import APPLICANT, OUTSIDE, CaseType, Deadline, Unit, WaitsFor

HOUR = 3600.0


class Happened(msgspec.Struct, frozen=True, kw_only=True):
    """An event as a clock reads it: what it led to, and which deadlines it made longer, by how much, why, and by whose leave."""

    sequence: int
    kind: str
    at: datetime
    state: str
    extends: tuple[str, ...] = ()
    more: int = 0
    reason: str = ""
    agreed: str = ""


class Stay(msgspec.Struct, frozen=True):
    """From when to when a case was in a state; ``stop`` None: it still is. ``sequence`` is the event that led there."""

    start: datetime
    stop: datetime | None
    state: str
    waits_for: WaitsFor
    final: bool
    sequence: int


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """One line of an explanation: from when to when, whether it was counted, stood still, or was off, and why.

    ``counted`` is in the unit of the clock: days, or hours. ``state`` and ``waits_for`` say in which state the case was.
    ``stop`` None: it lasts.
    """

    kind: Literal["counted", "paused", "skipped"]
    start: datetime
    stop: datetime | None
    counted: float = 0
    state: str = ""
    waits_for: WaitsFor = "office"
    days: int = 0
    name: Mapping[str, str] = {}
    provisional: bool = False


class Extension(msgspec.Struct, frozen=True, kw_only=True):
    """So much more, since when, why, and who agreed."""

    at: datetime
    more: int
    reason: str
    agreed: str


class Clock(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a deadline on a case: epoch 1 is the first, each re-opening (or stay in its states) is the next.

    ``due`` is None while it stands still. ``stopped`` is when what was to be done was done, ``kept`` whether that was in time.
    ``provisional``: days are counted of a year whose days off nobody has published.
    """

    deadline: Deadline
    epoch: int
    started: datetime
    received: date
    limit: int
    extensions: tuple[Extension, ...]
    runs: tuple[tuple[datetime, datetime | None], ...]
    stays: tuple[Stay, ...]
    due: datetime | None
    stopped: datetime | None
    provisional: bool

    @property
    def kept(self) -> bool | None:
        """Whether it was done in time; None while it is not done."""
        if self.stopped is None:
            return None
        return self.due is None or self.stopped <= self.due

    @property
    def paused(self) -> Stay | None:
        """The stay in which it stands still now, None while it runs or is stopped."""
        return self.stays[-1] if self.stopped is None and self.due is None and self.stays else None

    @property
    def allowed(self) -> int:
        """The limit with all that was added to it."""
        return self.limit + sum(e.more for e in self.extensions)


def stays(story: Sequence[Happened], declared: CaseType) -> list[Stay]:
    """Return the stays of a story, in order. Events that another clock stamped earlier than the one before count as at the same moment."""
    found: list[Stay] = []
    start, state, sequence = None, "", 0
    latest: datetime | None = None
    for event in story:
        at = event.at if latest is None or event.at > latest else latest
        latest = at
        if start is None:
            start, state, sequence = at, event.state, event.sequence
        elif event.state != state:
            found.append(_stay(declared, start, at, state, sequence))
            start, state, sequence = at, event.state, event.sequence
    if start is not None:
        found.append(_stay(declared, start, None, state, sequence))
    return found


def _stay(declared: CaseType, start: datetime, stop: datetime | None, state: str, sequence: int) -> Stay:
    found = next((s for s in declared.states if s.name == state), None)
    return Stay(start, stop, state, found.waits_for if found else "nobody", found.final if found else False, sequence)


def clocks(declared: CaseType, story: Sequence[Happened], calendar: Calendar, limit_of: Callable[[Deadline], int | None]) -> list[Clock]:
    """Return every run of every deadline of a case, in the order in which they are declared. ``limit_of`` gives a limit, None where it is off."""
    lived = stays(story, declared)
    found = []
    for deadline in declared.deadlines:
        limit = limit_of(deadline)
        if limit is not None:
            found += runs_of(deadline, lived, story, calendar, limit)
    return found


def runs_of(deadline: Deadline, lived: Sequence[Stay], story: Sequence[Happened], calendar: Calendar, limit: int) -> list[Clock]:
    """Return every run of one deadline."""
    return [_clock(deadline, n, part, story, calendar, limit) for n, part in enumerate(_parts(deadline, lived), 1)]


def _parts(deadline: Deadline, lived: Sequence[Stay]) -> list[list[Stay]]:
    """Return the stays over which each run of a deadline goes: from opening or re-opening to the end, or one unbroken time in its states."""
    parts: list[list[Stay]] = []
    inside = False
    for stay in lived:
        if stay.final or (deadline.states and stay.state not in deadline.states):
            inside = False
            continue
        if inside:
            parts[-1].append(stay)
        else:
            parts.append([stay])
        inside = True
    return parts


def _clock(deadline: Deadline, epoch: int, part: list[Stay], story: Sequence[Happened], calendar: Calendar, limit: int) -> Clock:
    first, started, stopped = part[0].sequence, part[0].start, part[-1].stop
    during = [e for e in story if e.sequence >= first and (stopped is None or e.at <= stopped)]
    done = next((e for e in during if e.kind in deadline.until and e.sequence > first), None)
    if done is not None:
        stopped = max(done.at, started)
        part = [msgspec.structs.replace(s, stop=min(s.stop or stopped, stopped)) for s in part if s.start <= stopped]
    extensions = tuple(
        Extension(at=e.at, more=e.more, reason=e.reason, agreed=e.agreed)
        for e in during
        if deadline.name in e.extends and e.more > 0 and (stopped is None or e.at <= stopped)
    )
    runs = tuple((s.start, s.stop) for s in part if not stands(deadline, s) and s.start != s.stop)
    # Counted as if it went on: what was done before its limit came is in time.
    onward = (*runs[:-1], (runs[-1][0], None)) if runs and runs[-1][1] == stopped else runs
    due = reaches(calendar, deadline.unit, started, onward, limit + sum(e.more for e in extensions))
    return Clock(
        deadline=deadline,
        epoch=epoch,
        started=started,
        received=calendar.received(started),
        limit=limit,
        extensions=extensions,
        runs=onward,
        stays=tuple(part),
        due=due,
        stopped=stopped,
        provisional=due is not None and any(y not in calendar.published for y in range(calendar.day_of(started).year, calendar.day_of(due).year + 1)),
    )


def stands(deadline: Deadline, stay: Stay) -> bool:
    """Return whether a deadline stands still during a stay."""
    return deadline.pauses and stay.waits_for in {APPLICANT, OUTSIDE}


def reaches(calendar: Calendar, unit: Unit, started: datetime, runs: Iterable[tuple[datetime, datetime | None]], amount: float) -> datetime | None:
    """Return the moment at which ``amount`` was counted along the runs of a clock that began at ``started``; None where they end before."""
    if unit == "working_hours":
        return _hours(calendar, runs, amount)
    begin = calendar.closing(calendar.received(started))
    return _days(calendar, unit, begin, runs, int(amount))


def _hours(calendar: Calendar, runs: Iterable[tuple[datetime, datetime | None]], amount: float) -> datetime | None:
    left = timedelta(hours=amount)
    for start, stop in runs:
        there = calendar.later(start, left)
        if stop is None or there <= stop:
            return there
        left -= calendar.working(start, stop)
    return None


def _days(calendar: Calendar, unit: Unit, begin: datetime, runs: Iterable[tuple[datetime, datetime | None]], amount: int) -> datetime | None:
    """Count closings after that of the day of receipt. A limit of no day ends with the day of receipt itself."""
    left, rolling = amount, False
    for begun, stop in runs:
        start = max(begun, begin)
        if stop is not None and stop < start:
            continue
        if amount <= 0:
            return start
        day = _last_closed(calendar, start)
        if not rolling:
            there = calendar.workdays_after(day, left) if unit == "workdays" else day + timedelta(days=left)
            if stop is not None and calendar.closing(there) > stop:
                left -= _closings(calendar, unit, day, stop)
                continue
            day, rolling = there, True
            if calendar.works(there):
                return calendar.closing(there)
        there = calendar.next_workday(day)  # it ended on a day off: the next workday's closing is its end
        if stop is None or calendar.closing(there) <= stop:
            return calendar.closing(there)
    return None


def _last_closed(calendar: Calendar, at: datetime) -> date:
    """Return the last day that had closed at a moment."""
    day = calendar.day_of(at)
    return day if calendar.closing(day) <= at else day - timedelta(days=1)


def _closings(calendar: Calendar, unit: Unit, after: date, until: datetime) -> int:
    """Return how many days closed after ``after`` and not later than ``until``."""
    last = calendar.day_of(until)
    if calendar.closing(last) > until:
        last -= timedelta(days=1)
    return max(calendar.workdays_between(after, last) if unit == "workdays" else (last - after).days, 0)


def counted(clock: Clock, calendar: Calendar, until: datetime) -> float:
    """Return how much of its limit a clock has used at a moment, in its unit."""
    unit, total = clock.deadline.unit, 0.0
    begin = calendar.closing(calendar.received(clock.started))
    for begun, ended in clock.runs:
        stop = min(ended or until, until)
        total += _amount(calendar, unit, begun, stop, begin)
    return total


def _amount(calendar: Calendar, unit: Unit, begun: datetime, stop: datetime, begin: datetime) -> float:
    if unit == "working_hours":
        return calendar.working(begun, stop).total_seconds() / HOUR
    start = max(begun, begin)
    return _closings(calendar, unit, _last_closed(calendar, start), stop) if stop > start else 0


def explain(clock: Clock, calendar: Calendar, until: datetime) -> list[Interval]:
    """Return every interval of a clock up to a moment, in order: counted, stood still, days off; their amounts add up to `counted`."""
    begin = calendar.closing(calendar.received(clock.started))
    lines: list[Interval] = []
    told: date | None = None
    for stay in clock.stays:
        stop = min(stay.stop or until, until)
        if stop <= stay.start and stay.start != clock.started:
            continue
        if stands(clock.deadline, stay):
            lines.append(Interval(kind="paused", start=stay.start, stop=stay.stop, state=stay.state, waits_for=stay.waits_for))
            continue
        total = _amount(calendar, clock.deadline.unit, stay.start, stop, begin)
        lines.append(Interval(kind="counted", start=stay.start, stop=stay.stop, counted=total, state=stay.state, waits_for=stay.waits_for))
        if clock.deadline.unit != "calendar_days":
            lines += _off(calendar, stay.start, stop, told)
            told = calendar.day_of(stop)
    return lines


def _off(calendar: Calendar, start: datetime, stop: datetime, told: date | None) -> list[Interval]:
    """Return the days off between two moments that are not ``told`` yet, those in a row as one line."""
    found: list[Interval] = []
    day, last = calendar.day_of(start), calendar.day_of(stop)
    if told is not None and day <= told:
        day = told + timedelta(days=1)
    while day <= last:
        if calendar.works(day):
            day += timedelta(days=1)
            continue
        first = day
        while day <= last and not calendar.works(day):
            day += timedelta(days=1)
        named = [n for ahead in range((day - first).days) if (n := calendar.names.get(first + timedelta(days=ahead)))]
        found.append(
            Interval(
                kind="skipped",
                start=calendar.moment(first, 0),
                stop=calendar.moment(day, 0),
                days=(day - first).days,
                name=named[0] if named else {},
                provisional=any(calendar.provisional(first + timedelta(days=n)) for n in range((day - first).days)),
            )
        )
    return found
