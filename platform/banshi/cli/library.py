"""`banshi library`: regulations and guides from a folder of Markdown files."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from banshi import clock
from banshi.cli.common import Workplace, data_option, echo_json, json_option, run, settings_of
from banshi.errors import BanshiError
from banshi.library import importing


@click.group("library")
def library_command() -> None:
    """Regulations and guides."""


@library_command.command("import")
@data_option
@json_option
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--district", default="", help="Where an entry holds that does not say it (code; the city where there is one).")
def import_folder(data: Path | None, as_json: bool, folder: Path, district: str) -> None:
    """Write the entries of FOLDER: CODE.zh.md and CODE.en.md. The same words again change nothing, others are a new version."""

    async def task(place: Workplace) -> list[importing.Result]:
        async with place.database.transaction() as db:
            house = await place.house(db)
        tree, at = house.directory.tree, clock.now()
        where = tree.find(district) if district else (tree.roots[0] if len(tree.roots) == 1 else None)
        if where is None:
            msg = f"There is no district {district!r}" if district else "Name the district in which the entries hold: --district"
            raise BanshiError(msg)
        services = frozenset(f"{s.owner}.{s.name}" for s in place.registry.services)
        today = at.astimezone(where.timezone).date()
        with click.progressbar(length=len(importing.entries(folder)[0]), label=folder.name, file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            return await importing.run(
                place.database,
                house.directory,
                place.keyring,
                folder,
                at,
                services=services,
                district=where.code,
                today=today,
                progress=bar.update,
            )

    done = run(settings_of(data), task)
    if not done:
        msg = f"There is no entry in {folder}: name its files CODE.zh.md and CODE.en.md"
        raise BanshiError(msg)
    written = [r for r in done if r.written and r.written.fresh]
    faults = [r for r in done if r.fault]
    if as_json:
        refused = [{"code": r.code, "files": r.files, "fault": r.fault} for r in faults]
        echo_json({"written": len(written), "same": len(done) - len(written) - len(faults), "refused": refused})
    else:
        for fault in faults:
            click.echo(f"{', '.join(fault.files)}: {fault.fault.removeprefix(f'{fault.files[0]}: ')}", err=True)
        click.echo(f"wrote {len(written)}, the same {len(done) - len(written) - len(faults)}, refused {len(faults)}")
    if faults:
        sys.exit(1)
