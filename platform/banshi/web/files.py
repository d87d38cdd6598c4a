"""Uploads and downloads: a stream into the store and out of it, whoever asks was checked before the first byte.

A form with files is no ordinary form: the check of its token would read all of it into memory. So its token stands in its address, and the route
checks token, session, case and size itself, and then takes the body piece by piece.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import multipart
from litestar import Request, Response
from litestar.exceptions import PermissionDeniedException
from litestar.middleware.csrf import CSRF_SECRET_LENGTH, generate_csrf_hash
from litestar.response import Stream
from litestar.utils.scope.state import ScopeState

from banshi import texts
from banshi.documents import keeping, previews, receiving
from banshi.documents.keeping import INFECTED
from banshi.documents.kinds import PICTURES
from banshi.documents.receiving import Received, Receiver
from banshi.documents.scanning import Verdict, scan
from banshi.documents.store import PIECE, PREVIEW, Folder
from banshi.errors import FilesUnavailable, Invalid, NotFound, Refused
from banshi.web.filelist import held
from banshi.web.security import csrf
from banshi.web.site import Site

_ = texts.translator("banshi")

MOST_AT_ONCE = 10
LONGEST_FIELD = 2_000
OVERHEAD = 100_000
SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}
REJECTED = "CSRF token verification failed"


class Upload(msgspec.Struct, kw_only=True):
    """What a form with files brought: the files that can be kept, what is wrong with the others (by name), and its plain fields.

    ``under`` are the names of the fields in which the ``files`` came, ``refused_under`` those of the others.
    """

    files: list[tuple[Received, Verdict]] = []
    under: list[str] = []
    refused: list[tuple[str, Refused]] = []
    refused_under: list[str] = []
    fields: dict[str, str] = {}


def check_token(request: Request[Any, Any, Any]) -> None:
    """Refuse a form whose token, in the query, is not the one of this browser: before a byte of its body is read."""
    site: Site = request.app.state.site
    config = csrf(site.settings)
    said, cookie = request.query_params.get("token", ""), request.cookies.get(config.cookie_name, "")
    own = [t[:CSRF_SECRET_LENGTH] for t in (said, cookie) if len(t) > CSRF_SECRET_LENGTH and _signed(t, config.secret)]
    if len(own) < 2 or not hmac.compare_digest(*own):
        raise PermissionDeniedException(REJECTED)
    ScopeState.from_scope(request.scope).csrf_token = said


def _signed(token: str, secret: str) -> bool:
    expected = generate_csrf_hash(token=token[:CSRF_SECRET_LENGTH], secret=secret)
    return hmac.compare_digest(token[CSRF_SECRET_LENGTH:].encode("utf8", "replace"), expected.encode())


async def read_form(request: Request[Any, Any, Any], stack: AsyncExitStack, *, keeps: bool = True) -> Upload:
    """Take a form with files, each into a temporary file that lives as long as ``stack``, and put what is good into the store, if it ``keeps`` it.

    A file that is too large or of a kind that is not taken is told and passed over; a body that breaks off, or is no such form, is ``Invalid``.
    """
    site: Site = request.app.state.site
    _kind, options = request.content_type
    length = _length(request)
    limit = MOST_AT_ONCE * site.settings.largest_file + OVERHEAD
    too_much = Invalid(_("That is too much at once: at most {most} MB."), most=limit // 1_000_000)
    if length is not None and length > limit:
        raise too_much
    if not options.get("boundary"):
        raise Invalid(_("The form came without its files. Choose them again."))
    upload, reading, came = Upload(), _Reading(site, stack, keeps=keeps), 0
    try:
        parser = multipart.PushMultipartParser(options["boundary"], max_segment_count=100)
        async for chunk in request.stream():
            came += len(chunk)
            if came > limit:  # a body need not say how long it is
                raise too_much
            for event in parser.parse(chunk):
                await reading.take(event, upload)
        parser.close()
    except multipart.MultipartError:
        raise Invalid(_("The upload broke off. Send it again.")) from None
    return upload


class _Reading:
    """The segment that is being read: a file into its receiver, a field into a few bytes."""

    def __init__(self, site: Site, stack: AsyncExitStack, *, keeps: bool) -> None:
        self.site, self.stack, self.keeps = site, stack, keeps
        self.name, self.filename = "", ""
        self.receiver: Receiver | None = None
        self.fault: Refused | None = None
        self.field = bytearray()

    async def take(self, event: Any, upload: Upload) -> None:
        if isinstance(event, multipart.MultipartSegment):
            self.name, self.filename, self.fault, self.field, self.receiver = event.name, event.filename or "", None, bytearray(), None
            if event.filename is not None and (event.filename or event.name == "files"):
                if len(upload.files) + len(upload.refused) >= MOST_AT_ONCE:
                    self.fault = Invalid(_("At most {most} files at once."), most=MOST_AT_ONCE)
                self.receiver = self.stack.enter_context(Receiver(self.site.settings.data, largest=self.site.settings.largest_file))
        elif event is None:
            await self._end(upload)
        elif self.receiver is None:
            self.field += event[: LONGEST_FIELD - len(self.field)]
        elif self.fault is None:
            try:
                self.receiver.take(event)
            except Invalid as refused:
                self.fault = refused

    async def _end(self, upload: Upload) -> None:
        if self.receiver is None:
            upload.fields[self.name] = self.field.decode("utf8", "replace")
            return
        if not self.filename and not self.receiver.size:
            return  # a browser sends an empty one where nothing was chosen
        try:
            if self.fault is not None:
                raise self.fault
            received = await self.receiver.done(self.filename)
            verdict = await keep(self.site, received) if self.keeps else "waiting"
        except Invalid as refused:
            upload.refused.append((self.filename[:100] or "?", refused))
            upload.refused_under.append(self.name)
        else:
            upload.files.append((received, verdict))
            upload.under.append(self.name)


async def keep(site: Site, received: Received) -> Verdict:
    """Put a received file into the store and ask the scanner; Invalid where it found something, and nothing is kept."""
    verdict: Verdict = "waiting"
    if site.settings.clamd:
        verdict = await scan(site.settings.clamd, _pieces(received.path))
        if verdict == "infected":
            async with site.database.transaction() as db:
                await keeping.doubted(db, received.digest)
            raise Invalid(INFECTED)
    await site.store.put(received.digest.hex(), received.path)
    return verdict


async def receive_body(request: Request[Any, Any, Any], stack: AsyncExitStack, name: str) -> tuple[Received, Verdict]:
    """Take a body that is one file."""
    site: Site = request.app.state.site
    length = _length(request)
    if length is not None and length > site.settings.largest_file:
        raise Invalid(_("The file is too large: at most {most} MB."), most=site.settings.largest_file // 1_000_000)
    receiver = stack.enter_context(Receiver(site.settings.data, largest=site.settings.largest_file))
    received = await receiving.receive(receiver, request.stream(), name)
    return received, await keep(site, received)


async def download(site: Site, row: Any, name: str) -> Response[Any]:
    """Give a document away as a file, never as a page; NotFound while it is held, and for good where it is infected.

    Raises FilesUnavailable before anything is sent where the content cannot be read.
    """
    if held(site, row.scan):
        raise NotFound(_("This file is being checked for viruses. Try again in a minute.") if row.scan == "waiting" else INFECTED)
    headers = SAFE | {
        "Content-Disposition": disposition(name),
        "Content-Length": str(row.size),
        "ETag": f'"{row.digest.hex()}"',
    }
    return Stream(await begun(site, row.digest.hex()), media_type=row.media_type, headers=headers)


def disposition(name: str) -> str:
    """Return the header under which a file is given away: to be kept, in any alphabet, never to be shown as a page."""
    plain = name.encode("ascii", "ignore").decode().strip() or "file"
    return f"attachment; filename=\"{plain.replace(chr(34), '')}\"; filename*=UTF-8''{quote(name, safe='')}"


async def preview(site: Site, row: Any) -> Response[Any]:
    """Give the small picture of a picture, drawn at the first asking; NotFound where there is none."""
    if row.media_type not in PICTURES or held(site, row.scan):
        raise NotFound(_("There is no preview of this file."))
    name = row.digest.hex() + PREVIEW
    if not await site.store.has(name):
        await _draw(site, row.digest.hex(), name)
    return Stream(site.store.read(name), media_type="image/jpeg", headers=SAFE)


async def _draw(site: Site, source: str, name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        original, small = Path(folder) / "original", Path(folder) / f"small-{secrets.token_hex(4)}"
        if isinstance(site.store, Folder):
            original = site.store.path(source)
        else:
            with original.open("wb") as out:
                async for piece in site.store.read(source):
                    out.write(piece)
        async with site.drawing:
            if not await asyncio.to_thread(previews.draw, original, small):
                await asyncio.to_thread(previews.blank, small)
        await site.store.put(name, small)


async def begun(site: Site, name: str) -> AsyncIterator[bytes]:
    """Return the pieces of a content of which the first is read: whatever is wrong shows before the answer has begun."""
    pieces = site.store.read(name)
    try:
        first = await anext(pieces, b"")
    except FileNotFoundError as error:
        msg = f"{name} is not where files lie; bring it back from a backup"
        raise FilesUnavailable(msg) from error

    async def rest() -> AsyncIterator[bytes]:
        async with aclosing(pieces):
            yield first
            async for piece in pieces:
                yield piece

    return rest()


async def _pieces(path: Path) -> AsyncGenerator[bytes, None]:
    with path.open("rb") as file:
        while piece := await asyncio.to_thread(file.read, PIECE):
            yield piece


def _length(request: Request[Any, Any, Any]) -> int | None:
    said = request.headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 16 else None


def problems(upload: Upload, language: texts.Language) -> tuple[str, ...]:
    """Return what is wrong with the files that were not taken, each with its name."""
    return tuple(f"{name}: {texts.say(refused.text, language, **refused.values)}" for name, refused in upload.refused)
