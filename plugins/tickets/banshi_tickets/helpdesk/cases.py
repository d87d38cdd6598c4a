"""A trouble with a device, a system or the network: its states, what can be done in each, and how it may end."""

from __future__ import annotations

from banshi import APPLICANT, NOBODY, OFFICE, Action, CaseType, Changes, Context, Invalid, Snapshot, State, Step, translator
from banshi_tickets import forms as common
from banshi_tickets.helpdesk import forms

_ = translator("banshi_tickets")

OPEN = ("new", "working", "asked", "fixed")


def assigned(case: Snapshot, form: common.Assignment, context: Context) -> Changes:
    """Give it to an officer of the department."""
    officer = context.city.officer(form.officer)
    if officer is None or officer.department_id != case.department_id or officer.person_id == case.applicant_id:
        raise Invalid(_("Choose somebody of the department in charge."), {"officer": _("Choose somebody of the department in charge.")})
    return Changes(assignee_id=officer.id)


def handed_on(case: Snapshot, form: common.PassOn, context: Context) -> Changes:
    """Give it to the department that looks after that part."""
    found = context.city.find(form.department)
    if found is None or found.dissolved or found.id == case.department_id or not context.city.offers(found.id, "tickets"):
        raise Invalid(_("It cannot go to this department."), {"department": _("Choose another department.")})
    return Changes(department_id=found.id, assignee_id=None)


def confirmed(case: Snapshot, form: forms.Works, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Close what works; anything else is worked on again."""
    return Changes(state="closed", outcome="settled") if form.works == "yes" else Changes(state="working")


IN_CHARGE = (
    Action(
        name="sign",
        title=_("Sign for it"),
        told=_("The department signed for it"),
        sources=("new",),
        to="working",
        needs="tickets.sign",
        seat="charge",
        takes=True,
        leading=True,
        bulk=True,
    ),
    Action(
        name="fix",
        title=_("Say what was done"),
        told=_("The help desk says what was done"),
        sources=("working",),
        to="fixed",
        needs="tickets.answer",
        seat="charge",
        form=forms.Fix,
        leading=True,
    ),
    Action(
        name="ask",
        title=_("Ask for more"),
        told=_("The department asked for more"),
        sources=("working",),
        to="asked",
        needs="tickets.ask",
        seat="charge",
        form=common.Question,
        alone=True,
    ),
    Action(
        name="tell",
        title=_("Tell how it goes"),
        told=_("The department told how it goes"),
        sources=("working", "asked"),
        needs="tickets.answer",
        seat="charge",
        form=common.News,
        commutes=True,
    ),
    Action(
        name="assign",
        title=_("Assign to an officer"),
        told=_("Given to an officer"),
        sources=OPEN,
        needs="tickets.assign",
        seat="charge",
        form=common.Assignment,
        audience="staff",
        bulk=True,
        effect=assigned,
    ),
    Action(
        name="hand_on",
        title=_("Hand on: another department looks after it"),
        told=_("Handed on to the department that looks after it"),
        sources=("new", "working"),
        to="new",
        needs="tickets.pass_on",
        seat="charge",
        form=common.PassOn,
        effect=handed_on,
    ),
    Action(
        name="note",
        title=_("Add a note"),
        told=_("Note"),
        sources=OPEN,
        needs="tickets.note",
        form=common.Note,
        audience="staff",
        commutes=True,
        bulk=True,
        alone=True,
    ),
    Action(
        name="close",
        title=_("Close"),
        told=_("It was closed"),
        sources=("working", "fixed"),
        to="closed",
        needs="tickets.close",
        seat="charge",
        form=forms.Ending,
    ),
)
BY_ASKER = (
    Action(
        name="reply",
        title=_("Answer the question"),
        told=_("The asker answered"),
        sources=("asked",),
        to="working",
        by=("resident",),
        form=common.Addition,
        commutes=True,
        leading=True,
    ),
    Action(
        name="confirm",
        title=_("Say whether it works"),
        told=_("The asker said whether it works"),
        sources=("fixed",),
        also_to=("working", "closed"),
        outcome="settled",
        by=("resident",),
        form=forms.Works,
        leading=True,
        judges=True,
        effect=confirmed,
    ),
    Action(
        name="add",
        title=_("Add something"),
        told=_("The asker added something"),
        sources=("new", "working", "fixed"),
        by=("resident",),
        form=common.Addition,
        commutes=True,
    ),
    Action(
        name="withdraw",
        title=_("Withdraw"),
        told=_("The asker withdrew it"),
        sources=OPEN,
        to="closed",
        outcome="withdrawn",
        by=("resident",),
        form=common.Withdrawal,
    ),
)

TROUBLE = CaseType(
    name="trouble",
    title=_("IT trouble"),
    form=forms.Trouble,
    marks=forms.marks,
    opened=_("Reported"),
    steps=(
        Step("reported", _("Reported")),
        Step("working", _("Being worked on")),
        Step("fixed", _("Done, please check")),
        Step("closed", _("Closed")),
    ),
    states=(
        State("new", _("Not yet signed for"), OFFICE, "reported"),
        State("working", _("Being worked on"), OFFICE, "working"),
        State("asked", _("Waiting for the asker"), APPLICANT, "working"),
        State("fixed", _("Done, please check"), APPLICANT, "fixed"),
        State("closed", _("Closed"), NOBODY, "closed", final=True),
    ),
    outcomes=forms.OUTCOMES,
    actions=(*IN_CHARGE, *BY_ASKER),
)
