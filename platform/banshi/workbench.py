"""What makes work at the desk lighter, beside the record: what an officer has seen, saved views, templates for answers, hand-over notes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Row,
    Table,
    Text,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as upsert

from banshi import audit
from banshi.cases.tables import case, idempotency
from banshi.contracts import Actor
from banshi.db import KERNEL, Connection, owner_metadata
from banshi.errors import Forbidden, KeyReused, NotAllowedNow, NotFound
from banshi.identity.tables import post
from banshi.privacy import Keyring
from banshi.texts import translator

_ = translator("banshi")

metadata = owner_metadata(KERNEL)

seen = Table(
    "seen",
    metadata,
    Column("post_id", BigInteger, ForeignKey("kernel.post.id"), primary_key=True),
    Column("case_id", BigInteger, ForeignKey("kernel.case.id"), primary_key=True),
    Column("sequence", Integer, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)
Index("seen_case", seen.c.case_id, seen.c.at)

saved_view = Table(
    "saved_view",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("post_id", BigInteger, ForeignKey("kernel.post.id"), nullable=False, index=True),
    Column("department_id", BigInteger, ForeignKey("kernel.department.id"), index=True),
    Column("title", Text, nullable=False),
    Column("query", JSONB, nullable=False),
    Column("created", DateTime(timezone=True), nullable=False),
)

answer_template = Table(
    "answer_template",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("department_id", BigInteger, ForeignKey("kernel.department.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("changed", DateTime(timezone=True), nullable=False),
)

handover = Table(
    "handover",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("department_id", BigInteger, ForeignKey("kernel.department.id"), nullable=False),
    Column("post_id", BigInteger, ForeignKey("kernel.post.id"), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("text", Text, nullable=False),
)
Index("handover_department", handover.c.department_id, handover.c.at)


# -- what was seen -------------------------------------------------------------------------------------------------------

STILL_OPEN = timedelta(minutes=10)
"""For so long after somebody looked at a case they may still have it before them."""


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What a post knew of a case before this look (the sequence of the newest event; None: never looked), and who else has it open, since when."""

    before: int | None
    others: tuple[tuple[str, datetime], ...]


async def look(db: Connection, actor: Actor, case_id: int, sequence: int, at: datetime) -> Looked:
    """Remember that a post has now seen a case up to ``sequence``, and forget its officer's notices of it; return what it knew before, and who
    else looked lately. One statement.
    """
    values: dict[str, Any] = {"post_id": actor.post_id or 0, "person_id": actor.person_id or 0, "case_id": case_id, "sequence": sequence}
    values |= {"at": at, "since": at - STILL_OPEN}
    rows = (await db.execute(_LOOK, values)).all()
    return Looked(before=rows[0].sequence, others=tuple((r.staff_number, r.at) for r in rows if r.staff_number))


_LOOK = text("""
with now as (
    insert into kernel.seen (post_id, case_id, sequence, at) values (:post_id, :case_id, :sequence, :at)
    on conflict (post_id, case_id) do update set sequence = greatest(kernel.seen.sequence, excluded.sequence), at = excluded.at
),
read as (
    delete from kernel.notice where person_id = :person_id and capacity = 'staff' and case_id = :case_id
)
select own.sequence, other.staff_number, other.at
from (select) as one
left join kernel.seen own on own.post_id = :post_id and own.case_id = :case_id
left join lateral (
    select p.staff_number, s.at from kernel.seen s join kernel.post p on p.id = s.post_id
    where s.case_id = :case_id and s.post_id <> :post_id and s.at > :since
) as other on true
order by other.at
""")


def unseen(post_id: int) -> ColumnElement[bool]:
    """Return the condition that a case has something that a post has not seen: for ``reading.Query.also``."""
    known = select(seen.c.case_id).where(seen.c.post_id == post_id, seen.c.case_id == case.c.id, seen.c.sequence >= case.c.sequence)
    return ~known.exists()


async def unread(db: Connection, post_id: int, rows: Sequence[Row[Any]]) -> set[int]:
    """Return the ids of those cases that have something which a post has not seen; one never looked at is unread."""
    statement = select(seen.c.case_id, seen.c.sequence).where(seen.c.post_id == post_id, seen.c.case_id.in_([r.id for r in rows]))
    known = {r.case_id: r.sequence for r in await db.execute(statement)}
    return {r.id for r in rows if known.get(r.id, 0) < r.sequence}


async def keep_read(db: Connection, post_id: int, done: Sequence[tuple[str, int]]) -> None:
    """Keep cases read on which the post itself just acted from a list: (number, new sequence). What was unread before stays so."""
    values = {"post_id": post_id, "numbers": [n for n, _s in done], "sequences": [s for _n, s in done]}
    await db.execute(_KEEP_READ, values)


_KEEP_READ = text("""
update kernel.seen s set sequence = d.sequence
from unnest(cast(:numbers as text[]), cast(:sequences as integer[])) as d(number, sequence)
join kernel."case" c on c.number = d.number
where s.post_id = :post_id and s.case_id = c.id and s.sequence = d.sequence - 1
""")


async def acted_before(db: Connection, actor: Actor, key: str, numbers: Sequence[str]) -> set[str]:
    """Return those of these cases on which the actor acted with a ``key`` of many before: they may be out of sight since."""
    said = select(idempotency.c.key).where(idempotency.c.actor == actor.key, idempotency.c.key.in_([f"{key}:{n}" for n in numbers]))
    return {r.key.rpartition(":")[2] for r in await db.execute(said)} if key else set()


# -- saved views ---------------------------------------------------------------------------------------------------------

MOST_VIEWS = 50


async def views(db: Connection, actor: Actor) -> Sequence[Row[Any]]:
    """Return the views that a post keeps and those that colleagues share with its department, own ones first."""
    statement = select(saved_view, (saved_view.c.post_id == actor.post_id).label("own")).where(_view_of(actor))
    return (await db.execute(statement.order_by(text("own desc"), saved_view.c.title, saved_view.c.id))).all()


async def view(db: Connection, actor: Actor, view_id: int) -> Row[Any]:
    """Return one view with whether it is the actor's own; NotFound for another department's."""
    statement = select(saved_view, (saved_view.c.post_id == actor.post_id).label("own"))
    row = (await db.execute(statement.where(saved_view.c.id == _small(view_id), _view_of(actor)))).one_or_none()
    if row is None:
        raise NotFound(NO_VIEW)
    return row


async def own_view(db: Connection, actor: Actor, view_id: int) -> Row[Any]:
    """Return one's own view; NotFound for anybody else's, shared or not."""
    row = (await db.execute(select(saved_view).where(*_own_view(actor, view_id)))).one_or_none()
    if row is None:
        raise NotFound(NO_VIEW)
    return row


async def keep_view(db: Connection, actor: Actor, title: str, query: Mapping[str, Any], at: datetime, *, shared: bool = False, key: str = "") -> int:
    """Keep a view for the actor's post, shared with its department or not, and return its id; NotAllowedNow beyond fifty.

    The same ``key`` again gives the same view.
    """
    body = {"title": title, "query": query, "shared": shared}
    before = await _before(db, actor, f"view:{key}", body, at) if key else None
    if before:
        return int(before)
    known = select(func.count()).select_from(saved_view).where(saved_view.c.post_id == actor.post_id)
    if (await db.execute(known)).scalar_one() >= MOST_VIEWS:
        raise NotAllowedNow(_("You keep {most} views already. Delete one that you no longer use."), most=MOST_VIEWS)
    values = {"post_id": actor.post_id, "department_id": actor.department_id if shared else None, "title": title, "query": query, "created": at}
    view_id = int((await db.execute(insert(saved_view).values(values).returning(saved_view.c.id))).scalar_one())
    if key:
        await _told(db, actor, f"view:{key}", str(view_id))
    return view_id


async def change_view(db: Connection, actor: Actor, view_id: int, title: str, *, shared: bool) -> None:
    """Rename one's own view, and share it with one's department or not; NotFound for anybody else's."""
    values = {"title": title, "department_id": actor.department_id if shared else None}
    changed = await db.execute(update(saved_view).where(*_own_view(actor, view_id)).values(values))
    if not changed.rowcount:
        raise NotFound(NO_VIEW)


async def delete_view(db: Connection, actor: Actor, view_id: int) -> None:
    """Delete one's own view; a shared one too is deleted only by whoever made it: NotFound for anybody else's."""
    if not (await db.execute(delete(saved_view).where(*_own_view(actor, view_id)))).rowcount:
        raise NotFound(NO_VIEW)


NO_VIEW = _("You have no such view. It may be another's, or somebody deleted it.")


def _view_of(actor: Actor) -> ColumnElement[bool]:
    return or_(saved_view.c.post_id == actor.post_id, saved_view.c.department_id == actor.department_id)


def _own_view(actor: Actor, view_id: int) -> tuple[Any, ...]:
    return saved_view.c.id == _small(view_id), saved_view.c.post_id == actor.post_id


def _small(number: int) -> int:
    """Return a number that PostgreSQL takes as an id: no row of ours has a greater one."""
    return number if number < 2**63 else 0


# -- hand-over of a shift --------------------------------------------------------------------------------------------------

LAST_NOTES = 20


async def notes(db: Connection, actor: Actor, *, most: int = LAST_NOTES) -> Sequence[Row[Any]]:
    """Return the last hand-over notes of the actor's department, the newest first, each with the staff number of who wrote it."""
    statement = select(handover, post.c.staff_number).join(post, post.c.id == handover.c.post_id)
    statement = statement.where(handover.c.department_id == actor.department_id)
    return (await db.execute(statement.order_by(handover.c.at.desc(), handover.c.id.desc()).limit(most))).all()


async def hand_over(db: Connection, actor: Actor, words: str, key: str, at: datetime) -> None:
    """Write a hand-over note for the actor's department; the same ``key`` again writes nothing, with other words it is KeyReused."""
    if key and await _before(db, actor, f"handover:{key}", {"text": words}, at) is not None:
        return
    await db.execute(insert(handover).values(department_id=actor.department_id, post_id=actor.post_id, at=at, text=words))


async def _before(db: Connection, actor: Actor, key: str, body: Mapping[str, Any], at: datetime) -> str | None:
    """Take a key for what is about to be written: None the first time, what it led to (empty: nothing to tell) when it comes again."""
    fingerprint = hashlib.sha256(audit.canonical(body)).digest()
    statement = upsert(idempotency).values(actor=actor.key, key=key, fingerprint=fingerprint, number="", created=at)
    statement = statement.on_conflict_do_update(index_elements=["actor", "key"], set_={"key": statement.excluded.key})
    said = statement.returning(idempotency.c.fingerprint, idempotency.c.number, literal_column("xmax = 0").label("fresh"))
    row = (await db.execute(said)).one()
    if row.fresh:
        return None
    if row.fingerprint != fingerprint:
        raise KeyReused(_("This request was sent before with other contents. Start a new one."))
    return str(row.number)


async def _told(db: Connection, actor: Actor, key: str, led_to: str) -> None:
    await db.execute(update(idempotency).where(idempotency.c.actor == actor.key, idempotency.c.key == key).values(number=led_to))


# -- templates for answers -------------------------------------------------------------------------------------------------

MOST_TEMPLATES = 200


async def templates(db: Connection, actor: Actor) -> Sequence[Row[Any]]:
    """Return the templates of the actor's department, by title; raise Forbidden for who answers nothing."""
    _answers(actor)
    statement = select(answer_template).where(answer_template.c.department_id == actor.department_id)
    return (await db.execute(statement.order_by(answer_template.c.title, answer_template.c.id))).all()


async def template(db: Connection, actor: Actor, template_id: int) -> Row[Any]:
    """Return one template of the actor's department; NotFound for another's."""
    _answers(actor)
    row = (await db.execute(select(answer_template).where(*_own(actor, template_id)))).one_or_none()
    if row is None:
        raise NotFound(_("Your department has no such template."))
    return row


async def add_template(db: Connection, keyring: Keyring, actor: Actor, title: str, words: str, at: datetime) -> int:
    """Add a template for the actor's department and return its id; NotAllowedNow beyond two hundred."""
    _answers(actor)
    known = select(func.count()).select_from(answer_template).where(answer_template.c.department_id == actor.department_id)
    if (await db.execute(known)).scalar_one() >= MOST_TEMPLATES:
        raise NotAllowedNow(_("Your department has {most} templates already. Delete one that nobody uses."), most=MOST_TEMPLATES)
    values = {"department_id": actor.department_id, "title": title, "text": words, "changed": at}
    template_id = int((await db.execute(insert(answer_template).values(values).returning(answer_template.c.id))).scalar_one())
    await audit.record(db, keyring, actor, "template.added", f"template:{template_id}", {}, at)
    return template_id


async def change_template(db: Connection, keyring: Keyring, actor: Actor, template_id: int, title: str, words: str, at: datetime) -> None:
    """Change a template of the actor's department; NotFound for another's. The change is audited."""
    _answers(actor)
    changed = await db.execute(update(answer_template).where(*_own(actor, template_id)).values(title=title, text=words, changed=at))
    await _audited(db, keyring, actor, "template.changed", template_id, changed.rowcount, at)


async def delete_template(db: Connection, keyring: Keyring, actor: Actor, template_id: int, at: datetime) -> None:
    """Delete a template of the actor's department; NotFound for another's. The deletion is audited."""
    _answers(actor)
    gone = await db.execute(delete(answer_template).where(*_own(actor, template_id)))
    await _audited(db, keyring, actor, "template.deleted", template_id, gone.rowcount, at)


def answers(actor: Actor) -> bool:
    """Return whether the actor's post answers cases of any kind: then templates are there for it."""
    return actor.department_id is not None and any(p.endswith(".answer") for p in actor.permissions)


def _answers(actor: Actor) -> None:
    if not answers(actor):
        raise Forbidden(_("Templates are for posts that answer."))


def _own(actor: Actor, template_id: int) -> tuple[Any, ...]:
    if template_id >= 2**63:  # no number of ours; PostgreSQL would refuse it with another error
        raise NotFound(_("Your department has no such template."))
    return answer_template.c.id == template_id, answer_template.c.department_id == actor.department_id


async def _audited(db: Connection, keyring: Keyring, actor: Actor, kind: str, template_id: int, touched: int, at: datetime) -> None:
    if not touched:
        raise NotFound(_("Your department has no such template."))
    await audit.record(db, keyring, actor, kind, f"template:{template_id}", {}, at)
