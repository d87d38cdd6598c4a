"""A list is taken away as a file: what is on the screen and all of it, nothing personal, no formula, and on record."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from browsing import Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from banshi.audit import audit_entry
from banshi.cases import opening
from banshi.db import Database
from banshi.identity import access
from banshi.testing import MOMENT, Clock, Town
from banshi.web.desk import export
from banshi.web.site import SESSION_COOKIE

Sit = Callable[[str], Awaitable[Person]]


@pytest.fixture
def at_desk(client: AsyncTestClient[Any], database: Database, town: Town, clock: Clock) -> Sit:
    """A function that sits the officer of a staff number down at the desk."""

    async def sit(staff_number: str) -> Person:
        async with database.transaction() as db:
            token = await access.open_session(db, town.staff[staff_number].person_id or 0, clock())
        client.cookies.set(SESSION_COOKIE, token)
        return Person(client)

    return sit


@pytest.fixture
def file(database: Database, town: Town, wanted: Any) -> Callable[..., Awaitable[None]]:
    """A function that files a request for each of its texts."""

    async def do(*texts: str, **data: Any) -> None:
        async with database.transaction() as db:
            await opening.open_many(db, town.house, town.residents["resident0"], [wanted(text=t, **data) for t in texts], MOMENT)

    return do


async def table(person: Person, address: str) -> list[list[str]]:
    answered = await person.client.get(address, headers=person.headers)
    assert answered.status_code == 200
    assert answered.headers["content-type"].startswith("text/csv")
    assert "attachment" in answered.headers["content-disposition"]
    return list(csv.reader(io.StringIO(answered.content.decode("utf-8-sig"), newline="")))


async def test_what_is_on_the_screen_and_all_of_it(at_desk: Sit, file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 7)
    await file(*(f"Lamp {i}" for i in range(30)))
    await file("Noise", category="noise")
    desk = await at_desk("20001")
    page = await desk.get("/desk/all?category=street_lighting&order=oldest")
    head, *rows = await table(desk, page.links["As CSV"])
    assert head[:3] == ["Number", "Service", "Matter"]
    assert [r[2] for r in rows] == [f"Lamp {i}" for i in range(30)]
    assert rows[0][3:6] == ["Street lighting", "Elm Street, Persimmon Lane", "Not yet signed for"]
    assert rows[0][11] == "2026-11-23 09:30:00"
    chinese = await table(Person(desk.client, "zh"), "/desk/export/csv?in_list=all")
    assert (chinese[0][0], len(chinese)) == ("编号", 32)


async def test_nothing_personal_leaves(at_desk: Sit, file: Any) -> None:
    await file("Lamp", contact_name="张小芳", contact_telephone="100 0000 1234")
    desk = await at_desk("20001")
    for kind in export.TYPES:
        content = (await desk.client.get(f"/desk/export/{kind}?in_list=all")).content
        if kind == "xlsx":
            content = b"".join(zipfile.ZipFile(io.BytesIO(content)).read(n) for n in zipfile.ZipFile(io.BytesIO(content)).namelist())
        for secret in ("张小芳", "张", "1234", "0000 1234"):
            assert secret.encode() not in content, (kind, secret)


async def test_no_cell_is_a_formula(at_desk: Sit, file: Any) -> None:
    await file('=HYPERLINK("http://x","y")', "+1", "-1+2", "@SUM(A1)", 'plain, "quoted"\nsecond')
    desk = await at_desk("20001")
    titles = [r[2] for r in (await table(desk, "/desk/export/csv?in_list=all"))[1:]]
    assert all(t.startswith("'") for t in titles if t.lstrip("'")[:1] in "=+-@")
    assert sum(t.startswith("'") for t in titles) == 4
    book = zipfile.ZipFile(io.BytesIO((await desk.client.get("/desk/export/xlsx?in_list=all")).content))
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert b"HYPERLINK" in b"".join(book.read(n) for n in book.namelist())


async def test_an_excel_file_has_its_rows_and_says_when_there_are_more(at_desk: Sit, file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 4)
    await file(*(f"Lamp {i}" for i in range(10)))
    desk = await at_desk("20001")

    async def rows() -> int:
        content = (await desk.client.get("/desk/export/xlsx?in_list=all")).content
        return zipfile.ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").count(b"<row ")

    assert await rows() == 11
    monkeypatch.setattr(export, "MOST_IN_EXCEL", 6)
    assert await rows() == 8


async def test_only_what_the_post_sees_and_only_with_the_right_and_on_record(at_desk: Sit, file: Any, database: Database) -> None:
    await file("Lamp")
    await file("Noise", category="noise")
    clerk = await at_desk("10001")
    assert "As CSV" not in (await clerk.get("/desk/department")).links
    assert (await clerk.get("/desk/export/csv?in_list=department")).status == 403
    head = await at_desk("10006")
    assert len(await table(head, "/desk/export/csv?in_list=all")) == 1
    desk = await at_desk("20001")
    assert len(await table(desk, "/desk/export/csv?in_list=all&state=new&colour=red")) == 3
    for wrong in ("/desk/export/pdf", "/desk/export/csv?in_list=nothing", "/desk/export/csv?in_list=queue/nobody/x"):
        assert (await desk.get(wrong)).status == 404, wrong
    async with database.transaction() as db:
        said = await db.execute(select(audit_entry.c.subject, audit_entry.c.body).where(audit_entry.c.kind == "cases.exported"))
        assert [(r.subject, r.body) for r in said] == [
            ("list:all", {"format": "csv", "filters": {}}),
            ("list:all", {"format": "csv", "filters": {"state": "new"}}),
        ]
