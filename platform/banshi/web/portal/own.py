"""A case of one's own: what happened, who has it, and what can be done now."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import notify, texts
from banshi.cases import acting, numbers, reading
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.contracts import Actor
from banshi.errors import Conflict, Invalid, NotFound, NotSignedIn, Refused
from banshi.web import casepage, forms, pages
from banshi.web.casepage import CaseView
from banshi.web.portal import following
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")


@get("/my")
async def my_cases(request: Request[Any, Any, Any], after: FromQuery[str] = "") -> Response[Any]:
    """The resident's own cases, newest first."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        if visit.visitor.person_id is None:
            raise NotSignedIn(_("Sign in to see your cases. Without an account, follow a case by its number and code."))
        query = reading.Query(newest_first=True, after=reading.read_cursor(after))
        found = await reading.listing(visit.db, visit.house, visit.resident, query)
        news = await notify.unread(visit.db, visit.visitor.person_id, "resident", [r.id for r in found.rows])
        rows = tuple(casepage.case_row(visit, r, "/case", news=news) for r in found.rows)
        following = f"/my?after={reading.write_cursor(found.next)}" if found.next else ""
        return visit.page("portal/my.html", pages.MyPage(rows=rows, next=following, track_href="/track"))


@get("/case/{number:str}")
async def show_case(request: Request[Any, Any, Any], number: FromPath[str], do: FromQuery[str] = "") -> Response[Any]:
    """A case of one's own: as the applicant, or with the code shown before."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        plain = casepage.read_number(number)
        actor = following.holder_of(visit, plain)
        try:
            view = await _view(visit, actor, plain)
        except NotFound:
            return visit.go(f"/track?number={numbers.show(plain)}")
        if actor.person_id is not None and not actor.holds:
            await notify.read(visit.db, actor.person_id, "resident", view.row.id)
        form, title = view.action_form(casepage.address_of(plain), do) if do else (None, "")
        return visit.page("portal/case.html", _case_page(visit, view, form, title, do))


@post("/case/{number:str}/{action:str}")
async def act(request: Request[Any, Any, Any], number: FromPath[str], action: FromPath[str]) -> Response[Any]:
    """Do what the case allows its applicant now."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    plain = casepage.read_number(number)
    refused: Refused | None = None
    async with site.visit(request) as visit:
        actor = following.holder_of(visit, plain)
        view = await _view(visit, actor, plain)
        declared = casepage.action_of(view.declared, action)
        try:
            form = decode(declared.form, forms.answers(raw))
            wanted = Act(number=plain, action=action, form=form, revision=forms.revision_of(raw), key=forms.key_of(raw))
            await acting.act_one(visit.db, visit.house, actor, wanted, visit.at)
            return visit.go(casepage.address_of(plain))
        except (Invalid, Conflict) as error:
            refused = error
    async with site.visit(request) as visit:
        view = await _view(visit, actor, plain)
        problems = forms.refusal_problems(refused)
        drawn, title = view.action_form(casepage.address_of(plain), action, forms.answers(raw) | {"key": []}, problems)
        page = _case_page(visit, view, drawn, title, action)
        since = view.since(refused)
        notice = "" if drawn else visit.say(refused.text, **refused.values)
        page = msgspec.structs.replace(page, changed=since, notice=notice)
        return visit.page("portal/case.html", page, status=refused.status)


async def _view(visit: Visit, actor: Actor, number: str) -> CaseView:
    row = await reading.get(visit.db, visit.house, actor, number)
    return CaseView(visit, actor, row, await reading.story(visit.db, row.id, reading.FOR_APPLICANT))


def _case_page(visit: Visit, view: CaseView, form: pages.Form | None, title: str, chosen: str) -> pages.CasePage:
    steps, progress = view.steps()
    visit.district = visit.house.directory.tree[view.row.district_id]
    oversight = visit.house.directory.part("oversight", view.row.area_id or view.row.district_id)
    facts = ((visit.say(_("Place")), view.area()), (visit.say(_("Received")), view.moment(view.row.received)))
    return pages.CasePage(
        number=numbers.show(view.row.number),
        title=view.row.title,
        kind=view.kind(),
        state=view.state(),
        tone=view.tone(),
        steps=steps,
        progress=progress,
        story=view.story(),
        received=view.moment(view.row.received),
        holder=view.holder(),
        oversight=casepage.contact(oversight, visit.language) if oversight else None,
        facts=facts,
        actions=view.actions(casepage.address_of(view.row.number), chosen),
        form=form,
        form_title=title,
    )
