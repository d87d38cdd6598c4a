"""The sweep: what is due is done, in batches, by however many workers; and the index of what is due next.

A batch locks its cases, counts their clocks anew from their events and does the next rung of each that is due. What was done stands in the story
in the same transaction, so whoever comes next, or again after a death, finds it done. A case that cannot be done is left for an hour, and the log
says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import func, literal, select, text, tuple_, update

from banshi.cases import timing
from banshi.cases.acting import settle, write
from banshi.cases.book import House
from banshi.cases.tables import case, deadline
from banshi.cases.timing import Timed
from banshi.clock.keeping import steady
from banshi.contracts import Actor, Rule
from banshi.db import Connection
from banshi.escalation.firing import Fired, fire
from banshi.escalation.pending import Pending, pending

log = logging.getLogger(__name__)

BATCH = 500
LATER = timedelta(hours=1)
CONSUMER = "deadlines"

Transaction = Callable[[], AbstractAsyncContextManager[Connection]]
Houses = Callable[[Connection], Any]


class Swept(msgspec.Struct, frozen=True, kw_only=True):
    """How many rungs were done, and on how many cases something could not be done."""

    fired: int
    failed: int


async def sweep(transaction: Transaction, house: Houses, at: datetime, *, as_due: bool = False) -> Swept:
    """Do everything that is due at a moment; each batch is a transaction of its own, with the house as it is then.

    Two sweeps, or a sweep with an earlier moment, do nothing twice. With ``as_due`` each rung happens at the moment at which it was due: for a past
    that is made up afterwards.
    """
    fired = failed = 0
    while True:
        async with transaction() as db:
            await steady(db)
            taken, done, wrong = await batch(db, await house(db), at, as_due=as_due)
        fired += done
        failed += wrong
        if not taken:
            return Swept(fired=fired, failed=failed)


async def batch(db: Connection, house: House, at: datetime, *, as_due: bool = False) -> tuple[int, int, int]:
    """Take the cases that are due first; return how many, how many rungs were done, and how many cases failed."""
    found = select(deadline.c.case_id).where(deadline.c.next <= at).order_by(deadline.c.next, deadline.c.case_id).limit(BATCH)
    ids = (await db.execute(found.with_for_update(skip_locked=True))).scalars().all()
    if not ids:
        return 0, 0, 0
    rows = (await db.execute(select(case).where(case.c.id.in_(ids)).order_by(case.c.id).with_for_update())).all()
    timed = await timing.load(db, house, rows)
    ready: dict[str, tuple[Timed, Fired]] = {}
    wrong: set[int] = set()
    for case_id in ids:
        one, due = timed.get(case_id), None
        try:
            left_out: list[Rule] = []
            due = next((p for p in pending(house, one, left_out) if p.at <= at and not p.by_hand), None) if one else None
            if one is not None and due is not None:
                ready[one.row.number] = (one, fire(house, one, due, Actor.SYSTEM, max(due.at, one.row.changed) if as_due else at))
            elif left_out:
                wrong.add(case_id)
        except Exception as error:
            log.exception("escalation failed", extra={"case": one.row.number if one else case_id})
            if one is not None and due is not None:
                house.fences.blame(error, due.rule.owner, "rule", due.rule.name)
            wrong.add(case_id)
    await put(db, house, [f for _t, f in ready.values()], at)
    await _write_next(db, house, [after(t, f) for t, f in ready.values()] + [t for i, t in timed.items() if t.row.number not in ready], at, wrong)
    gone = [i for i in ids if i not in timed]
    if gone:
        await db.execute(update(deadline).where(deadline.c.case_id.in_(gone)).values(next=None))
    return len(ids), len(ready), len(wrong)


def after(found: Timed, done: Fired) -> Timed:
    """Return a case as it stands after a rung, without reading it again."""
    event = done.prepared.event
    now = _Row(found.row, done.prepared.row | {"changed": event.at})
    return msgspec.structs.replace(found, row=now, events=[*found.events, event], story=[*found.story, timing.happened(found.declared, event)])


class _Row:
    """A row with some values changed."""

    def __init__(self, row: Any, changed: dict[str, Any]) -> None:
        self._row, self._changed = row, changed

    def __getattr__(self, name: str) -> Any:
        return self._changed[name] if name in self._changed else getattr(self._row, name)


async def put(db: Connection, house: House, done: Sequence[Fired], at: datetime, actor: Actor = Actor.SYSTEM) -> None:
    """Write rungs, and tell those who are to know, but for who did it: two statements whatever their number."""
    if not done:
        return
    steps = {f.prepared.act.number: f.prepared for f in done}
    await settle(db, house, steps, await write(db, actor, steps, at), at)
    await tell(db, [Told(f.prepared.row["id"], f.prepared.row["sequence"], f.departments, f.posts) for f in done], at, by=actor.person_id)


class Told(NamedTuple):
    """An event of a case, and the departments and posts whose people find it in their inbox."""

    case_id: int
    sequence: int
    departments: Sequence[int]
    posts: Sequence[int] = ()


async def tell(db: Connection, told: Sequence[Told], at: datetime, *, by: int | None = None) -> None:
    """Put events into inboxes, but for the person who did it: one statement."""
    said = [one._asdict() for one in told if one.departments or one.posts]
    if said:
        await db.execute(_TELL, {"said": msgspec.json.encode(said).decode(), "at": at, "most": MOST_TOLD, "by": by})


MOST_TOLD = 20
"""So many people of a department are told at most; those who read its report before the others."""
_TELL = text("""
with said as (
    select s.* from jsonb_to_recordset(cast(:said as jsonb)) as s(case_id bigint, sequence integer, departments bigint[], posts bigint[])
),
office as (
    select p.id, p.person_id, p.department_id, leads.it as leads, bool_or(leads.it) over (partition by p.department_id) as led,
        row_number() over (partition by p.department_id order by leads.it desc, p.id) as place
    from kernel.post p
    cross join lateral (
        select exists (
            select 1 from kernel.role r where r.name = any (p.roles) and r.permissions @> '[{"name": "kernel.report"}]'
        ) as it
    ) as leads
    where p.ended is null and p.department_id in (select unnest(departments) from said)
),
told as (
    select o.person_id, s.case_id, s.sequence from said s join office o on o.department_id = any (s.departments)
    where o.place <= :most and (o.leads or not o.led)
    union
    select p.person_id, s.case_id, s.sequence from said s join kernel.post p on p.id = any (s.posts)
)
insert into kernel.notice (person_id, capacity, case_id, sequence, at)
select person_id, 'staff', case_id, sequence, :at from told where person_id is distinct from cast(:by as bigint)
on conflict do nothing
""")


# -- the index of what is due next -------------------------------------------------------------------------------------------


async def keep(db: Connection, house: House, case_ids: Sequence[int]) -> int:
    """Write what is due next on these cases, from their events: two queries and one statement; return how many there were."""
    rows = (await db.execute(select(case).where(case.c.id.in_(case_ids), case.c.closed.is_(None)))).all()
    timed = await timing.load(db, house, rows)
    await _write_next(db, house, list(timed.values()), None, set())
    gone = [i for i in case_ids if i not in timed]
    if gone:
        await db.execute(deadline.delete().where(deadline.c.case_id.in_(gone)))
    return len(rows)


async def _write_next(db: Connection, house: House, found: Sequence[Timed], at: datetime | None, wrong: set[int]) -> None:
    rows = [due_row(house, one) for one in found]
    if at is not None:
        for row in rows:
            if row["case_id"] in wrong:
                row["next"] = at + LATER
    if not rows:
        return
    await db.execute(_NEXT, {"said": msgspec.json.encode(sorted(rows, key=lambda r: r["case_id"])).decode()})


def due_row(house: House, found: Timed) -> dict[str, Any]:
    """Return what is kept about when something is due on an open case."""
    promised, statutory = found.running("promised"), found.running("statutory")
    left_out: list[Rule] = []
    coming = [p.at for p in pending(house, found, left_out) if not p.by_hand]
    if left_out:  # asked again in an hour, until somebody has mended it
        coming.append(found.row.changed + LATER)
    stands = (promised or statutory).paused if (promised or statutory) else None  # type: ignore[union-attr]
    return {
        "case_id": found.row.id,
        "sequence": found.row.sequence,
        "next": min(coming, default=None),
        "promised": promised.due if promised else None,
        "statutory": statutory.due if statutory else None,
        "stands": stands.waits_for if stands else "",
        "provisional": any(c.provisional for c in (promised, statutory) if c),
    }


_NEXT = text("""
insert into kernel.deadline as d (case_id, sequence, next, promised, statutory, stands, provisional)
select r.case_id, r.sequence, r.next, r.promised, r.statutory, r.stands, r.provisional
from jsonb_to_recordset(cast(:said as jsonb)) as r(case_id bigint, sequence integer, next timestamptz, promised timestamptz,
    statutory timestamptz, stands text, provisional boolean)
on conflict (case_id) do update set sequence = excluded.sequence, next = excluded.next, promised = excluded.promised,
    statutory = excluded.statutory, stands = excluded.stands, provisional = excluded.provisional
where d.sequence <= excluded.sequence
""")


async def recount(transaction: Transaction, house: Houses, progress: Callable[[int], Any] = lambda _n: None, district_ids: Sequence[int] = ()) -> int:
    """Count every open case's clocks anew and write what is due next, in batches by id, with flat memory; return how many cases."""
    reached, done = 0, 0
    while True:
        async with transaction() as db:
            wanted = select(case.c.id).where(case.c.closed.is_(None), case.c.id > reached)
            if district_ids:
                wanted = wanted.where(case.c.district_id.in_(district_ids))
            ids = (await db.execute(wanted.order_by(case.c.id).limit(BATCH))).scalars().all()
            if not ids:
                return done
            await steady(db)
            done += await keep(db, await house(db), ids)
        progress(len(ids))
        reached = ids[-1]


Place = tuple[datetime, int]
"""When the next thing is due on a case, and the case: where a list of them goes on."""


async def coming(
    db: Connection, house: House, until: datetime, *, most: int, district_ids: Sequence[int] = (), after_: Place | None = None
) -> list[tuple[Timed, Pending]]:
    """Return what would be done up to a moment on at most so many cases, the earliest first; it writes nothing."""
    ids = [case_id for _at, case_id in await due(db, until, most=most, district_ids=district_ids, after_=after_)]
    rows = (await db.execute(select(case).where(case.c.id.in_(ids)))).all() if ids else []
    timed = await timing.load(db, house, rows)
    return [(timed[i], p) for i in ids if i in timed for p in pending(house, timed[i]) if p.at <= until and not p.by_hand]


async def due(db: Connection, until: datetime, *, most: int, district_ids: Sequence[int] = (), after_: Place | None = None) -> list[Place]:
    """Return the places of the cases on which something is due up to a moment, the earliest first."""
    statement = select(deadline.c.next, deadline.c.case_id).join(case, case.c.id == deadline.c.case_id).where(deadline.c.next <= until)
    if district_ids:
        statement = statement.where(case.c.district_id.in_(district_ids))
    if after_ is not None:
        statement = statement.where(tuple_(deadline.c.next, deadline.c.case_id) > tuple_(literal(after_[0]), literal(after_[1])))
    rows = await db.execute(statement.order_by(deadline.c.next, deadline.c.case_id).limit(most))
    return [(r.next, r.case_id) for r in rows]


async def place(db: Connection, case_id: int) -> datetime | None:
    """Return when the next thing is due on a case, as the index has it."""
    return (await db.execute(select(deadline.c.next).where(deadline.c.case_id == case_id))).scalar_one_or_none()


async def count(db: Connection, until: datetime, bound: int) -> int:
    """Return how many cases have something due up to a moment, at most ``bound``."""
    inner = select(deadline.c.case_id).where(deadline.c.next <= until).limit(bound).subquery()
    return int((await db.execute(select(func.count()).select_from(inner))).scalar_one())
