"""What was escalated, or is a major case, ends with a report: the office cannot close it before, and leaders read what was learnt (domain 2.7)."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from browsing import Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select, text, update

from banshi.cases import acting, numbers, opening, reading, verifying
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.tables import case, case_event
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.errors import Forbidden, Invalid, KeyReused, NotAllowedNow, NotFound
from banshi.escalation import reports
from banshi.escalation.reports import ClosingReport, Wanted
from banshi.escalation.tables import closing_report
from banshi.search import finding, indexing
from banshi.testing import MOMENT, Clock, Town, statements

CLERK, HEAD, EAST, CITY, INTAKE, OVERSIGHT, ADMINISTRATOR = "10005", "10006", "10003", "10007", "20001", "30001", "90001"
REPORT = {"cause": "The saw was broken.", "short": "Rent a saw.", "urgency": "2"}
Sit = Callable[[str], Awaitable[Person]]


class Park:
    """A fallen tree that became a major case of the parks."""

    def __init__(self, db: Connection, town: Town, wanted: Any) -> None:
        self.db, self.town, self.house, self.wanted, self.at = db, town, town.house, wanted, MOMENT

    async def file(self, **more: Any) -> str:
        filed = self.wanted(**({"category": "greenery", "text": "A tree fell."} | more))
        return (await opening.open_one(self.db, self.house, self.town.residents["resident0"], filed, self.at)).number

    async def major(self, **more: Any) -> str:
        number = await self.file(**more)
        await self.act(HEAD, number, "mark_major", text="A road is shut.")
        return number

    async def act(self, who: str | Actor, number: str, action: str, **data: Any) -> Any:
        self.at += timedelta(minutes=1)
        actor = self.town.staff[who] if isinstance(who, str) else who
        form = decode(self.house.registry.case_type("tickets.request").action(action).form, data)
        return await acting.act_one(self.db, self.house, actor, Act(number=number, action=action, form=form), self.at)

    async def report(self, who: str, number: str, *, key: str = "", at: datetime | None = None, **said: Any) -> Any:
        self.at += timedelta(minutes=1)
        form = decode(ClosingReport, REPORT | said)
        return await reports.write(self.db, self.house, self.town.staff[who], number, form, at or self.at, key=key)

    async def row(self, number: str) -> Any:
        return (await self.db.execute(select(case).where(case.c.number == number))).one()

    async def told(self, number: str, kind: str = "reported") -> list[Any]:
        events = select(case_event).join(case, case.c.id == case_event.c.case_id).where(case.c.number == number, case_event.c.kind == kind)
        return list((await self.db.execute(events.order_by(case_event.c.sequence))).all())

    async def listed(self, who: str = OVERSIGHT, **wanted: Any) -> list[str]:
        rows, _more = await reports.listing(self.db, self.house, self.town.staff[who], Wanted(**wanted))
        return [r.number for r in rows]


@pytest.fixture
def park(db: Connection, town: Town, wanted: Any) -> Park:
    return Park(db, town, wanted)


# -- owing one ----------------------------------------------------------------------------------------------------------------


async def test_a_major_case_is_not_closed_before_its_report(park: Park) -> None:
    number = await park.major()
    await park.act(CLERK, number, "sign")
    await park.act(CLERK, number, "draft", text="The tree is gone.")
    await park.act(HEAD, number, "approve")
    with pytest.raises(NotAllowedNow, match="its closing report comes first"):
        await park.act(HEAD, number, "close", outcome="settled")
    await park.report(CLERK, number)
    row = await park.row(number)
    assert (row.owes, row.closed) == (False, None)
    await park.act(HEAD, number, "close", outcome="settled")
    assert (await park.row(number)).closed is not None


async def test_the_report_is_an_event_of_the_case_among_staff_and_in_its_chain(park: Park) -> None:
    number = await park.major()
    before = await park.row(number)
    await park.report(HEAD, number, avoided="Look after it.", long="Buy two.")
    (event,) = await park.told(number)
    assert (event.audience, event.capacity, event.state) == ("staff", "staff", before.state)
    assert event.body == {
        "form": {"cause": "The saw was broken.", "short": "Rent a saw.", "avoided": "Look after it.", "long": "Buy two.", "urgency": 2},
        "changed": {"owes": False},
    }
    row = await park.row(number)
    assert (row.revision, row.sequence) == (before.revision + 1, before.sequence + 1)
    assert not await verifying.verify(park.db, park.house.keyring)
    assert "reported" not in {e.kind for e in await reading.story(park.db, row.id, reading.FOR_APPLICANT)}


async def test_what_was_closed_by_the_resident_still_owes_it_and_can_be_reported_on(park: Park) -> None:
    number = await park.major()
    await park.act(park.town.residents["resident0"], number, "withdraw")
    closed = await park.row(number)
    assert closed.closed is not None
    assert closed.owes
    await park.report(HEAD, number)
    now = await park.row(number)
    assert (now.owes, now.closed, now.outcome, now.state) == (False, closed.closed, closed.outcome, closed.state)


async def test_a_case_that_owes_none_takes_none(park: Park) -> None:
    number = await park.file()
    with pytest.raises(NotAllowedNow, match="owes no closing report"):
        await park.report(HEAD, number)
    assert await park.told(number) == []


async def test_a_second_report_amends_the_first_the_latest_counts_and_both_stay(park: Park) -> None:
    number = await park.major()
    await park.report(HEAD, number, urgency="1")
    await park.report(CLERK, number, cause="Nobody had the key.", urgency="3")
    first, second = await park.told(number)
    assert (first.body["form"]["cause"], second.body["form"]["cause"]) == ("The saw was broken.", "Nobody had the key.")
    assert "changed" not in second.body
    rows, _next = await reports.listing(park.db, park.house, park.town.staff[OVERSIGHT], Wanted())
    assert [(r.urgency, r.body["form"]["cause"], r.sequence) for r in rows] == [(3, "Nobody had the key.", second.sequence)]


# -- whose it is --------------------------------------------------------------------------------------------------------------


async def test_officer_department_and_those_above_write_it_others_do_not(park: Park) -> None:
    number = await park.major()
    for who in (CLERK, HEAD, OVERSIGHT):
        assert reports.may_report(park.house, park.town.staff[who], await park.row(number)) is None, who
    await park.db.execute(update(case).where(case.c.number == number).values(helpers=[park.town.department("city-works")]))
    await park.report(CITY, number)  # above it by trade
    with pytest.raises(Forbidden, match="up to the department in charge"):
        await park.report(INTAKE, number)
    with pytest.raises(NotFound):
        await park.report("10001", number)  # does not see it
    with pytest.raises(NotFound):
        await park.report(ADMINISTRATOR, number)
    reader = msgspec.structs.replace(park.town.staff[CLERK], permissions=frozenset({"tickets.read"}))
    assert isinstance(reports.may_report(park.house, reader, await park.row(number)), Forbidden)
    own = msgspec.structs.replace(park.town.staff[CLERK], person_id=park.town.residents["resident0"].person_id)
    assert "own case" in str(reports.may_report(park.house, own, await park.row(number)))


# -- wrong, twice, at once ----------------------------------------------------------------------------------------------------


async def test_it_needs_a_cause_an_urgency_and_one_suggestion(park: Park) -> None:
    number = await park.major()
    with pytest.raises(Invalid) as wrong:
        await park.report(HEAD, number, short="  ")
    assert set(wrong.value.problems) == {"short"}
    with pytest.raises(Invalid) as wrong:
        await park.report(HEAD, number, cause="", urgency="4", long="x" * 5000)
    assert set(wrong.value.problems) == {"cause", "urgency", "long"}
    for urgency in ("", "0", "-1", "two", ["1", "2"]):
        with pytest.raises(Invalid):
            await park.report(HEAD, number, urgency=urgency)
    for field in ("short", "middle", "long"):
        await park.report(HEAD, number, **({"short": ""} | {field: "Do it another way."}))


async def test_sent_twice_it_stands_once_and_the_key_is_good_for_nothing_else(park: Park) -> None:
    number = await park.major()
    first = await park.report(HEAD, number, key="k")
    again = await park.report(HEAD, number, key="k")
    assert (first.fresh, again.fresh, again.revision) == (True, False, first.revision)
    with pytest.raises(KeyReused):
        await park.report(HEAD, number, key="k", cause="Another one.")
    assert len(await park.told(number)) == 1


async def test_two_who_press_at_once_leave_one_line_each_and_one_row(database: Database, town: Town, wanted: Any) -> None:
    async with database.transaction() as db:
        number = await Park(db, town, wanted).major()

    async def press(who: str, key: str) -> bool:
        async with database.transaction() as db:
            return bool((await Park(db, town, wanted).report(who, number, key=key)).fresh)

    fresh = await asyncio.gather(press(HEAD, "one"), press(HEAD, "one"), press(CLERK, "two"))
    assert sorted(fresh) == [False, True, True]
    async with database.transaction() as db:
        assert len(await Park(db, town, wanted).told(number)) == 2
        assert len((await db.execute(select(closing_report))).all()) == 1


# -- the list for leaders -----------------------------------------------------------------------------------------------------


async def test_the_most_urgent_come_first_then_the_newest_page_by_page(park: Park) -> None:
    wanted = [(await park.major(), str(u)) for u in (1, 3, 2, 3, 1)]
    for number, urgency in wanted:
        await park.report(HEAD, number, urgency=urgency)
    (a, _), (b, _), (c, _), (d, _), (e, _) = wanted
    assert await park.listed() == [d, b, c, e, a]
    found, place = [], None
    while True:
        rows, place = await reports.listing(
            park.db, park.house, park.town.staff[OVERSIGHT], Wanted(), reports.read_place(reports.write_place(place)), size=2
        )
        found += [r.number for r in rows]
        if place is None:
            break
    assert found == [d, b, c, e, a]


async def test_reports_are_found_by_place_department_category_time_and_words(park: Park) -> None:
    town, directory = park.town, park.house.directory
    tree_case = await park.major()
    lamp = await park.file(category="street_lighting")
    await park.db.execute(update(case).where(case.c.number == lamp).values(owes=True))
    await park.report(HEAD, tree_case, cause="电缆老化，没有备件。")
    await park.report("10001", lamp, cause="The controller burnt out.", at=MOMENT + timedelta(days=9))
    parks = directory.find("parks")
    assert parks is not None
    assert await park.listed(under={parks.id}) == [tree_case]
    assert await park.listed(departments={town.department("lighting")}) == [lamp]
    assert await park.listed(category="greenery") == [tree_case]
    assert await park.listed(districts={town.district("north")}) == []
    assert await park.listed(since=MOMENT + timedelta(days=5)) == [lamp]
    assert await park.listed(before=MOMENT + timedelta(days=5)) == [tree_case]
    for asked, expected in {"备件": [tree_case], "controllers": [lamp], "snow": [], "路灯": [lamp], "电缆 没有备件": [tree_case]}.items():
        assert await park.listed(terms=reports.words.terms(asked)) == expected, asked


async def test_a_leader_without_the_case_reads_what_was_learnt_and_no_title(park: Park) -> None:
    number = await park.major()
    await park.report(HEAD, number)
    (row,), _next = await reports.listing(park.db, park.house, park.town.staff[ADMINISTRATOR], Wanted())
    assert (row.number, row.sees) == (number, False)
    (row,), _next = await reports.listing(park.db, park.house, park.town.staff[OVERSIGHT], Wanted())
    assert row.sees
    own = msgspec.structs.replace(park.town.staff[OVERSIGHT], person_id=park.town.residents["resident0"].person_id)
    assert (await reports.listing(park.db, park.house, own, Wanted()))[0] == []


async def test_its_words_are_found_by_staff_and_by_no_resident(park: Park) -> None:
    number = await park.major()
    await park.report(HEAD, number, middle="Buy a chipper.")
    await indexing.index(park.db, park.house, [(await park.row(number)).id])
    by_staff = await finding.find(park.db, park.house, park.town.staff[HEAD], "chipper", park.at)
    by_resident = await finding.find(park.db, park.house, park.town.residents["resident0"], "chipper", park.at)
    assert ([r.number for r in by_staff.rows], list(by_resident.rows)) == ([number], [])


async def test_the_list_is_made_anew_from_the_record(park: Park) -> None:
    number = await park.major()
    await park.report(HEAD, number, urgency="1")
    await park.report(CLERK, number, urgency="3", long="Buy a chipper.")
    before = (await park.db.execute(select(closing_report))).all()
    await park.db.execute(closing_report.delete())
    await reports.restore(park.db, park.house, [(await park.row(number)).id])
    assert (await park.db.execute(select(closing_report))).all() == before


async def test_the_lists_read_their_indexes(park: Park) -> None:
    park_id, district = park.town.department("parks"), park.town.district("east")
    for dear in ("enable_seqscan", "enable_sort"):  # as they are on a large table
        await park.db.execute(text(f"set local {dear} = off"))
    asked = {
        "select * from kernel.closing_report order by urgency desc, written desc, case_id limit 26": "closing_report_urgency",
        "select * from kernel.closing_report where words @@ '''saw'''::tsquery": "closing_report_words",
        f'select id from kernel."case" where department_id = {park_id} and owes order by received, id limit 26': "case_owes",
        f'select id from kernel."case" where district_id = {district} and owes order by received, id limit 26': "case_owes_district",
    }
    for statement, index in asked.items():
        plan = "\n".join(str(r[0]) for r in await park.db.execute(text("explain " + statement)))
        assert index in plan, plan
        assert "Sort" not in plan, plan


# -- pages --------------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def owed(database: Database, town: Town, wanted: Any) -> str:
    """The number of a major case, as it is shown."""
    async with database.transaction() as db:
        return numbers.show(await Park(db, town, wanted).major())


@pytest.fixture
def later(clock: Clock) -> None:
    clock.moment = MOMENT + timedelta(hours=1)


@pytest.mark.usefixtures("later")
async def test_the_case_page_says_that_it_owes_one_leads_to_the_form_and_shows_it_in_the_story(at_desk: Sit, owed: str) -> None:
    clerk = await at_desk(CLERK)
    page = await clerk.get(f"/desk/case/{owed}")
    assert "It owes a closing report" in page.text
    form = await clerk.get(page.links["Write the closing report"])
    assert "A road is shut" not in form.text  # why it is major stands in the story
    assert "Marked as a major case" in form.text
    assert "No names, addresses or telephone numbers" in form.text
    wrong = await clerk.send(form, f"/desk/case/{owed}/closing-report", cause="The saw was broken.", urgency="3")
    assert wrong.status == 400
    assert "Write at least one suggestion" in wrong.text
    assert wrong.form(f"/desk/case/{owed}/closing-report")["fields"]["cause"] == ["The saw was broken."]
    assert wrong.form(f"/desk/case/{owed}/closing-report")["fields"]["urgency"] == ["3"]
    done = await clerk.send(wrong, f"/desk/case/{owed}/closing-report", short="Rent a saw.", long="Buy two.\nAnd look after them.")
    for said in ("Closing report", "What was the cause?", "The saw was broken.", "Rent a saw.", "What should change in the long run", "any day"):
        assert said in done.text, said
    assert "It owes a closing report" not in done.text
    again = await clerk.send(wrong, f"/desk/case/{owed}/closing-report", short="Rent a saw.", long="Buy two.\nAnd look after them.")
    assert again.text.count("The saw was broken.") == 1
    amended = await clerk.get(done.links["Write the closing report anew"])
    assert amended.form(f"/desk/case/{owed}/closing-report")["fields"]["long"] == ["Buy two.\nAnd look after them."]


@pytest.mark.usefixtures("later")
async def test_the_refusal_of_closing_leads_to_the_form(at_desk: Sit, owed: str, database: Database, town: Town, wanted: Any) -> None:
    async with database.transaction() as db:
        park = Park(db, town, wanted)
        await park.act(CLERK, numbers.read(owed), "sign")
        await park.act(CLERK, numbers.read(owed), "draft", text="Gone.")
        await park.act(HEAD, numbers.read(owed), "approve")
    head = await at_desk(HEAD)
    page = await head.get(f"/desk/case/{owed}?do=close")
    refused = await head.send(page, f"/desk/case/{owed}/close", outcome="settled")
    assert refused.status == 409
    assert f'<a href="/desk/case/{owed}/closing-report">' in refused.response.text


@pytest.mark.usefixtures("later")
async def test_the_portal_shows_nothing_of_it(
    client: AsyncTestClient[Any], at_desk: Sit, owed: str, town: Town, database: Database, wanted: Any
) -> None:
    async with database.transaction() as db:
        await Park(db, town, wanted).report(HEAD, numbers.read(owed))
    signed = Person(client)
    await signed.send(await signed.get("/sign-in"), "/sign-in", login="resident0", password="correct horse")
    for path in (f"/case/{owed}", "/my", "/my/inbox", f"/case/{owed}/print"):
        page = await signed.get(path)
        assert page.status == 200, path
        for said in ("closing report", "Closing report", "saw was broken"):
            assert said not in page.text, (path, said)


@pytest.mark.usefixtures("later")
async def test_whose_it_is_not_gets_no_form(at_desk: Sit, owed: str) -> None:
    intake = await at_desk(INTAKE)
    assert (await intake.get(f"/desk/case/{owed}/closing-report")).status == 403
    page = await intake.get(f"/desk/case/{owed}")
    assert "It owes a closing report" in page.text
    assert "Write the closing report" not in page.links
    clerk = await at_desk("10001")
    assert (await clerk.get(f"/desk/case/{owed}/closing-report")).status == 404


@pytest.mark.usefixtures("later")
async def test_what_owes_one_is_listed_and_counted_and_marked(at_desk: Sit, owed: str) -> None:
    for who in (CLERK, INTAKE):
        page = await (await at_desk(who)).get("/desk/owed")
        assert owed.split("-")[1] in page.text
        assert "Owes a closing report" in page.text
    assert (
        'href="/desk/owed" aria-current="page"><span class="views__text">To be written</span> <span class="views__count">1</span>'
        in page.response.text
    )
    other = await (await at_desk("10001")).get("/desk/owed")
    assert "Nothing is waiting here" in other.text
    clerk = await at_desk(CLERK)
    assert "Owes a closing report" in (await clerk.get("/desk/department")).text
    assert (await clerk.get("/desk/case/" + owed)).links["Back to the list"] == "/desk/department"


@pytest.mark.usefixtures("later")
async def test_leaders_read_filter_and_take_away_the_reports(at_desk: Sit, owed: str, database: Database, town: Town, wanted: Any) -> None:
    async with database.transaction() as db:
        await Park(db, town, wanted).report(HEAD, numbers.read(owed), middle="=Buy a chipper.")
    leader = await at_desk(OVERSIGHT)
    home = "/desk/closing-reports"
    with statements(database) as said:
        page = await leader.get(home)
    assert len(said) <= 8
    for expected in ("The saw was broken.", "Trees", "Rent a saw.", "Urgent: it will happen again", "East Parks", "A tree fell"):
        assert expected in page.text, expected
    for query in ("q=chipper", "area=east", "area=ruan", "under=city-works", "category=greenery", "from=2026-11-20", "to=2026-11-30"):
        assert "The saw was broken." in (await leader.get(f"{home}?{query}")).text, query
    for query in ("q=lamp", "area=north", "under=lighting", "category=noise", "from=2026-12-01", "to=2026-11-01"):
        assert "No closing report fits" in (await leader.get(f"{home}?{query}")).text, query
    for query in ("area=atlantis", "under=nobody", "category=x", "from=yesterday", "q=%00", "q=。"):
        page = await leader.get(f"{home}?{query}")
        assert (page.status, "it was left out" in page.text) == (200, True), query
    assert (await leader.get(f"{home}?after=nonsense")).status == 400
    assert "<mark>" in (await leader.get(f"{home}?q=chipper")).response.text
    as_csv = (await leader.get(f"{home}/export/csv?q=chipper")).response
    assert as_csv.headers["content-type"].startswith("text/csv")
    assert "The saw was broken." in as_csv.text
    assert "'=Buy a chipper." in as_csv.text
    book = zipfile.ZipFile(io.BytesIO((await leader.client.get(f"{home}/export/xlsx")).content))
    assert b"The saw was broken." in b"".join(book.read(n) for n in book.namelist())
    assert book.read("xl/worksheets/sheet1.xml").count(b"<row ") == 2
    assert (await leader.get(f"{home}/export/pdf")).status == 404
    async with database.transaction() as db:
        kinds = (await db.execute(text("select kind from kernel.audit_entry"))).scalars().all()
    assert kinds.count("reports.exported") == 2


@pytest.mark.usefixtures("later")
async def test_who_does_not_read_the_report_does_not_read_them(at_desk: Sit) -> None:
    clerk = await at_desk(CLERK)
    assert (await clerk.get("/desk/closing-reports")).status == 403
    assert (await clerk.get("/desk/closing-reports/export/csv")).status == 403
    assert "/desk/closing-reports" not in (await clerk.get("/desk")).response.text


@pytest.mark.usefixtures("later")
async def test_over_the_api(client: AsyncTestClient[Any], town: Town, owed: str) -> None:
    headers = {"authorization": f"Bearer {town.tokens[HEAD]}", "idempotency-key": "once"}
    path = f"/api/v1/cases/{owed}/closing-report"
    wrong = await client.post(path, json={"cause": "x", "urgency": 2}, headers=headers)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/short")
    body = {"cause": "The saw was broken.", "short": "Rent a saw.", "urgency": 3}
    done = [await client.post(path, json=body, headers=headers) for _ in range(2)]
    assert [(d.status_code, d.json()["fresh"]) for d in done] == [(200, True), (200, False)]
    now = (await client.get(f"/api/v1/cases/{owed}", headers=headers)).json()
    told = now["events"][-1]
    assert now["owes"] is False
    assert (told["kind"], told["audience"], told["body"]["form"]) == ("reported", "staff", body)
