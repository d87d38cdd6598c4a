"""Take the pictures of docs/pages.md: the pages that people meet most, of a running demo, at both widths and in both languages.

make demo QUIET=1 &
python tools/pictures.py demo/demo.json
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from city import FLAGS, chromium  # noqa: E402 -- one place knows where the browser is
from test_browser_ways import fill  # noqa: E402 -- and one how a form is answered

PICTURES = ROOT / "docs" / "pictures"
CITY = ROOT / "platform" / "banshi" / "cli" / "demo" / "city.toml"
Opened = Callable[[str], Page]
Snap = Callable[[Page, str], None]
WIDTHS = {"wide": (1280, 900), "tel": (375, 812)}
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
QUALITY = 60
WORDS = {
    "zh": ("路灯", "路灯不亮怎么报修，要等几天？"),
    "en": ("lamp", "How do I report a dark street lamp, and how many days does its repair take?"),
}
"""What is searched for at the desk, and what a resident asks."""


def main() -> None:
    """Take them all."""
    facts = json.loads(Path(sys.argv[1]).read_text(encoding="utf8"))
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        for language in LANGUAGES:
            for width in WIDTHS:
                take(browser, facts, language, width)
        browser.close()


def take(browser: Browser, facts: dict[str, Any], language: str, width: str) -> None:
    """Take the pictures of one language at one width."""
    accounts = {who: (a["login"], a["password"]) for who, a in facts["sign_ins"].items()}
    for who, role in (("intake", "tickets.intake"), ("window", "approvals.window"), ("chief", "approvals.chief")):
        accounts[who] = (_officer(role), accounts["clerk"][1])
    x, y = WIDTHS[width]

    def opened(who: str) -> Page:
        context = browser.new_context(base_url=facts["url"], locale=LANGUAGES[language], viewport={"width": x, "height": y})
        page = context.new_page()
        if who:
            page.goto("/sign-in")
            page.fill("input[name=login]", accounts[who][0])
            page.fill("input[name=password]", accounts[who][1])
            page.click("main form button")
        return page

    def snap(page: Page, name: str) -> None:
        page.screenshot(path=PICTURES / f"{name}-{width}-{language}.jpg", type="jpeg", quality=QUALITY)

    portal(opened, snap, language)
    desk(opened, snap, language)
    approvals(opened, snap)


def portal(opened: Opened, snap: Snap, language: str) -> None:
    """Take what a resident meets."""
    page = opened("")
    page.goto("/d/nanpu")
    snap(page, "home")
    page.goto("/d/nanpu/services/tickets/request")
    page.click("main form button")
    snap(page, "ask")
    _consult(page, language)
    snap(page, "consult")
    page.goto("/d/nanpu/library")
    snap(page, "library")
    page.goto("/d/nanpu/library/street-lamp-repair")
    snap(page, "library-entry")
    page.goto("/d/nanpu/library/departments/lighting")
    snap(page, "library-department")
    page = opened("resident")
    page.goto("/my")
    page.locator("main a[href^='/case/']").first.click()
    snap(page, "case")
    page.goto(f"{page.url.split('?')[0]}/files")
    snap(page, "files")
    page.goto("/my/messages")
    snap(page, "messages")


def desk(opened: Opened, snap: Snap, language: str) -> None:
    """Take what a clerk, the intake and a leader meet."""
    page = opened("clerk")
    page.goto("/desk/department")
    snap(page, "queue")
    page.locator("main a[href^='/desk/case/']").first.click()
    snap(page, "desk-case")
    page.goto(f"{page.url.split('?')[0]}/clock")
    snap(page, "clock")
    page.goto("/desk/owed")
    snap(page, "owed")
    page.goto("/desk/department")
    words = WORDS[language][0]
    page.locator("header #find").press_sequentially(words, delay=30)
    page.locator("#bar-found .bar__said").wait_for()
    snap(page, "typing")
    page.goto(f"/desk/find?q={words}")
    snap(page, "search")
    page.goto("/desk")
    snap(page, "standing-in")
    page.goto("/desk/absence")
    snap(page, "absence")
    page.goto("/desk/components")
    snap(page, "components")
    page = opened("intake")
    page.goto("/desk/group/intake-desk")
    snap(page, "intake")
    page.goto("/desk/register")
    snap(page, "register")
    page.goto("/desk/mail")
    snap(page, "mail")
    page.locator("main a[data-row]").first.click()
    snap(page, "letter")
    page.goto("/desk/report")
    snap(page, "report")
    page.goto("/desk/closing-reports")
    snap(page, "closing-reports")
    page = opened("administrator")
    for name, path in (("calendar", "/admin/calendar"), ("rules", "/admin/rules"), ("escalations", "/admin/escalations")):
        page.goto(path)
        snap(page, name)
    page.goto("/admin/calendar/nanpu/change")
    snap(page, "calendar-change")
    administration(page, snap, language)


def approvals(opened: Opened, snap: Snap) -> None:
    """Take an application from the catalogue to the licence, as those see it who apply, who receive it, and who look it up."""
    here = "/d/nanpu/approvals"
    page = opened("")
    page.goto(f"{here}/catalogue")
    snap(page, "approvals-catalogue")
    page.goto(f"{here}/item/hotel/situation")
    snap(page, "approvals-situation")
    page.goto(f"{here}/licences")
    snap(page, "approvals-licences")
    page.locator(f"main a[href^='{here}/licences/']").first.click()
    snap(page, "approvals-licence")
    page.goto(f"{here}/check")
    snap(page, "approvals-check")
    page = opened("window")
    page.goto("/desk/queue/approvals/window")
    snap(page, "approvals-queue")
    page.locator("main a[href^='/desk/case/']").first.click()
    snap(page, "approvals-case")
    page.locator(f"main a[href^='{here}/desk/'][href$='/materials']").first.click()
    snap(page, "approvals-materials")
    page = opened("chief")
    page.goto(f"{here}/desk/catalogue")
    snap(page, "approvals-versions")


def administration(page: Page, snap: Snap, language: str) -> None:
    """Take the texts of messages with a preview, and a webhook with its log."""
    page.goto("/admin/messages?district=nanpu")
    snap(page, "admin-messages")
    page.goto(f"/admin/messages/opened/{language}?district=nanpu")
    page.click("button[name=preview]")
    snap(page, "admin-message")
    page.goto("/admin/webhooks")
    if not page.locator(".hooks__row").count():
        page.goto("/admin/webhooks/new")
        page.fill("#title", "地图 Map")
        page.fill("#url", "https://map.city.example/hook")
        page.click("main form button")
        page.click("form[action$='/test'] button")
        home = page.url
        while not page.locator(".hooks__tries li").count():
            page.wait_for_timeout(500)
            page.goto(home)
        page.goto("/admin/webhooks")
    page.locator(".hooks__title a").first.click()
    snap(page, "webhook")


def _consult(page: Page, language: str) -> None:
    """Answer what the portal asks until it shows what may already answer it."""
    answers = {"kind": "consultation", "category": "street_lighting", "urgency": "normal", "text": WORDS[language][1]}
    for _page in range(4):
        if page.url.endswith("?consult"):
            return
        fill(page.locator("main form").first, answers)
        page.locator("main form button").first.click()
    raise AssertionError(page.url)


def _officer(role: str) -> str:
    staff = tomllib.loads(CITY.read_text(encoding="utf8"))["staff"]
    return next(s["login"] for s in staff if role in s["roles"] and "login" in s)


if __name__ == "__main__":
    main()
