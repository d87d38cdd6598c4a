"""A department writes once what it often has to say; nobody else sees it, and each change is on record."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from banshi import workbench
from banshi.audit import audit_entry
from banshi.cases import numbers, opening
from banshi.contracts import Actor
from banshi.db import Database
from banshi.errors import Forbidden, NotAllowedNow, NotFound
from banshi.identity import access
from banshi.testing import MOMENT, Clock, Town, statements
from banshi.web.site import SESSION_COOKIE

HOME = "/desk/answers"
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
async def address(database: Database, town: Town, wanted: Any) -> str:
    """A lamp case that the lighting department works on."""
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, Actor(capacity="resident"), wanted(), MOMENT)
    return f"/desk/case/{numbers.show(opened.number)}"


async def written(clerk: Person, title: str = "Thanks", text: str = "Thank you. {department} has it.") -> str:
    """Add a template and return its address."""
    page = await clerk.send(await clerk.get(HOME), HOME, title=title, text=text)
    assert page.status == 200
    return page.links[title]


async def kinds(database: Database) -> list[str]:
    async with database.transaction() as db:
        rows = await db.execute(select(audit_entry.c.kind, audit_entry.c.subject).order_by(audit_entry.c.sequence))
        return [r.kind for r in rows if r.subject.startswith("template:")]


async def token(person: Person) -> str:
    return str((await person.get("/sign-in")).form("/sign-in")["fields"]["_csrf_token"][0])


def text_of(page: Page, action: str) -> str:
    return str(page.form(action)["fields"]["text"][0])


async def test_a_template_is_added_changed_and_deleted_and_each_is_on_record(at_desk: Sit, database: Database) -> None:
    clerk = await at_desk("10001")
    assert "No templates yet" in (await clerk.get(HOME)).text
    one = await written(clerk)
    page = await clerk.get(one)
    assert text_of(page, one) == "Thank you. {department} has it."
    page = await clerk.send(page, one, title="Many thanks", text="Line one.\n\nLine two.")
    assert page.links["Many thanks"] == one
    assert text_of(await clerk.get(one), one) == "Line one.\n\nLine two."
    page = await clerk.send(await clerk.get(one), f"{one}/delete")
    assert "No templates yet" in page.text
    assert (await clerk.get(one)).status == 404
    assert await kinds(database) == ["template.added", "template.changed", "template.deleted"]


@pytest.mark.parametrize(("title", "text", "field"), [("", "x", "title"), ("长" * 101, "x", "title"), ("x", "", "text"), ("x", "长" * 4001, "text")])
async def test_what_is_missing_or_too_long_is_told_and_kept(at_desk: Sit, database: Database, title: str, text: str, field: str) -> None:
    clerk = await at_desk("10001")
    page = await clerk.send(await clerk.get(HOME), HOME, title=title, text=text)
    assert (page.status, f'href="#{field}"' in page.response.text) == (400, True)
    assert text_of(page, HOME) == text
    assert await kinds(database) == []
    at_most = await clerk.send(page, HOME, title="长" * 100, text="长" * 4000)
    assert at_most.status == 200


async def test_a_department_keeps_at_most_two_hundred(at_desk: Sit, database: Database, town: Town) -> None:
    async with database.transaction() as db:
        values = [{"department_id": town.department("lighting"), "title": f"T{i}", "text": "x", "changed": MOMENT} for i in range(199)]
        await db.execute(workbench.answer_template.insert(), values)
    clerk = await at_desk("10001")
    await written(clerk, "The last one")
    page = await clerk.send(await clerk.get(HOME), HOME, title="One too many", text="Kept.")
    assert (page.status, text_of(page, HOME)) == (409, "Kept.")
    assert "200 templates already" in page.text
    async with database.transaction() as db:
        with pytest.raises(NotAllowedNow):
            await workbench.add_template(db, town.house.keyring, town.staff["10002"], "x", "x", MOMENT)
        await workbench.add_template(db, town.house.keyring, town.staff["10003"], "Of another department", "x", MOMENT)


async def test_another_departments_templates_are_not_there(at_desk: Sit, address: str, database: Database, town: Town) -> None:
    theirs = await written(await at_desk("10003"), "East only", "Secret of the East.")
    colleague = await at_desk("10001")
    assert "East only" not in (await colleague.get(HOME)).text
    said = {"_csrf_token": await token(colleague), "title": "Mine now", "text": "Mine now"}
    assert (await colleague.get(theirs)).status == 404
    assert (await colleague.post(theirs, said)).status == 404
    assert (await colleague.post(f"{theirs}/delete", said)).status == 404
    number = theirs.rpartition("/")[2]
    page = await colleague.get(f"{address}?do=note&template={number}")
    assert (page.status, "Secret" in page.text) == (404, False)
    async with database.transaction() as db:
        assert [r.text for r in await workbench.templates(db, town.staff["10003"])] == ["Secret of the East."]


@pytest.mark.parametrize("path", ["0", "-1", "99999999999999999999", "one", "1e3"])
async def test_a_template_that_nobody_wrote_is_not_there(at_desk: Sit, path: str) -> None:
    assert (await (await at_desk("10001")).get(f"{HOME}/{path}")).status == 404


@pytest.mark.parametrize("staff_number", ["30001", "90001"])
async def test_who_answers_nothing_has_no_templates(at_desk: Sit, database: Database, town: Town, staff_number: str) -> None:
    person = await at_desk(staff_number)
    assert (await person.get(HOME)).status == 403
    assert (await person.post(HOME, {"_csrf_token": await token(person), "title": "x", "text": "x"})).status == 403
    assert "Templates" not in (await person.get("/desk")).links
    async with database.transaction() as db:
        for call in (workbench.template(db, town.staff[staff_number], 1), workbench.templates(db, town.staff[staff_number])):
            with pytest.raises(Forbidden):
                await call
        with pytest.raises(NotFound):
            await workbench.delete_template(db, town.house.keyring, town.staff["10001"], 1, MOMENT)


async def test_a_template_fills_the_open_form_with_number_department_and_staff_number(at_desk: Sit, address: str) -> None:
    clerk = await at_desk("10001")
    words = "Case {number} is with {department}, staff {staff}. {unknown} {}"
    await written(clerk, "Where it is", words)
    assert "Where it is" not in (await clerk.get(f"{address}?do=sign")).links  # nothing to write there
    page = await clerk.get(f"{address}?do=note")
    assert text_of(page, f"{address}/note") == ""
    page = await clerk.get(page.links["Where it is"])
    number = address.rpartition("/")[2]
    assert text_of(page, f"{address}/note") == f"Case {number} is with Lighting, staff 10001. {{unknown}} {{}}"
    sent = await clerk.send(page, f"{address}/note")
    assert f"Case {number} is with Lighting" in sent.text
    assert "Where it is" in (await (await at_desk("10002")).get(f"{address}?do=note")).links


async def test_an_open_form_with_templates_costs_no_more_than_eight_statements(at_desk: Sit, address: str, client: AsyncTestClient[Any]) -> None:
    clerk = await at_desk("10001")
    await written(clerk)
    page = await clerk.get(f"{address}?do=note")
    with statements(client.app.state.site.database) as ran:
        assert (await clerk.get(page.links["Thanks"])).status == 200
    assert 0 < len(ran) <= 8, ran


async def test_markup_in_a_template_is_text(at_desk: Sit, address: str) -> None:
    clerk = await at_desk("10001")
    await written(clerk, "<b>Bold</b>", "</textarea><script>alert(1)</script>")
    page = await clerk.get(f"{address}?do=note")
    page = await clerk.get(page.links["<b>Bold</b>"])
    assert text_of(page, f"{address}/note") == "</textarea><script>alert(1)</script>"
    assert not re.search(r"<script>alert", page.response.text)
