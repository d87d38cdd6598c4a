"""Calendars and limits as the database keeps them: versions that are added and never changed.

A district's calendar is laid over that of the district above it, and the topmost over the national one, which is seeded from the published holidays.
What runs is counted on the newest version, what was stopped on the version of that day: nobody who was in time becomes late afterwards.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import func, select, text

from banshi.clock import counting
from banshi.clock.calendar import WEEK, Calendar, Span, same
from banshi.clock.counting import Clock, Happened
from banshi.clock.tables import adjustment, calendar_version
from banshi.contracts import CaseType, Deadline
from banshi.db import Connection
from banshi.districts import Tree, touch

SEEDED = "published holidays"
CHANGING = 0x74696D65
PUBLISHED_BY = 11
"""In this month the State Council publishes the days off of the next year."""


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """A day that differs from its weekday: off, worked, or (``usual``) as its weekday says after all."""

    kind: Literal["off", "work", "usual"]
    name: Mapping[str, str] = {}


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One version of what a district says of its days; ``week`` and ``after_hours`` None: as above."""

    id: int
    district_id: int | None
    days: Mapping[date, Day]
    published: tuple[int, ...]
    week: tuple[tuple[Span, ...], ...] | None
    after_hours: bool | None
    made: datetime


class Adjusted(msgspec.Struct, frozen=True):
    """What an administrator set for a key, and when."""

    made: datetime
    value: Mapping[str, Any]


Adjustments = Mapping[tuple[int, str], Sequence[Adjusted]]


class Times:
    """Every calendar and every adjusted limit, as of any moment; immutable."""

    def __init__(self, tree: Tree | None = None, layers: Sequence[Layer] = (), adjusted: Adjustments | None = None) -> None:
        self.tree = tree
        self.layers: dict[int | None, list[Layer]] = {}
        for layer in layers:
            self.layers.setdefault(layer.district_id, []).append(layer)
        self.adjusted = adjusted or {}
        self._calendars: dict[tuple[int, tuple[int, ...]], Calendar] = {}

    def calendar(self, district_id: int, at: datetime | None = None) -> Calendar:
        """Return the calendar of a district: the newest, or that which held at a moment."""
        district = self.tree[district_id] if self.tree else None
        path: tuple[int | None, ...] = (None, *(district.path if district else ()))
        chosen = [found for d in path if (found := self._layer(d, at)) is not None]
        key = (district_id, tuple(c.id for c in chosen))
        if key not in self._calendars:
            self._calendars[key] = same(overlaid(district.zone if district else "UTC", chosen))
        return self._calendars[key]

    def with_layer(self, layer: Layer) -> Times:
        """Return the same with one version more: what a change would make of it."""
        return Times(self.tree, [*(one for many in self.layers.values() for one in many), layer], self.adjusted)

    def value(self, district_id: int, key: str, at: datetime | None = None) -> Mapping[str, Any] | None:
        """Return what was set for a key in a district or above it, as of a moment; None where nobody set anything."""
        if self.tree is None or not self.adjusted:
            return None
        for district in self.tree.above(district_id):
            known = self.adjusted.get((district.id, key))
            if not known:
                continue
            found = len(known) if at is None else bisect_right([a.made for a in known], at)
            if found and known[found - 1].value:
                return known[found - 1].value
        return None

    def own(self, district_id: int, key: str) -> Mapping[str, Any]:
        """Return what a district itself set for a key, empty where it set nothing."""
        known = self.adjusted.get((district_id, key))
        return known[-1].value if known else {}

    def own_layer(self, district_id: int | None) -> Layer | None:
        """Return the newest version of a district's own calendar, None where it has none."""
        return self._layer(district_id, None)

    def limit(
        self, declared: CaseType, deadline: Deadline, district_id: int, received: datetime, *, urgent: bool, facts: Mapping[str, Any] = {}
    ) -> int | None:
        """Return the limit that holds for a case received then; None where the deadline is off. ``facts`` are the case's, with limits of its own."""
        said = self.value(district_id, f"{declared.key}.{deadline.name}", received) or {}
        if said.get("on") is False:
            return None
        own = int(facts.get(deadline.own) or 0) if deadline.own else 0
        if own > 0:
            return own
        usual = int(said.get("limit", deadline.limit))
        hurried = said.get("urgent", deadline.urgent)
        return int(hurried) if urgent and hurried is not None else usual

    def clocks(
        self,
        declared: CaseType,
        story: Sequence[Happened],
        district_id: int,
        received: datetime,
        *,
        urgent: bool,
        facts: Mapping[str, Any] = {},
    ) -> list[Clock]:
        """Return every clock of a case: what runs on the newest calendar, what was stopped on that of its day."""

        def limit(deadline: Deadline) -> int | None:
            return self.limit(declared, deadline, district_id, received, urgent=urgent, facts=facts)

        newest = self.calendar(district_id)
        found = counting.clocks(declared, story, newest, limit)
        for place, clock in enumerate(found):
            if clock.stopped is not None and (then := self.calendar(district_id, clock.stopped)) is not newest:
                found[place] = counting.clocks(declared, story, then, limit)[place]
        return found

    def _layer(self, district_id: int | None, at: datetime | None) -> Layer | None:
        known = self.layers.get(district_id)
        if not known:
            return None
        if at is None:
            return known[-1]
        found = bisect_right([k.made for k in known], at)
        if not found:  # older than all: the published holidays held then, a district's own did not
            return known[0] if district_id is None else None
        return known[found - 1]


def unanswered(calendar: Calendar, at: datetime) -> int | None:
    """Return a year whose days off somebody should have published by now: this one, from November on the next; None where all is well."""
    today = calendar.day_of(at)
    years = [today.year, *([today.year + 1] if today.month >= PUBLISHED_BY else [])]
    return next((y for y in years if y not in calendar.published), None)


def overlaid(zone: str, layers: Sequence[Layer]) -> Calendar:
    """Return the calendar that layers make, each over the one before."""
    days: dict[date, Day] = {}
    published: set[int] = set()
    week, after_hours = WEEK, True
    for layer in layers:
        days |= layer.days
        published |= set(layer.published)
        week = layer.week if layer.week is not None else week
        after_hours = layer.after_hours if layer.after_hours is not None else after_hours
    named = {d: day for d, day in days.items() if day.kind in {"off", "work"}}
    return Calendar(
        zone=zone,
        week=week,
        days={d: "work" if day.kind == "work" else "off" for d, day in named.items()},
        names={d: day.name for d, day in named.items() if day.name},
        published=frozenset(published),
        after_hours=after_hours,
        version=max((layer.id for layer in layers), default=0),
    )


async def load_times(db: Connection, tree: Tree) -> Times:
    """Return calendars and limits as the database has them now (two queries)."""
    rows = (await db.execute(select(calendar_version).order_by(calendar_version.c.id))).mappings()
    fields = Layer.__struct_fields__
    layers = [msgspec.convert({f: r[f] for f in fields}, Layer, strict=False) for r in rows]
    adjusted: dict[tuple[int, str], list[Adjusted]] = {}
    for row in await db.execute(select(adjustment).order_by(adjustment.c.id)):
        adjusted.setdefault((row.district_id, row.key), []).append(Adjusted(row.made, row.value))
    return Times(tree, layers, adjusted)


async def steady(db: Connection) -> None:
    """Keep calendars and limits as they are to the end of the transaction: before they are read by whoever writes down what follows from them.

    Else who had read the old ones could write last.
    """
    await db.execute(text("select pg_advisory_xact_lock_shared(:key)"), {"key": CHANGING})


async def changing(db: Connection) -> None:
    """Wait for everybody who counts on calendars and limits as they are, and let nobody begin before the transaction ends."""
    await db.execute(text("select pg_advisory_xact_lock(:key)"), {"key": CHANGING})


async def newest(db: Connection, district_id: int) -> int:
    """Return the version of a district's own calendar, 0 where it has none."""
    found = select(func.max(calendar_version.c.id)).where(calendar_version.c.district_id == district_id)
    return int((await db.execute(found)).scalar_one() or 0)


async def add_layer(
    db: Connection,
    district_id: int | None,
    *,
    days: Mapping[date, Day],
    published: Sequence[int],
    at: datetime,
    week: Sequence[Sequence[Span]] | None = None,
    after_hours: bool | None = None,
    reason: str = "",
    post_id: int | None = None,
) -> int:
    """Add a version of a district's calendar; return its id. Every process reads it before its next request."""
    await changing(db)
    values = {
        "district_id": district_id,
        "days": {d.isoformat(): msgspec.to_builtins(day) for d, day in sorted(days.items())},
        "published": sorted(set(published)),
        "week": msgspec.to_builtins(week) if week is not None else None,
        "after_hours": after_hours,
        "reason": reason,
        "post_id": post_id,
        "made": at,
    }
    added = int((await db.execute(calendar_version.insert().values(values).returning(calendar_version.c.id))).scalar_one())
    await touch(db)
    return added


async def adjust(db: Connection, district_id: int, key: str, value: Mapping[str, Any], *, reason: str, post_id: int | None, at: datetime) -> None:
    """Set a limit or a rule in a district, for what is received from now on; an empty value gives it back to the district above."""
    await changing(db)
    row = {"district_id": district_id, "key": key, "value": dict(value), "reason": reason, "post_id": post_id, "made": at}
    await db.execute(adjustment.insert().values(row))
    await touch(db)


async def seed(db: Connection, at: datetime) -> list[int]:
    """Add the published holidays of China where years of them are new; return those years. They lie under every district's own calendar."""
    from chinese_calendar import constants  # the years that it knows grow with its versions

    years = sorted({d.year for d in constants.holidays})
    known = (await db.execute(select(func.array_agg(calendar_version.c.published)).where(calendar_version.c.district_id.is_(None)))).scalar_one()
    missing = [y for y in years if not any(y in published for published in known or ())]
    if not missing:
        return []
    names = {h.value: {"zh": h.chinese, "en": h.value} for h in constants.Holiday}
    days = {d: Day(kind="off", name=names[name]) for d, name in constants.holidays.items()}
    days |= {d: Day(kind="work", name=names[name]) for d, name in constants.workdays.items()}
    usual = Calendar(zone="UTC")
    kept = {d: day for d, day in days.items() if day.kind == "work" or usual.works(d)}
    await add_layer(db, None, days=kept, published=years, at=at, reason=SEEDED)
    return missing
