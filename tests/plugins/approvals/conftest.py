"""What the tests of approvals share: a catalogue, an application, and acting on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
import pytest_asyncio
from browsing import Person
from catalogue import FILED, attached, fill, find, sweep
from citywide import City
from litestar.testing import AsyncTestClient

from banshi.cases import acting, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.identity import access
from banshi.testing import MOMENT, Town
from banshi.web.site import SESSION_COOKIE


@pytest_asyncio.fixture(loop_scope="session")
async def catalogue(db: Connection) -> None:
    await fill(db)


@pytest.fixture
def apply(db: Connection, town: Town, catalogue: None) -> Any:
    """A function that files an application and returns its number."""

    async def send(item: str, *, district: str = "north", actor: Actor | None = None, at: datetime = MOMENT, **answers: Any) -> str:
        declared = town.house.registry.case_type("approvals.application")
        form = decode(declared.form, FILED | {"item": item} | answers)
        wanted = Opening(case_type=declared, district_id=town.district(district), form=form, channel="web")
        return (await opening.open_one(db, town.house, actor or town.residents["resident0"], wanted, at)).number

    return send


@pytest.fixture
def act(db: Connection, town: Town) -> Any:
    """A function that acts on a case as an officer (number) or resident (login), and returns the case's row."""

    async def do(number: str, who: str, action: str, /, *, at: datetime = MOMENT, **answers: Any) -> Any:
        actor = town.staff[who] if who in town.staff else town.residents[who]
        row = await find(db, number)
        declared = town.house.declared(row.type_id)
        assert declared is not None
        wanted = Act(number=number, action=action, form=decode(declared.action(action).form, await attached(db, number, answers)))
        await acting.act_one(db, town.house, actor, wanted, at)
        return await find(db, number)

    return do


@pytest.fixture
def facts(db: Connection, town: Town) -> Any:
    """A function that gives the facts of a case."""

    async def of(number: str) -> Any:
        row = await find(db, number)
        declared = town.house.declared(row.type_id)
        assert declared is not None
        return acting.snapshot(declared, row).facts

    return of


@pytest.fixture
def parts(db: Connection) -> Any:
    """A function that gives the cases in which parts of a case's work go on."""

    async def of(number: str) -> Any:
        from banshi.cases.consequences import family

        return await family(db, (await find(db, number)).id)

    return of


@pytest_asyncio.fixture(loop_scope="session")
async def settled(database: Database) -> AsyncIterator[Database]:
    """The database with the catalogue published, for tests that commit; what they leave in approvals is deleted."""
    async with database.transaction() as db:
        await fill(db)
    yield database
    async with database.transaction() as db:
        await sweep(db)


@pytest.fixture
def opened(db: Connection, town: Town) -> Any:
    """A function that opens a case of a type as an officer, a resident, or the system, and returns its number."""

    async def send(name: str, who: str, *, at: datetime = MOMENT, **answers: Any) -> str:
        declared = town.house.registry.case_type(f"approvals.{name}")
        actor = town.staff.get(who) or town.residents.get(who) or Actor.SYSTEM
        wanted = Opening(case_type=declared, district_id=town.district("north"), form=decode(declared.form, answers), channel="web")
        return (await opening.open_one(db, town.house, actor, wanted, at)).number

    return send


@pytest_asyncio.fixture(loop_scope="session")
async def city(database: Database, town: Town) -> AsyncIterator[City]:
    """A committed city with the catalogue of the tests."""
    async with database.transaction() as db:
        await fill(db)
    yield City(database, town)
    async with database.transaction() as db:
        await sweep(db)


@pytest.fixture
def as_resident(client: AsyncTestClient[Any], database: Database, town: Town, clock: Any) -> Any:
    """A function that signs a resident in at the portal."""

    async def sign(login: str) -> Person:
        async with database.transaction() as db:
            token = await access.open_session(db, town.residents[login].person_id or 0, clock())
        client.cookies.set(SESSION_COOKIE, token)
        return Person(client)

    return sign
