"""The mail room: clerks work through what did not join by itself; each thing is done once, by whoever may, and the log has it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from mails import BOX, HERS, address, arrive, letter, room_of
from sqlalchemy import select

from banshi.audit import audit_entry
from banshi.audit import verify as verify_audit
from banshi.cases import numbers, reading, verifying
from banshi.db import Database
from banshi.documents import keeping
from banshi.errors import NotAllowedNow, NotFound
from banshi.notify import quarantine
from banshi.notify.inbound import Room
from banshi.notify.mailroom import mail
from banshi.testing import MOMENT, Town, statements

Lamp = Callable[..., Awaitable[str]]
At = Callable[[str], Awaitable[Person]]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
INTAKE, CLERK = "20001", "10001"


@pytest.fixture
def room(database: Database, town: Town, folder: Path, client: AsyncTestClient[Any]) -> Room:
    site = client.app.state.site
    site.settings = msgspec.structs.replace(site.settings, mailbox=BOX)
    return room_of(database, town, folder)


async def found(database: Database, mail_id: int) -> Any:
    async with database.transaction() as db:
        return (await db.execute(select(mail).where(mail.c.id == mail_id))).one()


async def story(database: Database, town: Town, number: str) -> Any:
    async with database.transaction() as db:
        row = await reading.get(db, town.house, town.staff[INTAKE], number.replace("-", ""))
        return await reading.story(db, row.id, reading.FOR_STAFF)


async def kinds(database: Database, town: Town, number: str) -> list[str]:
    return [e.kind for e in await story(database, town, number)]


async def audited(database: Database) -> list[str]:
    async with database.transaction() as db:
        return list((await db.execute(select(audit_entry.c.kind).order_by(audit_entry.c.sequence))).scalars())


def links(page: Page) -> set[str]:
    return set(page.links.values())


# -- who reads what ---------------------------------------------------------------------------------------------------------------


async def test_the_list_is_by_reason_masked_and_a_page_costs_few_queries(database: Database, room: Room, at_desk: At):
    await arrive(room, letter(BOX, "one", Subject="路灯不亮", sender="somebody@example.net"), MOMENT)
    await arrive(room, letter(BOX.replace("@", "+zzzz@"), "two", Subject="no such address"), MOMENT)
    await arrive(room, letter(BOX, "three", Subject="news of the week", Precedence="bulk"), MOMENT)
    desk = await at_desk(INTAKE)
    with statements(database) as said:
        page = await desk.get("/desk/mail")
    assert len(said) <= 8
    assert "路灯不亮" in page.text
    assert "no such address" in page.text
    assert "news of the week" not in page.text
    assert "s***@example.net" in page.text
    assert "somebody@example.net" not in page.text
    assert "no such address" not in (await desk.get("/desk/mail?reason=no_token")).text
    assert "news of the week" in (await desk.get("/desk/mail?reason=automatic")).text
    for odd in ("?reason=%00", "?reason=nonsense", "?after=x", "?after=99999999999999999999", "?reason=ended"):
        assert (await desk.get(f"/desk/mail{odd}")).status == 200, odd


async def test_a_long_list_has_pages(database: Database, room: Room, at_desk: At):
    for n in range(quarantine.PAGE + 2):
        await arrive(room, letter(BOX, f"words {n}", Subject=f"number {n:02}", sender=f"s{n}@example.net"), MOMENT)
    desk = await at_desk(INTAKE)
    first = await desk.get("/desk/mail?reason=no_token")
    assert "number 00" in first.text
    assert f"number {quarantine.PAGE:02}" not in first.text
    assert f"number {quarantine.PAGE:02}" in (await desk.get(first.links["Next page"])).text


async def test_a_mail_is_shown_as_words_and_nothing_of_it_runs(database: Database, room: Room, at_desk: At):
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script><b>你好</b>"
    head = f"From: {HERS}\nTo: {BOX}\nSubject: <script>alert(3)</script>\nContent-Type: text/html; charset=utf-8\n\n"
    taken = await arrive(room, (head + evil).encode(), MOMENT)
    desk = await at_desk(INTAKE)
    with statements(database) as said:
        page = await desk.get(f"/desk/mail/{taken.id}")
    assert len(said) <= 8
    assert page.status == 200
    assert "你好" in page.text
    assert HERS in page.text
    assert "onerror" not in page.response.text
    assert "<script>alert" not in page.response.text
    assert "alert(2)" not in page.response.text
    assert await audited(database) == ["mail.read"]


async def test_only_who_has_the_right_works_on_mail(database: Database, room: Room, at_desk: At, client: AsyncTestClient[Any]):
    taken = await arrive(room, letter(BOX), MOMENT)
    assert "Sign in" in (await Person(client).get("/desk/mail")).text
    desk = await at_desk(CLERK)
    assert "/desk/mail" not in links(await desk.get("/desk"))
    for path in ("/desk/mail", f"/desk/mail/{taken.id}"):
        assert (await desk.get(path)).status == 403
    assert "/desk/mail" in links(await (await at_desk(INTAKE)).get("/desk"))


async def test_a_mail_that_names_a_case_is_for_who_may_see_the_case(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp(contact_email=HERS)
    taken = await arrive(room, letter(address(town, number), sender="other@example.net"), MOMENT)
    stranger = msgspec.structs.replace(town.staff["30001"], permissions=town.staff["30001"].permissions | {"kernel.mail"}, reach="department")
    async with database.transaction() as db:
        assert (await quarantine.listing(db, town.house, town.staff[INTAKE], ("held",)))[0]
        assert not (await quarantine.listing(db, town.house, stranger, ("held",)))[0]
        assert sum((await quarantine.counts(db, town.house, stranger)).values()) == 0
        with pytest.raises(NotFound):
            await quarantine.get(db, town.house, stranger, taken.id)
        with pytest.raises(NotFound):
            await quarantine.close(db, town.house, stranger, taken.id, "spam", "x", MOMENT)


async def test_a_mail_to_a_hidden_persons_case_is_for_who_may_know_them(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp(kind="report", contact_email=HERS)
    await arrive(room, letter(address(town, number), sender="other@example.net"), MOMENT)
    without = msgspec.structs.replace(town.staff[INTAKE], permissions=town.staff[INTAKE].permissions - {"kernel.confidential"})
    async with database.transaction() as db:
        assert (await quarantine.listing(db, town.house, town.staff[INTAKE], ("held",)))[0]
        assert not (await quarantine.listing(db, town.house, without, ("held",)))[0]


async def test_no_page_and_no_story_tells_a_reply_address(database: Database, town: Town, room: Room, lamp: Lamp, at_desk: At):
    """Whoever reads one could answer as the resident."""
    number = await lamp()
    to = address(town, number)
    token = to.partition("+")[2].partition("@")[0]
    quoted = f"again\n\n-----Original Message-----\nFrom: City <{to.upper()}>\nSent: today\nTo: me\nSubject: x\n\nold"
    held = await arrive(room, letter(f"{to}, {address(town, await lamp(text='another'))}", f"{to} {quoted}", Subject=f"to {to}"), MOMENT)
    page = await (await at_desk(INTAKE)).get(f"/desk/mail/{held.id}")
    assert "city+…@example.org" in page.text
    assert token not in page.response.text.lower()
    await arrive(room, letter(to, f"write me at {to} please"), MOMENT)
    add = next(e for e in await story(database, town, number) if e.kind == "add")
    assert add.body["form"]["text"] == "write me at city+…@example.org please"


async def test_what_lies_in_the_database_tells_nobody_who_wrote(database: Database, room: Room):
    await arrive(room, letter(BOX, "my secret words", sender="Zhang Fang <fang@example.com>", Subject="hidden subject"), MOMENT)
    async with database.transaction() as db:
        row = (await db.execute(select(mail))).one()
    for secret in ("fang", "Zhang", "secret words", "hidden subject"):
        assert secret not in str(tuple(row))


# -- joined -----------------------------------------------------------------------------------------------------------------------


async def test_a_clerk_joins_a_known_sender_as_the_resident_and_a_stranger_as_a_note(
    database: Database, town: Town, room: Room, lamp: Lamp, at_desk: At
):
    number = await lamp(contact_email=HERS)
    hers = await arrive(room, letter(BOX, "我是报修人，灯还没亮。", files={"a.pdf": PDF}), MOMENT)
    other = await arrive(room, letter(BOX, "I am her neighbour", sender="n@example.net", Subject="lamp", files={"b.pdf": PDF + b"2"}), MOMENT)
    desk = await at_desk(INTAKE)
    for taken in (hers, other):
        page = await desk.get(f"/desk/mail/{taken.id}")
        done = await desk.send(page, f"/desk/mail/{taken.id}/join", number=number)
        assert done.status == 200
        assert "It came by e-mail" in done.text
    events = await story(database, town, number)
    assert [e.kind for e in events] == ["opened", "add", "attached", "mailed", "attached", "mailed"]
    add, files, first, for_staff, note = events[1:]
    assert (add.capacity, add.post_id) == ("resident", town.staff[INTAKE].post_id)
    assert (files.audience, files.capacity, for_staff.audience, for_staff.capacity) == ("applicant", "resident", "staff", "staff")
    assert first.body["told"] == {"from": "f***@example.com"}
    assert note.audience == "staff"
    assert note.body["told"] == {"from": "n***@example.net", "subject": "lamp", "text": "I am her neighbour"}
    assert [(await found(database, t.id)).how for t in (hers, other)] == ["joined", "noted"]
    async with database.transaction() as db:
        row = await reading.get(db, town.house, town.residents["resident0"], number.replace("-", ""))
        assert [f.name for f in await keeping.of_case(db, row.id, reading.FOR_APPLICANT)] == ["a.pdf"]
        assert await verifying.verify(db, town.house.keyring) == [] == await verify_audit(db, town.house.keyring)
    assert (await audited(database)).count("mail.ended") == 2


async def test_a_forwarded_answer_becomes_a_note_and_never_the_residents_words(database: Database, town: Town, room: Room, lamp: Lamp, at_desk: At):
    number = await lamp(contact_email=HERS)
    taken = await arrive(room, letter(address(town, number), "please withdraw it", sender="other@example.net"), MOMENT)
    desk = await at_desk(INTAKE)
    page = await desk.get(f"/desk/mail/{taken.id}")
    assert "may have been forwarded" in page.text
    assert page.form(f"/desk/mail/{taken.id}/join")["fields"]["number"] == [number]
    await desk.send(page, f"/desk/mail/{taken.id}/join")
    assert await kinds(database, town, number) == ["opened", "mailed"]


async def test_a_wrong_number_is_told_beside_its_field_and_kept(database: Database, room: Room, at_desk: At):
    taken = await arrive(room, letter(BOX), MOMENT)
    desk = await at_desk(INTAKE)
    page = await desk.get(f"/desk/mail/{taken.id}")
    wrong = {
        "": "Enter an answer",
        "4071": "twelve digits",
        "1234-5678-9012": "a digit is wrong",
        numbers.show(numbers.draw()): "There is no case",
        "\x00": "stored",
    }
    for typed, told in wrong.items():
        again = await desk.send(page, f"/desk/mail/{taken.id}/join", number=typed)
        assert again.status in {400, 404}, typed
        assert told in again.text, typed
        kept = again.form(f"/desk/mail/{taken.id}/join")["fields"]["number"]
        assert kept == [typed] or not typed.isprintable()
    assert (await found(database, taken.id)).state == "held"
    again = await desk.send(page, f"/desk/mail/{taken.id}/close", how="nonsense", why="")
    assert again.status == 400
    assert again.text.count("There is a problem") == 1
    for missing in ("999999999", str(2**70), f"{taken.id}/files/1"):
        assert (await desk.get(f"/desk/mail/{missing}")).status == 404


async def test_two_who_join_at_once_join_it_once(database: Database, town: Town, room: Room, lamp: Lamp):
    number = (await lamp(contact_email=HERS)).replace("-", "")
    taken = await arrive(room, letter(BOX, "灯还没亮。"), MOMENT)
    one, two = town.staff[INTAKE], msgspec.structs.replace(town.staff[INTAKE], post_id=town.staff["90001"].post_id)

    async def join(actor: Any) -> Any:
        async with database.transaction() as db:
            return await quarantine.join(db, town.house, room.settings, actor, taken.id, number, MOMENT)

    results = await asyncio.gather(*(join(a) for a in (one, two, one, two)), return_exceptions=True)
    assert [r for r in results if isinstance(r, str)] == ["joined", "joined"]  # the one who did it, twice
    assert sum(isinstance(r, NotAllowedNow) for r in results) == 2
    assert await kinds(database, town, number) == ["opened", "add", "mailed"]


# -- filed ------------------------------------------------------------------------------------------------------------------------

LAMP = {"kind": "help", "category": "street_lighting", "area": "persimmon"}


async def test_a_case_is_filed_from_a_mail_with_its_words_its_sender_and_its_files(database: Database, town: Town, room: Room, at_desk: At):
    taken = await arrive(room, letter(BOX, "柿树里 3 号路灯坏了。", sender="王芳 <wang@example.net>", files={"a.pdf": PDF}), MOMENT)
    desk = await at_desk(INTAKE)
    page = await desk.get(f"/desk/mail/{taken.id}")
    form = await desk.send(page, f"/desk/mail/{taken.id}/file")
    filled = form.form("/desk/register/tickets/request")["fields"]
    assert (filled["text"], filled["contact_name"], filled["came_by"]) == (["柿树里 3 号路灯坏了。"], ["王芳"], ["email"])
    assert (await found(database, taken.id)).state == "held"  # nothing has happened yet
    done = await desk.send(form, "/desk/register/tickets/request", **LAMP)
    assert done.status == 200
    assert "Your number is" in done.text
    kept = await found(database, taken.id)
    assert (kept.state, kept.how, kept.post_id) == ("done", "filed", town.staff[INTAKE].post_id)
    async with database.transaction() as db:
        row = await quarantine.get(db, town.house, town.staff[INTAKE], taken.id)
        assert [f.name for f in await keeping.of_case(db, row.case_id, reading.FOR_APPLICANT)] == ["a.pdf"]
        filed = await reading.get(db, town.house, town.staff[INTAKE], row.number)
        assert (filed.channel, filed.applicant_id) == ("email", None)
        assert await verifying.verify(db, town.house.keyring) == []
    assert await kinds(database, town, row.number) == ["opened", "attached", "mailed"]
    assert "Your number is" in (await desk.send(form, "/desk/register/tickets/request", **LAMP)).text  # pressed twice: one case
    assert "A case was filed from it" in (await desk.get(f"/desk/mail/{taken.id}")).text


async def test_two_who_file_from_one_mail_file_one_case(database: Database, room: Room, at_desk: At, town: Town):
    taken = await arrive(room, letter(BOX, "路灯坏了。"), MOMENT)
    desk = await at_desk(INTAKE)
    page = await desk.get(f"/desk/mail/{taken.id}")
    first = await desk.send(page, f"/desk/mail/{taken.id}/file")
    second = await desk.send(page, f"/desk/mail/{taken.id}/file")
    assert "Your number is" in (await desk.send(first, "/desk/register/tickets/request", **LAMP)).text
    refused = await desk.send(second, "/desk/register/tickets/request", **LAMP)
    assert refused.status == 400
    assert "in the meantime" in refused.text
    async with database.transaction() as db:
        assert len((await reading.listing(db, town.house, town.staff[INTAKE], reading.Query())).rows) == 1


# -- closed -----------------------------------------------------------------------------------------------------------------------


async def test_what_is_closed_says_why_and_by_whom_and_can_be_taken_up_again(database: Database, town: Town, room: Room, at_desk: At):
    taken = await arrive(room, letter(BOX, "Buy cheap lamps"), MOMENT)
    desk = await at_desk(INTAKE)
    page = await desk.get(f"/desk/mail/{taken.id}")
    await desk.send(page, f"/desk/mail/{taken.id}/close", how="spam", why="广告")
    await desk.send(page, f"/desk/mail/{taken.id}/close", how="spam", why="广告")
    closed = await desk.get(f"/desk/mail/{taken.id}")
    assert "Nobody's business · 广告 · Staff 20001" in closed.text
    late = await desk.send(page, f"/desk/mail/{taken.id}/close", how="nothing", why="thanks")
    assert late.status == 409
    assert "in the meantime" in late.text
    await desk.send(closed, f"/desk/mail/{taken.id}/again")
    assert (await found(database, taken.id)).state == "held"
    assert (await audited(database)).count("mail.ended") == 1
    assert "mail.again" in await audited(database)


async def test_files_are_given_as_files_and_only_from_here(database: Database, room: Room, at_desk: At):
    taken = await arrive(room, letter(BOX, files={"a.pdf": PDF, "run.exe": b"MZ\x00\x01" * 99}), MOMENT)
    desk = await at_desk(INTAKE)
    page = await desk.get(f"/desk/mail/{taken.id}")
    assert "run.exe" in page.text
    assert "of a kind that is not taken" in page.text
    got = await desk.client.get(page.links["a.pdf"])
    assert got.content == PDF
    assert got.headers["content-disposition"].startswith("attachment")
    assert "document.read" in await audited(database)
    raw = (await found(database, taken.id)).document_id
    assert (await desk.get(f"/desk/mail/{taken.id}/files/{raw}")).status == 404  # the mail itself is given to nobody
    assert (await (await at_desk(CLERK)).client.get(page.links["a.pdf"])).status_code == 403
