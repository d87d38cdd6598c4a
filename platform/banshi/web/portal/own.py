"""A case of one's own, or of somebody for whom a helper holds a mandate: what happened, who has it, and what can be done now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import notify, texts, words
from banshi.cases import acting, numbers, reading
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.contracts import Actor
from banshi.errors import Conflict, Invalid, NotFound, NotSignedIn, Refused
from banshi.identity import mandates
from banshi.search import finding
from banshi.web import casepage, clocks, drafts, forms, pages, panels
from banshi.web.casepage import CaseView
from banshi.web.portal import following
from banshi.web.portal.questions import FOR
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

NOTHING = reading.Listing(rows=(), next=None)


@get("/my")
async def my_cases(request: Request[Any, Any, Any], after: FromQuery[str] = "", q: FromQuery[str] = "") -> Response[Any]:
    """The resident's own cases, newest first, or those with the words asked for; on the first page also drafts, and for whom they act."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        if visit.visitor.person_id is None:
            raise NotSignedIn(_("Sign in to see your cases. Without an account, follow a case by its number and code."))
        if q.strip():
            return visit.page("portal/my.html", await _search(visit, visit.resident, q.strip(), _my_page(visit, NOTHING, "")))
        page = await list_cases(visit, visit.resident, "/my", after)
        news = await notify.unread(visit.db, visit.visitor.person_id, "resident", [r.id for r in page[0].rows])
        shown = _my_page(visit, page[0], page[1], news)
        if not after:
            held = await mandates.held_by(visit.db, visit.house.keyring, visit.visitor.person_id, visit.at)
            kept = await drafts.of_person(visit.db, visit.house.keyring, visit.visitor.person_id, visit.at)
            helped = tuple(
                pages.Link(
                    text=visit.say(_("Cases of {name}"), name=m.name),
                    href=f"/my/for/{m.id}",
                    summary=visit.say(_("You act for them until {day}"), day=texts.say_day(m.until, zone(visit), visit.language, visit.at)),
                )
                for m in held
            )
            shown = msgspec.structs.replace(shown, drafts=_draft_rows(visit, kept, {m.person_id: m.name for m in held}), helped=helped)
        return visit.page("portal/my.html", shown)


async def _search(visit: Visit, actor: Actor, asked: str, page: pages.MyPage) -> pages.MyPage:
    found = await finding.find(visit.db, visit.house, actor, asked, visit.at)
    said = visit.say(_("The best {count}. Another word narrows them down.") if found.more else _("{count} cases found"), count=len(found.rows))
    hits = tuple(casepage.hit_row(visit, r, "/case", found) for r in found.rows)
    return msgspec.structs.replace(page, asked=asked[: words.LONGEST_QUERY], found=said, hits=hits)


async def list_cases(visit: Visit, actor: Actor, path: str, after: str) -> tuple[reading.Listing, str]:
    """Return one page of a resident's cases, the newest first, and the address of the next."""
    query = reading.Query(newest_first=True, after=reading.read_cursor(after))
    found = await reading.listing(visit.db, visit.house, actor, query)
    return found, f"{path}?after={reading.write_cursor(found.next)}" if found.next else ""


def _my_page(visit: Visit, found: reading.Listing, following_page: str, news: Any = None) -> pages.MyPage:
    rows = tuple(casepage.case_row(visit, r, "/case", news=news) for r in found.rows)
    return pages.MyPage(rows=rows, next=following_page, track_href="/track")


@get("/my/for/{mandate_id:int}")
async def their_cases(
    request: Request[Any, Any, Any], mandate_id: FromPath[int], after: FromQuery[str] = "", q: FromQuery[str] = ""
) -> Response[Any]:
    """The cases of somebody for whom the reader holds a mandate."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        if visit.visitor.person_id is None:
            raise NotSignedIn(_("Sign in to go on."))
        found = await mandates.of_helper(visit.db, visit.house.keyring, visit.visitor.person_id, mandate_id, visit.at)
        path = f"/my/for/{mandate_id}"
        listed, following_page = (NOTHING, "") if q.strip() else await list_cases(visit, mandates.acting(found), path, after)
        until = texts.say_day(found.until, zone(visit), visit.language, visit.at)
        shown = msgspec.structs.replace(_my_page(visit, listed, following_page), for_whom=found.name, until=until, path=path)
        if q.strip():
            shown = await _search(visit, mandates.acting(found), q.strip(), shown)
        return visit.page("portal/my.html", shown)


@get("/case/{number:str}")
async def show_case(request: Request[Any, Any, Any], number: FromPath[str], do: FromQuery[str] = "") -> Response[Any]:
    """A case of one's own: as the applicant, as their helper, or with the code shown before."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        plain = casepage.read_number(number)
        try:
            view = await view_of(visit, plain)
        except NotFound:
            return visit.go(f"/track?number={numbers.show(plain)}")
        actor = view.actor
        if actor.person_id is not None and not actor.holds and actor.acting_for_id is None:
            await notify.read(visit.db, actor.person_id, "resident", view.row.id)
        form, title = view.action_form(casepage.address_of(plain), do) if do else (None, "")
        page = _case_page(visit, view, form, title, do)
        page = msgspec.structs.replace(page, panels=await panels.of_case(visit, "portal.case", actor, view.row))
        return visit.page("portal/case.html", page)


@get("/case/{number:str}/print")
async def print_case(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """The same on paper: number, story, who has it; never the code."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        plain = casepage.read_number(number)
        try:
            view = await view_of(visit, plain)
        except NotFound:
            return visit.go(f"/track?number={numbers.show(plain)}")
        return visit.page("portal/print.html", _case_page(visit, view, None, "", ""))


@post("/case/{number:str}/{action:str}")
async def act(request: Request[Any, Any, Any], number: FromPath[str], action: FromPath[str]) -> Response[Any]:
    """Do what the case allows its applicant now."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    plain = casepage.read_number(number)
    refused: Refused | None = None
    async with site.visit(request) as visit:
        view = await view_of(visit, plain)
        declared = casepage.action_of(view.declared, action)
        try:
            form = decode(declared.form, forms.answers(raw))
            wanted = Act(number=plain, action=action, form=form, revision=forms.revision_of(raw), key=forms.key_of(raw), page=True)
            await acting.act_one(visit.db, visit.house, view.actor, wanted, visit.at)
            return visit.go(casepage.address_of(plain))
        except (Invalid, Conflict) as error:
            refused = error
    async with site.visit(request) as visit:
        view = await view_of(visit, plain)
        problems = forms.refusal_problems(refused)
        drawn, title = view.action_form(casepage.address_of(plain), action, forms.answers(raw) | {"key": []}, problems)
        page = _case_page(visit, view, drawn, title, action)
        since = view.since(refused)
        notice = "" if drawn else visit.say(refused.text, **refused.values)
        drawn_panels = await panels.of_case(visit, "portal.case", view.actor, view.row)
        page = msgspec.structs.replace(page, changed=since, notice=notice, panels=drawn_panels)
        return visit.page("portal/case.html", page, status=refused.status)


async def view_of(visit: Visit, number: str) -> CaseView:
    """Return the case as the visitor may see it; NotFound where it is nothing to them, Forbidden where their mandate has ended."""
    actor = following.holder_of(visit, number)
    known: dict[int, str] = {}
    try:
        row = await reading.get(visit.db, visit.house, actor, number)
    except NotFound:
        if visit.visitor.person_id is None:
            raise
        row = await reading.get(visit.db, visit.house, Actor.SYSTEM, number)
        found = await mandates.held(visit.db, visit.house.keyring, visit.visitor.person_id, row.applicant_id or 0, visit.at)
        actor, known = mandates.acting(found), {found.person_id: found.name}
    events = await reading.story(visit.db, row.id, reading.FOR_APPLICANT)
    view = CaseView(visit, actor, row, events)
    await view.consult()
    if (words := await clocks.words_for(visit.db, visit.house, row, visit.language, visit.at)) is not None:
        view.clocks = clocks.briefs(words)
    helpers = {e.actor_id for e in events if e.acting_for_id is not None} if actor.person_id == row.applicant_id is not None else set()
    view.names = await mandates.names(visit.db, visit.house.keyring, helpers) if helpers else known
    return view


def _case_page(visit: Visit, view: CaseView, form: pages.Form | None, title: str, chosen: str) -> pages.CasePage:
    steps, progress = view.steps()
    visit.district = visit.house.directory.tree[view.row.district_id]
    oversight = visit.house.directory.part("oversight", view.row.area_id or view.row.district_id)
    position = view.position()
    facts = (
        (visit.say(_("Place")), view.area()),
        *(((visit.say(_("On the map")), visit.say(position.said())),) if position else ()),
        (visit.say(_("Received")), view.moment(view.row.received)),
    )
    address = casepage.address_of(view.row.number)
    return pages.CasePage(
        number=numbers.show(view.row.number),
        title=casepage.title(visit.house, view.row, visit.language),
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
        actions=view.actions(address, chosen),
        form=form,
        form_title=title,
        rules=view.rules(),
        print_href=f"{address}/print",
        files_href=f"{address}/files",
        clocks=view.clocks,
        clocks_href=f"{address}/clock" if view.clocks else "",
        for_whom=view.names.get(view.actor.acting_for_id or 0, ""),
    )


def _draft_rows(visit: Visit, kept: Sequence[drafts.Draft], names: dict[int, str]) -> tuple[pages.DraftRow, ...]:
    """Return the half-filled forms of an account; one whose service is gone has nowhere to go on."""
    rows = []
    for draft in kept:
        district, _slash, rest = draft.service.partition("/")
        owner, _slash, name = rest.partition("/")
        try:
            service = visit.house.registry.service(owner, name)
        except KeyError:
            continue
        rows.append(
            pages.DraftRow(
                title=visit.say(service.title),
                href=f"/d/{district}/services/{owner}/{name}/{draft.id}/resume",
                changed=texts.say_moment(draft.changed, zone(visit), visit.language, visit.at),
                until=texts.say_moment(draft.expires, zone(visit), visit.language, visit.at),
                for_whom=names.get(draft.answers.get(FOR, 0), ""),
                delete=f"/my/drafts/{draft.id}/delete",
            )
        )
    return tuple(rows)


def zone(visit: Visit) -> Any:
    """Return the zone in which a page of nobody's case says its days: the district's, else the city's."""
    tree = visit.house.directory.tree
    return (visit.district or visit.here() or tree.roots[0]).timezone
