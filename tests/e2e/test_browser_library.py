"""In the browser: consult and go on, cite and the version stays, two editors, who does what, a caller who is answered."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from test_browser_ways import ANSWER, LOGINS, SIGN, Town, fill
from test_pages import judge, look

from banshi.testing import PASSWORD

BOTH = pytest.mark.parametrize("language", ["zh", "en"])
RULE = {
    "title_zh": "井盖破损怎么办",
    "text_zh": "### 时限\n\n井盖破损，**四小时内**围挡，两天内更换。\n\n| 地点 | 时限 |\n|---|---|\n| 主干道 | 一天 |",
    "title_en": "A broken manhole cover",
    "text_en": "### Time\n\nA broken manhole cover is fenced off **within four hours** and replaced within two days.\n\n"
    "| Where | Within |\n|---|---|\n| Main road | one day |",
    "source": "City Works",
}
WORDS = {"zh": "井盖破损怎么办，多久更换？", "en": "How long does it take to replace a broken manhole cover?"}


def locale(language: str) -> str:
    return {"zh": "zh-CN", "en": "en-GB"}[language]


def librarian(guest: Any, language: str = "en") -> Page:
    page: Page = guest.page(language=locale(language))
    guest.sign_in(page, "zhao", PASSWORD)
    return page


@pytest.fixture
def rule(guest: Any, request: Any) -> str:
    """The code of an entry of this test alone."""
    code = "cover-" + re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-")[-50:]
    page = librarian(guest)
    page.goto("/desk/library/new")
    form = page.locator("main form").first
    fill(form, RULE | {"code": code, "kind": "guide", "valid_from": "2026-01-01"})
    form.locator("button:not([name])").click()
    page.wait_for_url(f"**/desk/library/{code}")
    return code


def write(page: Page, code: str, **changes: str) -> None:
    """Let the next version stand."""
    page.goto(f"/desk/library/{code}/change")
    fill(page.locator("main form").first, changes)
    page.locator("main form").first.locator("button:not([name])").click()
    page.wait_for_url(f"**/desk/library/{code}")


@pytest.mark.parametrize(("language", "scripts"), [("zh", True), ("en", False)])
def test_a_resident_reads_on_the_spot_goes_on_and_files(guest: Any, rule: str, language: str, scripts: bool) -> None:
    page = guest.page(language=locale(language), width=375, scripts=scripts)
    page.goto(f"/d/east/services/tickets/request?lang={language}")
    page.locator("main form button").first.click()
    answers = {"kind": "consultation", "category": "drainage", "urgency": "normal", "area": "elm", "text": WORDS[language]}
    shown = 0
    for _page in range(14):
        if page.url.endswith("/check"):
            break
        if page.url.endswith("?near"):
            page.locator("main form button").last.click()
        elif page.url.endswith("?consult"):
            shown += 1
            row = page.locator("li", has=page.locator(f"a[href$='/{rule}']"))
            row.locator("summary").click()
            expect(row.locator(".prose strong")).to_be_visible()
            expect(row.locator(".prose h3")).to_have_count(1)
            if scripts:
                judge(page, page.url, language)
            page.locator("main form button").last.click()
        else:
            fill(
                page.locator("main form").first,
                {n: v for n, v in answers.items() if page.locator(f"[name='{n}'][value='{v}'], textarea, select").count()},
            )
            page.locator("main form button").first.click()
    assert shown == 1, "it is shown, and once"
    page.locator("main form button").first.click()
    page.wait_for_url("**/done")
    writer = librarian(guest)
    writer.goto(f"/desk/library/{rule}")
    expect(writer.locator("main")).to_contain_text("0 people were answered by it")


@BOTH
def test_a_cited_version_stays_when_the_rule_changes(guest: Any, rule: str, language: str) -> None:
    town = Town(guest, language=locale(language))
    number = town.file(text=f"{WORDS[language]} {rule}")
    town.do("lighting", number, *SIGN[1:])
    clerk = town.of("lighting")
    clerk.goto(f"/desk/library?q={'井盖' if language == 'zh' else 'manhole'}&lang={language}")
    expect(clerk.locator(f"main a[href$='/{rule}']")).to_have_count(1)
    clerk.goto(f"/desk/case/{number}?do=answer&lang={language}")
    form = clerk.locator(f"form[action$='/{number}/answer']")
    form.locator(f"input[name=cites][value='{rule}@1']").check()
    fill(form, ANSWER[2])
    form.locator("button").first.click()
    write(librarian(guest), rule, title_en="Manhole covers", title_zh="井盖管理", text_en="Replaced within one day.", text_zh="一天内更换。")
    resident = town.of("resident")
    resident.goto(f"/case/{number}?lang={language}")
    cited = resident.locator(f"main a[href$='{rule}?version=1']").first
    expect(cited).to_contain_text({"zh": "第 1 版", "en": "version 1, valid from"}[language])
    cited.click()
    expect(resident.locator("main h1")).to_have_text({"zh": RULE["title_zh"], "en": RULE["title_en"]}[language])
    expect(resident.locator(".notice")).to_contain_text({"zh": "起不再有效", "en": "no longer holds since"}[language])
    judge(resident, resident.url, language)
    resident.locator(".notice a").click()
    expect(resident.locator("main h1")).to_have_text({"zh": "井盖管理", "en": "Manhole covers"}[language])
    resident.locator("main details summary").click()
    expect(resident.locator("del").first).to_be_visible()
    judge(resident, resident.url, language)
    clerk.goto(f"/desk/case/{number}?lang={language}")
    expect(clerk.locator(f"main a[href='/desk/library/{rule}?version=1']").first).to_be_visible()


@BOTH
def test_the_second_editor_sees_what_the_first_changed(guest: Any, rule: str, language: str) -> None:
    page = librarian(guest, language)
    page.goto(f"/desk/library/{rule}/change?lang={language}")
    write(librarian(guest), rule, source="The works office")
    form = page.locator("main form").first
    fill(form, {"title_en": "Mine"})
    form.locator("button:not([name])").click()
    expect(page.locator(".entry__meanwhile ins")).to_contain_text("The works office")
    expect(page.locator("[name=title_en]")).to_have_value("Mine")
    judge(page, page.url, language, words=False)


@BOTH
def test_who_does_what_is_found_and_reached(guest: Any, rule: str, language: str) -> None:
    page = guest.page(language=locale(language), width=375)
    assert look(page, f"/d/east/library?q={'路灯坏了找谁' if language == 'zh' else 'street lamps'}", language) == 200
    page.locator("main a[href$='/departments/lighting']").click()
    expect(page.locator("main")).to_contain_text("0000-0000-0004")
    judge(page, page.url, language)
    page.locator("main a[href$='/departments/city-works']").click()
    judge(page, page.url, language)
    for path in ("/d/east/library?kind=guide", f"/d/east/library/{rule}"):
        assert look(page, path, language) == 200, path


@pytest.mark.parametrize(("language", "scripts"), [("zh", True), ("en", False)])
def test_a_caller_is_answered_and_counted_and_nothing_is_registered(guest: Any, rule: str, language: str, scripts: bool) -> None:
    page = guest.page(language=locale(language), scripts=scripts)
    guest.sign_in(page, LOGINS["desk"], PASSWORD)
    page.goto(f"/desk/register?lang={language}")
    if scripts:
        judge(page, page.url, language, words=False)
    page.fill("form[action='/desk/library'] input", {"zh": "井盖", "en": "manhole"}[language])
    with page.context.expect_page() as opening:
        page.click("form[action='/desk/library'] button")
    looked = opening.value
    looked.locator(f"main a[href$='/{rule}']").click()
    looked.locator("form[action$='/told'] button").click()
    looked.wait_for_url("**?told=1")
    expect(looked.locator(".notice")).to_be_visible()
    if scripts:
        judge(looked, looked.url, language, words=False)
    writer = librarian(guest, language)
    writer.goto(f"/desk/library/{rule}?lang={language}")
    expect(writer.locator(".entry__facts tbody tr")).to_have_count(1)
    judge(writer, writer.url, language)
