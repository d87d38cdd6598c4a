"""Leaders read the report in a browser: by eye, without scripts, on a telephone, in both languages; behind a number are as many cases."""

from __future__ import annotations

import re
import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from test_pages import judge, look

CITY = Path(__file__).parent.parent.parent / "platform" / "banshi" / "cli" / "demo" / "city.toml"
HOME = "/desk/report"
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
COUNT = re.compile(r"([\d,+]+) in this list")


def login(facts: dict[str, Any], role: str) -> tuple[str, str]:
    """The login and password of the first of the demo's staff who holds a role."""
    staff = tomllib.loads(CITY.read_text(encoding="utf8"))["staff"]
    return next(s["login"] for s in staff if role in s["roles"]), facts["sign_ins"]["clerk"]["password"]


PEOPLE = {"intake": "tickets.intake", "head": "tickets.head", "administrator": "kernel.administrator"}


def counted(page: Page) -> None:
    """Wait until the demo's worker has counted its cases: it is a second or so behind."""
    for _ in range(60):
        page.goto(f"{HOME}?from=2025-01&to=2027-12")
        if page.locator(".tile__value").count() and page.locator(".tile__value").first.inner_text() != "0":
            return
        page.wait_for_timeout(500)
    raise AssertionError("nothing is counted")


@pytest.fixture
def reader(visitor: Any, demo: Any) -> Any:
    def read(who: str, language: str = "en", **how: Any) -> Page:
        page: Page = visitor.page(language=LANGUAGES[language], **how)
        visitor.sign_in(page, *login(demo.facts, PEOPLE[who]))
        counted(page)
        return page

    return read


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", PEOPLE)
def test_the_report_of(reader: Any, who: str, language: str) -> None:
    page = reader(who, language)
    for query in ("", "?by=channel&from=2025-01&to=2027-12", "?by=category", "?from=2001-01&to=2001-02", "?from=nonsense"):
        assert look(page, HOME + query, language) == (400 if "nonsense" in query else 200), query


def test_in_large_type_it_is_as_whole(reader: Any) -> None:
    page = reader("intake", "zh")
    page.goto(f"{HOME}?large=1")
    judge(page, "large report", "zh")


@pytest.mark.parametrize("scripts", [True, False])
def test_behind_a_number_are_as_many_cases_as_it_said(reader: Any, scripts: bool) -> None:
    page = reader("intake", scripts=scripts)
    here = page.url
    lines = "[aria-labelledby=divided] tbody td a"
    for place in (".tile__value a >> nth=0", ".tile__value a >> nth=1", ".tile__under a >> nth=2", f"{lines} >> nth=0", f"{lines} >> nth=5"):
        page.goto(here)
        link = page.locator(place)
        said = link.inner_text().replace(",", "")
        link.click()
        page.wait_for_url("**/desk/all?**")
        found = COUNT.search(page.locator(".queue__foot").inner_text())
        assert found is not None
        assert found[1].replace(",", "") == said, place


def test_a_mark_of_a_picture_is_a_link_with_a_title(reader: Any) -> None:
    page = reader("intake")
    marks = page.locator(".picture svg a")
    assert marks.count() > 10
    one = marks.filter(has=page.locator(".chart__mark")).last
    said = re.search(r"[\d,]+(?= cases)", one.locator("title").evaluate("e => e.textContent"))
    assert said is not None
    one.locator(".chart__mark").click()
    page.wait_for_url("**/desk/all?**")
    expect(page.locator(".queue__foot")).to_contain_text(f"{said[0]} in this list")


def test_the_filter_narrows_and_stays_in_the_address_without_scripts(reader: Any) -> None:
    page = reader("intake", scripts=False)
    page.select_option("select[name=channel]", "telephone")
    page.click(".ask-report button")
    assert "channel=telephone" in page.url
    page.locator("nav.chips a", has_text="By kind of case").click()
    assert "channel=telephone" in page.url
    assert "by=type" in page.url
    with page.expect_download() as begun:
        page.click("a[href^='/desk/report.csv']")
    assert begun.value.suggested_filename.endswith("-type.csv")


def test_the_keyboard_meets_each_number_once_in_the_tables_and_none_in_the_pictures(reader: Any) -> None:
    page = reader("intake")
    assert page.evaluate("[...document.querySelectorAll('svg a')].every(a => a.tabIndex === -1)")
    assert page.evaluate("[...document.querySelectorAll('.figures')].every(t => t.tabIndex === 0 && t.getAttribute('aria-label'))")


def test_it_prints_without_its_form(reader: Any) -> None:
    page = reader("intake")
    page.emulate_media(media="print")
    expect(page.locator(".ask-report")).to_be_hidden()
    expect(page.locator(".picture svg").first).to_be_visible()


def test_a_telephone_shows_fewer_words_below_a_picture_and_none_over_another(reader: Any) -> None:
    page = reader("intake", width=320)
    boxes = page.evaluate(
        """[...document.querySelectorAll('.chart')].map(s => [...s.querySelectorAll('.chart__label')]
            .filter(t => getComputedStyle(t).display !== 'none').map(t => { const b = t.getBoundingClientRect(); return [b.left, b.right] }))"""
    )
    assert boxes
    for labels in boxes:
        assert all(one[1] <= two[0] + 1 for one, two in pairwise(labels)), labels
