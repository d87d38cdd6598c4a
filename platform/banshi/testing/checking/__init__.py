"""``check_plugin``: what every plugin promises, asserted in one call.

reading      what its files say: what `banshi plugins --check` reads, weight, templates, texts
declaring    what it declares: it loads, its measures and its demo are what they say
living       what it does on a database and over HTTP: migrations, routes, districts that do not leak

Each check gives sentences that say what is wrong, where, and how to mend it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from banshi.testing.checking.subject import Subject, find

Answers = Mapping[str, Mapping[str, Any] | None]
"""A case type's name to the answers with which one can be filed, where made-up ones are refused."""


def check_plugin(name: str, *, answers: Answers | None = None, only: Sequence[str] = ()) -> None:
    """Raise AssertionError with everything that an installed plugin breaks of what is promised of every plugin.

    ``answers`` are what the form of a case type needs beyond what can be made up of it: ``{"lost": {"when": "2026-11-20"}}``; None for a type that
    cannot be filed before something stands in the plugin's own tables. ``only`` runs some checks by name (the names stand in front of the faults).
    """
    faults = faults_of(name, answers=answers, only=only)
    assert not faults, f"{name} breaks its contract ({len(faults)}):\n" + "\n".join(f"- {fault}" for fault in faults)


def faults_of(name: str, *, answers: Answers | None = None, only: Sequence[str] = ()) -> list[str]:
    """Return what ``check_plugin`` would say, a line for each fault; empty where all is well."""
    from banshi.testing import ground
    from banshi.testing.checking import declaring, living, reading

    subject = find(name, answers or {})
    wanted = set(only) or {*reading.CHECKS, *declaring.CHECKS, *living.CHECKS, LOADS}
    if unknown := sorted(wanted - {*reading.CHECKS, *declaring.CHECKS, *living.CHECKS, LOADS}):
        msg = f"there is no check {', '.join(unknown)}"
        raise ValueError(msg)
    faults = list(_said(reading.CHECKS, wanted, subject))
    try:
        subject.load()
    except Exception as error:  # whatever a stranger's module raises
        return [*faults, f"{LOADS}: {error}"]
    faults += _said(declaring.CHECKS, wanted, subject)
    if wanted & set(living.CHECKS):
        with ground.server() as url, ThreadPoolExecutor(1) as apart:  # apart: the caller may be a test with a loop of its own
            faults += apart.submit(asyncio.run, living.run(subject, url, wanted)).result()
    return faults


LOADS = "loads"


def _said(checks: Mapping[str, Callable[[Subject], Iterable[str]]], wanted: set[str], subject: Subject) -> Iterator[str]:
    for name, check in checks.items():
        if name in wanted:
            yield from (f"{name}: {fault}" for fault in check(subject))


__all__ = ["check_plugin", "faults_of"]
