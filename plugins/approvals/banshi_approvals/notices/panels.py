"""The part "Papers" on a case's pages: what was given, by number and day, each as PDF with the way to check it; and the ways against a decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from banshi import Panel, PanelContext, say, say_date, translator
from banshi_approvals.appeals import cases as appeals
from banshi_approvals.appeals import remedies
from banshi_approvals.licences import register, shown
from banshi_approvals.notices import reading

_ = translator("banshi_approvals")

STANDINGS = {
    **shown.STANDINGS,
    "waiting": (_("Being made"), "waiting"),
    "revoked": (_("Holds no more"), "late"),
    "replaced": (_("A newer one is there"), "ended"),
}


async def papers(context: PanelContext) -> Mapping[str, Any] | None:
    """Return the papers of a case, and of a licence that it granted the way to its page."""
    case = context.case
    if case is None:
        return None
    rows = await reading.of_case(context.db, case.id)
    if not rows:
        return None
    staff = context.actor.capacity == "staff"
    base = f"/d/{context.district}/approvals/desk/{case.number}" if staff else f"/case/{case.number}/approvals"
    found = []
    for row in rows:
        how = await reading.standing(context.db, row, context.city, context.at)
        word, tone = STANDINGS[how]
        found.append(
            {
                "title": say(reading.TITLES[row.kind], context.language),
                "number": row.number or row.licence or "",
                "day": say_date(row.written.astimezone(context.zone).date(), context.language),
                "href": f"{base}/papers/{row.id}",
                "check": f"/d/{context.district}/approvals/check/{row.check_code}",
                "standing": "" if how == "valid" else say(word, context.language),
                "tone": tone,
                "why": row.why if staff and row.state == "waiting" else "",
            }
        )
    licences = await register.of_case(context.db, case.id)
    return {
        "papers": found,
        "licences": [shown.row(context.vault, r, context.district, context.city, context.at, context.language, plain=True) for r in licences],
        "archive": f"{base}/archive.pdf" if staff and context.actor.may("approvals.read") and case.closed is not None else "",
    }


async def ways(context: PanelContext) -> Mapping[str, Any] | None:
    """Return the ways against what was decided, each with where and until when; None where nothing was decided against the applicant."""
    case = context.case
    if case is None or case.closed is None:
        return None
    found = await appeals.subject(context.db, case.number, context.at)
    if found.until is None:
        return None
    day = (found.until - appeals.PERIOD).astimezone(context.zone).date()
    listed = remedies.remedies(context.city, found.row.department_id, case.district_id, day)
    language: Any = context.language
    return {
        "ways": [
            {
                "title": say(r.title, language),
                "where": r.department.say(language) if r.department else say(r.where, language),
                "until": say_date(r.until, language),
            }
            for r in listed
        ],
        "appeal": f"/case/{case.number}/approvals/appeal" if found.why is None and context.actor.person_id is not None else "",
        "why": say(found.why, language) if found.why is not None else "",
    }


PANELS = (
    Panel(
        name="papers", title=_("Papers"), place="portal.case", template="approvals/papers.html", read=papers, case_types=("application",), order=10
    ),
    Panel(
        name="ways",
        title=_("If you do not agree"),
        place="portal.case",
        template="approvals/ways.html",
        read=ways,
        case_types=("application",),
        order=20,
    ),
    Panel(
        name="desk_papers",
        title=_("Papers"),
        place="desk.case",
        template="approvals/papers.html",
        read=papers,
        case_types=("application",),
        needs="approvals.read",
        order=50,
    ),
)
