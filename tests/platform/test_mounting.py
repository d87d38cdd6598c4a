"""A plugin's own pages stand at /d/<district>/<plugin>/; the kernel guards them, and a broken plugin takes nobody along."""

from __future__ import annotations

import sys
import types
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from browsing import Person
from litestar import Controller, get, post
from litestar.params import FromPath
from litestar.testing import AsyncTestClient
from sqlalchemy import text

from banshi import Permission, Role, Routes, app, hookimpl, plugins, translator
from banshi.db import Database
from banshi.errors import PluginError
from banshi.plugins import Registry
from banshi.settings import Settings
from banshi.testing import SECRET, Clock
from banshi.web import mounting, templating
from banshi.web.security import TOKEN_ROUTE

_ = translator("banshi")
Client = AsyncTestClient[Any]
READ, WATER = Permission("parks.read", _("Read the parks")), Permission("parks.water", _("Water the trees"))
GARDENER = Role(name="gardener", title=_("Gardener"), permissions=(READ, WATER))


class Parks(Controller):
    """Pages as an author writes them."""

    path = "/"

    @get("/", opt={"permission": "public"})
    async def front(self, district: FromPath[str]) -> str:
        return f"the parks of {district}"

    @get("/trees", opt={"permission": "parks.read"})
    async def trees(self) -> str:
        return "the trees"

    @post("/trees/water", opt={"permission": "parks.water"})
    async def water(self) -> str:
        return "watered"

    @post("/api/trees", opt={"permission": "public"})
    async def count(self) -> str:
        return "counted"


def entry(name: str, *controllers: type, breaks: str = "", **more: Any) -> Any:
    """An entry point that is not installed."""

    def load() -> types.ModuleType:
        if breaks:
            raise ImportError(breaks)
        made = types.ModuleType(f"{name}_package.plugin")
        for hook, returns in {"banshi_routes": [Routes(controllers=controllers)], "banshi_roles": [GARDENER], **more}.items():
            function = (lambda value: lambda: value)(returns)
            function.__name__ = hook
            setattr(made, hook, hookimpl(function))
        return made

    return types.SimpleNamespace(name=name, value=f"{name}_package.plugin", load=load)


@pytest_asyncio.fixture(loop_scope="session")
async def ground(fresh_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A city where parks and orchards are on, but off in the West; officer 10001, of the city's lighting, is a gardener too."""
    (tmp_path / "parks_package").mkdir()
    (tmp_path / "parks_package" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    sys.modules.pop("parks_package", None)  # that of the test before lay in another folder
    templating._environment.cache_clear()
    database = Database(fresh_url, pool_size=1)
    async with database.transaction() as db:
        for name in ("parks", "orchards"):
            for code, on in (("ruan", True), ("west", False)):
                await db.execute(
                    text("insert into kernel.district_plugin select id, :name, :on, now() from kernel.district where code = :code"),
                    {"name": name, "on": on, "code": code},
                )
        await db.execute(
            text(
                """insert into kernel.role values ('parks.gardener', 'parks', '{"en": "Gardener"}', 'department',
                   '[{"name": "parks.read"}, {"name": "parks.water"}]')"""
            )
        )
        await db.execute(text("update kernel.post set roles = roles || '{parks.gardener}' where staff_number in ('10001', '10003')"))
        await db.execute(text("update kernel.revision set value = value + 1"))
    await database.close()
    return fresh_url


@pytest.fixture
def serving(ground: str, clock: Clock) -> Any:
    """A function that serves the city with more plugins than are installed."""

    @asynccontextmanager
    async def serve(*entries: Any) -> AsyncIterator[Client]:
        registry = plugins.load([*plugins.installed(), *entries])
        settings = Settings(database_url=ground, secret_key=(SECRET,), secure_cookies=False)
        async with AsyncTestClient(app.create_app(settings, registry, now=clock), base_url="http://testserver.local") as caller:
            yield caller

    return serve


Serving = Any | AbstractAsyncContextManager[Client]


async def test_a_public_page_is_for_everybody_and_another_for_who_holds_the_right(serving: Serving) -> None:
    async with serving(entry("parks", Parks)) as client:
        person = Person(client)
        assert (await client.get("/d/east/parks")).text == "the parks of east"
        assert (await client.get("/d/north/parks/")).text == "the parks of north"
        asked = await person.get("/d/east/parks/trees")
        assert asked.status == 401
        page = await person.send(asked, "/sign-in", login="chen", password="correct horse")
        assert page.response.text == "the trees"
        assert page.response.url.path == "/d/east/parks/trees"
        client.cookies.clear()
        for login in ("resident0", "lin", "zhao"):
            await person.sign_in(login)
            refused = await person.get("/d/east/parks/trees")
            assert refused.status == 403, login
            assert "the trees" not in refused.text
            assert (await client.get("/d/east/parks")).status_code == 200
            client.cookies.clear()


async def test_a_post_is_good_in_its_own_district_and_below_only(serving: Serving) -> None:
    async with serving(entry("parks", Parks)) as client:
        await Person(client).sign_in("wu")
        assert (await client.get("/d/east/parks/trees")).text == "the trees"
        assert (await client.get("/d/north/parks/trees")).status_code == 403
        assert (await client.get("/d/ruan/parks/trees")).status_code == 403


async def test_where_the_plugin_is_off_there_is_nothing_by_any_method(serving: Serving) -> None:
    async with serving(entry("parks", Parks)) as client:
        await Person(client).sign_in("chen")
        headers = {"x-csrftoken": client.cookies["csrf"]}
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            for rest in ("", "/trees", "/trees/water", "/nothing"):
                for path in (f"/d/west/parks{rest}", f"/d/atlantis/parks{rest}"):
                    assert (await client.request(method, path, headers=headers)).status_code == 404, (method, path)
            where_it_is_on = (await client.request(method, "/d/east/parks", headers=headers)).status_code
            assert where_it_is_on == 200 if method in {"GET", "HEAD"} else where_it_is_on in {403, 405}, method


@pytest.mark.parametrize("path", ["/d/east/parks/api/trees", "/d/east/parks/trees/water"])
async def test_a_path_that_looks_like_the_api_still_needs_the_forms_token(serving: Serving, path: str) -> None:
    async with serving(entry("parks", Parks)) as client:
        await Person(client).sign_in("chen")
        assert (await client.post(path)).status_code == 403
        assert (await client.post(path, headers={"x-csrftoken": "0" * 128})).status_code == 403
        assert (await client.post(path, headers={"x-csrftoken": client.cookies["csrf"]})).text in {"counted", "watered"}


async def test_a_plugin_cannot_ask_to_be_let_off_the_forms_token() -> None:
    class Sly(Controller):
        path = "/"

        @post("/x", opt={"permission": "public", TOKEN_ROUTE: True})
        async def x(self) -> str:
            return "let off"

    class Slyer(Controller):
        path = "/"
        opt = {TOKEN_ROUTE: True}  # noqa: RUF012 -- as an author would write it

        @post("/x", opt={"permission": "public"})
        async def x(self) -> str:
            return "let off"

    for sly in (Sly, Slyer):
        with pytest.raises(PluginError, match=rf"{sly.__name__}.* is the kernel's"):
            mounting.routers(Registry(routes=(Routes(owner="parks", controllers=(sly,)),), roles=(GARDENER,)))


async def test_a_page_that_a_class_inherits_needs_a_permission_too() -> None:
    class Base(Controller):
        path = "/"

        @get("/x")
        async def forgotten(self) -> str:
            return "open"

    class Derived(Base):
        path = "/derived"

    with pytest.raises(PluginError, match=r"Derived\.forgotten names no permission"):
        mounting.routers(Registry(routes=(Routes(owner="parks", controllers=(Derived,)),), roles=(GARDENER,)))


async def test_a_broken_plugin_says_so_on_its_pages_and_the_others_serve(serving: Serving) -> None:
    async with serving(entry("orchards", breaks="no module named apple"), entry("parks", Parks)) as client:
        person = Person(client)
        for path in ("/d/east/orchards", "/d/east/orchards/trees", "/d/east/orchards/a/b/c"):
            page = await person.get(path)
            assert page.status == 503, path
            assert "out of order" in page.text
            assert "apple" not in page.response.text
        assert (await client.post("/d/east/orchards/x", headers={"x-csrftoken": client.cookies["csrf"]})).status_code == 503
        assert (await client.get("/d/west/orchards")).status_code == 404
        health = await client.get("/health")
        assert (health.status_code, health.json()["status"]) == (200, "degraded")
        assert health.json()["plugins"] == {"approvals": "ok", "orchards": "failed", "parks": "ok", "tickets": "ok"}
        assert (await client.get("/d/east/parks")).status_code == 200
        assert (await person.get("/d/east/services/tickets/request")).status == 200
        assert (await person.get("/d/east")).status == 200


@pytest.mark.parametrize("name", ["services", "with-hyphen", "{x}", ""])
async def test_a_plugin_whose_name_cannot_be_an_address_takes_no_address_away(serving: Serving, name: str) -> None:
    async with serving(entry(name, Parks)) as client:
        assert (await client.get("/d/east/services/tickets/request")).status_code == 200
        assert (await client.get("/d/east")).status_code == 200
        assert (await client.get("/health")).json()["plugins"][name] == "failed"
