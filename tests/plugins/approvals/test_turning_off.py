"""Approvals turned off in one of two districts that have it: there only closed cases are left of it, and the other one sees no difference."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from browsing import Person
from catalogue import FILED, fill
from citywide import City
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from banshi import toolkit
from banshi.db import Database
from banshi.identity import access
from banshi.plugins import Registry
from banshi.settings import Settings
from banshi.testing import SECRET, Clock, Town, ground
from banshi.web.site import SESSION_COOKIE
from banshi_approvals.models import paper

Client = AsyncTestClient[Any]
OFF, ON = "north", "west"
VALUES = {"int": "1", "str": "x"}
WINDOW, CHIEF, HEALTH, WEST, ADMINISTRATOR = "50001", "50003", "50005", "50008", "90001"


@pytest_asyncio.fixture(loop_scope="session")
async def city(fresh_url: str, town: Town) -> AsyncIterator[City]:
    """The city of this test alone: what it switches, nobody else sees."""
    database = Database(fresh_url, pool_size=2)
    async with database.transaction() as db:
        await fill(db)
    yield City(database, town)
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(city: City, registry: Registry, clock: Clock) -> AsyncIterator[Client]:
    settings = Settings(database_url=city.database.url, secret_key=(SECRET,), secure_cookies=False)
    async with ground.serving(settings, registry, clock) as caller:
        yield caller


@pytest.fixture
def sit(visitor: Client, city: City, town: Town, clock: Clock) -> Any:
    """A function that signs an officer (number) or a resident (login) in; nobody: signed out."""

    async def sign_in(who: str = "") -> Person:
        visitor.cookies.clear()
        if who:
            person = (town.staff.get(who) or town.residents[who]).person_id or 0
            async with city.database.transaction() as db:
                visitor.cookies.set(SESSION_COOKIE, await access.open_session(db, person, clock()))
        return Person(visitor)

    return sign_in


async def switch(person: Person, district: str, to: str) -> Any:
    token = (await person.get("/sign-in")).form("/sign-in")["fields"]["_csrf_token"][0]
    return await person.post("/admin/switch", {"_csrf_token": token, "district": district, "plugin": "approvals", "to": to})


def addresses(client: Client, prefix: str) -> list[tuple[str, str]]:
    """Every address of approvals that begins so, with its methods."""
    found = []
    for route in client.app.routes:
        if route.path.startswith(prefix):
            address = re.sub(r"\{(\w+):(\w+)\}", lambda m: f"{{{m[1]}}}" if m[1] in {"district", "number"} else VALUES.get(m[2], "x"), route.path)
            found += [(str(m), address) for handler in route.route_handlers for m in handler.http_methods]
    return found


async def seen_in(district: str, number: str, licence: str, code: str, sit: Any) -> dict[str, tuple[int, str]]:
    """What everybody meets of approvals in a district: status and words of its pages."""
    here, shown = f"/d/{district}/approvals", toolkit.show_number(number)
    pages = [f"/d/{district}", f"{here}/catalogue", f"{here}/item/simple", f"{here}/item/simple/list?s=rented:no", f"{here}/licences"]
    pages += [f"{here}/licences/{licence}", f"{here}/results", f"{here}/check/{code}", f"{here}/check", f"{here}/reforms/2026"]
    said = {}
    for who, paths in (("", pages), ("resident0", [f"/case/{shown}", f"/case/{shown}/approvals/materials"])):
        person = await sit(who)
        for path in paths:
            page = await person.get(path)
            said[f"{who} {path}"] = (page.status, page.text)
    return said


async def of_office(district: str, officer: str, number: str, sit: Any) -> dict[str, tuple[int, str]]:
    """What an officer meets of it at the desk."""
    person, shown = await sit(officer), toolkit.show_number(number)
    paths = ["/desk", f"/desk/case/{shown}", f"/desk/all?q={shown}", f"/d/{district}/approvals/desk/{shown}/materials"]
    pages = {path: await person.get(path) for path in paths}
    return {path: (page.status, page.text) for path, page in pages.items()}


async def test_where_it_is_turned_off_only_closed_cases_are_left_and_the_other_district_is_untouched(
    city: City, visitor: Client, sit: Any, registry: Registry, town: Town
) -> None:
    number, licence = await city.grant(place="柿子巷 3 号")
    elsewhere, other = await city.grant(district=ON, window=WEST, place="枣树街 5 号")
    async with city.database.transaction() as db:
        codes = dict((await db.execute(select(paper.c.licence, paper.c.check_code).where(paper.c.kind == "licence"))).all())
    before = await seen_in(ON, elsewhere, other, codes[other], sit) | await of_office(ON, WEST, elsewhere, sit)
    there = await seen_in(OFF, number, licence, codes[licence], sit) | await of_office(OFF, WINDOW, number, sit)
    assert {path for path, (status, _words) in there.items() if status != 200} == set()

    open_case = await city.file("office")
    refused = await switch(await sit(ADMINISTRATOR), OFF, "off")
    assert refused.status == 409
    await city.act(open_case, "resident0", "withdraw")
    assert (await switch(await sit(ADMINISTRATOR), OFF, "off")).status == 200

    # in the other district nothing is different
    after = await seen_in(ON, elsewhere, other, codes[other], sit) | await of_office(ON, WEST, elsewhere, sit)
    assert after == before

    # here no address answers, whoever asks and however
    for who in ("", "resident0", WINDOW, CHIEF, HEALTH, ADMINISTRATOR):
        person = await sit(who)
        await person.get("/sign-in")
        for prefix in ("/d/{district:str}/approvals", "/case/{number:str}/approvals"):
            for method, address in addresses(visitor, prefix):
                path = address.format(district=OFF, number=toolkit.show_number(number))
                token = str(visitor.cookies.get("csrf"))  # an upload that is refused gives the browser another
                answered = await visitor.request(
                    method,
                    path,
                    params={"token": token},
                    headers={"x-csrftoken": token},
                    files={"m.form": ("a.pdf", b"%PDF")},
                    follow_redirects=False,
                )
                assert answered.status_code == 404, (who, method, path, answered.status_code)

    # nothing leads there
    now = await seen_in(OFF, number, licence, codes[licence], sit) | await of_office(OFF, WINDOW, number, sit)
    for service in registry.services:
        if service.owner == "approvals":
            await sit("")
            assert (await visitor.get(f"/d/{OFF}/services/approvals/{service.name}")).status_code == 404
    for path in (f"/d/{OFF}", f"/case/{number}", f"/desk/case/{number}", "/desk", "/my"):
        person = await sit("resident0" if path.startswith(("/case", "/my")) else WINDOW if path.startswith("/desk") else "")
        html = (await person.get(path)).response.text
        assert f"/d/{OFF}/approvals" not in html, path
        assert f"/case/{toolkit.show_number(number)}/approvals" not in html, path
        assert "panel-approvals" not in html, path
    bearer = {"Authorization": f"Bearer {town.tokens[WINDOW]}"}
    wanted = {"type": "approvals.application", "district": OFF, "data": FILED | {"item": "simple"}}
    assert (await visitor.post("/api/v1/cases", json=wanted, headers=bearer | {"idempotency-key": "one"})).status_code == 404
    assert (await visitor.get(f"/api/v1/cases/{number}", headers=bearer)).json()["actions"] == []

    # but for its closed cases
    shown = toolkit.show_number(number)
    assert now[f"resident0 /case/{shown}"][0] == now[f"/desk/case/{shown}"][0] == 200
    for said in (now[f"resident0 /case/{shown}"][1], now[f"/desk/case/{shown}"][1]):
        assert "许可 simple" in said
        assert "Granted" in said
    assert "许可 simple" in now[f"/desk/all?q={shown}"][1]
    assert (await (await sit("resident0")).get("/my")).text.count("许可 simple") >= 2  # here and there


async def test_turned_on_again_it_is_all_there_as_it_was(city: City, visitor: Client, sit: Any) -> None:
    number, licence = await city.grant()
    async with city.database.transaction() as db:
        code = (await db.execute(select(paper.c.check_code).where(paper.c.licence == licence, paper.c.kind == "licence"))).scalar_one()
    before = await seen_in(OFF, number, licence, code, sit) | await of_office(OFF, WINDOW, number, sit)
    administrator = await sit(ADMINISTRATOR)
    assert (await switch(administrator, OFF, "off")).status == 200
    assert (await switch(administrator, OFF, "on")).status == 200
    assert await seen_in(OFF, number, licence, code, sit) | await of_office(OFF, WINDOW, number, sit) == before
