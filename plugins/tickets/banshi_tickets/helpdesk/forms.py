"""What the help desk asks of people."""

from __future__ import annotations

from typing import Annotated

import msgspec

from banshi import Ask, Marks, Option, Outcome, translator
from banshi_tickets.forms import Form, MayBeEmpty, Words

_ = translator("banshi_tickets")

CATEGORIES = (
    Option("device", _("A device"), _("Computer, printer, telephone, scanner")),
    Option("system", _("A system"), _("A program or platform that you work with")),
    Option("network", _("The network"), _("Cable, wireless, connection between offices")),
    Option("account", _("An account"), _("Sign-in, rights, mailbox")),
    Option("other", _("Something else")),
)
IMPACTS = (
    Option("one", _("I can go on working"), _("It is a nuisance")),
    Option("stopped", _("I cannot work")),
    Option("many", _("Several colleagues, or a window for residents, cannot work")),
)
"""From the least to the most: the place in the list is the priority of the case."""
HOWS = (
    Option("on_site", _("On site")),
    Option("remote", _("By remote help")),
    Option("replaced", _("Exchanged or replaced")),
    Option("explained", _("Explained")),
)
OUTCOMES = (
    Outcome("settled", _("Settled")),
    Outcome("explained", _("Explained")),
    Outcome("withdrawn", _("Withdrawn")),
    Outcome("not_taken", _("Not taken")),
)
ENDS = tuple(Option(o.name, o.title) for o in OUTCOMES if o.name != "withdrawn")


class Trouble(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What does not work, where, and what it stops."""

    category: Annotated[str, Ask(label=_("What does not work?"), options=CATEGORIES, role="category")]
    impact: Annotated[str, Ask(label=_("What does it stop?"), options=IMPACTS)] = "one"
    text: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=4000),
        Ask(
            label=_("What happened?"),
            hint=_("What you did, what you saw, since when. Copy the words of an error message. No passwords."),
            rows=6,
            role="title",
        ),
    ]
    asset: Annotated[
        str, msgspec.Meta(max_length=60), Ask(label=_("Number on the device, or name of the system"), hint=_("The label begins with IT"))
    ] = ""
    room: Annotated[str, msgspec.Meta(max_length=120), Ask(label=_("Building, room and extension"), hint=_("Where we come, or call"))] = ""


class Fix(Form, frozen=True, kw_only=True):
    """What was done about it."""

    text: Annotated[Words, Ask(label=_("What was done"), hint=_("Also how the colleague can help themselves next time."), rows=6)]
    how: Annotated[str, Ask(label=_("How?"), options=HOWS)]


class Works(Form, frozen=True, kw_only=True):
    """Whether it works again, as the asker sees it."""

    works: Annotated[str, Ask(label=_("Does it work again?"), options=(Option("yes", _("Yes")), Option("no", _("No"))))]
    text: Annotated[MayBeEmpty, Ask(label=_("Anything else"), rows=3)] = ""


class Ending(Form, frozen=True, kw_only=True):
    """How it ended."""

    outcome: Annotated[str, Ask(label=_("How did it end?"), options=ENDS)]
    text: Annotated[Words, Ask(label=_("Why"), rows=3)]


def marks(form: Trouble) -> Marks:
    """Return how urgent it is; what stops several is common, and joined rather than filed again."""
    return Marks(priority=[o.value for o in IMPACTS].index(form.impact), common=form.category in {"system", "network"})
