"""`banshi doctor`: what is wrong with the installation, by name. It changes nothing."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
import msgspec
from croniter import croniter
from sqlalchemy import select, text

from banshi import app, clock, plugins
from banshi.cli.common import Workplace, data_option, echo_json, json_option, run, settings_of
from banshi.cli.removing import LISTED, OWNED, PREFIXED
from banshi.db import KERNEL, Connection
from banshi.db.migrations import Owner, pending
from banshi.fences import faults
from banshi.jobs import presence
from banshi.jobs.relay import relay_cursor

LATE = timedelta(minutes=5)
LATELY = timedelta(days=1)
BOUND = 1000
LEAST_SPACE = 1_000_000_000
LEAST_SHARE = 0.05
SWITCHES = " rows of district_plugin"


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at: whether it is well, and what there is to say of it."""

    what: str
    well: bool
    says: tuple[str, ...]


@click.command("doctor")
@data_option
@json_option
def doctor_command(data: Path | None, as_json: bool) -> None:
    """Look for what is wrong: plugins, migrations, orphans, jobs, relay, disk, keys, faults. Status 1 where something is."""
    checked = run(settings_of(data), examine)
    if as_json:
        echo_json(checked)
    else:
        for one in checked:
            click.echo(f"{'ok   ' if one.well else 'WRONG'} {one.what:<11} {one.says[0] if one.says else ''}".rstrip())
            for more in one.says[1:]:
                click.echo(f"{'':<18}{more}")
        wrong = [one.what for one in checked if not one.well]
        click.echo(f"Something is wrong: {', '.join(wrong)}." if wrong else "Everything is well.")
    if not all(one.well for one in checked):
        sys.exit(1)


async def examine(place: Workplace) -> list[Checked]:
    """Return what was found."""
    at = clock.now()
    behind = await asyncio.to_thread(pending, place.settings.database_url, owners(place))
    found = [_plugins(place), _migrations(behind)]
    if KERNEL in behind:
        return found  # the kernel's tables are not those that we would ask
    checks: tuple[Callable[[Workplace, Connection, datetime], Awaitable[Checked]], ...] = (orphans, jobs, relay, keys, reported)
    for check in checks:
        async with place.database.transaction() as db:
            found.append(await check(place, db, at))
    return [*found, _disk(place)]


def owners(place: Workplace) -> list[Owner]:
    """Return everybody who has tables: the kernel, then the plugins that load."""
    return [Owner(KERNEL, "banshi"), *(Owner(p.name, p.package) for p in place.registry.plugins)]


def _plugins(place: Workplace) -> Checked:
    broken = tuple(place.registry.failed.values())
    return Checked(what="plugins", well=not broken, says=broken or (", ".join(p.name for p in place.registry.plugins) or "none is installed",))


def _migrations(behind: Iterable[str]) -> Checked:
    says = tuple(f"{name} is behind the code: run `banshi migrate`" for name in behind)
    return Checked(what="migrations", well=not says, says=says or ("the database is as the code wants it",))


async def orphans(_place: Workplace, db: Connection, _at: datetime) -> Checked:
    """Look for schemas and rows of plugins whose package is not there."""
    here = {KERNEL, "*", *(e.name for e in plugins.installed())}
    found: dict[str, list[str]] = {}
    for owner, what in await _everything_owned(db):
        if owner not in here:
            found.setdefault(owner, []).append(what)
    waiting = sorted(owner for owner, whats in found.items() if all(what.endswith(SWITCHES) for what in whats))
    says = tuple(
        f"{owner}: {', '.join(sorted(whats))}; install it again, or run `banshi remove {owner}`"
        for owner, whats in sorted(found.items())
        if owner not in waiting
    )
    told = (f"turned on, but not installed: {', '.join(waiting)}",) if waiting else ()  # an organisation may be written before its plugins come
    return Checked(what="orphans", well=not says, says=(*(says or ("nothing belongs to a plugin that is gone",)), *told))


async def _everything_owned(db: Connection) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for schema in (await db.execute(_SCHEMAS)).scalars().all():
        marks = (await db.execute(text(f'select version_num from "{schema}".alembic_version'))).scalars().all()
        if all(mark.startswith(f"{schema}_") for mark in marks):
            found.append((schema, "its schema"))
    for row in (await db.execute(OWNED)).all():
        owned = await db.execute(text(f'select "{row.column_name}", count(*) from kernel."{row.table_name}" group by 1'))
        found += [(owner, f"{count} rows of {row.table_name}") for owner, count in owned]
    for table, column in (*PREFIXED, ("procrastinate_jobs", "task_name")):
        mark, place = (":", f"procrastinate.{table}") if column == "task_name" else (".", f'kernel."{table}"')
        owned = await db.execute(text(f"select split_part({column}, '{mark}', 1), count(*) from {place} where {column} like '%{mark}%' group by 1"))
        found += [(owner, f"{count} rows of {table}") for owner, count in owned]
    for table, column in LISTED:
        listed = f"select distinct split_part(x, '.', 1) from kernel.\"{table}\" t, unnest(t.{column}) x where x like '%.%'"
        found += [(owner, f"names in {table}.{column}") for owner in (await db.execute(text(listed))).scalars()]
    found += [(owner, f"{count} open cases") for owner, count in await db.execute(_OPEN)]
    return found


async def jobs(place: Workplace, db: Connection, at: datetime) -> Checked:
    """Look for a worker, for jobs that should have run while it was there, and for those that failed lately."""
    since = await presence.since(db, at)
    says = [] if since is not None else ["no worker is there: run `banshi worker`"]
    ran: dict[str, int] = {row[0]: row[1] for row in await db.execute(_RAN)}
    for job in app.every_job(place.settings, place.registry, place.keyring):
        name = f"{job.owner}:{job.name}"
        due = croniter(job.cron, at - LATE).get_prev(datetime)
        last = datetime.fromtimestamp(ran[name], UTC) if name in ran else None
        if since is not None and due > since and (last is None or last < due):
            says.append(f"{name} should have run at {due:%Y-%m-%d %H:%M} UTC, and ran {f'last at {last:%Y-%m-%d %H:%M}' if last else 'never'}")
    says += [f"{name} failed {count} times since yesterday" for name, count in await db.execute(_FAILED, {"since": at - LATELY})]
    return Checked(what="jobs", well=not says, says=tuple(says) or (f"a worker has been there since {since:%Y-%m-%d %H:%M} UTC",))


async def relay(place: Workplace, db: Connection, at: datetime) -> Checked:
    """Look for events that a consumer should have been handed by now."""
    says = []
    known = {row.consumer: row for row in (await db.execute(select(relay_cursor))).all()}
    for consumer in app.consumers(place.registry, place.keyring):
        row = known.get(consumer.name)
        where = {"xid": row.xid if row else 0, "case_id": row.case_id if row else 0, "sequence": row.sequence if row else 0}
        waiting = (await db.execute(_WAITING, where | {"before": at - LATE, "bound": BOUND + 1})).scalar_one()
        if waiting:
            says.append(f"{consumer.name} is {f'more than {BOUND}' if waiting > BOUND else waiting} events behind")
    return Checked(what="relay", well=not says, says=tuple(says) or ("every consumer has what happened",))


async def keys(place: Workplace, db: Connection, _at: datetime) -> Checked:
    """Look for what was sealed or signed with a key that is not listed any more."""
    unknown: dict[str, list[str]] = {}
    for what, statement in _KEYS.items():
        for key in (await db.execute(text(statement))).scalars():
            if key and not place.keyring.knows(key):
                unknown.setdefault(key, []).append(what)
    says = tuple(f"the key {key} of {', '.join(whats)} is not in BANSHI_SECRET_KEY" for key, whats in sorted(unknown.items()))
    return Checked(what="keys", well=not says, says=says or (f"everything opens; new values take {place.keyring.newest}",))


async def reported(_place: Workplace, db: Connection, at: datetime) -> Checked:
    """Look for what is set aside, and for what failed lately."""
    found = await faults.read(db, aside_at=at)
    lately = [f for f in await faults.read(db, since=at - LATELY) if f not in found]
    says = [f"{f.owner}: {f.kind} {f.name} {_aside(f)} ({f.count} ×): {f.what}" for f in found]
    says += [f"{f.owner}: {f.kind} {f.name} failed, last at {f.last:%Y-%m-%d %H:%M} UTC ({f.count} ×): {f.what}" for f in lately]
    return Checked(what="faults", well=not says, says=tuple(says) or ("nothing of a plugin failed since yesterday",))


def _aside(fault: faults.Fault) -> str:
    if fault.kind == "measure":
        return "is left out of the report until `banshi report check --rebuild`"
    return f"is set aside until {fault.until:%Y-%m-%d %H:%M} UTC"


def _disk(place: Workplace) -> Checked:
    folder = next(p for p in (place.settings.data.absolute(), *place.settings.data.absolute().parents) if p.exists())
    space: Any = shutil.disk_usage(folder)
    well = space.free >= LEAST_SPACE and space.free >= LEAST_SHARE * space.total
    return Checked(what="disk", well=well, says=(f"{space.free / 1e9:.1f} of {space.total / 1e9:.1f} GB are free at {folder}",))


_SCHEMAS = text("select schemaname from pg_tables where tablename = 'alembic_version' and schemaname not in ('kernel', 'public') order by 1")
_OPEN = text("""
select t.owner, count(*) from kernel."case" c join kernel.case_type t on t.id = c.type_id where c.closed is null group by 1
""")
_RAN = text("select task_name, max(defer_timestamp) from procrastinate.procrastinate_periodic_defers group by 1")
_FAILED = text("""
select j.task_name, count(*) from procrastinate.procrastinate_jobs j
where j.status = 'failed' and exists (select from procrastinate.procrastinate_events e where e.job_id = j.id and e.at >= :since)
group by 1 order by 1
""")
_WAITING = text("""
select count(*) from (
    select 1 from kernel.case_event e
    where (e.xid, e.case_id, e.sequence) > (cast(:xid as xid8), :case_id, :sequence) and e.recorded < :before limit :bound
) waiting
""")
_KEYS = {
    "cases": 'select distinct key_id from kernel."case"',
    "the audit": "select distinct key_id from kernel.audit_entry",
    "people": "select distinct split_part(substr(name, 9), '.', 1) from kernel.person where name like E'\\x1a' || 'sealed:%'",
}
