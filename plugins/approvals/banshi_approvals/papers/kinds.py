"""What papers there are, as frozen structs: everything that stands on one and nothing that has to be looked up.

The words of a paper's own (a matter's title, a reason) come as they are to be printed, in the paper's language; the fixed ones are ours.
Days are calendar days of the organ's place. Rules: Administrative Licensing Law, articles 30, 32, 38, 42, 44, 45 and 69; domain 6.2, 6.3, 7.8.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

import msgspec

Which = Literal["acceptance", "decision"]
"""The two seals that there are (domain 6.4); no third one may be cut."""
SEALS: tuple[Which, ...] = ("acceptance", "decision")


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The common frame: who says it, under which number, in which case, when, and where anyone can check it."""

    organ: str
    number: str
    """The document's own number, such as 云卫许决〔2026〕12号; unique for the organ."""
    case: str
    """Twelve digits; printed 4-4-4."""
    day: date
    address: str
    """The check page with number and code: what the QR holds."""
    code: str
    """What somebody without a camera types in on the check page."""


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to bring: ``core`` may not come later."""

    name: str
    form: str = ""
    basis: str = ""
    sample: str = ""
    core: bool = True


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is missing or wrong, with why, by which rule, and where a good one can be seen."""

    name: str
    reason: str
    basis: str
    sample: str = ""


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that may come later, and until when."""

    name: str
    until: date


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way on: review, court, another office; ``until`` where a day can be named."""

    title: str
    where: str
    until: date | None = None


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """What every kind has."""

    seal: ClassVar[Which | None] = None
    head: Head


class Notification(Paper, frozen=True, kw_only=True, tag="notification"):
    """One-time notification: the complete list for this situation (article 30)."""

    matter: str
    materials: tuple[Material, ...]
    situation: tuple[tuple[str, str], ...] = ()
    statutory: str = ""
    promised: str = ""
    fee: str = ""
    where: str = ""


class Receipt(Paper, frozen=True, kw_only=True, tag="receipt"):
    """What was handed in. It is no acceptance, and says so."""

    seal: ClassVar[Which | None] = "acceptance"
    applicant: str
    matter: str
    received: tuple[str, ...]


class Acceptance(Paper, frozen=True, kw_only=True, tag="acceptance"):
    """The application is accepted (article 32): from here the limit runs; ``by_law`` where nothing was asked in time."""

    seal: ClassVar[Which | None] = "acceptance"
    applicant: str
    matter: str
    accepted: date
    statutory: date
    promised: date | None = None
    gaps: tuple[Gap, ...] = ()
    by_law: bool = False


class Correction(Paper, frozen=True, kw_only=True, tag="correction"):
    """Everything that is missing, named once (article 32.4); ``overriding`` is why a second one was needed."""

    seal: ClassVar[Which | None] = "acceptance"
    applicant: str
    matter: str
    missing: tuple[Missing, ...]
    until: date | None = None
    overriding: str = ""


class NotAccepted(Paper, frozen=True, kw_only=True, tag="not-accepted"):
    """The application is not accepted (article 32.1, 32.2), with why and where to go."""

    seal: ClassVar[Which | None] = "acceptance"
    applicant: str
    matter: str
    reasons: tuple[str, ...]
    basis: tuple[str, ...]
    ways: tuple[Way, ...]


class Special(Paper, frozen=True, kw_only=True, tag="special"):
    """Hearing, inspection, experts: time outside the limit, told in writing (article 45)."""

    seal: ClassVar[Which | None] = "acceptance"
    applicant: str
    matter: str
    procedure: str
    reason: str
    basis: str
    begins: date
    expected: date


class Decision(Paper, frozen=True, kw_only=True, tag="decision"):
    """Granted, granted in part, or refused (article 38)."""

    seal: ClassVar[Which | None] = "decision"
    applicant: str
    matter: str
    outcome: Literal["granted", "in-part", "refused"]
    basis: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    licence: str = ""
    appeals: tuple[Way, ...] = ()


class Licence(Paper, frozen=True, kw_only=True, tag="licence"):
    """The licence itself; ``until`` is None where it holds without end."""

    seal: ClassVar[Which | None] = "decision"
    title: str
    holder: str
    holder_number: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    conditions: tuple[str, ...] = ()
    since: date
    until: date | None = None


class Ending(Paper, frozen=True, kw_only=True, tag="ending"):
    """A licence is withdrawn (article 8), revoked (69), suspended or cancelled (70)."""

    seal: ClassVar[Which | None] = "decision"
    how: Literal["withdrawn", "revoked", "suspended", "cancelled"]
    holder: str
    title: str
    licence: str
    since: date
    reasons: tuple[str, ...]
    basis: tuple[str, ...]
    appeals: tuple[Way, ...] = ()


class Promise(Paper, frozen=True, kw_only=True, tag="promise"):
    """What an applicant promises: conditions met (grant on a promise), or papers that follow (accepted with a gap)."""

    how: Literal["conditions", "gap"]
    applicant: str
    matter: str
    told: tuple[str, ...] = ()
    promised: tuple[str, ...]
    gaps: tuple[Gap, ...] = ()
    consequences: tuple[str, ...]


AnyPaper = Notification | Receipt | Acceptance | Correction | NotAccepted | Special | Decision | Licence | Ending | Promise
