"""What a message can be about: a closed list, so that people can choose and texts can be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from banshi.cases.book import TypeRow
from banshi.contracts import APPLICANT, CaseType
from banshi.texts import Text, translator

_ = translator("banshi")

Way = Literal["mail", "sms"]
WAYS: tuple[Way, ...] = ("mail", "sms")

OPENED, ASKED, DECIDED, MOVED = "opened", "asked", "decided", "moved"
ADDRESS, DIGEST, INTERNAL = "address", "digest", "internal"

CHOICES: Mapping[str, Text] = {
    OPENED: _("Your case was received"),
    ASKED: _("You are asked for something"),
    DECIDED: _("Your case was answered or closed"),
    MOVED: _("Any other step of your case"),
}
"""What a resident chooses from."""

HOOKS: Mapping[str, Text] = {
    OPENED: _("A case was opened"),
    ASKED: _("The applicant is asked for something"),
    DECIDED: _("A case was answered or closed"),
    MOVED: _("Any other step that the applicant may read"),
    INTERNAL: _("A step that only staff may read"),
}
"""What a webhook chooses from."""

TEMPLATES: Mapping[str, Text] = {**CHOICES, ADDRESS: _("An e-mail address is to be confirmed"), DIGEST: _("Daily summary for staff")}
"""What there are texts for."""


def topic_of(declared: CaseType | None, row: TypeRow, kind: str, state: str, sequence: int) -> str:
    """Return what an event that the applicant may read is about; ``declared`` is None where its plugin is gone."""
    if sequence == 1:
        return OPENED
    standing = next((s for s in row.states if s["name"] == state), None)
    final = standing is not None and bool(standing["final"])
    action = next((a for a in declared.actions if a.name == kind), None) if declared else None
    if final or (action is not None and action.answers):
        return DECIDED
    if action is None and declared is not None and state in {a.to for a in declared.actions if a.answers}:
        return DECIDED  # told along with the case that leads it
    if standing is not None and standing["waits_for"] == APPLICANT and (action is None or action.to == state):
        return ASKED
    return MOVED
