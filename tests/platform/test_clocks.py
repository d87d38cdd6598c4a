"""Due dates as people meet them: the same explanation for resident and clerk, on pages, over the API, on the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from browsing import Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select, update

from banshi.cases import acting, numbers, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.tables import case, deadline
from banshi.contracts import Actor
from banshi.db import Database
from banshi.errors import Forbidden, NotAllowedNow, NotFound
from banshi.escalation import sweeping
from banshi.testing import MOMENT, SECRET, Clock, Town, statements

ZONE = ZoneInfo("Asia/Shanghai")
API = {"authorization": "Bearer token-10001"}


class Lamp:
    """A dark lamp and what happens to it, each thing at a moment."""

    def __init__(self, database: Database, town: Town, clock: Clock, wanted: Any) -> None:
        self.database, self.town, self.clock, self.wanted, self.number = database, town, clock, wanted, ""

    async def open(self, **more: Any) -> str:
        async with self.database.transaction() as db:
            self.number = (await opening.open_one(db, self.town.house, self.town.residents["resident0"], self.wanted(**more), MOMENT)).number
        return numbers.show(self.number)

    async def act(self, who: str | Actor, action: str, **answers: Any) -> None:
        self.clock.forward(minutes=30)
        actor = who if isinstance(who, Actor) else self.town.residents.get(who) or self.town.staff[who]
        declared = self.town.house.registry.case_type("tickets.request").action(action)
        async with self.database.transaction() as db:
            await acting.act_one(
                db, self.town.house, actor, Act(number=self.number, action=action, form=decode(declared.form, answers)), self.clock()
            )

    async def row(self) -> Any:
        async with self.database.transaction() as db:
            return (await db.execute(select(case).where(case.c.number == self.number))).one()

    def of(self, department: str, permission: str) -> str:
        found = self.town.department(department)
        return next(n for n, a in self.town.staff.items() if a.department_id == found and a.may(permission))


@pytest.fixture
def lamp(database: Database, town: Town, clock: Clock, wanted: Any) -> Lamp:
    return Lamp(database, town, clock, wanted)


async def test_resident_and_clerk_read_the_same_explanation(lamp: Lamp, client: AsyncTestClient[Any]) -> None:
    number = await lamp.open()
    await lamp.act("10001", "sign")
    await lamp.act("10001", "ask", text="Which pole?")
    lamp.clock.forward(days=2)
    await lamp.act("resident0", "reply", text="The third.")
    resident = Person(client)
    await resident.sign_in("resident0")
    mine = await resident.get(f"/case/{number}/clock")
    assert mine.status == 200
    client.cookies.clear()
    clerk = Person(client)
    await clerk.sign_in("chen")
    theirs = await clerk.get(f"/desk/case/{number}/clock")
    assert theirs.status == 200
    for page in (mine, theirs):
        said = page.text
        for words in (
            "Settled as promised",
            "By 1 Dec, 17:00",
            "Stood still: Waiting for the resident, waiting for the applicant",
            "Being worked on",
        ):
            assert words in said, words
    on_case = await clerk.get(f"/desk/case/{number}")
    assert "By 1 Dec, 17:00" in on_case.text
    assert f"/desk/case/{number}/clock" in on_case.response.text


async def test_in_chinese_too(lamp: Lamp, client: AsyncTestClient[Any]) -> None:
    number = await lamp.open()
    resident = Person(client, "zh-CN")
    await resident.sign_in("resident0")
    said = (await resident.get(f"/case/{number}/clock")).text
    assert "11月30日 17:00 前，剩余 5 个工作日" in said
    assert "2026年11月23日收到，当日不计" in said


async def test_it_is_for_those_who_see_the_case(lamp: Lamp, client: AsyncTestClient[Any]) -> None:
    number = await lamp.open()
    assert (await Person(client).get(f"/case/{number}/clock")).status in {401, 403, 404}
    stranger = Person(client)
    await stranger.sign_in("resident1")
    assert (await stranger.get(f"/case/{number}/clock")).status == 404
    client.cookies.clear()
    clerk = Person(client)
    await clerk.sign_in("zheng")
    assert (await clerk.get(f"/desk/case/{number}/clock")).status in {403, 404}
    assert (await clerk.get("/desk/case/1111-1111-1111/clock")).status == 404


async def test_over_the_api(lamp: Lamp, client: AsyncTestClient[Any]) -> None:
    number = await lamp.open()
    await lamp.act("10001", "sign")
    await lamp.act("10001", "ask", text="Which pole?")
    answer = await client.get(f"/api/v1/cases/{number}/clocks", headers=API)
    assert answer.status_code == 200
    clocks = {(c["name"], c["run"]): c for c in answer.json()["items"]}
    assert clocks["promised", 1]["due"] is None
    assert clocks["promised", 1]["standing"] == "stands"
    assert [i["kind"] for i in clocks["promised", 1]["intervals"]] == ["counted", "counted", "paused"]
    assert clocks["sign", 1]["standing"] == "kept"
    assert clocks["sign", 1]["used"] == 0.5
    assert clocks["contact", 1]["stopped"] is not None
    assert (await client.get("/api/v1/cases/111111111111/clocks", headers=API)).status_code == 404


async def test_a_page_with_its_clocks_stays_at_eight_queries(lamp: Lamp, client: AsyncTestClient[Any]) -> None:
    number = await lamp.open()
    clerk = Person(client)
    await clerk.sign_in("chen")
    for path in (f"/desk/case/{number}", f"/desk/case/{number}/clock"):
        await clerk.get(path)
        with statements(lamp.database) as said:
            assert (await clerk.get(path)).status == 200
        assert len(said) <= 8, said


async def test_a_list_says_by_when_and_what_is_over(lamp: Lamp, client: AsyncTestClient[Any]) -> None:
    await lamp.open()
    async with lamp.database.transaction() as db:
        await sweeping.keep(db, lamp.town.house, (await db.execute(select(case.c.id))).scalars().all())
    clerk = Person(client)
    await clerk.sign_in("chen")
    assert "Due 30 Nov, 17:00" in (await clerk.get("/desk/department")).text
    lamp.clock.forward(days=8)
    client.cookies.clear()
    await clerk.sign_in("chen")
    assert "Over since 30 Nov, 17:00" in (await clerk.get("/desk/department")).text
    async with lamp.database.transaction() as db:
        await db.execute(update(deadline).values(promised=None, statutory=None, stands="outside"))
    assert "Stands still: an outside body is asked" in (await clerk.get("/desk/department")).text


# -- what a request can do with time ------------------------------------------------------------------------------------------


async def test_it_waits_for_an_outside_body_and_goes_on(lamp: Lamp) -> None:
    await lamp.open()
    await lamp.act("10001", "sign")
    await lamp.act("10001", "wait", body="The power company", text="It has to switch off the line.")
    assert (await lamp.row()).state == "outside"
    await lamp.act("10001", "go_on", text="Switched off on Friday.")
    assert (await lamp.row()).state == "working"


async def test_it_takes_longer_twice_and_then_asks_the_superior(lamp: Lamp) -> None:
    await lamp.open(category="greenery", area="persimmon")
    head = lamp.of("parks", "tickets.review")
    await lamp.act(head, "sign")
    more = {"more": "2", "reason": "The crane comes later.", "agreed": "Bureau meeting"}
    for _time in range(2):
        await lamp.act(head, "extend", **more)
    with pytest.raises(NotAllowedNow, match="extended 2 times"):
        await lamp.act(head, "extend", **more)


async def test_only_superiors_support_and_name_who_is_responsible(lamp: Lamp) -> None:
    await lamp.open()
    await lamp.act("10001", "sign")
    boss = lamp.of("oversight", "tickets.supervise")
    await lamp.act(boss, "support", text="Two electricians come on Monday.")
    stranger = next(
        n
        for n, a in lamp.town.staff.items()
        if a.may("tickets.supervise") and not lamp.town.house.directory.over(a.department_id, lamp.town.department("lighting"))
    )
    with pytest.raises((Forbidden, NotFound)):
        await lamp.act(stranger, "reassign", department="east-works", text="Theirs.")
    await lamp.act(boss, "reassign", department="east-works", text="They have the crane.")
    row = await lamp.row()
    assert row.department_id == lamp.town.department("east-works")
    assert row.state == "new"


async def test_a_major_case_owes_its_report(lamp: Lamp) -> None:
    await lamp.open(category="greenery", area="persimmon")
    head = lamp.of("parks", "tickets.review")
    await lamp.act(head, "mark_major", text="The tree fell on a bus stop.")
    assert (await lamp.row()).owes
    with pytest.raises(NotAllowedNow):
        await lamp.act(head, "mark_major", text="Again.")


# -- on the command line -------------------------------------------------------------------------------------------------------


async def test_the_command_explains_what_the_page_says(fresh_url: str, town: Town, wanted: Any) -> None:
    database = Database(fresh_url, pool_size=1)
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)
    await database.close()

    def banshi(*arguments: str) -> subprocess.CompletedProcess[str]:
        environ = os.environ | {"BANSHI_DATABASE_URL": fresh_url, "BANSHI_SECRET_KEY": SECRET}
        return subprocess.run([sys.executable, "-m", "banshi", *arguments], env=environ, capture_output=True, text=True, check=False)

    at = (MOMENT + timedelta(days=1)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M")
    said = banshi("case", "explain", opened.number, "--at", at)
    assert said.returncode == 0, said.stderr
    assert "Settled as promised: By 30 Nov, 17:00; 5 workdays are left" in said.stdout
    told = json.loads(banshi("case", "explain", opened.number, "--json", "--at", at).stdout)
    due = next(c["due"] for c in told if c["name"] == "promised")
    assert datetime.fromisoformat(due).astimezone(ZONE).isoformat() == "2026-11-30T17:00:00+08:00"
    assert banshi("case", "explain", "123").returncode != 0
    would = json.loads(banshi("escalate", "--dry-run", "--at", "2026-11-26T17:00+08:00", "--json").stdout)
    assert would["would"] == []  # nothing is kept yet about when it is due: the worker has not run
    assert banshi("clock", "recount").returncode == 0
    would = json.loads(banshi("escalate", "--dry-run", "--at", "2026-11-26T17:00+08:00", "--json").stdout)
    assert {"tickets.idle", "tickets.unsigned"} <= {w["rule"] for w in would["would"]}
    assert banshi("escalate", "--at", "2026-11-26T17:00+08:00").returncode == 2
    for wrong in ("tomorrow", "2026-11-26T17:00", "+1x"):
        refused = banshi("escalate", "--dry-run", "--at", wrong)
        assert refused.returncode != 0
        assert "Traceback" not in refused.stderr
