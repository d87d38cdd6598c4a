"""The expert pool: who is in it, of which fields, and who can be drawn for an application without a standing conflict."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from importlib import resources
from typing import Any

import msgspec
from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert

from banshi import case_table
from banshi_approvals.models import expert, panel_seat

_JOINTS = re.compile(r"[\s()（）·・.,，。\-]+")


class Expert(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody of the pool; ``person_id`` where they have an account."""

    code: str
    name: str
    fields: tuple[str, ...]
    employer: str = ""
    post: str = ""
    person_id: int | None = None
    since: date
    until: date | None = None


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """Who of a field can be drawn, and who cannot, with the reason (employer, self)."""

    field: str
    candidates: tuple[str, ...]
    excluded: tuple[tuple[str, str], ...] = ()


async def listed(db: Any, day: date, *, field: str = "", ended: bool = False) -> list[Expert]:
    """Return the experts of a day by name, of one field or of all; with ``ended`` those who left, too."""
    wanted = [] if ended else [expert.c.since <= day, or_(expert.c.until.is_(None), expert.c.until >= day)]
    if field:
        wanted.append(expert.c.fields.contains([field]))
    rows = await db.execute(select(expert).where(*wanted).order_by(expert.c.name, expert.c.code))
    return [_expert(row) for row in rows]


async def named(db: Any, codes: Iterable[str]) -> dict[str, Expert]:
    """Return experts by their codes."""
    rows = await db.execute(select(expert).where(expert.c.code.in_(list(codes))))
    return {row.code: _expert(row) for row in rows}


async def of_person(db: Any, person_id: int) -> list[Expert]:
    """Return the experts that a person with an account is."""
    return [_expert(row) for row in await db.execute(select(expert).where(expert.c.person_id == person_id).order_by(expert.c.code))]


async def fields(db: Any, day: date) -> dict[str, int]:
    """Return the fields of a day's pool, each with how many experts it has."""
    found: dict[str, int] = {}
    for one in await listed(db, day):
        for field in one.fields:
            found[field] = found.get(field, 0) + 1
    return dict(sorted(found.items()))


async def put(db: Any, one: Expert, at: datetime) -> None:
    """Add an expert, or change what is said of them; the same again changes nothing."""
    values = {name: getattr(one, name) for name in Expert.__struct_fields__} | {"fields": list(one.fields), "changed": at}
    rest = {name: value for name, value in values.items() if name != "code"}
    await db.execute(insert(expert).values(values).on_conflict_do_update(index_elements=["code"], set_=rest))


async def free(db: Any, field: str, day: date, holder: str, applicant_id: int | None) -> Pool:
    """Return who of a field can be drawn for a holder: nobody judges what their own house, or they themselves, apply for."""
    candidates, excluded = [], []
    for one in await listed(db, day, field=field):
        if one.employer and same(one.employer, holder):
            excluded.append((one.code, "employer"))
        elif same(one.name, holder) or (one.person_id is not None and one.person_id == applicant_id):
            excluded.append((one.code, "self"))
        else:
            candidates.append(one.code)
    return Pool(field=field, candidates=tuple(sorted(candidates)), excluded=tuple(sorted(excluded)))


async def seats_of(db: Any, codes: Sequence[str]) -> Sequence[Any]:
    """Return the open panels on which these experts still owe a sheet: number, title, expert."""
    statement = (
        select(case_table.c.number, case_table.c.title, case_table.c.district_id, panel_seat.c.expert)
        .join(panel_seat, and_(panel_seat.c.case_id == case_table.c.id, panel_seat.c.state == "seated"))
        .where(panel_seat.c.expert.in_(list(codes)), case_table.c.closed.is_(None))
        .order_by(panel_seat.c.at)
    )
    return list(await db.execute(statement))


async def owed_by(db: Any, person_id: int) -> Sequence[Any]:
    """Return the open panels on which a person with an account still owes a sheet."""
    statement = (
        select(case_table.c.number, case_table.c.title)
        .join(panel_seat, and_(panel_seat.c.case_id == case_table.c.id, panel_seat.c.state == "seated"))
        .join(expert, expert.c.code == panel_seat.c.expert)
        .where(expert.c.person_id == person_id, case_table.c.closed.is_(None))
        .order_by(panel_seat.c.at)
        .limit(10)
    )
    return list(await db.execute(statement))


async def seated(db: Any) -> Sequence[Any]:
    """Return the seats of open panels whose experts have an account and still owe a sheet: case_id, number, district_id, person_id."""
    statement = (
        select(panel_seat.c.case_id, case_table.c.number, case_table.c.district_id, expert.c.person_id)
        .join(expert, expert.c.code == panel_seat.c.expert)
        .join(case_table, case_table.c.id == panel_seat.c.case_id)
        .where(panel_seat.c.state == "seated", expert.c.person_id.is_not(None), case_table.c.closed.is_(None))
        .order_by(panel_seat.c.at)
    )
    return list(await db.execute(statement))


async def panel_of(db: Any, number: str, codes: Sequence[str]) -> Any:
    """Return the row of an open panel on which one of these experts has a seat, None where there is none."""
    columns = [case_table.c[n] for n in ("id", "number", "title", "state", "outcome", "closed", "facts", "type_id")]
    statement = (
        select(*columns)
        .join(panel_seat, and_(panel_seat.c.case_id == case_table.c.id, panel_seat.c.state.in_(["seated", "scored"])))
        .where(case_table.c.number == number, panel_seat.c.expert.in_(list(codes)), case_table.c.closed.is_(None))
        .limit(1)
    )
    return (await db.execute(statement)).one_or_none()


async def demo(db: Any, day: date, at: datetime) -> list[str]:
    """Fill the pool of the demo city, and return the numbers of its experts; again, it changes nothing."""
    source = resources.files("banshi_approvals") / "demo" / "experts.toml"
    found = [msgspec.convert({"since": day} | one, Expert) for one in tomllib.loads(source.read_text(encoding="utf8"))["experts"]]
    known = await named(db, [one.code for one in found])
    for one in found:
        if one.code not in known:
            await put(db, one, at)
    return [one.code for one in found]


def same(one: str, other: str) -> bool:
    """Return whether two names are those of the same house, however their widths, blanks and brackets are written."""
    return bool(plain(one)) and plain(one) == plain(other)


def plain(name: str) -> str:
    """Return a name without what is written now so, now otherwise."""
    return _JOINTS.sub("", unicodedata.normalize("NFKC", name)).casefold()


def _expert(row: Any) -> Expert:
    return Expert(**{name: getattr(row, name) for name in Expert.__struct_fields__} | {"fields": tuple(row.fields)})
