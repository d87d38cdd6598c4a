"""Half-filled forms: back by account, or by link and code; nobody else ever sees an answer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import func, select

from banshi.cases.tables import case
from banshi.db import Database
from banshi.privacy import Keyring
from banshi.testing import MOMENT, Clock
from banshi.web import drafts

START = "/d/east/services/tickets/request"
SECRET_WORDS = "柿树里的路灯三天不亮"


async def half_filled(person: Person) -> Page:
    """Answer two pages, write on the third, and press "Save and finish later"."""
    page = await person.send(await person.get(START), START)
    page = await person.send(page, START, kind="suggestion", category="street_lighting")
    return await person.send(page, START, text=SECRET_WORDS, later="1")


def base_of(page: Page) -> str:
    return str(page.response.url.path).rpartition("/")[0]


def code_of(page: Page) -> str:
    found = re.search(r"receipt__code.*?</dd>", page.response.text, re.DOTALL)
    assert found
    return "".join(re.findall(r"\d", re.sub(r"<[^>]+>|class=\"[^\"]*\"", "", found[0])))


def elsewhere(person: Person) -> None:
    """Go on at another browser."""
    person.client.cookies.clear()


async def test_saved_without_an_account_it_comes_back_by_link_and_code_on_another_device(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    saved = await half_filled(person)
    assert str(saved.response.url.path).endswith("/saved")
    code, link = code_of(saved), base_of(saved) + "/resume"
    assert len(code) == 6
    assert link in saved.text
    elsewhere(person)
    asked = await person.get(link)
    assert (asked.status, SECRET_WORDS in asked.response.text) == (200, False)
    back = await person.send(asked, link, code=f"{code[:3]} {code[3:]}")
    assert str(back.response.url.path).endswith("/where"), "where it was left"
    assert (await person.get(base_of(back) + "/text")).form(START)["fields"]["text"] == [SECRET_WORDS]


async def test_on_the_same_browser_the_link_alone_is_enough(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    saved = await half_filled(person)
    assert str((await person.get(base_of(saved) + "/resume")).response.url.path).endswith("/where")


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize("step", ["what", "text", "check", "done", "saved", "resume"])
async def test_whoever_has_only_the_link_sees_no_answer_on_any_page(client: AsyncTestClient[Any], step: str, known: bool) -> None:
    person = Person(client)
    saved = await half_filled(person)
    elsewhere(person)
    if known:
        await person.sign_in("resident2")
    page = await person.get(f"{base_of(saved)}/{step}")
    assert "we ask for its code" in page.text
    assert SECRET_WORDS not in page.response.text
    assert code_of(saved) not in page.response.text
    forged = "9999999999." + "0" * 64
    client.cookies.set("draft", forged, domain="testserver.local", path=base_of(saved))
    assert SECRET_WORDS not in (await person.get(f"{base_of(saved)}/{step}")).response.text


async def test_five_wrong_codes_close_a_form_for_a_while(client: AsyncTestClient[Any], clock: Clock) -> None:
    person = Person(client)
    saved = await half_filled(person)
    code, link = code_of(saved), base_of(saved) + "/resume"
    elsewhere(person)
    page = await person.get(link)
    for guess in range(1, 6):
        page = await person.send(page, link, code=f"{(int(code) + guess) % 10**6:06d}")
        assert (page.status, "not the code of this form" in page.text) == (403, True)
    closed = await person.send(page, link, code=code)
    assert closed.status == 429
    assert SECRET_WORDS not in closed.response.text
    clock.forward(hours=1, minutes=1)
    assert (await person.send(page, link, code=code)).status == 200


async def test_what_was_just_written_is_not_lost_where_the_browser_forgot_the_form(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    saved = await half_filled(person)
    page = await person.get(base_of(saved) + "/where")
    csrf = client.cookies.get("csrf", "")
    elsewhere(person)
    client.cookies.set("csrf", csrf, domain="testserver.local")
    asked = await person.send(page, START, area="persimmon", place="3 号门口")
    assert asked.status == 403
    again = await person.send(asked, base_of(saved), code=code_of(saved))
    assert "3 号门口" in again.text
    assert str((await person.send(again, START)).response.url.path).endswith("/contact")


async def test_with_an_account_it_waits_in_my_cases_and_can_be_deleted(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    await person.sign_in("resident0")
    mine = await half_filled(person)
    assert (str(mine.response.url.path), "Half-filled forms" in mine.text) == ("/my", True)
    assert "Kept until 30 Nov" in mine.text
    link = next(v for v in mine.links.values() if v.endswith("/resume"))
    assert str((await person.get(link)).response.url.path).endswith("/where")
    gone = await person.send(mine, "/my/drafts/")
    assert "Half-filled forms" not in gone.text
    assert (await person.get(link)).status == 410


async def test_somebody_elses_account_and_nobody_at_all_see_nothing_of_it(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    await person.sign_in("resident0")
    link = next(v for v in (await half_filled(person)).links.values() if v.endswith("/resume"))
    text = link.replace("/resume", "/text")
    elsewhere(person)
    for path in (link, text):
        page = await person.get(path)
        assert (page.status, SECRET_WORDS in page.response.text) == (401, False)
    await person.sign_in("resident1")
    for path in (link, text, link.replace("/resume", "/saved"), link.replace("/resume", "/check")):
        page = await person.get(path)
        assert (page.status, SECRET_WORDS in page.response.text) == (403, False)
    mine = await person.get("/my")
    assert "Half-filled forms" not in mine.text
    delete = link.split("/")[-2]
    token = mine.form("/sign-out")["fields"]["_csrf_token"][0]
    assert (await person.post(f"/my/drafts/{delete}/delete", {"_csrf_token": token})).status == 404
    elsewhere(person)
    await person.sign_in("resident0")
    assert "Half-filled forms" in (await person.get("/my")).text


async def test_signing_in_later_on_the_same_browser_claims_it(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    saved = await half_filled(person)
    sign_in = next(v for v in saved.links.values() if v.startswith("/sign-in?next="))
    here = await person.sign_in("resident0", path=sign_in)
    assert str(here.response.url.path).endswith("/saved")
    mine = await person.send(here, START)
    assert "Half-filled forms" in mine.text
    elsewhere(person)
    assert (await person.get(base_of(saved) + "/text")).status == 401, "the link is the account's now"


async def test_after_seven_days_it_is_gone_and_says_so(client: AsyncTestClient[Any], clock: Clock) -> None:
    person = Person(client)
    saved = await half_filled(person)
    link = base_of(saved) + "/resume"
    clock.forward(days=7, seconds=1)
    for page in (await person.get(link), await person.get(base_of(saved) + "/text")):
        assert (page.status, "seven days" in page.text) == (410, True)
        assert SECRET_WORDS not in page.response.text


async def test_a_sent_form_shows_its_code_only_to_whoever_sent_it(client: AsyncTestClient[Any], database: Database) -> None:
    person = Person(client)
    saved = await half_filled(person)
    page = await person.send(await person.get(base_of(saved) + "/where"), START, area="persimmon")
    page = await person.send(page, START, contact_name="")
    done = await person.send(page, START)
    assert "Case number" in done.text
    again = await person.get(base_of(saved) + "/resume")
    assert str(again.response.url.path).endswith("/done"), "the browser that sent it"
    elsewhere(person)
    for step in ("done", "resume", "text"):
        page = await person.get(f"{base_of(saved)}/{step}")
        assert str(page.response.url.path) == "/track"
    async with database.transaction() as db:
        assert (await db.execute(select(func.count()).select_from(case))).scalar_one() == 1


async def test_the_confirmation_is_not_left_behind_at_a_shared_keyboard(client: AsyncTestClient[Any], clock: Clock) -> None:
    person = Person(client)
    saved = await half_filled(person)
    page = await person.send(await person.get(base_of(saved) + "/where"), START, area="persimmon")
    page = await person.send(page, START, contact_name="")
    await person.send(page, START)
    clock.forward(hours=2, minutes=1)
    assert str((await person.get(base_of(saved) + "/done")).response.url.path) == "/track"


async def test_a_code_stays_right_when_the_keys_are_rotated(database: Database, keyring: Keyring) -> None:
    newer = Keyring((("00000002", b"a newer key for tests only, long enough"), *keyring._keys.items()))
    async with database.transaction() as db:
        draft_id = await drafts.begin(db, keyring, "east/tickets/request", MOMENT)
        before = await drafts.find(db, keyring, "east/tickets/request", draft_id, MOMENT)
        after = await drafts.find(db, newer, "east/tickets/request", draft_id, MOMENT)
        assert before
        assert after
        assert before.code == after.code
        assert drafts.code_fits(after, " １２３-456") is (after.code == "123456")


async def test_nothing_of_an_answer_is_stored_in_the_clear(client: AsyncTestClient[Any], database: Database) -> None:
    await half_filled(Person(client))
    async with database.transaction() as db:
        rows = (await db.execute(select(drafts.draft))).all()
    assert len(rows) == 1
    assert SECRET_WORDS not in str(rows)
