"""Reading the library: what holds on a day, by words, by code, in a list.

A version holds from its first day until its last, or until the next version begins: what was followed never comes back, even where that has ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, cast, func, literal, literal_column, or_, select, tuple_, union_all
from sqlalchemy.dialects.postgresql import TSQUERY

from banshi import words
from banshi.db import Connection
from banshi.districts import District
from banshi.errors import NotFound
from banshi.library.tables import library_entry, library_settled, library_version
from banshi.texts import translator
from banshi.words import Term

_ = translator("banshi")

MOST = 50
COLUMNS = (
    library_entry.c.id.label("entry_id"),
    *(library_entry.c[n] for n in ("code", "kind", "audience", "district_id", "department_id", "services", "latest")),
    *(library_version.c[n] for n in ("number", "title", "text", "source", "valid_from", "valid_until", "review_by", "written")),
    library_version.c.id.label("version_id"),
)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries: those that hold in ``district`` (None: anywhere) on ``day``, for everybody or for staff, of a kind, for a service.

    ``department`` is the id of the one that is responsible.
    """

    district: District | None
    day: date
    staff: bool = False
    kind: str = ""
    service: str = ""
    department: int | None = None


async def find(db: Connection, wanted: Wanted, asked: Sequence[Term], *, any_of: bool = False, most: int = MOST) -> Sequence[Row[Any]]:
    """Return the entries in which all the terms stand (or any of them), the best first; one query."""
    if not asked:
        return ()
    said, ranked = words.tsquery(asked, any_of=any_of), words.tsquery(asked, any_of=True)
    rank = func.ts_rank(library_version.c.words, cast(literal(ranked), TSQUERY)).label("rank")
    statement = _valid(wanted).add_columns(rank).where(library_version.c.words.op("@@")(cast(literal(said), TSQUERY)))
    rows: Sequence[Row[Any]] = (await db.execute(statement.order_by(rank.desc(), library_entry.c.code).limit(most))).all()
    return rows


async def at_hand(
    db: Connection, wanted: Wanted | None, asked: Sequence[Term], cited: Sequence[tuple[str, int]], *, most: int
) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """Return the best entries for any of the terms, and the versions (code, number) that are cited: one query for both, none for neither."""
    parts = []
    if wanted is not None and asked:
        said = cast(literal(words.tsquery(asked, any_of=True)), TSQUERY)
        best = _valid(wanted).add_columns(func.ts_rank(library_version.c.words, said).label("rank"), literal_column("true").label("offered"))
        best = best.where(library_version.c.words.op("@@")(said))
        parts.append(best.order_by(literal_column("rank").desc(), library_entry.c.code).limit(most).subquery().select())
    if cited:
        these = or_(*(and_(library_entry.c.code == code, library_version.c.number == number) for code, number in cited))
        parts.append(_joined().add_columns(literal_column("0.0::real").label("rank"), literal_column("false").label("offered")).where(these))
    if not parts:
        return (), ()
    rows = (await db.execute(union_all(*parts) if len(parts) > 1 else parts[0])).all()
    offered = sorted((r for r in rows if r.offered), key=lambda r: (-r.rank, r.code))
    return offered, [r for r in rows if not r.offered]


async def browse(db: Connection, wanted: Wanted, *, after: tuple[str, str] | None = None, most: int = 200) -> Sequence[Row[Any]]:
    """Return the entries that are valid, by kind and code, from those ``after`` a kind and code; one query."""
    statement = _valid(wanted)
    if after is not None:
        statement = statement.where(tuple_(library_entry.c.kind, library_entry.c.code) > tuple_(literal(after[0]), literal(after[1])))
    rows: Sequence[Row[Any]] = (await db.execute(statement.order_by(library_entry.c.kind, library_entry.c.code).limit(most))).all()
    return rows


async def entry(db: Connection, code: str, day: date, *, version: int | None = None, staff: bool = False) -> Row[Any]:
    """Return a version of an entry: the one asked for, else the last that has begun, else the last there is; NotFound where there is none.

    ``holds`` says whether it is the one that holds on that day.
    """
    statement = _joined().add_columns(holds(day).label("holds")).where(library_entry.c.code == code)
    if not staff:
        statement = statement.where(library_entry.c.audience == "public")
    if version is not None:
        statement = statement.where(library_version.c.number == version)
    order = ((library_version.c.valid_from <= day).desc(), library_version.c.number.desc())
    row: Row[Any] | None = (await db.execute(statement.order_by(*order).limit(1))).one_or_none()
    if row is None:
        raise NotFound(_("There is no such entry."))
    return row


async def versions(db: Connection, entry_id: int) -> Sequence[Row[Any]]:
    """Return every version of an entry, the newest first: number, days, when it was written."""
    columns = [library_version.c[n] for n in ("number", "valid_from", "valid_until", "written")]
    statement = select(*columns).where(library_version.c.entry_id == entry_id).order_by(library_version.c.number.desc()).limit(200)
    return (await db.execute(statement)).all()


def ended(row: Any, every: Sequence[Any], day: date) -> date | None:
    """Return since when a version no longer holds, None where it still does or has not begun; ``every`` are its entry's versions."""
    ends = [v.valid_from for v in every if v.number > row.number]
    if row.valid_until is not None and row.valid_until < date.max:
        ends.append(row.valid_until + timedelta(days=1))
    over = [d for d in ends if d <= day]
    return max(min(over), row.valid_from) if over and row.valid_from <= day else None


async def due(db: Connection, day: date, *, most: int = 200) -> Sequence[Row[Any]]:
    """Return the latest versions whose review is due and that have not ended, the longest overdue first."""
    latest = library_version.c.number == library_entry.c.latest
    open_ = or_(library_version.c.valid_until.is_(None), library_version.c.valid_until >= day)
    statement = _joined().where(latest, open_, library_version.c.review_by <= day).order_by(library_version.c.review_by, library_entry.c.code)
    rows: Sequence[Row[Any]] = (await db.execute(statement.limit(most))).all()
    return rows


async def settled(db: Connection, entry_id: int, since: date) -> dict[str, dict[str, int]]:
    """Return how many consultations an entry settled at once since a day, by month (``2026-11``, the newest first) and channel."""
    month = func.to_char(library_settled.c.day, "YYYY-MM")
    versions_ = select(library_version.c.id).where(library_version.c.entry_id == entry_id)
    statement = (
        select(month, library_settled.c.channel, func.count())
        .where(library_settled.c.version_id.in_(versions_), library_settled.c.day >= since)
        .group_by(month, library_settled.c.channel)
        .order_by(month.desc())
    )
    found: dict[str, dict[str, int]] = {}
    for said, channel, count in await db.execute(statement):
        found.setdefault(said, {})[channel] = int(count)
    return found


def _joined() -> Select[Any]:
    return select(*COLUMNS).join(library_entry, library_entry.c.id == library_version.c.entry_id)


def _valid(wanted: Wanted) -> Select[Any]:
    statement = _joined().where(holds(wanted.day))
    if not wanted.staff:
        statement = statement.where(library_entry.c.audience == "public")
    if wanted.district is not None:
        statement = statement.where(library_entry.c.district_id.in_(wanted.district.path))
    if wanted.kind:
        statement = statement.where(library_entry.c.kind == wanted.kind)
    if wanted.department is not None:
        statement = statement.where(library_entry.c.department_id == wanted.department)
    if wanted.service:
        statement = statement.where(or_(library_entry.c.services == [], library_entry.c.services.contains([wanted.service])))
    return statement


def holds(day: date) -> ColumnElement[bool]:
    """Return the condition that a version is the one that holds on a day."""
    own, later = library_version.c, library_version.alias("later")
    followed = select(later.c.id).where(later.c.entry_id == own.entry_id, later.c.number > own.number, later.c.valid_from <= day).exists()
    return and_(own.valid_from <= day, or_(own.valid_until.is_(None), own.valid_until >= day), ~followed)
