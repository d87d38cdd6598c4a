"""Every page that resident, clerk and intake desk can open, held to the bar: axe, 320 px, one language at a time."""

from __future__ import annotations

from typing import Any

import pytest
from test_browser_ways import ANSWER, LOGINS, SIGN, Town, fill
from test_pages import another_matter, judge, look

from banshi.testing import PASSWORD

PEOPLE = {
    "resident": ("/my", "/my/inbox", "/my/mandates", "/my/messages", "/d/east/public"),
    "lighting": (
        "/desk",
        "/desk/department",
        "/desk/all",
        "/desk/owed",
        "/desk/answers",
        "/desk/keys",
        "/desk/handover",
        "/desk/all?state=working",
        "/desk/department?state=nonsense&area=nowhere",
        "/desk/views",
        "/desk/absence",
    ),
    "head": ("/desk/absence", "/desk/absences", "/desk/absences?number=nobody", "/desk/absence/10005"),
    "desk": (
        "/desk",
        "/desk/register",
        "/desk/handover",
        "/desk/queue/tickets/returned",
        "/desk/queue/tickets/to_call_back",
        "/desk/group/intake-desk",
        "/desk/mail",
        "/desk/mail?reason=automatic",
        "/my/messages",
    ),
    "administrator": (
        "/admin",
        "/admin/messages",
        "/admin/messages?district=east",
        "/admin/messages/opened/zh",
        "/admin/messages/digest/en",
        "/admin/webhooks",
        "/admin/webhooks/new",
    ),
}
RESIDENT_ACTIONS = ("confirm", "add", "withdraw")
CLERK_ACTIONS = ("answer", "ask", "tell", "assign", "pass_on", "raise_up", "dispute", "note", "prioritise", "recuse")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("who", PEOPLE)
def test_the_pages_of(guest: Any, who: str, language: str) -> None:
    town = Town(guest, language={"zh": "zh-CN", "en": "en-GB"}[language])
    page = town.of(who)
    for path in PEOPLE[who]:
        assert look(page, path, language) == (404 if path.endswith("nobody") else 200), path


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_case_with_each_form_open(guest: Any, language: str) -> None:
    town = Town(guest, language={"zh": "zh-CN", "en": "en-GB"}[language])
    number = town.file()
    town.do("lighting", number, *SIGN[1:])
    page = guest.page(language=town.language)
    guest.sign_in(page, LOGINS["lighting"], PASSWORD)
    for action in CLERK_ACTIONS:
        page.goto(f"/desk/case/{number}?do={action}&lang={language}")
        assert page.locator(f"form[action$='/{number}/{action}']").count(), action
        judge(page, page.url, language, words=False)
    town.do("lighting", number, *ANSWER[1:])
    page = guest.page(language=town.language, width=375)
    guest.sign_in(page, LOGINS["resident"], PASSWORD)
    for action in RESIDENT_ACTIONS:
        page.goto(f"/case/{number}?do={action}&lang={language}")
        assert page.locator(f"form[action$='/{number}/{action}']").count(), action
        judge(page, page.url, language, words=False)
    page.goto(f"/case/{number}/print")
    judge(page, page.url, language, words=False)


@pytest.mark.parametrize(("language", "large"), [("zh", "0"), ("en", "0"), ("zh", "1")])
def test_each_question_of_filing(guest: Any, language: str, large: str) -> None:
    """Each with its errors, with its warning, saved for later, checked, sent."""
    page = guest.page(language={"zh": "zh-CN", "en": "en-GB"}[language], width=375)
    page.goto(f"/d/east/services/tickets/request?lang={language}&large={large}")
    judge(page, "start", language)
    page.locator("main form button").first.click()
    answers = {"kind": "help", "category": "lifts", "urgency": "danger", "text": "The lift is stuck.", "area": "persimmon"}
    for _page in range(14):
        if page.url.endswith("/done"):
            break
        judge(page, page.url, language)
        if not page.locator("main form").count():  # a warning: read, and on
            page.locator("main a.govuk-button").click()
            continue
        if page.url.endswith("?near"):
            another_matter(page)
            continue
        form = page.locator("main form").first
        if form.locator("textarea").count():
            form.locator("button").first.click()
            judge(page, page.url, language)  # with its errors
        fill(page.locator("main form").first, answers)
        page.locator("main form button").first.click()
    assert page.url.endswith("/done")
    judge(page, "done", language)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_messages_with_their_errors_and_a_webhook_with_its_log(guest: Any, language: str) -> None:
    town = Town(guest, language={"zh": "zh-CN", "en": "en-GB"}[language])
    page = town.of("resident")
    page.goto(f"/my/messages?lang={language}")
    page.fill("#email", "nobody")
    page.click("form[action='/my/messages/address'] button")
    judge(page, "a wrong address", language)
    page.fill("#email", "ann@example.org")
    page.click("form[action='/my/messages/address'] button")
    page.click("form[action='/my/messages/confirm'] button")
    judge(page, "a wrong code", language)
    page.click("form[action='/my/messages/forget'] button")
    page.click("form[action='/my/messages'] button")
    judge(page, "kept", language)
    page = town.of("administrator")
    page.goto(f"/admin/messages/opened/{language}?lang={language}")
    page.click("button[name=preview]")
    judge(page, "a preview", language, words=False)
    page.fill("#body", "{applicant}")
    page.click("main form button:not([name])")
    judge(page, "a wrong text", language, words=False)
    page.goto(f"/admin/webhooks/new?lang={language}")
    page.click("main form button")
    judge(page, "a wrong webhook", language)
    page.fill("#title", "A partner")
    page.fill("#url", "https://nowhere.invalid/hook")
    page.click("main form button")
    page.click("form[action$='/test'] button")
    home = page.url
    for _ in range(60):
        page.goto(home)
        if page.locator(".hooks__tries li").count():
            break
        page.wait_for_timeout(500)
    assert page.locator(".hooks__tries li").count()
    judge(page, "a log", language, words=False)
    page.click("form[action$='/secret'] button")
    judge(page, "a secret", language, words=False)
    page.goto("/admin/webhooks")
    judge(page, "a list with one that fails", language, words=False)
