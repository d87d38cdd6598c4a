"""By when a case is due, and how that was counted."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from banshi import texts
from banshi.cases import reading
from banshi.errors import NotFound
from banshi.web import casepage, clocks
from banshi.web.desk.sheet import address_of
from banshi.web.site import Site

_ = texts.translator("banshi")


@get("/desk/case/{number:str}/clock")
async def show(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Every clock of a case with every interval."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        row = await reading.get(visit.db, visit.house, visit.staff(), casepage.read_number(number))
        words = await clocks.words_for(visit.db, visit.house, row, visit.language, visit.at)
        if words is None:
            raise NotFound(_("No limit runs on this kind of case."))
        return visit.page("desk/clocks.html", clocks.page(words, address_of(row.number)), desk=True)
