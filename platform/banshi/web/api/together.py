"""Cases that belong together, over the API: clusters, links, and what a case is related with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from litestar import Request, delete, get, post
from litestar.params import FromPath, JSONBody

from banshi.cases import linking, numbers, reading
from banshi.cases.acting import Acted
from banshi.web.api.common import who
from banshi.web.api.structs import Done, Joining, Leaving, Linking, Moved, Related, RelatedList
from banshi.web.casepage import read_number
from banshi.web.site import Site


@get("/cases/{number:str}/related", summary="What a case belongs together with", operation_id="listRelated")
async def related(request: Request[Any, Any, Any], number: FromPath[str]) -> RelatedList:
    """List the members or the master of a case's cluster, and its links, as far as the token's post may see the others."""
    site: Site = request.app.state.site
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, site.now())
        row = await reading.get(db, house, actor, read_number(number))
        found = await linking.kin(db, house, actor, row)
    return RelatedList(
        items=[Related(number=numbers.show(r.number), tie=r.tie, later=r.later, title=r.title, state=r.state, outcome=r.outcome) for r in found]
    )


@post("/cases/{number:str}/members", status_code=200, summary="Work on several reports of one matter together", operation_id="joinCases")
async def join(request: Request[Any, Any, Any], number: FromPath[str], data: JSONBody[Joining]) -> Moved:
    """Make cases members of the cluster that this one leads: one piece of work, all are told. Sent again, nothing is written."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        members = list(dict.fromkeys(read_number(n) for n in data.numbers))
        return _moved(await linking.merge(db, house, actor, read_number(number), members, at, text=data.text))


@post("/cases/{number:str}/leave", status_code=200, summary="Take a case out of its cluster", operation_id="leaveCluster")
async def leave(request: Request[Any, Any, Any], number: FromPath[str], data: JSONBody[Leaving]) -> Moved:
    """Take a member out as it is now, or undo that it joined."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        return _moved(await linking.leave(db, house, actor, read_number(number), at, undo=data.undo))


@post("/cases/{number:str}/links", status_code=200, summary="Link two cases", operation_id="linkCases")
async def link(request: Request[Any, Any, Any], number: FromPath[str], data: JSONBody[Linking]) -> Moved:
    """Link this case with another; a link that is there stays, and nothing is written."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        return _moved(await linking.link(db, house, actor, read_number(number), read_number(data.number), data.kind, at))


@delete("/cases/{number:str}/links/{kind:str}/{other:str}", status_code=200, summary="Take a link away", operation_id="unlinkCases")
async def unlink(
    request: Request[Any, Any, Any], number: FromPath[str], kind: FromPath[Literal["related", "follow_up", "part_of"]], other: FromPath[str]
) -> Moved:
    """Take a link away; both cases keep the line that it was there."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        return _moved(await linking.unlink(db, house, actor, read_number(number), read_number(other), kind, at))


def _moved(done: Sequence[Acted]) -> Moved:
    return Moved(items=[Done(number=numbers.show(d.number), state=d.state, revision=d.revision, fresh=d.fresh) for d in done])
