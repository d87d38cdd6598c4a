"""What the actions of a panel change, and what they refuse. Pure functions of the case, the form, and the pool that was read."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from banshi import Ask, Changes, Context, Invalid, NotAllowedNow, Option, Put, Snapshot, Tells, translator
from banshi_approvals.application import keeping
from banshi_approvals.application.forms import Heard
from banshi_approvals.experts import lot
from banshi_approvals.experts import pool as pools
from banshi_approvals.experts.facts import Conflict, Facts, Lot, Opinion, Seat, Sheet, Tie, judged
from banshi_approvals.models import panel_seat

_ = translator("banshi_approvals")
replace = msgspec.structs.replace

PROBLEM = _("Some answers need your attention.")
TOO_FEW = _(
    "{count} experts of the field “{field}” can be drawn, and {number} are needed; {excluded} more have a conflict. Choose another field, "
    "add experts to the pool, or ask another city for its panel and add the experts it names."
)
EMPTY = _(
    "{count} seats are empty: everybody whom the lot gave has a conflict. Draw from another field, add experts to the pool and draw again, "
    "or ask another city for its panel and add the experts it names."
)
TIES = (
    Option("employment", _("Works, or worked in the last three years, for the applicant")),
    Option("relative", _("Related to the applicant or to somebody who runs the place")),
    Option("interest", _("Has money in it, or competes with it")),
    Option("advised", _("Advised the applicant on this")),
    Option("other", _("Another reason for doubt")),
)
OPINIONS = (Option("agree", _("For it")), Option("disagree", _("Against it")))


class Tied(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An expert's conflict of interest."""

    expert: Annotated[str, msgspec.Meta(max_length=40), Ask(label=_("Number of the expert"))]
    tie: Annotated[Tie, Ask(label=_("What ties the expert to the applicant?"), options=TIES)]
    told: Annotated[str, msgspec.Meta(max_length=500), Ask(label=_("In a sentence"), rows=2)] = ""


class Wider(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From which field the empty seats are drawn."""

    field: Annotated[str, msgspec.Meta(min_length=1, max_length=60), Ask(label=_("Field"))]


class Scored(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scoring sheet: ``criterion:points`` (0 to 100), the opinion, and what it rests on."""

    expert: Annotated[str, msgspec.Meta(max_length=40), Ask(label=_("Number of the expert"))]
    points: Annotated[list[str], msgspec.Meta(min_length=1, max_length=20), Ask(label=_("Points"), hint=_("criterion:points, from 0 to 100"))]
    opinion: Annotated[Opinion, Ask(label=_("Opinion"), options=OPINIONS)]
    reasons: Annotated[str, msgspec.Meta(max_length=2000), Ask(label=_("Reasons"), hint=_("Needed where the expert is against it"), rows=4)] = ""


class Summary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the panel says together; the applicant reads it."""

    reasons: Annotated[
        str,
        msgspec.Meta(min_length=2, max_length=2000),
        Ask(label=_("What the panel says"), hint=_("The applicant reads it. Name no expert; say what the minority holds, too"), rows=5),
    ]


class CalledOff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why the panel does not go on."""

    why: Annotated[str, msgspec.Meta(min_length=2, max_length=500), Ask(label=_("Why the panel does not go on"), rows=3)]


def untied(case: Snapshot, form: Any, context: Context) -> None:
    """Refuse the applicant themself, and whoever is kept from the application."""
    if context.actor.person_id is not None and context.actor.person_id in case.facts.kept:
        raise NotAllowedNow(_("You are kept from this application: somebody else is the panel's secretary."))


def seat_row(expert: str, state: str, context: Context) -> Put:
    """Return the row by which an expert finds the panel."""
    return Put(table=panel_seat, values={"expert": expert, "state": state, "at": context.at}, on=("case_id", "expert"), case="case_id")


def spare(facts: Facts) -> list[str]:
    """Return who is next in the lots, in their order: those who have had no seat yet."""
    had = {*facts.sitting(), *(c.expert for c in facts.conflicts)}
    return [code for one in facts.lots for code in lot.draw(one.seed, one.candidates) if code not in had]


def conflicted(case: Snapshot, form: Tied, context: Context) -> Changes:
    """Take the seat from an expert in conflict, and give it to the next of the lot; all of it is recorded."""
    facts: Facts = case.facts
    seat = next((s for s in facts.seats if s.expert == form.expert), None)
    if seat is None:
        raise Invalid(PROBLEM, {"expert": _("This expert has no seat on this panel.")})
    if form.tie == "other" and len(form.told) < 2:
        raise Invalid(PROBLEM, {"told": _("Say what the doubt is.")})
    follower = next(iter(spare(facts)), "")
    by = context.actor.staff_number or "expert"
    conflict = Conflict(expert=form.expert, seat=seat.number, tie=form.tie, told=form.told, by=by, at=context.at, follower=follower)
    seats = tuple(replace(s, expert=follower) if s.number == seat.number else s for s in facts.seats)
    sheets = tuple(s for s in facts.sheets if s.expert != form.expert)  # what somebody in conflict gave does not count; its event stays
    rows = [seat_row(form.expert, "conflict", context), *([seat_row(follower, "seated", context)] if follower else [])]
    told = {"seat": seat.number, "follower": follower}
    return Changes(facts=replace(facts, seats=seats, conflicts=(*facts.conflicts, conflict), sheets=sheets), rows=tuple(rows), told=told)


async def another_pool(db: Any, case: Snapshot, form: Wider, context: Context) -> pools.Pool:
    """Read who of that field can be drawn for this application's holder."""
    whole = await keeping.whole(db, case.data["whole"])
    holder = keeping.holder(whole.data, context.vault) if whole is not None else ""
    return await pools.free(db, form.field, context.city.day(case.district_id, context.at), holder, whole.applicant_id if whole is not None else None)


def widened(case: Snapshot, form: Wider, context: Context) -> Changes:
    """Draw the empty seats from a field, with a seed of its own."""
    facts: Facts = case.facts
    if not facts.empty():
        raise NotAllowedNow(_("Every seat is taken."))
    pool: pools.Pool = context.found
    had = {code for one in facts.lots for code in one.candidates}
    fresh = tuple(c for c in pool.candidates if c not in had)
    if len(fresh) < facts.empty():
        raise NotAllowedNow(TOO_FEW, count=len(fresh), field=form.field, number=facts.empty(), excluded=len(pool.excluded))
    drawn = Lot(field=form.field, seed=lot.new_seed(), candidates=fresh, excluded=pool.excluded, at=context.at)
    coming = iter(lot.draw(drawn.seed, fresh))
    seats = tuple(s if s.expert else replace(s, expert=next(coming)) for s in facts.seats)
    new = [s.expert for s, before in zip(seats, facts.seats, strict=True) if not before.expert]
    rows = tuple(seat_row(code, "seated", context) for code in new)
    return Changes(facts=replace(facts, lots=(*facts.lots, drawn), seats=seats), rows=rows, told={"experts": new})


def scored(case: Snapshot, form: Scored, context: Context) -> Changes:
    """Take a sheet: from the expert, or from the secretary who copies the signed one."""
    facts: Facts = case.facts
    if form.expert not in facts.sitting():
        raise Invalid(PROBLEM, {"expert": _("This expert has no seat on this panel.")})
    entered = context.actor.staff_number or "expert"
    there = facts.sheet(form.expert)
    if there is not None and there.entered != entered:
        raise NotAllowedNow(_("The sheet of this expert is there already. Only who entered it corrects it."))
    points = _points(facts, form.points)
    if form.opinion == "disagree" and len(form.reasons) < 2:
        raise Invalid(PROBLEM, {"reasons": _("Who is against it says why.")})
    sheet = Sheet(expert=form.expert, points=points, opinion=form.opinion, reasons=form.reasons, entered=entered, at=context.at)
    rest = tuple(s for s in facts.sheets if s.expert != form.expert)
    return Changes(facts=replace(facts, sheets=(*rest, sheet)), rows=(seat_row(form.expert, "scored", context),), told={"entered": entered})


def _points(facts: Facts, told: list[str]) -> dict[str, int]:
    wanted = [c.value for c in facts.criteria]
    given: dict[str, int] = {}
    for one in told:
        code, _colon, points = one.rpartition(":")
        if code not in wanted or not points.isascii() or not points.isdigit() or len(points) > 3 or int(points) > 100:
            raise Invalid(PROBLEM, {"points": _("Give each criterion a whole number from 0 to 100.")})
        given[code] = int(points)
    if any(c not in given for c in wanted):
        raise Invalid(PROBLEM, {"points": _("Some criteria have no points yet.")})
    return {code: given[code] for code in wanted}


def complete(case: Snapshot, form: Any, context: Context) -> None:
    """Refuse to end a panel with an empty seat, or without every sheet."""
    untied(case, form, context)
    facts: Facts = case.facts
    if facts.empty():
        raise NotAllowedNow(EMPTY, count=facts.empty())
    if missing := [code for code in facts.sitting() if facts.sheet(code) is None]:
        raise NotAllowedNow(_("{count} experts have not given their sheets yet: {experts}."), count=len(missing), experts=", ".join(missing))


def concluded(case: Snapshot, form: Summary, context: Context) -> Changes:
    """Work out the result, keep the minority, and tell the application."""
    facts: Facts = case.facts
    result = judged(facts.sheets, facts.pass_at, form.reasons)
    verdict: Any = "passed" if result.passed else "failed"
    heard = Heard(key=case.data["key"], number=case.number, verdict=verdict, reasons=form.reasons)
    told = {"mean": result.mean, "spread": result.spread, "minority": list(result.minority)}
    return Changes(
        facts=replace(facts, result=result),
        outcome=verdict,
        rows=tuple(seat_row(code, "closed", context) for code in facts.sitting()),
        tells=(Tells(number=case.data["whole"], action="hear", form=heard),),
        told=told,
    )


def called_off(case: Snapshot, form: CalledOff, context: Context) -> Changes:
    """End it without a result, and tell the application: another panel can be called."""
    heard = Heard(key=case.data["key"], number=case.number, verdict="cancelled", reasons=form.why)
    return Changes(tells=(Tells(number=case.data["whole"], action="hear", form=heard),))


def seated(order: tuple[str, ...], number: int) -> tuple[Seat, ...]:
    """Return the seats as the lot gives them."""
    return tuple(Seat(number=n, expert=order[n - 1] if n <= len(order) else "") for n in range(1, number + 1))
