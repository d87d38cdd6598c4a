"""Jobs with a timetable, carried by procrastinate: any number of workers, each run exactly once, no broker but PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

import procrastinate

from banshi.contracts import Job
from banshi.db import Connection, Database
from banshi.db.queue import procrastinate_connector

log = logging.getLogger(__name__)


class Context:
    """What a job is handed: the moment it runs for, and transactions."""

    def __init__(self, database: Database, moment: datetime) -> None:
        self.moment = moment
        self._database = database

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """Return a transaction that commits at its end."""
        return self._database.transaction()


def timetable(database: Database, jobs: Sequence[Job]) -> procrastinate.App:
    """Return a procrastinate app with each job as a periodic task, named ``owner:job``."""
    app = procrastinate.App(connector=procrastinate_connector(database.url))
    for job in jobs:
        _add(app, database, job)
    return app


def _add(app: procrastinate.App, database: Database, job: Job) -> None:
    name = f"{job.owner}:{job.name}"

    @app.periodic(cron=job.cron)
    @app.task(name=name, queueing_lock=name, pass_context=False)
    async def run(timestamp: int) -> None:
        moment = datetime.fromtimestamp(timestamp, UTC)
        async with asyncio.timeout(job.limit.total_seconds()):
            await job.run(Context(database, moment))
        log.info("job done", extra={"job": name})


@asynccontextmanager
async def working(app: procrastinate.App) -> AsyncIterator[None]:
    """Run a worker beside what the block does; finished jobs leave no rows."""
    async with app.open_async():
        task = asyncio.create_task(
            app.run_worker_async(
                concurrency=2,
                install_signal_handlers=False,
                listen_notify=False,
                fetch_job_polling_interval=2.0,
                delete_jobs="successful",
            )
        )
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
