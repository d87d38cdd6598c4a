"""Assigning a thousand cases at once over the API, against one by one: the price of a case in either."""

from __future__ import annotations

import asyncio
from functools import partial
from random import Random
from time import perf_counter

import msgspec

from banshi import clock
from banshi.cases import opening
from banshi.cases.opening import Opening
from bench import client
from bench.filling import answers
from bench.place import Town

AT_ONCE = 1000
ALONE = 100
OFFICER = "10001"


class Bulk(msgspec.Struct, frozen=True):
    """Milliseconds that a case costs alone, and as one of a thousand."""

    alone: float
    together: float


async def measure(town: Town) -> Bulk:
    """Open cases for the clerk's department, and assign them to the clerk: some alone, a thousand together."""
    declared, tree = town.registry.case_type("tickets.request"), town.house.directory.tree
    area = "elm"
    district = tree.serving_of(getattr(tree.find(area), "id", 0))
    form = declared.form(**answers(Random(0), area) | {"category": "street_lighting"})
    opened = Opening(case_type=declared, district_id=district.id, form=form, channel="telephone")
    async with town.database.transaction() as db:
        numbers = [o.number for o in await opening.open_many(db, town.house, town.intake, [opened] * (AT_ONCE + ALONE), clock.now())]
    alone, together = numbers[:ALONE], numbers[ALONE:]
    line = await client.connect(town.settings.host, town.settings.port)
    doing = {"action": "assign", "data": {"officer": OFFICER}}
    began = perf_counter()
    for number in alone:
        await _post(town, line, f"/api/v1/cases/{number}/actions", doing)
    one_by_one = (perf_counter() - began) / len(alone)
    began = perf_counter()
    await _post(town, line, "/api/v1/cases/actions", doing | {"numbers": together})
    at_once = (perf_counter() - began) / len(together)
    line.transport.close()
    return Bulk(alone=one_by_one * 1000, together=at_once * 1000)


async def _post(town: Town, line: client.Line, path: str, body: object) -> None:
    said = msgspec.json.encode(body)
    head = client.head(town, "POST", path)
    head += f"Authorization: Bearer {town.clerk_token}\r\nContent-Type: application/json\r\nContent-Length: {len(said)}\r\n\r\n".encode()
    asked: asyncio.Future[tuple[int, float]] = asyncio.get_running_loop().create_future()
    line.ask(head + said, partial(client.tell, asked))
    status, _seconds = await asyncio.wait_for(asked, client.PATIENCE)
    if status != 200:
        msg = f"{path} was answered with {status}"
        raise RuntimeError(msg)
