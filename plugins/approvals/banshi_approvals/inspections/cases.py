"""A site inspection: planned, and done or called off. It is a part of an application, which hears how it came out."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec

from banshi import (
    NOBODY,
    OFFICE,
    Action,
    Ask,
    CaseType,
    Deadline,
    Filing,
    Invalid,
    Marks,
    Notify,
    Outcome,
    Overdue,
    Rule,
    Rung,
    State,
    translator,
)
from banshi_approvals import wording
from banshi_approvals.application import forms, keeping
from banshi_approvals.inspections import forms as versions
from banshi_approvals.inspections import ways
from banshi_approvals.inspections.facts import Facts

_ = translator("banshi_approvals")


class Inspection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is inspected for which application, on which form, by whom and when. ``items``: only those, since the others were met before."""

    whole: Annotated[str, msgspec.Meta(max_length=14), Ask(label=_("Application"))]
    key: Annotated[str, msgspec.Meta(max_length=40), Ask(label=_("Part"))]
    title: Annotated[str, msgspec.Meta(max_length=400), Ask(label=_("What is applied for"), role="title")]
    form: Annotated[str, msgspec.Meta(max_length=40), Ask(label=_("Inspection form"))]
    version: Annotated[int, msgspec.Meta(ge=1), Ask(label=_("Version of the form"))]
    day: Annotated[date, Ask(label=_("Day of the inspection"))]
    officer: Annotated[str, msgspec.Meta(max_length=20), Ask(label=_("Inspector"))] = ""
    place: Annotated[str, msgspec.Meta(max_length=200), Ask(label=_("Address of the premises"), role="place")] = ""
    items: Annotated[list[str], msgspec.Meta(max_length=300), Ask(label=_("Only these items"))] = []


async def prepare(db: Any, form: Inspection, filing: Filing) -> Marks:
    """Pin the form and its version, who is kept from it, and how long it may take: until two days after the day that was planned."""
    known = await versions.version(db, form.form, form.version)
    if known is None:
        raise Invalid(ways.PROBLEM, {"form": _("There is no such inspection form.")})
    facts = Facts(
        form=form.form,
        version=form.version,
        title=known.form.title,
        items=tuple(form.items),
        day=form.day,
        days=max(1, (form.day - filing.city.day(filing.district_id, filing.at)).days + 2),
        kept=await keeping.kept(db, form.whole),
    )
    return Marks(facts=facts, officer=form.officer)


INSPECTION = CaseType(
    name="inspection",
    title=_("Site inspection"),
    form=Inspection,
    facts=Facts,
    prepares=prepare,
    wording=wording.part,
    family=True,
    opened=_("An inspection is planned"),
    states=(
        State("planned", _("Planned"), OFFICE),
        State("done", _("Done"), NOBODY, final=True),
        State("cancelled", _("Called off"), NOBODY, final=True),
    ),
    outcomes=(Outcome("passed", _("Passed")), Outcome("failed", _("Not passed")), Outcome("cancelled", _("Called off"))),
    deadlines=(Deadline(name="inspected", title=_("Inspected"), limit=10, unit="calendar_days", own="days"),),
    actions=(
        Action(
            name="answer",
            title=_("Fill in the form"),
            told=_("Items were looked at"),
            sources=("planned",),
            needs="approvals.inspect",
            seat="charge",
            form=ways.Answers,
            audience="staff",
            commutes=True,
            leading=True,
            page="inspection/{number}",
            reads=ways.form_of,
            guard=ways.untied,
            effect=ways.answered,
        ),
        Action(
            name="show",
            title=_("Add pictures to an item"),
            told=_("Pictures of an item were added"),
            sources=("planned",),
            needs="approvals.inspect",
            seat="charge",
            form=ways.Shown,
            audience="staff",
            commutes=True,
            page="inspection/{number}",
            reads=ways.form_of,
            guard=ways.untied,
            effect=ways.shown,
        ),
        Action(
            name="conclude",
            title=_("End the inspection"),
            told=_("The inspection is done"),
            sources=("planned",),
            to="done",
            outcome="failed",  # the effect says which
            needs="approvals.inspect",
            seat="charge",
            form=ways.Conclusion,
            audience="staff",
            takes=True,
            reads=ways.form_of,
            guard=ways.whole,
            effect=ways.concluded,
        ),
        Action(
            name="recuse",
            title=_("Declare a tie to the applicant"),
            told=_("An officer declared a tie to the applicant, and is kept from it"),
            sources=("planned",),
            needs="approvals.inspect",
            form=ways.Declared,
            audience="staff",
            commutes=True,
            effect=ways.recused,
        ),
        Action(
            name="assign",
            title=_("Give it to an inspector"),
            told=_("Given to an inspector"),
            sources=("planned",),
            needs="approvals.inspect",
            seat="charge",
            form=ways.Given,
            audience="staff",
            quiet=True,
            effect=ways.given,
        ),
        Action(
            name="plan",
            title=_("Choose another day"),
            told=_("The inspection was moved to another day"),
            sources=("planned",),
            needs="approvals.inspect",
            seat="charge",
            form=ways.Planned,
            audience="staff",
            effect=ways.planned,
        ),
        Action(
            name="call_off",
            title=_("Call it off"),
            told=_("The inspection was called off"),
            sources=("planned",),
            to="cancelled",
            outcome="cancelled",
            needs="approvals.examine",
            form=ways.CalledOff,
            audience="staff",
            effect=ways.called_off,
        ),
        Action(
            name="note",
            title=_("Add a note"),
            told=_("Note"),
            sources=("planned",),
            needs="approvals.inspect",
            form=forms.Words,
            audience="staff",
            commutes=True,
            quiet=True,
        ),
        Action(
            name="cancel",
            title=_("No longer needed"),
            told=_("The application ended: no inspection is needed any more"),
            sources=("planned",),
            to="cancelled",
            outcome="cancelled",
            by=("system",),
            audience="staff",
        ),
    ),
)

RULES = (
    Rule(
        name="inspection_late",
        title=_("An inspection does not take place"),
        told=_("The inspection did not take place in time"),
        case_type="inspection",
        when=Overdue(deadline="inspected"),
        rungs=(Rung(share=0.8, do=(Notify("officer"), Notify("department"))), Rung(do=(Notify("department"),), again=5)),
    ),
)
