"""Whoever reports wrongdoing is hidden from the department that looks into it: on every page, in the API, the log, the errors (domain 7.5)."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from browsing import Person
from litestar.testing import AsyncTestClient
from sqlalchemy import text

from banshi.cases import acting, numbers, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.db import Database
from banshi.identity import access
from banshi.testing import Clock, Town
from banshi.web.security import JsonLines
from banshi.web.site import SESSION_COOKIE

Client = AsyncTestClient[Any]
NAME, TELEPHONE = "欧阳明月", "100 0000 9753"
TRACES = re.compile(r"欧阳|明月|欧\*|\*月|9753|张小芳|张\*芳|resident0|0000 0000")
"""The name and number that were filed, the account's own, and what masking leaves of them."""


@pytest.fixture
def reading(client: Client, database: Database, town: Town, clock: Clock) -> Any:
    """A function that gives a browser in which an officer is signed in."""

    async def sign_in(staff_number: str) -> Person:
        async with database.transaction() as db:
            client.cookies.set(SESSION_COOKIE, await access.open_session(db, town.staff[staff_number].person_id or 0, clock()))
        return Person(client)

    return sign_in


@pytest.fixture
async def report(database: Database, town: Town, wanted: Any, clock: Clock) -> str:
    """A report of wrongdoing by somebody with an account, signed for, answered back and forth; its number as it is shown."""
    asked = wanted(kind="report", contact_name=NAME, contact_telephone=TELEPHONE, text="工地夜里偷排泥浆。")
    declared = asked.case_type
    async with database.transaction() as db:
        number = (await opening.open_one(db, town.house, town.residents["resident0"], asked, clock())).number
        for who, action, data in (
            ("10001", "sign", {}),
            ("10001", "ask", {"text": "Which night?"}),
            ("resident0", "reply", {"text": "Every night."}),
            ("10001", "tell", {"text": "We go there tonight."}),
        ):
            actor = town.residents.get(who) or town.staff[who]
            act = Act(number=number, action=action, form=decode(declared.action(action).form, data))
            await acting.act_one(db, town.house, actor, act, clock())
    return numbers.show(number)


async def test_the_handling_department_finds_no_trace_anywhere(
    reading: Any, client: Client, database: Database, report: str, town: Town, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    clerk = await reading("10001")
    seen: list[str] = []
    for path in (
        "/desk",
        "/desk/department",
        "/desk/all",
        f"/desk/case/{report}",
        *(f"/desk/case/{report}?do={a}" for a in ("answer", "ask", "note", "pass_on", "recuse", "assign")),
        f"/desk/find?q={report}",
        f"/desk/case/{report}?lang=zh",
        f"/desk/case/{report}/elsewhere",
    ):
        page = await clerk.get(path)
        assert page.status < 500
        seen.append(page.response.text)
    page = await clerk.get(f"/desk/case/{report}?lang=en")
    assert "hidden" in page.text.casefold()
    assert not [f for f in page.forms if f["action"].endswith("/reveal")]
    token = page.form("/sign-out")["fields"]["_csrf_token"][0]
    revealed = await clerk.post(f"/desk/case/{report}/reveal", {"_csrf_token": token})
    assert revealed.status == 403
    late = await clerk.post(f"/desk/case/{report}/answer", {"_csrf_token": token, "text": "Too late", "revision": "1", "solved": "yes"})
    assert late.status == 409
    wrong = await clerk.post(f"/desk/case/{report}/answer", {"_csrf_token": token, "text": "", "revision": "5"})
    assert wrong.status == 400
    seen += [revealed.response.text, late.response.text, wrong.response.text]
    headers = {"authorization": "Bearer token-10001"}
    for path in ("/api/v1/cases", f"/api/v1/cases/{report}", "/api/v1/cases?state=working"):
        seen.append((await client.get(path, headers=headers)).text)
    seen.append((await client.post(f"/api/v1/cases/{report}/actions", headers=headers, json={"action": "approve"})).text)
    assert report in seen[3]
    for text_ in seen:
        assert not TRACES.search(text_), TRACES.search(text_)
    lines = [JsonLines().format(r) for r in caplog.records if not r.name.startswith(("asyncio", "sqlalchemy", "httpx"))]
    assert not [line for line in lines if TRACES.search(line)]
    async with database.transaction() as db:
        personal = await db.execute(text("select count(*) from kernel.audit_entry where kind = 'personal.read'"))
        assert personal.scalar_one() == 0


@pytest.mark.parametrize("staff_number", ["20001", "30001"])
async def test_intake_and_oversight_see_masked_who_it_is(reading: Any, report: str, staff_number: str) -> None:
    page = await (await reading(staff_number)).get(f"/desk/case/{report}")
    assert "欧**月" in page.text
    assert TELEPHONE not in page.text


async def test_the_desk_may_look_and_the_look_is_on_record(reading: Any, report: str, database: Database) -> None:
    desk = await reading("20001")
    page = await desk.get(f"/desk/case/{report}")
    token = page.form("/sign-out")["fields"]["_csrf_token"][0]
    shown = await desk.post(f"/desk/case/{report}/reveal", {"_csrf_token": token})
    assert (shown.status, NAME in shown.text) == (200, True)
    async with database.transaction() as db:
        entries = (await db.execute(text("select subject from kernel.audit_entry where kind = 'personal.read'"))).scalars().all()
    assert entries == [f"case:{report.replace('-', '')}"]


async def test_passed_on_it_stays_hidden(reading: Any, report: str, database: Database, town: Town, clock: Clock) -> None:
    form = town.house.registry.case_type("tickets.request").action("pass_on").form(department="east-works", text="Their ground.")
    async with database.transaction() as db:
        await acting.act_one(db, town.house, town.staff["10001"], Act(number=report.replace("-", ""), action="pass_on", form=form), clock())
    page = await (await reading("10003")).get(f"/desk/case/{report}")
    assert (page.status, TRACES.search(page.response.text)) == (200, None)


async def test_a_discreet_complaint_shows_who_and_says_not_to_tell(reading: Any, database: Database, town: Town, wanted: Any, clock: Clock) -> None:
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, town.residents["resident0"], wanted(discreet=True), clock())
    page = await (await reading("10001")).get(f"/desk/case/{numbers.show(opened.number)}")
    assert "张*芳" in page.text
    assert "Do not tell the other side" in page.text
