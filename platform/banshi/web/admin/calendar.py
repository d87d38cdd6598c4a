"""The working calendar of a district: a year at a glance, the hours of the week, and every version with who, when and why."""

from __future__ import annotations

from calendar import Calendar as Months
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from babel.dates import format_date, get_day_names
from litestar import Request, Response, get
from litestar.params import FromPath
from sqlalchemy import or_, select

from banshi import texts
from banshi.clock import changing
from banshi.clock.calendar import Calendar, Span
from banshi.clock.changing import Kind, Range
from banshi.clock.keeping import SEEDED, Layer
from banshi.clock.tables import calendar_version
from banshi.contracts import ADMINISTER, Actor
from banshi.districts import District
from banshi.escalation import recounting
from banshi.texts import Language
from banshi.web import pages
from banshi.web.admin import frame
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/admin/calendar"
VERSIONS = 20
MOST_SAID = 30
"""So many changed ranges of a version are told; of a whole file the rest is a number."""
KINDS: Mapping[Kind, texts.Text] = {
    "off": _("Day off"),
    "work": _("Worked"),
    "usual": _("As its weekday"),
    "above": _("As the district above"),
}


@get([HOME, HOME + "/{code:str}"])
async def show(request: Request[Any, Any, Any], code: FromPath[str] = "") -> Response[Any]:
    """A year of a district's calendar."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = frame.reader(visit)
        district = frame.place(visit, actor, code)
        return visit.page("admin/calendar.html", await _page(visit, actor, district), desk=True)


async def _page(visit: Visit, actor: Actor, district: District) -> pages.CalendarPage:
    calendar = visit.house.times.calendar(district.id)
    today = calendar.day_of(visit.at)
    year = year_of(visit.request.query_params.get("year", ""), today.year)
    lacking = year not in calendar.published
    address = f"{HOME}/{district.code}"
    return pages.CalendarPage(
        head=frame.head(visit, actor, "calendar", district),
        title=visit.say(_("Calendar of {district}, {year}"), district=district.say(visit.language), year=year),
        lead=visit.say(_("Time zone {zone}."), zone=calendar.zone),
        year=year,
        before=f"{address}?year={year - 1}" if year > changing.YEARS[0] else "",
        after=f"{address}?year={year + 1}" if year < changing.YEARS[-1] else "",
        provisional=visit.say(_("Provisional: nobody has published the days off of {year}. Only weekends count as off."), year=year)
        if lacking
        else "",
        published="" if lacking else visit.say(_("The days off of {year} are published."), year=year),
        weekdays=weekdays(visit.language),
        months=tuple(_month(visit, calendar, year, month) for month in range(1, 13)),
        hours=tuple((name, hours(visit, spans)) for (_short, name), spans in zip(weekdays(visit.language), calendar.week, strict=True)),
        after_hours=after_hours(visit, calendar.after_hours),
        versions=await _versions(visit, district),
        recounting=await recount_line(visit, district),
        change=f"{address}/change" if actor.may(ADMINISTER.name) else "",
    )


def year_of(said: str, usual: int) -> int:
    """Return the year that was asked for; the usual one where it is none."""
    return int(said) if len(said) == 4 and said.isascii() and said.isdigit() and int(said) in changing.YEARS else usual


def weekdays(language: Language) -> tuple[tuple[str, str], ...]:
    """Return the names of the weekdays, short and in full, from Monday."""
    locale = "zh_CN" if language == "zh" else "en_GB"
    short, full = get_day_names("narrow" if language == "zh" else "abbreviated", locale=locale), get_day_names("wide", locale=locale)
    return tuple((short[n], full[n]) for n in range(7))


def hours(visit: Visit, spans: Sequence[Span]) -> str:
    """Return the hours of a day in words."""
    return changing.say_hours(spans) or visit.say(_("not worked"))


def after_hours(visit: Visit, switch: bool) -> str:
    """Return what the switch says."""
    if switch:
        return visit.say(_("What comes after closing, or on a day off, counts as received on the next workday."))
    return visit.say(_("What comes after closing, or on a day off, counts as received on the day on which it came."))


async def recount_line(visit: Visit, district: District) -> str:
    """Return the line that says that a change is still being counted; empty where all is counted."""
    task = await recounting.under_way(visit.db, visit.house.directory.tree, district.id)
    if task is None:
        return ""
    text = _("Since {since} the open cases are being counted anew after a change: {count} so far.")
    return visit.say(text, since=frame.moment(visit, task.asked, district), count=texts.say_number(task.counted, visit.language))


def _month(visit: Visit, calendar: Calendar, year: int, month: int) -> pages.MonthPart:
    weeks = tuple(
        tuple(_day(visit, calendar, day) if day.month == month else None for day in week) for week in Months().monthdatescalendar(year, month)
    )
    named = [
        Range(first=d, last=d, kind=k, name=calendar.names.get(d, {})) for d, k in sorted(calendar.days.items()) if (d.year, d.month) == (year, month)
    ]
    language = visit.language
    title = texts.say_month(datetime.combine(date(year, month, 1), time(12), UTC), UTC, language)  # type: ignore[arg-type]
    return pages.MonthPart(number=month, title=title, weeks=weeks, named=tuple(say_range(visit, r) for r in joined(calendar, named)))


def _day(visit: Visit, calendar: Calendar, day: date) -> pages.DayCell:
    kind, works = calendar.days.get(day), calendar.works(day)
    if kind == "off":
        return pages.DayCell(day=day.day, look="off", mark=visit.say(_("off")), said=visit.say(_("day off")))
    if kind == "work" and works:
        return pages.DayCell(day=day.day, look="work", mark=visit.say(_("work")), said=visit.say(_("make-up workday")))
    return pages.DayCell(day=day.day, look="" if works else "rest")


def joined(calendar: Calendar, ranges: Sequence[Range]) -> list[Range]:
    """Return ranges with those that follow one another and are alike as one; the weekend between two days off belongs to them."""
    found: list[Range] = []
    for one in ranges:
        before = found[-1] if found else None
        if before and (before.kind, before.name) == (one.kind, one.name):
            between = [before.last + timedelta(days=n) for n in range(1, (one.first - before.last).days)]
            if not between or (one.kind == "off" and not any(calendar.works(d) for d in between)):
                found[-1] = Range(first=before.first, last=one.last, kind=one.kind, name=one.name)
                continue
        found.append(one)
    return found


def say_range(visit: Visit, one: Range) -> str:
    """Return a range in words: 1 Oct 2027 – 7 Oct 2027: day off (National Day)."""
    language = visit.language
    days = texts.say_date(one.first, language)
    if one.last != one.first:
        days += " – " + (texts.say_date(one.last, language) if one.last.year != one.first.year or language == "en" else _short(one.last))
    name = f" ({texts.pick(one.name, language)})" if one.name else ""
    return f"{days}: {visit.say(KINDS[one.kind])}{name}" if language == "en" else f"{days}：{visit.say(KINDS[one.kind])}{name}"


def _short(day: date) -> str:
    return str(format_date(day, "M月d日", locale="zh_CN"))


def say_change(visit: Visit, before: Layer | None, after: Layer) -> tuple[str, ...]:
    """Return what a version says otherwise than the one before it, a line each."""
    found = changing.difference(before, after)
    lines = [say_range(visit, r) for r in found[:MOST_SAID]]
    if len(found) > MOST_SAID:
        lines.append(visit.say(_("and {count} ranges more"), count=len(found) - MOST_SAID))
    was = set(before.published) if before else set[int]()
    lines += [visit.say(_("The days off of {year} are published."), year=year) for year in sorted(set(after.published) - was)]
    lines += [visit.say(_("The days off of {year} are no longer published here."), year=year) for year in sorted(was - set(after.published))]
    if after.week != (before.week if before else None):
        if after.week is None:
            lines.append(visit.say(_("Hours of the week as the district above.")))
        else:
            named = zip(weekdays(visit.language), after.week, strict=True)
            lines += [f"{name} {hours(visit, spans)}" for (_s, name), spans in named]
    if after.after_hours != (before.after_hours if before else None):
        text = (
            visit.say(_("What comes after closing counts as in the district above."))
            if after.after_hours is None
            else after_hours(visit, after.after_hours)
        )
        lines.append(text)
    return tuple(lines)


async def _versions(visit: Visit, district: District) -> tuple[pages.VersionRow, ...]:
    """Return the newest versions of the calendar and of those above it, each with what it changed; one query."""
    columns = [calendar_version.c[n] for n in ("id", "district_id", "made", "reason", "post_id")]
    where = or_(calendar_version.c.district_id.in_(district.path), calendar_version.c.district_id.is_(None))
    rows = (await visit.db.execute(select(*columns).where(where).order_by(calendar_version.c.id.desc()).limit(VERSIONS))).all()
    tree = visit.house.directory.tree
    found = []
    for row in rows:
        layers = visit.house.times.layers.get(row.district_id, [])
        at = next((n for n, one in enumerate(layers) if one.id == row.id), None)
        if at is None:
            continue
        before = layers[at - 1] if at else None
        what = _seeded(visit, layers[at]) if row.district_id is None else say_change(visit, before, layers[at])
        found.append(
            pages.VersionRow(
                district=tree[row.district_id].say(visit.language) if row.district_id is not None else visit.say(_("The whole country")),
                when=frame.moment(visit, row.made, district),
                machine=row.made.isoformat(),
                who=frame.who(visit, row.post_id),
                why=visit.say(_("The published holidays of China")) if row.reason == SEEDED else row.reason,
                what=what,
            )
        )
    return tuple(found)


def _seeded(visit: Visit, layer: Layer) -> tuple[str, ...]:
    """Return what a version of the whole country says: its days are on the page of each year."""
    text = _("Published days off of {first} to {last}")
    return (visit.say(text, first=layer.published[0], last=layer.published[-1]),) if layer.published else ()


HANDLERS = [show]
