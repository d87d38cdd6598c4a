"""`banshi import`, `banshi case`, `banshi audit`: the record from outside."""

from __future__ import annotations

import csv
import sys
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import msgspec

from banshi import clock
from banshi.cases import importing, numbers, reading, verifying
from banshi.cases.reading import Query
from banshi.cli.common import Workplace, data_option, echo_json, json_option, run, settings_of
from banshi.contracts import Actor
from banshi.errors import BanshiError, Invalid, NotFound
from banshi.privacy import SEALED
from banshi.texts import Language

BY = ("state", "outcome", "department", "channel", "category", "type", "district")


@click.command("import")
@data_option
@json_option
@click.argument("plugin")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--mapping", required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Which column means what (TOML).")
def import_command(data: Path | None, as_json: bool, plugin: str, file: Path, mapping: Path) -> None:
    """Import another system's cases from FILE (CSV). It may be run again: no row comes in twice.

    Rows that cannot be imported go to FILE.refused.csv in the current folder, with the line and the reason.
    """
    said = importing.read_mapping(mapping)
    with file.open("rb") as counted:
        lines = sum(1 for _ in counted)
    target = Path.cwd() / (file.name + ".refused.csv")  # here: the file may lie where we must not write

    async def task(place: Workplace) -> importing.Outcome:
        async with place.database.transaction() as db:
            importer = importing.Importer(await place.house(db), plugin, said)
        outcome, faults = importing.Outcome(), list[Any]()
        with ExitStack() as opened:

            def refused(line: int, reason: str, cells: list[str]) -> None:
                if not faults:
                    file = opened.enter_context(target.open("w", encoding="utf8", errors="backslashreplace", newline=""))
                    faults.append(csv.writer(file))
                    faults[0].writerow(["line", "reason", "row"])
                faults[0].writerow([line, reason, *cells])

            with click.progressbar(length=lines, label=file.name, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
                reached = 0
                async for line, outcome in importing.run(place.database, importer, file, clock.now, refused):  # noqa: B007 -- the last is the result
                    bar.update(line - reached)
                    reached = line
        return outcome

    outcome = run(settings_of(data), task)
    if not outcome.refused:
        target.unlink(missing_ok=True)  # of an earlier run
    if as_json:
        echo_json({"imported": outcome.imported, "already_there": outcome.known, "refused": outcome.refused})
    else:
        click.echo(f"imported {outcome.imported}, already there {outcome.known}, refused {outcome.refused}")
    if outcome.refused:
        click.echo(f"what was refused, and why: {target}", err=True)
        sys.exit(1)


@click.group("case")
def case_command() -> None:
    """Cases: one, or how many."""


@case_command.command("show")
@data_option
@json_option
@click.argument("number")
def show(data: Path | None, as_json: bool, number: str) -> None:
    """Show a case with its story; what is sealed stays so."""
    try:
        plain = numbers.read(number)
    except Invalid as error:
        raise BanshiError(str(error)) from error

    async def task(place: Workplace) -> dict[str, Any]:
        async with place.database.transaction() as db:
            house = await place.house(db)
            try:
                row = await reading.get(db, house, Actor.SYSTEM, plain)
            except NotFound:
                msg = f"There is no case {numbers.show(plain)}"
                raise BanshiError(msg) from None
            events = await reading.story(db, row.id, reading.FOR_STAFF)
            department = house.directory.department(row.department_id).code if row.department_id else None
            return {
                "number": numbers.show(row.number),
                "type": house.book[row.type_id].key,
                "district": house.directory.tree[row.district_id].code,
                "state": row.state,
                "outcome": row.outcome,
                "title": row.title,
                "category": row.category,
                "department": department,
                "channel": row.channel,
                "received": row.received,
                "closed": row.closed,
                "revision": row.revision,
                "data": {k: v for k, v in row.data.items() if not str(v).startswith(SEALED)},
                "events": [
                    {"sequence": e.sequence, "kind": e.kind, "at": e.at, "state": e.state, "capacity": e.capacity, "staff_number": e.staff_number}
                    for e in events
                ],
            }

    facts = run(settings_of(data), task)
    if as_json:
        echo_json(facts)
        return
    for name, value in facts.items():
        if name != "events":
            click.echo(f"{name:<12} {'' if value is None else value}")
    for event in facts["events"]:
        who = event["staff_number"] or event["capacity"]
        click.echo(f"  {event['sequence']:>3}  {event['at']:%Y-%m-%d %H:%M}  {event['kind']:<12} {event['state']:<12} {who}")


@case_command.command("explain")
@data_option
@json_option
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"]), help="As of this moment (UTC); default: now.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="en", help="Language of the words.")
@click.argument("number")
def explain(data: Path | None, as_json: bool, at: datetime | None, lang: Language, number: str) -> None:
    """Explain every due date of a case: what was counted, what stood still, which days were off."""
    try:
        plain = numbers.read(number)
    except Invalid as error:
        raise BanshiError(str(error)) from error
    moment = at.replace(tzinfo=UTC) if at else clock.now()

    async def task(place: Workplace) -> tuple[Any, ...]:
        from banshi.web import clocks  # the words of the pages are those of the command

        async with place.database.transaction() as db:
            house = await place.house(db)
            try:
                row = await reading.get(db, house, Actor.SYSTEM, plain)
            except NotFound:
                msg = f"There is no case {numbers.show(plain)}"
                raise BanshiError(msg) from None
            words = await clocks.words_for(db, house, row, lang, moment)
        if words is None:
            return (), ()
        from banshi.web.api.timing import clock_out

        return tuple(words.part(c) for c in words.found.clocks), tuple(clock_out(c, words) for c in words.found.clocks)

    parts, said = run(settings_of(data), task)
    if as_json:
        echo_json([msgspec.to_builtins(c) for c in said])
        return
    for part in parts:
        click.echo(f"{part.title}: {part.status}")
        click.echo(f"  {part.limit}. {part.received} {part.total}. {part.provisional}".rstrip())
        for line in part.extensions:
            click.echo(f"  {line}")
        for line in part.lines:
            click.echo(f"    {line.when:<48} {line.amount or '-':<18} {line.what}")


@case_command.command("count")
@data_option
@json_option
@click.option("--by", "by", multiple=True, type=click.Choice(BY), required=True, help="Count for each value; may be given several times.")
@click.option("--district", default=None, help="Only cases of this district (code).")
@click.option("--open/--closed", "is_open", default=None, help="Only open, or only closed cases.")
def count(data: Path | None, as_json: bool, by: tuple[Any, ...], district: str | None, is_open: bool | None) -> None:
    """Count cases exactly."""

    async def task(place: Workplace) -> list[dict[str, Any]]:
        async with place.database.transaction() as db:
            house = await place.house(db)
            found = house.directory.tree.find(district) if district else None
            if district and found is None:
                msg = f"There is no district {district!r}"
                raise BanshiError(msg)
            query = Query(open=is_open, district_id=found.id if found else None)
            counted = await reading.count_exact(db, house, Actor.SYSTEM, by, query)
            words = {
                "department": lambda v: house.directory.department(v).code,
                "type": lambda v: house.book[v].key,
                "district": lambda v: house.directory.tree[v].code,
            }
            return [
                {b: (words[b](v) if b in words and v is not None else v) for b, v in zip(by, values, strict=True)} | {"count": n}
                for values, n in counted
            ]

    facts = run(settings_of(data), task)
    if as_json:
        echo_json(facts)
        return
    for fact in facts:
        click.echo("  ".join(f"{'-' if fact[b] is None else fact[b]!s:<16}" for b in by) + f"{fact['count']:>10}")


@click.group("audit")
def audit_command() -> None:
    """The chains of digests over the record and over the log."""


@audit_command.command("verify")
@data_option
@json_option
def verify(data: Path | None, as_json: bool) -> None:
    """Find what was changed, removed or reordered in any case or in the log. Status 1 where something was."""

    async def task(place: Workplace) -> list[str]:
        async with place.database.transaction() as db:
            return await verifying.verify(db, place.keyring)

    faults = run(settings_of(data), task)
    if as_json:
        echo_json({"whole": not faults, "faults": faults})
    else:
        click.echo("\n".join(faults) if faults else "The record is whole.")
    if faults:
        sys.exit(1)
