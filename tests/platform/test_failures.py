"""When something is down or breaks, everybody is told what to do next, and the log tells us which request, never what was in it."""

from __future__ import annotations

import io
import json
import logging
import types
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from browsing import Person
from litestar import Controller, get, post
from litestar.testing import AsyncTestClient
from sqlalchemy import text

from banshi import Permission, Role, Routes, app, hookimpl, plugins, translator
from banshi.cases import numbers
from banshi.db import Database
from banshi.plugins import Registry
from banshi.settings import Settings
from banshi.testing import SECRET, Clock, ground
from banshi.web.security import JsonLines
from samples import request

_ = translator("banshi")
Client = AsyncTestClient[Any]
NOBODY_ANSWERS = "postgresql://nobody@127.0.0.1:1/nothing"
SECRETIVE = "张小芳 lives at number 7"


# -- the database is gone ------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture(loop_scope="session")
async def alone(registry: Registry) -> AsyncIterator[Client]:
    """The application without a database."""
    settings = Settings(database_url=NOBODY_ANSWERS, secret_key=(SECRET,), secure_cookies=False)
    async with AsyncTestClient(app.create_app(settings, registry), base_url="http://testserver.local") as caller:
        yield caller


PAGES = [
    "/",
    "/d/east",
    "/d/east/services/tickets/request",
    "/case/1234-5678-9012",
    "/my",
    "/sign-in",
    "/desk",
    "/desk/all",
    "/desk/case/1234-5678-9012",
    "/desk/post",
    "/admin",
]


@pytest.mark.parametrize("path", PAGES)
async def test_without_a_database_every_page_says_so_and_comes_back(alone: Client, path: str) -> None:
    page = await Person(alone).get(path)
    assert page.status == 503
    assert int(page.response.headers["retry-after"]) > 0
    assert "We cannot answer at this moment" in page.text
    assert page.links["Try again"] == path
    assert "12345" in page.text  # the hot line
    assert "Traceback" not in page.response.text
    assert "127.0.0.1" not in page.response.text
    assert "default-src 'none'" in page.response.headers["content-security-policy"]


async def test_without_a_database_a_form_is_answered_with_503_too(alone: Client) -> None:
    person = Person(alone)
    await person.get("/sign-in")
    for path in ("/sign-in", "/track", "/desk/case/1234-5678-9012/sign", "/admin/switch", "/d/east/services/tickets/request"):
        headers = {"x-csrftoken": alone.cookies["csrf"], "accept-language": "en"}
        answer = await alone.post(path, data={"login": "chen", "password": "x", "number": numbers.draw()}, headers=headers)
        assert (answer.status_code, int(answer.headers["retry-after"]) > 0) == (503, True), path
        assert "We cannot answer at this moment" in answer.text


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_without_a_database_an_unused_method_is_no_500(alone: Client, method: str) -> None:
    answer = await alone.request(method, "/d/east/services/tickets/request", headers={"accept-language": "en"})
    assert answer.status_code in {204, 403, 405}
    assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_without_a_database_a_program_is_told_when_to_come_back(alone: Client) -> None:
    headers = {"authorization": "Bearer token-10001", "accept-language": "en"}
    filing = {"type": "tickets.request", "district": "east", "data": request()}
    for answer in (
        await alone.get("/api/v1/cases", headers=headers),
        await alone.get(f"/api/v1/cases/{numbers.show(numbers.draw())}", headers=headers),
        await alone.post("/api/v1/cases", json=filing, headers=headers),
    ):
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert int(answer.headers["retry-after"]) > 0
        assert answer.json()["status"] == 503


async def test_health_tells_down_from_up(alone: Client, client: Client) -> None:
    up, down = await client.get("/health"), await alone.get("/health")
    assert (up.status_code, up.json()["status"], up.json()["database"]) == (200, "ok", "ok")
    assert (down.status_code, down.json()["status"], down.json()["database"]) == (503, "down", "away")
    assert up.json()["plugins"]["tickets"] == "ok"
    assert (await alone.get("/schema/openapi.json")).status_code == 200


async def test_the_database_comes_back_and_so_do_the_pages(client: Client, database: Database) -> None:
    assert (await client.get("/d/east")).status_code == 200
    async with database.transaction() as db:
        others = text(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and state = 'idle'"
        )
        assert len((await db.execute(others)).all()) > 0
    statuses = [(await client.get("/d/east")).status_code for _ in range(12)]
    assert set(statuses) <= {200, 503}
    assert statuses[-1] == 200


# -- a fault of ours ---------------------------------------------------------------------------------------------------------


class Faulty(Controller):
    """A plugin's pages that break."""

    path = "/"

    @get("/break", opt={"permission": "public"})
    async def breaks(self) -> str:
        raise RuntimeError(SECRETIVE)

    @post("/break", opt={"permission": "public"})
    async def breaks_on_a_form(self) -> str:
        raise RuntimeError(SECRETIVE)

    @get("/whole", opt={"permission": "public"})
    async def whole(self) -> str:
        return "whole"


class Entry:
    """An entry point that is not installed."""

    name, value = "faulty", "faulty_package.plugin"

    def load(self) -> Any:
        made = types.ModuleType("faulty_package.plugin")
        for hook, returns in {
            "banshi_routes": [Routes(controllers=(Faulty,))],
            "banshi_roles": [Role(name="clerk", title=_("Clerk"), permissions=(Permission("faulty.read", _("Read")),))],
        }.items():
            function = (lambda value: lambda: value)(returns)
            function.__name__ = hook
            setattr(made, hook, hookimpl(function))
        return made


@pytest_asyncio.fixture(loop_scope="session")
async def faulty(fresh_url: str, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Client]:
    """The application with a plugin whose pages break, on in every district."""
    (tmp_path / "faulty_package").mkdir()
    (tmp_path / "faulty_package" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    registry = plugins.load([*plugins.installed(), Entry()], strict=True)
    database = Database(fresh_url, pool_size=1)
    async with database.transaction() as db:
        await db.execute(text("insert into kernel.district_plugin select id, 'faulty', true, now() from kernel.district where code = 'ruan'"))
        await db.execute(text("update kernel.revision set value = value + 1"))
    await database.close()
    settings = Settings(database_url=fresh_url, secret_key=(SECRET,), secure_cookies=False)
    async with ground.serving(settings, registry, clock) as caller:
        yield caller


async def test_a_fault_shows_its_number_and_nothing_of_its_inside(faulty: Client, log: Log) -> None:
    page = await Person(faulty).get("/d/east/faulty/break")
    assert page.status == 500
    assert "Something went wrong on our side" in page.text
    number = page.response.headers["x-request-id"]
    assert number in page.text
    for inside in ("Traceback", "RuntimeError", "test_failures", "张小芳"):
        assert inside not in page.response.text
    told = next(line for line in log.lines() if line["message"] == "unexpected")
    assert (told["request_id"], told["level"]) == (number, "ERROR")
    assert "RuntimeError" in told["trace"]
    assert (await faulty.get("/d/east/faulty/whole")).text == "whole"
    assert (await faulty.get("/d/east")).status_code == 200


# -- the log ------------------------------------------------------------------------------------------------------------------


class Log:
    """What banshi logs while a test runs, as an operator reads it."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(JsonLines())
        self.handler.addFilter(lambda record: not record.name.startswith("http"))  # the test's own client

    @property
    def text(self) -> str:
        return self.stream.getvalue()

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log() -> Iterator[Log]:
    """The log, from debug upwards, of every library."""
    kept, root = Log(), logging.getLogger()
    before = root.level
    root.addHandler(kept.handler)
    root.setLevel(logging.DEBUG)
    logging.getLogger("asyncio").setLevel(logging.INFO)
    yield kept
    root.removeHandler(kept.handler)
    root.setLevel(before)


async def test_every_request_is_one_line_of_json_with_its_number_and_its_case(client: Client, log: Log) -> None:
    number = numbers.show(numbers.draw())
    answers = [await client.get(f"/case/{number}", follow_redirects=False), await client.get("/d/east"), await client.get(f"/api/v1/cases/{number}")]
    said = [line for line in log.lines() if line["logger"] == "banshi.request"]
    assert [line["request_id"] for line in said] == [a.headers["x-request-id"] for a in answers]
    assert [line["path"] for line in said] == [f"/case/{number}", "/d/east", f"/api/v1/cases/{number}"]
    assert [line["status"] for line in said] == [a.status_code for a in answers]
    assert said[0]["case"] == number.replace("-", "")
    assert "case" not in said[1]
    assert said[0].keys() >= {"at", "level", "method", "ms"}


async def test_nothing_that_somebody_wrote_is_in_the_log(client: Client, log: Log) -> None:
    person, spoken = Person(client), "隔壁的路灯"
    headers = {"authorization": "Bearer token-20001"}
    filing = {"type": "tickets.request", "district": "east", "data": request(text=spoken)}
    answer = (await client.post("/api/v1/cases", json=filing, headers=headers)).json()
    page = await person.send(await person.get("/track"), "/track", number=answer["number"], code=answer["code"])
    page = await person.send(await person.get(f"/case/{answer['number']}?do=add"), f"/case/{answer['number']}/add", text=f"{spoken} too")
    assert spoken in page.text
    await person.get(f"/d/east?q={spoken}")
    await person.sign_in("chen", "battery staple")
    await person.sign_in("chen")
    await client.post("/api/v1/cases", json=filing | {"data": {"text": spoken * 4000}}, headers=headers)
    assert "banshi.request" in log.text
    for secret in (
        spoken,
        quote(spoken),
        "张小芳",
        "0000 1234",
        "battery staple",
        "correct horse",
        answer["code"],
        "token-20001",
        client.cookies["session"],
    ):
        assert secret not in log.text, secret


async def test_a_fault_of_the_database_does_not_tell_the_log_what_was_being_written(client: Client, database: Database, log: Log) -> None:
    spoken = "隔壁的路灯"
    filing = {"type": "tickets.request", "district": "east", "data": request(text=spoken)}
    async with database.transaction() as db:
        await db.execute(text('alter table kernel."case" add constraint never check (false) not valid'))
    try:
        answer = await client.post("/api/v1/cases", json=filing, headers={"authorization": "Bearer token-20001"})
    finally:
        async with database.transaction() as db:
            await db.execute(text('alter table kernel."case" drop constraint never'))
    assert answer.status_code == 500
    told = next(line for line in log.lines() if line["message"] == "unexpected")
    assert "never" in told["trace"]
    for secret in (spoken, "张小芳", "0000 1234"):
        assert secret not in log.text, secret
