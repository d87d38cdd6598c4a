"""`python -m bench 10000 100000`: fills a platform of its own to each size in turn, measures there, and writes one table.

place      the server, the city, `banshi serve`
filling    years of requests, 95 % of them closed and answered; their words
client     opens cases over the API, reads the change feed, asks for pages
direct     pgbench on the same rows: the yardstick
importing  another system's file
pages      the desk, and a form on its way
bulk       a thousand cases at once
table      what came out, and docs/performance.md
"""

from __future__ import annotations

import argparse
import asyncio
from statistics import median
from time import perf_counter

from banshi.cli.serving import terminable
from bench import bulk, client, direct, filling, importing, pages, place, table
from bench.place import Town
from bench.table import Figures

ROUNDS = 7
SECONDS = 3


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench", description="Print what the platform does on this machine, in ratios.")
    parser.add_argument("cases", type=int, nargs="+", help="how many cases there are when it is measured, one or more sizes")
    sizes = sorted(set(parser.parse_args().cases))
    with terminable(), place.server() as settings:
        town = asyncio.run(place.settle(settings))
        with place.web(settings) as serve:
            drawn = table.draw(settings, ROUNDS, asyncio.run(measure(town, serve, sizes)))
    print(drawn)
    table.write(drawn)


async def measure(town: Town, serve: int, sizes: list[int]) -> list[Figures]:
    """Return the figures at each size."""
    measured, there = [], 0
    for size in sizes:
        began, before = perf_counter(), place.last_id(town.settings)
        rate = await filling.fill(town, there, size)
        await filling.answer(town, before)
        await filling.index(town, before)
        await filling.sign_some(town)
        there = size
        mark = place.last_id(town.settings)
        place.tidy(town.settings, mark)
        print(f"{size:,} cases after {perf_counter() - began:.0f} s", flush=True)
        costs = await pages.measure(town)
        assigning = await bulk.measure(town)
        measured.append(await _rounds(town, serve, size, rate, costs, assigning))
        place.tidy(town.settings, mark)
    await town.database.close()
    return measured


async def _rounds(town: Town, serve: int, size: int, fill: float, costs: dict[str, pages.Page], assigning: bulk.Bulk) -> Figures:
    """Let API, pgbench and import take turns, so that what else the machine does meets all three."""
    await client.open_cases(town, 1)  # warm
    opens, directs, imports, feeds = [], [], [], []
    for number in range(ROUNDS):
        opens.append(await client.open_cases(town, SECONDS))
        directs.append(direct.write_rows(town, SECONDS))
        imports.append(await importing.import_file(town))
        feeds.append(await client.read_feed(town, SECONDS))
        rates = {"opened": opens, "pgbench": directs, "imported": imports, "feed": feeds}
        print(f"  round {number + 1}: {', '.join(f'{name} {rate[-1]:,.0f}/s' for name, rate in rates.items())}", flush=True)
    return Figures(
        cases=size,
        fill=fill,
        opens=median(opens),
        direct=median(directs),
        of_direct=median(a / b for a, b in zip(opens, directs, strict=True)),
        imports=median(imports),
        of_opens=median(a / b for a, b in zip(imports, opens, strict=True)),
        feeds=median(feeds),
        feeds_of_opens=median(a / b for a, b in zip(feeds, opens, strict=True)),
        pages=costs,
        bulk=assigning,
        memory=place.memory(serve),
    )


if __name__ == "__main__":
    main()
