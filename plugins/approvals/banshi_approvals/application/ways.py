"""What the actions of an application change, and what they refuse. Pure functions of the case, the form, and what was read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec

from banshi import Changes, Context, Invalid, NotAllowedNow, Opens, Put, Snapshot, Tells, toolkit, translator
from banshi_approvals.application import forms
from banshi_approvals.application.facts import ON_PAPER, Correction, Facts, Part, Proposal, Special
from banshi_approvals.application.sheets import sheet
from banshi_approvals.licences import granting

_ = translator("banshi_approvals")
replace = msgspec.structs.replace

LEVELS = {"window": "approvals.decide_window", "office": "approvals.decide_office", "leader": "approvals.decide_leader"}
AGAIN = _("Something was asked for before. Say why it is asked for again: the applicant reads it, and it is counted.")
PROBLEM = _("Some answers need your attention.")


def paper(case: Snapshot, context: Context, kind: Any, **told: Any) -> Any:
    """Return the row of a paper of this case."""
    said = {"item": case.facts.title, "holder": holder(case, context), "number": case.number, "at": context.at, **told}
    return sheet(context.vault, kind, f"{kind}:{case.revision}", said, context.at)


def holder(case: Snapshot, context: Context) -> str:
    """Return the name of whoever the licence is for."""
    sealed = str(case.data.get("holder") or "")
    return context.vault.unseal(sealed, "holder") if sealed.startswith("\x1a") else sealed


# -- materials -----------------------------------------------------------------------------------------------------------


async def documents(db: Any, case: Snapshot, form: forms.HandIn, context: Context) -> frozenset[int]:
    """Read the ids of the documents on the case."""
    return await toolkit.attached(db, case.id)


def handed_in(case: Snapshot, form: forms.HandIn, context: Context) -> Changes:
    """Put documents to their materials: ``code:document``; what was faulty is given anew."""
    facts: Facts = case.facts
    coming: dict[str, list[int]] = {}
    for one in form.papers:
        code, _colon, document = one.partition(":")
        if facts.given(code) is None or not document.isascii() or not document.isdigit():
            raise Invalid(PROBLEM, {"papers": _("There is no such material on this case.")})
        if int(document) == ON_PAPER and context.actor.capacity == "resident":
            raise Invalid(PROBLEM, {"papers": _("What is on paper is handed in at the window.")})
        if int(document) not in {ON_PAPER, *context.found}:
            raise Invalid(PROBLEM, {"papers": _("There is no such document on this case: attach it first.")})
        coming.setdefault(code, []).append(int(document))
    for code, documents in coming.items():
        known = facts.given(code)
        kept = () if known is None or known.state == "faulty" else known.documents
        facts = facts.with_material(code, state="given", documents=tuple(dict.fromkeys((*kept, *documents))), reason="")
    return back_when_complete(case, facts)


def back_when_complete(case: Snapshot, facts: Facts) -> Changes:
    """Let an application that waits for its applicant come back once everything that was asked for is there, whoever brought it in."""
    if case.state == "correcting" and not _still_asked(facts):
        return Changes(facts=_answered(facts, "complete"), state="filed")
    return Changes(facts=facts)


def _still_asked(facts: Facts) -> list[str]:
    asked = facts.corrections[-1].codes if facts.corrections else ()
    return [code for code in asked if (known := facts.given(code)) is not None and known.state in {"missing", "faulty"}]


def _answered(facts: Facts, ended: Any) -> Facts:
    """Close the open request for what is missing."""
    closed = tuple(replace(c, ended=ended) if not c.ended else c for c in facts.corrections)
    return replace(facts, corrections=closed)


def asked_for(case: Snapshot, form: forms.Faults, context: Context) -> Changes:
    """Ask once for everything that is missing: what was asked for before needs a reason that overrides, and is counted (domain 6.2)."""
    facts: Facts = case.facts
    faults: dict[str, str] = {}
    for one in form.faults:
        code, _colon, reason = one.partition(":")
        if facts.given(code) is None:
            raise Invalid(PROBLEM, {"faults": _("There is no such material on this case.")})
        faults[code] = reason.strip()
    left_out = [m for m in facts.materials if m.core and m.state == "missing" and m.code not in faults]
    if left_out:
        raise Invalid(PROBLEM, {"faults": _("Name everything at once: these are missing, too, and were not named.")})
    again = tuple(code for code in faults if (known := facts.given(code)) is not None and known.asked)
    if again and len(form.why) < 2:
        raise Invalid(PROBLEM, {"why": AGAIN})
    for code, reason in faults.items():
        known = facts.given(code)
        if known is not None:
            faulty = known.state in {"given", "accepted", "faulty"}
            if faulty and not reason:
                raise Invalid(PROBLEM, {"faults": _("Say of each material that came what is wrong with it.")})
            facts = facts.with_material(code, state="faulty" if faulty else "missing", reason=reason, asked=known.asked + 1)
    request = Correction(at=context.at, codes=tuple(faults), again=again, why=form.why)
    facts = replace(facts, corrections=(*facts.corrections, request))
    listed = [
        {"title": m.title, "reason": m.reason, "basis": m.basis, "sample": m.sample, "missing": m.state == "missing"}
        for m in facts.materials
        if m.code in faults
    ]
    note = paper(case, context, "correction", faults=listed, days=facts.reply, why=form.why)
    return Changes(facts=facts, rows=(note,), told={"materials": [m["title"] for m in listed]})


def lapsed(case: Snapshot, form: Any, context: Context) -> Changes:
    """End what was not completed in time: it can be filed again, and what came is kept."""
    return Changes(facts=_answered(case.facts, "lapsed"), state="closed", outcome="lapsed")


# -- accepting -----------------------------------------------------------------------------------------------------------


def complete(case: Snapshot, form: Any, context: Context) -> None:
    """Refuse to accept what is not complete."""
    lacking = [m for m in case.facts.materials if m.core and m.state in {"missing", "faulty"}]
    if lacking:
        raise NotAllowedNow(_("{count} core materials are missing or faulty: ask for all of them at once."), count=len(lacking))


def accepted(case: Snapshot, form: Any, context: Context) -> Changes:
    """Accept: the limits run from here."""
    return _accepted(case, context, "full")


def accepted_by_law(case: Snapshot, form: Any, context: Context) -> Changes:
    """Take it for accepted, since nothing was asked in time (domain 7.8)."""
    return replace(_accepted(case, context, "by_law"), state="examining")


def _accepted(case: Snapshot, context: Context, how: Any, **more: Any) -> Changes:
    facts = replace(case.facts, accepted=how, **more)
    if how != "gap":
        taken = tuple(replace(m, state="accepted") if m.state == "given" else m for m in facts.materials)
        facts = replace(facts, materials=taken)
    told: dict[str, Any] = {"how": how, "statutory": facts.statutory, "promised": facts.promised, "gap_until": facts.gap_until}
    told["gaps"] = [m.title for m in facts.materials if m.state == "promised"]
    return Changes(facts=facts, rows=(paper(case, context, "acceptance", **told),))


def only_a_gap(case: Snapshot, form: forms.Gap, context: Context) -> None:
    """Refuse to accept with a gap what lacks more than non-core materials, without a promise, or until a day that is past."""
    complete(case, None, context)
    if not any(m.state in {"missing", "faulty"} for m in case.facts.materials):
        raise NotAllowedNow(_("Nothing is missing: accept it."))
    if not form.promised:
        raise Invalid(PROBLEM, {"promised": _("Without the signed promise it cannot be accepted with a gap.")})
    today = context.city.day(case.district_id, context.at)
    if not today < form.until <= today + timedelta(days=90):
        raise Invalid(PROBLEM, {"until": _("Choose a day within the next 90 days.")})


def accepted_with_gap(case: Snapshot, form: forms.Gap, context: Context) -> Changes:
    """Accept with a gap: what is missing follows by a day."""
    facts: Facts = case.facts
    open_now = tuple(replace(m, state="promised") if m.state in {"missing", "faulty"} else replace(m, state="accepted") for m in facts.materials)
    changes = _accepted(case, context, "gap", gap_until=form.until, materials=open_now)
    late = [m.title for m in facts.materials if m.state in {"missing", "faulty"}]
    promise = paper(case, context, "promise", what="gap", materials=late, until=form.until)
    return replace(changes, rows=(*changes.rows, promise))


def not_accepted(case: Snapshot, form: forms.Reasons, context: Context) -> Changes:
    """Refuse to accept, in writing, with reasons and the ways on."""
    return Changes(facts=_answered(case.facts, ""), rows=(paper(case, context, "not_accepted", reasons=form.reasons, ways=form.ways),))


# -- examining -----------------------------------------------------------------------------------------------------------


def step_done(case: Snapshot, form: forms.StepDone, context: Context) -> Changes:
    """Note that a step is done."""
    facts: Facts = case.facts
    if form.step not in facts.steps:
        raise Invalid(PROBLEM, {"step": _("This sub-item does not need that step.")})
    return Changes(facts=replace(facts, done=(*facts.done, form.step) if form.step not in facts.done else facts.done))


def special_begun(case: Snapshot, form: forms.SpecialTime, context: Context) -> Changes:
    """Begin a time outside the limit, told in writing."""
    facts: Facts = case.facts
    begun = Special(why=form.why, days=form.days, since=context.at)
    return Changes(facts=replace(facts, specials=(*facts.specials, begun)), rows=(paper(case, context, "special", why=form.why, days=form.days),))


def special_ended(case: Snapshot, form: Any, context: Context) -> Changes:
    """End it: the clocks go on."""
    facts: Facts = case.facts
    ended = tuple(replace(s, until=context.at) if s.until is None else s for s in facts.specials)
    return Changes(facts=replace(facts, specials=ended))


def reviews_due(case: Snapshot, context: Context) -> bool:
    """Return whether departments have to be asked and were not."""
    return "joint" in case.facts.steps and not any(p.kind == "review" for p in case.facts.parts)


def reviews_asked(case: Snapshot, form: Any, context: Context) -> Changes:
    """Ask every department that the sub-item names, side by side, each in a case of its own."""
    from banshi_approvals.reviews.cases import Review

    opens, parts = [], []
    for number, asked in enumerate(context.found, 1):
        key = f"review{number}"
        form = Review(whole=case.number, key=key, title=_titled(case), question=asked.question, workdays=asked.workdays, unanswered=asked.unanswered)
        opens.append(Opens(case_type="review", form=form, key=key, department_id=asked.department_id))
        parts.append(Part(key=key, kind="review", department_id=asked.department_id, asked=context.at, unanswered=asked.unanswered))
    if not opens:
        raise NotAllowedNow(_("No department of this city is named for the joint review. An administrator corrects the sub-item."))
    return Changes(facts=replace(case.facts, parts=(*case.facts.parts, *parts)), opens=tuple(opens))


def _titled(case: Snapshot) -> str:
    return case.title


def heard(case: Snapshot, form: forms.Heard, context: Context) -> Changes:
    """Take what came back from a part; the last one of a kind completes its step."""
    facts: Facts = case.facts
    parts = tuple(
        replace(
            p,
            number=form.number,
            verdict=form.verdict,
            reasons=form.reasons,
            conditions=form.conditions,
            at=context.at,
            failed=tuple(form.failed),
            by=tuple(form.by),
        )
        if p.key == form.key
        else p
        for p in facts.parts
    )
    facts = replace(facts, parts=parts)
    done: set[str] = set(facts.done)
    for kind, step in (("review", "joint"), ("inspection", "inspection"), ("panel", "experts")):
        mine = [p for p in parts if p.kind == kind and p.verdict != "cancelled"]
        if mine and all(p.verdict for p in mine):
            done.add(step)
    return Changes(facts=replace(facts, done=tuple(s for s in facts.steps if s in done)))


# -- deciding ------------------------------------------------------------------------------------------------------------


def all_there(case: Snapshot, form: Any, context: Context) -> None:
    """Refuse to go on to the decision while something is not back, not done, or promised and not there."""
    facts: Facts = case.facts
    if waiting := facts.open_parts():
        raise NotAllowedNow(_("{count} departments, inspections or panels have not answered yet."), count=len(waiting))
    missing = [s for s in facts.steps if s not in facts.done]
    if missing and not facts.by_promise:
        raise NotAllowedNow(_("Steps that this sub-item needs are not done yet: {steps}."), steps=", ".join(missing))
    owed = [m for m in facts.materials if m.state == "promised"]
    if owed and form.outcome != "refused":
        raise NotAllowedNow(_("{count} materials were promised and are not there yet: nothing can be granted without them."), count=len(owed))


def to_propose(case: Snapshot, form: Any, context: Context) -> None:
    """Refuse to propose what is not whole, and to whoever inspected the place: another pair of eyes weighs what they found."""
    all_there(case, form, context)
    if any(context.actor.person_id in p.by for p in case.facts.parts):
        raise NotAllowedNow(_("You inspected the place. A colleague weighs what you found, and proposes the decision."))


def proposed(case: Snapshot, form: forms.Proposed, context: Context) -> Changes:
    """Propose; conflicts of opinion need their own words."""
    facts: Facts = case.facts
    against = [p for p in facts.parts if p.verdict in {"disagree", "failed"}]
    if form.outcome == "granted" and any(p.kind == "inspection" for p in _latest_failed(facts)):
        raise NotAllowedNow(_("The site inspection was not passed. Have what failed inspected again, or propose to refuse."))
    if against and len(form.reasons) < 20:
        raise Invalid(PROBLEM, {"reasons": _("Opinions are divided. Say how they were weighed.")})
    return Changes(facts=replace(facts, proposal=Proposal(outcome=form.outcome, reasons=form.reasons, conditions=form.conditions)))  # type: ignore[arg-type]


def _latest_failed(facts: Facts) -> list[Part]:
    """Return the inspections that were failed and not made good by a later one."""
    inspections = [p for p in facts.parts if p.kind == "inspection" and p.verdict in {"passed", "failed"}]
    return inspections[-1:] if inspections and inspections[-1].verdict == "failed" else []


def on_the_spot(case: Snapshot, context: Context) -> bool:
    """Return whether the window examines and decides in one sitting."""
    facts: Facts = case.facts
    return (
        facts.decides == "window"
        and set(facts.steps) <= {"formal"}
        and (facts.at_once or bool(facts.priority))
        and context.actor.may(LEVELS["window"])
    )


def may_decide(case: Snapshot, context: Context) -> bool:
    """Return whether the actor decides at the level that the sub-item needs; who decides higher may decide lower."""
    order = ("window", "office", "leader")
    return any(context.actor.may(LEVELS[level]) for level in order[order.index(case.facts.decides) :])


def decided(case: Snapshot, form: forms.Decision, context: Context) -> Changes:
    """Decide: grant, grant in part, or refuse, in writing; what is granted becomes a licence."""
    facts: Facts = case.facts
    proposal = facts.proposal
    reasons = form.reasons or (proposal.reasons if proposal else "")
    conditions = form.conditions or (proposal.conditions if proposal and proposal.outcome == form.outcome else "")
    if form.outcome == "refused" and len(reasons) < 2:
        raise Invalid(PROBLEM, {"reasons": _("A refusal says why.")})
    if form.outcome == "granted_in_part" and len(conditions) < 2:
        raise Invalid(PROBLEM, {"conditions": _("Say what is left out, or under which conditions it is granted.")})
    if proposal is not None and form.outcome != proposal.outcome and len(form.reasons) < 2:
        raise Invalid(PROBLEM, {"reasons": _("You decide otherwise than was proposed. Say why.")})
    told: dict[str, Any] = {"reasons": reasons, "conditions": conditions}
    rows: list[Put] = []
    if form.outcome != "refused":
        granted = granting.granted(case, context, holder(case, context), conditions)
        rows += granted.rows
        facts = replace(facts, licence=granted.number)
        told["licence"] = granted.number
    elif facts.licence:  # decided again after an appeal: what was granted in part is gone
        rows += granting.taken(case, context)
    said = {"outcome": form.outcome, "renews": facts.renews, "licence": facts.licence if form.outcome != "refused" else ""}
    rows.insert(0, paper(case, context, "decision", reasons=reasons, conditions=conditions, **said))
    opens = (_promise_check(case, facts.licence),) if form.outcome != "refused" and facts.by_promise else ()
    return Changes(facts=facts, outcome=form.outcome, rows=tuple(rows), told=told, opens=opens)


def _promise_check(case: Snapshot, number: str) -> Opens:
    """Return the check that follows a grant on a promise."""
    from banshi_approvals.licences.checks import Check

    return Opens(case_type="check", form=Check(licence=number, why="promise"), key="promise", department_id=case.department_id, tie="follow_up")


async def open_parts(db: Any, case: Snapshot, form: Any, context: Context) -> list[str]:
    """Read the numbers of the cases in which parts of the work still go on."""
    return [r.number for r in await toolkit.family(db, case.id) if r.tie == "part_of" and r.closed is None]


def withdrawn(case: Snapshot, form: Any, context: Context) -> Changes:
    """End it as the applicant wishes; parts that are still open end with it."""
    return Changes(facts=_answered(case.facts, "withdrawn"), tells=tuple(Tells(number=n, action="cancel") for n in context.found))


def moved(case: Snapshot, form: forms.Moved, context: Context) -> Changes:
    """Give it to the department that a reform names; whoever had it there has it no more."""
    department = context.city.department(form.department)
    return Changes(department_id=department.id, assignee_id=None, facts=replace(case.facts, moved=form.basis), told={"to": department.code})


def abolished(case: Snapshot, form: forms.Abolished, context: Context) -> Changes:
    """End what was abolished; parts that are still open end with it."""
    return Changes(facts=_answered(case.facts, ""), tells=tuple(Tells(number=n, action="cancel") for n in context.found))


def assigned(case: Snapshot, form: forms.Assignment, context: Context) -> Changes:
    """Give it to another officer of the department."""
    found = context.city.officer(form.officer)
    if found is None or found.department_id != context.actor.department_id:
        raise Invalid(PROBLEM, {"officer": _("Choose an officer of your department.")})
    return Changes(assignee_id=found.id)
