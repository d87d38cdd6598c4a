"""A department's part in a joint review. What holds when it does not answer in time is the sub-item's: agreed, or its superior is told."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from banshi import (
    NOBODY,
    OFFICE,
    Action,
    Ask,
    CaseType,
    Changes,
    Context,
    Deadline,
    Filing,
    Invalid,
    Marks,
    Notify,
    Outcome,
    Overdue,
    Own,
    Rule,
    Rung,
    Snapshot,
    State,
    Tells,
    translator,
)
from banshi_approvals import wording
from banshi_approvals.application import forms
from banshi_approvals.application.facts import Verdict
from banshi_approvals.catalogue.content import Unanswered

_ = translator("banshi_approvals")


class Review(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a department is asked: about which application, what, and how long it has."""

    whole: Annotated[str, msgspec.Meta(max_length=14), Ask(label=_("Application"))]
    key: Annotated[str, msgspec.Meta(max_length=40), Ask(label=_("Part"))]
    title: Annotated[str, msgspec.Meta(max_length=400), Ask(label=_("What is applied for"), role="title")]
    question: Annotated[str, msgspec.Meta(max_length=2000), Ask(label=_("Question"))] = ""
    workdays: Annotated[int, msgspec.Meta(ge=1, le=60), Ask(label=_("Workdays"))] = 5
    unanswered: Annotated[Unanswered, Ask(label=_("If there is no answer in time"))] = "escalate"


class Opinion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the department says."""

    verdict: Annotated[str, Ask(label=_("Opinion"), options=forms.VERDICTS)]
    reasons: Annotated[
        str, msgspec.Meta(max_length=2000), Ask(label=_("Reasons"), hint=_("With the rule they rest on; needed where you do not agree"), rows=4)
    ] = ""
    conditions: Annotated[str, msgspec.Meta(max_length=1000), Ask(label=_("Conditions"), rows=3)] = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """How long this department has, and what it said."""

    workdays: int = 0
    unanswered: Unanswered = "escalate"
    verdict: Verdict = ""


async def prepare(db: Any, form: Review, filing: Filing) -> Marks:
    """Pin how long the department has."""
    return Marks(facts=Facts(workdays=form.workdays, unanswered=form.unanswered))


def answered(case: Snapshot, form: Opinion, context: Context) -> Changes:
    """Give the opinion, and tell the application."""
    if form.verdict == "disagree" and len(form.reasons) < 2:
        raise Invalid(_("Some answers need your attention."), {"reasons": _("Say why you do not agree.")})
    if form.verdict == "agree_if" and len(form.conditions) < 2:
        raise Invalid(_("Some answers need your attention."), {"conditions": _("Say under which conditions.")})
    return _told(case, form.verdict, form.reasons, form.conditions)


def overdue(case: Snapshot, form: Any, context: Context) -> Changes:
    """Take silence for what the sub-item says it means; where it is no consent, the answer is still owed."""
    if case.facts.unanswered != "agree":
        return Changes(priority=max(case.priority, 1))
    return msgspec.structs.replace(_told(case, "deemed", "", ""), state="deemed", outcome="deemed")


def _told(case: Snapshot, verdict: Any, reasons: str, conditions: str) -> Changes:
    heard = forms.Heard(key=case.data["key"], number=case.number, verdict=verdict, reasons=reasons, conditions=conditions)
    facts = msgspec.structs.replace(case.facts, verdict=verdict)
    return Changes(facts=facts, tells=(Tells(number=case.data["whole"], action="hear", form=heard),))


REVIEW = CaseType(
    name="review",
    title=_("Opinion for a joint review"),
    form=Review,
    facts=Facts,
    prepares=prepare,
    wording=wording.part,
    family=True,
    opened=_("Asked for an opinion"),
    states=(
        State("asked", _("Opinion asked for"), OFFICE),
        State("answered", _("Answered"), NOBODY, final=True),
        State("deemed", _("Taken for agreed: no answer in time"), NOBODY, final=True),
        State("cancelled", _("No longer needed"), NOBODY, final=True),
    ),
    outcomes=(Outcome("answered", _("Answered")), Outcome("deemed", _("Taken for agreed")), Outcome("cancelled", _("No longer needed"))),
    deadlines=(Deadline(name="opinion", title=_("Opinion given"), limit=5, own="workdays"),),
    actions=(
        Action(
            name="opine",
            title=_("Give the opinion"),
            told=_("The department gave its opinion"),
            sources=("asked",),
            to="answered",
            outcome="answered",
            needs="approvals.review",
            seat="charge",
            form=Opinion,
            audience="staff",
            leading=True,
            effect=answered,
        ),
        Action(
            name="note",
            title=_("Add a note"),
            told=_("Note"),
            sources=("asked",),
            needs="approvals.review",
            form=forms.Words,
            audience="staff",
            commutes=True,
            quiet=True,
        ),
        Action(
            name="cancel",
            title=_("No longer needed"),
            told=_("The application ended: no opinion is needed any more"),
            sources=("asked",),
            to="cancelled",
            outcome="cancelled",
            by=("system",),
            audience="staff",
        ),
        Action(
            name="deem",
            title=_("Taken for agreed"),
            told=_("No answer in time: taken for agreed"),
            sources=("asked",),
            to="deemed",
            outcome="deemed",
            by=("system",),
            audience="staff",
        ),
    ),
)

RULES = (
    Rule(
        name="opinion_late",
        title=_("A department does not answer"),
        told=_("The department did not answer in time"),
        case_type="review",
        when=Overdue(deadline="opinion"),
        rungs=(
            Rung(share=0.8, do=(Notify("department"),)),
            Rung(do=(Own(overdue, also_to=("deemed",)), Notify("superior")), again=5),
        ),
    ),
)
