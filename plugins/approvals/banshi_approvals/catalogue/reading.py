"""The catalogue as cases and pages read it: what holds on a day in a district, and a version as it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import select

from banshi_approvals.catalogue.content import Item
from banshi_approvals.models import item_version


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-item that can be applied for here and now; ``department_id`` where the catalogue says who has it, else the directory's duties do."""

    item: Item
    version: int
    department_id: int | None = None


async def published(db: Any, code: str, district_id: int, at: datetime) -> Offer | None:
    """Return a sub-item as it can be applied for in a district, None where it cannot."""
    today = at.date()
    row = (
        await db.execute(
            select(item_version).where(
                item_version.c.item == code,
                item_version.c.state == "published",
                item_version.c.valid_from <= today,
                (item_version.c.valid_until.is_(None)) | (item_version.c.valid_until >= today),
            )
        )
    ).one_or_none()
    return None if row is None else Offer(item=msgspec.convert(row.content, Item), version=row.version)


async def version(db: Any, code: str, number: int) -> Item | None:
    """Return a sub-item as a version of it said."""
    row = (await db.execute(select(item_version.c.content).where(item_version.c.item == code, item_version.c.version == number))).one_or_none()
    return None if row is None else msgspec.convert(row.content, Item)


async def titles(db: Any) -> dict[str, dict[str, str]]:
    """Return what every sub-item is called, by its newest version that was ever published: what reports and lists call a category."""
    c = item_version.c
    statement = select(c.item, c.content["title"].label("title")).where(c.state != "draft").order_by(c.item, c.version)
    return {r.item: dict(r.title) for r in await db.execute(statement)}
