"""Asks clamd whether a file is clean (its INSTREAM command), where ``BANSHI_CLAMD`` names one: ``tcp:host:port`` or ``unix:/path``."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Literal

from banshi.errors import BanshiError, SettingsError

Verdict = Literal["clean", "infected", "waiting"]
"""``waiting``: nobody has said so far. Such a file is held wherever a scanner is configured, and given away where there is none."""
PATIENCE = 30.0


class ScannerAway(BanshiError):
    """clamd does not answer."""


async def scan(address: str, pieces: AsyncGenerator[bytes, None]) -> Verdict:
    """Return what clamd says of a stream; ``waiting`` where it does not answer, or cannot say: the file is held and asked about again."""
    try:
        return await ask(address, pieces)
    except ScannerAway:
        return "waiting"


async def ask(address: str, pieces: AsyncGenerator[bytes, None]) -> Verdict:
    """Return what clamd says of a stream, ``waiting`` where it cannot say (a file larger than its StreamMaxLength, for one).

    Raises ScannerAway where it does not answer at all.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            kind, place, port = where(address)
            reader, writer = await (asyncio.open_unix_connection(place) if kind == "unix" else asyncio.open_connection(place, port))
    except (OSError, TimeoutError) as error:
        raise ScannerAway(address) from error
    try:
        async with asyncio.timeout(PATIENCE):
            answer = await _exchange(reader, writer, pieces)
    except TimeoutError as error:
        raise ScannerAway(address) from error
    finally:
        writer.close()
    if answer.endswith(b"OK"):
        return "clean"
    return "infected" if answer.endswith(b"FOUND") else "waiting"


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pieces: AsyncGenerator[bytes, None]) -> bytes:
    """Send the stream and return the answer, empty where the line was cut: clamd hangs up in the middle of what is too large for it."""
    with suppress(ConnectionError):
        async with aclosing(pieces):
            writer.write(b"zINSTREAM\0")
            async for piece in pieces:
                writer.write(struct.pack("!L", len(piece)) + piece)
                await writer.drain()
            writer.write(struct.pack("!L", 0))
            await writer.drain()
    try:
        return (await reader.readuntil(b"\0")).rstrip(b"\0").strip()
    except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
        return b""


def where(address: str) -> tuple[Literal["unix", "tcp"], str, int]:
    """Return kind, path or host, and port of ``BANSHI_CLAMD``; SettingsError where it is malformed."""
    kind, _colon, place = address.partition(":")
    if kind == "unix" and place:
        return "unix", place, 0
    host, _colon, port = place.rpartition(":")
    if kind == "tcp" and host and port.isdigit():
        return "tcp", host, int(port)
    msg = f"BANSHI_CLAMD={address!r}: give tcp:host:port or unix:/path"
    raise SettingsError(msg)
