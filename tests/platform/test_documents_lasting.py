"""Files that last: whatever dies, is full, is away or found bad later, no row is without its file, and nobody is given what is not clean."""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from browsing import Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select
from test_documents import API, At, picture, upload

from banshi import app, audit
from banshi.cases import attaching, numbers, opening, verifying
from banshi.cases.tables import case, case_event
from banshi.contracts import Actor
from banshi.db import Database
from banshi.documents import keeping, receiving, store
from banshi.documents.tables import document, document_content
from banshi.errors import FilesUnavailable, SettingsError
from banshi.identity import mandates
from banshi.jobs.periodic import Context
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Town, statements
from banshi.web import drafts

LATER = MOMENT + timedelta(hours=3)
Lamp = Callable[..., Awaitable[str]]

pytestmark = pytest.mark.usefixtures("folder")


def age(folder: Path) -> None:
    """Let everything in a folder be two days old."""
    long_ago = (MOMENT - timedelta(days=2)).timestamp()
    for path in folder.rglob("*"):
        os.utime(path, (long_ago, long_ago))


async def attach(client: AsyncTestClient[Any], number: str, body: bytes, name: str = "a.txt") -> dict[str, Any]:
    """Attach by a program; return what the API says of the newest document."""
    answer = await client.post(f"/api/v1/cases/{number}/documents", params={"name": name}, content=body, headers=API)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["items"][-1]
    return found


# -- sweeping and attaching at once --------------------------------------------------------------------------------------------


async def test_what_is_just_being_attached_is_not_swept(client: AsyncTestClient[Any], lamp: Lamp, folder: Path, database: Database, town: Town):
    number = (await lamp()).replace("-", "")
    kept = client.app.state.site.store
    with receiving.Receiver(folder, largest=1000) as receiver:
        receiver.take(b"an orphan of yesterday that somebody sends again")
        received = await receiver.done("a.txt")
        await kept.put(received.digest.hex(), received.path)
        age(folder)
        resident = town.residents["resident0"]
        async with database.transaction() as db:
            row = await attaching.lock(db, town.house, resident, number)
            await attaching.attach(db, town.house, resident, row, [(received, "clean")], MOMENT, store=kept, most=9)
            assert await keeping.sweep(database.transaction, kept, drafts.draft, LATER) == 0, "it is named, though not for others to see yet"
        assert await keeping.sweep(database.transaction, kept, drafts.draft, LATER) == 0
    assert await kept.has(received.digest.hex())


async def test_what_was_swept_the_moment_before_is_put_again(client: AsyncTestClient[Any], lamp: Lamp, folder: Path, database: Database, town: Town):
    number = (await lamp()).replace("-", "")
    kept = client.app.state.site.store
    with receiving.Receiver(folder, largest=1000) as receiver:
        receiver.take(b"swept between its bytes and its row")
        received = await receiver.done("a.txt")
        await kept.put(received.digest.hex(), received.path)
        age(folder / "files")
        assert await keeping.sweep(database.transaction, kept, drafts.draft, LATER) == 1
        resident = town.residents["resident0"]
        async with database.transaction() as db:
            row = await attaching.lock(db, town.house, resident, number)
            await attaching.attach(db, town.house, resident, row, [(received, "clean")], MOMENT, store=kept, most=9)
    assert await kept.has(received.digest.hex())


async def test_the_sweep_of_a_place_that_others_use_too_touches_nothing_of_theirs(kept: store.Store, tmp_path: Path, database: Database):
    (tmp_path / "source").write_bytes(b"x")
    lost = "cd" * 32
    await kept.put(lost, tmp_path / "source")
    await kept.put(lost + store.PREVIEW, tmp_path / "source")
    if isinstance(kept, store.Folder):
        theirs = kept.root / "ab" / "cd" / "their letter.txt"
        theirs.parent.mkdir(parents=True)
        theirs.write_bytes(b"y")
    else:
        await kept.put("their/letter.txt", tmp_path / "source")
    far = MOMENT + timedelta(days=10_000)
    assert await keeping.sweep(database.transaction, kept, drafts.draft, far) == 1
    assert not await kept.has(lost)
    assert not await kept.has(lost + store.PREVIEW)
    assert theirs.exists() if isinstance(kept, store.Folder) else await kept.has("their/letter.txt")


DIES = """
import os, sys
from pathlib import Path
from banshi.documents import store
root, source = Path(sys.argv[1]), Path(sys.argv[2])
code = {f.__code__ for f in (store.Folder._put, store.Folder._make, store._flush)}
died = 0
for line in range(200):
    kept = store.Folder(root / str(line))
    if not (child := os.fork()):
        count = 0
        def tracing(frame, event, argument):
            global count
            if frame.f_code not in code:
                return None
            if event == "line":
                if count == line:
                    os._exit(9)
                count += 1
            return tracing
        sys.settrace(tracing)
        kept._put("ab" * 32, source)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    there = kept.path("ab" * 32)
    assert not there.exists() or there.read_bytes() == source.read_bytes(), line
    kept._put("ab" * 32, source)
    assert there.read_bytes() == source.read_bytes(), line
    if status == 0:
        print(died)
        sys.exit(0)
    died += 1
"""


def test_a_death_at_any_line_of_keeping_a_file_leaves_it_whole_or_not_at_all(tmp_path: Path):
    (tmp_path / "source").write_bytes(os.urandom(5_000))
    said = subprocess.run([sys.executable, "-W", "ignore", "-c", DIES, tmp_path, tmp_path / "source"], capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert int(said.stdout) > 15


async def test_what_broken_off_uploads_left_is_taken_away_and_what_still_comes_stays(client: AsyncTestClient[Any], folder: Path, database: Database):
    site = client.app.state.site
    with receiving.Receiver(folder, largest=1000) as dead, receiving.Receiver(folder, largest=1000) as coming:
        long_ago = (MOMENT - timedelta(days=2)).timestamp()
        os.utime(dead.path, (long_ago, long_ago))
        os.utime(coming.path, (MOMENT.timestamp(), MOMENT.timestamp()))
        _check, sweep = app.document_jobs(site.settings, site.registry)
        await sweep.run(Context(database, MOMENT))
        assert not dead.path.exists()
        assert coming.path.exists()
        assert app.create_app(site.settings, site.registry, now=lambda: MOMENT + timedelta(days=1)) is not None
        async with AsyncTestClient(app.create_app(site.settings, site.registry, now=lambda: MOMENT + timedelta(days=1))):
            assert not coming.path.exists(), "a web server tidies up where it lives when it starts"


# -- away, full, lost ---------------------------------------------------------------------------------------------------------


async def test_a_full_disk_is_told_as_come_again_and_leaves_nothing(client: AsyncTestClient[Any], lamp: Lamp, folder: Path, database: Database):
    number = await lamp()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
    try:
        answer = await client.post(f"/api/v1/cases/{number}/documents", params={"name": "a.txt"}, content=b"text " * 1_000, headers=API)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert [p for p in folder.rglob("*") if p.is_file()] == []
    async with database.transaction() as db:
        assert (await db.execute(select(document))).all() == []


async def test_a_bucket_that_is_away_is_told_as_come_again(client: AsyncTestClient[Any], lamp: Lamp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    number = await lamp()
    for name, value in {
        "ENDPOINT": "http://127.0.0.1:1",
        "ACCESS_KEY_ID": "x",
        "SECRET_ACCESS_KEY": "x",
        "REGION": "x",
        "ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    away = store.store("s3://papers/x", tmp_path)
    client.app.state.site.store = away
    answer = await client.post(f"/api/v1/cases/{number}/documents", params={"name": "a.txt"}, content=b"text", headers=API)
    assert answer.status_code == 503
    assert (await client.get(f"/api/v1/cases/{number}/documents", headers=API)).json()["items"] == []
    with pytest.raises(FilesUnavailable):
        _ = [n async for n in away.names(MOMENT)]


async def test_a_file_that_is_lost_is_told_before_the_answer_begins(client: AsyncTestClient[Any], lamp: Lamp, folder: Path):
    number = await lamp()
    row = await attach(client, number, b"soon lost")
    client.app.state.site.store.path(row["digest"]).unlink()
    answer = await client.get(f"/api/v1/cases/{number}/documents/{row['id']}", headers=API)
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


async def test_a_body_that_does_not_say_its_length_is_bounded_too(client: AsyncTestClient[Any], lamp: Lamp):
    number = await lamp()
    site = client.app.state.site
    site.settings = msgspec.structs.replace(site.settings, largest_file=10_000)
    resident = Person(client)
    await resident.sign_in("resident0")
    page = await resident.get(f"/case/{number}/files")
    action = next(f["action"] for f in page.forms if "token=" in f["action"])

    body = b"--x\r\nContent-Disposition: form-data; name=files; filename=a.jpg\r\n\r\n" + b"x" * 400_000
    sent = client.build_request("POST", action, content=body, headers=resident.headers | {"content-type": "multipart/form-data; boundary=x"})
    del sent.headers["content-length"]
    answer = await client.send(sent)
    assert answer.status_code == 400
    assert "too much at once" in answer.text


# -- what is not clean ---------------------------------------------------------------------------------------------------------


async def test_a_held_file_shows_as_held_on_every_page(client: AsyncTestClient[Any], at_desk: At, lamp: Lamp):
    site = client.app.state.site
    site.settings = msgspec.structs.replace(site.settings, clamd="tcp:127.0.0.1:1")
    number = await lamp()
    row = await attach(client, number, picture(), "lamp.jpg")
    resident, clerk = Person(client), await at_desk("10001")
    desk = [await clerk.get(p) for p in (f"/desk/case/{number}", f"/desk/case/{number}/files")]
    assert (await client.get(f"/desk/case/{number}/files/{row['id']}/preview")).status_code == 404
    client.cookies.clear()
    await resident.sign_in("resident0")
    for page in (*desk, *[await resident.get(p) for p in (f"/case/{number}", f"/case/{number}/files")]):
        assert "being checked for viruses" in page.text
        assert "lamp.jpg" in page.text
        assert "lamp.jpg" not in page.links
        assert f"files/{row['id']}" not in page.response.text.replace(f"files/{row['id']}/withdraw", "")


async def test_a_virus_that_is_found_later_is_told_and_the_file_is_gone(
    client: AsyncTestClient[Any], at_desk: At, lamp: Lamp, clamd: str, database: Database, town: Town
):
    site = client.app.state.site
    site.settings = msgspec.structs.replace(site.settings, clamd="tcp:127.0.0.1:1")
    number = await lamp()
    bad = await attach(client, number, b"it says BANSHI-TEST-VIRUS here", "bad.txt")
    large = await attach(client, number, b"large " * 300_000, "large.txt")
    good = await attach(client, number, b"a clean one", "good.txt")
    assert {bad["scan"], large["scan"], good["scan"]} == {"waiting"}
    site.settings = msgspec.structs.replace(site.settings, clamd=clamd)
    check, sweep = app.document_jobs(site.settings, site.registry)
    for _again in range(2):
        await check.run(Context(database, MOMENT))
    items = (await client.get(f"/api/v1/cases/{number}/documents", headers=API)).json()["items"]
    assert [i["scan"] for i in items] == ["infected", "waiting", "clean"], "what it cannot judge does not hold up what comes behind"
    assert (await client.get(f"/api/v1/cases/{number}/documents/{bad['id']}", headers=API)).status_code == 404
    clerk = await at_desk("10001")
    page = await clerk.get(f"/desk/case/{number}")
    assert "A virus was found in a file" in page.text
    assert "not given away" in page.text
    await sweep.run(Context(database, LATER))
    assert not await site.store.has(bad["digest"])
    assert await site.store.has(good["digest"])
    async with database.transaction() as db:
        told = (await db.execute(select(case_event.c.kind, case_event.c.capacity).order_by(case_event.c.sequence))).all()
        assert [tuple(t) for t in told].count(("infected", "system")) == 1
        assert await verifying.verify(db, site.keyring) == []


async def test_a_file_that_is_lost_does_not_hold_up_the_others(client: AsyncTestClient[Any], lamp: Lamp, clamd: str, database: Database):
    site = client.app.state.site
    site.settings = msgspec.structs.replace(site.settings, clamd="tcp:127.0.0.1:1")
    number = await lamp()
    lost, there = await attach(client, number, b"lost"), await attach(client, number, b"there")
    site.store.path(lost["digest"]).unlink()
    site.settings = msgspec.structs.replace(site.settings, clamd=clamd)
    check, _sweep = app.document_jobs(site.settings, site.registry)
    await check.run(Context(database, MOMENT))
    assert [i["scan"] for i in (await client.get(f"/api/v1/cases/{number}/documents", headers=API)).json()["items"]] == ["waiting", "clean"]
    assert there["id"] > lost["id"]


@pytest.mark.parametrize("said", ["localhost:3310", "tcp:localhost", "unix:", "http://x"])
def test_a_scanner_that_is_no_address_stops_the_start(said: str, registry: Any):
    with pytest.raises(SettingsError, match="tcp:host:port"):
        app.create_app(Settings(database_url="postgresql://nobody@127.0.0.1:1/x", secret_key=(SECRET,), clamd=said), registry)


# -- who, and who read it ------------------------------------------------------------------------------------------------------


async def test_a_resident_with_number_and_code_adds_files(client: AsyncTestClient[Any], town: Town):
    filed = {"type": "tickets.request", "district": "east", "data": {"kind": "help", "category": "street_lighting", "urgency": "normal"}}
    filed["data"] |= {"text": "The lamp is dark.", "area": "persimmon"}  # type: ignore[operator]
    opened = (await client.post("/api/v1/cases", json=filed, headers={"authorization": "Bearer token-20001"})).json()
    person = Person(client)
    assert (await person.get(f"/case/{opened['number']}/files")).status == 404
    await person.send(await person.get("/track"), "/track", number=opened["number"], code=opened["code"])
    page = await upload(person, await person.get(f"/case/{opened['number']}/files"), f"/case/{opened['number']}/files", ("lamp.jpg", picture()))
    assert page.status == 200
    assert "lamp.jpg" in page.links


async def test_a_helper_adds_files_while_the_mandate_lasts_and_both_stand_on_record(
    client: AsyncTestClient[Any], lamp: Lamp, database: Database, town: Town
):
    number = await lamp()
    site = client.app.state.site
    principal, helper = town.residents["resident0"], town.residents["resident3"]
    async with database.transaction() as db:
        mandate_id = await mandates.give(db, site.keyring, principal, "resident3", MOMENT + timedelta(days=7), MOMENT)
    person = Person(client)
    await person.sign_in("resident3")
    address = f"/case/{number}/files"
    assert (await upload(person, await person.get(address), address, ("lamp.jpg", picture()))).status == 200
    async with database.transaction() as db:
        event = (await db.execute(select(case_event).where(case_event.c.kind == "attached"))).one()
        assert (event.actor_id, event.acting_for_id) == (helper.person_id, principal.person_id)
        await mandates.end(db, site.keyring, principal, mandate_id, MOMENT)
    assert (await person.get(address)).status in {403, 404}


async def test_staff_touch_no_files_of_their_own_case(client: AsyncTestClient[Any], at_desk: At, database: Database, town: Town, wanted: Any):
    clerk = town.staff["10001"]
    own = Actor(capacity="resident", person_id=clerk.person_id)
    async with database.transaction() as db:
        number = numbers.show((await opening.open_one(db, town.house, own, wanted(), MOMENT)).number)
    person = await at_desk("10001")
    assert (await person.get(f"/desk/case/{number}/files")).status == 404
    assert (await client.post(f"/api/v1/cases/{number}/documents", params={"name": "x"}, content=b"text", headers=API)).status_code == 404


async def test_two_who_send_the_same_file_at_once_attach_it_once(client: AsyncTestClient[Any], lamp: Lamp, database: Database):
    number = await lamp()
    address = f"/api/v1/cases/{number}/documents"
    answers = await asyncio.gather(*(client.post(address, params={"name": "a.txt"}, content=b"the same", headers=API) for _ in range(6)))
    assert {a.status_code for a in answers} == {201}
    async with database.transaction() as db:
        assert len((await db.execute(select(document))).all()) == len((await db.execute(select(document_content))).all()) == 1
        row = (await db.execute(select(case.c.sequence))).one()
    assert row.sequence == 2, "one event"


async def test_who_read_an_applicants_file_is_in_the_audit(client: AsyncTestClient[Any], at_desk: At, lamp: Lamp, database: Database):
    number = await lamp()
    resident = Person(client)
    await resident.sign_in("resident0")
    await upload(resident, await resident.get(f"/case/{number}/files"), f"/case/{number}/files", ("a.jpg", picture()))
    async with database.transaction() as db:
        document_id = (await db.execute(select(document.c.id))).scalar_one()
    own = await client.get(f"/case/{number}/files/{document_id}")
    client.cookies.clear()
    await at_desk("10001")
    read = [
        own,
        await client.get(f"/desk/case/{number}/files/{document_id}"),
        await client.get(f"/api/v1/cases/{number}/documents/{document_id}", headers=API),
    ]
    assert {r.status_code for r in read} == {200}
    async with database.transaction() as db:
        lines = await db.execute(select(audit.audit_entry).where(audit.audit_entry.c.kind == "document.read"))
        assert [(line.subject, line.body["document"], line.capacity) for line in lines] == [
            (f"case:{number.replace('-', '')}", document_id, "staff")
        ] * 2, "one's own is nobody's business"


async def test_the_list_says_when_a_file_came_and_from_whom(client: AsyncTestClient[Any], at_desk: At, lamp: Lamp):
    number = await lamp()
    await attach(client, number, b"an answer", "answer.txt")
    resident = Person(client)
    await resident.sign_in("resident0")
    page = await upload(resident, await resident.get(f"/case/{number}/files"), f"/case/{number}/files", ("lamp.jpg", picture()))
    assert "· You" in page.text
    assert "Staff 10001" in page.text
    client.cookies.clear()
    clerk = await at_desk("10001")
    assert "· Applicant" in (await clerk.get(f"/desk/case/{number}/files")).text


async def test_a_hidden_persons_files_keep_their_neutral_names(client: AsyncTestClient[Any], at_desk: At, lamp: Lamp):
    number = await lamp(kind="report", text="有人偷电。")
    address = f"/case/{number}/files"
    resident = Person(client)
    await resident.sign_in("resident0")
    page = await upload(resident, await resident.get(address), address, ("张小芳1.jpg", picture(side=10)), ("张小芳2.jpg", picture(side=20)))
    page = await upload(resident, page, address, ("张小芳3.jpg", picture(side=30)))
    first = next(f["action"] for f in page.forms if f["action"].endswith("/withdraw"))
    await resident.send(page, first)
    client.cookies.clear()
    clerk = await at_desk("10001")
    await upload(clerk, await clerk.get(f"/desk{address}"), f"/desk{address}", ("plan.txt", b"our own"), audience="staff")
    for path in (f"/desk/case/{number}", f"/desk{address}"):
        with statements(client.app.state.site.database) as said:
            page = await clerk.get(path)
        assert 2 < len(said) <= 8, (path, len(said))
        assert "张小芳" not in page.response.text
        assert "Picture 2" in page.text
        assert "Picture 3" in page.text
        assert "plan.txt" in page.links, "what colleagues gave has its name"


async def test_as_many_files_as_the_setting_says(client: AsyncTestClient[Any], lamp: Lamp):
    site = client.app.state.site
    site.settings = msgspec.structs.replace(site.settings, most_files=2)
    number = await lamp()
    for body in (b"one", b"two"):
        await attach(client, number, body)
    answer = await client.post(f"/api/v1/cases/{number}/documents", params={"name": "x"}, content=b"three", headers=API)
    assert (answer.status_code, "at most 2 files" in answer.text or "2" in answer.json()["detail"]) == (400, True)


def test_the_description_says_that_the_body_is_a_file(registry: Any):
    site = app.create_app(Settings(database_url="postgresql://nobody@127.0.0.1:1/x", secret_key=(SECRET,)), registry)
    sent = site.openapi_schema.to_schema()["paths"]["/api/v1/cases/{number}/documents"]["post"]["requestBody"]
    assert sent["required"] is True
    assert sent["content"] == {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
