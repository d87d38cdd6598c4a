"""What an inspection keeps: on which form, what was found item by item, how it came out, who signed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from banshi_approvals.catalogue.content import Said
from banshi_approvals.inspections.scoring import Finding, Score

Tie = Literal["relative", "employment", "interest", "other"]


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was found on one item, when (as the device says, never later than it came), and by whom (staff number)."""

    code: str
    finding: Finding
    remark: str = ""
    at: datetime
    by: str = ""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """The pictures (ids of documents on the case) that show one item."""

    code: str
    documents: tuple[int, ...]


class Relation(msgspec.Struct, frozen=True, kw_only=True):
    """A tie to the applicant that somebody declared: they are kept from the inspection."""

    by: str
    tie: Tie
    told: str
    at: datetime


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """Who signed, sealed; where the person on site would not, why. ``officers`` are staff numbers."""

    inspector: str
    officers: tuple[str, ...]
    on_site: str = ""
    declined: str = ""
    at: datetime


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of an inspection. ``items`` are the codes to look at (none: all of the form), ``days`` how long it may take from its opening,
    ``kept`` the people (ids) who are kept from the application: its applicant, and who declared a tie there.
    """

    form: str = ""
    version: int = 0
    title: Said = {}
    items: tuple[str, ...] = ()
    day: date | None = None
    days: int = 0
    kept: tuple[int, ...] = ()
    answers: tuple[Answer, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    relations: tuple[Relation, ...] = ()
    score: Score | None = None
    reasons: str = ""
    signed: Signed | None = None

    def answer(self, code: str) -> Answer | None:
        """Return what was found on an item."""
        return next((a for a in self.answers if a.code == code), None)

    def shown(self, code: str) -> tuple[int, ...]:
        """Return the pictures of an item."""
        return next((e.documents for e in self.evidence if e.code == code), ())
