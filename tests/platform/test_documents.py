"""Files: what they are is seen from their content, they lie outside the database once, and only who may see the case is given them."""

from __future__ import annotations

import io
import os
import re
import socket
import subprocess
import sys
import time
import zipfile
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil
import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from PIL import Image
from sqlalchemy import select

from banshi import app
from banshi.cases import verifying
from banshi.cases.tables import case_event
from banshi.db import Database
from banshi.documents import keeping, kinds, previews, receiving, store
from banshi.documents.kinds import Kind
from banshi.documents.tables import document, document_content
from banshi.errors import Invalid
from banshi.jobs.periodic import Context
from banshi.testing import MOMENT, SECRET, Clock, Town, statements
from banshi.web import drafts
from samples import request

At = Callable[[str], Awaitable[Person]]

pytestmark = pytest.mark.usefixtures("folder")


def picture(fmt: str = "JPEG", *, side: int = 64, exif: bool = False) -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", (side, side // 2), "red")
    said = Image.Exif()
    if exif:
        said[0x010F] = "Secret Camera 4071"
    image.save(out, fmt, **({"exif": said} if exif else {}))
    return out.getvalue()


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in members.items():
            archive.writestr(name, body)
    return out.getvalue()


WORD = zipped(**{"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"})
PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


@pytest.fixture
def kind_of(tmp_path: Path) -> Callable[[bytes], Kind]:
    def ask(body: bytes) -> Kind:
        path = tmp_path / "file"
        path.write_bytes(body)
        return kinds.kind_of(path)

    return ask


# -- what a file is ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (picture("JPEG"), "image/jpeg"),
        (picture("PNG"), "image/png"),
        (picture("GIF"), "image/gif"),
        (picture("WEBP"), "image/webp"),
        (PDF, "application/pdf"),
        (WORD, kinds.OFFICE["word/"]),
        (zipped(**{"[Content_Types].xml": b"x", "xl/workbook.xml": b"x"}), kinds.OFFICE["xl/"]),
        (zipped(mimetype=b"application/vnd.oasis.opendocument.text", content=b"x"), "application/vnd.oasis.opendocument.text"),
        ("路灯坏了。\nThe lamp is dark.\r\n".encode(), "text/plain"),
        (b"\xef\xbb\xbf" + "有标记".encode(), "text/plain"),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2mp41" + b"\x00" * 64, "video/mp4"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 64, "image/heic"),
        (b"#!AMR\n" + b"\x3c" * 64, "audio/amr"),
    ],
)
def test_what_a_file_is_is_seen_from_its_content(kind_of, body: bytes, media_type: str):
    assert kind_of(body).media_type == media_type


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"MZ\x90\x00" + b"\x00" * 200,
        b"\x7fELF" + b"\x00" * 200,
        b"<!doctype html><script>alert(1)</script>",
        b"  \n<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"\x00\x01\x02\x03" * 100,
        zipped(**{"run.exe": b"MZ"}),
        zipped(**{"[Content_Types].xml": b"x", "word/document.xml": b"x", "word/vbaProject.bin": b"x"}),
        WORD[:-20],
        b"PK\x03\x04" + b"\x00" * 50,
        "路灯".encode("gb18030") * 50,
    ],
)
def test_what_is_not_on_the_list_is_not_taken_whatever_it_is_called(kind_of, body: bytes):
    with pytest.raises(Invalid):
        kind_of(body)


def test_a_zip_bomb_is_refused_by_what_it_says_and_by_what_it_holds(kind_of, monkeypatch: pytest.MonkeyPatch):
    bomb = zipped(**{"[Content_Types].xml": b"x", "word/document.xml": b"\0" * 5_000_000})
    with pytest.raises(Invalid) as refused:
        kind_of(bomb)
    assert "unpacks" in str(refused.value)
    many = zipped(**{f"word/{i}": b"" for i in range(kinds.MOST_MEMBERS + 1)})
    with pytest.raises(Invalid):
        kind_of(many)
    liar = zipped(**{"[Content_Types].xml": b"x", "word/document.xml": os.urandom(3_000_000)})
    monkeypatch.setattr(kinds, "MOST_INFLATED", 1_000_000)
    with pytest.raises(Invalid):
        kind_of(liar)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("photo.jpg", "photo.jpg"),
        ("photo.exe", "photo.jpg"),
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\Users\\me\\照片 1.jpeg", "照片 1.jpg"),
        ('a"b<c>:d?.jpg', "a b c d.jpg"),
        ("\u202egpj.exe", "gpj.jpg"),
        ("a\x00b\n.jpg", "a b.jpg"),
        ("", "file.jpg"),
        ("...", "file.jpg"),
        ("长" * 500 + ".jpg", "长" * 120 + ".jpg"),
    ],
)
def test_a_name_holds_no_folder_no_trap_and_the_ending_of_what_it_is(said: str, kept: str):
    assert receiving.clean(said, Kind("image/jpeg", ".jpg")) == kept


# -- previews ------------------------------------------------------------------------------------------------------------------


def test_a_preview_is_small_upright_and_tells_nothing_of_the_camera(tmp_path: Path):
    source, small = tmp_path / "a", tmp_path / "b"
    source.write_bytes(picture(side=2000, exif=True))
    assert previews.draw(source, small)
    with Image.open(small) as drawn:
        assert max(drawn.size) <= previews.SIDE
        assert not drawn.getexif()
    assert b"Secret Camera" not in small.read_bytes()


@pytest.mark.parametrize("body", [b"", b"\xff\xd8\xff\xe0broken", picture("PNG")[:60], PDF])
def test_what_is_no_whole_picture_has_no_preview(tmp_path: Path, body: bytes):
    (tmp_path / "a").write_bytes(body)
    assert previews.draw(tmp_path / "a", tmp_path / "b") is False


def test_a_picture_too_large_for_memory_has_no_preview(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "a").write_bytes(picture("PNG", side=400))
    monkeypatch.setattr(previews, "MOST_PIXELS", 1000)
    assert previews.draw(tmp_path / "a", tmp_path / "b") is False


# -- the store -----------------------------------------------------------------------------------------------------------------


async def test_a_store_keeps_gives_and_forgets(kept: store.Store, tmp_path: Path):
    body = os.urandom(300_000)
    (tmp_path / "source").write_bytes(body)
    name = "ab" * 32
    assert not await kept.has(name)
    for _again in range(2):
        await kept.put(name, tmp_path / "source")
    assert await kept.has(name)
    assert b"".join([piece async for piece in kept.read(name)]) == body
    assert name in [n async for n in kept.names(MOMENT + timedelta(days=10_000))]
    for _again in range(2):
        await kept.remove(name)
    assert not await kept.has(name)
    with pytest.raises(FileNotFoundError):
        _ = [piece async for piece in kept.read(name)]


def test_a_store_of_another_kind_is_an_error_that_says_which_there_are(tmp_path: Path):
    with pytest.raises(Exception, match="s3://bucket"):
        store.store("ftp://somewhere", tmp_path)


# -- on a case -----------------------------------------------------------------------------------------------------------------


async def upload(person: Person, page: Page, action: str, *files: tuple[str, bytes], **fields: str) -> Page:
    """Send the form of files on a page, as a browser does."""
    form = next(f for f in page.forms if f["action"].startswith(action) and "token=" in f["action"])
    parts: list[tuple[str, Any]] = [("files", (name, body, "application/octet-stream")) for name, body in files]
    answer = await person.client.post(form["action"], files=parts, data=fields, headers=person.headers, follow_redirects=True)
    return Page(answer)


async def test_a_resident_adds_files_to_their_case_and_the_clerk_reads_them(client: AsyncTestClient[Any], at_desk: At, lamp: Any, database: Database):
    number = await lamp()
    resident = Person(client)
    await resident.sign_in("resident0")
    page = await resident.get(f"/case/{number}/files")
    body = picture()
    page = await upload(resident, page, f"/case/{number}/files", ("巷口.png", body), ("说明.pdf", PDF))
    assert page.status == 200
    assert "2 files were added" in page.text
    assert "巷口.jpg" in page.text
    page = await upload(resident, page, f"/case/{number}/files", ("again.jpg", body))
    assert page.text.count("巷口.jpg") >= 1
    assert "again.jpg" not in page.text, "the same content twice is one"
    story = await resident.get(f"/case/{number}")
    assert "You: Files were added" in story.text or "Files were added" in story.text
    clerk = await at_desk("10001")
    desk = await clerk.get(f"/desk/case/{number}")
    given = await client.get(desk.links["巷口.jpg"])
    assert given.content == body
    assert given.headers["content-disposition"].startswith("attachment;")
    assert "filename*=UTF-8''%E5%B7%B7%E5%8F%A3.jpg" in given.headers["content-disposition"]
    assert given.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in given.headers["content-security-policy"]
    small = await client.get(desk.links["巷口.jpg"] + "/preview")
    assert (small.status_code, small.headers["content-type"]) == (200, "image/jpeg")
    async with database.transaction() as db:
        assert len((await db.execute(select(document_content))).all()) == 2
        assert await verifying.verify(db, client.app.state.site.keyring) == []


async def test_each_wrong_file_is_told_and_the_good_ones_are_kept(client: AsyncTestClient[Any], lamp: Any):
    number = await lamp()
    client.app.state.site.settings = _with_limit(client, 500_000)
    resident = Person(client)
    await resident.sign_in("resident0")
    page = await resident.get(f"/case/{number}/files")
    wrong = await upload(
        resident,
        page,
        f"/case/{number}/files",
        ("big.jpg", picture() + b"\0" * 600_000),
        ("virus.jpg", b"MZ\x90\x00" + b"\0" * 100),
        ("empty.jpg", b""),
        ("bomb.docx", zipped(**{"[Content_Types].xml": b"x", "word/document.xml": b"\0" * 5_000_000})),
        ("../../good.jpg", picture()),
    )
    assert wrong.status == 400
    for name in ("big.jpg", "virus.jpg", "empty.jpg", "bomb.docx"):
        assert name in wrong.text, name
    assert "too large" in wrong.text
    assert "1 files were added" in wrong.text
    assert "good.jpg" in wrong.text
    nothing = await upload(resident, page, f"/case/{number}/files", ("", b""))
    assert nothing.status == 400
    assert "Choose at least one" in nothing.text


def _with_limit(client: AsyncTestClient[Any], largest: int) -> Any:
    return msgspec.structs.replace(client.app.state.site.settings, largest_file=largest)


async def test_who_may_not_is_refused_before_a_byte_is_read(client: AsyncTestClient[Any], at_desk: At, lamp: Any, folder: Path):
    number = await lamp()
    other = Person(client)
    await other.sign_in("resident1")
    token = (await other.get("/my")).form("/sign-out")["fields"]["_csrf_token"][0]

    async def endless() -> Any:
        yield b"--x\r\nContent-Disposition: form-data; name=files; filename=a.jpg\r\n\r\n"
        pytest.fail("the body was read")

    headers = {"content-type": "multipart/form-data; boundary=x"}
    for address in (f"/case/{number}/files?token={token}", f"/case/{number}/files?token=wrong", f"/case/{number}/files"):
        answer = await client.post(address, content=endless(), headers=headers)
        assert answer.status_code in {403, 404}, address
    assert not list(folder.rglob("*.*"))
    assert (await client.get(f"/case/{number}/files")).status_code == 404
    clerk = await at_desk("10003")
    assert (await clerk.get(f"/desk/case/{number}/files")).status == 404


async def test_an_upload_that_breaks_off_leaves_nothing(client: AsyncTestClient[Any], lamp: Any, folder: Path, database: Database):
    number = await lamp()
    resident = Person(client)
    await resident.sign_in("resident0")
    page = await resident.get(f"/case/{number}/files")
    action = next(f["action"] for f in page.forms if "token=" in f["action"])
    body = b"--x\r\nContent-Disposition: form-data; name=files; filename=a.jpg\r\n\r\n" + picture()  # and no end
    for broken in (body, b"", b"nonsense", b"--x"):
        answer = await client.post(action, content=broken, headers=resident.headers | {"content-type": "multipart/form-data; boundary=x"})
        assert answer.status_code == 400, broken[:20]
    answer = await client.post(action, content=body, headers=resident.headers | {"content-type": "multipart/form-data"})
    assert answer.status_code == 400
    async with database.transaction() as db:
        assert (await db.execute(select(document))).all() == []
    assert [p for p in folder.rglob("*") if p.is_file()] == []


async def test_staff_add_for_the_applicant_or_among_themselves(client: AsyncTestClient[Any], at_desk: At, lamp: Any):
    number = await lamp()
    clerk = await at_desk("10001")
    page = await clerk.get(f"/desk/case/{number}/files")
    page = await upload(clerk, page, f"/desk/case/{number}/files", ("plan.pdf", PDF), audience="staff")
    page = await upload(clerk, page, f"/desk/case/{number}/files", ("answer.jpg", picture()), audience="applicant")
    assert "plan.pdf" in page.text
    inside = page.links["plan.pdf"]
    resident = Person(client)
    await resident.sign_in("resident0")
    own = await resident.get(f"/case/{number}")
    assert "answer.jpg" in own.text
    assert "plan.pdf" not in own.text
    assert (await client.get(own.links["answer.jpg"])).status_code == 200
    assert (await client.get(inside.replace("/desk", ""))).status_code == 404
    assert (await client.get(inside)).status_code in {401, 403}
    client.cookies.clear()
    clerk = await at_desk("10001")
    page = await clerk.get(f"/desk/case/{number}/files")
    withdrawn = await clerk.send(page, f"/desk/case/{number}/files/{page.links['answer.jpg'].rpartition('/')[2]}/withdraw")
    assert "answer.jpg" not in withdrawn.text
    story = await clerk.get(f"/desk/case/{number}")
    assert "A file was withdrawn" in story.text
    assert (await client.get(page.links["answer.jpg"])).status_code == 404


async def test_what_a_resident_gave_nobody_of_staff_takes_away(client: AsyncTestClient[Any], at_desk: At, lamp: Any, database: Database):
    number = await lamp()
    resident = Person(client)
    await resident.sign_in("resident0")
    await upload(resident, await resident.get(f"/case/{number}/files"), f"/case/{number}/files", ("a.jpg", picture()))
    clerk = await at_desk("10001")
    page = await clerk.get(f"/desk/case/{number}/files")
    token = page.form("/sign-out")["fields"]
    async with database.transaction() as db:
        document_id = (await db.execute(select(document.c.id))).scalar_one()
    assert (await clerk.post(f"/desk/case/{number}/files/{document_id}/withdraw", token)).status == 403
    assert "a.jpg" in (await clerk.get(f"/desk/case/{number}/files")).text


async def test_a_hidden_persons_files_do_not_tell_who_they_are(client: AsyncTestClient[Any], at_desk: At, lamp: Any):
    number = await lamp(kind="report", text="有人偷电。")
    resident = Person(client)
    await resident.sign_in("resident0")
    body = picture(exif=True)
    await upload(resident, await resident.get(f"/case/{number}/files"), f"/case/{number}/files", ("张小芳的照片.jpg", body), ("张小芳.pdf", PDF))
    clerk = await at_desk("10001")
    api = {"authorization": "Bearer token-10001"}
    texts = [(await clerk.get(p)).response.text for p in (f"/desk/case/{number}", f"/desk/case/{number}/files", "/desk/find?q=张小芳")]
    texts += [(await client.get(p, headers=api)).text for p in (f"/api/v1/cases/{number}", f"/api/v1/cases/{number}/documents", "/api/v1/events")]
    assert not any("张小芳" in t.replace("q=张小芳", "").replace('value="张小芳"', "").replace("Search: 张小芳", "") for t in texts)
    assert "Picture 1" in texts[0]
    ids = [d["id"] for d in (await client.get(f"/api/v1/cases/{number}/documents", headers=api)).json()["items"]]
    for document_id in ids:
        assert (await clerk.get(f"/desk/case/{number}/files/{document_id}")).status == 403
        assert (await client.get(f"/api/v1/cases/{number}/documents/{document_id}", headers=api)).status_code == 403
    small = await client.get(f"/desk/case/{number}/files/{ids[0]}/preview")
    assert small.status_code == 200
    assert b"Secret Camera" not in small.content
    await at_desk("20001")
    assert (await client.get(f"/desk/case/{number}/files/{ids[0]}")).content == body, "who may know, may have it"


async def test_nothing_is_added_to_what_is_closed(client: AsyncTestClient[Any], lamp: Any):
    number = await lamp()
    resident = Person(client)
    await resident.sign_in("resident0")
    await resident.send(await resident.get(f"/case/{number}?do=withdraw"), f"/case/{number}/withdraw")
    page = await resident.get(f"/case/{number}/files")
    assert not any("token=" in f["action"] for f in page.forms)
    token = page.form("/sign-out")["fields"]["_csrf_token"][0]
    answer = await client.post(f"/case/{number}/files?token={token}", files=[("files", ("a.jpg", picture()))])
    assert answer.status_code == 409


async def test_a_case_takes_so_many_files_and_no_more(client: AsyncTestClient[Any], lamp: Any):
    number = await lamp()
    resident = Person(client)
    await resident.sign_in("resident0")
    page = await resident.get(f"/case/{number}/files")
    for round_ in range(3):
        files = [(f"{round_}-{i}.txt", f"text {round_} {i}".encode()) for i in range(10)]
        page = await upload(resident, page, f"/case/{number}/files", *files)
        assert page.status == 200
    assert (await upload(resident, page, f"/case/{number}/files", ("more.txt", b"one more"))).status == 400
    eleven = await upload(resident, page, f"/case/{number}/files", *[(f"n{i}.txt", f"n {i}".encode()) for i in range(11)])
    assert eleven.status == 400


# -- with a form -----------------------------------------------------------------------------------------------------------------

START = "/d/east/services/tickets/request"


async def filled(person: Person) -> Page:
    """The check page of a request."""
    told = request(urgency="normal", kind="help")
    page = await person.send(await person.get(START), START)
    for _page in range(8):
        form = next(f for f in page.forms if f["action"].startswith(START + "/"))
        if form["action"].endswith("/check"):
            return page
        page = await person.send(page, form["action"], **{k: v for k, v in told.items() if k in form["fields"]})
        if "near" in str(page.response.url) or any("near" in f["action"] for f in page.forms):
            page = await person.send(page, next(f["action"] for f in page.forms if "near" in f["action"]), join="")
    raise AssertionError(page.text)


async def test_files_added_before_sending_are_on_the_case_that_was_sent(client: AsyncTestClient[Any], database: Database):
    person = Person(client)
    check = await filled(person)
    address = next(f["action"] for f in check.forms if f["action"].endswith("/check")).removesuffix("/check")
    page = await person.get(f"{address}/papers")
    wrong = await upload(person, page, f"{address}/files", ("a.exe", b"MZ" + b"\0" * 90), ("灯.jpg", picture()))
    assert wrong.status == 400
    assert "a.exe" in wrong.text
    assert "灯.jpg" in wrong.text, "the good one is kept"
    page = await upload(person, await person.get(f"{address}/papers"), f"{address}/files", ("plan.pdf", PDF))
    remove = next(f["action"] for f in page.forms if f["action"].endswith("/remove") and "plan" not in f["action"])
    assert "plan.pdf" in page.text
    async with database.transaction() as db:
        plan = (await db.execute(select(document.c.id).where(document.c.name == "plan.pdf"))).scalar_one()
    page = await person.send(page, f"{address}/files/{plan}/remove")
    assert "plan.pdf" not in page.text
    assert remove
    check = await person.get(f"{address}/check")
    assert "灯.jpg" in check.text
    done = await person.send(check, f"{address}/check")
    again = await person.send(check, f"{address}/check")
    assert done.status == again.status == 200
    async with database.transaction() as db:
        kinds_ = (await db.execute(select(case_event.c.kind, case_event.c.body).order_by(case_event.c.sequence))).all()
        rows = (await db.execute(select(document))).all()
    assert [k.kind for k in kinds_] == ["opened", "attached"]
    assert [(r.name, r.draft_id, r.case_id is not None) for r in rows] == [("灯.jpg", None, True)]


async def test_another_browser_adds_nothing_to_a_form(client: AsyncTestClient[Any], database: Database):
    person = Person(client)
    check = await filled(person)
    address = next(f["action"] for f in check.forms if f["action"].endswith("/check")).removesuffix("/check")
    page = await person.get(f"{address}/papers")
    action = next(f["action"] for f in page.forms if "token=" in f["action"])
    for cookie in [c for c in client.cookies.jar if c.name == "draft"]:
        client.cookies.jar.clear(cookie.domain, cookie.path, cookie.name)
    answer = await client.post(action, files=[("files", ("a.jpg", picture()))])
    assert answer.status_code == 403
    async with database.transaction() as db:
        assert (await db.execute(select(document))).all() == []


# -- API ---------------------------------------------------------------------------------------------------------------------------

API = {"authorization": "Bearer token-10001"}


async def test_a_program_attaches_lists_and_fetches(client: AsyncTestClient[Any], lamp: Any):
    number = await lamp()
    body = picture()
    address = f"/api/v1/cases/{number}/documents"
    for _again in range(2):
        answer = await client.post(address, params={"name": "灯.png"}, content=body, headers=API)
        assert answer.status_code == 201, answer.text
        assert [(d["name"], d["media_type"], d["size"], d["scan"]) for d in answer.json()["items"]] == [
            ("灯.jpg", "image/jpeg", len(body), "waiting")
        ]
    (row,) = (await client.get(address, headers=API)).json()["items"]
    assert (await client.get(f"{address}/{row['id']}", headers=API)).content == body
    assert (await client.get(f"{address}/{row['id'] + 1}", headers=API)).status_code == 404
    assert (await client.post(address, params={"name": "x"}, content=b"", headers=API)).status_code == 400
    assert (await client.post(address, params={"name": "x"}, content=b"MZ\x90\x00", headers=API)).status_code == 400
    assert (await client.post(address, content=body, headers=API)).status_code == 400
    assert (await client.post(address, params={"name": "x"}, content=body)).status_code == 401
    other = API | {"authorization": "Bearer token-10003"}
    assert (await client.get(address, headers=other)).status_code == 404


async def test_the_files_of_a_case_cost_a_handful_of_queries(client: AsyncTestClient[Any], at_desk: At, lamp: Any):
    number = await lamp()
    for i in range(5):
        await client.post(f"/api/v1/cases/{number}/documents", params={"name": f"{i}.txt"}, content=f"text {i}".encode(), headers=API)
    clerk = await at_desk("10001")
    await clerk.get(f"/desk/case/{number}")
    for path in (f"/desk/case/{number}", f"/desk/case/{number}/files", f"/desk/case/{number}?do=note"):
        with statements(client.app.state.site.database) as said:
            assert (await clerk.get(path)).status == 200
        assert 2 < len(said) <= 8, (path, len(said))


# -- what nobody refers to -----------------------------------------------------------------------------------------------------------


async def test_what_nobody_refers_to_is_swept_and_nothing_else(
    client: AsyncTestClient[Any], lamp: Any, folder: Path, database: Database, clock: Clock
):
    number = await lamp()
    await client.post(f"/api/v1/cases/{number}/documents", params={"name": "a.txt"}, content=b"stays", headers=API)
    kept = client.app.state.site.store
    (folder / "lost").write_bytes(b"lost")
    await kept.put("cd" * 32, folder / "lost")
    half = kept.path("cd" * 32).with_name(".half")
    half.write_bytes(b"half")
    long_ago = (MOMENT - timedelta(days=2)).timestamp()
    for path in folder.rglob("*"):
        os.utime(path, (long_ago, long_ago))
    async with database.transaction() as db:
        await db.execute(document_content.insert().values(digest=b"\1" * 32, size=1, media_type="text/plain", scan="clean", stored=MOMENT))
        await db.execute(
            document.insert().values(digest=b"\1" * 32, draft_id="gone", name="x", audience="applicant", capacity="resident", added=MOMENT)
        )
    await keeping.sweep(database.transaction, kept, drafts.draft, MOMENT + timedelta(hours=3))
    assert not await kept.has("cd" * 32)
    assert not half.exists()
    async with database.transaction() as db:
        rows = (await db.execute(select(document_content.c.digest))).scalars().all()
    assert len(rows) == 1
    assert await kept.has(rows[0].hex())


# -- the scanner -----------------------------------------------------------------------------------------------------------------------


async def test_while_the_scanner_is_away_a_file_is_held_and_asked_about_again(
    client: AsyncTestClient[Any], lamp: Any, database: Database, folder: Path
):
    site = client.app.state.site
    site.settings = msgspec.structs.replace(site.settings, clamd="tcp:127.0.0.1:1")
    number = await lamp()
    address = f"/api/v1/cases/{number}/documents"
    (row,) = (await client.post(address, params={"name": "a.txt"}, content=b"held", headers=API)).json()["items"]
    assert row["scan"] == "waiting"
    assert (await client.get(f"{address}/{row['id']}", headers=API)).status_code == 404
    check, _sweep = app.document_jobs(site.settings, site.registry)
    await check.run(Context(database, MOMENT))
    assert (await client.get(address, headers=API)).json()["items"][0]["scan"] == "waiting"
    site.settings = msgspec.structs.replace(site.settings, clamd="")
    assert (await client.get(f"{address}/{row['id']}", headers=API)).content == b"held"


async def test_a_real_scanner_lets_the_clean_through_and_keeps_nothing_of_the_infected(
    client: AsyncTestClient[Any], lamp: Any, clamd: str, database: Database
):
    site = client.app.state.site
    site.settings = msgspec.structs.replace(site.settings, clamd=clamd)
    number = await lamp()
    address = f"/api/v1/cases/{number}/documents"
    clean = await client.post(address, params={"name": "a.txt"}, content=b"a clean text", headers=API)
    assert clean.json()["items"][0]["scan"] == "clean"
    infected = await client.post(address, params={"name": "b.txt"}, content=b"it says BANSHI-TEST-VIRUS here", headers=API)
    assert infected.status_code == 400
    assert "scanner" in infected.text or "病毒" in infected.text
    assert len((await client.get(address, headers=API)).json()["items"]) == 1


# -- memory ------------------------------------------------------------------------------------------------------------------------------


def test_twenty_megabytes_are_never_in_memory(fresh_url: str, town: Town, tmp_path: Path):
    """Measured at a real server: what its web process holds at most while 20 MB go through it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    environ = {k: v for k, v in os.environ.items() if not k.startswith("BANSHI_")} | {
        "BANSHI_DATABASE_URL": fresh_url,
        "BANSHI_SECRET_KEY": SECRET,
        "BANSHI_SECURE_COOKIES": "false",
        "BANSHI_LARGEST_FILE": "25000000",
        "BANSHI_LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-m", "banshi", "serve", "--port", str(port), "--workers", "1", "--data", str(tmp_path)]
    serving = subprocess.Popen(command, env=environ)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers={"authorization": "Bearer token-20001"}, timeout=60) as caller:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    if caller.get("/health").status_code == 200:
                        break
                except httpx.TransportError:
                    time.sleep(0.2)
            filing = {"type": "tickets.request", "district": "east", "data": request()}
            opened = caller.post("/api/v1/cases", json=filing).json()
            number = opened["number"]
            address = f"/api/v1/cases/{number}/documents"
            caller.post(address, params={"name": "warm.txt"}, content=b"warm")
            worker = max(psutil.Process(serving.pid).children(recursive=True), key=lambda p: p.memory_info().rss)
            before = worker.memory_info().rss
            peaks = [before]
            body = os.urandom(1_000_000)

            def pieces() -> Iterator[bytes]:
                yield b"%PDF-1.7\n"
                for i in range(20):
                    peaks.append(worker.memory_info().rss)
                    yield i.to_bytes(4, "big") + body

            answer = caller.post(address, params={"name": "large.pdf"}, content=pieces())
            peaks.append(worker.memory_info().rss)
            assert answer.status_code == 201, answer.text
            large = answer.json()["items"][-1]
            assert large["size"] > 20_000_000
            with caller.stream("GET", f"{address}/{large['id']}") as given:
                got = 0
                for piece in given.iter_bytes():
                    got += len(piece)
                    peaks.append(worker.memory_info().rss)
            assert got == large["size"]

        def form() -> Iterator[bytes]:
            yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="form.pdf"\r\n\r\n'
            yield from pieces()
            yield b"a form's own\r\n--x--\r\n"

        with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True, timeout=60) as browser:
            csrf = re.findall(r'name="_csrf_token" value="([^"]+)"', browser.get("/track").text)[0]
            browser.post("/track", data={"number": number, "code": opened["code"], "_csrf_token": csrf})
            action = re.findall(r'action="(/case/[^"]+/files\?token=[^"]+)"', browser.get(f"/case/{number}/files").text)[0]
            answer = browser.post(action, content=form(), headers={"content-type": "multipart/form-data; boundary=x"})
            assert (answer.status_code, "form.pdf" in answer.text) == (200, True)
            peaks.append(worker.memory_info().rss)
    finally:
        serving.terminate()
        serving.wait(30)
    assert max(peaks) - before < 40_000_000, f"{(max(peaks) - before) / 1e6:.1f} MB more"
