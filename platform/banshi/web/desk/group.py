"""The page of several queues that belong together: the intake desk's own page, with what the shift before left to say."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.params import FromPath

from banshi import texts, workbench
from banshi.cases import reading
from banshi.errors import NotFound
from banshi.web import pages
from banshi.web.desk import handover, lists, menu
from banshi.web.site import Site

_ = texts.translator("banshi")

FIRST = 8
"""So many rows of each queue stand on the page of its group."""


@get("/desk/group/{name:str}")
async def group(request: Request[Any, Any, Any], name: FromPath[str]) -> Response[Any]:
    """The first rows of each queue of a group, and the latest hand-over note; seven queries however many queues there are."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        title, queues = lists.groups(visit, actor).get(name, ("", []))
        if not queues:
            raise NotFound(_("There is no such list, or it is not for your post."))
        wanted = [msgspec.structs.replace(w.query, size=FIRST) for w in queues]
        found = await reading.listings(visit.db, visit.house, actor, wanted)
        sections, counts = await menu.menu(visit, actor, menu.group_address(name), *(w.query for w in queues))
        lines = await menu.case_rows(visit, actor, [r for part in found for r in part.rows])
        notes = await workbench.notes(visit.db, actor, most=1)
        page = pages.GroupPage(
            title=title,
            sections=sections,
            parts=tuple(
                pages.GroupPart(
                    title=w.title, lead=w.lead if w.lead != title else "", href=w.href, count=n, rows=tuple(lines[r.id] for r in part.rows)
                )
                for w, n, part in zip(queues, counts, found, strict=True)
            ),
            note=handover.said(visit, actor, notes[0]) if notes else None,
        )
        menu.remember(visit)
        return visit.page("desk/group.html", page, desk=True)
