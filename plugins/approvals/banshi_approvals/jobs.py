"""Periodic work."""

from __future__ import annotations

from datetime import timedelta

from banshi import Job, JobContext, toolkit
from banshi_approvals.catalogue import applying


async def reforms(context: JobContext) -> None:
    """Apply the reforms whose day has come to the cases that are open."""
    await applying.run(lambda: toolkit.working(context))


JOBS = (Job(name="reforms", cron="4 * * * *", run=reforms, limit=timedelta(minutes=30)),)
