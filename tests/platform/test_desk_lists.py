"""A list is narrowed, kept as a view, shared, and worked on many cases at once; what cannot be done is told, case by case."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import insert, select, text, update

from banshi import workbench
from banshi.cases import acting, numbers, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.tables import case
from banshi.db import Database
from banshi.identity import access
from banshi.testing import MOMENT, Clock, Town, statements
from banshi.web.desk import bulk, filters
from banshi.web.site import SESSION_COOKIE

STATEMENTS = 8
INTAKE = ("/desk/group/intake-desk", "/desk/queue/tickets/new", "/desk/queue/tickets/returned", "/desk/queue/tickets/to_call_back")
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
def file(database: Database, town: Town, wanted: Any) -> Callable[..., Awaitable[list[str]]]:
    """A function that files one request for each of its texts and gives their numbers."""

    async def do(*texts: str, days_ago: float = 0, channel: str = "web", **data: Any) -> list[str]:
        asked = [wanted(text=t, channel=channel, **data) for t in texts]
        async with database.transaction() as db:
            opened = await opening.open_many(db, town.house, town.residents["resident0"], asked, MOMENT - timedelta(days=days_ago))
        return [o.number for o in opened]

    return do


@pytest.fixture
def act(database: Database, town: Town) -> Callable[..., Awaitable[None]]:
    """A function by which an officer acts on a case."""

    async def do(who: str, number: str, action: str, **data: Any) -> None:
        form = decode(town.house.registry.case_type("tickets.request").action(action).form, data)
        async with database.transaction() as db:
            await acting.act_one(db, town.house, town.staff[who], Act(number=number, action=action, form=form), MOMENT)

    return do


def shown(page: Page) -> list[str]:
    """The titles of a list, in its order."""
    return re.findall(r"data-row>(?:<span[^>]*>[^<]*</span>)?([^<]+)</a>", page.response.text)


# -- narrowing -------------------------------------------------------------------------------------------------------------


async def test_a_list_is_narrowed_by_each_filter(at_desk: Sit, file: Any, act: Any, database: Database) -> None:
    (old,) = await file("Old lamp", days_ago=9, area="persimmon")
    (called,) = await file("Called lamp", channel="telephone", area="elm")
    (_urgent,) = await file("Urgent lamp", urgency="urgent", days_ago=2)
    (_noise,) = await file("Noise", category="noise")
    await act("10001", old, "sign")
    clerk, desk = await at_desk("10001"), "/desk/department"
    found = {
        "state=working": ["Old lamp"],
        "waits=office": ["Old lamp", "Urgent lamp", "Called lamp"],
        "area=elm": ["Old lamp", "Urgent lamp", "Called lamp"],
        "area=persimmon": ["Old lamp", "Urgent lamp"],
        "channel=telephone": ["Called lamp"],
        "urgent=yes": ["Urgent lamp"],
        "unread=yes": ["Old lamp", "Urgent lamp", "Called lamp"],
        "from=2026-11-20": ["Urgent lamp", "Called lamp"],
        "to=2026-11-20": ["Old lamp"],
        "from=2026-11-21&to=2026-11-21": ["Urgent lamp"],
        "order=newest": ["Called lamp", "Urgent lamp", "Old lamp"],
        "state=working&urgent=yes": [],
        "closed=yes": [],
    }
    for asked, titles in found.items():
        page = await clerk.get(f"{desk}?{asked}")
        assert (page.status, shown(page)) == (200, titles), asked
        assert "left out" not in page.text, asked
    intake = await at_desk("20001")
    assert shown(await intake.get("/desk/all?category=noise")) == ["Noise"]
    assert shown(await intake.get("/desk/all?department=lighting&order=oldest")) == ["Old lamp", "Urgent lamp", "Called lamp"]
    await (await at_desk("10001")).get(f"/desk/case/{numbers.show(called)}")
    assert "Called lamp" not in shown(await (await at_desk("10001")).get(f"{desk}?unread=yes"))


async def test_what_a_filter_does_not_know_is_told_and_left_out(at_desk: Sit, file: Any) -> None:
    await file("Lamp")
    clerk = await at_desk("10001")
    asked = [
        ("colour=red", "There is no filter “colour”"),
        ("state=purple", "“State” has no “purple” here"),
        ("area=atlantis", "“Place” has no “atlantis” here"),
        ("department=lighting", "“Department” has no “lighting” here"),  # the list is of one department
        ("from=yesterday", "“Received from” has no “yesterday” here"),
        ("from=2026-02-30", "“Received from” has no “2026-02-30” here"),
        ("to=0001-01-01", "“Received until” has no “0001-01-01” here"),
        ("urgent=perhaps", "“Urgent only” has no “perhaps” here"),
        ("state=new&state=working", "“State” has no “working” here"),
        ("order=random", "“Order” has no “random” here"),
        (urlencode({"state": "\x01<b>" + "x" * 500}), "�<b>xxx"),
    ]
    for query, said in asked:
        page = await clerk.get(f"/desk/department?{query}")
        assert (page.status, shown(page)) == (200, ["Lamp"]), query
        assert said in page.text, query
    page = await clerk.get("/desk/department?from=2026-11-20&to=2026-11-01")
    assert (page.status, shown(page)) == (200, [])
    assert "The first day lies after the last" in page.text


async def test_a_chip_takes_its_filter_away_and_the_pages_of_a_list_keep_them(at_desk: Sit, file: Any) -> None:
    await file(*(f"Lamp {i}." for i in range(30)), channel="telephone")
    await file("By web")
    page = await (await at_desk("10001")).get("/desk/department?channel=telephone&waits=office")
    assert page.links["Came by: Telephone"] == "/desk/department?waits=office"
    assert page.links["Waits for: The office"] == "/desk/department?channel=telephone"
    following = page.links["Next page"]
    assert "channel=telephone" in following
    assert len(shown(await (await at_desk("10001")).get(following))) == 5
    for spoiled in ("after=zzz", "after=" + "A" * 5000, "after=WzEsMl0"):
        assert (await (await at_desk("10001")).get(f"/desk/department?{spoiled}")).status == 400, spoiled


async def test_each_filter_says_which_there_are_in_both_languages(client: AsyncTestClient[Any], at_desk: Sit, file: Any) -> None:
    await file("Lamp")
    await at_desk("20001")
    for language in ("en", "zh"):
        page = await Person(client, language).get("/desk/all")
        form = page.form("/desk/all")
        assert set(form["fields"]) == {f.name for f in filters.FILTERS if f.kind not in {"order", "address"}}


async def test_every_list_costs_a_handful_of_statements(at_desk: Sit, file: Any, act: Any) -> None:
    taken = await file(*(f"Lamp {i}." for i in range(40)))
    for number in taken[:20]:
        await act("10001", number, "sign")
    for who, paths in (("10001", ("/desk", "/desk/department", "/desk/all?state=working")), ("20001", (*INTAKE, "/desk/all", "/desk/handover"))):
        person = await at_desk(who)
        kept = await person.get("/desk/all?state=working")
        view = await person.send(kept, "/desk/views", title="A view")
        with statements(person.client.app.state.site.database) as counted:  # the pages' own engine
            for path in (*paths, str(view.response.url.path), "/desk/views"):
                counted.clear()
                assert (await person.get(path)).status == 200
                assert 2 < len(counted) <= STATEMENTS, (path, counted)


# -- unread marks ------------------------------------------------------------------------------------------------------------


async def test_what_is_unread_is_marked_until_it_is_looked_at_and_again_when_more_happens(at_desk: Sit, file: Any, act: Any) -> None:
    (number,) = await file("Lamp")
    clerk = await at_desk("10001")
    assert "Unread:" in (await clerk.get("/desk/department")).text
    await clerk.get(f"/desk/case/{numbers.show(number)}")
    assert "Unread:" not in (await clerk.get("/desk/department")).text
    await act("20001", number, "note", text="The caller rang again.")
    assert "Unread:" in (await clerk.get("/desk/department")).text


# -- queues of plugins -------------------------------------------------------------------------------------------------------


async def test_the_intake_desk_has_its_page_new_returned_to_call_back(at_desk: Sit, file: Any, act: Any) -> None:
    _fresh, back, answered = await file("Fresh", "Back", "Answered")
    await act("10001", back, "return", duty="Duties 2.4", text="It stands on private ground.")
    await act("10001", answered, "sign")
    await act("10001", answered, "answer", text="Mended.", solved="yes")
    desk = await at_desk("20001")
    page = await desk.get("/desk/group/intake-desk")
    assert page.status == 200
    for queue, title in (("new", "Fresh"), ("returned", "Back"), ("to_call_back", "Answered")):
        assert shown(await desk.get(f"/desk/queue/tickets/{queue}")) == [title]
    assert shown(page) == ["Fresh", "Back", "Answered"]
    clerk = await at_desk("10001")
    for path in (*INTAKE, "/desk/queue/tickets/nothing", "/desk/queue/nobody/new", "/desk/group/nothing"):
        assert (await clerk.get(path)).status == 404, path


# -- saved views -------------------------------------------------------------------------------------------------------------


async def test_a_view_is_saved_opened_renamed_shared_and_deleted(at_desk: Sit, file: Any, act: Any) -> None:
    taken, _waiting = await file("Taken", "Waiting")
    await act("10001", taken, "sign")
    clerk = await at_desk("10001")
    page = await clerk.send(await clerk.get("/desk/department?state=working"), "/desk/views", title="In work")
    address = str(page.response.url.path)
    assert (page.status, shown(page)) == (200, ["Taken"])
    assert "Saved view of “My department”" in page.text
    colleague = await at_desk("10002")
    assert (await colleague.get(address)).status == 404
    clerk = await at_desk("10001")
    page = await clerk.send(await clerk.get(f"{address}/change"), f"{address}/change", title="Ours in work", shared="true")
    assert "Ours in work" in (await clerk.get("/desk")).links
    colleague = await at_desk("10002")
    page = await colleague.get(address)
    assert shown(page) == ["Taken"]
    assert "Ours in work" in page.links
    for path in (f"{address}/change", f"{address}/delete"):
        assert (await colleague.post(path, {"title": "Mine", "_csrf_token": await token(colleague)})).status == 404
    stranger = await at_desk("10003")
    assert (await stranger.get(address)).status == 404
    clerk = await at_desk("10001")
    page = await clerk.send(await clerk.get(f"{address}/change"), f"{address}/delete")
    assert "No views yet" in page.text
    assert (await clerk.get(address)).status == 404
    assert (await clerk.get("/desk/view/99999999999999999999")).status == 404


async def test_a_view_sent_twice_is_kept_once_and_a_wrong_one_is_told(at_desk: Sit, database: Database) -> None:
    clerk = await at_desk("10001")
    page = await clerk.get("/desk/all?state=working")
    first = await clerk.send(page, "/desk/views", title="Twice")
    again = await clerk.send(page, "/desk/views", title="Twice")
    assert first.response.url == again.response.url
    other = await clerk.send(page, "/desk/views", title="Other words")
    assert other.status == 409
    for title in ("", " ", "长" * 101):
        page = await clerk.send(await clerk.get("/desk/all?state=working"), "/desk/views", title=title)
        assert (page.status, 'href="#title"' in page.response.text) == (400, True)
    page = await clerk.send(page, "/desk/views", title="Now it has one")  # what was narrowed was kept with the mistake
    assert "State: Being worked on" in page.text
    page = await clerk.get("/desk/all")
    assert (await clerk.send(page, "/desk/views", title="x", **{"view.list": "queue/nobody/none"})).status == 400


async def test_no_more_than_fifty_views(at_desk: Sit, database: Database, town: Town) -> None:
    clerk, post = await at_desk("10001"), town.staff["10001"]
    values = [{"post_id": post.post_id, "department_id": None, "title": f"V{i}", "query": {}, "created": MOMENT} for i in range(workbench.MOST_VIEWS)]
    async with database.transaction() as db:
        await db.execute(insert(workbench.saved_view), values)
    page = await clerk.send(await clerk.get("/desk/all"), "/desk/views", title="One more")
    assert (page.status, "You keep 50 views already" in page.text) == (409, True)


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        ({"list": "all", "filters": {"colour": "red", "state": "working"}}, "There is no filter “colour”"),
        ({"list": "all", "filters": {"category": "witchcraft"}}, "“Category” has no “witchcraft” here"),
        ({"list": "queue/gone/new", "filters": {}}, "The list “queue/gone/new” that this view narrows is gone"),
        ({"list": 7, "filters": [1]}, "is gone"),
        ([], "is gone"),
        ({"list": "all", "filters": {"state": ["new"], "from": None}}, "has no"),
    ],
)
async def test_a_view_on_a_field_that_is_gone_opens_and_tells(at_desk: Sit, database: Database, town: Town, file: Any, kept: Any, told: str) -> None:
    await file("Lamp")
    values = {"post_id": town.staff["10001"].post_id, "department_id": None, "title": "Old", "query": kept, "created": MOMENT}
    async with database.transaction() as db:
        view_id = (await db.execute(insert(workbench.saved_view).values(values).returning(workbench.saved_view.c.id))).scalar_one()
    clerk = await at_desk("10001")
    page = await clerk.get(f"/desk/view/{view_id}")
    assert (page.status, told in page.text) == (200, True)
    for path in ("/desk", "/desk/views"):
        assert (await clerk.get(path)).status == 200


# -- one thing for many -------------------------------------------------------------------------------------------------------


async def token(person: Person) -> str:
    return str((await person.get("/sign-in")).form("/sign-in")["fields"]["_csrf_token"][0])


async def choose(person: Person, path: str, action: str, **ticked: Any) -> Page:
    return await person.send(await person.get(path), bulk.HOME, **({"bulk.action": f"tickets.request:{action}"} | ticked))


async def test_the_chosen_ones_are_assigned_with_a_result_for_each(at_desk: Sit, file: Any, act: Any, database: Database) -> None:
    one, two, three = await file("One", "Two", "Three")
    clerk = await at_desk("10001")
    page = await choose(clerk, "/desk/department", "assign", **{"bulk.number": [numbers.show(one), numbers.show(two), numbers.show(three)]})
    assert (page.status, "3 cases chosen" in page.text) == (200, True)
    await act("10001", three, "sign")
    await act("10001", three, "answer", text="Mended.", solved="yes")
    wrong = await clerk.send(page, bulk.HOME, officer="99999")
    assert (wrong.status, "3 cases chosen" in wrong.text) == (400, True)
    done = await clerk.send(wrong, bulk.HOME, officer="10002")
    assert done.status == 200
    assert "Done: 3. Refused: 0." in done.text
    again = await clerk.send(wrong, bulk.HOME, officer="10002")
    assert "Done: 3. Refused: 0." in again.text
    async with database.transaction() as db:
        counted = await db.execute(text("select count(*) from kernel.case_event where kind = 'assign'"))
        assert counted.scalar_one() == 3


async def test_what_is_refused_says_why_and_the_rest_is_done(at_desk: Sit, file: Any, act: Any, town: Town) -> None:
    mine, signed = await file("Mine", "Signed")
    (elsewhere,) = await file("Noise", category="noise")
    clerk = await at_desk("10001")
    page = await choose(
        clerk, "/desk/department", "sign", **{"bulk.number": [numbers.show(n) for n in (mine, signed, elsewhere)] + ["0000-0000-0000", "rubbish"]}
    )
    await act("10001", signed, "sign")
    done = await clerk.send(page, bulk.HOME)
    assert done.status == 200
    assert "Done: 1. Refused: 4." in done.text
    assert "Noise" not in done.text  # what the clerk may not see is not told


async def test_all_that_a_list_finds_are_chosen_at_once(at_desk: Sit, file: Any) -> None:
    await file(*(f"Lamp {i}." for i in range(30)))
    await file("By telephone", channel="telephone")
    clerk = await at_desk("10001")
    page = await choose(clerk, "/desk/department?channel=web", "sign", **{"bulk.all": "yes"})
    assert "30 cases chosen" in page.text
    done = await clerk.send(page, bulk.HOME)
    assert "Done: 30. Refused: 0." in done.text
    assert shown(await clerk.get("/desk/department?state=new")) == ["By telephone"]
    await clerk.get("/desk/department")  # what one did oneself is not new to oneself


async def test_more_than_a_thousand_are_refused_and_nothing_is_done(at_desk: Sit, file: Any, database: Database) -> None:
    (number,) = await file("Lamp")
    clerk = await at_desk("10001")
    many = " ".join([number, *(f"{i:012d}" for i in range(bulk.MOST))])
    page = await choose(clerk, "/desk/department", "sign", **{"bulk.numbers": many})
    assert (page.status, "These are 1001 cases" in page.text) == (400, True)
    async with database.transaction() as db:
        assert (await db.execute(select(case.c.state).where(case.c.number == number))).scalar_one() == "new"


async def test_of_more_than_a_thousand_found_the_first_thousand_are_taken_and_that_is_told(
    at_desk: Sit, file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "MOST", 3)
    await file(*(f"Lamp {i}." for i in range(5)))
    page = await choose(await at_desk("10001"), "/desk/department", "sign", **{"bulk.all": "yes"})
    assert "3 cases chosen" in page.text
    assert "The list finds more than 3 cases" in page.text


async def test_a_thousand_of_which_some_are_refused(at_desk: Sit, file: Any, database: Database, town: Town) -> None:
    taken = await file(*(f"Lamp {i}." for i in range(900)))
    clerk = await at_desk("10001")
    async with database.transaction() as db:
        await db.execute(update(case).where(case.c.number.in_(taken[:100])).values(department_id=town.department("east-works")))
    page = await choose(clerk, "/desk/department", "sign", **{"bulk.numbers": " ".join(taken) + " " + " ".join(f"{i:012d}" for i in range(100))})
    with statements(clerk.client.app.state.site.database) as counted:
        done = await clerk.send(page, bulk.HOME)
    assert "Done: 800. Refused: 200." in done.text
    assert 4 < len(counted) <= 12, counted


async def test_nothing_chosen_nothing_allowed_nothing_known(at_desk: Sit, file: Any) -> None:
    (number,) = await file("Lamp")
    clerk = await at_desk("10001")
    page = await choose(clerk, "/desk/department", "sign")
    assert (page.status, "Choose at least one case" in page.text) == (400, True)
    page = await choose(clerk, "/desk/department", "withdraw", **{"bulk.number": number})
    assert (page.status, "None of these cases allows that now" in page.text) == (409, True)
    page = await choose(clerk, "/desk/department", "sign", **{"bulk.number": number})
    assert (await clerk.send(page, bulk.HOME, **{"bulk.action": "nobody.nothing:never"})).status == 400
    assert (await clerk.send(page, bulk.HOME, **{"bulk.list": "nothing", "bulk.filters": "%%%&&&=="})).status == 200


# -- hand-over ------------------------------------------------------------------------------------------------------------------


async def test_a_note_is_handed_over_once_to_ones_own_department(at_desk: Sit) -> None:
    desk = await at_desk("20001")
    page = await desk.get("/desk/handover")
    assert "No notes yet" in page.text
    for _time in range(2):
        await desk.send(page, "/desk/handover", text="Two lamps <b>wait</b>.\nCall back after six.")
    page = await desk.get("/desk/handover")
    assert page.text.count("Two lamps <b>wait</b>.") == 1
    assert "<b>wait" not in page.response.text
    assert "Two lamps" in (await desk.get("/desk/group/intake-desk")).text
    assert (await desk.send(page, "/desk/handover", text="")).status == 400
    long = await desk.send(page, "/desk/handover", text="长" * 4001)
    assert (long.status, long.form("/desk/handover")["fields"]["text"][0]) == (400, "长" * 4001)
    assert "Two lamps" not in (await (await at_desk("10001")).get("/desk/handover")).text


async def test_the_sheet_of_keys_names_every_key(at_desk: Sit) -> None:
    page = await (await at_desk("10001")).get("/desk/keys")
    assert page.status == 200
    assert re.findall(r"<kbd>([^<]+)</kbd>", page.response.text) == [
        "j",
        "k",
        "x",
        "Enter",
        "j",
        "k",
        "Ctrl",
        "Enter",
        "u",
        "/",
        "g",
        "m",
        "g",
        "d",
        "g",
        "a",
        "?",
    ]


async def test_a_resident_has_no_lists(client: AsyncTestClient[Any], database: Database, town: Town, clock: Clock) -> None:
    async with database.transaction() as db:
        token = await access.open_session(db, town.residents["resident0"].person_id or 0, clock())
    client.cookies.set(SESSION_COOKIE, token)
    for path in ("/desk/views", "/desk/handover", "/desk/keys", "/desk/queue/tickets/new", "/desk/group/intake-desk"):
        assert (await Person(client).get(path)).status == 403, path


async def test_from_a_case_the_way_leads_back_to_the_list_it_was_opened_from(client: AsyncTestClient[Any], at_desk: Sit, file: Any) -> None:
    (number,) = await file("Lamp")
    clerk, address = await at_desk("10001"), f"/desk/case/{numbers.show(number)}"
    back = {p: (await clerk.get(p), (await clerk.get(address)).links["Back to the list"])[1] for p in ("/desk", "/desk/department?state=new&lang=en")}
    assert list(back.values()) == ["/desk", "/desk/department?state=new"]
    session = client.cookies[SESSION_COOKIE]
    client.cookies.clear()
    for wrong in ("//elsewhere.example", "/desk/case/1", "javascript:alert(1)", "%2Fdesk%3F%0d%0aX", "/admin"):
        sent = clerk.headers | {"cookie": f"{SESSION_COOKIE}={session}; list={wrong}"}
        assert Page(await client.get(address, headers=sent)).links["Back to the list"] == "/desk", wrong
