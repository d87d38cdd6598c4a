"""`banshi calendar`, `banshi clock`: working calendars, what a change of one moves, and every clock counted anew."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from sqlalchemy import func, select

from banshi import audit, clock, texts
from banshi.cases import numbers
from banshi.cases.book import House
from banshi.cases.tables import case
from banshi.cli.common import Workplace, data_option, echo_json, json_option, run, settings_of
from banshi.clock import changing, ics, keeping
from banshi.clock.changing import Change, Range
from banshi.clock.keeping import Layer
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.districts import District
from banshi.errors import BanshiError, Invalid
from banshi.escalation import moving, recounting, sweeping
from banshi.escalation.moving import Move

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AFTER_HOURS = {"next": True, "own": False, "above": None}
RANGE = "FIRST[..LAST][=NAME]"


@click.group("calendar")
def calendar_command() -> None:
    """Working calendars: which days are worked, from when to when."""


def asked(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say what is to be changed."""
    for option in (
        click.option("--publish", multiple=True, type=click.IntRange(2000, 2099), help="The days off of this year are all there."),
        click.option(
            "--after-hours", type=click.Choice(list(AFTER_HOURS)), help="What comes after closing: the next workday, its own day, or as above."
        ),
        click.option("--hours", multiple=True, metavar="DAY=HOURS", help="Hours of a weekday, like sat=09:00-12:00; mon= is not worked."),
        click.option("--above", multiple=True, metavar="FIRST[..LAST]", help="These days are as the district above says."),
        click.option("--usual", multiple=True, metavar="FIRST[..LAST]", help="These days are as their weekday."),
        click.option("--work", multiple=True, metavar=RANGE, help="These days are worked."),
        click.option("--off", multiple=True, metavar=RANGE, help="These days are off."),
        click.option("--district", "code", required=True, help="For which district, and all below it (code)."),
        json_option,
        data_option,
    ):
        command = option(command)
    return command


@calendar_command.command("show")
@data_option
@json_option
@click.option("--district", "code", required=True, help="Of which district (code).")
@click.option("--year", type=click.IntRange(2000, 2099), help="Which year (the usual: this one).")
def show(data: Path | None, as_json: bool, code: str, year: int | None) -> None:
    """Show a year: what differs from the weekday, the hours, and whether somebody has answered for it."""

    async def task(place: Workplace) -> dict[str, Any]:
        async with place.database.transaction() as db:
            house = await place.house(db)
            district = find(house, code)
            found = house.times.calendar(district.id)
            wanted = year or found.day_of(clock.now()).year
            days = [
                {"day": d.isoformat(), "kind": kind, "name": dict(found.names.get(d, {}))}
                for d, kind in sorted(found.days.items())
                if d.year == wanted
            ]
            return {
                "district": district.code,
                "year": wanted,
                "zone": found.zone,
                "published": wanted in found.published,
                "after_hours": "next" if found.after_hours else "own",
                "week": {name: changing.say_hours(spans) for name, spans in zip(WEEKDAYS, found.week, strict=True)},
                "days": days,
            }

    facts = run(settings_of(data), task)
    if as_json:
        echo_json(facts)
        return
    provisional = "" if facts["published"] else "  PROVISIONAL: nobody has published its days off, only weekends count"
    click.echo(f"{facts['district']} {facts['year']}  {facts['zone']}{provisional}")
    for name, hours in facts["week"].items():
        click.echo(f"  {name}  {hours or '-'}")
    for day in facts["days"]:
        click.echo(f"  {day['day']}  {day['kind']:<4}  {texts.pick(day['name'], 'en')}")


@calendar_command.command("set")
@asked
@click.option("--reason", required=True, help="Why; it stands with the version.")
def set_(data: Path | None, as_json: bool, code: str, reason: str, **said: Any) -> None:
    """Change the calendar of a district. The worker then counts its open cases anew."""

    async def task(place: Workplace) -> dict[str, Any]:
        async with place.database.transaction() as db:
            house = await place.house(db)
            district = find(house, code)
            return await make(db, house, district, wanted(house, district, said), reason)

    told(run(settings_of(data), task), as_json)


@calendar_command.command("import")
@data_option
@json_option
@click.option("--district", "code", required=True, help="For which district, and all below it (code).")
@click.option("--publish", multiple=True, type=click.IntRange(2000, 2099), help="The days off of this year are all there.")
@click.option("--reason", required=True, help="Why; it stands with the version.")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def import_(data: Path | None, as_json: bool, code: str, publish: tuple[int, ...], reason: str, file: Path) -> None:
    """Take days off from an iCalendar FILE: all-day events are off, those that say 班 or "workday" are worked."""

    async def task(place: Workplace) -> dict[str, Any]:
        async with place.database.transaction() as db:
            house = await place.house(db)
            district = find(house, code)
            return await make(db, house, district, wanted(house, district, {"publish": publish}, read(file, house, district)), reason)

    told(run(settings_of(data), task), as_json)


@calendar_command.command("preview")
@asked
@click.option("--file", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Days off from an iCalendar file.")
def preview(data: Path | None, as_json: bool, code: str, file: Path | None, **said: Any) -> None:
    """Say which open cases a change would move, and change nothing."""

    async def task(place: Workplace) -> dict[str, Any]:
        async with place.database.transaction() as db:
            house = await place.house(db)
            district = find(house, code)
            layer = checked(house, district, wanted(house, district, said, read(file, house, district) if file else ()))
            length = await moving.count(db, house, layer)
            moved = looked = 0
            moves: list[dict[str, Any]] = []
            with click.progressbar(length=length, label="looking", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
                async for one in moving.walk(db, house, layer):
                    bar.update(one.looked)
                    moved, looked = moved + len(one.moves), looked + one.looked
                    if as_json:
                        moves += [line(m) for m in one.moves]
                    else:
                        for move in one.moves:
                            click.echo(_said(line(move)))
            return {"moved": moved, "looked": looked, "cases": moves}

    facts = run(settings_of(data), task)
    if as_json:
        echo_json(facts)
    else:
        click.echo(f"{facts['moved']} open cases would move; {facts['looked']} were looked at.")


@click.group("clock")
def clock_command() -> None:
    """The clocks of cases."""


@clock_command.command("recount")
@data_option
@json_option
@click.option("--district", "code", default="", help="Only open cases of this district and below (code).")
def recount(data: Path | None, as_json: bool, code: str) -> None:
    """Count the clocks of every open case anew from its events, and what is due next."""

    async def task(place: Workplace) -> int:
        async with place.database.transaction() as db:
            house = await place.house(db)
            below = [d.id for d in house.directory.tree.below(find(house, code).id)] if code else []
            counted = select(func.count()).where(case.c.closed.is_(None))
            length = (await db.execute(counted.where(case.c.district_id.in_(below)) if below else counted)).scalar_one()
        with click.progressbar(length=length, label="counting", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            return await sweeping.recount(place.database.transaction, place.house, bar.update, below)

    cases = run(settings_of(data), task)
    if as_json:
        echo_json({"cases": cases})
    else:
        click.echo(f"counted the clocks of {cases} open cases")


# -- from options to a version ---------------------------------------------------------------------------------------------


def find(house: House, code: str) -> District:
    """Return the district of a code."""
    found = house.directory.tree.find(code)
    if found is None:
        msg = f"There is no district {code!r}"
        raise BanshiError(msg)
    return found


def read(file: Path, house: House, district: District) -> list[Range]:
    """Return the ranges of an iCalendar file."""
    try:
        return ics.read(file.read_bytes(), house.times.calendar(district.id).timezone)
    except Invalid as refused:
        raise BanshiError(f"{file}: {refused}") from None


def wanted(house: House, district: District, said: dict[str, Any], ranges: Any = ()) -> Change:
    """Return what options ask for; what they do not name stays as it is."""
    own, now = house.times.own_layer(district.id), house.times.calendar(district.id)
    found = [*ranges]
    week = own.week if own else None
    try:
        for kind in changing.KINDS:
            for one in said.get(kind, ()):
                days, _eq, name = one.partition("=")
                first, _dots, last = days.partition("..")
                found.append(changing.read_range(first, last, kind, {"zh": name, "en": name} if name else {}))
        for one in said.get("hours", ()):
            name, eq, hours = one.partition("=")
            if name not in WEEKDAYS or not eq:
                msg = f"--hours {one}: write a day of {', '.join(WEEKDAYS)} and its hours, like sat=09:00-12:00"
                raise BanshiError(msg)
            kept = list(week if week is not None else now.week)
            kept[WEEKDAYS.index(name)] = changing.read_hours(hours)
            week = tuple(kept)
    except Invalid as refused:
        raise BanshiError("; ".join(f"{name}: {texts.say(text, 'en')}" for name, text in refused.problems.items()) or str(refused)) from None
    if clash := changing.overlapping(found):
        msg = f"{clash[2]} is named twice"
        raise BanshiError(msg)
    switch = said.get("after_hours")
    return Change(
        ranges=tuple(found),
        published=tuple({*(own.published if own else ()), *said.get("publish", ())}),
        week=week,
        after_hours=AFTER_HOURS[switch] if switch else own.after_hours if own else None,
    )


def checked(house: House, district: District, change: Change) -> Layer:
    """Return the version that a change makes; an error where it changes nothing, or leaves a gap."""
    own = house.times.own_layer(district.id)
    layer = changing.changed(own, change, district.id, clock.now())
    if changing.same(own, layer):
        msg = "Nothing would change"
        raise BanshiError(msg)
    then, this = house.times.with_layer(layer), layer.made.year
    years = {d.year for r in change.ranges for d in (r.first, r.last)} | {this, this + 1}
    try:
        for below in house.directory.tree.below(district.id):
            changing.check(then.calendar(below.id), years)
    except Invalid as refused:
        raise BanshiError(str(refused)) from None
    return layer


async def make(db: Connection, house: House, district: District, change: Change, reason: str) -> dict[str, Any]:
    """Make a change: the version, the recount, the record."""
    await keeping.changing(db)
    own = house.times.own_layer(district.id)
    layer = checked(house, district, change)
    if await keeping.newest(db, district.id) != (own.id if own else 0):
        msg = "Somebody changed this calendar at the same moment: try again"
        raise BanshiError(msg)
    kept = {f: getattr(layer, f) for f in ("days", "published", "week", "after_hours")}
    version = await keeping.add_layer(db, district.id, **kept, reason=reason, at=layer.made)
    await recounting.ask(db, house.directory.tree, district.id, layer.made)
    days = len(changing.difference(own, layer))
    body = {"version": version, "days": days, "published": list(layer.published)}
    await audit.record(db, house.keyring, Actor.SYSTEM, "calendar.changed", f"district:{district.code}", body, layer.made)
    return {"district": district.code, "version": version, "ranges": days, "published": list(layer.published)}


def told(facts: dict[str, Any], as_json: bool) -> None:
    """Print what was made."""
    if as_json:
        echo_json(facts)
    else:
        click.echo(f"version {facts['version']} of {facts['district']}: {facts['ranges']} ranges changed. The worker counts its open cases anew.")


def line(move: Move) -> dict[str, Any]:
    """Return a move as facts."""
    dates = {
        name: {"from": before, "to": after} for name, before, after in zip(moving.WATCHED, move.before, move.after, strict=True) if before != after
    }
    return {"number": numbers.show(move.row.number), **dates}


def _said(facts: dict[str, Any]) -> str:
    def short(at: Any) -> str:
        return f"{at:%Y-%m-%dT%H:%MZ}" if at is not None else "-"

    return "  ".join([facts["number"], *(f"{n} {short(v['from'])} -> {short(v['to'])}" for n, v in facts.items() if n != "number")])
