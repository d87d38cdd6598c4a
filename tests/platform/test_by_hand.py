"""Any clerk of a case may escalate it by hand once a rule's condition holds; it is recorded as theirs, and nothing is done twice (domain 2.6)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from browsing import Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select, text

from banshi import notify
from banshi.cases import acting, numbers, opening, timing, verifying
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.tables import case, case_event
from banshi.clock.keeping import Adjusted, Times
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.errors import Forbidden, KeyReused, NotAllowedNow, NotFound, Refused
from banshi.escalation import by_hand, sweeping
from banshi.testing import MOMENT, Clock, Town, statements

CLERK, COLLEAGUE, HEAD, CITY, INTAKE, OVERSIGHT, ADMINISTRATOR = "10001", "10002", "10006", "10007", "20001", "30001", "90001"
DAY = timedelta(days=1)
Sit = Callable[[str], Awaitable[Person]]


class Lamp:
    """One dark lamp, and whoever loses patience."""

    def __init__(self, db: Connection, town: Town, wanted: Any) -> None:
        self.db, self.town, self.house, self.wanted = db, town, town.house, wanted

    async def file(self, **more: Any) -> str:
        return (await opening.open_one(self.db, self.house, self.town.residents["resident0"], self.wanted(**more), MOMENT)).number

    async def act(self, who: str | Actor, number: str, action: str, at: datetime, **data: Any) -> Any:
        actor = self.town.staff[who] if isinstance(who, str) else who
        form = decode(self.house.registry.case_type("tickets.request").action(action).form, data)
        return await acting.act_one(self.db, self.house, actor, Act(number=number, action=action, form=form), at)

    async def escalate(self, who: str | Actor, number: str, rule: str, at: datetime, *, reason: str = "They wait.", **more: Any) -> Any:
        actor = self.town.staff[who] if isinstance(who, str) else who
        return await by_hand.escalate(self.db, self.house, actor, number, f"tickets.{rule}", reason, at, **more)

    async def offered(self, who: str, number: str, at: datetime) -> dict[str, tuple[int, int]]:
        found = await timing.of_case(self.db, self.house, await self.row(number))
        return {p.rule.name: (p.epoch, p.rung) for p in by_hand.offered(self.house, self.town.staff[who], found, at)}

    async def row(self, number: str) -> Any:
        return (await self.db.execute(select(case).where(case.c.number == number))).one()

    async def escalated(self, number: str) -> list[Any]:
        events = select(case_event).join(case, case.c.id == case_event.c.case_id).where(case.c.number == number, case_event.c.kind == "escalated")
        return list((await self.db.execute(events.order_by(case_event.c.sequence))).all())


@pytest.fixture
def lamp(db: Connection, town: Town, wanted: Any) -> Lamp:
    return Lamp(db, town, wanted)


# -- once its condition holds ---------------------------------------------------------------------------------------------------


async def test_what_is_offered_is_what_holds_now(lamp: Lamp) -> None:
    number = await lamp.file()
    assert await lamp.offered(CLERK, number, MOMENT + timedelta(hours=1)) == {}
    assert set(await lamp.offered(CLERK, number, MOMENT + DAY * 2)) == {"unsigned", "urge"}
    assert {"idle", "urge", "unsigned"} <= set(await lamp.offered(CLERK, number, MOMENT + DAY * 7))


async def test_it_is_recorded_as_the_clerks_with_the_reason(lamp: Lamp) -> None:
    number, at = await lamp.file(), MOMENT + DAY * 2
    before = await lamp.row(number)
    done = await lamp.escalate(COLLEAGUE, number, "urge", at, reason="An old woman fell.")
    (event,) = await lamp.escalated(number)
    assert (event.capacity, event.post_id, event.at) == ("staff", lamp.town.staff[COLLEAGUE].post_id, at)
    told = event.body["told"]
    assert (told["rule"], told["by_hand"], told["reason"]) == ("tickets.urge", True, "An old woman fell.")
    assert told["does"] == ["notify_officer", "notify_department"]
    assert (done.revision, done.fresh) == (before.revision + 1, True)
    assert not await verifying.verify(lamp.db, lamp.house.keyring)
    told_to = (await lamp.db.execute(select(notify.notice.c.person_id).where(notify.notice.c.capacity == "staff"))).scalars().all()
    assert lamp.town.staff[CLERK].person_id in told_to
    assert lamp.town.staff[COLLEAGUE].person_id not in told_to  # who did it knows


async def test_what_a_rule_would_do_by_itself_is_done_the_same_and_owes_its_report(lamp: Lamp) -> None:
    number, at = await lamp.file(), MOMENT + DAY * 7
    await lamp.act(CLERK, number, "sign", MOMENT + timedelta(hours=1))
    await lamp.escalate(CLERK, number, "idle", at)
    row = await lamp.row(number)
    assert (row.department_id, row.state, row.assignee_id, row.owes) == (lamp.town.department("city-works"), "new", None, True)
    assert row.helpers == [lamp.town.department("lighting")]
    (event,) = await lamp.escalated(number)
    assert event.audience == "applicant"


async def test_the_next_step_can_be_taken_before_its_time_once_the_rule_has_begun(lamp: Lamp) -> None:
    number, at = await lamp.file(), MOMENT + DAY * 20
    await lamp.act(CLERK, number, "sign", MOMENT + timedelta(hours=1))
    epoch, rung = (await lamp.offered(CLERK, number, at))["too_long"]
    await lamp.escalate(CLERK, number, "too_long", at)
    assert (await lamp.offered(CLERK, number, at + timedelta(minutes=1)))["too_long"] == (epoch, rung + 1)
    await lamp.escalate(CLERK, number, "too_long", at + timedelta(minutes=1))
    assert [e.body["told"]["rung"] for e in await lamp.escalated(number)] == [0, 1]


async def test_a_rule_by_hand_is_never_done_by_itself(database: Database, town: Town, wanted: Any) -> None:
    async with database.transaction() as db:
        number = await Lamp(db, town, wanted).file()
        row = await Lamp(db, town, wanted).row(number)
        await sweeping.keep(db, town.house, [row.id])

    async def house(_db: Connection) -> Any:
        return town.house

    await sweeping.sweep(database.transaction, house, MOMENT + DAY * 2)
    async with database.transaction() as db:
        rules = {e.body["told"]["rule"] for e in await Lamp(db, town, wanted).escalated(number)}
    assert rules == {"tickets.unsigned"}


# -- refused, in words ----------------------------------------------------------------------------------------------------------


async def test_who_may_not_is_told_so(lamp: Lamp) -> None:
    number, at = await lamp.file(), MOMENT + DAY * 2
    with pytest.raises(NotFound):
        await lamp.escalate("10004", number, "urge", at)  # another department's
    with pytest.raises(NotFound):
        await lamp.escalate(ADMINISTRATOR, number, "urge", at)
    own = msgspec.structs.replace(lamp.town.staff[CLERK], person_id=lamp.town.residents["resident0"].person_id)
    with pytest.raises(NotFound):
        await lamp.escalate(own, number, "urge", at)
    reader = msgspec.structs.replace(lamp.town.staff[CLERK], permissions=frozenset({"tickets.read"}))
    with pytest.raises(Forbidden, match="does not carry the right"):
        await lamp.escalate(reader, number, "urge", at)
    assert await lamp.escalated(number) == []


async def test_what_does_not_hold_is_closed_or_is_switched_off_is_refused(lamp: Lamp) -> None:
    number, at = await lamp.file(), MOMENT + DAY * 2
    with pytest.raises(NotAllowedNow, match="does not hold"):
        await lamp.escalate(CLERK, number, "idle", at)
    with pytest.raises(NotAllowedNow, match="does not hold"):
        await lamp.escalate(CLERK, number, "backlog", at)
    with pytest.raises(NotFound, match="no rule"):
        await lamp.escalate(CLERK, number, "nonsense", at)
    off = {(lamp.town.district("east"), "tickets.urge"): [Adjusted(MOMENT, {"on": False})]}
    times = lamp.house.times
    layers = [one for many in times.layers.values() for one in many]
    lamp.house = msgspec.structs.replace(lamp.house, times=Times(lamp.house.directory.tree, layers, off))
    assert "urge" not in await lamp.offered(CLERK, number, at)
    with pytest.raises(NotAllowedNow, match="switched off in this district"):
        await lamp.escalate(CLERK, number, "urge", at)
    lamp.house = lamp.town.house
    await lamp.act(lamp.town.residents["resident0"], number, "withdraw", at)
    with pytest.raises(NotAllowedNow, match="is closed"):
        await lamp.escalate(CLERK, number, "urge", at)


# -- never twice ----------------------------------------------------------------------------------------------------------------


async def test_sent_twice_or_read_before_somebody_else_did_it_it_is_done_once(lamp: Lamp) -> None:
    number, at = await lamp.file(), MOMENT + DAY * 2
    rung = (await lamp.offered(CLERK, number, at))["urge"]
    first = await lamp.escalate(CLERK, number, "urge", at, rung=rung, key="k")
    again = await lamp.escalate(CLERK, number, "urge", at, rung=rung, key="k")
    assert (first.fresh, again.fresh, again.revision) == (True, False, first.revision)
    with pytest.raises(KeyReused):
        await lamp.escalate(CLERK, number, "urge", at, rung=rung, key="k", reason="Another reason.")
    with pytest.raises(NotAllowedNow, match="meanwhile"):
        await lamp.escalate(COLLEAGUE, number, "urge", at, rung=rung)
    assert len(await lamp.escalated(number)) == 1


async def test_clerks_and_sweep_at_once_do_it_once(database: Database, town: Town, wanted: Any) -> None:
    at = MOMENT + DAY * 7
    async with database.transaction() as db:
        lamp = Lamp(db, town, wanted)
        number = await lamp.file()
        await sweeping.keep(db, town.house, [(await lamp.row(number)).id])
        rung = (await lamp.offered(CLERK, number, at))["idle"]

    async def press(who: str) -> bool:
        try:
            async with database.transaction() as db:
                return bool((await Lamp(db, town, wanted).escalate(who, number, "idle", at, rung=rung, key=f"of {who}")).fresh)
        except Refused:
            return False

    async def house(_db: Connection) -> Any:
        return town.house

    pressed = await asyncio.gather(
        press(CLERK), press(CLERK), press(COLLEAGUE), sweeping.sweep(database.transaction, house, at), sweeping.sweep(database.transaction, house, at)
    )
    async with database.transaction() as db:
        told = [e.body["told"] for e in await Lamp(db, town, wanted).escalated(number)]
    idle = [t for t in told if t["rule"] == "tickets.idle" and (t["epoch"], t["rung"]) == rung]
    assert len(idle) == 1
    assert sum(p is True for p in pressed) == ("by_hand" in idle[0])


async def test_what_dies_before_its_end_leaves_nothing(database: Database, town: Town, wanted: Any) -> None:
    at = MOMENT + DAY * 2
    async with database.transaction() as db:
        number = await Lamp(db, town, wanted).file()

    async def dies() -> None:
        async with database.transaction() as db:
            await Lamp(db, town, wanted).escalate(CLERK, number, "urge", at, key="k")
            raise RuntimeError("the power went")

    with pytest.raises(RuntimeError, match="power"):
        await dies()
    async with database.transaction() as db:
        lamp = Lamp(db, town, wanted)
        assert await lamp.escalated(number) == []
        assert (await lamp.escalate(CLERK, number, "urge", at, key="k")).fresh


# -- pages ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def dark(database: Database, town: Town, wanted: Any, clock: Clock) -> str:
    """A case that lies for a week, as its number is shown; the clock stands there."""
    clock.moment = MOMENT + DAY * 7
    async with database.transaction() as db:
        return numbers.show(await Lamp(db, town, wanted).file())


async def test_the_case_page_offers_it_says_what_it_does_and_asks_why(at_desk: Sit, dark: str, database: Database) -> None:
    clerk = await at_desk(CLERK)
    page = await clerk.get(f"/desk/case/{dark}")
    form = await clerk.get(page.links["Escalate: Nothing happened for days"])
    for said in ("It goes up to City Works", "The department in charge is told.", "3 workdays", "It is recorded as yours"):
        assert said in form.text, said
    address = f"/desk/case/{dark}/by-hand/tickets.idle"
    wrong = await clerk.send(form, address, reason=" ")
    assert wrong.status == 400
    assert "Why do you escalate it?" in wrong.text
    done = await clerk.send(form, address, reason="They called three times.")
    assert str(done.response.url).endswith(f"/desk/case/{dark}")
    for said in (
        "it went up to the superior department",
        "Lighting Staff 10001",
        "It was handed to the superior department",
        "Handed to City Works",
        "By hand, by the officer named above",
        "They called three times.",
        "It owes a closing report",
    ):
        assert said in done.text, said
    again = await clerk.send(form, address, reason="They called three times.")
    assert (again.status, again.text.count("They called three times.")) == (200, 1)
    other = await (await at_desk(COLLEAGUE)).send(form, address, reason="Me too.", key="another")
    assert other.status == 409
    for said in ("It was escalated meanwhile", "Me too.", "What happened last"):
        assert said in other.text, said
    async with database.transaction() as db:
        assert (await db.execute(text("select count(*) from kernel.case_event where kind = 'escalated'"))).scalar_one() == 1


async def test_the_case_page_needs_no_query_more(at_desk: Sit, dark: str, database: Database) -> None:
    clerk = await at_desk(CLERK)
    await clerk.get(f"/desk/case/{dark}")
    with statements(database) as said:
        page = await clerk.get(f"/desk/case/{dark}")
    assert "It can be escalated" in page.text
    assert len(said) <= 8
    with statements(database) as said:
        await clerk.get(f"/desk/case/{dark}/by-hand/tickets.idle")
    assert len(said) <= 4


async def test_where_nothing_holds_there_is_nothing_to_press(at_desk: Sit, dark: str, clock: Clock) -> None:
    clock.moment = MOMENT + timedelta(hours=1)
    clerk = await at_desk(CLERK)
    assert "It can be escalated" not in (await clerk.get(f"/desk/case/{dark}")).text
    assert (await clerk.get(f"/desk/case/{dark}/by-hand/tickets.idle")).status == 404
    for odd in ("nonsense", "tickets.backlog", "%00", "a" * 300):
        assert (await clerk.get(f"/desk/case/{dark}/by-hand/{odd}")).status == 404, odd
    assert (await clerk.post(f"/desk/case/{dark}/by-hand/tickets.idle", {"reason": "x"})).status == 403  # no token of ours


async def test_the_resident_reads_that_it_went_up_and_not_the_clerks_reason(
    client: AsyncTestClient[Any], dark: str, database: Database, town: Town, wanted: Any
) -> None:
    async with database.transaction() as db:
        await Lamp(db, town, wanted).escalate(CLERK, numbers.read(dark), "idle", MOMENT + DAY * 7, reason="The head is ill.")
    resident = Person(client)
    await resident.send(await resident.get("/sign-in"), "/sign-in", login="resident0", password="correct horse")
    page = await resident.get(f"/case/{dark}")
    for said in ("it went up to the superior department", "Handed to City Works", "3 workdays"):
        assert said in page.text, said
    assert "ill" not in page.text.split("What happened")[-1].replace("will", "").replace("still", "")
    assert "it went up to the superior department" in (await resident.get("/my/inbox")).text


async def test_a_rule_that_is_gone_reads_by_its_key(
    at_desk: Sit, client: AsyncTestClient[Any], dark: str, database: Database, town: Town, wanted: Any
) -> None:
    async with database.transaction() as db:
        await Lamp(db, town, wanted).escalate(CLERK, numbers.read(dark), "urge", MOMENT + DAY * 7)
    site = client.app.state.site
    site.registry = msgspec.structs.replace(site.registry, rules=tuple(r for r in site.registry.rules if r.name != "urge"))
    page = await (await at_desk(CLERK)).get(f"/desk/case/{dark}")
    assert "Escalated: tickets.urge" in page.text


# -- over the API ---------------------------------------------------------------------------------------------------------------


async def test_over_the_api(client: AsyncTestClient[Any], town: Town, dark: str) -> None:
    headers = {"authorization": f"Bearer {town.tokens[CLERK]}", "accept-language": "en"}
    path = f"/api/v1/cases/{dark}/escalations"
    items = {i["rule"]: i for i in (await client.get(path, headers=headers)).json()["items"]}
    assert (items["tickets.idle"]["now"], items["tickets.idle"]["does"], items["tickets.urge"]["by"]) == (
        True,
        ["hand_up", "notify_department"],
        "hand",
    )
    assert not items["tickets.law"]["now"]
    keyed = headers | {"idempotency-key": "once"}
    done = [await client.post(path, json={"rule": "tickets.urge", "reason": "They wait."}, headers=keyed) for _ in range(2)]
    assert [(d.status_code, d.json()["fresh"]) for d in done] == [(200, True), (200, False)]
    body = {"rule": "tickets.idle", "reason": "They wait.", "epoch": items["tickets.idle"]["epoch"], "rung": 0}
    done = [await client.post(path, json=body, headers=headers) for _ in range(2)]
    assert [d.status_code for d in done] == [200, 409]
    assert "meanwhile" in done[1].json()["detail"]
    wrong = (
        {"rule": "tickets.idle", "reason": " ", "epoch": 1, "rung": 0},
        {"rule": "", "reason": "x"},
        {"rule": "tickets.idle", "reason": "x", "rung": 1},
    )
    for said in wrong:
        assert (await client.post(path, json=said, headers=headers)).status_code == 400, said
    other = {"authorization": f"Bearer {town.tokens['10004']}"}
    assert (await client.get(path, headers=other)).status_code == 404
    assert (await client.post(path, json=body, headers=other)).status_code == 404
