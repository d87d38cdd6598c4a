"""Mail and text messages from the case's own events: once each, to confirmed addresses, as chosen; no death and no outage loses one."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from receiving import Mailbox, mailbox, receiver, words
from sqlalchemy import select, update
from test_relay import drain

from banshi import clock as real
from banshi.cases import acting, numbers, opening
from banshi.cases.acting import Act
from banshi.cases.book import Houses
from banshi.cases.decoding import decode
from banshi.contracts import Actor, SmsProvider
from banshi.db import Database
from banshi.errors import Invalid, SettingsError
from banshi.identity.tables import person
from banshi.jobs import relay
from banshi.notify import digest, mail, outgoing, preferences, replying, sms, templates, webhooks
from banshi.notify.tables import address_claim, message
from banshi.notify.topics import topic_of
from banshi.notify.ways import Away
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Clock, Town

ANN = "ann@example.org"
REPLY = "reply@city.example"


@pytest.fixture
def post_office() -> Iterator[Mailbox]:
    with mailbox() as made:
        yield made


def settings_for(where: str, **more: Any) -> Settings:
    return Settings(
        secret_key=(SECRET,), mail=where, mail_from="City <noreply@city.example>", mailbox=REPLY, public_url="https://city.example", **more
    )


def worker(database: Database, town: Town, clock: Any, settings: Settings) -> outgoing.Worker:
    registry, keyring = town.house.registry, town.house.keyring
    return outgoing.Worker(database, Houses(registry, keyring), outgoing.post_of(settings, registry), clock)


async def send_all(sender: outgoing.Worker, way: Any = "mail") -> None:
    while await sender.send(way):
        pass


async def confirmed(database: Database, town: Town, login: str = "resident0", address: str = ANN, at: Any = MOMENT) -> Actor:
    """An address of one's own, by the way that everybody goes."""
    actor = town.residents.get(login) or town.staff[login]
    keyring = town.house.keyring
    async with database.transaction() as db:
        await preferences.claim(db, keyring, actor.person_id or 0, address, at)
        claim = (await db.execute(select(address_claim).where(address_claim.c.person_id == actor.person_id))).one()
        await preferences.confirm(db, keyring, actor, keyring.unseal(claim.code, "address.code"), at)
    return actor


async def file(database: Database, town: Town, wanted: Any, who: str = "resident0", at: Any = MOMENT, **data: Any) -> str:
    async with database.transaction() as db:
        return (await opening.open_one(db, town.house, town.residents[who], wanted(**data), at)).number


async def act(database: Database, town: Town, number: str, action: str, at: Any = MOMENT, who: str = "10001", **answers: Any) -> None:
    declared = town.house.registry.case_type("tickets.request").action(action)
    actor = town.residents.get(who) or town.staff[who]
    async with database.transaction() as db:
        await acting.act_one(db, town.house, actor, Act(number=number, action=action, form=decode(declared.form, answers)), at)


def fed(town: Town, ways: Any = ("mail", "sms"), now: Any = lambda: MOMENT) -> relay.Consumer:
    return outgoing.consumer(Houses(town.house.registry, town.house.keyring), now, ways)


async def states(database: Database) -> list[tuple[str, str, str]]:
    async with database.transaction() as db:
        rows = await db.execute(select(message.c.topic, message.c.state, message.c.why).order_by(message.c.case_id, message.c.sequence, message.c.id))
        return [tuple(r) for r in rows]


# -- who is told what ---------------------------------------------------------------------------------------------------------


async def test_each_step_that_the_applicant_may_read_is_mailed_once_and_what_staff_write_among_themselves_never(
    database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    await confirmed(database, town)
    number = await file(database, town, wanted, text="The lamp before my bedroom is dark.")
    await act(database, town, number, "sign")
    await act(database, town, number, "note", text="Among us.")
    await act(database, town, number, "ask", text="Which lamp is it?")
    await act(database, town, number, "reply", who="resident0", text="The third one.")
    await act(database, town, number, "answer", text="It is lit again.")
    await drain(database, fed(town))
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    topics = [(t, s) for t, s, _why in await states(database) if t != "address"]
    assert topics == [("opened", "sent"), ("moved", "sent"), ("asked", "sent"), ("decided", "sent")]
    letters = post_office.to(ANN)
    assert len(letters) == 4, "what the applicant did is not told to them"
    told = "".join(words(m) + str(m["Subject"]) for m in letters)
    for private in ("lamp", "bedroom", "Among us", "third", "张小芳", "lit again"):
        assert private not in told
    assert told.count(numbers.show(number)) >= 8


@pytest.mark.parametrize(
    ("kind", "state", "sequence", "topic"),
    [
        ("opened", "new", 1, "opened"),
        ("sign", "working", 2, "moved"),
        ("ask", "asked", 3, "asked"),
        ("attached", "asked", 4, "moved"),
        ("tell", "asked", 4, "moved"),
        ("answer", "answered", 4, "decided"),
        ("approve", "answered", 4, "decided"),
        ("call_back", "answered", 5, "moved"),
        ("attached", "closed", 6, "moved"),
        ("close", "closed", 6, "decided"),
        ("decline", "closed", 2, "decided"),
        ("followed", "asked", 3, "asked"),
        ("followed", "answered", 3, "decided"),
        ("followed", "working", 3, "moved"),
        ("escalated", "asked", 3, "moved"),
    ],
)
def test_what_an_event_is_about_follows_from_what_was_done_and_where_it_led(town: Town, kind: str, state: str, sequence: int, topic: str) -> None:
    declared = town.house.registry.case_type("tickets.request")
    assert topic_of(declared, town.house.book.of(declared), kind, state, sequence) == topic


async def test_events_that_are_fed_twice_are_told_once(database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox) -> None:
    await confirmed(database, town)
    await file(database, town, wanted)
    consumer = fed(town)
    await drain(database, consumer)
    sender = worker(database, town, clock, settings_for(post_office.address))
    await send_all(sender)
    async with database.transaction() as db:
        await db.execute(relay.relay_cursor.delete().where(relay.relay_cursor.c.consumer == consumer.name))
    await drain(database, consumer)
    await send_all(sender)
    assert len(post_office.to(ANN)) == 1


async def test_an_address_is_not_used_before_it_is_confirmed_and_only_the_code_goes_there(
    database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    actor, keyring = town.residents["resident0"], town.house.keyring
    async with database.transaction() as db:
        await preferences.claim(db, keyring, actor.person_id or 0, ANN, MOMENT)
    await file(database, town, wanted)
    await drain(database, fed(town))
    sender = worker(database, town, clock, settings_for(post_office.address))
    await send_all(sender)
    letter = post_office.to(ANN)
    assert len(letter) == 1
    code = re.search(r"\b\d{8}\b", words(letter[0]))
    assert code is not None
    assert f"https://city.example/my/messages?code={code.group()}" in words(letter[0])
    async with database.transaction() as db:
        wrong = f"{(int(code.group()) + 1) % 10**8:08d}"
        with pytest.raises(Invalid):
            await preferences.confirm(db, keyring, actor, wrong, MOMENT)
        with pytest.raises(Invalid):
            await preferences.confirm(db, keyring, town.residents["resident1"], code.group(), MOMENT)
        with pytest.raises(Invalid):
            await preferences.confirm(db, keyring, actor, code.group(), MOMENT + timedelta(hours=25))
        await preferences.confirm(db, keyring, actor, code.group(), MOMENT + timedelta(hours=1))
        row = (await db.execute(select(person).where(person.c.id == actor.person_id))).one()
        assert ANN not in row.email, "it lies sealed"
        assert row.email_index in keyring.indexes("email", "ANN@example.org")
    await drain(database, fed(town))
    await send_all(sender)
    assert len(post_office.to(ANN)) == 1, "what happened before is not told afterwards"


async def test_an_older_claim_is_forgotten_with_its_code(database: Database, town: Town, clock: Clock, post_office: Mailbox) -> None:
    actor, keyring = town.residents["resident0"], town.house.keyring
    async with database.transaction() as db:
        await preferences.claim(db, keyring, actor.person_id or 0, "typo@example.org", MOMENT)
        await preferences.claim(db, keyring, actor.person_id or 0, ANN, MOMENT)
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    assert [m["To"] for m in post_office.letters] == [ANN]
    assert await states(database) == [("address", "suppressed", "superseded"), ("address", "sent", "")]


async def test_what_somebody_does_not_want_is_not_sent_and_the_row_says_why(
    database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    actor = await confirmed(database, town)
    async with database.transaction() as db:
        await preferences.choose(db, actor.person_id or 0, {"mail": {"asked", "decided", "opened"}}, "en")
    number = await file(database, town, wanted)
    await act(database, town, number, "sign")
    await drain(database, fed(town))
    async with database.transaction() as db:  # the mind changed between the event and the worker
        await preferences.choose(db, actor.person_id or 0, {"mail": {"asked"}}, None)
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    assert post_office.to(ANN) == []
    assert [s for s in await states(database) if s[0] != "address"] == [("opened", "suppressed", "choice"), ("moved", "suppressed", "choice")]


async def test_an_address_that_was_taken_back_meanwhile_is_not_used(
    database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    actor = await confirmed(database, town)
    await file(database, town, wanted)
    await drain(database, fed(town))
    async with database.transaction() as db:
        await preferences.forget(db, town.house.keyring, actor, MOMENT)
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    assert post_office.letters == []
    assert ("opened", "suppressed", "address") in await states(database)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "ann",
        "ann@",
        "@example.org",
        "ann@example",
        "a b@example.org",
        "ann@example.org\nBcc: x@example.org",
        "ann@example.org,x@example.org",
        "<ann@example.org>",
        "安@example.org",
        "ann@例子.cn",
        "ann..x@example.org",
        ".ann@example.org",
        "a" * 65 + "@example.org",
        "ann@[127.0.0.1]",
    ],
)
def test_what_is_no_plain_address_is_refused(written: str) -> None:
    with pytest.raises(Invalid) as refused:
        preferences.read_address(written)
    assert "email" in refused.value.problems


def test_a_plain_address_is_kept_as_it_is_and_full_width_signs_are_forgiven() -> None:
    assert preferences.read_address(" Ann.Smith+gov@Example.ORG ") == "Ann.Smith+gov@example.org"
    assert preferences.read_address("ann＠example．org") == ANN


# -- the letter -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "said"), [("zh", "已收到"), ("en", "We have your case")])
async def test_a_letter_is_in_the_readers_language_in_text_and_html_and_says_that_a_machine_wrote_it(
    database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox, language: str, said: str
) -> None:
    actor = await confirmed(database, town)
    async with database.transaction() as db:
        await preferences.choose(db, actor.person_id or 0, {}, language)
    number = await file(database, town, wanted)
    await drain(database, fed(town))
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    (letter,) = post_office.to(ANN)
    assert said in letter["Subject"]
    assert letter["From"] == "City <noreply@city.example>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Precedence"] == "bulk"
    assert not [h for h in letter if h.lower().startswith("list-")]
    assert letter["Message-ID"].endswith("@city.example>")
    assert numbers.show(number) not in letter["Message-ID"] + letter["References"]
    assert number not in letter["Message-ID"] + letter["References"]
    found = replying.read(town.house.keyring, letter["Reply-To"], REPLY)
    assert found == replying.Reply(number=number, person_id=actor.person_id or 0)
    link = f"https://city.example/case/{numbers.show(number)}"
    html = letter.get_body(("html",)).get_content()
    assert link in words(letter)
    assert f'<a href="{link}">' in html
    assert f'lang="{"zh-CN" if language == "zh" else "en"}"' in html
    bare = re.sub(r"\s+", "", re.sub(r"<head>.*?</head>|<[^>]+>", "", html, flags=re.DOTALL))
    assert bare == re.sub(r"\s+", "", words(letter)), "both say the same"
    assert "<script" not in html


async def test_letters_about_one_case_make_one_thread_and_those_about_another_a_second(
    database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    await confirmed(database, town)
    number = await file(database, town, wanted)
    await act(database, town, number, "sign")
    await file(database, town, wanted, text="Another matter altogether.")
    await drain(database, fed(town))
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    threads = [m["References"] for m in post_office.to(ANN)]
    assert len(threads) == 3
    assert len(set(threads)) == 2
    assert len({m["Message-ID"] for m in post_office.letters}) == 3


# -- outages and deaths -----------------------------------------------------------------------------------------------------------


async def test_while_the_server_is_away_nothing_is_lost_and_no_message_is_to_blame(
    database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    await confirmed(database, town)
    await file(database, town, wanted)
    await drain(database, fed(town))
    sender = worker(database, town, clock, settings_for(post_office.address))
    post_office.close()
    for _ in range(2 * outgoing.MOST_TRIES):
        with pytest.raises(Away):
            await sender.send("mail")
        clock.forward(minutes=2)
    post_office.open()
    await send_all(sender)
    assert len(post_office.to(ANN)) == 1


async def test_what_the_server_refuses_for_now_is_tried_later_and_later_and_given_up_at_last(
    database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    await confirmed(database, town)
    await file(database, town, wanted)
    await drain(database, fed(town))
    sender = worker(database, town, clock, settings_for(post_office.address))
    post_office.refuses[ANN] = "450 4.2.1 <ann@example.org> is busy"
    waits, tries = [], 0
    async with database.transaction() as db:
        await db.execute(message.delete().where(message.c.topic == "address"))
    while (await states(database))[0][1] == "waiting":
        assert await sender.send("mail") == 1
        tries += 1
        assert await sender.send("mail") == 0, "not at once"
        async with database.transaction() as db:
            row = (await db.execute(select(message))).one()
        waits.append(row.due - clock.moment)
        clock.moment = max(row.due, clock.moment)
    assert tries == outgoing.MOST_TRIES
    assert waits[4] > 4 * waits[1] > timedelta()
    assert await states(database) == [("opened", "failed", "SMTP 450 4.2.1")], "the reason holds no address"


async def test_what_the_server_refuses_for_good_fails_alone(database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox) -> None:
    await confirmed(database, town)
    await confirmed(database, town, "resident1", "nobody@example.org")
    post_office.refuses["nobody@example.org"] = "550 5.1.1 <nobody@example.org>: no such user"
    await file(database, town, wanted, who="resident1")
    await file(database, town, wanted)
    await drain(database, fed(town))
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    assert len(post_office.to(ANN)) == 1
    assert sorted(s for s in await states(database) if s[0] == "opened") == [("opened", "failed", "SMTP 550 5.1.1"), ("opened", "sent", "")]


async def test_a_refusal_that_speaks_of_us_is_not_the_end_of_a_message(
    database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    await confirmed(database, town)
    await file(database, town, wanted)
    await drain(database, fed(town))
    post_office.refuses[ANN] = "554 5.7.1 Relay access denied"
    sender = worker(database, town, clock, settings_for(post_office.address))
    await sender.send("mail")
    post_office.refuses.clear()
    clock.forward(minutes=5)
    await send_all(sender)
    assert len(post_office.to(ANN)) == 1


DYING = """
import asyncio, sys
from datetime import datetime
from banshi import plugins
from banshi.cases.book import Houses
from banshi.db import Database
from banshi.notify import outgoing
from banshi.settings import from_environment
from banshi.privacy import Keyring
settings, moment = from_environment(), datetime.fromisoformat(sys.argv[1])
registry, keyring = plugins.load(strict=True), Keyring(settings.keys())
async def main():
    worker = outgoing.Worker(Database(settings.database_url), Houses(registry, keyring), outgoing.post_of(settings, registry), lambda: moment)
    print("ready", flush=True)
    await worker.send("mail")
asyncio.run(main())
"""


async def test_a_worker_that_dies_after_sending_and_before_saying_so_sends_again_once_with_the_same_identity(
    database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    await confirmed(database, town)
    async with database.transaction() as db:
        await db.execute(message.delete())
    for n in range(3):
        await file(database, town, wanted, text=f"Lamp {n} is dark.")
    await drain(database, fed(town))
    environ = {
        "BANSHI_DATABASE_URL": database.url,
        "BANSHI_SECRET_KEY": SECRET,
        "BANSHI_MAIL": post_office.address,
        "BANSHI_MAIL_FROM": "noreply@city.example",
    }
    process = subprocess.Popen([sys.executable, "-c", DYING, clock.moment.isoformat()], env={**os.environ, **environ}, stdout=subprocess.PIPE)  # noqa: ASYNC220 -- it is to be killed
    post_office.on_letter = lambda: os.kill(process.pid, signal.SIGKILL)  # it has the letter; its answer finds nobody
    assert await asyncio.to_thread(process.wait, 60) == -signal.SIGKILL
    assert process.stdout is not None
    process.stdout.close()
    post_office.on_letter = lambda: None
    assert len(post_office.letters) == 1
    sender = worker(database, town, clock, settings_for(post_office.address))
    assert await sender.send("mail") == 0, "the dead one's lease still stands"
    clock.forward(minutes=6)
    await send_all(sender)
    identities = [m["Message-ID"] for m in post_office.letters]
    assert len(identities) == 4
    assert len(set(identities)) == 3, "one came twice, and can be known by its identity"
    assert {s for _t, s, _w in await states(database)} == {"sent"}


async def test_the_worker_as_it_is_started_sends_mail_and_calls_webhooks(fresh_url: str, town: Town, wanted: Any, post_office: Mailbox) -> None:
    """From the event to the letter and to the other program, through the relay, with nothing but the settings."""
    with receiver() as other:
        database, keyring = Database(fresh_url, pool_size=3), town.house.keyring
        environ = {k: v for k, v in os.environ.items() if not k.startswith("BANSHI_")} | {
            "BANSHI_DATABASE_URL": fresh_url,
            "BANSHI_SECRET_KEY": SECRET,
            "BANSHI_MAIL": post_office.address,
            "BANSHI_MAIL_FROM": "noreply@city.example",
            "BANSHI_WEBHOOKS_PRIVATE": "true",
        }
        process = subprocess.Popen([sys.executable, "-m", "banshi", "worker"], env=environ)  # noqa: ASYNC220 -- as people start it
        try:
            await confirmed(database, town)
            east = town.house.directory.tree.find("east")
            assert east is not None
            async with database.transaction() as db:
                hook = webhooks.check(webhooks.Wanted(title="Map", url=other.address), private=True)
                made = await webhooks.add(db, keyring, town.staff["90001"], east, hook, "key", MOMENT)
                other.secrets = [await webhooks.secret(db, keyring, town.staff["90001"], await webhooks.one(db, made, [east.id]), MOMENT)]
            await file(database, town, wanted, at=real.now())
            for _ in range(300):
                if post_office.to(ANN) and other.heard:
                    break
                await asyncio.sleep(0.1)
        finally:
            process.terminate()
            await asyncio.to_thread(process.wait, 30)
            await database.close()
        assert len(post_office.to(ANN)) == 1
        assert other.signed == [True]


async def test_many_workers_send_each_message_once(database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox) -> None:
    await confirmed(database, town)
    for n in range(45):
        await file(database, town, wanted, text=f"Lamp {n} is dark.")
    await drain(database, fed(town))
    workers = [worker(database, town, clock, settings_for(post_office.address)) for _ in range(4)]
    await asyncio.gather(*(send_all(w) for w in workers))
    assert len(post_office.to(ANN)) == 45
    assert len({m["Message-ID"] for m in post_office.letters}) == len(post_office.letters)


async def test_one_that_cannot_be_written_fails_alone(database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox) -> None:
    await confirmed(database, town)
    other = await confirmed(database, town, "resident1", "else@example.org")
    await file(database, town, wanted, who="resident1")
    await file(database, town, wanted)
    await drain(database, fed(town))
    async with database.transaction() as db:  # sealed under a key that is listed no more
        await db.execute(update(person).where(person.c.id == other.person_id).values(email="\x1asealed:00000000.AAAA"))
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    assert len(post_office.to(ANN)) == 1
    assert ("opened", "failed", "Unreadable") in await states(database)


async def test_events_that_come_again_after_a_restore_are_not_told_when_they_are_old(database: Database, town: Town, wanted: Any) -> None:
    await confirmed(database, town)
    await file(database, town, wanted)
    await drain(database, fed(town, now=lambda: MOMENT + timedelta(days=8)))
    assert [s for s in await states(database) if s[0] == "opened"] == []


async def test_what_is_a_week_old_is_not_sent_any_more(database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox) -> None:
    await confirmed(database, town)
    await file(database, town, wanted)
    await drain(database, fed(town))
    async with database.transaction() as db:
        await db.execute(update(message).values(created=MOMENT))
    clock.moment = MOMENT + timedelta(days=8)
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    assert post_office.letters == []
    assert ("opened", "failed", "late") in await states(database)


async def test_letters_can_lie_in_a_folder(database: Database, town: Town, wanted: Any, clock: Clock, tmp_path: Path) -> None:
    await confirmed(database, town)
    await file(database, town, wanted)
    await drain(database, fed(town))
    await send_all(worker(database, town, clock, settings_for(f"file:{tmp_path}/mail")))
    assert len(list((tmp_path / "mail").glob("*.eml"))) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"mail": "smtp://", "mail_from": "a@b.example"},
        {"mail": "http://x", "mail_from": "a@b.example"},
        {"mail": "smtp://host:99999", "mail_from": "a@b.example"},
        {"mail": "smtp://host?tls=maybe", "mail_from": "a@b.example"},
        {"mail": "smtp://host?hello=1", "mail_from": "a@b.example"},
        {"mail": "smtp://user:secretive@", "mail_from": "a@b.example"},
        {"mail": "smtp://host"},
        {"mail": "smtp://host", "mail_from": "nobody"},
        {"mailbox": "reply"},
        {"mailbox": "a-very-long-name-for-a-mailbox-indeed@city.example"},
        {"sms": "pigeon:x"},
        {"sms": "file"},
    ],
)
def test_a_setting_that_leads_nowhere_is_told_at_the_start(settings: dict[str, str], town: Town) -> None:
    with pytest.raises(SettingsError) as refused:
        outgoing.post_of(Settings(secret_key=(SECRET,), **settings), town.house.registry)
    assert "BANSHI_" in str(refused.value)
    assert "secretive" not in str(refused.value)


def test_a_mail_server_is_read_from_its_setting() -> None:
    assert mail.server("smtp://me%40x:p%2Fw@mx.example:2525?tls=implicit") == mail.Server(
        host="mx.example", port=2525, user="me@x", password="p/w", tls="implicit"
    )
    assert mail.server("smtp://mx.example") == mail.Server(host="mx.example", port=587)
    assert mail.server("smtps://mx.example") == mail.Server(host="mx.example", port=465, tls="implicit")


# -- text messages --------------------------------------------------------------------------------------------------------------


async def test_text_messages_go_only_to_who_asked_for_them_and_the_number_is_kept_nowhere(
    database: Database, town: Town, wanted: Any, clock: Clock, tmp_path: Path
) -> None:
    one, other = town.residents["resident0"], town.residents["resident1"]
    async with database.transaction() as db:
        await preferences.choose(db, one.person_id or 0, {"sms": {"decided"}}, "en")
    first = await file(database, town, wanted)
    second = await file(database, town, wanted, who="resident1")
    for number in (first, second):
        await act(database, town, number, "sign")
        await act(database, town, number, "answer", text="Lit again.")
    await drain(database, fed(town))
    sender = worker(database, town, clock, Settings(secret_key=(SECRET,), sms=f"file:{tmp_path}/sms", public_url="https://city.example"))
    await send_all(sender, "sms")
    lines = [json.loads(line) for line in (tmp_path / "sms").read_text(encoding="utf8").splitlines()]
    assert [line["to"] for line in lines] == ["100 0000 0000"]
    assert numbers.show(first) in lines[0]["text"]
    assert other.person_id is not None
    async with database.transaction() as db:
        kept = (await db.execute(select(message))).all()
    assert "0000 000" not in repr(kept)
    assert len(kept) == 1


async def test_a_provider_that_fails_is_tried_again_with_the_same_key_and_its_words_are_not_kept(
    database: Database, town: Town, wanted: Any, clock: Clock
) -> None:
    tried: list[tuple[str, str]] = []

    async def send(to: str, text: str, key: str, where: str) -> None:
        tried.append((key, where))
        if len(tried) == 1:
            raise ConnectionError(f"no way to {to}: {text}")

    async with database.transaction() as db:
        await preferences.choose(db, town.residents["resident0"].person_id or 0, {"sms": {"opened"}}, None)
    await file(database, town, wanted)
    await drain(database, fed(town))
    registry = msgspec.structs.replace(town.house.registry, sms_providers=(SmsProvider(owner="tickets", name="pigeon", send=send),))
    post = outgoing.post_of(Settings(secret_key=(SECRET,), sms="pigeon:roof"), registry)
    sender = outgoing.Worker(database, Houses(registry, town.house.keyring), post, clock)
    await send_all(sender, "sms")
    assert await states(database) == [("opened", "waiting", "ConnectionError")]
    clock.forward(minutes=3)
    await send_all(sender, "sms")
    assert tried == [(tried[0][0], "roof")] * 2
    assert await states(database) == [("opened", "sent", "")]


def test_two_providers_of_one_name_cannot_be_told_apart_and_a_plugin_brings_one() -> None:
    async def send(to: str, text: str, key: str, where: str) -> None: ...

    found, where = sms.provider("carrier:https://sms.example", (SmsProvider(owner="x", name="carrier", send=send),))
    assert (found.name, where) == ("carrier", "https://sms.example")


# -- the digest ------------------------------------------------------------------------------------------------------------------


async def test_staff_have_one_letter_a_day_about_what_is_new_in_their_queue(
    database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    from banshi import notify

    clerk = await confirmed(database, town, "10001", "clerk@city.example", MOMENT)
    zone = town.house.directory.tree[clerk.district_id or 0].timezone
    async with database.transaction() as db:
        await preferences.choose_digest(db, clerk.person_id or 0, 8, zone, MOMENT)  # 09:30 in the district
    number = await file(database, town, wanted, at=MOMENT + timedelta(hours=1))
    await act(database, town, number, "sign", at=MOMENT + timedelta(hours=2))
    await act(database, town, number, "add", at=MOMENT + timedelta(hours=3), who="resident0", text="The third one.")
    await file(database, town, wanted, at=MOMENT + timedelta(hours=1), text="Another one that is dark.")
    await drain(database, notify.NOTICES)

    async def swept(at: Any) -> int:
        async with database.transaction() as db:
            return await digest.sweep(db, town.house, at)

    assert await swept(MOMENT + timedelta(hours=4)) == 0, "today's hour is over"
    tomorrow = MOMENT + timedelta(hours=22, minutes=40)  # 08:10 there
    assert await swept(tomorrow - timedelta(minutes=20)) == 0
    assert await swept(tomorrow) == 1
    assert await swept(tomorrow + timedelta(hours=1)) == 0
    clock.moment = tomorrow
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    (letter,) = [m for m in post_office.to("clerk@city.example") if "desk" in words(m)]
    assert numbers.show(number) in words(letter)
    assert "lamp" not in words(letter).lower()
    assert letter["Reply-To"] is None
    assert await swept(tomorrow + timedelta(days=1)) == 1
    clock.moment = tomorrow + timedelta(days=1)
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    assert (await states(database))[-1] == ("digest", "suppressed", "nothing"), "an empty letter is not sent"


# -- the texts -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("topic", sorted(templates.SHIPPED))
def test_the_texts_that_ship_hold_what_they_must(topic: str, language: Any) -> None:
    said = templates.shipped(topic, language)
    templates.check(topic, said)
    filled = templates.fill(said, dict.fromkeys(templates.placeholders(topic), "x"))
    assert "{" not in filled.subject + filled.body + filled.short


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("body", "{number} {applicant}"),
        ("body", "{number.__class__}"),
        ("body", "{number!r}"),
        ("body", "{number:>100000000}"),
        ("body", "{number[0]}"),
        ("body", "{} {number}"),
        ("body", "{number} {"),
        ("body", "{number} }"),
        ("body", " "),
        ("body", "{number}" + "x" * 4000),
        ("body", "There is something new."),
        ("subject", "{number}\nBcc: x@example.org"),
        ("subject", "{code}"),
        ("short", "x" * 301),
    ],
)
def test_a_text_with_anything_but_the_placeholders_there_are_is_refused(field: str, text: str) -> None:
    said = msgspec.structs.replace(templates.Wording("About {number}", "About {number}: {link}", "{number}"), **{field: text})
    if text == "There is something new.":
        said = msgspec.structs.replace(said, subject="News")
    with pytest.raises(Invalid) as refused:
        templates.check("moved", said)
    assert field in refused.value.problems


async def test_the_nearest_districts_own_text_holds_and_a_value_is_never_read_as_a_text(
    database: Database, town: Town, wanted: Any, clock: Clock, post_office: Mailbox
) -> None:
    await confirmed(database, town)
    async with database.transaction() as db:
        for code, name in (("ruan", "city"), ("east", "east")):
            own = templates.Wording(f"{name} {{number}}", "{number} {{literal}} {state}", "{number}")
            await templates.put(db, town.district(code), "opened", "zh", own, MOMENT)
    await file(database, town, wanted)
    await drain(database, fed(town))
    await send_all(worker(database, town, clock, settings_for(post_office.address)))
    (letter,) = post_office.to(ANN)
    assert letter["Subject"].startswith("east ")
    assert "{literal}" in words(letter)
    async with database.transaction() as db:
        await templates.drop(db, town.district("east"), "opened", "zh")
        kept = await templates.own(db, [town.district("east"), town.district("ruan")])
    found, whose = templates.wording(town.house.directory.tree, kept, town.district("persimmon"), "opened", "zh")
    assert (found.subject, whose) == ("city {number}", town.district("ruan"))


async def test_what_happened_before_there_were_messages_is_told_to_nobody(fresh_url: str) -> None:
    """A new reader would begin at the first event ever; the migration lets these two begin behind the last."""
    database = Database(fresh_url, pool_size=1)
    try:
        async with database.transaction() as db:
            known = {r.consumer for r in await db.execute(select(relay.relay_cursor.c.consumer).where(relay.relay_cursor.c.xid > 0))}
    finally:
        await database.close()
    assert {"messages", "webhooks"} <= known
