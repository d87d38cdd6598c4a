"""Which rung of which rule comes next on a case, and when: a pure function of its events, the calendar and the rules.

What a rule did stands in the story as an event that names rule, rung and epoch, so the story alone says what is still to come: a rung
happens once for each time that its condition begins (its epoch), whoever asks and however often.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from math import floor
from time import perf_counter
from typing import Any

import msgspec

from banshi.cases.acting import snapshot
from banshi.cases.book import House
from banshi.cases.timing import ESCALATED, Timed, rules_of
from banshi.clock import counting
from banshi.clock.counting import Clock, Stay
from banshi.contracts import OFFICE, Backlog, CaseType, Condition, Deadline, Happening, Idle, Overdue, Rule, Rung, Unit, Unowned, Unresolved
from banshi.texts import translator

_ = translator("banshi")
log = logging.getLogger(__name__)
FARTHEST = 60
"""So often does a last rung come again at most."""


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """A rung that is still to come: ``at`` is when, ``since`` when its condition began, ``limit`` and ``unit`` what was counted."""

    rule: Rule
    rung: int
    step: Rung
    epoch: int
    at: datetime
    since: datetime
    limit: float
    unit: Unit
    by_hand: bool

    @property
    def key(self) -> tuple[str, int, int]:
        """What happens once."""
        return (self.rule.key, self.epoch, self.rung)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A condition that holds or runs towards holding: since when, along which intervals, against which limit."""

    epoch: int
    since: datetime
    runs: Sequence[tuple[datetime, datetime | None]]
    limit: int
    unit: Unit


SLOW = 0.5
"""Seconds that a rule may take for a case."""


def pending(house: House, found: Timed, left_out: list[Rule] | None = None) -> list[Pending]:
    """Return the next rung of each rule of an open case, the earliest first.

    A rule that fails, or is set aside because it did so too often, is left out; ``left_out`` is told of it.
    """
    row, declared = found.row, found.declared
    if row.closed is not None or row.master_id is not None or not house.directory.tree.has_on(row.district_id, declared.owner):
        return []
    done = fired(found.events)
    coming = []
    for rule in rules_of(house.registry, declared):
        said = house.times.value(row.district_id, rule.key) or {}
        if said.get("on") is False:
            continue
        if house.fences.is_out(rule.owner, "rule", rule.name):
            if left_out is not None:
                left_out.append(rule)
            continue
        began = perf_counter()
        try:
            run = _run(house, rule, found, said)
            one = _next(rule, run, found, done, by_hand=said.get("by", rule.by) == "hand") if run else None
        except Exception as error:
            log.exception("rule failed", extra={"rule": rule.key, "case": row.number})
            house.fences.blame(error, rule.owner, "rule", rule.name)
            if left_out is not None:
                left_out.append(rule)
            continue
        if (took := perf_counter() - began) > SLOW:
            house.fences.report(rule.owner, "rule", rule.name, f"took {took:.1f} s for a case")
        if one is not None:
            coming.append(one)
    return sorted(coming, key=lambda p: (p.at, p.rule.key))


def fired(events: Sequence[Any]) -> dict[tuple[str, int], int]:
    """Return how many rungs of each rule and epoch the story tells of."""
    found: dict[tuple[str, int], int] = {}
    for event in events:
        if event.kind == ESCALATED and event.body:
            told = event.body.get("told") or {}
            key = (told.get("rule", ""), int(told.get("epoch", 0)))
            found[key] = max(found.get(key, 0), int(told.get("rung", 0)) + 1)
    return found


def _next(rule: Rule, run: Run, found: Timed, done: Mapping[tuple[str, int], int], *, by_hand: bool) -> Pending | None:
    rung = done.get((rule.key, run.epoch), 0)
    last = rule.rungs[-1]
    if rung >= len(rule.rungs) and (not last.again or rung >= FARTHEST):
        return None
    step = rule.rungs[min(rung, len(rule.rungs) - 1)]
    more = step.later + max(rung - len(rule.rungs) + 1, 0) * step.again
    amount = (floor(step.share * run.limit) if run.unit != "working_hours" else step.share * run.limit) + more
    at = counting.reaches(found.calendar, run.unit, run.since, run.runs, amount) if amount or run.limit else run.since
    if at is None:
        return None
    return Pending(rule=rule, rung=rung, step=step, epoch=run.epoch, at=at, since=run.since, limit=run.limit, unit=run.unit, by_hand=by_hand)


def _run(house: House, rule: Rule, found: Timed, said: Mapping[str, Any]) -> Run | None:
    """Return the run of a rule's condition on a case as its story stands; None where it does not hold."""
    when = rule.when
    match when:
        case Idle():
            return _idle(found, int(said.get("limit", when.limit)), when.unit)
        case Unresolved():
            clock = _whole(found, int(said.get("limit", when.limit)), when.unit)
            return _of_clock(clock)
        case Overdue():
            clock = found.clock(when.deadline)
            return _of_clock(clock) if clock is not None and clock.stopped is None else None
        case Unowned():
            return _idle(found, int(said.get("limit", when.limit)), when.unit) if _nobodys(house, found) else None
        case Condition():
            return _condition(when, found)
        case Backlog():
            return None


def _of_clock(clock: Clock | None) -> Run | None:
    if clock is None:
        return None
    return Run(epoch=clock.epoch, since=clock.started, runs=clock.runs, limit=clock.allowed, unit=clock.deadline.unit)


def _whole(found: Timed, limit: int, unit: Unit) -> Clock | None:
    """Return the run from receipt, or from when the case was taken up again, to now."""
    lived = counting.stays(found.story, found.declared)
    clocks = counting.runs_of(_open_for(limit, unit), lived, found.story, found.calendar, limit)
    return clocks[-1] if clocks and clocks[-1].stopped is None else None


@lru_cache(maxsize=64)
def _open_for(limit: int, unit: Unit) -> Deadline:
    return Deadline(name="open", title=_("Open"), limit=limit, unit=unit)


def _idle(found: Timed, limit: int, unit: Unit) -> Run | None:
    """Return the run since the office last moved the case, over the times in which it waited for the office."""
    stirred = _stirred(found)
    runs = [
        (max(stay.start, stirred.at), stay.stop)
        for stay in counting.stays(found.story, found.declared)
        if _waits(stay) and (stay.stop is None or stay.stop > stirred.at)
    ]
    return Run(epoch=stirred.sequence, since=stirred.at, runs=runs, limit=limit, unit=unit) if runs else None


def _waits(stay: Stay) -> bool:
    return stay.waits_for == OFFICE and not stay.final


def _stirred(found: Timed) -> Any:
    """Return the last event by which something moved: staff who did more than write a note, another state, another department."""
    quiet = _quiet(found.declared)
    last = found.events[0]
    for before, event in zip(found.events, found.events[1:], strict=False):
        handed = event.kind == ESCALATED and "department_id" in ((event.body or {}).get("changed") or {})
        if event.state != before.state or handed or (event.capacity == "staff" and event.kind not in quiet):
            last = event
    return last


@lru_cache(maxsize=64)
def _quiet(declared: CaseType) -> frozenset[str]:
    return frozenset({a.name for a in declared.actions if a.quiet} | {ESCALATED})


def _nobodys(house: House, found: Timed) -> bool:
    """Return whether a case lies nowhere, or at the intake desk with no duty but that desk's own covering it."""
    row = found.row
    if row.department_id is None:
        return True
    if house.directory.department(row.department_id).part != "intake":
        return False
    duty = house.directory.duty(found.declared.key, row.category, row.area_id or row.district_id)
    return duty is None or duty.department_id == row.department_id


def _condition(when: Condition, found: Timed) -> Run | None:
    if not any(e.kind in when.kinds for e in found.events):
        return None
    story = [
        Happening(
            kind=e.kind,
            capacity=e.capacity,
            department_id=e.department_id,
            at=e.at,
            audience=e.audience,
            state=e.state,
            form=(e.body or {}).get("form") or {},
        )
        for e in found.events
    ]
    places = when.since(snapshot(found.declared, found.row), story)
    if not places:
        return None
    event = found.events[places[-1]]
    return Run(epoch=event.sequence, since=event.at, runs=[(event.at, None)], limit=0, unit=when.unit)
