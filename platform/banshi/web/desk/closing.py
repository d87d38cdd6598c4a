"""The form of a closing report: what the officer who answers for a case writes when it went wrong."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath

from banshi import texts
from banshi.cases import numbers, reading
from banshi.cases.decoding import decode
from banshi.cases.timing import REPORTED
from banshi.contracts import Actor
from banshi.errors import Conflict, Invalid, NotAllowedNow, Refused
from banshi.escalation import reports
from banshi.escalation.reports import ClosingReport
from banshi.web import casepage, forms, pages
from banshi.web.casepage import CaseView
from banshi.web.desk import sheet
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

OPEN = _("It owes a closing report: the office cannot close it before.")
CLOSED = _("It was closed, and still owes its closing report.")
AT = "/desk/case/{number:str}/closing-report"


def address_of(number: str) -> str:
    """Return the address of the form of a case's closing report."""
    return f"{sheet.address_of(number)}/closing-report"


@get(AT)
async def show(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """The form, filled with the report that it would amend."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        view = await _view(visit, actor, casepage.read_number(number))
        if (refused := reports.may_report(visit.house, actor, view.row)) is not None:
            raise refused
        before = _latest(view)
        if not view.row.owes and before is None:
            raise NotAllowedNow(_("Case {number} owes no closing report."), number=numbers.show(view.row.number))
        amended = (before.body or {}).get("form") or {} if before is not None and not view.row.owes else {}
        return _page(visit, view, {name: [str(value)] for name, value in amended.items()})


@post(AT)
async def write(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Write the report; sent twice, it stands once."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    refused: Refused
    plain = casepage.read_number(number)
    async with site.visit(request) as visit:
        actor = visit.staff()
        try:
            form: ClosingReport = decode(ClosingReport, forms.answers(raw))
            await reports.write(visit.db, visit.house, actor, plain, form, visit.at, key=forms.key_of(raw))
            return visit.go(sheet.address_of(plain))
        except (Invalid, Conflict) as error:
            refused = error
    async with site.visit(request) as visit:
        view = await _view(visit, visit.staff(), plain)
        if (denied := reports.may_report(visit.house, view.actor, view.row)) is not None:
            raise denied
        key = forms.key_of(raw) if isinstance(refused, Invalid) else ""
        return _page(visit, view, forms.answers(raw), forms.refusal_problems(refused), key=key, status=refused.status)


async def _view(visit: Visit, actor: Actor, number: str) -> CaseView:
    row = await reading.get(visit.db, visit.house, actor, number)
    return CaseView(visit, actor, row, await reading.story(visit.db, row.id, reading.FOR_STAFF))


def _latest(view: CaseView) -> Any:
    return next((e for e in reversed(view.events) if e.kind == REPORTED), None)


def _page(
    visit: Visit, view: CaseView, raw: Mapping[str, Any], problems: Mapping[str, Any] | None = None, *, key: str = "", status: int = 200
) -> Response[Any]:
    number = view.row.number
    amends = _latest(view) is not None and not view.row.owes
    page = pages.ClosingPage(
        number=numbers.show(number),
        title=casepage.title(visit.house, view.row, visit.language),
        heading=visit.say(_("Write the closing report anew") if amends else _("Closing report")),
        lead=visit.say(
            _("The latest one counts; both stay in the story. Residents see neither.")
            if amends
            else _("It went wrong enough to be learnt from: write down what happened and what should change. Residents do not see it.")
        ),
        back=sheet.address_of(number),
        reasons=tuple((e.at, e.headline) for e in _raised(view)),
        form=pages.Form(
            action=address_of(number),
            fields=forms.fields(ClosingReport, visit.language, raw=raw, problems=problems),
            button=visit.say(_("Put it on record")),
            problems=forms.problem_list(problems or {}, visit.language),
            hidden=(("key", key or secrets.token_urlsafe(16)),),
            cancel=sheet.address_of(number),
        ),
    )
    return visit.page("desk/closing.html", page, desk=True, status=status)


def _raised(view: CaseView) -> tuple[pages.Entry, ...]:
    """Why it owes one: what made it owe, the oldest first."""
    made = [e for e in view.events if ((e.body or {}).get("changed") or {}).get("owes") is True]
    return tuple(reversed(view.story(made)))


def notice(visit: Visit, view: CaseView) -> pages.ClosingPart | None:
    """Return what the case's page says of its report: that it owes one, with the way to the form for whoever writes it; or how to amend it."""
    row = view.row
    writes = reports.may_report(visit.house, view.actor, row) is None
    if row.owes:
        said = OPEN if row.closed is None else CLOSED
        return pages.ClosingPart(text=visit.say(said), href=address_of(row.number) if writes else "", link=visit.say(_("Write the closing report")))
    if writes and _latest(view) is not None:
        return pages.ClosingPart(text="", href=address_of(row.number), link=visit.say(_("Write the closing report anew")))
    return None


def with_way(page: pages.Form | None, number: str) -> pages.Form | None:
    """Return a form whose refusal leads to the report that comes first."""
    if page is None:
        return None
    led = tuple(msgspec.structs.replace(p, href=address_of(number)) if not p.field else p for p in page.problems)
    return msgspec.structs.replace(page, problems=led)
