"""Clocks of a case: by when, and how that was counted."""

from __future__ import annotations

from typing import Literal

import msgspec

Standing = Literal["runs", "near", "over", "stands", "kept", "missed"]
"""It runs · it is nearly used up · it is over · it stands still · done in time · done too late."""


class ClockBrief(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a case page: what is due, and how it stands."""

    title: str
    status: str
    standing: Standing


class ClockLine(msgspec.Struct, frozen=True, kw_only=True):
    """One interval: from when to when, what it was, how much of the limit it took (empty: nothing)."""

    kind: Literal["counted", "paused", "skipped"]
    when: str
    what: str
    amount: str


class ClockPart(msgspec.Struct, frozen=True, kw_only=True):
    """A clock with its explanation."""

    name: str
    title: str
    status: str
    standing: Standing
    limit: str
    basis: str
    received: str
    extensions: tuple[str, ...]
    lines: tuple[ClockLine, ...]
    total: str
    provisional: str


class ClocksPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/clocks.html and desk/clocks.html."""

    number: str
    title: str
    back: str
    now: tuple[ClockPart, ...]
    before: tuple[ClockPart, ...]
    rules: tuple[str, ...]
