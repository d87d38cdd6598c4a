"""`python -m bench.time 100000 1000000`: the sweep, and counting every clock anew, over so many open cases of which the same number is due.

The cases are copies of one that was opened, with its events; what is due lies in the past of a moment, everything else after it.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
from datetime import timedelta
from random import Random
from statistics import median
from time import perf_counter

import msgspec
from sqlalchemy import text

from banshi import clock
from banshi.cases import opening
from banshi.cases.book import Houses
from banshi.cases.opening import Opening
from banshi.cli.serving import terminable
from banshi.escalation import sweeping
from bench import client, place, table
from bench.filling import answers
from bench.place import Town

DUE = 10_000
SECONDS = 3
ROUNDS = 2
LONG_AGO = 400


class Sweep(msgspec.Struct, frozen=True, kw_only=True):
    """What it took with so many open cases: seconds of a sweep of ``DUE`` due ones, rungs a second, seconds to find that nothing is due,
    cases a second counted anew and how much memory that added, and openings a second in the same run.
    """

    cases: int
    sweep: float
    rungs: float
    nothing: float
    recount: float
    grew: int
    opens: float


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.time", description="Print what clocks and escalation cost, in ratios.")
    parser.add_argument("cases", type=int, nargs="+", help="how many open cases there are, one or more sizes")
    sizes = sorted(set(parser.parse_args().cases))
    with terminable(), place.server() as settings:
        town = asyncio.run(place.settle(settings))
        with place.web(settings):
            measured = asyncio.run(measure(town, sizes))
    drawn = draw(measured)
    print(drawn)
    table.write(drawn, "time")


async def measure(town: Town, sizes: list[int]) -> list[Sweep]:
    """Return the figures at each size."""
    found, there = [], 0
    for size in sizes:
        await fill(town, size - there)
        there = size
        found.append(await _at(town, size))
        print(f"{size:,} open cases: {msgspec.json.encode(found[-1]).decode()}", flush=True)
    await town.database.close()
    return found


async def fill(town: Town, count: int) -> None:
    """Open so many cases of this moment: one is opened, the others are its copies under numbers of their own."""
    declared, tree = town.registry.case_type("tickets.request"), town.house.directory.tree
    form = declared.form(**answers(Random(0), "elm") | {"category": "street_lighting"})
    area = tree.find("elm")
    district = tree.serving_of(area.id if area else 0)
    one = Opening(case_type=declared, district_id=district.id, form=form, channel="telephone")
    async with town.database.transaction() as db:
        (opened,) = await opening.open_many(db, town.house, town.intake, [one], clock.now())
        await db.execute(_COPIES, {"number": opened.number, "count": count})
    async with town.database.transaction() as db:
        await db.execute(text("analyze"))


async def _at(town: Town, size: int) -> Sweep:
    houses = Houses(town.registry, town.house.keyring)
    before, began = _memory(), perf_counter()
    await sweeping.recount(town.database.transaction, houses)
    recount, grew = size / (perf_counter() - began), _memory() - before
    place.vacuum(town.settings)
    sweeps, nothing, opens, done = [], [], [], 0
    for _round in range(ROUNDS):
        opens.append(await client.open_cases(town, SECONDS))
        now = clock.now()
        began = perf_counter()
        assert not (await sweeping.sweep(town.database.transaction, houses, now - timedelta(days=LONG_AGO))).fired
        nothing.append(perf_counter() - began)
        async with town.database.transaction() as db:
            await db.execute(_DUE, {"count": DUE, "at": now - timedelta(days=1)})
        began = perf_counter()
        swept = await sweeping.sweep(town.database.transaction, houses, now)
        sweeps.append(perf_counter() - began)
        done += swept.fired
    return Sweep(
        cases=size,
        sweep=median(sweeps),
        rungs=done / sum(sweeps),
        nothing=median(nothing),
        recount=recount,
        grew=grew,
        opens=median(opens),
    )


def draw(measured: list[Sweep]) -> str:
    """Return the table as markdown."""
    first = measured[0]
    rows = [
        (f"A sweep with {DUE:,} cases due, s", "", [f"{m.sweep:.1f}" for m in measured]),
        ("**Sweep, of the first column's**", "1.5 at most", [f"**{m.sweep / first.sweep:.2f}**" for m in measured]),
        ("A sweep with nothing due, ms", "", [f"{m.nothing * 1000:.1f}" for m in measured]),
        ("Rungs a second, one worker", "", [f"{m.rungs:,.0f}" for m in measured]),
        ("Opening a case over the API, a second", "", [f"{m.opens:,.0f}" for m in measured]),
        ("**Rungs, of opening**", "1 or more", [f"**{m.rungs / m.opens:.1f}**" for m in measured]),
        ("Clocks counted anew, cases a second, one process", "", [f"{m.recount:,.0f}" for m in measured]),
        ("Memory that counting anew added, MB", "", [f"{m.grew / 1e6:.0f}" for m in measured]),
    ]
    return "\n".join(
        [
            "| | target | " + " | ".join(f"{m.cases:,} open cases" for m in measured) + " |",
            "|---|---|" + "--:|" * len(measured),
            *(f"| {name} | {target} | {' | '.join(cells)} |" for name, target, cells in rows),
        ]
    )


def _memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


_COPIES = text("""
with one as (select * from kernel."case" where number = :number),
copies as (
    insert into kernel."case" (number, district_id, area_id, type_id, title, category, state, applicant_id, department_id, channel, received, changed,
        data, revision, sequence, digest, key_id)
    select lpad((100000000000 + one.id * 2000000 + n)::text, 12, '0'), district_id, area_id, type_id, title, category, state, applicant_id,
        department_id, channel, received, changed, data, revision, sequence, digest, key_id
    from one, generate_series(1, :count) as n
    returning id
)
insert into kernel.case_event (case_id, sequence, kind, capacity, actor_id, post_id, department_id, at, recorded, audience, state, salt, body,
    content, digest, key_id)
select copies.id, e.sequence, e.kind, e.capacity, e.actor_id, e.post_id, e.department_id, e.at, e.recorded, e.audience, e.state, e.salt,
    e.body, e.content, e.digest, e.key_id
from copies, one join kernel.case_event e on e.case_id = one.id
""")
_DUE = text("""
with chosen as (
    select d.case_id from kernel.deadline d where d.next > :at and not exists (
        select 1 from kernel.case_event e where e.case_id = d.case_id and e.sequence > 1
    ) limit :count
),
older as (
    update kernel.case_event e set at = e.at - interval '5 days' from chosen where e.case_id = chosen.case_id returning e.case_id
),
earlier as (
    update kernel."case" c set received = c.received - interval '5 days' from chosen where c.id = chosen.case_id
)
update kernel.deadline d set next = :at from chosen where d.case_id = chosen.case_id
""")


if __name__ == "__main__":
    main()
