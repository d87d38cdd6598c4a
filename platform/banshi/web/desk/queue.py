"""Lists of work: mine, my department's, all that I may see."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.params import FromQuery

from banshi import notify, texts
from banshi.cases import numbers, reading
from banshi.cases.reading import Query
from banshi.contracts import Actor
from banshi.errors import Invalid
from banshi.web import casepage, pages
from banshi.web.desk import case
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
        return visit.go(case.address_of(number))


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
        rows = tuple(casepage.case_row(visit, r, "/desk/case", actor=actor, news=news) for r in found.rows)
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
