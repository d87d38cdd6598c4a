"""The catalogue at the desk: rows without script, drafts, publishing, files and reforms on pages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from browsing import Page, Person
from catalogue import ITEMS, WHOLE, fill, sweep
from litestar.testing import AsyncTestClient

from banshi.db import Database
from banshi.testing import Town
from banshi_approvals.catalogue import keeping, reading
from banshi_approvals.catalogue.content import Item
from banshi_approvals.demo import filling
from banshi_approvals.pages import editor

HERE = "/d/north/approvals/desk/catalogue"


@pytest_asyncio.fixture(loop_scope="session")
async def shelf(database: Database) -> AsyncIterator[None]:
    async with database.transaction() as db:
        await fill(db)
    yield
    async with database.transaction() as db:
        await sweep(db)


@pytest_asyncio.fixture(loop_scope="session")
async def chief(client: AsyncTestClient[Any], shelf: None, at_desk: Any) -> Person:
    person: Person = await at_desk("50003")
    return person


async def newest(database: Database, code: str) -> Any:
    async with database.transaction() as db:
        return (await keeping.versions(db, code))[0]


def fields(page: Page) -> dict[str, Any]:
    return dict(page.form(f"{HERE}/")["fields"])


@pytest.mark.parametrize("item", [*ITEMS, *filling.book().items], ids=lambda i: i.code)
def test_a_sub_item_comes_back_from_its_form_as_it_was(item: Item) -> None:
    assert editor.read(item.code, editor.raw_of(item)) == (item, [])


async def test_rows_are_added_and_taken_away_with_everything_typed_kept(chief: Person, database: Database) -> None:
    page = await chief.get(f"{HERE}/office/edit")
    typed = fields(page) | {"title.zh": ["改过的标题"], "add": ["materials"]}
    added = await chief.post(f"{HERE}/office/edit", typed)
    assert (fields(added)["rows.materials"], fields(added)["title.zh"]) == (["4"], ["改过的标题"])
    removed = await chief.post(f"{HERE}/office/edit", fields(added) | {"remove": ["materials.0"]})
    assert fields(removed)["rows.materials"] == ["3"]
    assert fields(removed)["materials.0.code"] == ["lease"]
    assert (await newest(database, "office")).state == "published"


async def test_a_draft_is_saved_compared_and_published(chief: Person, database: Database) -> None:
    page = await chief.get(f"{HERE}/office/edit")
    saved = await chief.post(f"{HERE}/office/edit", fields(page) | {"promised": ["6"], "fee.zh": ["50 元"], "fee.en": ["50 yuan"]})
    assert saved.status == 200
    assert (await newest(database, "office")).state == "draft"
    book = await chief.get(f"{HERE}/office/2")
    assert "50 元" in book.text
    past = await chief.post(f"{HERE}/office/publish", fields_of(saved, "publish") | {"day": ["2020-01-01"]})
    wrong = await chief.post(f"{HERE}/office/publish", fields_of(saved, "publish") | {"day": ["soon"]})
    assert (past.status, wrong.status) == (400, 400)
    done = await chief.post(f"{HERE}/office/publish", fields_of(saved, "publish") | {"day": ["2026-11-23"]})
    twice = await chief.post(f"{HERE}/office/publish", fields_of(saved, "publish") | {"day": ["2026-11-23"]})
    assert (done.status, twice.status) == (200, 409)
    assert "is no draft any more" in twice.text


async def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(chief: Person) -> None:
    page = await chief.get(f"{HERE}/office/edit")
    wrong = fields(page) | {"statutory": ["many"], "materials.1.code": [""], "questions.0.choices": ["yes"]}
    answer = await chief.post(f"{HERE}/office/edit", wrong)
    assert answer.status == 400
    assert 'id="statutory-error"' in answer.response.text
    assert 'id="materials.1.code-error"' in answer.response.text
    assert fields(answer)["statutory"] == ["many"]


async def test_of_two_who_edit_the_second_is_told_and_keeps_their_words(chief: Person, database: Database) -> None:
    page = await chief.get(f"{HERE}/simple/edit")
    await chief.post(f"{HERE}/simple/edit", fields(page) | {"promised": ["4"]})
    second = await chief.post(f"{HERE}/simple/edit", fields(page) | {"promised": ["3"]})
    assert (second.status, fields(second)["promised"]) == (409, ["3"])
    assert (await newest(database, "simple")).content["promised"] == 4
    third = await chief.post(f"{HERE}/simple/edit", fields(second))
    assert third.status == 200
    assert (await newest(database, "simple")).content["promised"] == 3


async def test_a_new_sub_item_begins_empty_and_a_draft_can_be_thrown_away(chief: Person, database: Database) -> None:
    begun = await chief.get(f"{HERE}/new?code=fresh")
    assert str(begun.response.url).endswith("/fresh/edit")
    assert (await chief.get(f"{HERE}/new?code=Nicht gut")).status == 400
    raw = editor.raw_of(WHOLE) | {"seen": [""], "_csrf_token": fields(begun)["_csrf_token"]}
    kept = await chief.post(f"{HERE}/fresh/edit", raw)
    assert kept.status == 200
    assert "inspection: There is no inspection form “place”." in kept.text
    dropped = await chief.post(f"{HERE}/fresh/drop", {"_csrf_token": fields(begun)["_csrf_token"]})
    assert dropped.status == 200
    async with database.transaction() as db:
        assert not await keeping.versions(db, "fresh")


async def test_a_file_is_brought_in_on_the_page_or_refused_with_every_fault(chief: Person, client: AsyncTestClient[Any], database: Database) -> None:
    token = {"_csrf_token": fields(await chief.get(f"{HERE}/import"))["_csrf_token"][0]}
    good = b'[[matter]]\ncode = "new"\nfamily = "places"\ntitle = { zh = "\xe6\x96\xb0", en = "New" }\n'
    none = await client.post(f"{HERE}/import", data=token)
    bad = await client.post(f"{HERE}/import?lang=en", data=token, files={"file": ("a.toml", good.replace(b"places", b"pets"))})
    done = await client.post(f"{HERE}/import", data=token, files={"file": ("a.toml", good)})
    assert (none.status_code, bad.status_code, done.status_code) == (400, 400, 200)
    assert "new: family: Here belongs one of: persons, institutions, places." in bad.text
    assert "Matters: 1" in done.text


async def test_a_reform_is_written_down_on_the_page_and_listed(chief: Person, town: Town, database: Database) -> None:
    page = await chief.get(f"{HERE}/reforms")
    reform = {"item": ["office"], "kind": ["delegated"], "open_cases": ["move"], "day": ["2026-12-01"], "basis": ["《示例办法》第九条"]}
    lacking = await chief.post(f"{HERE}/reforms", fields(page) | reform)
    assert (lacking.status, "govuk-error-summary" in lacking.response.text) == (400, True)
    done = await chief.post(f"{HERE}/reforms", fields(page) | reform | {"department": ["north-health"]})
    assert done.status == 200
    assert "《示例办法》第九条" in (await chief.get("/d/north/approvals/reforms/2026")).text


async def test_who_may_only_read_reads_the_handbook_and_changes_nothing(client: AsyncTestClient[Any], shelf: None, at_desk: Any) -> None:
    reader = await at_desk("50002")
    assert (await reader.get(f"{HERE}/office/1")).status == 200
    for path in ("", "/office", "/office/edit", "/import", "/reforms"):
        assert (await reader.get(f"{HERE}{path}")).status == 403
    client.cookies.clear()
    assert (await client.get(f"{HERE}/office/1", follow_redirects=False)).status_code in {303, 401}


async def test_what_is_retired_stays_readable(chief: Person, database: Database, town: Town) -> None:
    page = await chief.get(f"{HERE}/office")
    token = {"_csrf_token": page.form(f"{HERE}/office/retire")["fields"]["_csrf_token"]}
    assert (await chief.post(f"{HERE}/office/retire", token)).status == 200
    assert (await chief.post(f"{HERE}/office/retire", token)).status == 409
    assert (await chief.get(f"{HERE}/office/1")).status == 200
    async with database.transaction() as db:
        assert await reading.version(db, "office", 1) is not None


def fields_of(page: Page, action: str) -> dict[str, Any]:
    return dict(next(f for f in page.forms if f["action"].endswith(f"/{action}"))["fields"])
