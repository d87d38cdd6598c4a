"""One table of what was measured, and its place in docs/performance.md."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import msgspec
import psycopg

from banshi.db.queue import libpq_url
from banshi.settings import Settings
from bench import client, pages
from bench.bulk import Bulk
from bench.pages import Page

DOCUMENT = Path(__file__).parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- {name}: begin (make bench writes them) -->", "<!-- {name}: end -->"


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured with so many cases; rates a second, medians of the rounds (a ratio is the median of the rounds' ratios)."""

    cases: int
    fill: float
    opens: float
    direct: float
    of_direct: float
    imports: float
    of_opens: float
    feeds: float
    feeds_of_opens: float
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
        ("Change feed, events a second, one reader", "", [f"{f.feeds:,.0f}" for f in measured]),
        ("**Feed, of opening**", "5 times or more", [f"**{f.feeds_of_opens:.1f}**" for f in measured]),
    ]
    for name in first.pages:
        costs = [f.pages[name] for f in measured]
        rows += [
            (f"{name}: queries", "8 at most", [str(c.queries) for c in costs]),
            (f"{name}: p50 / p95, ms", "", [f"{c.p50:.1f} / {c.p95:.1f}" for c in costs]),
        ]
        if name in pages.FINDS:
            before = [costs[max(number - 1, 0)] for number in range(len(costs))]
            rows += [
                (f"**{name}: p95, of the column's before**", "3 at most", [f"**{c.p95 / b.p95:.2f}**" for c, b in zip(costs, before, strict=True)]),
                (f"**{name}: p95, of the case page's**", "5 at most", [f"**{f.pages[name].p95 / f.pages[pages.CASE].p95:.1f}**" for f in measured]),
            ]
        else:
            rows.append((f"**{name}: p95, of the first column's**", "2 at most", [f"**{c.p95 / costs[0].p95:.2f}**" for c in costs]))
    for name, other, most in ((pages.CASE, pages.PLAIN, 2), (pages.NEAR, pages.ASKS, 3)):
        ratios = [f"**{f.pages[name].p50 / f.pages[other].p50:.2f}**" for f in measured]
        rows.append((f"**{name}: p50, of without**", f"{most} at most", ratios))
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


def write(table: str, name: str = "figures") -> None:
    """Put the table between the marks of that name in docs/performance.md."""
    page = DOCUMENT.read_text(encoding="utf8")
    first, last = BEGIN.format(name=name), END.format(name=name)
    before, begin, rest = page.partition(first)
    _old, end, after = rest.partition(last)
    if not (begin and end):
        msg = f"{DOCUMENT.name} has lost its marks {first} and {last}"
        raise RuntimeError(msg)
    DOCUMENT.write_text(f"{before}{begin}\n\n{table}\n\n{end}{after}", encoding="utf8")


def _postgres(settings: Settings) -> str:
    with psycopg.connect(libpq_url(settings.database_url)) as connection:
        row = connection.execute("show server_version").fetchone()
    return str(row[0]) if row else "?"
