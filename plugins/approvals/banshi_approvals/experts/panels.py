"""What stands of a panel of experts on a case's page.

Staff see everything. The applicant sees how it came out and why; who the experts were, once the application is decided: until then nobody can be
talked to, and afterwards everybody can see who judged (docs/decisions.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from banshi import Panel, PanelContext, toolkit, translator
from banshi_approvals.experts import pool
from banshi_approvals.experts.facts import Facts, Result

_ = translator("banshi_approvals")

PANEL = "approvals.panel"
STATES = {"scoring": _("The experts score"), "passed": _("Passed"), "failed": _("Not passed"), "cancelled": _("Called off")}
OPINIONS = {"agree": _("For it"), "disagree": _("Against it")}


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Who sat where, and what they gave."""

    seat: int
    name: str
    employer: str = ""
    total: str = ""
    opinion: str = ""
    reasons: str = ""
    minority: bool = False


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One panel."""

    number: str
    href: str
    state: str
    result: str
    field: str
    pass_at: int
    given: int
    seats: int
    members: tuple[Member, ...]
    minority: tuple[str, ...] = ()
    outcome: Result | None = None
    conflicts: int = 0
    empty: int = 0


async def at_desk(context: PanelContext) -> Mapping[str, Any] | None:
    """Read the panels of an application, or the one whose page it is."""
    case = context.case
    if case is None:
        return None
    if isinstance(case.facts, Facts):
        return {"lines": [await line(context, case.number, case.state, case.outcome, case.facts, names=True)], "single": True, "pool": ""}
    found = [r for r in await toolkit.family(context.db, case.id) if r.case_type == PANEL]
    lines = [await line(context, r.number, r.state, r.outcome, msgspec.convert(r.facts, Facts), names=True) for r in found]
    kept = f"/d/{context.district}/approvals/desk/experts" if context.actor.may("approvals.experts") else ""
    return {"lines": lines, "single": False, "pool": kept} if lines else None


async def in_portal(context: PanelContext) -> Mapping[str, Any] | None:
    """Read them for the applicant."""
    case = context.case
    if case is None:
        return None
    found = [r for r in await toolkit.family(context.db, case.id) if r.case_type == PANEL and r.state != "cancelled"]
    names = case.closed is not None
    lines = [await line(context, r.number, r.state, r.outcome, msgspec.convert(r.facts, Facts), names=names) for r in found]
    return {"lines": lines, "names": names} if lines else None


async def owed(context: PanelContext) -> Mapping[str, Any] | None:
    """Read what an expert who is signed in still owes a sheet."""
    if context.actor.person_id is None:
        return None
    rows = await pool.owed_by(context.db, context.actor.person_id)
    base = f"/d/{context.district}/approvals/my-panels"
    return {"rows": [(f"{base}/{toolkit.show_number(r.number)}", r.title) for r in rows]} if rows else None


async def line(context: Any, number: str, state: str, outcome: str | None, facts: Facts, *, names: bool) -> Line:
    """Return a panel as it is shown, with names or without."""
    language: Any = context.language
    shown = toolkit.show_number(number)
    known = await pool.named(context.db, facts.sitting()) if names else {}
    result = facts.result
    members = []
    for seat in facts.seats:
        sheet, expert = facts.sheet(seat.expert), known.get(seat.expert)
        members.append(
            Member(
                seat=seat.number,
                name=expert.name if expert is not None else "",
                employer=expert.employer if expert is not None else "",
                total=f"{float(sheet.total()):.1f}" if sheet is not None else "",
                opinion=toolkit.say(OPINIONS[sheet.opinion], language) if sheet is not None else "",
                reasons=sheet.reasons if sheet is not None else "",
                minority=result is not None and seat.expert in result.minority,
            )
        )
    return Line(
        number=shown,
        href=f"/d/{context.district}/approvals/desk/panel/{shown}",
        state=outcome if outcome in STATES else state,
        result=toolkit.say(STATES.get(outcome or state, STATES["scoring"]), language),
        field=facts.lots[-1].field if facts.lots else "",
        pass_at=facts.pass_at,
        given=len(facts.sheets),
        seats=len(facts.seats),
        members=tuple(members),
        minority=tuple(m.reasons for m in members if m.minority and m.reasons),
        outcome=result,
        conflicts=len(facts.conflicts),
        empty=facts.empty(),
    )


PANELS = (
    Panel(
        name="experts",
        title=_("Experts"),
        place="desk.case",
        template="approvals/experts/panel.html",
        read=at_desk,
        case_types=("application", "panel"),
        needs="approvals.read",
        order=50,
    ),
    Panel(name="experts_owed", title=_("Panels that wait for your sheet"), place="portal.home", template="approvals/experts/owed.html", read=owed),
    Panel(
        name="experts_told",
        title=_("Experts"),
        place="portal.case",
        template="approvals/experts/panel_portal.html",
        read=in_portal,
        case_types=("application",),
        order=50,
    ),
)
