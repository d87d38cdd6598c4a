"""From a stream of bytes to a checked file on disk: never in memory, never larger than it may be, known by its digest."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
import unicodedata
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from banshi.documents.kinds import Kind, kind_of
from banshi.documents.store import INCOMING, answering
from banshi.errors import Invalid
from banshi.texts import translator

_ = translator("banshi")

LONGEST_NAME = 120
_BAD = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200e\u200f\u202a-\u202e\u2066-\u2069]')


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A file that arrived whole: where it lies for now, its cleaned name, SHA-256, size in bytes and kind."""

    path: Path
    name: str
    digest: bytes
    size: int
    kind: Kind


class Receiver:
    """Takes one file piece by piece into a temporary one, which is gone when the block ends."""

    def __init__(self, folder: Path, *, largest: int) -> None:
        self.folder, self.largest = folder / INCOMING, largest
        self.size = 0
        self._digest = hashlib.sha256()

    def __enter__(self) -> Self:
        """Open the temporary file."""
        with answering():
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.folder)
        self.path, self._file = Path(name), os.fdopen(handle, "wb")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Remove it: what is kept was put into the store by then."""
        with suppress(OSError):  # a disk that is full says so once more
            self._file.close()
        self.path.unlink(missing_ok=True)

    def take(self, piece: bytes) -> None:
        """Take a piece; Invalid as soon as it is too large."""
        self.size += len(piece)
        if self.size > self.largest:
            raise Invalid(_("The file is too large: at most {most} MB."), most=self.largest // 1_000_000)
        self._digest.update(piece)
        with answering():
            self._file.write(piece)

    async def done(self, name: str, kind: Kind | None = None) -> Received:
        """Return what arrived; Invalid where it is empty or of a kind that is not taken. ``kind`` says what it is to whoever takes it as it comes."""
        with answering():
            await asyncio.to_thread(self._flush)
        found = kind if kind is not None else await asyncio.to_thread(kind_of, self.path)
        return Received(path=self.path, name=clean(name, found), digest=self._digest.digest(), size=self.size, kind=found)

    def _flush(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())


async def receive(receiver: Receiver, pieces: AsyncIterator[bytes], name: str) -> Received:
    """Take a whole stream."""
    async for piece in pieces:
        receiver.take(piece)
    return await receiver.done(name)


def clean(name: str, kind: Kind) -> str:
    """Return a name as it is shown and given back: no folder in it, no sign that a system or a reader trips over, the ending of what it is."""
    plain = unicodedata.normalize("NFC", name.encode("utf8", "replace").decode()).replace("\\", "/").rpartition("/")[2]
    plain = " ".join(_BAD.sub(" ", plain).split()).strip(". ")
    stem = plain[: -len(Path(plain).suffix)] if Path(plain).suffix else plain
    return (stem.strip(". ")[:LONGEST_NAME] or "file") + kind.ending
