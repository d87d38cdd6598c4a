"""5,000 real requests of a city come in, each once, and are counted as somebody else would count them."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import re
import subprocess
import sys
import tomllib
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from banshi import plugins
from banshi.cases import linking
from banshi.cases.book import House, load_book
from banshi.contracts import Actor
from banshi.db import Database
from banshi.identity.directory import load_directory
from banshi.privacy import Keyring
from banshi.search import finding
from banshi.settings import Settings
from banshi.testing import SECRET
from banshi_tickets.forms import PRIVATE

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
REAL = ROOT.parent / "shared" / "data" / "myla311_2017.csv"
SAMPLES = ROOT / "plugins" / "tickets" / "samples"
CITY = ROOT / "platform" / "banshi" / "cli" / "demo" / "city.toml"


def banshi(url: str, folder: Path, *arguments: str | Path, status: int = 0) -> str:
    environ = os.environ | {"BANSHI_DATABASE_URL": url, "BANSHI_SECRET_KEY": SECRET}
    done = subprocess.run(
        [sys.executable, "-m", "banshi", *map(str, arguments)], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stderr
    return done.stdout


def counted(url: str, folder: Path, by: str) -> dict[str, int]:
    said = banshi(url, folder, "case", "count", "--by", by, "--district", "la", "--json")
    return {str(row[by]): row["count"] for row in json.loads(said)}


@pytest.mark.skipif(not REAL.parent.parent.is_dir(), reason="../shared with the real data is not here")
def test_the_real_rows_are_in_once_and_counts_agree_with_an_independent_one(fresh_url: str, tmp_path: Path) -> None:
    banshi(fresh_url, tmp_path, "organisation", "load", HERE / "data" / "losangeles.toml")
    mapping = HERE / "data" / "myla311.toml"
    first = banshi(fresh_url, tmp_path, "import", "tickets", REAL, "--mapping", mapping)
    assert first.splitlines()[-1] == "imported 5000, already there 0, refused 0"
    again = banshi(fresh_url, tmp_path, "import", "tickets", REAL, "--mapping", mapping)
    assert again.splitlines()[-1] == "imported 0, already there 5000, refused 0"

    with REAL.open(encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file))
    channels = {
        "Call": "telephone",
        "Mobile App": "app",
        "Driver Self Report": "patrol",
        "Self Service": "web",
        "Email": "email",
        "Council's Office": "council",
        "Voicemail": "voicemail",
        "Walk-in": "window",
    }
    outcomes = {"Closed": "settled", "Cancelled": "withdrawn", "Referred Out": "referred", "Open": "None"}
    assert counted(fresh_url, tmp_path, "department") == Counter(r["Owner"].lower() for r in rows)
    assert counted(fresh_url, tmp_path, "channel") == Counter(channels[r["RequestSource"]] for r in rows)
    assert counted(fresh_url, tmp_path, "outcome") == Counter(outcomes[r["Status"]] for r in rows)
    assert counted(fresh_url, tmp_path, "state") == Counter("new" if r["Status"] == "Open" else "closed" for r in rows)
    assert banshi(fresh_url, tmp_path, "audit", "verify").strip() == "The record is whole."
    kept_as_history(fresh_url, rows[0])
    reported_as_counted(fresh_url, tmp_path, rows, channels)


def kept_as_history(url: str, row: dict[str, Any]) -> None:
    """The dates of a row are the case's own, in the city's time."""
    import psycopg

    from banshi.db.queue import libpq_url

    moments = [row["CreatedDate"], row["ClosedDate"]]
    zone = ZoneInfo("America/Los_Angeles")
    received, closed = (datetime.strptime(m, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=zone) for m in moments)
    with psycopg.connect(libpq_url(url)) as connection:
        found = connection.execute(
            """select c.received, c.closed, array_agg(e.at order by e.sequence) from kernel."case" c
               join kernel.case_event e on e.case_id = c.id
               join kernel.idempotency i on i.number = c.number where i.key = %s group by c.id""",
            (row["SRNumber"],),
        ).fetchone()
    assert found == (received, closed, [received, closed])


def reported_as_counted(url: str, folder: Path, rows: list[dict[str, str]], channels: dict[str, str]) -> None:
    """The report by type, department, channel, category and month says what somebody finds who counts the file by hand."""
    assert banshi(url, folder, "report", "check").strip() == "The report is right. 5000 cases counted."
    zone = ZoneInfo("America/Los_Angeles")

    def day(said: str) -> date | None:
        return datetime.strptime(said, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=zone).date() if said else None

    days = [(day(r["CreatedDate"]), day(r["ClosedDate"])) for r in rows]
    lived = [(begun, end) for begun, end in days if begun is not None]
    received = Counter(f"{begun:%Y-%m}" for begun, _end in lived)
    closed = Counter(f"{end:%Y-%m}" for _begun, end in lived if end)
    took = sorted((end - begun).days for begun, end in lived if end)
    first, last = min(received), max([*received, *closed])

    def report(by: str, **narrowed: str) -> dict[str, Any]:
        more = [part for name, value in narrowed.items() for part in (f"--{name}", value)]
        return dict(json.loads(banshi(url, folder, "report", "--from", first, "--to", last, "--by", by, "--json", *more)))

    def lines(by: str, measure: str, part: str = "hits", **narrowed: str) -> dict[str, int]:
        said = report(by, **narrowed)["lines"]
        return {line["key"]: line["figures"][measure][part] for line in said if line["figures"][measure][part]}

    owners = Counter(r["Owner"].lower() for r in rows)
    assert lines("type", "kernel.received") == {"tickets.request": 5000}
    assert lines("department", "kernel.received") == owners
    assert lines("department", "kernel.open", "of") == Counter(r["Owner"].lower() for r in rows if r["Status"] == "Open")
    assert lines("channel", "kernel.received") == Counter(channels[r["RequestSource"]] for r in rows)
    assert lines("channel", "kernel.settled") == Counter(channels[r["RequestSource"]] for r in rows if r["ClosedDate"])
    assert lines("month", "kernel.received") == received
    assert lines("month", "kernel.settled") == closed
    assert lines("channel", "kernel.received", department="bos") == Counter(channels[r["RequestSource"]] for r in rows if r["Owner"] == "BOS")
    assert lines("category", "kernel.received")["graffiti"] == sum(r["RequestType"] == "Graffiti Removal" for r in rows)

    total = report("type")["total"]["figures"]
    assert total["kernel.days"]["of"] == len(took)
    exact = [min(t, 91) for t in took]
    assert total["kernel.days"]["median"] == exact[(len(took) + 1) // 2 - 1]
    assert total["kernel.days"]["p90"] == exact[-(-len(took) * 9 // 10) - 1]
    assert total["tickets.response"] == {"hits": 0, "of": 0, "left_out": 5000, "pending": 0, "rate": None, "median": None, "p90": None}
    assert total["tickets.satisfaction"]["left_out"] == len(took), "nobody rated: nobody is satisfied"


@pytest.mark.skipif(not REAL.parent.parent.is_dir(), reason="../shared with the real data is not here")
def test_the_real_rows_are_found_by_their_words_and_clustered_by_place_and_kind(fresh_url: str, tmp_path: Path) -> None:
    """As they were on the day that they came in, all of them open: nearly all are closed in the file."""
    with REAL.open(encoding="utf8", newline="") as file:
        rows = list(csv.DictReader(file))
    still_open = tmp_path / "open.csv"
    with still_open.open("w", encoding="utf8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | {"Status": "Open", "ClosedDate": ""} for row in rows)
    mapping = tomllib.loads((HERE / "data" / "myla311.toml").read_text(encoding="utf8"))
    banshi(fresh_url, tmp_path, "organisation", "load", HERE / "data" / "losangeles.toml")
    banshi(fresh_url, tmp_path, "import", "tickets", still_open, "--mapping", HERE / "data" / "myla311.toml")
    assert banshi(fresh_url, tmp_path, "search", "rebuild").strip() == "wrote the words of 5000 cases"
    asyncio.run(found_and_clustered(fresh_url, rows, mapping["data"]))


async def found_and_clustered(url: str, rows: list[dict[str, str]], mapping: dict[str, Any]) -> None:
    async def found(asked: str) -> int:
        rows_found = await finding.find(db, house, Actor.SYSTEM, asked, at, most=5000)
        return len(rows_found.rows)

    def said(row: dict[str, str]) -> list[str]:
        return re.findall(r"\w+", f"{row['RequestType']} {row['Address']}".lower())

    database, at = Database(url), datetime(2018, 1, 1, tzinfo=ZoneInfo("America/Los_Angeles"))
    async with database.transaction() as db:
        keyring = Keyring(Settings(secret_key=(SECRET,)).keys())
        house = House(registry=plugins.load(), directory=await load_directory(db, 0), book=await load_book(db), keyring=keyring)
        for asked in ("bellevue", "graffiti", "streetlight", "bulky mesa"):
            there = sum(set(asked.split()) <= set(said(row)) for row in rows)
            assert await found(asked) == min(there, finding.MOST) > 0, asked
        number = (await finding.find(db, house, Actor.SYSTEM, "graffiti", at)).rows[0].number
        assert await found(number[3:9]) >= 1, "a part of a number"

        declared = house.registry.case_type("tickets.request")
        kinds, areas = mapping["category"]["values"], mapping["area"]["values"]
        expected = Counter((kinds.get(r["RequestType"], "other"), areas.get(r["APC"], "")) for r in rows)
        for (kind, area), count in expected.items():
            node = house.directory.tree.find(area) if area else None
            alike = await linking.alike(db, house, declared, kind, node.id if node else None, most=5000)
            assert len(alike) == (0 if kind in PRIVATE else count), (kind, area)
            assert all(a.people == 1 for a in alike)
    await database.close()


def test_the_sample_comes_in_beside_the_demo_city(fresh_url: str, tmp_path: Path) -> None:
    banshi(fresh_url, tmp_path, "organisation", "load", CITY)
    said = banshi(fresh_url, tmp_path, "import", "tickets", SAMPLES / "requests.csv", "--mapping", SAMPLES / "requests.toml", "--json")
    assert json.loads(said) == {"imported": 60, "already_there": 0, "refused": 0}


def test_half_a_file_comes_in_as_far_as_it_goes_and_the_whole_one_completes_it(fresh_url: str, tmp_path: Path) -> None:
    banshi(fresh_url, tmp_path, "organisation", "load", CITY)
    whole = (SAMPLES / "requests.csv").read_bytes()
    half = tmp_path / "half.csv"
    half.write_bytes(whole[: len(whole) // 2])
    said = banshi(fresh_url, tmp_path, "import", "tickets", half, "--mapping", SAMPLES / "requests.toml", status=1)
    imported = int(said.split()[1].rstrip(","))
    assert 20 <= imported <= 40
    assert "the file may be cut off" in (tmp_path / "half.csv.refused.csv").read_text(encoding="utf8")
    half.write_bytes(whole)
    said = banshi(fresh_url, tmp_path, "import", "tickets", half, "--mapping", SAMPLES / "requests.toml")
    assert said.splitlines()[-1] == f"imported {60 - imported}, already there {imported}, refused 0"
