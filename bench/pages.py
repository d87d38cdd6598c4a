"""The desk as a clerk of one department sees it, and a form on its way: how many queries a page needs, and how long it takes."""

from __future__ import annotations

from random import Random
from statistics import median, quantiles
from urllib.parse import quote

import msgspec
from litestar.testing import AsyncTestClient
from sqlalchemy import text

from banshi import app, clock
from banshi.testing import statements
from banshi.web import drafts
from bench import filling
from bench.client import time_pages
from bench.place import Town

ROUNDS = 5
REQUESTS = 100
QUEUES = {"Department's queue": "/desk/department", "Own queue": "/desk", "All I may see": "/desk/all"}
FINDS = {"Search, two characters": "路灯", "Search, an English word": "pavement"}
CASE, PLAIN = "Case page, with similar cases", "Case page, without"
NEAR, ASKS = "Filing, with what is reported nearby", "Filing, without"


class Page(msgspec.Struct, frozen=True):
    """What a page costs: queries, and milliseconds in the middle and for the slowest of twenty."""

    queries: int
    p50: float
    p95: float


async def measure(town: Town) -> dict[str, Page]:
    """Return what each page costs now; they take turns."""
    asked = await _asked(town)
    rounds: dict[str, list[list[float]]] = {name: [] for name in asked}
    for number in range(ROUNDS):
        for name, paths in asked.items():
            rounds[name].append(await time_pages(town, [paths[(number * REQUESTS + i) % len(paths)] for i in range(REQUESTS)]))
    return {
        name: Page(
            queries=await _queries(town, asked[name][0]),
            p50=median(median(r) for r in took) * 1000,
            p95=median(quantiles(r, n=20)[-1] for r in took) * 1000,
        )
        for name, took in rounds.items()
    }


async def _asked(town: Town) -> dict[str, list[str]]:
    """Return the addresses of each page."""
    async with town.database.transaction() as db:
        mine = {"department": town.clerk.department_id, "silent": filling.SILENT, "most": ROUNDS * REQUESTS}
        telling = (await db.execute(_MINE, mine | {"tells": True})).scalars().all()
        silent = (await db.execute(_MINE, mine | {"tells": False})).scalars().all()
        told = {name: [value] for name, value in filling.answers(Random(1), "elm").items()} | {"category": ["street_lighting"]}
        service = "east/tickets/request"
        draft = await drafts.begin(db, town.house.keyring, service, clock.now(), person_id=town.clerk.person_id, answers=told)
    where = f"/d/east/services/tickets/request/{draft}/where"
    return {
        **{name: [path] for name, path in QUEUES.items()},
        **{name: [f"/desk/find?q={quote(words)}"] for name, words in FINDS.items()},
        CASE: [f"/desk/case/{number}" for number in telling],
        PLAIN: [f"/desk/case/{number}" for number in silent],
        NEAR: [f"{where}?near"],
        ASKS: [where],
    }


_MINE = text("""
select number from kernel."case" where department_id = :department and (title <> :silent) = :tells order by number limit :most
""")
"""Numbers are drawn by lot: what the two lists hold differs in nothing but whether the words tell something."""


async def _queries(town: Town, path: str) -> int:
    """Count in process; the first call only reads what a process reads once."""
    application = app.create_app(town.settings, town.registry)
    async with AsyncTestClient(application, base_url="http://bench.local", cookies={"session": town.session}) as caller:
        await caller.get(path)
        with statements(application.state.site.database) as said:
            answer = await caller.get(path)
    assert answer.status_code == 200, f"{path}: {answer.status_code}"
    return len(said)
