"""Whether a file is clean is for the scanner to say, and what can be sent twice or at once is done once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from browsing import Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select
from test_documents import filled, picture, upload

from banshi import app
from banshi.cases import numbers, opening
from banshi.cases.tables import case_event
from banshi.db import Database
from banshi.documents import keeping, store
from banshi.documents.tables import document
from banshi.jobs.periodic import Context
from banshi.testing import MOMENT, Town

API = {"authorization": "Bearer token-10001"}
VIRUS = b"it says BANSHI-TEST-VIRUS here"
Address = Callable[[], Awaitable[str]]


@pytest.fixture
def documents(client: AsyncTestClient[Any], database: Database, town: Town, wanted: Any, tmp_path: Path) -> Address:
    """A function that files a request and gives the address of its documents; files lie in a folder of the test."""
    site = client.app.state.site
    site.settings, site.store = msgspec.structs.replace(site.settings, data=tmp_path), store.store("", tmp_path)

    async def file() -> str:
        async with database.transaction() as db:
            opened = await opening.open_one(db, town.house, town.residents["resident0"], wanted(), MOMENT)
        return f"/api/v1/cases/{numbers.show(opened.number)}/documents"

    return file


async def send(client: AsyncTestClient[Any], address: str, body: bytes) -> Any:
    return await client.post(address, params={"name": "a.txt"}, content=body, headers=API)


def configured(client: AsyncTestClient[Any], **said: Any) -> Any:
    """Set what the site's settings say, and return them."""
    site = client.app.state.site
    site.settings = msgspec.structs.replace(site.settings, **said)
    return site.settings


async def test_a_worker_that_was_told_of_no_scanner_sets_nothing_free(client: AsyncTestClient[Any], documents: Address, database: Database):
    settings, address = configured(client, clamd="tcp:127.0.0.1:1"), await documents()
    (row,) = (await send(client, address, b"held")).json()["items"]
    check, _sweep = app.document_jobs(msgspec.structs.replace(settings, clamd=""), client.app.state.site.registry)
    await check.run(Context(database, MOMENT))
    assert (await client.get(f"{address}/{row['id']}", headers=API)).status_code == 404


async def test_what_came_before_there_was_a_scanner_is_held_until_it_has_spoken(
    client: AsyncTestClient[Any],
    documents: Address,
    database: Database,
    clamd: str,
):
    address = await documents()
    rows = [(await send(client, address, body)).json()["items"][-1] for body in (b"clean", VIRUS)]
    assert [(await client.get(f"{address}/{r['id']}", headers=API)).status_code for r in rows] == [200, 200], "there is no scanner"
    settings = configured(client, clamd=clamd)
    assert [(await client.get(f"{address}/{r['id']}", headers=API)).status_code for r in rows] == [404, 404]
    check, _sweep = app.document_jobs(settings, client.app.state.site.registry)
    await check.run(Context(database, MOMENT))
    assert [(await client.get(f"{address}/{r['id']}", headers=API)).status_code for r in rows] == [200, 404]


async def test_what_the_scanner_learns_of_a_content_holds_it_wherever_it_is(
    client: AsyncTestClient[Any],
    documents: Address,
    database: Database,
    clamd: str,
):
    here, there = await documents(), await documents()
    (row,) = (await send(client, here, VIRUS)).json()["items"]
    async with database.transaction() as db:
        await keeping.judged(db, hashlib.sha256(VIRUS).digest(), "clean")  # as with yesterday's signatures
    settings = configured(client, clamd=clamd)
    assert (await client.get(f"{here}/{row['id']}", headers=API)).status_code == 200
    assert (await send(client, there, VIRUS)).status_code == 400
    assert (await client.get(f"{here}/{row['id']}", headers=API)).status_code == 404, "held as soon as somebody knows"
    check, _sweep = app.document_jobs(settings, client.app.state.site.registry)
    for _again in range(2):
        await check.run(Context(database, MOMENT))
    configured(client, clamd="")
    assert (await send(client, there, VIRUS)).status_code == 400, "known for what it is, scanner or not"
    async with database.transaction() as db:
        assert (await db.execute(select(case_event.c.kind).where(case_event.c.kind == "infected"))).all() == [("infected",)]


async def test_sent_again_to_a_full_case_it_is_no_fault_and_attached_once(client: AsyncTestClient[Any], documents: Address):
    configured(client, most_files=2)
    address = await documents()
    assert [(await send(client, address, body)).status_code for body in (b"one", b"two", b"two", b"three")] == [201, 201, 201, 400]
    assert len((await client.get(address, headers=API)).json()["items"]) == 2


async def test_the_same_files_sent_in_every_order_to_several_cases_at_once_are_all_there(
    client: AsyncTestClient[Any], documents: Address, database: Database
):
    bodies = [f"body {i}".encode() for i in range(4)]
    addresses = [await documents() for _case in range(3)]

    async def sending(address: str, order: int) -> None:
        for body in bodies[::order]:
            assert (await send(client, address, body)).status_code == 201

    await asyncio.gather(*(sending(address, order) for address in addresses for order in (1, -1)))
    for address in addresses:
        rows = (await client.get(address, headers=API)).json()["items"]
        assert sorted([(await client.get(f"{address}/{r['id']}", headers=API)).content for r in rows]) == bodies


async def test_a_file_withdrawn_twice_is_withdrawn_once(client: AsyncTestClient[Any], at_desk: Any, documents: Address, database: Database):
    at = (await documents()).replace("/api/v1/cases", "/desk/case").replace("/documents", "/files")
    clerk = await at_desk("10001")
    page = await upload(clerk, await clerk.get(at), at, ("a.jpg", picture()), audience="staff")
    address = page.links["a.jpg"] + "/withdraw"
    assert [(await clerk.send(page, address)).status for _again in range(2)] == [200, 200]
    async with database.transaction() as db:
        assert (await db.execute(select(case_event.c.kind).where(case_event.c.kind == "detached"))).all() == [("detached",)]


async def test_an_upload_that_ends_after_its_form_was_sent_is_told_so(client: AsyncTestClient[Any], documents: Address, database: Database):
    await documents()
    person = Person(client)
    check = await filled(person)
    address = next(f["action"] for f in check.forms if f["action"].endswith("/check")).removesuffix("/check")
    page = await person.get(f"{address}/papers")
    assert (await person.send(check, f"{address}/check")).status == 200
    late = await upload(person, page, f"{address}/files", ("late.jpg", picture()))
    assert late.status == 409
    assert "sent already" in late.text
    async with database.transaction() as db:
        assert (await db.execute(select(document))).all() == []
