"""The government's own help desk, a second type of case: colleagues ask, internal departments answer, the kernel knows nothing of it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from banshi.cases import acting, following, linking, numbers, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.cases.tables import case
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.errors import Forbidden, Invalid, NotAllowedNow
from banshi.identity import access
from banshi.testing import MOMENT, Clock, Town
from banshi.web.site import SESSION_COOKIE
from banshi_tickets.helpdesk import cases

START = "/d/east/services/tickets/trouble"
Sit = Callable[[str], Awaitable[Person]]


@pytest.fixture
def signed_in(client: AsyncTestClient[Any], database: Database, town: Town, clock: Clock) -> Sit:
    """A function that signs somebody in: an officer by staff number, a resident by login."""

    async def sit(who: str) -> Person:
        actor = town.staff.get(who) or town.residents[who]
        async with database.transaction() as db:
            token = await access.open_session(db, actor.person_id or 0, clock())
        client.cookies.set(SESSION_COOKIE, token)
        return Person(client)

    return sit


async def filed(person: Person, **answers: str) -> Page:
    told = {"category": "network", "impact": "many", "text": "No wireless on the third floor.", "room": "Hall 2, 301, ext. 12"} | answers
    page = await person.send(await person.get(START), START)
    for _page in range(5):
        form = next((f for f in page.forms if re.search(rf"{START}/[^/]+/\w+$", f["action"])), None)
        if form is None:
            return page
        page = await person.send(page, form["action"], **{k: v for k, v in told.items() if k in form["fields"]})
    return page


# -- who finds it ----------------------------------------------------------------------------------------------------------------


async def test_residents_do_not_find_it_and_staff_do(signed_in: Sit, client: AsyncTestClient[Any]) -> None:
    for person in (Person(client), await signed_in("resident0")):
        assert "IT help desk" not in (await person.get("/d/east?q=computer")).text
        assert (await person.get(START)).status == 404
    clerk = await signed_in("10003")
    assert (await clerk.get("/desk")).links["IT help desk"] == START
    assert "IT help desk" not in (await clerk.get("/d/east?q=computer")).text
    assert "IT help desk" not in (await (await signed_in("20001")).get("/desk/register")).text


async def test_a_colleague_reports_it_follows_it_and_the_department_answers(signed_in: Sit, database: Database, town: Town) -> None:
    clerk = await signed_in("10003")
    done = await filed(clerk)
    found = re.search(r"(\d{4})\s*-\s*(\d{4})\s*-\s*(\d{4})", done.text)
    assert found
    number = "".join(found.groups())
    async with database.transaction() as db:
        row = (await db.execute(select(case).where(case.c.number == number))).one()
    assert (row.department_id, row.applicant_id, row.priority) == (town.department("city-works"), town.staff["10003"].person_id, 2)
    assert "No wireless on the third floor" in (await clerk.get("/my")).text
    support, address = await signed_in("10007"), f"/desk/case/{numbers.show(number)}"
    await support.send(await support.get(f"{address}?do=sign"), f"{address}/sign")
    page = await support.send(await support.get(f"{address}?do=fix"), f"{address}/fix", text="The access point was replaced.", how="replaced")
    assert "Done, please check" in page.text
    clerk = await signed_in("10003")
    page = await clerk.get(f"/case/{numbers.show(number)}?do=confirm")
    page = await clerk.send(page, f"/case/{numbers.show(number)}/confirm", works="yes")
    assert "Closed" in page.text


async def test_nobody_works_on_what_they_reported_themselves(signed_in: Sit, database: Database, town: Town) -> None:
    support = await signed_in("10007")
    found = re.search(r"(\d{4})\s*-\s*(\d{4})\s*-\s*(\d{4})", (await filed(support)).text)
    assert found
    assert (await support.get(f"/desk/case/{'-'.join(found.groups())}")).status == 404


async def test_what_stops_several_is_joined_rather_than_filed_again(signed_in: Sit) -> None:
    await filed(await signed_in("10003"))
    page = await filed(await signed_in("10001"))
    assert "Already reported nearby" in page.text
    assert "Already reported nearby" not in (await filed(await signed_in("10004"), category="device")).text


# -- its ways --------------------------------------------------------------------------------------------------------------------


class Help:
    """A trouble on its way."""

    def __init__(self, db: Connection, town: Town) -> None:
        self.db, self.town, self.house = db, town, town.house
        self.asker = Actor(capacity="resident", person_id=town.staff["10003"].person_id)

    async def file(self, **data: Any) -> str:
        form = decode(cases.TROUBLE.form, {"category": "device", "text": "The printer is dead."} | data)
        declared = self.house.registry.case_type("tickets.trouble")
        wanted = Opening(case_type=declared, district_id=self.town.district("east"), form=form, channel="web")
        return (await opening.open_one(self.db, self.house, self.asker, wanted, MOMENT)).number

    async def act(self, who: str | Actor, number: str, action: str, **data: Any) -> str:
        actor = self.town.staff[who] if isinstance(who, str) else who
        form = decode(self.house.registry.case_type("tickets.trouble").action(action).form, data)
        return (await acting.act_one(self.db, self.house, actor, Act(number=number, action=action, form=form), MOMENT)).state


@pytest.fixture
def desk(db: Connection, town: Town) -> Help:
    return Help(db, town)


async def test_every_way(desk: Help, town: Town) -> None:
    number = await desk.file()
    assert await desk.act("10007", number, "sign") == "working"
    assert await desk.act("10007", number, "ask", text="Which floor?") == "asked"
    assert await desk.act(desk.asker, number, "reply", text="The third.") == "working"
    await desk.act("10007", number, "tell", text="Parts are ordered.")
    await desk.act("10007", number, "note", text="Third time this month.")
    await desk.act("10007", number, "assign", officer="10007")
    assert await desk.act("10007", number, "hand_on", department="lighting", text="It is the socket.") == "new"
    assert await desk.act("10001", number, "sign") == "working"
    assert await desk.act("10001", number, "fix", text="New socket.", how="on_site") == "fixed"
    assert await desk.act(desk.asker, number, "confirm", works="no", text="Still dead.") == "working"
    await desk.act(desk.asker, number, "add", text="Now it smokes.")
    assert await desk.act("10001", number, "fix", text="New printer.", how="replaced") == "fixed"
    assert await desk.act(desk.asker, number, "confirm", works="yes") == "closed"
    row = (await desk.db.execute(select(case).where(case.c.number == number))).one()
    assert (row.outcome, row.closed) == ("settled", MOMENT)


@pytest.mark.parametrize(("action", "data"), [("withdraw", {}), ("close", {"outcome": "not_taken", "text": "A private device."})])
async def test_it_ends_without_a_fix(desk: Help, action: str, data: dict[str, Any]) -> None:
    number = await desk.file()
    await desk.act("10007", number, "sign")
    assert await desk.act(desk.asker if action == "withdraw" else "10007", number, action, **data) == "closed"


async def test_what_cannot_be(desk: Help) -> None:
    number = await desk.file()
    with pytest.raises(NotAllowedNow):
        await desk.act("10007", number, "fix", text="Done.", how="remote")
    await desk.act("10007", number, "sign")
    for department in ("nowhere", "old-works", "city-works", "west-works"):
        with pytest.raises(Invalid):
            await desk.act("10007", number, "hand_on", department=department, text="x")
    for officer in ("10001", "99999", "10003"):
        with pytest.raises(Invalid):
            await desk.act("10007", number, "assign", officer=officer)
    with pytest.raises(Forbidden):
        await desk.act("20001", number, "fix", text="Done.", how="remote")
    with pytest.raises(Invalid):
        await desk.act("10007", number, "fix", text="", how="magic")


async def test_troubles_of_one_outage_are_one_piece_of_work(desk: Help) -> None:
    one, two = await desk.file(category="network"), await desk.file(category="network")
    await linking.merge(desk.db, desk.house, desk.town.staff["10007"], one, [two], MOMENT)
    await desk.act("10007", one, "sign")
    await desk.act("10007", one, "fix", text="The line is back.", how="on_site")
    ids = [r.id for r in await desk.db.execute(select(case.c.id))]
    await following.follow(desk.db, desk.house, ids)
    assert (await desk.db.execute(select(case.c.state).where(case.c.number == two))).scalar_one() == "fixed"


async def test_a_request_and_a_trouble_are_never_joined(desk: Help, wanted: Any) -> None:
    trouble = await desk.file()
    request = (await opening.open_one(desk.db, desk.house, desk.town.residents["resident0"], wanted(kind="help"), MOMENT)).number
    with pytest.raises(Invalid, match="another kind"):
        await linking.merge(desk.db, desk.house, desk.town.staff["20001"], request, [trouble], MOMENT)
