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
    "serve": ("running", "Serve the portal, the desk and the API."),
    "worker": ("running", "Feed the consumers of case events and run the periodic jobs."),
    "demo": ("running", "Serve the whole platform with a living demo city on the embedded PostgreSQL."),
    "simulator": ("running", "File and work a case now and then, as people would."),
    "migrate": ("running", "Bring the database up to the code: tables of every owner, then declared roles and case types."),
    "backup": ("running", "Write database and files into one archive."),
    "restore": ("running", "Fill an empty database and the files folder from an archive."),
    "plugins": ("declarations", "List the plugins: name, version, health, and what each declares."),
    "remove": ("removing", "Remove a plugin's tables and rows; its closed cases stay."),
    "doctor": ("doctor", "Look for what is wrong: plugins, migrations, orphans, jobs, relay, disk, keys, faults."),
    "new-plugin": ("new_plugin", "Make a working plugin called NAME: small letters, digits and _, such as lost_found."),
    "organisation": ("people", "Districts, departments, duties and staff."),
    "user": ("people", "People who can sign in."),
    "token": ("people", "API tokens: each acts in a post, within its scopes."),
    "import": ("records", "Import another system's cases from FILE (CSV)."),
    "case": ("records", "Cases: one, or how many."),
    "audit": ("records", "The chains of digests over the record and over the log."),
    "report": ("report", "Print the report: each figure with its denominator."),
    "search": ("searching", "The index of words."),
    "escalate": ("escalating", "Do what rules say is due now."),
    "library": ("library", "Regulations and guides."),
    "mail": ("mail", "Inbound mail."),
    "calendar": ("times", "Working calendars: which days are worked, from when to when."),
    "clock": ("times", "The clocks of cases."),
}
"""The module of each command, and what it is for in a sentence, so that the list of them loads none."""


class Lazy(click.Group):
    """Loads a command's module when it is called, and none to list them."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return [name for name in sorted(COMMANDS) if name != "simulator"]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][1]) for name in self.list_commands(ctx)])

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Return one command, None where there is none of that name."""
        if name not in COMMANDS:
            return _of_plugin(name)
        found: click.Command = getattr(import_module(f"banshi.cli.{COMMANDS[name][0]}"), f"{name.replace('-', '_')}_command")
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
