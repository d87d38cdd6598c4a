"""A district can be served by a process of its own: only its plugins are loaded, and of the others there is nothing but a link to the city."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from browsing import Person
from click.testing import CliRunner
from sqlalchemy import text

from banshi import cli, plugins
from banshi.cases import numbers, opening
from banshi.cli import serving
from banshi.db import Database
from banshi.errors import BanshiError
from banshi.identity import access
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Clock, Town, ground
from banshi.web.site import SESSION_COOKIE

CITY = "https://city.example.org"


@pytest.fixture
def settings(fresh_url: str) -> Settings:
    """The settings of a process that serves the East alone."""
    return Settings(database_url=fresh_url, secret_key=(SECRET,), secure_cookies=False, district="east", public_url=CITY)


@pytest_asyncio.fixture(loop_scope="session")
async def city(fresh_url: str) -> AsyncIterator[Database]:
    """Its database, seen from the test."""
    database = Database(fresh_url, pool_size=2)
    yield database
    await database.close()


def stranger(*, name: str = "stranger") -> Any:
    """An installed plugin that nobody may import here."""
    return SimpleNamespace(name=name, value=f"{name}.plugin", load=lambda: pytest.fail("a plugin was loaded that is off here"))


async def test_only_the_plugins_that_are_on_here_or_below_are_loaded(settings: Settings, city: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = [*plugins.installed(), stranger()]
    monkeypatch.setattr(plugins, "installed", lambda: installed)
    async with city.transaction() as db:
        await db.execute(text("insert into kernel.district_plugin select id, 'stranger', true, now() from kernel.district where code = 'north'"))
    registry = serving.registry_of(settings)
    assert "stranger" not in registry.names
    assert "tickets" in registry.names
    assert registry.failed == {}


def test_a_district_that_is_none_is_refused_in_words(settings: Settings) -> None:
    import msgspec

    for code in ("atlantis", "elm"):  # elm is a community
        with pytest.raises(BanshiError, match=rf"There is no district '{code}'; there are ruan, "):
            serving.registry_of(msgspec.structs.replace(settings, district=code))


def test_what_cannot_be_is_said_at_once(fresh_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"BANSHI_DATABASE_URL": fresh_url, "BANSHI_SECRET_KEY": SECRET, "BANSHI_DISTRICT": "east"}.items():
        monkeypatch.setenv(name, value)
    assert "set BANSHI_PUBLIC_URL" in str(CliRunner().invoke(cli.banshi, ["serve"]).exception)
    assert "The worker is the whole city's" in str(CliRunner().invoke(cli.banshi, ["worker"]).exception)


async def test_of_other_districts_there_is_nothing_but_a_link_to_the_city(
    settings: Settings, city: Database, town: Town, wanted: Any, clock: Clock, tmp_path: Path
) -> None:
    async with city.transaction() as db:
        here = await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)
        there = await opening.open_one(db, town.house, town.residents["resident0"], wanted(district="north", area=""), MOMENT)
        resident = await access.open_session(db, town.residents["resident0"].person_id or 0, clock())
        oversight = await access.open_session(db, town.staff["90001"].person_id or 0, clock())
    registry = serving.registry_of(settings)
    async with ground.serving(settings, registry, clock) as client:
        person = Person(client)
        home = await person.get("/?lang=en")
        assert home.status == 200
        assert "East" in home.text
        assert f'href="{CITY}/d/north"' in home.response.text
        assert 'href="/d/east"' in home.response.text
        for path in ("/d/north", "/d/ruan", "/d/north/services/tickets/request", "/d/atlantis"):
            page = await person.get(path)
            assert page.status == 404, path
            assert f'href="{CITY}{path}"' in page.response.text
            assert "Look on the pages of the whole city" in page.text
        assert (await person.get("/d/east/services/tickets/request")).status == 200
        client.cookies.set(SESSION_COOKIE, resident)
        assert (await person.get(f"/case/{numbers.show(here.number)}")).status == 200
        assert (await person.get(f"/case/{numbers.show(there.number)}")).status == 404
        mine = await person.get("/my")
        assert numbers.show(here.number) in mine.response.text
        assert numbers.show(there.number) not in mine.response.text
        client.cookies.set(SESSION_COOKIE, oversight)
        assert (await person.get("/desk")).status == 200
        assert (await person.get("/admin")).status == 200
        token = {"Authorization": f"Bearer {town.tokens['20001']}"}
        assert (await client.get(f"/api/v1/cases/{there.number}", headers=token)).status_code == 404
        body = {"type": "tickets.request", "district": "north", "data": {}}
        refused = await client.post("/api/v1/cases", json=body, headers=token | {"Idempotency-Key": "k"})
        assert refused.status_code == 400
        assert "/district" in [e["pointer"] for e in refused.json()["errors"]], refused.text
