"""What an application keeps beyond what was filed: its sub-item as it was then, its materials, its parts, what was found and proposed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from banshi_approvals.catalogue.content import Level, Said, StepName, Unanswered

ON_PAPER = 0
"""In place of a document's number: an original that was seen over the counter."""
MaterialState = Literal["missing", "given", "accepted", "faulty", "promised"]
Verdict = Literal["", "agree", "agree_if", "disagree", "deemed", "passed", "failed", "cancelled"]


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """A material of this case: how it stands, which documents it came in, what was wrong with it, how often it was asked for."""

    code: str
    title: Said
    core: bool = True
    state: MaterialState = "missing"
    documents: tuple[int, ...] = ()
    reason: str = ""
    basis: Said = {}
    sample: Said = {}
    asked: int = 0
    licence: str = ""


class Correction(msgspec.Struct, frozen=True, kw_only=True):
    """One request for what is missing: when, what, and, where something was asked for again, why."""

    at: datetime
    codes: tuple[str, ...]
    again: tuple[str, ...] = ()
    why: str = ""
    ended: Literal["", "complete", "lapsed", "withdrawn"] = ""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the work that goes on in a case of its own: a department that is asked, an inspection, a panel of experts.

    ``failed`` are the items of an inspection that were not met, ``by`` the people (ids) who inspected.
    """

    key: str
    kind: Literal["review", "inspection", "panel"]
    department_id: int | None = None
    asked: datetime
    unanswered: Unanswered = "escalate"
    number: str = ""
    verdict: Verdict = ""
    reasons: str = ""
    conditions: str = ""
    at: datetime | None = None
    failed: tuple[str, ...] = ()
    by: tuple[int, ...] = ()


class Special(msgspec.Struct, frozen=True, kw_only=True):
    """A time outside the limit, told in writing: for what, how many workdays at most, since when, until when."""

    why: str
    days: int
    since: datetime
    until: datetime | None = None


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What the reviewer proposes to who decides."""

    outcome: Literal["granted", "granted_in_part", "refused"]
    reasons: str
    conditions: str = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of an application; the catalogue's are those of the version under which it was filed."""

    item: str = ""
    version: int = 0
    title: Said = {}
    kind: str = ""
    statutory: int = 0
    promised: int = 0
    reply: int = 0
    decides: Level = "office"
    steps: tuple[StepName, ...] = ()
    at_once: bool = False
    by_promise: bool = False
    materials: tuple[Given, ...] = ()
    corrections: tuple[Correction, ...] = ()
    accepted: Literal["", "full", "gap", "by_law"] = ""
    gap_until: date | None = None
    done: tuple[StepName, ...] = ()
    parts: tuple[Part, ...] = ()
    specials: tuple[Special, ...] = ()
    proposal: Proposal | None = None
    months: int | None = None
    prefix: str = ""
    licence_title: Said = {}
    renews: str = ""
    licence: str = ""
    priority: str = ""
    moved: str = ""
    situation: tuple[tuple[Said, Said], ...] = ()

    def given(self, code: str) -> Given | None:
        """Return the material of that code."""
        return next((m for m in self.materials if m.code == code), None)

    def open_parts(self) -> list[Part]:
        """Return the parts that have not come back."""
        return [p for p in self.parts if not p.verdict]

    def lacking(self) -> list[Given]:
        """Return the materials without which it cannot be decided: missing or faulty."""
        return [m for m in self.materials if m.state in {"missing", "faulty"}]

    def with_material(self, code: str, **changes: object) -> Facts:
        """Return the facts with one material changed."""
        changed = tuple(msgspec.structs.replace(m, **changes) if m.code == code else m for m in self.materials)
        return msgspec.structs.replace(self, materials=changed)
