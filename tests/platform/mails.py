"""Mails of the tests, as bytes, and the room they are read in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from banshi.db import Connection, Database
from banshi.documents.store import store
from banshi.notify import inbound, mailroom, replying
from banshi.notify.inbound import Room
from banshi.settings import Settings
from banshi.testing import SECRET, Town

BOX = "city@example.org"
HERS = "fang@example.com"


def room_of(database: Database, town: Town, folder: Path, **more: Any) -> Room:
    """Return a room whose files lie in a folder of the test."""

    async def house(_db: Connection) -> Any:
        return town.house

    settings = Settings(database_url=database.url, secret_key=(SECRET,), data=folder, mailbox=BOX, **more)
    return Room(transaction=database.transaction, store=store("", folder), settings=settings, house=house)


def address(town: Town, number: str, login: str = "resident0") -> str:
    """Return the address at which a resident answers on a case."""
    return replying.address(town.house.keyring, number.replace("-", ""), town.residents[login].person_id or 0, BOX)


def letter(to: str, text: str = "好的，谢谢。", *, sender: str = HERS, files: dict[str, bytes] | None = None, **headers: str) -> bytes:
    """Return a mail as people's mailers write it; a header's name has _ for -."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, headers.pop("Subject", "Re: 您的诉求")
    made["Message-ID"] = headers.pop("Message_ID", f"<{abs(hash((to, text, sender)))}@mail.example.com>")
    made["Date"] = headers.pop("Date", "Mon, 23 Nov 2026 09:00:00 +0800")
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    for name, body in (files or {}).items():
        made.add_attachment(body, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


async def arrive(room: Room, data: bytes, at: datetime) -> mailroom.Taken:
    """Store a mail, and ask what becomes of it."""
    taken = await store_only(room, data, at)
    await inbound.settle_all(room, at)
    return taken


async def store_only(room: Room, data: bytes, at: datetime) -> mailroom.Taken:
    """Store a mail."""

    async def pieces() -> AsyncIterator[bytes]:
        for place in range(0, len(data), 100_000):
            yield data[place : place + 100_000]

    return await mailroom.take(room.transaction, room.store, room.settings, pieces(), at)
