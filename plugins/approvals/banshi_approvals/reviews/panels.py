"""The opinions of a joint review side by side; where they contradict each other, words say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from banshi import Panel, PanelContext, toolkit, translator
from banshi_approvals.application.facts import Part

_ = translator("banshi_approvals")

VERDICTS = {
    "agree": _("Agreed"),
    "agree_if": _("Agreed, with conditions"),
    "disagree": _("Not agreed"),
    "deemed": _("Taken for agreed: no answer in time"),
    "cancelled": _("No longer needed"),
}
WAITING = {
    "agree": _("No answer yet; silence will count as agreed"),
    "escalate": _("No answer yet; when it is late its superior is told"),
    "block": _("No answer yet; nothing is decided without it"),
}
FOR = {"agree", "agree_if", "deemed"}


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A department's opinion; ``against`` names the departments that it contradicts."""

    department: str
    verdict: str
    reasons: str
    conditions: str
    at: str
    against: str = ""


async def beside(context: PanelContext) -> Mapping[str, Any] | None:
    """Read the opinions, as the application heard them."""
    case = context.case
    parts = [p for p in case.facts.parts if p.kind == "review"] if case is not None else []
    if not parts:
        return None
    for_, against = [p for p in parts if p.verdict in FOR], [p for p in parts if p.verdict == "disagree"]
    rows = []
    for part in parts:
        others = (against if part.verdict in FOR else for_ if part.verdict == "disagree" else []) if for_ and against else []
        rows.append(_row(context, part, others))
    return {"rows": rows, "divided": bool(for_ and against)}


def _row(context: PanelContext, part: Part, others: Sequence[Part]) -> Row:
    language: Any = context.language
    said = VERDICTS.get(part.verdict) or WAITING[part.unanswered]
    return Row(
        department=_named(context, part),
        verdict=toolkit.say(said, language),
        reasons=part.reasons,
        conditions=part.conditions,
        at=toolkit.say_moment(part.at or part.asked, context.zone, language, context.at),
        against=("、" if language == "zh" else ", ").join(_named(context, o) for o in others),
    )


def _named(context: PanelContext, part: Part) -> str:
    return context.city.department(part.department_id).say(context.language) if part.department_id is not None else ""


PANELS = (
    Panel(
        name="opinions",
        title=_("Joint review"),
        place="desk.case",
        template="approvals/reviews/panel.html",
        read=beside,
        case_types=("application",),
        needs="approvals.read",
        order=30,
    ),
)
