"""Work with a timetable (UTC: 22:10 is early morning where the demo city lies)."""

from __future__ import annotations

from datetime import timedelta

from banshi import Job
from banshi_approvals.licences import minding
from banshi_approvals.notices import making

JOBS = (
    Job(name="licences", cron="10 22 * * *", run=minding.every_day, limit=timedelta(hours=1)),
    Job(name="papers", cron="* * * * *", run=making.every_minute, limit=timedelta(minutes=30)),
)
