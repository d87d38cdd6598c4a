"""The append-only log of who read or changed what outside cases, chained entry to entry, and each day's head over all cases.

An entry's digest covers the one before it, so a changed, removed or reordered line shows in `verify`. The last digest can be
published: then not even the owner of the database can rewrite what lies before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, DateTime, Identity, LargeBinary, SmallInteger, Table, Text, insert, select, update
from sqlalchemy.dialects.postgresql import JSONB

from banshi.contracts import Actor
from banshi.db import KERNEL, Connection, owner_metadata
from banshi.privacy import Keyring

canonical = msgspec.json.Encoder(order="sorted").encode
"""The one byte form of a value that digests are made over."""

metadata = owner_metadata(KERNEL)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("sequence", BigInteger, Identity(always=False), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("kind", Text, nullable=False),
    Column("capacity", Text, nullable=False),
    Column("person_id", BigInteger),
    Column("post_id", BigInteger),
    Column("subject", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", SmallInteger, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),
)


async def record(db: Connection, keyring: Keyring, actor: Actor, kind: str, subject: str, body: Mapping[str, Any], at: datetime) -> int:
    """Append one entry and return its sequence. ``body`` is JSON; never put personal data into it."""
    head = (await db.execute(select(audit_head.c.sequence, audit_head.c.digest).with_for_update())).one()
    sequence = head.sequence + 1
    digest = entry_digest(keyring, keyring.newest, head.digest, sequence, at, kind, actor, subject, body)
    await db.execute(
        insert(audit_entry).values(
            sequence=sequence,
            at=at,
            kind=kind,
            capacity=actor.capacity,
            person_id=actor.person_id,
            post_id=actor.post_id,
            subject=subject,
            body=dict(body),
            key_id=keyring.newest,
            digest=digest,
        )
    )
    await db.execute(update(audit_head).values(sequence=sequence, digest=digest))
    return int(sequence)


def entry_digest(
    keyring: Keyring,
    key_id: str,
    previous: bytes,
    sequence: int,
    at: datetime,
    kind: str,
    actor: Actor,
    subject: str,
    body: Mapping[str, Any],
) -> bytes:
    """Return the digest of one entry, 32 bytes, over everything in it and the digest before it."""
    line = canonical([sequence, stamp(at), kind, actor.capacity, actor.person_id, actor.post_id, subject, body])
    return keyring.mac("audit", previous + line, key_id=key_id)


def stamp(at: datetime) -> int:
    """Return ``at`` as whole microseconds since 1970: the one form in which a moment enters a digest."""
    return int(at.timestamp()) * 1_000_000 + at.microsecond


async def verify(db: Connection, keyring: Keyring) -> list[str]:
    """Return what is wrong with the log, a line each; an empty list when it is whole."""
    faults: list[str] = []
    previous, expected = b"", 1
    rows = await db.stream(select(audit_entry).order_by(audit_entry.c.sequence))
    async for row in rows:
        if row.sequence != expected:
            faults.append(f"audit: entries {expected} to {row.sequence - 1} are missing")
        if not keyring.knows(row.key_id):
            faults.append(f"audit: entry {row.sequence} was made with the key {row.key_id}, which is not listed")
        else:
            actor = Actor(capacity=row.capacity, person_id=row.person_id, post_id=row.post_id)
            made = entry_digest(keyring, row.key_id, previous, row.sequence, row.at, row.kind, actor, row.subject, row.body)
            if made != row.digest:
                faults.append(f"audit: entry {row.sequence} of {row.at:%Y-%m-%d %H:%M} does not fit its chain")
        previous, expected = row.digest, row.sequence + 1
    head = (await db.execute(select(audit_head))).one()
    if (head.sequence, head.digest) != (expected - 1, previous):
        faults.append(f"audit: the log ends at entry {expected - 1}, its head says {head.sequence}")
    return faults
