"""Cases that belong together: clusters of one matter that several people reported, and links between cases.

In a cluster one case, the master, carries the work; its members keep their numbers, their applicants and their stories. What the office tells
on the master, each member is told (`banshi.cases.following`, fed by the relay): all are informed together, it is one piece of work, and N times
demand.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, delete, false, func, literal, select, true, union_all
from sqlalchemy.dialects.postgresql import insert

from banshi.audit import canonical
from banshi.cases import acting, chain, standing_in
from banshi.cases.acting import Act, Acted, Prepared
from banshi.cases.book import House
from banshi.cases.numbers import show
from banshi.cases.opening import Master
from banshi.cases.tables import case, case_event, case_link
from banshi.cases.visibility import predicate
from banshi.contracts import TOGETHER, Actor, Audience, CaseType
from banshi.db import Connection
from banshi.errors import Forbidden, Invalid, NotAllowedNow, NotFound
from banshi.texts import translator

_ = translator("banshi")

JOINED, LED, LEFT, RESTORED, FOLLOWED, LINKED, UNLINKED = "joined", "led", "left", "restored", "followed", "linked", "unlinked"
KINDS = frozenset({JOINED, LED, LEFT, RESTORED, FOLLOWED, LINKED, UNLINKED})
"""Kinds of events that the kernel itself writes on cases that belong together."""
MOST = 200
"""Members of a cluster that are joined at once."""
SHOWN = 5
Link = Literal["related", "follow_up", "part_of"]
LINKS: tuple[Link, ...] = ("related", "follow_up", "part_of")
"""Belongs with · takes up again what ended · is a part of: the case of the link is the later, or the part."""
NOT_THERE = _("What you wanted to join is settled by now, or does not fit what you answered. What you file is a case of its own.")
MOVED = ("state", "outcome", "closed", "department_id", "assignee_id", "helpers")
"""What joining changes on a member, and what undoing it gives back."""


# -- joining and leaving -----------------------------------------------------------------------------------------------------


async def merge(db: Connection, house: House, actor: Actor, master: str, members: Sequence[str], at: datetime, *, text: str = "") -> list[Acted]:
    """Make cases members of the cluster that ``master`` leads; a member that leads others brings them along. Return what it led to, case by case.

    Refusals: ``Invalid`` (itself, another district, another kind of case, hidden person), ``NotAllowedNow`` (closed, a member of another
    cluster), ``NotFound``, ``Forbidden``. Sent again, those that are members already stay so and nothing is written.
    """
    _may(actor)
    if not members or len(members) > MOST:
        raise Invalid(_("Choose one to {most} cases that report the same."), most=MOST)
    if master in members:
        raise Invalid(_("Case {number} cannot be joined with itself."), number=show(master))
    rows = await _lock(db, house, actor, [master, *members])
    leading = _found(rows, master)
    if leading.master_id is not None:
        raise NotAllowedNow(_("Case {number} is a member of another group itself. Choose the case that leads it."), number=show(master))
    coming = [row for n in members if (row := _found(rows, n)).master_id != leading.id]
    for row in (leading, *coming):
        _open_to_join(house, row, leading)
    brought = await _members(db, [r.id for r in coming], lock=True)
    steps: dict[str, Prepared] = {}
    for row in (*coming, *brought):
        moved = {name: getattr(row, name) for name in MOVED}
        told = {"with": leading.number, "before": _plain(moved), "text": text}
        changed = {"master_id": leading.id, "followed": -leading.sequence, "department_id": leading.department_id, "assignee_id": leading.assignee_id}
        steps[row.number] = prepared(house, actor, row, JOINED, told, at, changed=changed | {"helpers": leading.helpers})
    if coming:
        told = {"members": [r.number for r in (*coming, *brought)], "text": text}
        steps[leading.number] = prepared(house, actor, leading, LED, told, at, audience="staff")
    return await _written(db, actor, steps, at)


async def leave(db: Connection, house: House, actor: Actor, number: str, at: datetime, *, undo: bool = False) -> list[Acted]:
    """Take a member out of its cluster: it is worked on by itself again, in the state it has now.

    ``undo`` gives back what it was before it joined, and is refused (NotAllowedNow) when the office told something in between: then
    the member knows it, and can only be taken out as it is. A case that leads nobody and follows nobody is refused, too.
    """
    _may(actor)
    row = _found(await _lock(db, house, actor, [number]), number)
    if row.master_id is None:
        raise NotAllowedNow(_("Case {number} is in no group, or was taken out already."), number=show(number))
    joined = (
        await db.execute(
            select(case_event).where(case_event.c.case_id == row.id, case_event.c.kind == JOINED).order_by(case_event.c.sequence.desc()).limit(1)
        )
    ).one_or_none()
    changed: dict[str, Any] = {"master_id": None, "followed": 0}
    if undo:
        before = ((joined.body or {}).get("told") or {}).get("before") if joined is not None else None
        if joined is None or before is None or joined.sequence != row.sequence:
            raise NotAllowedNow(
                _("More has happened on case {number} since it joined: it cannot be undone. Take it out as it is."), number=show(number)
            )
        changed |= before
    elif row.state != _start(house, row) and row.closed is not None:
        raise NotAllowedNow(_("Case {number} is closed; it stays with the group it was settled with."), number=show(number))
    master = (await db.execute(select(case).where(case.c.id == row.master_id).with_for_update())).one()
    kind = RESTORED if undo else LEFT
    steps = {row.number: prepared(house, actor, row, kind, {"with": master.number}, at, changed=changed)}
    steps[master.number] = prepared(house, actor, master, kind, {"members": [row.number]}, at, audience="staff")
    return await _written(db, actor, steps, at)


async def joinable(db: Connection, house: House, declared: CaseType, district_id: int, number: str) -> Master:
    """Return the open case that somebody wants to join with their own; NotFound where there is none of that number to be joined."""
    row = (await db.execute(select(case).where(case.c.number == number, *_common(house, declared), case.c.district_id == district_id))).one_or_none()
    if row is None:
        raise NotFound(NOT_THERE)
    return Master(id=row.id, number=row.number, department_id=row.department_id, assignee_id=row.assignee_id, sequence=row.sequence)


async def alike(
    db: Connection, house: House, declared: CaseType, category: str | None, area_id: int | None, *, most: int = SHOWN
) -> Sequence[Row[Any]]:
    """Return the newest open cases that others reported of the same kind at the same place, each with ``people``: how many did. One query."""
    member = case.alias("member")
    people = select(func.count()).select_from(member).where(member.c.master_id == case.c.id).scalar_subquery()
    statement = select(case, (people + 1).label("people")).where(*_common(house, declared), case.c.category == category, case.c.area_id == area_id)
    return (await db.execute(statement.order_by(case.c.received.desc(), case.c.id.desc()).limit(most))).all()


async def near(db: Connection, house: House, actor: Actor, row: Any, *, most: int) -> Sequence[Row[Any]]:
    """Return other open cases of the same kind at the same place that the actor sees and that could be joined, the newest first."""
    same = (case.c.type_id == row.type_id, case.c.category == row.category, case.c.district_id == row.district_id, case.c.area_id == row.area_id)
    free = (case.c.closed.is_(None), case.c.master_id.is_(None), case.c.confidentiality == "", case.c.id != row.id)
    statement = select(case).where(*same, *free, predicate(house, actor))
    return (await db.execute(statement.order_by(case.c.received.desc(), case.c.id.desc()).limit(most))).all()


def _common(house: House, declared: CaseType) -> tuple[Any, ...]:
    return (case.c.type_id == house.book.of(declared).id, case.c.closed.is_(None), case.c.common, case.c.master_id.is_(None))


def _open_to_join(house: House, row: Any, leading: Any) -> None:
    if row.closed is not None:
        raise NotAllowedNow(_("Case {number} is closed: only open cases are joined. Link it instead."), number=show(row.number))
    if row.master_id is not None and row.id != leading.id:
        raise NotAllowedNow(_("Case {number} is a member of another group. Take it out there first."), number=show(row.number))
    if row.district_id != leading.district_id:
        raise Invalid(_("Case {number} lies in another district. Link it instead."), number=show(row.number))
    if row.type_id != leading.type_id:
        raise Invalid(_("Case {number} is of another kind. Link it instead."), number=show(row.number))
    if row.confidentiality:
        raise Invalid(_("The person of case {number} is protected: it is never joined with others."), number=show(row.number))
    if house.declared(row.type_id) is None or not house.directory.tree.has_on(row.district_id, house.book[row.type_id].owner):
        raise NotAllowedNow(_("Case {number} can be read but not worked on: its service is switched off here."), number=show(row.number))


# -- links ------------------------------------------------------------------------------------------------------------------------


async def link(db: Connection, house: House, actor: Actor, number: str, other: str, kind: Link, at: datetime) -> list[Acted]:
    """Link two cases that the actor sees; both tell it to staff. A link that is there stays, and nothing is written."""
    _may(actor)
    if number == other:
        raise Invalid(_("Case {number} cannot be linked with itself."), number=show(number))
    rows = await _lock(db, house, actor, [number, other])
    one, two = _found(rows, number), _found(rows, other)
    values = {"case_id": one.id, "other_id": two.id, "kind": kind, "at": at}
    fresh = (await db.execute(insert(case_link).values(values).on_conflict_do_nothing().returning(case_link.c.kind))).one_or_none()
    return await _tell_both(db, house, actor, one, two, LINKED, kind, at) if fresh else []


async def unlink(db: Connection, house: House, actor: Actor, number: str, other: str, kind: Link, at: datetime) -> list[Acted]:
    """Take a link away; both cases keep the line that it was there."""
    _may(actor)
    rows = await _lock(db, house, actor, [number, other])
    one, two = _found(rows, number), _found(rows, other)
    where = (case_link.c.case_id == one.id, case_link.c.other_id == two.id, case_link.c.kind == kind)
    gone = (await db.execute(delete(case_link).where(*where).returning(case_link.c.kind))).one_or_none()
    return await _tell_both(db, house, actor, one, two, UNLINKED, kind, at) if gone else []


async def kin(db: Connection, house: House, actor: Actor, row: Any, *, most: int = MOST) -> Sequence[Row[Any]]:
    """Return what a case belongs together with, as far as the actor sees it: each row with its ``tie`` and whether the other is the ``later``.

    A tie is "member" or "master" of its cluster, or a kind of link. One query.
    """
    ties = [
        select(case.c.id, literal("member").label("tie"), false().label("later")).where(case.c.master_id == row.id),
        select(case.c.id, literal("master"), false()).where(case.c.id == row.master_id),
        select(case_link.c.other_id, case_link.c.kind, false()).where(case_link.c.case_id == row.id),
        select(case_link.c.case_id, case_link.c.kind, true()).where(case_link.c.other_id == row.id),
    ]
    found = union_all(*ties).subquery("kin")
    statement = select(case, found.c.tie, found.c.later).join(found, found.c.id == case.c.id).where(predicate(house, actor))
    return (await db.execute(statement.order_by(case.c.received, case.c.id).limit(most))).all()


async def _tell_both(db: Connection, house: House, actor: Actor, one: Any, two: Any, told: str, kind: Link, at: datetime) -> list[Acted]:
    steps = {
        row.number: prepared(house, actor, row, told, {"link": kind, "with": other.number, "later": later}, at, audience="staff")
        for row, other, later in ((one, two, False), (two, one, True))
    }
    return await _written(db, actor, steps, at)


# -- ground -----------------------------------------------------------------------------------------------------------------------


def _may(actor: Actor) -> None:
    if actor.capacity == "staff" and not actor.may(TOGETHER.name):
        raise Forbidden(_("Your post does not carry the right to do this."))


async def _lock(db: Connection, house: House, actor: Actor, numbers: Sequence[str]) -> dict[str, Row[Any]]:
    statement = select(case).where(case.c.number.in_(numbers), predicate(house, actor)).order_by(case.c.id).with_for_update()
    return {r.number: r for r in await db.execute(statement)}


async def _members(db: Connection, master_ids: Sequence[int], *, lock: bool = False) -> Sequence[Row[Any]]:
    if not master_ids:
        return ()
    statement = select(case).where(case.c.master_id.in_(master_ids)).order_by(case.c.id)
    return (await db.execute(statement.with_for_update() if lock else statement)).all()


def _found(rows: Mapping[str, Row[Any]], number: str) -> Any:
    if number not in rows:
        raise NotFound(_("There is no case {number} that you may see."), number=show(number))
    return rows[number]


def _start(house: House, row: Any) -> str:
    return str(house.book[row.type_id].states[0]["name"])


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, tuple | list) else v for k, v in values.items()}


async def _written(db: Connection, actor: Actor, steps: dict[str, Prepared], at: datetime) -> list[Acted]:
    done = await acting.write(db, actor, steps, at) if steps else {}
    return [r for r in done.values() if isinstance(r, Acted)]


ROW = (
    "id",
    "type_id",
    "number",
    "state",
    "outcome",
    "closed",
    "title",
    "department_id",
    "assignee_id",
    "priority",
    "master_id",
    "followed",
    "facts",
    "data",
)


def prepared(
    house: House,
    actor: Actor,
    row: Any,
    kind: str,
    told: Mapping[str, Any],
    at: datetime,
    *,
    changed: Mapping[str, Any] | None = None,
    audience: Audience = "applicant",
    recorded: datetime | None = None,
) -> Prepared:
    """Return a case's new row and an event of the kernel's own that tells of it, ready to be written."""
    now = {n: getattr(row, n) for n in ROW} | {"helpers": list(row.helpers), "recused": list(row.recused)} | dict(changed or {})
    absent = standing_in.officer(actor, row)
    body = dict(told) if "form" in told else {"told": {k: v for k, v in told.items() if v not in ("", None)}}
    event, digest = chain.append(
        house.keyring,
        row.digest,
        row.number,
        row.sequence + 1,
        kind,
        actor,
        body,
        state=now["state"],
        audience=audience,
        at=at,
        recorded=recorded or at,
        for_post_id=absent.post_id if absent else None,
    )
    act = Act(number=row.number, action=kind, key=f"{row.number}:{row.revision + 1}")
    fingerprint = hashlib.sha256(canonical([row.number, kind, body])).hexdigest()
    moves = {"key": act.key, "fingerprint": fingerprint, "revision": row.revision + 1, "sequence": row.sequence + 1, "digest": digest.hex()}
    return Prepared(act=act, row=now | moves | {"helpers": list(now["helpers"])}, event=event)
