"""Results are published (domain 6.9): what was decided lately, an institution by its name, a person by the first character of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, tuple_

from banshi import case_table

PUBLISHED = timedelta(days=30)
OUTCOMES = ("granted", "granted_in_part", "refused")
PAGE = 50


async def decided(
    db: Any, type_ids: Sequence[int], districts: Sequence[int], at: datetime, after: tuple[datetime, int] | None = None
) -> tuple[Sequence[Any], tuple[datetime, int] | None]:
    """Return a page of the decisions of the last 30 days, the newest first, and where the next page goes on (None: nowhere)."""
    c = case_table.c
    statement = select(c.id, c.number, c.type_id, c.closed, c.outcome, c.data, c.facts, c.district_id, c.department_id).where(
        c.type_id.in_(type_ids), c.district_id.in_(districts), c.closed > at - PUBLISHED, c.closed <= at, c.outcome.in_(OUTCOMES)
    )
    if after is not None:
        statement = statement.where(tuple_(c.closed, c.id) < tuple_(*after))
    rows = (await db.execute(statement.order_by(c.closed.desc(), c.id.desc()).limit(PAGE + 1))).all()
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return rows[:PAGE], (last.closed, last.id) if last is not None else None
