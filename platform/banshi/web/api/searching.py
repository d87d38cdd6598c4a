"""Search over the API: what the desk's field finds."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get
from litestar.params import QueryParameter

from banshi.cases import numbers
from banshi.search import finding
from banshi.web.api.common import case_out, check_words, who
from banshi.web.api.structs import Hits
from banshi.web.site import Site


@get("/search", summary="Search cases", operation_id="searchCases")
async def search(
    request: Request[Any, Any, Any],
    q: Annotated[str, QueryParameter(min_length=1, max_length=10_000, description="Words in Chinese or English, or a number or a part of it")],
    size: Annotated[int, QueryParameter(ge=1, le=finding.SHOWN)] = 25,
) -> Hits:
    """Find cases by title, text, messages and number, the best first, within what the token's post may see."""
    site: Site = request.app.state.site
    at = site.now()
    check_words(q=q)
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        found = await finding.find(db, house, actor, q, at, most=size)
    excerpts = {numbers.show(r.number): found.shown[r.id] for r in found.rows if found.shown.get(r.id)}
    return Hits(items=[case_out(house, r) for r in found.rows], more=found.more, excerpts=excerpts)
