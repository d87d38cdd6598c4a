"""What was promised at acceptance and is not there yet: its applicant is reminded before the day, and told when that is over (domain 6.2)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select

from banshi import Actor, JobContext, Refused, case_table, toolkit
from banshi_approvals.application import forms
from banshi_approvals.application.facts import Facts

log = logging.getLogger("banshi.approvals.gaps")

AHEAD = timedelta(days=3)
BEHIND = timedelta(days=7)
"""So long after the day it is still told: a worker may have been away."""


async def remind(work: toolkit.Work) -> int:
    """Tell every applicant whose promise comes due, or is over, once each; return how many promises were looked at."""
    rows = await _promised(work, work.at.date())
    for row in rows:
        facts = toolkit.snapshot(work, row).facts
        wanted = told(facts, work.house.directory.day(row.district_id, work.at))
        if wanted is None:
            continue
        key = f"gap:{wanted.until}:{wanted.what}"
        try:
            async with work.db.begin_nested():
                await toolkit.act(work, Actor.SYSTEM, toolkit.Act(number=row.number, action="gap_told", form=wanted, key=key))
        except Refused as refused:
            log.warning("promise left out", extra={"case": row.number, "why": str(refused.text)})
    return len(rows)


def told(facts: Facts, today: date) -> forms.GapTold | None:
    """Return what is to be told of a promise on a day, None where nothing is."""
    open_now = [m.code for m in facts.materials if m.state == "promised"]
    if facts.gap_until is None or not open_now or today < facts.gap_until - AHEAD:
        return None
    return forms.GapTold(what="over" if today > facts.gap_until else "soon", until=facts.gap_until, papers=open_now)


async def _promised(work: toolkit.Work, today: date) -> Sequence[Any]:
    c, until = case_table.c, case_table.c.facts["gap_until"].as_string()
    ids = [t.id for t in work.house.book if t.key == "approvals.application"]
    day = timedelta(days=1)  # today is another day elsewhere
    near = until.between((today - BEHIND - day).isoformat(), (today + AHEAD + day).isoformat())
    return list((await work.db.execute(select(case_table).where(c.type_id.in_(ids), c.closed.is_(None), near).order_by(c.id))).all())


async def every_day(job: JobContext) -> None:
    """Remind of the promises of the day."""
    async with toolkit.working(job) as work:
        await remind(work)
