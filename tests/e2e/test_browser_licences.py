"""Licences and papers in a browser: looked up, checked, appealed against, reported on; each page held to the bar."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from city import Visitor, free_port, wait_for
from sqlalchemy import select
from test_pages import judge, look

from banshi.db import Database
from banshi.testing import PASSWORD, SECRET, clone

sys.path.append(str(Path(__file__).parents[1] / "plugins" / "approvals"))
SPOKEN = {"zh": "zh-CN", "en": "en-GB"}


class Seeded(NamedTuple):
    """A running town with licences: its address, a licence, its case, a refused application, the code of a paper."""

    url: str
    licence: str
    case: str
    refused: str
    code: str


async def _seed(url: str) -> tuple[str, str, str, str]:
    from catalogue import fill
    from citywide import WINDOW, City

    from banshi import plugins
    from banshi.testing.ground import read_town
    from banshi_approvals.models import paper

    database = Database(url, pool_size=2)
    async with database.transaction() as db:
        await fill(db)
        town = await read_town(db, plugins.load(strict=True))
    city = City(database, town)
    case, number = await city.grant(place="松树街 12 号")
    refused = await city.file("simple")
    await city.act(refused, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await city.act(refused, WINDOW, "decide_now", outcome="refused", reasons="疏散通道宽度不足")
    async with database.transaction() as db:
        code = (await db.execute(select(paper.c.check_code).where(paper.c.kind == "licence"))).scalar_one()
    await database.close()
    return number, case, refused, code


@pytest.fixture(scope="module")
def seeded(server_url: str, template: str, worker_id: str) -> Iterator[Seeded]:
    with tempfile.TemporaryDirectory() as folder, clone(server_url, template, f"banshi_licences_{worker_id}_{os.getpid()}") as database_url:
        with ThreadPoolExecutor(1) as pool:
            known = pool.submit(lambda: asyncio.run(_seed(database_url))).result()
        port = free_port()
        environ = {k: v for k, v in os.environ.items() if not k.startswith("BANSHI_")} | {
            "BANSHI_DATABASE_URL": database_url,
            "BANSHI_SECRET_KEY": SECRET,
            "BANSHI_SECURE_COOKIES": "false",
            "BANSHI_LOG_LEVEL": "WARNING",
        }
        command = [sys.executable, "-m", "banshi", "serve", "--port", str(port), "--workers", "1", "--data", folder]
        serving = subprocess.Popen(command, env=environ)
        try:
            wait_for(port, serving)
            yield Seeded(f"http://127.0.0.1:{port}", *known)
        finally:
            serving.terminate()
            serving.wait(30)


@pytest.fixture
def visitor(browser: Any, seeded: Seeded) -> Iterator[Visitor]:
    made = Visitor(browser, seeded.url)
    yield made
    for context in made.contexts:
        context.close()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_everybody_looks_up(visitor: Any, seeded: Seeded, language: str) -> None:
    page, base = visitor.page(language=SPOKEN[language]), "/d/north/approvals"
    for path, status in (
        (f"{base}/licences", 200),
        (f"{base}/licences?name=nobody", 404),
        (f"{base}/licences/{seeded.licence}", 200),
        (f"{base}/results", 200),
        (f"{base}/check", 200),
        (f"{base}/check?code=zz", 400),
    ):
        page.goto(f"{path}{'&' if '?' in path else '?'}lang={language}")
        judge(page, path, language, words=False)
        assert page.goto(path).status == status
    assert look(page, "/d/west/approvals/licences", language) == 200
    page.goto(f"{base}/check?lang={language}")
    page.fill("#code", seeded.code)
    page.locator("form[method=get] button").first.click()
    page.wait_for_url(f"**/check/{seeded.code}")
    judge(page, "verdict", language, words=False)
    assert page.get_by_text(seeded.licence).count() >= 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_papers_and_an_appeal_on_ones_own_case(visitor: Any, seeded: Seeded, language: str) -> None:
    page = visitor.page(language=SPOKEN[language])
    visitor.sign_in(page, "resident0", PASSWORD)
    page.goto(f"/case/{seeded.refused}?lang={language}")
    judge(page, page.url, language, words=False)
    page.goto(f"/case/{seeded.refused}/approvals/appeal?lang={language}")
    judge(page, page.url, language, words=False)
    page.locator("main form button").first.click()
    judge(page, page.url, language, words=False)
    assert page.locator(".govuk-error-summary a").count() == 2
    page.goto(f"/d/north/services/approvals/change?lang={language}")
    judge(page, page.url, language, words=False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_desk_reads_papers_and_supervision_reports(visitor: Any, seeded: Seeded, language: str) -> None:
    page = visitor.page(language=SPOKEN[language])
    visitor.sign_in(page, "chief", PASSWORD)
    page.goto(f"/desk/case/{seeded.case}?lang={language}")
    judge(page, "desk case", language, words=False)
    assert page.locator(f"a[href*='/approvals/desk/{seeded.case}/papers/']").count() >= 3
    other = visitor.page(language=SPOKEN[language])
    visitor.sign_in(other, "health", PASSWORD)
    other.goto(f"/d/north/approvals/licences/{seeded.licence}/finding?lang={language}")
    judge(other, "finding", language, words=False)
    other.fill("#licence", "YW1")
    other.locator("main form button").first.click()
    judge(other, "finding, with its errors", language, words=False)
    assert other.locator(".govuk-error-summary a").count() >= 1
    other.fill("#licence", seeded.licence)
    other.fill("#found", "消毒记录缺失")
    other.locator("main form button").first.click()
    other.wait_for_url("**/desk/case/*")
    judge(other, "the finding's case", language, words=False)
