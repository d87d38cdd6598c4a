"""Messages. In-app notices: what happened on a case since the resident, or the officer in charge, last looked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, Row, Table, Text, delete, select, text

from banshi.db import KERNEL, Connection, owner_metadata
from banshi.jobs.relay import Consumer

notice = Table(
    "notice",
    owner_metadata(KERNEL),
    Column("person_id", BigInteger, ForeignKey("kernel.person.id"), primary_key=True),
    Column("capacity", Text, primary_key=True),
    Column("case_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True),
    Column("sequence", Integer, primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("notice_case", notice.c.case_id)


async def take(db: Connection, events: Sequence[Row[Any]]) -> None:
    """Write a notice for the applicant of each case that the office moved, and for the officer in charge where the resident did.

    An officer has one, too, of a case that a colleague, or a resident's praise, gave them.
    """
    keys = {"cases": [e.case_id for e in events], "sequences": [e.sequence for e in events]}
    await db.execute(_NOTICES, keys)


NOTICES = Consumer("notices", take)


async def unread(db: Connection, person_id: int, capacity: str, case_ids: Sequence[int]) -> dict[int, datetime]:
    """Return which of these cases have something new for the person, with the latest moment."""
    rows = await db.execute(
        select(notice.c.case_id, notice.c.at)
        .where(notice.c.person_id == person_id, notice.c.capacity == capacity, notice.c.case_id.in_(case_ids))
        .order_by(notice.c.at)
    )
    return {r.case_id: r.at for r in rows}


async def read(db: Connection, person_id: int, capacity: str, case_id: int) -> None:
    """Forget the notices on a case: the person has its page before them."""
    await db.execute(delete(notice).where(notice.c.person_id == person_id, notice.c.capacity == capacity, notice.c.case_id == case_id))


_NOTICES = text("""
with coming as (
    select e.case_id, e.sequence, e.at, e.capacity, e.audience, e.actor_id, e.post_id, e.kind, c.applicant_id,
        p.person_id as officer_id, p.id as officer_post,
        cast(coalesce(e.body -> 'changed' ->> 'assignee_id', e.body ->> 'assignee') as bigint) as given
    from unnest(cast(:cases as bigint[]), cast(:sequences as integer[])) as k(case_id, sequence)
    join kernel.case_event e on e.case_id = k.case_id and e.sequence = k.sequence
    join kernel."case" c on c.id = e.case_id
    left join kernel.post p on p.id = c.assignee_id and p.ended is null
)
insert into kernel.notice (person_id, capacity, case_id, sequence, at)
select applicant_id, 'resident', case_id, sequence, at from coming
where applicant_id is not null and capacity <> 'resident' and audience <> 'staff' and kind <> 'imported'
union all
select officer_id, 'staff', case_id, sequence, at from coming
where officer_id is not null and ((capacity = 'resident' and sequence > 1) or (given = officer_post and post_id is distinct from officer_post))
on conflict do nothing
""")
