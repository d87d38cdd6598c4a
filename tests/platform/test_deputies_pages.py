"""Absences and deputies as people meet them: their own page, the head's, the administrator's, and every list and case that they change."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import func, select

from banshi import audit
from banshi.cases import acting, numbers, opening, unanswered
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.db import Database
from banshi.identity import deputies
from banshi.identity.deputies import Away, Naming
from banshi.identity.directory import load_directory
from banshi.identity.tables import absence, deputy
from banshi.testing import MOMENT, Clock, Town, statements

STATEMENTS = 8
A, B, PARKS, HEAD, INTAKE, ADMIN = "10001", "10002", "10005", "10006", "20001", "90001"
DAY = timedelta(days=1)
TODAY, TOMORROW, LATER = "2026-11-23", "2026-11-24", "2026-12-31"
At = Callable[[str], Awaitable[Person]]


@pytest.fixture
def file(database: Database, town: Town, wanted: Any) -> Callable[..., Awaitable[str]]:
    """A function that files a request and gives its number as it is shown."""

    async def do(text: str = "The lamp is dark.", **data: Any) -> str:
        async with database.transaction() as db:
            return numbers.show((await opening.open_one(db, town.house, town.residents["resident0"], wanted(text=text, **data), MOMENT)).number)

    return do


@pytest.fixture
def act(database: Database, town: Town) -> Callable[..., Awaitable[None]]:
    """A function by which an officer acts on a case."""

    async def do(who: str, number: str, action: str, **data: Any) -> None:
        form = decode(town.house.registry.case_type("tickets.request").action(action).form, data)
        async with database.transaction() as db:
            await acting.act_one(db, town.house, town.staff[who], Act(number=numbers.read(number), action=action, form=form), MOMENT)

    return do


@pytest.fixture
def stands_in(database: Database, town: Town) -> Callable[..., Awaitable[None]]:
    """A function by which an officer names a deputy (none: nobody) and, unless told otherwise, is away for a day."""

    async def do(officer: str, other: str = "", *, away: bool = True) -> None:
        async with database.transaction() as db:
            directory, keyring, actor = await load_directory(db, 0), town.house.keyring, town.staff[officer]
            if other:
                naming = Naming(post_id=actor.post_id or 0, staff_number=other, since=MOMENT, until=MOMENT + 30 * DAY)
                await deputies.name(db, directory, keyring, actor, naming, MOMENT)
            if away:
                span = Away(post_id=actor.post_id or 0, since=MOMENT, until=MOMENT + DAY, reason="sick")
                await deputies.enter(db, directory, keyring, actor, span, MOMENT)

    return do


def errors(page: Page) -> str:
    return " ".join(re.findall(r"govuk-error-message\">.*?</p>|error-summary__list\">.*?</ul>", page.response.text, re.DOTALL))


# -- one's own page -------------------------------------------------------------------------------------------------------------------------


async def test_an_officer_names_a_deputy_goes_away_and_comes_back(at_desk: At, client: AsyncTestClient[Any], clock: Clock) -> None:
    clerk = await at_desk(A)
    page = await clerk.get("/desk")
    assert page.links["Absence and deputies"] == "/desk/absence"
    page = await clerk.get("/desk/absence")
    assert "In the department: 10002" in page.text
    page = await clerk.send(page, f"/desk/absence/{A}/deputy", staff_number=B, first_day=TODAY, last_day=LATER)
    assert (page.status, str(page.response.url.path)) == (200, "/desk/absence")
    assert "Staff 10002" in page.text
    page = await clerk.send(page, f"/desk/absence/{A}/away", since=TODAY, since_time="13:00", until=TOMORROW, reason="training")
    assert "23 Nov, 13:00 to 24 Nov" in page.text
    clock.forward(hours=5)  # 14.30 there
    page = await clerk.get("/desk/absence")
    assert "absent until 24 Nov, deputy 10002" in page.text
    assert "stands in now" in page.text
    page = await clerk.send(page, f"/desk/absence/{A}/take-back")
    assert "absent until" not in page.text
    page = await clerk.send(page, f"/desk/absence/{A}/revoke")
    assert "Nobody is named." in page.text


async def test_what_is_wrong_is_told_beside_its_field_and_the_input_is_kept(at_desk: At) -> None:
    clerk = await at_desk(A)
    page = await clerk.get("/desk/absence")
    wrong: list[tuple[str, dict[str, str], str, int]] = [
        ("away", {"since": TOMORROW, "until": TODAY, "reason": "leave"}, "The end must lie after the beginning.", 400),
        ("away", {"since": "2026-11-01", "until": "2026-11-02", "reason": "leave"}, "This is over already.", 400),
        ("away", {"since": "2026-11-01", "until": TOMORROW, "reason": "leave"}, "This day is over.", 400),
        ("away", {"since": TODAY, "until": "2029-01-01", "reason": "leave"}, "A year at most.", 400),
        ("away", {"since": "0001-01-01", "until": "9999-12-31", "reason": "leave"}, "Enter a day of this century.", 400),
        ("away", {"since": "soon", "until": TOMORROW, "reason": "leave"}, "First day away", 400),
        ("away", {"since": TODAY, "since_time": "25:00", "until": TOMORROW, "reason": "leave"}, "From what time", 400),
        ("away", {"since": TODAY, "until": TOMORROW, "reason": "holiday"}, "Kind of absence", 400),
        ("away", {}, "First day away", 400),
        ("deputy", {"staff_number": A, "first_day": TODAY, "last_day": LATER}, "Nobody stands in for themselves.", 400),
        ("deputy", {"staff_number": "10003", "first_day": TODAY, "last_day": LATER}, "another district", 400),
        ("deputy", {"staff_number": "98765", "first_day": TODAY, "last_day": LATER}, "Nobody has the staff number 98765", 400),
        ("deputy", {"staff_number": B, "first_day": TOMORROW, "last_day": TODAY}, "The end must lie after the beginning.", 400),
        ("deputy", {}, "Staff number of the deputy", 400),
    ]
    for kind, fields, words, status in wrong:
        answer = await clerk.send(page, f"/desk/absence/{A}/{kind}", **fields)
        assert (answer.status, words in errors(answer)) == (status, True), (kind, fields, errors(answer))
        form = answer.form(f"/desk/absence/{A}/{kind}")["fields"]
        assert all(form[name] == [value] for name, value in fields.items() if name != "reason"), (fields, form)


async def test_overlap_and_ring_are_409_with_the_input_kept(at_desk: At, stands_in: Any, database: Database) -> None:
    await stands_in(A, B)
    await stands_in(B, A, away=False)
    colleague = await at_desk(B)
    page = await colleague.get("/desk/absence")
    answer = await colleague.send(page, f"/desk/absence/{B}/away", since=TODAY, until=TOMORROW, reason="leave")
    assert (answer.status, "stand in for each other" in errors(answer)) == (409, True)
    assert answer.form(f"/desk/absence/{B}/away")["fields"]["until"] == [TOMORROW]
    clerk = await at_desk(A)
    page = await clerk.get("/desk/absence")
    answer = await clerk.send(page, f"/desk/absence/{A}/away", since=TODAY, until=TOMORROW, reason="leave")
    assert (answer.status, "overlaps an absence" in errors(answer)) == (409, True)
    async with database.transaction() as db:
        assert (await db.execute(select(func.count()).select_from(absence))).scalar_one() == 1


async def test_a_form_sent_twice_and_a_button_pressed_twice(at_desk: At, database: Database) -> None:
    clerk = await at_desk(A)
    page = await clerk.get("/desk/absence")
    for _time in range(2):
        assert (await clerk.send(page, f"/desk/absence/{A}/away", since=TODAY, until=TOMORROW, reason="leave")).status == 200
        assert (await clerk.send(page, f"/desk/absence/{A}/deputy", staff_number=B, first_day=TODAY, last_day=LATER)).status == 200
    page = await clerk.get("/desk/absence")
    for _time in range(2):
        assert (await clerk.send(page, f"/desk/absence/{A}/take-back")).status == 200
        assert (await clerk.send(page, f"/desk/absence/{A}/revoke")).status == 200
    async with database.transaction() as db:
        counts = [(await db.execute(select(func.count()).select_from(t))).scalar_one() for t in (absence, deputy)]
        kinds = (await db.execute(select(audit.audit_entry.c.kind).order_by(audit.audit_entry.c.sequence))).scalars().all()
    assert counts == [1, 1]
    assert kinds == ["absence.entered", "deputy.named", "absence.taken_back", "deputy.revoked"]


@pytest.mark.parametrize("said", ["", "x", "-1", "99999999999999999999", "1 or 1"])
async def test_an_id_that_no_page_gave_is_not_there(at_desk: At, said: str) -> None:
    clerk = await at_desk(A)
    token = (await clerk.get("/desk/absence")).form(f"/desk/absence/{A}/away")["fields"]["_csrf_token"]
    for kind, name in (("take-back", "absence"), ("revoke", "deputy")):
        assert (await clerk.post(f"/desk/absence/{A}/{kind}", {"_csrf_token": token, name: said})).status == 404


# -- others' ----------------------------------------------------------------------------------------------------------------------------------


async def test_the_head_enters_it_for_the_department_and_nobody_else_does(at_desk: At, town: Town) -> None:
    head = await at_desk(HEAD)
    page = await head.get("/desk/absences")
    assert "Everybody is there" in page.text
    page = await head.get(f"/desk/absences?number={PARKS}")
    assert str(page.response.url.path) == f"/desk/absence/{PARKS}"
    page = await head.send(page, f"/desk/absence/{PARKS}/away", since=TODAY, until=TOMORROW, reason="sick")
    assert "absent until 24 Nov, nobody stands in" in page.text
    page = await head.get("/desk/absences")
    assert page.links["Staff 10005"] == f"/desk/absence/{PARKS}"
    assert "Sick" not in page.text
    assert (await head.get("/desk/absences?number=10001")).status == 404
    assert (await head.get(f"/desk/absence/{A}")).status == 403
    clerk = await at_desk(PARKS)
    assert (await clerk.get("/desk/absences")).status == 403
    assert (await clerk.get(f"/desk/absence/{HEAD}")).status == 403
    assert (await clerk.get("/desk/absence/nobody")).status == 404
    own = (await clerk.get("/desk/absence")).form(f"/desk/absence/{PARKS}/away")["fields"]["_csrf_token"]
    for kind in ("away", "deputy", "take-back", "revoke"):
        assert (await clerk.post(f"/desk/absence/{HEAD}/{kind}", {"_csrf_token": own})).status == 403
    administrator = await at_desk(ADMIN)
    page = await administrator.get(f"/desk/absence/{PARKS}")
    assert page.status == 200
    page = await administrator.send(page, f"/desk/absence/{PARKS}/take-back")
    assert "None is entered." in page.text


async def test_these_pages_are_for_staff(client: AsyncTestClient[Any]) -> None:
    for path in ("/desk/absence", "/desk/absences", "/desk/for/10001", "/desk/left", "/admin/deputies"):
        assert (await Person(client).get(path)).status == 401, path


async def test_an_administrator_sets_after_how_many_hours_a_deputy_is_offered_a_case(at_desk: At, database: Database, town: Town) -> None:
    administrator = await at_desk(ADMIN)
    page = await administrator.get("/admin/deputies")
    for wrong in ("-1", "four", "1001", "4.5", "", "9" * 30):
        answer = await administrator.send(page, "/admin/deputies", **{"hours-east": wrong, "hours-north": "7"})
        assert (answer.status, "Enter a whole number from 0 to 1000." in errors(answer)) == (400, True), wrong
        assert answer.form("/admin/deputies")["fields"].get("hours-east", [""]) == ([wrong] if wrong else []) or not wrong
    async with database.transaction() as db:
        assert await deputies.limits(db) == {}  # nothing is set where one is wrong
    page = await administrator.send(page, "/admin/deputies", **{"hours-east": "4"})
    assert page.form("/admin/deputies")["fields"]["hours-east"] == ["4"]
    async with database.transaction() as db:
        assert await deputies.limits(db) == {town.district("east"): 4}
    for who in (A, "90002"):
        assert (await (await at_desk(who)).get("/admin/deputies")).status == 403


# -- lists and cases ------------------------------------------------------------------------------------------------------------------------------


async def test_the_deputy_finds_the_cases_of_the_absent_in_their_own_list_marked(at_desk: At, file: Any, act: Any, stands_in: Any) -> None:
    absent, own = await file("Lamp of the absent"), await file("My lamp")
    await act(A, absent, "sign")
    await act(B, own, "sign")
    await stands_in(A, B)
    deputy_ = await at_desk(B)
    page = await deputy_.get("/desk")
    assert "Lamp of the absent" in page.text
    assert "For 10001" in page.text
    assert page.links["For 10001"] == "/desk/for/10001"
    assert "I stand in" in page.text
    page = await deputy_.get("/desk/for/10001")
    assert ("Lamp of the absent" in page.text, "My lamp" in page.text) == (True, False)
    assert "absent until" in page.text
    page = await deputy_.get(f"/desk/case/{absent}")
    assert "You stand in for staff 10001." in page.text
    assert "absent until 24 Nov, 09:30, deputy 10002" in page.text
    page = await deputy_.get(f"/desk/case/{absent}?do=answer")
    page = await deputy_.send(page, f"/desk/case/{absent}/answer", text="Mended.", solved="yes")
    assert "Staff 10002 for 10001" in page.text
    assert "For 10001" in (await deputy_.get("/desk")).text
    colleague = await at_desk(A)
    page = await colleague.get("/desk")
    assert ("Lamp of the absent" in page.text, "I stand in" in page.text) == (True, False)
    assert (await colleague.get("/desk/for/10002")).status == 404


async def test_the_resident_reads_who_acted_for_whom_and_who_opens_the_case_too(
    client: AsyncTestClient[Any], at_desk: At, file: Any, act: Any, stands_in: Any, town: Town
) -> None:
    number = await file()
    await act(A, number, "sign")
    await stands_in(A, B)
    deputy_ = await at_desk(B)
    page = await deputy_.get(f"/desk/case/{number}?do=tell")
    await deputy_.send(page, f"/desk/case/{number}/tell", text="The mast is ordered.")
    said = (await client.get(f"/api/v1/cases/{number}", headers={"authorization": f"Bearer {town.tokens[B]}"})).json()
    assert [(e["staff_number"], e["for_staff_number"]) for e in said["events"] if e["kind"] == "tell"] == [(B, A)]
    fed = (await client.get("/api/v1/events", headers={"authorization": f"Bearer {town.tokens[B]}"})).json()
    assert [(e["staff_number"], e["for_staff_number"]) for e in fed["items"] if e["kind"] == "tell"] == [(B, A)]
    client.cookies.clear()
    resident = Person(client)
    await resident.sign_in("resident0")
    page = await resident.get(f"/case/{number}")
    assert "Lighting Staff 10002 for 10001" in page.text
    assert "absent" not in page.text  # that an officer is away, and why, is no resident's matter


async def test_where_nobody_stands_in_the_department_has_the_case_and_sees_why(at_desk: At, file: Any, act: Any, stands_in: Any) -> None:
    number = await file("Lamp of the absent")
    await act(A, number, "sign")
    colleague = await at_desk(B)
    assert "Nobody stands in" not in (await colleague.get("/desk")).text
    await stands_in(A)
    page = await colleague.get("/desk/department")
    assert "Staff 10001: absent until 24 Nov, 09:30, nobody stands in" in page.text
    assert page.links["Nobody stands in"] == "/desk/left"
    page = await colleague.get("/desk/left")
    assert "Lamp of the absent" in page.text
    assert "Lamp of the absent" not in (await (await at_desk("10003")).get("/desk")).text
    assert (await (await at_desk("10003")).get("/desk/left")).status == 404


async def test_where_an_officer_is_picked_it_is_told_that_they_are_away(at_desk: At, file: Any, act: Any, stands_in: Any) -> None:
    number = await file()
    await act(A, number, "sign")
    await stands_in(B, INTAKE)
    clerk = await at_desk(A)
    page = await clerk.get(f"/desk/case/{number}?do=assign")
    assert "Staff 10002 (absent until 24 Nov, 09:30, deputy 20001)" in page.text
    assert "Staff 10001 (" not in page.text
    chinese = Person(clerk.client, "zh-CN")
    assert "工号 10002（离岗至11月24日 09:30，B角 20001）" in (await chinese.get(f"/desk/case/{number}?do=assign")).text


async def test_what_was_offered_stands_in_the_deputys_list_and_on_the_case(
    at_desk: At, file: Any, act: Any, stands_in: Any, database: Database, town: Town, clock: Clock
) -> None:
    number = await file("A lamp without a word")
    await act(A, number, "sign")
    await stands_in(A, B, away=False)

    class Always:
        def working(self, start: Any, stop: Any) -> timedelta:
            return stop - start  # type: ignore[no-any-return]

    clock.forward(hours=3)
    async with database.transaction() as db:
        house = town.house
        await deputies.set_limit(db, house.directory, house.keyring, town.staff[ADMIN], "east", 2, clock())
        house = type(house)(registry=house.registry, directory=await load_directory(db, 0), book=house.book, keyring=house.keyring)
        await unanswered.begin(db, clock())
        assert await unanswered.offer(db, house, lambda _district: Always(), clock()) == 1
    deputy_ = await at_desk(B)
    page = await deputy_.get("/desk")
    assert "A lamp without a word" in page.text
    assert "For 10001, who has not answered" in page.text
    page = await deputy_.get(f"/desk/case/{number}")
    assert "Staff 10001 has not answered for too long." in page.text
    assert "Offered to the deputy" in page.text
    page = await deputy_.get(f"/desk/case/{number}?do=tell")
    page = await deputy_.send(page, f"/desk/case/{number}/tell", text="We look at it today.")
    assert "Staff 10002 for 10001" in page.text


async def test_who_prepared_it_reads_why_they_may_not_send_it(at_desk: At, file: Any, act: Any, stands_in: Any) -> None:
    number = await file(category="greenery")
    await act(PARKS, number, "sign")
    await act(PARKS, number, "draft", text="The tree is cut back.")
    await stands_in(HEAD, PARKS)
    clerk = await at_desk(PARKS)
    page = await clerk.get(f"/desk/case/{number}?do=approve")
    page = await clerk.send(page, f"/desk/case/{number}/approve")
    assert (page.status, "is for somebody else" in page.text) == (409, True)


async def test_every_page_stays_at_eight_statements_however_many_are_away(
    at_desk: At, file: Any, act: Any, stands_in: Any, database: Database
) -> None:
    number = ""
    for i in range(30):
        number = await file(f"Lamp {i}.")
        await act(A, number, "sign")
    await stands_in(A, B)
    await stands_in(PARKS, HEAD)
    for who, paths in (
        (B, ("/desk", "/desk/department", "/desk/all", "/desk/for/10001", "/desk/absence", f"/desk/case/{number}", f"/desk/case/{number}?do=answer")),
        (HEAD, ("/desk", "/desk/absences", f"/desk/absence/{PARKS}", "/desk/for/10005")),
        (ADMIN, ("/admin/deputies", "/desk/absences")),
    ):
        person = await at_desk(who)
        await person.get("/desk")
        for path in paths:
            with statements(person.client.app.state.site.database) as ran:
                assert (await person.get(path)).status == 200, path
            assert len(ran) <= STATEMENTS, (path, len(ran))


async def test_a_page_of_the_deputys_list_leads_on_and_shows_nothing_twice(at_desk: At, file: Any, act: Any, stands_in: Any) -> None:
    for i in range(30):
        number = await file(f"Lamp {i}.")
        await act(A if i % 2 else B, number, "sign")
    await stands_in(A, B)
    person, path, seen = await at_desk(B), "/desk", list[str]()
    while path:
        page = await person.get(path)
        seen += re.findall(r'href="(/desk/case/[\d-]+)" data-row', page.response.text)
        path = page.links.get("Next page", "")
    assert len(seen) == len(set(seen)) == 30
