"""Every owner's tables come up under one lock, however many start at once, and go down and up again."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from procrastinate import App
from psycopg.conninfo import make_conninfo
from sqlalchemy import Column, ForeignKey, Integer, Table, Text, create_engine, inspect, make_url

from banshi.db import owner_metadata
from banshi.db.embedded import EmbeddedServer
from banshi.db.migrations import Owner, downgrade, migrate, pending, revision
from banshi.db.queue import libpq_url, make_queue, procrastinate_connector
from banshi.errors import BanshiError

FIRST = '''
"""{doc}"""
from alembic import op
import sqlalchemy as sa

revision = "{owner}_{number:04d}"
down_revision = {before!r}
branch_labels = depends_on = None

def upgrade():
    op.create_table("{table}", sa.Column("id", sa.Integer, primary_key=True), schema="{owner}")
    {also}

def downgrade():
    op.drop_table("{table}", schema="{owner}")
'''


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server for this file."""
    folder = Path(tempfile.mkdtemp(prefix="banshi-test-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "data", durable=False)
    yield server.start()
    server.erase()
    shutil.rmtree(folder)


@pytest.fixture
def url(server: str, request: pytest.FixtureRequest) -> str:
    """The URL of an empty database."""
    name = f"t{abs(hash(request.node.name))}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return make_url(server).set(database=name).render_as_string()


@pytest.fixture
def owners(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> list[Owner]:
    """A kernel and a plugin of the test's own, the plugin's table referring to the kernel's; in a folder with a blank and a percent sign."""
    folder = tmp_path / "100% 插件"
    stem = f"p{abs(hash(request.node.name))}"
    monkeypatch.syspath_prepend(str(folder))
    kernel, parks = Owner("kernel", f"{stem}_kernel"), Owner("parks", f"{stem}_parks")
    _write(folder, kernel, 1, "case", "pass")
    _write(
        folder,
        parks,
        1,
        "bench",
        'op.create_foreign_key("bench_id_fkey", "bench", "case", ["id"], ["id"], source_schema="parks", referent_schema="kernel")',
    )
    _write(folder, parks, 2, "tree", "pass")
    return [parks, kernel]


def test_the_kernel_comes_first_and_a_second_run_finds_nothing_to_do(url: str, owners: list[Owner]) -> None:
    assert pending(url, owners) == ["kernel", "parks", "procrastinate"]
    lines = migrate(url, owners)
    assert [line.split(" (")[0] for line in lines] == [
        "kernel: kernel_0001",
        "procrastinate: made its tables",
        "parks: parks_0001",
        "parks: parks_0002",
    ]
    assert migrate(url, owners) == []
    assert pending(url, owners) == []
    assert _tables(url, "parks") == {"alembic_version", "bench", "tree"}


def test_six_processes_at_once_bring_an_empty_database_up_once(url: str, owners: list[Owner]) -> None:
    code = f"""
        from banshi.db.migrations import Owner, migrate
        print(len(migrate({url!r}, [{", ".join(map(repr, owners))}])))
        """
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    six = [subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True, env=environ) for _ in range(6)]
    lines = sorted(int(one.communicate(timeout=60)[0]) for one in six)
    assert [one.returncode for one in six] == [0] * 6
    assert lines == [0, 0, 0, 0, 0, 4]
    assert pending(url, owners) == []


def test_up_down_and_up_again(url: str, owners: list[Owner]) -> None:
    migrate(url, owners)
    parks = owners[0]
    assert [line.split(" (")[0] for line in downgrade(url, parks)] == ["parks: back from parks_0002", "parks: back from parks_0001"]
    assert _tables(url, "parks") == {"alembic_version"}
    assert _tables(url, "kernel") == {"alembic_version", "case"}
    assert pending(url, owners) == ["parks"]
    assert len(migrate(url, owners)) == 2
    assert downgrade(url, parks, "parks_0001")
    assert _tables(url, "parks") == {"alembic_version", "bench"}


def test_an_owner_without_versions_is_passed_over(url: str, owners: list[Owner], tmp_path: Path) -> None:
    (tmp_path / "100% 插件" / "bare").mkdir()
    with_bare = [*owners, Owner("bare", "bare")]
    migrate(url, with_bare)
    assert pending(url, with_bare) == []
    with psycopg.connect(libpq_url(url)) as connection:
        assert connection.execute("SELECT to_regnamespace('bare')").fetchone() == (None,)


def test_a_failing_version_keeps_what_went_well_and_frees_the_lock(url: str, owners: list[Owner]) -> None:
    parks = owners[0]
    third = _write(parks.versions.parents[2], parks, 3, "pond", 'op.execute("SELECT 1/0")')
    with pytest.raises(Exception, match="division by zero"):
        migrate(url, owners)
    assert _tables(url, "parks") == {"alembic_version", "bench", "tree"}
    third.write_text(third.read_text().replace("SELECT 1/0", "SELECT 1"))
    assert len(migrate(url, owners)) == 1


def test_a_database_newer_than_the_software_is_refused_by_name(url: str, owners: list[Owner]) -> None:
    migrate(url, owners)
    parks = owners[0]
    next(parks.versions.glob("parks_0002*")).unlink()
    with pytest.raises(BanshiError, match="parks_0002 of parks, which the installed version does not know"):
        migrate(url, owners)
    assert pending(url, owners) == ["parks"]


def test_a_new_version_is_written_from_the_difference_and_leaves_other_owners_alone(url: str, owners: list[Owner], tmp_path: Path) -> None:
    kernel = owners[1]
    migrate(url, owners)
    rivers = Owner("rivers", f"{kernel.package}_rivers")
    (tmp_path / "100% 插件" / rivers.package).mkdir()
    case = Table("case", owner_metadata(f"case_of_{rivers.package}"), Column("id", Integer, primary_key=True), schema="kernel")
    table = Table("river", owner_metadata("rivers"), Column("id", Integer, primary_key=True), Column("case_id", ForeignKey(case.c.id)))

    first = revision(url, rivers, "Rivers and their cases")
    assert first.name == "rivers_0001_rivers_and_their_cases.py"
    assert "drop_table" not in first.read_text().split("def downgrade")[0]
    assert migrate(url, [*owners, rivers]) == ["rivers: rivers_0001 (Rivers and their cases)"]

    table.append_column(Column("name", Text))
    second = revision(url, rivers, "Names")
    assert second.name == "rivers_0002_names.py"
    assert "create_table" not in second.read_text()
    migrate(url, [*owners, rivers])
    assert "pass" in revision(url, rivers, "Nothing").read_text()


def test_a_worker_defers_and_runs_a_job_by_polling(url: str, owners: list[Owner]) -> None:
    migrate(url, owners)
    ran: list[int] = []
    app = App(connector=procrastinate_connector(url))

    @app.task(name="count")
    async def count(number: int) -> None:
        ran.append(number)

    async def once() -> None:
        async with app.open_async():
            await count.defer_async(number=7)
            await app.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)

    with psycopg.connect(libpq_url(url), autocommit=True) as listener:
        listener.execute("LISTEN procrastinate_any_queue_v1")
        asyncio.run(once())
        assert ran == [7]
        assert list(listener.notifies(timeout=0.2)) == []


def test_a_newer_procrastinate_brings_its_steps_once_and_the_trigger_stays_off(url: str, owners: list[Owner], tmp_path: Path) -> None:
    migrate(url, owners)
    (tmp_path / "01.00.00_old.sql").write_text("SELECT 1/0")
    (tmp_path / "99.00.00_new.sql").write_text("CREATE TABLE procrastinate_new (); ALTER TABLE procrastinate_jobs ENABLE TRIGGER ALL")
    with psycopg.connect(libpq_url(url)) as connection:
        assert make_queue(connection, tmp_path) == ["procrastinate: 99.00.00_new"]
        assert make_queue(connection, tmp_path) == []
        assert connection.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE '%job_inserted%' AND tgenabled = 'D'").fetchone() == (1,)
        assert connection.execute("SELECT to_regclass('procrastinate.procrastinate_new') IS NULL").fetchone() == (False,)


def test_the_connector_keeps_options_of_the_url(url: str) -> None:
    connector = procrastinate_connector(make_url(url).update_query_dict({"options": "-c lock_timeout=7s"}).render_as_string(hide_password=False))
    conninfo, more = connector._pool_args["conninfo"], connector._pool_args["kwargs"]
    with psycopg.connect(make_conninfo(conninfo, **more)) as connection:
        assert connection.execute("SELECT current_setting('lock_timeout'), current_setting('search_path')").fetchone() == ("7s", "procrastinate")


def _write(folder: Path, owner: Owner, number: int, table: str, also: str) -> Path:
    versions = folder / owner.package / "migrations" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (folder / owner.package / "__init__.py").touch()
    before = f"{owner.name}_{number - 1:04d}" if number > 1 else None
    path = versions / f"{owner.name}_{number:04d}_{table}.py"
    path.write_text(FIRST.format(doc=table, owner=owner.name, number=number, before=before, table=table, also=also))
    return path


def _tables(url: str, schema: str) -> set[str]:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"))
    names = set(inspect(engine).get_table_names(schema=schema))
    engine.dispose()
    return names
