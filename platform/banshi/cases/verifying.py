"""Each day's head over all cases, and the verification that finds a changed, removed or reordered line and a missing case.

A head covers every event that was recorded on its day, in every case, and stands in the audit log: whoever keeps a published head
can prove a change that the owner of the database made afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import func, insert, select

from banshi import audit
from banshi.audit import stamp
from banshi.cases.chain import content_digest, line_digest, stood_in
from banshi.cases.numbers import show
from banshi.cases.tables import case, case_event, day_head
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.privacy import Keyring

SETTLED_AFTER = timedelta(hours=1)
"""How long after midnight UTC a day is final: longer than any transaction may last."""


async def seal_days(db: Connection, keyring: Keyring, at: datetime) -> list[date]:
    """Write the head of every finished day that has none yet, oldest first; return those days."""
    last = (await db.execute(select(func.max(day_head.c.day)))).scalar_one()
    first = (await db.execute(select(func.min(case_event.c.recorded)))).scalar_one()
    if first is None:
        return []
    day = last + timedelta(days=1) if last else first.astimezone(UTC).date()
    written = []
    while datetime.combine(day + timedelta(days=1), time(), UTC) + SETTLED_AFTER <= at:
        cases, events, digest = await _head(db, day)
        body = {"day": day.isoformat(), "cases": cases, "events": events, "digest": digest.hex()}
        sequence = await audit.record(db, keyring, Actor.SYSTEM, "cases.head", day.isoformat(), body, at)
        await db.execute(insert(day_head).values(day=day, cases=cases, events=events, digest=digest, audit_sequence=sequence))
        written.append(day)
        day += timedelta(days=1)
    return written


async def verify(db: Connection, keyring: Keyring) -> list[str]:
    """Return everything that is wrong with the record, a line each; empty when it is whole. Reads it all once, in order."""
    faults = await audit.verify(db, keyring)
    statement = (
        select(case_event, case.c.number, case.c.sequence.label("last"), case.c.digest.label("final"))
        .join(case, case.c.id == case_event.c.case_id)
        .order_by(case_event.c.case_id, case_event.c.sequence)
    )
    story: list[Any] = []
    async for row in await db.stream(statement.execution_options(yield_per=5000)):
        if story and story[0].case_id != row.case_id:
            faults.extend(_faults(keyring, story))
            story = []
        story.append(row)
    if story:
        faults.extend(_faults(keyring, story))
    bare = select(case.c.number).where(~select(1).where(case_event.c.case_id == case.c.id).exists())
    faults.extend(f"case {show(n)}: its whole story is missing" for n in (await db.execute(bare)).scalars())
    for head in (await db.execute(select(day_head).order_by(day_head.c.day))).all():
        cases, events, digest = await _head(db, head.day)
        if digest != head.digest:
            faults.append(
                f"day {head.day}: {head.cases} cases with {head.events} events were sealed, {cases} with {events} are there now, and they differ"
            )
    return faults


def _faults(keyring: Keyring, story: list[Any]) -> Iterator[str]:
    number, previous, expected = story[0].number, b"", 1
    for row in story:
        place = f"case {show(number)}, event {row.sequence} ({row.kind}, {row.at:%Y-%m-%d %H:%M})"
        if row.sequence != expected:
            yield f"case {show(number)}: events {expected} to {row.sequence - 1} are missing"
        if row.body is not None and (row.salt is None or content_digest(row.salt, row.body) != row.content):
            yield f"{place}: its content was changed"
        if not keyring.knows(row.key_id):
            yield f"{place}: made with the key {row.key_id}, which is not listed"
        else:
            head = (row.sequence, row.kind, row.capacity, row.actor_id, row.post_id, row.acting_for_id, row.department_id)
            line = (number, *head, stamp(row.at), stamp(row.recorded), row.audience, row.state, *stood_in(row.for_post_id))
            if line_digest(keyring, row.key_id, previous, line, row.content) != row.digest:
                yield f"{place}: it does not fit the line before it"
        previous, expected = row.digest, row.sequence + 1
    if (story[0].last, story[0].final) != (expected - 1, previous):
        yield f"case {show(number)}: its story ends at event {expected - 1}, the case says {story[0].last}"


async def _head(db: Connection, day: date) -> tuple[int, int, bytes]:
    """Return cases, events and digest of all that was recorded on ``day`` (UTC)."""
    start = datetime.combine(day, time(), UTC)
    statement = (
        select(case_event.c.case_id, case_event.c.digest)
        .where(case_event.c.recorded >= start, case_event.c.recorded < start + timedelta(days=1))
        .order_by(case_event.c.case_id, case_event.c.sequence)
    )
    digest, cases, events = hashlib.sha256(), 0, 0
    last = None
    async for row in await db.stream(statement.execution_options(yield_per=5000)):
        digest.update(row.digest)
        cases, events, last = cases + (row.case_id != last), events + 1, row.case_id
    return cases, events, digest.digest()
