"""Where it is measured: a server of its own in a temporary folder, the made-up city, and `banshi serve` with two web processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import psutil
import psycopg

from banshi import clock, plugins
from banshi.cases.book import House, load_book
from banshi.cli import serving
from banshi.cli.running import bring_up
from banshi.contracts import Actor
from banshi.db import Database
from banshi.db.embedded import EmbeddedServer
from banshi.db.queue import libpq_url
from banshi.identity import access, organisation, people
from banshi.identity.directory import Post, load_directory
from banshi.identity.tables import post
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.settings import Settings, to_environment

TOWN = Path(__file__).parent / "town.toml"
SECRET = "a key for the benchmark only and for nothing else"  # noqa: S105 -- of a platform that lives some minutes
PATIENCE = 60.0
GRACE = 15.0
WEB_PROCESSES = 2


class Town(msgspec.Struct, frozen=True, kw_only=True):
    """The city as the measurements need it: who files (a token of the intake desk), and who works (a clerk of one department)."""

    settings: Settings
    registry: Registry
    house: House
    database: Database
    token: str
    clerk_token: str
    session: str
    intake: Actor
    clerk: Actor


@contextmanager
def server() -> Iterator[Settings]:
    """Give the settings of an empty, migrated platform on a durable PostgreSQL of its own; nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="banshi-bench-") as folder:
        embedded = EmbeddedServer(Path(folder) / "data", durable=True)
        try:
            with socket.create_server(("127.0.0.1", 0)) as probe:
                port = int(probe.getsockname()[1])
            settings = Settings(
                data=embedded.data,
                database_url=embedded.start(),
                secret_key=(SECRET,),
                port=port,
                workers=WEB_PROCESSES,
                secure_cookies=False,
                api_rate=0,
            )
            bring_up(settings, settings.database_url)
            yield settings
        finally:
            embedded.erase()


@contextmanager
def web(settings: Settings) -> Iterator[int]:
    """Run `banshi serve`, its log in a file, and give its process id; however the inside ends, it ends too."""
    log = settings.data / "serve.log"
    environment = os.environ | to_environment(settings) | {serving.PARENT: str(os.getpid())}
    with log.open("wb") as said:
        process = subprocess.Popen([sys.executable, "-m", "banshi", "serve"], env=environment, stdout=said, stderr=said, start_new_session=True)
    try:
        _wait_for(process, settings, log)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], settings: Settings, log: Path) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection((settings.host, settings.port), timeout=1) as line:
                line.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                if line.recv(12).endswith(b"200"):
                    return
        except OSError:
            pass
        time.sleep(0.1)
    msg = f"banshi serve does not answer; the end of its log:\n{log.read_text(errors='replace')[-2000:]}"
    raise RuntimeError(msg)


async def settle(settings: Settings) -> Town:
    """Load the city, give the intake desk a token, and sign a clerk in."""
    registry, keyring, at = plugins.load(), Keyring(settings.keys()), clock.now()
    database = Database(settings.database_url, pool_size=4)
    async with database.transaction() as db:
        await organisation.load(db, keyring, organisation.read(TOWN), at, hashed=people.hash_password(SECRET))
    async with database.transaction() as db:
        house = House(registry=registry, directory=await load_directory(db, 0), book=await load_book(db), keyring=keyring)
        posts = {p.staff_number: p for p in (await db.execute(post.select())).all()}
        intake, clerk = (
            house.directory.staff(p.person_id, Post(id=p.id, department_id=p.department_id, staff_number=p.staff_number, roles=tuple(p.roles)))
            for p in (posts["20001"], posts["10001"])
        )
        token = await access.add_token(db, posts["20001"].id, "bench", ["tickets.register"], at)
        clerk_token = await access.add_token(db, posts["10001"].id, "bench of the clerk", ["tickets.assign"], at)
        session = await access.open_session(db, posts["10001"].person_id, at)
    await database.close()  # its connections belong to this event loop
    return Town(
        settings=settings,
        registry=registry,
        house=house,
        database=database,
        token=token,
        clerk_token=clerk_token,
        session=session,
        intake=intake,
        clerk=clerk,
    )


def tidy(settings: Settings, above: int) -> None:
    """Delete the cases with an id ``above`` (what a round has opened), and leave tables and statistics as a night's vacuum leaves them."""
    with psycopg.connect(libpq_url(settings.database_url), autocommit=True) as connection:
        connection.execute("set session_replication_role = replica")  # nothing refers to them any more: no look-up for each
        for table in ("personal_index", "case_words", "case_party", "case_event", "notice"):
            connection.execute(f"delete from kernel.{table} where case_id > %s".encode(), (above,))
        connection.execute('delete from kernel.idempotency i using kernel."case" c where c.id > %s and i.number = c.number', (above,))
        connection.execute('delete from kernel."case" where id > %s', (above,))
    vacuum(settings)


def vacuum(settings: Settings) -> None:
    """Leave tables and statistics as a night's vacuum leaves them."""
    with psycopg.connect(libpq_url(settings.database_url), autocommit=True) as connection:
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")


def last_id(settings: Settings) -> int:
    """Return the highest id of a case."""
    with psycopg.connect(libpq_url(settings.database_url)) as connection:
        row = connection.execute('select coalesce(max(id), 0) from kernel."case"').fetchone()
    return int(row[0]) if row else 0


def memory(serve: int) -> int:
    """Return the bytes of the largest web process: its share of memory (PSS) where the system tells it, else all it has in memory (RSS)."""
    found = []
    for child in psutil.Process(serve).children(recursive=True):
        if "resource_tracker" not in " ".join(child.cmdline()):
            held = child.memory_full_info()
            found.append(int(getattr(held, "pss", held.rss)))
    return max(found)
