"""In the browser: a librarian writes what residents read before they file, a clerk cites it and finds cases, and files are added and seen."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from test_browser_ways import SIGN, Town, fill
from test_pages import judge, look

from banshi.testing import PASSWORD

ENTRY = {
    "title_zh": "遛狗要牵绳",
    "text_zh": "遛狗要用**狗绳**牵着；不牵绳的，由城管处理。",
    "title_en": "Dogs on a leash",
    "text_en": "Every dog is kept on a **leash**; whoever does not is fined.",
    "source": "City Management",
}
WORDS = {"zh": "遛狗不牵绳，狗绳多长才行？", "en": "Must a dog be on a leash, and how long may the leash be?"}
BOTH = pytest.mark.parametrize("language", ["zh", "en"])


def locale(language: str) -> str:
    return {"zh": "zh-CN", "en": "en-GB"}[language]


@pytest.fixture
def written(guest: Any) -> str:
    """The code of an entry that a librarian wrote at the desk, previewed first; the first test that needs it writes it."""
    page, code = guest.page(language="en-GB"), "dogs-on-a-leash"
    if (there := page.goto(f"/d/east/library/{code}")) and there.status == 200:
        return code
    guest.sign_in(page, "zhao", PASSWORD)
    page.goto("/desk/library/new")
    judge(page, page.url, "en")
    form = page.locator("main form").first
    fill(form, ENTRY | {"code": code, "kind": "regulation"})
    form.locator("button[name=preview]").click()
    expect(page.locator(".preview strong").first).to_have_text("狗绳")
    judge(page, page.url, "en", words=False)
    page.locator("main form").first.locator("button:not([name])").click()
    page.wait_for_url(f"**/desk/library/{code}")
    return code


@BOTH
def test_the_pages_of_the_library(guest: Any, written: str, language: str) -> None:
    town = Town(guest, language=locale(language))
    page = guest.page(language=town.language, width=375)
    for path in ("/d/east/library", f"/d/east/library/{written}", "/d/east/library/departments", "/d/east/library?q=leash", "/d/east/library?q=zzz"):
        assert look(page, path, language) == 200, path
    clerk = town.of("lighting")
    for path in ("/desk/library", f"/desk/library/{written}", "/desk/library/departments"):
        assert look(clerk, path, language) == 200, path


def until(page: Page, path: str, selector: str) -> None:
    """Open the page until it shows what the relay has taken up: within a second or two."""
    for _try in range(30):
        page.goto(path)
        if page.locator(selector).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.inner_text("main"))


@pytest.mark.parametrize(("language", "scripts"), [("zh", True), ("en", False)])
def test_a_clerk_finds_by_words_as_they_type(guest: Any, language: str, scripts: bool) -> None:
    said = {"zh": "幼儿园门口的滑梯边上有积水", "en": "The slide at the kindergarten stands in a puddle"}[language]
    asked = {"zh": "滑梯", "en": "puddles"}[language]
    town = Town(guest, language=locale(language), scripts=scripts)
    number = town.file(text=said)
    found = f"a[href^='/desk/case/{number}']"
    clerk = town.of("lighting")
    until(clerk, f"/desk/find?q={asked}&lang={language}", found)
    expect(clerk.locator("main mark").first).to_be_visible()
    clerk.goto("/desk")
    clerk.locator("header input[type=search]").press_sequentially(asked, delay=20)
    if scripts:
        expect(clerk.locator("#bar-found").locator(found)).to_be_visible()
        judge(clerk, clerk.url, language, words=False)
    clerk.keyboard.press("Enter")
    expect(clerk.locator("main").locator(found)).to_have_count(1)
    if scripts:
        judge(clerk, clerk.url, language, words=False)


@BOTH
def test_how_it_was_solved_before_is_shown_and_taken_up(guest: Any, language: str) -> None:
    said = {"zh": "地下通道的感应灯整夜闪烁", "en": "The sensor lamp of the underpass flickers all night"}[language]
    solved = {"zh": "换了感应器，已正常。", "en": "The sensor was replaced."}[language]
    town = Town(guest, language=locale(language))
    before = town.file(text=said)
    town.do("lighting", before, *SIGN[1:])
    town.do("lighting", before, "answer", {"text": solved, "solved": "yes"})
    now = town.file(text=said + "!", area="elm")
    town.do("lighting", now, *SIGN[1:])
    clerk = town.of("lighting")
    reuse = f"a[href*='do=answer&like={before}']"
    until(clerk, f"/desk/case/{now}?lang={language}", reuse)
    judge(clerk, clerk.url, language, words=False)
    clerk.locator(reuse).click()
    expect(clerk.locator(f"form[action$='/{now}/answer'] [name=text]")).to_have_value(solved)


def photo() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (1200, 900), "orange").save(out, "JPEG")
    return out.getvalue()


@pytest.mark.parametrize(("language", "scripts"), [("zh", True), ("en", False)])
def test_files_are_added_before_filing_by_the_resident_and_at_the_desk(guest: Any, language: str, scripts: bool) -> None:
    town = Town(guest, language=locale(language), scripts=scripts)
    page = town.of("resident")
    page.goto("/d/east/services/tickets/request")
    page.locator("main form button").first.click()
    answers = {"kind": "help", "category": "street_lighting", "text": f"Pole 0412 leans. {language}{scripts}", "area": "elm", "urgency": "normal"}
    for _page in range(12):
        if page.url.endswith("/check"):
            break
        if page.url.endswith(("?near", "?consult")):
            page.locator("main form button").last.click()
            continue
        fill(page.locator("main form").first, answers)
        page.locator("main form button").first.click()
    page.locator("main a[href$='/papers']").click()
    add(page, "lean.jpg", photo())
    expect(page.locator(".files__file")).to_have_count(1)
    add(page, "virus.jpg", b"MZ\x90\0" + b"\0" * 200)
    expect(page.locator(".govuk-error-summary")).to_contain_text("virus.jpg")
    if scripts:
        judge(page, page.url, language)
    page.locator("main a.govuk-button").click()
    page.locator("main form button").first.click()
    page.wait_for_url("**/done")
    number = re.search(r"\d{4}-\d{4}-\d{4}", page.inner_text("main").replace(" ", ""))
    assert number

    clerk = town.of("lighting")
    clerk.goto(f"/desk/case/{number[0]}?lang={language}")
    with clerk.expect_download() as coming:
        clerk.locator(".files a", has_text="lean.jpg").first.click()
    assert coming.value.path().read_bytes() == photo()
    clerk.locator("p.attach a").click()
    if scripts:
        judge(clerk, clerk.url, language, words=False)
    clerk.locator("input[name=audience]").first.check()
    add(clerk, "order.txt", "维修单 7".encode())
    expect(clerk.locator("main .files")).to_contain_text("order.txt")
    clerk.goto(f"/desk/case/{number[0]}")
    expect(clerk.locator("main")).to_contain_text("order.txt")
    if scripts:
        judge(clerk, clerk.url, language, words=False)


def add(page: Page, name: str, body: bytes) -> None:
    page.set_input_files("#files", [{"name": name, "mimeType": "image/jpeg", "buffer": body}])
    page.locator("form[enctype='multipart/form-data'] button").click()
