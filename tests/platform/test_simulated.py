"""A stretch of the demo city's life, and somebody else's count of every due date and every rung: day by day, from the events alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
import pytest_asyncio
from sqlalchemy import text

from banshi import app
from banshi.cli.demo import seeding, simulating
from banshi.cli.demo.simulating import Simulated
from banshi.db import Database
from banshi.db.migrations import Owner, migrate
from banshi.errors import BanshiError
from banshi.plugins import Registry
from banshi.privacy import Keyring

ZONE = ZoneInfo("Asia/Shanghai")
START = datetime(2026, 9, 24, 22, 0, tzinfo=UTC)  # over the National Day and its make-up workdays
LENGTH = timedelta(days=18)
OPENED, SHUT = time(9), time(17)
LIMITS = {"promised": 5, "sign": 4, "contact": 1, "statutory": LENGTH.days // 3}
HURRIED = {"promised": 2, "sign": 1, "contact": 1, "statutory": LENGTH.days // 3}
EVERY_KIND = ("idle", "too_long", "promise", "law", "unsigned", "not_satisfied", "nobodys", "urge")
WAITING = {"asked", "answered", "outside"}
QUIET = {"note", "assign", "prioritise", "recuse", "support", "mark_major", "escalated"}


@pytest_asyncio.fixture(loop_scope="session")
async def lived(empty_url: str, registry: Registry, keyring: Keyring) -> Any:
    """The city after some days, and what the simulation says of itself."""
    migrate(empty_url, [Owner("kernel", "banshi"), *(Owner(p.name, p.package) for p in registry.plugins)])
    database = Database(empty_url, pool_size=3)
    await app.declare(database, registry, keyring, START)
    async with database.transaction() as db:
        await seeding._city(db, keyring, START)
    told = await simulating.simulate(database, registry, keyring, start=START, length=LENGTH, cases=260)
    yield database, told
    await database.close()


class Event(NamedTuple):
    sequence: int
    kind: str
    at: datetime
    state: str
    capacity: str
    body: dict[str, Any]


class Told(NamedTuple):
    """A case as its rows tell it."""

    row: Any
    events: list[Event]


def worked(day: date) -> bool:
    return bool(chinese_calendar.is_workday(day)) if day.year <= 2026 else day.weekday() < 5


def shut(day: date) -> datetime:
    moment = datetime.combine(day, SHUT if worked(day) else time(0), ZONE)
    return moment if worked(day) else moment + timedelta(days=1)


def receipt(moment: datetime) -> date:
    """The day on which something counts as received."""
    day = moment.astimezone(ZONE).date()
    while not worked(day) or moment >= shut(day):
        day += timedelta(days=1)
        moment = datetime.combine(day, time(0), ZONE)
    return day


def nth(begun: datetime, count: float, runs: Sequence[tuple[datetime, datetime | None]], *, every_day: bool) -> datetime | None:
    """The closing at which ``count`` days were counted, looked at one by one."""
    begin = shut(receipt(begun))
    day, left = receipt(begun), count
    if count <= 0:
        return next((max(begin, a) for a, b in runs if b is None or b >= begin), None)
    for _ahead in range(200):
        day += timedelta(days=1)
        closing = shut(day)
        inside = any(a < closing and (b is None or closing <= b) for a, b in runs)
        if inside and left > 0 and (every_day or worked(day)):
            left -= 1
        if inside and left <= 0 and worked(day):
            return closing
    return None


def hours(count: float, runs: Sequence[tuple[datetime, datetime | None]]) -> datetime | None:
    """The moment at which so many working hours have passed, quarter of an hour by quarter of an hour and then by the second."""
    left = timedelta(hours=count)
    for begun, ended in runs:
        moment = begun
        while ended is None or moment < ended:
            local = moment.astimezone(ZONE)
            spans = [(time(9), time(12)), (time(13), time(17))] if worked(local.date()) else []
            span = next((s for s in spans if s[0] <= local.time() < s[1]), None)
            if span is None:
                later = [datetime.combine(local.date(), s[0], ZONE) for s in spans if s[0] > local.time()]
                moment = later[0] if later else datetime.combine(local.date() + timedelta(days=1), OPENED, ZONE)
                continue
            until = datetime.combine(local.date(), span[1], ZONE)
            if ended is not None:
                until = min(until, ended)
            if until - moment >= left:
                return moment + left
            left -= until - moment
            moment = until
    return None


def stays(events: Sequence[Event]) -> list[tuple[datetime, datetime | None, str, int]]:
    found: list[tuple[datetime, datetime | None, str, int]] = []
    for event in events:
        if found and found[-1][2] == event.state:
            continue
        if found:
            found[-1] = (found[-1][0], event.at, *found[-1][2:])
        found.append((event.at, None, event.state, event.sequence))
    return found


def parts(events: Sequence[Event], only: str = "") -> list[list[tuple[datetime, datetime | None, str, int]]]:
    """The stays of each run: to the end, or one unbroken time in a state."""
    found: list[Any] = []
    going = False
    for stay in stays(events):
        if stay[2] == "closed" or (only and stay[2] != only):
            going = False
            continue
        found[-1].append(stay) if going else found.append([stay])
        going = True
    return found


def hurried(told: Told) -> bool:
    raised = next((e.body["told"]["was"] for e in told.events if e.kind == "escalated" and "was" in e.body.get("told", {})), told.row.priority)
    return bool(raised > 0)


def due(told: Told, name: str, share: float = 1.0, later: float = 0) -> tuple[int, datetime | None] | None:
    """Which run of a deadline is going, and when it is (or that share of it, or so much after it) over; None where none is going."""
    found = parts(told.events, "new" if name == "sign" else "")
    if not found or found[-1][-1][1] is not None:
        return None
    part = found[-1]
    if name == "contact" and any(e.kind in {"ask", "tell", "answer", "approve", "call_back"} and e.sequence > part[0][3] for e in told.events):
        return None
    runs = [(a, b) for a, b, state, _n in part if state not in WAITING and a != b]
    limit = (HURRIED if hurried(told) else LIMITS)[name]
    if name == "promised":
        limit += sum(int(e.body["form"]["more"]) for e in told.events if e.kind == "extend" and e.sequence >= part[0][3])
    if name == "sign":
        return len(found), hours(share * limit + later, runs)
    return len(found), nth(part[0][0], int(share * limit) + later, runs, every_day=name == "statutory")


def silent(told: Told) -> tuple[Event, list[tuple[datetime, datetime | None]]]:
    """The event by which the office last moved a case, and the times since in which it waited for the office."""
    stirred = told.events[0]
    for before, event in pairwise(told.events):
        handed = event.kind == "escalated" and "department_id" in event.body.get("changed", {})
        if event.state != before.state or handed or (event.capacity == "staff" and event.kind not in QUIET):
            stirred = event
    lived = stays(told.events)
    return stirred, [(max(a, stirred.at), b) for a, b, state, _n in lived if state not in {*WAITING, "closed"} and (b is None or b > stirred.at)]


def idle(told: Told, days: int) -> tuple[int, datetime | None] | None:
    stirred, runs = silent(told)
    return (stirred.sequence, nth(stirred.at, days, runs, every_day=False)) if runs else None


def unowned(told: Told) -> tuple[int, datetime | None] | None:
    stirred, runs = silent(told)
    return (stirred.sequence, hours(8, runs)) if runs else None


def rungs(told: Told) -> dict[str, tuple[int, list[datetime | None]]]:
    """For each rule the epoch that is going, and the moments of its first rungs."""
    found: dict[str, tuple[int, list[datetime | None]]] = {}

    def put(rule: str, moments: list[tuple[int, datetime | None] | None]) -> None:
        if all(moments) and moments[0] is not None:
            found[rule] = (moments[0][0], [m[1] for m in moments if m])

    put("idle", [idle(told, 3)])
    put("promise", [due(told, "promised", 0.8), due(told, "promised"), due(told, "promised", later=2), due(told, "promised", later=7)])
    put("law", [due(told, "statutory", 0.8), due(told, "statutory"), due(told, "statutory", later=10)])
    put("unsigned", [due(told, "sign"), due(told, "sign", later=14)])
    whole = parts(told.events)
    if whole and whole[-1][-1][1] is None:
        runs = [(a, b) for a, b, state, _n in whole[-1] if state not in WAITING and a != b]
        found["too_long"] = (len(whole), [nth(whole[-1][0][0], n, runs, every_day=True) for n in (14, 21)])
    bad = [
        e for e in told.events
        if e.kind in {"confirm", "rate", "call_back"}
        and (e.body["form"].get("solved") == "no" or "dissatisfied" in str(e.body["form"].get("rating", "")))
    ]  # fmt: skip
    if bad:
        found["not_satisfied"] = (bad[-1].sequence, [bad[-1].at])
    handed = [e for e in told.events if e.kind in {"pass_on", "raise_up", "dispute", "return", "dispatch", "uphold", "arbitrate", "reassign"}]
    if len(handed) >= 4:
        found["handed_on"] = (handed[-1].sequence, [handed[-1].at])
    return found


async def everything(database: Database) -> list[Told]:
    async with database.transaction() as db:
        listed = 'select c.* from kernel."case" c join kernel.case_type t on t.id = c.type_id where t.name = :name order by c.id'
        rows = (await db.execute(text(listed), {"name": "request"})).all()
        events: dict[int, list[Event]] = {}
        listed = "select case_id, sequence, kind, at, state, capacity, coalesce(body, '{}') as body from kernel.case_event order by case_id, sequence"
        for e in await db.execute(text(listed)):
            events.setdefault(e.case_id, []).append(Event(e.sequence, e.kind, e.at, e.state, e.capacity, e.body))
    return [Told(r, events[r.id]) for r in rows]


async def test_somebody_elses_count_agrees_with_every_due_date_and_every_rung(lived: tuple[Database, Simulated]) -> None:
    database, simulated = lived
    assert simulated.faults == []
    end = simulated.ended
    told = await everything(database)
    async with database.transaction() as db:
        kept = {r.case_id: r for r in await db.execute(text("select * from kernel.deadline"))}
    looked_at = 0
    for one in told:
        for place, event in enumerate(one.events):
            if event.kind != "escalated":
                continue
            looked_at += 1
            before = Told(one.row, one.events[:place])
            rule, epoch, rung = (event.body["told"][n] for n in ("rule", "epoch", "rung"))
            if rule in {"tickets.nobodys", "tickets.urge"}:  # whose it is, and who pressed, is not in the events: when it could be is
                one_rung = unowned(before) if rule == "tickets.nobodys" else idle(before, 1)
                known = (one_rung[0], [one_rung[1]]) if one_rung else None
            else:
                known = rungs(before).get(rule.removeprefix("tickets."))
            assert known is not None, (one.row.number, event)
            assert known[0] == epoch, (one.row.number, event, known)
            moment = known[1][min(rung, len(known[1]) - 1)]
            assert moment is not None
            assert moment <= event.at, (one.row.number, event, known)
        if one.row.closed is not None or one.row.master_id is not None:
            continue
        done = {(e.body["told"]["rule"], e.body["told"]["epoch"], e.body["told"]["rung"]) for e in one.events if e.kind == "escalated"}
        for rule, (epoch, moments) in rungs(one).items():
            for rung, moment in enumerate(moments):
                if moment is not None and moment <= end:
                    assert (f"tickets.{rule}", epoch, rung) in done, (one.row.number, rule, epoch, rung, moment)
        for name in ("promised", "statutory"):
            run = due(one, name)
            assert getattr(kept[one.row.id], name) == (run[1] if run else None), (one.row.number, name)
    assert looked_at == sum(n for rule, n in simulated.rungs.items() if rule.startswith("tickets."))
    assert looked_at > 100
    assert {f"tickets.{rule}" for rule in EVERY_KIND} <= set(simulated.rungs)


@pytest.mark.parametrize("written", ["d", "0d", "-1d", "401d", "30h", "", "x30d"])
def test_a_length_that_is_none_is_refused(written: str) -> None:
    with pytest.raises(BanshiError, match="takes days"):
        simulating.days(written)


def test_a_length_in_days() -> None:
    assert simulating.days("30d") == timedelta(days=30)
