"""A plugin of an older kernel still works; one that does not fit is named, and everything else serves."""

from __future__ import annotations

import importlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from banshi import app, plugins
from banshi.settings import Settings
from banshi.testing import SECRET, check_plugin

FROZEN = Path(__file__).parent.parent / "frozen" / "banshi-bookshelf"


def entry() -> Any:
    return next(e for e in plugins.installed() if e.name == "bookshelf")


def test_a_plugin_that_was_written_for_the_first_version_still_loads_and_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(FROZEN)
    registry = plugins.load([entry()], strict=True)
    assert registry.plugins == (plugins.Loaded("bookshelf", "banshi_bookshelf", "0.1.0"),)
    assert registry.case_type("bookshelf.wish").action("lend").guard is not None
    check_plugin("bookshelf")


@pytest.fixture
def for_another_kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same plugin, of a version that needs a kernel of next year."""
    place = tmp_path / "later"
    shutil.copytree(FROZEN, place)
    facts = place / "banshi_bookshelf-0.1.0.dist-info" / "METADATA"
    facts.write_text(facts.read_text(encoding="utf8").replace("banshi<0.2,>=0.1", "banshi<10,>=9"), encoding="utf8")
    monkeypatch.syspath_prepend(place)
    importlib.invalidate_caches()
    return place


async def test_one_that_is_out_of_bound_is_named_and_fenced_and_the_others_serve(for_another_kernel: Path, fresh_url: str) -> None:
    registry = plugins.load()
    assert f"needs banshi <10,>=9, this is {plugins.kernel_version()}: install a matching version" in registry.failed["bookshelf"]
    settings = Settings(database_url=fresh_url, secret_key=(SECRET,), secure_cookies=False)
    async with AsyncTestClient(app.create_app(settings, registry), base_url="http://testserver.local") as client:
        health = (await client.get("/health")).json()
        assert (health["status"], health["plugins"]["bookshelf"], health["plugins"]["tickets"]) == ("degraded", "failed", "ok")
        assert (await client.get("/d/east")).status_code == 200
        assert (await client.get("/d/east/services/tickets/request")).status_code == 200


def test_the_command_line_names_what_does_not_fit(for_another_kernel: Path) -> None:
    environ = os.environ | {"PYTHONPATH": str(for_another_kernel)}
    done = subprocess.run([sys.executable, "-m", "banshi", "plugins"], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Plugin 'bookshelf' (banshi_bookshelf.plugin): needs banshi <10,>=9" in done.stderr
