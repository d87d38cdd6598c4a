"""What an administrator asks of a calendar, as plain values: what is wrong with it, and the version that it would make. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Literal

import msgspec

from banshi.clock.calendar import Calendar, Span
from banshi.clock.keeping import Day, Layer
from banshi.errors import Invalid
from banshi.texts import Said, Text, translator

_ = translator("banshi")

MIDNIGHT = 24 * 60
MOST_DAYS = 400
"""So many days has the longest range: a year and a month."""
YEARS = range(2000, 2100)
LONGEST_NAME = 60
Kind = Literal["off", "work", "usual", "above"]
KINDS: tuple[Kind, ...] = ("off", "work", "usual", "above")
HOURS = re.compile(r"(\d{1,2})[:：.]?(\d{2})?\s*[-–—~～至到]\s*(\d{1,2})[:：.]?(\d{2})?")


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Days from the first to the last: off, worked, as their weekday, or (``above``) as the district above says."""

    first: date
    last: date
    kind: Kind
    name: Mapping[str, str] = {}

    @property
    def days(self) -> Iterable[date]:
        """Every day of it."""
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a district's calendar. ``week`` and ``after_hours`` None: as above; ``published`` are all years it answers for itself."""

    ranges: tuple[Range, ...] = ()
    published: tuple[int, ...] = ()
    week: tuple[tuple[Span, ...], ...] | None = None
    after_hours: bool | None = None


def read_day(said: str) -> date:
    """Return a day as it was written: 2027-10-01, 2027/10/1, 2027年10月1日."""
    found = re.fullmatch(r"\s*(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?\s*", said)
    try:
        day = date(*(int(g) for g in found.groups())) if found else None
    except ValueError:
        day = None
    if day is None:
        raise Invalid(_("“{said}” is no day: write it like 2027-10-01."), said=said.strip()[:40])
    if day.year not in YEARS:
        raise Invalid(_("The year {year} is out of reach."), year=day.year)
    return day


def read_range(first: str, last: str, kind: str, names: Mapping[str, str]) -> Range:
    """Return a range as it was written; the last day may be left out. Invalid with a problem per field (from, to, kind, zh, en)."""
    problems: dict[str, Text | Said | str] = {}
    days: dict[str, date] = {}
    for name, said in (("from", first), ("to", last or first)):
        try:
            days[name] = read_day(said) if said.strip() else _refuse()
        except Invalid as refused:
            problems.setdefault("from" if name == "to" and not last.strip() else name, Said(_text(refused), refused.values))
    if kind not in KINDS:
        problems["kind"] = _("Say what these days are.")
    if len(days) == 2:
        if days["to"] < days["from"]:
            problems["to"] = _("The last day lies before the first.")
        elif (days["to"] - days["from"]).days >= MOST_DAYS:
            problems["to"] = Said(_("A range has at most {most} days."), {"most": MOST_DAYS})
    kept = {language: " ".join(said.split()) for language, said in names.items() if said.strip()}
    problems |= {
        language: Said(_("A name has at most {most} characters."), {"most": LONGEST_NAME}) for language in kept if len(kept[language]) > LONGEST_NAME
    }
    if problems:
        raise Invalid(_("Some answers need your attention."), problems)
    return Range(first=days["from"], last=days["to"], kind=kind, name=kept if kind in {"off", "work"} else {})  # type: ignore[arg-type]


def _refuse() -> date:
    raise Invalid(_("Say which day, or the first of several."))


def _text(refused: Invalid) -> Text:
    assert isinstance(refused.text, Text)
    return refused.text


def overlapping(ranges: Sequence[Range]) -> tuple[int, int, date] | None:
    """Return the places of two ranges that both speak of a day, and that day; None where none do."""
    seen: dict[date, int] = {}
    for place, one in enumerate(ranges):
        for day in one.days:
            if day in seen:
                return seen[day], place, day
            seen[day] = place
    return None


def read_hours(said: str) -> tuple[Span, ...]:
    """Return the hours of a weekday as they were written (09:00-12:00, 13:00-17:00); none where nothing is written."""
    spans: list[Span] = []
    rest = HOURS.sub("", said)
    if re.sub(r"[\s,，、;；和]", "", rest):
        raise Invalid(_("Write hours like 09:00-12:00, 13:00-17:00; leave the line empty where the day is not worked."))
    for found in HOURS.finditer(said):
        start, stop = (int(h) * 60 + int(m or 0) for h, m in (found.group(1, 2), found.group(3, 4)))
        if start >= MIDNIGHT or stop > MIDNIGHT or any(int(m or 0) > 59 for m in found.group(2, 4)):
            raise Invalid(_("“{said}” is no time of day."), said=found.group(0))
        if stop <= start:
            raise Invalid(
                _("“{said}” ends before it begins; hours cannot run past midnight: end them at 24:00, and begin the next day at 00:00."),
                said=found.group(0),
            )
        spans.append((start, stop))
    ordered = sorted(spans)
    for before, after in pairwise(ordered):
        if after[0] < before[1]:
            raise Invalid(_("{one} and {other} overlap."), one=say_span(before), other=say_span(after))
    return tuple(ordered)


def say_span(span: Span) -> str:
    """Return hours as they are written: 09:00-12:00."""
    return "-".join(f"{m // 60:02}:{m % 60:02}" for m in span)


def say_hours(spans: Sequence[Span]) -> str:
    """Return the hours of a day as they are written; empty where it is not worked."""
    return ", ".join(say_span(s) for s in spans)


def changed(own: Layer | None, change: Change, district_id: int, at: datetime) -> Layer:
    """Return the version that a change would make of a district's own calendar."""
    days = dict(own.days) if own else {}
    for one in change.ranges:
        for day in one.days:
            if one.kind == "above":
                days.pop(day, None)
            else:
                days[day] = Day(kind=one.kind, name=one.name)
    return Layer(
        id=(own.id if own else 0) + 1,
        district_id=district_id,
        days=days,
        published=tuple(sorted(set(change.published))),
        week=change.week,
        after_hours=change.after_hours,
        made=at,
    )


def same(one: Layer | None, other: Layer) -> bool:
    """Return whether two versions say the same."""

    def told(layer: Layer) -> tuple[object, ...]:
        return (dict(layer.days), tuple(layer.published), layer.week, layer.after_hours)

    if one is None:
        return told(other) == ({}, (), None, None)
    return told(one) == told(other)


def difference(before: Layer | None, after: Layer) -> list[Range]:
    """Return which days a version says otherwise than the one before it, those in a row that are alike as one range."""
    was, now = (dict(before.days) if before else {}), dict(after.days)
    found: list[Range] = []
    for day in sorted(d for d in {*was, *now} if was.get(d) != now.get(d)):
        said = now.get(day)
        one = Range(first=day, last=day, kind=said.kind if said else "above", name=said.name if said else {})
        if found and found[-1].last + timedelta(days=1) == day and (found[-1].kind, found[-1].name) == (one.kind, one.name):
            found[-1] = msgspec.structs.replace(found[-1], last=day)
        else:
            found.append(one)
    return found


def check(calendar: Calendar, years: Iterable[int]) -> None:
    """Refuse a calendar on which a make-up workday has no hours, or a month no working day."""
    if not any(calendar.week):
        raise Invalid(_("No day of the week has hours: nothing would ever be due."))
    for day, kind in sorted(calendar.days.items()):
        if kind == "work" and not calendar.spans(day):
            raise Invalid(
                _("{day} is to be worked and has no hours: a make-up workday keeps those of Monday, and Monday has none."), day=day.isoformat()
            )
    for year in sorted(set(years)):
        for month in range(1, 13):
            first = date(year, month, 1)
            length = ((first + timedelta(days=31)).replace(day=1) - first).days
            if not any(calendar.works(first + timedelta(days=n)) for n in range(length)):
                raise Invalid(_("In {month} no day would be worked. Look at the ranges again."), month=f"{first:%Y-%m}")


def touched(before: Calendar, after: Calendar) -> tuple[date, date] | Literal["all"] | None:
    """Return the first and the last day that two calendars count differently; None where there is none, "all" where hours differ."""
    if (before.week, before.after_hours, before.zone) != (after.week, after.after_hours, after.zone):
        return "all"
    days = sorted(d for d in {*before.days, *after.days} if before.spans(d) != after.spans(d))
    return (days[0], days[-1]) if days else None
