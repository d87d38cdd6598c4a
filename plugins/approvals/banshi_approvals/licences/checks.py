"""Checks afterwards: every year where the sub-item says so, and of what was granted on a promise. What a check finds becomes a finding."""

from __future__ import annotations

from typing import Annotated, Any, Literal

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
    Opens,
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

WHY = (Option("yearly", _("Yearly check")), Option("promise", _("Granted on a promise: does it hold?")))


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which licence is checked, and why; ``year`` counts the years since it was granted."""

    licence: Annotated[str, msgspec.Meta(min_length=1, max_length=40), Ask(label=_("Number of the licence"))]
    why: Annotated[Literal["yearly", "promise"], Ask(label=_("Why"), options=WHY)]
    year: Annotated[int, msgspec.Meta(ge=0, le=100), Ask(label=_("Year"))] = 0


class Found(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the check found."""

    found: Annotated[forms.Text2000, Ask(label=_("What was found"), rows=4)]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The licence as it was when the check became due."""

    licence: str = ""
    granting: str = ""


async def prepare(db: Any, form: Check, filing: Filing) -> Marks:
    """Pin the licence that is checked."""
    row = await register.read(db, form.licence)
    if row is None:
        raise Invalid(_("Some answers need your attention."), {"licence": _("There is no licence with this number.")})
    return Marks(
        title=f"{content.say(row['title'], 'zh')} {row['number']}",
        category=row["item"],
        facts=Facts(licence=row["number"], granting=row["granting"]),
        department_id=row["department_id"],
        ties=((row["granting"], "follow_up"),),
    )


async def read(db: Any, case: Snapshot, form: Any, context: Context) -> Any:
    """Read and lock the licence."""
    return await register.read(db, case.facts.licence, lock=True)


def passed(case: Snapshot, form: Found, context: Context) -> Changes:
    """Note that all is as it should be."""
    row = writing.alive(context.found, case.facts.licence)
    rows = (writing.event(row["number"], "checked", f"checked:{case.number}", context, passed=True, why=case.data["why"]),)
    return Changes(rows=rows, tells=(writing.told(row, "checked"),))


def failed(case: Snapshot, form: Found, context: Context) -> Changes:
    """Note what is wrong, and open a finding: somebody decides what follows."""
    from banshi_approvals.licences.findings import Finding

    row = writing.alive(context.found, case.facts.licence)
    rows = (writing.event(row["number"], "checked", f"checked:{case.number}", context, passed=False, why=case.data["why"]),)
    finding = Finding(licence=row["number"], found=form.found, source=case.data["why"])
    return Changes(
        rows=rows,
        opens=(Opens(case_type="finding", form=finding, key="finding", department_id=case.department_id, tie="follow_up"),),
        tells=(writing.told(row, "check_failed", form.found),),
    )


CHECK = CaseType(
    name="check",
    title=_("Check of a licence"),
    form=Check,
    facts=Facts,
    prepares=prepare,
    family=True,
    opened=_("The check is due"),
    states=(State("due", _("Check due"), OFFICE), State("closed", _("Checked"), NOBODY, final=True)),
    outcomes=(
        Outcome("passed", _("As it should be")),
        Outcome("failed", _("Not as it should be")),
        Outcome("moot", _("Nothing to check any more")),
    ),
    deadlines=(Deadline(name="checked", title=_("Checked"), limit=30, states=("due",)),),
    actions=(
        Action(
            name="passed",
            title=_("As it should be"),
            told=_("Checked: as it should be"),
            sources=("due",),
            to="closed",
            outcome="passed",
            needs="approvals.inspect",
            form=Found,
            leading=True,
            reads=read,
            effect=passed,
        ),
        Action(
            name="failed",
            title=_("Not as it should be"),
            told=_("Checked: not as it should be"),
            sources=("due",),
            to="closed",
            outcome="failed",
            needs="approvals.inspect",
            form=Found,
            reads=read,
            effect=failed,
        ),
        Action(
            name="moot",
            title=_("Nothing to check any more"),
            told=_("There is nothing to check any more"),
            sources=("due",),
            to="closed",
            outcome="moot",
            needs="approvals.inspect",
            form=forms.Words,
        ),
        Action(
            name="note",
            title=_("Add a note"),
            told=_("Note"),
            sources=("due",),
            needs="approvals.inspect",
            form=forms.Words,
            audience="staff",
            commutes=True,
            quiet=True,
        ),
    ),
)

RULES = (
    Rule(
        name="check_late",
        title=_("A check is not done"),
        told=_("The check of a licence is overdue"),
        case_type="check",
        when=Overdue(deadline="checked"),
        rungs=(Rung(share=0.8, do=(Notify("department"),)), Rung(do=(Notify("superior"),), again=10)),
    ),
)
