"""The appeal: filed by the applicant within 60 days, decided by a department that did not decide the application (domain 7.8)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import select

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
    NotAllowedNow,
    Option,
    Outcome,
    Snapshot,
    State,
    Step,
    Tells,
    case_table,
    toolkit,
    translator,
)
from banshi_approvals.appeals import remedies
from banshi_approvals.application import forms
from banshi_approvals.catalogue import content
from banshi_approvals.models import paper

_ = translator("banshi_approvals")

PROBLEM = _("Some answers need your attention.")
About = Literal["decision", "not_accepted", "revocation"]
AGAINST: dict[str, About] = {"decision": "decision", "not_accepted": "not_accepted", "revocation": "revocation"}
PERIOD = timedelta(days=remedies.REVIEW_DAYS)
DECISIONS = (Option("granted", _("Grant")), Option("granted_in_part", _("Grant in part")), Option("refused", _("Refuse")))


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the applicant writes; the application is known from the page."""

    reasons: Annotated[
        str,
        msgspec.Meta(min_length=10, max_length=4000),
        Ask(label=_("Why do you not agree?"), hint=_("What is wrong, and which facts or rules were not seen"), rows=8),
    ]
    wish: Annotated[str, msgspec.Meta(min_length=2, max_length=1000), Ask(label=_("What do you ask for?"), rows=3)]


class Appeal(Asked, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An appeal, with the number of the application that it is about."""

    whole: Annotated[str, msgspec.Meta(min_length=12, max_length=14), Ask(label=_("Application"))]


class Judged(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the appeal is decided; where it changes the decision, into what."""

    outcome: Annotated[
        str,
        Ask(
            label=_("Decision on the appeal"),
            options=(
                Option("upheld", _("The decision stands")),
                Option("changed", _("The decision is changed"), _("For a licence that was taken away: it is given back")),
                Option("sent_back", _("It is examined and decided again")),
            ),
        ),
    ]
    reasons: Annotated[forms.Text2000, Ask(label=_("Reasons"), hint=_("With the rule they rest on"), rows=6)]
    decision: Annotated[str, Ask(label=_("What it is changed into"), options=(Option("", _("It is not changed")), *DECISIONS))] = ""
    conditions: Annotated[str, msgspec.Meta(max_length=1000), Ask(label=_("Conditions, or what is left out"), rows=3)] = ""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What it is about: the application, which of its papers, who decided that."""

    whole: str = ""
    about: About = "decision"
    decided_by: int | None = None


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What can be appealed against on an application: its row, the paper, and the days left; ``why`` says why nothing can."""

    row: Any = None
    about: About = "decision"
    decided_by: int | None = None
    until: Any = None
    why: Any = None


async def subject(db: Any, number: str, at: Any, *, lock: bool = False) -> Subject:
    """Return what can be appealed against on a case now; locked, so that of two appeals at once one is told of the other."""
    statement = select(case_table).where(case_table.c.number == number)
    row = (await db.execute(statement.with_for_update() if lock else statement)).one_or_none()
    if row is None or "item" not in row.facts:
        return Subject(why=_("There is no application with this number."))
    kinds = select(paper.c.kind, paper.c.written).where(paper.c.case_id == row.id, paper.c.kind.in_(AGAINST), paper.c.revoked.is_(None))
    last = (await db.execute(kinds.order_by(paper.c.id.desc()).limit(1))).one_or_none()
    if last is None or (last.kind == "decision" and row.outcome == "granted") or (last.kind != "revocation" and row.closed is None):
        return Subject(row=row, why=_("Nothing was decided against you on this application."))
    until = last.written + PERIOD
    if at.date() > until.date():
        return Subject(row=row, until=until, why=_("The 60 days for an appeal are over."))
    if any(r.tie == "follow_up" and r.closed is None and "about" in r.facts for r in await toolkit.family(db, row.id)):
        return Subject(row=row, until=until, why=_("An appeal is being decided already."))
    return Subject(row=row, about=AGAINST[last.kind], decided_by=row.department_id, until=until)


async def prepare(db: Any, form: Appeal, filing: Filing) -> Marks:
    """Pin what it is about, and give it to a department that did not decide."""
    found = await subject(db, toolkit.read_number(form.whole), filing.at, lock=True)
    if found.why is not None:
        raise Invalid(PROBLEM, {"whole": found.why})
    row, actor = found.row, filing.actor
    if actor.capacity == "resident" and row.applicant_id != (actor.acting_for_id or actor.person_id):
        raise Invalid(PROBLEM, {"whole": _("There is no application with this number.")})
    above = remedies.reviewer(filing.city, found.decided_by, row.district_id)
    if above is None:
        raise NotAllowedNow(_("No department of this city reviews that decision. The court is open to you."))
    return Marks(
        title=content.say(row.facts["title"], "zh"),
        category=row.category or "",
        department_id=above.id,
        facts=Facts(whole=row.number, about=found.about, decided_by=found.decided_by),
        ties=((row.number, "follow_up"),),
    )


def judged(case: Snapshot, form: Judged, context: Context) -> Changes:
    """Decide the appeal, and tell the application what follows."""
    facts: Facts = case.facts
    if context.actor.department_id == facts.decided_by:
        raise NotAllowedNow(_("Who decided the application does not decide the appeal against it."))
    if form.outcome == "changed" and facts.about == "decision" and not form.decision:
        raise Invalid(PROBLEM, {"decision": _("Say what the decision is changed into.")})
    if form.outcome == "changed" and facts.about == "not_accepted":
        raise Invalid(PROBLEM, {"outcome": _("What was not accepted was not examined: have it examined.")})
    if form.outcome == "sent_back" and facts.about == "revocation":
        raise Invalid(PROBLEM, {"outcome": _("The licence is given back, or its taking away stands.")})
    if form.decision == "granted_in_part" and len(form.conditions) < 2:
        raise Invalid(PROBLEM, {"conditions": _("Say what is left out, or under which conditions it is granted.")})
    heard = forms.AppealHeard(
        number=case.number,
        about=facts.about,
        result=form.outcome,
        reasons=form.reasons,
        decision=form.decision if form.outcome == "changed" else "",
        conditions=form.conditions,
    )
    return Changes(tells=(Tells(number=facts.whole, action="hear_appeal", form=heard),))


APPEAL = CaseType(
    name="appeal",
    title=_("Appeal"),
    form=Appeal,
    facts=Facts,
    prepares=prepare,
    family=True,
    opened=_("The appeal was received"),
    steps=(Step("filed", _("Received")), Step("decided", _("Decided"))),
    states=(State("filed", _("Being reviewed"), OFFICE, "filed"), State("closed", _("Decided"), NOBODY, "decided", final=True)),
    outcomes=(
        Outcome("upheld", _("The decision stands")),
        Outcome("changed", _("The decision was changed")),
        Outcome("sent_back", _("To be decided again")),
        Outcome("not_admitted", _("Not admitted")),
        Outcome("withdrawn", _("Withdrawn")),
    ),
    deadlines=(
        Deadline(
            name="statutory",
            title=_("Decided within the limit of the law"),
            limit=60,
            unit="calendar_days",
            kind="statutory",
            basis=_("Administrative Reconsideration Law, article 62"),
        ),
    ),
    actions=(
        Action(
            name="judge",
            title=_("Decide the appeal"),
            told=_("The appeal is decided"),
            answers=True,
            sources=("filed",),
            to="closed",
            needs="approvals.appeals",
            seat="charge",
            takes=True,
            form=Judged,
            leading=True,
            effect=judged,
        ),
        Action(
            name="not_admit",
            title=_("Do not admit it"),
            told=_("The appeal is not admitted"),
            answers=True,
            sources=("filed",),
            to="closed",
            outcome="not_admitted",
            needs="approvals.appeals",
            seat="charge",
            form=forms.Reasons,
        ),
        Action(
            name="withdraw",
            title=_("Withdraw"),
            told=_("The applicant withdrew it"),
            sources=("filed",),
            to="closed",
            outcome="withdrawn",
            by=("resident",),
        ),
        Action(
            name="say",
            title=_("Add a word"),
            told=_("The applicant added a word"),
            sources=("filed",),
            by=("resident",),
            form=forms.Words,
            commutes=True,
        ),
        Action(
            name="note",
            title=_("Add a note"),
            told=_("Note"),
            sources=("filed",),
            needs="approvals.appeals",
            form=forms.Words,
            audience="staff",
            commutes=True,
            quiet=True,
        ),
    ),
)
