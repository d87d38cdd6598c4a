"""What the actions of an inspection change, and what they refuse. Pure functions of the case, the form, and the inspection form that was read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import msgspec

from banshi import Ask, Changes, Context, Invalid, NotAllowedNow, Option, Personal, Put, Snapshot, Tells, translator
from banshi_approvals.application.forms import Heard
from banshi_approvals.inspections import forms, scoring
from banshi_approvals.inspections.content import Item
from banshi_approvals.inspections.facts import Answer, Evidence, Facts, Relation, Signed, Tie
from banshi_approvals.models import inspection_finding
from banshi_approvals.roles import INSPECT, ROLES

_ = translator("banshi_approvals")
replace = msgspec.structs.replace

PROBLEM = _("Some answers need your attention.")
ANSWER = re.compile(r"(?P<code>[\w.-]{1,20}):(?P<finding>met|not|na)(?:@(?P<at>\S{1,40}))?(?:\s(?P<remark>.*))?", re.DOTALL)
LONGEST_REMARK = 500
FURTHEST = timedelta(days=90)
INSPECTORS = frozenset(f"approvals.{role.name}" for role in ROLES if INSPECT in role.permissions)
TIES = (
    Option("relative", _("I am related to the applicant or to somebody who runs the place")),
    Option("employment", _("I work, or worked in the last three years, for the applicant")),
    Option("interest", _("I have money in it, or owe them something")),
    Option("other", _("Another tie that could make people doubt")),
)


class Answers(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was found: ``code:met``, ``code:not`` or ``code:na``, then ``@`` and the moment at which the device noted it, then a remark."""

    answers: Annotated[
        list[str],
        msgspec.Meta(min_length=1, max_length=300),
        Ask(label=_("What was found"), hint=_("code:met, code:not or code:na; a remark may follow after a blank")),
    ]


class Shown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pictures (ids of documents on the case) that show an item."""

    item: Annotated[str, msgspec.Meta(max_length=20), Ask(label=_("Item"))]
    documents: Annotated[list[int], msgspec.Meta(min_length=1, max_length=20), Ask(label=_("Pictures"))]


class Declared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tie to the applicant."""

    tie: Annotated[Tie, Ask(label=_("What ties you to the applicant?"), options=TIES)]
    told: Annotated[str, msgspec.Meta(max_length=500), Ask(label=_("In a sentence"), rows=2)] = ""


class Planned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another day, and why."""

    day: Annotated[date, Ask(label=_("Day of the inspection"))]
    why: Annotated[str, msgspec.Meta(min_length=2, max_length=500), Ask(label=_("Why another day"), rows=2)]


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who inspects from now on."""

    officer: Annotated[str, Ask(label=_("Inspector"), picks="officer")]


class CalledOff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why it does not take place."""

    why: Annotated[str, msgspec.Meta(min_length=2, max_length=500), Ask(label=_("Why it does not take place"), rows=3)]


class Conclusion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of an inspection: who signs, and that nothing ties the inspectors to the applicant."""

    inspector: Annotated[str, msgspec.Meta(min_length=2, max_length=60), Personal("name"), Ask(label=_("Your name, as your signature"))]
    second: Annotated[str, msgspec.Meta(max_length=20), Ask(label=_("Staff number of the second inspector"))] = ""
    free: Annotated[bool, Ask(label=_("I declare that nothing ties the inspectors to the applicant"))] = False
    on_site: Annotated[str, msgspec.Meta(max_length=60), Personal("name"), Ask(label=_("Name of the person on site, as their signature"))] = ""
    confirmed: Annotated[bool, Ask(label=_("The person on site has read everything and signs it"))] = False
    declined: Annotated[str, msgspec.Meta(max_length=500), Ask(label=_("If the person on site does not sign: why"), rows=2)] = ""
    reasons: Annotated[
        str, msgspec.Meta(max_length=2000), Ask(label=_("What the result rests on"), hint=_("Needed where nothing on the form applied"), rows=4)
    ] = ""


async def form_of(db: Any, case: Snapshot, form: Any, context: Context) -> forms.Version | None:
    """Read the version of the form on which this inspection was begun, however many came after it."""
    return await forms.version(db, case.facts.form, case.facts.version)


def looked_at(case: Snapshot, context: Context) -> list[Item]:
    """Return the items of this inspection."""
    return list(forms.chosen(context.found.form, case.facts.items)) if context.found is not None else []


# -- who may -----------------------------------------------------------------------------------------------------------------


def untied(case: Snapshot, form: Any, context: Context) -> None:
    """Refuse the applicant themself, and whoever is kept from the application: an inspection has no applicant of its own."""
    if context.actor.person_id is not None and context.actor.person_id in case.facts.kept:
        raise NotAllowedNow(_("You are kept from this application: somebody else inspects it."))


def inspector(context: Context, number: str, kept: Any) -> Any:
    """Return the officer of that number who can inspect; Invalid where nobody of that number can, or they are kept from it."""
    found = context.city.officer(number)
    if found is None:
        raise Invalid(PROBLEM, {"officer": _("Nobody has this staff number.")})
    if not INSPECTORS & set(found.roles):
        raise Invalid(PROBLEM, {"officer": _("This officer's post does not carry the right to inspect.")})
    if found.person_id in kept:
        raise Invalid(PROBLEM, {"officer": _("This officer is the applicant, or is kept from the application.")})
    return found


def given(case: Snapshot, form: Given, context: Context) -> Changes:
    """Give it to another inspector of the department."""
    found = inspector(context, form.officer, {*case.facts.kept, *case.recused})
    if found.department_id != case.department_id:
        raise Invalid(PROBLEM, {"officer": _("Choose an officer of your department.")})
    return Changes(assignee_id=found.id)


def recused(case: Snapshot, form: Declared, context: Context) -> Changes:
    """Keep whoever declares a tie from the inspection: it waits for another inspector."""
    if form.tie == "other" and len(form.told) < 2:
        raise Invalid(PROBLEM, {"told": _("Say what ties you to the applicant.")})
    person = context.actor.person_id
    facts: Facts = case.facts
    declared = Relation(by=context.actor.staff_number, tie=form.tie, told=form.told, at=context.at)
    kept = case.recused if person is None or person in case.recused else (*case.recused, person)
    mine = case.assignee_id is not None and case.assignee_id == context.actor.post_id
    return Changes(facts=replace(facts, relations=(*facts.relations, declared)), recused=kept, assignee_id=None if mine else msgspec.UNSET)


# -- what is found -----------------------------------------------------------------------------------------------------------


def answered(case: Snapshot, form: Answers, context: Context) -> Changes:
    """Take answers item by item, the newer one of each: two telephones on one inspection do not lose each other's."""
    facts: Facts = case.facts
    known = {item.code for item in looked_at(case, context)}
    held = {a.code: a for a in facts.answers}
    for one in form.answers:
        coming = read_answer(one, context)
        if coming.code not in known:
            raise Invalid(PROBLEM, {"answers": _("There is no such item on this form, or it is not inspected again.")})
        there = held.get(coming.code)
        if there is None or coming.at >= there.at:
            held[coming.code] = coming
    order = [i.code for i in looked_at(case, context)]
    return Changes(facts=replace(facts, answers=tuple(held[c] for c in order if c in held)))


def read_answer(text: str, context: Context) -> Answer:
    """Return one answer as it came; a clock that is ahead of ours does not win for it. Raises Invalid for what is none."""
    found = ANSWER.fullmatch(text.strip())
    remark = (found["remark"] or "").strip() if found else ""
    if found is None or len(remark) > LONGEST_REMARK:
        raise Invalid(PROBLEM, {"answers": _("Choose met, not met, or does not apply; a remark has at most 500 characters.")})
    return Answer(code=found["code"], finding=found["finding"], remark=remark, at=_noted(found["at"], context.at), by=context.actor.staff_number)  # type: ignore[arg-type]


def _noted(told: str | None, now: datetime) -> datetime:
    if not told:
        return now
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        raise Invalid(PROBLEM, {"answers": _("The moment of an answer is not in the right form.")}) from None
    return min(at if at.tzinfo else at.replace(tzinfo=UTC), now)


def shown(case: Snapshot, form: Shown, context: Context) -> Changes:
    """Put pictures to an item."""
    facts: Facts = case.facts
    if form.item not in {i.code for i in looked_at(case, context)}:
        raise Invalid(PROBLEM, {"item": _("There is no such item on this form, or it is not inspected again.")})
    all_ = tuple(dict.fromkeys((*facts.shown(form.item), *form.documents)))
    rest = tuple(e for e in facts.evidence if e.code != form.item)
    return Changes(facts=replace(facts, evidence=(*rest, Evidence(code=form.item, documents=all_))))


def planned(case: Snapshot, form: Planned, context: Context) -> Changes:
    """Move it to another day."""
    soon(form.day, context, case.district_id)
    return Changes(facts=replace(case.facts, day=form.day))


def soon(day: date, context: Context, district_id: int) -> None:
    """Refuse a day that is past, or too far away."""
    today = context.city.day(district_id, context.at)
    if not today <= day <= today + FURTHEST:
        raise Invalid(PROBLEM, {"day": _("Choose a day from today on, within the next 90 days.")})


# -- the end -----------------------------------------------------------------------------------------------------------------


def whole(case: Snapshot, form: Conclusion, context: Context) -> None:
    """Refuse to end what is not whole: an item without an answer, a finding without its words, a signature that is missing."""
    untied(case, form, context)
    facts: Facts = case.facts
    items = looked_at(case, context)
    if waiting := [i.code for i in items if facts.answer(i.code) is None]:
        raise NotAllowedNow(_("{count} items have no answer yet: {items}."), count=len(waiting), items=_listed(waiting))
    bare = [i.code for i in items if (a := facts.answer(i.code)) is not None and _needs_words(i, a.finding) and not a.remark]
    if bare:
        raise NotAllowedNow(_("Write what you found where something is not met, or why a key item does not apply: {items}."), items=_listed(bare))
    problems: dict[str, Any] = {}
    if not form.free:
        problems["free"] = _("Whoever is tied to the applicant does not inspect. Declare the tie instead, and a colleague takes over.")
    if not form.declined and not (form.on_site and form.confirmed):
        problems["confirmed" if form.on_site else "on_site"] = _("The person on site signs with name and confirmation; if they do not, say why.")
    if form.second:
        other = context.city.officer(form.second)
        if other is None or other.person_id == context.actor.person_id or not INSPECTORS & set(other.roles):
            problems["second"] = _("The second inspector is another officer with the right to inspect.")
        elif other.person_id in {*case.facts.kept, *case.recused}:
            problems["second"] = _("This officer is the applicant, or is kept from the application.")
    if scoring.score(items, _found(facts), context.found.form.pass_at).empty and len(form.reasons) < 10:
        problems["reasons"] = _("Nothing on the form applied. Say in a sentence on what the result rests.")
    if problems:
        raise Invalid(PROBLEM, problems)


def _needs_words(item: Item, finding: scoring.Finding) -> bool:
    return finding == "not" or (finding == "na" and item.key)


def concluded(case: Snapshot, form: Conclusion, context: Context) -> Changes:
    """Score it, keep who signed, and tell the application; what was found on each item goes where it is counted."""
    facts: Facts = case.facts
    items = looked_at(case, context)
    result = scoring.score(items, _found(facts), context.found.form.pass_at)
    second = context.city.officer(form.second) if form.second else None
    seal = context.vault.seal
    signed = Signed(
        inspector=seal(form.inspector, "inspection.inspector"),
        officers=(context.actor.staff_number, *([form.second] if second else [])),
        on_site=seal(form.on_site, "inspection.on_site") if form.on_site else "",
        declined=form.declined,
        at=context.at,
    )
    people = [p for p in (context.actor.person_id, second.person_id if second else None) if p is not None]
    verdict: Any = "passed" if result.passed else "failed"
    heard = Heard(key=case.data["key"], number=case.number, verdict=verdict, reasons=form.reasons, failed=list(result.failed), by=people)
    return Changes(
        facts=replace(facts, score=result, reasons=form.reasons, signed=signed),
        outcome=verdict,
        rows=tuple(_counted(case, facts, item, context) for item in items),
        tells=(Tells(number=case.data["whole"], action="hear", form=heard),),
        told={"passed": result.passed, "failed": list(result.failed)},
    )


def _counted(case: Snapshot, facts: Facts, item: Item, context: Context) -> Put:
    answer = facts.answer(item.code)
    values = {"district_id": case.district_id, "form": facts.form, "version": facts.version, "item": item.code, "again": bool(facts.items)}
    values |= {"finding": answer.finding if answer else "not", "day": context.city.day(case.district_id, context.at)}
    return Put(table=inspection_finding, values=values, on=("case_id", "item"), case="case_id")


def called_off(case: Snapshot, form: CalledOff, context: Context) -> Changes:
    """Call it off, and tell the application."""
    heard = Heard(key=case.data["key"], number=case.number, verdict="cancelled", reasons=form.why)
    return Changes(tells=(Tells(number=case.data["whole"], action="hear", form=heard),))


def _found(facts: Facts) -> dict[str, scoring.Finding]:
    return {a.code: a.finding for a in facts.answers}


def _listed(codes: list[str]) -> str:
    return ", ".join(codes[:10]) + (" …" if len(codes) > 10 else "")
