"""What is asked: of a resident who files, and of whoever acts on a request (domain 2.2, 2.3, 7.1 to 7.5)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from banshi import Ask, Option, Outcome, Personal, translator

_ = translator("banshi_tickets")

KINDS = (
    Option("consultation", _("A question"), _("You want to know how something works")),
    Option("help", _("A call for help"), _("You need somebody to do something")),
    Option("complaint", _("A complaint"), _("Something is wrong, or was done wrongly")),
    Option("report", _("A report of wrongdoing"), _("Somebody breaks a rule. Whoever looks into it never learns who you are")),
    Option("suggestion", _("A suggestion"), _("Something could be better")),
    Option("praise", _("Praise"), _("Somebody did well")),
)
URGENCIES = (
    Option("normal", _("No"), _("It can take its turn")),
    Option("urgent", _("It gets worse by the hour"), _("Water in a flat, a lift with people in it, a street in the dark")),
    Option(
        "danger",
        _("Somebody is in danger"),
        _("Life or health"),
        _("Do not wait for us. Call 110 (police), 119 (fire brigade) or 120 (ambulance) at once. You can go on here afterwards."),
    ),
)
"""From the least urgent to the most: the place in the list is the priority of the case."""
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
COMMON = frozenset({"help", "complaint", "suggestion"})
PRIVATE = frozenset({"welfare", "elderly", "other"})
"""What others may meet at the same place, and what is about one person: that is never shown to who comes later."""


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a resident files. Contact details may be left out: then nobody can call back."""

    kind: Annotated[str, Ask(label=_("What is it?"), options=KINDS)]
    category: Annotated[str, Ask(label=_("What is it about?"), options=CATEGORIES, role="category")]
    urgency: Annotated[str, Ask(label=_("Is somebody in danger, or does it get worse quickly?"), options=URGENCIES)] = "normal"
    officer: Annotated[
        str,
        msgspec.Meta(max_length=20),
        Ask(label=_("Staff number of the officer"), hint=_("It stands on every answer and on the badge. Leave it empty if you do not know it.")),
    ] = ""
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
    area: Annotated[str, Ask(label=_("Street or community"), picks="area", role="area")] = ""
    place: Annotated[
        str, msgspec.Meta(max_length=200), Ask(label=_("Where exactly?"), hint=_("A house number, a crossing, a landmark"), role="place")
    ] = ""
    position: Annotated[
        str,
        msgspec.Meta(max_length=30),
        Ask(label=_("On the map"), hint=_("Latitude and longitude (WGS84), such as 30.12345,120.12345"), role="position"),
    ] = ""
    media: Annotated[
        str,
        msgspec.Meta(max_length=500, pattern=r"^https?://[!-~]+$"),
        Ask(label=_("A picture elsewhere"), hint=_("Its address on the internet"), role="media"),
    ] = ""
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
    contact_email: Annotated[
        str,
        msgspec.Meta(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$"),
        Personal("email"),
        Ask(label=_("Your e-mail address"), autocomplete="email", hint=_("Only those who work on it see it.")),
    ] = ""
    discreet: Annotated[
        bool, Ask(label=_("Do not tell the other side who I am"), hint=_("The department keeps your name from those whom the matter is about."))
    ] = False


Words = Annotated[str, msgspec.Meta(min_length=1, max_length=4000)]
MayBeEmpty = Annotated[str, msgspec.Meta(max_length=4000)]
RATINGS = (
    Option("very_satisfied", _("Very satisfied")),
    Option("satisfied", _("Satisfied")),
    Option("fairly_satisfied", _("Fairly satisfied")),
    Option("dissatisfied", _("Dissatisfied")),
    Option("very_dissatisfied", _("Very dissatisfied")),
)
UNHAPPY = frozenset({"dissatisfied", "very_dissatisfied"})
YES_NO = (Option("yes", _("Yes")), Option("no", _("No")))
LEVELS = (Option("normal", _("Not urgent")), Option("urgent", _("Urgent")), Option("danger", _("Danger to life or health")))
LINES = (
    Option("trade", _("By trade"), _("The bureau one level up that does the same work")),
    Option("area", _("By area"), _("The government of the place")),
)
OUTCOMES = (
    Outcome("settled", _("Settled")),
    Outcome("explained", _("Explained")),
    Outcome("withdrawn", _("Withdrawn")),
    Outcome("referred", _("Referred to another body")),
    Outcome("not_taken", _("Not taken")),
)
ENDS = tuple(Option(o.name, o.title) for o in OUTCOMES if o.name not in {"withdrawn", "not_taken"})


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an action asks."""


# -- the department in charge --------------------------------------------------------------------------------------------


class Answer(Form, frozen=True, kw_only=True):
    """What was done, or why not; the rules it rests on."""

    text: Annotated[Words, Ask(label=_("Your answer"), hint=_("What was done, by whom, and what the resident can count on."), rows=8)]
    basis: Annotated[str, msgspec.Meta(max_length=400), Ask(label=_("The rule it rests on"), hint=_("Name and article"))] = ""
    cites: Annotated[
        list[str], Ask(label=_("Cite from the library"), hint=_("The resident reads it with the answer, in the version of today."), picks="library")
    ] = []
    solved: Annotated[
        str, Ask(label=_("Is it solved, as the department sees it?"), hint=_("The resident is asked too. Both answers are kept."), options=YES_NO)
    ] = "yes"


class Question(Form, frozen=True, kw_only=True):
    """What the department still has to know."""

    text: Annotated[Words, Ask(label=_("What do you need to know?"), hint=_("Ask for everything at once."), rows=5)]


class News(Form, frozen=True, kw_only=True):
    """How it goes, before there is an answer."""

    text: Annotated[Words, Ask(label=_("What should the resident know?"), hint=_("What happened, and what comes next."), rows=5)]


class Outside(Form, frozen=True, kw_only=True):
    """Whom the department waits for, and why."""

    body: Annotated[str, msgspec.Meta(min_length=1, max_length=100), Ask(label=_("Which body?"), hint=_("A power company, a court, an owner"))]
    text: Annotated[Words, Ask(label=_("What it has to do"), hint=_("The resident reads it. The promised limit stands still meanwhile."), rows=4)]


class GoOn(Form, frozen=True, kw_only=True):
    """What the outside body answered."""

    text: Annotated[Words, Ask(label=_("What they answered"), hint=_("The resident reads it too."), rows=4)]


class Extension(Form, frozen=True, kw_only=True):
    """How much longer, why, and who agreed."""

    more: Annotated[int, msgspec.Meta(ge=1, le=30), Ask(label=_("How many workdays more?"))]
    reason: Annotated[Words, Ask(label=_("Why it takes longer"), hint=_("The resident reads it."), rows=4)]
    agreed: Annotated[str, msgspec.Meta(min_length=1, max_length=100), Ask(label=_("Who agreed to it?"), hint=_("The person or the decision"))]


class Support(Form, frozen=True, kw_only=True):
    """What a superior does for the department."""

    text: Annotated[Words, Ask(label=_("What do you do for them?"), hint=_("The resident reads it too."), rows=4)]


class Major(Form, frozen=True, kw_only=True):
    """Why a case is major."""

    text: Annotated[Words, Ask(label=_("Why it is major"), hint=_("Residents do not see it."), rows=3)]


class Note(Form, frozen=True, kw_only=True):
    """A note among staff."""

    text: Annotated[Words, Ask(label=_("Note for colleagues"), hint=_("Residents do not see it."), rows=4)]


class Assignment(Form, frozen=True, kw_only=True):
    """Who of the department works on it."""

    officer: Annotated[str, Ask(label=_("Officer in charge"), picks="officer")]
    text: Annotated[MayBeEmpty, Ask(label=_("A word to the officer"), rows=3)] = ""


class PassOn(Form, frozen=True, kw_only=True):
    """Our part is done: who comes next, and what was done so far (domain 2.3 b)."""

    department: Annotated[str, Ask(label=_("Next department"), picks="department")]
    text: Annotated[Words, Ask(label=_("What we did, and what is left to do"), hint=_("The resident reads it too."), rows=5)]


class RaiseUp(Form, frozen=True, kw_only=True):
    """It cannot be solved here: the difficulty, and whose power it needs (domain 2.3 c)."""

    line: Annotated[str, Ask(label=_("Which superior?"), options=LINES)]
    text: Annotated[Words, Ask(label=_("What stands in the way"), hint=_("What was tried, and what power it would take."), rows=5)]


class Dispute(Form, frozen=True, kw_only=True):
    """Settled by the rules, and the resident does not agree to close (domain 2.3 d)."""

    course: Annotated[Words, Ask(label=_("What was done"), rows=4)]
    result: Annotated[Words, Ask(label=_("What came of it, and the rule"), rows=4)]
    opinion: Annotated[Words, Ask(label=_("What the resident says to it"), hint=_("In their words."), rows=4)]
    suggestion: Annotated[Words, Ask(label=_("What you suggest"), rows=3)]
    line: Annotated[str, Ask(label=_("Which superior?"), options=LINES)]


class Return(Form, frozen=True, kw_only=True):
    """Not ours: the duty that says so, and whose it might be (domain 7.2)."""

    duty: Annotated[
        str, msgspec.Meta(min_length=4, max_length=400), Ask(label=_("The duty that says so"), hint=_("Name and article of the list of duties"))
    ]
    text: Annotated[Words, Ask(label=_("Why it is not ours"), rows=4)]
    department: Annotated[str, Ask(label=_("Whose it might be"), picks="department")] = ""


class Contribution(Form, frozen=True, kw_only=True):
    """What a helping department did; the lead answers for all."""

    text: Annotated[Words, Ask(label=_("What we did"), hint=_("The lead department puts it into its answer."), rows=5)]


class Rewording(Form, frozen=True, kw_only=True):
    """What a reviewer wants changed."""

    text: Annotated[Words, Ask(label=_("What has to change?"), rows=4)]


class Closing(Form, frozen=True, kw_only=True):
    """How it ended."""

    outcome: Annotated[str, Ask(label=_("How did it end?"), options=ENDS)]
    text: Annotated[MayBeEmpty, Ask(label=_("A last word"), hint=_("May be left empty if it was settled."), rows=4)] = ""


class Recusal(Form, frozen=True, kw_only=True):
    """Why an officer must not work on it (domain 7.11)."""

    relation: Annotated[
        str,
        Ask(
            label=_("How are you connected?"),
            options=(
                Option("neighbour", _("I live in the same neighbourhood")),
                Option("family", _("The person, or the other side, is family")),
                Option("other", _("In another way")),
            ),
        ),
    ]


class Urgency(Form, frozen=True, kw_only=True):
    """How urgent it is."""

    urgency: Annotated[str, Ask(label=_("How urgent is it?"), options=LEVELS)]


# -- the intake desk -----------------------------------------------------------------------------------------------------


class Dispatch(Form, frozen=True, kw_only=True):
    """Whose it is, and why."""

    department: Annotated[str, Ask(label=_("Department in charge"), picks="department")]
    text: Annotated[Words, Ask(label=_("Why this department"), hint=_("Both departments read it."), rows=3)]


class Decision(Form, frozen=True, kw_only=True):
    """Why a return does not stand."""

    text: Annotated[Words, Ask(label=_("Why it stays theirs"), hint=_("Cite the duty."), rows=3)]


class Arbitration(Form, frozen=True, kw_only=True):
    """Who leads, who helps: no return after that (domain 7.2)."""

    lead: Annotated[str, Ask(label=_("Who leads"), hint=_("One department; its answer is the answer."), picks="department")]
    helpers: Annotated[list[str], Ask(label=_("Who helps"), picks="department")] = []
    text: Annotated[Words, Ask(label=_("Why"), hint=_("All of them read it."), rows=3)]


class Decline(Form, frozen=True, kw_only=True):
    """Why it is not taken, and where to go instead (domain 7.4)."""

    text: Annotated[Words, Ask(label=_("Why it is not taken"), hint=_("The rule, in plain words."), rows=4)]
    where: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=400),
        Ask(label=_("Where to go instead"), hint=_("Court, arbitration, review, petition office: address and telephone.")),
    ]


class CallBack(Form, frozen=True, kw_only=True):
    """What the resident said on the telephone (domain 7.3). No answer is no rating."""

    reached: Annotated[
        str,
        Ask(
            label=_("Did you reach the resident?"),
            options=(
                Option("yes", _("Yes")),
                Option("no_answer", _("No answer")),
                Option("wrong_number", _("The number is wrong")),
                Option("declined", _("They would rather not say")),
            ),
        ),
    ]
    solved: Annotated[str, Ask(label=_("Is it solved, as the resident sees it?"), options=YES_NO)] = ""
    rating: Annotated[str, Ask(label=_("How satisfied are they?"), options=RATINGS)] = ""
    text: Annotated[MayBeEmpty, Ask(label=_("In their words"), hint=_("Nobody has to give a reason."), rows=3)] = ""


# -- the resident --------------------------------------------------------------------------------------------------------


class Addition(Form, frozen=True, kw_only=True):
    """What the resident adds."""

    text: Annotated[Words, Ask(label=_("What would you like to add?"), rows=5)]


class Confirmation(Form, frozen=True, kw_only=True):
    """Whether it is solved, as the resident sees it."""

    solved: Annotated[str, Ask(label=_("Is it solved?"), options=YES_NO)]
    rating: Annotated[str, Ask(label=_("How satisfied are you?"), options=RATINGS)] = ""
    text: Annotated[MayBeEmpty, Ask(label=_("Anything you would like to say?"), hint=_("You need not give a reason."), rows=4)] = ""


class Rating(Form, frozen=True, kw_only=True):
    """How satisfied the resident is."""

    rating: Annotated[str, Ask(label=_("How satisfied are you?"), options=RATINGS)]
    text: Annotated[MayBeEmpty, Ask(label=_("Anything you would like to say?"), hint=_("You need not give a reason."), rows=4)] = ""


class Withdrawal(Form, frozen=True, kw_only=True):
    """That it is not needed any more."""

    text: Annotated[MayBeEmpty, Ask(label=_("A last word"), hint=_("You need not give a reason."), rows=3)] = ""


class Reason(Form, frozen=True, kw_only=True):
    """Why a closed request is taken up again."""

    text: Annotated[Words, Ask(label=_("Why is it taken up again?"), rows=4)]
