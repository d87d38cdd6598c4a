"""What commands share: the settings from environment and options, and a database with its house."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
import msgspec
from sqlalchemy.exc import ArgumentError

from banshi import plugins
from banshi import settings as settings_module
from banshi.cases.book import House, load_house
from banshi.cli.serving import terminable
from banshi.db import Connection, Database
from banshi.db.embedded import database
from banshi.errors import BanshiError, SettingsError
from banshi.privacy import Keyring
from banshi.settings import Settings

T = TypeVar("T")
SAYS = {
    "3D000": "PostgreSQL has no database of that name: make it, or mend BANSHI_DATABASE_URL",
    "28000": "PostgreSQL does not let the user of BANSHI_DATABASE_URL in",
    "28P01": "PostgreSQL does not let the user of BANSHI_DATABASE_URL in: the password is wrong",
    "3F000": "The database has no tables of banshi: run `banshi migrate` first",
    "42P01": "The database lacks tables of banshi: run `banshi migrate` first",
}
"""What PostgreSQL's refusals (SQLSTATE) mean to whoever types a command."""
SECRET = "secret"  # noqa: S105 -- the name of a file

data_option = click.option(
    "--data", type=click.Path(path_type=Path, file_okay=False), default=None, help="Folder of the embedded server and of files (BANSHI_DATA)."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print facts as JSON.")


def settings_of(data: Path | None, **overrides: str | int | None) -> Settings:
    """Return the settings; beside a demo (DIR/secret exists) its key is taken where the environment gives none."""
    settings = settings_module.from_environment(None, data=str(data) if data else None, **overrides)
    secret = settings.data / SECRET
    if not settings.secret_key and secret.is_file():
        settings = msgspec.structs.replace(settings, secret_key=(secret.read_text(encoding="ascii").strip(),))
    return settings


class Workplace:
    """A database and what a command needs beside it."""

    def __init__(self, settings: Settings, db: Database) -> None:
        self.settings, self.database = settings, db
        self.keyring = Keyring(settings.keys())
        self.registry = plugins.load(strict=settings.strict)

    async def house(self, connection: Connection) -> House:
        """Return the house as the database has it now."""
        return await load_house(connection, self.registry, self.keyring)


def run(settings: Settings, task: Callable[[Workplace], Awaitable[T]]) -> T:
    """Run ``task`` against the database of the settings (the embedded one is attached to, or started for as long)."""
    if not settings.secret_key:
        settings.keys()
    with terminable(), database(settings) as url:
        try:
            return asyncio.run(_within(msgspec.structs.replace(settings, database_url=url), task))
        except ArgumentError as error:
            msg = "BANSHI_DATABASE_URL is no address of a database, like postgresql://user:password@host/name"
            raise SettingsError(msg) from error
        except Exception as error:
            if said := SAYS.get(str(getattr(getattr(error, "orig", error), "sqlstate", ""))):
                raise BanshiError(said) from error
            raise


async def _within(settings: Settings, task: Callable[[Workplace], Awaitable[T]]) -> T:
    async with _open(settings) as place:
        return await task(place)


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[Workplace]:
    db = Database(settings.database_url, pool_size=4)
    try:
        yield Workplace(settings, db)
    finally:
        await db.close()


def echo_json(value: Any) -> None:
    """Print a value as JSON."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


__all__ = ["SECRET", "Workplace", "data_option", "echo_json", "json_option", "run", "settings_of"]
