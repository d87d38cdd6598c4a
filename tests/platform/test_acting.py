"""Acting on a case: what the state and the post allow, once, and never past somebody who was faster."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest

from banshi.cases import acting, attaching, opening, reading
from banshi.cases.acting import Act, Acted
from banshi.cases.decoding import decode
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.documents.receiving import Receiver
from banshi.documents.store import store
from banshi.errors import Changed, Forbidden, KeyReused, NotAllowedNow, NotFound
from banshi.testing import MOMENT, Town, statements


def form(town: Town, action: str, **data: Any) -> msgspec.Struct:
    return decode(town.house.registry.case_type("tickets.request").action(action).form, data)


async def lamp(db: Connection, town: Town, wanted: Any, **data: Any) -> str:
    return (await opening.open_one(db, town.house, town.residents["resident0"], wanted(**data), MOMENT)).number


async def test_a_case_goes_from_filing_to_answer(db: Connection, town: Town, wanted: Any) -> None:
    number, clerk, resident = await lamp(db, town, wanted), town.staff["10001"], town.residents["resident0"]
    for actor, action, data in (
        (clerk, "sign", {}),
        (clerk, "ask", {"text": "Which pole?"}),
        (resident, "reply", {"text": "The third."}),
        (clerk, "answer", {"text": "The controller is replaced."}),
        (clerk, "close", {"outcome": "settled"}),
    ):
        await acting.act_one(db, town.house, actor, Act(number=number, action=action, form=form(town, action, **data)), MOMENT)
    row = await reading.get(db, town.house, resident, number)
    assert (row.state, row.outcome, row.closed, row.revision, row.sequence) == ("closed", "settled", MOMENT, 6, 6)
    assert row.assignee_id == clerk.post_id
    story = await reading.story(db, row.id, reading.FOR_APPLICANT)
    assert [e.kind for e in story] == ["opened", "sign", "ask", "reply", "answer", "close"]


async def test_the_state_forbids_what_it_does_not_declare(db: Connection, town: Town, wanted: Any) -> None:
    number = await lamp(db, town, wanted)
    with pytest.raises(NotAllowedNow, match="is in the state"):
        await acting.act_one(db, town.house, town.staff["10001"], Act(number=number, action="answer", form=form(town, "answer", text="x")), MOMENT)


async def test_a_post_without_the_permission_is_refused(db: Connection, town: Town, wanted: Any) -> None:
    number = await lamp(db, town, wanted)
    with pytest.raises(Forbidden):
        await acting.act_one(db, town.house, town.staff["30001"], Act(number=number, action="sign"), MOMENT)


async def test_another_departments_case_is_not_there(db: Connection, town: Town, wanted: Any) -> None:
    number = await lamp(db, town, wanted)
    for colleague in ("10003", "10004", "90001"):
        with pytest.raises(NotFound):
            await acting.act_one(db, town.house, town.staff[colleague], Act(number=number, action="sign"), MOMENT)
        with pytest.raises(NotFound):
            await reading.get(db, town.house, town.staff[colleague], number)


async def test_another_residents_case_is_not_there(db: Connection, town: Town, wanted: Any) -> None:
    number = await lamp(db, town, wanted)
    with pytest.raises(NotFound):
        await acting.act_one(db, town.house, town.residents["resident1"], Act(number=number, action="add", form=form(town, "add", text="x")), MOMENT)


async def test_a_resident_takes_no_staff_action(db: Connection, town: Town, wanted: Any) -> None:
    number = await lamp(db, town, wanted)
    with pytest.raises(Forbidden):
        await acting.act_one(db, town.house, town.residents["resident0"], Act(number=number, action="sign"), MOMENT)


async def test_staff_never_work_their_own_case(db: Connection, town: Town, wanted: Any) -> None:
    clerk = town.staff["10001"]
    own = Actor(capacity="resident", person_id=clerk.person_id)
    number = (await opening.open_one(db, town.house, own, wanted(), MOMENT)).number
    with pytest.raises(NotFound):
        await acting.act_one(db, town.house, clerk, Act(number=number, action="sign"), MOMENT)
    listed = await reading.listing(db, town.house, clerk, reading.Query())
    assert listed.rows == []
    assert (await reading.get(db, town.house, own, number)).number == number


async def test_the_second_of_two_clerks_is_told_what_changed(database: Database, town: Town, wanted: Any) -> None:
    async with database.transaction() as db:
        number = await lamp(db, town, wanted)
    both = [town.staff["10001"], town.staff["10002"]]

    async def sign(clerk: Actor) -> Acted | Changed:
        async with database.transaction() as db:
            try:
                return await acting.act_one(db, town.house, clerk, Act(number=number, action="sign", revision=1), MOMENT)
            except Changed as refused:
                return refused

    results = await asyncio.gather(*(sign(c) for c in both))
    told = next(r for r in results if isinstance(r, Changed))
    assert sum(isinstance(r, Acted) for r in results) == 1
    assert [e.kind for e in told.events] == ["sign"]


async def attach(db: Connection, town: Town, actor: Actor, number: str, folder: Path, content: bytes) -> None:
    """Add a file to a case, as the platform adds its papers and a resident their own."""
    row, kept = await attaching.locked(db, number), store("", folder)
    with Receiver(folder, largest=1000) as receiver:
        receiver.take(content)
        received = await receiver.done("a.txt")
        await attaching.attach(db, town.house, actor, row, [(received, "clean")], MOMENT, store=kept, most=9)


async def test_a_paper_that_the_platform_made_meanwhile_sends_no_clerk_back(db: Connection, town: Town, wanted: Any, tmp_path: Path) -> None:
    number, clerk = await lamp(db, town, wanted), town.staff["10001"]
    for content in (b"a receipt", b"another one"):
        await attach(db, town, Actor.SYSTEM, number, tmp_path, content)
    with pytest.raises(Changed) as refused:  # of a program: its revision is the very one
        await acting.act_one(db, town.house, clerk, Act(number=number, action="sign", revision=1), MOMENT)
    assert [e.kind for e in refused.value.events] == ["attached", "attached"]
    with pytest.raises(Changed):
        await acting.act_one(db, town.house, clerk, Act(number=number, action="sign", revision=9, page=True), MOMENT)
    done = await acting.act_one(db, town.house, clerk, Act(number=number, action="sign", revision=1, page=True), MOMENT)
    assert (done.state, done.revision) == ("working", 4)


async def test_what_anybody_else_added_or_did_meanwhile_is_told_on_a_page_too(db: Connection, town: Town, wanted: Any, tmp_path: Path) -> None:
    number, clerk, resident = await lamp(db, town, wanted), town.staff["10001"], town.residents["resident0"]
    await attach(db, town, Actor.SYSTEM, number, tmp_path, b"a receipt")
    await attach(db, town, resident, number, tmp_path, b"a picture of the lamp")
    with pytest.raises(Changed):
        await acting.act_one(db, town.house, clerk, Act(number=number, action="sign", revision=1, page=True), MOMENT)
    with pytest.raises(Changed):
        await acting.act_one(db, town.house, clerk, Act(number=number, action="sign", revision=2, page=True), MOMENT)
    await acting.act_one(db, town.house, clerk, Act(number=number, action="sign", revision=3, page=True), MOMENT)
    answer = form(town, "answer", text="Mended.")
    with pytest.raises(Changed):
        await acting.act_one(db, town.house, clerk, Act(number=number, action="answer", form=answer, revision=3, page=True), MOMENT)


async def test_what_a_resident_adds_is_never_too_late(db: Connection, town: Town, wanted: Any) -> None:
    number = await lamp(db, town, wanted)
    await acting.act_one(db, town.house, town.staff["10001"], Act(number=number, action="sign"), MOMENT)
    added = Act(number=number, action="add", form=form(town, "add", text="And the next one too."), revision=1)
    assert (await acting.act_one(db, town.house, town.residents["resident0"], added, MOMENT)).revision == 3


async def test_an_action_sent_twice_is_done_once(db: Connection, town: Town, wanted: Any) -> None:
    number, clerk = await lamp(db, town, wanted), town.staff["10001"]
    sign = Act(number=number, action="sign", revision=1, key="press")
    first, second = [await acting.act_one(db, town.house, clerk, sign, MOMENT) for _ in range(2)]
    assert (first.fresh, second.fresh) == (True, False)
    assert first.revision == second.revision == 2
    with pytest.raises(KeyReused):
        await acting.act_one(db, town.house, clerk, Act(number=number, action="note", form=form(town, "note", text="x"), key="press"), MOMENT)


async def test_an_action_pressed_many_times_at_once_is_done_once(database: Database, town: Town, wanted: Any) -> None:
    async with database.transaction() as db:
        number = await lamp(db, town, wanted)

    async def press() -> Acted:
        async with database.transaction() as db:
            return await acting.act_one(db, town.house, town.staff["10001"], Act(number=number, action="sign", revision=1, key="p"), MOMENT)

    results = await asyncio.gather(*(press() for _ in range(20)))
    assert sum(r.fresh for r in results) == 1
    async with database.transaction() as db:
        row = await reading.get(db, town.house, town.staff["10001"], number)
        assert (row.revision, row.sequence) == (2, 2)


async def test_many_cases_are_acted_on_in_two_statements_with_a_result_each(database: Database, town: Town, wanted: Any) -> None:
    clerk = town.staff["10001"]
    async with database.transaction() as db:
        asked = [wanted(text=f"Lamp {i}.") for i in range(12)]
        opened = [o.number for o in await opening.open_many(db, town.house, town.residents["resident0"], asked, MOMENT)]
        await acting.act_one(db, town.house, clerk, Act(number=opened[0], action="sign"), MOMENT)
    with statements(database) as said:
        async with database.transaction() as db:
            results = await acting.act_many(db, town.house, clerk, [Act(number=n, action="sign") for n in opened], MOMENT)
    assert isinstance(results[0], NotAllowedNow)
    assert all(isinstance(r, Acted) for r in results[1:])
    assert len(said) == 2


async def test_many_at_once_in_any_order_do_not_lock_each_other_out(database: Database, town: Town, wanted: Any) -> None:
    async with database.transaction() as db:
        asked = [wanted(text=f"Lamp {i}.") for i in range(20)]
        opened = [o.number for o in await opening.open_many(db, town.house, town.residents["resident0"], asked, MOMENT)]

    async def note(numbers: list[str]) -> list[Any]:
        async with database.transaction() as db:
            acts = [Act(number=n, action="note", form=form(town, "note", text="seen")) for n in numbers]
            return await acting.act_many(db, town.house, town.staff["10001"], acts, MOMENT)

    results = await asyncio.gather(*(note(opened if i % 2 else opened[::-1]) for i in range(8)))
    assert all(isinstance(r, Acted) for many in results for r in many)


async def test_the_holder_of_a_code_acts_as_the_applicant(db: Connection, town: Town, wanted: Any) -> None:
    number = (await opening.open_one(db, town.house, Actor(capacity="resident"), wanted(), MOMENT)).number
    holder = Actor(capacity="resident", holds=number)
    done = await acting.act_one(db, town.house, holder, Act(number=number, action="add", form=form(town, "add", text="More.")), MOMENT)
    assert done.sequence == 2
    with pytest.raises(NotFound):
        await acting.act_one(db, town.house, Actor(capacity="resident"), Act(number=number, action="add", form=form(town, "add", text="x")), MOMENT)


async def test_reopening_forgets_the_outcome(db: Connection, town: Town, wanted: Any) -> None:
    number, clerk = await lamp(db, town, wanted), town.staff["10001"]
    for action, data in (("sign", {}), ("answer", {"text": "Done."}), ("close", {"outcome": "settled"})):
        await acting.act_one(db, town.house, clerk, Act(number=number, action=action, form=form(town, action, **data)), MOMENT)
    reopen = Act(number=number, action="reopen", form=form(town, "reopen", text="Dark again."))
    await acting.act_one(db, town.house, town.staff["20001"], reopen, MOMENT)
    row = await reading.get(db, town.house, clerk, number)
    assert (row.state, row.outcome, row.closed) == ("working", None, None)
