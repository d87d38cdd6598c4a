"""Jobs with a timetable, carried by procrastinate: any number of workers, each run exactly once, no broker but PostgreSQL."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

import procrastinate

from banshi.contracts import Job
from banshi.db import KERNEL, Connection, Database
from banshi.db.queue import procrastinate_connector
from banshi.errors import DatabaseUnavailable
from banshi.fences import Fences
from banshi.jobs.children import JobFailed, Run
from banshi.plugins import Registry
from banshi.settings import Settings

log = logging.getLogger(__name__)

QUEUES = {"default": 2, "plugins": 2}
"""Queue to how many of its jobs run at once: those of plugins never take the kernel's place."""


class Context:
    """What a job is handed: the moment it runs for, transactions, and what the platform is made of."""

    def __init__(self, database: Database, moment: datetime, settings: Settings | None = None, registry: Registry | None = None) -> None:
        self.moment, self.settings, self.registry = moment, settings, registry
        self._database = database

    def transaction(self) -> AbstractAsyncContextManager[Connection]:
        """Return a transaction that commits at its end."""
        return self._database.transaction()


def timetable(database: Database, jobs: Sequence[Job], fences: Fences, aside: Run) -> procrastinate.App:
    """Return a procrastinate app with each job as a periodic task, named ``owner:job``; those of plugins are run by ``aside``."""
    app = procrastinate.App(connector=procrastinate_connector(database.url, most=6))
    for job in jobs:
        _add(app, database, job, fences, aside)
    return app


def _add(app: procrastinate.App, database: Database, job: Job, fences: Fences, aside: Run) -> None:
    name = f"{job.owner}:{job.name}"
    own = job.owner == KERNEL

    @app.periodic(cron=job.cron)
    @app.task(name=name, queueing_lock=name, pass_context=False, queue="default" if own else "plugins")
    async def run(timestamp: int) -> None:
        moment = datetime.fromtimestamp(timestamp, UTC)
        if own:
            async with asyncio.timeout(job.limit.total_seconds()):
                await job.run(Context(database, moment))
        elif fences.is_out(job.owner, "job", job.name):
            log.warning("job set aside", extra={"job": name})
            return
        else:
            await _fenced(job, moment, fences, aside)
        log.info("job done", extra={"job": name})


async def _fenced(job: Job, moment: datetime, fences: Fences, aside: Run) -> None:
    try:
        await aside(job, moment)
    except DatabaseUnavailable:
        raise
    except JobFailed as failed:
        fences.report(job.owner, "job", job.name, str(failed))
        raise


@asynccontextmanager
async def working(app: procrastinate.App) -> AsyncIterator[None]:
    """Run a worker for each queue beside what the block does; finished jobs leave no rows."""
    async with app.open_async():
        tasks = [
            asyncio.create_task(
                app.run_worker_async(
                    queues=[queue],
                    concurrency=most,
                    install_signal_handlers=False,
                    listen_notify=False,
                    fetch_job_polling_interval=2.0,
                    delete_jobs="successful",
                )
            )
            for queue, most in QUEUES.items()
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
