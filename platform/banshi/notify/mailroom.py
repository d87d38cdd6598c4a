"""Inbound mail as rows, and the first thing that happens to a mail: it is stored as it came, in a committed transaction, and nothing else.

What it means is asked afterwards (`banshi.notify.inbound`), from what is stored: whatever dies in between, the mail is there and is asked again.

A mail is known by its Message-ID, its body, and the addresses of ours that it was sent to. Not by the Message-ID alone: it is chosen by the sender,
and one mail that is sent to two cases comes twice, under one id.

state   taken     stored, nothing made of it yet
        joined    it became the resident's act on its case
        held      it waits for a clerk; ``reason`` says why it was not joined
        aside     a machine's: a list, an automatic answer, a loop. Nobody has to do anything
        done      a clerk dealt with it; ``how`` says what became of it
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path

import msgspec
from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Identity, Index, Integer, LargeBinary, SmallInteger, Table, Text, select, text
from sqlalchemy.dialects.postgresql import insert

from banshi.db import KERNEL, Connection, owner_metadata
from banshi.documents import keeping
from banshi.documents.kinds import MAIL
from banshi.documents.receiving import Received, Receiver
from banshi.documents.store import Store
from banshi.documents.tables import document
from banshi.errors import Invalid
from banshi.notify import heads, replying
from banshi.settings import Settings

metadata = owner_metadata(KERNEL)

Transaction = Callable[[], AbstractAsyncContextManager[Connection]]
UNBOUNDED = 1 << 40
"""A mail is taken whatever its size: the mail server has its own bound, and what it took must not be lost."""
PIECE = 1 << 16
NOTHING = "There was no mail"

mail = Table(
    "mail",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("fingerprint", LargeBinary, nullable=False, unique=True),
    Column("document_id", BigInteger, ForeignKey("kernel.document.id")),
    Column("size", BigInteger, nullable=False),
    Column("taken", DateTime(timezone=True), nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),
    Column("tried", DateTime(timezone=True)),
    Column("sealed", Text, nullable=False, server_default=""),
    Column("sender_index", LargeBinary),
    Column("case_id", BigInteger, ForeignKey("kernel.case.id")),
    Column("person_id", BigInteger),
    Column("how", Text, nullable=False, server_default=""),
    Column("why", Text, nullable=False, server_default=""),
    Column("post_id", BigInteger, ForeignKey("kernel.post.id")),
    Column("ended", DateTime(timezone=True)),
)
Index("mail_taken", mail.c.id, postgresql_where=text("state = 'taken'"))
Index("mail_state", mail.c.state, mail.c.reason, mail.c.id)
Index("mail_sender", mail.c.sender_index, mail.c.taken, postgresql_where=text("sender_index is not null"))
Index("mail_case", mail.c.case_id, mail.c.taken, postgresql_where=text("case_id is not null"))
Index("mail_ended", mail.c.ended, postgresql_where=text("ended is not null"))

mail_file = Table(
    "mail_file",
    metadata,
    Column("mail_id", BigInteger, ForeignKey("kernel.mail.id"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("document_id", BigInteger, ForeignKey("kernel.document.id")),
    Column("name", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("fault", Text, nullable=False, server_default=""),
)
Index("mail_file_document", mail_file.c.document_id, postgresql_where=text("document_id is not null"))

mail_place = Table(
    "mail_place",
    metadata,
    Column("inbox", Text, primary_key=True),
    Column("validity", BigInteger, nullable=False),
    Column("uid", BigInteger, nullable=False),
)


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A mail that is stored; ``fresh`` is False where it was there already."""

    id: int
    fresh: bool


async def take(transaction: Transaction, store: Store, settings: Settings, pieces: AsyncIterator[bytes], at: datetime) -> Taken:
    """Store a mail as it comes, however large and however broken; return its id once that is committed.

    Raises DatabaseUnavailable or FilesUnavailable where it could not be stored; ``Invalid`` where nothing came.
    """
    with Receiver(settings.data, largest=UNBOUNDED) as receiver:
        async for piece in pieces:
            receiver.take(piece)
        if not receiver.size:
            raise Invalid(NOTHING)
        received = await receiver.done("mail", MAIL)
        fingerprint = fingerprint_of(received.path, settings.mailbox)
        async with transaction() as db:
            known = (await db.execute(select(mail.c.id).where(mail.c.fingerprint == fingerprint))).scalar_one_or_none()
            if known is not None:
                return Taken(id=known, fresh=False)
            return await _put(db, store, received, fingerprint, at)


async def _put(db: Connection, store: Store, received: Received, fingerprint: bytes, at: datetime) -> Taken:
    values = {"fingerprint": fingerprint, "size": received.size, "taken": at, "state": "taken"}
    adding = insert(mail).values(values).on_conflict_do_nothing(index_elements=["fingerprint"]).returning(mail.c.id)
    mail_id = (await db.execute(adding)).scalar_one_or_none()
    if mail_id is None:  # another worker stored it in this moment
        return Taken(id=(await db.execute(select(mail.c.id).where(mail.c.fingerprint == fingerprint))).scalar_one(), fresh=False)
    try:
        await keeping.put(db, store, [(received, "waiting")], at)
    except Invalid:  # these very bytes were found to be a virus before, and are kept nowhere
        ended = {"state": "held", "reason": "virus"}
        await db.execute(mail.update().where(mail.c.id == mail_id).values(ended))
        return Taken(id=mail_id, fresh=True)
    named = {"digest": received.digest, "name": received.name, "audience": "staff", "capacity": "system", "added": at}
    document_id = (await db.execute(document.insert().values(named).returning(document.c.id))).scalar_one()
    await db.execute(mail.update().where(mail.c.id == mail_id).values(document_id=document_id))
    return Taken(id=mail_id, fresh=True)


def fingerprint_of(path: Path, mailbox: str) -> bytes:
    """Return by what a mail is known, 32 bytes: Message-ID, sender, body, and to which of our addresses it came."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        beginning = file.read(heads.MOST_HEAD + 4096)
        head = heads.read_head(beginning)
        ours = sorted({t for r in head.recipients if (t := replying.token_of(r, mailbox))})
        known = head.message_id or f"none {head.sender} {head.date}"
        digest.update(msgspec.json.encode([known, ours]))
        file.seek(heads.end_of_head(beginning))
        while piece := file.read(PIECE):
            digest.update(piece.replace(b"\r", b""))  # a pipe and a server end lines differently
    return digest.digest()
