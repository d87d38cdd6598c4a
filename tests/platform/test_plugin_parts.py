"""A plugin's parts of the kernel's pages, its settings and commands, its pages on a case: what breaks costs its own place only."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from browsing import Person
from click.testing import CliRunner
from litestar import Controller, get, post
from sqlalchemy import Column, Integer, Table, Text, text
from test_mounting import Parks, entry, ground, serving  # noqa: F401 -- fixtures

from banshi import (
    Action,
    CaseType,
    Commands,
    Outcome,
    Panel,
    PluginSettings,
    Put,
    Routes,
    Service,
    State,
    cli,
    owner_metadata,
    plugins,
    toolkit,
    translator,
)
from banshi.cases import consequences
from banshi.cli import banshi
from banshi.db import Connection
from banshi.errors import PluginError, SettingsError
from banshi.plugins import Registry, check_lifecycle
from banshi.settings import from_environment, to_environment
from banshi.web import mounting

_ = translator("banshi")


@pytest.fixture
def drawn(tmp_path: Path, ground: str) -> Path:  # noqa: F811 -- a fixture
    folder = tmp_path / "parks_package" / "templates" / "parks"
    folder.mkdir(parents=True)
    (folder / "trees.html").write_text("<p>{{ panel.count }} trees</p>{{ panel.name }}", encoding="utf8")
    (folder / "wrong.html").write_text("{{ nobody_knows }}", encoding="utf8")
    return folder


def panel(name: str, read: Any, template: str = "parks/trees.html", **more: Any) -> Panel:
    return Panel(name=name, title=_("Parks"), place="portal.home", template=template, read=read, **more)


async def trees(_context: Any) -> dict[str, Any]:
    return {"count": 7, "name": "<b>oak</b>"}


async def nothing(_context: Any) -> None:
    return None


async def raises(_context: Any) -> dict[str, Any]:
    msg = "the tree fell"
    raise RuntimeError(msg)


async def hangs(_context: Any) -> dict[str, Any]:
    await asyncio.sleep(60)
    return {}


async def spoils(context: Any) -> dict[str, Any]:
    await context.db.execute(text("select * from nowhere"))
    return {}


async def test_a_panel_stands_on_the_page_and_what_it_says_is_escaped(serving: Any, drawn: Path) -> None:  # noqa: F811
    async with serving(entry("parks", Parks, banshi_panels=[panel("trees", trees), panel("empty", nothing)])) as client:
        page = await Person(client).get("/d/east")
        assert "7 trees" in page.text
        assert "<b>oak</b>" not in page.response.text
        assert page.response.text.count('class="panel"') == 1
        assert "7 trees" not in (await Person(client).get("/d/west")).text


BREAKING = [(raises, "trees"), (hangs, "trees"), (spoils, "trees"), (trees, "wrong"), (trees, "none")]


@pytest.mark.parametrize(("read", "file"), BREAKING)
async def test_a_panel_that_breaks_or_hangs_costs_its_own_place_only(serving: Any, drawn: Path, read: Any, file: str) -> None:  # noqa: F811
    broken = panel("broken", read, f"parks/{file}.html", order=1, limit=0.2)
    async with serving(entry("parks", Parks, banshi_panels=[broken, panel("trees", trees)])) as client:
        page = await Person(client).get("/d/east")
        assert page.status == 200
        assert "out of order just now" in page.text
        assert "7 trees" in page.text
        assert "the tree fell" not in page.response.text


async def test_a_catalogue_is_found_by_the_portals_search_and_one_that_breaks_is_left_out(serving: Any, drawn: Path) -> None:  # noqa: F811
    async def found(_db: Any, district: str, words: str, language: str, _at: Any, most: int) -> list[Any]:
        return [toolkit.Found(title=f"{words} in {district} ({language})", href="trees/oak")][:most]

    async def broken(*_told: Any) -> list[Any]:
        msg = "no index"
        raise RuntimeError(msg)

    tree = CaseType(
        name="tree",
        title=_("Parks"),
        form=msgspec.defstruct("Tree", [], frozen=True, kw_only=True),
        opened=_("Parks"),
        states=(State("open", _("Parks")), State("closed", _("Parks"), final=True)),
        actions=(Action(name="fell", title=_("Parks"), told=_("Parks"), sources=("open",), to="closed", needs="parks.water", outcome="felled"),),
        outcomes=(Outcome("felled", _("Parks")),),
    )

    def service(name: str, entries: Any) -> Service:
        return Service(name=name, title=_("Parks"), summary=_("Parks"), subject=_("Parks"), case_type="tree", start="front", entries=entries)

    declared = {"banshi_case_types": [tree], "banshi_services": [service("one", broken), service("two", found)]}
    async with serving(entry("parks", Parks, **declared)) as client:
        page = await Person(client).get("/d/east?q=oak")
        assert page.status == 200
        assert page.links["oak in east (en)"] == "/d/east/parks/trees/oak"
        assert (await client.get("/d/east/services/parks/two", follow_redirects=False)).headers["location"] == "/d/east/parks/front"


class OnCase(Controller):
    path = "/"

    @get("/rings", opt={"permission": "applicant"})
    async def rings(self) -> str:
        return "rings"


async def test_pages_on_a_case_are_for_its_applicant_and_for_cases_of_the_plugin(serving: Any, ground: str) -> None:  # noqa: F811
    async with serving(entry("parks", banshi_routes=[Routes(on_case=(OnCase,))])) as client:
        assert (await client.get("/case/1111-1111-1117/parks/rings")).status_code == 404


async def test_a_page_on_a_case_asks_for_no_right_of_staff() -> None:
    class Wrong(Controller):
        path = "/"

        @get("/x", opt={"permission": "public"})
        async def x(self) -> str:
            return "open"

    with pytest.raises(PluginError, match=r"its permission is .applicant"):
        mounting.routers(Registry(routes=(Routes(owner="parks", on_case=(Wrong,)),)))


class Papers(Controller):
    path = "/"

    @post("/papers", opt={"permission": "parks.water", "upload": True}, request_max_body_size=None)
    async def papers(self) -> str:
        return "taken"


async def test_a_form_with_files_needs_its_token_before_a_byte_is_read(serving: Any) -> None:  # noqa: F811
    async with serving(entry("parks", Papers)) as client:
        await Person(client).sign_in("chen")
        files = {"files": ("a.txt", b"x")}
        assert (await client.post("/d/east/parks/papers", files=files)).status_code == 403
        assert (await client.post("/d/east/parks/papers?token=nonsense", files=files)).status_code == 403
        taken = await client.post(f"/d/east/parks/papers?token={client.cookies['csrf']}", files=files)
        assert taken.text == "taken"


class Told(msgspec.Struct, frozen=True, kw_only=True):
    depth: int = 3
    name: str = ""


def test_a_plugin_reads_its_own_settings_and_a_misspelt_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = PluginSettings(owner="approvals", form=Told)
    settings = from_environment({"BANSHI_APPROVALS_DEPTH": "5", "BANSHI_APPROVALS_NAME": "x"})
    assert settings.of(declared) == Told(depth=5, name="x")
    assert from_environment(to_environment(settings)).of(declared) == Told(depth=5, name="x")
    with pytest.raises(SettingsError, match=r"BANSHI_APPROVALS_DEPHT is not a setting of approvals.*BANSHI_APPROVALS_DEPTH"):
        from_environment({"BANSHI_APPROVALS_DEPHT": "5"}).of(declared)
    with pytest.raises(SettingsError, match="malformed"):
        from_environment({"BANSHI_APPROVALS_DEPTH": "deep"}).of(declared)
    with pytest.raises(SettingsError, match="BANSHI_NOTHING_HERE is not a setting"):
        from_environment({"BANSHI_NOTHING_HERE": "5"})


@click.group()
def gardening() -> None:
    """Commands of the parks."""


@gardening.command()
def water() -> None:
    """Water the trees."""
    click.echo("watered")


def test_a_plugins_commands_stand_below_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    parks = entry("parks", banshi_commands=[Commands(where="test_plugin_parts:gardening")])
    monkeypatch.setattr(plugins, "installed", lambda: [parks])
    assert CliRunner().invoke(banshi, ["parks", "water"]).output == "watered\n"
    assert CliRunner().invoke(banshi, ["orchards"]).exit_code == 2
    assert "parks" not in cli.COMMANDS


async def test_an_effect_writes_to_its_own_tables_only(db: Connection) -> None:
    metadata = owner_metadata("orchards")
    table = Table("apple", metadata, Column("id", Integer, primary_key=True), Column("name", Text), extend_existing=True)
    with pytest.raises(PluginError, match=r"writes to orchards\.apple"):
        await consequences.put(db, "parks", [Put(table=table, values={"id": 1})], "1")


def test_an_action_that_reads_for_each_case_is_not_done_to_many() -> None:
    async def reads(*_told: Any) -> None: ...

    many = CaseType(
        name="tree",
        title=_("Parks"),
        form=msgspec.defstruct("Tree", []),
        opened=_("Parks"),
        states=(State("open", _("Parks")), State("closed", _("Parks"), final=True)),
        actions=(
            Action(
                name="fell", title=_("Parks"), told=_("Parks"), sources=("open",), to="closed", needs="x", outcome="felled", reads=reads, bulk=True
            ),
        ),
        outcomes=(Outcome("felled", _("Parks")),),
    )
    with pytest.raises(PluginError, match="cannot be done to many at once"):
        check_lifecycle(many)


@pytest.mark.parametrize("page", ["/desk/{number}", "trees/{name}", "trees/{number", "trees/{}", "trees/{number.real}"])
def test_a_page_for_an_action_lies_below_the_plugins_own_address(page: str) -> None:
    fell = Action(name="fell", title=_("Parks"), told=_("Parks"), sources=("open",), to="closed", needs="x", outcome="felled", page=page)
    tree = CaseType(
        name="tree",
        title=_("Parks"),
        form=msgspec.defstruct("Tree", []),
        opened=_("Parks"),
        states=(State("open", _("Parks")), State("closed", _("Parks"), final=True)),
        actions=(fell,),
        outcomes=(Outcome("felled", _("Parks")),),
    )
    with pytest.raises(PluginError, match="below the plugin's own"):
        check_lifecycle(tree)
    check_lifecycle(msgspec.structs.replace(tree, actions=(msgspec.structs.replace(fell, page="trees/{number}"),)))
