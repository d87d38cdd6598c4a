"""A browser goes the portal's ways: danger, saving and resuming elsewhere, a helper with a mandate, the inbox, paper."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from test_pages import another_matter, judge

from banshi.testing import PASSWORD

START = "/d/east/services/tickets/request"
WORDS = "The lamp at number 3 has been dark for three days."


def begin(page: Page, language: str) -> None:
    page.goto(f"{START}?lang={language}")
    page.click("main form button")


def answer(page: Page, **answers: str) -> None:
    for name, value in answers.items():
        field = page.locator(f"[name={name}]").first
        if field.get_attribute("type") == "radio":
            page.check(f"[name={name}][value={value}]")
        elif field.evaluate("e => e.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    page.click("main form button:not([name=later])")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_danger_is_told_to_call_before_going_on_without_a_script(guest: Any, language: str) -> None:
    page = guest.page(scripts=False)
    begin(page, language)
    answer(page, kind="help", category="lifts")
    answer(page, urgency="danger")
    assert page.locator(".alarm a[href='tel:120']").count() == 2
    page.locator("main a.govuk-button").click()
    answer(page, text=WORDS)
    answer(page, area="persimmon")
    another_matter(page)
    answer(page)
    page.click("main form button")
    expect(page.locator(".receipt__number")).to_be_visible()
    assert page.locator(".alarm__call").all_inner_texts()[-1].endswith("120")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_saved_is_taken_up_on_another_device(guest: Any, language: str) -> None:
    page = guest.page(width=375)
    begin(page, language)
    answer(page, kind="suggestion", category="other")
    page.fill("[name=text]", WORDS)
    page.click("button[name=later]")
    judge(page, "saved", language)
    link = page.locator(".receipt__link a").get_attribute("href") or ""
    code = re.sub(r"\D", "", page.locator(".receipt__code .number").inner_text())
    other = guest.page()
    other.goto(f"{link}?lang={language}")
    judge(other, "resume", language)
    assert WORDS not in other.content()
    other.fill("[name=code]", code)
    other.click("main form button")
    other.click(".govuk-back-link")
    expect(other.locator("[name=text]")).to_have_value(WORDS)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_helper_is_named_files_and_is_seen_on_the_case(guest: Any, language: str) -> None:
    principal, helper = guest.page(), guest.page()
    guest.sign_in(principal, "resident0", PASSWORD)
    principal.goto(f"/my/mandates?lang={language}")
    judge(principal, "mandates", language)
    answer(principal, login="resident3", until=(date.today() + timedelta(days=30)).isoformat())  # noqa: DTZ011 -- as somebody at a browser picks a day
    guest.sign_in(helper, "resident3", PASSWORD)
    begin(helper, language)
    judge(helper, "for whom", language, words=False)
    helper.locator("[name=for]").nth(1).check()
    helper.click("main form button")
    judge(helper, "ask for another", language)
    answer(helper, kind="consultation", category="other")
    answer(helper, text=WORDS)
    answer(helper, area="persimmon")
    answer(helper, contact_name="张小芳")
    helper.click("main form button")
    number = re.search(r"\d{4}-\d{4}-\d{4}", helper.locator(".receipt__number").inner_text())
    assert number
    for path in ("/my", "/my/inbox", "/my/mandates", f"/case/{number[0]}", f"/case/{number[0]}/print"):
        helper.goto(f"{path}?lang={language}")
        judge(helper, path, language, words=False)
    principal.goto(f"/case/{number[0]}?lang={language}")
    expect(principal.locator(".story__meta").last).to_contain_text("王*兰")
    principal.goto("/my/mandates")
    principal.locator(".kept__acts button").first.click()
    helper.goto(f"/case/{number[0]}")
    expect(helper.locator(".failure__status")).to_have_text("403")


def test_on_paper_there_is_the_story_and_no_menu(guest: Any) -> None:
    page = guest.page()
    begin(page, "en")
    answer(page, kind="consultation", category="other")
    answer(page, text=WORDS)
    answer(page, area="persimmon")
    answer(page)
    page.click("main form button")
    page.emulate_media(media="print")
    expect(page.locator(".receipt__code")).to_be_visible()
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.receipt__code .number')).fontSize)") >= 40
    code = re.sub(r"\D", "", page.locator(".receipt__code").inner_text())
    page.goto((page.locator(".after a").first.get_attribute("href") or "") + "/print")
    expect(page.locator(".story")).to_contain_text(WORDS)
    for gone in (".frame", ".foot", ".paper-sheet__how", ".govuk-back-link"):
        expect(page.locator(gone)).to_be_hidden()
    assert code not in page.locator("body").inner_text().replace(" ", "")
