"""What reforms do to open cases on their day: give them to who has it now, or end them with reasons. Can be run again at any line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import any_, or_, select, update

from banshi import Actor, Refused, case_table, district_table, toolkit
from banshi_approvals.application import forms
from banshi_approvals.models import item_reform

log = logging.getLogger("banshi.approvals")

BATCH = 50
Working = Callable[[], AbstractAsyncContextManager[toolkit.Work]]
"""Gives what a job works with, a transaction at a time."""


async def run(working: Working) -> int:
    """Apply every reform whose day has come, and return how many cases it moved or ended; a case that refuses does not stop the others."""
    async with working() as work:
        rows = (await work.db.execute(select(item_reform).where(~item_reform.c.done).order_by(item_reform.c.day, item_reform.c.id))).all()
        zone = (await work.db.execute(select(district_table.c.zone).order_by(district_table.c.id).limit(1))).scalar_one_or_none()
        today = work.at.astimezone(ZoneInfo(zone or "UTC")).date()
    return sum([await _apply(working, row) for row in rows if row.day <= today])


async def _apply(working: Working, row: Any) -> int:
    """Apply one reform, some cases a transaction; it is done when nothing is left."""
    touched, last, refused = 0, 0, 0
    while row.open_cases != "finish":
        async with working() as work:
            cases = (await work.db.execute(_open(row, last))).all()
            for one in cases:
                last = one.id
                try:
                    async with work.db.begin_nested():
                        await _touch(work, row, one.number)
                    touched += 1
                except Refused as why:
                    refused += 1
                    log.warning("a reform could not be applied to a case", extra={"reform": row.id, "case": one.number, "why": str(why)})
        if len(cases) < BATCH:
            break
    if not refused:
        async with working() as work:
            await work.db.execute(update(item_reform).where(item_reform.c.id == row.id).values(done=True))
    return touched


def _open(row: Any, after: int) -> Any:
    """Return the statement for open applications that a reform concerns, some at a time."""
    case = case_table
    asked = (
        select(case.c.id, case.c.number)
        .where(case.c.closed.is_(None), case.c.category == row.item, case.c.facts["item"].astext == row.item, case.c.id > after)
        .order_by(case.c.id)
        .limit(BATCH)
    )
    if row.district_id is not None:
        below = select(district_table.c.id).where(row.district_id == any_(district_table.c.path))
        asked = asked.where(case.c.district_id.in_(below))
    if row.open_cases == "move":
        asked = asked.where(or_(case.c.department_id.is_(None), case.c.department_id != row.department_id))
    return asked


async def _touch(work: toolkit.Work, row: Any, number: str) -> None:
    moves = row.open_cases == "move"
    form = forms.Moved(department=row.department_id, basis=row.basis) if moves else forms.Abolished(reasons=row.basis)
    wanted = toolkit.Act(number=number, action="moved" if moves else "abolish", form=form, key=f"reform:{row.id}:{number}")
    await toolkit.act(work, Actor.SYSTEM, wanted)
