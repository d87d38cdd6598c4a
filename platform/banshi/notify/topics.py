"""What a message can be about: a closed list, so that people can choose and texts can be written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from banshi.cases.book import TypeRow
from banshi.cases.linking import FOLLOWED
from banshi.contracts import APPLICANT, CaseType
from banshi.texts import Text, translator

_ = translator("banshi")

Way = Literal["mail", "sms"]
WAYS: tuple[Way, ...] = ("mail", "sms")

OPENED, ASKED, DECIDED, MOVED, CALLED = "opened", "asked", "decided", "moved", "called"
ADDRESS, DIGEST, INTERNAL = "address", "digest", "internal"

CHOICES: Mapping[str, Text] = {
    OPENED: _("Your case was received"),
    ASKED: _("You are asked for something"),
    DECIDED: _("Your case was answered or closed"),
    MOVED: _("Any other step of your case"),
    CALLED: _("You are needed on somebody else’s case"),
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
    """Return what an event that the applicant may read is about; ``declared`` is None where its plugin is gone.

    A state speaks only where the event led to it: a file that is added while the case waits for the applicant asks for nothing.
    """
    if sequence == 1:
        return OPENED
    action = next((a for a in declared.actions if a.name == kind), None) if declared else None
    if action is not None and action.answers:
        return DECIDED
    followed = kind == FOLLOWED
    if not (followed or (action is not None and state in {action.to, *action.also_to})):
        return MOVED
    standing = next((s for s in row.states if s["name"] == state), None)
    if standing is None:
        return MOVED
    answered = followed and declared is not None and state in {a.to for a in declared.actions if a.answers}
    if standing["final"] or answered:
        return DECIDED
    return ASKED if standing["waits_for"] == APPLICANT else MOVED
