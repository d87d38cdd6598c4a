"""A clerk sees what is theirs to do, does it, and is told when a colleague was faster; nothing of others' shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import delete, insert, select, text

from banshi import workbench
from banshi.audit import audit_entry
from banshi.cases import acting, numbers, opening, reading
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.contracts import Actor
from banshi.db import Database
from banshi.identity import access
from banshi.identity.tables import post
from banshi.testing import MOMENT, Clock, Town, statements
from banshi.web.site import SESSION_COOKIE

STATEMENTS = 8
ANYBODY = {"note", "prioritise", "recuse", "mark_major"}
UNSIGNED = ANYBODY | {"sign", "assign", "return"}
AT_WORK = ANYBODY | {"answer", "ask", "tell", "assign", "pass_on", "raise_up", "dispute", "wait", "extend"}
ASKED = ANYBODY | {"tell", "assign"}
ANSWERED = ANYBODY | {"close", "assign", "dispute"}
At = Callable[[str], Awaitable[Person]]


@pytest.fixture
def lamps(database: Database, town: Town, wanted: Any) -> Callable[..., Awaitable[list[str]]]:
    """A function that files so many requests about lamps, for the lighting department, and gives their addresses at the desk."""

    async def file(count: int = 1, *, applicant: Actor | None = None, **data: Any) -> list[str]:
        async with database.transaction() as db:
            asked = [wanted(**{"text": f"Lamp {i} is dark."} | data) for i in range(count)]
            opened = await opening.open_many(db, town.house, applicant or town.residents["resident0"], asked, MOMENT)
        return [f"/desk/case/{numbers.show(o.number)}" for o in opened]

    return file


@pytest.fixture
def act(database: Database, town: Town) -> Callable[..., Awaitable[None]]:
    """A function by which somebody else acts on the case of an address."""

    async def do(who: Actor, address: str, action: str, **data: Any) -> None:
        form = decode(town.house.registry.case_type("tickets.request").action(action).form, data)
        async with database.transaction() as db:
            await acting.act_one(db, town.house, who, Act(number=number_of(address), action=action, form=form), MOMENT)

    return do


@contextmanager
def another_browser(client: AsyncTestClient[Any]) -> Iterator[None]:
    kept = dict(client.cookies)
    client.cookies.clear()
    yield
    client.cookies.clear()
    client.cookies.update(kept)


def number_of(address: str) -> str:
    return numbers.read(address.rpartition("/")[2])


def listed(page: Page) -> list[str]:
    return re.findall(r'href="(/desk/case/[\d-]+)" data-row', page.response.text)


# -- the queue ----------------------------------------------------------------------------------------------------------


async def test_my_work_my_department_and_all_i_may_see(
    at_desk: At, lamps: Any, act: Any, client: AsyncTestClient[Any], database: Database, town: Town, wanted: Any
) -> None:
    mine, colleagues, waiting, closed = await lamps(4)
    for who, address in (("10001", mine), ("10002", colleagues), ("10001", closed)):
        await act(town.staff[who], address, "sign")
    await act(town.staff["10001"], closed, "answer", text="Mended.")
    await act(town.staff["10001"], closed, "close", outcome="settled")
    async with database.transaction() as db:
        others = (await opening.open_one(db, town.house, Actor(capacity="resident"), wanted(category="noise", text="Drums at night."), MOMENT)).number
    clerk = await at_desk("10001")
    assert listed(await clerk.get("/desk")) == [mine]
    assert listed(await clerk.get("/desk/department")) == [mine, colleagues, waiting]
    everything = await clerk.get("/desk/all")
    assert listed(everything) == [closed, waiting, colleagues, mine]
    assert "Drums at night" not in everything.text
    assert [everything.links[name] for name in ("My work", "My department", "All I may see")] == ["/desk", "/desk/department", "/desk/all"]
    intake = await at_desk("20001")
    assert f"/desk/case/{numbers.show(others)}" in listed(await intake.get("/desk/all"))


async def test_a_list_can_be_narrowed_to_a_state_and_to_what_is_closed(at_desk: At, lamps: Any, act: Any, town: Town) -> None:
    signed, waiting = await lamps(2)
    await act(town.staff["10001"], signed, "sign")
    clerk = await at_desk("10001")
    assert listed(await clerk.get("/desk/all?state=new")) == [waiting]
    assert listed(await clerk.get("/desk/all?state=working&closed=no")) == [signed]
    assert listed(await clerk.get("/desk/all?closed=yes")) == []


async def test_paging_through_sixty_cases_reaches_each_exactly_once(
    at_desk: At, lamps: Any, database: Database, town: Town, wanted: Any, clock: Clock
) -> None:
    filed = await lamps(30)  # all of one moment
    for minute in range(1, 31):
        async with database.transaction() as db:
            one = await opening.open_one(db, town.house, town.residents["resident1"], wanted(), MOMENT + timedelta(minutes=minute))
        filed.append(f"/desk/case/{numbers.show(one.number)}")
    clock.forward(hours=1)
    clerk = await at_desk("10001")
    for view in ("/desk/department", "/desk/all"):
        page, met, pages = await clerk.get(view), list[str](), 1
        met += listed(page)
        while "Next page" in page.links:
            page, pages = await clerk.get(page.links["Next page"]), pages + 1
            met += listed(page)
        assert sorted(met) == sorted(filed)
        assert pages == 3
        assert met == (filed if view == "/desk/department" else filed[::-1])


@pytest.mark.parametrize("cursor", ["nonsense", "WyIyMDI2Iiw", "W10", "%00"])
async def test_a_cursor_that_somebody_changed_is_a_wrong_request_not_a_fault_of_ours(at_desk: At, cursor: str) -> None:
    assert (await (await at_desk("10001")).get(f"/desk/all?after={cursor}")).status == 400


async def test_a_queue_and_a_case_need_the_same_few_statements_however_many_cases_there_are(
    at_desk: At, lamps: Any, act: Any, client: AsyncTestClient[Any], town: Town
) -> None:
    said: dict[int, list[int]] = {}
    clerk = await at_desk("10001")
    for filed in (5, 195):
        address = (await lamps(filed))[0]
        await act(town.staff["10001"], address, "sign")
        for text_ in ("First.", "Second."):
            await act(town.staff["10001"], address, "note", text=text_)
        await clerk.get("/desk")
        said[filed] = []
        for path in ("/desk/department", "/desk/all", address):
            with statements(client.app.state.site.database) as ran:  # the pages' own engine
                assert (await clerk.get(path)).status == 200
            assert ran
            said[filed].append(len(ran))
    assert said[5] == said[195]
    assert max(said[195]) <= STATEMENTS, said


# -- finding ------------------------------------------------------------------------------------------------------------


async def test_a_number_as_people_write_it_opens_the_case(at_desk: At, lamps: Any) -> None:
    (address,) = await lamps()
    number = number_of(address)
    clerk = await at_desk("10001")
    for written in (number, numbers.show(number), f" {number[:4]} {number[4:8]} {number[8:]} "):
        page = await clerk.get(f"/desk/find?q={written}")
        assert (page.status, page.response.url.path) == (200, address)


async def test_a_mistyped_number_is_told_above_what_was_found(at_desk: At, lamps: Any) -> None:
    (address,) = await lamps()
    number = number_of(address)
    clerk = await at_desk("10001")
    mistyped = await clerk.get("/desk/find?q=" + number[:-1] + str((int(number[-1]) + 1) % 10))
    assert (mistyped.status, "a digit is wrong" in mistyped.text) == (400, True)
    assert (await clerk.get("/desk/find?q=lamp")).status == 200
    assert (await clerk.get(f"/desk/find?q={numbers.draw()}")).status == 404


# -- working on a case ----------------------------------------------------------------------------------------------------


async def test_a_clerk_takes_a_case_from_signing_to_closing_through_its_forms(at_desk: At, lamps: Any, act: Any, town: Town) -> None:
    (address,) = await lamps()
    clerk = await at_desk("10001")
    page = await clerk.get(address)
    assert offered(page) == UNSIGNED
    page = await clerk.send(await clerk.get(f"{address}?do=sign"), f"{address}/sign")
    assert (page.status, page.response.url.path, offered(page)) == (200, address, AT_WORK)
    page = await clerk.send(await clerk.get(f"{address}?do=ask"), f"{address}/ask", text="Which pole is it?")
    assert "Which pole is it?" in page.text
    assert offered(page) == ASKED
    await act(town.residents["resident0"], address, "reply", text="The third.")
    page = await clerk.get(f"{address}?do=answer")
    assert "The third." in page.text
    page = await clerk.send(page, f"{address}/answer", text="The controller is replaced.")
    assert offered(page) == ANSWERED
    page = await clerk.send(await clerk.get(f"{address}?do=close"), f"{address}/close", outcome="settled")
    assert "Settled" in page.text
    assert offered(page) == set()
    intake = await at_desk("20001")
    page = await intake.send(await intake.get(f"{address}?do=reopen"), f"{address}/reopen", text="Dark again.")
    assert offered(page) == ANYBODY
    assert "answer" in offered(await (await at_desk("10001")).get(address))


def offered(page: Page) -> set[str]:
    return set(re.findall(r'href="/desk/case/[\d-]+\?(?:since=\d+&amp;)?do=(\w+)#do"', page.response.text))


async def test_a_form_that_is_not_filled_in_comes_back_with_the_field_named(at_desk: At, lamps: Any, act: Any, town: Town) -> None:
    (address,) = await lamps()
    await act(town.staff["10001"], address, "sign")
    clerk = await at_desk("10001")
    page = await clerk.send(await clerk.get(f"{address}?do=answer"), f"{address}/answer", text="")
    assert page.status == 400
    assert 'id="text-error"' in page.response.text
    too_long = "长" * 4001
    page = await clerk.send(page, f"{address}/answer", text=too_long)
    assert page.status == 400
    assert page.form(f"{address}/answer")["fields"]["text"] == [too_long]
    assert offered(page) >= {"answer"}


async def test_the_second_of_two_clerks_sees_what_changed_keeps_the_input_and_can_send_again(
    at_desk: At, lamps: Any, act: Any, client: AsyncTestClient[Any], town: Town
) -> None:
    (address,) = await lamps()
    await act(town.staff["10001"], address, "sign")
    second = await at_desk("10002")
    writing = await second.get(f"{address}?do=answer")
    with another_browser(client):
        first = await at_desk("10001")
        page = await first.send(await first.get(f"{address}?do=ask"), f"{address}/ask", text="Which pole is it?")
        assert page.status == 200
        await act(town.residents["resident0"], address, "reply", text="The third.")
    late = await second.send(writing, f"{address}/answer", text="We have replaced the controller.")
    assert late.status == 409
    assert "Somebody acted on this case while you were writing" in late.text
    changed = late.response.text.partition('class="changed"')[2].partition("</section>")[0]
    assert "Which pole is it?" in changed
    assert "The third." in changed
    assert late.form(f"{address}/answer")["fields"]["text"] == ["We have replaced the controller."]
    again = await second.send(late, f"{address}/answer")
    assert (again.status, again.response.url.path) == (200, address)
    assert again.text.count("We have replaced the controller.") == 1
    assert offered(again) == ANSWERED


async def test_a_form_sent_twice_acts_once(at_desk: At, lamps: Any, act: Any, database: Database, town: Town) -> None:
    (address,) = await lamps()
    await act(town.staff["10001"], address, "sign")
    clerk = await at_desk("10001")
    writing = await clerk.get(f"{address}?do=answer")
    for _press in range(2):
        page = await clerk.send(writing, f"{address}/answer", text="Mended.")
        assert (page.status, page.response.url.path) == (200, address)
    async with database.transaction() as db:
        row = await reading.get(db, town.house, town.staff["10001"], number_of(address))
        assert [e.kind for e in await reading.story(db, row.id, reading.FOR_STAFF)] == ["opened", "sign", "answer"]


async def test_what_the_state_forbids_is_409_with_the_input_kept(at_desk: At, lamps: Any) -> None:
    (address,) = await lamps()
    clerk = await at_desk("10001")
    fields = (await clerk.get(f"{address}?do=note")).form(f"{address}/note")["fields"]
    page = await clerk.post(f"{address}/answer", fields | {"text": "Too early."})
    assert page.status == 409
    assert "is not possible now" in page.text
    assert page.form(f"{address}/answer")["fields"]["text"] == ["Too early."]
    assert offered(await clerk.get(f"{address}?do=answer")) == UNSIGNED


async def test_what_the_post_forbids_is_403_and_not_offered(at_desk: At, lamps: Any, database: Database, town: Town) -> None:
    (address,) = await lamps()
    oversight = await at_desk("30001")
    page = await oversight.get(address)
    assert (page.status, offered(page)) == (200, {"recuse", "support", "reassign"})
    page = await oversight.post(f"{address}/sign", {"_csrf_token": (await token(oversight))})
    assert page.status == 403
    async with database.transaction() as db:
        assert (await reading.get(db, town.house, town.staff["10001"], number_of(address))).state == "new"


async def token(person: Person) -> str:
    """A valid CSRF token of that browser."""
    page = await person.get("/sign-in")
    return str(page.form("/sign-in")["fields"]["_csrf_token"][0])


@pytest.mark.parametrize("action", ["fly", "opened", "reveal/now"])
async def test_an_action_that_no_type_declares_is_not_there(at_desk: At, lamps: Any, action: str) -> None:
    (address,) = await lamps()
    clerk = await at_desk("10001")
    assert (await clerk.post(f"{address}/{action}", {"_csrf_token": await token(clerk)})).status == 404


@pytest.mark.parametrize("key", ["a\x00b", "schlüssel\ud800".encode("utf8", "surrogatepass").decode("utf8", "replace"), "k" * 5000])
async def test_a_key_that_nobodys_page_gave_is_no_fault_of_ours(at_desk: At, lamps: Any, key: str) -> None:
    (address,) = await lamps()
    clerk = await at_desk("10001")
    page = await clerk.post(f"{address}/sign", {"_csrf_token": await token(clerk), "key": key, "revision": "1"})
    assert page.status in {200, 400}


# -- what is new, and who else has it open ----------------------------------------------------------------------------------

NEW = "New since you last looked"


async def test_what_others_did_since_i_last_looked_is_marked_until_i_look_again(at_desk: At, lamps: Any, act: Any, town: Town) -> None:
    (address,) = await lamps()
    clerk = await at_desk("10001")
    first = await clerk.get(address)
    assert NEW not in first.text
    await act(town.residents["resident0"], address, "add", text="Now two lamps.")
    await act(town.staff["10001"], address, "note", text="My own words.")
    page = await clerk.get(address)
    marked = re.findall(r'story__entry--fresh.*?class="story__text">([^<]+)', page.response.text, re.DOTALL)
    assert marked == ["Now two lamps."]
    signing = next(href for href in page.links.values() if "do=sign" in href)
    assert NEW in (await clerk.get(signing)).text
    assert NEW not in (await clerk.get(address)).text
    assert NEW not in (await (await at_desk("10002")).get(address)).text


@pytest.mark.parametrize("since", ["-1", "one", "٣", "99999999999", "1e3"])
async def test_a_mark_that_somebody_changed_is_no_fault_of_ours(at_desk: At, lamps: Any, since: str) -> None:
    (address,) = await lamps()
    assert (await (await at_desk("10001")).get(f"{address}?since={since}&template={since}&do=note")).status == 200


async def test_who_else_has_the_case_open_is_told_for_ten_minutes(at_desk: At, lamps: Any, clock: Clock) -> None:
    (address,) = await lamps()
    note = "opened this at 09:30 and may still have it open"
    assert "may still have it open" not in (await (await at_desk("10002")).get(address)).text
    clock.forward(minutes=4)
    page = await (await at_desk("10001")).get(address)
    assert f"Staff 10002 {note}" in page.text
    assert "Staff 10001 opened" not in page.text
    clock.forward(minutes=7)
    page = await (await at_desk("20001")).get(address)
    assert "Staff 10001 opened this at 09:34" in page.text
    assert "Staff 10002 opened" not in page.text


async def test_two_who_look_at_the_same_moment_both_get_their_page(at_desk: At, lamps: Any, database: Database, town: Town) -> None:
    (address,) = await lamps()
    async with database.transaction() as db:
        case_id = (await reading.get(db, town.house, town.staff["10001"], number_of(address))).id

    async def look(who: str, sequence: int) -> workbench.Looked:
        async with database.transaction() as db:
            return await workbench.look(db, town.staff[who], case_id, sequence, MOMENT)

    looks = await asyncio.gather(*(look(who, 1) for who in ("10001", "10002") for _ in range(5)))
    assert {look_.before for look_ in looks} <= {None, 1}
    assert (await look("10001", 7)).before == 1
    assert (await look("10001", 3)).before == 7  # an older page of the same case takes nothing back
    assert (await look("10001", 7)).before == 7


async def test_how_the_person_is_protected_stands_above_everything(at_desk: At, lamps: Any) -> None:
    discreet, hidden = (await lamps(discreet="on"))[0], (await lamps(kind="report"))[0]
    clerk = await at_desk("10001")
    for address, words in ((discreet, "Do not tell the other side who filed this."), (hidden, "is hidden from the department")):
        page = (await clerk.get(address)).response.text
        assert page.index(words) < page.index('id="case-title"')


async def test_the_reviewer_reads_the_draft_and_the_lead_what_helpers_did(at_desk: At, lamps: Any, act: Any, town: Town) -> None:
    (address,) = await lamps(category="greenery")
    for action, said in (("sign", {}), ("draft", {"text": "The tree will be cut on Friday."})):
        await act(town.staff["10005"], address, action, **said)
    page = await (await at_desk("10006")).get(address)
    assert "The tree will be cut on Friday." in page.text
    assert {"approve", "send_back"} <= offered(page)
    (shared,) = await lamps()
    why = {"duty": "List of Duties, 4.2", "text": "It stands on private ground."}
    for who, action, said in (
        ("10001", "return", why),
        ("20001", "dispatch", {"department": "east-works", "text": "Theirs."}),
        ("10003", "return", why),
        ("20001", "arbitrate", {"lead": "lighting", "helpers": ["east-works"], "text": "One leads, one helps."}),
        ("10003", "contribute", {"text": "The pavement is mended."}),
    ):
        await act(town.staff[who], shared, action, **said)
    assert "The pavement is mended." in (await (await at_desk("10001")).get(shared)).text


# -- what is not for these eyes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("colleague", ["10003", "10004", "90001"])
async def test_a_case_of_others_is_not_there_by_any_address(at_desk: At, lamps: Any, colleague: str) -> None:
    (address,) = await lamps()
    other = await at_desk(colleague)
    _csrf = await token(other)
    assert (await other.get(address)).status == 404
    assert (await other.get(f"/desk/find?q={number_of(address)}")).status in {403, 404}
    for action in ("sign", "note", "reveal"):
        page = await other.post(f"{address}/{action}", {"_csrf_token": _csrf, "text": "Let me in."})
        assert page.status in ({403, 404} if action == "reveal" else {404})
        assert "Lamp" not in page.text
    assert listed(await other.get("/desk/all")) == []


async def test_staff_do_not_find_their_own_case_at_the_desk(at_desk: At, lamps: Any, town: Town) -> None:
    own = Actor(capacity="resident", person_id=town.staff["10001"].person_id)
    (address,) = await lamps(applicant=own)
    clerk = await at_desk("10001")
    assert (await clerk.get(address)).status == 404
    assert listed(await clerk.get("/desk/all")) == []
    assert (await clerk.post(f"{address}/sign", {"_csrf_token": await token(clerk)})).status == 404
    assert (await clerk.get(address.removeprefix("/desk"))).status == 200
    colleague = await at_desk("10002")
    assert (await colleague.get(address)).status == 200


async def test_the_desk_is_for_staff(client: AsyncTestClient[Any], database: Database, town: Town, clock: Clock) -> None:
    person = Person(client)
    assert (await person.get("/desk")).status == 401
    async with database.transaction() as db:
        client.cookies.set(SESSION_COOKIE, await access.open_session(db, town.residents["resident0"].person_id or 0, clock()))
    assert (await person.get("/desk")).status == 403


# -- personal data ---------------------------------------------------------------------------------------------------------


async def readings(database: Database) -> list[tuple[str, str, int]]:
    async with database.transaction() as db:
        rows = await db.execute(select(audit_entry).where(audit_entry.c.kind == "personal.read").order_by(audit_entry.c.sequence))
        return [(r.kind, r.subject, r.post_id) for r in rows]


async def test_personal_data_is_masked_until_it_is_asked_for_and_each_asking_is_logged(
    at_desk: At, lamps: Any, database: Database, town: Town
) -> None:
    (address,) = await lamps()
    clerk = await at_desk("10001")
    page = await clerk.get(address)
    assert "张*芳" in page.text
    assert "100****1234" in page.text
    assert "张小芳" not in page.response.text
    assert "0000 1234" not in page.response.text
    assert "张小芳" not in (await clerk.get("/desk/all")).response.text
    assert await readings(database) == []
    shown = await clerk.send(page, f"{address}/reveal")
    assert shown.status == 200
    assert "张小芳" in shown.text
    assert "100 0000 1234" in shown.text
    assert await readings(database) == [("personal.read", f"case:{number_of(address)}", town.staff["10001"].post_id)]
    assert "张小芳" not in (await clerk.get(address)).response.text


async def test_a_post_without_the_right_is_not_shown_personal_data_and_nothing_is_logged(at_desk: At, lamps: Any, database: Database) -> None:
    (address,) = await lamps()
    oversight = await at_desk("30001")
    page = await oversight.get(address)
    assert "张*芳" in page.text
    assert f"{address}/reveal" not in page.response.text
    refused = await oversight.post(f"{address}/reveal", {"_csrf_token": await token(oversight)})
    assert refused.status == 403
    assert "张小芳" not in refused.response.text
    assert await readings(database) == []


# -- posts -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def two_posts(database: Database, town: Town) -> Any:
    """Officer 10001 has a second post, in the North."""
    values = {
        "person_id": town.staff["10001"].person_id,
        "department_id": town.department("north-works"),
        "staff_number": "10901",
        "roles": ["tickets.clerk"],
    }
    async with database.transaction() as db:
        await db.execute(insert(post).values(values))
    yield
    async with database.transaction() as db:
        await db.execute(text("update kernel.session set post_id = null"))
        await db.execute(delete(post).where(post.c.staff_number == "10901"))


@pytest.mark.usefixtures("two_posts")
async def test_somebody_with_several_posts_is_asked_once_in_which_they_work(at_desk: At, lamps: Any, town: Town) -> None:
    (address,) = await lamps()
    clerk = await at_desk("10001")
    asked = await clerk.get(address)
    assert asked.response.url.path == "/desk/post"
    assert "North Works" in asked.text
    page = await clerk.send(asked, "/desk/post", post=str(town.staff["10001"].post_id))
    assert (page.status, page.response.url.path) == (200, address)
    assert (await clerk.get("/desk")).response.url.path == "/desk"
    page = await clerk.send(await clerk.get(f"{address}?do=sign"), f"{address}/sign")
    assert "10001" in page.text
    assert "answer" in offered(page)


@pytest.mark.usefixtures("two_posts")
async def test_a_post_of_somebody_else_cannot_be_taken(at_desk: At, town: Town) -> None:
    clerk = await at_desk("10001")
    page = await clerk.send(await clerk.get("/desk"), "/desk/post", post=str(town.staff["20001"].post_id))
    assert page.status == 404
    assert (await clerk.get("/desk")).response.url.path == "/desk/post"


@pytest.mark.usefixtures("two_posts")
async def test_the_way_back_from_the_choice_of_a_post_keeps_the_whole_address(at_desk: At, lamps: Any, town: Town) -> None:
    (address,) = await lamps()
    clerk = await at_desk("10001")
    asked = await clerk.get(f"/desk/find?q={number_of(address)}")
    page = await clerk.send(asked, "/desk/post", post=str(town.staff["10001"].post_id))
    assert (page.status, page.response.url.path) == (200, address)


async def test_who_is_named_on_a_case_is_shown_masked(client: AsyncTestClient[Any], town: Town, database: Database, wanted: Any) -> None:
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, town.residents["resident3"], wanted(contact_name="", contact_telephone=""), MOMENT)
    clerk = Person(client)
    await clerk.sign_in("chen")
    page = await clerk.get(f"/desk/case/{numbers.show(opened.number)}")
    assert "王*兰 · 100****0003" in page.text
    assert "王淑兰" not in page.response.text
