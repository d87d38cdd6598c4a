"""Too many open cases of one kind in one department: not the cases fail, the procedure does (domain 2.6 i).

Counted over open cases only. Where a rule says that there are too many, one case is opened with the superior: how should this be done another way?
While that one is open no other is opened for the same category and department.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from math import floor
from typing import Any

import msgspec
from sqlalchemy import func, select, text

from banshi.cases import opening
from banshi.cases.book import House
from banshi.cases.decoding import shapes
from banshi.cases.opening import Opened, Opening
from banshi.cases.tables import case
from banshi.contracts import Actor, Backlog, Notify, OpenCase, Rule, Surplus
from banshi.db import Connection
from banshi.districts import District
from banshi.escalation.firing import superior
from banshi.escalation.sweeping import Told, tell
from banshi.texts import labels

log = logging.getLogger(__name__)
Transaction = Callable[[], AbstractAsyncContextManager[Connection]]
PILING = 0x62616C67


class Pile(msgspec.Struct, frozen=True, kw_only=True):
    """A backlog that a rule speaks of: ``under_review`` where a case about it is open already."""

    rule: Rule
    surplus: Surplus
    most: int
    under_review: bool


async def sweep(transaction: Transaction, house: Callable[[Connection], Any], at: datetime) -> list[Opened]:
    """Open a case for each backlog that has none; each in a transaction of its own, so that one that fails stops no other."""
    async with transaction() as db:
        found = [p for p in await piles(db, await house(db), at) if not p.under_review]
    opened = []
    for pile in found:
        try:
            async with transaction() as db:
                if (one := await review(db, await house(db), pile, at)) is not None:
                    opened.append(one)
        except Exception:
            log.exception("backlog failed", extra={"rule": pile.rule.key, "department": pile.surplus.department.code})
    return opened


async def piles(db: Connection, house: House, at: datetime, *, near: float = 1) -> list[Pile]:
    """Return every backlog that there is now, and with ``near`` those from this share of their limit on; two queries a rule."""
    found = []
    for rule in house.registry.rules:
        if not isinstance(rule.when, Backlog):
            continue
        declared = house.registry.case_type(f"{rule.owner}.{rule.case_type}")
        ids = [r.id for r in house.book if r.key == declared.key]
        counted = (
            select(case.c.department_id, case.c.category, func.count().label("many"), func.min(case.c.received).label("oldest"))
            .where(case.c.type_id.in_(ids), case.c.closed.is_(None), case.c.department_id.is_not(None), case.c.master_id.is_(None))
            .group_by(case.c.department_id, case.c.category)
            .having(func.count() > floor(near * _least(house, rule)))
        )
        open_reviews = await _reviews(db, house, rule)
        for row in await db.execute(counted.order_by(case.c.department_id, case.c.category)):
            department = house.directory.department(row.department_id)
            said = house.times.value(department.district_id, rule.key) or {}
            most = int(said.get("limit", rule.when.most))
            on = said.get("on") is not False and house.directory.tree.has_on(department.district_id, rule.owner)
            if row.many <= floor(near * most) or not on or not row.category:
                continue
            surplus = Surplus(
                category=row.category,
                title=_title(declared.form, row.category),
                department=department,
                district_id=_place(house, department.district_id).id,
                count=row.many,
                oldest=row.oldest,
                at=at,
            )
            found.append(Pile(rule=rule, surplus=surplus, most=most, under_review=(department.code, row.category) in open_reviews))
    return found


async def review(db: Connection, house: House, pile: Pile, at: datetime) -> Opened | None:
    """Open the case about a backlog with the superior, None where somebody opened one meanwhile."""
    await db.execute(text("select pg_advisory_xact_lock(:key)"), {"key": PILING})
    if (pile.surplus.department.code, pile.surplus.category) in await _reviews(db, house, pile.rule):
        return None
    step = next((c for r in pile.rule.rungs for c in r.do if isinstance(c, OpenCase)), None)
    if step is None:
        return None
    declared = house.registry.case_type(f"{pile.rule.owner}.{step.case_type}")
    department = pile.surplus.department
    subject = _Subject(department_id=department.id, area_id=None, district_id=department.district_id)
    above = superior(house, pile.rule, subject) or department
    opened = Opening(case_type=declared, district_id=pile.surplus.district_id, form=step.form(pile.surplus), channel="system", department_id=above.id)
    (made,) = await opening.open_many(db, house, Actor.SYSTEM, [opened], at)
    if any(isinstance(c, Notify) for r in pile.rule.rungs for c in r.do):
        case_id = (await db.execute(select(case.c.id).where(case.c.number == made.number))).scalar_one()
        await tell(db, [Told(case_id, 1, [above.id])], at)
    return made


class _Subject(msgspec.Struct, frozen=True):
    """What `superior` asks of a case, for a department without one."""

    department_id: int
    area_id: int | None
    district_id: int


def _least(house: House, rule: Rule) -> int:
    """Return the smallest limit that any district has for a rule: counted once for all of them."""
    assert isinstance(rule.when, Backlog)
    set_ = [house.times.value(d.id, rule.key) or {} for d in house.directory.tree]
    return min([rule.when.most, *(int(s["limit"]) for s in set_ if "limit" in s)])


def _place(house: House, district_id: int) -> District:
    return house.directory.tree.serving_of(district_id)


async def _reviews(db: Connection, house: House, rule: Rule) -> set[tuple[str, str]]:
    """Return the (department, category) about which a case is open."""
    step = next((c for r in rule.rungs for c in r.do if isinstance(c, OpenCase)), None)
    if step is None:
        return set()
    ids = [r.id for r in house.book if r.key == f"{rule.owner}.{step.case_type}"]
    rows = await db.execute(select(case.c.data, case.c.category).where(case.c.type_id.in_(ids), case.c.closed.is_(None)))
    return {(r.data.get("department", ""), r.category) for r in rows}


def _title(form: type[msgspec.Struct], category: str) -> dict[str, str]:
    for shape in shapes(form):
        if shape.ask.role == "category":
            return next((labels(o.label) for o in shape.ask.options if o.value == category), {})
    return {}
