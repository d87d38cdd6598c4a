"""The change feed: every event of the cases that a token's post may see, in the order in which they became final."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, get
from litestar.params import FromQuery, QueryParameter

from banshi import texts
from banshi.cases import feed, numbers
from banshi.errors import Invalid
from banshi.web.api.common import event_out, who
from banshi.web.api.structs import Feed, FeedEvent
from banshi.web.casepage import hides
from banshi.web.site import Site

_ = texts.translator("banshi")

NOW = "now"


@get("/events", summary="What changed", operation_id="listEvents")
async def list_events(
    request: Request[Any, Any, Any],
    after: FromQuery[str] = "",
    size: Annotated[int, QueryParameter(ge=1, le=feed.MOST)] = 500,
) -> Feed:
    """Events after a cursor, none skipped whatever the order in which writers commit: ask, work, keep ``next``, ask again.

    Without ``after`` from the beginning; ``after=now`` only gives the cursor of this moment. ``more`` says that others wait already.
    """
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        if after == NOW:
            return Feed(items=[], next=feed.write(await feed.head(db)), more=False)
        page = await feed.read(db, house, actor, _cursor(after), size)
    items = [
        FeedEvent(
            **msgspec.structs.asdict(event_out(house, e, hides=hides(actor, e))),
            number=numbers.show(e.number),
            type=house.book[e.type_id].key,
            district=house.directory.tree[e.district_id].code,
        )
        for e in page.events
    ]
    return Feed(items=items, next=feed.write(page.next), more=page.more)


def _cursor(written: str) -> feed.Place:
    place = feed.parse(written)
    if place is None:
        raise Invalid(_("The cursor is none that this feed gave. Begin without one, or with “now”."), {"after": _("This is no cursor.")})
    return place
