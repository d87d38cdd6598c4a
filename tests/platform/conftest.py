"""What the tests of documents stand on: a folder, a bucket and a scanner of their own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar.testing import AsyncTestClient

from banshi.cases import numbers, opening
from banshi.db import Database
from banshi.documents import store
from banshi.testing import MOMENT, Town


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a bucket on a local S3 server that somebody else wrote."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-m", "moto.server", "-p", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                with socket.create_connection(("127.0.0.1", port), timeout=1) as line:
                    line.sendall(b"PUT /papers HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    if b"200" in line.recv(100):
                        break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(params=["folder", "s3"])
def kept(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> store.Store:
    """Each kind of store."""
    if request.param == "folder":
        return store.store("", tmp_path)
    address = request.getfixturevalue("s3")
    for name, value in {
        "AWS_ENDPOINT": address,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return store.store(f"s3://papers/{os.urandom(4).hex()}", tmp_path)


@pytest.fixture
def lamp(database: Database, town: Town, wanted: Any) -> Callable[..., Awaitable[str]]:
    """A function that files a request and gives its number as it is shown."""

    async def file(**data: Any) -> str:
        async with database.transaction() as db:
            opened = await opening.open_one(db, town.house, town.residents["resident0"], wanted(**data), MOMENT)
        return numbers.show(opened.number)

    return file


@pytest.fixture
def folder(client: AsyncTestClient[Any], tmp_path: Path) -> Path:
    """Files of a test lie in its own folder."""
    site = client.app.state.site
    site.settings = msgspec.structs.replace(site.settings, data=tmp_path)
    site.store = store.store("", tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def clamd() -> Iterator[str]:
    """A real clamd with a signature database of one line: the bytes BANSHI-TEST-VIRUS are a virus; it looks at one MB and no more."""
    program = shutil.which("clamd") or "/usr/sbin/clamd"
    if not Path(program).exists():
        if os.environ.get("REQUIRE_CLAMD"):
            pytest.fail("clamd is required and not there: apt-get install clamav-daemon")
        pytest.skip("no clamd: apt-get install clamav-daemon")
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        home.chmod(0o755)
        (home / "db").mkdir()
        (home / "db" / "own.ndb").write_text(f"Banshi.Test:0:*:{b'BANSHI-TEST-VIRUS'.hex()}\n", encoding="ascii")
        (home / "clamd.conf").write_text(
            f"DatabaseDirectory {home}/db\nLocalSocket {home}/socket\nForeground yes\nStreamMaxLength 1M\nUser root\n"
            if os.getuid() == 0
            else f"DatabaseDirectory {home}/db\nLocalSocket {home}/socket\nForeground yes\nStreamMaxLength 1M\n",
            encoding="ascii",
        )
        process = subprocess.Popen([program, "-c", home / "clamd.conf"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until and not (home / "socket").exists() and process.poll() is None:
                time.sleep(0.2)
            yield f"unix:{home}/socket"
        finally:
            process.terminate()
            process.wait(30)
