"""Work with a timetable (UTC: 22:10 is early morning where the demo city lies)."""

from __future__ import annotations

from datetime import timedelta

from banshi import Job, JobContext, toolkit
from banshi_approvals.application import gaps
from banshi_approvals.catalogue import applying
from banshi_approvals.experts import calling
from banshi_approvals.licences import minding
from banshi_approvals.notices import making


async def reforms(context: JobContext) -> None:
    """Apply the reforms whose day has come to the cases that are open."""
    await applying.run(lambda: toolkit.working(context))


JOBS = (
    Job(name="reforms", cron="4 * * * *", run=reforms, limit=timedelta(minutes=30)),
    Job(name="licences", cron="10 22 * * *", run=minding.every_day, limit=timedelta(hours=1)),
    Job(name="gaps", cron="15 22 * * *", run=gaps.every_day, limit=timedelta(minutes=30)),
    Job(name="experts", cron="*/5 * * * *", run=calling.whoever_was_drawn, limit=timedelta(minutes=5)),
    Job(name="papers", cron="*/10 * * * *", run=making.whatever_waits, limit=timedelta(minutes=30)),
)
