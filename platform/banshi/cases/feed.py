"""The change feed over the relay's order: what a reader of events is given, as far as they may see the cases.

An event is given once no running transaction can still precede it (`jobs.relay` says why), so a reader who keeps the cursor misses nothing. The
cursor moves over what the reader may not see, too: a feed costs what it reads, not what there is.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated, Any

import msgspec
from sqlalchemy import BigInteger, Row, cast, func, literal, select, text, tuple_

from banshi.cases.book import House
from banshi.cases.reading import absent
from banshi.cases.tables import case, case_event
from banshi.cases.visibility import predicate
from banshi.contracts import Actor
from banshi.db import Connection, Xid8
from banshi.identity.tables import post

MOST = 1000


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a reader stands: the last event that was passed, by transaction, case and sequence."""

    xid: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    case_id: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    sequence: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """Events with the number, type and district of their cases; where the next page begins, and whether there is one already."""

    events: Sequence[Row[Any]]
    next: Place
    more: bool


async def read(db: Connection, house: House, actor: Actor, after: Place, size: int) -> Page:
    """Return the events among the next ``size`` that ``actor`` may see, with the cursor behind all of them; one query."""
    key = tuple_(case_event.c.xid, case_event.c.case_id, case_event.c.sequence)
    last = tuple_(cast(literal(str(after.xid)), Xid8()), cast(literal(after.case_id), BigInteger), literal(after.sequence))
    final = case_event.c.xid < text("pg_snapshot_xmin(pg_current_snapshot())")
    raw = select(case_event).where(key > last, final).order_by(case_event.c.xid, case_event.c.case_id, case_event.c.sequence).limit(size + 1)
    passed = raw.subquery("passed")
    statement = (
        select(
            passed,
            case.c.number,
            case.c.type_id,
            case.c.district_id,
            case.c.confidentiality,
            post.c.staff_number,
            absent.c.staff_number.label("for_number"),
            predicate(house, actor).label("seen"),
        )
        .join(case, case.c.id == passed.c.case_id)
        .outerjoin(post, post.c.id == passed.c.post_id)
        .outerjoin(absent, absent.c.id == passed.c.for_post_id)
        .order_by(passed.c.xid, passed.c.case_id, passed.c.sequence)
    )
    rows = (await db.execute(statement)).all()
    rows, more = rows[:size], len(rows) > size
    place = Place(int(rows[-1].xid), rows[-1].case_id, rows[-1].sequence) if rows else after
    return Page(events=[r for r in rows if r.seen], next=place, more=more)


async def head(db: Connection) -> Place:
    """Return the place behind everything that is final now."""
    return Place(int((await db.execute(select(cast(func.pg_snapshot_xmin(func.pg_current_snapshot()), Xid8())))).scalar_one()), 0, 0)


def write(place: Place) -> str:
    """Return a cursor as a client keeps it."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def parse(written: str) -> Place | None:
    """Return the place of a cursor, the beginning for none; None where it is no cursor of ours."""
    if not written:
        return Place(0, 0, 0)
    try:
        return msgspec.json.decode(base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True), type=Place)
    except (ValueError, msgspec.MsgspecError):
        return None
