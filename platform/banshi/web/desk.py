"""The staff desk: a queue, a case page, the few actions that the case allows now."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import audit, notify, texts
from banshi.cases import acting, numbers, reading
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.reading import Query
from banshi.contracts import PERSONAL, Actor
from banshi.errors import Changed, Conflict, Forbidden, Invalid, Refused
from banshi.privacy import mask
from banshi.web import casepage, forms, pages
from banshi.web.casepage import CaseView
from banshi.web.site import Site, Visit, language_of

_ = texts.translator("banshi")

View = Literal["mine", "department", "all"]
ADDRESSES: dict[View, str] = {"mine": "/desk", "department": "/desk/department", "all": "/desk/all"}
TITLES: dict[View, texts.Text] = {"mine": _("My work"), "department": _("My department"), "all": _("All I may see")}


@get("/desk")
async def mine(request: Request[Any, Any, Any]) -> Response[Any]:
    """What the officer has in hand, the oldest first."""
    return await _queue(request, "mine")


@get("/desk/department")
async def department(request: Request[Any, Any, Any]) -> Response[Any]:
    """What the department has in hand, the oldest first."""
    return await _queue(request, "department")


@get("/desk/all")
async def everything(request: Request[Any, Any, Any]) -> Response[Any]:
    """All that the officer may see, the newest first, closed cases too."""
    return await _queue(request, "all")


@get("/desk/find")
async def find(request: Request[Any, Any, Any], q: FromQuery[str] = "") -> Response[Any]:
    """Open a case by its number; what is no number is told so above the queue."""
    site: Site = request.app.state.site
    try:
        number = numbers.read(q)
    except Invalid as refused:
        return await _queue(request, "all", problem=texts.say(refused.text, language_of(request)), status=400)
    async with site.visit(request) as visit:
        actor = visit.staff()
        await reading.get(visit.db, visit.house, actor, number)
        return visit.go(_address(number))


async def _queue(request: Request[Any, Any, Any], view: View, *, problem: str = "", status: int = 200) -> Response[Any]:
    """Draw a queue: who is asking, the page of cases, the counts; three queries and the names on the rows."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        state, closed = request.query_params.get("state", ""), request.query_params.get("closed", "")
        query = _narrowed(_query(actor, view), visit, state, closed)
        query = msgspec.structs.replace(query, after=reading.read_cursor(request.query_params.get("after", "")))
        found = await reading.listing(visit.db, visit.house, actor, query)
        counts = await reading.count_bounded(visit.db, visit.house, actor, [_query(actor, v) for v in ADDRESSES])
        news = await notify.unread(visit.db, actor.person_id or 0, "staff", [r.id for r in found.rows])
        rows = tuple(casepage.case_row(visit, r, "/desk/case", staff=True, news=news) for r in found.rows)
        kept = {k: v for k, v in (("state", state), ("closed", closed)) if v}
        following = ADDRESSES[view] + "?" + urlencode(kept | {"after": reading.write_cursor(found.next)}) if found.next else ""
        page = pages.QueuePage(
            title=visit.say(TITLES[view]),
            lead=_lead(visit, actor, view),
            views=tuple(
                pages.Link(text=visit.say(TITLES[v]), href=ADDRESSES[v], current=v == view, count=casepage.bounded(n))
                for v, n in zip(ADDRESSES, counts, strict=True)
            ),
            filters=_filters(visit, actor, view, state, closed),
            rows=rows,
            next=following,
            first=ADDRESSES[view] + ("?" + urlencode(kept) if kept else "") if query.after else "",
            total=casepage.bounded(counts[list(ADDRESSES).index(view)]),
            problem=problem,
        )
        return visit.page("desk/queue.html", page, desk=True, status=status)


def _query(actor: Actor, view: View) -> Query:
    if view == "mine":
        return Query(open=True, assignee_id=actor.post_id)
    if view == "department":
        return Query(open=True, department_id=actor.department_id)
    return Query(newest_first=True)


def _narrowed(query: Query, visit: Visit, state: str, closed: str) -> Query:
    names = {s["name"] for row in visit.house.book for s in row.states}
    if state in names:
        query = msgspec.structs.replace(query, states=(state,))
    if closed == "no":
        query = msgspec.structs.replace(query, open=True)
    elif closed == "yes":
        query = msgspec.structs.replace(query, open=False)
    return query


def _filters(visit: Visit, actor: Actor, view: View, state: str, closed: str) -> tuple[pages.Link, ...]:
    base = ADDRESSES[view]
    seen = visit.house.owners_seen(actor)
    states: dict[str, str] = {}
    for row in visit.house.book:
        if row.owner in seen:
            for s in row.states:
                if view == "all" or not s["final"]:
                    states.setdefault(s["name"], s["title"].get(visit.language, s["name"]))
    links = [pages.Link(text=visit.say(_("All states")), href=base, current=not state and not closed)]
    if view == "all":
        links.append(pages.Link(text=visit.say(_("Open")), href=f"{base}?closed=no", current=closed == "no"))
    links += [pages.Link(text=title, href=f"{base}?state={name}", current=state == name) for name, title in states.items()]
    return tuple(links)


def _lead(visit: Visit, actor: Actor, view: View) -> str:
    if view == "department" and actor.department_id is not None:
        return visit.house.directory.department(actor.department_id).say(visit.language)
    return visit.say(_("Oldest first")) if view == "mine" else visit.say(_("Newest first, closed cases too"))


# -- one case -----------------------------------------------------------------------------------------------------------


@get("/desk/case/{number:str}")
async def show_case(request: Request[Any, Any, Any], number: FromPath[str], do: FromQuery[str] = "") -> Response[Any]:
    """A case with everything its department knows, and the actions that are allowed now."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        view = await _view(visit, actor, casepage.read_number(number))
        await notify.read(visit.db, actor.person_id or 0, "staff", view.row.id)
        form, title = view.action_form(_address(view.row.number), do) if do else (None, "")
        return visit.page("desk/case.html", await _case_page(visit, view, form, title, do), desk=True)


@post("/desk/case/{number:str}/reveal")
async def reveal(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Show what is masked, to whoever may see it; the reading is logged first."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        if not actor.may(PERSONAL.name):
            raise Forbidden(_("Your post does not carry the right to read personal data."))
        view = await _view(visit, actor, casepage.read_number(number))
        await audit.record(visit.db, visit.house.keyring, actor, "personal.read", f"case:{view.row.number}", {}, visit.at)
        page = await _case_page(visit, view, None, "", "", reveals=True)
        return visit.page("desk/case.html", page, desk=True)


@post("/desk/case/{number:str}/{action:str}")
async def act(request: Request[Any, Any, Any], number: FromPath[str], action: FromPath[str]) -> Response[Any]:
    """Act on a case; somebody who was faster is shown, and the input is kept."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    refused: Refused
    async with site.visit(request) as visit:
        actor = visit.staff()
        plain = casepage.read_number(number)
        view = await _view(visit, actor, plain)
        declared = casepage.action_of(view.declared, action)
        try:
            form = decode(declared.form, forms.answers(raw))
            wanted = Act(number=plain, action=action, form=form, revision=forms.revision_of(raw), key=forms.key_of(raw))
            await acting.act_one(visit.db, visit.house, actor, wanted, visit.at)
            return visit.go(_address(plain))
        except (Invalid, Conflict) as error:
            refused = error
    async with site.visit(request) as visit:
        view = await _view(visit, actor, plain)
        changed = isinstance(refused, Changed)
        problems = {} if changed else forms.refusal_problems(refused)
        drawn, title = view.action_form(_address(plain), action, forms.answers(raw), problems)
        page = await _case_page(visit, view, drawn, title, action)
        since = view.since(refused)
        notice = visit.say(refused.text, **refused.values) if changed else ""
        page = msgspec.structs.replace(page, changed=since, notice=notice)
        return visit.page("desk/case.html", page, desk=True, status=refused.status)


async def _view(visit: Visit, actor: Actor, number: str) -> CaseView:
    row = await reading.get(visit.db, visit.house, actor, number)
    return CaseView(visit, actor, row, await reading.story(visit.db, row.id, reading.FOR_STAFF))


async def _case_page(visit: Visit, view: CaseView, form: pages.Form | None, title: str, chosen: str, *, reveals: bool = False) -> pages.DeskCasePage:
    steps, progress = view.steps()
    directory, row = visit.house.directory, view.row
    holder = view.department()
    superiors: list[tuple[str, pages.Contact]] = []
    if holder is not None:
        lines: tuple[tuple[Literal["trade", "area"], texts.Text], ...] = (("trade", _("Superior by trade")), ("area", _("Superior by area")))
        for line, label in lines:
            if above := directory.superior(holder.id, line):
                superiors.append((visit.say(label), casepage.contact(above, visit.language)))
    duty = directory.duty(view.type_row.key, row.category, row.area_id or row.district_id)
    duties = [t.get(visit.language, "") for t in (duty.text, duty.basis) if t] if duty else []
    facts = [
        (visit.say(_("Received")), view.moment(row.received)),
        (visit.say(_("Last change")), view.moment(row.changed)),
        (visit.say(_("Came by")), casepage.channel(row.channel, visit)),
        (visit.say(_("Category")), view.category()),
        (visit.say(_("Place")), view.area()),
    ]
    if row.closed is not None:
        facts.append((visit.say(_("Closed")), view.moment(row.closed)))
    button = None
    if view.has_personal() and view.actor.may(PERSONAL.name) and not reveals:
        button = pages.Form(action=f"{_address(row.number)}/reveal", fields=(), button=visit.say(_("Show in full (logged)")))
    return pages.DeskCasePage(
        number=numbers.show(row.number),
        title=row.title,
        kind=view.kind(),
        state=view.state(),
        tone=view.tone(),
        steps=steps,
        progress=progress,
        story=view.story(),
        facts=tuple((k, v) for k, v in facts if v),
        said=view.said(reveal=reveals),
        parties=await _parties(visit, row.id, reveals=reveals),
        department=view.holder(),
        superiors=tuple(superiors),
        duties=tuple(d for d in duties if d),
        actions=view.actions(_address(row.number), chosen),
        form=form,
        form_title=title,
        reveal=button,
        back="/desk",
    )


async def _parties(visit: Visit, case_id: int, *, reveals: bool) -> tuple[tuple[str, str], ...]:
    """Return who is named on a case with an account of their own: role, name and telephone, masked unless revealed."""
    shown = []
    for party in await reading.parties(visit.db, case_id):
        words = []
        for kind, sealed in (("name", party.name), ("telephone", party.telephone)):
            if sealed:
                plain = visit.house.keyring.unseal(sealed, f"person.{kind}")
                words.append(plain if reveals else mask(kind, plain))
        shown.append((visit.say(_("Applicant")) if party.role == "applicant" else party.role, " · ".join(words)))
    return tuple(shown)


def _address(number: str) -> str:
    return f"/desk/case/{numbers.show(number)}"


HANDLERS = [mine, department, everything, find, show_case, reveal, act]
