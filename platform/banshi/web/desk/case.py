"""A case at the desk: its story, the facts at its side, and the actions that it allows now."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import audit, texts
from banshi.cases import acting, reading
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.contracts import PERSONAL
from banshi.errors import Changed, Conflict, Forbidden, Invalid, NotFound, Refused
from banshi.library import citing
from banshi.web import casepage, forms, pages, panels
from banshi.web.casepage import CaseView
from banshi.web.desk import by_hand, closing, menu, sheet
from banshi.web.desk.sheet import Open
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")
address_of = sheet.address_of


@get("/desk/case/{number:str}")
async def show_case(
    request: Request[Any, Any, Any],
    number: FromPath[str],
    do: FromQuery[str] = "",
    template: FromQuery[str] = "",
    like: FromQuery[str] = "",
    since: FromQuery[str] = "",
    caller: FromQuery[str] = "",
    cite: FromQuery[str] = "",
) -> Response[Any]:
    """A case with everything its department knows, and the actions that are allowed now; with ``cite`` a form opens that cites it."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        view = await sheet.view_of(visit, actor, casepage.read_number(number))
        view.cites = (cite,) if citing.parse(cite) else ()
        await view.consult()
        do = do or (view.citing_action() if view.cites else "")
        form, title = view.action_form(address_of(view.row.number), do) if do else (None, "")
        part = sheet.caller_part(visit, view, action=caller) if caller else None
        opened = Open(do=do, form=form, title=title, template=_whole(template), like=like, since=_whole(since), caller=part)
        return visit.page("desk/case.html", await draw(visit, view, opened), desk=True)


@post("/desk/case/{number:str}/reveal")
async def reveal(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Show what is masked, to whoever may see it; the reading is logged first."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        if not actor.may(PERSONAL.name):
            raise Forbidden(_("Your post does not carry the right to read personal data."))
        view = await sheet.view_of(visit, actor, casepage.read_number(number))
        if view.hides:
            raise Forbidden(_("Whoever reported this is hidden from the department that looks into it."))
        await audit.record(visit.db, visit.house.keyring, actor, "personal.read", f"case:{view.row.number}", {}, visit.at)
        return visit.page("desk/case.html", await draw(visit, view, Open(reveals=True)), desk=True)


@post("/desk/case/{number:str}/{action:str}")
async def act(request: Request[Any, Any, Any], number: FromPath[str], action: FromPath[str]) -> Response[Any]:
    """Act on a case; somebody who was faster is shown, and the input is kept."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    refused: Refused
    async with site.visit(request) as visit:
        actor = visit.staff()
        plain = casepage.read_number(number)
        view = await sheet.view_of(visit, actor, plain)
        declared = casepage.action_of(view.declared, action)
        try:
            form = decode(declared.form, forms.answers(raw))
            place = visit.house.directory.tree[view.row.district_id]
            await citing.check(visit.db, form, visit.at.astimezone(view.zone).date(), place)
            wanted = Act(number=plain, action=action, form=form, revision=forms.revision_of(raw), key=forms.key_of(raw), page=True)
            await acting.act_one(visit.db, visit.house, actor, wanted, visit.at)
            try:
                await reading.get(visit.db, visit.house, actor, plain)
            except NotFound:  # it went to another department, or the officer is kept from it now
                return visit.go(menu.way_back(visit))
            return visit.go(address_of(plain))
        except (Invalid, Conflict) as error:
            refused = error
    async with site.visit(request) as visit:
        view = await sheet.view_of(visit, actor, plain)
        changed = isinstance(refused, Changed)
        problems = {} if changed else forms.refusal_problems(refused)
        view.cites = [c for said in raw.values() for c in said if citing.parse(c)][: citing.MOST]
        await view.consult()
        drawn, title = view.action_form(address_of(plain), action, forms.answers(raw), problems)
        if refused.text is acting.OWES:
            drawn = closing.with_way(drawn, plain)
        page = await draw(visit, view, Open(do=action, form=drawn, title=title))
        since = view.since(refused)
        notice = visit.say(refused.text, **refused.values) if changed else ""
        page = msgspec.structs.replace(page, changed=since, notice=notice)
        return visit.page("desk/case.html", page, desk=True, status=refused.status)


async def draw(visit: Visit, view: CaseView, opened: Open) -> pages.DeskCasePage:
    """Return the sheet with what it owes, and what can be escalated by hand."""
    page = await sheet.draw(visit, view, opened)
    return msgspec.structs.replace(
        page,
        closing=closing.notice(visit, view),
        escalations=await by_hand.offers(visit, view),
        panels=await panels.of_case(visit, "desk.case", view.actor, view.row),
    )


def _whole(said: str) -> int | None:
    """Return a whole number of an address, None for anything else."""
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None
