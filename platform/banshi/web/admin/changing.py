"""Changing a calendar: a form or a file says what, a second page shows which open cases it moves, a second press makes it.

The input travels with each page, so nothing is kept between the two presses; the version that it was made for travels too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath

from banshi import audit, texts
from banshi.clock import changing, ics, keeping
from banshi.clock.calendar import Span
from banshi.clock.changing import Change, Range
from banshi.clock.keeping import Layer
from banshi.contracts import Actor
from banshi.districts import District
from banshi.errors import Conflict, Invalid
from banshi.escalation import moving, recounting
from banshi.escalation.moving import Moved
from banshi.web import casepage, forms, pages
from banshi.web.admin import calendar, frame
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

ROWS, MORE, MOST_ROWS = 4, 8, ics.MOST
LOOKED = 2000
"""So many cases does a preview look at; beyond it says that there are more."""
SHOWN = 100
LONGEST_REASON = 500
PARTS = ("from", "to", "kind", "zh", "en")
AHEAD = 3
QUICKER = _(
    "Somebody changed this calendar since you opened the form. Your input is still here: compare it with the calendar as it is now, then go on."
)
ALL = _("Some answers need your attention.")

Raw = Mapping[str, Sequence[str]]


@get(calendar.HOME + "/{code:str}/change")
async def form(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """The form, as the calendar is now."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = frame.administrator(visit)
        district = frame.place(visit, actor, code)
        own = visit.house.times.own_layer(district.id)
        return _form(visit, actor, district, _as_it_is(visit, district, own))


@post(calendar.HOME + "/{code:str}/change")
async def change(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """More lines, a file read in, what it would move, or the change itself."""
    site: Site = request.app.state.site
    raw = dict(await forms.read(request))
    file = (await request.form()).get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    async with site.visit(request) as visit:
        actor = frame.administrator(visit)
        district = frame.place(visit, actor, code)
        wanted = forms.one(raw, "do")
        if wanted == "more":
            return _form(visit, actor, district, raw, more=MORE)
        if wanted == "edit":
            return _form(visit, actor, district, raw)
        if content or wanted == "import":
            return _import(visit, actor, district, raw, content)
        try:
            own, layer = _asked(visit, district, raw)
            if own is layer:
                return visit.go(f"{calendar.HOME}/{district.code}")
            if wanted != "make":
                return await _preview(visit, actor, district, raw, layer)
            return await _make(visit, actor, district, raw, own, layer)
        except Conflict as refused:
            return _form(visit, actor, district, raw, {"": texts.Said(refused.text, refused.values)}, status=409)  # type: ignore[arg-type]
        except Invalid as refused:
            return _form(visit, actor, district, raw, forms.problems_of(refused), status=400)


def _import(visit: Visit, actor: Actor, district: District, raw: dict[str, list[str]], content: bytes) -> Response[Any]:
    """Draw the form with the ranges of a file in it; nothing is changed yet."""
    try:
        if not content:
            raise Invalid(_("Choose an iCalendar file (.ics) first."))
        found = ics.read(content, visit.house.times.calendar(district.id).timezone)
    except Invalid as refused:
        return _form(visit, actor, district, raw, {"file": texts.Said(refused.text, refused.values)}, status=400)  # type: ignore[arg-type]
    filled: dict[str, list[str]] = {k: list(v) for k, v in raw.items() if not re.fullmatch(r"(from|to|kind|zh|en)-\d+", k)}
    lines = [_line(raw, n) for n in _numbers(raw) if any(_line(raw, n)[:2])]
    lines += [
        (r.first.isoformat(), r.last.isoformat() if r.last != r.first else "", r.kind, r.name.get("zh", ""), r.name.get("en", "")) for r in found
    ]
    for place, line in enumerate(lines[:MOST_ROWS], 1):
        filled |= {f"{part}-{place}": [value] for part, value in zip(PARTS, line, strict=True)}
    years = {str(y) for r in found for y in range(r.first.year, r.last.year + 1)}
    filled["published"] = sorted({*raw.get("published", ()), *years})
    said = visit.say(_("The file has {count} ranges: they stand in the form. Look at them, then see what they move."), count=len(found))
    return _form(visit, actor, district, filled, said=said)


# -- from the form to a version --------------------------------------------------------------------------------------------


def _asked(visit: Visit, district: District, raw: Raw) -> tuple[Layer | None, Layer]:
    """Return the version that there is, and the one that a form asks for: twice the same where it was made already by a form sent twice.

    Invalid with its problems; Conflict where somebody was quicker.
    """
    own = visit.house.times.own_layer(district.id)
    layer = changing.changed(own, _read(raw), district.id, visit.at)
    if forms.one(raw, "version") != str(own.id if own else 0):
        if own is not None and forms.one(raw, "do") == "make" and changing.same(own, layer):
            return own, own
        raise Conflict(QUICKER)
    if changing.same(own, layer):
        raise Invalid(_("Nothing would change: say which days, hours or years."))
    tree, then = visit.house.directory.tree, visit.house.times.with_layer(layer)
    years = {d.year for r in changing.difference(own, layer) for d in r.days} | {visit.at.year, visit.at.year + 1}
    for below in tree.below(district.id):
        changing.check(then.calendar(below.id), years)
    return own, layer


def _read(raw: Raw) -> Change:
    """Return what a form says. Invalid with a problem for each field."""
    problems: dict[str, Any] = {}
    ranges: list[tuple[int, Range]] = []
    for number in _numbers(raw):
        first, last, kind, zh, en = _line(raw, number)
        if not (first.strip() or last.strip() or zh.strip() or en.strip()):
            continue
        try:
            ranges.append((number, changing.read_range(first, last, kind, {"zh": zh, "en": en})))
        except Invalid as refused:
            problems |= {f"{name}-{number}": said for name, said in refused.problems.items()}
    if clash := changing.overlapping([r for _n, r in ranges]):
        one, other, day = clash
        text = _("{day} stands in line {one} already: ranges must not overlap.")
        problems[f"from-{ranges[other][0]}"] = texts.Said(text, {"day": day.isoformat(), "one": ranges[one][0]})
    week: list[tuple[Span, ...]] = []
    own_week = not forms.one(raw, "as_above")
    for weekday in range(7) if own_week else ():
        try:
            week.append(changing.read_hours(forms.one(raw, f"hours-{weekday}")))
        except Invalid as refused:
            problems[f"hours-{weekday}"] = texts.Said(refused.text, refused.values)  # type: ignore[arg-type]
    years = [int(y) for y in raw.get("published", ()) if y.isascii() and y.isdigit() and len(y) == 4 and int(y) in changing.YEARS]
    switch = forms.one(raw, "after_hours")
    if switch not in AFTER_HOURS:
        problems["after_hours"] = ALL
    if problems:
        raise Invalid(ALL, problems)
    return Change(
        ranges=tuple(r for _n, r in ranges),
        published=tuple(years),
        week=tuple(week) if own_week else None,
        after_hours=AFTER_HOURS[switch],
    )


AFTER_HOURS: Mapping[str, bool | None] = {"above": None, "next": True, "own": False}


def _numbers(raw: Raw) -> list[int]:
    """Return the numbers of the lines that a form has."""
    found = {int(m.group(1)) for name in raw if (m := re.fullmatch(r"from-(\d{1,3})", name, re.ASCII))}
    return sorted(found)[:MOST_ROWS]


def _line(raw: Raw, number: int) -> tuple[str, str, str, str, str]:
    first, last, kind, zh, en = (forms.one(raw, f"{part}-{number}") for part in PARTS)
    return first, last, kind, zh, en


# -- the pages -----------------------------------------------------------------------------------------------------------


def _as_it_is(visit: Visit, district: District, own: Layer | None) -> dict[str, list[str]]:
    """Return the form's input as the calendar is now."""
    now = visit.house.times.calendar(district.id)
    week = (own.week if own else None) or now.week
    switch = next(name for name, said in AFTER_HOURS.items() if said == (own.after_hours if own else None))
    return {
        "version": [str(own.id if own else 0)],
        "published": [str(y) for y in (own.published if own else ())],
        "as_above": [] if own and own.week is not None else ["true"],
        "after_hours": [switch],
    } | {f"hours-{n}": [changing.say_hours(spans)] for n, spans in enumerate(week)}


def _form(
    visit: Visit,
    actor: Actor,
    district: District,
    raw: Raw,
    problems: Mapping[str, Any] | None = None,
    *,
    said: str = "",
    more: int = 0,
    status: int = 200,
) -> Response[Any]:
    say, problems = visit.say, problems or {}
    own = visit.house.times.own_layer(district.id)
    used = [n for n in _numbers(raw) if any(_line(raw, n)[i] for i in (0, 1, 3, 4)) or n <= ROWS]
    lines = max([ROWS, *used]) if not more else min(max([ROWS, *_numbers(raw)]) + more, MOST_ROWS)

    def error(name: str) -> str:
        return say(problems[name]) if name in problems else ""

    year = visit.house.times.calendar(district.id).day_of(visit.at).year
    above = visit.house.times.calendar(district.parent_id) if district.parent_id is not None else None
    years = sorted({*range(year, year + AHEAD), *(int(y) for y in raw.get("published", ()) if y.isascii() and y.isdigit() and len(y) == 4)})
    chosen = set(raw.get("published", ()))
    names = calendar.weekdays(visit.language)
    switches = (
        ("above", _("As the district above")),
        ("next", _("It counts as received on the next workday")),
        ("own", _("It counts as received on the day on which it came")),
    )
    page = pages.CalendarFormPage(
        head=frame.head(visit, actor, "calendar", district),
        title=say(_("Change the calendar of {district}"), district=district.say(visit.language)),
        action=f"{calendar.HOME}/{district.code}/change",
        back=f"{calendar.HOME}/{district.code}",
        rows=tuple(pages.DayRow(title=say(_("Days {number}"), number=n), fields=_fields(visit, raw, n, error)) for n in range(1, lines + 1)),
        week=tuple(
            pages.Field(name=f"hours-{n}", label=names[n][1], kind="text", value=forms.one(raw, f"hours-{n}"), error=error(f"hours-{n}"))
            for n in range(7)
        ),
        as_above=pages.Field(
            name="as_above",
            label=say(_("Hours as the district above; what stands below does not count")),
            kind="checkbox",
            value="true" if forms.one(raw, "as_above") else "",
        ),
        after_hours=pages.Field(
            name="after_hours",
            label=say(_("What comes after closing, or on a day off")),
            kind="radios",
            error=error("after_hours"),
            choices=tuple(pages.Choice(value=v, label=say(t), chosen=v == forms.one(raw, "after_hours")) for v, t in switches),
        ),
        published=pages.Field(
            name="published",
            label=say(_("These years are published")),
            hint=say(_("Tick a year once its days off are all there. Until then what is due in it is marked as provisional.")),
            kind="checkboxes",
            choices=tuple(
                pages.Choice(
                    value=str(y),
                    label=str(y),
                    hint=say(_("published above already"))
                    if (above or visit.house.times.calendar(district.id)).published >= {y} and str(y) not in chosen
                    else "",
                    chosen=str(y) in chosen,
                )
                for y in years
            ),
        ),
        file=pages.Field(
            name="file",
            label=say(_("Days off from a file (.ics)")),
            hint=say(_("All-day events become days off; those that say 班 or “workday” become workdays. They are put into the form first.")),
            kind="text",
            error=error("file"),
        ),
        hidden=(("version", forms.one(raw, "version") if status != 409 else str(own.id if own else 0)),),
        problems=forms.problem_list(problems, visit.language),
        said=said,
    )
    return visit.page("admin/calendar_form.html", page, desk=True, status=status)


def _fields(visit: Visit, raw: Raw, number: int, error: Any) -> tuple[pages.Field, ...]:
    first, last, kind, zh, en = _line(raw, number)

    def named(part: str) -> str:
        return f"{part}-{number}"

    kinds = tuple(pages.Choice(value=k, label=visit.say(t), chosen=k == (kind or "off")) for k, t in calendar.KINDS.items())
    return (
        pages.Field(name=named("from"), label=visit.say(_("First day")), kind="date", value=first, error=error(named("from"))),
        pages.Field(name=named("to"), label=visit.say(_("Last day")), kind="date", value=last, error=error(named("to")), optional=True),
        pages.Field(name=named("kind"), label=visit.say(_("What they are")), kind="select", choices=kinds, error=error(named("kind"))),
        pages.Field(name=named("zh"), label=visit.say(_("Name in Chinese")), kind="text", value=zh, error=error(named("zh")), optional=True),
        pages.Field(name=named("en"), label=visit.say(_("Name in English")), kind="text", value=en, error=error(named("en")), optional=True),
    )


async def _preview(
    visit: Visit, actor: Actor, district: District, raw: Raw, layer: Layer, problems: Mapping[str, Any] | None = None
) -> Response[Any]:
    say, problems = visit.say, problems or {}
    moved = await moving.preview(visit.db, visit.house, layer, most=LOOKED)
    shown = moved.moves[:SHOWN]
    links = await frame.case_links(visit, actor, [m.row.number for m in shown])
    hidden = tuple((name, value) for name, values in raw.items() if name not in {"_csrf_token", "do", "reason"} for value in values)
    action = f"{calendar.HOME}/{district.code}/change"
    reason = pages.Field(
        name="reason",
        label=say(_("Reason for the change")),
        hint=say(_("It stands in the list of versions and is read by everybody who administers.")),
        kind="textarea",
        rows=3,
        longest=LONGEST_REASON,
        value=forms.one(raw, "reason"),
        error=say(problems["reason"]) if problems else "",
    )
    page = pages.CalendarPreviewPage(
        head=frame.head(visit, actor, "calendar", district),
        title=say(_("What the change moves")),
        what=calendar.say_change(visit, visit.house.times.own_layer(district.id), layer),
        moved=_moved(visit, moved),
        rows=tuple(_row(visit, m, links[m.row.number]) for m in shown),
        more=say(_("The first {count} are shown."), count=len(shown)) if len(moved.moves) > len(shown) else "",
        form=pages.Form(
            action=action,
            fields=(reason,),
            button=say(_("Make the change")),
            hidden=(*hidden, ("do", "make")),
            problems=forms.problem_list(problems, visit.language),
        ),
        back=pages.Form(action=action, fields=(), button=say(_("Back to the form")), hidden=(*hidden, ("do", "edit"))),
    )
    return visit.page("admin/calendar_preview.html", page, desk=True, status=400 if problems else 200)


def _moved(visit: Visit, moved: Moved) -> str:
    count = texts.say_number(len(moved.moves), visit.language)
    if not moved.whole:
        text = _(
            "There are many: of the first {looked} open cases that it may concern it moves {count}. `banshi calendar preview` counts all of them."
        )
        return visit.say(text, looked=texts.say_number(moved.looked, visit.language), count=count)
    if not moved.moves:
        return visit.say(_("It moves no open case."))
    return visit.say(_("It moves 1 open case.")) if len(moved.moves) == 1 else visit.say(_("It moves {count} open cases."), count=count)


WATCHED = (_("Promised"), _("By the rules"), _("Next step"))


def _row(visit: Visit, move: moving.Move, link: pages.Link) -> pages.MoveRow:
    place = visit.house.directory.tree[move.row.district_id]
    dates = tuple(
        (visit.say(title), frame.moment(visit, before, place), frame.moment(visit, after, place))
        for title, before, after in zip(WATCHED, move.before, move.after, strict=True)
        if before != after
    )
    return pages.MoveRow(case=link, kind=casepage.category(visit.house.declared(move.row.type_id), move.row, visit.language), dates=dates)


# -- the change ----------------------------------------------------------------------------------------------------------


async def _make(visit: Visit, actor: Actor, district: District, raw: Raw, own: Layer | None, layer: Layer) -> Response[Any]:
    """Add the version, have the open cases counted anew, put it on the record."""
    reason = " ".join(forms.one(raw, "reason").split())
    if not reason or len(reason) > LONGEST_REASON:
        wrong = texts.Said(_("Say why, in at most {most} characters."), {"most": LONGEST_REASON})
        return await _preview(visit, actor, district, raw, layer, {"reason": wrong})
    await keeping.changing(visit.db)
    if await keeping.newest(visit.db, district.id) != (own.id if own else 0):
        raise Conflict(QUICKER)
    added = await keeping.add_layer(
        visit.db,
        district.id,
        days=layer.days,
        published=layer.published,
        week=layer.week,
        after_hours=layer.after_hours,
        reason=reason,
        post_id=actor.post_id,
        at=visit.at,
    )
    await recounting.ask(visit.db, visit.house.directory.tree, district.id, visit.at)
    body = {"version": added, "days": len(changing.difference(own, layer)), "published": list(layer.published)}
    await audit.record(visit.db, visit.house.keyring, actor, "calendar.changed", f"district:{district.code}", body, visit.at)
    return visit.go(f"{calendar.HOME}/{district.code}")


HANDLERS = [form, change]
