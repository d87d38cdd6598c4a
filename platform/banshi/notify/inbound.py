"""What becomes of a mail that is stored: it joins its case as the resident's act, or waits for a clerk, or is set aside as a machine's.

A mail joins a case by the signed token in an address it was sent to, and by nothing else: not by a number, not by its subject. And it joins by itself
only where nothing speaks against it. Everything else is held, with the reason; nothing is dropped, and nothing is sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import insert, select, update

from banshi.cases.book import House
from banshi.db import Connection
from banshi.documents import keeping
from banshi.documents.receiving import Received, Receiver
from banshi.documents.scanning import Verdict, scan
from banshi.documents.store import PIECE, Store
from banshi.documents.tables import document
from banshi.errors import DatabaseUnavailable, FilesUnavailable, Invalid
from banshi.notify import heads, judging, parsing, replying, trimming
from banshi.notify.mailroom import Transaction, mail, mail_file
from banshi.notify.parsing import File, Mail
from banshi.settings import Settings

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 3
PATIENCE = timedelta(minutes=15)
"""For so long whoever reads a mail has it to themselves; then they died, and another takes it up."""
BATCH = 100
SMALLEST_INLINE = 10_000
"""Bytes; a smaller picture that stands in the text is a sign of the sender's office, not a file that somebody sent."""
MOST_FILES = 50


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """What mail is read with: transactions, files, settings, and the house as it is now."""

    transaction: Transaction
    store: Store
    settings: Settings
    house: Callable[[Connection], Awaitable[House]]


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a mail says, as it lies sealed in its row."""

    sender: str = ""
    name: str = ""
    to: tuple[str, ...] = ()
    subject: str = ""
    date: datetime | None = None
    text: str = ""
    rest: str = ""
    faults: tuple[str, ...] = ()
    automatic: str = ""


async def settle_all(room: Room, at: datetime) -> int:
    """Ask of every mail that was only stored so far what becomes of it; return how many. Any number of workers may do it at once."""
    settled, after = 0, 0
    while True:
        async with room.transaction() as db:
            waiting = select(mail.c.id).where(mail.c.state == "taken", mail.c.id > after).order_by(mail.c.id).limit(BATCH)
            ids = (await db.execute(waiting)).scalars().all()
            house = await room.house(db) if ids else None
        if house is None:
            return settled
        for mail_id in ids:
            settled += await settle(room, house, mail_id, at)
        after = ids[-1]


async def settle(room: Room, house: House, mail_id: int, at: datetime) -> bool:
    """Ask it of one mail; return whether this was the one who did.

    A mail that cannot be read three times over, because the process dies of it or for a fault of ours, is held as it is: it must not stop the others.
    """
    free = mail.c.tried.is_(None) | (mail.c.tried < at - PATIENCE)
    trying = update(mail).where(mail.c.id == mail_id, mail.c.state == "taken", free).values(attempts=mail.c.attempts + 1, tried=at)
    async with room.transaction() as db:
        row = (await db.execute(trying.returning(mail))).one_or_none()
    if row is None:
        return False
    try:
        if row.attempts > MOST_ATTEMPTS:
            return await _held(room, mail_id, "failed")
        return await _settle(room, house, row, at)
    except (DatabaseUnavailable, FilesUnavailable):
        async with room.transaction() as db:  # it was not the mail's fault
            await db.execute(update(mail).where(mail.c.id == mail_id).values(attempts=mail.c.attempts - 1, tried=None))
        raise
    except FileNotFoundError:
        log.exception("a mail is not where files lie", extra={"mail": mail_id})
        return await _held(room, mail_id, "failed")
    except Exception:
        log.exception("a mail cannot be read", extra={"mail": mail_id, "attempt": row.attempts})
        return await _held(room, mail_id, "failed") if row.attempts >= MOST_ATTEMPTS else False


async def _settle(room: Room, house: House, row: Any, at: datetime) -> bool:
    said, large = await _read(room, row)
    kept = [] if large else await _keep_files(room, said.files)
    async with room.transaction() as db:
        locked = await db.execute(select(mail).where(mail.c.id == row.id, mail.c.state == "taken").with_for_update())
        if (row := locked.one_or_none()) is None:
            return False
        head, to = said.head, await judging.named(db, room.settings, house, said.head)
        await _put_files(db, room.store, row.id, said.files, kept, at)  # a commit of all or nothing: files, words, and what becomes of it
        index = house.keyring.index("email", head.sender) if head.sender else None
        box = room.settings.mailbox
        said = msgspec.structs.replace(said, text=replying.hide(said.text, box), rest=replying.hide(said.rest, box))
        words = Kept(
            sender=head.sender,
            name=head.name,
            to=tuple(replying.hide(a, box) for a in head.recipients[:20]),
            subject=replying.hide(head.subject, box),
            date=head.date,
            text=said.text,
            rest=said.rest,
            faults=said.faults,
            automatic=head.automatic,
        )
        values: dict[str, Any] = {"sealed": seal(house, row.id, words), "sender_index": index}
        await db.execute(update(mail).where(mail.c.id == row.id).values(values))
        virus = any(k.fault == "virus" for k in kept)
        values = await judging.judge(db, room.settings, house, row, said, to, at, sender_index=index, large=large, virus=virus)
        await db.execute(update(mail).where(mail.c.id == row.id).values(values))
    return True


async def _held(room: Room, mail_id: int, reason: str) -> bool:
    async with room.transaction() as db:
        held = update(mail).where(mail.c.id == mail_id, mail.c.state == "taken").values(state="held", reason=reason).returning(mail.c.id)
        return (await db.execute(held)).one_or_none() is not None


def seal(house: House, mail_id: int, kept: Kept) -> str:
    """Return what a mail says, sealed for its row."""
    return house.keyring.seal(msgspec.json.encode(kept).decode(), f"mail:{mail_id}")


def unseal(house: House, row: Any) -> Kept:
    """Return what a mail says."""
    return msgspec.json.decode(house.keyring.unseal(row.sealed, f"mail:{row.id}"), type=Kept) if row.sealed else Kept()


# -- reading it --------------------------------------------------------------------------------------------------------------------


async def _read(room: Room, row: Any) -> tuple[Mail, bool]:
    """Return a stored mail, and whether it is too large to be read: then only its head was."""
    async with room.transaction() as db:
        digest = (await db.execute(select(document.c.digest).where(document.c.id == row.document_id))).scalar_one()
    large = row.size > room.settings.largest_mail
    data = bytearray()
    async with aclosing(room.store.read(digest.hex())) as pieces:
        async for piece in pieces:
            data += piece
            if large and len(data) >= heads.MOST_HEAD:
                break
    if large:
        return Mail(head=heads.read_head(bytes(data))), True
    return await asyncio.to_thread(parsing.parse, bytes(data)), False


class KeptFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a mail: what was received of it, None where it is not kept, and why it is not."""

    received: Received | None = None
    verdict: Verdict = "waiting"
    fault: str = ""


async def _keep_files(room: Room, files: Sequence[File]) -> list[KeptFile]:
    """Put what a mail brought into the store, each looked at as on the portal: kind by content, size, scanner."""
    return [await _keep(room, file) if n < MOST_FILES else KeptFile(fault="many") for n, file in enumerate(files)]


async def _keep(room: Room, file: File) -> KeptFile:
    if file.inline and len(file.body) < SMALLEST_INLINE:
        return KeptFile(fault="inline")
    if len(file.body) > room.settings.largest_file:
        return KeptFile(fault="large")
    with Receiver(room.settings.data, largest=room.settings.largest_file) as receiver:
        try:
            receiver.take(file.body)
            received = await receiver.done(file.name)
        except Invalid:
            return KeptFile(fault="kind")
        verdict: Verdict = "waiting"
        if room.settings.clamd:
            verdict = await scan(room.settings.clamd, _pieces(received.path))
        if verdict == "infected":
            async with room.transaction() as db:
                await keeping.doubted(db, received.digest)
            return KeptFile(fault="virus")
        await room.store.put(received.digest.hex(), received.path)
        return KeptFile(received=received, verdict=verdict)


async def _put_files(db: Connection, store: Store, mail_id: int, files: Sequence[File], kept: Sequence[KeptFile], at: datetime) -> None:
    """Write the files of a mail, what is kept as documents of nobody's case. In one order: two mails with the same files wait for nobody."""
    coming = sorted(zip(range(1, len(files) + 1), files, kept, strict=True), key=lambda f: f[2].received.digest if f[2].received else b"")
    for position, file, found in coming:
        document_id, fault = None, found.fault
        if found.received is not None:
            try:
                await keeping.put(db, store, [(found.received, found.verdict)], at)
            except Invalid:
                fault = "virus"
            else:
                named = {"digest": found.received.digest, "name": found.received.name, "audience": "applicant", "capacity": "resident", "added": at}
                document_id = (await db.execute(insert(document).values(named).returning(document.c.id))).scalar_one()
        name = found.received.name if found.received else trimming.clean_line(file.name)[:120] or "?"
        values = {"mail_id": mail_id, "position": position, "document_id": document_id, "name": name, "size": len(file.body), "fault": fault}
        await db.execute(insert(mail_file).values(values))


async def _pieces(path: Path) -> AsyncGenerator[bytes, None]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece
