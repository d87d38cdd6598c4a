"""Calendars as the database keeps them, one over another, in versions; what a change would move is what it then moves, and nothing that is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import func, select

from banshi.cases import acting, opening, timing
from banshi.cases.acting import Act
from banshi.cases.book import House, load_house
from banshi.cases.tables import case, deadline
from banshi.clock import changing, ics, keeping
from banshi.clock.changing import Change, Range
from banshi.clock.keeping import Day, Layer
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.errors import Invalid
from banshi.escalation import moving, recounting, sweeping
from banshi.escalation.tables import recount
from banshi.testing import MOMENT, Town

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = date(2026, 11, 23)  # a Monday


@pytest_asyncio.fixture(loop_scope="session")
async def city(fresh_url: str) -> AsyncIterator[Database]:
    """The database of this test alone: calendars are never taken back."""
    database = Database(fresh_url, pool_size=4)
    yield database
    await database.close()


@pytest.fixture
def now_house(town: Town) -> Any:
    """A function that reads the house as it is now."""

    async def read(db: Connection) -> House:
        return await load_house(db, town.house.registry, town.house.keyring)

    return read


async def change(city: Database, now_house: Any, district: str, at: datetime = MOMENT, **asked: Any) -> Layer:
    """Make a change as an administrator does, without a page; return what was made."""
    async with city.transaction() as db:
        house = await now_house(db)
        place = house.directory.tree.find(district)
        own = house.times.own_layer(place.id)
        layer = changing.changed(own, Change(**asked), place.id, at)
        await keeping.add_layer(
            db, place.id, days=layer.days, published=layer.published, week=layer.week, after_hours=layer.after_hours, at=at, reason="a test"
        )
        await recounting.ask(db, house.directory.tree, place.id, at)
    return layer


async def file(city: Database, town: Town, wanted: Any, many: int = 1, *, at: datetime = MOMENT, district: str = "east", **data: Any) -> list[str]:
    async with city.transaction() as db:
        asked = [wanted(district=district, area="", **data) for _n in range(many)]
        return [(await opening.open_one(db, town.house, town.residents["resident0"], one, at)).number for one in asked]


async def act(city: Database, now_house: Any, actor: Actor, number: str, action: str, at: datetime, **data: str) -> None:
    async with city.transaction() as db:
        house = await now_house(db)
        form = house.registry.case_type("tickets.request").action(action).form(**data)
        await acting.act_one(db, house, actor, Act(number=number, action=action, form=form), at)


async def index(city: Database) -> dict[str, tuple[datetime | None, ...]]:
    async with city.transaction() as db:
        rows = await db.execute(select(case.c.number, deadline).join(deadline, deadline.c.case_id == case.c.id).order_by(case.c.id))
        return {r.number: (r.promised, r.statutory, r.next) for r in rows}


async def clocks(city: Database, now_house: Any, number: str) -> Any:
    async with city.transaction() as db:
        house = await now_house(db)
        row = (await db.execute(select(case).where(case.c.number == number))).one()
        found = await timing.of_case(db, house, row)
        assert found is not None
        return found


def closing(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 17, tzinfo=SHANGHAI)


# -- layers ------------------------------------------------------------------------------------------------------------


async def test_a_district_s_days_lie_over_those_of_the_city_and_the_city_s_over_the_nation_s(city: Database, now_house: Any) -> None:
    spring, local = date(2026, 2, 17), date(2026, 3, 3)
    await change(city, now_house, "ruan", ranges=(Range(first=local, last=local, kind="off", name={"en": "City Day"}),), published=(2027,))
    await change(city, now_house, "east", ranges=(Range(first=local, last=local, kind="usual"), Range(first=spring, last=spring, kind="work")))
    async with city.transaction() as db:
        house = await now_house(db)
    calendars = {d.code: house.times.calendar(d.id) for d in house.directory.tree}
    assert not calendars["north"].works(local)
    assert calendars["north"].names[local] == {"en": "City Day"}
    assert not calendars["north"].works(spring)  # the nation's
    assert calendars["east"].works(local)
    assert calendars["elm"].works(spring)  # a street of the East
    assert all(not c.provisional(date(2027, 1, 1)) and c.provisional(date(2028, 1, 1)) for c in calendars.values())


async def test_what_a_district_gives_back_is_again_as_above(city: Database, now_house: Any) -> None:
    one = Range(first=date(2026, 12, 1), last=date(2026, 12, 3), kind="off")
    await change(city, now_house, "east", ranges=(one,), after_hours=False)
    made = await change(city, now_house, "east", ranges=(msgspec.structs.replace(one, kind="above"),))
    assert (made.days, made.after_hours) == ({}, None)
    async with city.transaction() as db:
        house = await now_house(db)
    tree = house.directory.tree
    assert house.times.calendar(tree.find("east").id).works(date(2026, 12, 2))
    assert house.times.calendar(tree.find("east").id).after_hours


# -- what a change moves -----------------------------------------------------------------------------------------------


def test_one_day_off_more_is_the_only_day_that_differs() -> None:
    usual = keeping.overlaid("Asia/Shanghai", [])
    layer = changing.changed(None, Change(ranges=(Range(first=TODAY, last=TODAY + timedelta(days=6), kind="off"),)), 1, MOMENT)
    assert changing.touched(usual, keeping.overlaid("Asia/Shanghai", [layer])) == (TODAY, date(2026, 11, 27))  # the weekend is off anyway
    longer = changing.changed(None, Change(after_hours=False), 1, MOMENT)
    assert changing.touched(usual, keeping.overlaid("Asia/Shanghai", [longer])) == "all"
    assert changing.touched(usual, keeping.overlaid("Asia/Shanghai", [changing.changed(None, Change(published=(2027,)), 1, MOMENT)])) is None


async def test_what_is_told_before_a_change_is_what_it_then_does(city: Database, town: Town, wanted: Any, now_house: Any) -> None:
    old = await file(city, town, wanted, 2, at=MOMENT - timedelta(days=90))
    now = await file(city, town, wanted, 3)
    urgent = await file(city, town, wanted, 1, urgency="danger")
    elsewhere = await file(city, town, wanted, 2, district="north")
    done, waiting = now[0], now[1]
    await act(city, now_house, town.staff["10001"], done, "sign", MOMENT)
    await act(city, now_house, town.staff["10001"], done, "answer", MOMENT + timedelta(minutes=5), text="Mended.")
    await act(city, now_house, town.staff["10001"], done, "close", MOMENT + timedelta(minutes=6), outcome="settled")
    await act(city, now_house, town.staff["10001"], waiting, "sign", MOMENT)
    await act(city, now_house, town.staff["10001"], waiting, "ask", MOMENT + timedelta(minutes=5), text="Which lamp?")
    await sweeping.recount(city.transaction, now_house)
    before = await index(city)
    assert set(before) == {*old, *now, *urgent, *elsewhere} - {done}

    off = Range(first=date(2026, 11, 25), last=date(2026, 11, 26), kind="off")
    async with city.transaction() as db:
        house = await now_house(db)
        layer = changing.changed(None, Change(ranges=(off,)), town.district("east"), MOMENT)
        told = await moving.preview(db, house, layer, most=100)
        assert told.looked <= await moving.count(db, house, layer)
    await change(city, now_house, "east", ranges=(off,))
    assert await index(city) == before  # nothing moves by itself
    assert await recounting.run(city.transaction, now_house, lambda: MOMENT) > 0
    after = await index(city)

    assert {m.row.number: (m.before, m.after) for m in told.moves} == {n: (before[n], after[n]) for n in before if before[n] != after[n]}
    assert told.whole
    assert before[now[2]][0] == closing(date(2026, 11, 30))
    assert after[now[2]][0] == closing(date(2026, 12, 2))
    assert after[urgent[0]][0] == closing(date(2026, 11, 27))  # two workdays: the 24th and the 27th
    assert all(before[n] == after[n] for n in elsewhere)


async def test_a_change_of_hours_moves_every_open_case_and_is_told_in_batches(city: Database, town: Town, wanted: Any, now_house: Any) -> None:
    numbers = await file(city, town, wanted, 7)
    await sweeping.recount(city.transaction, now_house)
    before = await index(city)
    week = (*(((480, 960),),) * 5, (), ())
    async with city.transaction() as db:
        house = await now_house(db)
        layer = changing.changed(None, Change(week=week), town.district("ruan"), MOMENT)
        told = await moving.preview(db, house, layer, most=100, batch=3)
        cut = await moving.preview(db, house, layer, most=4, batch=3)
    assert (len(told.moves), told.whole) == (7, True)
    assert not cut.whole
    await change(city, now_house, "ruan", week=week)
    await recounting.run(city.transaction, now_house, lambda: MOMENT)
    after = await index(city)
    assert {m.row.number: m.after for m in told.moves} == after
    assert before[numbers[0]][0] - after[numbers[0]][0] == timedelta(hours=1)  # type: ignore[operator]


async def test_a_calendar_that_is_changed_afterwards_moves_what_runs_and_never_what_was_stopped(
    city: Database, town: Town, wanted: Any, now_house: Any
) -> None:
    """Two lamps reported on one Monday. One is settled in time; then the Saturday between is said to have been worked."""
    kept, running = await file(city, town, wanted, 2)
    for number in (kept, running):
        await act(city, now_house, town.staff["10001"], number, "sign", MOMENT + timedelta(hours=1))
    settled = closing(date(2026, 11, 30)) - timedelta(minutes=1)
    await act(city, now_house, town.staff["10001"], kept, "answer", settled - timedelta(minutes=1), text="Mended.")
    await act(city, now_house, town.staff["10001"], kept, "close", settled, outcome="settled")
    was = (await clocks(city, now_house, kept)).clock("promised")
    assert was.kept

    saturday = Range(first=date(2026, 11, 28), last=date(2026, 11, 28), kind="work")
    await change(city, now_house, "east", settled + timedelta(hours=1), ranges=(saturday,))
    assert (await clocks(city, now_house, kept)).clock("promised") == was  # the first calendar that the East ever had: it was not there then
    assert (await clocks(city, now_house, running)).clock("promised").due == closing(date(2026, 11, 28))
    await change(city, now_house, "east", settled + timedelta(hours=2), ranges=(msgspec.structs.replace(saturday, kind="off"),))
    assert (await clocks(city, now_house, kept)).clock("promised") == was
    assert (await clocks(city, now_house, running)).clock("promised").due == closing(date(2026, 11, 30))


# -- counting anew -----------------------------------------------------------------------------------------------------


async def test_a_worker_that_dies_goes_on_where_it_was_and_two_do_nothing_twice(
    city: Database, town: Town, wanted: Any, now_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recounting, "BATCH", 2)
    numbers = await file(city, town, wanted, 7)
    await change(city, now_house, "ruan", ranges=(Range(first=TODAY, last=TODAY, kind="off"),))
    dies = iter((False, False, True))

    async def mortal(db: Connection) -> House:
        if next(dies, True):
            raise RuntimeError("the worker died")
        return await now_house(db)  # type: ignore[no-any-return]

    with pytest.raises(RuntimeError):
        await recounting.run(city.transaction, mortal, lambda: MOMENT)
    async with city.transaction() as db:
        task = await recounting.under_way(db, town.house.directory.tree, town.district("north"))
        assert task is not None
        assert task.counted == 4
    counted = await asyncio.gather(*(recounting.run(city.transaction, now_house, lambda: MOMENT) for _n in range(3)))
    async with city.transaction() as db:
        assert await recounting.under_way(db, town.house.directory.tree, town.district("north")) is None
        assert (await db.execute(select(func.sum(recount.c.counted)))).scalar_one() == 7
    assert sum(counted) == 3
    assert set(await index(city)) == set(numbers)


async def test_a_second_change_makes_one_count_of_two(city: Database, town: Town, wanted: Any, now_house: Any) -> None:
    (number,) = await file(city, town, wanted)
    for day in (24, 25):
        await change(city, now_house, "east", ranges=(Range(first=date(2026, 11, day), last=date(2026, 11, day), kind="off"),))
    assert await recounting.run(city.transaction, now_house, lambda: MOMENT) == 1
    assert (await index(city))[number][0] == closing(date(2026, 12, 2))


async def test_who_counts_on_the_old_calendar_is_done_before_it_changes(city: Database, town: Town, wanted: Any, now_house: Any) -> None:
    (number,) = await file(city, town, wanted)
    order: list[str] = []

    async def count_slowly() -> None:
        async with city.transaction() as db:
            await keeping.steady(db)
            house = await now_house(db)
            order.append("read")
            await asyncio.sleep(0.3)
            ids = (await db.execute(select(case.c.id))).scalars().all()
            await sweeping.keep(db, house, ids)
            order.append("written")

    slow = asyncio.create_task(count_slowly())
    await asyncio.sleep(0.1)
    await change(city, now_house, "east", ranges=(Range(first=date(2026, 11, 24), last=date(2026, 11, 24), kind="off"),))
    order.append("changed")
    await slow
    assert order == ["read", "written", "changed"]
    await recounting.run(city.transaction, now_house, lambda: MOMENT)
    assert (await index(city))[number][0] == closing(date(2026, 12, 1))


# -- what is wrong -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "spans"),
    [
        ("09:00-12:00, 13:00-17:00", ((540, 720), (780, 1020))),
        ("9-12 13-17:30", ((540, 720), (780, 1050))),
        ("13：00至17：00、8:30 — 12:00", ((510, 720), (780, 1020))),
        ("00:00-24:00", ((0, 1440),)),
        ("", ()),
    ],
)
def test_hours_are_read_as_people_write_them(said: str, spans: Any) -> None:
    assert changing.read_hours(said) == spans
    assert changing.read_hours(changing.say_hours(spans)) == spans


@pytest.mark.parametrize(
    "said", ["22:00-02:00", "12:00-12:00", "09:00-12:00, 11:00-13:00", "morning", "9", "25:00-26:00", "09:70-10:00", "09:00-24:01"]
)
def test_hours_that_overlap_or_run_past_midnight_are_refused(said: str) -> None:
    with pytest.raises(Invalid):
        changing.read_hours(said)


@pytest.mark.parametrize(
    ("first", "last", "kind", "fields"),
    [
        ("", "", "off", {"from"}),
        ("2027-02-30", "", "off", {"from"}),
        ("tomorrow", "2027-13-01", "off", {"from", "to"}),
        ("2027-10-07", "2027-10-01", "off", {"to"}),
        ("2027-01-01", "2028-12-31", "off", {"to"}),
        ("1027-01-01", "", "off", {"from"}),
        ("2027-10-01", "", "maybe", {"kind"}),
    ],
)
def test_a_range_that_is_none_says_where_it_is_wrong(first: str, last: str, kind: str, fields: set[str]) -> None:
    with pytest.raises(Invalid) as refused:
        changing.read_range(first, last, kind, {})
    assert set(refused.value.problems) == fields


def test_a_month_without_a_working_day_is_a_gap_and_refused() -> None:
    layer = changing.changed(None, Change(ranges=(Range(first=date(2027, 2, 1), last=date(2027, 2, 28), kind="off"),)), 1, MOMENT)
    with pytest.raises(Invalid, match="2027-02"):
        changing.check(keeping.overlaid("Asia/Shanghai", [layer]), [2027])
    with pytest.raises(Invalid):
        changing.check(keeping.overlaid("Asia/Shanghai", [changing.changed(None, Change(week=((),) * 7), 1, MOMENT)]), [])
    sundays = ((),) * 6 + (((540, 720),),)
    made_up = Change(week=sundays, ranges=(Range(first=TODAY, last=TODAY, kind="work"),))
    with pytest.raises(Invalid, match="Monday"):
        changing.check(keeping.overlaid("Asia/Shanghai", [changing.changed(None, made_up, 1, MOMENT)]), [])


def ics_of(*events: str) -> bytes:
    told = "".join(f"BEGIN:VEVENT\r\n{e}\r\nEND:VEVENT\r\n".replace("|", "\r\n") for e in events)
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test\r\n{told}END:VCALENDAR\r\n".encode()


def test_a_file_of_days_off_is_read() -> None:
    found = ics.read(
        ics_of(
            "DTSTART;VALUE=DATE:20271001|DTEND;VALUE=DATE:20271008|SUMMARY:国庆节（休）",
            "DTSTART;VALUE=DATE:20271009|SUMMARY:国庆节 补班",
            "DTSTART;VALUE=DATE:20270501|DURATION:P3D|SUMMARY:Labour Day",
            "DTSTART:20270930T160000Z|DTEND:20271001T160000Z|SUMMARY:Founding|CATEGORIES:holiday",
            "DTSTART;VALUE=DATE:20270102|SUMMARY:New Year|CATEGORIES:WORKDAY",
            "DTSTART;VALUE=DATE:20270303|SUMMARY:City Day|RRULE:FREQ=YEARLY;COUNT=2",
            "DTSTART;VALUE=DATE:20270404|SUMMARY:Called off|STATUS:CANCELLED",
        ),
        SHANGHAI,
    )
    assert [(r.first.isoformat(), r.last.isoformat(), r.kind, dict(r.name)) for r in found] == [
        ("2027-01-02", "2027-01-02", "work", {"en": "New Year"}),
        ("2027-03-03", "2027-03-03", "off", {"en": "City Day"}),
        ("2027-05-01", "2027-05-03", "off", {"en": "Labour Day"}),
        ("2027-10-01", "2027-10-01", "off", {"en": "Founding"}),
        ("2027-10-01", "2027-10-07", "off", {"zh": "国庆节"}),
        ("2027-10-09", "2027-10-09", "work", {"zh": "国庆节"}),
        ("2028-03-03", "2028-03-03", "off", {"en": "City Day"}),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no iCalendar"),
        (b"PK\x03\x04 a spreadsheet", "no iCalendar"),
        (ics_of("DTSTART;VALUE=DATE:20271001")[:-30], "no iCalendar"),
        (b"X" * (ics.LARGEST + 1), "too large"),
        (ics_of(), "no all-day event"),
        (ics_of(*(f"DTSTART;VALUE=DATE:{2000 + n // 300}{n % 12 + 1:02}{n % 28 + 1:02}|SUMMARY:{n}" for n in range(6000))), "more than|too large"),
        (ics_of("DTSTART;VALUE=DATE:20271001|RRULE:FREQ=YEARLY|SUMMARY:Always"), "without an end"),
        (ics_of("DTSTART;VALUE=DATE:20271001|RRULE:FREQ=DAILY;UNTIL=99991231|SUMMARY:Always"), "more than"),
        (ics_of("DTSTART;VALUE=DATE:20271001|RDATE;VALUE=DATE:20271002|SUMMARY:Twice"), "repeats in a way"),
        (ics_of("DTSTART;TZID=Europe/Berlin:20271001T000000|SUMMARY:Berlin"), "time zone"),
        (ics_of("DTSTART;TZID=Nowhere/Land:20271001T000000|SUMMARY:Nowhere"), "time zone"),
        (ics_of("DTSTART:20271001T090000|SUMMARY:Morning"), "no all-day event"),
        (ics_of("DTSTART;VALUE=DATE:20271399|SUMMARY:Never"), "says it wrongly"),
        (ics_of("SUMMARY:Sometime"), "says it wrongly"),
        (ics_of("DTSTART;VALUE=DATE:20271005|DTEND;VALUE=DATE:20271001|SUMMARY:Back"), "before it begins"),
        (ics_of("DTSTART;VALUE=DATE:99991231|SUMMARY:End"), "out of reach"),
        (ics_of("DTSTART;VALUE=DATE:20271001|SUMMARY:a", "DTSTART;VALUE=DATE:20271001|SUMMARY:补班"), "at once"),
    ],
)
def test_a_file_that_cannot_be_understood_in_full_is_refused_with_the_reason(content: bytes, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        ics.read(content, SHANGHAI)


def test_a_layer_without_anything_says_nothing() -> None:
    nothing = changing.changed(None, Change(), 1, MOMENT)
    assert changing.same(None, nothing)
    assert not changing.same(None, msgspec.structs.replace(nothing, days={TODAY: Day(kind="off")}))
