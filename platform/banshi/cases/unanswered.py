"""Unanswered for N working hours: a case on which the officer in charge recorded nothing is offered to the deputy (domain 6.5).

Each district says N. A row says when to look at a case, at the earliest; working time never passes faster than time, so a look that comes too
early puts the next one off and none comes too late. The sweep costs what is looked at, not what is open.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Row, delete, select, text

from banshi.cases import acting
from banshi.cases.book import House
from banshi.cases.linking import prepared
from banshi.cases.tables import case, case_event, unanswered
from banshi.contracts import OFFICE, Actor
from banshi.db import Connection
from banshi.identity import deputies

OFFERED = "offered"
BATCH = 500
SOON, LATER = timedelta(minutes=1), timedelta(hours=1)
"""A look is never put off by less; and by so much where the deputy is kept from the case."""


class WorkingTime(Protocol):
    """A working calendar, as far as it is needed here."""

    def working(self, start: datetime, stop: datetime) -> timedelta:
        """Return how much of the time between two moments is worked."""
        ...


Calendars = Callable[[int], WorkingTime]
"""A district's id to its calendar."""


async def watch(db: Connection, events: Sequence[Row[Any]]) -> None:
    """Look after the cases of these events, where their officer has deputies and their district wants it; one statement."""
    await db.execute(_WATCH, {"cases": sorted({e.case_id for e in events})})


async def begin(db: Connection, at: datetime) -> None:
    """Look at the open cases of officers who have got a deputy since the last time, or whose district changed its N."""
    await db.execute(_BEGIN, {"at": at})


async def offer(db: Connection, house: House, calendars: Calendars, at: datetime, *, batch: int = BATCH) -> int:
    """Look at the cases whose time to be looked at has come, ``batch`` at most, and offer those that were left unanswered; return how many.

    A case that somebody else holds at this moment is looked at the next time.
    """
    statement = select(case).join(unanswered, unanswered.c.case_id == case.c.id).where(unanswered.c.look <= at).order_by(unanswered.c.look)
    rows = (await db.execute(statement.limit(batch).with_for_update(skip_locked=True))).all()
    if not rows:
        return 0
    hours = await deputies.limits(db)
    stories: dict[int, list[Any]] = {r.id: [] for r in rows}
    columns = [case_event.c[n] for n in ("case_id", "kind", "post_id", "for_post_id", "at", "state", "body")]
    told = select(*columns).where(case_event.c.case_id.in_(stories)).order_by(case_event.c.case_id, case_event.c.sequence)
    for event in await db.execute(told):
        stories[event.case_id].append(event)
    done, steps, later = [], {}, []
    for row in rows:
        found = look(house, row, stories[row.id], hours.get(row.district_id, 0), calendars, at)
        if isinstance(found, datetime):
            later.append((row.id, found))
            continue
        done.append(row.id)
        if found is not None:
            steps[row.number] = prepared(
                house, Actor.SYSTEM, row, OFFERED, {"deputy": found, "officer": row.assignee_id}, at, changed={"deputy_id": found}, audience="staff"
            )
    if steps:
        await acting.write(db, Actor.SYSTEM, steps, at)
    await db.execute(delete(unanswered).where(unanswered.c.case_id.in_(done)))
    await db.execute(_LATER, {"cases": [i for i, _l in later], "looks": [moment for _i, moment in later]})
    return len(rows)


def look(house: House, row: Any, story: Sequence[Any], hours: int, calendars: Calendars, at: datetime) -> int | datetime | None:
    """Return the post to which a case is offered now, when to look at it again, or None: it needs no more looking after."""
    declared, standing = house.declared(row.type_id), house.directory.standing
    if not hours or row.closed is not None or row.assignee_id is None or row.deputy_id is not None or declared is None:
        return None
    since = waits_since(story, row.assignee_id, {s.name for s in declared.states if s.waits_for == OFFICE})
    if since is None or not standing.deputies(row.assignee_id, at):
        return None
    if away := standing.absence(row.assignee_id, at):  # the deputy has it anyway
        return away.until + timedelta(hours=hours)
    since = max([since, *(a.until for a in standing.absences(row.assignee_id) if a.until <= at)])
    left = timedelta(hours=hours) - calendars(row.district_id).working(since, at)
    if left > timedelta():
        return at + max(left, SOON)
    found = house.directory.post(standing.asked(row.assignee_id, at))
    if found is None or found.person_id == row.applicant_id or found.person_id in row.recused:
        return at + LATER
    return found.id


def waits_since(story: Sequence[Any], officer: int, office: Collection[str]) -> datetime | None:
    """Return since when a case waits for its officer: given to them, last moved by them or for them, or come back to the office.

    None where it does not wait for the office. What colleagues note and residents add meanwhile answers nothing, and starts nothing anew.
    """
    since, before = None, False
    for event in story:
        body: Mapping[str, Any] = event.body or {}
        given = (body.get("changed") or {}).get("assignee_id", body.get("assignee")) == officer
        waits = event.state in office
        if given or officer in (event.post_id, event.for_post_id) or (waits and not before):
            since = event.at
        before = waits
    return since if before else None


_WATCHED = """
    from kernel."case" c join kernel.deputy_limit l on l.district_id = c.district_id and l.hours > 0
    where c.closed is null and c.assignee_id is not null and c.deputy_id is null and c.master_id is null
"""
_WATCH = text(f"""
insert into kernel.unanswered (case_id, look)
select c.id, c.changed + make_interval(hours => l.hours) {_WATCHED} and c.id = any(cast(:cases as bigint[]))
    and exists (select from kernel.deputy d where d.post_id = c.assignee_id and not d.over)
on conflict (case_id) do nothing
""")
_BEGIN = text(f"""
with fresh as (update kernel.deputy set watched = true where not watched and not over returning post_id)
insert into kernel.unanswered (case_id, look)
select c.id, cast(:at as timestamptz) {_WATCHED} and c.assignee_id in (select post_id from fresh)
on conflict (case_id) do update set look = least(kernel.unanswered.look, excluded.look)
""")
_LATER = text("""
update kernel.unanswered u set look = d.look
from unnest(cast(:cases as bigint[]), cast(:looks as timestamptz[])) as d(case_id, look)
where u.case_id = d.case_id
""")
