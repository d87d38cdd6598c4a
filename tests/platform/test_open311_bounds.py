"""Open311 at the size of a big city, and with the clients of fifteen years."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import event, text

from banshi.cases import numbers, opening, public
from banshi.cases.public import PublicQuery
from banshi.db import Database
from banshi.testing import MOMENT, Town


async def test_a_thousand_numbers_are_looked_up_in_as_many_districts_as_a_city_may_have(database: Database, town: Town, wanted: Any):
    east, west = town.district("east"), town.district("west")
    async with database.transaction() as db:
        filed = await opening.open_one(db, town.house, town.residents["resident0"], wanted(kind="help"), MOMENT)
        asked = (filed.number, *(numbers.draw() for _ in range(999)))
        query = PublicQuery(districts=(*(west,) * 50, east), numbers=asked, size=1000)  # PostgreSQL takes 32,767 parameters
        assert [r.number for r in (await public.listing(db, town.house, query)).rows] == [filed.number]


async def test_a_kind_that_is_rare_is_found_without_reading_the_others(database: Database, town: Town):
    query = PublicQuery(
        districts=(town.district("east"),), kinds=(("tickets.request", "animals"),), since=MOMENT - timedelta(days=90), before=MOMENT, size=1000
    )
    said: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        said.append((statement, parameters))

    async with database.transaction() as db:
        event.listen(database.engine.sync_engine, "before_cursor_execute", note)
        try:
            await public.listing(db, town.house, query)
        finally:
            event.remove(database.engine.sync_engine, "before_cursor_execute", note)
        ((statement, parameters),) = said
        before = await db.begin_nested()
        await db.execute(text("set local enable_seqscan = off"))  # so that an empty table is read as a full one would be
        await db.execute(text("set local enable_bitmapscan = off"))
        await db.execute(text("drop index kernel.case_public"))  # on an empty table it costs the same
        plan = "\n".join(r[0] for r in await db.exec_driver_sql(f"explain {statement}", parameters))
        await before.rollback()
    assert "case_public_kind" in plan, plan
    (condition,) = [line for line in plan.splitlines() if "Index Cond" in line and "district_id" in line]
    assert "category" in condition, plan
    assert "received" in condition, plan


FILED = {
    "service_code": "tickets.request.street_lighting",
    "description": "路灯黑了三天。",
    "address_string": "柿树里 3 号",
    "attribute[kind]": "complaint",
}
WHO = {"api_key": "token-20001", "jurisdiction_id": "east"}
FORM = {"content-type": "application/x-www-form-urlencoded", "accept-language": "en"}


@pytest.mark.parametrize("fmt", ["json", "xml"])
async def test_a_client_that_puts_its_key_into_the_address_may_file(client: AsyncTestClient[Any], fmt: str):
    """`open311` of PyPI does, and names the jurisdiction there, too."""
    answer = await client.post(f"/open311/v2/requests.{fmt}?{urlencode(WHO)}", content=urlencode(FILED), headers=FORM)
    assert answer.status_code == 201, answer.text


async def test_what_the_body_says_holds_over_what_the_address_says(client: AsyncTestClient[Any]):
    address = urlencode({"api_key": "nonsense", "jurisdiction_id": "atlantis"})
    answer = await client.post(f"/open311/v2/requests.json?{address}", content=urlencode(FILED | WHO), headers=FORM)
    assert answer.status_code == 201, answer.text


async def test_what_was_seen_and_by_whom_does_not_belong_into_an_address(client: AsyncTestClient[Any]):
    code = {"service_code": FILED["service_code"]}
    answer = await client.post(f"/open311/v2/requests.json?{urlencode(FILED)}", content=urlencode(WHO | code), headers=FORM)
    assert answer.status_code == 400
    assert {"location", "attribute[kind]"} == {w for w in ("location", "attribute[kind]") if w in answer.text}


async def test_an_attribute_that_is_empty_is_absent(client: AsyncTestClient[Any]):
    more = {"attribute[colour]": "", "attribute[officer]": "", "email": "", "lat": "", "long": ""}
    answer = await client.post("/open311/v2/requests.json", content=urlencode(FILED | WHO | more), headers=FORM)
    assert answer.status_code == 201, answer.text
