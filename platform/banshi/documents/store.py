"""Where contents lie, by digest: a folder below the data folder, or an S3-compatible store named by ``BANSHI_FILES=s3://bucket/prefix``.

A content is there whole or not at all: written aside, flushed to the disk, then renamed. It is put before any row names it, so a death at any line
leaves at worst a content that nobody refers to, and `keeping.sweep` takes that away.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from banshi.errors import FilesUnavailable, SettingsError

PIECE = 1 << 16
INCOMING = ".incoming"
PREVIEW = ".preview"
_OURS = re.compile(rf"[0-9a-f]{{64}}({re.escape(PREVIEW)})?")
"""What a name of a content looks like: nothing else in a folder or bucket is ever listed, let alone swept."""


class Store(Protocol):
    """Keeps contents under names; a name is the hexadecimal digest, or that with what was made of it (``<digest>.preview``).

    Everything raises FilesUnavailable where the place does not answer or is full.
    """

    async def put(self, name: str, source: Path) -> None:
        """Keep the file at ``source`` under the name; what is there already stays."""

    def read(self, name: str) -> AsyncGenerator[bytes, None]:
        """Give a content piece by piece; FileNotFoundError where there is none."""
        ...

    async def has(self, name: str) -> bool:
        """Return whether there is a content of that name."""
        ...

    async def remove(self, name: str) -> None:
        """Forget a content; one that is not there is no fault."""

    def names(self, before: datetime) -> AsyncIterator[str]:
        """Give the names of what was put before a moment."""
        ...


def store(files: str, data: Path) -> Store:
    """Return the store of the settings: ``s3://bucket/prefix``, else the folder ``files`` below the data folder."""
    if not files:
        return Folder(data / "files")
    if files.startswith("s3://"):
        return Bucket(files)
    msg = f"BANSHI_FILES={files!r}: give s3://bucket/prefix, or leave it out for the folder files below BANSHI_DATA"
    raise SettingsError(msg)


class Folder:
    """A folder, its contents two levels deep by the first characters of their names."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, name: str) -> Path:
        """Return where a content lies."""
        return self.root / name[:2] / name[2:4] / name

    async def put(self, name: str, source: Path) -> None:
        """Keep a file: copied aside where it lies on another disk, flushed, renamed."""
        with answering():
            await asyncio.to_thread(self._put, name, source)

    def _put(self, name: str, source: Path) -> None:
        target = self.path(name)
        if target.exists():
            return
        self._make(target.parent)
        half = target.with_name(f".{name}.{os.getpid()}.{os.urandom(4).hex()}")
        try:
            try:
                os.link(source, half)
            except OSError:
                shutil.copyfile(source, half)
            with half.open("rb") as written:
                os.fsync(written.fileno())
            half.replace(target)
        finally:
            half.unlink(missing_ok=True)
        for folder in (target.parent, target.parent.parent, self.root):  # a name is as safe as the folder that it stands in
            _flush(folder)

    def _make(self, folder: Path) -> None:
        """Make a folder below the root, each level written to the disk in the one above: else a loss of power takes it with all in it."""
        if folder.is_dir():
            return
        if folder != self.root:
            self._make(folder.parent)
        folder.mkdir(parents=folder == self.root, exist_ok=True)
        _flush(folder.parent)

    async def read(self, name: str) -> AsyncGenerator[bytes, None]:
        """Give a content piece by piece."""
        with answering():
            file = await asyncio.to_thread(self.path(name).open, "rb")
            try:
                while piece := await asyncio.to_thread(file.read, PIECE):
                    yield piece
            finally:
                file.close()

    async def has(self, name: str) -> bool:
        """Return whether it is there."""
        return await asyncio.to_thread(self.path(name).is_file)

    async def remove(self, name: str) -> None:
        """Forget it."""
        await asyncio.to_thread(self.path(name).unlink, missing_ok=True)

    async def names(self, before: datetime) -> AsyncIterator[str]:
        """Give the names of what was put before a moment; what was left half-written goes at once. One part of the folder at a time."""
        for part in await asyncio.to_thread(lambda: sorted(self.root.glob("[0-9a-f][0-9a-f]"))):
            for name in await asyncio.to_thread(self._within, part, before):
                yield name

    def _within(self, part: Path, before: datetime) -> list[str]:
        found = []
        for path in part.glob("*/*"):
            with suppress(FileNotFoundError):
                if datetime.fromtimestamp(path.stat().st_mtime, UTC) >= before:
                    continue
                if _OURS.fullmatch(path.name):
                    found.append(path.name)
                elif path.name.startswith("."):
                    path.unlink()
        return found


def tidy(data: Path, before: datetime) -> None:
    """Remove what broken-off uploads left in the folder where files arrive: what nobody wrote to since ``before``."""
    for path in (data / INCOMING).glob("*"):
        with suppress(FileNotFoundError):
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
                path.unlink()


@contextmanager
def answering() -> Iterator[None]:
    """Say of a disk that is full or gone, in one word, that files are away; a content that is not there stays FileNotFoundError."""
    try:
        yield
    except FileNotFoundError:
        raise
    except OSError as error:
        msg = f"files cannot be written or read: {error}"
        raise FilesUnavailable(msg) from error


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Bucket:
    """An S3-compatible store. Address and credentials come from the environment that every such client reads (``AWS_…``)."""

    def __init__(self, url: str) -> None:
        from obstore.store import from_url  # late: only who configures it loads it

        # By itself it tries for three minutes: longer than anybody waits for a page.
        self.store: Any = from_url(url, retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=10)})

    async def put(self, name: str, source: Path) -> None:
        """Keep a file, in parts where it is large."""
        import obstore

        if not await self.has(name):
            with _bucket_answering():
                await obstore.put_async(self.store, name, source)

    async def read(self, name: str) -> AsyncGenerator[bytes, None]:
        """Give a content piece by piece."""
        import obstore

        with _bucket_answering():
            found = await obstore.get_async(self.store, name)
            async for piece in found.stream(min_chunk_size=PIECE):
                yield bytes(piece)

    async def has(self, name: str) -> bool:
        """Return whether it is there."""
        import obstore

        try:
            with _bucket_answering():
                await obstore.head_async(self.store, name)
        except FileNotFoundError:
            return False
        return True

    async def remove(self, name: str) -> None:
        """Forget it."""
        import obstore

        with suppress(FileNotFoundError), _bucket_answering():
            await obstore.delete_async(self.store, name)

    async def names(self, before: datetime) -> AsyncIterator[str]:
        """Give the names of what was put before a moment."""
        import obstore

        with _bucket_answering():
            async for page in obstore.list(self.store):
                for about in page:
                    if about["last_modified"] < before and _OURS.fullmatch(str(about["path"])):
                        yield str(about["path"])


@contextmanager
def _bucket_answering() -> Iterator[None]:
    """The same for a bucket."""
    from obstore.exceptions import BaseError

    try:
        yield
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        msg = f"the bucket of BANSHI_FILES does not answer: {error}"
        raise FilesUnavailable(msg) from error
