"""What everybody may know: cases that others meet too, by kind and place, never a word of what somebody wrote and never who."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ARRAY, ColumnElement, Text, and_, any_, func, literal, literal_column, or_, select, tuple_, union_all

from banshi.cases.book import House
from banshi.cases.decoding import shapes
from banshi.cases.reading import PAGE, Cursor, Listing
from banshi.cases.tables import case, case_event
from banshi.db import Connection

COLUMNS = ("id", "number", "type_id", "district_id", "area_id", "category", "state", "outcome", "department_id", "received", "closed", "changed")


class PublicQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which of them: of these districts (ids), of a category or of ``kinds`` (type's key, category), at these nodes of the tree, open or closed,
    received so; newest first. By their ``numbers`` those are found, too, that another case leads.
    """

    districts: tuple[int, ...]
    category: str | None = None
    kinds: tuple[tuple[str, str], ...] = ()
    areas: tuple[int, ...] | None = None
    open: bool | None = None
    since: datetime | None = None
    before: datetime | None = None
    numbers: tuple[str, ...] | None = None
    after: Cursor | None = None
    size: int = PAGE


async def listing(db: Connection, house: House, query: PublicQuery) -> Listing:
    """Return a page of public cases, each with ``people``: how many reported it. One query; types whose service is off there are left out."""
    parts = []
    for district_id in query.districts:
        on = [r.id for r in house.book if house.directory.tree.has_on(district_id, r.owner)]
        conditions = [case.c.district_id == district_id, case.c.common, case.c.type_id.in_(on), *_filters(house, query)]
        conditions += [] if query.numbers is not None else [case.c.master_id.is_(None)]
        parts.append(select(case.c.id, case.c.received).where(*conditions).order_by(case.c.received.desc(), case.c.id.desc()).limit(query.size + 1))
    if not parts:
        return Listing(rows=(), next=None)
    found = union_all(*(p.subquery().select() for p in parts)).subquery() if len(parts) > 1 else parts[0].subquery()
    page = select(found).order_by(found.c.received.desc(), found.c.id.desc()).limit(query.size + 1).subquery()
    member = case.alias("member")
    people = select(func.count() + 1).select_from(member).where(member.c.master_id == case.c.id).scalar_subquery()
    statement = select(*(case.c[n] for n in COLUMNS), people.label("people"), _position(house).label("position")).join(page, page.c.id == case.c.id)
    rows: Sequence[Any] = (await db.execute(statement.order_by(case.c.received.desc(), case.c.id.desc()))).all()
    more, rows = len(rows) > query.size, rows[: query.size]
    return Listing(rows=rows, next=Cursor(rows[-1].received, rows[-1].id) if more else None)


async def told_by(db: Connection, credential: str, ids: Sequence[int]) -> dict[int, Mapping[str, Any]]:
    """Return what was filed, as it is stored (personal fields sealed), of those of these cases that a token itself opened. One query."""
    opened = and_(case_event.c.case_id == case.c.id, case_event.c.sequence == 1, case_event.c.body["credential"].astext == credential)
    rows = await db.execute(select(case.c.id, case.c.data).join(case_event, opened).where(case.c.id.in_(ids), case.c.common))
    return {r.id: r.data for r in rows}


def _position(house: House) -> ColumnElement[Any]:
    """Where it is on the map, as far as its form asks for that."""
    names = sorted({s.name for t in house.registry.case_types for s in shapes(t.form) if s.ask.role == "position"})
    return func.coalesce(*(case.c.data[n].astext for n in names), "") if names else literal_column("''")


def _filters(house: House, query: PublicQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.category is not None:
        found.append(case.c.category == query.category)
    if query.kinds:
        ids = {key: [r.id for r in house.book if r.key == key] for key, _category in query.kinds}
        found.append(or_(*(and_(case.c.type_id.in_(ids[key]), case.c.category == category) for key, category in query.kinds)))
    if query.areas is not None:
        found.append(func.coalesce(case.c.area_id, case.c.district_id).in_(query.areas))
    if query.open is not None:
        found.append(case.c.closed.is_(None) if query.open else case.c.closed.is_not(None))
    if query.since is not None:
        found.append(case.c.received >= query.since)
    if query.before is not None:
        found.append(case.c.received < query.before)
    if query.numbers is not None:
        # One parameter: a thousand numbers in each of thirty-three districts are more of them than a statement takes.
        found.append(case.c.number == any_(literal(list(query.numbers), ARRAY(Text))))
    if query.after is not None:
        found.append(tuple_(case.c.received, case.c.id) < tuple_(query.after.received, query.after.id))
    return found
