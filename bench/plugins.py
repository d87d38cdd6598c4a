"""`python -m bench.plugins`: what plugins cost that a page does not use, and districts with different sets. Ratios within one run.

Twenty small plugins are written to a temporary folder and found by their entry points, as installed ones are. What is compared takes turns.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from textwrap import dedent
from time import perf_counter, process_time

import msgspec
from litestar import Litestar
from sqlalchemy import text

from banshi import app, clock, plugins
from banshi.cli.serving import terminable
from banshi.db import Database
from banshi.privacy import Keyring
from banshi.settings import Settings, to_environment
from bench import place, table

PLUGINS = 20
DISTRICTS = 20
ROUNDS = 11
PAGES = 60
STARTS = 9

PLUGIN = """
from typing import Annotated

import msgspec

from banshi import (
    Action, Ask, CaseType, Job, Measure, Outcome, Page, Permission, Queue, Role, Routes, Service, State, hookimpl, translator,
)

_ = translator("{package}")


class Thing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    what: Annotated[str, msgspec.Meta(min_length=1, max_length=400), Ask(label=_("What is it?"), rows=4, role="title")]


THING = CaseType(
    name="thing",
    title=_("Thing {number}"),
    form=Thing,
    opened=_("Filed"),
    states=(State("open", _("Open")), State("closed", _("Closed"), final=True)),
    actions=(Action(name="close", title=_("Close"), told=_("Closed"), sources=("open",), to="closed", needs="{name}.work", outcome="done"),),
    outcomes=(Outcome("done", _("Done")),),
)


async def count(context):
    pass


@hookimpl
def banshi_case_types():
    return [THING]


@hookimpl
def banshi_roles():
    return [Role(name="clerk", title=_("Clerk"), permissions=(Permission("{name}.work", _("Work")),))]


@hookimpl
def banshi_services():
    return [
        Service(
            name="thing",
            title=_("Thing {number}"),
            summary=_("A thing"),
            subject=_("Things"),
            case_type="thing",
            pages=(Page("what", _("What?"), ("what",)),),
        )
    ]


@hookimpl
def banshi_routes():
    from {package}.views import Front

    return [Routes(controllers=(Front,))]


@hookimpl
def banshi_queues():
    return [Queue(name="open", title=_("Open"), group=_("Things"), case_type="thing", states=("open",), needs="{name}.work")]


@hookimpl
def banshi_measures():
    return [Measure(name="things", title=_("Things"), explained=_("Things"), kind="count", case_types=("thing",), take=lambda case: 1)]


@hookimpl
def banshi_jobs():
    return [Job(name="count", cron="0 3 * * *", run=count)]
"""
VIEWS = """
from litestar import Controller, get


class Front(Controller):
    path = "/"

    @get("/", opt={{"permission": "public"}})
    async def front(self) -> str:
        return "{name}"
"""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Medians: seconds of a start without and with plugins; processor milliseconds of a page without and with, and of one district and many."""

    start: float
    start_with: float
    page: float
    page_with: float
    one: float
    many: float
    of_start: float
    of_page: float
    of_one: float


def main() -> None:
    """Measure, print, write."""
    with terminable(), tempfile.TemporaryDirectory(prefix="banshi-bench-plugins-") as name:
        folder = write(Path(name))
        with on_path(folder), place.server() as settings:
            measured = asyncio.run(measure(settings, folder))
    drawn = draw(measured)
    print(drawn)
    table.write(drawn, "plugins")


def write(folder: Path) -> Path:
    """Write the plugins, each a package with the metadata that an installation leaves; return the folder."""
    for number in range(PLUGINS):
        name, package = f"small{number:02d}", f"banshi_small{number:02d}"
        home, info = folder / package, folder / f"{package}-1.dist-info"
        (home / "templates" / name).mkdir(parents=True)
        info.mkdir()
        (home / "__init__.py").touch()
        (home / "plugin.py").write_text(PLUGIN.format(name=name, package=package, number=number), encoding="utf8")
        (home / "views.py").write_text(dedent(VIEWS.format(name=name)), encoding="utf8")
        said = f"Metadata-Version: 2.1\nName: banshi-{name}\nVersion: 1\nRequires-Dist: banshi>={plugins.kernel_version()}\n"
        (info / "METADATA").write_text(said, encoding="utf8")
        (info / "entry_points.txt").write_text(f"[banshi]\n{name} = {package}.plugin\n", encoding="utf8")
    return folder


@contextmanager
def on_path(folder: Path) -> Iterator[None]:
    """Have the plugins found inside the block."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


async def measure(settings: Settings, folder: Path) -> Figures:
    """Return the figures."""
    settings = msgspec.structs.replace(settings, strict=True, loop_limit=0)
    await furnish(settings)
    bare = [e for e in plugins.installed() if not e.name.startswith("small")]
    without, with_all = plugins.load(bare, strict=True), plugins.load(strict=True)
    starts = [(start(settings, None), start(settings, folder)) for _round in range(STARTS)]
    one_place = ["/d/place00"]
    every_place = [f"/d/place{number:02d}" for number in range(DISTRICTS)]
    paths = ["/d/east", "/d/east/services/tickets/request", "/track"]
    pages, places = [], []
    async with serving(app.create_app(settings, without)) as plain, serving(app.create_app(settings, with_all)) as full:
        for round_ in range(ROUNDS + 1):
            took = await alternate((plain, paths), (full, paths))
            spread = await alternate((full, one_place), (full, every_place))
            if round_:  # the first one warms up
                pages.append(took)
                places.append(spread)
    return Figures(
        start=median(a for a, _b in starts),
        start_with=median(b for _a, b in starts),
        page=1000 * median(a for a, _b in pages),
        page_with=1000 * median(b for _a, b in pages),
        one=1000 * median(a for a, _b in places),
        many=1000 * median(b for _a, b in places),
        of_start=median(b / a for a, b in starts),
        of_page=median(b / a for a, b in pages),
        of_one=median(b / a for a, b in places),
    )


async def furnish(settings: Settings) -> None:
    """Declare the plugins, and turn different ones on in each of twenty districts; each offers as many as the first, so that pages are as long."""
    await place.settle(settings)
    database = Database(settings.database_url, pool_size=1)
    registry = plugins.load(strict=True)
    await app.declare(database, registry, Keyring(settings.keys()), clock.now())
    async with database.transaction() as db:
        for number in range(DISTRICTS):
            values = {"code": f"place{number:02d}", "title": msgspec.json.encode({"zh": f"第{number}区", "en": f"Place {number}"}).decode()}
            await db.execute(PLACE, values)
            for other in range(PLUGINS):
                on = {"code": values["code"], "plugin": f"small{other:02d}", "on": (other - number) % PLUGINS < PLUGINS // 4, "at": clock.now()}
                await db.execute(SWITCH, on)
        await db.execute(text("update kernel.revision set value = value + 1"))
    await database.close()


PLACE = text("""
with made as (
    insert into kernel.district (code, parent_id, level, title, zone)
    select :code, r.id, 'district', cast(:title as jsonb), r.zone from kernel.district r where r.parent_id is null returning id, parent_id
)
select id from made
""")
SWITCH = text("insert into kernel.district_plugin select id, :plugin, :on, :at from kernel.district where code = :code")

START = """
from banshi.app import create_app
from banshi.settings import from_environment
create_app(from_environment())
"""


def start(settings: Settings, folder: Path | None) -> float:
    """Return the seconds that a web process takes from nothing to an application that can answer."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("BANSHI_")} | to_environment(settings)
    environ["PYTHONPATH"] = str(folder or "")
    began = perf_counter()
    subprocess.run([sys.executable, "-c", START], env=environ, check=True)
    return perf_counter() - began


class serving:  # noqa: N801 -- reads as a verb where it is used
    """An application that is up, asked in this process: what the network costs is no plugin's."""

    def __init__(self, application: Litestar) -> None:
        self.application = application

    async def __aenter__(self) -> Litestar:
        self._life = self.application.lifespan()
        await self._life.__aenter__()
        return self.application

    async def __aexit__(self, *how: object) -> None:
        await self._life.__aexit__(None, None, None)


async def alternate(*sides: tuple[Litestar, list[str]]) -> list[float]:
    """Return the mean processor seconds of a page of each side, asked page by page in turn: what else the machine does meets both."""
    took = [0.0 for _side in sides]
    for number in range(PAGES):
        for side in range(len(sides)) if number % 2 else reversed(range(len(sides))):
            application, paths = sides[side]
            began = process_time()
            await get(application, paths[number % len(paths)])
            took[side] += process_time() - began
    return [t / PAGES for t in took]


async def get(application: Litestar, path: str) -> None:
    """Ask for a page; raise RuntimeError unless it is there."""
    status = 0

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, object]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = int(str(message["status"]))

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"localhost"), (b"accept-language", b"en")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await application(scope, receive, send)  # type: ignore[arg-type]
    if status != 200:
        msg = f"{path} was answered with {status}"
        raise RuntimeError(msg)


def draw(f: Figures) -> str:
    """Return the table as markdown."""
    rows = [
        ("A start without / with 20 small plugins, s", "", f"{f.start:.2f} / {f.start_with:.2f}"),
        ("**Start, of without**", "1.5 at most", f"**{f.of_start:.2f}**"),
        ("A page without / with 20 plugins that it does not use, ms of the processor", "", f"{f.page:.2f} / {f.page_with:.2f}"),
        ("**Page, of without**", "1.05 at most", f"**{f.of_page:.3f}**"),
        ("The home of one district / of 20 with different sets in turn, ms of the processor", "", f"{f.one:.2f} / {f.many:.2f}"),
        ("**Districts, of one**", "1.1 at most", f"**{f.of_one:.3f}**"),
    ]
    lines = ["| | target | |", "|---|---|--:|", *(f"| {name} | {target} | {value} |" for name, target, value in rows)]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
