"""Signing in tells nothing to a guesser, ends when it should, and loses nothing that somebody wrote."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import unquote

import pytest
import pytest_asyncio
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import insert, select, text, update

from banshi.cases import acting, numbers, opening, reading
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.db import Database
from banshi.identity import access, people, throttle
from banshi.identity.tables import account, post, session
from banshi.privacy import Keyring
from banshi.testing import MOMENT, PASSWORD, Clock, Town
from banshi.web.sign_in import safe_path


@pytest_asyncio.fixture(loop_scope="session")
async def passwords(database: Database) -> AsyncIterator[None]:
    """Whatever the test does to accounts is undone after it."""
    async with database.transaction() as db:
        before = (await db.execute(select(account))).all()
    yield
    async with database.transaction() as db:
        for row in before:
            await db.execute(update(account).where(account.c.person_id == row.person_id).values(password=row.password, disabled=row.disabled))


@pytest_asyncio.fixture(loop_scope="session")
async def address(database: Database, town: Town, wanted: Any) -> str:
    """The desk's address of a case that officer 10001 has signed for."""
    async with database.transaction() as db:
        number = (await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)).number
        await acting.act_one(db, town.house, town.staff["10001"], Act(number=number, action="sign"), MOMENT)
    return f"/desk/case/{numbers.show(number)}"


async def story(database: Database, town: Town, address: str) -> list[str]:
    async with database.transaction() as db:
        row = await reading.get(db, town.house, town.staff["10002"], numbers.read(address.rpartition("/")[2]))
        return [e.kind for e in await reading.story(db, row.id, reading.FOR_STAFF)]


# -- in ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("login", "leads_to"), [(" CHEN ", "/desk"), ("resident0", "/my")])
async def test_the_right_password_leads_where_the_person_works(client: AsyncTestClient[Any], login: str, leads_to: str) -> None:
    page = await Person(client).sign_in(login)
    assert (page.status, page.response.url.path) == (200, leads_to)


async def test_an_unknown_login_and_a_wrong_password_are_told_in_the_same_words(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    wrong = await person.sign_in("chen", "battery staple")
    unknown = await person.sign_in("nobody", "battery staple")
    assert wrong.status == unknown.status == 400
    assert "The login or the password is not right." in wrong.text
    assert wrong.text == unknown.text
    assert wrong.form("/sign-in")["fields"]["login"] == ["chen"]
    assert "battery staple" not in wrong.response.text
    assert (await person.get("/my")).status == 401


@pytest.mark.parametrize(
    "login", ["", "a\x00b", "x" * 500, "'; drop table kernel.account; --", "\ud800".encode("utf8", "surrogatepass").decode("latin-1")]
)
async def test_a_login_that_nobody_can_have_is_only_wrong(client: AsyncTestClient[Any], login: str) -> None:
    page = await Person(client).sign_in(login, "a password\x00 with a NUL")
    assert (page.status, "The login or the password is not right." in page.text) == (400, True)


async def test_after_ten_wrong_ones_even_the_right_password_waits_and_a_right_one_forgives_those_before_it(
    client: AsyncTestClient[Any], clock: Clock
) -> None:
    person, most = Person(client), throttle.SIGN_IN_BY_LOGIN.most
    for _guess in range(most - 1):
        assert (await person.sign_in("chen", "battery staple")).status == 400
    assert (await person.sign_in("chen")).status == 200
    for _guess in range(most):
        assert (await person.sign_in("chen", "battery staple")).status == 400
    for login in ("chen", "CHEN"):
        page = await person.sign_in(login)
        assert (page.status, "Too many attempts" in page.text) == (429, True)
    assert (await person.sign_in("lin")).status == 200
    clock.forward(minutes=16)
    assert (await person.sign_in("chen")).response.url.path == "/desk"


@pytest.mark.usefixtures("passwords")
async def test_a_disabled_account_is_refused_like_an_unknown_one_and_its_session_is_over(
    client: AsyncTestClient[Any], database: Database, town: Town
) -> None:
    person = Person(client)
    await person.sign_in("chen")
    assert (await person.get("/desk")).status == 200
    async with database.transaction() as db:
        await db.execute(update(account).where(account.c.person_id == town.staff["10001"].person_id).values(disabled=True))
    assert (await person.get("/desk")).status == 401
    page = await person.sign_in("chen")
    assert (page.status, "The login or the password is not right." in page.text) == (400, True)


# -- out --------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("passwords")
async def test_a_new_password_ends_every_session_and_the_old_one_is_wrong(client: AsyncTestClient[Any], database: Database, keyring: Keyring) -> None:
    person = Person(client)
    await person.sign_in("chen")
    async with database.transaction() as db:
        await people.add_account(db, keyring, login="chen", name="", password="a newer horse", at=MOMENT)
    assert (await person.get("/desk")).status == 401
    assert (await person.sign_in("chen", PASSWORD)).status == 400
    assert (await person.sign_in("chen", "a newer horse")).status == 200


async def test_a_session_is_over_after_twelve_hours(client: AsyncTestClient[Any], clock: Clock) -> None:
    person = Person(client)
    await person.sign_in("chen")
    clock.forward(hours=11, minutes=59)
    assert (await person.get("/desk")).status == 200
    clock.forward(minutes=1)
    assert (await person.get("/desk")).status == 401


async def test_signing_out_ends_the_session_itself_and_not_only_the_cookie(client: AsyncTestClient[Any], database: Database) -> None:
    person = Person(client)
    page = await person.sign_in("chen")
    cookie = client.cookies["session"]
    page = await person.send(page, "/sign-out")
    assert page.response.url.path.startswith(("/", "/d/"))
    assert (await person.get("/desk")).status == 401
    client.cookies.set("session", cookie)
    assert (await person.get("/desk")).status == 401
    async with database.transaction() as db:
        assert (await db.execute(select(session))).all() == []


async def test_a_link_on_another_site_signs_nobody_out(client: AsyncTestClient[Any]) -> None:
    person = Person(client)
    await person.sign_in("chen")
    assert (await person.get("/sign-out")).status in {404, 405}
    assert (await person.post("/sign-out", {})).status == 403
    assert (await person.get("/desk")).status == 200


# -- in the middle of a form --------------------------------------------------------------------------------------------


async def expired_in_the_middle(person: Person, address: str, clock: Clock, action: str, **fields: str) -> Page:
    await person.sign_in("chen")
    page = await person.get(f"{address}?do={action}")
    clock.forward(hours=13)
    return await person.send(page, f"{address}/{action}", **fields)


async def test_what_was_written_when_the_session_ended_is_there_after_signing_in_and_is_sent(
    client: AsyncTestClient[Any], database: Database, town: Town, address: str, clock: Clock
) -> None:
    person = Person(client)
    refused = await expired_in_the_middle(person, address, clock, "answer", text="The controller\nis replaced.")
    assert refused.status == 401
    assert "What you wrote is kept." in refused.text
    assert await story(database, town, address) == ["opened", "sign"]
    mistyped = await person.send(refused, "/sign-in", login="chen", password="battery staple")
    assert mistyped.status == 400
    resumed = await person.send(mistyped, "/sign-in", login="chen", password=PASSWORD)
    assert resumed.status == 200
    assert "The controller is replaced." in resumed.text
    assert await story(database, town, address) == ["opened", "sign"]
    sent = await person.send(resumed, f"{address}/answer")
    assert (sent.status, sent.response.url.path) == (200, address)
    assert "The controller is replaced." in sent.text
    again = await person.send(resumed, f"{address}/answer")
    assert again.status == 200
    assert await story(database, town, address) == ["opened", "sign", "answer"]


async def test_an_action_without_a_form_is_sent_after_signing_in_too(
    client: AsyncTestClient[Any], database: Database, town: Town, wanted: Any, clock: Clock
) -> None:
    async with database.transaction() as db:
        number = (await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)).number
    address = f"/desk/case/{numbers.show(number)}"
    person = Person(client)
    refused = await expired_in_the_middle(person, address, clock, "sign")
    assert refused.status == 401
    resumed = await person.send(refused, "/sign-in", login="chen", password=PASSWORD)
    sent = await person.send(resumed, f"{address}/sign")
    assert sent.status == 200
    assert await story(database, town, address) == ["opened", "sign"]


async def test_who_was_faster_while_the_session_was_over_still_shows(
    client: AsyncTestClient[Any], database: Database, town: Town, address: str, clock: Clock
) -> None:
    person = Person(client)
    refused = await expired_in_the_middle(person, address, clock, "answer", text="The controller is replaced.")
    case_type, number = town.house.registry.case_type("tickets.request"), numbers.read(address[-14:])
    async with database.transaction() as db:  # and the state allows the answer again
        for who, action, said in ((town.staff["10002"], "ask", "Which pole?"), (town.residents["resident0"], "reply", "The third.")):
            form = decode(case_type.action(action).form, {"text": said})
            await acting.act_one(db, town.house, who, Act(number=number, action=action, form=form), MOMENT)
    resumed = await person.send(refused, "/sign-in", login="chen", password=PASSWORD)
    late = await person.send(resumed, f"{address}/answer")
    assert late.status == 409
    assert "Which pole?" in late.text
    assert late.form(f"{address}/answer")["fields"]["text"] == ["The controller is replaced."]


async def test_a_button_without_anything_to_send_leads_back_to_its_page(client: AsyncTestClient[Any], address: str, clock: Clock) -> None:
    person = Person(client)
    await person.sign_in("chen")
    page = await person.get(address)
    clock.forward(hours=13)
    refused = await person.send(page, f"{address}/reveal")
    assert refused.status == 401
    back = await person.send(refused, "/sign-in", login="chen", password=PASSWORD)
    assert (back.status, back.response.url.path) == (200, address)
    assert "张小芳" not in back.text


@pytest_asyncio.fixture(loop_scope="session")
async def two_posts(database: Database, town: Town) -> AsyncIterator[None]:
    """Officer 10001 has a second post, in the North."""
    values = {
        "person_id": town.staff["10001"].person_id,
        "department_id": town.department("north-works"),
        "staff_number": "10901",
        "roles": ["tickets.clerk"],
    }
    async with database.transaction() as db:
        await db.execute(insert(post).values(values))
    yield
    async with database.transaction() as db:
        await db.execute(text("update kernel.session set post_id = null"))
        await db.execute(text("delete from kernel.post where staff_number = '10901'"))


@pytest.mark.usefixtures("two_posts")
async def test_what_was_written_survives_the_choice_of_a_post_too(
    client: AsyncTestClient[Any], database: Database, town: Town, address: str, clock: Clock
) -> None:
    person = Person(client)
    page = await person.sign_in("chen")
    await person.send(page, "/desk/post", post=str(town.staff["10001"].post_id))
    page = await person.get(f"{address}?do=answer")
    clock.forward(hours=13)
    refused = await person.send(page, f"{address}/answer", text="The controller is replaced.")
    resumed = await person.send(refused, "/sign-in", login="chen", password=PASSWORD)
    asked = await person.send(resumed, f"{address}/answer")
    assert "In which post do you work now?" in asked.text
    resumed = await person.send(asked, "/desk/post", post=str(town.staff["10001"].post_id))
    assert "The controller is replaced." in resumed.text
    sent = await person.send(resumed, f"{address}/answer")
    assert sent.status == 200
    assert await story(database, town, address) == ["opened", "sign", "answer"]


# -- and then --------------------------------------------------------------------------------------------------------------

OUTSIDE = [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "https:evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "evil.example",
    "javascript:alert(1)",
    "",
]


@pytest.mark.parametrize("target", OUTSIDE)
def test_a_path_that_leads_off_the_site_is_no_path(target: str) -> None:
    assert safe_path(target) == ""


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example"])
async def test_signing_in_never_leads_off_the_site(client: AsyncTestClient[Any], target: str) -> None:
    person = Person(client)
    page = await person.get("/sign-in")
    token = page.form("/sign-in")["fields"]["_csrf_token"][0]
    fields = {"_csrf_token": token, "login": "chen", "password": PASSWORD, "next": target}
    answer = await person.post("/sign-in", fields, follow=False)
    assert answer.response.headers["location"] == "/desk"
    shown = await person.get("/sign-in?next=" + target.replace("\\", "%5C").replace("\t", "%09"))
    assert shown.form("/sign-in")["fields"].get("next", [""]) == [""]


@pytest.mark.parametrize("target", ["/my", "/d/east?q=路灯", "/track?large=1&lang=zh"])
async def test_signing_in_leads_where_the_person_wanted(client: AsyncTestClient[Any], target: str) -> None:
    page = await Person(client).get("/sign-in")
    fields = {"_csrf_token": page.form("/sign-in")["fields"]["_csrf_token"][0], "login": "resident0", "password": PASSWORD, "next": target}
    page = await Person(client).post("/sign-in", fields)
    assert page.status == 200
    assert unquote(page.response.url.raw_path.decode()) == target


async def test_a_session_is_kept_only_as_a_digest(client: AsyncTestClient[Any], database: Database) -> None:
    await Person(client).sign_in("chen")
    async with database.transaction() as db:
        rows = (await db.execute(select(session))).all()
    assert len(rows) == 1
    assert client.cookies["session"] not in str(rows)
    assert rows[0].expires - rows[0].created == access.SESSION_LASTS
