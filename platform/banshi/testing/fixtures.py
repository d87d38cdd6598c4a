"""The fixtures. What they need of the kernel they import when they are asked for."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from banshi.testing import ground, smalltown
from banshi.testing.browsing import Person
from banshi.testing.ground import Clock, Town

if TYPE_CHECKING:
    from litestar import Litestar
    from litestar.testing import AsyncTestClient

    from banshi.cases.book import House
    from banshi.cases.opening import Opened
    from banshi.db import Connection, Database
    from banshi.districts import District
    from banshi.plugins import Registry
    from banshi.privacy import Keyring


@pytest.fixture(scope="session")
def registry() -> Registry:
    """Every installed plugin; a broken one is an error."""
    from banshi import plugins

    return plugins.load(strict=True)


@pytest.fixture(scope="session")
def plugin(registry: Registry) -> str:
    """The name of the plugin that is tested: the first that is installed. Override it where there are several."""
    if not registry.plugins:
        pytest.fail("no plugin is installed: install yours (`pip install --editable .`), or override the fixture `plugin`")
    return registry.plugins[0].name


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of the server that the tests' databases live on."""
    with ground.server() as url:
        yield url


@pytest.fixture(scope="session")
def organisation_file(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The organisation that ``town`` loads: a small town with every plugin on, but off in its West. Override it with one of your own."""
    path = tmp_path_factory.mktemp("town") / "town.toml"
    path.write_text(smalltown.write(registry), encoding="utf8")
    return path


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(server_url: str, registry: Registry, organisation_file: Path) -> AsyncIterator[str]:
    """The name of the database that was migrated, declared and settled once; all others are clones of it."""
    async with ground.template_for(server_url, registry, organisation_file) as name:
        yield name


@pytest.fixture(scope="session")
def database_url(server_url: str, template: str, worker_id: str) -> Iterator[str]:
    """A database of this process."""
    with ground.clone(server_url, template, f"banshi_test_{worker_id}_{os.getpid()}") as url:
        yield url


@pytest.fixture
def fresh_url(server_url: str, template: str, worker_id: str) -> Iterator[str]:
    """A database of this test alone: for commands, and for what cannot be swept up."""
    with ground.clone(server_url, template, f"banshi_fresh_{worker_id}_{os.getpid()}") as url:
        yield url


@pytest.fixture
def empty_url(server_url: str, worker_id: str) -> Iterator[str]:
    """A database with nothing in it."""
    with ground.clone(server_url, "template0", f"banshi_empty_{worker_id}_{os.getpid()}") as url:
        yield url


@pytest.fixture(scope="session")
def worker_id(request: pytest.FixtureRequest) -> str:
    """The name of this test process."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "main"))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def _engine(database_url: str) -> AsyncIterator[Database]:
    from banshi.db import Database

    database = Database(database_url, pool_size=30)
    yield database
    await database.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def town(_engine: Database, registry: Registry) -> Town:
    """The organisation of the tests."""
    async with _engine.transaction() as db:
        return await ground.read_town(db, registry)


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
async def database(_engine: Database, registry: Registry) -> AsyncIterator[Database]:
    """The database, for tests that commit: what they leave is deleted afterwards."""
    yield _engine
    await ground.sweep(_engine, registry)


@pytest.fixture
def clock() -> Clock:
    """The moment of a test, moved by hand."""
    return Clock()


@pytest.fixture(scope="session")
def keyring() -> Keyring:
    """The keys of the tests."""
    from banshi.privacy import Keyring

    return Keyring(ground.settings_of("").keys())


@pytest.fixture
def app(database: Database, registry: Registry, clock: Clock) -> Iterator[Litestar]:
    """The application, with every installed plugin."""
    with ground.wired(ground.settings_of(database.url), registry, clock) as application:
        yield application


@pytest_asyncio.fixture(loop_scope="session")
async def client(app: Litestar) -> AsyncIterator[AsyncTestClient[Any]]:
    """The application, called in process."""
    from litestar.testing import AsyncTestClient

    async with AsyncTestClient(app, base_url=ground.ADDRESS) as caller:
        yield caller


@pytest.fixture
def plugins(database: Database, registry: Registry, clock: Clock) -> Callable[..., AbstractAsyncContextManager[AsyncTestClient[Any]]]:
    """Serves the town with only some plugins.

    ``async with plugins("lost_found") as client`` gives a client for the block.
    """

    @asynccontextmanager
    async def serve(*names: str) -> AsyncIterator[AsyncTestClient[Any]]:
        if unknown := sorted(set(names) - set(registry.names)):
            pytest.fail(f"no plugin is called {', '.join(unknown)}; installed are {', '.join(registry.names) or 'none'}")
        async with ground.serving(ground.settings_of(database.url), registry.only(names), clock) as caller:
            yield caller

    return serve


@pytest.fixture
def district(town: Town, plugin: str) -> District:
    """A district below the city that has the plugin on."""
    found = town.offering(plugin)
    if not found:
        pytest.fail(f"no district of the town has {plugin} on: turn it on in your organisation_file")
    return found[0]


@pytest_asyncio.fixture(loop_scope="session")
async def resident(client: AsyncTestClient[Any], database: Database, town: Town, clock: Clock) -> Person:
    """Somebody at a browser, signed in as a resident."""
    return await sign_in(client, database, town.residents["resident0"].person_id, clock)


@pytest.fixture
def as_role(client: AsyncTestClient[Any], database: Database, town: Town, district: District, clock: Clock) -> Callable[[str], Awaitable[Person]]:
    """A function that signs somebody in who has a role (``lost_found.keeper``), in the plugin's district where somebody has it there."""

    async def sit(role: str) -> Person:
        officers = town.officers(role)
        if not officers:
            pytest.fail(f"nobody in the town has the role {role}: give it to somebody in your organisation_file")
        here = [o for o in officers if town.house.directory.department(o.department_id).district_id == district.id]
        return await sign_in(client, database, (here or officers)[0].person_id, clock)

    return sit


@pytest_asyncio.fixture(loop_scope="session")
async def clerk(as_role: Callable[[str], Awaitable[Person]], registry: Registry, plugin: str) -> Person:
    """Somebody at a browser, signed in with the first role of the plugin."""
    roles = registry.only([plugin]).roles
    if not roles:
        pytest.fail(f"{plugin} declares no role: banshi_roles returns them")
    return await as_role(f"{plugin}.{roles[0].name}")


async def sign_in(client: AsyncTestClient[Any], database: Database, person_id: int | None, clock: Clock) -> Person:
    """Return somebody at a browser of their own, signed in without the wait for a password."""
    from banshi.identity import access
    from banshi.web.site import SESSION_COOKIE

    assert person_id is not None
    async with database.transaction() as db:
        token = await access.open_session(db, person_id, clock())
    return Person(client, cookies={SESSION_COOKIE: token})


@pytest.fixture
def run_job(database: Database, registry: Registry, plugin: str, clock: Clock) -> Callable[[str], Awaitable[None]]:
    """Runs one of the plugin's jobs at the clock's moment."""
    from banshi.jobs.periodic import Context

    async def run(name: str) -> None:
        jobs = {j.name: j for j in registry.only([plugin]).jobs}
        if name not in jobs:
            pytest.fail(f"{plugin} has no job {name}; it has {', '.join(sorted(jobs)) or 'none'}")
        await jobs[name].run(Context(database, clock()))

    return run


@pytest.fixture
def open_case(database: Database, town: Town, district: District, plugin: str, clock: Clock) -> Callable[..., Awaitable[Opened]]:
    """Opens a case for the resident, by answers and what is made up beyond them.

    ``await open_case("lost", what="Keys")`` gives its number and code.
    """
    from banshi.testing.answers import file

    async def opened(case_type: str, **answers: Any) -> Opened:
        key = case_type if "." in case_type else f"{plugin}.{case_type}"
        async with database.transaction() as db:
            return await file(db, town, key, district, answers, clock())

    return opened
