"""A living demo city, started as people start it, and a real browser before it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from city import FLAGS, Demo, Visitor, chromium, free_port, wait_for
from playwright.sync_api import Browser, sync_playwright

from banshi.testing import SECRET, clone


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The demo city of this run."""
    with tempfile.TemporaryDirectory(prefix="banshi 演示 ", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o755)
        running = Demo(Path(name) / "city", free_port()).ready()
        try:
            yield running
        finally:
            running.end()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser for one file of tests: while it is open, its own event loop keeps others from running in this process."""
    path = chromium()
    if path is None:
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail("the browser tests are required and there is no Chromium: apt-get install chromium")
        pytest.skip("no Chromium: install the system's (apt-get install chromium) or run `playwright install chromium`")
    with sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def town_url(server_url: str, template: str, worker_id: str) -> Iterator[str]:
    """The address of `banshi serve` before the tests' town, whose people are known: logins as in town.toml, one password."""
    with tempfile.TemporaryDirectory() as folder, clone(server_url, template, f"banshi_e2e_{worker_id}_{os.getpid()}") as database_url:
        port = free_port()
        environ = {k: v for k, v in os.environ.items() if not k.startswith("BANSHI_")} | {
            "BANSHI_DATABASE_URL": database_url,
            "BANSHI_SECRET_KEY": SECRET,
            "BANSHI_SECURE_COOKIES": "false",
            "BANSHI_LOG_LEVEL": "WARNING",
            "BANSHI_MAIL": f"file:{folder}/mail",
            "BANSHI_MAIL_FROM": "noreply@city.example",
            "BANSHI_SMS": f"file:{folder}/sms",
        }
        command = [sys.executable, "-m", "banshi", "serve", "--port", str(port), "--workers", "1", "--data", folder]
        serving = subprocess.Popen(command, env=environ)
        working = subprocess.Popen([sys.executable, "-m", "banshi", "worker"], env=environ)
        try:
            wait_for(port, serving)
            yield f"http://127.0.0.1:{port}"
        finally:
            for process in (serving, working):
                process.terminate()
                process.wait(30)


@pytest.fixture(scope="module")
def signed_in() -> dict[str, Any]:
    """The cookies of people who signed in before, in this file of tests: argon2 is slow on purpose."""
    return {}


@pytest.fixture
def guest(browser: Browser, town_url: str, signed_in: dict[str, Any]) -> Iterator[Visitor]:
    """Opens pages of the tests' town."""
    made = Visitor(browser, town_url)
    made.signed_in = signed_in
    yield made
    for context in made.contexts:
        context.close()


@pytest.fixture
def visitor(browser: Browser, demo: Demo) -> Iterator[Visitor]:
    made = Visitor(browser, demo.url)
    yield made
    for context in made.contexts:
        context.close()
