"""Days off from an iCalendar file (RFC 5545): all-day events; those that say that the day is worked become make-up workdays. Pure.

A file that cannot be understood in full is refused: a holiday that is silently left out would make somebody late.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar as File

from banshi.clock.changing import LONGEST_NAME, MOST_DAYS, YEARS, Kind, Range
from banshi.errors import Invalid
from banshi.texts import translator

_ = translator("banshi")

LARGEST = 500_000
MOST = 400
"""So many ranges does one file bring at most."""
WORKED = re.compile(r"班|\b(make-?up|work(ing)?[ -]?day|workday)\b", re.IGNORECASE)
TAIL = re.compile(r"\s*([(（【\[]?(补班|上班|调班|放假|调休|休|班)[)）】\]]?|假期|第\d+天.*)\s*$")
DAY = timedelta(days=1)


def read(content: bytes, zone: ZoneInfo) -> list[Range]:
    """Return the ranges of a file in order of their days. Invalid where it is no such file, too large, or says what is no day off."""
    if len(content) > LARGEST:
        raise Invalid(_("The file is too large: a calendar of days off has less than {most} KB."), most=LARGEST // 1000)
    try:
        files = File.from_ical(content, multiple=True)
        events = [e for f in files for e in f.walk("VEVENT")] if files else None
    except Exception:
        events = None
    if events is None:
        raise Invalid(_("This is no iCalendar file (.ics), or it is broken."))
    found: dict[tuple[date, date], Range] = {}
    for event in events:
        if str(event.get("STATUS", "")).upper() == "CANCELLED":
            continue
        name = _name(event)
        kind: Kind = "work" if _worked(event) else "off"
        for first, last in _times(event, zone, name):
            if first.year not in YEARS or last.year not in YEARS:
                raise Invalid(_("“{name}”: the year {year} is out of reach."), name=name, year=first.year)
            if (last - first).days >= MOST_DAYS:
                raise Invalid(_("“{name}” lasts for more than {most} days."), name=name, most=MOST_DAYS)
            known = found.get((first, last))
            if known is not None and known.kind != kind:
                raise Invalid(_("{day} is a day off and a workday at once in this file."), day=first.isoformat())
            found[first, last] = Range(first=first, last=last, kind=kind, name=_names(name))
            if len(found) > MOST:
                raise Invalid(_("The file has more than {most} events: take the part that is needed."), most=MOST)
    if not found:
        raise Invalid(_("There is no all-day event in this file."))
    return sorted(found.values(), key=lambda r: (r.first, r.last))


def _times(event: Any, zone: ZoneInfo, name: str) -> Iterator[tuple[date, date]]:
    """Give the first and the last day of each time that an event takes place."""
    wrong = Invalid(_("“{name}” does not say when it begins, or says it wrongly."), name=name)
    try:
        start, stop, lasts = event.decoded("DTSTART"), event.decoded("DTEND", None), event.decoded("DURATION", None)
    except Exception:
        raise wrong from None
    if not (isinstance(start, date) and isinstance(stop, date | None) and isinstance(lasts, timedelta | None)):
        raise wrong
    if start.year not in YEARS or (lasts is not None and abs(lasts) > MOST_DAYS * DAY):
        raise Invalid(_("“{name}”: the year {year} is out of reach."), name=name, year=start.year)
    for moment in ("DTSTART", "DTEND"):
        if moment in event and "TZID" in event[moment].params and getattr(event.decoded(moment), "tzinfo", None) is None:
            raise Invalid(_("“{name}” is in another time zone than the district ({zone}): give it whole days."), name=name, zone=zone.key)
    if stop is None:
        stop = start + lasts if lasts is not None else start if isinstance(start, datetime) else start + DAY
    first, end = _day(start, zone, name), _day(stop, zone, name)
    last = end - DAY if end > first else first
    if end < first:
        raise Invalid(_("“{name}” ends before it begins."), name=name)
    for begun in _repeats(event, first, name):
        yield begun, begun + (last - first)


def _day(said: date, zone: ZoneInfo, name: str) -> date:
    """Return the day of an all-day moment: a date, or midnight in the district's zone."""
    if not isinstance(said, datetime):
        return said
    local = said.astimezone(zone) if said.tzinfo else said
    if (local.hour, local.minute, local.second) == (0, 0, 0):
        return local.date()
    if said.utcoffset() != local.utcoffset():
        raise Invalid(_("“{name}” is in another time zone than the district ({zone}): give it whole days."), name=name, zone=zone.key)
    raise Invalid(_("“{name}” is no all-day event: days off are whole days; set hours on the form."), name=name)


def _repeats(event: Any, first: date, name: str) -> list[date]:
    rules = event.get("RRULE")
    if rules is None and event.get("RDATE") is None and event.get("EXDATE") is None:
        return [first]
    if isinstance(rules, list) or event.get("RDATE") is not None or event.get("EXDATE") is not None:
        raise Invalid(_("“{name}” repeats in a way that is not read here: give each day its own event."), name=name)
    if not rules.get("COUNT") and not rules.get("UNTIL"):
        raise Invalid(_("“{name}” repeats without an end: give it a last day, or each year its own event."), name=name)
    if any(str(f).upper() not in {"YEARLY", "MONTHLY", "WEEKLY", "DAILY"} for f in rules.get("FREQ", ())) or 0 in rules.get("INTERVAL", ()):
        raise Invalid(_("“{name}” repeats in a way that is not read here: give each day its own event."), name=name)
    from dateutil.rrule import rrulestr  # type: ignore[import-untyped] # the library's own dependency, only where an event repeats

    try:
        text = re.sub(r"UNTIL=(\d{8})T?\d*Z?", r"UNTIL=\1", rules.to_ical().decode())
        wanted = rrulestr(text, dtstart=datetime(first.year, first.month, first.day))  # noqa: DTZ001 -- days of no zone
        days = []
        for found in wanted:
            days.append(found.date())
            if len(days) > MOST:
                raise Invalid(_("The file has more than {most} events: take the part that is needed."), most=MOST)
    except (ValueError, TypeError, OverflowError):
        raise Invalid(_("“{name}” repeats in a way that is not read here: give each day its own event."), name=name) from None
    return days


def _name(event: Any) -> str:
    return " ".join(str(event.get("SUMMARY", "")).split())[:LONGEST_NAME] or "VEVENT"


def _worked(event: Any) -> bool:
    categories = event.get("CATEGORIES")
    many = categories if isinstance(categories, list) else [categories] if categories is not None else []
    said = [str(event.get("SUMMARY", "")), *(str(c) for one in many for c in getattr(one, "cats", [one]))]
    return any(WORKED.search(s) for s in said)


def _names(name: str) -> dict[str, str]:
    """Return the name of a day without what such files add: 国庆节（休）, 春节 第2天/共8天."""
    bare = name
    while (shorter := TAIL.sub("", bare)) != bare and shorter:
        bare = shorter
    if name == "VEVENT":
        return {}
    return {"zh" if re.search(r"[\u4e00-\u9fff]", bare) else "en": bare}
