"""Half-filled forms, kept sealed: back never loses anything, and the draft's id is the idempotency key of what it becomes.

A draft belongs to the account that began or claimed it, else to whoever has its code: six digits under a secret key, as a case has.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Row, Table, Text, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from banshi.db import KERNEL, Connection, owner_metadata
from banshi.privacy import SEALED, Keyring

LASTS = timedelta(days=7)
CODE_DIGITS = 6
MOST_LISTED = 100
SENT = "=sent"
"""Under this name the answers of a draft that was sent give way to the case's number; no field of a form can be called so."""
SETTLED = "=settled"
"""Under this name a draft keeps which entry of the library answered its person: nothing else of it is left."""
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another when it is read off a picture
_ID_LENGTH = 18

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


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A half-filled form: whose it is (None: whoever has its code), the raw answers, and until when it is kept."""

    id: str
    service: str
    person_id: int | None
    answers: dict[str, Any]
    code: str
    changed: datetime
    expires: datetime


async def begin(
    db: Connection, keyring: Keyring, service: str, at: datetime, *, person_id: int | None = None, answers: Mapping[str, Any] | None = None
) -> str:
    """Begin a draft for a service (``district/owner/name``) and return its unguessable id; with ``person_id`` it is that account's."""
    draft_id = "".join(secrets.choice(_LETTERS) for _ in range(_ID_LENGTH))
    sealed = _seal(keyring, draft_id, answers or {})
    values = {"id": draft_id, "service": service, "sealed": sealed, "person_id": person_id, "changed": at, "expires": at + LASTS}
    await db.execute(insert(draft).values(values))
    return draft_id


async def find(db: Connection, keyring: Keyring, service: str, draft_id: str, at: datetime, *, lock: bool = False) -> Draft | None:
    """Return a draft, None where it is unknown, over, or of another service; ``lock`` makes a second press wait for the first."""
    statement = select(draft).where(draft.c.id == draft_id, draft.c.service == service, draft.c.expires > at)
    row = (await db.execute(statement.with_for_update() if lock else statement)).one_or_none()
    return None if row is None else _opened(keyring, row)


async def load(db: Connection, keyring: Keyring, service: str, draft_id: str, at: datetime) -> dict[str, Any] | None:
    """Return the raw answers so far, None where the draft is unknown, over, or of another service."""
    found = await find(db, keyring, service, draft_id, at)
    return None if found is None else found.answers


async def save(db: Connection, keyring: Keyring, draft_id: str, answers: Mapping[str, Any], at: datetime) -> None:
    """Keep the answers so far, for seven days from now."""
    await db.execute(update(draft).where(draft.c.id == draft_id).values(sealed=_seal(keyring, draft_id, answers), changed=at, expires=at + LASTS))


async def claim(db: Connection, draft_id: str, person_id: int) -> None:
    """Make a draft of nobody an account's; one that is somebody's stays theirs."""
    await db.execute(update(draft).where(draft.c.id == draft_id, draft.c.person_id.is_(None)).values(person_id=person_id))


async def of_person(db: Connection, keyring: Keyring, person_id: int, at: datetime) -> list[Draft]:
    """Return an account's half-filled forms, the last changed first; what was sent is none any more."""
    statement = select(draft).where(draft.c.person_id == person_id, draft.c.expires > at).order_by(draft.c.changed.desc(), draft.c.id)
    found = [_opened(keyring, row) for row in await db.execute(statement.limit(MOST_LISTED))]
    return [d for d in found if SENT not in d.answers and SETTLED not in d.answers]


async def forget(db: Connection, draft_id: str, person_id: int) -> bool:
    """Delete an account's draft; return whether there was one of that id."""
    statement = delete(draft).where(draft.c.id == draft_id, draft.c.person_id == person_id).returning(draft.c.id)
    return (await db.execute(statement)).one_or_none() is not None


async def sweep(db: Connection, at: datetime) -> None:
    """Forget what nobody came back for."""
    await db.execute(delete(draft).where(draft.c.expires <= at))


def code_fits(found: Draft, said: str) -> bool:
    """Return whether ``said`` is the draft's code, blanks and full-width digits forgiven; takes the same time whatever is said."""
    plain = "".join(c for c in unicodedata.normalize("NFKC", said) if not c.isspace() and c != "-")
    return hmac.compare_digest(found.code.encode(), plain.encode("utf8", "replace"))


def _opened(keyring: Keyring, row: Row[Any]) -> Draft:
    return Draft(
        id=row.id,
        service=row.service,
        person_id=row.person_id,
        answers=msgspec.json.decode(keyring.unseal(row.sealed, f"draft:{row.id}")),
        code=_code(keyring, row.id, row.sealed),
        changed=row.changed,
        expires=row.expires,
    )


def _code(keyring: Keyring, draft_id: str, sealed: str) -> str:
    """Return the code, made with the key that sealed the draft: what somebody photographed stays right while it is not changed."""
    key_id = sealed.removeprefix(SEALED).partition(".")[0]
    return f"{int.from_bytes(keyring.mac('resume', draft_id.encode(), key_id=key_id)[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def _seal(keyring: Keyring, draft_id: str, answers: Mapping[str, Any]) -> str:
    return keyring.seal(msgspec.json.encode(answers).decode(), f"draft:{draft_id}")
