"""`banshi plugins`: what is installed, whether it works, and what it declares."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import click

from banshi import plugins, settings
from banshi.cli import linting
from banshi.cli.common import echo_json, json_option
from banshi.cli.linting import Finding
from banshi.plugins import Registry
from banshi.texts import labels


@click.command("plugins")
@json_option
@click.option("--check", is_flag=True, help="Look for what is wrong with them, in files and on loading; status 1 for errors.")
@click.argument("which", required=False, default="")
def plugins_command(as_json: bool, check: bool, which: str) -> None:
    """List the plugins: name, version, health, and what each declares.

    With --check, WHICH is the name of an installed plugin or the folder of a distribution that is not installed yet; without it all are looked at.
    """
    settings.from_environment()  # a misspelt setting is told here too
    if which and not check:
        msg = "WHICH goes with --check"
        raise click.UsageError(msg)
    found = {s.name: linting.check(s) for s in linting.suspects(which)} if check else {}
    registry = Registry() if which else plugins.load()
    facts: list[dict[str, Any]] = [{"name": name} for name in found] if which else describe(registry)
    if check:
        facts = [fact | {"findings": found.get(fact["name"], [])} for fact in facts]
    if as_json:
        echo_json(facts)
    elif check:
        for name, findings in found.items():
            _say(name, findings)
    else:
        for fact in facts:
            click.echo(f"{fact['name']:<20} {fact['version']:<10} {fact['health']}")
            for kind, things in fact["declares"].items():
                if things:
                    click.echo(f"    {kind:<12} {', '.join(t['name'] for t in things)}")
    for fault in registry.failed.values():
        click.echo(fault, err=True)
    if registry.failed or any(f.level == "error" for findings in found.values() for f in findings):
        sys.exit(1)


def _say(name: str, findings: Sequence[Finding]) -> None:
    for f in findings:
        click.echo(f"{f.where}: {f.level}: {f.what}")
    errors = sum(f.level == "error" for f in findings)
    click.echo(f"{name}: {errors} errors, {len(findings) - errors} warnings" if findings else f"{name}: nothing is wrong")


def describe(registry: Registry) -> list[dict[str, Any]]:
    """Return the registry as plain facts, one entry a plugin, sorted by name: the same for the same code."""
    loaded = {p.name: p for p in registry.plugins}
    return [
        {
            "name": name,
            "version": loaded[name].version if name in loaded else "",
            "package": loaded[name].package if name in loaded else "",
            "health": "ok" if name in loaded else "failed",
            "fault": registry.failed.get(name, ""),
            "declares": _declares(registry.only([name])),
        }
        for name in registry.names
    ]


def _declares(only: Registry) -> dict[str, list[dict[str, Any]]]:
    return {
        "case_types": [
            {
                "name": c.key,
                "version": c.version,
                "title": labels(c.title),
                "states": [s.name for s in c.states],
                "actions": [{"name": a.name, "from": list(a.sources), "to": a.to, "needs": a.needs, "by": list(a.by)} for a in c.actions],
                "outcomes": [o.name for o in c.outcomes],
            }
            for c in only.case_types
        ],
        "services": [{"name": f"{s.owner}.{s.name}", "title": labels(s.title), "case_type": s.case_type} for s in only.services],
        "roles": [{"name": f"{r.owner}.{r.name}", "reach": r.reach, "permissions": [p.name for p in r.permissions]} for r in only.roles],
        "queues": [{"name": f"{q.owner}.{q.name}", "title": labels(q.title), "states": list(q.states), "needs": q.needs} for q in only.queues],
        "routes": [{"name": c.__name__} for r in only.routes for c in r.controllers],
        "jobs": [{"name": f"{j.owner}:{j.name}", "cron": j.cron} for j in only.jobs],
    }
