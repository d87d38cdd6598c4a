"""A case's clocks, read from its own events: for one case or for many, two queries whatever their number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Row, case, select

from banshi.cases.book import House
from banshi.cases.tables import case_event
from banshi.clock.calendar import Calendar
from banshi.clock.counting import Clock, Happened
from banshi.contracts import CaseType, Condition, Rule
from banshi.db import Connection
from banshi.plugins import Registry

ESCALATED = "escalated"
"""The kind of the events by which a rule acted."""
REPORTED = "reported"
"""The kind of the events that are a closing report."""


class Timed(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its story, as far as clocks and rules read it, and its clocks. ``events`` are rows, with bodies only where something asks."""

    row: Any
    declared: CaseType
    events: Sequence[Any]
    story: Sequence[Happened]
    clocks: Sequence[Clock]
    calendar: Calendar

    def clock(self, name: str) -> Clock | None:
        """Return the latest run of a deadline, None where it never began."""
        return next((c for c in reversed(self.clocks) if c.deadline.name == name), None)

    def running(self, kind: str) -> Clock | None:
        """Return the run of the deadline of that kind which is not over, the one that ends first."""
        found = [c for c in self.clocks if c.deadline.kind == kind and c.stopped is None]
        return min(found, key=lambda c: (c.due is None, c.due or c.started), default=None)


async def load(db: Connection, house: House, rows: Sequence[Row[Any]]) -> dict[int, Timed]:
    """Return the cases of these rows with their clocks, by id; without those whose plugin is gone. One query."""
    known = {r.id: declared for r in rows if (declared := house.declared(r.type_id)) is not None}
    if not known:
        return {}
    needed = {k for declared in {id(d): d for d in known.values()}.values() for k in bodied(house.registry, declared)}
    body = case((case_event.c.kind.in_(needed), case_event.c.body))
    columns = [case_event.c[n] for n in ("case_id", "sequence", "kind", "at", "state", "capacity", "post_id", "department_id", "audience")]
    stories: dict[int, list[Any]] = {}
    statement = select(*columns, body.label("body")).where(case_event.c.case_id.in_(known)).order_by(case_event.c.case_id, case_event.c.sequence)
    for event in await db.execute(statement):
        stories.setdefault(event.case_id, []).append(event)
    return {r.id: timed(house, r, known[r.id], stories.get(r.id, ())) for r in rows if r.id in known}


def timed(house: House, row: Any, declared: CaseType, events: Sequence[Any]) -> Timed:
    """Return a case with its clocks. ``events`` are its events in order."""
    story = [happened(declared, e) for e in events]
    found = house.times.clocks(declared, story, row.district_id, row.received, urgent=_urgent(row, events), facts=row.facts)
    return Timed(row=row, declared=declared, events=events, story=story, clocks=found, calendar=house.times.calendar(row.district_id))


def _urgent(row: Any, events: Sequence[Any]) -> bool:
    """Return whether people called it urgent. That a rule raised it makes no limit shorter: it would be over twice."""
    for event in events:
        if event.kind == ESCALATED and "was" in ((event.body or {}).get("told") or {}):
            return bool(event.body["told"]["was"] > 0)
    return bool(row.priority > 0)


def happened(declared: CaseType, event: Any) -> Happened:
    """Return an event as clocks read it."""
    extends = _extending(declared).get(event.kind)
    if extends is None:
        return Happened(sequence=event.sequence, kind=event.kind, at=event.at, state=event.state)
    form: Mapping[str, Any] = (event.body or {}).get("form") or {}
    return Happened(
        sequence=event.sequence,
        kind=event.kind,
        at=event.at,
        state=event.state,
        extends=extends,
        more=int(form.get("more") or 0),
        reason=str(form.get("reason") or ""),
        agreed=str(form.get("agreed") or ""),
    )


@lru_cache(maxsize=64)
def _extending(declared: CaseType) -> dict[str, tuple[str, ...]]:
    return {a.name: a.extends for a in declared.actions if a.extends}


@lru_cache(maxsize=64)
def bodied(registry: Registry, declared: CaseType) -> frozenset[str]:
    """Return the kinds of events whose bodies are needed: extensions, what rules did, and what a plugin's condition asks."""
    asked = {k for rule in rules_of(registry, declared) if isinstance(rule.when, Condition) for k in rule.when.kinds}
    return frozenset({a.name for a in declared.actions if a.extends} | {ESCALATED} | asked)


@lru_cache(maxsize=64)
def rules_of(registry: Registry, declared: CaseType) -> tuple[Rule, ...]:
    """Return the rules that speak of a type."""
    return tuple(r for r in registry.rules if r.owner == declared.owner and r.case_type == declared.name)


async def of_case(db: Connection, house: House, row: Any, events: Sequence[Any] | None = None) -> Timed | None:
    """Return one case with its clocks; without a query where its events are known. None where its plugin is gone."""
    declared = house.declared(row.type_id)
    if declared is None:
        return None
    if events is not None:
        return timed(house, row, declared, sorted(events, key=lambda e: e.sequence))
    return (await load(db, house, [row])).get(row.id)
