"""In the browser: a neighbour joins what was reported, clerks work on several as one and take them apart, a colleague reports a dead printer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from test_browser_ways import ANSWER, SIGN, Town, fill
from test_pages import judge

WORDS = {"kind": "help", "category": "drainage", "area": "elm", "urgency": "normal", "text": "The manhole is open."}


def answer(page: Page, language: str) -> None:
    """Answer what the portal asks until it shows what is nearby, or sends."""
    page.goto(f"/d/east/services/tickets/request?lang={language}")
    page.locator("main form button").first.click()
    for _page in range(12):
        if page.url.endswith(("?near", "/done")):
            return
        fill(page.locator("main form").first, WORDS)
        page.locator("main form button").first.click()
    raise AssertionError(page.url)


def finish(page: Page) -> str:
    for _page in range(6):
        if page.url.endswith("/done"):
            break
        page.locator("main form button").first.click()
    found = re.search(r"\d{4}-\d{4}-\d{4}", page.inner_text("main").replace(" ", ""))
    assert found
    return found[0]


@pytest.mark.parametrize(("language", "scripts"), [("zh", True), ("en", False)])
def test_a_neighbour_joins_and_hears_what_the_others_hear(guest: Any, language: str, scripts: bool) -> None:
    town = Town(guest, language={"zh": "zh-CN", "en": "en-GB"}[language])
    number = town.file(category="drainage", area="elm", text="The manhole is open.")
    page = guest.page(language=town.language, width=375, scripts=scripts)
    answer(page, language)
    if scripts:
        judge(page, page.url, language)
    page.locator(f"button[value='{number.replace('-', '')}']").click()
    joined = finish(page)
    town.do("desk", number, "dispatch", {"department": "lighting", "text": "It is theirs."})
    town.do("lighting", number, *SIGN[1:])
    town.do("lighting", number, *ANSWER[1:])
    for _try in range(30):  # the relay tells it within a second or two
        page.goto(f"/case/{joined}")
        if ANSWER[2]["text"] in page.inner_text("main"):
            break
        page.wait_for_timeout(500)
    expect(page.locator("main")).to_contain_text(ANSWER[2]["text"])
    if scripts:
        judge(page, page.url, language, words=False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_clerks_work_on_several_as_one_and_take_them_apart(guest: Any, language: str) -> None:
    town = Town(guest, language={"zh": "zh-CN", "en": "en-GB"}[language])
    lead, one, two = (town.file(area="persimmon", text=f"Lamp {i} is dark.") for i in range(3))
    page = town.of("lighting")
    page.goto(f"/desk/case/{lead}?lang={language}")
    page.locator("a[href$='/together']").click()
    judge(page, page.url, language, words=False)
    page.locator(f"input[name=member][value='{one.replace('-', '')}']").check()
    page.fill("input[name=numbers]", two)
    page.locator("form[action$='/join'] button").click()
    expect(page.locator(".kin__row")).to_have_count(2)
    judge(page, page.url, language, words=False)
    page.goto(f"/desk/case/{one}/together")
    judge(page, page.url, language, words=False)
    page.locator("form:has(input[name=undo]) button").click()
    expect(page.locator("form[action$='/join']")).to_have_count(1)
    page.goto(f"/desk/case/{two}")
    page.locator("a[href$='/together']").click()
    page.locator("form[action$='/leave'] button").last.click()
    page.locator("input[name=other]").fill(one)
    page.locator("input[name=kind][value=follow_up]").first.check()
    page.locator("form[action$='/link']").last.locator("button").click()
    expect(page.locator(".kin__row")).to_have_count(1)
    page.locator("form[action$='/link']").last.locator("button").click()
    expect(page.locator(".govuk-error-summary")).to_have_count(1)
    judge(page, page.url, language, words=False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_colleague_reports_what_does_not_work(guest: Any, language: str) -> None:
    page = Town(guest, language={"zh": "zh-CN", "en": "en-GB"}[language]).of("lighting")
    page.goto(f"/desk?lang={language}")
    page.locator("a[href$='/services/tickets/trouble']").click()
    judge(page, page.url, language)
    page.locator("main form button").first.click()
    judge(page, page.url, language)
    fill(page.locator("main form").first, {"category": "device", "impact": "stopped", "text": "The printer is dead."})
    page.locator("main form button").first.click()
    judge(page, page.url, language)
    number = finish(page)
    page.goto("/my")
    expect(page.locator(f"a[href='/case/{number}']").first).to_be_visible()
    page.goto(f"/case/{number}")
    judge(page, page.url, language, words=False)
