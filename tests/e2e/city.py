"""A demo city, started as people start it, and the browser of this machine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


def chromium() -> str | None:
    """Return the system's Chromium, or Playwright's own."""
    if found := next((path for name in BROWSERS if (path := shutil.which(name))), None):
        return found
    with sync_playwright() as driver:
        own = driver.chromium.executable_path
    return own if Path(own).exists() else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[Any], seconds: float = 120) -> None:
    """Wait until something answers on the port."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError("banshi serve does not answer")


class Demo:
    """A running `banshi demo` and what it says of itself."""

    def __init__(self, folder: Path, port: int, *more: str) -> None:
        self.folder, self.port = folder, port
        environ = {k: v for k, v in os.environ.items() if not k.startswith("BANSHI_")}
        command = [sys.executable, "-m", "banshi", "demo", "--data", str(folder), "--port", str(port), "--quiet", *more]
        self.log = (folder.parent / f"{folder.name}.log").open("ab")
        self.process = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=self.log, text=True)

    def ready(self) -> Demo:
        """Wait until it says its address."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if "End with ^C" in line:
                return self
        raise AssertionError(f"the demo ended: {Path(self.log.name).read_text(encoding='utf8')[-2000:]}")

    @property
    def facts(self) -> dict[str, Any]:
        return dict(json.loads((self.folder / "demo.json").read_text(encoding="utf8")))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def end(self, ending: int = signal.SIGTERM) -> int:
        self.process.send_signal(ending)
        status = self.process.wait(30)
        self.log.close()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


class Visitor:
    """Opens pages as somebody at a desk or with a telephone, in a language, with or without scripts."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.contexts: list[Any] = []
        self.signed_in: dict[str, Any] = {}

    def page(self, *, language: str = "zh-CN", width: int = 1280, scripts: bool = True, cookies: Any = None) -> Page:
        context = self.browser.new_context(
            base_url=self.url, locale=language, viewport={"width": width, "height": 900}, java_script_enabled=scripts, storage_state=cookies
        )
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        return page

    def sign_in(self, page: Page, login: str, password: str) -> None:
        page.goto("/sign-in")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", password)
        page.click("main form button")
