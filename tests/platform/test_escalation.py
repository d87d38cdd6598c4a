"""Rules over clocks: each rung once, whoever sweeps and whenever one dies."""

from __future__ import annotations

import asyncio
import random
import signal
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from sqlalchemy import func, select, text

from banshi import plugins
from banshi.cases import acting, linking, opening, verifying
from banshi.cases.acting import Act
from banshi.cases.book import House, load_house
from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.cases.tables import case, case_event, deadline
from banshi.clock import keeping
from banshi.contracts import HandUp, Idle, Notify, Own, Rule, Rung
from banshi.db import Connection, Database
from banshi.errors import NotAllowedNow
from banshi.escalation import backlog, sweeping
from banshi.plugins import Registry
from banshi.testing import MOMENT, SECRET, Town

ZONE = ZoneInfo("Asia/Shanghai")


def at(written: str) -> datetime:
    return datetime.fromisoformat(written).replace(tzinfo=ZONE).astimezone(UTC)


class Office:
    """Cases, people who act on them, and the sweep at any moment."""

    def __init__(self, database: Database, town: Town, wanted: Any) -> None:
        self.database, self.town, self.house, self.wanted = database, town, town.house, wanted

    async def open(self, moment: datetime = MOMENT, who: str = "resident0", **more: Any) -> str:
        async with self.database.transaction() as db:
            opened = await opening.open_one(db, self.house, self.town.residents[who], self.wanted(**more), moment)
        return opened.number

    async def act(self, who: str, number: str, action: str, moment: datetime, **data: Any) -> Any:
        actor = self.town.residents.get(who) or self.town.staff[who]
        form = decode(self.house.registry.case_type("tickets.request").action(action).form, data)
        async with self.database.transaction() as db:
            return await acting.act_one(db, self.house, actor, Act(number=number, action=action, form=form), moment)

    async def keep(self) -> None:
        """Write what is due next, as the relay's consumer does."""
        async with self.database.transaction() as db:
            ids = (await db.execute(select(case.c.id))).scalars().all()
            await sweeping.keep(db, self.house, ids)

    async def sweep(self, moment: datetime) -> sweeping.Swept:
        await self.keep()
        return await sweeping.sweep(self.database.transaction, self._house, moment)

    async def _house(self, _db: Connection) -> House:
        return self.house

    async def row(self, number: str) -> Any:
        async with self.database.transaction() as db:
            return (await db.execute(select(case).where(case.c.number == number))).one()

    async def fired(self, number: str | None = None) -> list[tuple[str, int, int]]:
        """Every rung in the story: rule, epoch, rung."""
        statement = select(case_event.c.body).join(case, case.c.id == case_event.c.case_id).where(case_event.c.kind == "escalated")
        if number:
            statement = statement.where(case.c.number == number)
        async with self.database.transaction() as db:
            bodies = (await db.execute(statement.order_by(case_event.c.at, case_event.c.case_id, case_event.c.sequence))).scalars().all()
        return [(b["told"]["rule"].removeprefix("tickets."), b["told"]["epoch"], b["told"]["rung"]) for b in bodies]

    async def told(self) -> list[tuple[str, str]]:
        """Who of staff has a notice: staff number and case."""
        query = 'select p.staff_number, c.number from kernel.notice n join kernel.post p using (person_id) join kernel."case" c on c.id = n.case_id'
        async with self.database.transaction() as db:
            return sorted((r.staff_number, r.number) for r in await db.execute(text(f"{query} where n.capacity = 'staff'")))

    async def next(self, number: str) -> datetime | None:
        statement = select(deadline.c.next).join(case, case.c.id == deadline.c.case_id).where(case.c.number == number)
        async with self.database.transaction() as db:
            return (await db.execute(statement)).scalar_one_or_none()


@pytest.fixture
def office(database: Database, town: Town, wanted: Any) -> Office:
    return Office(database, town, wanted)


# -- idle -------------------------------------------------------------------------------------------------------------------


async def test_three_workdays_with_nothing_recorded_hand_it_to_the_superior_department(office: Office, town: Town) -> None:
    number = await office.open(at("2026-11-23T09:30"))
    await office.act("10001", number, "sign", at("2026-11-23T10:00"))
    await office.sweep(at("2026-11-26T16:59"))
    assert ("idle", 2, 0) not in await office.fired(number)
    await office.sweep(at("2026-11-26T17:00"))
    assert ("idle", 2, 0) in await office.fired(number)
    row = await office.row(number)
    assert row.department_id == town.department("city-works")
    assert row.state == "new"
    assert row.assignee_id is None
    assert town.department("lighting") in row.helpers  # the old one is told, and sees it
    told = {who for who, which in await office.told() if which == number}
    assert "10001" in told
    assert told & {n for n, a in town.staff.items() if a.department_id == town.department("city-works")}


async def test_reading_a_note_and_a_colleagues_name_do_not_reset_the_idle_clock(office: Office) -> None:
    number = await office.open(at("2026-11-23T09:30"))
    await office.act("10001", number, "sign", at("2026-11-23T10:00"))
    await office.act("10001", number, "note", at("2026-11-25T10:00"), text="Looked at it.")
    await office.act("10001", number, "assign", at("2026-11-26T10:00"), officer="10002")
    await office.act("resident0", number, "add", at("2026-11-26T11:00"), text="Still dark.")
    await office.sweep(at("2026-11-26T17:00"))
    assert ("idle", 2, 0) in await office.fired(number)


async def test_telling_the_resident_resets_it_and_waiting_for_the_resident_stops_it(office: Office) -> None:
    told = await office.open(at("2026-11-23T09:30"), text="One.")
    asked = await office.open(at("2026-11-23T09:31"), text="Two.")
    for number in (told, asked):
        await office.act("10001", number, "sign", at("2026-11-23T10:00"))
    await office.act("10001", told, "tell", at("2026-11-25T10:00"), text="We come on Friday.")
    await office.act("10001", asked, "ask", at("2026-11-25T10:00"), text="Which pole?")
    await office.sweep(at("2026-11-27T17:00"))
    assert not [f for f in await office.fired() if f[0] == "idle"]
    await office.sweep(at("2026-11-30T17:00"))
    assert ("idle", 3, 0) in await office.fired(told)
    await office.sweep(at("2026-12-31T17:00"))
    assert not [f for f in await office.fired(asked) if f[0] == "idle"]


async def test_at_the_top_it_stays_with_the_oversight_body_and_goes_up_no_further(office: Office, town: Town) -> None:
    number = await office.open(at("2026-11-23T09:30"))
    for day in ("2026-12-01", "2026-12-15", "2027-01-15", "2027-02-15", "2027-03-15"):
        await office.sweep(at(f"{day}T18:00"))
    row = await office.row(number)
    assert row.department_id == town.department("oversight")
    ups = [f for f in await office.fired(number) if f[0] == "idle"]
    assert len(ups) == len(set(ups))


async def test_a_department_without_a_superior_hands_to_the_oversight_body(office: Office, town: Town) -> None:
    number = await office.open()
    async with office.database.transaction() as db:
        await db.execute(case.update().where(case.c.number == number).values(department_id=town.department("west-works")))
    await office.sweep(at("2026-11-26T17:00"))
    assert (await office.row(number)).department_id == town.department("oversight")


# -- limits -----------------------------------------------------------------------------------------------------------------


async def test_the_promise_warns_at_four_fifths_then_raises_then_tells_the_superior_again_and_again(office: Office) -> None:
    number = await office.open(at("2026-11-23T09:30"))
    await office.act("10001", number, "sign", at("2026-11-23T10:00"))
    moments = ("2026-11-27T16:59", "2026-11-27T17:00", "2026-11-30T17:00", "2026-12-02T17:00", "2026-12-09T17:00")
    seen = []
    for moment in moments:
        await office.act("10001", number, "tell", at(moment) - timedelta(minutes=90), text="Soon.")  # never idle
        await office.sweep(at(moment))
        seen.append([rung for rule, _epoch, rung in await office.fired(number) if rule == "promise"])
    assert seen == [[], [0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]
    row = await office.row(number)
    assert row.priority == 1
    assert row.owes  # a superior was told
    async with office.database.transaction() as db:
        assert (await verifying.verify(db, office.house.keyring)) == []


async def test_that_a_rule_raised_it_makes_no_limit_shorter(office: Office) -> None:
    number = await office.open(at("2026-11-23T09:30"))
    await office.act("10001", number, "sign", at("2026-11-23T10:00"))
    await office.sweep(at("2026-11-30T17:00"))
    async with office.database.transaction() as db:
        due = (await db.execute(select(deadline.c.promised).join(case, case.c.id == deadline.c.case_id).where(case.c.number == number))).scalar_one()
    assert due == at("2026-11-30T17:00")


async def test_an_extension_moves_the_promise_and_names_who_agreed(office: Office, town: Town) -> None:
    head = next(n for n, a in town.staff.items() if a.may("tickets.review") and a.department_id == town.department("parks"))
    number = await office.open(at("2026-11-23T09:30"), category="greenery", area="persimmon")
    await office.act(head, number, "sign", at("2026-11-23T10:00"))
    await office.act(head, number, "extend", at("2026-11-24T10:00"), more="3", reason="The crane comes later.", agreed="Bureau meeting")
    await office.keep()
    async with office.database.transaction() as db:
        due = (await db.execute(select(deadline.c.promised).join(case, case.c.id == deadline.c.case_id).where(case.c.number == number))).scalar_one()
    assert due == at("2026-12-03T17:00")


async def test_what_is_closed_or_switched_off_fires_nothing(office: Office) -> None:
    number = await office.open(at("2026-11-23T09:30"))
    await office.act("resident0", number, "withdraw", at("2026-11-23T11:00"))
    await office.keep()
    assert (await office.sweep(at("2027-12-01T17:00"))).fired == 0


async def test_not_satisfied_tells_the_superior_once_for_each_time(office: Office) -> None:
    number = await office.open(at("2026-11-23T09:30"))
    await office.act("10001", number, "sign", at("2026-11-23T10:00"))
    for turn in range(2):
        day = 23 + turn
        await office.act("10001", number, "answer", at(f"2026-11-{day}T11:00"), text="Done.", solved="yes")
        await office.act("resident0", number, "confirm", at(f"2026-11-{day}T12:00"), solved="no", text="Dark again.")
        await office.sweep(at(f"2026-11-{day}T12:01"))
        await office.sweep(at(f"2026-11-{day}T12:02"))
    assert len([f for f in await office.fired(number) if f[0] == "not_satisfied"]) == 2


async def test_handed_on_too_often_is_told_to_the_oversight_body(office: Office, town: Town) -> None:
    number = await office.open(at("2026-11-23T09:30"))
    intake = next(a for a in town.staff.values() if a.may("tickets.dispatch"))
    where = ["east-works", "lighting", "east-works", "lighting"]
    for turn, department in enumerate(where):
        await office.act(intake.staff_number, number, "dispatch", at(f"2026-11-23T1{turn}:00"), department=department, text="Theirs.")
        await office.sweep(at(f"2026-11-23T1{turn}:30"))
        assert bool([f for f in await office.fired(number) if f[0] == "handed_on"]) == (turn == 3)
    assert town.department("oversight") in (await office.row(number)).helpers


async def test_what_is_in_nobodys_duties_goes_up_and_the_superior_names_who_takes_it(office: Office, town: Town) -> None:
    number = await office.open(at("2026-11-23T09:30"), district="ruan", category="water", area="")
    row = await office.row(number)
    assert office.house.directory.department(row.department_id).part == "intake"
    await office.sweep(at("2026-11-24T11:00"))
    assert [f for f in await office.fired(number) if f[0] == "nobodys"]
    assert (await office.row(number)).department_id == town.department("oversight")


async def test_members_of_a_cluster_go_with_the_case_that_leads_them(office: Office, town: Town) -> None:
    master = await office.open(at("2026-11-23T09:30"), text="One.")
    member = await office.open(at("2026-11-23T09:31"), who="resident1", text="Two.")
    async with office.database.transaction() as db:
        await linking.merge(db, office.house, town.staff["10001"], master, [member], at("2026-11-23T10:00"))
    await office.sweep(at("2026-11-27T18:00"))
    assert await office.fired(master)
    assert not await office.fired(member)


# -- exactly once -------------------------------------------------------------------------------------------------------------


async def test_many_sweeps_at_once_do_each_rung_once(office: Office) -> None:
    numbers = [await office.open(at("2026-11-23T09:30") + timedelta(seconds=i), text=f"Dark {i}.") for i in range(40)]
    await office.keep()

    async def sweep() -> int:
        return (await sweeping.sweep(office.database.transaction, office._house, at("2026-11-26T17:00"))).fired

    counts = await asyncio.gather(*(sweep() for _ in range(6)))
    for number in numbers:
        fired = await office.fired(number)
        assert len(fired) == len(set(fired))
        assert [f for f in fired if f[0] == "idle"]
    assert sum(counts) == len(await office.fired())


async def test_a_sweep_that_comes_again_and_a_clock_that_jumps_back_do_nothing(office: Office) -> None:
    await office.open(at("2026-11-23T09:30"))
    assert (await office.sweep(at("2026-11-26T17:00"))).fired
    before = await office.fired()
    await office.sweep(at("2026-11-26T17:00"))
    await office.sweep(at("2026-11-20T17:00"))
    assert await office.fired() == before


async def test_somebody_who_acts_at_the_same_moment_is_seen(office: Office) -> None:
    """The index is half a second behind: what was answered since is not escalated."""
    number = await office.open(at("2026-11-23T09:30"))
    await office.act("10001", number, "sign", at("2026-11-23T10:00"))
    await office.keep()
    await office.act("10001", number, "answer", at("2026-11-26T16:59"), text="Done.", solved="yes")
    await sweeping.sweep(office.database.transaction, office._house, at("2026-11-26T17:00"))
    assert ("idle", 2, 0) not in await office.fired(number)


KILLED = """
import asyncio, sys
from datetime import datetime
from banshi import plugins
from banshi.cases.book import load_house
from banshi.db import Database
from banshi.escalation import sweeping
from banshi.privacy import Keyring
from banshi.settings import Settings

sweeping.BATCH = 50

async def main():
    database = Database(sys.argv[1], pool_size=2)
    registry, keyring = plugins.load(strict=True), Keyring(Settings(secret_key=(sys.argv[2],)).keys())
    async def house(db):
        return await load_house(db, registry, keyring)
    print("ready", flush=True)
    await sweeping.sweep(database.transaction, house, datetime.fromisoformat(sys.argv[3]))
    await database.close()

asyncio.run(main())
"""


async def test_a_worker_killed_ten_times_in_the_middle_does_no_rung_twice_and_misses_none(
    fresh_url: str, town: Town, wanted: Any, registry: Registry
) -> None:
    cases, moment = 1500, at("2026-11-26T17:00")
    database = Database(fresh_url, pool_size=2)
    async with database.transaction() as db:
        house = await load_house(db, registry, town.house.keyring)
        openings = [msgspec.structs.replace(wanted(text=f"Dark {i}."), received=MOMENT, key=f"k{i}") for i in range(cases)]
        await opening.open_many(db, house, town.residents["resident0"], openings, MOMENT)

    async def load(db: Connection) -> House:
        return house

    await sweeping.recount(database.transaction, load)
    chance = random.Random(5)
    for _death in range(10):
        worker = await asyncio.create_subprocess_exec(
            sys.executable, "-c", textwrap.dedent(KILLED), fresh_url, SECRET, moment.isoformat(), stdout=subprocess.PIPE
        )
        assert worker.stdout is not None
        await worker.stdout.readline()
        await asyncio.sleep(chance.uniform(0.05, 0.5))
        if worker.returncode is None:
            worker.send_signal(signal.SIGKILL)
        await worker.wait()
    await sweeping.sweep(database.transaction, load, moment)
    async with database.transaction() as db:
        told = case_event.c.body["told"]
        rungs = await db.execute(
            select(
                case_event.c.case_id, told["rule"].astext.label("rule"), told["epoch"].astext.label("epoch"), told["rung"].astext.label("rung")
            ).where(case_event.c.kind == "escalated")
        )
        found = [tuple(r) for r in rungs]
        assert len(found) == len(set(found))
        idle = {r[0] for r in found if r[1] == "tickets.idle"}
        assert len(idle) == cases
        assert (await db.execute(select(func.count()).select_from(deadline).where(deadline.c.next <= moment))).scalar_one() == 0
        assert (await verifying.verify(db, house.keyring)) == []
    await database.close()


# -- one bad rule stops no other ------------------------------------------------------------------------------------------------


def broken(_case: Any, _form: Any, _context: Any) -> Any:
    raise RuntimeError("a plugin's mistake")


async def test_a_rule_that_fails_stops_no_other_case_and_is_tried_again(office: Office, town: Town) -> None:
    bad = Rule(
        owner="tickets",
        name="aaa_bad",
        title=town.house.registry.rules[0].title,
        told=town.house.registry.rules[0].told,
        case_type="trouble",
        when=Idle(limit=1),
        rungs=(Rung(do=(Own(broken),)),),
    )
    registry = msgspec.structs.replace(town.house.registry, rules=(bad, *town.house.registry.rules))
    office.house = msgspec.structs.replace(town.house, registry=registry)
    declared = registry.case_type("tickets.trouble")
    form = decode(declared.form, TROUBLE)
    async with office.database.transaction() as db:
        await opening.open_one(
            db,
            office.house,
            town.staff["10001"],
            Opening(case_type=declared, district_id=town.district("ruan"), form=form, channel="web"),
            at("2026-11-23T09:30"),
        )
    good = await office.open(at("2026-11-23T09:31"))
    swept = await office.sweep(at("2026-11-26T17:00"))
    assert swept.failed
    assert [f for f in await office.fired(good) if f[0] == "idle"]


TROUBLE = {"category": "device", "text": "The printer on floor 3 eats paper."}


# -- what can never fire is refused at start ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "why"),
    [
        ({"when": Idle(limit=0)}, "less than 1"),
        ({"rungs": ()}, "no rung"),
        ({"rungs": (Rung(do=()),)}, "does nothing"),
        ({"rungs": (Rung(do=(HandUp("closed"),)),)}, "none that is open"),
        ({"rungs": (Rung(share=1.0, do=(Notify("officer"),)), Rung(share=0.8, do=(Notify("officer"),)))}, "do not go upwards"),
        ({"case_type": "nothing"}, "no case type"),
        ({"rungs": (Rung(share=0, do=(Notify("officer"),)),)}, "before its clock begins"),
    ],
)
def test_a_rule_that_can_never_fire_is_refused(registry: Registry, rule: dict[str, Any], why: str) -> None:
    idle = next(r for r in registry.rules if r.key == "tickets.idle")
    types = {c.name: c for c in registry.case_types}
    changed = msgspec.structs.replace(idle, **rule)
    assert why in plugins._rule_fault(changed, types)


def test_every_rule_of_the_installed_plugins_can_fire(registry: Registry) -> None:
    assert registry.rules
    for rule in registry.rules:
        types = {c.name: c for c in registry.case_types if c.owner == rule.owner}
        assert not plugins._rule_fault(rule, types), rule.key


# -- too many of one kind ---------------------------------------------------------------------------------------------------------


async def test_a_backlog_opens_one_review_with_the_superior_and_no_second_while_it_is_open(office: Office, town: Town) -> None:
    for n in range(31):
        await office.open(MOMENT + timedelta(minutes=n), text=f"Dark {n}.")

    async def sweep() -> list[Any]:
        return await backlog.sweep(office.database.transaction, office._house, MOMENT + timedelta(hours=2))

    opened = [one for many in await asyncio.gather(sweep(), sweep()) for one in many]
    assert len(opened) == 1
    row = await office.row(opened[0].number)
    assert row.department_id == town.department("city-works")
    assert row.category == "street_lighting"
    assert row.data["count"] == 31
    assert await sweep() == []
    async with office.database.transaction() as db:
        await db.execute(case.update().where(case.c.id == row.id).values(closed=MOMENT, state="closed"))
    assert len(await sweep()) == 1


async def test_a_district_can_set_another_limit_or_turn_it_off(office: Office, town: Town) -> None:
    for n in range(4):
        await office.open(MOMENT + timedelta(minutes=n), text=f"Dark {n}.")
    for value, expected in (({"limit": 3}, 1), ({"limit": 3, "on": False}, 0)):
        async with office.database.transaction() as db:
            await keeping.adjust(db, town.district("ruan"), "tickets.backlog", value, reason="", post_id=None, at=MOMENT)
            office.house = await load_house(db, town.house.registry, town.house.keyring)
            assert len(await backlog.piles(db, office.house, MOMENT)) == expected


async def test_a_rule_by_hand_is_never_swept(office: Office, town: Town) -> None:
    number = await office.open(at("2026-11-23T09:30"))
    await office.sweep(at("2026-11-25T18:00"))
    assert not [f for f in await office.fired(number) if f[0] == "urge"]


# -- a closing report is owed ---------------------------------------------------------------------------------------------------


async def test_what_went_up_is_not_closed_by_the_office_without_its_report(office: Office, town: Town) -> None:
    number = await office.open(at("2026-11-23T09:30"))
    await office.sweep(at("2026-11-26T17:00"))
    clerk = next(n for n, a in town.staff.items() if a.department_id == town.department("city-works") and a.may("tickets.close"))
    await office.act(clerk, number, "sign", at("2026-11-27T09:30"))
    await office.act(clerk, number, "answer", at("2026-11-27T10:00"), text="Done.", solved="yes")
    with pytest.raises(NotAllowedNow, match="closing report"):
        await office.act(clerk, number, "close", at("2026-11-27T11:00"), outcome="settled")
    await office.act("resident0", number, "confirm", at("2026-11-27T12:00"), solved="yes")
    row = await office.row(number)
    assert row.closed is not None
    assert row.owes


# -- what it costs -----------------------------------------------------------------------------------------------------------------


async def test_a_sweep_reads_by_index_and_takes_a_handful_of_statements_a_batch(office: Office) -> None:
    for n in range(30):
        await office.open(at("2026-11-23T09:30") + timedelta(seconds=n), text=f"Dark {n}.")
    await office.keep()
    from banshi.testing import statements

    async with office.database.transaction() as db:
        with statements(office.database) as said:
            taken, fired, _failed = await sweeping.batch(db, office.house, at("2026-11-26T17:00"))
    assert taken == fired == 30
    assert len(said) <= 7, said
    async with office.database.transaction() as db:
        for off in ("seqscan", "bitmapscan"):
            await db.execute(text(f"set local enable_{off} = off"))
        plan = "\n".join(
            (await db.execute(text("explain select case_id from kernel.deadline where next <= now() order by next, case_id limit 500"))).scalars()
        )
    assert "deadline_next" in plan
    assert "Sort" not in plan
