"""Whoever was drawn and has an account is told: without it they would have to look every day whether the lot fell on them."""

from __future__ import annotations

from banshi import JobContext, toolkit
from banshi_approvals.experts import pool


async def call(work: toolkit.Work) -> int:
    """Call every expert who sits on an open panel and owes a sheet, once for a panel; return how many seats were looked at."""
    seats = await pool.seated(work.db)
    for seat in seats:
        page = f"/d/{work.house.directory.tree[seat.district_id].code}/approvals/my-panels/{toolkit.show_number(seat.number)}"
        await toolkit.call(work, seat.case_id, [seat.person_id], page)
    return len(seats)


async def whoever_was_drawn(job: JobContext) -> None:
    """Call who was drawn since the last time."""
    async with toolkit.working(job) as work:
        await call(work)
