"""What a changed calendar would move: the same count as afterwards, made before it is changed, on the calendar as it would be.

Only cases on which the changed days can lie are looked at: received before the last of them, and with something due after the first.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, func, or_, select

from banshi.cases import timing
from banshi.cases.book import House
from banshi.cases.tables import case, deadline
from banshi.clock import changing
from banshi.clock.keeping import Layer, Times
from banshi.db import Connection
from banshi.escalation.sweeping import due_row

BATCH = 1000
SLACK = timedelta(days=1)
"""A day begins earlier or later than in UTC."""
WATCHED = ("promised", "statutory", "next")


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """A case that moves: its due dates and the next step of a rule, before and after."""

    row: Any
    before: tuple[datetime | None, ...]
    after: tuple[datetime | None, ...]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What moves. ``whole`` False: there are more cases than were looked at."""

    moves: Sequence[Move]
    looked: int
    whole: bool


async def preview(db: Connection, house: House, layer: Layer, *, most: int, batch: int = BATCH) -> Moved:
    """Return what a version of a calendar would move, looking at no more than ``most`` cases."""
    moves: list[Move] = []
    looked = 0
    async for one in walk(db, house, layer, batch=min(batch, most + 1)):
        looked += one.looked
        moves += one.moves
        if looked > most:
            return Moved(moves=moves, looked=looked, whole=False)
    return Moved(moves=moves, looked=looked, whole=True)


async def walk(db: Connection, house: House, layer: Layer, *, batch: int = BATCH) -> AsyncIterator[Moved]:
    """Give what a version of a calendar would move, a batch of cases at a time: two queries each, and flat memory."""
    times = house.times.with_layer(layer)
    where = concerned(house, times, layer)
    then, reached = msgspec.structs.replace(house, times=times), 0
    while where is not None:
        statement = select(case).outerjoin(deadline, deadline.c.case_id == case.c.id).where(where, case.c.id > reached)
        rows = (await db.execute(statement.order_by(case.c.id).limit(batch))).all()
        if not rows:
            return
        moves = []
        for one in (await timing.load(db, house, rows)).values():
            before = due_row(house, one)
            after = due_row(then, timing.timed(then, one.row, one.declared, one.events))
            if any(before[n] != after[n] for n in WATCHED):
                moves.append(Move(row=one.row, before=tuple(before[n] for n in WATCHED), after=tuple(after[n] for n in WATCHED)))
        yield Moved(moves=moves, looked=len(rows), whole=True)
        if len(rows) < batch:
            return
        reached = rows[-1].id


async def count(db: Connection, house: House, layer: Layer) -> int:
    """Return how many cases would be looked at."""
    where = concerned(house, house.times.with_layer(layer), layer)
    if where is None:
        return 0
    counted = select(func.count()).select_from(case.outerjoin(deadline, deadline.c.case_id == case.c.id)).where(where)
    return int((await db.execute(counted)).scalar_one())


def concerned(house: House, times: Times, layer: Layer) -> ColumnElement[bool] | None:
    """Return which open cases a version can move; None where it moves nothing."""
    assert layer.district_id is not None
    whole: list[int] = []
    found: list[ColumnElement[bool]] = []
    for district in house.directory.tree.below(layer.district_id):
        span = changing.touched(house.times.calendar(district.id), times.calendar(district.id))
        if span == "all":
            whole.append(district.id)
        elif span is not None:
            first, last = (datetime.combine(day, time(), UTC) for day in span)
            due = func.greatest(deadline.c.next, deadline.c.promised, deadline.c.statutory) >= first - SLACK
            still = or_(deadline.c.case_id.is_(None), deadline.c.stands != "", due)
            found.append((case.c.district_id == district.id) & (case.c.received < last + 2 * SLACK) & still)
    if whole:
        found.append(case.c.district_id.in_(whole))
    return case.c.closed.is_(None) & or_(*found) if found else None
