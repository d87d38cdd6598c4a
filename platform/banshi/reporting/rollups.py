"""Keeps rows and cells right: every case to which something happened is asked again, and the difference is written.

What a case gives is computed from all of it, never from one event, and the cells change by what its row says it gave before: in one transaction
with the relay's cursor. So an event that comes twice changes nothing, and a process may die at any line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import Row, text

from banshi.cases.book import House
from banshi.db import Connection
from banshi.reporting import measuring
from banshi.reporting.measuring import Entry
from banshi.reporting.tables import KEY

LOCK = 0x726F6C6C75

Cell = tuple[Any, ...]
"""The key of a cell, in the order of `tables.KEY`."""


async def settle(db: Connection, house: House, case_ids: Sequence[int]) -> int:
    """Ask these cases again and write what changed; return how many of them gave something else. One at a time: the others wait."""
    await db.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})
    changed: list[dict[str, Any]] = []
    deltas: Counter[Cell] = Counter()
    for row in (await db.execute(CASES, {"ids": sorted(set(case_ids))})).all():
        now = narrow(house, row)
        before = _before(row)
        if now == before:
            continue
        changed.append(now)
        deltas.update(cells(now))
        deltas.subtract(cells(before) if before else {})
    if changed:
        await db.execute(ROWS, {"said": encoded(changed)})
    moved = [dict(zip(KEY, key, strict=True)) | {"cases": n} for key, n in sorted(deltas.items()) if n]
    if moved:
        await db.execute(CELLS, {"said": encoded(moved)})
    if any(m["cases"] < 0 for m in moved):
        await db.execute(EMPTY, {"said": encoded([m for m in moved if m["cases"] < 0])})
    return len(changed)


def narrow(house: House, row: Any) -> dict[str, Any]:
    """Return the row of `report_case` for a case of `CASES`."""
    case = measuring.record(house, row)
    return {
        "case_id": row.id,
        "type": case.case_type,
        "district_id": case.district_id,
        "department_id": case.department_id or 0,
        "channel": case.channel,
        "category": case.category or "",
        "received": case.day(case.received),
        "closed": case.day(case.closed) if case.closed else None,
        "tally": measuring.tally(house, case),
    }


def cells(row: dict[str, Any]) -> Counter[Cell]:
    """Return the cells in which a row of `report_case` stands, once in each."""
    place = tuple(row[name] for name in ("type", "district_id", "department_id", "channel", "category"))
    return Counter((measure, e.month, *place, e.what, e.value) for measure, e in row["tally"].items())


def _before(row: Row[Any]) -> dict[str, Any] | None:
    """What the case gave when it was last looked at; None for one that is new."""
    if row.was is None:
        return None
    was: dict[str, Any] = measuring.decoded(row.was)
    tally = {m: Entry(what, value, date.fromisoformat(month)) for m, (what, value, month) in was["tally"].items()}
    days = {name: date.fromisoformat(was[name]) if was[name] else None for name in ("received", "closed")}
    return {**was, **days, "tally": tally}


def encoded(said: Any) -> str:
    """Return rows as the one parameter that a statement takes."""
    return msgspec.json.encode(said).decode()


async def revision(db: Connection) -> int:
    """Return the directory's revision: while it stands, the house that a process keeps is right."""
    return int((await db.execute(text("select coalesce((select value from kernel.revision where name = 'directory'), 0)"))).scalar_one())


_CASE = """
select c.id, c.type_id, c.district_id, c.department_id, c.state, c.outcome, c.category, c.channel, c.priority, c.confidentiality,
    c.master_id is not null as member, c.received, c.closed, c.data, c.facts, to_jsonb(r) as was,
    exists (select from kernel.case_event o where o.case_id = c.id and o.sequence = 1 and o.body -> 'reference' is not null) as imported,
    (select coalesce(jsonb_agg(jsonb_build_array(e.kind, e.capacity, e.department_id, e.at, e.audience, e.state, e.body -> 'form')
        order by e.sequence), '[]') from kernel.case_event e where e.case_id = c.id) as story
from kernel."case" c left join kernel.report_case r on r.case_id = c.id
"""
CASES = text(_CASE + "where c.id = any(cast(:ids as bigint[])) order by c.id")
EVERY = text(_CASE + "where c.id > :after order by c.id limit :most")
FIELDS = """
    case_id bigint, type text, district_id bigint, department_id bigint, channel text, category text, received date, closed date, tally jsonb
"""
ROWS_INTO = f"""
insert into {{table}} (case_id, type, district_id, department_id, channel, category, received, closed, tally)
select case_id, type, district_id, department_id, channel, category, received, closed, tally
from jsonb_to_recordset(cast(:said as jsonb)) as r({FIELDS})
on conflict (case_id) do update set type = excluded.type, district_id = excluded.district_id, department_id = excluded.department_id,
    channel = excluded.channel, category = excluded.category, received = excluded.received, closed = excluded.closed, tally = excluded.tally
"""
CELL = """
    measure text, month date, type text, district_id bigint, department_id bigint, channel text, category text, what text, value integer,
    cases integer
"""
CELLS_INTO = f"""
insert into {{table}} as cell (measure, month, type, district_id, department_id, channel, category, what, value, cases)
select measure, month, type, district_id, department_id, channel, category, what, value, cases
from jsonb_to_recordset(cast(:said as jsonb)) as r({CELL})
on conflict (measure, month, type, district_id, department_id, channel, category, what, value)
do update set cases = cell.cases + excluded.cases
"""
ROWS, CELLS = text(ROWS_INTO.format(table="kernel.report_case")), text(CELLS_INTO.format(table="kernel.report_cell"))
EMPTY = text(f"""
delete from kernel.report_cell cell using jsonb_to_recordset(cast(:said as jsonb)) as r({CELL})
where (cell.measure, cell.month, cell.type, cell.district_id, cell.department_id, cell.channel, cell.category, cell.what, cell.value)
    = (r.measure, r.month, r.type, r.district_id, r.department_id, r.channel, r.category, r.what, r.value) and cell.cases = 0
""")
