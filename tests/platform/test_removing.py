"""A plugin can be taken out of a city, package there or gone; nothing of it stays but its closed cases. The doctor names what is wrong."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from browsing import Person
from litestar.testing import AsyncTestClient
from sqlalchemy import text

from banshi import app, clock
from banshi.cases import acting, numbers, opening
from banshi.cases.acting import Act
from banshi.cli import doctor, removing
from banshi.cli.common import Workplace
from banshi.db import Database
from banshi.errors import BanshiError
from banshi.fences import Fences
from banshi.identity import access
from banshi.jobs import presence, relay
from banshi.plugins import Registry
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Town
from banshi.web.site import SESSION_COOKIE


class Said(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def banshi(fresh_url: str, tmp_path: Path) -> Any:
    """A function that runs a command against a database of this test alone."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("BANSHI_")}

    async def run(*arguments: str | Path) -> Said:
        told = {"BANSHI_DATABASE_URL": fresh_url, "BANSHI_SECRET_KEY": SECRET}
        line = [sys.executable, "-m", "banshi", *map(str, arguments)]
        process = await asyncio.create_subprocess_exec(*line, cwd=tmp_path, env=environ | told, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
        out, err = await process.communicate()
        return Said(process.returncode or 0, out.decode(), err.decode())

    return run


@pytest_asyncio.fixture(loop_scope="session")
async def city(fresh_url: str) -> AsyncIterator[Database]:
    """The same database, seen from the test."""
    database = Database(fresh_url, pool_size=4)
    yield database
    await database.close()


@pytest.fixture
def place(fresh_url: str, city: Database) -> Workplace:
    """What the commands work with."""
    return Workplace(Settings(database_url=fresh_url, secret_key=(SECRET,)), city)


async def file(city: Database, town: Town, wanted: Any, *, closed: bool) -> str:
    """File a case of tickets in the East, and close it."""
    async with city.transaction() as db:
        opened = await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)
        if closed:
            act = Act(number=opened.number, action="withdraw")
            await acting.act_one(db, town.house, town.residents["resident0"], act, MOMENT)
    return opened.number


async def furnish(city: Database) -> None:
    """Give tickets a schema with a table in it, and rows wherever the kernel keeps any of a plugin."""
    async with city.transaction() as db:
        for statement in (
            "set local search_path = procrastinate",
            "create schema tickets",
            "create table tickets.alembic_version (version_num text)",
            "insert into tickets.alembic_version values ('tickets_0001')",
            'create table tickets.lamp (id bigint primary key, pole text, case_id bigint references kernel."case")',
            "insert into tickets.lamp values (1, '第7根', null)",
            "insert into kernel.fault values ('tickets', 'route', 'x', 1, now(), now(), 'x', null)",
            "insert into kernel.adjustment (district_id, key, value, made) select id, 'tickets.idle', '{}', now() from kernel.district limit 1",
            "insert into procrastinate.procrastinate_jobs (task_name, queue_name) values ('tickets:count', 'plugins'), ('kernel:sweep', 'default')",
            "insert into procrastinate.procrastinate_periodic_defers (task_name, defer_timestamp, job_id) select 'tickets:count', 1, min(id) "
            "from procrastinate.procrastinate_jobs",
        ):
            await db.execute(text(statement))


async def whatever_is_left(city: Database) -> list[str]:
    async with city.transaction() as db:
        return [what for owner, what in await doctor._everything_owned(db) if owner == "tickets"]


async def test_it_is_refused_while_cases_are_open_and_says_where(place: Workplace, city: Database, town: Town, wanted: Any, tmp_path: Path) -> None:
    number = await file(city, town, wanted, closed=False)
    with pytest.raises(BanshiError, match=rf"tickets has open cases: 1 in east \({numbers.show(number)}\)"):
        await removing.remove(place, "tickets", tmp_path / "out.jsonl", MOMENT)
    assert not (tmp_path / "out.jsonl").exists()
    async with city.transaction() as db:
        assert (await db.execute(text("select bool_or(enabled) from kernel.district_plugin where plugin = 'tickets'"))).scalar_one()


async def test_it_exports_everything_and_removes_everything_but_closed_cases(
    banshi: Any, city: Database, town: Town, wanted: Any, tmp_path: Path, registry: Registry, fresh_url: str
) -> None:
    number = await file(city, town, wanted, closed=True)
    await furnish(city)
    told = await banshi("remove", "tickets", "--export", "out.jsonl")
    assert told.status == 1
    assert "Nothing was removed: say --yes" in told.err
    assert "the table tickets.lamp" in told.err
    done = await banshi("remove", "tickets", "--export", "out.jsonl", "--yes")
    assert (done.status, done.out) == (0, "tickets is removed; what it had is in out.jsonl.\n"), done.err
    assert "Its distribution is still installed" in done.err
    assert await whatever_is_left(city) == []
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf8").splitlines()]
    assert (lines[0]["plugin"], lines[-1]) == ("tickets", {"end": "banshi.removed"})
    (one,) = [line for line in lines if "case" in line]
    assert (one["case"]["number"], [e["kind"] for e in one["events"]]) == (number, ["opened", "withdraw"])
    assert "张小芳" not in (tmp_path / "out.jsonl").read_text(encoding="utf8")
    tables = {line["table"] for line in lines if "table" in line}
    assert tables >= {"tickets.lamp", "kernel.role", "kernel.duty", "kernel.district_plugin", "kernel.fault", "kernel.adjustment", "kernel.post"}
    assert [line["row"]["pole"] for line in lines if line.get("table") == "tickets.lamp"] == ["第7根"]
    async with city.transaction() as db:
        assert (await db.execute(text("select to_regnamespace('tickets')"))).scalar_one() is None
        roles = (await db.execute(text("select array_agg(distinct r) from kernel.post, unnest(roles) r"))).scalar_one()
        assert not [r for r in roles if r.startswith("tickets.")]
        assert (await db.execute(text("select array_agg(task_name) from procrastinate.procrastinate_jobs"))).scalar_one() == ["kernel:sweep"]
        kinds = (await db.execute(text("select array_agg(kind order by sequence) from kernel.audit_entry"))).scalar_one()
        assert kinds == ["plugin.removing", "plugin.removed"]
        token = await access.open_session(db, town.staff["90001"].person_id or 0, clock.now())
    kept = (tmp_path / "out.jsonl").read_bytes()
    again = await banshi("remove", "tickets", "--export", "out.jsonl", "--yes")
    assert (again.status, again.out) == (0, "There is nothing of tickets to remove. Its 1 closed cases stay.\n")
    assert (tmp_path / "out.jsonl").read_bytes() == kept
    settings = Settings(database_url=fresh_url, secret_key=(SECRET,), secure_cookies=False)
    async with AsyncTestClient(app.create_app(settings, Registry()), base_url="http://testserver.local") as client:
        client.cookies.set(SESSION_COOKIE, token)
        assert (await Person(client).get(f"/desk/case/{numbers.show(number)}")).status == 200


async def test_what_identifies_people_is_written_in_the_open_when_asked(
    place: Workplace, city: Database, town: Town, wanted: Any, tmp_path: Path
) -> None:
    await file(city, town, wanted, closed=True)
    await removing.remove(place, "tickets", tmp_path / "out.jsonl", MOMENT, personal=True)
    (one,) = [line for line in map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf8").splitlines()) if "case" in line]
    assert one["case"]["data"]["contact_name"] == "张小芳"
    assert one["people"][0]["person.name"] == "张小芳"


@pytest.mark.parametrize("line", ["_switched", "_exported", "_replaced"])
async def test_killed_at_any_line_it_is_run_again(
    place: Workplace, city: Database, town: Town, wanted: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    class Killed(BaseException):
        """SIGKILL, as far as one process can show it."""

    def die(*_a: Any, **_k: Any) -> Any:
        raise Killed

    await file(city, town, wanted, closed=True)
    await furnish(city)
    with monkeypatch.context() as dying:
        if line == "_switched":
            dying.setattr(removing, "_cases", die)
        elif line == "_exported":
            dying.setattr(removing, "_take_away", die)
        else:
            real = Path.replace
            dying.setattr(Path, "replace", lambda self, to: (real(self, to), die()))
        with pytest.raises(Killed):
            await removing.remove(place, "tickets", tmp_path / "out.jsonl", MOMENT)
    async with city.transaction() as db:
        assert (await db.execute(text("select count(*) from tickets.lamp"))).scalar_one() == 1
    await removing.remove(place, "tickets", tmp_path / "out.jsonl", MOMENT)
    assert await whatever_is_left(city) == []
    assert '"pole": "第7根"' in (tmp_path / "out.jsonl").read_text(encoding="utf8")


async def test_a_file_of_somebody_else_is_not_written_over(place: Workplace, tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text('{"format": "banshi.removed", "plugin": "parks"}\n', encoding="utf8")
    with pytest.raises(BanshiError, match="is there already and is no export of tickets"):
        await removing.remove(place, "tickets", tmp_path / "out.jsonl", MOMENT)


async def test_a_schema_that_is_no_plugins_is_not_dropped(place: Workplace, city: Database, tmp_path: Path) -> None:
    async with city.transaction() as db:
        await db.execute(text("create schema water"))
        await db.execute(text("create table water.meter (id int)"))
        await db.execute(text("insert into kernel.fault values ('water', 'job', 'x', 1, now(), now(), 'x', null)"))
    await removing.remove(place, "water", tmp_path / "out.jsonl", MOMENT)
    async with city.transaction() as db:
        assert (await db.execute(text("select count(*) from water.meter"))).scalar_one() == 0


@pytest.mark.parametrize("name", ["kernel", "public", "procrastinate", "Bad;drop", ""])
async def test_what_is_no_plugin_cannot_be_removed(banshi: Any, name: str) -> None:
    said = await banshi("remove", name, "--yes")
    assert said.status == 1
    assert "is no plugin's name" in said.err


# -- the doctor ----------------------------------------------------------------------------------------------------------------------


async def well(place: Workplace, city: Database) -> None:
    """Have a worker there, and everything handed out."""
    assert await relay.settled(city)
    async with city.transaction() as db:
        line = {"id": "w", "started": clock.now(), "seen": clock.now()}
        await db.execute(presence.worker_table.insert().values(**line))
        for consumer in app.consumers(place.registry, place.keyring):
            while await relay.feed(db, consumer):
                pass


async def wrong(place: Workplace) -> dict[str, tuple[str, ...]]:
    return {one.what: one.says for one in await doctor.examine(place) if not one.well}


async def test_a_healthy_city_is_said_to_be_well(banshi: Any, place: Workplace, city: Database, town: Town, wanted: Any) -> None:
    await file(city, town, wanted, closed=False)
    await well(place, city)
    async with city.transaction() as db:
        await db.execute(text("insert into kernel.district_plugin select id, 'planned', true, now() from kernel.district where code = 'ruan'"))
    said = await banshi("doctor")
    assert "turned on, but not installed: planned" in said.out
    assert said.out.endswith("Everything is well.\n"), said.out
    assert said.status == 0
    facts = await banshi("doctor", "--json")
    assert {f["what"] for f in json.loads(facts.out)} == {"plugins", "migrations", "orphans", "jobs", "relay", "keys", "faults", "disk"}


async def test_the_doctor_names_orphans_jobs_faults_lag_and_keys(place: Workplace, city: Database, town: Town, wanted: Any, tmp_path: Path) -> None:
    await file(city, town, wanted, closed=False)
    assert await wrong(place) == {"jobs": ("no worker is there: run `banshi worker`",), "relay": await lag(place)}
    await well(place, city)
    fences = Fences(clock.now)
    for _time in range(5):
        fences.report("parks", "job", "count", "killed after 1 s")
    await fences.write(city)
    async with city.transaction() as db:
        for statement in (
            "create schema parks",
            "create table parks.alembic_version (version_num text)",
            "insert into parks.alembic_version values ('parks_0002')",
            "insert into kernel.role values ('parks.gardener', 'parks', '{}', 'department', '[]')",
            "update kernel.post set roles = roles || '{parks.gardener}' where staff_number = '10001'",
            "update kernel.worker set started = now() - interval '3 hours'",
            'insert into kernel."case" select * from kernel."case" where false',
            "update kernel.\"case\" set key_id = 'deadbeef'",
        ):
            await db.execute(text(statement))
    found = await wrong(place)
    assert set(found) == {"orphans", "jobs", "faults", "keys"}
    (orphan,) = found["orphans"]
    assert orphan.startswith("parks: 1 rows of fault, 1 rows of role, its schema, names in post.roles")
    assert "banshi remove parks" in orphan
    assert any("kernel:escalate should have run" in says and "never" in says for says in found["jobs"])
    assert any("parks: job count is set aside until" in says for says in found["faults"])
    assert found["keys"] == ("the key deadbeef of cases is not in BANSHI_SECRET_KEY",)
    await removing.remove(place, "parks", tmp_path / "parks.jsonl", clock.now())  # its package was never there
    assert set(await wrong(place)) == {"jobs", "keys"}


async def lag(place: Workplace) -> tuple[str, ...]:
    """Nothing was handed out: every consumer is behind, once the event is old enough."""
    names = [c.name for c in app.consumers(place.registry, place.keyring)]
    return tuple(f"{name} is 1 events behind" for name in names)


async def test_a_database_behind_the_code_is_named_and_nothing_else_asked(place: Workplace, city: Database) -> None:
    async with city.transaction() as db:
        await db.execute(text("update kernel.alembic_version set version_num = 'kernel_0001'"))
    assert await wrong(place) == {"migrations": ("kernel is behind the code: run `banshi migrate`",)}


async def test_a_worker_says_that_it_is_there_and_that_it_leaves(city: Database) -> None:
    task = asyncio.create_task(presence.keep(city, clock.now))
    for _try in range(100):
        async with city.transaction() as db:
            if await presence.since(db, clock.now()):
                break
        await asyncio.sleep(0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    async with city.transaction() as db:
        assert await presence.since(db, clock.now()) is None
