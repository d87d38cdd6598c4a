"""Webhooks against a real local receiver that checks signatures by somebody else's code: hang, error, redirect, drip, death, rotation."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from receiving import Receiver, free_port, receiver
from sqlalchemy import select, update
from test_messages import act, file
from test_relay import drain

from banshi import clock as real
from banshi.audit import audit_entry
from banshi.cases.book import Houses
from banshi.db import Database
from banshi.errors import Conflict, Invalid, NotFound
from banshi.jobs import relay
from banshi.notify import calling, fence, webhooks
from banshi.notify.tables import webhook, webhook_delivery, webhook_try
from banshi.testing import MOMENT, SECRET, Town

SOURCE = "https://city.example"


class Now:
    """The real time, as receivers judge stamps by it, moved on by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> Any:
        return real.now() + self.ahead


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def other() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest.fixture
def second() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def caller(database: Database, town: Town, now: Now) -> AsyncIterator[calling.Caller]:
    yield calling.Caller(database, town.house.keyring, now, private=True, patience=1.0)


async def added(database: Database, town: Town, where: Receiver, *, district: str = "east", **more: Any) -> int:
    found = town.house.directory.tree.find(district)
    assert found is not None
    keyring, actor = town.house.keyring, town.staff["90001"]
    async with database.transaction() as db:
        wanted = webhooks.check(webhooks.Wanted(title="Partner", url=where.address, **more), private=True)
        made = await webhooks.add(db, keyring, actor, found, wanted, os.urandom(8).hex(), MOMENT)
        hook = (await db.execute(select(webhook).where(webhook.c.id == made))).one()
        where.secrets = [keyring.unseal(hook.secret, "webhook.secret")]
    return made


async def feed(database: Database, town: Town) -> None:
    await drain(database, webhooks.consumer(Houses(town.house.registry, town.house.keyring), lambda: MOMENT, SOURCE))


async def call(caller: calling.Caller) -> int:
    begun = await caller.begin()
    await caller.settle()
    return begun


async def deliveries(database: Database, hook: int) -> list[Any]:
    async with database.transaction() as db:
        return list(await db.execute(select(webhook_delivery).where(webhook_delivery.c.webhook_id == hook).order_by(webhook_delivery.c.id)))


async def the(database: Database, hook: int) -> Any:
    async with database.transaction() as db:
        return (await db.execute(select(webhook).where(webhook.c.id == hook))).one()


async def tries(database: Database) -> list[tuple[int | None, str]]:
    async with database.transaction() as db:
        rows = await db.execute(select(webhook_try.c.status, webhook_try.c.answer).order_by(webhook_try.c.id))
        return [tuple(r) for r in rows]


# -- what is told, to whom ------------------------------------------------------------------------------------------------------


async def test_an_event_comes_as_a_signed_cloud_event_without_a_word_that_a_person_wrote(
    database: Database, town: Town, wanted: Any, caller: calling.Caller, other: Receiver
) -> None:
    hook = await added(database, town, other)
    number = await file(database, town, wanted, text="The lamp before my bedroom is dark.")
    await act(database, town, number, "sign")
    await act(database, town, number, "note", text="Among us.")
    await feed(database, town)
    assert await call(caller) == 1
    assert other.signed == [True, True]
    first, then = other.heard
    assert set(first) == {"specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"}
    assert (first["specversion"], first["type"], first["subject"]) == ("1.0", "banshi.case.opened", number)
    assert first["source"] == "https://city.example/d/east"
    assert then["type"] == "banshi.case.moved"
    assert set(then["data"]) == {"number", "sequence", "case_type", "district", "kind", "state", "department", "at"}
    assert (then["data"]["kind"], then["data"]["state"], then["data"]["case_type"]) == ("sign", "working", "tickets.request")
    assert other.ids == [f"evt_{number}_1", f"evt_{number}_2"] == [e["id"] for e in other.heard]
    assert other.types == ["application/cloudevents+json; charset=utf-8"] * 2
    said = msgspec.json.encode(other.heard).decode()
    for private in ("bedroom", "张小芳", "1234", "Among us", "note"):
        assert private not in said
    assert [d.state for d in await deliveries(database, hook)] == ["sent", "sent"]
    assert await call(caller) == 0


async def test_events_that_are_fed_twice_are_told_once(database: Database, town: Town, wanted: Any, caller: calling.Caller, other: Receiver) -> None:
    await added(database, town, other)
    await file(database, town, wanted)
    for _ in range(2):
        await feed(database, town)
        await call(caller)
        async with database.transaction() as db:
            await db.execute(relay.relay_cursor.delete())
    assert len(other.heard) == 1


async def test_a_hook_hears_of_its_district_its_topics_and_of_staff_only_where_it_is_of_the_house(
    database: Database, town: Town, wanted: Any, caller: calling.Caller, other: Receiver, second: Receiver
) -> None:
    await added(database, town, other, topics=("decided",), district="ruan")
    await added(database, town, second, topics=("internal",), internal=True, district="ruan")
    number = await file(database, town, wanted)
    await act(database, town, number, "sign")
    await act(database, town, number, "note", text="Among us.")
    await act(database, town, number, "answer", text="It is lit again.")
    await file(database, town, wanted, district="north", area="pine", text="Here, too.")
    await feed(database, town)
    assert await call(caller) == 2
    assert [e["data"]["kind"] for e in other.heard] == ["answer"]
    assert [e["data"]["kind"] for e in second.heard] == ["note"]
    assert "Among us" not in msgspec.json.encode(second.heard).decode()
    with pytest.raises(Invalid) as refused:
        webhooks.check(webhooks.Wanted(title="x", url=other.address, topics=("internal",)), private=True)
    assert "topics" in refused.value.problems


async def test_another_districts_events_are_not_told(database: Database, town: Town, wanted: Any, caller: calling.Caller, other: Receiver) -> None:
    await added(database, town, other, district="north")
    await file(database, town, wanted)
    await feed(database, town)
    assert await call(caller) == 0


# -- what can go wrong there ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ((500, {}, "壞了 broken\x00\x1b[2J".encode() + b"x" * 1000), 500, "broken"),
        ((302, {"location": "https://elsewhere.example/"}, b"go there"), 302, "go there"),
        ("hang", None, "no answer in time"),
        ("drip", None, "no answer in time"),
        ((429, {}, b"slowly"), 429, "slowly"),
    ],
)
async def test_what_fails_is_written_down_and_tried_later(
    database: Database, town: Town, wanted: Any, caller: calling.Caller, other: Receiver, now: Now, answer: Any, status: int | None, said: str
) -> None:
    other.answers = [answer, 204]
    hook = await added(database, town, other)
    await file(database, town, wanted)
    await feed(database, town)
    began = time.monotonic()
    assert await call(caller) == 1
    assert time.monotonic() - began < 2.5
    assert await call(caller) == 0, "it rests"
    ((found, told),) = await tries(database)
    assert found == status
    assert said in told
    assert len(told) <= 500
    assert "\x00" not in told
    assert "\x1b" not in told
    kept = await the(database, hook)
    assert kept.failures == 1
    assert kept.failing_since is not None
    now.ahead += timedelta(minutes=2)
    assert await call(caller) == 1
    assert (await deliveries(database, hook))[0].state == "sent"
    kept = await the(database, hook)
    assert (kept.failures, kept.failing_since) == (0, None)
    assert len(set(other.ids)) == 1, "the same id at every try"


async def test_a_hook_that_hangs_holds_up_nobody_else_and_is_called_one_at_a_time(
    database: Database, town: Town, wanted: Any, now: Now, other: Receiver, second: Receiver
) -> None:
    slow = calling.Caller(database, town.house.keyring, now, private=True, patience=2.0)
    other.answers = ["hang"]
    await added(database, town, other)
    await added(database, town, second)
    for n in range(5):
        await file(database, town, wanted, text=f"Lamp {n} is dark.")
    await feed(database, town)
    began = time.monotonic()
    callers = [slow, calling.Caller(database, town.house.keyring, now, private=True, patience=2.0)]
    for one in callers:
        await one.begin()
    while len(second.heard) < 5 and time.monotonic() - began < 5:  # noqa: ASYNC110 -- another thread hears it
        await asyncio.sleep(0.02)
    assert time.monotonic() - began < 1.5, "the other one has everything while this one hangs"
    for one in callers:
        await one.settle()
    assert other.most_at_once == second.most_at_once == 1
    assert len(other.heard) == 1, "after the first failure it rests"
    assert len(second.heard) == 5


async def test_a_refusal_of_one_event_does_not_stop_the_next(
    database: Database, town: Town, wanted: Any, caller: calling.Caller, other: Receiver
) -> None:
    other.answers = [422, 204]
    hook = await added(database, town, other)
    for n in range(2):
        await file(database, town, wanted, text=f"Lamp {n} is dark.")
    await feed(database, town)
    await call(caller)
    assert [d.state for d in await deliveries(database, hook)] == ["waiting", "sent"]
    assert (await the(database, hook)).failing_since is None


async def test_after_days_of_failure_it_is_disabled_on_the_record_and_a_press_calls_it_again(
    database: Database, town: Town, wanted: Any, caller: calling.Caller, other: Receiver, now: Now
) -> None:
    other.answers = [500]
    hook = await added(database, town, other)
    await file(database, town, wanted)
    await feed(database, town)
    for _ in range(60):
        await call(caller)
        if (await the(database, hook)).state == "disabled":
            break
        now.ahead += timedelta(hours=10)
    kept = await the(database, hook)
    assert kept.state == "disabled"
    assert now() - kept.failing_since >= timedelta(days=5)
    async with database.transaction() as db:
        kinds = [(r.kind, r.capacity) for r in await db.execute(select(audit_entry).order_by(audit_entry.c.sequence))]
        assert ("webhook.disabled", "system") in kinds
        other.answers = [204]
        await webhooks.resume(db, town.house.keyring, town.staff["90001"], kept, now())
    await call(caller)
    assert (await deliveries(database, hook))[0].state == "sent"


async def test_an_address_that_is_gone_for_good_is_disabled_at_once(
    database: Database, town: Town, wanted: Any, caller: calling.Caller, other: Receiver
) -> None:
    other.answers = [410]
    hook = await added(database, town, other)
    await file(database, town, wanted)
    await feed(database, town)
    await call(caller)
    assert (await the(database, hook)).state == "disabled"


async def test_waits_grow_and_a_delivery_is_given_up_at_last(database: Database) -> None:
    waits = [calling.wait(n, calling.LONGEST) for n in range(1, calling.MOST_TRIES)]
    assert all(a * 0.5 < b for a, b in pairwise(waits))
    assert max(waits) <= calling.LONGEST * 1.25
    assert sum(waits, timedelta()) > timedelta(days=1)
    assert len({calling.wait(3, calling.LONGEST) for _ in range(5)}) > 1, "jitter"


DYING = """
import asyncio, sys
from banshi import clock
from banshi.db import Database
from banshi.notify import calling
from banshi.privacy import Keyring
from banshi.settings import from_environment
settings = from_environment()
async def main():
    caller = calling.Caller(Database(settings.database_url), Keyring(settings.keys()), clock.now, private=True)
    await caller.begin()
    await caller.settle()
asyncio.run(main())
"""


async def test_a_worker_that_dies_between_the_call_and_its_mark_calls_again_with_the_same_id(
    database: Database, town: Town, wanted: Any, caller: calling.Caller, other: Receiver, now: Now
) -> None:
    hook = await added(database, town, other)
    await file(database, town, wanted)
    await feed(database, town)
    environ = {"BANSHI_DATABASE_URL": database.url, "BANSHI_SECRET_KEY": SECRET}
    process = subprocess.Popen([sys.executable, "-c", DYING], env={**os.environ, **environ})  # noqa: ASYNC220 -- it is to be killed
    other.on_call = lambda: os.kill(process.pid, signal.SIGKILL)
    assert await asyncio.to_thread(process.wait, 60) == -signal.SIGKILL
    other.on_call = lambda: None
    assert len(other.heard) == 1
    assert await call(caller) == 0, "the dead one's lease still stands"
    now.ahead += timedelta(minutes=4)
    other.secrets = []  # its stamp is ahead of the wall's clock
    assert await call(caller) == 1
    assert len(other.ids) == 2
    assert len(set(other.ids)) == 1
    assert (await deliveries(database, hook))[0].state == "sent"


# -- the fence --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "ff02::1",
        "fe80::1%lo",
    ],
)
def test_no_address_of_the_own_network_is_public(address: str) -> None:
    assert not fence.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "203.0.114.1", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_addresses_that_anybody_reaches_are(address: str) -> None:
    assert fence.is_public(address)


async def test_a_name_that_leads_home_is_not_called_and_that_is_written_down(
    database: Database, town: Town, wanted: Any, now: Now, other: Receiver
) -> None:
    hook = await added(database, town, other)
    port = other.address.rpartition(":")[2]
    async with database.transaction() as db:  # a name that was public when it was added
        await db.execute(update(webhook).where(webhook.c.id == hook).values(url=f"http://localhost:{port}"))
    await file(database, town, wanted)
    await feed(database, town)
    fenced = calling.Caller(database, town.house.keyring, now, private=False, patience=1.0)
    await call(fenced)
    assert other.heard == []
    ((status, said),) = await tries(database)
    assert status is None
    assert "own network" in said


@pytest.mark.parametrize("url", ["http://localhost:{port}/", "http://nowhere.invalid/", "https://127.0.0.1:{port}/"])
async def test_nobody_there_no_such_name_no_certificate(database: Database, town: Town, now: Now, other: Receiver, url: str) -> None:
    port = other.address.rpartition(":")[2].partition("/")[0] if url.startswith("https") else free_port()
    caller = calling.Caller(database, town.house.keyring, now, private=True, patience=2.0)
    answer = await caller.call(url.format(port=port), {}, b"{}")
    assert answer.status is None
    assert answer.said
    assert other.heard == []


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org",
        "ftp://example.org/",
        "http://example.org/",
        "https://user:pw@example.org/",
        "https://example.org/#x",
        "https://example.org/ x",
        "https://exa\nmple.org/",
        "https:///x",
        "https://example.org:99999/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://2130706433/",
        "https://127.1/",
        "https://[::1]/",
        "https://10.0.0.8/hook",
        "https://169.254.169.254/latest/meta-data/",
        "https://example.org/" + "x" * 1000,
        "javascript:alert(1)",
    ],
)
def test_an_address_that_cannot_be_a_webhook_is_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        fence.read_url(url, private=False)
    assert "url" in refused.value.problems


def test_a_good_address_is_kept_as_it_is_called() -> None:
    assert fence.read_url(" https://Example.org:8443/hook?a=b ", private=False) == "https://example.org:8443/hook?a=b"
    assert fence.read_url("https://例子.cn", private=False) == "https://xn--fsqu00a.cn/"
    assert fence.read_url("http://127.0.0.1:9/x", private=True) == "http://127.0.0.1:9/x"


# -- what an administrator does ------------------------------------------------------------------------------------------------------


async def test_while_a_secret_is_rotated_both_sign_and_then_only_the_new_one(
    database: Database, town: Town, wanted: Any, caller: calling.Caller, other: Receiver, now: Now
) -> None:
    hook = await added(database, town, other)
    keyring, actor = town.house.keyring, town.staff["90001"]
    async with database.transaction() as db:
        await webhooks.rotate(db, keyring, actor, await webhooks.one(db, hook, [town.district("east")], lock=True), now())
        fresh = await webhooks.secret(db, keyring, actor, await webhooks.one(db, hook, [town.district("east")]), now())
    assert fresh.startswith("whsec_")
    assert other.secrets[0] not in repr(await the(database, hook))
    other.secrets.append(fresh)
    await file(database, town, wanted)
    await feed(database, town)
    await call(caller)
    assert other.signed == [True], "under the old and under the new one"
    async with database.transaction() as db:
        await db.execute(update(webhook).where(webhook.c.id == hook).values(old_until=now() - timedelta(seconds=1)))
    await file(database, town, wanted, text="Another one.")
    await feed(database, town)
    await call(caller)
    assert other.signed == [True, False]


async def test_paused_nothing_is_called_and_nothing_lost_and_what_was_sent_can_be_sent_again(
    database: Database, town: Town, wanted: Any, caller: calling.Caller, other: Receiver, now: Now
) -> None:
    hook = await added(database, town, other)
    keyring, actor, here = town.house.keyring, town.staff["90001"], [town.district("east")]
    async with database.transaction() as db:
        await webhooks.pause(db, keyring, actor, await webhooks.one(db, hook, here), now())
        with pytest.raises(Conflict):
            await webhooks.send_test(db, keyring, actor, await webhooks.one(db, hook, here), SOURCE, now())
    await file(database, town, wanted)
    await feed(database, town)
    assert await call(caller) == 0
    async with database.transaction() as db:
        await webhooks.resume(db, keyring, actor, await webhooks.one(db, hook, here), now())
        await webhooks.send_test(db, keyring, actor, await webhooks.one(db, hook, here), SOURCE, now())
    now.ahead += timedelta(seconds=1)
    await call(caller)
    assert [e["type"] for e in other.heard] == ["banshi.case.opened", "banshi.test"]
    (first, _test) = await deliveries(database, hook)
    async with database.transaction() as db:
        await webhooks.redeliver(db, keyring, actor, await webhooks.one(db, hook, here), first.id, now())
        with pytest.raises(NotFound):
            await webhooks.redeliver(db, keyring, actor, await webhooks.one(db, hook, here), first.id + 1000, now())
        with pytest.raises(NotFound):
            await webhooks.one(db, hook, [town.district("north")])
    now.ahead += timedelta(seconds=1)
    await call(caller)
    assert other.ids[0] == other.ids[2]
    async with database.transaction() as db:
        rows, more = await webhooks.log(db, hook)
        assert more is None
        assert [len(r.log) for r in rows] == [1, 2]
        await webhooks.remove(db, keyring, actor, await webhooks.one(db, hook, here), now())
        kinds = [r.kind for r in await db.execute(select(audit_entry.c.kind).order_by(audit_entry.c.sequence))]
    assert [k.removeprefix("webhook.") for k in kinds] == ["added", "paused", "resumed", "tested", "redelivered", "removed"]


async def test_adding_is_done_once_however_often_it_is_sent(database: Database, town: Town) -> None:
    wanted = webhooks.check(webhooks.Wanted(title="Partner", url="https://example.org/"), private=False)
    east = town.house.directory.tree.find("east")
    assert east is not None

    async def add() -> int:
        async with database.transaction() as db:
            return await webhooks.add(db, town.house.keyring, town.staff["90001"], east, wanted, "one key", MOMENT)

    assert len(set(await asyncio.gather(*(add() for _ in range(5))))) == 1
    async with database.transaction() as db:
        assert len((await db.execute(select(audit_entry).where(audit_entry.c.kind == "webhook.added"))).all()) == 1


async def test_old_lines_of_the_log_are_swept_and_what_waited_for_a_month_is_given_up(
    database: Database, town: Town, wanted: Any, other: Receiver
) -> None:
    hook = await added(database, town, other)
    await file(database, town, wanted)
    await feed(database, town)
    async with database.transaction() as db:
        (row,) = await db.execute(select(webhook_delivery))
        await webhooks.sweep(db, row.created + timedelta(days=31))
    assert [d.state for d in await deliveries(database, hook)] == ["failed"]
    async with database.transaction() as db:
        await webhooks.sweep(db, row.created + timedelta(days=62))
    assert await deliveries(database, hook) == []
