"""The pages of messages: an address confirmed by its code, choices kept, texts tried before they hold, webhooks with their log."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from receiving import Mailbox, Receiver, mailbox, receiver, words
from sqlalchemy import select
from test_messages import ANN, act, confirmed, fed, file, send_all, settings_for, worker
from test_relay import drain
from test_webhooks import Now, call, feed

from banshi.audit import audit_entry
from banshi.cases import numbers
from banshi.db import Database
from banshi.identity.tables import person
from banshi.notify import calling, preferences
from banshi.notify.tables import address_claim, digest_choice, message, message_template, webhook
from banshi.testing import Clock, Town, statements

MOST = 8
Client = AsyncTestClient[Any]


@pytest.fixture
def post_office() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


@pytest.fixture
def other() -> Iterator[Receiver]:
    with receiver() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def mailing(client: Client, post_office: Mailbox) -> AsyncIterator[Client]:
    """The application with a mail server."""
    site = client.app.state.site
    site.settings = msgspec.structs.replace(
        site.settings, mail=post_office.address, mail_from="noreply@city.example", public_url="https://city.example", webhooks_private=True
    )
    yield client


async def send_exactly(who: Person, page: Page, action: str, **fields: Any) -> Page:
    """Fill the form of exactly that action: others begin with the same words."""
    form = next(f for f in page.forms if f["action"] == action)
    return await who.post(action, form["fields"] | fields)


# -- a person ---------------------------------------------------------------------------------------------------------------------


async def test_somebody_gives_an_address_confirms_it_by_the_code_and_is_told_what_they_chose(
    mailing: Client, database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    resident = Person(mailing)
    page = await resident.sign_in("resident0", path="/my/messages")
    page = await resident.send(page, "/my/messages/address", email=" Ann@Example.org ")
    assert page.status == 200
    assert "A***@example.org" in page.text
    sender = worker(database, town, clock, settings_for(post_office.address))
    await send_all(sender)
    (letter,) = post_office.letters
    link = re.search(r"https://city\.example(/my/messages\?code=\d{8})", words(letter))
    assert link is not None
    page = await resident.get(link.group(1))
    async with database.transaction() as db:
        assert (await db.execute(select(person.c.email).where(person.c.id == town.residents["resident0"].person_id))).scalar_one() == "", (
            "looking at a link confirms nothing"
        )
    page = await resident.send(page, "/my/messages/confirm")
    assert "Messages go to A***@example.org." in page.text
    page = await send_exactly(resident, page, "/my/messages", mail=["decided"], language="en")
    assert page.status == 200
    number = await file(database, town, wanted)
    await act(database, town, number, "sign")
    await act(database, town, number, "answer", text="Lit again.")
    await drain(database, fed(town))
    await send_all(sender)
    assert len(post_office.letters) == 2
    assert numbers.show(number) in post_office.letters[1]["Subject"]
    page = await resident.send(await resident.get("/my/messages"), "/my/messages/forget")
    assert "Messages go to" not in page.text
    async with database.transaction() as db:
        kinds = [(r.kind, r.body) for r in await db.execute(select(audit_entry).order_by(audit_entry.c.sequence))]
    assert kinds == [("address.confirmed", {}), ("address.removed", {})]


async def test_wrong_input_comes_back_with_what_was_wrong(mailing: Client, database: Database) -> None:
    resident = Person(mailing)
    page = await resident.sign_in("resident0", path="/my/messages")
    wrong = await resident.send(page, "/my/messages/address", email="ann at example")
    assert wrong.status == 400
    assert 'value="ann at example"' in wrong.response.text
    assert "Enter an e-mail address" in wrong.text
    page = await resident.send(page, "/my/messages/address", email=ANN)
    wrong = await resident.send(page, "/my/messages/confirm", code="1234")
    assert wrong.status == 400
    assert "This is not the code" in wrong.text
    assert (await send_exactly(resident, page, "/my/messages", mail=["everything"])).status == 400
    assert (await send_exactly(resident, page, "/my/messages", language="fr")).status == 400
    form = page.form("/my/messages")["fields"]
    assert (await resident.post("/my/messages/digest", {"_csrf_token": form["_csrf_token"][0], "hour": "8"})).status == 400, "no post, no desk"


async def test_codes_are_not_sent_without_end_and_not_guessed_without_end(mailing: Client, database: Database) -> None:
    resident = Person(mailing)
    page = await resident.sign_in("resident0", path="/my/messages")
    for n in range(preferences.CLAIMS_BY_PERSON.most):
        assert (await resident.send(page, "/my/messages/address", email=f"ann{n}@example.org")).status == 200
    assert (await resident.send(page, "/my/messages/address", email="ann9@example.org")).status == 429
    page = await resident.get("/my/messages")
    for _ in range(preferences.CODES_BY_PERSON.most):
        assert (await resident.send(page, "/my/messages/confirm", code="00000000")).status == 400
    assert (await resident.send(page, "/my/messages/confirm", code="00000000")).status == 429


async def test_one_mailbox_is_not_flooded_from_many_accounts(mailing: Client, database: Database) -> None:
    said = []
    for n in range(4):
        mailing.cookies.clear()
        resident = Person(mailing)
        page = await resident.sign_in(f"resident{n}", path="/my/messages")
        said.append((await resident.send(page, "/my/messages/address", email="victim@example.org")).status)
    assert said == [200, 200, 200, 429]


async def test_where_no_mail_is_sent_no_address_is_asked_for(client: Client, database: Database) -> None:
    resident = Person(client)
    page = await resident.sign_in("resident0", path="/my/messages")
    assert "No mail is sent from here yet." in page.text
    token = page.form("/my/messages")["fields"]["_csrf_token"][0]
    assert (await resident.post("/my/messages/address", {"_csrf_token": token, "email": ANN})).status == 400
    async with database.transaction() as db:
        assert (await db.execute(select(address_claim))).all() == []


async def test_nobody_signed_in_chooses_nothing(client: Client) -> None:
    assert (await Person(client).get("/my/messages")).status == 401


async def test_staff_choose_the_hour_of_their_digest(mailing: Client, at_desk: Any, database: Database, town: Town) -> None:
    clerk = await at_desk("10001")
    page = await clerk.get("/my/messages")
    page = await clerk.send(page, "/my/messages/digest", hour="8")
    async with database.transaction() as db:
        row = (await db.execute(select(digest_choice))).one()
    assert (row.person_id, row.hour) == (town.staff["10001"].person_id, 8)
    assert row.day is not None, "09:30 in the district: today's hour is over"
    assert (await clerk.send(page, "/my/messages/digest", hour="25")).status == 400
    assert (await clerk.send(page, "/my/messages/digest", hour="²")).status == 400
    await clerk.send(page, "/my/messages/digest", hour="none")
    async with database.transaction() as db:
        assert (await db.execute(select(digest_choice))).all() == []


# -- the texts ----------------------------------------------------------------------------------------------------------------------


async def test_a_text_is_tried_on_a_real_case_before_it_holds(
    mailing: Client, at_desk: Any, database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    number = await file(database, town, wanted, text="The lamp before my bedroom is dark.")
    boss = await at_desk("90001")
    page = await boss.get("/admin/messages?district=east")
    assert "As shipped" in page.text
    assert page.links["Webhooks"] == "/admin/webhooks"
    page = await boss.get("/admin/messages/opened/en?district=east")
    text = {"subject": "East: {number}", "body": "Dear neighbour,\r\n{number} <b>stands</b> at {state}.\r\n\r\n{link}", "short": "{number}"}
    shown = await boss.send(page, "/admin/messages/opened/en", preview="yes", **text)
    assert shown.status == 200
    assert f"East: {numbers.show(number)}" in shown.text
    assert "&lt;b&gt;stands" in shown.response.text
    assert f'<a href="https://city.example/case/{numbers.show(number)}">' in shown.response.text
    assert "bedroom" not in shown.text
    async with database.transaction() as db:
        assert (await db.execute(select(message_template))).all() == [], "a look keeps nothing"
    shown = await boss.send(shown, "/admin/messages/opened/en", **text)
    assert shown.status == 200
    resident = await confirmed(database, town, at=clock.forward(minutes=1))
    async with database.transaction() as db:
        await preferences.choose(db, resident.person_id or 0, {}, "en")
    await file(database, town, wanted, at=clock.moment, text="Another one.")
    await drain(database, fed(town))
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    (letter,) = post_office.to(ANN)
    assert letter["Subject"].startswith("East: ")
    page = await boss.get("/admin/messages/opened/en?district=east")
    await boss.send(page, "/admin/messages/opened/en", drop="yes")
    async with database.transaction() as db:
        assert (await db.execute(select(message_template))).all() == []
        kinds = [r.kind for r in await db.execute(select(audit_entry.c.kind).where(audit_entry.c.kind.like("message.%")))]
    assert kinds == ["message.changed", "message.restored"]


@pytest.mark.parametrize("preview", ["yes", ""])
async def test_a_placeholder_that_there_is_not_is_refused_and_the_text_is_kept(
    mailing: Client, at_desk: Any, database: Database, preview: str
) -> None:
    boss = await at_desk("90001")
    page = await boss.get("/admin/messages/moved/en?district=east")
    wrong = await boss.send(page, "/admin/messages/moved/en", preview=preview, subject="x", body="{number} {applicant}", short="x")
    assert wrong.status == 400
    assert "{applicant} is no placeholder" in wrong.text
    assert "{number} {applicant}" in wrong.response.text
    async with database.transaction() as db:
        assert (await db.execute(select(message_template))).all() == []


@pytest.mark.parametrize("topic", ["opened", "address", "digest"])
async def test_a_preview_works_where_there_is_no_case_yet(mailing: Client, at_desk: Any, database: Database, topic: str) -> None:
    boss = await at_desk("90001")
    page = await boss.get(f"/admin/messages/{topic}/zh?district=north")
    shown = await boss.send(page, f"/admin/messages/{topic}/zh", preview="yes")
    assert shown.status == 200
    assert "Made-up values" in shown.text


async def test_who_may_not_and_what_there_is_not(mailing: Client, at_desk: Any, database: Database) -> None:
    boss = await at_desk("90001")
    for path in (
        "/admin/messages?district=nowhere",
        "/admin/messages/nothing/en",
        "/admin/messages/opened/fr",
        "/admin/webhooks/1",
        "/admin/webhooks/9" * 9,
    ):
        assert (await boss.get(path)).status == 404, path
    engineer = await at_desk("90002")
    assert (await engineer.get("/admin/messages")).status == 200
    assert (await engineer.get("/admin/webhooks")).status == 200
    for path in ("/admin/messages/opened/en", "/admin/webhooks/new"):
        assert (await engineer.get(path)).status == 403, path
    clerk = await at_desk("10001")
    for path in ("/admin/messages", "/admin/webhooks", "/admin/messages/opened/en", "/admin/webhooks/new"):
        assert (await clerk.get(path)).status == 403, path


async def test_what_could_not_be_sent_is_listed_with_the_reason_and_without_the_address(
    mailing: Client, at_desk: Any, database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    await confirmed(database, town)
    post_office.refuses[ANN] = "550 5.1.1 <ann@example.org>: no such user"
    await file(database, town, wanted)
    await drain(database, fed(town))
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    boss = await at_desk("90001")
    page = await boss.get("/admin/messages?district=east")
    assert "SMTP 550 5.1.1" in page.text
    assert "ann@example" not in page.response.text
    assert "SMTP 550" not in (await boss.get("/admin/messages?district=north")).text


# -- webhooks -------------------------------------------------------------------------------------------------------------------------


async def test_an_administrator_adds_a_webhook_tries_it_reads_its_log_and_sends_again(
    mailing: Client, at_desk: Any, database: Database, town: Town, wanted: Any, clock: Clock, other: Receiver
) -> None:
    now = Now()
    mailing.app.state.site.now = now
    clock.moment = now()
    caller = calling.Caller(database, town.house.keyring, now, private=True, patience=1.0)
    boss = await at_desk("90001")
    page = await boss.get("/admin/webhooks/new")
    page = await boss.send(page, "/admin/webhooks/new", title="Map of the city", url=other.address, district="east")
    assert page.status == 200
    async with database.transaction() as db:
        hook = (await db.execute(select(webhook))).one()
    home = f"/admin/webhooks/{hook.id}"
    assert "whsec_" not in page.response.text
    page = await boss.send(page, f"{home}/secret")
    found = re.search(r"whsec_[A-Za-z0-9+/=]+", page.response.text)
    assert found is not None
    other.secrets, other.answers = [found.group()], [(500, {}, b"<script>alert(1)</script>"), 204]
    page = await boss.send(page, f"{home}/test")
    now.ahead += calling.WORKING / 60
    await call(caller)
    page = await boss.get(home)
    assert "500" in page.text
    assert "&lt;script&gt;" in page.response.text
    assert "It has failed since" in page.text
    page = await boss.send(page, f"{home}/redeliver")
    now.ahead += calling.WORKING / 60
    await call(caller)
    assert other.signed == [True, True]
    assert len(set(other.ids)) == 1
    page = await boss.get(home)
    assert "Arrived" in page.text
    page = await boss.send(page, f"{home}/rotate")
    assert page.status == 200
    assert "The old one signs, too" in page.text
    assert (await boss.send(page, f"{home}/rotate")).status == 409, "within a day the old one must not be lost"
    page = await boss.send(page, f"{home}/pause")
    assert "Paused" in page.text
    number = await file(database, town, wanted, at=now())
    await feed(database, town)
    await call(caller)
    assert "1 waiting" in (await boss.get("/admin/webhooks")).text
    page = await boss.send(page, f"{home}/resume")
    now.ahead += calling.WORKING / 60
    await call(caller)
    assert other.heard[-1]["subject"] == number
    page = await boss.send(await boss.get(f"{home}/change"), f"{home}/change", title="Map", topics=["decided"])
    assert page.status == 200
    await boss.send(page, f"{home}/remove")
    assert (await boss.get(home)).status == 404
    async with database.transaction() as db:
        kinds = [r.kind for r in await db.execute(select(audit_entry.c.kind).order_by(audit_entry.c.sequence))]
    wanted_kinds = ["added", "secret_read", "tested", "redelivered", "rotated", "paused", "resumed", "changed", "removed"]
    assert [k.removeprefix("webhook.") for k in kinds] == wanted_kinds


async def test_a_webhook_that_cannot_be_comes_back_with_what_was_written_and_sent_twice_it_is_one(
    mailing: Client, at_desk: Any, database: Database, town: Town
) -> None:
    boss = await at_desk("90001")
    page = await boss.get("/admin/webhooks/new")
    wrong = await boss.send(page, "/admin/webhooks/new", title="", url="ftp://x", topics=["internal"])
    assert wrong.status == 400
    for said in ("Give it a name", "Enter an address such as", "Only a webhook of the own house"):
        assert said in wrong.text
    assert 'value="ftp://x"' in wrong.response.text
    assert (await boss.send(page, "/admin/webhooks/new", title="x", url="https://example.org/", district="nowhere")).status == 404
    for _ in range(2):
        assert (await boss.send(page, "/admin/webhooks/new", title="x", url="https://example.org/")).status == 200
    async with database.transaction() as db:
        assert len((await db.execute(select(webhook))).all()) == 1


@pytest.mark.parametrize(
    "path",
    [
        "/my/messages",
        "/admin/messages",
        "/admin/messages?district=east",
        "/admin/messages/opened/en",
        "/admin/webhooks",
        "/admin/webhooks/new",
        "one",
    ],
)
async def test_no_page_of_messages_needs_more_than_a_few_queries(
    mailing: Client, at_desk: Any, database: Database, town: Town, wanted: Any, other: Receiver, path: str
) -> None:
    boss = await at_desk("90001")
    for n in range(3):
        page = await boss.get("/admin/webhooks/new")
        await boss.send(page, "/admin/webhooks/new", title=f"Hook {n}", url=other.address, district="east")
    await file(database, town, wanted)
    await feed(database, town)
    async with database.transaction() as db:
        first = (await db.execute(select(webhook.c.id).limit(1))).scalar_one()
    path = f"/admin/webhooks/{first}" if path == "one" else path
    await boss.get(path)
    with statements(mailing.app.state.site.database) as said:
        page = await boss.get(path)
    assert page.status == 200
    assert len(said) <= MOST, said


async def test_a_letter_of_a_day_on_which_nothing_was_chosen_leaves_no_row(database: Database, town: Town, wanted: Any) -> None:
    """Who has no address costs the outbox nothing."""
    await file(database, town, wanted)
    await drain(database, fed(town))
    async with database.transaction() as db:
        assert (await db.execute(select(message))).all() == []
