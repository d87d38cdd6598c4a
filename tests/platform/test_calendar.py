"""Working calendars, against one that is counted minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banshi.clock.calendar import WEEK, Calendar

SHANGHAI = Calendar(
    zone="Asia/Shanghai",
    days={date(2026, 10, d): "off" for d in range(1, 8)} | {date(2026, 10, 10): "work"},
    published=frozenset({2026}),
)
ZONES = ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda d: d.replace(microsecond=0, second=0, tzinfo=UTC))  # noqa: DTZ001 -- hypothesis takes naive ones
CALENDARS = st.builds(
    Calendar,
    zone=st.sampled_from(ZONES),
    week=st.sampled_from((WEEK, (((0, 1440),),) * 7, ((), *(((480, 960),),) * 4, (), ()), (((60, 200),),) * 6 + ((),))),
    days=st.dictionaries(DAYS, st.sampled_from(("off", "work")), max_size=20),
    published=st.just(frozenset({2026})),
    after_hours=st.booleans(),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Asia/Shanghai")).astimezone(UTC)


def minutes(calendar: Calendar, start: datetime, stop: datetime) -> int:
    """So many minutes are worked, each looked at by itself."""
    found, moment = 0, start
    while moment < stop:
        local = moment.astimezone(calendar.timezone)
        now = local.hour * 60 + local.minute
        found += any(a <= now < b for a, b in calendar.spans(local.date()))
        moment += timedelta(minutes=1)
    return found


def test_a_make_up_workday_is_worked_and_a_holiday_is_not() -> None:
    assert not SHANGHAI.works(date(2026, 10, 1))
    assert SHANGHAI.works(date(2026, 10, 10))  # a Saturday
    assert SHANGHAI.spans(date(2026, 10, 10)) == SHANGHAI.spans(date(2026, 10, 12))
    assert SHANGHAI.workdays_after(date(2026, 9, 30), 1) == date(2026, 10, 8)
    assert SHANGHAI.workdays_after(date(2026, 9, 30), 3) == date(2026, 10, 10)


def test_what_comes_after_closing_counts_from_the_next_workday_where_the_switch_says_so() -> None:
    strict = msgspec.structs.replace(SHANGHAI, after_hours=False)
    for moment, day, plain in (
        ("2026-09-30T16:59", date(2026, 9, 30), date(2026, 9, 30)),
        ("2026-09-30T17:00", date(2026, 10, 8), date(2026, 9, 30)),
        ("2026-10-03T10:00", date(2026, 10, 8), date(2026, 10, 3)),
        ("2026-09-30T07:00", date(2026, 9, 30), date(2026, 9, 30)),
    ):
        assert SHANGHAI.received(at(moment)) == day
        assert strict.received(at(moment)) == plain


def test_a_year_that_nobody_published_is_provisional() -> None:
    assert SHANGHAI.provisional(date(2027, 1, 4))
    assert not SHANGHAI.provisional(date(2026, 12, 31))


def test_working_time_passes_over_lunch_nights_and_holidays() -> None:
    assert SHANGHAI.working(at("2026-09-30T11:00"), at("2026-10-08T10:00")) == timedelta(hours=6)
    assert SHANGHAI.later(at("2026-09-30T16:30"), timedelta(hours=1)) == at("2026-10-08T09:30")


def test_a_calendar_on_which_nothing_is_worked_ends_its_search() -> None:
    never = Calendar(zone="Asia/Shanghai", week=((),) * 7)
    assert never.later(at("2026-09-30T16:30"), timedelta(hours=1)) > at("2035-01-01T00:00")
    assert never.next_workday(date(2026, 1, 1)) == date(2026, 1, 2)
    assert never.workdays_after(date(2026, 1, 1), 1) > date(2035, 1, 1)


@given(CALENDARS, MOMENTS, st.integers(0, 4000))
@settings(max_examples=60, deadline=None)
def test_working_time_is_what_counting_minute_by_minute_gives(calendar: Calendar, start: datetime, length: int) -> None:
    stop = start + timedelta(minutes=length)
    assert calendar.working(start, stop) == timedelta(minutes=minutes(calendar, start, stop))


@given(CALENDARS, MOMENTS, st.integers(1, 3000))
@settings(max_examples=200, deadline=None)
def test_going_forward_by_working_time_uses_just_that(calendar: Calendar, start: datetime, length: int) -> None:
    wanted = timedelta(minutes=length)
    there = calendar.later(start, wanted)
    assert calendar.working(start, there) == wanted
    assert calendar.working(start, there - timedelta(minutes=1)) < wanted


@given(CALENDARS, DAYS, st.integers(0, 400))
@settings(max_examples=200, deadline=None)
def test_the_nth_workday_has_n_workdays_up_to_it(calendar: Calendar, day: date, count: int) -> None:
    there = calendar.workdays_after(day, count)
    assert calendar.workdays_between(day, there) == count
    assert count == 0 or calendar.works(there)
    assert sum(calendar.works(day + timedelta(days=n)) for n in range(1, (there - day).days + 1)) == count


@pytest.mark.parametrize("zone", ZONES)
def test_days_do_not_slip_where_the_clocks_change(zone: str) -> None:
    calendar = Calendar(zone=zone)
    for n in range(800):
        day = date(2026, 1, 1) + timedelta(days=n)
        assert calendar.day_of(calendar.moment(day, 0)) == day or zone == "Pacific/Apia"
        assert calendar.closing(day) > calendar.closing(day - timedelta(days=1))
