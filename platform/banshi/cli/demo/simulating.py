"""`banshi demo --simulate 30d`: a stretch of the city's life, hour by hour, faster than the clock on the wall.

Residents file, offices work (some of them slowly), residents answer and rate; after each hour the relay's consumers and the sweep do what a worker
does. At the end everything that is kept about time is counted anew from the events, and must come out the same.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

import click
import msgspec
from sqlalchemy import func, select

from banshi import app, clock, plugins
from banshi.cases import timing
from banshi.cases.book import House, Houses, load_house
from banshi.cases.tables import case, case_event, deadline
from banshi.cases.timing import ESCALATED
from banshi.cli.demo.playing import AWAKE, Cast, actors, before_cases, play, step
from banshi.clock import keeping
from banshi.contracts import DemoCase
from banshi.db import Connection, Database
from banshi.errors import BanshiError
from banshi.escalation import backlog, by_hand, sweeping
from banshi.escalation.pending import pending
from banshi.jobs import relay
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.settings import Settings

HOUR = timedelta(hours=1)
LONGEST = 400
STEPS_A_CASE = 6
"""So many steps a case takes on its way, on average."""
TRIES = 4
PLANNED = 0.15
"""So many of the new cases go the way that the plugin tells, step by step, whoever is slow."""
BY_HAND = 0.1
"""In so many hours a clerk escalates something by hand."""
SLOW = 4
"""Every so many departments, one leaves most of its work lying."""

EARLIER = timedelta(days=400)
"""So long before the first case is there what plugins need before it."""


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """What happened: how many cases, events and rungs by rule, how much faster than the clock, and what a recount found wrong (nothing)."""

    began: datetime
    ended: datetime
    seconds: float
    faster: float
    cases: int
    events: int
    rungs: dict[str, int]
    reviews: int
    faults: list[str]


async def simulate(
    database: Database,
    registry: Registry,
    keyring: Keyring,
    *,
    start: datetime,
    length: timedelta,
    cases: int,
    seed: int = 1,
    progress: Callable[[int], Any] = lambda _hours: None,
) -> Simulated:
    """Let the city live from ``start`` for ``length``, with about so many new cases; its organisation is there already."""
    rng, began = random.Random(seed), perf_counter()  # noqa: S311 -- the same life every time
    life = _Life(database, registry, keyring, rng, cases * HOUR / length)
    await life.prepare(start, length)
    moment, end = start, start + length
    while moment < end:
        moment += HOUR
        await life.hour(moment)
        progress(1)
    took = perf_counter() - began
    async with database.transaction() as db:
        house = await load_house(db, registry, keyring)
        faults = await recount(db, house, end)
        known = (await db.execute(select(func.count()).select_from(case).where(case.c.received >= start))).scalar_one()
        events = (await db.execute(select(func.count()).select_from(case_event).where(case_event.c.recorded > start))).scalar_one()
        rule = case_event.c.body["told"]["rule"].astext
        rungs = await db.execute(select(rule.label("rule"), func.count().label("many")).where(case_event.c.kind == ESCALATED).group_by(rule))
        return Simulated(
            began=start,
            ended=end,
            seconds=round(took, 1),
            faster=round(length.total_seconds() / took),
            cases=known,
            events=events,
            rungs={r.rule: r.many for r in rungs},
            reviews=life.reviews,
            faults=faults,
        )


def days(written: str) -> timedelta:
    """Return the length of ``30d``; BanshiError for anything else."""
    number = written.removesuffix("d")
    if number == written or not number.isdigit() or not 1 <= int(number) <= LONGEST:
        msg = f"--simulate takes days, 1d to {LONGEST}d, not {written!r}"
        raise BanshiError(msg)
    return timedelta(days=int(number))


async def run(settings: Settings, length: timedelta, cases: int) -> bool:
    """Live up to this moment and print what happened; return whether the recount found nothing wrong. BanshiError where cases are there already."""
    database, registry, keyring = Database(settings.database_url, pool_size=3), plugins.load(strict=settings.strict), Keyring(settings.keys())
    try:
        async with database.transaction() as db:
            if (await db.execute(select(case.c.id).limit(1))).first() is not None:
                msg = "The city has lived already: simulate in a fresh folder (--fresh)"
                raise BanshiError(msg)
        hours = int(length / HOUR)
        with click.progressbar(length=hours, label="hours", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:
            done = await simulate(database, registry, keyring, start=clock.now() - length, length=length, cases=cases, progress=bar.update)
    finally:
        await database.close()
    click.echo(f"{length.days} days in {done.seconds} s: {done.faster:,} times faster than the clock; {done.cases:,} cases, {done.events:,} events")
    for rule, many in sorted(done.rungs.items()):
        click.echo(f"  {rule:<28} {many:>7,}")
    click.echo(f"  {'procedure reviews':<28} {done.reviews:>7,}")
    for fault in done.faults[:20]:
        click.echo(f"  wrong: {fault}", err=True)
    click.echo("Counted anew from the events: " + ("everything agrees" if not done.faults else f"{len(done.faults)} faults"))
    return not done.faults


class _Life:
    """The city while it lives: who is there, what people say, how much there is to do in an hour."""

    def __init__(self, database: Database, registry: Registry, keyring: Keyring, rng: random.Random, rate: float) -> None:
        self.database, self.registry, self.keyring, self.rng, self.rate = database, registry, keyring, rng, rate
        self.reviews = 0
        self.filings: list[tuple[str, DemoCase]] = []
        self.plans: list[tuple[datetime, str, str, Mapping[str, Any], str]] = []
        """What is planned: when, on which case, which step with which words, and who."""
        self.said: dict[tuple[str, str], list[tuple[str, Mapping[str, Any], str]]] = {}
        self.consumers = app.consumers(registry, keyring)
        self.house = Houses(registry, keyring)

    async def prepare(self, start: datetime, length: timedelta) -> None:
        """Collect what people say, and let the administrator set limits that come into force within the time that is lived."""
        async with self.database.transaction() as db:
            await before_cases(db, self.registry, start - EARLIER)
        for declared in self.registry.demo:
            for one in declared.cases(self.rng):
                self.filings.append((declared.owner, one))
                key = (f"{declared.owner}.{one.case_type}", str(one.data.get("category", "")))
                self.said.setdefault(key, []).extend((action, form, who) for _days, action, form, who in one.steps)
        async with self.database.transaction() as db:
            house = await load_house(db, self.registry, self.keyring)
            for declared_type in self.registry.case_types:
                for one_deadline in declared_type.deadlines:
                    days = one_deadline.limit
                    if one_deadline.unit == "calendar_days" and days > length.days // 2:
                        name, value = f"{declared_type.key}.{one_deadline.name}", {"limit": max(length.days // 3, 1)}
                        for root in house.directory.tree.roots:
                            await keeping.adjust(db, root.id, name, value, reason="simulation", post_id=None, at=start)

    async def hour(self, at: datetime) -> None:
        """Let an hour pass: people first, then what a worker does."""
        async with self.database.transaction() as db:
            house = await self.house(db)
            zone = house.directory.tree.roots[0].timezone
            awake = AWAKE[0] <= at.astimezone(zone).hour < AWAKE[1]
            if awake:
                cast = await actors(db, house)
                await self._file(db, house, cast, at)
                await self._planned(db, house, cast, at)
                await self._work(db, house, cast, at)
                if self.rng.random() < BY_HAND:
                    await self._by_hand(db, house, cast, at)
        await relay.settled(self.database)
        for consumer in self.consumers:
            more = True
            while more:
                async with self.database.transaction() as db:
                    more = await relay.feed(db, consumer) > 0
        await sweeping.sweep(self.database.transaction, self.house, at)
        self.reviews += len(await backlog.sweep(self.database.transaction, self.house, at))

    async def _file(self, db: Connection, house: House, cast: Cast, at: datetime) -> None:
        wanted = self.rate * 24 / (AWAKE[1] - AWAKE[0])
        count = int(wanted) + (self.rng.random() < wanted % 1)
        for owner, one in self.rng.choices(self.filings, k=count):
            who = self.rng.randrange(len(cast.residents)) if one.resident is not None else None
            fresh = msgspec.structs.replace(one, resident=who, steps=(), days_ago=0.0)
            filed = at - timedelta(minutes=self.rng.randrange(1, 59))
            (number,) = await play(db, house, cast, owner, [fresh], filed)
            if one.steps and self.rng.random() < PLANNED:
                self.plans += [(filed + timedelta(days=days), number, action, form, by) for days, action, form, by in one.steps]

    async def _planned(self, db: Connection, house: House, cast: Cast, at: datetime) -> None:
        """Take the steps that were planned for this hour; one that is not possible any more is left out."""
        due = sorted((p for p in self.plans if p[0] <= at), key=lambda p: p[0])
        self.plans = [p for p in self.plans if p[0] > at]
        for _moment, number, action, form, who in due:
            row = (await db.execute(select(case).where(case.c.number == number))).one()
            with suppress(BanshiError):
                async with db.begin_nested():
                    await step(db, house, cast, row, action, form, who, at)

    async def _by_hand(self, db: Connection, house: House, cast: Cast, at: datetime) -> None:
        """Let a clerk do what a rule leaves to clerks, on the first case that is offered."""
        rows = (await db.execute(select(case).where(case.c.closed.is_(None)).order_by(func.random()).limit(40))).all()
        for found in (await timing.load(db, house, rows)).values():
            for clerk in cast.staff.get(found.row.department_id, ()):
                wanted = next((p for p in by_hand.offered(house, clerk, found, at) if p.by_hand), None)
                if wanted is not None:
                    with suppress(BanshiError):
                        async with db.begin_nested():
                            await by_hand.escalate(db, house, clerk, found.row.number, wanted.rule.key, "simulation", at)
                    return

    async def _work(self, db: Connection, house: House, cast: Cast, at: datetime) -> None:
        """Let offices and residents take steps on cases that are open, in their own calendars' hours; slow departments seldom do."""
        wanted = max(int(self.rate * STEPS_A_CASE * 2), 1)
        rows = (await db.execute(select(case).where(case.c.closed.is_(None), case.c.master_id.is_(None)).order_by(func.random()).limit(wanted))).all()
        open_now = house.times.calendar(house.directory.tree.roots[0].id)
        office = open_now.working(at - HOUR, at) > timedelta()
        for row in rows:
            slow = row.department_id is not None and row.department_id % SLOW == 0
            if not slow or self.rng.random() < 0.05:
                await self._step(db, house, cast, row, at, office=office)

    async def _step(self, db: Connection, house: House, cast: Cast, row: Any, at: datetime, *, office: bool) -> None:
        declared = house.declared(row.type_id)
        if declared is None:
            return
        known = {a.name: a for a in declared.actions}
        fitting = [
            (action, form, who)
            for action, form, who in self.said.get((declared.key, row.category or ""), ())
            if action in known and row.state in known[action].sources and (office or who == "resident")
        ]
        for action, form, who in self.rng.sample(fitting, min(len(fitting), TRIES)):
            try:
                async with db.begin_nested():
                    await step(db, house, cast, row, action, form, who, at)
            except BanshiError:
                continue
            return


async def recount(db: Connection, house: House, at: datetime) -> list[str]:
    """Count everything about time anew from the events; return what differs from what is kept, and what should have happened and did not."""
    faults: list[str] = []
    rows = (await db.execute(select(case).where(case.c.closed.is_(None)).order_by(case.c.id))).all()
    kept = {r.case_id: r for r in await db.execute(select(deadline))}
    for start in range(0, len(rows), sweeping.BATCH):
        some: Sequence[Any] = rows[start : start + sweeping.BATCH]
        for case_id, found in (await timing.load(db, house, some)).items():
            wanted, there = sweeping.due_row(house, found), kept.get(case_id)
            if there is None or any(getattr(there, n) != wanted[n] for n in ("next", "promised", "statutory", "stands")):
                faults.append(f"{found.row.number}: kept {there}, counted {wanted}")
            faults += [f"{found.row.number}: {p.rule.key} was due at {p.at}" for p in pending(house, found) if p.at <= at and not p.by_hand]
    twice = Counter[tuple[Any, ...]]()
    for event in await db.execute(select(case_event.c.case_id, case_event.c.body).where(case_event.c.kind == ESCALATED)):
        told = event.body["told"]
        twice[event.case_id, told["rule"], told["epoch"], told["rung"]] += 1
    return faults + [f"{key} was done {n} times" for key, n in twice.items() if n > 1]
