"""From the catalogue to a number: the questions, the exact list, applying without an account, with one, and at the window."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from browsing import Person
from catalogue import fill, find, sweep
from litestar.testing import AsyncTestClient
from sqlalchemy import text

from banshi.cases import numbers
from banshi.db import Database
from banshi.testing import Clock, Town
from banshi_approvals.catalogue import keeping
from banshi_approvals.catalogue.keeping import Hand

HERE = "/d/north/approvals"
ANSWERS = {"holder_kind": "institution", "holder": "云上旅馆", "contact_telephone": "100 0000 0001", "ground": "none"}


@pytest_asyncio.fixture(loop_scope="session")
async def shelf(database: Database) -> AsyncIterator[None]:
    async with database.transaction() as db:
        await fill(db)
    yield
    async with database.transaction() as db:
        await sweep(db)


async def test_the_catalogue_is_listed_and_found_by_words_also_in_the_portals_search(client: AsyncTestClient[Any], shelf: None) -> None:
    page = (await client.get(f"{HERE}/catalogue?lang=zh")).text
    assert "公共场所卫生" in page
    assert "许可 office" in page
    found = (await client.get(f"{HERE}/catalogue?q=许可 joint")).text
    assert found.index("许可 joint") < found.index("许可 office")
    assert f"{HERE}/item/joint" in (await client.get("/d/north?q=joint")).text
    assert f"{HERE}/item/joint" not in (await client.get("/d/east?q=joint")).text
    assert (await client.get("/d/east/approvals/catalogue")).status_code == 404


async def test_questions_lead_to_the_complete_and_exact_list(client: AsyncTestClient[Any], shelf: None) -> None:
    assert f"{HERE}/item/office/situation" in (await client.get(f"{HERE}/item/office")).text
    asked = (await client.get(f"{HERE}/item/office/situation")).text
    assert 'name="q.rented"' in asked
    unanswered = await client.get(f"{HERE}/item/office/situation?asked=rented")
    assert (unanswered.status_code, "govuk-error-summary" in unanswered.text) == (400, True)
    listed = (await client.get(f"{HERE}/item/office/situation?asked=rented&q.rented=yes")).text
    assert [w in listed for w in ("申请表", "租赁合同", "平面图")] == [True] * 3
    owned = (await client.get(f"{HERE}/item/office/list?s=rented:no")).text
    assert [w in owned for w in ("申请表", "租赁合同", "平面图")] == [True, False, True]


async def test_tampered_answers_lead_back_to_the_questions(client: AsyncTestClient[Any], shelf: None) -> None:
    for query in ("", "?s=rented:maybe", "?s=owned:yes", "?s=%00", "?s=rented"):
        answer = await client.get(f"{HERE}/item/office/list{query}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}/item/office/situation")


async def test_without_an_account_one_gets_number_and_code_and_what_is_still_to_be_handed_in(client: AsyncTestClient[Any], shelf: None) -> None:
    person = Person(client)
    page = await client.get(f"{HERE}/item/office/apply?s=rented:yes")
    form = hidden(page.text) | ANSWERS
    filed = await client.post(f"{HERE}/item/office/apply", data=form)
    number, code = shown(filed.text)
    assert filed.url.path == f"/case/{number}/approvals/filed"
    assert numbers.read(number)
    assert len(code) == 6
    assert [w in filed.text for w in ("申请表", "租赁合同", "平面图")] == [True] * 3
    again = await client.post(f"{HERE}/item/office/apply", data=form)
    assert shown(again.text)[0] == number
    client.cookies.clear()
    assert (await client.get(f"/case/{number}/approvals/filed")).status_code == 404
    del person


async def test_the_code_is_shown_for_two_hours_only(client: AsyncTestClient[Any], shelf: None, clock: Clock) -> None:
    await Person(client).sign_in("resident1")
    page = await client.get(f"{HERE}/item/office/apply?s=rented:no")
    filed = await client.post(f"{HERE}/item/office/apply", data=hidden(page.text) | ANSWERS)
    number, code = shown(filed.text)
    clock.forward(hours=3)
    later = (await client.get(f"/case/{number}/approvals/filed")).text
    assert code
    assert "receipt__code" not in later


async def test_what_is_wrong_is_told_at_the_field_and_everything_typed_stays(client: AsyncTestClient[Any], shelf: None) -> None:
    page = await client.get(f"{HERE}/item/office/apply?s=rented:yes")
    wrong = hidden(page.text) | ANSWERS | {"contact_telephone": "x", "ground": "hardship", "place": "松树街 8 号"}
    answer = await client.post(f"{HERE}/item/office/apply", data=wrong)
    assert answer.status_code == 400
    assert 'id="contact_telephone-error"' in answer.text
    assert 'value="松树街 8 号"' in answer.text
    assert hidden(answer.text)["key"] == hidden(page.text)["key"]
    hardship = await client.post(f"{HERE}/item/office/apply", data=wrong | {"contact_telephone": "100 0000 0001"})
    assert 'id="ground_told-error"' in hardship.text


async def test_the_same_key_with_another_body_is_no_second_case(client: AsyncTestClient[Any], shelf: None) -> None:
    page = await client.get(f"{HERE}/item/office/apply?s=rented:yes")
    form = hidden(page.text) | ANSWERS
    await client.post(f"{HERE}/item/office/apply", data=form)
    answer = await client.post(f"{HERE}/item/office/apply", data=form | {"holder": "另一家旅馆"})
    assert answer.status_code == 409
    assert 'value="另一家旅馆"' in answer.text
    assert hidden(answer.text)["key"] != form["key"]


async def test_an_officer_at_the_window_files_for_a_resident(
    client: AsyncTestClient[Any], shelf: None, at_desk: Any, database: Database, town: Town
) -> None:
    await at_desk("50001")
    listed = (await client.get(f"{HERE}/item/simple/list?s=rented:no&desk=1")).text
    assert "apply?s=rented%3Ano&amp;desk=1" in listed
    page = await client.get(f"{HERE}/item/simple/apply?s=rented:no&desk=1")
    filed = await client.post(f"{HERE}/item/simple/apply?desk=1", data=hidden(page.text) | ANSWERS)
    assert filed.status_code == 200
    number = re.search(r"\d{4}-\d{4}-\d{4}", filed.text)
    assert number is not None
    async with database.transaction() as db:
        row = await find(db, numbers.read(number[0]))
    assert (row.channel, row.applicant_id, row.department_id) == ("window", None, town.department("north-approvals"))
    case = (await client.get(f"/desk/case/{number[0]}")).text
    assert "房屋是租的吗？ 否" in case
    assert "rented:no" not in case


async def test_who_may_not_register_files_for_nobody(client: AsyncTestClient[Any], shelf: None, at_desk: Any) -> None:
    await at_desk("50002")
    assert (await client.get(f"{HERE}/item/simple/apply?s=rented:no&desk=1")).status_code == 403
    await at_desk("50008")
    assert (await client.get(f"{HERE}/item/simple/apply?s=rented:no&desk=1")).status_code == 403
    client.cookies.clear()
    assert (await client.get(f"{HERE}/item/simple/apply?s=rented:no&desk=1", follow_redirects=False)).status_code in {303, 401}


async def test_what_is_retired_or_unknown_says_so_and_takes_nothing(
    client: AsyncTestClient[Any], shelf: None, database: Database, town: Town, clock: Clock
) -> None:
    page = await client.get(f"{HERE}/item/office/apply?s=rented:yes")
    async with database.transaction() as db:
        today = clock().date()
        actor = town.staff["50003"]
        await keeping.retire(Hand(db=db, vault=town.house.keyring, city=town.house.directory, actor=actor, at=clock(), today=today), "office")
    for path in ("item/office", "item/nothing", "item/office/situation", "item/office/list", "item/office/apply"):
        assert (await client.get(f"{HERE}/{path}")).status_code == 404
    refused = await client.post(f"{HERE}/item/office/apply", data=hidden(page.text) | ANSWERS)
    assert refused.status_code == 404
    async with database.transaction() as db:
        assert (await db.execute(text('select count(*) from kernel."case"'))).scalar_one() == 0


async def test_the_year_lists_its_reforms_in_both_languages(client: AsyncTestClient[Any], shelf: None) -> None:
    assert "2026" in (await client.get(f"{HERE}/reforms/2026")).text
    assert (await client.get(f"{HERE}/reforms/99999")).status_code == 404


def hidden(page: str) -> dict[str, Any]:
    """Return what the form of a page carries without being typed."""
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return dict(fields)


def shown(page: str) -> tuple[str, str]:
    """Return number and code as a receipt shows them."""
    digits = re.sub(r"<[^>]+>", "", page[page.index("receipt__numbers") :])
    number = re.search(r"\d{4}-\d{4}-\d{4}", digits)
    assert number is not None
    code = re.search(r"(?<!\d)\d{6}(?!\d)", re.sub(r"\s", "", digits[number.end() :]))
    return number[0], code[0] if code else ""
