"""By when one's own case is due, and how that was counted: what the clerk reads, too."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from banshi import texts
from banshi.errors import NotFound
from banshi.web import casepage, clocks
from banshi.web.portal.own import view_of
from banshi.web.site import Site

_ = texts.translator("banshi")


@get("/case/{number:str}/clock")
async def show(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Every clock of a case with every interval."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        view = await view_of(visit, casepage.read_number(number))
        visit.district = visit.house.directory.tree[view.row.district_id]
        words = await clocks.words_for(visit.db, visit.house, view.row, visit.language, visit.at)
        if words is None:
            raise NotFound(_("No limit runs on this kind of case."))
        return visit.page("portal/clocks.html", clocks.page(words, casepage.address_of(view.row.number)))
