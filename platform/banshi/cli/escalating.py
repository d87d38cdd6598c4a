"""`banshi escalate`: what is due is done now, or said without being done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from banshi import clock
from banshi.cases import numbers
from banshi.cli.common import Workplace, data_option, echo_json, json_option, run, settings_of
from banshi.errors import BanshiError
from banshi.escalation import backlog, sweeping
from banshi.escalation.pending import Pending

MOST = 10_000
"""So many are said at most; above that, how many there are."""


@click.command("escalate")
@data_option
@json_option
@click.option("--dry-run", is_flag=True, help="Say what would happen and why; do nothing.")
@click.option("--at", "moment", metavar="TIME", help="As of this moment: 2026-11-30T17:00+08:00, or +1d, +8h from now. Only with --dry-run.")
def escalate_command(data: Path | None, as_json: bool, dry_run: bool, moment: str | None) -> None:
    """Do what rules say is due now. The worker does so every minute; a second time nothing is left to do."""
    if moment and not dry_run:
        msg = "--at only says what would happen: add --dry-run. What is not due yet cannot be done."
        raise click.UsageError(msg)
    at = read_moment(moment) if moment else clock.now()

    async def task(place: Workplace) -> dict[str, Any]:
        if not dry_run:
            swept = await sweeping.sweep(place.database.transaction, place.house, at)
            reviews = await backlog.sweep(place.database.transaction, place.house, at)
            return {"at": at, "done": swept.fired, "failed": swept.failed, "reviews": [numbers.show(o.number) for o in reviews]}
        async with place.database.transaction() as db:
            house = await place.house(db)
            found = await sweeping.coming(db, house, at, most=MOST)
            piles = await backlog.piles(db, house, at)
            return {
                "at": at,
                "would": [said(numbers.show(one.row.number), p) for one, p in found],
                "cases": await sweeping.count(db, at, MOST + 1),
                "backlogs": [
                    {
                        "rule": p.rule.key,
                        "department": p.surplus.department.code,
                        "category": p.surplus.category,
                        "open": p.surplus.count,
                        "most": p.most,
                        "under_review": p.under_review,
                    }
                    for p in piles
                ],
            }

    told = run(settings_of(data), task)
    if as_json:
        echo_json(told)
    elif dry_run:
        for one in told["would"]:
            click.echo(f"{one['due']:%Y-%m-%d %H:%M}Z  {one['number']}  {one['rule']} rung {one['rung']}: {', '.join(one['does'])}; {one['why']}")
        for pile in told["backlogs"]:
            state = "is under review" if pile["under_review"] else "would be reviewed"
            click.echo(f"backlog  {pile['department']} {pile['category']}: {pile['open']} open, {pile['most']} allowed; {state}")
        click.echo(f"{len(told['would'])} would happen by {at:%Y-%m-%d %H:%M}Z")
    else:
        click.echo(f"done {told['done']}, failed {told['failed']}, reviews opened {len(told['reviews'])}")
    if told.get("failed"):
        raise SystemExit(1)


def said(number: str, one: Pending) -> dict[str, Any]:
    """Return a rung that is to come as the command says it."""
    does = [type(c).__name__ for c in one.step.do]
    why = f"since {one.since:%Y-%m-%d %H:%M}Z, limit {one.limit:g} {one.unit}" if one.limit else f"since {one.since:%Y-%m-%d %H:%M}Z"
    return {"number": number, "rule": one.rule.key, "rung": one.rung, "epoch": one.epoch, "due": one.at, "does": does, "why": why}


def read_moment(written: str) -> datetime:
    """Return a moment that was typed: with an offset, or so long from now; BanshiError for anything else."""
    if written.startswith("+") and written[1:-1].isdigit() and written[-1] in "hd":
        count = int(written[1:-1])
        return clock.now() + (timedelta(hours=count) if written[-1] == "h" else timedelta(days=count))
    try:
        found = datetime.fromisoformat(written)
    except ValueError:
        msg = f"--at takes 2026-11-30T17:00+08:00, +8h or +1d, not {written!r}"
        raise BanshiError(msg) from None
    if found.tzinfo is None:
        msg = f"--at {written} says no time zone: write {written}+08:00, or {written}Z"
        raise BanshiError(msg)
    return found.astimezone(UTC)
