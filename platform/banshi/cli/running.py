"""Commands that run the platform: serve, worker, demo, migrate, backup, restore."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import click
import msgspec

from banshi import app, clock, plugins
from banshi.cli import serving
from banshi.cli.common import data_option, settings_of
from banshi.db import KERNEL, Database, backup
from banshi.db.embedded import database
from banshi.db.migrations import Owner, migrate, pending
from banshi.errors import BanshiError, SettingsError
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.settings import Settings

port_option = click.option("--port", type=click.IntRange(1, 65535), default=None, help="Port (BANSHI_PORT, 8000).")
workers_option = click.option("--workers", type=click.IntRange(1, 64), default=None, help="Web processes (BANSHI_WORKERS, 2).")


def owners(registry: Registry) -> list[Owner]:
    """Return everybody who has tables: the kernel, then the plugins that load."""
    return [Owner("kernel", "banshi"), *(Owner(p.name, p.package) for p in registry.plugins)]


def bring_up(settings: Settings, url: str) -> list[str]:
    """Migrate every owner and write what the code declares; return a line for each thing done."""
    registry = plugins.load(strict=settings.strict)
    return [*migrate(url, owners(registry)), *asyncio.run(_declare(settings, url, registry))]


async def _declare(settings: Settings, url: str, registry: Registry) -> list[str]:
    db = Database(url, pool_size=1)
    try:
        return await app.declare(db, registry, Keyring(settings.keys()), clock.now())
    finally:
        await db.close()


@click.command("serve")
@data_option
@port_option
@workers_option
@click.option("--district", default=None, help="Serve this district alone, with the plugins that are on in it or below (BANSHI_DISTRICT).")
def serve_command(data: Path | None, port: int | None, workers: int | None, district: str | None) -> None:
    """Serve the portal, the desk and the API."""
    settings = settings_of(data, port=port, workers=workers, district=district)
    settings.keys()
    if settings.district and not settings.public_url:
        msg = "A process of one district needs the city's address for links to the others: set BANSHI_PUBLIC_URL"
        raise SettingsError(msg)
    with serving.terminable(), database(settings) as url:
        if KERNEL in (behind := pending(url, owners(Registry()))) or (
            behind := pending(url, owners(serving.registry_of(msgspec.structs.replace(settings, database_url=url))))
        ):
            msg = f"The database is behind the code for {', '.join(behind)}: run `banshi migrate`"
            raise BanshiError(msg)
        serving.serve(msgspec.structs.replace(settings, database_url=url))


@click.command("worker")
@data_option
def worker_command(data: Path | None) -> None:
    """Feed the consumers of case events and run the periodic jobs."""
    settings = settings_of(data)
    settings.keys()
    if settings.district:
        msg = "The worker is the whole city's, with every plugin: its figures and inboxes are shared. Unset BANSHI_DISTRICT"
        raise SettingsError(msg)
    serving.work(settings)


@click.command("migrate")
@data_option
def migrate_command(data: Path | None) -> None:
    """Bring the database up to the code: tables of every owner, then declared roles and case types."""
    settings = settings_of(data)
    with serving.terminable(), database(settings) as url:
        lines = bring_up(settings, url)
    click.echo("\n".join(lines) or "Nothing to do: the database is up to date.")


@click.command("backup")
@data_option
@click.argument("target", type=click.Path(path_type=Path))
def backup_command(data: Path | None, target: Path) -> None:
    """Write database and files into one archive."""
    settings = settings_of(data)
    with serving.terminable(), database(settings) as url:
        backup.backup(url, target, settings.data / "files")
    click.echo(f"{target} ({target.stat().st_size} bytes). Keep BANSHI_SECRET_KEY with it: sealed values cannot be read without.")


@click.command("restore")
@data_option
@click.argument("source", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore_command(data: Path | None, source: Path) -> None:
    """Fill an empty database and the files folder from an archive."""
    settings = settings_of(data)
    with serving.terminable(), database(settings) as url:
        backup.restore(url, source, settings.data / "files")
    click.echo("Restored. Check it with: banshi audit verify")


@click.command("demo")
@data_option
@port_option
@workers_option
@click.option("--quiet", is_flag=True, help="Nobody files or works a case by itself.")
@click.option("--fresh", is_flag=True, help="Begin again with an empty folder.")
@click.option(
    "--simulate", metavar="30d", help="Live so many days of the city up to now instead of its history, count them anew, and say how it went."
)
@click.option("--cases", default=4000, show_default=True, help="With --simulate: about so many new cases.")
@click.option("--once", is_flag=True, help="With --simulate: end after it instead of serving.")
def demo_command(
    data: Path | None, port: int | None, workers: int | None, quiet: bool, fresh: bool, simulate: str | None, cases: int, once: bool
) -> None:
    """Serve the whole platform with a living demo city on the embedded PostgreSQL."""
    from banshi.cli.demo import letters, seeding, simulating

    length = simulating.days(simulate) if simulate else None
    folder = data or Path(os.environ.get("BANSHI_DATA", "demo"))
    log_level = os.environ.get("BANSHI_LOG_LEVEL", "WARNING")
    settings = settings_of(folder, port=port, workers=workers, demo="true", hotline="0000-12345", secure_cookies="false", log_level=log_level)
    settings = msgspec.structs.replace(settings, mailbox=settings.mailbox or letters.MAILBOX)
    if settings.database_url:
        msg = "The demo runs on its own embedded PostgreSQL: unset BANSHI_DATABASE_URL"
        raise BanshiError(msg)
    if fresh:
        seeding.erase(settings)
    settings = seeding.with_messages(seeding.with_secret(settings))
    with serving.demo(settings) as home:
        bring_up(settings, home.settings.database_url)
        facts = asyncio.run(seeding.seed(home.settings, cases=length is None))
        if length is not None:
            right = asyncio.run(simulating.run(home.settings, length, cases))
            if once or not right:
                sys.exit(0 if right else 1)
        home.run("worker")
        home.run("serve")
        seeding.wait_until_it_answers(home)
        if not quiet:
            home.run("simulator")
        click.echo(f"\n  {facts['url']}\n")
        for who, account in facts["sign_ins"].items():
            click.echo(f"  {who:<14} {account['login']:<14} {account['password']}")
        click.echo(f"\n  Everything a program needs: {settings.data / 'demo.json'}\n  End with ^C.\n")
        sys.stdout.flush()
        home.wait()


@click.command("simulator", hidden=True)
@data_option
def simulator_command(data: Path | None) -> None:
    """File and work a case now and then, as people would."""
    serving.work(settings_of(data), "banshi.cli.demo.simulator:live")
