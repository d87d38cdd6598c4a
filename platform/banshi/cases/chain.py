"""The chain of a case's events: each digest covers the event and the digest before it.

    content = SHA-256(salt ‖ canonical body)
    digest  = HMAC(key, previous ‖ canonical [number, sequence, kind, …, at] ‖ content)

Salt and body can be erased (a right to be forgotten); content, and with it the line, stays and verifies.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from banshi.audit import canonical, stamp
from banshi.contracts import Actor, Audience
from banshi.privacy import Keyring

SALT = 16


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a case's history, ready to be written. ``at`` is when it happened, ``recorded`` when it was written."""

    number: str
    sequence: int
    kind: str
    capacity: str
    actor_id: int | None
    post_id: int | None
    acting_for_id: int | None
    department_id: int | None
    at: datetime
    recorded: datetime
    audience: Audience
    state: str
    salt: str
    body: Any
    content: str
    digest: str
    key_id: str
    for_post_id: int | None = None


def append(
    keyring: Keyring,
    previous: bytes,
    number: str,
    sequence: int,
    kind: str,
    actor: Actor,
    body: Mapping[str, Any],
    *,
    state: str,
    audience: Audience,
    at: datetime,
    recorded: datetime,
    for_post_id: int | None = None,
) -> tuple[Event, bytes]:
    """Return the event that follows the digest ``previous``, and its own digest (32 bytes). Binary values are hex.

    ``for_post_id`` is the absent officer for whom a deputy acted.
    """
    salt = os.urandom(SALT)
    content = content_digest(salt, body)
    key_id = keyring.newest
    head = (sequence, kind, actor.capacity, actor.person_id, actor.post_id, actor.acting_for_id, actor.department_id)
    line = (number, *head, stamp(at), stamp(recorded), audience, state, *stood_in(for_post_id))
    digest = line_digest(keyring, key_id, previous, line, content)
    event = Event(
        number=number,
        sequence=sequence,
        kind=kind,
        capacity=actor.capacity,
        actor_id=actor.person_id,
        post_id=actor.post_id,
        acting_for_id=actor.acting_for_id,
        department_id=actor.department_id,
        at=at,
        recorded=recorded,
        audience=audience,
        state=state,
        salt=salt.hex(),
        body=body,
        content=content.hex(),
        digest=digest.hex(),
        key_id=key_id,
        for_post_id=for_post_id,
    )
    return event, digest


def stood_in(for_post_id: int | None) -> tuple[int, ...]:
    """Return what a line ends in where a deputy acted for somebody; nothing more where nobody did, so that older lines stay as they were hashed."""
    return () if for_post_id is None else (for_post_id,)


def content_digest(salt: bytes, body: Any) -> bytes:
    """Return the digest of an event's content, 32 bytes."""
    return hashlib.sha256(salt + canonical(body)).digest()


def line_digest(keyring: Keyring, key_id: str, previous: bytes, head: tuple[Any, ...], content: bytes) -> bytes:
    """Return the digest of one line of the chain, 32 bytes."""
    return keyring.mac("chain", previous + canonical(head) + content, key_id=key_id)
