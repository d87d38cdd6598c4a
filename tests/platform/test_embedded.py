"""The embedded server starts anywhere, survives every death, and harms no process but its own."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import psutil
import psycopg
import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from banshi.db.binaries import Account, account_for, programs
from banshi.db.embedded import EmbeddedServer, database
from banshi.db.locks import FileLock
from banshi.errors import DatabaseUnavailable
from banshi.settings import Settings

ROOT = os.geteuid() == 0


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that PostgreSQL's account can reach, which pytest's own (0700, root's) is not."""
    folder = Path(tempfile.mkdtemp(prefix="banshi-test-"))
    folder.chmod(0o755)
    yield folder
    for log in folder.rglob(".lock"):
        EmbeddedServer(log.parent).erase()
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "name", ["two words and 办事大厅", "/".join(["d" * 70] * 3), """it's $(echo "5") 100%"""], ids=["blanks-chinese", "long", "shell"]
)
def test_it_starts_in_a_folder_of_any_name_and_both_drivers_use_its_url(place: Path, name: str) -> None:
    server = EmbeddedServer(place / name / "data", durable=False)
    url = server.start()
    try:
        assert server.running()
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT current_setting('listen_addresses'), current_setting('timezone'), current_setting('jit')").fetchone()
        assert row == ("", "UTC", "off")
        assert asyncio.run(_encoding_by_asyncpg(url)) == "UTF8"
        assert stat.S_IMODE(server.socket.stat().st_mode) == 0o700
        assert stat.S_IMODE((server.data / "pgdata").stat().st_mode) == 0o700
    finally:
        server.stop()
    assert not server.running()
    assert not server.socket.exists()
    assert not (server.data / ".lock").exists()


async def _encoding_by_asyncpg(url: str) -> str:
    engine = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with engine.connect() as connection:
        encoding = str((await connection.execute(text("SHOW server_encoding"))).scalar_one())
    await engine.dispose()
    await (await asyncpg.connect(url)).close()
    return encoding


@pytest.mark.skipif(not ROOT, reason="only root has folders that PostgreSQL's account cannot reach")
def test_as_root_below_a_closed_folder_the_cluster_stands_elsewhere_and_the_folder_stays_closed(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedServer(closed / "data", durable=False)
    try:
        with psycopg.connect(server.start()) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        server.stop()
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        shutil.move(closed / "data", closed / "moved")
        moved = EmbeddedServer(closed / "moved", durable=False)
        with psycopg.connect(moved.start()) as connection:
            assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
    finally:
        elsewhere = moved._pgdata.parent
        moved.erase()
    assert not elsewhere.exists()


def test_killed_with_its_owner_it_starts_again_with_what_was_committed(place: Path) -> None:
    owner = _owner(place, "psycopg.connect(url, autocommit=True).execute('CREATE TABLE kept AS SELECT 7 AS seven')")
    os.kill(_postmaster(place), signal.SIGKILL)
    _kill(owner)

    server = EmbeddedServer(place)
    with psycopg.connect(server.start()) as connection:
        assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)
    server.stop()


def test_a_pid_file_whose_pid_now_belongs_to_somebody_else_harms_nobody(place: Path) -> None:
    server = EmbeddedServer(place, durable=False)
    server.start()
    pid_file = place / "pgdata" / "postmaster.pid"
    written = pid_file.read_text()
    owner = Account.of(place / "pgdata")
    server.stop()
    user = {"user": owner.uid, "group": owner.gid, "extra_groups": []} if ROOT else {}
    # one of ours, which PostgreSQL knows for a stranger's; one of its own user, which it takes for itself
    for who in ({}, user):
        with subprocess.Popen(["sleep", "60"], **who) as bystander:  # type: ignore[call-overload]
            pid_file.write_text(written.replace(written.splitlines()[0], str(bystander.pid), 1))
            os.chown(pid_file, *owner)
            server.start()
            server.stop()
            assert bystander.poll() is None
            bystander.kill()


def test_a_pid_file_of_somebody_else_is_not_followed_when_stopping(place: Path) -> None:
    server = EmbeddedServer(place, durable=False)
    server.start()
    pid_file = place / "pgdata" / "postmaster.pid"
    written = pid_file.read_text()
    server.stop()
    with subprocess.Popen(["sleep", "60"]) as bystander:
        pid_file.write_text(written.replace(written.splitlines()[0], str(bystander.pid), 1))
        assert server._own()
        server.stop()
        assert bystander.poll() is None
        bystander.kill()


def test_two_starts_at_once_share_one_server_and_the_last_one_turns_off_the_light(place: Path) -> None:
    both = [_user(place), _user(place)]
    ready = [one.stdout.readline() for one in both if one.stdout]
    assert ready == ["ready\n", "ready\n"]
    for one in both:  # whichever owns it: the other goes on working
        assert one.stdin
        one.stdin.write("go\n")
        one.stdin.flush()
        assert one.stdout
        assert one.stdout.readline() == "works\n"
        one.stdin.close()
        assert one.wait(30) == 0
        one.stdout.close()
    assert not EmbeddedServer(place).running()
    assert not (place / "pgdata" / "postmaster.pid").exists()


def test_a_demo_takes_over_the_server_of_a_dead_owner_and_stops_it(place: Path) -> None:
    owner = _owner(place)
    postmaster = _postmaster(place)
    _kill(owner)
    assert EmbeddedServer(place).running()

    with database(Settings(data=place), takes_over=True):
        assert _postmaster(place) == postmaster
        with pytest.raises(DatabaseUnavailable, match="in use by another banshi"):
            EmbeddedServer(place).start()

    assert not EmbeddedServer(place).running()
    assert not EmbeddedServer(place).socket.exists()


def test_a_command_beside_a_living_owner_leaves_the_server_to_it(place: Path) -> None:
    server = EmbeddedServer(place)
    server.start()
    with database(Settings(data=place)) as url, psycopg.connect(url) as connection:
        connection.execute("SELECT 1")
    assert server.running()
    server.leave()
    assert not server.running()


def test_a_death_in_the_middle_of_initdb_leaves_nothing_half_made(place: Path) -> None:
    (place / "pgdata.new" / "base").mkdir(parents=True)
    (place / "pgdata.new" / "PG_VERSION").write_text("18")
    with database(Settings(data=place)) as url, psycopg.connect(url) as connection:
        connection.execute("SELECT 1")
    assert not (place / "pgdata.new").exists()


def test_a_socket_folder_that_somebody_else_may_write_to_is_refused(place: Path) -> None:
    server = EmbeddedServer(place, durable=False)
    server.socket.mkdir(mode=0o755)
    (server.socket / "bait").touch()
    with pytest.raises(DatabaseUnavailable, match="not a private folder"):
        server.start()
    shutil.rmtree(server.socket)
    assert not (place / ".lock").exists()


@pytest.mark.skipif(not ROOT, reason="only root runs PostgreSQL as another user")
def test_programs_that_the_account_cannot_reach_are_copied_to_where_it_can(tmp_path: Path, place: Path) -> None:
    package = programs().parents[1]
    for part in (package, package.with_name(f"{package.name}.libs")):
        if part.exists():
            shutil.copytree(part, tmp_path / part.name, ignore=shutil.ignore_patterns("pginstall", "include"))
    script = f"""
        import sys
        sys.path.insert(0, {str(tmp_path)!r})
        from pathlib import Path
        from banshi.db import binaries
        binaries.OPEN_PLACE = Path({str(place / "open")!r})
        account = binaries.account_for(Path({str(place / "none")!r}))
        for _ in range(2):
            folder = binaries.programs(account)
        assert str(folder).startswith({str(place)!r}), folder
        assert binaries.run([folder / "pg_dump", "--version"], account).returncode == 0
        """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True, env=_environ())


def test_a_lock_removed_between_opening_and_locking_is_not_believed(tmp_path: Path) -> None:
    first, second, third = (FileLock(tmp_path / "lock") for _ in range(3))
    assert first.acquire()
    assert not second.acquire()
    first.release()
    assert not (tmp_path / "lock").exists()
    with ExitStack() as ends:
        assert second.acquire(shared=True)
        ends.callback(second.release)
        assert third.acquire(shared=True)
        ends.callback(third.release)
        assert not first.acquire()
    assert not (tmp_path / "lock").exists()


def test_another_users_cluster_is_named_and_not_touched(place: Path) -> None:
    if not ROOT:
        assert account_for(place) is None
        return
    with pytest.raises(DatabaseUnavailable, match="belongs to user 0"):
        account_for(place)


def _owner(data: Path, then: str = "pass") -> subprocess.Popen[str]:
    """Start a process that owns the server of ``data`` and waits for its death."""
    code = f"""
        import time, psycopg
        from pathlib import Path
        from banshi.db.embedded import EmbeddedServer
        url = EmbeddedServer(Path({str(data)!r})).start()
        {then}
        print("ready", flush=True)
        time.sleep(60)
        """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True, env=_environ())
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    return process


def _kill(owner: subprocess.Popen[str]) -> None:
    owner.kill()
    owner.wait()
    assert owner.stdout
    owner.stdout.close()


def _user(data: Path) -> subprocess.Popen[str]:
    """Start a command that uses the server of ``data`` until its input ends."""
    code = f"""
        import sys, psycopg
        from pathlib import Path
        from banshi.db.embedded import database
        from banshi.settings import Settings
        with database(Settings(data=Path({str(data)!r}))) as url:
            print("ready", flush=True)
            sys.stdin.readline()
            psycopg.connect(url).execute("SELECT 1")
            print("works", flush=True)
            sys.stdin.read()
        """
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environ())


def _environ() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}


def _postmaster(data: Path) -> int:
    """Return the pid of the running server, once it has written it."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        pid = int((data / "pgdata" / "postmaster.pid").read_text().split()[0])
        if psutil.pid_exists(pid):
            return pid
    raise AssertionError
