"""A panel of experts: drawn, scored, ended. It is a part of an application, which hears how it came out."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from banshi import (
    NOBODY,
    OUTSIDE,
    Action,
    Ask,
    CaseType,
    Deadline,
    Filing,
    Marks,
    Notify,
    Outcome,
    Overdue,
    Put,
    Rule,
    Rung,
    State,
    translator,
)
from banshi_approvals import wording
from banshi_approvals.application import forms, keeping
from banshi_approvals.catalogue import reading
from banshi_approvals.catalogue.content import Choice
from banshi_approvals.experts import lot, ways
from banshi_approvals.experts.facts import Facts, Lot
from banshi_approvals.models import panel_seat

_ = translator("banshi_approvals")

WHOLE = (Choice(value="overall", label={"zh": "总体评价", "en": "Overall"}),)
"""What is scored where the sub-item names no criteria."""


class Panel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which application is judged, and the lot: its field, its seed, who was in it, who was not and why (``code:reason``)."""

    whole: Annotated[str, msgspec.Meta(max_length=14), Ask(label=_("Application"))]
    key: Annotated[str, msgspec.Meta(max_length=40), Ask(label=_("Part"))]
    title: Annotated[str, msgspec.Meta(max_length=400), Ask(label=_("What is applied for"), role="title")]
    field: Annotated[str, msgspec.Meta(max_length=60), Ask(label=_("Field"))]
    number: Annotated[int, msgspec.Meta(ge=1, le=15), Ask(label=_("Seats"))]
    pass_at: Annotated[int, msgspec.Meta(ge=0, le=100), Ask(label=_("Passed from a mean of"))]
    seed: Annotated[int, Ask(label=_("Seed of the lot"))]
    candidates: Annotated[list[str], Ask(label=_("In the lot"))]
    excluded: Annotated[list[str], Ask(label=_("Not in the lot"))] = []


async def prepare(db: Any, form: Panel, filing: Filing) -> Marks:
    """Draw: who sits follows from the seed and the list; pin the criteria of the sub-item as it was filed."""
    whole = await keeping.whole(db, form.whole)
    item = await reading.version(db, whole.facts.get("item", ""), whole.facts.get("version", 0)) if whole is not None else None
    excluded = tuple((code, why) for code, _colon, why in (one.partition(":") for one in form.excluded))
    drawn = Lot(field=form.field, seed=form.seed, candidates=tuple(form.candidates), excluded=excluded, at=filing.at)
    seats = ways.seated(lot.draw(form.seed, form.candidates), form.number)
    facts = Facts(
        pass_at=form.pass_at,
        criteria=(item.experts.criteria if item is not None and item.experts is not None else ()) or WHOLE,
        lots=(drawn,),
        seats=seats,
        kept=await keeping.kept(db, form.whole),
    )
    rows = [{"expert": s.expert, "state": "seated", "at": filing.at} for s in seats if s.expert]
    return Marks(facts=facts, rows=tuple(Put(table=panel_seat, values=r, on=("case_id", "expert"), case="case_id") for r in rows))


PANEL = CaseType(
    name="panel",
    title=_("Panel of experts"),
    form=Panel,
    facts=Facts,
    prepares=prepare,
    wording=wording.part,
    family=True,
    opened=_("The panel was drawn by lot"),
    states=(
        State("scoring", _("The experts score"), OUTSIDE),
        State("done", _("Done"), NOBODY, final=True),
        State("cancelled", _("Called off"), NOBODY, final=True),
    ),
    outcomes=(Outcome("passed", _("Passed")), Outcome("failed", _("Not passed")), Outcome("cancelled", _("Called off"))),
    deadlines=(Deadline(name="scored", title=_("All sheets are there"), limit=15, pauses=False),),
    actions=(
        Action(
            name="score",
            title=_("Enter a scoring sheet"),
            told=_("A scoring sheet came in"),
            sources=("scoring",),
            needs="approvals.experts",
            by=("staff", "system"),
            form=ways.Scored,
            audience="staff",
            commutes=True,
            leading=True,
            page="desk/panel/{number}",
            guard=ways.untied,
            effect=ways.scored,
        ),
        Action(
            name="conflict",
            title=_("An expert has a conflict of interest"),
            told=_("An expert declared a conflict of interest: the seat goes to the next of the lot"),
            sources=("scoring",),
            needs="approvals.experts",
            by=("staff", "system"),
            form=ways.Tied,
            audience="staff",
            commutes=True,
            page="desk/panel/{number}",
            guard=ways.untied,
            effect=ways.conflicted,
        ),
        Action(
            name="widen",
            title=_("Draw the empty seats from another field"),
            told=_("Empty seats were drawn by lot"),
            sources=("scoring",),
            needs="approvals.experts",
            form=ways.Wider,
            audience="staff",
            reads=ways.another_pool,
            guard=ways.untied,
            effect=ways.widened,
        ),
        Action(
            name="conclude",
            title=_("End the panel"),
            told=_("The panel gave its result"),
            sources=("scoring",),
            to="done",
            outcome="failed",  # the effect says which
            needs="approvals.experts",
            form=ways.Summary,
            audience="staff",
            guard=ways.complete,
            effect=ways.concluded,
        ),
        Action(
            name="call_off",
            title=_("Call it off"),
            told=_("The panel was called off"),
            sources=("scoring",),
            to="cancelled",
            outcome="cancelled",
            needs="approvals.experts",
            form=ways.CalledOff,
            audience="staff",
            guard=ways.untied,
            effect=ways.called_off,
        ),
        Action(
            name="note",
            title=_("Add a note"),
            told=_("Note"),
            sources=("scoring",),
            needs="approvals.experts",
            form=forms.Words,
            audience="staff",
            commutes=True,
            quiet=True,
        ),
        Action(
            name="cancel",
            title=_("No longer needed"),
            told=_("The application ended: no panel is needed any more"),
            sources=("scoring",),
            to="cancelled",
            outcome="cancelled",
            by=("system",),
            audience="staff",
        ),
    ),
)

RULES = (
    Rule(
        name="sheets_late",
        title=_("Sheets of experts are missing"),
        told=_("The sheets of the experts did not come in time"),
        case_type="panel",
        when=Overdue(deadline="scored"),
        rungs=(Rung(share=0.8, do=(Notify("department"),)), Rung(do=(Notify("department"),), again=5)),
    ),
)
