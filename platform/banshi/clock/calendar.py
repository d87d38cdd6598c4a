"""A working calendar: which days are worked, from when to when, in which zone. A value; it knows no database and no "today".

A day is worked by its weekday, unless it is named: days off (holidays), and make-up workdays, which are worked like a Monday.
A year that nobody has published counts weekends only, and says that it is provisional.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

DayKind = Literal["off", "work"]
Span = tuple[int, int]
"""Minutes after midnight: from, to."""
WEEK: tuple[tuple[Span, ...], ...] = (*(((540, 720), (780, 1020)),) * 5, (), ())
"""Monday to Sunday: 9 to 12 and 13 to 17 on five days."""
MAKE_UP = 0
"""A make-up workday keeps the hours of this weekday."""
FARTHEST = timedelta(days=3660)
"""So far from where it begins does a search go: a calendar on which nothing is worked must not search for ever."""


class Calendar(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """Working days and hours. ``days`` are those that differ from their weekday; ``published`` the years that somebody has answered for.

    ``after_hours``: what comes after closing, or on a day off, counts as received on the next workday.
    """

    zone: str
    week: tuple[tuple[Span, ...], ...] = WEEK
    days: Mapping[date, DayKind] = {}
    names: Mapping[date, Mapping[str, str]] = {}
    published: frozenset[int] = frozenset()
    after_hours: bool = True
    version: int = 0

    @cached_property
    def timezone(self) -> ZoneInfo:
        """The zone in which its days begin and end."""
        return ZoneInfo(self.zone)

    def day_of(self, moment: datetime) -> date:
        """Return the day of a moment."""
        return moment.astimezone(self.timezone).date()

    def spans(self, day: date) -> tuple[Span, ...]:
        """Return the hours of a day, none where it is off."""
        kind = self.days.get(day)
        if kind == "off":
            return ()
        usual = self.week[day.weekday()]
        return (usual or self.week[MAKE_UP]) if kind == "work" else usual

    def works(self, day: date) -> bool:
        """Return whether a day is worked."""
        return bool(self.spans(day))

    def provisional(self, day: date) -> bool:
        """Return whether nobody has published the days off of that year."""
        return day.year not in self.published

    def moment(self, day: date, minutes: int) -> datetime:
        """Return the moment of a time of day, in UTC; where the clocks jump over it, the one that the zone makes of it."""
        if minutes >= 24 * 60:
            return self.moment(day + timedelta(days=1), 0)
        return datetime.combine(day, time(minutes // 60, minutes % 60), self.timezone).astimezone(UTC)

    def closing(self, day: date) -> datetime:
        """Return when a day closes: at the end of its hours, at midnight where it is off."""
        return _table(self, day.year).closings[day.timetuple().tm_yday - 1]

    def next_workday(self, day: date) -> date:
        """Return the first workday after a day."""
        days = self._around(day).days
        at = bisect_right(days, day.toordinal())
        if at < len(days):
            return date.fromordinal(days[at])
        return self._searched(day + timedelta(days=1))

    def received(self, moment: datetime) -> date:
        """Return the day on which something counts as received: its own, or the next workday where it came after closing or on a day off."""
        day = self.day_of(moment)
        if not self.after_hours or (moment < self.closing(day) and self.works(day)):
            return day
        return self.next_workday(day)

    def working(self, start: datetime, stop: datetime) -> timedelta:
        """Return how much of the time between two moments is worked."""
        if stop <= start:
            return timedelta()
        return timedelta(seconds=self._worked_until(stop, start) - self._worked_until(start, start))

    def later(self, start: datetime, working: timedelta) -> datetime:
        """Return the moment at which so much working time has passed since ``start``; the far end of the search where nothing is worked."""
        day = self.day_of(start)
        first, last = day.year, day.year + 10
        wanted = working.total_seconds()
        for year in range(first, last + 1):
            table = _table(self, year)
            begun = table.worked(start.timestamp()) if year == first else 0.0
            if table.total - begun >= wanted:
                return datetime.fromtimestamp(table.reaches(begun + wanted), UTC)
            wanted -= table.total - begun
        return start + FARTHEST

    def _worked_until(self, moment: datetime, since: datetime) -> float:
        """Working seconds from the first day of the year of ``since`` to a moment."""
        first, last = self.day_of(since).year, self.day_of(moment).year
        return sum(_table(self, y).total for y in range(first, last)) + _table(self, last).worked(moment.timestamp())

    def _around(self, day: date) -> Table:
        return _table(self, day.year)

    def _searched(self, day: date) -> date:
        for ahead in range(FARTHEST.days):
            if self.works(found := day + timedelta(days=ahead)):
                return found
        return day

    def workdays_after(self, day: date, count: int) -> date:
        """Return the ``count``-th workday after a day (the day itself for 0)."""
        for year in range(day.year, day.year + 11):
            days = _table(self, year).days
            at = bisect_right(days, day.toordinal()) if year == day.year else 0
            if count <= 0:
                return day
            if at + count <= len(days):
                return date.fromordinal(days[at + count - 1])
            count -= len(days) - at
        return day + FARTHEST

    def workdays_between(self, start: date, stop: date) -> int:
        """Return how many workdays there are after ``start`` up to and with ``stop``."""
        return sum(
            bisect_right(_table(self, year).days, stop.toordinal()) - bisect_right(_table(self, year).days, start.toordinal())
            for year in range(start.year, stop.year + 1)
        )

    def __hash__(self) -> int:
        """By what decides what it says: two of one version with the same days are one."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.zone, self.week, tuple(sorted(self.days.items())), self.published, self.after_hours, self.version))


class Table(msgspec.Struct, frozen=True):
    """One year of a calendar, ready to be looked up.

    Its workdays (ordinals), when each day closes, and its working spans in seconds since 1970, added up.
    """

    days: list[int]
    closings: list[datetime]
    starts: list[float]
    ends: list[float]
    before: list[float]
    total: float

    def worked(self, at: float) -> float:
        """Return the working seconds from the year's beginning to a moment."""
        found = bisect_right(self.starts, at) - 1
        return 0.0 if found < 0 else self.before[found] + min(at, self.ends[found]) - self.starts[found]

    def reaches(self, worked: float) -> float:
        """Return the moment at which so many working seconds of the year have passed: the end of a span, rather than the start of the next."""
        found = max(bisect_left(self.before, worked) - 1, 0)
        return self.starts[found] + worked - self.before[found]


@lru_cache(maxsize=400)
def _table(calendar: Calendar, year: int) -> Table:
    days: list[int] = []
    closings: list[datetime] = []
    starts: list[float] = []
    ends: list[float] = []
    before: list[float] = []
    total = 0.0
    for ordinal in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal() + 1):
        day = date.fromordinal(ordinal)
        spans = calendar.spans(day)
        if spans:
            days.append(ordinal)
        closings.append(calendar.moment(day, spans[-1][1] if spans else 24 * 60))
        for start, stop in spans:
            begun, ended = calendar.moment(day, start).timestamp(), calendar.moment(day, stop).timestamp()
            if ended <= begun:  # the clocks jumped over it
                continue
            starts.append(begun)
            ends.append(ended)
            before.append(total)
            total += ended - begun
    return Table(days, closings, starts, ends, before, total)


@lru_cache(maxsize=400)
def same(calendar: Calendar) -> Calendar:
    """Return the one of all equal calendars that was seen first: its tables are there already."""
    return calendar
