"""Every process can die at any line, and the database can be away: clear pages meanwhile, nothing half-written, back by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil
import pytest
from city import Demo, free_port

from banshi.cli.running import bring_up
from banshi.db.embedded import EmbeddedServer
from banshi.settings import Settings, to_environment
from banshi.testing import SECRET


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's own user can reach."""
    with tempfile.TemporaryDirectory(prefix="banshi-endures-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        yield Path(name)


def answer(url: str) -> tuple[int, str]:
    """Return status and body of a page; 0 where nobody answers."""
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers={"accept-language": "en", "authorization": "Bearer x"}), timeout=20
        ) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()
    except (urllib.error.URLError, OSError):
        return 0, ""


def until(true: Callable[[], Any], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def test_the_demo_survives_the_death_of_a_web_process_and_of_itself(folder: Path) -> None:
    city = folder / "city"
    running = Demo(city, free_port()).ready()
    first = psutil.Process(running.process.pid)
    webs = [p for p in first.children(recursive=True) if "multiprocessing" in " ".join(p.cmdline()) and "spawn_main" in " ".join(p.cmdline())]
    assert len(webs) >= 2
    token, statuses, stop = running.facts["api_token"], [], Event()

    def keep_asking() -> None:
        while not stop.is_set():
            statuses.append(open_case(running.url, token))

    asking = [Thread(target=keep_asking) for _ in range(4)]
    for thread in asking:
        thread.start()
    until(lambda: len(statuses) > 20)
    webs[0].kill()
    time.sleep(3)
    stop.set()
    for thread in asking:
        thread.join()
    assert 500 not in statuses
    until(lambda: answer(running.url + "/health")[0] == 200)
    until(lambda: len([p for p in first.children(recursive=True) if "spawn_main" in " ".join(p.cmdline())]) >= len(webs))
    written = statuses.count(201)

    children = first.children(recursive=True)
    running.end(signal.SIGKILL)
    mine = [p for p in children if "postgres" not in p.name()]
    until(lambda: not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in mine))
    assert answer(running.url + "/health")[0] == 0

    again = Demo(city, running.port).ready()
    try:
        assert answer(again.url + "/d/nanpu")[0] == 200
        said = subprocess.run([sys.executable, "-m", "banshi", "audit", "verify", "--data", str(city)], capture_output=True, text=True, check=False)
        assert said.stdout.strip() == "The record is whole.", said.stderr
        counted = subprocess.run(
            [sys.executable, "-m", "banshi", "case", "count", "--by", "channel", "--data", str(city)], capture_output=True, text=True, check=True
        ).stdout
        api = next(line.split()[1] for line in counted.splitlines() if line.startswith("api"))
        assert int(api) >= written, "what was answered with 201 is there"
    finally:
        again.end()
    assert not (city / "pgdata" / "postmaster.pid").exists()


def open_case(url: str, token: str) -> int:
    body = b'{"type": "tickets.request", "district": "nanpu", "data": {"kind": "help", "category": "noise", "text": "Loud."}}'
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url + "/api/v1/cases", data=body, headers=headers), timeout=20) as response:
            return int(response.status)
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code
    except (urllib.error.URLError, OSError):
        return 0


def test_while_the_database_is_away_pages_say_so_and_afterwards_they_are_back(folder: Path) -> None:
    server, port = EmbeddedServer(folder / "db"), free_port()
    url = server.start()
    settings = Settings(database_url=url, secret_key=(SECRET,), secure_cookies=False, port=port, data=folder / "data", log_level="ERROR")
    bring_up(settings, url)
    environ = os.environ | to_environment(settings)
    with subprocess.Popen([sys.executable, "-m", "banshi", "serve"], env=environ, stderr=subprocess.DEVNULL) as web:
        try:
            base = f"http://127.0.0.1:{port}"
            until(lambda: answer(base + "/health")[0] == 200)
            assert answer(base + "/track")[0] == 200
            server.stop()
            away = time.monotonic()
            status, page = answer(base + "/track")
            assert status == 503
            assert "We cannot answer at this moment" in page
            assert "Traceback" not in page
            status, page = answer(base + "/api/v1/cases")
            assert (status, '"status":503' in page) == (503, True)
            assert answer(base + "/health")[0] == 503
            time.sleep(max(0.0, 5 - (time.monotonic() - away)))
            server.start()
            until(lambda: answer(base + "/track")[0] == 200, 10)
            assert answer(base + "/health")[0] == 200
        finally:
            web.send_signal(signal.SIGTERM)
            web.wait(30)
            server.stop()
