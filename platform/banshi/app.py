"""The only place where all is put together: settings and plugins to an ASGI application, and to the worker's loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from litestar import Litestar, Router
from litestar.config.compression import CompressionConfig
from litestar.datastructures import CacheControlHeader
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.static_files import create_static_files_router
from sqlalchemy import delete, text

from banshi import clock, notify, plugins
from banshi.cases import attaching, following, unanswered, verifying
from banshi.cases.book import Houses, load_house, put_types
from banshi.cases.tables import idempotency
from banshi.cases.upgrading import upgrade_open
from banshi.clock import keeping as keeping_times
from banshi.contracts import ADMINISTER, DEPUTIES, LIBRARY, MAIL, OPEN311, OPERATE, REPORT, Job, JobContext, Role
from banshi.db import Connection, Database
from banshi.documents import keeping, scanning
from banshi.documents.store import store, tidy
from banshi.escalation import backlog, recounting, sweeping
from banshi.fences import Fences, faults
from banshi.fences.watching import Watchdog
from banshi.identity import deputies
from banshi.identity.people import put_roles
from banshi.identity.tables import session, throttle
from banshi.jobs import children, periodic, presence, relay
from banshi.notify import calling, digest, fetching, outgoing, webhooks
from banshi.notify import working as mailing
from banshi.notify.topics import WAYS, Way
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.reporting import checking, rollups
from banshi.search import indexing
from banshi.settings import Settings
from banshi.texts import translator
from banshi.web import (
    admin,
    api,
    desk,
    drafts,
    failures,
    health,
    mounting,
    open311,
    parts,
    portal,
    report,
    sign_in,
    templating,
)
from banshi.web.security import Frame, csrf, log_to_standard_error
from banshi.web.site import Site

_ = translator("banshi")
log = logging.getLogger("banshi.documents")

LARGEST_BODY = 1_000_000
FOR_GOOD = CacheControlHeader(public=True, max_age=365 * 24 * 3600, immutable=True)
"""Static parts have their digest in their name: what is kept is never stale."""
KEYS_LAST = timedelta(days=30)
DECLARING = 0x64656C6172

KERNEL_ROLES = (
    Role(
        owner="kernel", name="administrator", title=_("Administrator"), permissions=(ADMINISTER, OPERATE, LIBRARY, REPORT, DEPUTIES), reach="district"
    ),
    Role(owner="kernel", name="librarian", title=_("Librarian"), permissions=(LIBRARY,), reach="district"),
    Role(owner="kernel", name="mailroom", title=_("Mail room"), permissions=(MAIL,), reach="district"),
    Role(owner="kernel", name="partner", title=_("Another program (Open311)"), permissions=(OPEN311,), reach="district"),
    Role(owner="kernel", name="engineer", title=_("Engineer"), permissions=(OPERATE,), reach="district"),
)


def create_app(
    settings: Settings,
    registry: Registry | None = None,
    *,
    now: Callable[[], datetime] = clock.now,
) -> Litestar:
    """Return the application. ``registry`` defaults to the installed plugins; ``now`` is the clock (a test's own)."""
    registry = registry if registry is not None else plugins.load(strict=settings.strict)
    application = wire(registry, settings)
    install(application, registry, settings, now)
    return application


def install(application: Litestar, registry: Registry, settings: Settings, now: Callable[[], datetime] = clock.now) -> None:
    """Have a wired application serve one installation; a setting that leads nowhere is told now, not when somebody waits for it."""
    if settings.clamd:
        scanning.where(settings.clamd)
    if not settings.district:  # whose plugins need not have the provider; the worker sends, and it has all
        outgoing.post_of(settings, registry)
    if settings.inbox:
        fetching.where(settings.inbox)
    for declared in registry.settings:
        settings.of(declared)
    application.state["site"] = Site(settings, registry, Database(settings.database_url), now)


@asynccontextmanager
async def _living(application: Litestar) -> AsyncIterator[None]:
    site: Site = application.state.site
    tidy(site.settings.data, site.now() - keeping.GRACE)  # the worker sweeps its own machine's
    telling = asyncio.create_task(site.fences.keep(site.database))
    with Watchdog(site.fences, site.settings.loop_limit / 1000).watching():
        yield
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    await site.fences.write(site.database)
    await site.database.close()


def wire(registry: Registry, settings: Settings) -> Litestar:
    """Return the application with every address, and nothing yet of an installation but the key of its forms' tokens."""
    application = Litestar(
        route_handlers=[
            Router(
                "/",
                route_handlers=[
                    *portal.HANDLERS,
                    *sign_in.HANDLERS,
                    *desk.HANDLERS,
                    *report.HANDLERS,
                    *admin.HANDLERS,
                ],
                include_in_schema=False,
            ),
            api.router(),
            open311.router(),
            health.health,
            *mounting.routers(registry),
            *parts.routers(registry),
            create_static_files_router(path="/static", directories=[templating.static_folder()], cache_control=FOR_GOOD, include_in_schema=False),
        ],
        csrf_config=csrf(settings),
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=5, minimum_size=1000),
        exception_handlers=open311.handlers(failures.HANDLERS),
        request_max_body_size=LARGEST_BODY,
        openapi_config=OpenAPIConfig(
            title="banshi",
            version="1",
            path="/schema",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            components=Components(security_schemes={"bearer": SecurityScheme(type="http", scheme="bearer")}),
        ),
        lifespan=[_living],
        logging_config=None,
        debug=False,
    )
    # Around everything, so that an address that is not there is answered in the same frame.
    application.asgi_handler = Frame(application.asgi_handler, application.state)
    return application


async def declare(database: Database, registry: Registry, keyring: Keyring, at: datetime) -> list[str]:
    """Write what the code declares as rows (roles, type versions, upgrades of open cases); return a line for each new thing.

    `banshi migrate` calls it, never a web start. One process at a time: the others wait.
    """
    async with database.transaction() as db:
        await db.execute(text("select pg_advisory_xact_lock(:key)"), {"key": DECLARING})
        await put_roles(db, (*KERNEL_ROLES, *registry.roles))
        await checking.forget_others(db, registry)
        said = await put_types(db, registry)
        if years := await keeping_times.seed(db, at):
            said.append(f"days off of {years[0]} to {years[-1]}")
        house = await load_house(db, registry, keyring)
        return [*said, *await upgrade_open(db, house, at)]


def kernel_jobs(keyring: Keyring) -> tuple[Job, ...]:
    """Return the kernel's own periodic work."""

    async def seal(context: JobContext) -> None:
        async with context.transaction() as db:
            await verifying.seal_days(db, keyring, context.moment)

    async def sweep(context: JobContext) -> None:
        async with context.transaction() as db:
            await db.execute(delete(session).where(session.c.expires <= context.moment))
            await db.execute(delete(throttle).where(throttle.c.since <= context.moment - timedelta(days=1)))
            await db.execute(delete(idempotency).where(~idempotency.c.lasting, idempotency.c.created <= context.moment - KEYS_LAST))
            await drafts.sweep(db, context.moment)
            await deputies.forget(db, context.moment)
            await faults.forget(db, before=context.moment - faults.KEPT)

    return (
        Job(owner="kernel", name="seal_days", cron="30 1 * * *", run=seal),
        Job(owner="kernel", name="sweep", cron="17 * * * *", run=sweep),
    )


def document_jobs(settings: Settings, registry: Registry) -> tuple[Job, ...]:
    """Return the periodic work on documents: asking again about what is held, and the sweep of what nobody refers to."""
    kept, keyring = store(settings.files, settings.data), Keyring(settings.keys())

    async def check(context: JobContext) -> None:
        if not settings.clamd:
            return  # that a file is clean is for a scanner to say: a worker that was told of none says nothing
        async for content in keeping.waiting(context.transaction):
            try:
                verdict = await scanning.ask(settings.clamd, kept.read(content.digest.hex()))
            except scanning.ScannerAway:
                return  # so it is for all others
            except FileNotFoundError:
                log.exception("a content is not where files lie", extra={"digest": content.digest.hex()})
                continue
            if verdict == "waiting":
                continue
            async with context.transaction() as db:
                if verdict == "clean":
                    await keeping.judged(db, content.digest, verdict)
                else:
                    house = await load_house(db, registry, keyring)
                    await attaching.infected(db, house, content.digest, context.moment)

    async def sweep(context: JobContext) -> None:
        tidy(settings.data, context.moment - keeping.GRACE)
        await keeping.sweep(context.transaction, kept, drafts.draft, context.moment)

    return (
        Job(owner="kernel", name="check_documents", cron="* * * * *", run=check),
        Job(owner="kernel", name="sweep_documents", cron="41 * * * *", run=sweep),
    )


def clusters(houses: Houses) -> relay.Consumer:
    """Return the consumer that tells the members of a cluster what the office told on the case that leads them."""

    async def take(db: Connection, events: Sequence[Any]) -> None:
        ids = sorted({e.case_id for e in events})
        if await following.concerned(db, ids):
            await following.follow(db, await houses(db), ids)

    return relay.Consumer("clusters", take)


def figures(houses: Houses) -> relay.Consumer:
    """Return the consumer that keeps the report's roll-ups."""

    async def take(db: Connection, events: Sequence[Any]) -> None:
        await rollups.settle(db, await houses(db), [e.case_id for e in events])

    return relay.Consumer(checking.consumer_name(houses.registry), take)


def searching(houses: Houses) -> relay.Consumer:
    """Return the consumer that keeps the words of cases up with the cases."""

    async def take(db: Connection, events: Sequence[Any]) -> None:
        await indexing.index(db, await houses(db), sorted({e.case_id for e in events}))

    return relay.Consumer(indexing.CONSUMER, take)


def message_jobs(registry: Registry, keyring: Keyring) -> tuple[Job, ...]:
    """Return the periodic work on messages: the digests whose hour has come, and the sweep of what was settled long ago."""
    houses = Houses(registry, keyring)

    async def digests(context: JobContext) -> None:
        async with context.transaction() as db:
            await digest.sweep(db, await houses(db), context.moment)

    async def sweep(context: JobContext) -> None:
        async with context.transaction() as db:
            await outgoing.sweep(db, context.moment)
            await webhooks.sweep(db, context.moment)

    return (
        Job(owner="kernel", name="digests", cron="*/10 * * * *", run=digests),
        Job(owner="kernel", name="sweep_messages", cron="53 * * * *", run=sweep),
    )


def consumers(
    registry: Registry,
    keyring: Keyring,
    ways: Sequence[Way] = WAYS,
    source: str = "",
    now: Callable[[], datetime] = clock.now,
    fences: Fences | None = None,
) -> list[relay.Consumer]:
    """Return everything that reads the record's events, each with a cursor of its own."""
    houses = Houses(registry, keyring, fences)
    looking = relay.Consumer("unanswered", unanswered.watch)
    kept = [notify.NOTICES, looking, clusters(houses), searching(houses), figures(houses), deadlines(houses)]
    return [*kept, outgoing.consumer(houses, now, ways), webhooks.consumer(houses, now, source)]


def deadlines(houses: Houses) -> relay.Consumer:
    """Return the consumer that keeps up what is due next on each case."""

    async def take(db: Connection, events: Sequence[Any]) -> None:
        await keeping_times.steady(db)
        await sweeping.keep(db, await houses(db), sorted({e.case_id for e in events}))

    return relay.Consumer(sweeping.CONSUMER, take)


def escalation_jobs(registry: Registry, keyring: Keyring, fences: Fences | None = None) -> tuple[Job, ...]:
    """Return what looks every minute for what is due, and what counts anew after a change."""
    houses = Houses(registry, keyring, fences)

    async def sweep(context: JobContext) -> None:
        await sweeping.sweep(context.transaction, houses, context.moment)

    async def pile(context: JobContext) -> None:
        await backlog.sweep(context.transaction, houses, context.moment)

    async def recount(context: JobContext) -> None:
        await recounting.run(context.transaction, houses, clock.now)

    return (
        Job(owner="kernel", name="recount", cron="* * * * *", run=recount, limit=timedelta(hours=6)),
        Job(owner="kernel", name="escalate", cron="* * * * *", run=sweep),
        Job(owner="kernel", name="backlog", cron="7 * * * *", run=pile),
    )


def deputy_jobs(registry: Registry, keyring: Keyring) -> tuple[Job, ...]:
    """Return what offers unanswered cases to deputies."""
    houses = Houses(registry, keyring)

    async def offer(context: JobContext) -> None:
        async with context.transaction() as db:
            await unanswered.begin(db, context.moment)
        looked = unanswered.BATCH
        while looked == unanswered.BATCH:
            async with context.transaction() as db:
                house = await houses(db)
                looked = await unanswered.offer(db, house, house.times.calendar, context.moment)

    return (Job(owner="kernel", name="offer_unanswered", cron="*/10 * * * *", run=offer),)


def every_job(settings: Settings, registry: Registry, keyring: Keyring, fences: Fences | None = None) -> tuple[Job, ...]:
    """Return all periodic work, the kernel's and the plugins'."""
    return (
        *kernel_jobs(keyring),
        *document_jobs(settings, registry),
        *escalation_jobs(registry, keyring, fences),
        *deputy_jobs(registry, keyring),
        *mailing.jobs(settings, registry),
        *message_jobs(registry, keyring),
        *registry.jobs,
    )


async def work(settings: Settings) -> None:
    """Run the relay and the periodic jobs until cancelled."""
    log_to_standard_error(settings.log_level)
    registry = plugins.load(strict=settings.strict)
    keyring, way_out = Keyring(settings.keys()), outgoing.post_of(settings, registry)
    fences = Fences(clock.now, registry.packages, statement_limit=settings.plugin_statement_timeout)
    database = Database(settings.database_url, pool_size=6)
    jobs = every_job(settings, registry, keyring, fences)
    caller = calling.Caller(database, keyring, clock.now, private=settings.webhooks_private)
    try:
        timetable = periodic.timetable(database, jobs, fences, children.in_child(settings))
        async with periodic.working(timetable), asyncio.TaskGroup() as tasks:
            tasks.create_task(fences.keep(database))
            tasks.create_task(presence.keep(database, clock.now))
            tasks.create_task(relay.run(database, consumers(registry, keyring, way_out.ways, settings.address, fences=fences)))
            tasks.create_task(outgoing.Worker(database, Houses(registry, keyring), way_out, clock.now).run())
            tasks.create_task(caller.run())
    finally:
        await database.close()


__all__ = ["KERNEL_ROLES", "create_app", "declare", "every_job", "kernel_jobs", "message_jobs", "work"]
