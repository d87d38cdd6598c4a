"""The clocks of a case over the API: due dates, and every interval from which they come."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath

from banshi.cases import numbers, reading, timing
from banshi.clock import counting
from banshi.clock.counting import Clock
from banshi.texts import labels
from banshi.web import clocks
from banshi.web.api.common import who
from banshi.web.api.structs import ClockOut, Clocks, ExtensionOut, IntervalOut
from banshi.web.casepage import read_number
from banshi.web.site import Site


@get("/cases/{number:str}/clocks", summary="Explain due dates", operation_id="explainClocks")
async def read_clocks(request: Request[Any, Any, Any], number: FromPath[str]) -> Clocks:
    """Every deadline of a case, each run of it with its due date and the intervals that were counted, stood still or were days off."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        row = await reading.get(db, house, actor, read_number(number))
        found = await timing.of_case(db, house, row)
    items = [clock_out(c, clocks.Words(house, found, "en", at)) for c in found.clocks] if found else []
    return Clocks(number=numbers.show(row.number), at=at, items=items)


def clock_out(clock: Clock, words: clocks.Words) -> ClockOut:
    """Return one run of a deadline."""
    calendar, until = words.found.calendar, clock.stopped or words.at
    return ClockOut(
        name=clock.deadline.name,
        kind=clock.deadline.kind,
        title=labels(clock.deadline.title),
        run=clock.epoch,
        unit=clock.deadline.unit,
        limit=clock.limit,
        allowed=clock.allowed,
        used=round(words.used(clock, until), 3),
        started=clock.started,
        received=clock.received,
        due=clock.due,
        stopped=clock.stopped,
        standing=words.standing(clock),
        provisional=clock.provisional,
        extensions=[ExtensionOut(at=e.at, more=e.more, reason=e.reason, agreed=e.agreed) for e in clock.extensions],
        intervals=[
            IntervalOut(
                kind=i.kind,
                start=i.start,
                stop=i.stop,
                counted=round(i.counted, 3),
                state=i.state,
                waits_for=i.waits_for if i.kind != "skipped" else "",
                days=i.days,
                name=dict(i.name),
            )
            for i in counting.explain(clock, calendar, until)
        ],
    )
