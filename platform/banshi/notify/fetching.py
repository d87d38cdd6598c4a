"""Mail fetched from a server by IMAP over TLS: ``BANSHI_INBOX=imaps://user:password@host/folder`` (or ``imap://``, which begins TLS by STARTTLS).

Each mail is stored here, in a committed transaction, before it is marked as seen there: a death at any line loses nothing, and a mail that comes
again is known (`mailroom.take`). What somebody else has read in the meantime is taken all the same: everything behind the last one that was
stored (by UID), and whatever is not seen. Nothing is ever deleted on the server.
"""

from __future__ import annotations

import asyncio
import base64
import imaplib
import logging
import re
import ssl
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from banshi.errors import BanshiError, DatabaseUnavailable, FilesUnavailable, Invalid, SettingsError
from banshi.notify.inbound import Room
from banshi.notify.mailroom import mail_place, take

log = logging.getLogger(__name__)

PATIENCE = 30
PIECE = 1 << 19
MOST = 200
"""Mails that one visit takes; the next begins where it ended."""


class MailServerAway(BanshiError):
    """The mail server does not answer, or does not let us in; the mails wait there."""


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """Where mails are fetched."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    starttls: bool

    @property
    def name(self) -> str:
        """What it is called where it is told of: never with its password."""
        return f"{self.user}@{self.host}:{self.port}/{self.folder}"


def where(inbox: str) -> Inbox:
    """Return the inbox of the settings; SettingsError, without what was given (it holds a password), where it is malformed."""
    try:
        parts = urlsplit(inbox)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    if parts.scheme not in {"imaps", "imap"} or not parts.hostname or not parts.username or parts.password is None:
        msg = (
            "BANSHI_INBOX is malformed: give imaps://user:password@host/folder, special characters of user and password in percent signs (%40 for @)"
        )
        raise SettingsError(msg)
    starttls = parts.scheme == "imap"
    folder = unquote(parts.path.strip("/")) or "INBOX"
    user, password = unquote(parts.username), unquote(parts.password)
    if any(c in "\r\n\0" for c in user + password + folder):
        msg = "BANSHI_INBOX is malformed: a line end stands in it"
        raise SettingsError(msg)
    return Inbox(host=parts.hostname, port=port or (143 if starttls else 993), user=user, password=password, folder=folder, starttls=starttls)


async def poll(room: Room, at: datetime) -> int:
    """Take what is new on the server; return how many mails were stored that were not known. Raises MailServerAway."""
    inbox = where(room.settings.inbox)
    visit = await asyncio.to_thread(_answering, inbox, partial(_Visit, inbox))
    try:
        validity, following = visit.validity, visit.following
        async with room.transaction() as db:
            place = (await db.execute(select(mail_place).where(mail_place.c.inbox == inbox.name))).one_or_none()
        after = place.uid if place is not None and place.validity == validity else None
        if after is None:  # what was read here before we came, years of it perhaps, is not ours
            await _reached(room, inbox, validity, following - 1)
        fresh = 0
        for uid in (await asyncio.to_thread(_answering, inbox, partial(visit.waiting, after)))[:MOST]:
            try:
                taken = await take(room.transaction, room.store, room.settings, _pieces(inbox, visit, uid), at)
            except (DatabaseUnavailable, FilesUnavailable, MailServerAway):
                raise
            except Invalid:
                continue  # it went away in this moment
            except Exception:
                log.exception("a mail cannot be taken; it stays on the server, unseen", extra={"uid": uid})
                continue
            fresh += taken.fresh
            await _reached(room, inbox, validity, uid)
            await asyncio.to_thread(_answering, inbox, partial(visit.mark, uid))
        return fresh
    finally:
        await asyncio.to_thread(visit.leave)


async def _reached(room: Room, inbox: Inbox, validity: int, uid: int) -> None:
    """Write how far we are; another worker may be further."""
    adding = insert(mail_place).values(inbox=inbox.name, validity=validity, uid=uid)
    further = (mail_place.c.validity != adding.excluded.validity) | (mail_place.c.uid < adding.excluded.uid)
    async with room.transaction() as db:
        await db.execute(adding.on_conflict_do_update(index_elements=["inbox"], set_={"validity": validity, "uid": uid}, where=further))


async def _pieces(inbox: Inbox, visit: _Visit, uid: int) -> AsyncIterator[bytes]:
    """Give a mail piece by piece: it may be larger than memory."""
    offset = 0
    while True:
        piece: bytes = await asyncio.to_thread(_answering, inbox, partial(visit.piece, uid, offset))
        if piece:
            yield piece
        offset += len(piece)
        if len(piece) < PIECE:
            return


def _answering(inbox: Inbox, ask: Callable[[], Any]) -> Any:
    """Ask the server; whatever is wrong with it is one error, which never tells the password."""
    try:
        return ask()
    except (imaplib.IMAP4.error, OSError, EOFError) as error:
        msg = f"the mail server does not answer as it should ({inbox.name}): {type(error).__name__} {error}"
        raise MailServerAway(msg.replace(inbox.password, "…") if inbox.password else msg) from None


class _Visit:
    """One visit to the server: blocking, called in threads."""

    def __init__(self, inbox: Inbox) -> None:
        context = ssl.create_default_context()
        if inbox.starttls:
            self.line: imaplib.IMAP4 = imaplib.IMAP4(inbox.host, inbox.port, timeout=PATIENCE)
            self.line.starttls(context)
        else:
            self.line = imaplib.IMAP4_SSL(inbox.host, inbox.port, ssl_context=context, timeout=PATIENCE)
        try:
            self._enter(inbox)
        except BaseException:
            self.leave()
            raise

    def _enter(self, inbox: Inbox) -> None:
        if "AUTH=PLAIN" in self.line.capabilities:
            self.line.authenticate("PLAIN", lambda _said: f"\0{inbox.user}\0{inbox.password}".encode())
        else:
            self.line.login(inbox.user, inbox.password)
        said, _count = self.line.select(f'"{_written(inbox.folder)}"')
        if said != "OK":
            msg = f"there is no folder {inbox.folder}, or it cannot be opened"
            raise imaplib.IMAP4.error(msg)
        self.validity, self.following = self._number("UIDVALIDITY"), self._number("UIDNEXT")

    def _number(self, name: str) -> int:
        _name, said = self.line.response(name)
        return int(said[0]) if said and said[0] else 1

    def waiting(self, after: int | None) -> list[int]:
        """Return the UIDs of what is not seen, and of what came after the last one taken."""
        found = set(self._search("UNSEEN"))
        if after is not None:
            found |= {u for u in self._search(f"UID {after + 1}:*") if u > after}  # the last one is always among these
        return sorted(found)

    def _search(self, what: str) -> list[int]:
        said, data = self.line.uid("SEARCH", what)
        if said != "OK":
            msg = "the folder cannot be searched"
            raise imaplib.IMAP4.error(msg)
        return [int(u) for line in data if line for u in line.split()]

    def piece(self, uid: int, offset: int) -> bytes:
        """Return a piece of a mail, empty behind its end; it is not seen by that."""
        said, data = self.line.uid("FETCH", str(uid), f"(BODY.PEEK[]<{offset}.{PIECE}>)")
        if said != "OK":
            msg = f"mail {uid} cannot be fetched"
            raise imaplib.IMAP4.error(msg)
        return next((bytes(part[1]) for part in data if isinstance(part, tuple)), b"")

    def mark(self, uid: int) -> None:
        """Mark a mail as seen."""
        self.line.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def leave(self) -> None:
        """Go."""
        try:
            self.line.logout()
        except (imaplib.IMAP4.error, OSError, EOFError):
            log.debug("the mail server hung up first")


def _written(folder: str) -> str:
    """Return a folder's name as IMAP writes it (RFC 3501, 5.1.3)."""

    def shift(run: re.Match[str]) -> str:
        return "&" + base64.b64encode(run[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",") + "-"

    plain = re.sub(r"[^\x20-\x7e]+", shift, folder.replace("&", "&-"))
    return plain.replace("\\", "\\\\").replace('"', '\\"')
