"""An operator registers while the resident talks: earlier cases by telephone number, one page, number and code; and acts for who is on the line."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select, text

from banshi import audit
from banshi.audit import audit_entry
from banshi.cases import acting, numbers, opening, reading, verifying
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.tables import case
from banshi.contracts import Actor
from banshi.db import Database
from banshi.errors import Forbidden
from banshi.identity import access
from banshi.testing import MOMENT, Clock, Town
from banshi.web.desk import proof
from banshi.web.site import SESSION_COOKIE

HOME = "/desk/register"
CALL = {"kind": "help", "category": "street_lighting", "text": "Three lamps are dark. Old people fall.", "area": "persimmon", "place": "No 3"}
Sit = Callable[..., Awaitable[Person]]


@pytest.fixture
def at_desk(client: AsyncTestClient[Any], database: Database, town: Town, clock: Clock) -> Sit:
    """A function that sits the officer of a staff number down at the desk."""

    async def sit(staff_number: str, language: str = "en") -> Person:
        async with database.transaction() as db:
            token = await access.open_session(db, town.staff[staff_number].person_id or 0, clock())
        client.cookies.set(SESSION_COOKIE, token)
        return Person(client, language)

    return sit


@pytest.fixture
def filed(database: Database, town: Town, wanted: Any) -> Callable[..., Awaitable[str]]:
    """A function that files a request and gives its number."""

    async def file(who: Actor | None = None, at: Any = MOMENT, **data: Any) -> str:
        async with database.transaction() as db:
            return (await opening.open_one(db, town.house, who or Actor(capacity="resident"), wanted(**data), at)).number

    return file


@pytest.fixture
def act(database: Database, town: Town) -> Callable[..., Awaitable[Any]]:
    """A function by which somebody acts on the case of a number."""

    async def do(who: Actor, number: str, action: str, **data: Any) -> Any:
        form = decode(town.house.registry.case_type("tickets.request").action(action).form, data)
        async with database.transaction() as db:
            return await acting.act_one(db, town.house, who, Act(number=number, action=action, form=form), MOMENT)

    return do


async def rows(database: Database) -> list[Any]:
    async with database.transaction() as db:
        return list(await db.execute(select(case).order_by(case.c.id)))


async def entries(database: Database, kind: str) -> list[Any]:
    async with database.transaction() as db:
        return list(await db.execute(select(audit_entry).where(audit_entry.c.kind == kind).order_by(audit_entry.c.sequence)))


async def token(person: Person) -> str:
    return str((await person.get("/sign-in")).form("/sign-in")["fields"]["_csrf_token"][0])


async def asked(operator: Person, telephone: str = "") -> Page:
    """The page with all questions, after the search by a telephone number."""
    return await operator.send(await operator.get(HOME), HOME, telephone=telephone)


def found(page: Page) -> list[str]:
    return [numbers.read(n) for n in re.findall(r'<a href="/desk/case/([\d-]+)"', page.response.text)]


# -- registering -----------------------------------------------------------------------------------------------------------


async def test_a_call_becomes_a_case_filed_by_staff_with_number_and_code_to_read_out(at_desk: Sit, database: Database, town: Town) -> None:
    operator = await at_desk("20001")
    page = await asked(operator, "100 0000 7777")
    assert page.form(f"{HOME}/tickets/request/")["fields"]["contact_telephone"] == ["100 0000 7777"]
    done = await operator.send(page, f"{HOME}/tickets/request/", **CALL, contact_name="Ann Smith")
    assert (done.status, done.response.url.path.rpartition("/")[2]) == (200, "done")
    (row,) = await rows(database)
    async with database.transaction() as db:
        (opened,) = await reading.story(db, row.id, reading.FOR_STAFF)
        assert await verifying.verify(db, town.house.keyring) == []
    assert (row.channel, row.applicant_id, row.department_id) == ("telephone", None, town.department("lighting"))
    assert (opened.capacity, opened.staff_number, opened.body["channel"]) == ("staff", "20001", "telephone")
    code = numbers.code(town.house.keyring, row.number, row.key_id)
    spoken = [" ".join(row.number[i : i + 4]) for i in (0, 4, 8)]
    assert f"Your number is {', '.join(spoken)}. Your code is {' '.join(code[:3])}, {' '.join(code[3:])}." in done.text
    assert "Lighting has it now." in done.text
    assert "0000-0000-0004" in done.text
    assert (done.links["Open the case"], done.links["Next call"]) == (f"/desk/case/{numbers.show(row.number)}", HOME)
    assert (await operator.get(done.links["Open the case"])).status == 200
    found_again = await asked(operator, "10000007777")
    assert found(found_again) == [row.number]


async def test_a_second_press_is_the_same_case(at_desk: Sit, database: Database) -> None:
    operator = await at_desk("20001")
    page = await asked(operator)
    for _press in range(2):
        done = await operator.send(page, f"{HOME}/tickets/request/", **CALL)
    assert done.response.url.path.endswith("/done")
    assert (await operator.get(str(done.response.url.path.removesuffix("/done")))).response.url.path.endswith("/done")
    assert len(await rows(database)) == 1


async def test_whatever_is_wrong_is_told_at_once_and_what_was_entered_is_kept(at_desk: Sit, database: Database) -> None:
    operator = await at_desk("20001")
    page = await asked(operator)
    said = CALL | {"kind": [], "contact_telephone": "nope", "place": "长" * 201, "came_by": "window"}
    page = await operator.send(page, f"{HOME}/tickets/request/", **said)
    assert page.status == 400
    summary = re.findall(r'<a href="#(\w+)">', page.response.text.partition("govuk-error-summary__list")[2].partition("</ul>")[0])
    assert summary == ["kind", "place", "contact_telephone"]
    kept = page.form(f"{HOME}/tickets/request/")["fields"]
    assert (kept["contact_telephone"], kept["place"], kept["text"], kept["area"]) == (["nope"], ["长" * 201], [CALL["text"]], ["persimmon"])
    assert kept["came_by"] == ["window"]
    again = await operator.get(page.response.url.path)
    assert again.form(f"{HOME}/tickets/request/")["fields"]["contact_telephone"] == ["nope"]
    done = await operator.send(again, f"{HOME}/tickets/request/", kind="help", contact_telephone="", place="No 3")
    assert done.links["Next call"] == f"{HOME}?came_by=window"
    assert (await rows(database))[0].channel == "window"


@pytest.mark.parametrize("wrong", [{"came_by": "pigeon"}, {"area": "pine-tree"}, {"officer": "99999", "kind": "praise"}, {"strange": "x"}])
async def test_what_no_page_of_ours_sends_is_a_wrong_form(at_desk: Sit, database: Database, wrong: dict[str, str]) -> None:
    operator = await at_desk("20001")
    page = await operator.send(await asked(operator), f"{HOME}/tickets/request/", **CALL | wrong)
    assert page.status == 400
    assert CALL["text"] in page.text
    assert await rows(database) == []


async def test_an_operator_of_the_city_files_for_any_district_that_has_the_service(at_desk: Sit, database: Database, town: Town) -> None:
    operator = await at_desk("20001")
    page = await asked(operator)
    offered = re.findall(r'<option value="([\w-]+)"', page.response.text.partition('name="area"')[2].partition("</select>")[0])
    assert {"east", "elm", "persimmon", "north", "pine"} <= set(offered)
    assert "west" not in offered
    await operator.send(page, f"{HOME}/tickets/request/", **CALL | {"area": "pine"})
    await operator.send(await asked(operator), f"{HOME}/tickets/request/", **CALL | {"area": ""})
    north, city = await rows(database)
    assert (north.district_id, north.department_id) == (town.district("north"), town.department("north-works"))
    assert (city.district_id, city.department_id) == (town.district("ruan"), town.department("hotline"))


async def test_what_a_resident_must_read_the_operator_tells(at_desk: Sit) -> None:
    assert "Call 110 (police), 119 (fire brigade) or 120 (ambulance) at once." in (await asked(await at_desk("20001"))).text


@pytest.mark.parametrize("staff_number", ["10001", "30001", "90001"])
async def test_who_may_not_register_sees_no_button_and_is_refused(at_desk: Sit, staff_number: str) -> None:
    person = await at_desk(staff_number)
    assert "Register for a resident" not in (await person.get("/desk")).links
    assert (await person.get(HOME)).status == 403
    assert (await person.post(HOME, {"_csrf_token": await token(person), "telephone": "100 0000 1234"})).status == 403
    operator = await at_desk("20001")
    assert (await operator.get("/desk")).links["Register for a resident"] == HOME


async def test_a_form_of_another_post_cannot_be_opened(at_desk: Sit, database: Database, town: Town) -> None:
    page = await asked(await at_desk("20001"), "100 0000 1234")
    address = page.response.url.path
    async with database.transaction() as db:
        await db.execute(text("update kernel.post set roles = '{tickets.intake}' where staff_number = '10004'"))
        await db.execute(text("update kernel.revision set value = value + 1"))
    try:
        other = await at_desk("10004")
        for path in (address, f"{address}/done", f"{HOME}/tickets/request/nothing", f"{HOME}/tickets/other/{address[-8:]}"):
            assert (await other.get(path)).status == 404
    finally:
        async with database.transaction() as db:
            await db.execute(text("update kernel.post set roles = '{tickets.clerk}' where staff_number = '10004'"))
            await db.execute(text("update kernel.revision set value = value + 1"))


# -- earlier cases ---------------------------------------------------------------------------------------------------------


async def test_earlier_cases_are_found_by_telephone_number_and_the_search_is_logged_without_it(
    at_desk: Sit, filed: Any, database: Database, town: Town
) -> None:
    first = await filed(text="First matter.", contact_telephone="100 0000 1234")
    second = await filed(text="Second matter.", contact_telephone="100-0000-1234", at=MOMENT + timedelta(minutes=1))
    await filed(text="Of another.", contact_telephone="100 0000 9999")
    operator = await at_desk("20001")
    page = await asked(operator, " 10000001234 ")
    assert found(page) == [second, first]
    assert "Second matter" in page.text
    assert "Not yet signed for" in page.text
    assert "张" not in page.text
    (entry,) = await entries(database, "personal.searched")
    assert (entry.post_id, entry.subject, entry.body) == (town.staff["20001"].post_id, "telephone", {"cases": [second, first]})
    await operator.get(page.response.url.path)  # reading the page again is no search
    assert len(await entries(database, "personal.searched")) == 1
    assert found(await asked(operator, "100 0000 5555")) == []
    assert len(await entries(database, "personal.searched")) == 2
    await asked(operator)  # nothing searched, nothing to log
    assert len(await entries(database, "personal.searched")) == 2
    async with database.transaction() as db:
        assert await audit.verify(db, town.house.keyring) == []
        said = (await db.execute(text("select string_agg(to_jsonb(e)::text, ' ') from kernel.audit_entry e"))).scalar_one()
    assert "1234" not in re.sub(r"\d{12}", "", said)


async def test_a_case_filed_from_an_account_is_found_by_the_telephone_of_the_account(at_desk: Sit, filed: Any, town: Town) -> None:
    number = await filed(town.residents["resident3"], contact_name="", contact_telephone="")
    assert found(await asked(await at_desk("20001"), "100 0000 0003")) == [number]


async def test_at_most_ten_are_shown_the_newest(at_desk: Sit, filed: Any) -> None:
    made = [await filed(text=f"Matter {i}.", at=MOMENT + timedelta(minutes=i)) for i in range(12)]
    assert found(await asked(await at_desk("20001"), "100 0000 1234")) == made[:1:-1]


async def test_only_what_the_post_may_see_is_found(filed: Any, database: Database, town: Town) -> None:
    lamp, hidden = await filed(), await filed(kind="report")
    noise = await filed(category="noise")
    async with database.transaction() as db:
        seen = {
            who: {r.number for r in await reading.by_person(db, town.house, town.staff[who], "telephone", "100 0000 1234", most=10)}
            for who in ("20001", "10001", "10003", "10004")
        }
    assert seen == {"20001": {lamp, hidden, noise}, "10001": {lamp}, "10003": {noise}, "10004": set()}


async def test_whoever_says_a_case_number_has_that_case_opened(at_desk: Sit, filed: Any, database: Database) -> None:
    number = await filed()
    operator = await at_desk("20001")
    for said in (number, numbers.show(number), f" {number[:4]} {number[4:8]} {number[8:]}"):
        assert (await asked(operator, said)).response.url.path == f"/desk/case/{numbers.show(number)}"
    assert await entries(database, "personal.searched") == []
    assert "/tickets/request/" in (await asked(operator, numbers.draw())).response.url.path  # no case of ours: a telephone number


@pytest.mark.parametrize("telephone", ["12", "abc", "call me"])
async def test_what_is_no_telephone_number_is_told_and_not_searched(at_desk: Sit, database: Database, telephone: str) -> None:
    operator = await at_desk("20001")
    page = await asked(operator, telephone)
    assert (page.status, page.form(HOME)["fields"]["telephone"]) == (400, [telephone])
    assert await entries(database, "personal.searched") == []


# -- the resident on the telephone -------------------------------------------------------------------------------------------


async def code_of(database: Database, town: Town, number: str) -> str:
    async with database.transaction() as db:
        row = await reading.get(db, town.house, town.staff["20001"], number)
    return numbers.code(town.house.keyring, number, row.key_id)


async def admitted(operator: Person, database: Database, town: Town, number: str) -> Page:
    address = f"/desk/case/{numbers.show(number)}"
    return await operator.send(await operator.get(address), f"{address}/caller", code=await code_of(database, town, number))


def theirs(page: Page) -> set[str]:
    return set(re.findall(r"\?caller=(\w+)#caller", page.response.text))


async def test_with_the_code_the_operator_enters_what_the_resident_says_and_both_are_on_record(
    at_desk: Sit, filed: Any, database: Database, town: Town
) -> None:
    number = await filed(town.residents["resident0"])
    address = f"/desk/case/{numbers.show(number)}"
    operator = await at_desk("20001")
    assert theirs(await operator.get(f"{address}?caller=add")) == set()
    page = await admitted(operator, database, town, number)
    assert (page.status, theirs(page)) == (200, {"add", "withdraw"})
    page = await operator.send(await operator.get(f"{address}?caller=add"), f"{address}/caller/add", text="It is the third pole.")
    assert "Applicant, through Hot Line Staff 20001" in page.text
    assert "The resident added something" in page.text
    async with database.transaction() as db:
        row = await reading.get(db, town.house, town.staff["20001"], number)
        event = (await reading.story(db, row.id, reading.FOR_APPLICANT))[-1]
        assert await verifying.verify(db, town.house.keyring) == []
    held = town.staff["20001"]
    assert (event.kind, event.capacity, event.actor_id, event.post_id, event.department_id) == (
        "add",
        "resident",
        held.person_id,
        held.post_id,
        held.department_id,
    )
    (entry,) = await entries(database, "caller.admitted")
    assert (entry.post_id, entry.subject) == (held.post_id, f"case:{number}")


async def test_the_resident_reads_through_whom_it_came(
    client: AsyncTestClient[Any], at_desk: Sit, filed: Any, database: Database, town: Town, clock: Clock
) -> None:
    number = await filed(town.residents["resident0"])
    operator = await at_desk("20001")
    page = await admitted(operator, database, town, number)
    address = page.response.url.path
    await operator.send(await operator.get(f"{address}?caller=add"), f"{address}/caller/add", text="It is the third pole.")
    async with database.transaction() as db:
        client.cookies.set(SESSION_COOKIE, await access.open_session(db, town.residents["resident0"].person_id or 0, clock()))
    page = await Person(client).get(f"/case/{numbers.show(number)}")
    assert "You, through Hot Line Staff 20001" in page.text


async def test_wrong_input_for_the_resident_is_kept_and_a_second_press_acts_once(at_desk: Sit, filed: Any, database: Database, town: Town) -> None:
    number = await filed()
    operator = await at_desk("20001")
    address = (await admitted(operator, database, town, number)).response.url.path
    writing = await operator.get(f"{address}?caller=add")
    late = await operator.send(writing, f"{address}/caller/add", text="长" * 4001)
    assert (late.status, late.form(f"{address}/caller/add")["fields"]["text"]) == (400, ["长" * 4001])
    assert 'href="#text"' in late.response.text
    for _press in range(2):
        page = await operator.send(writing, f"{address}/caller/add", text="Said once.")
    assert page.text.count("Said once.") == 1
    page = await operator.post(f"{address}/caller/reply", {"_csrf_token": await token(operator), "text": "Nobody asked."})
    assert (page.status, "Nobody asked." in page.text) == (409, True)
    assert (await operator.post(f"{address}/caller/fly", {"_csrf_token": await token(operator)})).status == 404
    assert (await operator.post(f"{address}/caller/sign", {"_csrf_token": await token(operator)})).status == 403


async def test_a_wrong_code_opens_nothing_and_after_five_it_is_closed_for_an_hour(
    at_desk: Sit, filed: Any, database: Database, town: Town, clock: Clock
) -> None:
    number = await filed()
    address = f"/desk/case/{numbers.show(number)}"
    right = await code_of(database, town, number)
    wrong = f"{(int(right) + 1) % 10**6:06d}"
    operator = await at_desk("20001")
    for _try in range(proof.CODE_BY_NUMBER.most):
        page = await operator.send(await operator.get(address), f"{address}/caller", code=wrong)
        assert (page.status, "This is not the code" in page.text) == (400, True)
    page = await operator.send(page, f"{address}/caller", code=right)
    assert (page.status, theirs(page)) == (429, set())
    assert "Too many attempts" in page.text
    assert (await operator.post(f"{address}/caller/add", {"_csrf_token": await token(operator), "text": "Let me in."})).status == 403
    clock.forward(hours=1)
    operator = await at_desk("20001")
    page = await operator.send(await operator.get(address), f"{address}/caller", code=f" {right[:3]} {right[3:]} ")
    assert theirs(page) == {"add", "withdraw"}


async def test_the_proof_is_for_this_case_this_post_and_half_an_hour(
    at_desk: Sit, filed: Any, client: AsyncTestClient[Any], database: Database, town: Town, clock: Clock
) -> None:
    number, other = await filed(), await filed(text="Another matter.")
    operator = await at_desk("20001")
    address = (await admitted(operator, database, town, number)).response.url.path
    elsewhere = f"/desk/case/{numbers.show(other)}"
    cookie = next(c for c in client.cookies.jar if c.name == proof.COOKIE)
    assert cookie.path == address
    headers = operator.headers | {"cookie": f"{proof.COOKIE}={cookie.value}; {SESSION_COOKIE}={client.cookies[SESSION_COOKIE]}"}
    assert theirs(Page(await client.get(elsewhere, headers=headers))) == set()
    clock.forward(minutes=31)
    assert theirs(await operator.get(address)) == set()
    page = await admitted(operator, database, town, number)
    assert theirs(page)
    assert theirs(await operator.send(page, f"{address}/hang-up")) == set()


@pytest.mark.parametrize("staff_number", ["10001", "30001"])
async def test_who_may_not_register_may_not_act_for_a_resident_either(
    at_desk: Sit, filed: Any, database: Database, town: Town, staff_number: str
) -> None:
    number = await filed()
    address = f"/desk/case/{numbers.show(number)}"
    person = await at_desk(staff_number)
    assert "The resident is on the telephone" not in (await person.get(address)).text
    said = {"_csrf_token": await token(person), "code": await code_of(database, town, number), "text": "For them."}
    for path in ("caller", "caller/add", "hang-up"):
        assert (await person.post(f"{address}/{path}", said)).status == 403
    assert (await (await at_desk("10004")).post(f"{address}/caller", said)).status == 404


async def test_a_judged_department_never_judges_itself_for_the_resident(at_desk: Sit, filed: Any, act: Any, database: Database, town: Town) -> None:
    lighting = town.staff["10001"]
    number = await filed()
    await act(lighting, number, "sign")
    await act(lighting, number, "answer", text="Mended.")
    with pytest.raises(Forbidden):
        await act(proof.spoken_for(lighting, number), number, "confirm", solved="yes", rating="very_satisfied")
    own = await filed(category="other", area="")  # nobody's duty: the intake desk itself is in charge
    async with database.transaction() as db:
        await db.execute(case.update().where(case.c.number == own).values(department_id=town.department("hotline")))
    await act(town.staff["20001"], own, "sign")
    await act(town.staff["20001"], own, "answer", text="Explained.")
    operator = await at_desk("20001")
    page = await admitted(operator, database, town, own)
    assert theirs(page) == {"add", "withdraw"}
    assert "What the resident thinks of your own department is not entered here" in page.text
    address = page.response.url.path
    refused = await operator.post(f"{address}/caller/confirm", {"_csrf_token": await token(operator), "solved": "yes"})
    assert (refused.status, "judges your own department" in refused.text) == (403, True)
    page = await admitted(operator, database, town, number)
    assert theirs(page) == {"add", "confirm", "withdraw"}
    address = page.response.url.path
    page = await operator.send(await operator.get(f"{address}?caller=confirm"), f"{address}/caller/confirm", solved="yes", rating="satisfied")
    assert "Settled" in page.text
    with pytest.raises(Forbidden):
        await act(proof.spoken_for(lighting, number), number, "rate", rating="very_satisfied")
