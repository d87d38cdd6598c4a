"""`banshi search`: the index of words, made anew from the record."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from sqlalchemy import func, select

from banshi.cases.tables import case
from banshi.cli.common import Workplace, data_option, echo_json, json_option, run, settings_of
from banshi.escalation import reports
from banshi.search import indexing

BATCH = 500


@click.group("search")
def search_command() -> None:
    """The index of words."""


@search_command.command("rebuild")
@data_option
@json_option
def rebuild(data: Path | None, as_json: bool) -> None:
    """Write every case's words, and the list of closing reports, anew.

    After an upgrade that changed what is found, or where the index was lost. The platform goes on meanwhile.
    """

    async def task(place: Workplace) -> int:
        async with place.database.transaction() as db:
            house = await place.house(db)
            last = (await db.execute(select(func.max(case.c.id)))).scalar_one() or 0
        done, reached = 0, 0
        with click.progressbar(length=last, label="words", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            while reached < last:
                async with place.database.transaction() as db:
                    ids = (await db.execute(select(case.c.id).where(case.c.id > reached).order_by(case.c.id).limit(BATCH))).scalars().all()
                    done += await indexing.index(db, house, ids)
                    await reports.restore(db, house, ids)
                bar.update(ids[-1] - reached)
                reached = ids[-1]
        return done

    done = run(settings_of(data), task)
    if as_json:
        echo_json({"cases": done})
    else:
        click.echo(f"wrote the words of {done} cases")
