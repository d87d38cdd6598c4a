"""`banshi report`: the figures, and everything counted again."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from banshi import clock, texts
from banshi.cli.common import Workplace, data_option, echo_json, json_option, run, settings_of
from banshi.contracts import Actor
from banshi.errors import BanshiError, Invalid
from banshi.reporting import asking, checking
from banshi.reporting.asking import Figure
from banshi.web import figures as words
from banshi.web.api.report import ReportOut, report_out

LANGUAGE: texts.Language = "en"


@click.group("report", invoke_without_command=True)
@data_option
@json_option
@click.option("--from", "first", default="", help="The first month, like 2026-01 (the usual: six months).")
@click.option("--to", "last", default="", help="The last month.")
@click.option("--by", type=click.Choice(asking.BYS), default="department", show_default=True, help="What the lines are.")
@click.option("--type", "case_type", default="", help="Only cases of this type, like tickets.request.")
@click.option("--department", default="", help="Only cases of this department and all below it (code).")
@click.option("--channel", default="", help="Only cases that came in so.")
@click.pass_context
def report_command(context: click.Context, /, data: Path | None, as_json: bool, **said: str) -> None:
    """Print the report: each figure with its denominator. `banshi report check` counts everything again."""
    if context.invoked_subcommand is not None:
        return

    async def task(place: Workplace) -> tuple[ReportOut, list[tuple[str, ...]]]:
        async with place.database.transaction() as db:
            house = await place.house(db)
            today = asking.today(house, Actor.SYSTEM, clock.now())
            try:
                wanted = asking.asked(house, today, **said)
            except Invalid as refused:
                raise BanshiError("; ".join(f"{name}: {texts.say(text, LANGUAGE)}" for name, text in refused.problems.items())) from None
            found = await asking.read(db, house, Actor.SYSTEM, wanted, today)
            named = [(words.code(house, wanted.by, line.key) or "-", line) for line in found.lines]
            named += [(words.code(house, wanted.by, r.department_id) + " and below", r.below) for r in found.rolled if r.below is not None]
            heads = ("", *(m.key.partition(".")[2] for m in found.measures))
            lines = [(name, *(_cell(line.figures[m.key]) for m in found.measures)) for name, line in (*named, ("all", found.total))]
            return report_out(house, found, LANGUAGE), [heads, *lines]

    facts, table = run(settings_of(data), task)
    if as_json:
        echo_json(facts)
        return
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for key in facts.failed:
        click.echo(f"{key} is left out: it fails on some cases (see `banshi doctor`).", err=True)
    for name, *cells in table:
        told = (cell.rjust(w) for cell, w in zip(cells, widths[1:], strict=True))
        click.echo("  ".join((name.ljust(widths[0]), *told)).rstrip())
    click.echo("A rate is followed by hits/denominator; days are median/p90 of so many cases.")


def _cell(figure: Figure) -> str:
    if figure.measure.kind == "count":
        return str(figure.hits)
    if figure.measure.kind == "rate":
        return f"{words.percent(figure) or '-'} {figure.hits}/{figure.of}"
    return f"{words.days(figure.median)}/{words.days(figure.p90)} of {figure.of}"


@report_command.command("check")
@data_option
@json_option
@click.option("--rebuild", is_flag=True, help="Put the recount in place of what was kept.")
def check(data: Path | None, as_json: bool, rebuild: bool) -> None:
    """Count every case again from its events and compare with what the report reads. Status 1 where something differs and was not rebuilt."""

    async def task(place: Workplace) -> checking.Checked:
        async with place.database.transaction() as db:
            house = await place.house(db)
            cases = await checking.cases(db)
        with click.progressbar(length=cases, label="counting", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            return await checking.check(place.database, house, rebuild=rebuild, progress=bar.update)

    found = run(settings_of(data), task)
    if as_json:
        echo_json({"cases": found.cases, "right": found.right, "rows": found.rows, "cells": found.cells, "rebuilt": rebuild, "faults": found.faults})
    else:
        for fault in found.faults:
            click.echo(fault)
        how = "The report is right" if found.right else f"{found.rows} cases and {found.cells} cells differ" + (": rebuilt" if rebuild else "")
        click.echo(f"{how}. {found.cases} cases counted.")
    if not found.right and not rebuild:
        sys.exit(1)
