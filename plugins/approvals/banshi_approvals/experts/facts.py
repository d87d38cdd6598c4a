"""What a panel keeps: its lots with their seeds, who sat, who had a conflict, every sheet, and how it came out."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from math import sqrt
from typing import Literal

import msgspec

from banshi_approvals.catalogue.content import Choice

Tie = Literal["employment", "relative", "interest", "advised", "other"]
Opinion = Literal["agree", "disagree"]


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """One draw: from this list, with this seed. ``excluded`` had a standing conflict (code, reason) and were not in it."""

    field: str
    seed: int
    candidates: tuple[str, ...]
    excluded: tuple[tuple[str, str], ...] = ()
    at: datetime


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """A seat and who has it; empty where the lot has nobody left."""

    number: int
    expert: str = ""


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """A conflict that was declared, and who took the seat by the next number of the lot (nobody: empty)."""

    expert: str
    seat: int
    tie: Tie
    told: str
    by: str
    at: datetime
    follower: str = ""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What an expert gave: points by criterion, opinion, reasons. ``entered``: ``expert``, or the staff number of who copied the signed sheet."""

    expert: str
    points: dict[str, int]
    opinion: Opinion
    reasons: str
    entered: str
    at: datetime

    def total(self) -> Fraction:
        """Return the mean of the points, exactly."""
        return Fraction(sum(self.points.values()), len(self.points))


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """How it came out: the mean of the sheets, how far they lie apart, and who was of the other opinion."""

    passed: bool
    mean: float
    spread: float
    deviation: float
    agreeing: int
    minority: tuple[str, ...] = ()
    reasons: str = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a panel."""

    pass_at: int = 60
    criteria: tuple[Choice, ...] = ()
    lots: tuple[Lot, ...] = ()
    seats: tuple[Seat, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    result: Result | None = None
    kept: tuple[int, ...] = ()

    def sheet(self, expert: str) -> Sheet | None:
        """Return the sheet of an expert."""
        return next((s for s in self.sheets if s.expert == expert), None)

    def sitting(self) -> list[str]:
        """Return who has a seat."""
        return [s.expert for s in self.seats if s.expert]

    def empty(self) -> int:
        """Return how many seats nobody has."""
        return sum(not s.expert for s in self.seats)


def judged(sheets: Sequence[Sheet], pass_at: int, reasons: str) -> Result:
    """Return what the sheets come to: passed where their mean is at least ``pass_at``; who was of the other opinion is the minority."""
    totals = [s.total() for s in sheets]
    mean = sum(totals, Fraction(0)) / len(totals)
    passed = mean >= pass_at
    won: Opinion = "agree" if passed else "disagree"
    return Result(
        passed=passed,
        mean=round(float(mean), 2),
        spread=round(float(max(totals) - min(totals)), 2),
        deviation=round(sqrt(float(sum(((t - mean) ** 2 for t in totals), Fraction(0)) / len(totals))), 2),
        agreeing=sum(s.opinion == "agree" for s in sheets),
        minority=tuple(s.expert for s in sheets if s.opinion != won),
        reasons=reasons,
    )
