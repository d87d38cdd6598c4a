"""The ground that tests stand on: one server, one migrated template a state of the code, clones of it; the town, and its clock.

Nothing of the kernel is imported before it is asked for: pytest loads this with every run, before anything measures what is covered.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import psycopg
    from litestar import Litestar
    from litestar.testing import AsyncTestClient

    from banshi.cases.book import House
    from banshi.contracts import Actor, Officer
    from banshi.db import Connection, Database
    from banshi.db.migrations import Owner
    from banshi.districts import District
    from banshi.plugins import Registry
    from banshi.settings import Settings

SECRET = "a key for tests only and never for anything else"  # noqa: S105 -- a test's
PASSWORD = "correct horse"  # noqa: S105 -- a test's
MOMENT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
ADDRESS = "http://testserver.local"
LOCK, USED = 0x7465737473, 0x75736564
TEMPLATE = "banshi_template_"
KEPT = 4
"""Templates that stay for the next run though nobody uses them now."""
MEMORY, ENOUGH = Path("/dev/shm"), 4 << 30  # noqa: S108 -- the server's own folder in it is its user's alone
"""Where the tests' databases lie if so many bytes are free there: to clone one takes a fifth of what it takes on a disk."""
RESIDENTS = ("张小芳", "李明", "Ann Smith", "王淑兰")


class Town(msgspec.Struct, frozen=True):
    """The organisation of the tests, as actors: residents by login, staff by number."""

    house: House
    residents: dict[str, Actor]
    staff: dict[str, Actor]
    tokens: dict[str, str]

    def district(self, code: str) -> int:
        """Return a district's id."""
        found = self.house.directory.tree.find(code)
        assert found is not None
        return found.id

    def department(self, code: str) -> int:
        """Return a department's id."""
        found = self.house.directory.find(code)
        assert found is not None
        return found.id

    def offering(self, plugin: str) -> list[District]:
        """Return the districts that have a plugin on, those below the city first."""
        tree = self.house.directory.tree
        return sorted((d for d in tree.serving if tree.has_on(d.id, plugin)), key=lambda d: (d.level != "district", d.id))

    def officers(self, role: str) -> list[Officer]:
        """Return the posts that carry a role, in the order of their staff numbers."""
        directory = self.house.directory
        found = [o for department in directory for o in directory.officers_of(department.id) if role in o.roles]
        return sorted(found, key=lambda o: o.staff_number)


class Clock:
    """The moment of a test, moved by hand."""

    def __init__(self) -> None:
        self.moment = MOMENT

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.moment

    def forward(self, **by: float) -> datetime:
        """Move on by a timedelta's arguments, and return the moment."""
        self.moment += timedelta(**by)
        return self.moment


def settings_of(url: str, **more: Any) -> Settings:
    """Return the settings of an application on a test's database."""
    from banshi.settings import Settings

    return Settings(database_url=url, secret_key=(SECRET,), secure_cookies=False, **more)


@contextmanager
def server() -> Iterator[str]:
    """Give the address of the server that the tests' databases live on: the embedded one, without durability, or ``TEST_DATABASE_URL``."""
    from banshi.db.embedded import EmbeddedServer

    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    embedded = EmbeddedServer(place() / f"banshi-tests-{os.getuid()}", durable=False)
    try:
        yield embedded.join()
    finally:
        embedded.leave()


def place() -> Path:
    """Return where the server of the tests keeps its files: in memory if there is plenty, else among the temporary files."""
    free = shutil.disk_usage(MEMORY).free if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else 0
    return MEMORY if free >= ENOUGH else Path(tempfile.gettempdir())


@contextmanager
def clone(server_url: str, template: str, name: str) -> Iterator[str]:
    """Give the address of a database of that name, cloned from ``template``; it is gone at the end of the block."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    from banshi.db.queue import libpq_url

    with psycopg.connect(libpq_url(server_url), autocommit=True) as connection:
        connection.execute(SQL("create database {} template {}").format(Identifier(name), Identifier(template)))
    try:
        yield other(server_url, name)
    finally:
        with psycopg.connect(libpq_url(server_url), autocommit=True) as connection:
            connection.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Give the list of the statements that run inside: how many queries a page needs."""
    from sqlalchemy import event

    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


def owners(registry: Registry) -> list[Owner]:
    """Return everybody who has tables."""
    from banshi.db.migrations import Owner

    return [Owner("kernel", "banshi"), *(Owner(p.name, p.package) for p in registry.plugins)]


@asynccontextmanager
async def template_for(server_url: str, registry: Registry, file: Path) -> AsyncIterator[str]:
    """Give the name of a template that fits the code and the organisation; the first process that needs it makes it.

    It stays for the next run. While somebody is in the block nobody drops it.
    """
    import psycopg
    from psycopg.sql import SQL, Identifier

    from banshi.db.queue import libpq_url

    digest = hashlib.sha256(file.read_bytes())
    for owner in owners(registry):
        digest.update(f"{owner.name} {owner.package}".encode())
        for source in sorted(owner.versions.parent.parent.rglob("*.py")):
            digest.update(source.read_bytes())
    name = TEMPLATE + digest.hexdigest()[:16]
    with psycopg.connect(libpq_url(server_url), autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (LOCK,))
        connection.execute("select pg_advisory_lock_shared(%s, hashtext(%s))", (USED, name))
        known = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
        if known is None:
            _drop_old_templates(connection)
            making = name + "_making"
            connection.execute(SQL("drop database if exists {}").format(Identifier(making)))
            connection.execute(SQL("create database {}").format(Identifier(making)))
            await _fill(other(server_url, making), registry, file)
            connection.execute(SQL("alter database {} rename to {}").format(Identifier(making), Identifier(name)))
        connection.execute("select pg_advisory_unlock(%s)", (LOCK,))
        yield name


def _drop_old_templates(connection: psycopg.Connection[Any]) -> None:
    """Drop the templates that nobody uses, but for the newest few: they are in memory where there is enough of it."""
    import psycopg
    from psycopg.sql import SQL, Identifier

    every = "select datname, pg_try_advisory_lock(%s, hashtext(datname)) as free from pg_database where starts_with(datname, %s) order by oid desc"
    unused = [row[0] for row in connection.execute(every, (USED, TEMPLATE)).fetchall() if row[1]]
    for name in unused[KEPT:]:
        with suppress(psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            connection.execute(SQL("drop database if exists {}").format(Identifier(name)))
    for name in unused:
        connection.execute("select pg_advisory_unlock(%s, hashtext(%s))", (USED, name))


async def _fill(url: str, registry: Registry, file: Path) -> None:
    from sqlalchemy import text

    from banshi import app
    from banshi.db import Database
    from banshi.db.migrations import migrate
    from banshi.identity import access, organisation, people
    from banshi.privacy import Keyring

    migrate(url, owners(registry))
    database, keyring = Database(url, pool_size=1), Keyring(settings_of(url).keys())
    await app.declare(database, registry, keyring, MOMENT)
    wanted = organisation.read(file)
    hashed = people.hash_password(PASSWORD)
    async with database.transaction() as db:
        await organisation.load(db, keyring, wanted, MOMENT, hashed=hashed)
        for number, name in enumerate(RESIDENTS):
            login, telephone = f"resident{number}", f"100 0000 000{number}"
            await people.add_account(db, keyring, login=login, name=name, telephone=telephone, hashed=hashed, at=MOMENT)
        permissions = sorted({p.name for role in registry.roles for p in role.permissions})
        for entry in wanted.staff:
            post_id = (await db.execute(text("select id from kernel.post where staff_number = :n"), {"n": entry.number})).scalar_one()
            await access.add_token(db, post_id, f"of {entry.number}", permissions, MOMENT, token=f"token-{entry.number}")
    await database.close()


async def read_town(db: Connection, registry: Registry) -> Town:
    """Return the town as the database has it."""
    from sqlalchemy import text

    from banshi.cases.book import load_house
    from banshi.contracts import Actor
    from banshi.identity.directory import Post
    from banshi.privacy import Keyring

    revision = (await db.execute(text("select value from kernel.revision"))).scalar_one()
    house = await load_house(db, registry, Keyring(settings_of("").keys()), revision)
    accounts = await db.execute(text("select login, person_id from kernel.account where login like 'resident%'"))
    posts = (await db.execute(text("select * from kernel.post"))).all()
    staff = {
        p.staff_number: house.directory.staff(
            p.person_id, Post(id=p.id, department_id=p.department_id, staff_number=p.staff_number, roles=tuple(p.roles))
        )
        for p in posts
    }
    residents = {a.login: Actor(capacity="resident", person_id=a.person_id) for a in accounts}
    return Town(house=house, residents=residents, staff=staff, tokens={number: f"token-{number}" for number in staff})


@contextmanager
def wired(settings: Settings, registry: Registry, now: Callable[[], datetime]) -> Iterator[Litestar]:
    """Give an application of an installation, and keep its addresses for the next one: to wire them takes most of a second."""
    from banshi.app import install, wire

    key = (id(registry), settings.secret_key, settings.secure_cookies)
    free = _WIRED.setdefault(key, [])
    known, application = free.pop() if free else (registry, wire(registry, settings))
    install(application, registry, settings, now)
    try:
        yield application
    finally:
        free.append((known, application))


_WIRED: dict[tuple[object, ...], list[tuple[Registry, Litestar]]] = {}
"""What nobody uses now, by what it was wired of; the registry beside it keeps its id its own."""


@asynccontextmanager
async def serving(settings: Settings, registry: Registry, now: Callable[[], datetime]) -> AsyncIterator[AsyncTestClient[Any]]:
    """Give a client of an application in process, on the database that the settings name."""
    from litestar.testing import AsyncTestClient

    with wired(settings, registry, now) as application:
        async with AsyncTestClient(application, base_url=ADDRESS) as caller:
            yield caller


async def sweep(database: Database, registry: Registry) -> None:
    """Delete what a test left, in one go (TRUNCATE is 100 times slower): the plugins' rows first, which may refer to the kernel's."""
    from sqlalchemy import delete, text

    from banshi.db import owner_metadata

    tables = [delete(t) for p in registry.plugins for t in reversed(owner_metadata(p.name).sorted_tables)]
    async with database.transaction() as db:
        await db.execute(text("do $$ begin " + "".join(f"{t}; " for t in tables) + _SWEEP + "; end $$"))


def other(url: str, name: str) -> str:
    """Return the address of another database on the same server."""
    from sqlalchemy.engine import make_url

    return make_url(url).set(database=name).render_as_string(hide_password=False)


_SWEEP = """
delete from kernel.fault; delete from kernel.worker;
delete from kernel.unanswered; delete from kernel.absence; delete from kernel.deputy; delete from kernel.deputy_limit;
delete from kernel.seen; delete from kernel.answer_template; delete from kernel.saved_view; delete from kernel.handover;
delete from kernel.mail_file; delete from kernel.mail; delete from kernel.mail_place;
delete from kernel.document; delete from kernel.document_content; delete from kernel.deadline; delete from kernel.closing_report;
delete from kernel.adjustment; delete from kernel.recount; delete from kernel.calendar_version where district_id is not null;
delete from kernel.case_link; delete from kernel.report_case; delete from kernel.report_cell;
delete from kernel.case_words; delete from kernel.library_settled;
delete from kernel.library_version; delete from kernel.library_entry;
delete from kernel.message; delete from kernel.message_choice; delete from kernel.address_claim; delete from kernel.digest_choice;
delete from kernel.message_template; delete from kernel.webhook_try; delete from kernel.webhook_delivery; delete from kernel.webhook;
update kernel.person set email = '', email_index = null, email_confirmed = null, language = null where email <> '' or language is not null;
delete from kernel.notice; delete from kernel.personal_index; delete from kernel.case_party; delete from kernel.case_event;
delete from kernel."case"; delete from kernel.idempotency; delete from kernel.draft; delete from kernel.session;
delete from kernel.throttle; delete from kernel.relay_cursor; delete from kernel.day_head; delete from kernel.audit_entry;
update kernel.audit_head set sequence = 0, digest = ''
"""
