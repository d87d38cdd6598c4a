"""Opening a case: one statement, one number, whatever is sent twice."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from banshi.cases import numbers, opening, reading
from banshi.cases.tables import case, case_event, case_party, idempotency, personal_index
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.errors import Invalid, KeyReused, NotFound
from banshi.privacy import SEALED
from banshi.testing import MOMENT, Town, statements

RESIDENT = "resident0"


async def count(db: Connection, table: Any) -> int:
    return int((await db.execute(select(func.count()).select_from(table))).scalar_one())


async def test_a_case_is_routed_to_whose_duty_it_is(db: Connection, town: Town, wanted: Any) -> None:
    lamp = await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(), MOMENT)
    noise = await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(category="noise"), MOMENT)
    north = await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(district="north", area="pine"), MOMENT)
    city = await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(district="ruan", area="", category="noise"), MOMENT)
    assert [o.department_id for o in (lamp, noise, north, city)] == [town.department(c) for c in ("lighting", "east-works", "north-works", "hotline")]


async def test_a_case_filed_for_the_city_belongs_to_the_district_of_its_place(db: Connection, town: Town, wanted: Any) -> None:
    opened = await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(district="ruan", area="persimmon"), MOMENT)
    row = await reading.get(db, town.house, town.residents[RESIDENT], opened.number)
    assert (row.district_id, row.area_id) == (town.district("east"), town.district("persimmon"))


async def test_what_identifies_a_person_is_sealed_and_found_by_its_index(db: Connection, town: Town, wanted: Any) -> None:
    opened = await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(), MOMENT)
    row = await reading.get(db, town.house, town.residents[RESIDENT], opened.number)
    assert row.data["contact_name"].startswith(SEALED)
    assert row.data["contact_telephone"].startswith(SEALED)
    assert "张小芳" not in str(row)
    keys = town.house.keyring.indexes("telephone", "10000001234")
    found = await db.execute(select(personal_index.c.case_id).where(personal_index.c.digest.in_(keys)))
    assert found.scalars().all() == [row.id]
    assert (await count(db, case_party)) == 1


async def test_a_second_submit_with_the_same_key_is_the_same_case(db: Connection, town: Town, wanted: Any) -> None:
    first = await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(key="k"), MOMENT)
    second = await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(key="k"), MOMENT)
    assert (first.fresh, second.fresh) == (True, False)
    assert (first.number, first.code) == (second.number, second.code)
    assert await count(db, case) == 1
    assert await count(db, case_event) == 1


async def test_the_key_of_another_person_is_another_case(db: Connection, town: Town, wanted: Any) -> None:
    first = await opening.open_one(db, town.house, town.residents["resident0"], wanted(key="k"), MOMENT)
    second = await opening.open_one(db, town.house, town.residents["resident1"], wanted(key="k"), MOMENT)
    assert first.number != second.number


async def test_the_same_key_with_another_body_is_refused(db: Connection, town: Town, wanted: Any) -> None:
    await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(key="k"), MOMENT)
    with pytest.raises(KeyReused):
        await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(key="k", text="Something else."), MOMENT)
    with pytest.raises(KeyReused):
        await opening.open_many(db, town.house, town.residents["resident1"], [wanted(key="x"), wanted(key="x", text="Else.")], MOMENT)


async def test_two_hundred_simultaneous_submits_of_one_key_are_one_case(database: Database, town: Town, wanted: Any) -> None:
    async def submit() -> opening.Opened:
        async with database.transaction() as db:
            return await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(key="storm"), MOMENT)

    pool = asyncio.Semaphore(25)

    async def one() -> opening.Opened:
        async with pool:
            return await submit()

    results = await asyncio.gather(*(one() for _ in range(200)))
    assert len({r.number for r in results}) == 1
    assert sum(r.fresh for r in results) == 1
    async with database.transaction() as db:
        assert [await count(db, t) for t in (case, case_event, idempotency)] == [1, 1, 1]


async def test_many_are_opened_in_order_and_a_key_twice_in_one_call_is_one_case(db: Connection, town: Town, wanted: Any) -> None:
    asked = [wanted(key="a"), wanted(text="Second."), wanted(key="a"), wanted(text="Third.")]
    results = await opening.open_many(db, town.house, town.residents[RESIDENT], asked, MOMENT)
    assert results[0].number == results[2].number
    assert [r.fresh for r in results] == [True, True, False, True]
    assert await count(db, case) == 3


async def test_opening_any_number_is_one_statement(database: Database, town: Town, wanted: Any) -> None:
    with statements(database) as said:
        async with database.transaction() as db:
            await opening.open_many(db, town.house, town.residents[RESIDENT], [wanted(text=f"Number {i}.") for i in range(40)], MOMENT)
    assert len(said) == 1


async def test_a_number_that_is_taken_is_drawn_again(db: Connection, town: Town, wanted: Any) -> None:
    taken = (await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(), MOMENT)).number
    fresh = numbers.draw()
    drawn = iter([taken, taken, fresh, numbers.draw()])
    results = await opening.open_many(
        db, town.house, town.residents[RESIDENT], [wanted(key="again"), wanted(text="Other.")], MOMENT, draw=lambda: next(drawn)
    )
    assert taken not in {r.number for r in results}
    assert all(r.fresh for r in results)
    assert await count(db, case) == 3


async def test_a_district_with_the_plugin_off_takes_no_case(db: Connection, town: Town, wanted: Any) -> None:
    with pytest.raises(NotFound):
        await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(district="west", area=""), MOMENT)


@pytest.mark.parametrize("area", ["pine", "nowhere", "ruan"])
async def test_a_place_outside_the_district_is_a_problem_of_its_field(db: Connection, town: Town, wanted: Any, area: str) -> None:
    with pytest.raises(Invalid) as caught:
        await opening.open_one(db, town.house, town.residents[RESIDENT], wanted(area=area), MOMENT)
    assert "area" in caught.value.problems


@pytest.mark.parametrize(
    ("told", "title"),
    [
        ("路灯黑了三天了。老人晚上不敢下楼。", "路灯黑了三天了"),
        ("It is dark. Please help.", "It is dark"),
        ("one line\nanother", "one line"),
        ("电" * 200, "电" * 79 + "…"),
        ("!", ""),
    ],
)
def test_a_case_is_listed_under_its_first_sentence(told: str, title: str) -> None:
    assert opening.title_of(told) == title


async def test_nobody_in_particular_may_file(db: Connection, town: Town, wanted: Any) -> None:
    opened = await opening.open_one(db, town.house, Actor(capacity="resident"), wanted(key="draft"), MOMENT)
    assert opened.fresh
    assert await count(db, case_party) == 0
