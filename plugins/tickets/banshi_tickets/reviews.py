"""The review of a procedure: opened by a backlog, so that a city learns which rule or way of working must change (domain 2.6 i)."""

from __future__ import annotations

from typing import Annotated

import msgspec

from banshi import NOBODY, OFFICE, Action, Ask, CaseType, Option, Outcome, State, Step, Surplus, translator
from banshi_tickets import forms

_ = translator("banshi_tickets")

OUTCOMES = (
    Outcome("changed", _("The procedure is changed")),
    Outcome("means", _("More people or means are given")),
    Outcome("kept", _("It stays as it is")),
)
ENDS = tuple(Option(o.name, o.title) for o in OUTCOMES)


class Review(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lies where, how much of it, since when."""

    category: Annotated[str, Ask(label=_("Which kind of requests?"), options=forms.CATEGORIES, role="category")]
    department: Annotated[str, Ask(label=_("With which department?"), picks="department")]
    count: Annotated[int, msgspec.Meta(ge=1), Ask(label=_("How many are open?"))]
    oldest: Annotated[str, msgspec.Meta(max_length=10), Ask(label=_("The oldest came on"))] = ""
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=5000), Ask(label=_("What is it about?"), rows=4, role="title")]


class Finding(forms.Form, frozen=True, kw_only=True):
    """What was found, and what is done another way."""

    outcome: Annotated[str, Ask(label=_("What comes of it?"), options=ENDS)]
    text: Annotated[forms.Words, Ask(label=_("What fails, and what is done another way"), rows=6)]


def about(surplus: Surplus) -> Review:
    """Return the form of a review: in both languages, since the platform writes it."""
    title, department = surplus.title, surplus.department.title
    zh = f"{department.get('zh', '')}的“{title.get('zh', surplus.category)}”类未办结事项已达 {surplus.count} 件，请研究改进办理流程。"
    en = f"{surplus.count} open cases of “{title.get('en', surplus.category)}” lie with {department.get('en', surplus.department.code)}."
    return Review(
        category=surplus.category,
        department=surplus.department.code,
        count=surplus.count,
        oldest=surplus.oldest.date().isoformat(),
        text=f"{zh} {en}",
    )


REVIEW = CaseType(
    name="procedure_review",
    title=_("Procedure review"),
    form=Review,
    opened=_("Opened because too many cases of one kind are open"),
    steps=(Step("open", _("Opened")), Step("working", _("Being looked into")), Step("closed", _("Decided"))),
    states=(
        State("new", _("Not yet taken up"), OFFICE, "open"),
        State("working", _("Being looked into"), OFFICE, "working"),
        State("closed", _("Decided"), NOBODY, "closed", final=True),
    ),
    outcomes=OUTCOMES,
    actions=(
        Action(
            name="take",
            title=_("Take it up"),
            told=_("Somebody takes it up"),
            sources=("new",),
            to="working",
            needs="tickets.supervise",
            seat="charge",
            takes=True,
            leading=True,
            audience="staff",
        ),
        Action(
            name="note",
            title=_("Add a note"),
            told=_("Note"),
            sources=("new", "working"),
            needs="tickets.note",
            form=forms.Note,
            audience="staff",
            commutes=True,
            quiet=True,
        ),
        Action(
            name="decide",
            title=_("Decide"),
            told=_("The procedure was decided"),
            sources=("working",),
            to="closed",
            needs="tickets.supervise",
            seat="charge",
            form=Finding,
            leading=True,
            audience="staff",
        ),
    ),
)
