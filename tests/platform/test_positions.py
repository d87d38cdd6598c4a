"""Where something is on the map: checked for every form, kept through versions, said in words."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from browsing import Person
from sqlalchemy import insert, select, update

from banshi import Upgrade, texts
from banshi.cases import acting, numbers, opening, positions, reading, upgrading
from banshi.cases.acting import Act
from banshi.cases.book import House, load_book
from banshi.cases.decoding import decode
from banshi.cases.tables import case, case_type
from banshi.db import Connection, Database
from banshi.errors import Invalid
from banshi.privacy import unseal_fields
from banshi.testing import MOMENT, Town
from samples import request


@pytest.mark.parametrize("written", ["30.1,120.2", "-33.865143,151.209900", "90,180", "-90,-180", "0,0", "30.1, 120.2"])
def test_a_place_on_the_globe_is_read(town: Town, written: str):
    form = town.house.registry.case_type("tickets.request").form
    assert decode(form, request(position=written)).position == written
    assert positions.read(written) is not None


@pytest.mark.parametrize("written", ["90.1,0", "0,180.5", "99,999", "30", "30,", "30;120", "nan,nan", "1e1,2", "٣٠,١٢٠", "30.123456789,1", "x" * 31])
def test_what_is_no_place_on_the_globe_is_refused(town: Town, written: str):
    form = town.house.registry.case_type("tickets.request").form
    with pytest.raises(Invalid) as refused:
        decode(form, request(position=written))
    assert list(refused.value.problems) == ["position"]


def test_a_position_is_said_in_words():
    south = positions.read("-33.865,-70.5")
    assert south is not None
    assert texts.say(south.said(), "en") == "33.865° S, 70.5° W"
    assert texts.say(south.said(), "zh") == "南纬 33.865°，西经 70.5°"
    assert south.geo == "geo:-33.865000,-70.500000"


async def test_the_case_page_says_it_and_opens_a_map(database: Database, town: Town, wanted: Any, at_desk: Any):
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, town.residents["resident0"], wanted(position="30.12345,120.5"), MOMENT)
        without = await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)
    person: Person = await at_desk("10001")
    page = await person.get(f"/desk/case/{numbers.show(opened.number)}")
    assert "30.12345° N, 120.5° E" in page.text
    assert 'href="geo:30.123450,120.500000"' in page.response.text
    assert "geo:" not in (await person.get(f"/desk/case/{numbers.show(without.number)}")).response.text
    own = Person(person.client)
    person.client.cookies.clear()
    await own.sign_in("resident0")
    assert "30.12345° N, 120.5° E" in (await own.get(f"/case/{numbers.show(opened.number)}")).text


@pytest.mark.parametrize("earlier", [1, 2])
async def test_requests_of_earlier_versions_move_and_closed_ones_stay_readable(db: Connection, town: Town, wanted: Any, earlier: int):
    house, actor = town.house, town.residents["resident0"]
    declared = house.registry.case_type("tickets.request")
    assert Upgrade(from_version=earlier, states={s.name: s.name for s in declared.states}, data=dict) in declared.upgrades
    opened, closed = [o.number for o in await opening.open_many(db, house, actor, [wanted(), wanted()], MOMENT)]
    decline = declared.action("decline").form(text="不受理", where="法院")
    await acting.act_one(db, house, town.staff["20001"], Act(number=closed, action="decline", form=decline), MOMENT)
    current = (await db.execute(select(case_type).where(case_type.c.id == house.book.of(declared).id))).mappings().one()
    values = {k: v for k, v in current.items() if k != "id"} | {"version": earlier, "digest": b"earlier"}
    old = (await db.execute(insert(case_type).values(values).returning(case_type.c.id))).scalar_one()
    await db.execute(update(case).where(case.c.number.in_([opened, closed])).values(type_id=old))
    before = {r.number: r for r in await db.execute(select(case).where(case.c.number.in_([opened, closed])))}
    house = msgspec.structs.replace(house, book=await load_book(db))
    said = await upgrading.upgrade_open(db, house, MOMENT)
    assert said == [f"case type tickets.request: 1 open cases moved from version {earlier} to 3"]
    after = {r.number: r for r in await db.execute(select(case).where(case.c.number.in_([opened, closed])))}
    assert after[opened].type_id == house.book.of(declared).id
    assert unseal_fields(after[opened].data, house.keyring) == unseal_fields(before[opened].data, house.keyring)
    assert after[closed] == before[closed]
    assert House.declared(house, old) is declared
    assert (await reading.story(db, after[opened].id, ("staff",)))[-1].kind == upgrading.UPGRADED
