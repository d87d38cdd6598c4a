"""In-app notices: what happened on a case since the resident, or the officer in charge, last looked."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Row,
    Table,
    Text,
    and_,
    delete,
    func,
    or_,
    select,
    text,
    tuple_,
    union,
)

from banshi.cases.book import House
from banshi.cases.reading import FOR_APPLICANT, absent
from banshi.cases.tables import case, case_event
from banshi.cases.visibility import branches
from banshi.contracts import Actor
from banshi.db import KERNEL, Connection, owner_metadata
from banshi.errors import Invalid
from banshi.identity.tables import post
from banshi.jobs.relay import Consumer
from banshi.texts import translator

_ = translator("banshi")
PAGE = 25
BOUND = 99

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


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of an inbox ends: the sort key of its last event."""

    at: Annotated[datetime, msgspec.Meta(tz=True)]
    case_id: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
    sequence: Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]


async def inbox(
    db: Connection, house: House, actor: Actor, after: Place | None = None, *, size: int = PAGE
) -> tuple[Sequence[Row[Any]], Place | None]:
    """Return what others did on a resident's cases, the newest first, and where the next page begins (None: this was the last). One query.

    A row is the event (with the staff number of who acted) beside its case's number, title, type, district and confidentiality; ``rule`` is
    that which acted; ``unread`` says that there is a notice of it. What a helper did with a mandate is news to the person for whom it was done.
    """
    own = union(*(select(case.c.id).where(branch) for branch in branches(house, actor))).subquery("own")
    helped = and_(case_event.c.acting_for_id == actor.person_id, case_event.c.actor_id != actor.person_id)
    key = tuple_(case_event.c.at, case_event.c.case_id, case_event.c.sequence)
    columns = ("case_id", "sequence", "kind", "capacity", "actor_id", "post_id", "acting_for_id", "for_post_id", "department_id", "at")
    statement = (
        select(
            *(case_event.c[name] for name in columns),
            *(case.c[name] for name in ("number", "title", "category", "type_id", "district_id", "applicant_id", "confidentiality")),
            post.c.staff_number,
            case_event.c.body["told"]["rule"].astext.label("rule"),
            absent.c.staff_number.label("for_number"),
            notice.c.at.is_not(None).label("unread"),
        )
        .join(own, own.c.id == case_event.c.case_id)
        .join(case, case.c.id == case_event.c.case_id)
        .outerjoin(post, post.c.id == case_event.c.post_id)
        .outerjoin(absent, absent.c.id == case_event.c.for_post_id)
        .outerjoin(
            notice,
            and_(
                notice.c.person_id == actor.person_id,
                notice.c.capacity == "resident",
                notice.c.case_id == case_event.c.case_id,
                notice.c.sequence == case_event.c.sequence,
            ),
        )
        .where(case_event.c.audience.in_(FOR_APPLICANT), case_event.c.kind != "imported", or_(case_event.c.capacity != "resident", helped))
        .order_by(case_event.c.at.desc(), case_event.c.case_id.desc(), case_event.c.sequence.desc())
        .limit(size + 1)
    )
    if after is not None:
        statement = statement.where(key < tuple_(after.at, after.case_id, after.sequence))
    rows: Sequence[Any] = (await db.execute(statement)).all()
    more, rows = len(rows) > size, rows[:size]
    return rows, Place(rows[-1].at, rows[-1].case_id, rows[-1].sequence) if more else None


async def count_unread(db: Connection, person_id: int) -> int:
    """Return how many notices a resident has not read, at most ``BOUND`` + 1 (shown as 99+)."""
    found = select(notice.c.sequence).where(notice.c.person_id == person_id, notice.c.capacity == "resident").limit(BOUND + 1).subquery()
    return int((await db.execute(select(func.count()).select_from(found))).scalar_one())


async def read_all(db: Connection, person_id: int, until: datetime) -> None:
    """Forget a resident's notices up to a moment: of what came after it the page did not tell yet."""
    await db.execute(delete(notice).where(notice.c.person_id == person_id, notice.c.capacity == "resident", notice.c.at <= until))


def write_place(place: Place | None) -> str:
    """Return a place as it stands in an address; empty for none."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=") if place else ""


def read_place(written: str) -> Place | None:
    """Return the place of an address; Invalid where somebody changed it."""
    if not written:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)), type=Place)
    except (ValueError, msgspec.MsgspecError):
        raise Invalid(_("This page of the list cannot be found. Begin at the first one.")) from None


_NOTICES = text("""
with coming as (
    select e.case_id, e.sequence, e.at, e.capacity, e.audience, e.actor_id, e.post_id, e.acting_for_id, e.kind, c.applicant_id,
        p.person_id as officer_id, p.id as officer_post,
        cast(coalesce(e.body -> 'changed' ->> 'assignee_id', e.body ->> 'assignee') as bigint) as given
    from unnest(cast(:cases as bigint[]), cast(:sequences as integer[])) as k(case_id, sequence)
    join kernel.case_event e on e.case_id = k.case_id and e.sequence = k.sequence
    join kernel."case" c on c.id = e.case_id
    left join kernel.post p on p.id = c.assignee_id and p.ended is null
)
insert into kernel.notice (person_id, capacity, case_id, sequence, at)
select applicant_id, 'resident', case_id, sequence, at from coming
where applicant_id is not null and audience <> 'staff' and kind <> 'imported'
    and (capacity <> 'resident' or (acting_for_id = applicant_id and actor_id <> applicant_id))
union all
select officer_id, 'staff', case_id, sequence, at from coming
where officer_id is not null and ((capacity = 'resident' and sequence > 1) or (given = officer_post and post_id is distinct from officer_post))
on conflict do nothing
""")
