"""The relay skips nothing, whatever the order of commits."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, select, text

from banshi import notify
from banshi.cases import acting, opening
from banshi.cases.acting import Act
from banshi.cases.tables import case, case_event
from banshi.db import Connection, Database
from banshi.jobs import relay
from banshi.jobs.relay import Consumer
from banshi.testing import MOMENT, Town


class Listener:
    """A consumer that remembers what it was handed."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, int]] = []

    async def take(self, _db: Connection, events: Sequence[Row[Any]]) -> None:
        self.heard += [(e.case_id, e.sequence) for e in events]

    @property
    def consumer(self) -> Consumer:
        return Consumer("listener", self.take)


async def drain(database: Database, consumer: Consumer) -> None:
    """Feed the consumer until nothing is left, waiting out whatever runs in the other databases of the server."""
    quiet = 0
    while quiet < 3:
        async with database.transaction() as db:
            fed = await relay.feed(db, consumer, batch=7)
            left = (await db.execute(text(LEFT), {"consumer": consumer.name})).scalar_one()
        quiet = quiet + 1 if not fed and not left else 0
        if left and not fed:
            await asyncio.sleep(0.01)


LEFT = """
select count(*) from kernel.case_event e where not exists (
    select from kernel.relay_cursor c where c.consumer = :consumer and (c.xid, c.case_id, c.sequence) >= (e.xid, e.case_id, e.sequence))
"""


async def test_an_event_that_commits_late_is_not_skipped(database: Database, town: Town, wanted: Any) -> None:
    listener, resident = Listener(), town.residents["resident0"]
    async with database.transaction() as slow:
        await opening.open_one(slow, town.house, resident, wanted(text="Slow."), MOMENT)
        async with database.transaction() as quick:
            await opening.open_one(quick, town.house, resident, wanted(text="Quick."), MOMENT)
        for _ in range(3):
            async with database.transaction() as db:
                await relay.feed(db, listener.consumer)
        assert listener.heard == [], "while the earlier one runs, the later one is not final"
    await drain(database, listener.consumer)
    assert len(listener.heard) == 2


async def test_under_concurrent_commits_every_event_is_heard_exactly_once_and_in_its_cases_order(database: Database, town: Town, wanted: Any) -> None:
    listener, resident, rng = Listener(), town.residents["resident0"], random.Random(7)
    note = town.house.registry.case_type("tickets.request").action("note").form
    done = asyncio.Event()

    async def work(i: int) -> None:
        async with database.transaction() as db:
            number = (await opening.open_one(db, town.house, resident, wanted(text=f"Case {i}."), MOMENT)).number
            await asyncio.sleep(rng.random() * 0.05)
        for _ in range(3):
            async with database.transaction() as db:
                await acting.act_one(db, town.house, town.staff["10001"], Act(number=number, action="note", form=note(text="x")), MOMENT)
                await asyncio.sleep(rng.random() * 0.02)

    async def listen() -> None:
        while not done.is_set():
            async with database.transaction() as db:
                await relay.feed(db, listener.consumer, batch=5)
            await asyncio.sleep(0.001)

    ears = [asyncio.create_task(listen()) for _ in range(2)]
    await asyncio.gather(*(work(i) for i in range(20)))
    done.set()
    await asyncio.gather(*ears)
    await drain(database, listener.consumer)
    async with database.transaction() as db:
        written = {(r.case_id, r.sequence) for r in await db.execute(select(case_event.c.case_id, case_event.c.sequence))}
    assert len(listener.heard) == len(set(listener.heard)) == 80
    assert set(listener.heard) == written
    last: dict[int, int] = {}
    for case_id, sequence in listener.heard:
        assert sequence == last.get(case_id, 0) + 1
        last[case_id] = sequence


async def test_a_consumer_that_fails_is_handed_the_same_events_again(database: Database, town: Town, wanted: Any) -> None:
    async with database.transaction() as db:
        await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)

    async def fail(_db: Connection, _events: Sequence[Row[Any]]) -> None:
        raise RuntimeError("out of order")

    try:
        async with database.transaction() as db:
            await relay.feed(db, Consumer("listener", fail))
    except RuntimeError:
        pass
    listener = Listener()
    await drain(database, listener.consumer)
    assert len(listener.heard) == 1


async def test_the_applicant_has_a_notice_of_what_the_office_did_and_the_officer_of_what_was_added(
    database: Database, town: Town, wanted: Any
) -> None:
    resident, clerk = town.residents["resident0"], town.staff["10001"]
    case_type = town.house.registry.case_type("tickets.request")
    async with database.transaction() as db:
        number = (await opening.open_one(db, town.house, resident, wanted(), MOMENT)).number
        await acting.act_one(db, town.house, clerk, Act(number=number, action="sign"), MOMENT)
        await acting.act_one(db, town.house, clerk, Act(number=number, action="note", form=case_type.action("note").form(text="x")), MOMENT)
        await acting.act_one(db, town.house, resident, Act(number=number, action="add", form=case_type.action("add").form(text="y")), MOMENT)
    await drain(database, notify.NOTICES)
    async with database.transaction() as db:
        case_id = (await db.execute(select(case.c.id).where(case.c.number == number))).scalar_one()
        assert resident.person_id is not None
        assert clerk.person_id is not None
        sequences = (await db.execute(select(notify.notice.c.capacity, notify.notice.c.sequence).order_by(notify.notice.c.sequence))).all()
        assert [tuple(s) for s in sequences] == [("resident", 2), ("staff", 4)], "an internal note is told to nobody outside"
        await notify.read(db, resident.person_id, "resident", case_id)
        assert await notify.unread(db, resident.person_id, "resident", [case_id]) == {}
        assert await notify.unread(db, clerk.person_id, "staff", [case_id]) == {case_id: MOMENT}


async def test_an_officer_has_a_notice_of_praise_and_of_what_a_colleague_gave_them(database: Database, town: Town, wanted: Any) -> None:
    clerk, colleague = town.staff["10001"], town.staff["10002"]
    assign = town.house.registry.case_type("tickets.request").action("assign").form
    async with database.transaction() as db:
        praise = wanted(kind="praise", officer="10001", text="Thank you.")
        await opening.open_one(db, town.house, town.residents["resident0"], praise, MOMENT)
        number = (await opening.open_one(db, town.house, town.residents["resident1"], wanted(), MOMENT)).number
        await acting.act_one(db, town.house, clerk, Act(number=number, action="sign"), MOMENT)
        await acting.act_one(db, town.house, clerk, Act(number=number, action="assign", form=assign(officer="10002")), MOMENT)
    await drain(database, notify.NOTICES)
    async with database.transaction() as db:
        told = select(notify.notice.c.person_id, notify.notice.c.sequence).where(notify.notice.c.capacity == "staff")
        found = {tuple(r) for r in await db.execute(told)}
    assert found == {(clerk.person_id, 1), (colleague.person_id, 3)}
