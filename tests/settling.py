"""Waiting until what was committed is final: other databases of the server may run transactions that began before."""

from __future__ import annotations

import asyncio

from sqlalchemy import text

from banshi.db import Database

PATIENCE = 3_000


async def settled(database: Database) -> None:
    """Wait until the relay may hand on everything that is there; a test that feeds it waits here first."""
    for _ in range(PATIENCE):
        async with database.transaction() as db:
            waits = await db.execute(text("select exists (select from kernel.case_event where xid >= pg_snapshot_xmin(pg_current_snapshot()))"))
            if not waits.scalar_one():
                return
        await asyncio.sleep(0.01)
