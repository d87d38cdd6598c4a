"""How often what failed, and what is set aside.

A process judges by what it saw itself; the table tells the others (the administrator's page, /health, `banshi doctor`), written when there is time.
A fault says which error, and where; never its message, which may repeat what somebody wrote.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import BigInteger, Column, DateTime, Table, Text, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from banshi.db import KERNEL, Connection, Database, owner_metadata, plain
from banshi.fences.guarding import Guard
from banshi.fences.places import Place, Places, innermost

log = logging.getLogger("banshi.fence")

Kind = Literal["route", "panel", "template", "measure", "rule", "job", "code", "loop"]
Key = tuple[str, Kind, str]
"""Owner, kind, name."""


class Tolerance(NamedTuple):
    """So many faults within so long, and a thing is set aside for a while."""

    most: int
    within: timedelta
    rest: timedelta


SHORT = Tolerance(5, timedelta(minutes=5), timedelta(minutes=5))
TOLERANCES: Mapping[Kind, Tolerance] = {
    "route": SHORT,
    "panel": Tolerance(3, timedelta(minutes=5), timedelta(minutes=5)),
    "measure": SHORT,
    "rule": SHORT,
    "job": Tolerance(5, timedelta(days=1), timedelta(hours=1)),
}
"""What can be set aside. Of a template, of code that the kernel calls and of what blocks the loop it is only told: their pages are."""
KEPT = timedelta(days=30)
PAUSE = 0.2

fault_table = Table(
    "fault",
    owner_metadata(KERNEL),
    Column("owner", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("first", DateTime(timezone=True), nullable=False),
    Column("last", DateTime(timezone=True), nullable=False),
    Column("what", Text, nullable=False),
    Column("until", DateTime(timezone=True)),
)
"""What failed, of which plugin; ``until``: it is set aside until then, in some process at least."""


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing of a plugin that failed: how often, since when, the last time how, and until when it is set aside (None: it is not)."""

    owner: str
    kind: Kind
    name: str
    count: int
    first: datetime
    last: datetime
    what: str
    until: datetime | None = None

    @property
    def key(self) -> Key:
        """What is counted."""
        return (self.owner, self.kind, self.name)


class Fences:
    """The fences of one process."""

    def __init__(self, now: Callable[[], datetime], packages: Mapping[str, str] | None = None, *, statement_limit: float = 0) -> None:
        self.now = now
        self.places = Places(packages or {})
        self.statement_limit = statement_limit
        """Seconds that a statement of a plugin may take; 0: as long as it likes."""
        self._recent: dict[Key, deque[datetime]] = {}
        self._until: dict[Key, datetime] = {}
        self._unsaved: dict[Key, Fault] = {}
        self._blocked: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._wake: Callable[[], Any] = lambda: None

    def report(self, owner: str, kind: Kind, name: str, what: str, *, aside: timedelta | None = None) -> Fault:
        """Count a fault; from any thread. ``aside``: the shared table has it set aside for so long from the first time on."""
        at, key, tolerance = self.now(), (owner, kind, name), TOLERANCES.get(kind)
        with self._lock:
            if tolerance is not None:
                recent = self._recent.setdefault(key, deque(maxlen=tolerance.most))
                recent.append(at)
                if len(recent) == tolerance.most and recent[0] >= at - tolerance.within:
                    self._until[key] = at + tolerance.rest
                    recent.clear()
            until = at + aside if aside else self._until.get(key)
            before = self._unsaved.get(key)
            first, count = (before.first, before.count + 1) if before else (at, 1)
            fault = Fault(owner=owner, kind=kind, name=name, count=count, first=first, last=at, what=what, until=until)
            self._unsaved[key] = fault
        log.error("fault", extra={"plugin": owner, "kind": kind, "thing": name, "what": what, "until": until})
        self._wake()
        return fault

    def blame(self, error: BaseException, owner: str = "", kind: Kind = "code", name: str = "", *, aside: timedelta | None = None) -> Fault | None:
        """Count an error as the fault of the plugin in whose code it arose, a template's where one was being drawn; else as that of ``owner``.

        Return None where it is nobody's but the kernel's.
        """
        place = self.places.of_error(error)
        if place is None and not owner:
            return None
        if place is not None and place.template:
            if kind in {"route", "panel"}:
                self.report(owner, kind, name, said(error, place), aside=aside)
            return self.report(place.owner, "template", place.template, said(error, place))
        if place is not None and (not owner or place.owner != owner):
            return self.report(place.owner, "code", place.function, said(error, place))
        return self.report(owner, kind, name, said(error, place), aside=aside)

    def is_out(self, owner: str, kind: Kind, name: str) -> bool:
        """Return whether a thing is set aside in this process now."""
        until = self._until.get((owner, kind, name))
        return until is not None and self.now() < until

    def blocks(self, owner: str) -> None:
        """Note that a plugin's code holds up the event loop at this moment."""
        self._blocked[owner] += 1

    def blocked(self, owner: str) -> int:
        """Return how often a plugin's code held up the event loop of this process."""
        return self._blocked.get(owner, 0)

    def guard(self, owner: str, kind: Kind, name: str, *, limit: float, db: Connection | None = None) -> Guard:
        """Return a fence around a stretch of a plugin's code.

        Used so::

            card = unavailable
            async with fences.guard("parks", "panel", "trees", limit=1.0, db=visit.db) as ok:
                if ok:                       # not set aside
                    card = await draw()
            if not ok: ...                   # set aside, failed or too slow

        What it raises is swallowed and counted; after ``limit`` seconds it is cut off. ``db`` is a transaction that goes on afterwards: a savepoint
        keeps it whole. A statement that would outlast the limit is ended by the server first.
        """
        return Guard(self, owner, kind, name, limit=limit, db=db)

    # -- the table that all processes share ----------------------------------------------------------------------------------

    async def keep(self, database: Database) -> None:
        """Write what is counted until cancelled; what cannot be written waits for the next fault."""
        told, loop = asyncio.Event(), asyncio.get_running_loop()

        def wake() -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(told.set)

        self._wake = wake
        try:
            while True:
                await told.wait()
                told.clear()
                await self.write(database)
                await asyncio.sleep(PAUSE)
        finally:
            self._wake = lambda: None

    async def write(self, database: Database) -> None:
        """Write what was counted since the last time; a database that is away is no fault of anybody's, so that is only logged."""
        with self._lock:
            unsaved, self._unsaved = self._unsaved, {}
        if not unsaved:
            return
        new = insert(fault_table).values([msgspec.structs.asdict(unsaved[key]) for key in sorted(unsaved)])
        into, said_now = fault_table.c, new.excluded
        changed = {"count": into.count + said_now["count"], "last": said_now.last, "what": said_now.what}
        changed["until"] = func.greatest(into.until, said_now.until)
        try:
            async with database.transaction() as db:
                await db.execute(new.on_conflict_do_update(index_elements=["owner", "kind", "name"], set_=changed))
        except Exception:
            log.exception("faults could not be written")
            with self._lock:
                for key, fault in unsaved.items():
                    newer = self._unsaved.get(key)
                    self._unsaved[key] = msgspec.structs.replace(newer, count=newer.count + fault.count, first=fault.first) if newer else fault


def said(error: BaseException, place: Place | None = None) -> str:
    """Return an error in a line: its kind and where it arose, not its message."""
    where = place.where if place else innermost(error)
    return f"{type(error).__name__} at {where}" if where else type(error).__name__


async def read(db: Connection, *, since: datetime | None = None, aside_at: datetime | None = None, owner: str = "") -> list[Fault]:
    """Return the faults that the processes told of, the latest first: those since a moment, or those set aside at one."""
    wanted = select(fault_table).order_by(fault_table.c.last.desc(), fault_table.c.owner, fault_table.c.kind, fault_table.c.name).limit(200)
    if since is not None:
        wanted = wanted.where(fault_table.c.last >= since)
    if aside_at is not None:
        wanted = wanted.where(fault_table.c.until > aside_at)
    if owner:
        wanted = wanted.where(fault_table.c.owner == owner)
    return [msgspec.convert(plain(row), Fault) for row in (await db.execute(wanted)).mappings()]


async def forget(db: Connection, *, kind: Kind | None = None, before: datetime | None = None) -> None:
    """Take faults away: those of a kind, or those that are long over."""
    gone = delete(fault_table)
    if kind is not None:
        gone = gone.where(fault_table.c.kind == kind)
    if before is not None:
        gone = gone.where(fault_table.c.last < before, func.coalesce(fault_table.c.until, fault_table.c.last) < before)
    await db.execute(gone)
