"""A browser writes a closing report and a leader reads it: each page held to the bar, with its errors, without a script."""

from __future__ import annotations

from typing import Any

import pytest
from test_browser_ways import LOGINS, Town
from test_pages import judge, look

from banshi.testing import PASSWORD


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_major_case_ends_with_its_report(guest: Any, language: str) -> None:
    town = Town(guest, language={"zh": "zh-CN", "en": "en-GB"}[language])
    number = town.file(category="greenery")
    town.do("head", number, "mark_major", {"text": "A road is shut."})
    page = guest.page(language=town.language)
    guest.sign_in(page, LOGINS["head"], PASSWORD)
    look(page, "/desk/owed", language)
    assert page.locator("main .owes").count() >= 1
    page.goto(f"/desk/case/{number}?lang={language}")
    judge(page, "case that owes", language, words=False)
    page.locator(f"a[href$='/{number}/closing-report']").first.click()
    judge(page, "form", language, words=False)
    page.locator("main form button").first.click()
    assert page.locator(".govuk-error-summary a").count() >= 2
    judge(page, "form with errors", language, words=False)
    page.fill("#cause", "The saw was broken.")
    page.fill("#short", "Rent a saw.\nBuy one later.")
    page.check("input[name=urgency][value='3']")
    page.locator("main form button").first.click()
    page.wait_for_url(f"**/desk/case/{number}")
    judge(page, "case with its report", language, words=False)
    assert page.get_by_text("Rent a saw.").count() == 1
    for query in ("", "?q=saw", "?area=nowhere", "?category=noise"):
        look(page, f"/desk/closing-reports{query}", language)
    page.goto(f"/desk/closing-reports?lang={language}")
    assert page.locator(".learnt__report").count() >= 1


@pytest.mark.parametrize("language", ["zh", "en"])
def test_escalating_by_hand(visitor: Any, demo: Any, language: str) -> None:
    """The demo city has cases that lie for days: one of them is offered."""
    page = visitor.page(language={"zh": "zh-CN", "en": "en-GB"}[language])
    account = demo.facts["sign_ins"]["clerk"]
    visitor.sign_in(page, account["login"], account["password"])
    page.goto("/desk/department?order=oldest")
    for href in page.locator("main td.queue__matter a").evaluate_all("links => links.map(a => a.getAttribute('href'))"):
        page.goto(f"{href}?lang={language}")
        if page.locator("a[href*='/by-hand/']").count():
            break
    judge(page, page.url, language, words=False)
    page.locator("a[href*='/by-hand/']").first.click()
    judge(page, "by hand", language, words=False)
    page.locator("main form button").first.click()
    assert page.locator(".govuk-error-summary a").count() == 1
    judge(page, "by hand, with its error", language, words=False)
