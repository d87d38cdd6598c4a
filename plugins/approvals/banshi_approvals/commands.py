"""`banshi approvals …`: the catalogue from files."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from banshi import Actor, commandline, say, toolkit
from banshi_approvals.catalogue import files, importing
from banshi_approvals.catalogue.checking import Fault
from banshi_approvals.catalogue.importing import Imported
from banshi_approvals.catalogue.keeping import Hand

NEWS = ("written", "same", "published")


@click.group("approvals")
def approvals() -> None:
    """Administrative approvals."""


@approvals.group("catalogue")
def catalogue() -> None:
    """The catalogue of matters."""


@catalogue.command("import")
@commandline.data_option
@commandline.json_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--publish", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Publish what is new or changed from this day on (2027-01-31).")
def import_file(data: Path | None, as_json: bool, file: Path, publish: datetime | None) -> None:
    """Bring the matters, sub-items and reforms of FILE (TOML) into the catalogue: all of them, or none where anything is wrong.

    The same file again changes nothing; a changed sub-item becomes a new draft, or with --publish a new version.
    """
    book = files.read(file.read_bytes())

    async def task(place: commandline.Workplace) -> Imported:
        async with place.database.transaction() as db:
            house, at = await place.house(db), toolkit.now()
            today = at.astimezone(house.directory.tree.roots[0].timezone).date()
            hand = Hand(db=db, vault=place.keyring, city=house.directory, actor=Actor.SYSTEM, at=at, today=today)
            return await importing.run(hand, book, publish=publish.date() if publish else None)

    done = commandline.run(commandline.settings_of(data), task)
    told = {name: list(getattr(done, name)) for name in NEWS} | {"matters": done.matters, "reforms": done.reforms}
    if as_json:
        commandline.echo_json(told | {"faults": [_line(file, fault) for fault in done.faults]})
    else:
        for fault in done.faults:
            click.echo(_line(file, fault), err=True)
        click.echo(f"nothing was written: {len(done.faults)} faults" if done.faults else _summary(told))
    if done.faults:
        sys.exit(1)


def _line(file: Path, fault: Fault) -> str:
    return ": ".join(part for part in (file.name, fault.item, fault.field, say(fault.text, "en")) if part)


def _summary(told: dict[str, Any]) -> str:
    counts = {name: len(value) if isinstance(value, list) else value for name, value in told.items()}
    return "wrote {written}, the same {same}, published {published}; matters {matters}, reforms {reforms}".format(**counts)
