"""Which workers are there, and since when: a line each, which it keeps fresh while it lives."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import socket
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Column, DateTime, Table, Text, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from banshi.db import KERNEL, Connection, Database, owner_metadata
from banshi.errors import DatabaseUnavailable

log = logging.getLogger(__name__)

EVERY = timedelta(seconds=20)
GONE = timedelta(minutes=2)
"""Who was not seen for so long is not there any more."""

worker_table = Table(
    "worker",
    owner_metadata(KERNEL),
    Column("id", Text, primary_key=True),
    Column("started", DateTime(timezone=True), nullable=False),
    Column("seen", DateTime(timezone=True), nullable=False),
)


async def keep(database: Database, now: Callable[[], datetime]) -> None:
    """Keep this process's line fresh until cancelled, and take it away then."""
    who, started = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}", now()
    try:
        while True:
            line = insert(worker_table).values(id=who, started=started, seen=now())
            try:
                async with database.transaction() as db:
                    await db.execute(line.on_conflict_do_update(index_elements=["id"], set_={"seen": line.excluded.seen}))
                    await db.execute(delete(worker_table).where(worker_table.c.seen < now() - timedelta(days=1)))
            except DatabaseUnavailable:
                log.warning("presence waits for the database")
            await asyncio.sleep(EVERY.total_seconds())
    finally:
        async with database.transaction() as db:
            await db.execute(delete(worker_table).where(worker_table.c.id == who))


async def since(db: Connection, at: datetime) -> datetime | None:
    """Return since when there has been a worker that is still there; None where there is none."""
    found: datetime | None = (await db.execute(select(func.min(worker_table.c.started)).where(worker_table.c.seen >= at - GONE))).scalar_one_or_none()
    return found
