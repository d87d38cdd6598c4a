"""The organisation of the tests, and what many of them say."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from browsing import Person
from litestar.testing import AsyncTestClient

from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.db import Database
from banshi.identity import access
from banshi.testing import Clock, Town
from banshi.web.site import SESSION_COOKIE
from samples import DATA, request

hypothesis.settings.register_profile("banshi", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("banshi")  # how long something takes on a busy machine proves nothing


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep the browser and its city in one test process: two of them take more than two processors. Other tests go where there is time."""
    from xdist.scheduler import LoadScopeScheduling

    class OneBrowser(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "browser" if nodeid.startswith("tests/e2e/") else nodeid

    return OneBrowser(config, log)


@pytest.fixture(scope="session")
def organisation_file() -> Path:
    return DATA / "town.toml"


@pytest.fixture
def wanted(town: Town):
    """A function that gives an opening of a request: a dark lamp in the East, unless told otherwise."""

    def make(*, district: str = "east", key: str = "", channel: str = "web", **data: Any) -> Opening:
        case_type = town.house.registry.case_type("tickets.request")
        return Opening(
            case_type=case_type, district_id=town.district(district), form=decode(case_type.form, request(**data)), channel=channel, key=key
        )

    return make


@pytest.fixture
def at_desk(client: AsyncTestClient[Any], database: Database, town: Town, clock: Clock) -> Callable[[str], Awaitable[Person]]:
    """A function that sits the officer of a staff number down at the desk."""

    async def sit(staff_number: str) -> Person:
        async with database.transaction() as db:
            token = await access.open_session(db, town.staff[staff_number].person_id or 0, clock())
        client.cookies.set(SESSION_COOKIE, token)
        return Person(client)

    return sit
