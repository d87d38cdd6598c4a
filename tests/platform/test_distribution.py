"""What is shipped: the wheel works without npm, and an archive of one server fills another."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from banshi.testing import SECRET

ROOT = Path(__file__).parent.parent.parent
OPEN_HOME = """
import sys, warnings
sys.path.insert(0, sys.argv[1])
import banshi
assert banshi.__file__.startswith(sys.argv[1]), banshi.__file__
from litestar.testing import TestClient
from banshi import app, plugins, settings
with TestClient(app.create_app(settings.from_environment(), plugins.load(strict=True))) as client:
    page = client.get("/d/east", headers={"accept-language": "en"})
    assert page.status_code == 200, page.text
    style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert client.get(style).status_code == 200
    print(page.text.split("<title>")[1].split("</title>")[0].strip())
"""


def run(*command: str | Path, url: str = "", cwd: Path | None = None) -> str:
    environ = os.environ | {"BANSHI_DATABASE_URL": url, "BANSHI_SECRET_KEY": SECRET, "BANSHI_SECURE_COOKIES": "false"}
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_opens_the_home_page_without_npm(fresh_url: str, tmp_path: Path) -> None:
    run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, ROOT / "platform")
    wheel = next(tmp_path.glob("banshi-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        archive.extractall(tmp_path / "installed")
    assert any(n.startswith("banshi/web/static/vendor/portal.") for n in names)
    assert "banshi/web/templates/portal/home.html" in names
    assert {"banshi/cli/skeleton/pyproject.toml.in", "banshi/cli/skeleton/@package@/py.typed.in"} <= set(names)
    assert "banshi/locale/zh/LC_MESSAGES/banshi.po" in names
    assert not any("node_modules" in n or n.endswith(".scss") for n in names)
    assert "East" in run(sys.executable, "-c", OPEN_HOME, tmp_path / "installed", url=fresh_url)


def test_an_archive_fills_an_empty_database_and_the_record_is_whole(fresh_url: str, empty_url: str, tmp_path: Path) -> None:
    run(sys.executable, "-m", "banshi", "user", "add", "restored", "--name", "陈一", "--password", "long enough", url=fresh_url, cwd=tmp_path)
    run(sys.executable, "-m", "banshi", "backup", "city.tar", url=fresh_url, cwd=tmp_path)
    run(sys.executable, "-m", "banshi", "restore", "city.tar", url=empty_url, cwd=tmp_path)
    assert run(sys.executable, "-m", "banshi", "migrate", url=empty_url, cwd=tmp_path).startswith("Nothing to do")
    assert run(sys.executable, "-m", "banshi", "audit", "verify", url=empty_url, cwd=tmp_path).strip() == "The record is whole."
