"""Reading cases: one with its story, lists by key, counts bounded (pages) and exact (reports)."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Row, Subquery, func, literal, literal_column, select, tuple_, union, union_all
from sqlalchemy.dialects.postgresql import aggregate_order_by

from banshi.cases.book import House
from banshi.cases.tables import case, case_event, case_party, deadline, personal_index
from banshi.cases.visibility import branches, predicate
from banshi.contracts import CONFIDENTIAL, Actor
from banshi.db import Connection
from banshi.documents import keeping
from banshi.errors import Invalid, NotFound
from banshi.identity.tables import person, post
from banshi.texts import translator

_ = translator("banshi")

BOUND = 1000
PAGE = 25

Audiences = tuple[str, ...]
FOR_STAFF: Audiences = ("public", "applicant", "staff")
FOR_APPLICANT: Audiences = ("public", "applicant")


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of a list ends: the sort key of its last case."""

    received: Annotated[datetime, msgspec.Meta(tz=True)]
    id: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which cases, in which order: filters on columns, the oldest first or the newest, and where the last page ended.

    ``open`` None means open and closed. ``members`` False leaves out what a cluster's master stands for. ``assignee_id`` and
    ``department_id`` narrow what is visible, never widen it. ``stages`` are pairs of a type's id and one of its states (None: any). ``areas``
    are nodes of the districts' tree, all those of a part of it: a case lies there by its most exact node. ``since`` and ``before`` bound the
    moment of receipt, ``ended_since`` and ``ended_before`` that of the end. ``also`` are conditions on the case's row that a room above brings.
    """

    open: bool | None = None
    states: tuple[str, ...] = ()
    category: str | None = None
    department_id: int | None = None
    assignee_id: int | None = None
    district_id: int | None = None
    type_ids: tuple[int, ...] = ()
    stages: tuple[tuple[int, str], ...] | None = None
    channel: str | None = None
    urgent: bool = False
    members: bool = True
    areas: tuple[int, ...] | None = None
    since: datetime | None = None
    before: datetime | None = None
    ended_since: datetime | None = None
    ended_before: datetime | None = None
    also: tuple[ColumnElement[bool], ...] = ()
    newest_first: bool = False
    after: Cursor | None = None
    size: int = PAGE


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a list, and where the next begins (None: this was the last)."""

    rows: Sequence[Row[Any]]
    next: Cursor | None


async def get(db: Connection, house: House, actor: Actor, number: str) -> Row[Any]:
    """Return the case of that number if ``actor`` may see it; NotFound says the same for unknown and for hidden."""
    row = (await db.execute(select(case).where(case.c.number == number, predicate(house, actor)))).one_or_none()
    if row is None:
        raise NotFound(_("There is no such case, or it is not for your eyes."))
    return row


async def with_parties(db: Connection, house: House, actor: Actor, number: str) -> Row[Any]:
    """Return the same with ``parties``: who is named on the case, each with role, sealed name and telephone; one query."""
    named = func.jsonb_build_object(
        *("role", case_party.c.role, "confidential", case_party.c.confidential, "name", person.c.name, "telephone", person.c.telephone)
    )
    listed = select(func.coalesce(func.jsonb_agg(aggregate_order_by(named, case_party.c.role)), literal_column("'[]'::jsonb")))
    parties = listed.join(person, person.c.id == case_party.c.person_id).where(case_party.c.case_id == case.c.id).scalar_subquery()
    statement = select(case, parties.label("parties")).where(case.c.number == number, predicate(house, actor))
    row = (await db.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(_("There is no such case, or it is not for your eyes."))
    return row


async def by_person(db: Connection, house: House, actor: Actor, kind: Literal["name", "telephone"], value: str, *, most: int) -> Sequence[Row[Any]]:
    """Return the newest cases of whoever has exactly this name or telephone, by what was filed and by the applicant's account; one query.

    A hit would tell whose a hidden person's case is: those are for who may know it. The caller writes the reading to the audit.
    """
    digests = house.keyring.indexes(kind, value)
    filed = select(personal_index.c.case_id).where(personal_index.c.kind == kind, personal_index.c.digest.in_(digests))
    own = select(case.c.id).join(person, person.c.id == case.c.applicant_id).where(person.c[f"{kind}_index"].in_(digests))
    known = [] if actor.may(CONFIDENTIAL.name) else [case.c.confidentiality != "hidden"]
    statement = select(case, post.c.staff_number).outerjoin(post, post.c.id == case.c.assignee_id)
    statement = statement.where(case.c.id.in_(union(filed, own)), predicate(house, actor), *known)
    return (await db.execute(statement.order_by(case.c.received.desc(), case.c.id.desc()).limit(most))).all()


async def several(db: Connection, house: House, actor: Actor, numbers: Sequence[str]) -> Sequence[Row[Any]]:
    """Return those cases of these numbers that ``actor`` may see, the newest first."""
    statement = select(case).where(case.c.number.in_(numbers), predicate(house, actor))
    return (await db.execute(statement.order_by(case.c.received.desc(), case.c.id.desc()))).all() if numbers else ()


async def story(db: Connection, case_id: int, audiences: Audiences) -> Sequence[Row[Any]]:
    """Return the events of a case that may be read by ``audiences``, oldest first, each with the staff number of who acted and its documents."""
    statement = (
        select(case_event, post.c.staff_number, keeping.TOLD.label("documents"))
        .outerjoin(post, post.c.id == case_event.c.post_id)
        .where(case_event.c.case_id == case_id, case_event.c.audience.in_(audiences))
        .order_by(case_event.c.sequence)
    )
    return (await db.execute(statement)).all()


async def listing(db: Connection, house: House, actor: Actor, query: Query) -> Listing:
    """Return one page of the cases that ``actor`` may see and ``query`` asks for; one query whatever the data."""
    return (await listings(db, house, actor, [query]))[0]


async def listings(db: Connection, house: House, actor: Actor, queries: Sequence[Query]) -> list[Listing]:
    """Return a page of each of several lists; one query for all of them."""
    parts = [
        select(found, literal(position).label("list")) for position, query in enumerate(queries) if (found := _page(house, actor, query)) is not None
    ]
    if not parts:
        return [Listing(rows=(), next=None) for _query in queries]
    page = union_all(*parts).subquery("page") if len(parts) > 1 else parts[0].subquery("page")
    due = (deadline.c.promised, deadline.c.statutory, deadline.c.stands)
    statement = select(case, post.c.staff_number, page.c.list, *due).join(page, page.c.id == case.c.id)
    statement = statement.outerjoin(post, post.c.id == case.c.assignee_id).outerjoin(deadline, deadline.c.case_id == case.c.id)
    rows = (await db.execute(statement)).all()
    return [_cut([r for r in rows if r.list == position], query) for position, query in enumerate(queries)]


async def every(db: Connection, house: House, actor: Actor, query: Query, most: int = BOUND) -> tuple[list[str], bool]:
    """Return the numbers of all cases that ``query`` finds, the first ``most`` in its order, and whether there are more."""
    found = _page(house, actor, msgspec.structs.replace(query, after=None, size=most))
    if found is None:
        return [], False
    statement = select(case.c.number).join(found, found.c.id == case.c.id).order_by(*_order(query, case.c))
    said = [r.number for r in await db.execute(statement)]
    return said[:most], len(said) > most


def _page(house: House, actor: Actor, query: Query) -> Subquery | None:
    """The ids and moments of one page of a list and one more; None where nothing is visible."""
    parts = [
        select(case.c.id, case.c.received).where(branch, *_filters(query), *_after(query)).order_by(*_order(query, case.c)).limit(query.size + 1)
        for branch in _narrowed(house, actor, query)
    ]
    if len(parts) < 2:
        return parts[0].subquery() if parts else None
    both = union(*(p.subquery().select() for p in parts)).subquery()
    return select(both).order_by(*_order(query, both.c)).limit(query.size + 1).subquery()


def _order(query: Query, columns: Any) -> list[Any]:
    return [columns.received.desc(), columns.id.desc()] if query.newest_first else [columns.received, columns.id]


def _cut(rows: list[Row[Any]], query: Query) -> Listing:
    rows.sort(key=lambda r: (r.received, r.id), reverse=query.newest_first)
    rows, more = rows[: query.size], len(rows) > query.size
    return Listing(rows=rows, next=Cursor(rows[-1].received, rows[-1].id) if more else None)


async def count_bounded(db: Connection, house: House, actor: Actor, queries: Sequence[Query]) -> list[int]:
    """Return for each query how many cases it finds, at most ``BOUND`` + 1 (shown as 1000+); one statement for all."""
    columns: list[Any] = []
    for query in queries:
        parts = [select(case.c.id).where(branch, *_filters(query)).limit(BOUND + 1) for branch in _narrowed(house, actor, query)]
        if not parts:
            columns.append(literal_column("0"))
            continue
        found = union(*(p.subquery().select() for p in parts)) if len(parts) > 1 else parts[0]
        bounded = select(literal_column("1")).select_from(found.subquery()).limit(BOUND + 1).subquery()
        columns.append(select(func.count()).select_from(bounded).scalar_subquery())
    row = (await db.execute(select(*(c.label(f"c{i}") for i, c in enumerate(columns))))).one()
    return [int(n) for n in row]


By = Literal["state", "outcome", "department", "channel", "category", "type", "district"]
_COLUMNS: dict[By, Any] = {
    "state": case.c.state,
    "outcome": case.c.outcome,
    "department": case.c.department_id,
    "channel": case.c.channel,
    "category": case.c.category,
    "type": case.c.type_id,
    "district": case.c.district_id,
}


async def count_exact(db: Connection, house: House, actor: Actor, by: Sequence[By], query: Query) -> list[tuple[tuple[Any, ...], int]]:
    """Return how many cases there are for each combination of ``by``, exactly; reads every case the actor may see."""
    columns = [_COLUMNS[b] for b in by]
    statement = select(*columns, func.count()).where(predicate(house, actor), *_filters(query)).group_by(*columns).order_by(*columns)
    return [(tuple(r[:-1]), int(r[-1])) for r in await db.execute(statement)]


def write_cursor(cursor: Cursor | None) -> str:
    """Return a cursor as it stands in an address; empty for none."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=") if cursor else ""


def read_cursor(written: str) -> Cursor | None:
    """Return the cursor of an address; Invalid where somebody changed it."""
    if not written:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)), type=Cursor)
    except (ValueError, msgspec.MsgspecError):
        raise Invalid(_("This page of the list cannot be found. Begin at the first one.")) from None


def _narrowed(house: House, actor: Actor, query: Query) -> list[ColumnElement[bool]]:
    """The branches, each with what the query narrows to; a query for one department or assignee needs a single range."""
    seen = branches(house, actor)
    if not seen:
        return []
    if query.assignee_id is not None or query.department_id is not None:
        return [predicate(house, actor)]
    return seen


def _filters(query: Query) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [*query.also]
    if query.assignee_id is not None:
        found.append(case.c.assignee_id == query.assignee_id)
    if query.department_id is not None:
        found.append(case.c.department_id == query.department_id)
    if query.open is True:
        found.append(case.c.closed.is_(None))
    elif query.open is False:
        found.append(case.c.closed.is_not(None))
    if query.states:
        found.append(case.c.state.in_(query.states))
    if query.category:
        found.append(case.c.category == query.category)
    if query.district_id is not None:
        found.append(case.c.district_id == query.district_id)
    if query.type_ids:
        found.append(case.c.type_id.in_(query.type_ids))
    if query.stages is not None:
        found.append(tuple_(case.c.type_id, case.c.state).in_(query.stages))
    if query.channel:
        found.append(case.c.channel == query.channel)
    if not query.members:
        found.append(case.c.master_id.is_(None))
    if query.urgent:
        found.append(case.c.priority > 0)
    if query.areas is not None:
        found.append(func.coalesce(case.c.area_id, case.c.district_id).in_(query.areas))
    if query.since is not None:
        found.append(case.c.received >= query.since)
    if query.before is not None:
        found.append(case.c.received < query.before)
    if query.ended_since is not None:
        found.append(case.c.closed >= query.ended_since)
    if query.ended_before is not None:
        found.append(case.c.closed < query.ended_before)
    return found


def _after(query: Query) -> list[ColumnElement[bool]]:
    if query.after is None:
        return []
    key, last = tuple_(case.c.received, case.c.id), tuple_(query.after.received, query.after.id)
    return [key < last if query.newest_first else key > last]
