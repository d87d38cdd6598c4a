"""The periodic jobs of inbound mail: fetched and read every minute, swept every night."""

from __future__ import annotations

import logging
from datetime import timedelta

from banshi.cases.book import Houses
from banshi.contracts import Job, JobContext
from banshi.documents.store import store
from banshi.notify import fetching, inbound, quarantine
from banshi.notify.inbound import Room
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.settings import Settings

log = logging.getLogger(__name__)


def jobs(settings: Settings, registry: Registry) -> tuple[Job, ...]:
    """Return the jobs; a mail that came by `banshi mail take` is read whether or not there is an inbox."""
    if settings.inbox:
        fetching.where(settings.inbox)
    houses, kept = Houses(registry, Keyring(settings.keys())), store(settings.files, settings.data)

    async def read(context: JobContext) -> None:
        room = Room(transaction=context.transaction, store=kept, settings=settings, house=houses)
        if settings.inbox:
            try:
                await fetching.poll(room, context.moment)
            except fetching.MailServerAway as away:
                log.warning("%s", away)
        await inbound.settle_all(room, context.moment)

    async def sweep(context: JobContext) -> None:
        await quarantine.sweep(context.transaction, context.moment - timedelta(days=settings.mail_kept))

    return (
        Job(owner="kernel", name="read_mail", cron="* * * * *", run=read, limit=timedelta(minutes=10)),
        Job(owner="kernel", name="sweep_mail", cron="23 2 * * *", run=sweep),
    )
