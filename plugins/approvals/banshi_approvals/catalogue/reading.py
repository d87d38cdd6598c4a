"""The catalogue as cases and pages read it: what holds on a day in a district, and a version as it was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select

from banshi import district_table
from banshi_approvals.catalogue import reforms
from banshi_approvals.catalogue.content import Item, Matter
from banshi_approvals.models import item_version, matter


class Offer(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-item that can be applied for here and now; ``department_id`` where the catalogue says who has it, else the directory's duties do."""

    item: Item
    version: int
    department_id: int | None = None


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """A matter with what can be applied for under it."""

    matter: Matter
    offers: tuple[Offer, ...]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A district: the ids from the root down to it, and its day."""

    path: tuple[int, ...]
    today: date


async def place(db: Any, district_id: int, at: datetime) -> Place:
    """Return where and on which day something is asked."""
    row = (await db.execute(select(district_table.c.path, district_table.c.zone).where(district_table.c.id == district_id))).one()
    return Place(path=tuple(row.path), today=at.astimezone(ZoneInfo(row.zone)).date())


async def published(db: Any, code: str, district_id: int, at: datetime) -> Offer | None:
    """Return a sub-item as it can be applied for in a district; None where it is not published, or was abolished or merged there."""
    return next(iter(await offers(db, district_id, at, code=code)), None)


async def offers(db: Any, district_id: int, at: datetime, *, code: str = "") -> list[Offer]:
    """Return what can be applied for in a district: all of it, or one sub-item."""
    here = await place(db, district_id, at)
    held = select(item_version).where(
        item_version.c.state == "published",
        item_version.c.valid_from <= here.today,
        (item_version.c.valid_until.is_(None)) | (item_version.c.valid_until >= here.today),
    )
    rows = (await db.execute(held.where(item_version.c.item == code) if code else held.order_by(item_version.c.item))).all()
    decided = await reforms.holding(db, here.path, here.today, [code] if code else [])
    found = []
    for row in rows:
        standing = reforms.standing(decided.get(row.item, ()), row.valid_from)
        if standing.offered:
            found.append(Offer(item=msgspec.convert(row.content, Item), version=row.version, department_id=standing.department_id))
    return found


async def shelves(db: Any, district_id: int, at: datetime) -> list[Shelf]:
    """Return the catalogue of a district: the matters in their order, each with its sub-items, those without left out."""
    rows = (await db.execute(select(matter).order_by(matter.c.position, matter.c.code))).all()
    found: dict[str, list[Offer]] = {}
    for offer in await offers(db, district_id, at):
        found.setdefault(offer.item.matter, []).append(offer)
    matters = [Matter(code=r.code, family=r.family, title=r.title) for r in rows]
    return [Shelf(matter=m, offers=tuple(found[m.code])) for m in matters if m.code in found]


async def gone(db: Any, code: str, district_id: int, at: datetime) -> Any:
    """Return the reform by which a sub-item is not offered in a district any more, None where there is none."""
    here = await place(db, district_id, at)
    decided = (await reforms.holding(db, here.path, here.today, [code])).get(code, [])
    return reforms.standing(decided, date.min).reform if decided and decided[-1].kind in reforms.GONE else None


async def version(db: Any, code: str, number: int) -> Item | None:
    """Return a sub-item as a version of it said."""
    row = (await db.execute(select(item_version.c.content).where(item_version.c.item == code, item_version.c.version == number))).one_or_none()
    return None if row is None else msgspec.convert(row.content, Item)


async def titles(db: Any, codes: Sequence[str] | None = None) -> dict[str, dict[str, str]]:
    """Return what sub-items (None: all) are called, by their newest versions that were ever published: what reports and lists call a category."""
    c = item_version.c
    statement = select(c.item, c.content["title"].label("title")).where(c.state != "draft").order_by(c.item, c.version)
    if codes is not None:
        statement = statement.where(c.item.in_(codes))
    return {r.item: dict(r.title) for r in await db.execute(statement)}
