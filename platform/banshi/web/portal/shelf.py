"""The library for residents: regulations and guides that hold in a district, and who does what there."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from banshi import texts, words
from banshi.library.reading import Wanted
from banshi.web import bookshelf, pages
from banshi.web.site import Site

_ = texts.translator("banshi")


@get("/d/{district:str}/library")
async def show(request: Request[Any, Any, Any], district: FromPath[str], q: FromQuery[str] = "") -> Response[Any]:
    """What holds here, by kind or by words."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        place = visit.enter(district)
        address, asked = f"/d/{place.code}/library", q.strip()[: words.LONGEST_QUERY]
        groups, said = await bookshelf.shelf(visit, Wanted(district=place, day=bookshelf.today(visit)), address, asked)
        page = pages.LibraryPage(
            title=visit.say(_("Rules and guides")),
            asked=asked,
            action=address,
            groups=groups,
            said=said,
            departments=f"{address}/departments",
        )
        return visit.page("library/list.html", page)


@get("/d/{district:str}/library/departments")
async def departments(request: Request[Any, Any, Any], district: FromPath[str]) -> Response[Any]:
    """Who does what in the district, with telephone and address."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        place = visit.enter(district)
        title = visit.say(_("Who does what in {place}"), place=place.say(visit.language))
        page = pages.DirectoryPage(title=title, rows=bookshelf.departments(visit, place), back=f"/d/{place.code}/library")
        return visit.page("library/departments.html", page)


@get("/d/{district:str}/library/{code:str}")
async def entry(request: Request[Any, Any, Any], district: FromPath[str], code: FromPath[str], version: FromQuery[str] = "") -> Response[Any]:
    """One entry as it holds, or a version of it."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        place = visit.enter(district)
        wanted = int(version) if version.isascii() and version.isdigit() and len(version) < 7 else None
        page = await bookshelf.entry(visit, code, wanted, f"/d/{place.code}/library", staff=False, day=bookshelf.today(visit))
        return visit.page("library/entry.html", page)
