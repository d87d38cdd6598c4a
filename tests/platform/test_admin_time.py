"""An administrator meets time: the calendar and what a change moves, limits and rules, tomorrow's escalations; each with a reason, on record."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from banshi.audit import audit_entry, verify
from banshi.cases import numbers, opening
from banshi.cases.book import load_house
from banshi.cases.tables import case, deadline
from banshi.clock.tables import calendar_version
from banshi.db import Database
from banshi.escalation import recounting, sweeping
from banshi.identity import access
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Clock, Town, ground, statements
from banshi.web.site import SESSION_COOKIE

ADMINISTRATOR, ENGINEER, CLERK = "90001", "90002", "10001"
EAST, FORM = "/admin/calendar/east", "/admin/calendar/east/change"
PAGES = (
    *("/admin/calendar", EAST, "/admin/calendar/ruan?year=2025", "/admin/calendar/ruan?year=nonsense"),
    *(
        "/admin/rules",
        "/admin/rules/east",
        "/admin/rules/east/tickets.request.promised",
        "/admin/rules/east/tickets.idle",
        "/admin/rules/east/tickets.backlog",
    ),
    *("/admin/escalations", "/admin/escalations/east?until=2027-06-01", "/admin/escalations/east?after=nonsense"),
)
Client = AsyncTestClient[Any]


@pytest_asyncio.fixture(loop_scope="session")
async def city(fresh_url: str) -> AsyncIterator[Database]:
    """The database of this test alone: calendars and limits are never taken back."""
    database = Database(fresh_url, pool_size=4)
    yield database
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(city: Database, registry: Registry, clock: Clock) -> AsyncIterator[Client]:
    """The application before that database."""
    settings = Settings(database_url=city.url, secret_key=(SECRET,), secure_cookies=False)
    async with ground.serving(settings, registry, clock) as caller:
        yield caller


@pytest.fixture
def officer(visitor: Client, city: Database, town: Town, clock: Clock) -> Any:
    """A function that signs an officer in."""

    async def sign_in(staff_number: str, language: str = "en") -> Person:
        async with city.transaction() as db:
            visitor.cookies.set(SESSION_COOKIE, await access.open_session(db, town.staff[staff_number].person_id or 0, clock()))
        return Person(visitor, language)

    return sign_in


@pytest.fixture
def settle(city: Database, town: Town) -> Any:
    """A function that does what the worker does: counts what was asked for, then everything."""

    async def house(db: Any) -> Any:
        return await load_house(db, town.house.registry, town.house.keyring)

    async def count(*, everything: bool = False) -> int:
        if everything:
            return await sweeping.recount(city.transaction, house)
        return await recounting.run(city.transaction, house, lambda: MOMENT)

    return count


async def file(city: Database, town: Town, wanted: Any, many: int = 1, district: str = "east", at: datetime = MOMENT) -> list[str]:
    async with city.transaction() as db:
        return [
            (await opening.open_one(db, town.house, town.residents["resident0"], wanted(district=district, area=""), at)).number for _n in range(many)
        ]


async def entries(city: Database) -> list[tuple[str, str, dict[str, Any]]]:
    async with city.transaction() as db:
        rows = await db.execute(select(audit_entry).order_by(audit_entry.c.sequence))
        return [(r.kind, r.subject, r.body) for r in rows]


async def promised(city: Database, number: str) -> datetime:
    async with city.transaction() as db:
        found = await db.execute(select(deadline.c.promised).join(case, case.c.id == deadline.c.case_id).where(case.c.number == number))
        return found.scalar_one()  # type: ignore[no-any-return]


def holiday(**more: Any) -> dict[str, Any]:
    return {"from-1": ["2026-11-25"], "to-1": ["2026-11-26"], "kind-1": ["off"], "zh-1": ["阮城日"], "en-1": ["Ruan Day"], "do": ["preview"]} | more


async def send(person: Person, page: Page, **fields: Any) -> Page:
    return await person.send(page, FORM, **{k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in fields.items()})


def making(page: Page, reason: str = "The city's founding day") -> dict[str, Any]:
    form = next(f for f in page.forms if f["fields"].get("do") == ["make"])
    return form["fields"] | {"reason": [reason]}


# -- reading -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_every_page_is_there_in_at_most_eight_queries(
    officer: Any, city: Database, town: Town, wanted: Any, settle: Any, visitor: Client, language: str
) -> None:
    await file(city, town, wanted, 3)
    await settle(everything=True)
    for staff_number in (ADMINISTRATOR, ENGINEER):
        person = await officer(staff_number, language)
        await person.get("/admin")
        for path in PAGES:
            with statements(visitor.app.state.site.database) as said:
                page = await person.get(path)
            assert page.status == 200, path
            assert len(said) <= 8, (path, said)


async def test_a_year_at_a_glance_says_off_worked_and_by_whose_word(officer: Any) -> None:
    page = await (await officer(ADMINISTRATOR)).get(EAST)
    assert "Calendar of East, 2026" in page.text
    assert "1 Oct 2026 – 7 Oct 2026: Day off (National Day)" in page.text
    assert "10 Oct 2026: Worked (National Day)" in page.text
    assert "Provisional" not in page.text
    assert "The published holidays of China" in page.text
    assert "09:00-12:00, 13:00-17:00" in page.text
    zh = await (await officer(ADMINISTRATOR, "zh")).get(EAST)
    assert "2026年10月1日 – 10月7日：放假（国庆节）" in zh.text or "国庆节" in zh.text


async def test_a_year_that_nobody_published_is_provisional_and_presses_from_november_on(officer: Any, clock: Clock) -> None:
    administrator = await officer(ADMINISTRATOR)
    page = await administrator.get("/admin/calendar/ruan?year=2027")
    assert page.text.count("provisional") >= 12
    assert "Nobody has published the days off of 2027: Ruan, East, West, North." in (await administrator.get("/admin")).text
    assert (await administrator.get("/desk")).links.get("4") == "/admin"  # in the header of every page
    clock.moment = datetime.fromisoformat("2026-10-31T23:00:00+08:00")
    administrator = await officer(ADMINISTRATOR)
    assert "Nobody has published" not in (await administrator.get("/admin")).text


@pytest.mark.parametrize("path", [*PAGES, FORM])
async def test_it_is_for_administrators(officer: Any, visitor: Client, path: str) -> None:
    assert (await (await officer(CLERK)).get(path)).status == 403
    visitor.cookies.delete(SESSION_COOKIE)
    assert (await Person(visitor).get(path)).status == 401


async def test_an_engineer_reads_and_changes_nothing(officer: Any, city: Database) -> None:
    engineer = await officer(ENGINEER)
    assert "Change the calendar" not in (await engineer.get(EAST)).links
    assert (await engineer.get(FORM)).status == 403
    token = (await engineer.get("/sign-in")).form("/sign-in")["fields"]["_csrf_token"][0]
    for path in (FORM, "/admin/rules/east/tickets.idle"):
        assert (await engineer.post(path, {"_csrf_token": token, "do": "make", "on": "off", "reason": "x"})).status == 403
    assert await entries(city) == []


@pytest.mark.parametrize(
    "path", ["/admin/calendar/atlantis", "/admin/calendar/elm", "/admin/rules/east/nothing", "/admin/rules/west/tickets.idle", "/admin/escalations/x"]
)
async def test_what_is_not_there_is_not_found(officer: Any, path: str) -> None:
    assert (await (await officer(ADMINISTRATOR)).get(path)).status == 404


# -- changing the calendar ---------------------------------------------------------------------------------------------


async def test_a_change_is_shown_before_it_is_made_and_then_made_with_a_reason(
    officer: Any, city: Database, town: Town, wanted: Any, settle: Any, keyring: Keyring
) -> None:
    here, elsewhere = (await file(city, town, wanted))[0], (await file(city, town, wanted, district="north"))[0]
    await settle(everything=True)
    administrator = await officer(ADMINISTRATOR)
    preview = await send(administrator, await administrator.get(FORM), **holiday())
    assert preview.status == 200
    assert "25 Nov 2026 – 26 Nov 2026: Day off (Ruan Day)" in preview.text
    assert "It moves 1 open case." in preview.text
    assert numbers.show(here) in preview.text
    assert "30 Nov 2026, 17:00 → 2 Dec 2026, 17:00" in preview.text
    assert numbers.show(elsewhere) not in preview.text
    assert await entries(city) == []

    made = await administrator.post(FORM, making(preview))
    assert made.response.url.path == EAST
    assert "Since 23 Nov 2026, 09:30 the open cases are being counted anew" in made.text
    assert "The city's founding day" in made.text
    assert "Staff 90001" in made.text
    assert (await promised(city, here)).isoformat() == "2026-11-30T09:00:00+00:00"
    assert await settle() == 1
    assert (await promised(city, here)).isoformat() == "2026-12-02T09:00:00+00:00"
    assert "being counted anew" not in (await administrator.get(EAST)).text
    ((kind, subject, body),) = await entries(city)
    assert (kind, subject, body["days"], body["published"]) == ("calendar.changed", "district:east", 1, [])
    async with city.transaction() as db:
        assert await verify(db, keyring) == []


async def test_the_same_form_sent_twice_is_one_change(officer: Any, city: Database) -> None:
    administrator = await officer(ADMINISTRATOR)
    preview = await send(administrator, await administrator.get(FORM), **holiday())
    for _time in range(2):
        assert (await administrator.post(FORM, making(preview))).response.url.path == EAST
    assert len(await entries(city)) == 1


async def test_somebody_who_was_quicker_is_not_overwritten_and_the_input_is_kept(officer: Any, city: Database) -> None:
    administrator = await officer(ADMINISTRATOR)
    first = await send(administrator, await administrator.get(FORM), **holiday())
    other = await send(administrator, await administrator.get(FORM), **holiday(**{"from-1": ["2026-12-01"], "to-1": [""]}))
    await administrator.post(FORM, making(other))
    late = await administrator.post(FORM, making(first))
    assert late.status == 409
    assert "Somebody changed this calendar" in late.text
    fields = late.form(FORM)["fields"]
    assert (fields["from-1"], fields["en-1"]) == (["2026-11-25"], ["Ruan Day"])
    again = await send(administrator, late, do="preview")
    assert (await administrator.post(FORM, making(again))).response.url.path == EAST
    assert len(await entries(city)) == 2


async def test_hours_the_switch_and_the_years_are_changed_and_given_back(officer: Any, city: Database, town: Town) -> None:
    administrator = await officer(ADMINISTRATOR)
    wanted = {"as_above": [], "hours-5": "09:00-12:00", "after_hours": "own", "published": ["2027"], "do": "preview"}
    preview = await administrator.send(await administrator.get(FORM), FORM, **wanted)
    for told in ("Saturday 09:00-12:00", "received on the day on which it came", "The days off of 2027 are published."):
        assert told in preview.text
    page = await administrator.post(FORM, making(preview))
    assert "Saturday 09:00-12:00" in page.text
    assert "2027: East" not in (await administrator.get("/admin")).text
    assert "2027: Ruan, West, North" in (await administrator.get("/admin")).text
    back = await administrator.send(await administrator.get(FORM), FORM, as_above="true", after_hours="above", published=[], do="preview")
    assert "Hours of the week as the district above." in back.text
    await administrator.post(FORM, making(back))
    async with city.transaction() as db:
        rows = (await db.execute(select(calendar_version).where(calendar_version.c.district_id == town.district("east")))).all()
    assert [(r.week is None, r.after_hours, r.published) for r in rows] == [(False, False, [2027]), (True, None, [])]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"from-1": "2026-11-26", "to-1": "2026-11-25"}, "before the first"),
        ({"from-1": "someday"}, "is no day"),
        ({"to-1": "2026-11-25", "from-1": ""}, "first of several"),
        ({"kind-1": "maybe"}, "what these days are"),
        ({"from-2": "2026-11-26", "kind-2": "work"}, "ranges must not overlap"),
        ({"hours-0": "22:00-02:00", "as_above": []}, "cannot run past midnight"),
        ({"hours-0": "09:00-12:00, 11:00-13:00", "as_above": []}, "overlap"),
        ({"from-1": "2027-02-01", "to-1": "2027-02-28"}, "In 2027-02 no day would be worked"),
        ({"after_hours": "sometimes"}, "need your attention"),
        ({"from-1": "", "to-1": "", "zh-1": "", "en-1": ""}, "Nothing would change"),
        ({"en-1": "x" * 200}, "at most 60 characters"),
    ],
)
async def test_what_is_wrong_is_told_and_the_input_is_kept(officer: Any, city: Database, fields: dict[str, Any], says: str) -> None:
    administrator = await officer(ADMINISTRATOR)
    page = await administrator.send(await administrator.get(FORM), FORM, **({k: v[0] for k, v in holiday().items()} | fields))
    assert page.status == 400
    assert says in page.text
    kept = page.form(FORM)["fields"]
    for name, value in fields.items():
        if name.startswith(("from", "to", "en", "hours")):
            assert kept[name] == ([value] if isinstance(value, str) else value)
    assert await entries(city) == []


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
async def test_without_a_reason_nothing_is_changed(officer: Any, city: Database, reason: str) -> None:
    administrator = await officer(ADMINISTRATOR)
    preview = await send(administrator, await administrator.get(FORM), **holiday())
    page = await administrator.post(FORM, making(preview, reason))
    assert page.status == 400
    assert "Say why" in page.text
    assert making(page)["from-1"] == ["2026-11-25"]
    assert await entries(city) == []


async def test_a_file_fills_the_form_and_is_made_like_any_other_change(officer: Any, visitor: Client, city: Database) -> None:
    administrator = await officer(ADMINISTRATOR)
    fields = (await administrator.get(FORM)).form(FORM)["fields"]
    days = (
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
        "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20271001\r\nDTEND;VALUE=DATE:20271008\r\nSUMMARY:国庆节（休）\r\nEND:VEVENT\r\n"
        "BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20271009\r\nSUMMARY:国庆节 补班\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    ).encode()

    async def upload(content: bytes) -> Page:
        sent = {k: v[-1] for k, v in fields.items() if v and k != "file"} | {"do": "import"}
        file = {"file": ("days.ics", content, "text/calendar")}
        return Page(await visitor.post(FORM, data=sent, files=file, headers={"accept-language": "en"}))

    page = await upload(days)
    assert page.status == 200
    assert "The file has 2 ranges" in page.text
    filled = page.form(FORM)["fields"]
    assert (filled["from-1"], filled["to-1"], filled["kind-1"], filled["zh-1"]) == (["2027-10-01"], ["2027-10-07"], ["off"], ["国庆节"])
    assert (filled["from-2"], filled["kind-2"], filled["published"]) == (["2027-10-09"], ["work"], ["2027"])
    assert await entries(city) == []
    preview = await administrator.send(page, FORM, do="preview")
    assert "The days off of 2027 are published." in preview.text
    made = await administrator.post(FORM, making(preview))
    assert "1 Oct 2027 – 7 Oct 2027: Day off (国庆节)" in made.text
    for broken, says in (
        (b"nonsense", "no iCalendar file"),
        (b"", "Choose an iCalendar file"),
        (days.replace(b"VALUE=DATE:20271009", b"TZID=Europe/Berlin:20271009T000000"), "time zone"),
    ):
        wrong = await upload(broken)
        assert (wrong.status, says in wrong.text) == (400, True), says
    assert (await visitor.post(FORM, data={"do": "import"}, files={"file": ("x.ics", b"x" * 1_100_000)})).status_code in {400, 403, 413}


async def test_the_whole_line_of_more_lines_and_the_way_back(officer: Any) -> None:
    administrator = await officer(ADMINISTRATOR)
    more = await send(administrator, await administrator.get(FORM), **holiday(do=["more"]))
    fields = more.form(FORM)["fields"]
    assert "from-12" in fields
    assert fields["from-1"] == ["2026-11-25"]
    preview = await send(administrator, more, do="preview")
    back = next(f for f in preview.forms if f["fields"].get("do") == ["edit"])
    again = await administrator.post(FORM, back["fields"])
    assert again.form(FORM)["fields"]["en-1"] == ["Ruan Day"]


async def test_a_preview_of_many_says_so_and_stays_within_its_queries(
    officer: Any, city: Database, town: Town, wanted: Any, settle: Any, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from banshi.web.admin import changing

    monkeypatch.setattr(changing, "LOOKED", 3)
    monkeypatch.setattr(changing, "SHOWN", 2)
    await file(city, town, wanted, 6)
    await settle(everything=True)
    administrator = await officer(ADMINISTRATOR)
    form = await administrator.get(FORM)
    with statements(visitor.app.state.site.database) as said:
        preview = await send(administrator, form, **holiday())
    assert "There are many: of the first 4 open cases that it may concern it moves 4." in preview.text
    assert "The first 2 are shown." in preview.text
    assert len(said) <= 8


# -- limits and rules --------------------------------------------------------------------------------------------------


async def set_rule(person: Person, key: str, *, district: str = "east", **fields: Any) -> Page:
    path = f"/admin/rules/{district}/{key}"
    return await person.send(await person.get(path), path, **({"reason": "A test"} | fields))


async def test_a_limit_is_set_for_a_district_with_its_source_and_given_back(
    officer: Any, city: Database, town: Town, wanted: Any, settle: Any
) -> None:
    (before,) = await file(city, town, wanted, at=MOMENT - timedelta(minutes=1))
    administrator = await officer(ADMINISTRATOR)
    page = await set_rule(administrator, "tickets.request.promised", district="ruan", limit="3", urgent="1")
    assert page.response.url.path == "/admin/rules/ruan"
    assert "3 workdays; urgent: 1 workday set here" in page.text
    assert "3 workdays; urgent: 1 workday set in Ruan" in (await administrator.get("/admin/rules/east")).text
    await set_rule(administrator, "tickets.request.promised", limit="7", urgent="")
    async with city.transaction() as db:
        house = await load_house(db, town.house.registry, town.house.keyring)
        asked = wanted(area="")
        after = (await opening.open_one(db, house, town.residents["resident0"], asked, MOMENT + timedelta(minutes=1))).number
    await settle(everything=True)
    assert (await promised(city, before)).isoformat() == "2026-11-30T09:00:00+00:00"  # received before: as it was
    assert (await promised(city, after)).isoformat() == "2026-12-02T09:00:00+00:00"
    one = await administrator.get("/admin/rules/east/tickets.request.promised")
    form = next(f for f in one.forms if f["fields"].get("do") == ["inherit"])
    given = await administrator.post(form["action"], form["fields"] | {"inherit_reason": ["As the city"]})
    assert "3 workdays; urgent: 1 workday set in Ruan" in given.text
    history = await administrator.get("/admin/rules/east/tickets.request.promised")
    for told in ("As the city", "7 workdays", "Staff 90001"):
        assert told in history.text
    assert [(k, s, b["to"].get("limit")) for k, s, b in await entries(city)] == [
        ("limit.changed", "district:ruan", 3),
        ("limit.changed", "district:east", 7),
        ("limit.changed", "district:east", None),
    ]


async def test_a_rule_that_is_changed_holds_for_open_cases_once_they_are_counted(
    officer: Any, city: Database, town: Town, wanted: Any, settle: Any
) -> None:
    await file(city, town, wanted)
    await settle(everything=True)
    administrator = await officer(ADMINISTRATOR)
    later = "/admin/escalations/east?until=2026-11-27"
    idle = "Nothing happened for days"
    assert idle in (await administrator.get(later)).text
    page = await set_rule(administrator, "tickets.idle", on="off")
    assert "being counted anew" in page.text
    assert await settle() == 1
    assert idle not in (await administrator.get(later)).text
    await set_rule(administrator, "tickets.idle", on="on", limit="1")
    await settle()
    assert "limit 1 workday" in (await administrator.get("/admin/escalations/east")).text
    await set_rule(administrator, "tickets.idle", by="hand")
    await settle()
    assert idle not in (await administrator.get(later)).text


@pytest.mark.parametrize("limit", ["0", "-3", "2.5", "five", "", "٣", "99999999999999999999", "2001"])
async def test_a_limit_that_is_none_is_refused(officer: Any, city: Database, limit: str) -> None:
    page = await set_rule(await officer(ADMINISTRATOR), "tickets.request.promised", limit=limit)
    assert page.status == 400
    assert "whole number from 1 to 2000" in page.text
    assert page.form("/admin/rules/east/")["fields"]["limit"] == [limit] if limit else True
    assert await entries(city) == []


async def test_a_rule_that_could_never_fire_is_refused(officer: Any, city: Database) -> None:
    administrator = await officer(ADMINISTRATOR)
    page = await set_rule(administrator, "tickets.request.sign", on="off")
    assert page.status == 400
    assert "The rule “Nobody signed for it” watches this limit" in page.text
    assert (await set_rule(administrator, "tickets.unsigned", on="off")).status == 200
    assert (await set_rule(administrator, "tickets.request.sign", on="off")).status == 200
    refused = await set_rule(administrator, "tickets.unsigned", on="on")
    assert refused.status == 400
    assert "could never fire" in refused.text
    assert len(await entries(city)) == 2


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("tickets.request.promised", {"urgent": "9", "limit": "5"}),
        ("tickets.request.promised", {"on": "perhaps"}),
        ("tickets.request.promised", {"limit": "4", "reason": " "}),
        ("tickets.idle", {"by": "magic"}),
        ("tickets.backlog", {"limit": "0"}),
    ],
)
async def test_other_mistakes_are_told_and_nothing_is_set(officer: Any, city: Database, key: str, fields: dict[str, str]) -> None:
    assert (await set_rule(await officer(ADMINISTRATOR), key, **fields)).status == 400
    assert await entries(city) == []


async def test_a_rule_set_by_two_at_once_or_twice(officer: Any, city: Database) -> None:
    administrator = await officer(ADMINISTRATOR)
    path = "/admin/rules/east/tickets.idle"
    page = await administrator.get(path)
    for _time in range(2):
        assert (await administrator.send(page, path, limit="2", reason="Once")).status == 200
    late = await administrator.send(page, path, limit="5", reason="Late")
    assert late.status == 409
    assert late.form(path)["fields"]["limit"] == ["5"]
    assert len(await entries(city)) == 1


# -- what would happen -------------------------------------------------------------------------------------------------


async def test_tomorrow_s_escalations_say_which_rule_when_and_why_and_lead_to_the_case_where_it_may_be_seen(
    officer: Any, city: Database, town: Town, wanted: Any, settle: Any
) -> None:
    (here,) = await file(city, town, wanted)
    (there,) = await file(city, town, wanted, district="north")
    await settle(everything=True)
    administrator = await officer(ADMINISTRATOR)
    page = await administrator.get("/admin/escalations")
    for told in (
        numbers.show(here),
        numbers.show(there),
        "Nobody signed for it",
        "since 23 Nov 2026, 09:30, limit 4 working hours",
        "the department is told",
    ):
        assert told in page.text
    assert "on 2 cases" in page.text
    assert numbers.show(here) not in page.links  # the administrator holds no right on requests
    east = await administrator.get("/admin/escalations/east?until=2026-11-26")
    assert numbers.show(there) not in east.text
    assert "Nothing happened for days" in east.text
    assert numbers.show(here) not in (await administrator.get("/admin/escalations/east?until=2026-11-20")).text
    wrong = await administrator.get("/admin/escalations/east?until=someday")
    assert (wrong.status, "is no day" in wrong.text) == (400, True)


async def test_a_long_list_is_paged_by_key_and_the_file_has_all_of_it(
    officer: Any, city: Database, town: Town, wanted: Any, settle: Any, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from banshi.web.admin import escalations

    monkeypatch.setattr(escalations, "PAGE", 2)
    monkeypatch.setattr(escalations, "BATCH", 2)
    filed = await file(city, town, wanted, 5)
    await settle(everything=True)
    administrator = await officer(ADMINISTRATOR)
    seen: list[str] = []
    path: str | None = "/admin/escalations/east"
    while path:
        page = await administrator.get(path)
        seen += [n for n in filed if numbers.show(n) in page.text]
        path = page.links.get("Further cases")
    assert sorted(seen) == sorted(filed)
    answer = await visitor.get("/admin/escalations/east/csv?until=2026-11-24", headers={"accept-language": "en"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {r["Number"] for r in rows} == {numbers.show(n) for n in filed}
    assert {r["Rule"] for r in rows} >= {"Nobody signed for it"}
    assert ("escalations.exported", "district:east") in [(k, s) for k, s, _b in await entries(city)]


async def test_a_backlog_near_its_limit_is_shown_before_it_is_over(officer: Any, city: Database, town: Town, wanted: Any, settle: Any) -> None:
    await file(city, town, wanted, 5)
    administrator = await officer(ADMINISTRATOR)
    assert "No department has too many of one kind." in (await administrator.get("/admin/escalations")).text
    await set_rule(administrator, "tickets.backlog", district="ruan", limit="5")
    page = await administrator.get("/admin/escalations")
    assert "near the limit" in page.text
    await set_rule(administrator, "tickets.backlog", district="ruan", limit="4")
    assert "over the limit" in (await administrator.get("/admin/escalations")).text
