"""The request: its form, its states, what can be done in each, and how it may end (domain 2.1 to 2.5, 7.1)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from banshi import (
    APPLICANT,
    NOBODY,
    OFFICE,
    Action,
    Actor,
    Ask,
    CaseType,
    Invalid,
    Option,
    Outcome,
    Personal,
    Snapshot,
    State,
    Step,
    translator,
)

_ = translator("banshi_tickets")

KINDS = (
    Option("consultation", _("A question"), _("You want to know how something works")),
    Option("help", _("A call for help"), _("You need somebody to do something")),
    Option("complaint", _("A complaint"), _("Something is wrong, or was done wrongly")),
    Option("report", _("A report of wrongdoing"), _("Somebody breaks a rule")),
    Option("suggestion", _("A suggestion"), _("Something could be better")),
    Option("praise", _("Praise"), _("Somebody did well")),
)
CATEGORIES = (
    Option("street_lighting", _("Street lighting")),
    Option("roads", _("Roads and pavements")),
    Option("drainage", _("Drains and manholes")),
    Option("waste", _("Rubbish and cleaning")),
    Option("greenery", _("Trees and parks")),
    Option("noise", _("Noise")),
    Option("building_sites", _("Building sites")),
    Option("water", _("Water supply")),
    Option("energy", _("Heating, gas and electricity")),
    Option("lifts", _("Lifts")),
    Option("property", _("Property management")),
    Option("market", _("Markets and food")),
    Option("transport", _("Buses and traffic")),
    Option("parking", _("Parking")),
    Option("toilets", _("Public toilets")),
    Option("animals", _("Animals")),
    Option("welfare", _("Social help")),
    Option("elderly", _("Services for the old")),
    Option("graffiti", _("Graffiti")),
    Option("other", _("Something else")),
)


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a resident files. Contact details may be left out: then nobody can call back."""

    kind: Annotated[str, Ask(label=_("What is it?"), options=KINDS)]
    category: Annotated[str, Ask(label=_("What is it about?"), options=CATEGORIES, role="category")]
    text: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=4000),
        Ask(
            label=_("What happened?"),
            hint=_("Say what is wrong, since when, and what you would like to be done. The first sentence becomes the title."),
            rows=8,
            role="title",
        ),
    ]
    area: Annotated[str, Ask(label=_("Street or community"), areas=True, role="area")] = ""
    place: Annotated[str, msgspec.Meta(max_length=200), Ask(label=_("Where exactly?"), hint=_("A house number, a crossing, a landmark"))] = ""
    contact_name: Annotated[
        str,
        msgspec.Meta(max_length=60),
        Personal("name"),
        Ask(label=_("Your name"), autocomplete="name", hint=_("Only those who work on it see it.")),
    ] = ""
    contact_telephone: Annotated[
        str,
        msgspec.Meta(pattern=r"^[0-9+][0-9 +-]{4,19}$"),
        Personal("telephone"),
        Ask(label=_("Your telephone number"), autocomplete="tel", hint=_("Without it nobody can call you back.")),
    ] = ""


Words = Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the department still has to know."""

    text: Annotated[Words, Ask(label=_("What do you need to know?"), hint=_("Ask for everything at once."), rows=5)]


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was done, or why not; the rules it rests on."""

    text: Annotated[Words, Ask(label=_("Your answer"), hint=_("What was done, by whom, and the rule it rests on."), rows=8)]


class Addition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the resident adds."""

    text: Annotated[Words, Ask(label=_("What would you like to add?"), rows=5)]


class Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A note among staff."""

    text: Annotated[Words, Ask(label=_("Note for colleagues"), hint=_("Residents do not see it."), rows=4)]


class Reason(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a closed request is taken up again."""

    text: Annotated[Words, Ask(label=_("Why is it taken up again?"), rows=4)]


OUTCOMES = (
    Outcome("settled", _("Settled")),
    Outcome("explained", _("Explained")),
    Outcome("withdrawn", _("Withdrawn")),
    Outcome("referred", _("Referred to another body")),
)


ENDS = tuple(Option(o.name, o.title) for o in OUTCOMES)


class Closing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How it ended."""

    outcome: Annotated[str, Ask(label=_("How did it end?"), options=ENDS)]
    text: Annotated[str, msgspec.Meta(max_length=4000), Ask(label=_("A last word"), hint=_("May be left empty if it was settled."), rows=4)] = ""


def says_why(case: Snapshot, form: Closing, actor: Actor) -> None:  # noqa: ARG001 -- a guard's shape
    """Refuse to close silently what was not settled here: the resident is told why, and where to go instead (domain 2.3 d, 7.4)."""
    if form.outcome != "settled" and not form.text.strip():
        raise Invalid(_("This request was not settled here: say why before you close it."), {"text": _("Say why, and where the resident can go.")})


OPEN = ("new", "working", "asked", "answered")

REQUEST = CaseType(
    name="request",
    title=_("Request"),
    form=Request,
    opened=_("Registered"),
    steps=(
        Step("registered", _("Registered")),
        Step("signed", _("Signed for")),
        Step("working", _("Being worked on")),
        Step("answered", _("Answered")),
        Step("closed", _("Closed")),
    ),
    states=(
        State("new", _("Not yet signed for"), OFFICE, "registered"),
        State("working", _("Being worked on"), OFFICE, "working"),
        State("asked", _("Waiting for the resident"), APPLICANT, "working"),
        State("answered", _("Answered"), APPLICANT, "answered"),
        State("closed", _("Closed"), NOBODY, "closed", final=True),
    ),
    outcomes=OUTCOMES,
    actions=(
        Action(
            name="sign",
            title=_("Sign for it"),
            told=_("The department signed for it"),
            sources=("new",),
            to="working",
            needs="tickets.sign",
            takes=True,
            leading=True,
        ),
        Action(
            name="answer",
            title=_("Answer"),
            told=_("The department answered"),
            sources=("working",),
            to="answered",
            needs="tickets.answer",
            form=Answer,
            leading=True,
        ),
        Action(
            name="ask",
            title=_("Ask for more"),
            told=_("The department asked for more"),
            sources=("working",),
            to="asked",
            needs="tickets.ask",
            form=Question,
        ),
        Action(
            name="close",
            title=_("Close"),
            told=_("The request was closed"),
            sources=("answered",),
            to="closed",
            needs="tickets.close",
            form=Closing,
            guard=says_why,
            leading=True,
        ),
        Action(
            name="reopen",
            title=_("Take up again"),
            told=_("The request was taken up again"),
            sources=("closed",),
            to="working",
            needs="tickets.reopen",
            form=Reason,
        ),
        Action(
            name="note",
            title=_("Add a note"),
            told=_("Note"),
            sources=OPEN,
            needs="tickets.note",
            form=Note,
            audience="staff",
            commutes=True,
        ),
        Action(
            name="reply",
            title=_("Answer the question"),
            told=_("The resident answered"),
            sources=("asked",),
            to="working",
            by=("resident",),
            form=Addition,
            commutes=True,
            leading=True,
        ),
        Action(
            name="add",
            title=_("Add something"),
            told=_("The resident added something"),
            sources=("new", "working", "answered"),
            by=("resident",),
            form=Addition,
            commutes=True,
        ),
    ),
)
