"""In the browser: an inspection on a telephone whose network comes and goes, and nothing that was noted is lost."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy.engine import make_url
from test_pages import judge

from banshi.cases.numbers import show
from banshi.db import Database
from banshi.plugins import Registry
from banshi.testing import Town, ground

sys.path.append(str(Path(__file__).parent.parent / "plugins" / "approvals"))
import catalogue
import inspecting

LOOKED_AT = os.environ.get("SCREENSHOTS", "")
PHOTO = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)


def shown(page: Page, name: str) -> None:
    if not LOOKED_AT:
        return
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=Path(LOOKED_AT) / f"{name}-{width}.png", full_page=True)
    page.set_viewport_size({"width": 390, "height": 800})


@pytest.fixture(scope="module")
def in_town(server_url: str, town_url: str, worker_id: str, registry: Registry) -> Callable[[Any], Any]:
    """A function that runs something in the database of the town: the browser's own loop leaves no room for another one in this thread."""
    name = f"banshi_e2e_{worker_id}_{os.getpid()}"
    url = make_url(server_url).set(database=name).render_as_string(hide_password=False)

    def run(work: Callable[[Database, Town], Awaitable[Any]]) -> Any:
        async def whole() -> Any:
            database = Database(url, pool_size=2)
            try:
                async with database.transaction() as db:
                    town = await ground.read_town(db, registry)
                return await work(database, town)
            finally:
                await database.close()

        with ThreadPoolExecutor(1) as pool:
            return pool.submit(lambda: asyncio.run(whole())).result()

    return run


@pytest.fixture(scope="module")
def parts(in_town: Callable[[Any], Any]) -> Iterator[tuple[str, str, str]]:
    """The numbers of an application, its inspection and its panel; the catalogue is gone afterwards."""

    async def make(database: Database, town: Town) -> tuple[str, str, str]:
        async with database.transaction() as db:
            await catalogue.fill(db)
            await inspecting.experts(db, "甲一", "乙二", "丙三", "丁四")
        whole, inspection = await inspecting.planned(database, town)
        await inspecting.do(database, town, whole, "50002", "call_experts")
        return whole, inspection, await inspecting.part(database, whole)

    return in_town(make)


def answers(in_town: Callable[[Any], Any], number: str) -> dict[str, tuple[str, str]]:
    async def read(database: Database, _town: Town) -> dict[str, tuple[str, str]]:
        async with database.transaction() as db:
            return {a["code"]: (a["finding"], a["remark"]) for a in (await inspecting.find(db, number)).facts["answers"]}

    return dict(in_town(read))


def choose(page: Page, code: str, finding: str) -> None:
    page.locator(f"#finding-{code}-{finding}").check()


def test_what_is_noted_without_a_network_is_sent_when_it_is_back(guest: Any, in_town: Any, parts: tuple[str, str, str]) -> None:
    _whole, number, _panel = parts
    page = guest.page(language="en-GB", width=390)
    guest.sign_in(page, "inspector", "correct horse")
    address = f"/d/north/approvals/inspection/{show(number)}"
    page.goto(f"{address}?lang=en")
    bar = page.locator("[data-bar]")
    expect(bar).to_have_text("Everything is sent")
    choose(page, "K1", "met")
    expect(page.locator("#item-K1 [data-state]")).to_have_text("Sent")
    page.context.set_offline(True)
    choose(page, "G1", "not")
    page.fill("#remark-G1", "no mouse guard")
    choose(page, "G2", "met")
    page.set_input_files("#photo-file-G1", {"name": "door.png", "mimeType": "image/png", "buffer": PHOTO})
    expect(page.locator("#item-G2 [data-state]")).to_have_text("Not sent yet")
    expect(bar).to_contain_text("Not sent yet: 3")
    expect(bar).to_contain_text("No network")
    judge(page, address, "en", words=False)
    shown(page, "inspection-offline")
    assert answers(in_town, number) == {"K1": ("met", "")}
    page.context.set_offline(False)
    expect(bar).to_have_text("Everything is sent", timeout=15_000)
    assert answers(in_town, number) == {"K1": ("met", ""), "G1": ("not", "no mouse guard"), "G2": ("met", "")}
    expect(page.locator("#item-G1 [data-pictures] img")).to_have_count(1)
    # The telephone dies without a network; what it kept is there, and sent, when the page is opened again.
    page.context.set_offline(True)
    choose(page, "G3", "na")
    expect(bar).to_contain_text("Not sent yet: 1")
    page.route("**/approvals/inspection/*", lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    page.context.set_offline(False)
    page.goto(f"{address}?lang=zh")
    expect(page.locator("#finding-G3-na")).to_be_checked()
    expect(bar).to_contain_text("尚未上传：1 项")
    page.unroute("**/approvals/inspection/*")
    page.reload()
    expect(bar).to_have_text("已全部上传")
    assert answers(in_town, number)["G3"] == ("na", "")
    judge(page, address, "zh")
    shown(page, "inspection")


def test_what_a_colleague_noted_later_stays(guest: Any, in_town: Any, parts: tuple[str, str, str]) -> None:
    _whole, number, _panel = parts
    page = guest.page(language="en-GB", width=390)
    guest.sign_in(page, "inspector", "correct horse")
    page.goto(f"/d/north/approvals/inspection/{show(number)}?lang=en")
    page.context.set_offline(True)
    choose(page, "G2", "na")

    async def later(database: Database, town: Town) -> None:
        tomorrow = datetime.now(UTC) + timedelta(days=1)
        await inspecting.do(database, town, number, "50002", "answer", at=tomorrow, answers=["G2:not blocked"])

    in_town(later)
    page.context.set_offline(False)
    expect(page.locator("#item-G2 [data-state]")).to_have_text("Somebody noted something newer: that stays", timeout=15_000)
    assert answers(in_town, number)["G2"] == ("not", "blocked")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_pages_of_inspections_and_experts_have_nothing_for_axe_and_fit_a_telephone(
    guest: Any, parts: tuple[str, str, str], language: str
) -> None:
    whole, number, panel = parts
    page = guest.page(language={"zh": "zh-CN", "en": "en-GB"}[language], width=390)
    guest.sign_in(page, "reviewer", "correct horse")
    pages = (
        ("self-checks", "/d/north/approvals/self-check"),
        ("self-check", "/d/north/approvals/self-check/place"),
        ("register", "/d/north/approvals/experts"),
        ("pool", "/d/north/approvals/desk/experts"),
        ("expert", "/d/north/approvals/desk/experts/new"),
        ("panel", f"/d/north/approvals/desk/panel/{show(panel)}"),
        ("desk-whole", f"/desk/case/{whole}"),
        ("desk-inspection", f"/desk/case/{number}"),
        ("desk-panel", f"/desk/case/{panel}"),
        ("conclude", f"/desk/case/{number}?do=conclude"),
        ("form", f"/d/north/approvals/inspection/{show(number)}"),
    )
    for name, path in pages if LOOKED_AT else pages[language == "en" :: 2]:
        page.goto(path + ("&" if "?" in path else "?") + f"lang={language}")
        judge(page, path, language, words=False)
        shown(page, f"{name}-{language}")
    page.goto(f"/d/north/approvals/self-check/place?lang={language}")
    for code, finding in (("K1", "met"), ("G1", "not"), ("G2", "met"), ("G3", "na")):
        choose(page, code, finding)
    page.locator("main form button").last.click()
    expect(page.locator(".verdict")).to_be_visible()
    judge(page, page.url, language, words=False)
    shown(page, f"verdict-{language}")
    resident = guest.page(language={"zh": "zh-CN", "en": "en-GB"}[language], width=390)
    guest.sign_in(resident, "resident0", "correct horse")
    resident.goto(f"/case/{whole}?lang={language}")
    expect(resident.locator(".found")).to_have_count(2)
    judge(resident, resident.url, language, words=False)
    shown(resident, f"portal-{language}")
