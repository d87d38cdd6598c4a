"""Inbound mail: what is signed for a case joins it, once; everything else waits for a clerk; nothing is lost, and nothing is sent."""

from __future__ import annotations

import asyncio
import base64
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from mails import BOX, HERS, address, arrive, letter, room_of, store_only
from sqlalchemy import func, select

from banshi.cases import acting, reading, verifying
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.db import Database
from banshi.documents import keeping
from banshi.documents.tables import document, document_content
from banshi.notify import inbound, quarantine, replying
from banshi.notify.inbound import Room
from banshi.notify.mailroom import mail, mail_file
from banshi.testing import MOMENT, SECRET, Town
from banshi.web import drafts

Lamp = Callable[..., Awaitable[str]]
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
LATER = MOMENT + timedelta(minutes=5)


@pytest.fixture
def room(database: Database, town: Town, tmp_path: Path) -> Room:
    return room_of(database, town, tmp_path)


async def found(database: Database, mail_id: int) -> Any:
    async with database.transaction() as db:
        return (await db.execute(select(mail).where(mail.c.id == mail_id))).one()


async def story(database: Database, town: Town, number: str) -> Any:
    async with database.transaction() as db:
        row = await reading.get(db, town.house, town.residents["resident0"], number.replace("-", ""))
        return row, await reading.story(db, row.id, reading.FOR_STAFF)


# -- what joins -------------------------------------------------------------------------------------------------------------------


async def test_an_answer_joins_its_case_by_the_address_it_was_sent_to(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp(contact_email=HERS)
    taken = await arrive(room, letter(f"City <{address(town, number)}>", "灯还是不亮。\n\n> 您好，已经修好。\n", files={"照片.pdf": PDF}), LATER)
    kept = await found(database, taken.id)
    assert (kept.state, kept.reason) == ("joined", "")
    row, events = await story(database, town, number)
    said = {e.kind: e for e in events}
    assert [e.kind for e in events] == ["opened", "add", "attached", "mailed"]
    assert said["add"].body["form"]["text"] == "灯还是不亮。"
    assert (said["add"].capacity, said["add"].actor_id) == ("resident", town.residents["resident0"].person_id)
    assert said["mailed"].audience == "staff"
    assert said["mailed"].body["told"] == {"from": "f***@example.com"}
    async with database.transaction() as db:
        files = await keeping.of_case(db, row.id, reading.FOR_APPLICANT)
        assert [(f.name, f.capacity, f.media_type) for f in files] == [("照片.pdf", "resident", "application/pdf")]
        assert await verifying.verify(db, town.house.keyring) == []


async def test_an_answer_to_a_question_is_the_answer_and_wakes_the_case(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp()
    officer, plain = town.staff["10001"], number.replace("-", "")
    async with database.transaction() as db:
        declared = town.house.registry.case_type("tickets.request")
        await acting.act_one(db, town.house, officer, Act(number=plain, action="sign"), MOMENT)
        form = decode(declared.action("ask").form, {"text": "哪一盏灯？"})
        await acting.act_one(db, town.house, officer, Act(number=plain, action="ask", form=form), MOMENT)
    await arrive(room, letter("someone@else.example", "3 号门口。", Delivered_To=address(town, number).upper()), LATER)
    row, events = await story(database, town, number)
    assert (row.state, events[-2].kind) == ("working", "reply")


async def test_a_long_answer_is_cut_for_the_form_and_whole_for_staff(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp()
    await arrive(room, letter(address(town, number), "长" * 9000), LATER)
    _row, events = await story(database, town, number)
    assert len(events[-2].body["form"]["text"]) == 4000
    assert events[-1].body["told"]["text"] == "长" * 9000


async def test_the_same_mail_again_is_the_same_and_joins_once(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp()
    data = letter(address(town, number))
    first = await arrive(room, data, LATER)
    again = await arrive(room, data, LATER + timedelta(hours=1))
    by_another_way = await arrive(room, b"Received: from elsewhere\r\n" + data.replace(b"\n", b"\r\n"), LATER)
    assert again.id == first.id == by_another_way.id
    assert first.fresh
    assert not again.fresh
    _row, events = await story(database, town, number)
    assert [e.kind for e in events].count("add") == 1


async def test_one_mail_to_two_cases_is_not_the_same_mail_though_its_id_is(database: Database, town: Town, room: Room, lamp: Lamp):
    one, two = await lamp(), await lamp(text="第二盏灯也不亮。")
    for number in (one, two):
        await arrive(room, letter("a@b.example", Message_ID="<same@mail>", Delivered_To=address(town, number)), LATER)
    for number in (one, two):
        _row, events = await story(database, town, number)
        assert "add" in {e.kind for e in events}


async def test_ten_workers_at_once_store_it_once_and_join_it_once(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp()
    data = letter(address(town, number), files={"a.pdf": PDF})
    await asyncio.gather(*(arrive(room, data, LATER) for _ in range(10)))
    _row, events = await story(database, town, number)
    assert [e.kind for e in events] == ["opened", "add", "attached", "mailed"]
    async with database.transaction() as db:
        assert (await db.execute(select(func.count()).select_from(mail))).scalar_one() == 1


async def test_a_helper_with_a_mandate_answers_for_the_person_and_not_once_it_has_ended(database: Database, town: Town, room: Room, lamp: Lamp):
    from banshi.identity import mandates

    number = await lamp()
    owner, helper = town.residents["resident0"], town.residents["resident1"]
    to = address(town, number, "resident1")
    first = await arrive(room, letter(to, "one"), LATER)
    assert (await found(database, first.id)).reason == "not_theirs"
    async with database.transaction() as db:
        given = await mandates.give(db, town.house.keyring, owner, "resident1", MOMENT + timedelta(days=9), MOMENT)
    await arrive(room, letter(to, "two"), LATER)
    _row, events = await story(database, town, number)
    assert (events[-2].kind, events[-2].actor_id, events[-2].acting_for_id) == ("add", helper.person_id, owner.person_id)
    async with database.transaction() as db:
        await mandates.end(db, town.house.keyring, helper, given, MOMENT)
        await db.execute(mandates.mandate.delete())


async def test_whoever_holds_the_code_of_a_case_without_an_account_answers_too(database: Database, town: Town, room: Room, wanted: Any):
    from banshi.cases import opening
    from banshi.contracts import Actor

    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, Actor(capacity="resident"), wanted(), MOMENT)
    to = replying.address(town.house.keyring, opened.number, 0, BOX)
    taken = await arrive(room, letter(to), LATER)
    assert (await found(database, taken.id)).state == "joined"


# -- what is held -----------------------------------------------------------------------------------------------------------------


async def test_no_number_and_no_subject_opens_a_case_to_a_stranger(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp()
    taken = await arrive(room, letter(BOX, f"About {number}", Subject=f"Re: [{number}] #{number}", sender="stranger@example.net"), LATER)
    kept = await found(database, taken.id)
    assert (kept.state, kept.reason, kept.case_id) == ("held", "no_token", None)
    _row, events = await story(database, town, number)
    assert [e.kind for e in events] == ["opened"]


async def test_a_token_of_another_case_or_a_forged_one_is_none(database: Database, town: Town, room: Room, lamp: Lamp):
    mine, hers = await lamp(), await lamp(text="另一件事。")
    token = address(town, mine)
    forged = token[:9] + ("a" if token[9] != "a" else "b") + token[10:]
    taken = await arrive(room, letter(forged, f"please add to {hers}"), LATER)
    assert (await found(database, taken.id)).reason == "bad_token"
    for_another = replying.address(town.house.keyring, hers.replace("-", ""), town.residents["resident2"].person_id or 0, BOX)
    taken = await arrive(room, letter(for_another), LATER)  # well signed, and no part in the case
    assert (await found(database, taken.id)).reason == "not_theirs"
    _row, events = await story(database, town, hers)
    assert [e.kind for e in events] == ["opened"]


async def test_a_forwarded_mail_does_not_act_as_the_resident(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp(contact_email=HERS)
    taken = await arrive(room, letter(address(town, number), "I withdraw everything", sender="neighbour@example.net"), LATER)
    kept = await found(database, taken.id)
    row, events = await story(database, town, number)
    assert (kept.state, kept.reason, kept.case_id) == ("held", "other_sender", row.id)
    assert [e.kind for e in events] == ["opened"]
    await arrive(room, letter(address(town, number), "It is me", sender="Zhang <FANG@example.com>"), LATER)
    assert (await story(database, town, number))[1][-2].kind == "add"


async def test_two_senders_are_none(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp(contact_email=HERS)
    taken = await arrive(room, letter(address(town, number), sender=f"{HERS}, other@example.net"), LATER)
    assert (await found(database, taken.id)).reason == "other_sender"


async def test_an_answer_to_two_cases_and_one_to_a_closed_case_are_held(database: Database, town: Town, room: Room, lamp: Lamp):
    one, two = await lamp(), await lamp(text="另一件事。")
    taken = await arrive(room, letter(f"{address(town, one)}, {address(town, two)}"), LATER)
    assert (await found(database, taken.id)).reason == "several"
    async with database.transaction() as db:
        await acting.act_one(db, town.house, town.residents["resident0"], Act(number=one.replace("-", ""), action="withdraw"), MOMENT)
    taken = await arrive(room, letter(address(town, one), "Still dark"), LATER)
    kept = await found(database, taken.id)
    assert (kept.state, kept.reason) == ("held", "state")
    assert kept.case_id
    taken = await arrive(room, letter(address(town, two), " \n"), LATER)
    assert (await found(database, taken.id)).reason == "empty"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; reason=vacation"},
        {"Precedence": "bulk"},
        {"Precedence": "auto_reply"},
        {"X_Auto_Response_Suppress": "All"},
        {"List_Id": "<news.example.org>"},
        {"Return_Path": "<>"},
        {"sender": "MAILER-DAEMON@example.org"},
    ],
)
async def test_what_a_machine_wrote_is_set_aside_whatever_its_token(database: Database, town: Town, room: Room, lamp: Lamp, headers: dict[str, str]):
    number = await lamp()
    taken = await arrive(room, letter(address(town, number), "I am on holiday", **headers), LATER)
    kept = await found(database, taken.id)
    assert (kept.state, kept.reason) == ("aside", "automatic")
    _row, events = await story(database, town, number)
    assert [e.kind for e in events] == ["opened"]


async def test_auto_submitted_no_is_a_person_and_our_own_mail_is_not(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp()
    taken = await arrive(room, letter(address(town, number), "one", Auto_Submitted="no"), LATER)
    assert (await found(database, taken.id)).state == "joined"
    mark = town.house.keyring.mac("message", b"17")[:12].hex()
    assert (await arrive(room, letter(address(town, number), "not ours", Message_ID=f"<17.{mark[::-1]}@example.org>"), LATER)).fresh
    assert (await story(database, town, number))[1][-2].body["form"]["text"] == "not ours"
    for own in ({"Message_ID": f"<17.{mark}@example.org>"}, {"sender": BOX}, {"sender": address(town, number)}):
        taken = await arrive(room, letter(address(town, number), f"two {own}", **own), LATER)
        kept = await found(database, taken.id)
        assert (kept.state, kept.reason) == ("aside", "own")


async def test_two_machines_that_answer_each_other_are_stopped_by_the_hour(database: Database, town: Town, tmp_path: Path, lamp: Lamp):
    room, number = room_of(database, town, tmp_path, most_mails=3), await lamp()
    for n in range(5):
        await arrive(room, letter(address(town, number), f"answer {n}"), LATER)
    _row, events = await story(database, town, number)
    assert [e.kind for e in events].count("add") == 3
    async with database.transaction() as db:
        held = (await db.execute(select(mail.c.reason).where(mail.c.state == "held"))).scalars().all()
    assert held == ["many", "many"]
    await arrive(room, letter(address(town, number), "an hour later"), LATER + timedelta(hours=1, minutes=1))
    assert (await story(database, town, number))[1][-2].body["form"]["text"] == "an hour later"
    for n in range(4):  # another address each time, one case
        await arrive(room, letter(address(town, number), f"many {n}", sender=f"m{n}@example.com"), LATER + timedelta(hours=3))
    assert [e.kind for e in (await story(database, town, number))[1]].count("add") == 7


# -- what is malformed ------------------------------------------------------------------------------------------------------------


def nested(to: str, depth: int) -> bytes:
    head = f"From: {HERS}\r\nTo: {to}\r\nMessage-ID: <deep@x>\r\n"
    tree = "".join(f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(depth))
    return (head + tree + "\r\nhello\r\n" + "".join(f"--b{n}--\r\n" for n in reversed(range(depth)))).encode()


BROKEN: dict[str, Callable[[str], bytes]] = {
    "no boundary": lambda to: f"From: {HERS}\nTo: {to}\nContent-Type: multipart/mixed\n\n--x\n\nhello\n--x--\n".encode(),
    "a boundary that never comes": lambda to: f"From: {HERS}\nTo: {to}\nContent-Type: multipart/mixed; boundary=x\n\nhello\n".encode(),
    "broken off": lambda to: f"From: {HERS}\nTo: {to}\nContent-Type: multipart/mixed; boundary=x\n\n--x\n\nhello\n".encode(),
    "200 deep": lambda to: nested(to, 200),
    "5000 deep": lambda to: nested(to, 5000),
    "base64 that is none": lambda to: f"From: {HERS}\nTo: {to}\nContent-Transfer-Encoding: base64\n\nThis is not base64 at all!\n".encode(),
    "an encoding that nobody knows": lambda to: f"From: {HERS}\nTo: {to}\nContent-Transfer-Encoding: x-secret\n\nhello\n".encode(),
    "a thousand parts": lambda to: (
        f"From: {HERS}\nTo: {to}\nContent-Type: multipart/mixed; boundary=x\n\n".encode() + b"--x\n\nhi\n" * 1000 + b"--x--\n"
    ),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_broken_tree_is_held_and_kept_to_the_byte(database: Database, town: Town, room: Room, lamp: Lamp, what: str):
    number = await lamp()
    data = BROKEN[what](address(town, number))
    taken = await arrive(room, data, LATER)
    kept = await found(database, taken.id)
    assert (kept.state, kept.reason) == ("held", "broken")
    async with database.transaction() as db:
        digest = (await db.execute(select(document.c.digest).where(document.c.id == kept.document_id))).scalar_one()
    assert b"".join([piece async for piece in room.store.read(digest.hex())]) == data


NONSENSE = (b"\x00", b"\n\n\n", b"\xff\xfe" * 500, b":::\n:\n", b"From \n", b"From: \x00\x1b[31m<a\x00@b>\nTo: \r\r\n\n\x00", bytes(range(256)) * 40)


@pytest.mark.parametrize("data", NONSENSE)
async def test_whatever_comes_is_stored_and_held(database: Database, town: Town, room: Room, data: bytes):
    taken = await arrive(room, data, LATER)
    assert (await found(database, taken.id)).state == "held"


async def test_nul_bytes_and_signs_that_reverse_the_line_never_reach_a_case(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp()
    head = f"From: {HERS}\nTo: {address(town, number)}\nSubject: a\x00b\n\n".encode()
    taken = await arrive(room, head + "灯\x00坏\x1b[31m了 \u202egpj.exe\n".encode(), LATER)
    assert (await found(database, taken.id)).state == "joined"
    _row, events = await story(database, town, number)
    assert events[-2].body["form"]["text"] == "灯坏[31m了 gpj.exe"


async def test_a_mail_in_gb18030_that_says_gb2312_is_read(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp()
    subject = base64.b64encode("路灯㐂".encode("gb18030")).decode()
    name = base64.b64encode("张芳".encode("gb18030")).decode()
    head = f"From: =?gb2312?B?{name}?= <{HERS}>\nTo: {address(town, number)}\nSubject: =?GB2312?B?{subject}?=\n"
    body = b"Content-Type: text/plain; charset=gb2312\nContent-Transfer-Encoding: 8bit\n\n" + "朱镕基路的㐂灯坏了，€5。".encode("gb18030")
    taken = await arrive(room, head.encode() + body, LATER)
    _row, events = await story(database, town, number)
    assert events[-2].body["form"]["text"] == "朱镕基路的㐂灯坏了，€5。"
    kept = inbound.unseal(town.house, await found(database, taken.id))
    assert (kept.name, kept.subject) == ("张芳", "路灯㐂")


async def test_thirty_megabytes_are_kept_as_they_are_and_only_the_head_is_read(database: Database, town: Town, room: Room, lamp: Lamp):
    import tracemalloc

    number = await lamp()
    data = letter(address(town, number), "see the film") + b"x" * 30_000_000
    tracemalloc.start()
    taken = await arrive(room, data, LATER)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    kept = await found(database, taken.id)
    assert (kept.state, kept.reason, kept.size) == ("held", "large", len(data))
    assert inbound.unseal(town.house, kept).sender == HERS
    assert kept.case_id is not None
    assert peak < 6_000_000, peak


# -- files ------------------------------------------------------------------------------------------------------------------------


async def test_files_are_what_they_hold_and_what_is_not_taken_is_told(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp()
    files = {"really.exe": PDF, "virus.pdf": b"MZ\x90\x00" + b"\x00" * 99, "../../etc/passwd": "文字\n".encode()}
    taken = await arrive(room, letter(address(town, number), files=files), LATER)
    row, _events = await story(database, town, number)
    async with database.transaction() as db:
        assert [f.name for f in await keeping.of_case(db, row.id, reading.FOR_STAFF)] == ["really.pdf", "passwd.txt"]
        told = (
            await db.execute(select(mail_file.c.name, mail_file.c.fault).where(mail_file.c.mail_id == taken.id).order_by(mail_file.c.position))
        ).all()
    assert [(t.name, t.fault) for t in told] == [("really.pdf", ""), ("virus.pdf", "kind"), ("passwd.txt", "")]


async def test_a_mail_with_a_virus_is_held_and_the_file_is_kept_nowhere(database: Database, town: Town, tmp_path: Path, lamp: Lamp, clamd: str):
    room, number = room_of(database, town, tmp_path, clamd=clamd), await lamp()
    taken = await arrive(room, letter(address(town, number), files={"a.txt": b"BANSHI-TEST-VIRUS\n", "b.pdf": PDF}), LATER)
    kept = await found(database, taken.id)
    assert (kept.state, kept.reason) == ("held", "virus")
    async with database.transaction() as db:
        told = (await db.execute(select(mail_file.c.fault).where(mail_file.c.mail_id == taken.id).order_by(mail_file.c.position))).scalars().all()
        scans = (await db.execute(select(document_content.c.media_type, document_content.c.scan).order_by(document_content.c.media_type))).all()
    assert told == ["virus", ""]
    assert [tuple(s) for s in scans] == [("application/pdf", "clean"), ("message/rfc822", "waiting")]


# -- what dies --------------------------------------------------------------------------------------------------------------------


async def test_a_mail_that_was_only_stored_is_read_by_whoever_comes_next(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp()
    taken = await store_only(room, letter(address(town, number)), LATER)
    assert (await found(database, taken.id)).state == "taken"
    assert await inbound.settle_all(room, LATER) == 1
    assert await inbound.settle_all(room, LATER) == 0
    assert (await found(database, taken.id)).state == "joined"


async def test_a_mail_that_kills_whoever_reads_it_is_held_in_the_end(database: Database, town: Town, room: Room, lamp: Lamp):
    taken = await store_only(room, letter(address(town, await lamp())), LATER)
    async with database.transaction() as db:
        await db.execute(mail.update().values(attempts=inbound.MOST_ATTEMPTS))
    await inbound.settle_all(room, LATER)
    kept = await found(database, taken.id)
    assert (kept.state, kept.reason) == ("held", "failed")


async def test_what_the_store_lost_is_held_and_stops_nobody(database: Database, town: Town, room: Room, lamp: Lamp, tmp_path: Path):
    number = await lamp()
    lost = await store_only(room, letter(address(town, number), "one"), LATER)
    for path in (tmp_path / "files").rglob("*"):
        if path.is_file():
            path.unlink()
    after = await arrive(room, letter(address(town, number), "two"), LATER)
    assert (await found(database, lost.id)).reason == "failed"
    assert (await found(database, after.id)).state == "joined"


async def test_nothing_of_a_mail_is_swept_before_its_time_and_all_of_it_after(database: Database, town: Town, room: Room, lamp: Lamp):
    number = await lamp()
    joined = await arrive(room, letter(address(town, number), "one", files={"a.pdf": PDF}), LATER)
    waiting = await arrive(room, letter(BOX, "two", files={"b.pdf": PDF + b"2"}), LATER)
    aside = await arrive(room, letter(BOX, "three", Precedence="bulk"), LATER)
    later = LATER + timedelta(days=400)
    await keeping.sweep(database.transaction, room.store, drafts.draft, later)
    assert await quarantine.sweep(database.transaction, LATER - timedelta(seconds=1)) == 0
    assert await quarantine.sweep(database.transaction, LATER + timedelta(seconds=1)) == 2
    async with database.transaction() as db:
        assert (await db.execute(select(mail.c.id))).scalars().all() == [waiting.id] != [joined.id, aside.id]
        names = (await db.execute(select(document.c.name).order_by(document.c.id))).scalars().all()
    assert names == ["a.pdf", "mail.eml", "b.pdf"]  # on its case for good; and the one that waits, whole


def take_by_pipe(data: bytes, url: str, folder: Path, *more: str) -> subprocess.CompletedProcess[bytes]:
    environ = {"BANSHI_DATABASE_URL": url, "BANSHI_SECRET_KEY": SECRET, "BANSHI_DATA": str(folder), "BANSHI_MAILBOX": BOX, "PATH": ""}
    return subprocess.run(
        [sys.executable, "-m", "banshi", "mail", "take", *more], input=data, env=environ, capture_output=True, check=False, timeout=60
    )


async def test_a_piped_mail_is_stored_before_the_command_says_so(database: Database, town: Town, tmp_path: Path, lamp: Lamp):
    number = await lamp()
    data = letter("undisclosed@example.org")
    done = await asyncio.to_thread(take_by_pipe, data, database.url, tmp_path, "--to", address(town, number))
    assert (done.returncode, done.stderr) == (0, b"")
    again = await asyncio.to_thread(take_by_pipe, data, database.url, tmp_path, "--to", address(town, number))
    assert again.returncode == 0
    room = room_of(database, town, tmp_path)
    assert await inbound.settle_all(room, LATER) == 1
    assert (await story(database, town, number))[1][-2].kind == "add"


def kill_in_the_middle(data: bytes, url: str, folder: Path) -> int:
    environ = {"BANSHI_DATABASE_URL": url, "BANSHI_SECRET_KEY": SECRET, "BANSHI_DATA": str(folder), "BANSHI_MAILBOX": BOX}
    taking = subprocess.Popen([sys.executable, "-m", "banshi", "mail", "take"], stdin=subprocess.PIPE, env=environ)
    assert taking.stdin is not None
    taking.stdin.write(data[: len(data) // 2])
    taking.stdin.flush()
    until = time.monotonic() + 60
    while time.monotonic() < until and not any(f.stat().st_size for f in (folder / ".incoming").glob("*")):
        time.sleep(0.1)
    taking.kill()
    status = taking.wait(30)
    taking.stdin.close()
    return status


async def test_a_pipe_that_is_killed_in_the_middle_stores_nothing_and_the_next_try_everything(
    database: Database, town: Town, tmp_path: Path, lamp: Lamp
):
    data = letter(address(town, await lamp()), files={"a.pdf": PDF * 100_000})
    assert await asyncio.to_thread(kill_in_the_middle, data, database.url, tmp_path) != 0
    async with database.transaction() as db:
        assert (await db.execute(select(func.count()).select_from(mail))).scalar_one() == 0
    assert (await asyncio.to_thread(take_by_pipe, data, database.url, tmp_path)).returncode == 0
    assert await inbound.settle_all(room_of(database, town, tmp_path), LATER) == 1


def test_where_nothing_can_be_stored_the_mail_server_keeps_it(tmp_path: Path):
    done = take_by_pipe(b"From: a@b\n\nhello\n", "postgresql://nobody@127.0.0.1:9/none", tmp_path)
    assert done.returncode == 75
    assert b"not stored" in done.stderr


async def test_where_files_cannot_be_kept_the_mail_server_keeps_it(database: Database, tmp_path: Path):
    (tmp_path / "files").write_text("a file where the folder should be", encoding="ascii")
    done = await asyncio.to_thread(take_by_pipe, b"From: a@b\n\nhello\n", database.url, tmp_path)
    assert done.returncode == 75
    nothing = await asyncio.to_thread(take_by_pipe, b"", database.url, tmp_path)
    assert nothing.returncode == 65
