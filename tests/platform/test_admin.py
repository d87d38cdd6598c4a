"""An administrator turns plugins on and off for districts: at once, on the record, and never under an open case."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from banshi import plugins
from banshi.audit import audit_entry, verify
from banshi.cases import acting, opening
from banshi.cases.acting import Act
from banshi.db import Database
from banshi.identity import access
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Clock, Town, ground
from banshi.web.site import SESSION_COOKIE

ADMINISTRATOR, ENGINEER, CLERK = "90001", "90002", "10001"
SERVICE = "services/tickets/request"
Client = AsyncTestClient[Any]


@pytest_asyncio.fixture(loop_scope="session")
async def city(fresh_url: str) -> AsyncIterator[Database]:
    """The database of this test alone: what it switches, nobody else sees."""
    database = Database(fresh_url, pool_size=2)
    yield database
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(city: Database, registry: Registry, clock: Clock) -> AsyncIterator[Client]:
    """The application before that database."""
    settings = Settings(database_url=city.url, secret_key=(SECRET,), secure_cookies=False)
    async with ground.serving(settings, registry, clock) as caller:
        yield caller


@pytest.fixture
def officer(visitor: Client, city: Database, town: Town, clock: Clock) -> Any:
    """A function that signs an officer in."""

    async def sign_in(staff_number: str) -> Person:
        async with city.transaction() as db:
            visitor.cookies.set(SESSION_COOKIE, await access.open_session(db, town.staff[staff_number].person_id or 0, clock()))
        return Person(visitor)

    return sign_in


async def switch(person: Person, district: str, to: str, *, plugin: str = "tickets") -> Page:
    token = (await person.get("/sign-in")).form("/sign-in")["fields"]["_csrf_token"][0]
    return await person.post("/admin/switch", {"_csrf_token": token, "district": district, "plugin": plugin, "to": to})


def switches(page: Page) -> dict[str, str]:
    """District to what the page offers to turn the plugin to."""
    forms = [f["fields"] for f in page.forms if f["action"] == "/admin/switch"]
    return {f["district"][0]: f["to"][0] for f in forms if f["to"] != ["inherit"] and f["plugin"] == ["tickets"]}


async def entries(city: Database) -> list[tuple[str, str, dict[str, str]]]:
    async with city.transaction() as db:
        rows = await db.execute(select(audit_entry).order_by(audit_entry.c.sequence))
        return [(r.kind, r.subject, r.body) for r in rows]


async def open_case(city: Database, town: Town, wanted: Any, district: str = "east") -> str:
    async with city.transaction() as db:
        asked = wanted(district=district, area="")
        return (await opening.open_one(db, town.house, town.residents["resident0"], asked, MOMENT)).number


async def test_the_page_tells_every_plugin_its_health_and_where_it_is_on(officer: Any) -> None:
    page = await (await officer(ADMINISTRATOR)).get("/admin")
    assert page.status == 200
    assert "tickets" in page.text
    assert "3 case types, 2 services, 4 roles" in page.text
    assert switches(page) == {"ruan": "off", "east": "off", "west": "on", "north": "off"}


async def test_turning_off_works_at_once_and_is_on_the_record(officer: Any, visitor: Client, city: Database, keyring: Keyring) -> None:
    administrator = await officer(ADMINISTRATOR)
    assert (await visitor.get(f"/d/north/{SERVICE}")).status_code == 200
    page = await switch(administrator, "north", "off")
    assert (page.status, page.response.url.path) == (200, "/admin")
    assert switches(page)["north"] == "on"
    assert (await visitor.get(f"/d/north/{SERVICE}")).status_code == 404
    assert "services/tickets" not in (await visitor.get("/d/north")).text
    filing = {"type": "tickets.request", "district": "north", "data": {"kind": "complaint", "category": "noise", "text": "x"}}
    assert (await visitor.post("/api/v1/cases", json=filing, headers={"authorization": "Bearer token-20001"})).status_code == 404
    assert (await visitor.get(f"/d/east/{SERVICE}")).status_code == 200
    await switch(administrator, "north", "on")
    assert (await visitor.get(f"/d/north/{SERVICE}")).status_code == 200
    assert await entries(city) == [
        ("plugin.switched", "district:north", {"plugin": "tickets", "to": "off"}),
        ("plugin.switched", "district:north", {"plugin": "tickets", "to": "on"}),
    ]
    async with city.transaction() as db:
        assert await verify(db, keyring) == []


async def test_the_buttons_of_the_page_do_it(officer: Any) -> None:
    administrator = await officer(ADMINISTRATOR)
    page = await administrator.get("/admin")
    form = next(f for f in page.forms if f["fields"].get("district") == ["west"] and f["fields"]["plugin"] == ["tickets"])
    page = await administrator.post(form["action"], form["fields"])
    assert switches(page)["west"] == "off"


async def test_open_cases_keep_their_plugin_and_closed_ones_do_not(officer: Any, city: Database, town: Town, wanted: Any, visitor: Client) -> None:
    number = await open_case(city, town, wanted)
    administrator = await officer(ADMINISTRATOR)
    refused = await switch(administrator, "east", "off")
    assert refused.status == 409
    assert "1 open cases in East" in refused.text
    assert switches(refused)["east"] == "off"
    assert (await visitor.get(f"/d/east/{SERVICE}")).status_code == 200
    assert await entries(city) == []
    steps: list[tuple[str, dict[str, str]]] = [("sign", {}), ("answer", {"text": "Mended."}), ("close", {"outcome": "settled"})]
    async with city.transaction() as db:
        for action, data in steps:
            form = town.house.registry.case_type("tickets.request").action(action).form(**data)
            await acting.act_one(db, town.house, town.staff["10001"], Act(number=number, action=action, form=form), MOMENT)
    assert (await switch(administrator, "east", "off")).status == 200
    assert (await visitor.get(f"/d/east/{SERVICE}")).status_code == 404


async def test_a_city_cannot_turn_off_what_a_district_below_still_needs(
    officer: Any, city: Database, town: Town, wanted: Any, visitor: Client
) -> None:
    await open_case(city, town, wanted, "north")
    administrator = await officer(ADMINISTRATOR)
    assert (await switch(administrator, "ruan", "off")).status == 409
    assert (await switch(administrator, "north", "on")).status == 200  # its own switch now: what is above does not matter
    assert (await switch(administrator, "ruan", "off")).status == 200
    assert [(await visitor.get(f"/d/{d}/{SERVICE}")).status_code for d in ("north", "east")] == [200, 404]
    assert (await switch(administrator, "north", "inherit")).status == 409


async def test_what_a_district_inherits_is_shown_and_can_be_inherited_again(officer: Any) -> None:
    administrator = await officer(ADMINISTRATOR)

    def inherited(page: Page) -> int:
        return page.text.count("(as the district above)")

    before = await administrator.get("/admin")
    of_tickets, of_approvals = 2, 1  # East and North, and East: the others have switches of their own, the city has nobody above
    assert inherited(before) == of_tickets + of_approvals
    assert inherited(await switch(administrator, "east", "off")) == of_tickets - 1 + of_approvals
    page = await administrator.get("/admin")
    button = next(f for f in page.forms if f["fields"].get("to") == ["inherit"] and f["fields"]["district"] == ["east"])
    after = await administrator.post(button["action"], button["fields"])
    assert inherited(after) == of_tickets + of_approvals
    assert switches(after) == switches(before)


async def test_an_engineer_reads_and_does_not_switch(officer: Any, visitor: Client, city: Database) -> None:
    engineer = await officer(ENGINEER)
    page = await engineer.get("/admin")
    assert page.status == 200
    assert "tickets" in page.text
    assert switches(page) == {}
    assert (await switch(engineer, "north", "off")).status == 403
    assert (await visitor.get(f"/d/north/{SERVICE}")).status_code == 200
    assert await entries(city) == []


@pytest.mark.parametrize("staff_number", [CLERK, "20001", "30001"])
async def test_other_staff_neither_read_nor_switch(officer: Any, city: Database, staff_number: str) -> None:
    other = await officer(staff_number)
    assert (await other.get("/admin")).status == 403
    assert (await switch(other, "north", "off")).status == 403
    assert "/admin" not in (await other.get("/desk")).links.values()
    assert await entries(city) == []


async def test_nobody_in_particular_is_asked_to_sign_in(visitor: Client) -> None:
    person = Person(visitor)
    assert (await person.get("/admin")).status == 401
    assert (await switch(person, "north", "off")).status == 401


@pytest.mark.parametrize(
    ("district", "plugin", "to", "status"),
    [("atlantis", "tickets", "off", 404), ("north", "nothing", "off", 404), ("north", "tickets", "sideways", 400), ("", "", "", 404)],
)
async def test_a_switch_that_cannot_be_is_refused(officer: Any, city: Database, district: str, plugin: str, to: str, status: int) -> None:
    administrator = await officer(ADMINISTRATOR)
    assert (await switch(administrator, district, to, plugin=plugin)).status == status
    assert await entries(city) == []


async def test_a_broken_plugin_is_shown_with_its_fault(city: Database, officer: Any, visitor: Client, clock: Clock) -> None:
    class Broken:
        name, value = "orchards", "orchards_package.plugin"

        def load(self) -> Any:
            raise ImportError("no module named apple")

    registry = plugins.load([*plugins.installed(), Broken()])
    settings = Settings(database_url=city.url, secret_key=(SECRET,), secure_cookies=False)
    await officer(ADMINISTRATOR)
    async with ground.serving(settings, registry, clock) as caller:
        caller.cookies.update(visitor.cookies)
        page = await Person(caller).get("/admin")
    assert "no module named apple" in page.text
    assert "Out of order" in page.text
    assert page.text.count("(as the district above)") == 2 + 1 + 3  # of the three plugins; the city has nobody above
