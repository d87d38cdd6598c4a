"""What members of a cluster are told: everything that the office says on the case that leads them, each in their own story.

``case.followed`` says up to which line of the master's story a member was told; below zero, that it joined at that line and is still to be
told how things stand. What concerns one applicant alone (`Action.alone`) and what residents say is never carried over.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Select, or_, select, update

from banshi.cases import acting
from banshi.cases.acting import Prepared
from banshi.cases.book import House
from banshi.cases.linking import FOLLOWED, prepared
from banshi.cases.tables import case, case_event
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.privacy import personal_fields


async def concerned(db: Connection, case_ids: Sequence[int]) -> bool:
    """Return whether any of these cases leads a cluster, or is new in one."""
    return (await db.execute(_leading(case_ids).limit(1))).first() is not None


def _leading(case_ids: Sequence[int]) -> Select[Any]:
    fresh = case.c.id.in_(case_ids) & (case.c.followed < 0)
    return select(case.c.master_id).where(or_(case.c.master_id.in_(case_ids), fresh), case.c.master_id.is_not(None))


async def follow(db: Connection, house: House, case_ids: Sequence[int]) -> int:
    """Tell members what the office told on their masters since; ``case_ids`` are those where something happened. Return how many events were written.

    Called by the relay for every batch; whatever dies in between, the next call tells what is missing, and nothing twice.
    """
    masters = {r.id: r for r in await db.execute(select(case).where(case.c.id.in_(_leading(case_ids))).order_by(case.c.id))}
    if not masters:
        return 0
    lagging = (
        await db.execute(select(case).where(case.c.master_id.in_(masters), case.c.closed.is_(None)).order_by(case.c.id).with_for_update())
    ).all()
    lagging = [m for m in lagging if m.followed < masters[m.master_id].sequence]
    since = min((abs(m.followed) if m.followed > 0 else 0 for m in lagging), default=0)
    told = await db.execute(
        select(case_event)
        .where(case_event.c.case_id.in_({m.master_id for m in lagging}), case_event.c.sequence > since)
        .order_by(case_event.c.case_id, case_event.c.sequence)
    )
    stories: dict[int, list[Any]] = {}
    for event in told:
        stories.setdefault(event.case_id, []).append(event)
    waiting = {m.number: _Telling(house, masters[m.master_id], m, stories.get(m.master_id, [])) for m in lagging}
    written = 0
    while steps := {n: step for n, telling in waiting.items() if (step := telling.next()) is not None}:
        await acting.write(db, Actor.SYSTEM, steps, max(s.event.recorded for s in steps.values()))
        written += len(steps)
    told_to = {m.id: masters[m.master_id].sequence for m in lagging}
    for sequence in set(told_to.values()):  # how far a member is told is no news: no event
        await db.execute(update(case).where(case.c.id.in_([i for i, s in told_to.items() if s == sequence])).values(followed=sequence))
    return written


class _Telling:
    """What one member still has to be told, event by event; its row moves along."""

    def __init__(self, house: House, master: Any, member: Any, story: Sequence[Any]) -> None:
        self.house, self.master, self.declared = house, master, house.declared(member.type_id)
        self.row = _Row(member)
        self.queue = self._shared(member, story) if self.declared is not None else []
        self.settled = False

    def _shared(self, member: Any, story: Sequence[Any]) -> list[Any]:
        """The events to be told: those since the last time; of what went before the member joined, only how things stand."""
        shared = [e for e in story if self._is_shared(e) and e.sequence <= self.master.sequence]
        if member.followed >= 0:
            return [e for e in shared if e.sequence > member.followed]
        before = [e for e in shared if e.sequence <= -member.followed and e.state == self.master.state and self.master.state != member.state]
        return before[-1:] + [e for e in shared if e.sequence > -member.followed]

    def _is_shared(self, event: Any) -> bool:
        if event.capacity == "resident" or event.audience == "staff" or event.body is None or self.declared is None:
            return False
        try:
            return not self.declared.action(event.kind).alone
        except KeyError:
            return False

    def next(self) -> Prepared | None:
        if self.queue:
            return self._tell(self.queue.pop(0))
        if self.settled:
            return None
        self.settled = True
        moved = self._moved()
        if not moved:
            return None
        at = self.master.changed
        step = prepared(
            self.house,
            Actor.SYSTEM,
            self.row,
            FOLLOWED,
            {"with": self.master.number},
            at,
            audience="staff",
            changed=moved | {"followed": self.master.sequence},
        )
        self.row.take(step)
        return step

    def _moved(self) -> dict[str, Any]:
        """Who works on it now, where that is another than the member knows."""
        return {n: v for n in ("department_id", "assignee_id", "helpers", "priority") if (v := getattr(self.master, n)) != self.row[n]}

    def _tell(self, event: Any) -> Prepared:
        assert self.declared is not None
        action = self.declared.action(event.kind)
        personal = personal_fields(action.form)
        form = {k: v for k, v in (event.body.get("form") or {}).items() if k not in personal}
        final = self.declared.state(event.state).final
        outcome = (event.body.get("changed") or {}).get("outcome") or form.get("outcome") or action.outcome
        changed: dict[str, Any] = {
            "state": event.state,
            "followed": event.sequence,
            "outcome": outcome if final else None,
            "closed": event.at if final else None,
        }
        if self.declared.follows is not None:
            own, lead = (msgspec.convert(f, self.declared.facts) for f in (self.row["facts"], self.master.facts))
            changed["facts"] = msgspec.to_builtins(self.declared.follows(own, lead))
        if not self.queue:
            changed |= self._moved()
        told = {"form": form, "told": (event.body.get("told") or {}) | {"with": self.master.number}}
        who = Actor(capacity=event.capacity, person_id=event.actor_id, post_id=event.post_id, department_id=event.department_id)
        step = prepared(self.house, who, self.row, event.kind, told, event.at, audience=event.audience, changed=changed, recorded=self.master.changed)
        self.row.take(step)
        return step


class _Row:
    """A case's row that moves along with what is written of it, read by attribute or by name."""

    def __init__(self, row: Any) -> None:
        self._now = row._asdict()

    def __getattr__(self, name: str) -> Any:
        return self._now[name]

    def __getitem__(self, name: str) -> Any:
        return self._now[name]

    def take(self, step: Prepared) -> None:
        self._now |= {k: v for k, v in step.row.items() if k in self._now and k != "key_id"} | {"digest": bytes.fromhex(step.row["digest"])}
