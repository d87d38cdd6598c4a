"""Half-filled forms, kept sealed: back never loses anything, and the draft's id is the idempotency key of what it becomes."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Table, Text, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from banshi.db import KERNEL, Connection, owner_metadata
from banshi.privacy import Keyring

LASTS = timedelta(days=7)

draft = Table(
    "draft",
    owner_metadata(KERNEL),
    Column("id", Text, primary_key=True),
    Column("service", Text, nullable=False),
    Column("sealed", Text, nullable=False),
    Column("person_id", BigInteger, ForeignKey("kernel.person.id"), index=True),
    Column("changed", DateTime(timezone=True), nullable=False),
    Column("expires", DateTime(timezone=True), nullable=False, index=True),
)


async def begin(db: Connection, keyring: Keyring, service: str, at: datetime) -> str:
    """Begin a draft for a service (``district/owner/name``) and return its unguessable id."""
    draft_id = secrets.token_urlsafe(24)
    values = {"id": draft_id, "service": service, "sealed": _seal(keyring, draft_id, {}), "changed": at, "expires": at + LASTS}
    await db.execute(insert(draft).values(values))
    return draft_id


async def load(db: Connection, keyring: Keyring, service: str, draft_id: str, at: datetime) -> dict[str, Any] | None:
    """Return the raw answers so far, None where the draft is unknown, over, or of another service."""
    row = (
        await db.execute(select(draft.c.sealed).where(draft.c.id == draft_id, draft.c.service == service, draft.c.expires > at))
    ).scalar_one_or_none()
    return None if row is None else msgspec.json.decode(keyring.unseal(row, f"draft:{draft_id}"))


async def save(db: Connection, keyring: Keyring, draft_id: str, answers: Mapping[str, Any], at: datetime) -> None:
    """Keep the answers so far."""
    await db.execute(update(draft).where(draft.c.id == draft_id).values(sealed=_seal(keyring, draft_id, answers), changed=at, expires=at + LASTS))


async def sweep(db: Connection, at: datetime) -> None:
    """Forget what nobody came back for."""
    await db.execute(delete(draft).where(draft.c.expires <= at))


def _seal(keyring: Keyring, draft_id: str, answers: Mapping[str, Any]) -> str:
    return keyring.seal(msgspec.json.encode(answers).decode(), f"draft:{draft_id}")
