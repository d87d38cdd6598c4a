"""Consultations that the library settled at once: counted, with nothing of what was asked or who asked it."""

from __future__ import annotations

from datetime import date

from sqlalchemy.dialects.postgresql import insert

from banshi.db import Connection
from banshi.library.tables import library_settled


async def settle(db: Connection, key: str, version_id: int, *, service: str, district_id: int, day: date, channel: str) -> bool:
    """Count that a version answered somebody; the same ``key`` again counts once. Return whether it counted now.

    ``service`` is what would have been filed (``tickets.request``; empty where nothing was begun), ``channel`` as a case's.
    """
    values = {"key": key, "version_id": version_id, "service": service, "district_id": district_id, "day": day, "channel": channel}
    made = insert(library_settled).values(values).on_conflict_do_nothing().returning(library_settled.c.key)
    return (await db.execute(made)).one_or_none() is not None
