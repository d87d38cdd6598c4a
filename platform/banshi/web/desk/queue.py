"""A list of work as a page: mine, my department's, all that I may see, a queue; narrowed by the address."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from banshi import texts
from banshi.cases import reading
from banshi.contracts import Actor
from banshi.errors import NotFound
from banshi.web import pages, panels
from banshi.web.desk import bulk, export, filters, lists, menu
from banshi.web.desk.filters import Chosen
from banshi.web.desk.lists import Work
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")


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


@get("/desk/owed")
async def owed(request: Request[Any, Any, Any]) -> Response[Any]:
    """What owes a closing report, the oldest first."""
    return await _queue(request, "owed")


@get("/desk/left")
async def left(request: Request[Any, Any, Any]) -> Response[Any]:
    """What lies with officers who are away without a deputy."""
    return await _queue(request, "left")


@get("/desk/for/{staff_number:str}")
async def absent(request: Request[Any, Any, Any], staff_number: FromPath[str]) -> Response[Any]:
    """What an officer has in hand for whom the reader stands in."""
    return await _queue(request, f"for/{staff_number}")


@get("/desk/queue/{owner:str}/{name:str}")
async def queue(request: Request[Any, Any, Any], owner: FromPath[str], name: FromPath[str]) -> Response[Any]:
    """A queue that a plugin declares."""
    return await _queue(request, f"queue/{owner}/{name}")


async def _queue(request: Request[Any, Any, Any], name: str) -> Response[Any]:
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        work = lists.find(visit, actor, name)
        if work is None:
            raise NotFound(_("There is no such list, or it is not for your post."))
        params = request.query_params
        chosen = filters.choose(visit, actor, work, {name: params.getall(name) for name in params})
        return await draw(visit, actor, work, chosen)


async def draw(
    visit: Visit,
    actor: Actor,
    work: Work,
    chosen: Chosen,
    *,
    view: Any = None,
) -> Response[Any]:
    """Draw a list: who is asking, the page of cases, the menu with its counts, what is unread; six queries whatever the data.

    ``view`` is the saved view that the list is: then its pages lie at its address.
    """
    after = reading.read_cursor(visit.request.query_params.get("after", ""))
    found = await reading.listing(visit.db, visit.house, actor, msgspec.structs.replace(chosen.query, after=after))
    href = menu.view_address(view.id) if view else work.href
    kept = {} if view else dict(chosen.kept)
    sections, (total,) = await menu.menu(visit, actor, href, chosen.query)
    lines = await menu.case_rows(visit, actor, found.rows)
    page = pages.QueuePage(
        title=view.title if view else work.title,
        lead=visit.say(_("Saved view of “{list}”"), list=work.title) if view else work.lead,
        sections=sections,
        orders=filters.orders(visit, work, chosen),
        chips=filters.chips(work, chosen),
        filter=filters.form(visit, actor, work, chosen),
        save=save_form(visit, work, chosen),
        rows=tuple(lines[r.id] for r in found.rows),
        next=href + "?" + urlencode(kept | {"after": reading.write_cursor(found.next)}) if found.next else "",
        first=href + ("?" + urlencode(kept) if kept else "") if after else "",
        total=total,
        bulk=bulk.bar(visit, actor, work, chosen, found.rows),
        left_out=chosen.left_out,
        change=f"{menu.view_address(view.id)}/change" if view is not None and view.own else "",
        files=export.links(visit, actor, work, chosen),
        panels=await panels.of_home(visit, "desk.home", actor) if work.name == "mine" and view is None else (),
    )
    menu.remember(visit)
    return visit.page("desk/queue.html", page, desk=True)


def save_form(visit: Visit, work: Work, chosen: Chosen) -> pages.Form:
    """Return the form that keeps a narrowed list as a view."""
    hidden = (("view.list", work.name), ("view.filters", urlencode(chosen.kept)), ("key", secrets.token_urlsafe(16)))
    return pages.Form(
        action=menu.VIEWS,
        fields=(
            pages.Field(name="title", label=visit.say(_("Name of the view")), kind="text", longest=100, autocomplete="off"),
            pages.Field(
                name="shared",
                label=visit.say(_("Share it with my department")),
                kind="checkbox",
                choices=(pages.Choice(value="true", label=visit.say(_("Share it with my department"))),),
            ),
        ),
        button=visit.say(_("Save the view")),
        hidden=hidden,
    )
