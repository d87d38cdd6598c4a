"""The command line. Every command takes ``--data DIR``, and works beside a running demo on the same folder.

Exit status 0, 1 (found a fault), 2 (wrong use); what went wrong goes to standard error.
"""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import click

from banshi.errors import BanshiError
from banshi.jobs.children import die_with_parent

COMMANDS = {
    "serve": "running",
    "worker": "running",
    "demo": "running",
    "simulator": "running",
    "migrate": "running",
    "backup": "running",
    "restore": "running",
    "plugins": "declarations",
    "remove": "removing",
    "doctor": "doctor",
    "new-plugin": "new_plugin",
    "organisation": "people",
    "user": "people",
    "token": "people",
    "import": "records",
    "case": "records",
    "audit": "records",
    "report": "report",
    "search": "searching",
    "escalate": "escalating",
    "library": "library",
    "mail": "mail",
    "calendar": "times",
    "clock": "times",
}


class Lazy(click.Group):
    """Loads a command's module when it is called: `banshi --help` stays quick."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [name for name in sorted(COMMANDS) if name != "simulator"]

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Return one command, None where there is none of that name."""
        if name not in COMMANDS:
            return _of_plugin(name)
        found: click.Command = getattr(import_module(f"banshi.cli.{COMMANDS[name]}"), f"{name.replace('-', '_')}_command")
        return found


def _of_plugin(name: str) -> click.Command | None:
    """Return the commands of the plugin of that name, None where it has none or is not installed."""
    from banshi import plugins

    entries = [e for e in plugins.installed() if e.name == name]
    if not entries:
        return None
    declared = plugins.load(entries, strict=True).commands
    if not declared:
        return None
    module, _colon, attribute = declared[0].where.partition(":")
    found: click.Command = getattr(import_module(module), attribute)
    return found


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="banshi")
def banshi() -> None:
    """Banshi (办事): a public-service platform."""


def main() -> None:
    """Run the command line; a mistake of use or setting is one line on standard error, not a stack trace."""
    die_with_parent()
    logging.getLogger().addHandler(logging.NullHandler())  # a command says what went wrong itself; servers configure their log
    try:
        banshi(standalone_mode=True)
    except BanshiError as error:
        click.echo(f"banshi: {error}", err=True)
        sys.exit(1)
