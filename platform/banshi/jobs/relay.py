"""The relay: every event is the outbox. It reads events that no running transaction can still precede, one cursor a consumer.

An event carries the id of the transaction that wrote it. Whatever is below ``pg_snapshot_xmin`` is final, so a cursor over
(transaction, case, sequence) skips nothing, whatever the order of commits. A consumer is handed an event again if the process dies
between its work and its cursor's commit: both are one transaction, so only work outside the database can see that.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, Integer, Row, Table, Text, text
from sqlalchemy.dialects.postgresql import insert

from banshi.db import KERNEL, Connection, Database, Xid8, owner_metadata
from banshi.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

BATCH = 500
PAUSE = 0.5
GLANCE = 0.01


relay_cursor = Table(
    "relay_cursor",
    owner_metadata(KERNEL),
    Column("consumer", Text, primary_key=True),
    Column("xid", Xid8, nullable=False),
    Column("case_id", BigInteger, nullable=False),
    Column("sequence", Integer, nullable=False),
)


class Consumer(NamedTuple):
    """Something that wants every case event, in order, at least once. ``take`` works in the relay's transaction."""

    name: str
    take: Callable[[Connection, Sequence[Row[Any]]], Awaitable[None]]


async def feed(db: Connection, consumer: Consumer, *, batch: int = BATCH) -> int:
    """Hand ``consumer`` its next events and move its cursor; return how many. 0 too where another process is feeding it."""
    start = insert(relay_cursor).values(consumer=consumer.name, xid=0, case_id=0, sequence=0).on_conflict_do_nothing()
    await db.execute(start)
    at = (await db.execute(_CURSOR, {"consumer": consumer.name})).one_or_none()
    if at is None:
        return 0
    rows = (await db.execute(_NEXT, {"xid": at.xid, "case_id": at.case_id, "sequence": at.sequence, "batch": batch})).all()
    if not rows:
        return 0
    await consumer.take(db, rows)
    last = rows[-1]
    moved = {"consumer": consumer.name, "xid": last.xid, "case_id": last.case_id, "sequence": last.sequence}
    await db.execute(_MOVE, moved)
    return len(rows)


async def settled(database: Database, patience: float = 30.0) -> bool:
    """Wait until all that is committed is final; return False where a transaction of the server outlasts ``patience`` seconds."""
    for _ in range(max(int(patience / GLANCE), 1)):
        async with database.transaction() as db:
            if not (await db.execute(_UNSETTLED)).scalar_one():
                return True
        await asyncio.sleep(GLANCE)
    return False


async def run(database: Database, consumers: Sequence[Consumer]) -> None:
    """Feed every consumer until cancelled; one that fails is logged and tried again, the others go on."""
    while True:
        fed = 0
        for consumer in consumers:
            try:
                async with database.transaction() as db:
                    fed += await feed(db, consumer)
            except DatabaseUnavailable:
                log.warning("relay waits for the database")
                break
            except Exception:
                log.exception("consumer failed", extra={"consumer": consumer.name})
        if not fed:
            await asyncio.sleep(PAUSE)


_CURSOR = text("""
select xid, case_id, sequence from kernel.relay_cursor where consumer = :consumer for update skip locked
""")
_NEXT = text("""
select e.xid, e.case_id, e.sequence, e.kind, e.capacity, e.actor_id, e.post_id, e.department_id, e.at, e.audience, e.state
from kernel.case_event e
where (e.xid, e.case_id, e.sequence) > (cast(:xid as xid8), :case_id, :sequence)
  and e.xid < pg_snapshot_xmin(pg_current_snapshot())
order by e.xid, e.case_id, e.sequence
limit :batch
""")
_MOVE = text("""
update kernel.relay_cursor set xid = cast(:xid as xid8), case_id = :case_id, sequence = :sequence
where consumer = :consumer
""")
_UNSETTLED = text("select exists (select from kernel.case_event where xid >= pg_snapshot_xmin(pg_current_snapshot()))")
