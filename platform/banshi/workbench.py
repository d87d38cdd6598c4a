"""What makes work at the desk lighter, beside the record: what an officer has seen, saved views, templates for answers, hand-over notes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    BigInteger,
    Column,
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
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from banshi import audit
from banshi.contracts import Actor
from banshi.db import KERNEL, Connection, owner_metadata
from banshi.errors import Forbidden, NotAllowedNow, NotFound
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


async def look(db: Connection, post_id: int, case_id: int, sequence: int, at: datetime) -> Looked:
    """Remember that a post has now seen a case up to ``sequence``; return what it knew before, and who else looked lately. One statement."""
    values = {"post_id": post_id, "case_id": case_id, "sequence": sequence, "at": at, "since": at - STILL_OPEN}
    rows = (await db.execute(_LOOK, values)).all()
    return Looked(before=rows[0].sequence, others=tuple((r.staff_number, r.at) for r in rows if r.staff_number))


_LOOK = text("""
with now as (
    insert into kernel.seen (post_id, case_id, sequence, at) values (:post_id, :case_id, :sequence, :at)
    on conflict (post_id, case_id) do update set sequence = greatest(kernel.seen.sequence, excluded.sequence), at = excluded.at
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
