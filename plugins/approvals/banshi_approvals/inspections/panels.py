"""What stands of inspections on a case's page: for staff with pictures, for the applicant without."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from banshi import Panel, PanelContext, toolkit, translator
from banshi_approvals.catalogue.content import say
from banshi_approvals.inspections import forms
from banshi_approvals.inspections.facts import Facts
from banshi_approvals.inspections.scoring import Score

_ = translator("banshi_approvals")

STATES = {"planned": _("Planned"), "passed": _("Passed"), "failed": _("Not passed"), "cancelled": _("Called off")}
INSPECTION = "approvals.inspection"


class Failed(msgspec.Struct, frozen=True, kw_only=True):
    """What was not met: the item, its rule, what was found, the pictures of it."""

    code: str
    text: str
    rule: str
    remark: str
    key: bool
    pictures: tuple[str, ...] = ()


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One inspection."""

    number: str
    href: str
    state: str
    result: str
    title: str
    version: int
    check: str
    day: str
    again: bool
    score: Score | None
    share: str
    reasons: str
    failed: tuple[Failed, ...]
    officers: tuple[str, ...] = ()
    declined: str = ""
    ties: int = 0
    answered: int = 0
    total: int = 0


async def at_desk(context: PanelContext) -> Mapping[str, Any] | None:
    """Read the inspections of an application, or the one whose page it is."""
    case = context.case
    if case is None:
        return None
    if isinstance(case.facts, Facts):
        lines = [await _line(context, case.number, case.state, case.outcome, case.facts, staff=True)]
        return {"lines": lines, "special": "", "single": True, "items": ""}
    lines = [await _of_row(context, row, staff=True) for row in await _rows(context)]
    if not lines:
        return None
    running = case.state == "examining" and any(line.state == "planned" for line in lines)
    special = f"/desk/case/{toolkit.show_number(case.number)}?do=begin_special#do" if running else ""
    items = f"/d/{context.district}/approvals/desk/items" if context.actor.may("approvals.examine") else ""
    return {"lines": lines, "special": special, "single": False, "items": items}


async def in_portal(context: PanelContext) -> Mapping[str, Any] | None:
    """Read them for the applicant: when somebody comes, how it came out, and what to mend."""
    lines = [await _of_row(context, row, staff=False) for row in await _rows(context)]
    return {"lines": lines} if lines else None


async def _rows(context: PanelContext) -> Sequence[Any]:
    case = context.case
    return [r for r in await toolkit.family(context.db, case.id) if r.case_type == INSPECTION] if case is not None else []


async def _of_row(context: PanelContext, row: Any, *, staff: bool) -> Line:
    return await _line(context, row.number, row.state, row.outcome, msgspec.convert(row.facts, Facts), staff=staff)


async def _line(context: PanelContext, number: str, state: str, outcome: str | None, facts: Facts, *, staff: bool) -> Line:
    known = await forms.version(context.db, facts.form, facts.version)
    language: Any = context.language
    shown, score, signed = toolkit.show_number(number), facts.score, facts.signed
    address = f"/desk/case/{shown}"
    failed = []
    for code in score.failed if score is not None else ():
        item = known.form.item(code) if known is not None else None
        answer = facts.answer(code)
        failed.append(
            Failed(
                code=code,
                text=say(item.text, language) if item is not None else code,
                rule=say(item.rule, language) if item is not None and item.rule else "",
                remark=answer.remark if answer is not None else "",
                key=item is not None and item.key,
                pictures=tuple(f"{address}/files/{d}" for d in facts.shown(code)) if staff else (),
            )
        )
    return Line(
        number=shown,
        href=address,
        state=outcome if outcome in STATES else state,
        result=toolkit.say(STATES.get(outcome or state, STATES["planned"]), language),
        title=say(facts.title, language),
        version=facts.version,
        check=f"/d/{context.district}/approvals/self-check/{facts.form}",
        day=toolkit.say_date(facts.day, language) if facts.day else "",
        again=bool(facts.items),
        score=score,
        share=f"{score.share:.1f}" if score is not None and score.share is not None else "",
        reasons=facts.reasons,
        failed=tuple(failed),
        officers=signed.officers if signed is not None and staff else (),
        declined=signed.declined if signed is not None else "",
        ties=len(facts.relations) if staff else 0,
        answered=len(facts.answers),
        total=len(forms.chosen(known.form, facts.items)) if known is not None else 0,
    )


PANELS = (
    Panel(
        name="inspections",
        title=_("Site inspection"),
        place="desk.case",
        template="approvals/inspections/panel.html",
        read=at_desk,
        case_types=("application", "inspection"),
        needs="approvals.read",
        order=40,
    ),
    Panel(
        name="inspections_told",
        title=_("Site inspection"),
        place="portal.case",
        template="approvals/inspections/panel_portal.html",
        read=in_portal,
        case_types=("application",),
        order=40,
    ),
)
