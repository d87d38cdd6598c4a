"""What happens to applications by itself: accepted by law, lapsed, and limits of the sub-item's own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest_asyncio
from catalogue import FILED, attached, fill, find, sweep
from sqlalchemy import select

from banshi.cases import acting, opening, timing
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.cases.tables import case
from banshi.db import Database
from banshi.escalation import sweeping
from banshi.testing import MOMENT, Town
from banshi_approvals.models import paper


class Office:
    """An approvals office on a database that keeps what happens."""

    def __init__(self, database: Database, town: Town) -> None:
        self.database, self.town, self.house = database, town, town.house

    async def apply(self, item: str) -> str:
        declared = self.house.registry.case_type("approvals.application")
        async with self.database.transaction() as db:
            form = decode(declared.form, FILED | {"item": item})
            wanted = Opening(case_type=declared, district_id=self.town.district("north"), form=form, channel="web")
            return (await opening.open_one(db, self.house, self.town.residents["resident0"], wanted, MOMENT)).number

    async def act(self, who: str, number: str, action: str, at: Any = MOMENT, **answers: Any) -> None:
        actor = self.town.staff.get(who) or self.town.residents[who]
        async with self.database.transaction() as db:
            declared = self.house.declared((await find(db, number)).type_id)
            assert declared is not None
            form = decode(declared.action(action).form, await attached(db, number, answers))
            await acting.act_one(db, self.house, actor, Act(number=number, action=action, form=form), at)

    async def pass_time(self, **by: float) -> None:
        """Let the sweep look at a later moment, at what is due until then."""

        async def house(_db: Any) -> Any:
            return self.house

        async with self.database.transaction() as db:
            ids = (await db.execute(select(case.c.id))).scalars().all()
            await sweeping.keep(db, self.house, ids)
        await sweeping.sweep(self.database.transaction, house, MOMENT + timedelta(**by))

    async def row(self, number: str) -> Any:
        async with self.database.transaction() as db:
            return await find(db, number)

    async def facts(self, number: str) -> Any:
        row = await self.row(number)
        declared = self.house.declared(row.type_id)
        assert declared is not None
        return acting.snapshot(declared, row).facts


@pytest_asyncio.fixture(loop_scope="session")
async def office(database: Database, town: Town) -> AsyncIterator[Office]:
    async with database.transaction() as db:
        await sweep(db)
        await fill(db)
    yield Office(database, town)
    async with database.transaction() as db:
        await sweep(db)


async def test_what_nobody_asked_about_in_time_is_accepted_by_law_and_gets_its_notice(office: Office) -> None:
    number = await office.apply("office")
    await office.pass_time(days=6)
    assert (await office.row(number)).state == "filed"
    await office.pass_time(days=12)
    assert ((await office.row(number)).state, (await office.facts(number)).accepted) == ("examining", "by_law")
    async with office.database.transaction() as db:
        kinds = (await db.execute(select(paper.c.kind).join_from(paper, case).where(case.c.number == number).order_by(paper.c.id))).scalars().all()
    assert kinds == ["receipt", "acceptance"]


async def test_no_answer_in_time_ends_it_and_the_clock_of_acceptance_stood_still(office: Office) -> None:
    number = await office.apply("office")
    await office.act("50001", number, "ask", faults=["form:"])
    await office.pass_time(days=6)
    assert (await office.row(number)).state == "correcting"
    await office.pass_time(days=12)  # five workdays of the sub-item's own
    row = await office.row(number)
    assert (row.state, row.outcome) == ("closed", "lapsed")
    assert (await office.facts(number)).corrections[0].ended == "lapsed"


async def test_each_application_has_the_limits_of_its_own_sub_item(office: Office) -> None:
    short, usual = await office.apply("office"), await office.apply("joint")
    for number in (short, usual):
        await office.act("resident0", number, "hand_in", papers=["form:1"])
        await office.act("50001", number, "accept")
    async with office.database.transaction() as db:
        rows = [await find(db, n) for n in (short, usual)]
        found = await timing.load(db, office.house, rows)
    limits = [found[r.id].running("promised").limit for r in rows]  # type: ignore[union-attr]
    assert limits == [7, 10]
