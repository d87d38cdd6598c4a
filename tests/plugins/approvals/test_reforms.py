"""Reforms: who has a sub-item from a day on, and what becomes of the cases that are open."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from catalogue import FILED, fill, find, sweep
from sqlalchemy import text

from banshi import toolkit
from banshi.cases.decoding import decode
from banshi.cases.opening import Opening, open_one
from banshi.db import Connection, Database
from banshi.documents.store import store
from banshi.errors import Invalid
from banshi.jobs.periodic import Context
from banshi.plugins import Registry
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Town
from banshi_approvals import jobs
from banshi_approvals.catalogue import applying, keeping, reading, reforms
from banshi_approvals.catalogue.keeping import Hand
from banshi_approvals.catalogue.reforms import Reform

TODAY = date(2026, 11, 23)
SOON = TODAY + timedelta(days=3)
BASIS = "《阮城行政审批办法（示例）》第九条"


@pytest.fixture
def decide(db: Connection, town: Town, catalogue: None) -> Any:
    async def write(item: str, kind: Any, open_cases: Any, **more: Any) -> bool:
        reform = Reform(**({"item": item, "kind": kind, "basis": BASIS, "day": SOON, "open_cases": open_cases} | more))
        return await reforms.decide(db, town.house.keyring, town.house.directory, town.staff["50003"], reform, MOMENT)

    return write


@pytest.fixture
def pass_days(db: Connection, town: Town) -> Any:
    async def go(days: int) -> int:
        @asynccontextmanager
        async def working():
            settings = Settings()
            yield toolkit.Work(db=db, house=town.house, at=MOMENT + timedelta(days=days), settings=settings, store=store("", settings.data))

        return await applying.run(working)

    return go


async def test_a_delegated_sub_item_is_the_districts_from_its_day_on_and_open_cases_move(
    db: Connection, town: Town, decide: Any, apply: Any, pass_days: Any
) -> None:
    number, elsewhere = await apply("office"), await apply("office", district="west", situation=["rented:no"])
    assert await decide("office", "delegated", "move", department="north-health")
    before = await reading.published(db, "office", town.district("north"), MOMENT)
    after = await reading.published(db, "office", town.district("north"), MOMENT + timedelta(days=3))
    west = await reading.published(db, "office", town.district("west"), MOMENT + timedelta(days=3))
    assert before is not None and after is not None and west is not None  # noqa: PT018
    assert (before.department_id, after.department_id, west.department_id) == (None, town.department("north-health"), None)
    assert await pass_days(2) == 0
    assert await pass_days(3) == 1
    assert await pass_days(3) == 0
    moved = await find(db, number)
    assert (moved.department_id, moved.facts["moved"], moved.state) == (town.department("north-health"), BASIS, "filed")
    assert (await find(db, elsewhere)).department_id == town.department("west-approvals")
    later = await apply("office", at=MOMENT + timedelta(days=4))
    assert (await find(db, later)).department_id == town.department("north-health")


async def test_what_is_abolished_ends_open_cases_with_reasons_and_is_offered_no_more(
    db: Connection, town: Town, decide: Any, apply: Any, act: Any, parts: Any, pass_days: Any
) -> None:
    number = await apply("joint")
    await act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(number, "50001", "accept")
    await act(number, "50002", "ask_departments")
    await decide("joint", "abolished", "close")
    assert await pass_days(3) == 1
    row = await find(db, number)
    assert (row.state, row.outcome) == ("closed", "abolished")
    assert [p.state for p in await parts(number)] == ["cancelled", "cancelled"]
    with pytest.raises(Invalid):
        await apply("joint", at=MOMENT + timedelta(days=4))
    gone = await reading.gone(db, "joint", town.district("north"), MOMENT + timedelta(days=4))
    assert (gone.kind, gone.basis) == ("abolished", BASIS)


async def test_merged_cases_finish_where_they_are_and_new_ones_go_to_the_other_item(
    db: Connection, town: Town, decide: Any, apply: Any, pass_days: Any
) -> None:
    number = await apply("office")
    await decide("office", "merged", "finish", into="simple")
    assert await pass_days(5) == 0
    assert (await find(db, number)).state == "filed"
    assert await reading.published(db, "office", town.district("north"), MOMENT + timedelta(days=5)) is None
    assert (await reading.gone(db, "office", town.district("north"), MOMENT + timedelta(days=5))).into == "simple"


async def test_a_version_published_after_the_end_brings_it_back(db: Connection, town: Town, decide: Any) -> None:
    await decide("office", "abolished", "finish")
    item = await reading.version(db, "office", 1)
    assert item is not None
    later = Hand(
        db=db,
        vault=town.house.keyring,
        city=town.house.directory,
        actor=town.staff["50003"],
        at=MOMENT + timedelta(days=9),
        today=TODAY + timedelta(days=9),
    )
    draft = await keeping.draft(later, type(item)(**{f: getattr(item, f) for f in item.__struct_fields__} | {"promised": 3}))
    await keeping.publish(later, "office", draft.version, later.today)
    found = await reading.published(db, "office", town.district("north"), later.at)
    assert found is not None
    assert found.version == 2


async def test_the_same_reform_twice_is_one_and_a_year_lists_them(db: Connection, decide: Any) -> None:
    assert await decide("simple", "taken_over", "move", department="city-approvals")
    assert not await decide("simple", "taken_over", "move", department="city-approvals")
    assert [(r.item, r.kind) for r in await reforms.of_year(db, 2026)] == [("simple", "taken_over")]
    assert list(await reforms.of_year(db, 2025)) == []


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"item": "nothing"}, {"item"}),
        ({"basis": " "}, {"basis"}),
        ({"kind": "merged"}, {"into"}),
        ({"kind": "merged", "into": "office"}, {"into"}),
        ({"into": "simple"}, {"into"}),
        ({"kind": "delegated"}, {"department"}),
        ({"kind": "taken_over", "department": "nobody"}, {"department"}),
        ({"kind": "taken_over", "department": "city-approvals", "open_cases": "close"}, {"open_cases"}),
        ({"open_cases": "move", "department": "city-approvals"}, {"open_cases"}),
        ({"district": "atlantis"}, {"district"}),
    ],
)
async def test_a_reform_that_makes_no_sense_is_refused_field_by_field(decide: Any, changes: dict[str, Any], fields: set[str]) -> None:
    wanted = {"item": "office", "kind": "abolished", "open_cases": "finish"} | changes
    with pytest.raises(Invalid) as refused:
        await decide(wanted.pop("item"), wanted.pop("kind"), wanted.pop("open_cases"), **wanted)
    assert set(refused.value.problems) == fields


async def test_the_job_applies_what_is_due_and_a_second_run_changes_nothing(database: Database, town: Town, registry: Registry) -> None:
    try:
        async with database.transaction() as db:
            await fill(db)
            declared = town.house.registry.case_type("approvals.application")
            wanted = Opening(
                case_type=declared, district_id=town.district("north"), form=decode(declared.form, FILED | {"item": "office"}), channel="web"
            )
            number = (await open_one(db, town.house, town.residents["resident0"], wanted, MOMENT)).number
            reform = Reform(item="office", kind="abolished", basis=BASIS, day=TODAY, open_cases="close")
            await reforms.decide(db, town.house.keyring, town.house.directory, town.staff["50003"], reform, MOMENT)
        context = Context(database, MOMENT, Settings(secret_key=(SECRET,)), registry)
        for _time in range(2):
            await jobs.reforms(context)
        async with database.transaction() as db:
            row = await find(db, number)
            told = (await db.execute(text("select count(*) from kernel.case_event where kind = 'abolish'"))).scalar_one()
        assert (row.outcome, told) == ("abolished", 1)
    finally:
        async with database.transaction() as db:
            await sweep(db)
