"""Findings of supervision come back to the licence: no action, correct by a day, suspend, revoke, withdraw what a broken promise brought.

Who proposes to take something away does not decide it (Administrative Licensing Law, articles 61, 69; domain 6.1).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec

from banshi import (
    APPLICANT,
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
    NotAllowedNow,
    Notify,
    Option,
    Outcome,
    Overdue,
    Rule,
    Rung,
    Snapshot,
    State,
    translator,
)
from banshi_approvals.application import forms
from banshi_approvals.catalogue import content
from banshi_approvals.licences import register, writing

_ = translator("banshi_approvals")
replace = msgspec.structs.replace

PROBLEM = _("Some answers need your attention.")
SOURCES = (
    Option("supervision", _("Supervision")),
    Option("yearly", _("Yearly check")),
    Option("promise", _("Check of a promise")),
)
MEASURES = (
    Option("suspend", _("Suspend it")),
    Option("revoke", _("Revoke it")),
    Option("withdraw", _("Withdraw it: it was granted on a promise that does not hold")),
)
LONGEST = 180


class Reported(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an officer of supervision reports: what was found, on which licence."""

    licence: Annotated[str, msgspec.Meta(min_length=1, max_length=40), Ask(label=_("Number of the licence"))]
    found: Annotated[forms.Text2000, Ask(label=_("What was found"), hint=_("What, where, when; with the rule that it breaks"), rows=5)]


class Finding(Reported, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A finding, with where it comes from."""

    source: Annotated[Literal["supervision", "yearly", "promise"], Ask(label=_("Where it comes from"), options=SOURCES)] = "supervision"


class Correct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What has to be put right, and until when."""

    what: Annotated[forms.Text2000, Ask(label=_("What has to be put right"), rows=4)]
    until: Annotated[date, Ask(label=_("Until"))]


class Proposed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is proposed, and why."""

    measure: Annotated[str, Ask(label=_("Proposal"), options=MEASURES)]
    reasons: Annotated[forms.Text2000, Ask(label=_("Reasons"), hint=_("With the rule they rest on"), rows=5)]


class Decided(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether it is done as proposed."""

    agreed: Annotated[str, Ask(label=_("Decision"), options=(Option("yes", _("As proposed")), Option("no", _("Not so: look at it again"))))]
    reasons: Annotated[str, msgspec.Meta(max_length=2000), Ask(label=_("Reasons, where they differ from the proposal"), rows=3)] = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The licence that it is about, who granted it, what is to be corrected by when, what is proposed."""

    licence: str = ""
    granting: str = ""
    granted_by: int | None = None
    by_promise: bool = False
    what: str = ""
    until: date | None = None
    days: int = 0
    measure: str = ""
    reasons: str = ""
    suspended: bool = False


async def prepare(db: Any, form: Finding, filing: Filing) -> Marks:
    """Pin the licence; one that is unknown, revoked or given back takes no finding."""
    row = await register.read(db, form.licence)
    if row is None:
        raise Invalid(PROBLEM, {"licence": _("There is no licence with this number.")})
    if row["state"] in register.ENDED:
        raise Invalid(PROBLEM, {"licence": _("This licence was revoked or given back already.")})
    return Marks(
        title=f"{content.say(row['title'], 'zh')} {row['number']}",
        category=row["item"],
        department_id=filing.actor.department_id or row["department_id"],
        facts=Facts(
            licence=row["number"],
            granting=row["granting"],
            granted_by=row["department_id"],
            by_promise=bool(row["by_promise"]),
            suspended=row["state"] == "suspended",
        ),
        rows=(writing.filed(row["number"], "found", filing, source=form.source),),
        ties=((row["granting"], "follow_up"),),
    )


async def read(db: Any, case: Snapshot, form: Any, context: Context) -> Any:
    """Read and lock the licence."""
    return await register.read(db, case.facts.licence, lock=True)


def correct(case: Snapshot, form: Correct, context: Context) -> Changes:
    """Ask the holder to put it right by a day."""
    days = (form.until - context.city.day(case.district_id, context.at)).days
    if not 1 <= days <= LONGEST:
        raise Invalid(PROBLEM, {"until": _("Choose a day within the next 180 days.")})
    row = writing.alive(context.found, case.facts.licence)
    facts = replace(case.facts, what=form.what, until=form.until, days=days)
    return Changes(facts=facts, tells=(writing.told(row, "correct", form.what, form.until),))


def proposed(case: Snapshot, form: Proposed, context: Context) -> Changes:
    """Hand it to who granted the licence, to be decided there; who found it goes on seeing it."""
    facts: Facts = case.facts
    if form.measure == "withdraw" and not facts.by_promise:
        raise Invalid(PROBLEM, {"measure": _("This licence was not granted on a promise: it can be suspended or revoked.")})
    if form.measure == "suspend" and facts.suspended:
        raise Invalid(PROBLEM, {"measure": _("It is suspended already.")})
    writing.alive(context.found, facts.licence)
    changes = Changes(facts=replace(facts, measure=form.measure, reasons=form.reasons))
    if facts.granted_by in {None, case.department_id} or case.department_id is None:
        return changes
    helpers = tuple(dict.fromkeys((*case.helpers, case.department_id)))
    return replace(changes, department_id=facts.granted_by, helpers=helpers, assignee_id=None)


def decided(case: Snapshot, form: Decided, context: Context) -> Changes:
    """Do it, or have it looked at again."""
    facts: Facts = case.facts
    if form.agreed == "no":
        if len(form.reasons) < 2:
            raise Invalid(PROBLEM, {"reasons": _("You decide otherwise than was proposed. Say why.")})
        return Changes(facts=replace(facts, measure=""), state="suspended" if facts.suspended else "open")
    row = writing.alive(context.found, facts.licence)
    reasons = form.reasons or facts.reasons
    if facts.measure == "suspend":
        return replace(
            _done(row, context, case, "suspended", "suspended", reasons), facts=replace(facts, suspended=True, measure=""), state="suspended"
        )
    how = "withdrawn" if facts.measure == "withdraw" else "revoked"
    return replace(_done(row, context, case, "revoked", how, reasons, renewing_case_id=None), state="closed", outcome=how)


def lifted(case: Snapshot, form: forms.Words, context: Context) -> Changes:
    """Lift the suspension."""
    row = writing.alive(context.found, case.facts.licence)
    if row["state"] != "suspended":
        raise NotAllowedNow(_("Licence {number} is not suspended."), number=row["number"])
    rows = (
        writing.changed(row, context, state="valid"),
        writing.event(row["number"], "resumed", f"resumed:{case.number}:{case.revision}", context),
    )
    return Changes(facts=replace(case.facts, suspended=False), rows=rows, tells=(writing.told(row, "lifted", form.text),))


def _done(row: Any, context: Context, case: Snapshot, state: str, how: str, reasons: str, **values: Any) -> Changes:
    """Return what takes a licence away, for a time or for good: its row, its story, the paper, the word to its holder."""
    key = f"{how}:{case.number}:{case.revision}"
    rows = (
        writing.changed(row, context, state=state, **values),
        writing.event(row["number"], state, key, context, how=how),
        writing.paper(row, context, "revocation", key, how=how, reasons=reasons, since=context.city.day(case.district_id, context.at)),
    )
    return Changes(rows=rows, tells=(writing.told(row, how, reasons),))


OPEN = ("open", "correcting", "proposed", "suspended")

FINDING = CaseType(
    name="finding",
    title=_("Finding on a licence"),
    form=Finding,
    facts=Facts,
    prepares=prepare,
    family=True,
    opened=_("Reported by supervision"),
    states=(
        State("open", _("What follows from it?"), OFFICE),
        State("correcting", _("To be put right by the holder"), APPLICANT),
        State("proposed", _("To be decided"), OFFICE),
        State("suspended", _("Suspended"), APPLICANT),
        State("closed", _("Closed"), NOBODY, final=True),
    ),
    outcomes=(
        Outcome("no_action", _("Nothing follows")),
        Outcome("corrected", _("Put right")),
        Outcome("lifted", _("Suspended, and lifted again")),
        Outcome("revoked", _("Revoked")),
        Outcome("withdrawn", _("Withdrawn")),
    ),
    deadlines=(
        Deadline(name="looked_at", title=_("Looked at"), limit=10, states=("open",)),
        Deadline(name="correcting", title=_("Put right"), limit=30, unit="calendar_days", states=("correcting",), pauses=False, own="days"),
        Deadline(name="decided", title=_("Decided"), limit=10, states=("proposed",)),
    ),
    actions=(
        Action(
            name="no_action",
            title=_("Nothing follows"),
            told=_("Nothing follows from it"),
            sources=("open",),
            to="closed",
            outcome="no_action",
            needs="approvals.inspect",
            form=forms.Words,
        ),
        Action(
            name="correct",
            title=_("Have it put right"),
            told=_("It is to be put right"),
            sources=("open",),
            to="correcting",
            needs="approvals.inspect",
            form=Correct,
            leading=True,
            reads=read,
            effect=correct,
        ),
        Action(
            name="corrected",
            title=_("It was put right"),
            told=_("It was put right"),
            sources=("correcting",),
            to="closed",
            outcome="corrected",
            needs="approvals.inspect",
            form=forms.Words,
            leading=True,
        ),
        Action(
            name="propose",
            title=_("Propose to suspend or revoke"),
            told=_("It is proposed to suspend or revoke the licence"),
            sources=("open", "correcting", "suspended"),
            to="proposed",
            needs="approvals.inspect",
            form=Proposed,
            audience="staff",
            reads=read,
            effect=proposed,
        ),
        Action(
            name="decide",
            title=_("Decide"),
            told=_("It was decided"),
            sources=("proposed",),
            also_to=("open", "suspended", "closed"),
            outcome="revoked",
            needs="approvals.licences",
            form=Decided,
            another="propose",
            leading=True,
            reads=read,
            effect=decided,
        ),
        Action(
            name="lift",
            title=_("Lift the suspension"),
            told=_("The suspension is lifted"),
            sources=("suspended",),
            to="closed",
            outcome="lifted",
            needs="approvals.licences",
            form=forms.Words,
            leading=True,
            reads=read,
            effect=lifted,
        ),
        Action(
            name="note",
            title=_("Add a note"),
            told=_("Note"),
            sources=OPEN,
            needs="approvals.read",
            form=forms.Words,
            audience="staff",
            commutes=True,
            quiet=True,
        ),
    ),
)

RULES = (
    Rule(
        name="not_put_right",
        title=_("A finding was not put right in time"),
        told=_("The day by which it was to be put right is over"),
        case_type="finding",
        when=Overdue(deadline="correcting"),
        rungs=(Rung(do=(Notify("department"),), again=10),),
    ),
)
