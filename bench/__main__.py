"""`make bench`: figures at several sizes, in one run beside what PostgreSQL alone does.

    python -m bench [CASES ...]        (default: 10000 100000)

Prints a table and writes it into docs/performance.md. Rates are medians of alternating rounds; only ratios mean something on another machine.
"""

from __future__ import annotations

import asyncio
import os
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from litestar.testing import AsyncTestClient
from sqlalchemy import text

from banshi import app, clock
from banshi.cases import importing
from banshi.cases.numbers import show
from banshi.db import Database
from banshi.db.binaries import programs
from banshi.testing import statements
from bench.stage import Stage, stage

ROUNDS, REQUESTS, SECONDS, CONNECTIONS = 5, 2000, 4, 16
ROWS = 5000
DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin (make bench writes them) -->", "<!-- figures: end -->"


def main() -> None:
    """Run at every size and print the table."""
    sizes = sorted(int(a) for a in sys.argv[1:]) or [10_000, 100_000]
    rows: list[tuple[str, ...]] = []
    with stage() as made:
        for size in sizes:
            rate = asyncio.run(made.fill(size))
            said(f"{size:,} cases, filled at {rate:,.0f}/s")
            rows += pages(made, size)
        rows += opening(made)
        version = asyncio.run(_version(made))
    head = f"{os.cpu_count()} cores, PostgreSQL {version}, Python {platform.python_version()}, {platform.system()}; cases: {', '.join(f'{s:,}' for s in sizes)}."
    table = "\n".join([head, "", "| what | figure | aim |", "|---|---|---|", *(f"| {' | '.join(r)} |" for r in rows)])
    print("\n" + table)
    document = DOCUMENT.read_text(encoding="utf8")
    DOCUMENT.write_text(re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", f"{BEGIN}\n\n{table}\n\n{END}", document, flags=re.DOTALL), encoding="utf8")


def pages(made: Stage, size: int) -> list[tuple[str, ...]]:
    """Return queries and time of the pages that a clerk opens all day, for a clerk of one department."""
    number = asyncio.run(_a_case(made))
    found = []
    for name, path in (("queue of the department", "/desk/department"), ("all I may see", "/desk/all"), ("case page", f"/desk/case/{number}")):
        queries = asyncio.run(_queries(made, path))
        times = sorted(_ask(made, path) for _ in range(150))[:150]
        p50, p95 = statistics.median(times) * 1000, times[int(len(times) * 0.95)] * 1000
        said(f"{name}: {queries} queries, p50 {p50:.1f} ms, p95 {p95:.1f} ms")
        found.append((f"{name} at {size:,}", f"{queries} queries, p50 {p50:.1f} ms, p95 {p95:.1f} ms", "at most 8 queries"))
    return found


def opening(made: Stage) -> list[tuple[str, ...]]:
    """Return the rate of opening over the API against pgbench writing the same rows, of the import, and the memory of a web process."""
    api, alone, brought = [], [], []
    for number in range(ROUNDS + 1):
        one, other, third = _open_over_api(made), _pgbench(made), asyncio.run(_import(made, number))
        if number:  # the first round warms up
            api.append(one)
            alone.append(other)
            brought.append(third)
        said(f"round {number}: {one:,.0f} opened/s, {other:,.0f} pgbench/s, {third:,.0f} imported/s")
    opened, bare, imported = (statistics.median(x) for x in (api, alone, brought))
    return [
        ("open a case over the API, two web processes", f"{opened:,.0f}/s, {opened / bare:.0%} of pgbench's {bare:,.0f}/s", "20 % or more"),
        ("import from CSV", f"{imported:,.0f}/s, {imported / opened:.1f} times the API", "4 times or more"),
        ("memory of a web process", f"{made.memory():.0f} MB", "under 160 MB"),
    ]


def said(line: str) -> None:
    """Tell how far it is."""
    print(f"  {line}", flush=True)


def _open_over_api(made: Stage) -> float:
    command = [sys.executable, "-m", "bench.load", str(made.settings.port), made.token, str(REQUESTS), str(CONNECTIONS)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent.parent).stdout)


def _pgbench(made: Stage) -> float:
    query = dict(re.findall(r"(\w+)=([^&]+)", made.settings.database_url.partition("?")[2]))
    ids = asyncio.run(_ids(made))
    command = [
        str(programs() / "pgbench"),
        "-n",
        "-f",
        str(Path(__file__).with_name("open.sql")),
        "-c",
        str(CONNECTIONS),
        "-j",
        "2",
        "-T",
        str(SECONDS),
    ]
    for name, value in ids.items():
        command += ["-D", f"{name}={value}"]
    command += ["-h", query["host"], "-p", query["port"], "-U", "banshi", "banshi"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = re.search(r"tps = ([0-9.]+)", done.stdout)
    if not found or "number of failed transactions: 0" not in done.stdout:
        raise RuntimeError(done.stdout + done.stderr)
    return float(found[1])


def _ask(made: Stage, path: str) -> float:
    request = urllib.request.Request(made.address + path, headers={"cookie": f"session={made.session}", "accept-language": "en"})
    began = time.perf_counter()
    with urllib.request.urlopen(request, timeout=60) as response:
        response.read()
    return time.perf_counter() - began


async def _queries(made: Stage, path: str) -> int:
    async with AsyncTestClient(app.create_app(made.settings)) as client:
        own: Database = client.app.state.site.database
        client.cookies.set("session", made.session)
        await client.get(path)
        with statements(own) as ran:
            assert (await client.get(path)).status_code == 200
        return len(ran)


async def _one(made: Stage, sql: str) -> Any:
    database = Database(made.settings.database_url, pool_size=1)
    async with database.transaction() as db:
        found = (await db.execute(text(sql))).first()
    await database.close()
    return found


async def _a_case(made: Stage) -> str:
    sql = """select number from kernel."case" where department_id = (select id from kernel.department where code = 'd1') and closed is null limit 1"""
    return show((await _one(made, sql))[0])


async def _ids(made: Stage) -> dict[str, int]:
    sql = "select (select id from kernel.district where code = 'east'), (select id from kernel.case_type), (select id from kernel.department where code = 'd1')"
    return dict(zip(("district", "type", "department"), await _one(made, sql), strict=True))


async def _version(made: Stage) -> str:
    return str((await _one(made, "show server_version"))[0])


async def _import(made: Stage, number: int) -> float:
    mapping = importing.Mapping_(
        source=importing.Source(case_type="request", source=f"bench{number}", reference="id", district="east"),
        case=importing.CaseMapping(received="received", state=importing.Take(value="new"), channel=importing.Take(value="web")),
        data={"kind": importing.Take(value="help"), "category": importing.Take(value="noise"), "text": "text"},
    )
    database = Database(made.settings.database_url, pool_size=1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.csv"
        lines = [f"{i},2026-01-05 09:00:00,It is loud at night. Number {i}." for i in range(ROWS)]
        file.write_text("\n".join(["id,received,text", *lines]) + "\n", encoding="utf8")
        async with database.transaction() as db:
            importer = importing.Importer(await made.house(db), "tickets", mapping)
        began = time.perf_counter()
        async for _line, outcome in importing.run(database, importer, file, clock.now, lambda *_: None):
            done = outcome
        assert (done.imported, done.refused) == (ROWS, 0)
        rate = ROWS / (time.perf_counter() - began)
    await database.close()
    return rate


if __name__ == "__main__":
    main()
