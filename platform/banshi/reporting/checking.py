"""Everything counted again from the cases and their events, and compared with the roll-ups; or put in their place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec
from sqlalchemy import delete, text

from banshi.cases.book import House
from banshi.db import Connection, Database
from banshi.fences import faults
from banshi.jobs.relay import relay_cursor
from banshi.plugins import Registry
from banshi.reporting import measuring, rollups
from banshi.reporting.tables import KEY

BATCH = 500
SHOWN = 20
COMPARED = ("type", "district_id", "department_id", "channel", "category", "received", "closed", "tally")


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What a recount found: cases read, rows and cells that differ, and the first of them in words."""

    cases: int
    rows: int
    cells: int
    faults: tuple[str, ...] = ()

    @property
    def right(self) -> bool:
        """Whether nothing differs."""
        return not self.rows and not self.cells


async def check(
    database: Database, house: House, *, rebuild: bool = False, progress: Callable[[int], None] = lambda _cases: None, batch: int = BATCH
) -> Checked:
    """Count every case again and compare; with ``rebuild`` put the recount in place. Memory does not grow with the cases.

    One view of the record for all of it. The relay waits meanwhile, and what it has not reached yet is looked at first; pages go on.
    """
    async with database.engine.connect() as db:
        async with db.begin():
            await db.execute(HOLD, {"key": rollups.LOCK})
        try:
            await db.execution_options(isolation_level="REPEATABLE READ")
            async with db.begin():
                await _catch_up(db, house, batch)
                cases = await _count(db, house, progress, batch)
                found = await _compare(db, cases)
                for statement in REPLACE if rebuild else ():
                    await db.execute(text(statement))
        finally:
            async with db.begin():
                await db.execute(RELEASE, {"key": rollups.LOCK})
    if rebuild:
        async with database.transaction() as db:
            await faults.forget(db, kind="measure")
        await house.fences.write(database)  # those that still fail
    return found


async def cases(db: Connection) -> int:
    """Return about how many cases there are, for a progress bar: the planner's own estimate, which reads none of them."""
    return max(int((await db.execute(text("select reltuples from pg_class where oid = 'kernel.\"case\"'::regclass"))).scalar_one()), 1)


async def _catch_up(db: Connection, house: House, batch: int) -> None:
    """Look at every case with an event that the relay did not hand over yet."""
    after = 0
    said = {"consumer": consumer_name(house.registry), "most": batch}
    while ids := list((await db.execute(PENDING, said | {"after": after})).scalars()):
        await rollups.settle(db, house, ids)
        after = ids[-1]


async def _count(db: Connection, house: House, progress: Callable[[int], None], batch: int) -> int:
    """Count every case into tables of this transaction alone; return how many there are."""
    for statement in TABLES:
        await db.execute(text(statement))
    after, cases = 0, 0
    while rows := (await db.execute(rollups.EVERY, {"after": after, "most": batch})).all():
        after, cases = rows[-1].id, cases + len(rows)
        found = [rollups.narrow(house, r) for r in rows]
        counted: Counter[rollups.Cell] = Counter()
        for row in found:
            counted.update(rollups.cells(row))
        await db.execute(ROWS_AGAIN, {"said": rollups.encoded(found)})
        await db.execute(CELLS_AGAIN, {"said": rollups.encoded([dict(zip(KEY, key, strict=True)) | {"cases": n} for key, n in counted.items()])})
        progress(len(rows))
    return cases


async def _compare(db: Connection, cases: int) -> Checked:
    rows, cells = [(await db.execute(text(statement))).all() for statement in (ROWS, CELLS)]
    told = [f"case {r.case_id}: kept {r.kept}, counted {r.counted}" for r in rows[:SHOWN]]
    told += [f"{r.measure} {r.month:%Y-%m} {r.type} {r.what} {r.value}: kept {r.kept or 0}, counted {r.counted or 0}" for r in cells[:SHOWN]]
    return Checked(cases=cases, rows=len(rows), cells=len(cells), faults=tuple(told))


async def forget_others(db: Connection, registry: Registry) -> None:
    """Take away where the roll-ups of other measures stood: a cursor that nobody moves would hold back what a restore takes for delivered."""
    cursor = relay_cursor.c.consumer
    await db.execute(delete(relay_cursor).where(cursor.startswith("rollups:"), cursor != consumer_name(registry)))


def consumer_name(registry: Registry) -> str:
    """Return the name under which the relay feeds the roll-ups: another one when a measure changes, so that it begins at the first event."""
    return f"rollups:{measuring.digest(registry)}"


HOLD, RELEASE = text("select pg_advisory_lock(:key)"), text("select pg_advisory_unlock(:key)")
# What the relay has not handed over yet, also of transactions that it cannot be sure of: this one sees what it sees.
PENDING = text("""
select distinct e.case_id from kernel.case_event e left join kernel.relay_cursor c on c.consumer = :consumer
where e.case_id > :after and (c.consumer is null or (e.xid, e.case_id, e.sequence) > (c.xid, c.case_id, c.sequence))
order by e.case_id limit :most
""")
ROWS_AGAIN, CELLS_AGAIN = text(rollups.ROWS_INTO.format(table="recount_case")), text(rollups.CELLS_INTO.format(table="recount_cell"))
TABLES = (
    "create temporary table recount_case (like kernel.report_case including all) on commit drop",
    "create temporary table recount_cell (like kernel.report_cell including all) on commit drop",
)
ROWS = f"""
select coalesce(k.case_id, r.case_id) as case_id, to_jsonb(k) as kept, to_jsonb(r) as counted
from kernel.report_case k full join recount_case r on r.case_id = k.case_id
where ({", ".join(f"k.{c}" for c in COMPARED)}) is distinct from ({", ".join(f"r.{c}" for c in COMPARED)})
order by 1
"""
CELLS = f"""
select {", ".join(KEY)}, k.cases as kept, r.cases as counted
from kernel.report_cell k full join recount_cell r using ({", ".join(KEY)}) where k.cases is distinct from r.cases
order by {", ".join(KEY)}
"""
REPLACE = (
    "delete from kernel.report_cell",
    "delete from kernel.report_case",
    "insert into kernel.report_case select * from recount_case",
    "insert into kernel.report_cell select * from recount_cell",
)
