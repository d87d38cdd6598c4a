"""Every page: nothing for axe to find, nothing wider than a narrow telephone, one language at a time, no script needed."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parent.parent.parent / "node_modules" / "axe-core" / "axe.min.js"
MOST = 150_000  # bytes, compressed, a page with its parts
NO_SCRIPT_POLICY = re.compile("Content Security Policy", re.IGNORECASE)
PUBLIC = (
    *("/", "/d/nanpu", "/d/nanpu?q=路灯", "/d/nanpu?q=zzz", "/d/nanpu/services/tickets/request", "/track", "/sign-in", "/nowhere", "/case/1"),
    *("/d/nanpu/public", "/d/yunlan/public?category=noise&open=maybe"),
    *("/d/nanpu/library", "/d/nanpu/library?q=噪声", "/d/nanpu/library?q=zzz", "/d/nanpu/library/departments", "/d/nanpu/library/nothing"),
    *("/d/nanpu/library/night-noise-rules", "/d/nanpu/library/street-lamp-repair?version=1"),
)
RESIDENT = ("/my",)
CLERK = (
    "/desk",
    "/desk/department",
    "/desk/all",
    "/desk/all?state=closed",
    "/desk/find?q=12",
    "/desk/find?q=lamp",
    "/desk/find?q=灯",
    "/desk/find",
    "/desk/components",
    "/desk/library",
    "/desk/library?q=lamp",
    "/desk/library/departments",
    "/desk/library/street-lamp-repair",
    "/desk/library/new",
    "/desk/case/1",
)
ADMINISTRATOR = (
    *("/admin/messages", "/admin/messages/opened/zh", "/admin/webhooks", "/admin/webhooks/new"),
    "/admin/deputies",
    "/desk/absences",
    "/desk/closing-reports",
    "/desk/owed",
    *("/admin", "/admin/calendar", "/admin/calendar/nanpu?year=2027", "/admin/calendar/nanpu/change"),
    *("/admin/rules", "/admin/rules/nanpu", "/admin/rules/nanpu/tickets.request.promised", "/admin/rules/nanpu/tickets.idle"),
    *("/admin/escalations", "/admin/escalations/nanpu?until=2031-01-01", "/admin/escalations/nanpu?until=nonsense"),
    *("/desk", "/desk/report", "/desk/library", "/desk/library/new", "/desk/library/street-lamp-repair/change"),
)
LIGHT = (
    *("/d/nanpu", "/d/nanpu/library", "/d/nanpu/library/night-noise-rules", "/d/nanpu/library/departments"),
    *("/desk/find?q=lamp", "/desk/components", "/desk/library", "/desk/library/departments", "/desk/library/street-lamp-repair"),
    *("/desk/library/new", "/desk/library/street-lamp-repair/change", "/desk/report?from=2025-01&to=2027-12", "/desk/department"),
)


def faults(page: Page) -> list[str]:
    """Return what axe finds on the page."""
    page.evaluate(AXE.read_text(encoding="utf8"))
    found = page.evaluate(
        "axe.run({resultTypes: ['violations']}).then(r => r.violations.map(v => v.id + ': ' + v.nodes.map(n => n.target.join(' ')).join(', ')))"
    )
    return list(found)


def look(page: Page, path: str, language: str) -> int:
    """Open a page, hold it to the bar and return its status."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    answered = page.goto(path + ("&" if "?" in path else "?") + f"lang={language}")
    judge(page, path, language)
    assert not [s for s in said if NO_SCRIPT_POLICY.search(s)], said
    assert answered is not None
    return answered.status


def judge(page: Page, path: str, language: str, *, words: bool = True) -> None:
    """Hold the open page to the bar; ``words`` looks for the other language too (not where residents' own words are headings)."""
    assert faults(page) == [], path
    assert page.evaluate("document.documentElement.lang") == {"zh": "zh-CN", "en": "en"}[language]
    wide = page.viewport_size["width"]  # type: ignore[index]
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)
    page.set_viewport_size({"width": wide, "height": 800})
    if language == "en" and words:
        chrome = page.evaluate("[...document.querySelectorAll('h1, nav a, button, label, legend, th')].map(e => e.innerText).join(' ')")
        known = re.sub(r"长辈版|中文|办", "", chrome)
        assert not re.search(r"[\u4e00-\u9fff]", known), (path, known)


def another_matter(page: Page) -> None:
    """Where somebody reported the same nearby, or the library may answer it: go on."""
    if page.url.endswith(("?near", "?consult")):
        page.locator("main form button").last.click()


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", PUBLIC)
def test_what_everybody_sees(visitor: Any, path: str, language: str) -> None:
    look(visitor.page(), path, language)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_those_who_sign_in_see(visitor: Any, demo: Any, language: str) -> None:
    for who, paths in (("resident", RESIDENT), ("clerk", CLERK), ("administrator", ADMINISTRATOR)):
        page = visitor.page(language={"zh": "zh-CN", "en": "en-GB"}[language])
        account = demo.facts["sign_ins"][who]
        visitor.sign_in(page, account["login"], account["password"])
        for path in paths:
            look(page, path, language)
        for link in ("main a[href^='/case/']", "main a[href^='/desk/case/']"):
            page.goto(paths[0] if who != "clerk" else "/desk/department")
            if page.locator(link).count():
                page.locator(link).first.click()
                judge(page, page.url, language, words=False)
                action = page.locator("main a[href*='do=']")
                if action.count():
                    action.first.click()
                    judge(page, page.url, language, words=False)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_calendar_is_changed_with_two_presses(visitor: Any, demo: Any, language: str) -> None:
    page = visitor.page(language={"zh": "zh-CN", "en": "en-GB"}[language])
    account = demo.facts["sign_ins"]["administrator"]
    visitor.sign_in(page, account["login"], account["password"])
    page.goto("/admin/calendar/nanpu/change")
    page.fill("#from-1", {"zh": "2031-03-03", "en": "2031-03-04"}[language])
    page.uncheck("#as_above")
    page.fill("#hours-0", "22:00-02:00")
    page.press("#hours-0", "Enter")
    judge(page, "calendar with errors", language)
    assert page.locator(".govuk-error-summary a").count() == 1
    page.check("#as_above")
    page.locator("main form button[value=preview]").last.click()
    judge(page, "calendar preview", language)
    page.fill("#reason", "Founding day")
    page.locator("main form button").first.click()
    judge(page, "calendar changed", language)
    assert page.locator(".versions__why").first.inner_text() == "Founding day"


def test_filing_with_its_errors(visitor: Any) -> None:
    page = visitor.page()
    page.goto("/d/nanpu/services/tickets/request?lang=zh")
    page.click("main form button")
    judge(page, "ask", "zh")
    page.click("main form button")
    assert page.locator(".govuk-error-summary a").count() == 2
    judge(page, "ask with errors", "zh")
    page.locator(".govuk-error-summary a").first.click()
    assert page.evaluate("document.activeElement.name") == "kind"


def test_large_type_keeps_every_function_and_is_larger(visitor: Any) -> None:
    page = visitor.page(width=375)
    sizes, links = [], []
    for large in "01":
        page.goto(f"/d/nanpu?large={large}")
        sizes.append(page.evaluate("parseFloat(getComputedStyle(document.querySelector('main')).fontSize)"))
        links.append(page.evaluate("[...document.querySelectorAll('main a, main button')].map(e => e.getAttribute('href') || e.innerText)"))
    assert sizes[1] >= sizes[0] * 1.2
    assert links[0] == links[1]
    judge(page, "large home", "zh")


def test_each_page_and_its_parts_are_light_and_the_parts_have_names_that_change_with_them(visitor: Any, demo: Any) -> None:
    account, known = demo.facts["sign_ins"]["administrator"], None
    for path in LIGHT:
        page = visitor.page(cookies=known)
        if path.startswith("/desk") and known is None:
            visitor.sign_in(page, account["login"], account["password"])
            known = page.context.storage_state()
            page = visitor.page(cookies=known)
        answers: list[Any] = []
        page.on("response", lambda r, answers=answers: answers.append(r))
        answered = page.goto(path, wait_until="networkidle")
        assert answered is not None
        assert answered.status == 200, path
        bodies = {r.url: b"" if r.request.resource_type == "image" else r.body() for r in answers}
        assert sum(len(gzip.compress(b)) for b in bodies.values()) <= MOST, path
        parts = [u for u in bodies if "/static/" in u]
        assert parts
        assert all(re.search(r"\.[0-9a-f]{8,}\.(css|js)$", u) for u in parts)
        assert all(u.startswith(visitor.url) for u in bodies), "nothing comes from anywhere else"
