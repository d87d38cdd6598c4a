"""What is asked: of the applicant, and of whoever acts on an application (domain 6.2 to 6.8, 7.8)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import msgspec

from banshi import Ask, Option, Outcome, Personal, translator

_ = translator("banshi_approvals")

OUTCOMES = (
    Outcome("granted", _("Granted")),
    Outcome("granted_in_part", _("Granted in part")),
    Outcome("refused", _("Refused")),
    Outcome("not_accepted", _("Not accepted")),
    Outcome("lapsed", _("Not completed in time")),
    Outcome("withdrawn", _("Withdrawn")),
    Outcome("abolished", _("No longer needed: the matter was abolished")),
)
HOLDERS = (Option("person", _("A person")), Option("institution", _("A firm or an institution")))
GROUNDS = (
    Option("none", _("No")),
    Option("over_65", _("I am over 65")),
    Option("pregnant", _("I am pregnant")),
    Option("afar", _("I came from afar and have my return ticket")),
    Option("hardship", _("Another hardship"), _("Say which; nobody sees it but the office")),
)
VERDICTS = (
    Option("agree", _("Agreed")),
    Option("agree_if", _("Agreed, with conditions")),
    Option("disagree", _("Not agreed")),
)
SPECIAL = (
    Option("inspection", _("Site inspection")),
    Option("experts", _("Expert review")),
    Option("hearing", _("Hearing")),
    Option("testing", _("Testing or examination")),
)
ABOUT = (
    Option("decision", _("The decision")),
    Option("not_accepted", _("That it was not accepted")),
    Option("revocation", _("That the licence was taken away")),
)
RESULTS = (
    Option("upheld", _("The decision stands")),
    Option("changed", _("The decision is changed")),
    Option("sent_back", _("It is examined and decided again")),
)
OUTCOME_OPTIONS = (
    Option("", _("It is not changed")),
    Option("granted", _("Granted")),
    Option("granted_in_part", _("Granted in part")),
    Option("refused", _("Refused")),
)
LICENCE_NEWS = (
    Option("ends", _("It ends soon")),
    Option("correct", _("Something was found: it is to be corrected")),
    Option("suspended", _("It is suspended")),
    Option("lifted", _("The suspension is lifted")),
    Option("revoked", _("It is revoked")),
    Option("withdrawn", _("It is withdrawn: what was promised does not hold")),
    Option("cancelled", _("It was given back")),
    Option("changed", _("It was changed")),
    Option("checked", _("It was checked: everything is as it should be")),
    Option("check_failed", _("It was checked: not everything is as it should be")),
)
GAP_NEWS = (
    Option("soon", _("Hand it in by that day")),
    Option("over", _("The day is over. Without it nothing can be granted: hand it in now, or the application may be refused")),
)
Text2000 = Annotated[str, msgspec.Meta(min_length=2, max_length=2000)]


class Application(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is applied for, in which situation (``question:answer``), and for whom."""

    item: Annotated[str, msgspec.Meta(min_length=1, max_length=60), Ask(label=_("Sub-item"))]
    situation: Annotated[list[str], msgspec.Meta(max_length=30), Ask(label=_("Situation"))] = []
    holder_kind: Annotated[str, Ask(label=_("For whom is it?"), options=HOLDERS)]
    holder: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=120),
        Personal("name"),
        Ask(label=_("Name of the person or institution"), hint=_("As it will stand on the licence"), autocomplete="name"),
    ]
    holder_number: Annotated[
        str,
        msgspec.Meta(max_length=18),
        Personal("identity_number"),
        Ask(label=_("Identity number, or unified social credit code")),
    ] = ""
    contact_telephone: Annotated[
        str,
        msgspec.Meta(min_length=5, max_length=30, pattern=r"^[0-9+() \-]*$"),
        Personal("telephone"),
        Ask(label=_("Telephone"), autocomplete="tel"),
    ]
    area: Annotated[str, Ask(label=_("Street or community"), picks="area", role="area")] = ""
    place: Annotated[
        str,
        msgspec.Meta(max_length=200),
        Ask(label=_("Address of the premises"), hint=_("Only where the licence is for a place"), role="place", autocomplete="street-address"),
    ] = ""
    ground: Annotated[str, Ask(label=_("May you be served first?"), options=GROUNDS)] = "none"
    ground_told: Annotated[str, msgspec.Meta(max_length=200), Ask(label=_("Which hardship"))] = ""
    promise: Annotated[bool, Ask(label=_("I promise that I meet all conditions, and apply on that promise"))] = False
    renews: Annotated[str, msgspec.Meta(max_length=40), Ask(label=_("Number of the licence that is renewed"))] = ""


class HandIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which documents (ids on the case) are which material: ``code:document``."""

    papers: Annotated[list[str], msgspec.Meta(min_length=1, max_length=60), Ask(label=_("Materials"))]


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that is missing or wrong, at once: ``code:reason`` (the reason may be left out for what is missing)."""

    faults: Annotated[list[str], msgspec.Meta(min_length=1, max_length=60), Ask(label=_("What is missing or wrong"))]
    why: Annotated[
        str,
        msgspec.Meta(max_length=1000),
        Ask(
            label=_("Why something is asked for again"),
            hint=_("Only where it was asked for before: the applicant reads it, and it is counted"),
            rows=3,
        ),
    ] = ""


class Gap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Accept now what is not complete: the rest follows by a day, on a signed promise."""

    until: Annotated[date, Ask(label=_("The rest follows by"))]
    promised: Annotated[bool, Ask(label=_("The applicant has signed the promise"))] = False


class Reasons(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why, in words that the applicant can do something with; ``ways`` are the ways on."""

    reasons: Annotated[Text2000, Ask(label=_("Reasons"), hint=_("With the rule they rest on"), rows=5)]
    ways: Annotated[str, msgspec.Meta(max_length=1000), Ask(label=_("What the applicant can do now"), rows=3)] = ""


class StepDone(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of the examination is done, with what was found."""

    step: Annotated[
        str,
        Ask(
            label=_("Step"),
            options=(Option("formal", _("Formal check")), Option("substantive", _("Substantive review")), Option("meeting", _("Office meeting"))),
        ),
    ]
    found: Annotated[Text2000, Ask(label=_("What was found"), rows=4)]


class SpecialTime(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For what time is needed outside the limit, and how many workdays at most: the applicant is told in writing."""

    why: Annotated[
        str,
        Ask(
            label=_("For what"),
            options=SPECIAL,
        ),
    ]
    days: Annotated[int, msgspec.Meta(ge=1, le=90), Ask(label=_("Workdays at most"))]


class Proposed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the reviewer proposes."""

    outcome: Annotated[
        str,
        Ask(
            label=_("Proposal"),
            options=(Option("granted", _("Grant")), Option("granted_in_part", _("Grant in part")), Option("refused", _("Refuse"))),
        ),
    ]
    reasons: Annotated[Text2000, Ask(label=_("Reasons"), rows=5)]
    conditions: Annotated[str, msgspec.Meta(max_length=1000), Ask(label=_("Conditions, or what is left out"), rows=3)] = ""


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The decision; where it follows the proposal its reasons may be left as they are."""

    outcome: Annotated[
        str,
        Ask(
            label=_("Decision"),
            options=(Option("granted", _("Grant")), Option("granted_in_part", _("Grant in part")), Option("refused", _("Refuse"))),
        ),
    ]
    reasons: Annotated[str, msgspec.Meta(max_length=2000), Ask(label=_("Reasons, where they differ from the proposal"), rows=4)] = ""
    conditions: Annotated[str, msgspec.Meta(max_length=1000), Ask(label=_("Conditions, or what is left out"), rows=3)] = ""


class Heard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came back from a part of the work; told by the system."""

    key: str
    number: str
    verdict: Literal["agree", "agree_if", "disagree", "deemed", "passed", "failed", "cancelled"]
    reasons: str = ""
    conditions: str = ""
    failed: list[str] = []
    by: list[int] = []


class Moved(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To which department an application goes by a reform, and by which rule; told by the system."""

    department: int
    basis: str = ""


class Abolished(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why an application ends that nobody needs any more; told by the system."""

    reasons: str


class Shown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A licence that the office gave itself, in place of a material: nobody is asked for a copy of it."""

    code: Annotated[str, msgspec.Meta(min_length=1, max_length=60), Ask(label=_("Material"))]
    number: Annotated[str, msgspec.Meta(min_length=4, max_length=40), Ask(label=_("Number of the licence"))]


class GapTold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A reminder of what was promised at acceptance, or that its day is over; told by the system. ``papers`` are the codes of materials."""

    what: Annotated[str, Ask(label=_("What happens now"), options=GAP_NEWS)]
    until: Annotated[date, Ask(label=_("Promised by"))]
    papers: Annotated[list[str], Ask(label=_("Materials"))]


class LicenceTold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened to the licence that the case granted; told by the system."""

    licence: Annotated[str, Ask(label=_("Licence"))]
    what: Annotated[str, Ask(label=_("What happened"), options=LICENCE_NEWS)]
    words: Annotated[str, Ask(label=_("In words"))] = ""
    until: Annotated[date | None, Ask(label=_("Until"))] = None


class AppealHeard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How an appeal was decided; told by the system."""

    number: Annotated[str, Ask(label=_("Appeal"))]
    about: Annotated[str, Ask(label=_("Against"), options=ABOUT)]
    result: Annotated[str, Ask(label=_("Decision on the appeal"), options=RESULTS)]
    reasons: Annotated[str, Ask(label=_("Reasons"))] = ""
    decision: Annotated[str, Ask(label=_("What it is changed into"), options=OUTCOME_OPTIONS)] = ""
    conditions: Annotated[str, Ask(label=_("Conditions, or what is left out"))] = ""


class Words(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A text."""

    text: Annotated[Text2000, Ask(label=_("Text"), rows=4)]


class Assignment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The officer who has it from now on."""

    officer: Annotated[str, Ask(label=_("Officer"), picks="officer")]


class Extension(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many workdays more, why, and who allowed it."""

    more: Annotated[int, msgspec.Meta(ge=1, le=10), Ask(label=_("Workdays more"))]
    reason: Annotated[Text2000, Ask(label=_("Why"), rows=3)]
    agreed: Annotated[str, msgspec.Meta(min_length=1, max_length=100), Ask(label=_("Who allowed it"))]
