"""The stage: an embedded PostgreSQL of its own, filled to a size, and `banshi serve` with two web processes before it."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from banshi import clock, plugins
from banshi.cases.book import House, load_book
from banshi.cases.decoding import decode
from banshi.cases.opening import Opening, Past, open_many
from banshi.cli.running import bring_up
from banshi.contracts import Actor
from banshi.db import Database
from banshi.db.embedded import EmbeddedServer
from banshi.identity import access, organisation
from banshi.identity.directory import load_directory
from banshi.privacy import Keyring
from banshi.settings import Settings, to_environment

BATCH = 1000
REQUEST = {
    "kind": "help",
    "category": "street_lighting",
    "text": "路灯黑了三天了。老人晚上不敢下楼。",
    "place": "12 号门口",
    "contact_name": "张小芳",
    "contact_telephone": "100 0000 1234",
}


class Stage:
    """Server, settings, token and session of one run."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.keyring = settings, Keyring(settings.keys())
        self.token = self.session = ""
        self.web: subprocess.Popen[bytes] | None = None
        self.filled = 0

    @property
    def address(self) -> str:
        """The web server's address."""
        return f"http://127.0.0.1:{self.settings.port}"

    async def furnish(self) -> None:
        """Load the organisation; make a token for the intake desk and a session for the clerk of one department."""
        database = Database(self.settings.database_url, pool_size=1)
        file = organisation.read(Path(__file__).with_name("town.toml"))
        async with database.transaction() as db:
            passwords = {"intake": "figures only", "clerk": "figures only"}
            await organisation.load(db, self.keyring, file, clock.now(), passwords=passwords)
            posts = {r.staff_number: r for r in await db.execute(text("select * from kernel.post"))}
            self.token = await access.add_token(db, posts["1"].id, "bench", ["tickets.register", "tickets.read"], clock.now())
            self.session = await access.open_session(db, posts["2"].person_id, clock.now())
        await database.close()

    async def fill(self, cases: int) -> float:
        """Bring the record to ``cases`` cases, 95 of 100 closed, spread over a year; return cases a second."""
        database, rng, began, written = Database(self.settings.database_url, pool_size=1), random.Random(self.filled), time.perf_counter(), 0
        async with database.transaction() as db:
            house = await self.house(db)
        case_type = house.registry.case_type("tickets.request")
        form, at = decode(case_type.form, REQUEST), clock.now()
        departments = [d for d in house.directory if d.code.startswith("d")]
        while self.filled < cases:
            batch = []
            for _ in range(min(BATCH, cases - self.filled)):
                department, received = rng.choice(departments), at - timedelta(minutes=rng.randrange(525_600))
                over = rng.random() < 0.95
                past = Past(
                    reference="",
                    state="closed" if over else "new",
                    outcome="settled" if over else None,
                    closed=min(received + timedelta(days=3), at) if over else None,
                    department_id=department.id,
                )
                batch.append(Opening(case_type=case_type, district_id=department.district_id, form=form, channel="web", received=received, past=past))
            async with database.transaction() as db:
                await open_many(db, house, Actor.SYSTEM, batch, at)
            self.filled += len(batch)
            written += len(batch)
        rate = written / (time.perf_counter() - began)
        async with database.engine.connect() as connection:
            plain = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await plain.execute(text("vacuum analyze"))
        await database.close()
        return rate

    async def house(self, db: Any) -> House:
        """Return the house as the database has it."""
        return House(registry=plugins.load(strict=True), directory=await load_directory(db, 0), book=await load_book(db), keyring=self.keyring)

    def memory(self) -> float:
        """Return the memory of the larger web process, in MB."""
        assert self.web is not None
        webs = [p for p in psutil.Process(self.web.pid).children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]
        return max(p.memory_info().rss for p in webs) / 1e6


@contextmanager
def stage() -> Iterator[Stage]:
    """Give a furnished stage; end every process and remove every file afterwards, whatever happened."""
    folder = Path(tempfile.mkdtemp(prefix="banshi-bench-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "db")
    made = None
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        url = server.start()
        settings = Settings(
            database_url=url, secret_key=("figures are made with this key and nothing else",), secure_cookies=False, port=port, log_level="ERROR"
        )
        made = Stage(settings)
        bring_up(settings, url)
        asyncio.run(made.furnish())
        made.web = subprocess.Popen([sys.executable, "-m", "banshi", "serve"], env=os.environ | to_environment(settings), stdout=subprocess.DEVNULL)
        _wait(made.address + "/health")
        yield made
    finally:
        if made is not None and made.web is not None:
            made.web.terminate()
            made.web.wait(30)
        server.stop()
        server.erase()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(url)
