"""One table of what was measured, and its place in docs/performance.md."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import msgspec
import psycopg

from banshi.db.queue import libpq_url
from banshi.settings import Settings
from bench import client
from bench.bulk import Bulk
from bench.pages import Page

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- figures: begin (make bench writes them) -->", "<!-- figures: end -->"


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured with so many cases; rates a second, medians of the rounds (a ratio is the median of the rounds' ratios)."""

    cases: int
    fill: float
    opens: float
    direct: float
    of_direct: float
    imports: float
    of_opens: float
    pages: dict[str, Page]
    bulk: Bulk
    memory: int


def draw(settings: Settings, rounds: int, measured: list[Figures]) -> str:
    """Return the table as markdown."""
    first = measured[0]
    rows = [
        ("Opening a case over the API, a second", "", [f"{f.opens:,.0f}" for f in measured]),
        ("pgbench, the same rows, a second", "", [f"{f.direct:,.0f}" for f in measured]),
        ("**Opening, of pgbench**", "20 % or more", [f"**{f.of_direct:.0%}**" for f in measured]),
        ("Import of a file, rows a second", "", [f"{f.imports:,.0f}" for f in measured]),
        ("**Import, of opening**", "4 times or more", [f"**{f.of_opens:.1f}**" for f in measured]),
    ]
    for name in first.pages:
        costs = [f.pages[name] for f in measured]
        rows += [
            (f"{name}: queries", "8 at most", [str(c.queries) for c in costs]),
            (f"{name}: p50 / p95, ms", "", [f"{c.p50:.1f} / {c.p95:.1f}" for c in costs]),
            (f"**{name}: p95, of the first column's**", "2 at most", [f"**{c.p95 / costs[0].p95:.2f}**" for c in costs]),
        ]
    rows += [
        ("Assigning a case alone / as one of a thousand, ms", "", [f"{f.bulk.alone:.2f} / {f.bulk.together:.2f}" for f in measured]),
        ("**Assigning, alone of together**", "10 times or more", [f"**{f.bulk.alone / f.bulk.together:.0f}**" for f in measured]),
        ("Memory of the larger web process, MB", "160 at most", [f"{f.memory / 1e6:.0f}" for f in measured]),
        ("Filling, cases a second", "", [f"{f.fill:,.0f}" for f in measured]),
    ]
    head = (
        f"{os.cpu_count()} cores, PostgreSQL {_postgres(settings)} (embedded, durable), Python {platform.python_version()}, "
        f"{settings.workers} web processes, {client.CONNECTIONS} connections, {rounds} rounds."
    )
    lines = [
        head,
        "",
        "| | target | " + " | ".join(f"{f.cases:,} cases" for f in measured) + " |",
        "|---|---|" + "--:|" * len(measured),
        *(f"| {name} | {target} | {' | '.join(cells)} |" for name, target, cells in rows),
    ]
    return "\n".join(lines)


def write(table: str) -> None:
    """Put the table between the marks of docs/performance.md."""
    page = DOCUMENT.read_text(encoding="utf8")
    before, begin, rest = page.partition(BEGIN)
    _old, end, after = rest.partition(END)
    if not (begin and end):
        msg = f"{DOCUMENT.name} has lost its marks {BEGIN} and {END}"
        raise RuntimeError(msg)
    DOCUMENT.write_text(f"{before}{begin}\n\n{table}\n\n{end}{after}", encoding="utf8")


def _postgres(settings: Settings) -> str:
    with psycopg.connect(libpq_url(settings.database_url)) as connection:
        row = connection.execute("show server_version").fetchone()
    return str(row[0]) if row else "?"
