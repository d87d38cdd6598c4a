"""Papers as rows: those of a case, those that wait, by check code, by digest; and how one stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from banshi import City, Text, case_table, translator
from banshi_approvals.licences import register
from banshi_approvals.models import paper

_ = translator("banshi_approvals")

TITLES: Mapping[str, Text] = {
    "receipt": _("Receipt"),
    "correction": _("Everything that is missing"),
    "acceptance": _("Acceptance"),
    "not_accepted": _("Not accepted"),
    "special": _("Time outside the limit"),
    "decision": _("Decision"),
    "licence": _("Licence"),
    "promise": _("Promise"),
    "revocation": _("A licence is taken away"),
}
PUBLIC_CODE = frozenset("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")


def rows() -> Select[Any]:
    """Return the query for papers with their case's number, district, department and facts."""
    c = case_table.c
    return select(paper, c.number.label("case_number"), c.district_id, c.department_id, c.facts).join(case_table, c.id == paper.c.case_id)


async def of_case(db: Any, case_id: int) -> Sequence[Any]:
    """Return the papers of a case, the oldest first."""
    return list((await db.execute(rows().where(paper.c.case_id == case_id).order_by(paper.c.id))).all())


async def one(db: Any, case_id: int, paper_id: int) -> Any:
    """Return a paper of a case, None where it is another's."""
    if not 0 < paper_id < 2**63:
        return None
    return (await db.execute(rows().where(paper.c.case_id == case_id, paper.c.id == paper_id))).one_or_none()


async def by_code(db: Any, code: str) -> Any:
    """Return the paper that has this check code."""
    return (await db.execute(rows().where(paper.c.check_code == code))).one_or_none()


async def by_digest(db: Any, digest: bytes) -> Any:
    """Return the paper whose file is exactly this one."""
    return (await db.execute(rows().where(paper.c.digest == digest))).one_or_none()


async def waiting(db: Any, after: int, most: int) -> Sequence[int]:
    """Return the ids of papers that wait to be made, the oldest first."""
    statement = select(paper.c.id).where(paper.c.state == "waiting", paper.c.id > after).order_by(paper.c.id).limit(most)
    return list((await db.execute(statement)).scalars())


async def backlog(db: Any) -> tuple[int, datetime | None, str]:
    """Return how many papers wait, since when the oldest, and why it does."""
    statement = select(func.count(), func.min(paper.c.written)).where(paper.c.state == "waiting")
    count, oldest = (await db.execute(statement)).one()
    why = (
        await db.execute(select(paper.c.why).where(paper.c.state == "waiting", paper.c.why != "").order_by(paper.c.id).limit(1))
    ).scalar_one_or_none()
    return int(count), oldest, why or ""


async def replaced(db: Any, row: Any) -> bool:
    """Return whether a licence has a newer document than this one."""
    newer = select(paper.c.id).where(paper.c.licence == row.licence, paper.c.kind == "licence", paper.c.id > row.id)
    return (await db.execute(newer.limit(1))).first() is not None


async def standing(db: Any, row: Any, city: City, at: datetime) -> str:
    """Return how a paper stands: waiting, valid, revoked; of a licence's document how the licence does, or that a newer one took its place."""
    if row.revoked is not None:
        return "revoked"
    if row.kind == "licence" and (held := await register.read(db, row.licence)) is not None:
        how = register.standing(held, city, at)
        return "replaced" if how == "valid" and await replaced(db, row) else how
    return "waiting" if row.state == "waiting" else "valid"


def read_code(said: str) -> str:
    """Return a check code as it is kept, empty where it cannot be one: typed with blanks and lines, in small letters."""
    plain = "".join(c for c in said.upper() if c.isalnum())
    return plain if len(plain) == 16 and set(plain) <= PUBLIC_CODE else ""
