"""From events to due dates: by rule, and against counting closing by closing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from banshi.clock import counting
from banshi.clock.calendar import Calendar
from banshi.clock.counting import Clock, Happened
from banshi.contracts import APPLICANT, NOBODY, OFFICE, OUTSIDE, CaseType, Deadline, Nothing, Outcome, State
from banshi.texts import translator

_ = translator("banshi")
ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar(
    zone="Asia/Shanghai",
    days={date(2026, 10, d): "off" for d in range(1, 8)} | {date(2026, 10, 10): "work"},
    published=frozenset({2026}),
)
PROMISED = Deadline(name="promised", title=_("Promised"), limit=5, kind="promised")
SIGN = Deadline(name="sign", title=_("Sign"), limit=4, unit="working_hours", states=("new",))
CONTACT = Deadline(name="contact", title=_("Contact"), limit=1, until=("tell", "ask"))
LAW = Deadline(name="law", title=_("Law"), limit=30, unit="calendar_days", kind="statutory", pauses=False)
TYPE = CaseType(
    name="thing",
    title=_("Thing"),
    form=Nothing,
    states=(
        State("new", _("New"), OFFICE),
        State("working", _("Working"), OFFICE),
        State("asked", _("Asked"), APPLICANT),
        State("outside", _("Outside"), OUTSIDE),
        State("closed", _("Closed"), NOBODY, final=True),
    ),
    actions=(),
    outcomes=(Outcome("done", _("Done")),),
    opened=_("Opened"),
    deadlines=(PROMISED, SIGN, CONTACT, LAW),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(UTC)


def story(*events: tuple[str, str, str], **more: Any) -> list[Happened]:
    """(when, what, state) each; ``more`` are extensions by the place of the event: e2=(amount, reason, agreed)."""
    found = []
    for n, (when, kind, state) in enumerate(events, 1):
        amount, reason, agreed = more.get(f"e{n}", (0, "", ""))
        extends = ("promised",) if amount else ()
        found.append(Happened(sequence=n, kind=kind, at=at(when), state=state, extends=extends, more=amount, reason=reason, agreed=agreed))
    return found


def count(events: list[Happened], calendar: Calendar = CALENDAR) -> dict[tuple[str, int], Clock]:
    return {(c.deadline.name, c.epoch): c for c in counting.clocks(TYPE, events, calendar, lambda d: d.limit)}


def local(moment: datetime | None) -> str:
    assert moment is not None
    return moment.astimezone(ZONE).isoformat(timespec="minutes").removesuffix("+08:00")


def test_the_day_of_receipt_is_not_counted_and_the_last_day_ends_when_it_closes() -> None:
    found = count(story(("2026-11-23T10:00", "opened", "new")))
    assert local(found["promised", 1].due) == "2026-11-30T17:00"  # Monday, five workdays on
    assert local(found["sign", 1].due) == "2026-11-23T15:00"  # two hours before lunch, two after


def test_what_comes_at_night_counts_from_the_next_workday() -> None:
    found = count(story(("2026-11-20T20:00", "opened", "new")))["promised", 1]
    assert found.received == date(2026, 11, 23)
    assert local(found.due) == "2026-11-30T17:00"


def test_a_limit_over_the_holidays() -> None:
    assert local(count(story(("2026-09-28T10:00", "opened", "new")))["promised", 1].due) == "2026-10-10T17:00"


def test_calendar_days_that_end_on_a_day_off_end_with_the_next_workday() -> None:
    assert local(count(story(("2026-09-02T10:00", "opened", "new")))["law", 1].due) == "2026-10-08T17:00"  # 2 October is a holiday


def test_waiting_for_the_resident_or_outside_stands_still() -> None:
    begun = (("2026-11-23T10:00", "opened", "new"), ("2026-11-24T10:00", "sign", "working"))
    asked = count(story(*begun, ("2026-11-25T10:00", "ask", "asked")))["promised", 1]
    assert asked.due is None
    assert asked.paused is not None
    assert asked.paused.waits_for == APPLICANT
    back = count(story(*begun, ("2026-11-25T10:00", "ask", "asked"), ("2026-11-27T10:00", "reply", "working")))["promised", 1]
    assert local(back.due) == "2026-12-02T17:00"  # the closings of the 25th and 26th are not counted
    within = count(story(*begun, ("2026-11-25T10:00", "wait", "outside"), ("2026-11-25T16:00", "go_on", "working")))["promised", 1]
    assert local(within.due) == "2026-11-30T17:00"
    assert local(count(story(*begun, ("2026-11-25T10:00", "ask", "asked")))["law", 1].due) == "2026-12-23T17:00"  # pauses=False


def test_an_extension_counts_from_the_same_beginning_and_says_who_agreed() -> None:
    events = story(("2026-11-23T10:00", "opened", "new"), ("2026-11-24T10:00", "extend", "new"), e2=(3, "The part is ordered", "20001"))
    found = count(events)["promised", 1]
    assert (found.limit, found.allowed) == (5, 8)
    assert found.extensions[0].agreed == "20001"
    assert local(found.due) == "2026-12-03T17:00"


def test_a_clock_for_one_state_begins_anew_at_each_stay() -> None:
    found = count(
        story(
            ("2026-11-23T10:00", "opened", "new"),
            ("2026-11-23T14:00", "sign", "working"),
            ("2026-11-24T09:30", "pass_on", "new"),
        )
    )
    assert found["sign", 1].kept
    assert local(found["sign", 2].due) == "2026-11-24T14:30"


def test_the_first_contact_stops_its_clock_once() -> None:
    found = count(story(("2026-11-23T10:00", "opened", "new"), ("2026-11-25T09:00", "tell", "new"), ("2026-11-26T09:00", "tell", "new")))
    assert local(found["contact", 1].stopped) == "2026-11-25T09:00"
    assert found["contact", 1].kept is False


def test_a_case_that_is_taken_up_again_has_its_limit_again() -> None:
    found = count(
        story(
            ("2026-11-23T10:00", "opened", "new"),
            ("2026-11-24T10:00", "close", "closed"),
            ("2026-12-01T10:00", "reopen", "working"),
        )
    )
    assert found["promised", 1].kept
    assert local(found["promised", 2].due) == "2026-12-08T17:00"


def test_what_is_done_at_the_very_closing_is_in_time_and_a_second_later_is_not() -> None:
    for when, kept in (("2026-11-30T17:00", True), ("2026-11-30T17:00:01", False)):
        assert count(story(("2026-11-23T10:00", "opened", "new"), (when, "close", "closed")))["promised", 1].kept is kept


def test_a_clock_that_jumps_back_moves_nothing_backwards() -> None:
    found = count(story(("2026-11-23T10:00", "opened", "new"), ("2026-11-22T10:00", "ask", "asked"), ("2026-11-21T10:00", "reply", "working")))
    assert local(found["promised", 1].due) == "2026-11-30T17:00"


def test_a_year_without_a_calendar_is_marked() -> None:
    assert count(story(("2026-12-28T10:00", "opened", "new")))["promised", 1].provisional
    assert not count(story(("2026-12-01T10:00", "opened", "new")))["promised", 1].provisional


# -- any story ------------------------------------------------------------------------------------------------------------

STATES = ("new", "working", "asked", "outside", "closed")
MOMENTS = st.datetimes(datetime(2026, 9, 1), datetime(2026, 12, 20)).map(lambda d: d.replace(microsecond=0, tzinfo=UTC))  # noqa: DTZ001 -- hypothesis takes naive ones
STORIES = st.tuples(
    MOMENTS,
    st.lists(st.tuples(st.integers(0, 4 * 86_400), st.sampled_from(STATES), st.sampled_from(("tell", "x", "extend"))), max_size=10),
)
CALENDARS = st.builds(
    Calendar,
    zone=st.sampled_from(("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")),
    days=st.dictionaries(st.dates(date(2026, 9, 1), date(2027, 2, 28)), st.sampled_from(("off", "work")), max_size=12),
    after_hours=st.booleans(),
)


def lived(begun: datetime, steps: list[tuple[int, str, str]]) -> list[Happened]:
    events, moment = [Happened(sequence=1, kind="opened", at=begun, state="new")], begun
    for n, (later, state, kind) in enumerate(steps, 2):
        moment += timedelta(seconds=later)
        extends = ("promised",) if kind == "extend" else ()
        events.append(Happened(sequence=n, kind=kind, at=moment, state=state, extends=extends, more=2 if extends else 0))
    return events


def closings(calendar: Calendar, clock: Clock) -> datetime | None:
    """The due date of a clock in days, each closing after the day of receipt looked at by itself."""
    begin, left = calendar.closing(calendar.received(clock.started)), clock.allowed
    if not left:
        return next((max(begin, a) for a, b in clock.runs if b is None or b >= begin), None)
    day = calendar.day_of(begin)
    for _ahead in range(500):
        closing = calendar.closing(day)
        runs = closing > begin and any(a < closing and (b is None or closing <= b) for a, b in clock.runs)
        if runs and left > 0 and (clock.deadline.unit == "calendar_days" or calendar.works(day)):
            left -= 1
        if runs and left == 0 and calendar.works(day):
            return closing
        day += timedelta(days=1)
    return None


@given(STORIES, CALENDARS)
@settings(max_examples=400, deadline=None)
def test_any_story_is_due_when_counting_closing_by_closing_says(told: Any, calendar: Calendar) -> None:
    for clock in counting.clocks(TYPE, lived(*told), calendar, lambda d: d.limit):
        if clock.deadline.unit != "working_hours":
            assert clock.due == closings(calendar, clock), clock


@given(STORIES, CALENDARS)
@settings(max_examples=200, deadline=None)
def test_any_clock_in_hours_is_due_when_its_hours_are_used_up(told: Any, calendar: Calendar) -> None:
    for clock in counting.clocks(TYPE, lived(*told), calendar, lambda d: d.limit):
        if clock.deadline.unit == "working_hours" and clock.due is not None:
            assert counting.counted(clock, calendar, clock.due) == pytest.approx(clock.allowed)


@given(STORIES, CALENDARS, st.integers(0, 60))
@settings(max_examples=300, deadline=None)
def test_the_lines_of_an_explanation_add_up_and_leave_no_gap(told: Any, calendar: Calendar, days: int) -> None:
    events = lived(*told)
    until = events[-1].at + timedelta(days=days)
    for clock in counting.clocks(TYPE, events, calendar, lambda d: d.limit):
        lines = counting.explain(clock, calendar, until)
        end = min(clock.stopped or until, until)
        assert sum(i.counted for i in lines) == pytest.approx(counting.counted(msgspec.structs.replace(clock, runs=_closed(clock)), calendar, end))
        spoken = [i for i in lines if i.kind != "skipped"]
        assert spoken[0].start == clock.started
        assert all(a.stop == b.start for a, b in pairwise(spoken))


def _closed(clock: Clock) -> tuple[tuple[datetime, datetime | None], ...]:
    return tuple((a, clock.stopped if b is None else b) for a, b in clock.runs)


@given(STORIES, CALENDARS, MOMENTS)
@settings(max_examples=200, deadline=None)
def test_what_happens_later_does_not_change_what_was_due_before(told: Any, calendar: Calendar, cut: datetime) -> None:
    events = lived(*told)
    first = [e for e in events if e.at <= cut]
    if not first:
        return
    whole = {(c.deadline.name, c.epoch): c for c in counting.clocks(TYPE, events, calendar, lambda d: d.limit)}
    for clock in counting.clocks(TYPE, first, calendar, lambda d: d.limit):
        if clock.due is not None and clock.due <= cut and not any(e.extends for e in events if e.at > cut):
            assert whole[clock.deadline.name, clock.epoch].due == clock.due


@given(STORIES, CALENDARS)
@settings(max_examples=100, deadline=None)
def test_counted_again_it_comes_out_the_same(told: Any, calendar: Calendar) -> None:
    again = msgspec.json.decode(msgspec.json.encode(calendar.days), type=dict[date, str])
    other = msgspec.structs.replace(calendar, days=again)
    events = lived(*told)
    assert counting.clocks(TYPE, events, calendar, lambda d: d.limit) == counting.clocks(TYPE, events, other, lambda d: d.limit)
