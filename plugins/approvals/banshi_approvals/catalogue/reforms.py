"""Reforms: a sub-item is delegated, abolished, merged, taken over, each with basis, day, and a rule for open cases (domain 6.1).

They hold from their day by themselves (`reading` asks for them); a job does to the open cases what the rule says.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Literal

import msgspec
from sqlalchemy import insert, select

from banshi import Actor, City, Invalid, Said, Text, district_table, toolkit, translator
from banshi_approvals.models import item_reform, item_version

_ = translator("banshi_approvals")

Kind = Literal["delegated", "abolished", "merged", "taken_over"]
OpenCases = Literal["finish", "move", "close"]
KINDS: dict[str, Text] = {
    "delegated": _("Delegated to a district"),
    "abolished": _("Abolished"),
    "merged": _("Merged into another sub-item"),
    "taken_over": _("Taken over by another department"),
}
OPEN_CASES: dict[str, Text] = {
    "finish": _("Open cases are finished where they are"),
    "move": _("Open cases go to the new department"),
    "close": _("Open cases end, with reasons"),
}
GONE = frozenset({"abolished", "merged"})
PROBLEM = _("Some answers need your attention.")


class Reform(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One reform: of which sub-item, what, where (a district's code, everywhere where it is empty), by which rule, from which day on.

    ``into`` is the sub-item that it becomes a part of, ``department`` who has it from then on (codes).
    """

    item: str
    kind: Kind
    basis: str
    day: date
    open_cases: OpenCases
    into: str = ""
    district: str = ""
    department: str = ""


async def decide(db: Any, vault: Any, city: City, actor: Actor, reform: Reform, at: Any) -> bool:
    """Write a reform down, and return whether it is new; the same again changes nothing. Raises Invalid with every fault."""
    problems = await _problems(db, city, reform)
    place = None
    if reform.district:
        place = (await db.execute(select(district_table.c.id).where(district_table.c.code == reform.district))).scalar_one_or_none()
        if place is None:
            problems["district"] = Said(_("There is no district “{code}”."), {"code": reform.district})
    if problems:
        raise Invalid(PROBLEM, problems)
    department = city.find(reform.department) if reform.department else None
    if reform.kind == "delegated" and place is None and department is not None:
        place = department.district_id
    values = {
        "item": reform.item,
        "kind": reform.kind,
        "into": reform.into or None,
        "district_id": place,
        "department_id": department.id if department else None,
        "basis": reform.basis,
        "day": reform.day,
        "open_cases": reform.open_cases,
    }
    await toolkit.lock(db, f"approvals.item:{reform.item}")
    same = [item_reform.c[name].is_not_distinct_from(value) for name, value in values.items()]
    if (await db.execute(select(item_reform.c.id).where(*same))).first() is not None:
        return False
    await db.execute(insert(item_reform).values(values | {"at": at, "post_id": actor.post_id}))
    told = msgspec.to_builtins(reform)
    await toolkit.audit(db, vault, actor, "approvals.reform", f"approvals.item:{reform.item}", told, at)
    return True


async def _problems(db: Any, city: City, reform: Reform) -> dict[str, Text | Said]:
    known = set((await db.execute(select(item_version.c.item).where(item_version.c.state != "draft").distinct())).scalars())
    problems: dict[str, Text | Said] = {}
    if reform.item not in known:
        problems["item"] = Said(_("There is no published sub-item “{code}”."), {"code": reform.item})
    if len(reform.basis.strip()) < 2:
        problems["basis"] = _("Name the rule that it rests on.")
    if reform.kind == "merged" and (reform.into not in known or reform.into == reform.item):
        problems["into"] = _("Name the published sub-item that it is merged into.")
    if reform.kind != "merged" and reform.into:
        problems["into"] = _("Only what is merged goes into another sub-item.")
    found = city.find(reform.department) if reform.department else None
    if reform.department and (found is None or found.dissolved):
        problems["department"] = Said(_("There is no department “{code}”."), {"code": reform.department})
    elif found is None and (reform.kind in {"delegated", "taken_over"} or reform.open_cases == "move"):
        problems["department"] = _("Name the department that has it from then on.")
    if reform.kind in {"delegated", "taken_over"} and reform.open_cases == "close":
        problems["open_cases"] = _("It goes on elsewhere: open cases are finished or moved.")
    if reform.kind == "abolished" and reform.open_cases == "move":
        problems["open_cases"] = _("It ends: open cases are finished or closed.")
    return problems


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How reforms leave a sub-item in a district: whether it is offered, who has it (None: whose duty it is), the reform that says so."""

    offered: bool = True
    department_id: int | None = None
    reform: Any = None


def standing(reforms: Sequence[Any], since: date) -> Standing:
    """Return how a sub-item stands by the reforms that hold, the oldest first; one that ended it does not bind a version published ``since``."""
    now = Standing()
    for row in reforms:
        if row.kind in GONE:
            if row.day >= since:
                now = Standing(offered=False, reform=row)
        else:
            now = Standing(department_id=row.department_id, reform=row)
    return now


async def holding(db: Any, path: Sequence[int], today: date, items: Sequence[str] = ()) -> dict[str, list[Any]]:
    """Return the reforms that hold on a day at a place (the ids from the root down to it), by sub-item, the oldest first."""
    here = (item_reform.c.district_id.is_(None)) | (item_reform.c.district_id.in_(path))
    asked = select(item_reform).where(here, item_reform.c.day <= today).order_by(item_reform.c.day, item_reform.c.id)
    found: dict[str, list[Any]] = {}
    for row in await db.execute(asked.where(item_reform.c.item.in_(items)) if items else asked):
        found.setdefault(row.item, []).append(row)
    return found


async def of_year(db: Any, year: int) -> Sequence[Any]:
    """Return a year's reforms, the newest first; rows with the district's code."""
    asked = select(item_reform, district_table.c.title.label("district")).outerjoin(district_table, district_table.c.id == item_reform.c.district_id)
    within = (item_reform.c.day >= date(year, 1, 1), item_reform.c.day <= date(year, 12, 31))
    found: Sequence[Any] = (await db.execute(asked.where(*within).order_by(item_reform.c.day.desc(), item_reform.c.id.desc()))).all()
    return found
