"""Migrations: each owner has its own schema, versions and version table; all are brought up under one lock.

A migrated database is the only kind there is: nothing calls create_all.
"""

from __future__ import annotations

import importlib
import importlib.util
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

from banshi.db import KERNEL
from banshi.db.queue import SCHEMA as QUEUE
from banshi.db.queue import make_queue
from banshi.errors import BanshiError

ENVIRONMENT = Path(__file__).parent.parent / "migrations"  # env.py and the template of a new version file
LOCK = 0x62616E736869  # "banshi"


@dataclass(frozen=True)
class Owner:
    """Who has tables: a ``name``, which is its schema too, and the ``package`` with migrations/versions in it."""

    name: str
    package: str

    @property
    def versions(self) -> Path:
        """Return the folder of the owner's version files, which need not exist."""
        spec = importlib.util.find_spec(self.package)
        if spec is None or not spec.submodule_search_locations:
            msg = f"{self.name}: there is no package {self.package}; install it, or correct the name"
            raise BanshiError(msg)
        return Path(spec.submodule_search_locations[0]) / "migrations" / "versions"


def migrate(url: str, owners: Sequence[Owner]) -> list[str]:
    """Bring every owner's tables to its newest version, the kernel's first, and return a line for each thing done.

    May be called by any number of processes at once: one works, the others wait and find nothing left to do.
    Each version is a transaction of its own, so what went well stays. Raises BanshiError for a database that is newer than we are.
    """
    done: list[str] = []
    with _alone(url) as connection:
        for owner in _in_order(owners):
            done += _upgrade(connection, owner)
            if owner.name == KERNEL:
                done += make_queue(_psycopg(connection))
    return done


def pending(url: str, owners: Sequence[Owner]) -> list[str]:
    """Return the names of owners whose tables are not at their newest version; cheap, takes no lock, changes nothing."""
    with _connection(url) as connection:
        names = [
            owner.name
            for owner in _in_order(owners)
            if owner.versions.is_dir() and set(_current(connection, owner)) != set(_scripts(owner).get_heads())
        ]
        queue = connection.execute(text("SELECT to_regclass('procrastinate.procrastinate_jobs') IS NULL")).scalar_one()
    return [*names, QUEUE] if queue else names


def revision(url: str, owner: Owner, message: str) -> Path:
    """Write a new version file from the difference between the owner's tables and the (migrated) database; return its path."""
    if importlib.util.find_spec(f"{owner.package}.models") is not None:
        importlib.import_module(f"{owner.package}.models")  # the kernel's tables are spread over its rooms: the caller has them
    owner.versions.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(match[1]) for path in owner.versions.glob("*.py") if (match := re.match(rf"{owner.name}_(\d+)", path.name))), default=0)
    with _alone(url) as connection:
        _make_schema(connection, owner)
        made = command.revision(_config(owner, connection), message, autogenerate=True, rev_id=f"{owner.name}_{number:04d}")
    if made is None or isinstance(made, list):
        msg = f"{owner.name}: Alembic wrote no version file"
        raise BanshiError(msg)
    return Path(made.path)


def downgrade(url: str, owner: Owner, to: str = "base") -> list[str]:
    """Take the owner's tables back to version ``to`` (default: to nothing) and return a line for each version undone."""
    with _alone(url) as connection:
        return _run(connection, owner, lambda config: command.downgrade(config, to))


def _upgrade(connection: Connection, owner: Owner) -> list[str]:
    if not owner.versions.is_dir():
        return []
    scripts = _scripts(owner)
    current = set(_current(connection, owner))
    try:
        scripts.get_revisions(tuple(current))
    except (CommandError, ResolutionError) as error:
        msg = (
            f"The database has {', '.join(sorted(current))} of {owner.name}, which the installed version does not know: "
            f"install the version that wrote it, or a newer one"
        )
        raise BanshiError(msg) from error
    if current == set(scripts.get_heads()):
        return []
    _make_schema(connection, owner)
    return _run(connection, owner, lambda config: command.upgrade(config, "heads"))


def _run(connection: Connection, owner: Owner, order: Any) -> list[str]:
    done: list[str] = []
    config = _config(owner, connection)

    def note(*, step: Any, **_: Any) -> None:
        sign = "" if step.is_upgrade else "back from "
        done.append(f"{owner.name}: {sign}{step.up_revision_id} ({step.up_revision.doc})")

    config.attributes["on_version_apply"] = note
    order(config)
    connection.commit()
    return done


def _make_schema(connection: Connection, owner: Owner) -> None:
    # Asked first: CREATE SCHEMA IF NOT EXISTS wants the right to create even where there is nothing to create.
    if connection.execute(text("SELECT to_regnamespace(:name) IS NULL"), {"name": f'"{owner.name}"'}).scalar_one():
        connection.execute(text(f'CREATE SCHEMA "{owner.name}"'))
    connection.commit()


def _current(connection: Connection, owner: Owner) -> tuple[str, ...]:
    heads = MigrationContext.configure(connection, opts={"version_table_schema": owner.name}).get_current_heads()
    connection.rollback()
    return heads


def _scripts(owner: Owner) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(owner, None))


def _config(owner: Owner, connection: Connection | None) -> Config:
    config = Config(attributes={"owner": owner.name, "connection": connection})
    options = {
        "script_location": ENVIRONMENT,
        "version_locations": owner.versions,
        "path_separator": "newline",  # else a blank or a colon in a path would cut it in two
        "file_template": "%(rev)s_%(slug)s",
    }
    for name, value in options.items():
        config.set_main_option(name, str(value).replace("%", "%%"))
    return config


def _in_order(owners: Sequence[Owner]) -> list[Owner]:
    """Return the kernel, whether named or not, then the others by name."""
    known = {KERNEL: Owner(KERNEL, "banshi")} | {owner.name: owner for owner in owners}
    return sorted(known.values(), key=lambda owner: (owner.name != KERNEL, owner.name))


@contextmanager
def _alone(url: str) -> Iterator[Connection]:
    """Give a connection while no other process migrates this database.

    The lock is the session's, so that it outlives each version's transaction, and is polled for: whoever waits inside a
    statement holds a snapshot, for which a CREATE INDEX CONCURRENTLY of the one at work would wait in turn.
    """
    with _connection(url) as connection:
        while not connection.execute(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": LOCK}).scalar_one():
            connection.commit()
            time.sleep(0.05)
        connection.execute(text("SET statement_timeout = 0"))
        connection.commit()
        yield connection  # closing the connection, which no pool keeps, frees the lock


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def _psycopg(connection: Connection) -> Any:
    return connection.connection.driver_connection
