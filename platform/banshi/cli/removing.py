"""`banshi remove`: takes a plugin's traces out of the database, its own tables and its rows among the kernel's, whether its package is there or gone.

    off      its switches are turned off in every district, so that nobody files any more; refused while cases are open
    export   its closed cases, with events and the digests of their documents
    away     one transaction: its rows and tables are written to the same file, the file is put in its place, then they are deleted

Closed cases stay, readable through the kernel. It may be killed at any line and run again: what is away stays away, what is not is exported anew.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import click
import msgspec
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from banshi import audit, clock, plugins
from banshi.cases import numbers
from banshi.cli.common import Workplace, data_option, run, settings_of
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.db.migrations import LOCK
from banshi.districts import touch
from banshi.errors import BanshiError
from banshi.plugins import RESERVED
from banshi.privacy import SEALED, Keyring

BATCH = 500
SHOWN = 5
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
MARK = "banshi.removed"
PREFIXED = (
    ("duty", "case_type"),
    ("adjustment", "key"),
    ("draft", "service"),
    ("library_settled", "service"),
)
"""Tables of the kernel whose rows are somebody's by a column that begins with ``owner.``. The report's roll-ups are not among them: they are counted
anew from the cases, which stay, as soon as the measures are gone."""
LISTED = (("post", "roles"), ("api_token", "scopes"), ("library_entry", "services"))
"""Tables of the kernel whose rows stay, with lists in which names begin with ``owner.``"""
OWNED = text("""
select c.table_name, c.column_name from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
where c.table_schema = 'kernel' and t.table_type = 'BASE TABLE' and c.column_name in ('owner', 'plugin') and c.data_type = 'text'
  and c.table_name <> 'case_type'
order by 1
""")
"""Tables of the kernel that say whose a row is. The versions of case types stay with their cases."""


class Traces(msgspec.Struct, frozen=True, kw_only=True):
    """What a database has of a plugin: open cases by district, some of their numbers, closed ones, rows by table, and its own tables."""

    open: Mapping[str, int]
    numbers: tuple[str, ...]
    closed: int
    rows: Mapping[str, int]
    tables: tuple[str, ...]
    schema: bool

    @property
    def anything(self) -> bool:
        """Whether there is something to remove."""
        return bool(self.open or self.rows or self.schema)


@click.command("remove")
@click.argument("name")
@data_option
@click.option("--export", "file", type=click.Path(path_type=Path, dir_okay=False), default=None, help="Where to write it (NAME-removed.jsonl).")
@click.option("--personal", is_flag=True, help="Write what identifies people in the open; it is sealed otherwise. The audit tells of it.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_command(name: str, data: Path | None, file: Path | None, personal: bool, yes: bool) -> None:
    """Remove a plugin's tables and rows; its closed cases stay. Refused while it has open cases."""
    if not NAME.fullmatch(name) or name in RESERVED:
        msg = f"{name!r} is no plugin's name"
        raise BanshiError(msg)
    target = file or Path(f"{name}-removed.jsonl")
    settings = settings_of(data)

    async def look(place: Workplace) -> Traces:
        async with place.database.transaction() as db:
            return await traces(db, name)

    found = run(settings, look)
    refuse_open(name, found)
    if not found.anything:
        click.echo(f"There is nothing of {name} to remove." + (f" Its {found.closed} closed cases stay." if found.closed else ""))
        return
    told = ", ".join([*(f"{count} rows of {table}" for table, count in found.rows.items()), *(f"the table {t}" for t in found.tables)])
    click.echo(f"To be removed: {told or 'an empty schema'}. {found.closed} closed cases stay. All of it is written to {target} first.", err=True)
    if not yes and not (sys.stdin.isatty() and click.confirm("Remove it?", err=True)):
        msg = "Nothing was removed: say --yes"
        raise BanshiError(msg)

    async def task(place: Workplace) -> None:
        await remove(place, name, target, clock.now(), personal=personal)

    run(settings, task)
    click.echo(f"{name} is removed; what it had is in {target}.")
    if name in {e.name for e in plugins.installed()}:
        click.echo(f"Its distribution is still installed: uninstall it and restart, or `banshi migrate` makes {name} anew.", err=True)


def refuse_open(name: str, found: Traces) -> None:
    """Raise BanshiError while there are open cases."""
    if found.open:
        where = ", ".join(f"{count} in {code}" for code, count in found.open.items())
        more = " …" if sum(found.open.values()) > len(found.numbers) else ""
        msg = f"{name} has open cases: {where} ({', '.join(found.numbers)}{more}). Close them or hand them over first"
        raise BanshiError(msg)


async def traces(db: Connection, name: str) -> Traces:
    """Return what the database has of a plugin."""
    said = {"name": name, "prefix": f"{name}."}
    opened = (await db.execute(_OPEN, said)).all()
    some = (await db.execute(_SOME, said | {"most": SHOWN})).scalars()
    rows: dict[str, int] = {}
    for table, condition in await _conditions(db):
        if count := (await db.execute(text(f"select count(*) from {table} t where {condition}"), said)).scalar_one():
            rows[table] = rows.get(table, 0) + count
    return Traces(
        open={row[0]: row[1] for row in opened},
        numbers=tuple(numbers.show(n) for n in some),
        closed=(await db.execute(_CLOSED, said)).scalar_one(),
        rows=rows,
        tables=tuple((await db.execute(_TABLES, said)).scalars()) if await _has_schema(db, name) else (),
        schema=await _has_schema(db, name),
    )


async def _has_schema(db: Connection, name: str) -> bool:
    """Return whether the schema of that name is a plugin's: its migrations left their mark in it. Somebody else's is not ours to drop."""
    if (await db.execute(text("select to_regclass(:mark)"), {"mark": f'"{name}".alembic_version'})).scalar_one() is None:
        return False
    marks = (await db.execute(text(f'select version_num from "{name}".alembic_version'))).scalars()
    return all(mark.startswith(f"{name}_") for mark in marks)


async def _conditions(db: Connection) -> list[tuple[str, str]]:
    """Return (table, condition on ``t``) of every row that goes or is changed."""
    owned = [(f"kernel.{r.table_name}", f"t.{r.column_name} = :name") for r in await db.execute(OWNED)]
    prefixed = [(f"kernel.{table}", f"starts_with(t.{column}, :prefix)") for table, column in PREFIXED]
    listed = [(f"kernel.{table}", f"exists (select from unnest(t.{column}) x where starts_with(x, :prefix))") for table, column in LISTED]
    queued = [(f"procrastinate.procrastinate_{t}", "starts_with(t.task_name, :name || ':')") for t in ("periodic_defers", "jobs")]
    return [*owned, *prefixed, *listed, *queued]


# -- doing it --------------------------------------------------------------------------------------------------------------------


async def remove(place: Workplace, name: str, target: Path, at: datetime, *, personal: bool = False) -> None:
    """Export and remove a plugin; BanshiError where cases are open, a migration runs, or the file is somebody else's."""
    _require_own(target, name)
    async with place.database.transaction() as db:
        refuse_open(name, await traces(db, name))
        on = (await db.execute(_SWITCH_OFF, {"name": name})).scalars().all()
        await touch(db)
        if on:
            body = {"plugin": name, "on": sorted(on), "personal": personal}
            await audit.record(db, place.keyring, Actor.SYSTEM, "plugin.removing", f"plugin:{name}", body, at)
    part = target.with_name(target.name + ".part")
    with part.open("w", encoding="utf8") as out:
        _line(out, {"format": MARK, "plugin": name, "at": at.isoformat(), "personal": personal})
        async with place.database.transaction() as db:
            await db.execute(text("set transaction isolation level repeatable read, read only"))
            async for one in _cases(db, name, place.keyring if personal else None):
                _line(out, one)
        try:
            async with place.database.transaction() as db:
                await _take_away(db, place.keyring, name, out, at)
                _line(out, {"end": MARK})
                out.flush()
                os.fsync(out.fileno())
                part.replace(target)  # before the commit: what is deleted is in a file that is whole
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", "") != "55P03":
                raise
            msg = f"{name} is turned off, but not removed: its tables or those of cases are in use for long. Run it again"
            raise BanshiError(msg) from error


def _require_own(target: Path, name: str) -> None:
    """Refuse to write over a file that is not an export of the same plugin."""
    if not target.exists():
        return
    with target.open(encoding="utf8", errors="replace") as known:
        first = known.readline()
    try:
        head = json.loads(first)
    except ValueError:
        head = None
    if not isinstance(head, dict) or head.get("format") != MARK or head.get("plugin") != name:
        msg = f"{target} is there already and is no export of {name}: choose another with --export"
        raise BanshiError(msg)


async def _take_away(db: Connection, keyring: Keyring, name: str, out: IO[str], at: datetime) -> None:
    said = {"name": name, "prefix": f"{name}."}
    if not (await db.execute(text("select pg_try_advisory_xact_lock(:lock)"), {"lock": LOCK})).scalar_one():
        msg = f"{name} is turned off, but not removed: a migration is at work. Run it again"
        raise BanshiError(msg)
    await db.execute(text("set local lock_timeout = '10s'"))
    await db.execute(text("set local search_path = procrastinate"))  # its triggers name their tables without it
    tables = (await db.execute(_TABLES, said)).scalars().all() if await _has_schema(db, name) else []
    for table in tables:
        await db.execute(text(f"lock table {table} in access exclusive mode"))
    await db.execute(text('lock table kernel."case" in share row exclusive mode'))  # nobody files one while we look
    refuse_open(name, await traces(db, name))
    counted: dict[str, int] = {}
    for table in tables:
        async for row in _rows(db, table, "true", said):
            _line(out, {"table": table, "row": row})
            counted[table] = counted.get(table, 0) + 1
    conditions = await _conditions(db)
    for table, condition in conditions:
        async for row in _rows(db, table, condition, said):
            _line(out, {"table": table, "row": row})
            counted[table] = counted.get(table, 0) + 1
    kept = {f"kernel.{table}": column for table, column in LISTED}
    for table, condition in conditions:
        if column := kept.get(table):
            others = f"array(select x from unnest(t.{column}) with ordinality as u(x, place) where not starts_with(x, :prefix) order by place)"
            await db.execute(text(f"update {table} t set {column} = {others} where {condition}"), said)
        else:
            await db.execute(text(f"delete from {table} t where {condition}"), said)
    await db.execute(_TYPES_WITHOUT_CASES, said)
    if await _has_schema(db, name):
        await db.execute(text(f'drop schema "{name}" cascade'))
    await touch(db)
    await audit.record(db, keyring, Actor.SYSTEM, "plugin.removed", f"plugin:{name}", {"plugin": name, "rows": counted}, at)


async def _rows(db: Connection, table: str, condition: str, said: Mapping[str, Any]) -> AsyncIterator[Any]:
    """Yield rows through a cursor that is closed afterwards: one that the driver keeps open would hold the table that is to be dropped."""
    await db.execute(text(f"declare traces no scroll cursor for select to_jsonb(t) as row from {table} t where {condition}"), dict(said))
    while rows := (await db.execute(text(f"fetch {BATCH} from traces"))).all():
        for row in rows:
            yield _plain(row.row)
    await db.execute(text("close traces"))


async def _cases(db: Connection, name: str, keyring: Keyring | None) -> AsyncIterator[Any]:
    """Yield the plugin's cases; with ``keyring`` what identifies people is opened."""
    after = 0
    while rows := (await db.execute(_CASES, {"name": name, "after": after, "most": BATCH})).all():
        for row in rows:
            one = {"case": _plain(row.case), "type": row.type, "events": _plain(row.events), "documents": _plain(row.documents)}
            yield _opened(one | {"people": _plain(row.people)}, keyring) if keyring is not None else one
        after = rows[-1].id


def _opened(value: Any, keyring: Keyring, name: str = "") -> Any:
    """Return what a value says with all that is sealed in it opened; what was sealed for another purpose stays sealed."""
    if isinstance(value, dict):
        return {k: _opened(v, keyring, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_opened(v, keyring, name) for v in value]
    if isinstance(value, str) and value.startswith(SEALED):
        return keyring.unseal(value, name)
    return value


def _plain(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, (str, bytes)) else value


def _line(out: IO[str], value: Any) -> None:
    out.write(json.dumps(value, ensure_ascii=False, default=str) + "\n")


_OPEN = text("""
select d.code, count(*) as count from kernel."case" c join kernel.case_type t on t.id = c.type_id join kernel.district d on d.id = c.district_id
where t.owner = :name and c.closed is null group by d.code order by d.code
""")
_SOME = text("""
select c.number from kernel."case" c join kernel.case_type t on t.id = c.type_id where t.owner = :name and c.closed is null order by c.id limit :most
""")
_CLOSED = text("""
select count(*) from kernel."case" c join kernel.case_type t on t.id = c.type_id where t.owner = :name and c.closed is not null
""")
_TABLES = text("""
select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = :name order by tablename
""")
_SWITCH_OFF = text("""
with off as (update kernel.district_plugin set enabled = false where plugin = :name and enabled returning district_id)
select d.code from off join kernel.district d on d.id = off.district_id
""")
_TYPES_WITHOUT_CASES = text("""
delete from kernel.case_type t where t.owner = :name and not exists (select from kernel."case" c where c.type_id = t.id)
""")
_CASES = text("""
select c.id, to_jsonb(c) as case, t.owner || '.' || t.name || '@' || t.version as type,
    (select coalesce(jsonb_agg(to_jsonb(e) order by e.sequence), '[]') from kernel.case_event e where e.case_id = c.id) as events,
    (select coalesce(jsonb_agg(jsonb_build_object('name', d.name, 'digest', encode(d.digest, 'hex'), 'added', d.added, 'withdrawn', d.withdrawn)
        order by d.id), '[]') from kernel.document d where d.case_id = c.id) as documents,
    (select coalesce(jsonb_agg(jsonb_build_object('role', p.role, 'person', p.person_id, 'person.name', h.name, 'person.telephone', h.telephone)
        order by p.role, p.person_id), '[]') from kernel.case_party p join kernel.person h on h.id = p.person_id where p.case_id = c.id) as people
from kernel."case" c join kernel.case_type t on t.id = c.type_id
where t.owner = :name and c.id > :after order by c.id limit :most
""")
