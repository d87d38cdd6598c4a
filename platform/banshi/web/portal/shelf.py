"""The library for residents: regulations and guides that hold in a district, and who does what there."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from banshi import texts, words
from banshi.library.reading import Wanted
from banshi.web import bookshelf, offices, pages
from banshi.web.site import Site

_ = texts.translator("banshi")


@get("/d/{district:str}/library")
async def show(
    request: Request[Any, Any, Any], district: FromPath[str], q: FromQuery[str] = "", kind: FromQuery[str] = "", after: FromQuery[str] = ""
) -> Response[Any]:
    """What holds here, by kind or by words."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        place = visit.enter(district)
        address, asked = f"/d/{place.code}/library", q.strip()[: words.LONGEST_QUERY]
        wanted = Wanted(district=place, day=bookshelf.today(visit), kind=kind if kind in bookshelf.KINDS else "")
        page = await bookshelf.shelf(visit, wanted, address, asked=asked, after=after)
        fitting = offices.fitting(visit, place, asked, f"{address}/departments")
        return visit.page("library/list.html", msgspec.structs.replace(page, offices=fitting))


@get("/d/{district:str}/library/departments")
async def departments(request: Request[Any, Any, Any], district: FromPath[str]) -> Response[Any]:
    """Who does what in the district, with telephone and address."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        place = visit.enter(district)
        title, home = visit.say(_("Who does what in {place}"), place=place.say(visit.language)), f"/d/{place.code}/library"
        page = pages.DirectoryPage(title=title, rows=offices.every(visit, place, f"{home}/departments"), back=home)
        return visit.page("library/departments.html", page)


@get("/d/{district:str}/library/departments/{code:str}")
async def department(request: Request[Any, Any, Any], district: FromPath[str], code: FromPath[str]) -> Response[Any]:
    """One department: what it is there for, how it is reached, who stands above it."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        place = visit.enter(district)
        return visit.page("library/office.html", await offices.page(visit, place, code, f"/d/{place.code}/library"))


@get("/d/{district:str}/library/{code:str}")
async def entry(request: Request[Any, Any, Any], district: FromPath[str], code: FromPath[str], version: FromQuery[str] = "") -> Response[Any]:
    """One entry as it holds, or a version of it."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        place = visit.enter(district)
        page = await bookshelf.entry(visit, code, version, f"/d/{place.code}/library", staff=False, place=place)
        return visit.page("library/entry.html", page)
