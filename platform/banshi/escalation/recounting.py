"""Counting anew after a change: asked for in the transaction of the change, done by the worker in batches, from where it died.

Two changes of one district are one count: the later begins anew, and the earlier is over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from banshi.cases.tables import case
from banshi.clock.keeping import steady
from banshi.db import Connection
from banshi.districts import Tree
from banshi.escalation.sweeping import BATCH, Houses, Transaction, keep
from banshi.escalation.tables import recount


async def ask(db: Connection, tree: Tree, district_id: int, at: datetime) -> None:
    """Say that the open cases of a district, and of all below it, are to be counted anew."""
    below = [d.id for d in tree.below(district_id)]
    await db.execute(update(recount).where(recount.c.district_id.in_(below), recount.c.done.is_(None)).values(done=at))
    await db.execute(recount.insert().values(district_id=district_id, asked=at))


async def under_way(db: Connection, tree: Tree, district_id: int) -> Row[Any] | None:
    """Return the count that a district waits for: its own, or that of one above it; None where all is counted."""
    path = tree[district_id].path
    statement = select(recount).where(recount.c.district_id.in_(path), recount.c.done.is_(None)).order_by(recount.c.id.desc()).limit(1)
    return (await db.execute(statement)).one_or_none()


async def run(transaction: Transaction, house: Houses, now: Callable[[], datetime], *, batches: int | None = None) -> int:
    """Do what is asked for, each batch a transaction of its own; return how many cases. ``batches`` ends it after so many."""
    done = 0
    while batches is None or batches > 0:
        counted = await _batch(transaction, house, now)
        if counted is None:
            return done
        done += counted
        batches = batches - 1 if batches is not None else None
    return done


async def _batch(transaction: Transaction, house: Houses, now: Callable[[], datetime]) -> int | None:
    """Count the next cases of the oldest task; None where there is none that nobody else is at."""
    async with transaction() as db:
        wanted = select(recount).where(recount.c.done.is_(None)).order_by(recount.c.id).limit(1).with_for_update(skip_locked=True)
        task = (await db.execute(wanted)).one_or_none()
        if task is None:
            return None
        await steady(db)
        seen = await house(db)
        ids = await _next(db, [d.id for d in seen.directory.tree.below(task.district_id)], task.reached)
        values: dict[str, Any] = {"done": now()}
        counted = 0
        if ids:
            counted = await keep(db, seen, ids)
            values = {"reached": ids[-1], "counted": task.counted + counted}
        await db.execute(update(recount).where(recount.c.id == task.id).values(values))
        return counted


async def _next(db: Connection, district_ids: Sequence[int], reached: int) -> Sequence[int]:
    wanted = select(case.c.id).where(case.c.closed.is_(None), case.c.district_id.in_(district_ids), case.c.id > reached)
    return (await db.execute(wanted.order_by(case.c.id).limit(BATCH))).scalars().all()
