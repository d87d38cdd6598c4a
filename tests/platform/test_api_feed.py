"""Another system keeps up with what changes, searches, and ties cases together; nobody can ask without end."""

from __future__ import annotations

import asyncio
import base64
import random
from typing import Any

import pytest
from litestar.testing import AsyncTestClient

from banshi import app
from banshi.cases import acting, numbers, opening
from banshi.cases.acting import Act
from banshi.cases.book import Houses
from banshi.db import Database
from banshi.errors import Throttled
from banshi.jobs import relay
from banshi.jobs.relay import settled
from banshi.testing import MOMENT, Town, statements
from banshi.web.rates import Rates

EVENTS = "/api/v1/events"
CASES = "/api/v1/cases"
INTAKE = {"authorization": "Bearer token-20001", "accept-language": "en"}
CLERK = INTAKE | {"authorization": "Bearer token-10001"}
Client = AsyncTestClient[Any]


async def read(client: Client, after: str = "", *, who: dict[str, str] = INTAKE, size: int = 500) -> tuple[list[dict[str, Any]], str]:
    """Everything after a cursor, page by page, as a client would: until nothing more is final."""
    items: list[dict[str, Any]] = []
    while True:
        answer = await client.get(EVENTS, params={"after": after, "size": size}, headers=who)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        items += body["items"]
        after = body["next"]
        if not body["more"]:
            return items, after


# -- the feed --------------------------------------------------------------------------------------------------------------


async def test_the_feed_gives_every_event_once_in_order(client: Client, database: Database, town: Town, wanted: Any):
    async with database.transaction() as db:
        opened = await opening.open_many(db, town.house, town.residents["resident0"], [wanted(text=f"灯 {i} 坏了。") for i in range(5)], MOMENT)
    async with database.transaction() as db:
        await acting.act_one(db, town.house, town.staff["10001"], Act(number=opened[0].number, action="sign"), MOMENT)
    assert await settled(database)
    whole, cursor = await read(client)
    paged, same = await read(client, size=2)
    assert paged == whole
    assert same == cursor
    assert [(e["number"], e["sequence"], e["kind"]) for e in whole[:5]] == [(numbers.show(o.number), 1, "opened") for o in opened]
    assert (whole[5]["kind"], whole[5]["state"], whole[5]["staff_number"], whole[5]["type"]) == ("sign", "working", "10001", "tickets.request")
    assert await read(client, cursor) == ([], cursor)


async def test_no_event_is_skipped_when_writers_commit_in_any_order(client: Client, database: Database, town: Town, wanted: Any):
    chance = random.Random(7)
    seen: list[tuple[str, int]] = []
    cursor, writing = "", True

    async def write(i: int) -> None:
        async with database.transaction() as db:
            await opening.open_one(db, town.house, town.residents["resident0"], wanted(text=f"灯 {i} 坏了。"), MOMENT)
            await asyncio.sleep(chance.random() * 0.05)

    async def follow() -> None:
        nonlocal cursor
        while writing:
            items, cursor = await read(client, cursor, size=3)
            seen.extend((e["number"], e["sequence"]) for e in items)
            await asyncio.sleep(0.002)

    following = asyncio.create_task(follow())
    await asyncio.gather(*(write(i) for i in range(25)))
    assert await settled(database)
    writing = False
    await following
    items, cursor = await read(client, cursor)
    seen += [(e["number"], e["sequence"]) for e in items]
    assert len(seen) == len(set(seen)) == 25


async def test_the_feed_holds_back_what_a_running_transaction_may_still_precede(client: Client, database: Database, town: Town, wanted: Any):
    async with database.transaction() as slow:
        await opening.open_one(slow, town.house, town.residents["resident0"], wanted(text="慢。"), MOMENT)
        async with database.transaction() as quick:
            await opening.open_one(quick, town.house, town.residents["resident0"], wanted(text="快。"), MOMENT)
        items, cursor = await read(client)
        assert items == []
    assert await settled(database)
    items, _cursor = await read(client, cursor)
    assert len(items) == 2


async def test_the_feed_gives_only_what_the_token_may_see_and_moves_on_over_the_rest(client: Client, database: Database, town: Town, wanted: Any):
    async with database.transaction() as db:
        tree, lamp = await opening.open_many(
            db, town.house, town.residents["resident0"], [wanted(text="树倒了。", category="greenery"), wanted(text="灯坏了。")], MOMENT
        )
    assert await settled(database)
    items, cursor = await read(client, who=CLERK, size=1)
    assert [e["number"] for e in items] == [numbers.show(lamp.number)]
    assert (await read(client, cursor, who=CLERK))[0] == []
    everything, _cursor = await read(client)
    assert {e["number"] for e in everything} == {numbers.show(tree.number), numbers.show(lamp.number)}
    assert "sealed" not in str(everything)


async def test_who_begins_now_is_given_what_comes_afterwards(client: Client, database: Database, town: Town, wanted: Any):
    async with database.transaction() as db:
        await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)
    assert await settled(database)
    start = (await client.get(EVENTS, params={"after": "now"}, headers=INTAKE)).json()
    assert (start["items"], start["more"]) == ([], False)
    async with database.transaction() as db:
        later = await opening.open_one(db, town.house, town.residents["resident0"], wanted(text="后来的。"), MOMENT)
    assert await settled(database)
    assert [e["number"] for e in (await read(client, start["next"]))[0]] == [numbers.show(later.number)]


@pytest.mark.parametrize("cursor", ["x", "!!!", "WzEsMl0", base64.b64encode(b"[-1,0,0]").decode(), base64.b64encode(b"[1e9,0]").decode(), "路灯"])
async def test_a_cursor_that_was_tampered_with_is_told_so(client: Client, cursor: str):
    answer = await client.get(EVENTS, params={"after": cursor}, headers=INTAKE)
    assert answer.status_code == 400
    assert "cursor" in answer.json()["detail"]


async def test_a_page_of_the_feed_is_two_queries(client: Client, database: Database, town: Town, wanted: Any):
    async with database.transaction() as db:
        await opening.open_many(db, town.house, town.residents["resident0"], [wanted(text=f"灯 {i}。") for i in range(20)], MOMENT)
    await client.get(EVENTS, headers=INTAKE)
    with statements(client.app.state.site.database) as said:
        await client.get(EVENTS, headers=INTAKE)
    assert len(said) == 2, said


# -- search ------------------------------------------------------------------------------------------------------------------


async def test_a_program_searches_as_a_clerk_does(client: Client, database: Database, town: Town, wanted: Any):
    async with database.transaction() as db:
        lamp, _tree = await opening.open_many(
            db,
            town.house,
            town.residents["resident0"],
            [wanted(text="巷口的灯不亮。请快来修镇流器。"), wanted(text="巷口的树倒了。", category="greenery")],
            MOMENT,
        )
    assert await settled(database)
    async with database.transaction() as db:
        await relay.feed(db, app.searching(Houses(town.house.registry, town.house.keyring)))
    found = (await client.get("/api/v1/search", params={"q": "巷口"}, headers=CLERK)).json()
    assert [c["number"] for c in found["items"]] == [numbers.show(lamp.number)]
    assert found["more"] is False
    assert "镇流器" in (await client.get("/api/v1/search", params={"q": "镇流器"}, headers=CLERK)).json()["excerpts"][numbers.show(lamp.number)]
    assert (await client.get("/api/v1/search", params={"q": "巷口", "size": 1}, headers=INTAKE)).json()["more"] is True
    assert (await client.get("/api/v1/search", headers=CLERK)).status_code == 400
    assert (await client.get("/api/v1/search", params={"q": "a\x00b"}, headers=CLERK)).status_code == 400


# -- together -------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def cases(database: Database, town: Town, wanted: Any) -> Any:
    """A function that files so many reports of one dark street and gives their numbers as they are shown."""

    async def file(count: int, **data: Any) -> list[str]:
        async with database.transaction() as db:
            openings = [wanted(kind="help", text=f"灯 {i} 坏了。", **data) for i in range(count)]
            opened = await opening.open_many(db, town.house, town.residents["resident0"], openings, MOMENT)
        return [numbers.show(o.number) for o in opened]

    return file


async def test_reports_are_joined_listed_and_taken_apart(client: Client, cases: Any):
    master, one, two = await cases(3)
    joined = await client.post(f"{CASES}/{master}/members", json={"numbers": [one, two], "text": "同一条巷子"}, headers=CLERK)
    assert {i["number"] for i in joined.json()["items"]} == {master, one, two}
    again = await client.post(f"{CASES}/{master}/members", json={"numbers": [one, two]}, headers=CLERK)
    assert again.json() == {"items": []}
    related = (await client.get(f"{CASES}/{master}/related", headers=CLERK)).json()["items"]
    assert {(r["number"], r["tie"]) for r in related} == {(one, "member"), (two, "member")}
    assert (await client.get(f"{CASES}/{one}/related", headers=CLERK)).json()["items"][0]["tie"] == "master"
    undone = await client.post(f"{CASES}/{one}/leave", json={"undo": True}, headers=CLERK)
    assert {i["number"] for i in undone.json()["items"]} == {master, one}
    assert (await client.post(f"{CASES}/{one}/leave", json={}, headers=CLERK)).status_code == 409
    assert (await client.post(f"{CASES}/{master}/members", json={"numbers": [master]}, headers=CLERK)).status_code == 400


async def test_links_are_made_and_taken_away(client: Client, cases: Any):
    one, two = await cases(2)
    link = {"number": two, "kind": "follow_up"}
    assert len((await client.post(f"{CASES}/{one}/links", json=link, headers=CLERK)).json()["items"]) == 2
    assert (await client.post(f"{CASES}/{one}/links", json=link, headers=CLERK)).json() == {"items": []}
    related = (await client.get(f"{CASES}/{two}/related", headers=CLERK)).json()["items"]
    assert [(r["number"], r["tie"], r["later"]) for r in related] == [(one, "follow_up", True)]
    assert len((await client.delete(f"{CASES}/{one}/links/follow_up/{two}", headers=CLERK)).json()["items"]) == 2
    assert (await client.delete(f"{CASES}/{one}/links/follow_up/{two}", headers=CLERK)).json() == {"items": []}
    assert (await client.post(f"{CASES}/{one}/links", json={"number": two, "kind": "x"}, headers=CLERK)).status_code == 400
    assert (await client.post(f"{CASES}/{one}/links", json={"number": one, "kind": "related"}, headers=CLERK)).status_code == 400
    assert (await client.delete(f"{CASES}/{one}/links/cousin/{two}", headers=CLERK)).status_code in {400, 404}


async def test_a_token_without_the_right_ties_nothing(client: Client, cases: Any, town: Town):
    one, two = await cases(2)
    oversight = INTAKE | {"authorization": "Bearer token-30001"}
    assert (await client.post(f"{CASES}/{one}/members", json={"numbers": [two]}, headers=oversight)).status_code == 403
    assert (await client.post(f"{CASES}/{one}/links", json={"number": two, "kind": "related"}, headers=oversight)).status_code == 403


# -- revision and rate --------------------------------------------------------------------------------------------------------


async def test_a_case_that_is_still_the_same_is_not_sent_again(client: Client, cases: Any):
    (number,) = await cases(1)
    tag = (await client.get(f"{CASES}/{number}", headers=CLERK)).headers["etag"]
    same = await client.get(f"{CASES}/{number}", headers=CLERK | {"if-none-match": f'"x", {tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    await client.post(f"{CASES}/{number}/actions", json={"action": "sign"}, headers=CLERK)
    assert (await client.get(f"{CASES}/{number}", headers=CLERK | {"if-none-match": tag})).status_code == 200


async def test_a_token_that_asks_too_often_waits_and_others_do_not(client: Client):
    site = client.app.state.site
    before, site.rates = site.rates, Rates(3)
    try:
        answers = [await client.get(CASES, headers=CLERK) for _ in range(4)]
        assert [a.status_code for a in answers] == [200, 200, 200, 429]
        assert answers[0].headers["ratelimit"] == '"token";r=2;t=60'
        assert answers[3].headers["retry-after"] == "20"
        assert answers[3].headers["content-type"] == "application/problem+json"
        assert (await client.get(CASES, headers=INTAKE)).status_code == 200
    finally:
        site.rates = before


def test_an_allowance_fills_up_evenly():
    rates = Rates(60)
    for _ in range(60):
        rates.take(1, 0.0)
    with pytest.raises(Throttled):
        rates.take(1, 0.5)
    rates.take(1, 2.0)
    rates.take(1, 2.0)
    with pytest.raises(Throttled) as refused:
        rates.take(1, 2.0)
    assert refused.value.seconds == 1
    assert Rates(0).take(1, 0.0) == ""
