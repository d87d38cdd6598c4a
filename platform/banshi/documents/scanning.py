"""Asks clamd whether a file is clean (its INSTREAM command), where ``BANSHI_CLAMD`` names one: ``tcp:host:port`` or ``unix:/path``."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from typing import Literal

from banshi.errors import SettingsError

Verdict = Literal["clean", "infected", "waiting"]
PATIENCE = 30.0


async def scan(address: str, pieces: AsyncIterator[bytes]) -> Verdict:
    """Return what clamd says of a stream; ``waiting`` where it does not answer, or cannot say: the file is held and asked about again."""
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await _connect(address)
            try:
                writer.write(b"zINSTREAM\0")
                async for piece in pieces:
                    writer.write(struct.pack("!L", len(piece)) + piece)
                    await writer.drain()
                writer.write(struct.pack("!L", 0))
                await writer.drain()
                answer = await reader.readuntil(b"\0")
            finally:
                writer.close()
    except (OSError, TimeoutError, asyncio.IncompleteReadError):
        return "waiting"
    said = answer.rstrip(b"\0").strip()
    if said.endswith(b"OK"):
        return "clean"
    return "infected" if said.endswith(b"FOUND") else "waiting"


async def _connect(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    kind, _colon, place = address.partition(":")
    if kind == "unix" and place:
        return await asyncio.open_unix_connection(place)
    host, _colon, port = place.rpartition(":")
    if kind == "tcp" and host and port.isdigit():
        return await asyncio.open_connection(host, int(port))
    msg = f"BANSHI_CLAMD={address!r}: give tcp:host:port or unix:/path"
    raise SettingsError(msg)
