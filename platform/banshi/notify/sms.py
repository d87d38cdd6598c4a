"""Text messages: through the provider that BANSHI_SMS names. One that writes a file is built in; others come with plugins."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec

from banshi.contracts import SmsProvider
from banshi.errors import SettingsError


async def to_file(to: str, text: str, key: str, where: str) -> None:
    """Append a text message as a line of JSON: for a demo, and to see what would be sent."""
    line = msgspec.json.encode({"to": to, "text": text, "key": key}) + b"\n"
    await asyncio.to_thread(_append, Path(where), line)


def _append(path: Path, line: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:  # one write of one line: two workers do not mix theirs
        file.write(line)


BUILT_IN = (SmsProvider(owner="kernel", name="file", send=to_file),)


def provider(written: str, others: Sequence[SmsProvider] = ()) -> tuple[SmsProvider, str]:
    """Return the provider that BANSHI_SMS names, and what follows its name; SettingsError where there is no such provider."""
    name, colon, where = written.partition(":")
    known = {p.name: p for p in (*BUILT_IN, *others)}
    if name not in known or not colon:
        msg = f"BANSHI_SMS must be NAME:… with one of these names: {', '.join(sorted(known))}"
        raise SettingsError(msg)
    return known[name], where
