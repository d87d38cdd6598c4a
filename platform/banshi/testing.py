"""Fixtures for plugin authors and for banshi itself: a real PostgreSQL, migrated once, one clone a test process.

    database      a Database of one's own clone; what a test commits is deleted after it
    db            a connection in a transaction that is rolled back
    town          a small organisation: districts, departments, staff, residents (committed once)
    house         what domain functions are handed
    fresh_url     a database of one test alone
    client        the application, called in process

The server is the embedded one, without durability; ``TEST_DATABASE_URL`` names another (its user must be able to make databases).
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest
import pytest_asyncio
from litestar.testing import AsyncTestClient
from psycopg.sql import SQL, Identifier
from sqlalchemy import event, text
from sqlalchemy.engine import make_url

from banshi import app, plugins
from banshi.cases.book import House, load_house
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.db.embedded import EmbeddedServer
from banshi.db.migrations import Owner, migrate
from banshi.db.queue import libpq_url
from banshi.identity import access, organisation, people
from banshi.identity.directory import Post
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.settings import Settings

SECRET = "a key for tests only and never for anything else"  # noqa: S105 -- a test's
PASSWORD = "correct horse"  # noqa: S105 -- a test's
MOMENT = datetime(2026, 11, 23, 1, 30, tzinfo=UTC)
LOCK = 0x7465737473


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


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Every installed plugin; a broken one is an error."""
    return plugins.load(strict=True)


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of the server that the tests' databases live on."""
    if given := os.environ.get("TEST_DATABASE_URL"):
        yield given
        return
    server = EmbeddedServer(Path(tempfile.gettempdir()) / f"banshi-tests-{os.getuid()}", durable=False)
    try:
        yield server.join()
    finally:
        server.leave()


@pytest.fixture(scope="session")
def organisation_file() -> Path:
    """The organisation that ``town`` loads; override it with one that has your plugin on and your duties."""
    pytest.fail("override the fixture organisation_file with the path of an organisation file")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(server_url: str, registry: Registry, organisation_file: Path) -> str:
    """The name of the database that was migrated, declared and settled once; all others are clones of it."""
    return await _template(server_url, registry, organisation_file)


@pytest.fixture(scope="session")
def database_url(server_url: str, template: str, worker_id: str) -> Iterator[str]:
    """A database of this process."""
    with clone(server_url, template, f"banshi_test_{worker_id}_{os.getpid()}") as url:
        yield url


@pytest.fixture
def fresh_url(server_url: str, template: str, worker_id: str) -> Iterator[str]:
    """A database of this test alone: for commands, and for what cannot be swept up."""
    with clone(server_url, template, f"banshi_fresh_{worker_id}_{os.getpid()}") as url:
        yield url


@pytest.fixture
def empty_url(server_url: str, worker_id: str) -> Iterator[str]:
    """A database with nothing in it."""
    with clone(server_url, "template0", f"banshi_empty_{worker_id}_{os.getpid()}") as url:
        yield url


@contextmanager
def clone(server_url: str, template: str, name: str) -> Iterator[str]:
    """Give the address of a database of that name, cloned from ``template``; it is gone at the end of the block."""
    with psycopg.connect(libpq_url(server_url), autocommit=True) as connection:
        connection.execute(SQL("create database {} template {}").format(Identifier(name), Identifier(template)))
    try:
        yield _other(server_url, name)
    finally:
        with psycopg.connect(libpq_url(server_url), autocommit=True) as connection:
            connection.execute(SQL("drop database if exists {} with (force)").format(Identifier(name)))


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """The name of this test process."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _engine(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, pool_size=30)
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(_engine: Database, registry: Registry) -> Town:
    """The organisation of the tests."""
    async with _engine.transaction() as db:
        return await _read_town(db, registry)


@pytest.fixture
def house(town: Town) -> House:
    """What domain functions are handed."""
    return town.house


@pytest_asyncio.fixture(loop_scope="session")
async def db(_engine: Database) -> AsyncIterator[Connection]:
    """A connection in a transaction that is rolled back."""
    async with _engine.engine.connect() as connection:
        transaction = await connection.begin()
        yield connection
        if transaction.is_active:
            await transaction.rollback()


@pytest_asyncio.fixture(loop_scope="session")
async def database(_engine: Database) -> AsyncIterator[Database]:
    """The database, for tests that commit: what they leave is deleted in one go (TRUNCATE is 100 times slower)."""
    yield _engine
    async with _engine.transaction() as db:
        for statement in _SWEEP.split(";"):
            await db.execute(text(statement))


@pytest.fixture
def clock() -> Clock:
    """The moment of a test, moved by hand."""
    return Clock()


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """The keys of the tests."""
    return Keyring(Settings(secret_key=(SECRET,)).keys())


@pytest_asyncio.fixture(loop_scope="session")
async def client(database: Database, registry: Registry, clock: Callable[[], datetime]) -> AsyncIterator[AsyncTestClient[Any]]:
    """The application, called in process."""
    settings = Settings(database_url=database.url, secret_key=(SECRET,), secure_cookies=False)
    async with AsyncTestClient(app.create_app(settings, registry, now=clock), base_url="http://testserver.local") as caller:
        yield caller


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Give the list of the statements that run inside: how many queries a page needs."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def _template(server_url: str, registry: Registry, file: Path) -> str:
    """Return the name of a template that fits the code; the first process that needs it makes it."""
    owners = [Owner("kernel", "banshi"), *(Owner(p.name, p.package) for p in registry.plugins)]
    digest = hashlib.sha256(file.read_bytes())
    for owner in owners:
        for source in sorted(owner.versions.parent.parent.rglob("*.py")):
            digest.update(source.read_bytes())
    name = f"banshi_template_{digest.hexdigest()[:16]}"
    with psycopg.connect(libpq_url(server_url), autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", (LOCK,))
        known = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
        if known is None:
            _drop_old_templates(connection)
            making = name + "_making"
            connection.execute(SQL("drop database if exists {}").format(Identifier(making)))
            connection.execute(SQL("create database {}").format(Identifier(making)))
            await _fill(_other(server_url, making), owners, registry, file)
            connection.execute(SQL("alter database {} rename to {}").format(Identifier(making), Identifier(name)))
    return name


def _drop_old_templates(connection: psycopg.Connection[Any]) -> None:
    """Drop templates that were made for the code of another day; today's may be in use by another run."""
    old = """
        select datname from pg_database
        where starts_with(datname, 'banshi_template_') and (pg_stat_file('base/' || oid || '/PG_VERSION')).modification < now() - interval '1 day'
    """
    with suppress(psycopg.errors.InsufficientPrivilege):
        for row in connection.execute(old).fetchall():
            with suppress(psycopg.errors.ObjectInUse):
                connection.execute(SQL("drop database {}").format(Identifier(row[0])))


async def _fill(url: str, owners: list[Owner], registry: Registry, file: Path) -> None:
    migrate(url, owners)
    database, keyring = Database(url, pool_size=1), Keyring(Settings(secret_key=(SECRET,)).keys())
    await app.declare(database, registry, keyring, MOMENT)
    wanted = organisation.read(file)
    hashed = people.hash_password(PASSWORD)
    async with database.transaction() as db:
        await organisation.load(db, keyring, wanted, MOMENT, hashed=hashed)
        for number in range(4):
            login = f"resident{number}"
            name, telephone = ("张小芳", "李明", "Ann Smith", "王淑兰")[number], f"100 0000 000{number}"
            await people.add_account(db, keyring, login=login, name=name, telephone=telephone, hashed=hashed, at=MOMENT)
        permissions = sorted({p.name for role in registry.roles for p in role.permissions})
        for entry in wanted.staff:
            post_id = (await db.execute(text("select id from kernel.post where staff_number = :n"), {"n": entry.number})).scalar_one()
            await access.add_token(db, post_id, f"of {entry.number}", permissions, MOMENT, token=f"token-{entry.number}")
    await database.close()


async def _read_town(db: Connection, registry: Registry) -> Town:
    revision = (await db.execute(text("select value from kernel.revision"))).scalar_one()
    keyring = Keyring(Settings(secret_key=(SECRET,)).keys())
    house = await load_house(db, registry, keyring, revision)
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


def _other(url: str, name: str) -> str:
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
