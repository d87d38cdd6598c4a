"""What happens to requests by itself when something is so for too long (domain 2.6)."""

from __future__ import annotations

from collections.abc import Sequence

from banshi import (
    Backlog,
    Condition,
    HandUp,
    Happening,
    Idle,
    Notify,
    OpenCase,
    Overdue,
    Raise,
    Rule,
    Rung,
    Snapshot,
    Unowned,
    Unresolved,
    translator,
)
from banshi_tickets import forms, reviews

_ = translator("banshi_tickets")

HANDED_ON = 4
"""So many times handed on is too often."""
HANDING = frozenset({"pass_on", "raise_up", "dispute", "return", "dispatch", "uphold", "arbitrate", "reassign"})


def dissatisfied(case: Snapshot, story: Sequence[Happening]) -> Sequence[int]:  # noqa: ARG001 -- the shape of a condition
    """Return where the resident said that it is not solved, or rated it badly."""
    return [
        place
        for place, told in enumerate(story)
        if told.kind in {"confirm", "rate", "call_back"} and (told.form.get("solved") == "no" or told.form.get("rating") in forms.UNHAPPY)
    ]


def handed_on(case: Snapshot, story: Sequence[Happening]) -> Sequence[int]:  # noqa: ARG001 -- the shape of a condition
    """Return where it was handed on once too often, and each time after."""
    places = [place for place, told in enumerate(story) if told.kind in HANDING]
    return places[HANDED_ON - 1 :]


RULES = (
    Rule(
        name="idle",
        title=_("Nothing happened for days"),
        told=_("Nothing was recorded for days: it went up to the superior department"),
        case_type="request",
        when=Idle(limit=3),
        rungs=(Rung(do=(HandUp("new"), Notify("department"))),),
        audience="applicant",
    ),
    Rule(
        name="too_long",
        title=_("Unsolved for two weeks"),
        told=_("It is unsolved for two weeks: the superior was told and looks after it"),
        case_type="request",
        when=Unresolved(limit=14),
        rungs=(Rung(do=(Notify("superior"), Notify("department")), again=7),),
        audience="applicant",
    ),
    Rule(
        name="promise",
        title=_("The promised limit"),
        told=_("The promised limit comes near, or is over"),
        case_type="request",
        when=Overdue(deadline="promised"),
        rungs=(
            Rung(share=0.8, do=(Notify("officer"),)),
            Rung(do=(Notify("department"), Raise(1))),
            Rung(later=2, do=(Notify("superior"),), again=5),
        ),
    ),
    Rule(
        name="law",
        title=_("The limit of the rules"),
        told=_("The limit of the rules comes near, or is over"),
        case_type="request",
        when=Overdue(deadline="statutory"),
        rungs=(Rung(share=0.8, do=(Notify("superior"),)), Rung(do=(Notify("oversight"), Raise(2)), again=10)),
        line="area",
    ),
    Rule(
        name="unsigned",
        title=_("Nobody signed for it"),
        told=_("Nobody signed for it in time"),
        case_type="request",
        when=Overdue(deadline="sign"),
        rungs=(Rung(do=(Notify("department"),)), Rung(later=14, do=(Notify("department"), Raise(1)), again=35)),
    ),
    Rule(
        name="not_satisfied",
        title=_("The resident is not satisfied"),
        told=_("The resident is not satisfied: the superior was told"),
        case_type="request",
        when=Condition(since=dissatisfied, kinds=("confirm", "rate", "call_back")),
        rungs=(Rung(do=(Notify("superior"),)),),
        audience="applicant",
    ),
    Rule(
        name="handed_on",
        title=_("Handed on too often"),
        told=_("It was handed on too often: the oversight body was told"),
        case_type="request",
        when=Condition(since=handed_on, kinds=tuple(sorted(HANDING))),
        rungs=(Rung(do=(Notify("oversight"),)),),
        line="area",
        audience="applicant",
    ),
    Rule(
        name="nobodys",
        title=_("In nobody's duties"),
        told=_("It is in nobody's duties: it went up, and the superior names who takes it"),
        case_type="request",
        when=Unowned(limit=8),
        rungs=(Rung(do=(HandUp("new"),)),),
        line="area",
        audience="applicant",
    ),
    Rule(
        name="urge",
        title=_("Urge the department"),
        told=_("A colleague urged the department"),
        case_type="request",
        when=Idle(limit=1),
        rungs=(Rung(do=(Notify("officer"), Notify("department"))),),
        by="hand",
    ),
    Rule(
        name="backlog",
        title=_("Too many of one kind"),
        told=_("Too many open cases of one kind lie with one department"),
        case_type="request",
        when=Backlog(most=30),
        rungs=(Rung(do=(OpenCase("procedure_review", form=reviews.about), Notify("superior"))),),
    ),
)
