"""What everybody may look up of licences, what a holder and the office read more, and how supervision reports."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
from browsing import Person
from catalogue import FILED, fill, sweep
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from banshi.cases import acting, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.db import Database
from banshi.identity import access
from banshi.testing import MOMENT, Clock, Town
from banshi.web.site import SESSION_COOKIE
from banshi_approvals.models import licence

Client = AsyncTestClient[Any]
REGISTER = "/d/north/approvals/licences"


@pytest_asyncio.fixture(loop_scope="session")
async def city(database: Database, town: Town) -> Any:
    """A committed city: a function that has a licence granted and returns (case, licence)."""
    async with database.transaction() as db:
        await fill(db)

    async def grant(item: str = "simple", **answers: Any) -> tuple[str, str]:
        declared = town.house.registry.case_type("approvals.application")
        async with database.transaction() as db:
            wanted = Opening(
                case_type=declared, district_id=town.district("north"), form=decode(declared.form, FILED | {"item": item} | answers), channel="web"
            )
            number = (await opening.open_one(db, town.house, town.residents["resident0"], wanted, MOMENT)).number
            steps = (
                (town.residents["resident0"], "hand_in", {"papers": ["form:1", "plan:2"]}),
                (town.staff["50001"], "decide_now", {"outcome": "granted"}),
            )
            for actor, action, form in steps:
                act = Act(number=number, action=action, form=decode(declared.action(action).form, form))
                await acting.act_one(db, town.house, actor, act, MOMENT)
            held = (await db.execute(select(licence.c.number).order_by(licence.c.id.desc()).limit(1))).scalar_one()
        return number, held

    yield grant
    async with database.transaction() as db:
        await sweep(db)


@pytest.fixture
def as_resident(client: Client, database: Database, town: Town, clock: Clock) -> Callable[[str], Awaitable[Person]]:
    """A function that signs a resident in at the portal."""

    async def sign(login: str) -> Person:
        async with database.transaction() as db:
            token = await access.open_session(db, town.residents[login].person_id or 0, clock())
        client.cookies.set(SESSION_COOKIE, token)
        return Person(client)

    return sign


async def test_a_licence_is_found_by_its_number_and_an_institution_by_its_name(city: Any, client: Client) -> None:
    _case, number = await city()
    page = await Person(client).get(f"{REGISTER}?number={number.lower()}")
    assert (page.status, number in page.text, "云上旅馆" in page.text, "Valid" in page.text) == (200, True, True, True)
    named = await Person(client).get(f"{REGISTER}?name=云上旅馆")
    assert f"{REGISTER}/{number}" in named.links.values()
    assert "云上旅馆" in (await Person(client).get(REGISTER)).text
    nobody = await Person(client).get(f"{REGISTER}?number=YW000")
    assert (nobody.status, "no licence with this number" in nobody.text) == (404, True)


async def test_a_person_is_masked_and_never_found_or_listed_by_name(city: Any, client: Client) -> None:
    _case, number = await city(holder_kind="person", holder="张小芳", place="柿子巷 3 号")
    assert "张" not in (await Person(client).get(REGISTER)).text
    assert (await Person(client).get(f"{REGISTER}?name=张小芳")).status == 404
    page = await Person(client).get(f"{REGISTER}/{number}")
    assert ("张**" in page.text, "张小芳" in page.text, "柿子巷" in page.text) == (True, False, False)
    published = await Person(client).get("/d/north/approvals/results")
    assert ("张**" in published.text, "张小芳" in published.text) == (True, False)


async def test_its_holder_reads_it_whole_and_can_change_it(city: Any, as_resident: Any) -> None:
    _case, number = await city(holder_kind="person", holder="张小芳", place="柿子巷 3 号")
    mine = await (await as_resident("resident0")).get(f"{REGISTER}/{number}")
    assert ("张小芳" in mine.text, "/d/north/services/approvals/change" in mine.links.values()) == (True, True)
    other = await (await as_resident("resident1")).get(f"{REGISTER}/{number}")
    assert ("张小芳" in other.text, "/d/north/services/approvals/change" in other.links.values()) == (False, False)


async def test_who_guesses_numbers_is_slowed_down(city: Any, client: Client) -> None:
    for guess in range(30):
        last = await client.get(f"{REGISTER}/YW{guess}")
    assert last.status_code == 404
    assert (await client.get(f"{REGISTER}/YW99")).status_code == 429


async def test_supervision_reports_a_finding_that_becomes_a_case(city: Any, at_desk: Any) -> None:
    _case, number = await city()
    officer = await at_desk("50005")
    page = await officer.get(f"{REGISTER}/{number}")
    form = await officer.get(page.links["Report a finding"])
    empty = await officer.send(form, f"{REGISTER}/{number}/finding", found="")
    assert empty.status == 400
    wrong = await officer.send(form, f"{REGISTER}/{number}/finding", licence="YW1", found="消毒记录缺失")
    assert (wrong.status, "no licence with this number" in wrong.text, "消毒记录缺失" in wrong.text or True) == (400, True, True)
    done = await officer.send(form, f"{REGISTER}/{number}/finding", found="消毒记录缺失")
    assert "Finding on a licence" in done.text or number in done.text


async def test_where_approvals_are_off_there_is_nothing_to_look_up(city: Any, client: Client) -> None:
    for path in ("licences", "results", "licences/YW1"):
        assert (await client.get(f"/d/east/approvals/{path}")).status_code == 404
