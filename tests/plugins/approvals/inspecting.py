"""A small inspection form and a small pool: what the tests inspect and draw from."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from catalogue import attached, said
from sqlalchemy import select

from banshi.cases import acting, opening
from banshi.cases.acting import Act
from banshi.cases.consequences import family
from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.cases.tables import case
from banshi.db import Database
from banshi.testing import MOMENT, Town
from banshi_approvals.experts import pool
from banshi_approvals.inspections import forms
from banshi_approvals.inspections.content import InspectionForm, Item, Section

DAY = date(2026, 1, 1)
FILED = {"holder_kind": "institution", "holder": "云上旅馆", "contact_telephone": "100 0000 0001", "situation": ["rented:no"]}


def form(*, key: int = 1, general: int = 3, code: str = "place", text: str = "看一看") -> InspectionForm:
    items = [Item(code=f"K{n}", text=said(text), rule=said(f"《示例规范》第 {n} 条"), key=True) for n in range(1, key + 1)]
    items += [Item(code=f"G{n}", text=said(text), rule=said(f"《示例规范》第 {n + 10} 条")) for n in range(1, general + 1)]
    return InspectionForm(code=code, title=said("场所"), sections=(Section(title=said("全部"), items=tuple(items)),))


async def publish(db: Any, wanted: InspectionForm | None = None) -> int:
    return await forms.put(db, wanted or form(), DAY, MOMENT)


async def experts(db: Any, *names: str, field: str = "water", employer: str = "示例大学", **more: Any) -> list[str]:
    """Put experts into the pool and return their codes."""
    codes = [f"E{field}{n}" for n, _name in enumerate(names, 1)]
    for code, name in zip(codes, names, strict=True):
        await pool.put(db, pool.Expert(code=code, name=name, fields=(field,), employer=employer, since=DAY, **more), MOMENT)
    return codes


async def examined(database: Database, town: Town, item: str = "whole", **answers: Any) -> str:
    """File an application and accept it, all of it committed; return its number."""
    declared = town.house.registry.case_type("approvals.application")
    async with database.transaction() as db:
        form_ = decode(declared.form, FILED | {"item": item} | answers)
        wanted = Opening(case_type=declared, district_id=town.district("north"), form=form_, channel="web")
        number = (await opening.open_one(db, town.house, town.residents["resident0"], wanted, MOMENT)).number
    await do(database, town, number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await do(database, town, number, "50001", "accept")
    return str(number)


async def planned(database: Database, town: Town, days: int = 0) -> tuple[str, str]:
    """Publish the form, and plan an inspection of an application; return the numbers of both."""
    async with database.transaction() as db:
        await publish(db)
    whole = await examined(database, town)
    await do(database, town, whole, "50002", "inspect", day=(MOMENT + timedelta(days=days)).date().isoformat(), officer="50007")
    return whole, await part(database, whole)


async def find(db: Any, number: str) -> Any:
    return (await db.execute(select(case).where(case.c.number == number))).one()


async def part(database: Database, whole: str) -> str:
    """Return the number of the last part that was opened."""
    async with database.transaction() as db:
        case_id = (await db.execute(select(case.c.id).where(case.c.number == whole))).scalar_one()
        return str((await family(db, case_id))[-1].number)


async def do(database: Database, town: Town, number: str, who: str, action: str, *, at: datetime = MOMENT, **answers: Any) -> None:
    """Act on a case, committed."""
    async with database.transaction() as db:
        row = (await db.execute(select(case).where(case.c.number == number))).one()
        declared = town.house.declared(row.type_id)
        assert declared is not None
        actor = town.staff[who] if who in town.staff else town.residents[who]
        form_ = decode(declared.action(action).form, await attached(db, number, answers))
        await acting.act_one(db, town.house, actor, Act(number=number, action=action, form=form_), at)
