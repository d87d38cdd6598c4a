"""The ways a request can go: what each action checks and changes, as pure functions (domain 2.3, 7.2, 7.3)."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from banshi import Changes, City, Context, Department, Invalid, Marks, NotAllowedNow, Snapshot, translator
from banshi_tickets import forms

_ = translator("banshi_tickets")

WINDOW = timedelta(days=30)
"""How long after its end a request can be taken up again, and rated."""
EXTENSIONS = 2
"""So often can a department take longer by itself."""
CALLS = 3
"""After so many calls without an answer the request may be filed away, not rated."""


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is kept of a request beyond what was filed.

    ``returned`` and ``been_at`` are departments (ids) in order; ``arbitrated`` ends the returning. "Solved" by the department and by the resident are
    two facts; None is "nobody said". ``draft`` waits for a reviewer who is not its writer (the kernel sees to that).
    """

    returned: tuple[int, ...] = ()
    been_at: tuple[int, ...] = ()
    arbitrated: bool = False
    draft: forms.Answer | None = None
    solved_by_department: bool | None = None
    solved_by_resident: bool | None = None
    rating: str = ""
    calls: int = 0
    corrections: int = 0
    extended: int = 0
    major: bool = False


def marks(form: forms.Request) -> Marks:
    """Return how the person is protected, how urgent it is, and whom praise goes to."""
    urgencies = [o.value for o in forms.URGENCIES]
    return Marks(
        confidentiality="hidden" if form.kind == "report" else "discreet" if form.discreet else "",
        priority=urgencies.index(form.urgency),
        officer=form.officer if form.kind == "praise" else "",
        common=form.kind in forms.COMMON and form.category not in forms.PRIVATE,
    )


def follows(member: Facts, master: Facts) -> Facts:
    """Return what a member knows after its master moved: the result and the way are the master's, what the resident said is the member's own."""
    return msgspec.structs.replace(
        member,
        solved_by_department=master.solved_by_department,
        returned=master.returned,
        been_at=master.been_at,
        arbitrated=master.arbitrated,
        solved_by_resident=None,
        rating="",
    )


def _with(case: Snapshot, **facts: object) -> Facts:
    known: Facts = msgspec.structs.replace(case.facts, **facts)
    return known


# -- who answers ---------------------------------------------------------------------------------------------------------


def answers_at_once(case: Snapshot, context: Context) -> bool:
    """Return whether the department answers without a review."""
    return case.department_id is None or not context.city.department(case.department_id).reviews


def drafts_first(case: Snapshot, context: Context) -> bool:
    """Return whether a colleague reads an answer before it goes."""
    return not answers_at_once(case, context)


def answered(case: Snapshot, form: forms.Answer, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Keep what the department says of it; what the resident said before is about the old answer."""
    return Changes(facts=_with(case, solved_by_department=form.solved == "yes", solved_by_resident=None, rating="", draft=None))


def drafted(case: Snapshot, form: forms.Answer, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Keep the draft."""
    return Changes(facts=_with(case, draft=form))


def approved(case: Snapshot, form: object, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Send the draft as the answer."""
    draft = case.facts.draft or forms.Answer(text="")
    changes = answered(case, draft, context)
    return msgspec.structs.replace(changes, told={"text": draft.text, "basis": draft.basis, "cites": draft.cites})


def assigned(case: Snapshot, form: forms.Assignment, context: Context) -> Changes:
    """Give it to an officer of the department."""
    officer = context.city.officer(form.officer)
    if officer is None or officer.department_id != case.department_id:
        raise Invalid(_("Choose somebody of the department in charge."), {"officer": _("Choose somebody of the department in charge.")})
    if officer.person_id in case.recused or officer.person_id == case.applicant_id:
        raise Invalid(_("This officer is kept from the request."), {"officer": _("This officer is kept from the request. Choose a colleague.")})
    return Changes(assignee_id=officer.id)


# -- whose it is ---------------------------------------------------------------------------------------------------------


def _target(case: Snapshot, code: str, context: Context, field: str = "department", *, ring: bool = False) -> Department:
    """Return the department that gets it; Invalid where it cannot."""
    fault = None
    found = context.city.find(code)
    if found is None:
        fault = _("There is no such department.")
    elif found.dissolved:
        fault = _("This department is dissolved. Choose the one that took over its duties.")
    elif not context.city.offers(found.id, "tickets"):
        fault = _("This department's district does not take requests here.")
    elif found.id == case.department_id:
        fault = _("It is there already. Choose another department.")
    elif ring and found.id in case.facts.been_at:
        fault = _("It was there before: passing it back would go in a ring. Ask the superior, or return it to the intake desk.")
    if found is None or fault is not None:
        raise Invalid(_("It cannot go to this department."), {field: fault or ""})
    return found


def _moved(case: Snapshot, target: Department, **facts: object) -> Changes:
    been = (*case.facts.been_at, *([case.department_id] if case.department_id is not None else []))
    helpers = tuple(h for h in case.helpers if h != target.id)
    known: dict[str, object] = {"been_at": been, "draft": None}
    return Changes(department_id=target.id, assignee_id=None, helpers=helpers, facts=_with(case, **(known | facts)))


def passed_on(case: Snapshot, form: forms.PassOn, context: Context) -> Changes:
    """Give it to the next department; never back to one that had it."""
    return _moved(case, _target(case, form.department, context, ring=True))


def _superior(case: Snapshot, line: str, city: City) -> Department:
    found = city.superior(case.department_id, "trade" if line == "trade" else "area") if case.department_id is not None else None
    if found is None or found.dissolved:
        raise Invalid(_("There is nobody above on this line."), {"line": _("There is nobody above on this line. Choose the other one.")})
    return found


def raised(case: Snapshot, form: forms.RaiseUp, context: Context) -> Changes:
    """Hand it to the department with more power."""
    return _moved(case, _superior(case, form.line, context.city))


def disputed(case: Snapshot, form: forms.Dispute, context: Context) -> Changes:
    """Hand it to the superior, and tell the resident where to complain: the oversight body, as it can be reached today."""
    changes = _moved(case, _superior(case, form.line, context.city), solved_by_department=True, solved_by_resident=False)
    oversight = context.city.part("oversight", case.area_id or case.district_id)
    if oversight is None:
        return changes
    contact = {"title": dict(oversight.title), "telephone": oversight.telephone, "address": dict(oversight.address)}
    return msgspec.structs.replace(changes, told={"contact": contact})


# -- returning, and who decides -------------------------------------------------------------------------------------------


def may_return(case: Snapshot, context: Context) -> bool:
    """Return whether it can still be returned: not by the intake desk, and not once it was arbitrated."""
    at_intake = case.department_id is not None and context.city.department(case.department_id).part == "intake"
    return not at_intake and not case.facts.arbitrated


def once_each(case: Snapshot, form: forms.Return, context: Context) -> None:  # noqa: ARG001 -- a guard's shape
    """Refuse a second return by one department (domain 7.2)."""
    if case.department_id in case.facts.returned:
        raise NotAllowedNow(_("Your department returned it once already. Take it, or ask your superior."))


def returned(case: Snapshot, form: forms.Return, context: Context) -> Changes:
    """Give it back to the intake desk, which decides."""
    desk = context.city.part("intake", case.area_id or case.district_id)
    if desk is None:
        raise NotAllowedNow(_("There is no intake desk to return it to."))
    if form.department:
        _target(case, form.department, context)
    back = (*case.facts.returned, *([case.department_id] if case.department_id is not None else []))
    return Changes(department_id=desk.id, assignee_id=None, facts=_with(case, returned=back))


def first_return(case: Snapshot, context: Context) -> bool:  # noqa: ARG001 -- an offer's shape
    """Return whether the intake desk may simply decide: it was returned less than twice."""
    return len(case.facts.returned) < 2


def was_returned_once(case: Snapshot, context: Context) -> bool:  # noqa: ARG001 -- an offer's shape
    """Return whether there is one return to turn down."""
    return len(case.facts.returned) == 1


def second_return(case: Snapshot, context: Context) -> bool:  # noqa: ARG001 -- an offer's shape
    """Return whether it takes an arbiter now."""
    return len(case.facts.returned) >= 2


def dispatched(case: Snapshot, form: forms.Dispatch, context: Context) -> Changes:
    """Give it to the department whose it is."""
    return _moved(case, _target(case, form.department, context))


def upheld(case: Snapshot, form: forms.Decision, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Give it back to the department that returned it."""
    return Changes(department_id=case.facts.returned[-1], assignee_id=None)


def arbitrated(case: Snapshot, form: forms.Arbitration, context: Context) -> Changes:
    """Name who leads and who helps; nobody returns it any more."""
    lead = _target(case, form.lead, context, "lead")
    helpers = tuple(dict.fromkeys(_target(case, code, context, "helpers").id for code in form.helpers))
    if lead.id in helpers:
        raise Invalid(_("One department leads; it cannot help itself."), {"helpers": _("The lead department stands here too. Take it out.")})
    return msgspec.structs.replace(_moved(case, lead, arbitrated=True), helpers=helpers)


# -- how it ends ---------------------------------------------------------------------------------------------------------


def says_why(case: Snapshot, form: forms.Closing, context: Context) -> None:  # noqa: ARG001 -- a guard's shape
    """Refuse to close silently what was not settled here: the resident is told why, and where to go instead (domain 2.3 d, 7.4)."""
    if form.outcome != "settled" and not form.text.strip():
        raise Invalid(_("This request was not settled here: say why before you close it."), {"text": _("Say why, and where the resident can go.")})


def said_by_resident(case: Snapshot, form: forms.Confirmation, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Close what the resident finds solved; anything else is done again."""
    return _judged(case, solved=form.solved == "yes", rating=form.rating)


def _judged(case: Snapshot, *, solved: bool | None, rating: str) -> Changes:
    if solved is False or rating in forms.UNHAPPY:
        facts = _with(case, solved_by_resident=solved, rating=rating, corrections=case.facts.corrections + 1, calls=0)
        return Changes(state="working", facts=facts)
    return Changes(
        state="closed",
        outcome="settled" if case.facts.solved_by_department is not False else "explained",
        facts=_with(case, solved_by_resident=solved, rating=rating),
    )


def not_judge_in_own_case(case: Snapshot, context: Context) -> bool:
    """Return whether somebody other than the judged department calls back."""
    return case.department_id != context.actor.department_id


def reached_or_not(case: Snapshot, form: forms.CallBack, context: Context) -> None:  # noqa: ARG001 -- a guard's shape
    """Refuse an answer of somebody who was not reached: no answer is no rating, never "satisfied"."""
    if form.reached != "yes" and (form.solved or form.rating):
        raise Invalid(_("Whoever was not reached has not rated."), {"rating": _("Leave this empty: nobody answered.")})
    if form.reached == "yes" and not (form.solved or form.rating):
        raise Invalid(_("Write down what the resident said."), {"solved": _("Solved or not, as the resident sees it?")})


def called_back(case: Snapshot, form: forms.CallBack, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Record the call: satisfied closes it, not satisfied is done again, no answer is tried again until it is filed away, not rated."""
    if form.reached == "yes":
        return _judged(case, solved={"yes": True, "no": False}.get(form.solved), rating=form.rating)
    calls = case.facts.calls + 1
    if form.reached in {"declined", "wrong_number"} or calls >= CALLS:
        outcome = "settled" if case.facts.solved_by_department is not False else "explained"
        return Changes(state="closed", outcome=outcome, facts=_with(case, calls=calls))
    return Changes(facts=_with(case, calls=calls))


def may_rate(case: Snapshot, context: Context) -> bool:
    """Return whether a closed request is still to be rated by its resident."""
    ended = case.outcome in {"settled", "explained", "referred"} and case.closed is not None and context.at - case.closed <= WINDOW
    return ended and not case.facts.rating


def rated(case: Snapshot, form: forms.Rating, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Keep the rating; a bad one takes the request up again."""
    if form.rating in forms.UNHAPPY:
        facts = _with(case, rating=form.rating, corrections=case.facts.corrections + 1, calls=0)
        return Changes(state="working", facts=facts)
    return Changes(facts=_with(case, rating=form.rating))


def within_window(case: Snapshot, form: forms.Reason, context: Context) -> None:  # noqa: ARG001 -- a guard's shape
    """Refuse to take up again what ended long ago."""
    if case.closed is not None and context.at - case.closed > WINDOW:
        raise NotAllowedNow(
            _("It was closed more than {days} days ago. File it anew and give the old number; it will be read together."), days=WINDOW.days
        )


def reopened(case: Snapshot, form: forms.Reason, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Begin again: what was said of the old result counts no more."""
    return Changes(facts=_with(case, solved_by_resident=None, rating="", calls=0, corrections=case.facts.corrections + 1))


# -- who may not, and how urgent -------------------------------------------------------------------------------------------


def recused(case: Snapshot, form: forms.Recusal, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Keep the officer from the request from now on."""
    person = context.actor.person_id or 0
    kept = Changes(recused=(*case.recused, person))
    return msgspec.structs.replace(kept, assignee_id=None) if case.assignee_id == context.actor.post_id else kept


def prioritised(case: Snapshot, form: forms.Urgency, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Set how urgent it is."""
    return Changes(priority=[o.value for o in forms.URGENCIES].index(form.urgency))


# -- time, and what went wrong --------------------------------------------------------------------------------------------


def extends_once(case: Snapshot, form: forms.Extension, context: Context) -> None:  # noqa: ARG001 -- a guard's shape
    """Refuse a third extension: what takes longer still goes to the superior."""
    if case.facts.extended >= EXTENSIONS:
        raise NotAllowedNow(_("It was extended {times} times already. Ask the superior."), times=EXTENSIONS)


def extended(case: Snapshot, form: forms.Extension, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Count it."""
    return Changes(facts=_with(case, extended=case.facts.extended + 1))


def not_major(case: Snapshot, context: Context) -> bool:  # noqa: ARG001 -- an offer's shape
    """Return whether it is not marked yet."""
    return not case.facts.major


def marked_major(case: Snapshot, form: forms.Major, context: Context) -> Changes:  # noqa: ARG001 -- an effect's shape
    """Mark it: it owes a closing report."""
    return Changes(facts=_with(case, major=True), owes=True)
