"""What an effect brings about beside its own case: rows of the plugin's, other cases that begin, and which cases are locked together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, union
from sqlalchemy.dialects.postgresql import insert

from banshi.cases.tables import case, case_link, case_type
from banshi.contracts import Put
from banshi.db import Connection
from banshi.errors import PluginError
from banshi.plugins import Registry


async def put(db: Connection, owner: str, rows: Sequence[Put], number: str) -> None:
    """Write a plugin's own rows; PluginError for a table that lies in another's schema."""
    case_id: int | None = None
    for row in rows:
        if row.table.schema != owner:
            msg = f"{owner} writes to {row.table.fullname}: an effect writes only to tables of its own plugin"
            raise PluginError(msg)
        values = dict(row.values)
        if row.case:
            if case_id is None:
                case_id = (await db.execute(select(case.c.id).where(case.c.number == number))).scalar_one()
            values[row.case] = case_id
        statement = insert(row.table).values(values)
        if row.on:
            rest = {name: value for name, value in values.items() if name not in row.on}
            statement = statement.on_conflict_do_update(index_elements=list(row.on), set_=rest)
        await db.execute(statement)


async def tie(db: Connection, number: str, other: str, kind: str, at: Any) -> None:
    """Tie a case that was opened for another to it."""
    ids = {r.number: r.id for r in await db.execute(select(case.c.id, case.c.number).where(case.c.number.in_([number, other])))}
    values = {"case_id": ids[number], "other_id": ids[other], "kind": kind, "at": at}
    await db.execute(insert(case_link).values(values).on_conflict_do_nothing())


def families(registry: Registry, actions: Sequence[str]) -> bool:
    """Return whether any of these actions is one of a type whose cases are locked together with those that they are tied to."""
    return any(t.family and any(a.name in actions for a in t.actions) for t in registry.case_types)


async def lock_families(db: Connection, numbers: Sequence[str]) -> None:
    """Lock cases together with those that they are tied to, either way, in the order of their ids: the whole always before its parts."""
    mine = select(case.c.id).where(case.c.number.in_(numbers))
    near = union(
        select(case.c.id).where(case.c.number.in_(numbers)),
        select(case_link.c.other_id).where(case_link.c.case_id.in_(mine)),
        select(case_link.c.case_id).where(case_link.c.other_id.in_(mine)),
    ).subquery()
    await db.execute(select(case.c.id).where(case.c.id.in_(select(near.c[0]))).order_by(case.c.id).with_for_update())


async def family(db: Connection, case_id: int) -> Sequence[Any]:
    """Return the cases that are tied to a case as its parts or followers, the oldest first.

    Each with number, ``case_type`` (``owner.name``), state, outcome, department, facts as they are stored, and ``tie``.
    """
    kept = [case.c[n] for n in ("id", "number", "type_id", "state", "outcome", "closed", "department_id", "assignee_id", "facts", "received")]
    named = (case_type.c.owner + "." + case_type.c.name).label("case_type")
    statement = (
        select(*kept, named, case_link.c.kind.label("tie"))
        .join(case_link, case_link.c.case_id == case.c.id)
        .join(case_type, case_type.c.id == case.c.type_id)
    )
    return (await db.execute(statement.where(case_link.c.other_id == case_id).order_by(case.c.id))).all()
