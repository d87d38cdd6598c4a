"""Clients that others wrote file, list and read over a real server: one writes and reads JSON, the other reads JSON and XML."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from civicbot.open311 import Open311Client
from civicbot.registry import Endpoint
from georeport import GeoReport

from banshi.testing import SECRET, clone

DOCS = Path(__file__).parent.parent.parent / "docs"
KEY = "token-20001"
LAMP = "tickets.request.street_lighting"


@pytest.fixture(scope="module")
def served(server_url: str, template: str, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `banshi serve` before the tests' town."""
    with clone(server_url, template, f"banshi_311_{worker_id}_{os.getpid()}") as url, socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
        probe.close()
        environ = {k: v for k, v in os.environ.items() if not k.startswith("BANSHI_")} | {
            "BANSHI_DATABASE_URL": url,
            "BANSHI_SECRET_KEY": SECRET,
            "BANSHI_SECURE_COOKIES": "false",
            "BANSHI_LOG_LEVEL": "WARNING",
        }
        folder: Path = tmp_path_factory.mktemp("open311")
        command = [sys.executable, "-m", "banshi", "serve", "--port", str(port), "--workers", "1", "--data", str(folder)]
        serving = subprocess.Popen(command, env=environ)
        address = f"http://127.0.0.1:{port}"
        try:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    if httpx.get(f"{address}/health").status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.2)
            yield address
        finally:
            serving.terminate()
            serving.wait(30)


def test_two_clients_that_others_wrote_file_and_read(served: str):
    discovery = httpx.get(f"{served}/open311/v2/discovery.json").json()
    base = discovery["endpoints"][0]["url"]
    writer = Open311Client(Endpoint(id="ruan", name="Ruan", base_url=base, write=True), jurisdiction_id="east")
    reader = {fmt: GeoReport(base, jurisdiction="east", output_format=fmt) for fmt in ("json", "xml")}

    services = writer.list_services()
    assert {s["service_code"] for s in services} == {s["service_code"] for s in reader["json"].get_service_list()}
    assert {s["service_code"] for s in services} == {s["service_code"] for s in reader["xml"].get_service_list()}
    definition = reader["xml"].get_service_definition(LAMP)
    assert any(a["code"] == "kind" and a["required"] == "true" for a in definition["attributes"]["attribute"])

    prepared = writer.create_request(
        LAMP,
        dry_run=False,
        confirm="SEND",
        api_key=KEY,
        validate_remote=True,
        lat=30.12,
        lng=120.34,
        address_string="柿树里 3 号",
        description="路灯黑了三天。",
        first_name="芳",
        last_name="张",
        attributes={"kind": "complaint"},
    )
    (filed,) = prepared.response
    number = filed["service_request_id"]

    one = writer.get_request(number)
    assert one is not None
    assert (one["service_request_id"], one["status"], one["service_code"], one["lat"]) == (number, "open", LAMP, 30.12)
    for fmt in ("json", "xml"):
        found = reader[fmt].get_service_requests(service_code=LAMP, status="open")
        rows = found if isinstance(found, list) else [found]
        assert [r["service_request_id"] for r in rows] == [number], fmt
        single = reader[fmt].get_service_request(number)
        row = single[0] if isinstance(single, list) else single
        assert row["service_request_id"] == number
        assert row["agency_responsible"]
    assert writer.list_requests(service_code="tickets.request.noise") == []


def test_the_example_of_the_document_runs(served: str):
    (program,) = re.findall(r"^```python\n(.*?)^```", (DOCS / "open311.md").read_text(encoding="utf8"), re.MULTILINE | re.DOTALL)
    program = program.replace("http://127.0.0.1:8000", served).replace("bsh_...", KEY)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
