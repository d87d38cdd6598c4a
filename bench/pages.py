"""The desk as a clerk of one department sees it: how many queries a page needs, and how long it takes."""

from __future__ import annotations

from statistics import median, quantiles

import msgspec
from litestar.testing import AsyncTestClient
from sqlalchemy import text

from banshi import app
from banshi.testing import statements
from bench.client import time_pages
from bench.place import Town

ROUNDS = 5
REQUESTS = 100
QUEUES = {"Department's queue": "/desk/department", "Own queue": "/desk", "All I may see": "/desk/all"}
CASE = "Case page"


class Page(msgspec.Struct, frozen=True):
    """What a page costs: queries, and milliseconds in the middle and for the slowest of twenty."""

    queries: int
    p50: float
    p95: float


async def measure(town: Town) -> dict[str, Page]:
    """Return what each page costs now."""
    async with town.database.transaction() as db:
        found = await db.execute(
            text('select number from kernel."case" where department_id = :department order by number limit :most'),
            {"department": town.clerk.department_id, "most": ROUNDS * REQUESTS},
        )
        cases = [f"/desk/case/{number}" for number in found.scalars()]
    measured = {}
    for name, paths in {**{n: [p] for n, p in QUEUES.items()}, CASE: cases}.items():
        rounds = [
            await time_pages(town, [paths[(number * REQUESTS + i) % len(paths)] for i in range(REQUESTS)])
            for number in range(ROUNDS)
        ]  # fmt: skip
        measured[name] = Page(
            queries=await _queries(town, paths[0]),
            p50=median(median(r) for r in rounds) * 1000,
            p95=median(quantiles(r, n=20)[-1] for r in rounds) * 1000,
        )
    return measured


async def _queries(town: Town, path: str) -> int:
    """Count in process; the first call only reads what a process reads once."""
    application = app.create_app(town.settings, town.registry)
    async with AsyncTestClient(application, base_url="http://bench.local", cookies={"session": town.session}) as caller:
        await caller.get(path)
        with statements(application.state.site.database) as said:
            answer = await caller.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return len(said)
