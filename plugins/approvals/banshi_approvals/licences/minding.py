"""What happens to licences day by day without anybody: reminders before they end, and yearly checks that become due.

Each is once: a line in the licence's story with a key of its own says that it was done, in the transaction that does it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from banshi import Actor, JobContext, Refused, toolkit
from banshi_approvals.application import forms
from banshi_approvals.licences import register
from banshi_approvals.licences.checks import Check
from banshi_approvals.models import item_version, licence, licence_event

log = logging.getLogger("banshi.approvals.licences")

STEPS = (60, 30, 7)
"""Days before the end at which the holder is reminded; the last day for a renewal is among the first of them."""
BATCH = 100
DAY = timedelta(days=1)


async def remind(work: toolkit.Work, after: int = 0) -> int | None:
    """Remind the holders of a batch of licences that end soon; return the id after which the next batch goes on, None at the end.

    Whoever asked for renewal in time is not reminded. After days without a worker only the nearest step is told.
    """
    today = work.at.date()
    soon = register.rows().where(  # a day more on either side: today is another day elsewhere
        licence.c.id > after,
        licence.c.state == "valid",
        licence.c.valid_until >= today - DAY,
        licence.c.valid_until <= today + timedelta(days=max(STEPS)) + DAY,
    )
    rows = [dict(r) for r in (await work.db.execute(soon.order_by(licence.c.id).limit(BATCH))).mappings()]
    for row in rows:
        left = (row["valid_until"] - work.house.directory.day(row["district_id"], work.at)).days
        step = next((s for s in sorted(STEPS) if 0 <= left <= s), None)
        if step is not None and not row["renewing"]:
            await _once(work, row, "reminded", f"reminded:{row['valid_until']}:{step}", _tell)
    return rows[-1]["id"] if len(rows) == BATCH else None


async def open_checks(work: toolkit.Work, after: int = 0) -> int | None:
    """Open the yearly checks of a batch of licences whose day has come; return the id after which the next batch goes on, None at the end."""
    today = work.at.date()
    yearly = select(item_version.c.item).where(
        item_version.c.state.in_(("published", "retired")), item_version.c.content["grants"]["yearly_check"].as_boolean()
    )
    old = register.rows().where(
        licence.c.id > after,
        licence.c.item.in_(yearly),
        licence.c.state.in_(("valid", "suspended")),
        licence.c.valid_from <= today - timedelta(days=365),
        (licence.c.valid_until.is_(None)) | (licence.c.valid_until >= today),
    )
    rows = [dict(r) for r in (await work.db.execute(old.order_by(licence.c.id).limit(BATCH))).mappings()]
    for row in rows:
        if years := _years(row["valid_from"], today):
            await _once(work, row | {"year": years}, "check_due", f"yearly:{years}", _check)
    return rows[-1]["id"] if len(rows) == BATCH else None


def _years(since: date, today: date) -> int:
    """Return how many whole years have gone by; the 29th of February has its day on the 28th."""
    day = min(since.day, 28) if since.month == 2 else since.day
    return today.year - since.year - ((today.month, today.day) < (since.month, day))


async def _once(work: toolkit.Work, row: Mapping[str, Any], kind: str, key: str, do: Any) -> None:
    """Do something about a licence unless its story says that it was done; what is refused is logged, and the others go on."""
    line = insert(licence_event).values(licence=row["number"], key=f"{row['number']}:{key}", kind=kind, at=work.at, told={}, case_id=row["case_id"])
    try:
        async with work.db.begin_nested():
            done = await work.db.execute(line.on_conflict_do_nothing(index_elements=["key"]).returning(licence_event.c.id))
            if done.one_or_none() is not None:
                await do(work, row, key)
    except Refused as refused:
        log.warning("licence left out", extra={"licence": row["number"], "job": kind, "why": str(refused.text)})


async def _tell(work: toolkit.Work, row: Mapping[str, Any], key: str) -> None:
    told = forms.LicenceTold(licence=row["number"], what="ends", until=row["valid_until"])
    wanted = toolkit.Act(number=row["granting"], action="licence_told", form=told, key=f"licence:{row['number']}:{key}")
    await toolkit.act(work, Actor.SYSTEM, wanted)


async def _check(work: toolkit.Work, row: Mapping[str, Any], key: str) -> None:
    declared = work.house.registry.case_type("approvals.check")
    form = Check(licence=row["number"], why="yearly", year=row["year"])
    wanted = toolkit.Opening(
        case_type=declared, district_id=row["district_id"], form=form, channel="office", key=f"check:{row['number']}:{key}", lasting=True
    )
    await toolkit.open_case(work, Actor.SYSTEM, wanted)


async def _all(job: JobContext, batch: Any) -> None:
    """Work through all batches, each in a transaction of its own."""
    after: int | None = 0
    while after is not None:
        async with toolkit.working(job) as work:
            after = await batch(work, after)


async def every_day(job: JobContext) -> None:
    """Remind holders, and open the checks of the day."""
    await _all(job, remind)
    await _all(job, open_checks)
