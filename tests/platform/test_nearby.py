"""Before a case is filed its person sees what others reported nearby, and joins it or not; clerks join, take out, link and split on a page."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from banshi.audit import audit_entry
from banshi.cases import acting, linking, numbers, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.tables import case, case_link
from banshi.db import Database
from banshi.identity import access
from banshi.testing import MOMENT, Clock, Town, statements
from banshi.web.site import SESSION_COOKIE

START = "/d/east/services/tickets/request"
SECRET = "My neighbour Wang at number 7 says it is dark."
ANSWERS = {"kind": "help", "category": "street_lighting", "urgency": "normal", "text": "The lamp is dark.", "area": "persimmon"}
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
def file(database: Database, town: Town, wanted: Any) -> Callable[..., Awaitable[str]]:
    """A function that files a request and gives its number."""

    async def do(who: str = "resident0", *, kind: str = "help", **data: Any) -> str:
        async with database.transaction() as db:
            return (await opening.open_one(db, town.house, town.residents[who], wanted(kind=kind, **data), MOMENT)).number

    return do


async def answer(person: Person, **answers: Any) -> Page:
    """Answer question after question until something other than a question comes."""
    told = ANSWERS | answers
    page = await person.send(await person.get(START), START)
    for _page in range(12):
        form = next((f for f in page.forms if re.search(rf"{START}/[^/]+/\w+$", f["action"])), None)
        if form is None or form["action"].endswith("/check"):
            return page
        page = await person.send(page, form["action"], **{k: v for k, v in told.items() if k in form["fields"]})
    raise AssertionError(page.text)


async def go_on(person: Person, page: Page, join: str) -> Page:
    """Choose on the page of what is nearby, then answer what is left."""
    page = await person.send(page, next(f["action"] for f in page.forms if "near" in f["action"]), join=join)
    while not any(f["action"].endswith("/check") for f in page.forms):
        form = next(f for f in page.forms if re.search(rf"{START}/[^/]+/\w+$", f["action"]))
        page = await person.send(page, form["action"])
    return page


async def check(person: Person, page: Page) -> Page:
    return await person.send(page, next(f["action"] for f in page.forms if f["action"].endswith("/check")))


async def row_of(database: Database, number: str) -> Any:
    async with database.transaction() as db:
        return (await db.execute(select(case).where(case.c.number == number))).one()


def number_in(page: Page) -> str:
    found = re.search(r"(\d{4})\s*-\s*(\d{4})\s*-\s*(\d{4})", page.text)
    assert found
    return "".join(found.groups())


# -- at filing ----------------------------------------------------------------------------------------------------------------


async def test_what_others_reported_is_shown_without_their_words_and_joined(client: AsyncTestClient[Any], file: Any, database: Database) -> None:
    known = await file(text=SECRET)
    person = Person(client)
    page = await answer(person)
    assert "Already reported nearby" in page.text
    assert "Street lighting" in page.text
    assert "One person reported it" in page.text
    for told in ("Wang", "number 7", "张"):
        assert told not in page.response.text
    page = await go_on(person, page, known)
    assert "You join what others reported" in page.text
    done = await check(person, page)
    row = await row_of(database, number_in(done))
    assert row.master_id == (await row_of(database, known)).id
    page = await answer(Person(client), text="Dark here, too.")
    assert "2 people reported it" in page.text


async def test_who_files_something_else_goes_on_and_is_not_asked_again(client: AsyncTestClient[Any], file: Any, database: Database) -> None:
    await file()
    person = Person(client)
    page = await go_on(person, await answer(person), "")
    done = await check(person, page)
    assert (await row_of(database, number_in(done))).master_id is None


@pytest.mark.parametrize("asked", [{"kind": "report"}, {"kind": "consultation"}, {"category": "noise"}, {"area": "elm"}])
async def test_nothing_is_shown_where_nothing_fits(client: AsyncTestClient[Any], file: Any, asked: dict[str, str]) -> None:
    await file()
    assert "Already reported nearby" not in (await answer(Person(client), **asked)).text


async def test_what_was_settled_meanwhile_is_told_and_the_form_is_still_there(
    client: AsyncTestClient[Any], file: Any, database: Database, town: Town
) -> None:
    known = await file()
    person = Person(client)
    page = await go_on(person, await answer(person), known)
    form = decode(town.house.registry.case_type("tickets.request").action("withdraw").form, {})
    async with database.transaction() as db:
        await acting.act_one(db, town.house, town.residents["resident0"], Act(number=known, action="withdraw", form=form), MOMENT)
    page = await check(person, page)
    assert (page.status, "settled by now" in page.text) == (400, True)
    done = await check(person, page)
    assert (await row_of(database, number_in(done))).master_id is None


async def test_who_wants_to_be_protected_is_never_joined_with_others(client: AsyncTestClient[Any], file: Any, database: Database) -> None:
    known = await file()
    person = Person(client)
    page = await answer(person, kind="complaint")
    page = await person.send(page, next(f["action"] for f in page.forms if "near" in f["action"]), join=known)
    while not any(f["action"].endswith("/check") for f in page.forms):
        form = next(f for f in page.forms if re.search(rf"{START}/[^/]+/\w+$", f["action"]))
        page = await person.send(page, form["action"], **({"discreet": "true"} if "discreet" in form["fields"] else {}))
    page = await check(person, page)
    assert (page.status, "does not fit what you answered" in page.text) == (400, True)
    done = await check(person, page)
    assert (await row_of(database, number_in(done))).master_id is None


async def test_a_number_that_is_not_nearby_cannot_be_joined(client: AsyncTestClient[Any], file: Any) -> None:
    await file()
    secret = await file(kind="report")
    for number in (secret, "000000000000", "nonsense", "1' or 1=1"):
        person = Person(client)
        assert "You join" not in (await go_on(person, await answer(person), number)).text


async def test_the_page_of_what_is_nearby_costs_little(client: AsyncTestClient[Any], file: Any, database: Database) -> None:
    for _time in range(12):
        await file()
    person = Person(client)
    page = await answer(person)
    address = next(f["action"] for f in page.forms if "near" in f["action"])
    with statements(database) as counted:
        shown = await person.get(address)
    assert shown.text.count("One person reported it") == linking.SHOWN
    assert len(counted) <= 8, counted


# -- at the desk -----------------------------------------------------------------------------------------------------------------


async def test_a_clerk_joins_what_is_offered_and_takes_it_out(at_desk: Sit, file: Any, database: Database) -> None:
    lead, one, two = await file(text="One."), await file(text="Two."), await file(text="Three.")
    clerk, address = await at_desk("10001"), f"/desk/case/{numbers.show(lead)}"
    page = await clerk.get((await clerk.get(address)).links["Join, link, split"])
    page = await clerk.send(page, f"{address}/together/join", member=[one], numbers=numbers.show(two))
    assert page.status == 200
    assert page.text.count("Take out") == 2
    shown = (await clerk.get(address)).text
    assert "3 reports of the same are worked on here together" in shown
    assert "What you answer goes to all of them" in shown
    member = await clerk.get(f"/desk/case/{numbers.show(one)}")
    assert "Leads this case" in member.text
    page = await clerk.get(f"/desk/case/{numbers.show(one)}/together")
    page = await clerk.send(page, f"/desk/case/{numbers.show(one)}/together/leave")
    assert (await row_of(database, one)).master_id is None
    await clerk.send(await clerk.get(f"{address}/together"), f"/desk/case/{numbers.show(two)}/together/leave")
    assert (await row_of(database, two)).master_id is None


async def test_what_is_wrong_is_told_and_what_was_entered_is_kept(at_desk: Sit, file: Any) -> None:
    lead, other = await file(), await file(category="noise")
    clerk, address = await at_desk("20001"), f"/desk/case/{numbers.show(lead)}/together"
    for given, said in (
        (numbers.show(lead), "cannot be joined with itself"),
        ("1234", "twelve digits"),
        ("", "Choose one to"),
        (f"{numbers.show(other)}, 0000-0000-0000", "There is no case"),
    ):
        page = await clerk.send(await clerk.get(address), f"{address}/join", numbers=given, text="A word.")
        assert (page.status in {400, 409}, said in page.text) == (True, True), (given, page.text)
        assert page.form(f"{address}/join")["fields"]["numbers"] == [given]
    page = await clerk.send(await clerk.get(address), f"{address}/join", leads="other", numbers="")
    assert (page.status, "Choose one case that leads this one" in page.text) == (400, True)
    for fields in ({"other": numbers.show(lead)}, {"other": "12"}, {"other": numbers.show(other), "kind": "married"}):
        page = await clerk.send(await clerk.get(address), f"{address}/link", **fields)
        assert page.status in {400, 409}, fields
    page = await clerk.send(await clerk.get(address), f"{address}/file", kind="nothing")
    assert page.status == 400


async def test_the_other_case_leads(at_desk: Sit, file: Any, database: Database) -> None:
    this, other = await file(), await file()
    clerk, address = await at_desk("10001"), f"/desk/case/{numbers.show(this)}/together"
    await clerk.send(await clerk.get(address), f"{address}/join", leads="other", member=[other])
    assert (await row_of(database, this)).master_id == (await row_of(database, other)).id


async def test_cases_are_linked_and_the_link_is_taken_away(at_desk: Sit, file: Any, database: Database) -> None:
    one, two = await file(), await file()
    clerk, address = await at_desk("10001"), f"/desk/case/{numbers.show(one)}/together"
    page = await clerk.send(await clerk.get(address), f"{address}/link", other=numbers.show(two), kind="part_of")
    assert "Is a part of" in page.text
    assert "Has as a part" in (await clerk.get(f"/desk/case/{numbers.show(two)}")).text
    form = next(f for f in page.forms if f["action"].endswith("/link") and f["fields"].get("away"))
    await clerk.post(form["action"], form["fields"])
    async with database.transaction() as db:
        assert not (await db.execute(select(case_link))).all()


async def test_a_second_matter_is_split_off_with_a_number_of_its_own_for_the_same_resident(at_desk: Sit, file: Any, database: Database) -> None:
    number = await file("resident1", text="The lamp is dark. And the bin is full.")
    desk, address = await at_desk("20001"), f"/desk/case/{numbers.show(number)}/together"
    page = await desk.send(await desk.get(address), f"{address}/file", kind="related")
    form = page.form("/desk/register/tickets/request/")
    assert form["fields"]["text"] == ["The lamp is dark. And the bin is full."]
    done = await desk.send(page, form["action"], text="The bin is full.", category="waste")
    assert done.status == 200
    new = await row_of(database, number_in(done))
    old = await row_of(database, number)
    assert (new.applicant_id, new.category) == (old.applicant_id, "waste")
    async with database.transaction() as db:
        assert [(r.case_id, r.other_id, r.kind) for r in await db.execute(select(case_link))] == [(new.id, old.id, "related")]
        kinds = [r.kind for r in await db.execute(select(audit_entry.c.kind).where(audit_entry.c.subject == f"case:{number}"))]
    assert "personal.read" in kinds


async def test_the_page_costs_little_and_is_for_those_with_the_right(at_desk: Sit, file: Any, database: Database) -> None:
    lead = await file()
    for _time in range(15):
        await file()
    clerk, address = await at_desk("10001"), f"/desk/case/{numbers.show(lead)}/together"
    with statements(database) as counted:
        assert (await clerk.get(address)).status == 200
    assert len(counted) <= 8, counted
    assert (await (await at_desk("30001")).get(address)).status == 403
    assert (await (await at_desk("10004")).get(address)).status == 404
