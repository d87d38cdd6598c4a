"""A plugin's job runs in a process of its own: one that never ends is killed and named, and the worker goes on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from sqlalchemy import text

from banshi.contracts import Job
from banshi.db import Database
from banshi.fences import Fences
from banshi.jobs import children, periodic
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Clock

PLUGIN = """
import ctypes, os, subprocess, sys
from datetime import timedelta
from sqlalchemy import text
from banshi import Job, hookimpl

SHORT = timedelta(seconds=4)

async def counts(context):
    print("words of a plugin are no answer")
    async with context.transaction() as db:
        await db.execute(text("create table if not exists public.counted (at timestamptz, other text)"))
        loaded = ",".join(sorted(m for m in sys.modules if m.startswith("banshi_")))
        await db.execute(text("insert into public.counted values (:at, :other)"), {"at": context.moment, "other": loaded})

async def spins(context):
    while True:
        pass

async def hangs_in_c(context):
    child = subprocess.Popen(["sleep", "600"])
    with open(os.environ["STREETS_PIDS"], "w") as told:
        told.write(f"{os.getpid()} {child.pid}")
    ctypes.PyDLL(None).sleep(600)  # in C, without letting go of the interpreter

async def breaks(context):
    raise ValueError("the telephone 1" + "39" + "00001234")

async def queries(context):
    async with context.transaction() as db:
        await db.execute(text("select pg_sleep(60)"))

async def exits(context):
    os._exit(7)

@hookimpl
def banshi_jobs():
    return [Job(name=f.__name__, cron="* * * * *", run=f, limit=SHORT) for f in (counts, spins, hangs_in_c, breaks, queries, exits)]
"""


@pytest.fixture
def streets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an installed plugin in it, on the path of children."""
    (tmp_path / "banshi_streets").mkdir()
    (tmp_path / "banshi_streets" / "__init__.py").touch()
    (tmp_path / "banshi_streets" / "plugin.py").write_text(PLUGIN, encoding="utf8")
    info = tmp_path / "banshi_streets-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: banshi-streets\nVersion: 1\n", encoding="utf8")
    (info / "entry_points.txt").write_text("[banshi]\nstreets = banshi_streets.plugin\n", encoding="utf8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("STREETS_PIDS", str(tmp_path / "pids"))
    return tmp_path


def job(name: str, **changes: Any) -> Job:
    async def never(_context: Any) -> None:
        pytest.fail("a plugin's job ran in the worker")

    return Job(owner="streets", name=name, cron="* * * * *", run=never, **changes)


@pytest.fixture
def run(streets: Path, fresh_url: str) -> Callable[[str, float], Any]:
    """A function that runs a job as the worker does."""
    settings = Settings(database_url=fresh_url, secret_key=(SECRET,), plugin_statement_timeout=1)
    aside = children.in_child(settings)

    async def go(name: str, seconds: float = 30) -> None:
        await aside(job(name, limit=timedelta(seconds=seconds)), MOMENT)

    return go


async def test_a_job_runs_in_a_child_that_loads_its_own_plugin_alone(run: Any, fresh_url: str) -> None:
    await run("counts")
    database = Database(fresh_url, pool_size=1)
    async with database.transaction() as db:
        assert tuple((await db.execute(text("select at, other from public.counted"))).one()) == (MOMENT, "banshi_streets,banshi_streets.plugin")
    await database.close()


async def test_a_job_that_never_ends_is_killed_with_all_that_it_started(run: Any, streets: Path) -> None:
    began = time.monotonic()
    with pytest.raises(children.JobFailed, match=r"killed after 5 s"):
        await asyncio.gather(run("hangs_in_c", 5), run("spins", 5))
    await asyncio.sleep(0.5)  # the other one of the two
    assert time.monotonic() - began < 20
    for pid in map(int, (streets / "pids").read_text(encoding="ascii").split()):
        assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


async def test_what_a_job_says_of_its_end_is_the_kind_and_the_place_of_the_error_and_nothing_personal(
    run: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    ended = await asyncio.gather(*(run(name) for name in ("breaks", "queries", "exits")), return_exceptions=True)
    assert [type(e) for e in ended] == [children.JobFailed] * 3
    assert [str(e) for e in ended] == [
        "ValueError at banshi_streets/plugin.py:27",
        "DBAPIError at banshi_streets/plugin.py:31",
        "ended with status 7",
    ]
    assert "139" not in capfd.readouterr().err


async def test_the_worker_names_a_job_that_fails_goes_on_with_others_and_sets_it_aside(fresh_url: str) -> None:
    clock = Clock()
    fences, ran = Fences(clock), []

    async def aside(one: Job, _moment: Any) -> None:
        ran.append(one.name)
        if one.name == "stuck":
            raise children.JobFailed("killed after 1 s")

    async def own(_context: Any) -> None:
        ran.append("own")

    database = Database(fresh_url, pool_size=1)
    every_second = "* * * * * *"
    jobs = [job("stuck"), job("fine"), Job(owner="kernel", name="own", cron="* * * * *", run=own)]
    timetable = periodic.timetable(database, [msgspec.structs.replace(j, cron=every_second) for j in jobs], fences, aside)
    async with periodic.working(timetable):
        for _try in range(400):
            if fences.is_out("streets", "job", "stuck") and {"own", "fine"} <= set(ran):
                break
            await asyncio.sleep(0.05)
    await database.close()
    assert ran.count("stuck") == 5
    assert {"own", "fine"} <= set(ran)
    (fault,) = fences._unsaved.values()
    assert (fault.owner, fault.kind, fault.name, fault.count, fault.what) == ("streets", "job", "stuck", 5, "killed after 1 s")
