"""Several people report one matter: it is one piece of work, each keeps a number and is told, and it can be taken apart again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text, update

from banshi import notify
from banshi.cases import acting, following, linking, opening, reading, verifying
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.reading import Query
from banshi.cases.tables import case, case_event, case_link
from banshi.contracts import TOGETHER, Actor
from banshi.db import Connection, Database
from banshi.errors import Forbidden, Invalid, NotAllowedNow, NotFound, Refused
from banshi.testing import MOMENT, Town

LATER = MOMENT + timedelta(hours=1)


class Street:
    """One dark street and everybody who reports it."""

    def __init__(self, db: Connection, town: Town, wanted: Any) -> None:
        self.db, self.town, self.wanted, self.house = db, town, wanted, town.house
        self.clerk, self.at = town.staff["10001"], MOMENT

    async def file(self, who: str = "resident0", *, kind: str = "help", **more: Any) -> str:
        return (await opening.open_one(self.db, self.house, self.town.residents[who], self.wanted(kind=kind, **more), self.at)).number

    async def files(self, count: int = 3) -> list[str]:
        return [await self.file(f"resident{i % 2}", text=f"Dark {i}.") for i in range(count)]

    async def act(self, who: Actor | str, number: str, action: str, **data: Any) -> Any:
        self.at += timedelta(minutes=1)
        actor = self.town.staff[who] if isinstance(who, str) else who
        form = decode(self.house.registry.case_type("tickets.request").action(action).form, data)
        return await acting.act_one(self.db, self.house, actor, Act(number=number, action=action, form=form), self.at)

    async def merge(self, master: str, *members: str, who: Actor | None = None) -> Any:
        self.at += timedelta(minutes=1)
        return await linking.merge(self.db, self.house, who or self.clerk, master, members, self.at)

    async def tell(self) -> int:
        """Tell members what is new, as the relay does."""
        ids = [r.id for r in await self.db.execute(select(case.c.id))]
        return await following.follow(self.db, self.house, ids) if await following.concerned(self.db, ids) else 0

    async def row(self, number: str) -> Any:
        return (await self.db.execute(select(case).where(case.c.number == number))).one()

    async def kinds(self, number: str) -> list[str]:
        events = select(case_event.c.kind).join(case, case.c.id == case_event.c.case_id).where(case.c.number == number)
        return [r.kind for r in await self.db.execute(events.order_by(case_event.c.sequence))]

    async def listed(self, **query: Any) -> set[str]:
        found = await reading.listing(self.db, self.house, self.clerk, Query(**({"open": True, "members": False} | query)))
        return {r.number for r in found.rows}


@pytest.fixture
def street(db: Connection, town: Town, wanted: Any) -> Street:
    return Street(db, town, wanted)


# -- joining ------------------------------------------------------------------------------------------------------------------


async def test_three_reports_are_one_piece_of_work_and_all_are_told(street: Street, town: Town) -> None:
    master, one, two = await street.files()
    await street.merge(master, one, two)
    await street.tell()
    assert await street.listed() == {master}
    await street.act("10001", master, "sign")
    await street.act("10001", master, "answer", text="The cable is mended.", solved="yes", basis="")
    assert await street.tell() == 4
    for number in (one, two):
        row = await street.row(number)
        assert (row.state, row.department_id, row.facts["solved_by_department"]) == ("answered", town.department("lighting"), True)
        told = await reading.story(street.db, row.id, reading.FOR_APPLICANT)
        answer = next(e for e in told if e.kind == "answer")
        assert answer.body["form"]["text"] == "The cable is mended."
        assert (answer.body["told"]["with"], answer.post_id) == (master, street.clerk.post_id)
    assert await street.tell() == 0


async def test_notices_reach_every_applicant(street: Street, town: Town) -> None:
    master, one, _two = await street.files()
    await street.merge(master, one)
    await street.act("10001", master, "sign")
    await street.act("10001", master, "tell", text="Tomorrow.")
    await street.tell()
    events = (await street.db.execute(select(case_event).join(case, case.c.id == case_event.c.case_id).where(case.c.number == one))).all()
    await notify.take(street.db, events)
    news = await notify.unread(street.db, town.residents["resident1"].person_id or 0, "resident", [(await street.row(one)).id])
    assert news


async def test_what_concerns_one_person_is_not_told_to_the_others(street: Street) -> None:
    master, one, _two = await street.files()
    await street.merge(master, one)
    await street.act("10001", master, "sign")
    await street.tell()
    before = await street.kinds(one)
    await street.act("10001", master, "ask", text="Which door is yours?")
    await street.act(street.town.residents["resident0"], master, "reply", text="The red one.")
    await street.act("10001", master, "note", text="Called.")
    await street.tell()
    assert [k for k in (await street.kinds(one))[len(before) :] if k != linking.FOLLOWED] == []
    assert (await street.row(one)).state == "working"


async def test_a_member_is_called_back_and_rated_by_itself_and_the_others_are_not(street: Street) -> None:
    master, one, two = await street.files()
    await street.merge(master, one, two)
    await street.act("10001", master, "sign")
    await street.act("10001", master, "answer", text="Mended.", solved="yes")
    await street.tell()
    await street.act("20001", one, "call_back", reached="yes", solved="yes", rating="satisfied")
    assert ((await street.row(one)).state, (await street.row(two)).facts.get("rating")) == ("closed", None)
    await street.act(street.town.residents["resident0"], master, "confirm", solved="yes", rating="very_satisfied")
    await street.tell()
    assert [(await street.row(n)).state for n in (master, one, two)] == ["closed", "closed", "answered"]
    assert "rating" not in (await street.row(two)).facts
    desk = await reading.listing(street.db, street.house, street.town.staff["20001"], Query(open=True, states=("answered",), members=True))
    assert two in {r.number for r in desk.rows}


async def test_a_member_whose_resident_is_not_satisfied_is_worked_on_by_itself(street: Street, town: Town) -> None:
    master, one, two = await street.files()
    await street.merge(master, one, two)
    await street.act("10001", master, "sign")
    await street.act("10001", master, "answer", text="Mended.", solved="yes")
    await street.tell()
    await street.act(town.residents["resident1"], one, "confirm", solved="no", rating="dissatisfied")
    row = await street.row(one)
    assert (row.state, row.master_id) == ("working", None)
    assert one in await street.listed()
    await street.act("10001", one, "answer", text="Now yours too.", solved="yes")


async def test_staff_act_on_the_master_not_on_a_member(street: Street) -> None:
    master, one, _two = await street.files()
    await street.merge(master, one)
    with pytest.raises(NotAllowedNow, match="worked on together"):
        await street.act("10001", one, "sign")
    names = {a.name for a in acting.allowed(street.house, street.clerk, await street.row(one), LATER)}
    assert names == {"note", "recuse"}
    await street.act("10001", one, "note", text="Her line is bad.")
    await street.act(street.town.residents["resident1"], one, "add", text="Also at number 5.")


async def test_members_follow_to_the_next_department(street: Street, town: Town) -> None:
    master, one, _two = await street.files()
    await street.merge(master, one)
    await street.act("10001", master, "sign")
    await street.act("10001", master, "pass_on", department="east-works", text="The post is mended, the road is theirs.")
    await street.tell()
    assert (await street.row(one)).department_id == town.department("east-works")
    await street.act("10003", master, "sign")
    await street.act("10003", master, "assign", officer="10003")
    await street.tell()
    assert (await street.row(one)).assignee_id == town.staff["10003"].post_id


async def test_who_joins_later_is_told_how_things_stand_once(street: Street) -> None:
    master, one, _two = await street.files()
    await street.act("10001", master, "sign")
    await street.act("10001", master, "tell", text="Ordered.")
    await street.act("10001", master, "answer", text="Mended.", solved="yes")
    await street.merge(master, one)
    await street.tell()
    assert await street.kinds(one) == ["opened", linking.JOINED, "answer"]
    assert (await street.row(one)).state == "answered"


async def test_a_member_that_leads_others_brings_them_along(street: Street) -> None:
    a, b, c, d = await street.files(4)
    await street.merge(a, b)
    await street.merge(c, d)
    await street.merge(a, c)
    await street.tell()
    leader = (await street.row(a)).id
    assert [(await street.row(n)).master_id for n in (b, c, d)] == [leader] * 3
    assert await street.listed() == {a}


async def test_joined_twice_is_joined_once(street: Street) -> None:
    master, one, _two = await street.files()
    assert len(await street.merge(master, one)) == 2
    assert await street.merge(master, one) == []
    assert (await street.kinds(one)).count(linking.JOINED) == 1


async def test_what_cannot_be_joined(street: Street, town: Town) -> None:
    master, one, two = await street.files()
    north = await street.file(district="north", area="pine")
    report = await street.file(kind="report")
    discreet = await street.file(kind="complaint", discreet=True)
    intake = town.staff["20001"]
    closed = await street.file()
    await street.act(town.residents["resident0"], closed, "withdraw")
    for other, kind, said in (
        (master, Invalid, "itself"),
        (north, Invalid, "another district"),
        (report, Invalid, "protected"),
        (discreet, Invalid, "protected"),
        (closed, NotAllowedNow, "closed"),
    ):
        with pytest.raises(kind, match=said):
            await street.merge(master, other, who=intake)
        if other != master:
            with pytest.raises(Refused):
                await street.merge(other, master, who=intake)
    with pytest.raises(NotFound):
        await street.merge(master, north)
    with pytest.raises(Invalid):
        await street.merge(master)
    with pytest.raises(Invalid):
        await street.merge(master, *(f"{i:012d}" for i in range(linking.MOST + 1)))
    await street.merge(master, one)
    with pytest.raises(NotAllowedNow, match="member of another group"):
        await street.merge(one, two)
    with pytest.raises(NotAllowedNow, match="Take it out there first"):
        await street.merge(two, one)
    with pytest.raises(Forbidden):
        await street.merge(master, two, who=msgspec.structs.replace(street.clerk, permissions=street.clerk.permissions - {TOGETHER.name}))


# -- leaving ------------------------------------------------------------------------------------------------------------------


async def test_undone_it_is_as_before(street: Street, town: Town) -> None:
    master = await street.file(category="greenery")
    await street.db.execute(update(case).where(case.c.number == master).values(department_id=town.department("lighting")))
    one = await street.file("resident1")
    await street.act("10001", one, "sign")
    before = await street.row(one)
    await street.merge(master, one)
    await street.tell()
    await linking.leave(street.db, street.house, street.clerk, one, street.at, undo=True)
    after = await street.row(one)
    same = ("state", "department_id", "assignee_id", "helpers", "closed", "outcome", "master_id", "followed", "title", "data", "facts")
    assert [getattr(after, n) for n in same] == [getattr(before, n) for n in same]
    assert await street.kinds(one) == ["opened", "sign", linking.JOINED, linking.RESTORED]
    assert await street.listed() == {master, one}


async def test_after_more_happened_it_is_not_undone_but_taken_out_as_it_is(street: Street) -> None:
    master, one, _two = await street.files()
    await street.merge(master, one)
    await street.act("10001", master, "sign")
    await street.tell()
    with pytest.raises(NotAllowedNow, match="cannot be undone"):
        await linking.leave(street.db, street.house, street.clerk, one, street.at, undo=True)
    await linking.leave(street.db, street.house, street.clerk, one, street.at)
    assert ((await street.row(one)).state, (await street.row(one)).master_id) == ("working", None)
    await street.act("10001", master, "tell", text="Only for those who are still there.")
    await street.tell()
    assert "tell" not in await street.kinds(one)
    with pytest.raises(NotAllowedNow, match="in no group"):
        await linking.leave(street.db, street.house, street.clerk, one, street.at)


# -- joining at filing -----------------------------------------------------------------------------------------------------------


async def test_what_was_reported_nearby_is_found_and_joined(street: Street, town: Town) -> None:
    master, one, _two = await street.files()
    await street.merge(master, one)
    declared = street.house.registry.case_type("tickets.request")
    area = street.house.directory.tree.find("persimmon")
    assert area is not None
    near = await linking.alike(street.db, street.house, declared, "street_lighting", area.id)
    assert {(r.number, r.people) for r in near} == {(master, 2), (_two, 1)}
    lead = await linking.joinable(street.db, street.house, declared, town.district("east"), master)
    wanted = msgspec.structs.replace(street.wanted(kind="help"), master=lead, key="k")
    joined = await opening.open_one(street.db, street.house, town.residents["resident1"], wanted, LATER)
    again = await opening.open_one(street.db, street.house, town.residents["resident1"], wanted, LATER)
    assert (joined.number, again.fresh) == (again.number, False)
    await street.tell()
    row = await street.row(joined.number)
    assert (row.master_id, row.department_id) == ((await street.row(master)).id, town.department("lighting"))
    assert joined.number not in await street.listed()


@pytest.mark.parametrize(
    "more", [{"kind": "report"}, {"kind": "complaint", "discreet": True}, {"category": "welfare"}, {"kind": "praise"}, {"kind": "consultation"}]
)
async def test_what_is_private_is_never_shown_to_who_comes_later(street: Street, more: dict[str, Any]) -> None:
    await street.file(**more)
    declared, area = street.house.registry.case_type("tickets.request"), street.house.directory.tree.find("persimmon")
    assert area is not None
    assert not await linking.alike(street.db, street.house, declared, more.get("category", "street_lighting"), area.id)


async def test_what_is_settled_or_elsewhere_cannot_be_joined_at_filing(street: Street, town: Town) -> None:
    number = await street.file()
    await street.act(town.residents["resident0"], number, "withdraw")
    declared = street.house.registry.case_type("tickets.request")
    other = await street.file()
    for district, wanted in (("east", number), ("north", other), ("east", "000000000000")):
        with pytest.raises(NotFound):
            await linking.joinable(street.db, street.house, declared, town.district(district), wanted)


# -- links -------------------------------------------------------------------------------------------------------------------------


async def test_cases_are_linked_and_both_say_so(street: Street) -> None:
    one, two, _three = await street.files()
    for _time in range(2):
        await linking.link(street.db, street.house, street.clerk, two, one, "follow_up", LATER)
    assert [(await street.kinds(n))[-1] for n in (one, two)] == [linking.LINKED] * 2
    for number, other, later in ((one, two, True), (two, one, False)):
        found = await linking.kin(street.db, street.house, street.clerk, await street.row(number))
        assert [(r.number, r.tie, r.later) for r in found] == [(other, "follow_up", later)]
    stranger = street.town.staff["10004"]
    assert not await linking.kin(street.db, street.house, stranger, await street.row(one))
    await linking.unlink(street.db, street.house, street.clerk, two, one, "follow_up", LATER)
    assert not (await street.db.execute(select(case_link))).all()
    with pytest.raises(Invalid, match="itself"):
        await linking.link(street.db, street.house, street.clerk, one, one, "related", LATER)
    with pytest.raises(NotFound):
        await linking.link(street.db, street.house, street.clerk, one, "000000000000", "related", LATER)


# -- whole ---------------------------------------------------------------------------------------------------------------------------


async def test_the_chain_holds_whatever_was_joined_and_told(street: Street) -> None:
    master, one, two = await street.files()
    await street.merge(master, one, two)
    await street.act("10001", master, "sign")
    await street.act("10001", master, "answer", text="Mended.", solved="yes")
    await street.tell()
    await linking.leave(street.db, street.house, street.clerk, two, street.at)
    await linking.link(street.db, street.house, street.clerk, two, master, "related", street.at)
    assert await verifying.verify(street.db, street.house.keyring) == []


async def test_two_who_join_at_once_and_two_relays_tell_once(database: Database, town: Town, wanted: Any) -> None:
    async with database.transaction() as db:
        numbers = [
            (await opening.open_one(db, town.house, town.residents["resident0"], wanted(kind="help", text=f"{i}"), MOMENT)).number for i in range(4)
        ]

    async def merge(master: str, member: str) -> Any:
        try:
            async with database.transaction() as db:
                return await linking.merge(db, town.house, town.staff["10001"], master, [member], MOMENT)
        except Refused as refused:
            return refused

    await asyncio.gather(merge(numbers[0], numbers[1]), merge(numbers[0], numbers[1]), merge(numbers[1], numbers[0]), merge(numbers[2], numbers[3]))
    async with database.transaction() as db:
        rows = {r.number: r for r in await db.execute(select(case))}
        ids = [r.id for r in rows.values()]
    masters = {r.id for r in rows.values() if r.master_id is None}
    assert all(r.master_id in masters for r in rows.values() if r.master_id is not None)

    async def tell() -> int:
        async with database.transaction() as db:
            return await following.follow(db, town.house, ids)

    await asyncio.gather(tell(), tell(), tell())
    async with database.transaction() as db:
        counted = await db.execute(text("select count(*) from kernel.case_event where kind = 'joined'"))
        assert counted.scalar_one() == 2
        left = [r.followed for r in await db.execute(select(case.c.followed).where(case.c.master_id.is_not(None)))]
    assert all(f > 0 for f in left)
