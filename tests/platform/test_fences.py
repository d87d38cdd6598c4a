"""What a plugin does wrong is named and set aside, and nobody else is disturbed."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from browsing import Person
from jinja2 import TemplateNotFound
from litestar.testing import AsyncTestClient
from sqlalchemy import text

from banshi import Measure, Rule, app, plugins, translator
from banshi.cases import opening
from banshi.cases.book import load_house
from banshi.contracts import Idle, Notify, Rung
from banshi.db import Database
from banshi.escalation import sweeping
from banshi.fences import Fences, faults
from banshi.fences.watching import Watchdog
from banshi.identity import access
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.reporting import asking, checking
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Clock, Town
from banshi.web import templating
from banshi.web.site import SESSION_COOKIE

_ = translator("banshi")

VIEWS = """
import asyncio, time
from litestar import Controller, Request, get
from sqlalchemy import text
from banshi import Routes, hookimpl

class Weeds(Controller):
    path = "/"

    @get("/", opt={"permission": "public"})
    async def front(self) -> str:
        return "flowers"

    @get("/breaks", opt={"permission": "public"})
    async def breaks(self) -> str:
        raise ValueError("the telephone 13900001234")

    @get("/blocks", opt={"permission": "public"})
    async def blocks(self) -> str:
        until = time.monotonic() + 0.4
        while time.monotonic() < until:
            pass
        return "at last"

    @get("/waits", opt={"permission": "public"})
    async def waits(self) -> str:
        await asyncio.sleep(60)
        return "never"

    @get("/queries", opt={"permission": "public"})
    async def queries(self, request: Request) -> str:
        async with request.app.state.site.database.transaction() as db:
            await db.execute(text("select pg_sleep(30)"))
        return "never"

    @get("/draws", opt={"permission": "public"})
    async def draws(self, request: Request) -> str:
        from banshi.web import templating
        site = request.app.state.site
        return templating.environment(site.registry.packages, "weeds", "en").get_template("weeds/broken.html").render()

@hookimpl
def banshi_routes():
    return [Routes(controllers=(Weeds,))]
"""


@pytest.fixture
def weeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The entry point of a plugin whose pages fail in every way."""
    package = tmp_path / "banshi_weeds"
    (package / "templates" / "weeds").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "plugin.py").write_text(VIEWS, encoding="utf8")
    (package / "templates" / "weeds" / "broken.html").write_text("a line\n{{ 1 / nothing }}\n", encoding="utf8")
    monkeypatch.syspath_prepend(str(tmp_path))

    for name in [n for n in sys.modules if n.startswith("banshi_weeds")]:
        del sys.modules[name]
    templating._environment.cache_clear()
    return SimpleNamespace(name="weeds", value="banshi_weeds.plugin", load=lambda: import_module("banshi_weeds.plugin"))


@pytest_asyncio.fixture(loop_scope="session")
async def served(weeds: Any, fresh_url: str, clock: Clock) -> AsyncIterator[AsyncTestClient[Any]]:
    """The application with that plugin, on in the whole city."""
    database = Database(fresh_url, pool_size=1)
    async with database.transaction() as db:
        await db.execute(text("insert into kernel.district_plugin select id, 'weeds', true, now() from kernel.district where code = 'ruan'"))
        await db.execute(text("update kernel.revision set value = value + 1"))
    await database.close()
    registry = plugins.load([*plugins.installed(), weeds])
    settings = Settings(database_url=fresh_url, secret_key=(SECRET,), secure_cookies=False, plugin_statement_timeout=1, loop_limit=100)
    async with AsyncTestClient(app.create_app(settings, registry, now=clock), base_url="http://testserver.local") as caller:
        yield caller


@pytest_asyncio.fixture(loop_scope="session")
async def told(fresh_url: str) -> AsyncIterator[Callable[[int], Awaitable[list[faults.Fault]]]]:
    """A function that waits until so many things that failed were told of, and gives them."""
    database = Database(fresh_url, pool_size=1)

    async def wait(count: int) -> list[faults.Fault]:
        found: list[faults.Fault] = []
        for _try in range(200):
            async with database.transaction() as db:
                found = await faults.read(db)
            if sum(f.count for f in found) >= count:
                break
            await asyncio.sleep(0.02)
        return found

    yield wait
    await database.close()


Told = Callable[[int], Awaitable[list[faults.Fault]]]


async def test_a_route_that_raises_gives_a_page_that_names_the_service_and_the_rest_serves(
    served: AsyncTestClient[Any], told: Told, clock: Clock, fresh_url: str, town: Town
) -> None:
    person = Person(served)
    for _time in range(faults.TOLERANCES["route"].most):
        page = await person.get("/d/east/weeds/breaks?lang=en")
        assert page.status == 500
        assert "The service “weeds” is out of order on this page" in page.text
        assert "ValueError" not in page.response.text
        assert "139" not in page.response.text
    assert (await person.get("/d/east/weeds/breaks")).status == 503
    assert (await served.get("/d/east/weeds")).text == "flowers"
    (fault,) = await told(5)
    assert (fault.owner, fault.kind, fault.name, fault.count) == ("weeds", "route", "Weeds.breaks", 5)
    assert fault.what == "ValueError at banshi_weeds/plugin.py:16"
    health = (await served.get("/health")).json()
    assert health["status"] == "degraded"
    assert health["set_aside"] == [{"plugin": "weeds", "kind": "route", "name": "Weeds.breaks"}]
    database = Database(fresh_url, pool_size=1)
    async with database.transaction() as db:
        served.cookies.set(SESSION_COOKIE, await access.open_session(db, town.staff["90001"].person_id or 0, clock()))
    await database.close()
    shown = await person.get("/admin?lang=en")
    assert "Page Weeds.breaks" in shown.text
    assert "Set aside until" in shown.text
    clock.forward(minutes=6)
    assert (await person.get("/d/east/weeds/breaks")).status == 500
    assert (await served.get("/health")).json()["status"] == "ok"


async def test_a_template_that_breaks_is_a_fault_of_its_plugin(served: AsyncTestClient[Any], told: Told) -> None:
    assert (await served.get("/d/east/weeds/draws")).status_code == 500
    assert {(f.kind, f.name, f.what.partition(" at ")[2]) for f in await told(2)} == {
        ("template", "weeds/broken.html", "banshi_weeds/templates/weeds/broken.html:2"),
        ("route", "Weeds.draws", "banshi_weeds/templates/weeds/broken.html:2"),
    }


@pytest.mark.parametrize("name", ["../plugin.py", "weeds/../../plugin.py", "weeds/../../../secret.html", "/etc/passwd", "weeds//etc/passwd"])
async def test_a_template_outside_its_folder_can_never_be_drawn(weeds: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.html").write_text("secret", encoding="utf8")
    env = templating.environment({"weeds": "banshi_weeds"}, "weeds", "en")
    assert env.from_string("{{ _('nothing like it') }}").render() == "nothing like it"
    with pytest.raises(TemplateNotFound):
        env.get_template(name)
    with pytest.raises(TemplateNotFound):
        env.from_string("{% include name %}").render(name=name)


async def test_a_link_out_of_the_folder_is_no_template(weeds: Any, tmp_path: Path) -> None:
    (tmp_path / "secret.html").write_text("secret", encoding="utf8")
    folder = tmp_path / "banshi_weeds" / "templates" / "weeds"
    (folder / "linked.html").symlink_to(tmp_path / "secret.html")
    (folder / "more").symlink_to(tmp_path, target_is_directory=True)
    (folder / "whole.html").write_text("whole", encoding="utf8")
    env = templating.environment({"weeds": "banshi_weeds"}, "weeds", "en")
    assert env.get_template("weeds/whole.html").render() == "whole"
    for name in ("weeds/linked.html", "weeds/more/secret.html"):
        with pytest.raises(TemplateNotFound):
            env.get_template(name)


async def test_a_page_that_waits_for_ever_is_given_up(served: AsyncTestClient[Any], told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("banshi.web.mounting.SLOW_ROUTE", 0.1)
    page = await Person(served).get("/d/east/weeds/waits?lang=en")
    assert page.status == 503
    assert "took too long" in page.text
    assert [(f.kind, f.name, f.what) for f in await told(1)] == [("route", "Weeds.waits", "longer than 0.1 s")]


async def test_a_statement_of_a_plugin_is_ended_by_the_server(served: AsyncTestClient[Any], told: Told) -> None:
    began = time.monotonic()
    assert (await served.get("/d/east/weeds/queries")).status_code == 500
    assert time.monotonic() - began < 10
    assert [(f.kind, f.name) for f in await told(1)] == [("route", "Weeds.queries")]


async def test_the_watchdog_names_whose_code_blocks_the_loop(served: AsyncTestClient[Any], told: Told) -> None:
    assert (await served.get("/d/east/weeds/blocks")).text == "at last"
    found = {(f.owner, f.kind, f.name): f.what for f in await told(2)}
    assert found["weeds", "route", "Weeds.blocks"] == "blocked the event loop"
    assert found["weeds", "loop", "Weeds.blocks"].startswith("blocked for 0.")
    assert "banshi_weeds/plugin.py:2" in found["weeds", "loop", "Weeds.blocks"]


async def test_a_watchdog_without_a_limit_watches_nothing() -> None:
    with Watchdog(Fences(lambda: MOMENT), 0).watching():
        await asyncio.sleep(0)


# -- what panels are drawn with ------------------------------------------------------------------------------------------------


async def test_a_panel_that_is_slow_or_raises_leaves_the_page_whole_and_is_set_aside(database: Database) -> None:
    fences = Fences(Clock())

    async def draw(how: Callable[[Any], Any]) -> str:
        card = "unavailable"
        async with database.transaction() as db:
            async with fences.guard("parks", "panel", "trees", limit=0.2, db=db) as ok:
                if ok:
                    card = await how(db)
            assert (await db.execute(text("select 1"))).scalar_one() == 1  # the page goes on
            assert (await db.execute(text("show statement_timeout"))).scalar_one() == "0"
        return card if ok else "unavailable"

    async def well(_db: Any) -> str:
        return "trees"

    async def sleeps(_db: Any) -> str:
        await asyncio.sleep(5)
        return "never"

    async def breaks(db: Any) -> str:
        await db.execute(text("select 1 from nowhere"))
        return "never"

    async def queries(db: Any) -> str:
        await db.execute(text("select pg_sleep(5)"))
        return "never"

    assert await draw(well) == "trees"
    assert await draw(sleeps) == "unavailable"
    assert await draw(breaks) == "unavailable"
    assert await draw(well) == "trees"
    assert await draw(queries) == "unavailable"
    assert fences.is_out("parks", "panel", "trees")
    assert await draw(well) == "unavailable"
    assert not fences.is_out("parks", "panel", "others")


async def test_what_blocks_is_told_though_it_could_not_be_cut_off_and_a_plugins_exit_ends_nobody() -> None:
    fences = Fences(Clock())
    async with fences.guard("parks", "panel", "slow", limit=0.01):
        time.sleep(0.05)  # noqa: ASYNC251 -- what is tested
    async with fences.guard("parks", "panel", "exits", limit=1) as other:
        sys.exit("enough")
    assert not other
    with pytest.raises(asyncio.CancelledError):
        async with fences.guard("parks", "panel", "left", limit=1):
            raise asyncio.CancelledError
    assert {key[2] for key in fences._unsaved} == {"slow", "exits"}


async def test_faults_of_many_processes_are_counted_together_and_kept_while_the_database_is_away(database: Database) -> None:
    clock = Clock()
    one, two, away = Fences(clock), Fences(clock), Database("postgresql://nobody@127.0.0.1:1/none")
    one.report("parks", "job", "count", "killed after 1 s")
    await one.write(away)
    await away.close()
    await one.write(database)
    await one.write(database)
    clock.forward(minutes=1)
    two.report("parks", "job", "count", "JobFailed")
    await two.write(database)
    async with database.transaction() as db:
        (fault,) = await faults.read(db)
        assert (fault.count, fault.first, fault.last, fault.what) == (2, MOMENT, clock(), "JobFailed")
        await faults.forget(db, before=clock() + faults.KEPT)
        assert await faults.read(db) == []


# -- measures and rules -----------------------------------------------------------------------------------------------------------


def broken(_case: Any) -> int:
    raise KeyError("a field that is gone")


async def test_a_measure_that_raises_is_left_out_of_the_report_with_a_note_and_comes_back_mended(
    database: Database, town: Town, wanted: Any, registry: Registry
) -> None:
    say = {"title": _("Broken"), "explained": _("Broken"), "kind": "count", "case_types": ("request",)}
    bad = msgspec.structs.replace(registry, measures=(*registry.measures, Measure(owner="tickets", name="bad", take=broken, **say)))
    mended = msgspec.structs.replace(registry, measures=(*registry.measures, Measure(owner="tickets", name="bad", take=lambda _c: 1, **say)))
    async with database.transaction() as db:
        await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)
    keyring = Keyring(Settings(secret_key=(SECRET,)).keys())

    async def report(declared: Registry) -> asking.Report:
        async with database.transaction() as db:
            house = await load_house(db, declared, keyring)
        await checking.check(database, house, rebuild=True)
        async with database.transaction() as db:
            today = MOMENT.date()
            return await asking.read(db, house, town.staff["90001"], asking.asked(house, today), today)

    found = await report(bad)
    assert [m.key for m in found.failed] == ["tickets.bad"]
    assert "tickets.bad" not in found.total.figures
    assert found.total.figures["kernel.received"].hits == 1
    found = await report(mended)
    assert found.failed == ()
    assert found.total.figures["tickets.bad"].hits == 1


async def test_a_rule_that_raises_is_named_and_asked_again_in_an_hour_while_the_others_go_on(
    database: Database, town: Town, wanted: Any, registry: Registry
) -> None:
    class Broken(Idle, frozen=True, kw_only=True, tag="broken"):
        @property
        def unit(self) -> Any:
            raise KeyError("a field that is gone")

    rule = Rule(
        owner="tickets", name="bad", title=_("Bad"), told=_("Bad"), case_type="request", when=Broken(limit=1), rungs=(Rung(do=(Notify("officer"),)),)
    )
    bad = msgspec.structs.replace(registry, rules=(*registry.rules, rule))
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)
        house = await load_house(db, bad, town.house.keyring)
        case_id = (await db.execute(text('select id from kernel."case" where number = :n'), {"n": opened.number})).scalar_one()
        await sweeping.keep(db, house, [case_id])
        due = (await db.execute(text("select next from kernel.deadline"))).scalar_one()
    assert due == MOMENT + sweeping.LATER
    assert [(f.owner, f.kind, f.name) for f in house.fences._unsaved.values()] == [("tickets", "rule", "bad")]
