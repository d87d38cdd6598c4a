"""The tutorial is true: each step leaves a plugin that loads, its tests pass, and its wheel installs into a running city."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import tutorial

from banshi.testing import SECRET, Person

DIST_INFO = {
    "METADATA": "Metadata-Version: 2.1\nName: banshi-lost-found\nVersion: 0.1.0\nRequires-Dist: banshi<0.2,>=0.1\n",
    "entry_points.txt": "[banshi]\nlost_found = banshi_lost_found.plugin\n",
}


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    done = subprocess.run([sys.executable, "-m", *map(str, command)], cwd=cwd, env=os.environ | more, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the tutorial, after its last step; it was checked after each."""
    folder = tmp_path_factory.mktemp("tutorial")
    tutorial.write(folder / "banshi_lost_found-0.1.0.dist-info", list(DIST_INFO.items()))
    declared = []
    for title, files in tutorial.steps():
        tutorial.write(folder, files)
        if any(name.endswith("plugin.py") for name, _text in files):
            listed = run("banshi", "plugins", cwd=folder, PYTHONPATH=str(folder))
            assert "lost_found" in listed, title
            declared.append(listed)
    assert len(declared) == 3
    assert "lost_found.keeper" in declared[0]
    assert "Shelf" not in declared[0]
    assert "Shelf" in declared[1]
    assert "lost_found:clear" in declared[2]
    return folder


def test_the_tutorials_tests_pass(built: Path) -> None:
    done = run("pytest", "-q", "-p", "no:cacheprovider", "tests", cwd=built, PYTHONPATH=str(built))
    assert "4 passed" in done or "...." in done


def test_the_tutorial_says_no_command_that_is_not_tried_here() -> None:
    tried = {"mkdir", "cd", "pip install", "pip wheel", "pytest", "banshi plugins", "banshi migrate", "banshi organisation"}
    said = {" ".join(shlex.split(c)[:2]) if c.split()[0] in {"pip", "banshi"} else c.split()[0] for c in tutorial.commands()}
    assert said == tried


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@contextmanager
def serving(environ: dict[str, str], cwd: Path) -> Iterator[str]:
    """Serve the city for a block, as an operator would."""
    port = free_port()
    command = [sys.executable, "-m", "banshi", "serve", "--port", str(port), "--workers", "1"]
    process = subprocess.Popen(command, cwd=cwd, env=os.environ | environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                if httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).status_code == 200:
                    break
            except httpx.HTTPError:
                assert time.monotonic() < until, "the city does not answer"
                assert process.poll() is None, "the city ended"
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


async def test_its_wheel_installs_into_a_running_city_and_somebody_loses_a_bag(built: Path, fresh_url: str, tmp_path: Path) -> None:
    city, installed = tmp_path / "city", tmp_path / "installed"
    city.mkdir()
    environ = {"BANSHI_DATABASE_URL": fresh_url, "BANSHI_SECRET_KEY": SECRET, "BANSHI_SECURE_COOKIES": "false", "PYTHONPATH": str(installed)}
    with serving(environ, city) as url:
        assert status(f"{url}/d/ruan/services/lost_found/loss") == 404
    run("pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--wheel-dir", tmp_path / "dist", ".", cwd=built)
    (wheel,) = (tmp_path / "dist").iterdir()
    assert wheel.name == "banshi_lost_found-0.1.0-py3-none-any.whl"
    run("pip", "install", "-q", "--no-deps", "--no-index", "--disable-pip-version-check", "--target", installed, wheel, cwd=city)
    assert "lost_found: lost_found_0001" in run("banshi", "migrate", cwd=city, **environ)
    assert run("banshi", "plugins", "--check", "lost_found", cwd=city, **environ) == "lost_found: nothing is wrong\n"
    office = next(text for _title, files in tutorial.steps() for name, text in files if name == "office.toml")
    tutorial.write(city, [("office.toml", office)])
    said = run("banshi", "organisation", "load", "office.toml", cwd=city, **environ)
    password = re.search(r"first password of keeper: (\S+)", said)
    assert password
    with serving(environ, city) as url:
        async with httpx.AsyncClient(base_url=url) as one, httpx.AsyncClient(base_url=url) as other:
            await _lose_and_find(Person(one), Person(other), password[1])
        assert status(f"{url}/d/east/services/tickets/request") == 200


def status(url: str) -> int:
    return httpx.get(url, follow_redirects=True).status_code


async def _lose_and_find(resident: Person, keeper: Person, password: str) -> None:
    start = "/d/ruan/services/lost_found/loss"
    page = await resident.send(await resident.get(start), start)
    page = await resident.send(page, start, kind="bag", what="A blue bag")
    page = await resident.send(page, start, telephone="100 0000 1234")
    done = await resident.send(page, start)
    number = re.search(r"\d{4}-\d{4}-\d{4}", done.response.text)
    assert number, done.text
    desk, shelf = f"/desk/case/{number[0]}", "/d/ruan/lost_found"
    await keeper.sign_in("keeper", password)
    await keeper.send(await keeper.get(f"{shelf}/hand-in"), f"{shelf}/hand-in", mark="B-12", kind="bag")
    assert "Bag or purse" in (await resident.get(shelf)).text
    await keeper.send(await keeper.get(f"{desk}?do=find"), f"{desk}/find", mark="B-12")
    page = await keeper.send(await keeper.get(f"{desk}?do=give_back"), f"{desk}/give_back")
    assert page.status == 200
    assert "It was given back" in page.text
