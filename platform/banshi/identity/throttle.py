"""Counting attempts, in a table that every process shares: fixed windows, the count taken before the secret is looked at."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from sqlalchemy import case, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from banshi.db import Connection
from banshi.errors import Throttled
from banshi.identity.tables import throttle
from banshi.texts import translator

_ = translator("banshi")


class Limit(msgspec.Struct, frozen=True):
    """So many attempts in so long a window."""

    most: int
    window: timedelta


SIGN_IN_BY_LOGIN = Limit(10, timedelta(minutes=15))
SIGN_IN_BY_NETWORK = Limit(100, timedelta(minutes=15))
CODE_BY_NUMBER = Limit(10, timedelta(hours=1))
MISSES_BY_NETWORK = Limit(30, timedelta(minutes=10))
MISSES_BY_SITE = Limit(3000, timedelta(minutes=10))


async def take(db: Connection, key: str, limit: Limit, at: datetime) -> None:
    """Count one attempt under ``key``; raise Throttled when there were too many. Commit it whatever happens after."""
    fresh = throttle.c.since <= at - limit.window
    statement = insert(throttle).values(key=key, count=1, since=at)
    statement = statement.on_conflict_do_update(
        index_elements=["key"],
        set_={"count": case((fresh, 1), else_=throttle.c.count + 1), "since": case((fresh, at), else_=throttle.c.since)},
    )
    row = (await db.execute(statement.returning(throttle.c.count.label("tries"), throttle.c.since))).one()
    if row.tries > limit.most:
        raise _too_many(row.since, limit, at)


async def check(db: Connection, key: str, limit: Limit, at: datetime) -> None:
    """Raise Throttled when ``key`` has had its attempts; count nothing."""
    row = (await db.execute(select(throttle.c.count.label("tries"), throttle.c.since).where(throttle.c.key == key))).one_or_none()
    if row is not None and row.tries >= limit.most and row.since > at - limit.window:
        raise _too_many(row.since, limit, at)


async def give_back(db: Connection, key: str) -> None:
    """Take one attempt under ``key`` back: it was right, and a whole office may sign in from one network."""
    await db.execute(update(throttle).where(throttle.c.key == key, throttle.c.count > 0).values(count=throttle.c.count - 1))


async def forgive(db: Connection, key: str) -> None:
    """Forget the attempts under ``key``: one of them was right."""
    await db.execute(delete(throttle).where(throttle.c.key == key))


def network(address: str) -> str:
    """Return the network of an address: the first three parts of IPv4, the first four groups (/64) of IPv6."""
    return ":".join(address.split(":")[:4]) if ":" in address else ".".join(address.split(".")[:3])


def _too_many(since: datetime, limit: Limit, at: datetime) -> Throttled:
    seconds = max(1, int((since + limit.window - at).total_seconds()))
    return Throttled(_("Too many attempts. Try again in {minutes} minutes, or call the hot line."), seconds, minutes=seconds // 60 + 1)
