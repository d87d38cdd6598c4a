"""The public list says kind, place and how it goes; never a word, never who, never what is protected."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select, update

from banshi.cases import acting, linking, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.tables import case
from banshi.db import Database
from banshi.testing import MOMENT, Town, statements

LIST = "/d/east/public"


@pytest.fixture
def file(database: Database, town: Town, wanted: Any) -> Callable[..., Awaitable[str]]:
    """A function that files a request so many days ago and gives its number."""

    async def do(*, kind: str = "help", days_ago: float = 0, district: str = "east", **data: Any) -> str:
        async with database.transaction() as db:
            asked = wanted(kind=kind, district=district, **data)
            return (await opening.open_one(db, town.house, town.residents["resident0"], asked, MOMENT - timedelta(days=days_ago))).number

    return do


def shown(page: Page) -> list[str]:
    return re.findall(r'class="public__what"><strong>([^<]+)</strong>', page.response.text)


async def test_kind_place_and_state_and_nothing_else(client: AsyncTestClient[Any], file: Any, database: Database, town: Town) -> None:
    number = await file(text="Mrs Wang at number 7 shouts.", place="Number 7", contact_name="李四", contact_telephone="100 0000 9999")
    page = await Person(client).get(LIST)
    assert page.status == 200
    assert shown(page) == ["Street lighting"]
    assert "Elm Street, Persimmon Lane" in page.text
    for secret in ("Wang", "shouts", "Number 7", "李", "9999", number, number[:4] + "-" + number[4:8]):
        assert secret not in page.response.text, secret


PRIVATE = (
    *({"kind": "report"}, {"kind": "complaint", "discreet": True}, {"kind": "consultation"}),
    *({"kind": "praise"}, {"category": "welfare"}, {"category": "other"}),
)


@pytest.mark.parametrize("more", PRIVATE)
async def test_what_is_protected_or_concerns_one_person_is_not_there(client: AsyncTestClient[Any], file: Any, more: dict[str, Any]) -> None:
    await file(**more)
    assert shown(await Person(client).get(LIST)) == []


async def test_it_is_narrowed_by_kind_place_and_state(client: AsyncTestClient[Any], file: Any, database: Database, town: Town) -> None:
    await file(days_ago=2)
    await file(category="noise", area="elm", days_ago=1)
    closed = await file(category="water")
    form = decode(town.house.registry.case_type("tickets.request").action("withdraw").form, {})
    async with database.transaction() as db:
        await acting.act_one(db, town.house, town.residents["resident0"], Act(number=closed, action="withdraw", form=form), MOMENT)
    found = {
        "": ["Water supply", "Noise", "Street lighting"],
        "?category=noise": ["Noise"],
        "?area=persimmon": ["Water supply", "Street lighting"],
        "?open=no": ["Water supply"],
        "?open=yes": ["Noise", "Street lighting"],
        "?category=noise&open=no": [],
    }
    for asked, titles in found.items():
        page = await Person(client).get(LIST + asked)
        assert (page.status, shown(page)) == (200, titles), asked
    for asked in ("?category=magic", "?area=pine", "?open=perhaps", "?category=<script>"):
        page = await Person(client).get(LIST + asked)
        assert (page.status, len(shown(page)), "left out" in page.text) == (200, 3, True), asked
        assert "<script>" not in page.response.text
    for spoiled in ("?after=zzz", "?after=WyJhIl0", "?after=" + "A" * 3000):
        assert (await Person(client).get(LIST + spoiled)).status == 400, spoiled


async def test_a_cluster_is_one_line_with_the_number_of_people(client: AsyncTestClient[Any], file: Any, database: Database, town: Town) -> None:
    lead, *others = [await file(text=f"{i}") for i in range(3)]
    async with database.transaction() as db:
        await linking.merge(db, town.house, town.staff["10001"], lead, others, MOMENT)
    page = await Person(client).get(LIST)
    assert shown(page) == ["Street lighting"]
    assert "3 people" in page.text


async def test_a_district_shows_its_own_and_a_city_all_where_the_service_is_on(
    client: AsyncTestClient[Any], file: Any, database: Database, town: Town
) -> None:
    await file()
    north = await file(district="north", area="pine", category="noise")
    assert shown(await Person(client).get(LIST)) == ["Street lighting"]
    assert sorted(shown(await Person(client).get("/d/ruan/public"))) == ["Noise", "Street lighting"]
    async with database.transaction() as db:
        await db.execute(update(case).where(case.c.number == north).values(district_id=town.district("west")))
        assert (await db.execute(select(case.c.id).where(case.c.number == north))).one()
    assert shown(await Person(client).get("/d/ruan/public")) == ["Street lighting"]
    assert (await Person(client).get("/d/nowhere/public")).status == 404


async def test_it_goes_on_page_by_page_and_costs_little(client: AsyncTestClient[Any], file: Any, database: Database) -> None:
    for i in range(30):
        await file(days_ago=i / 10)
    person, address, seen = Person(client), LIST + "?category=street_lighting", 0
    while address:
        with statements(database) as counted:
            page = await person.get(address)
        assert len(counted) <= 8, counted
        seen += len(shown(page))
        address = page.links.get("Next page", "")
        assert not address or "category=street_lighting" in address
    assert seen == 30


async def test_home_leads_there(client: AsyncTestClient[Any]) -> None:
    assert (await Person(client).get("/d/east")).links["See what is reported here, by kind and place"] == LIST
