"""In the browser, from end to end: who is answered by reading is counted, a clerk finds and cites by keyboard alone, the version cited stays."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from test_browser_ways import Town, fill
from test_pages import judge

from banshi.testing import PASSWORD

LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}
BOTH = pytest.mark.parametrize("language", LANGUAGES)
WITH_AND_WITHOUT = pytest.mark.parametrize(("language", "scripts"), [("zh", True), ("en", False)])
COUNTED = re.compile(r"(\d+) people were answered by it")


class Librarian:
    """The one who writes the library, in English."""

    def __init__(self, guest: Any) -> None:
        self.page: Page = guest.page(language="en-GB", cookies=guest.signed_in.get("zhao"))
        if "zhao" not in guest.signed_in:
            guest.sign_in(self.page, "zhao", PASSWORD)
            guest.signed_in["zhao"] = self.page.context.storage_state()

    def write(self, code: str, **said: str) -> None:
        """Write a new entry, or the next version of one."""
        there = self.page.goto(f"/desk/library/{code}/change")
        if there is None or there.status != 200:
            self.page.goto("/desk/library/new")
        form = self.page.locator("main form[action^='/desk/library']").first
        fill(form, {"code": code} | said)
        form.locator("button:not([name])").click()
        self.page.wait_for_url(f"**/desk/library/{code}")

    def counted(self, code: str) -> int:
        """How many were answered by an entry, as its page says."""
        self.page.goto(f"/desk/library/{code}")
        found = COUNTED.search(self.page.inner_text("main"))
        assert found is not None
        return int(found[1])


@pytest.fixture
def librarian(guest: Any) -> Librarian:
    return Librarian(guest)


def ask(page: Page, language: str, text: str) -> None:
    """Answer what the portal asks of a consultation, until the library says something to its words."""
    page.goto(f"/d/east/services/tickets/request?lang={language}")
    page.locator("main form button").first.click()
    for _page in range(8):
        if page.url.endswith("?consult"):
            return
        fill(page.locator("main form").first, {"kind": "consultation", "category": "parking", "urgency": "normal", "text": text})
        page.locator("main form button").first.click()
    raise AssertionError(page.url)


def until(page: Page, path: str, selector: str) -> None:
    """Open the page until it shows what the relay has taken up: within a second or two."""
    for _try in range(60):
        page.goto(path)
        if page.locator(selector).count():
            return
        page.wait_for_timeout(500)
    raise AssertionError(page.inner_text("main"))


def tab_to(page: Page, selector: str, most: int = 80) -> None:
    """Press Tab until the focus is on what the selector means, as somebody without a mouse does."""
    for _press in range(most):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {selector}")


# -- before filing ----------------------------------------------------------------------------------------------------------

SPACES = {
    "title_zh": "共享停车位怎样预约",
    "text_zh": "共享停车位**前一天晚上**可以预约。",
    "title_en": "Booking a shared parking space",
    "text_en": "A shared parking space is booked **the evening before**.",
}
QUESTION = {"zh": "共享停车位怎样预约，前一天可以吗？", "en": "How is a shared parking space booked, the evening before?"}


def test_a_consultation_by_keyboard_alone_and_in_large_type(guest: Any, librarian: Librarian) -> None:
    librarian.write("kiosk-keys", title_zh="报刊亭钥匙谁保管", text_zh="报刊亭钥匙由园林所保管。")
    page = guest.page(language="zh-CN", width=375)
    page.goto("/d/east?large=1")
    ask(page, "zh", "报刊亭钥匙归谁保管？园林所吗？")
    judge(page, "large consult", "zh")
    tab_to(page, "a[href$='/library/kiosk-keys']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/library/kiosk-keys")
    judge(page, "large entry", "zh")
    page.go_back()  # Alt and the arrow are the browser's own
    page.wait_for_url("**?consult")
    tab_to(page, "button[value='kiosk-keys@1']")
    page.keyboard.press("Enter")
    page.wait_for_url("**/settled*")
    judge(page, "large settled", "zh")
    tab_to(page, "main a[href$='/library/kiosk-keys']")
    assert librarian.counted("kiosk-keys") == 1


# -- finding ----------------------------------------------------------------------------------------------------------------


def test_a_clerk_finds_opens_and_answers_by_keyboard_alone(guest: Any, librarian: Librarian) -> None:
    """From the bar to the answer that cites a rule: no mouse."""
    librarian.write("sundial", title_zh="日晷养护办法", text_zh="日晷每年校准一次。", title_en="Care of the sundial", text_en="Set right every year.")
    town = Town(guest)
    number = town.file(text="The sundial in the little park leans; its gnomon is bent.", area="persimmon")
    hit = f"#bar-found a[href='/desk/case/{number}']"
    page = town.of("lighting")
    until(page, "/desk/find?q=gnomon", f"main a[href='/desk/case/{number}']")
    page.goto("/desk/department")
    press = page.keyboard.press
    press("/")
    page.keyboard.type("gnomon", delay=10)
    expect(page.locator(hit)).to_be_visible()
    expect(page.locator("#bar-found mark")).to_have_text(["gnomon"])
    press("Escape")
    expect(page.locator("#bar-found")).to_be_empty()
    assert page.evaluate("document.activeElement.id") == "find", "whoever closes the list can type on"
    press("Control+a")
    page.keyboard.type("sundials", delay=10)
    expect(page.locator(hit)).to_be_visible()
    tab_to(page, hit, 4)
    press("Escape")
    expect(page.locator("#bar-found")).to_be_empty()
    assert page.evaluate("document.activeElement.id") == "find", "the focus does not go with the list"
    press("Control+a")
    page.keyboard.type("gnomon", delay=10)
    expect(page.locator(hit)).to_be_visible()
    tab_to(page, hit, 4)
    press("Enter")
    page.wait_for_url(f"**/desk/case/{number}")

    def follow(action: str, by: str) -> None:
        """Go to the button of an action with j, open it, and send its form."""
        for _press in range(20):
            press("j")
            if page.evaluate("document.activeElement.getAttribute('href') || ''").find(f"do={action}") > 0:
                break
        press("Enter")
        page.wait_for_url(f"**do={action}*")
        if by:
            tab_to(page, f"form[action$='/{action}'] {by}")

    follow("sign", "button")
    press("Enter")
    page.wait_for_url(f"**/desk/case/{number}")
    follow("answer", "[name=text]")
    page.keyboard.type("The sundial stands upright again.")
    tab_to(page, "[name=solved]")
    press("Space")
    tab_to(page, "[name=cites][value='sundial@1']")
    press("Space")
    page.keyboard.press("Shift+Tab")
    for _press in range(20):
        if page.evaluate("document.activeElement.name") == "text":
            break
        press("Shift+Tab")
    press("Control+Enter")
    expect(page.locator("main a[href='/desk/library/sundial?version=1']")).to_have_count(1)


def test_enter_in_the_bar_opens_the_page_where_j_and_k_go_through_what_was_found(guest: Any) -> None:
    town = Town(guest)
    numbers = [town.file(text=f"A kestrel nests in lamp {i}.", area="persimmon") for i in range(2)]
    page = town.of("lighting")
    for number in numbers:
        until(page, "/desk/find?q=kestrel", f"main a[href='/desk/case/{number}']")
    page.goto("/desk")
    page.keyboard.press("/")
    page.keyboard.type("nests", delay=10)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/find?q=nests")
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type("kestrels", delay=10)
    page.wait_for_url("**/desk/find?q=kestrels")  # found while typing: the address says what is asked for
    expect(page.locator("#hits mark")).to_have_text(["kestrel"] * page.locator("#hits .hits__row").count())
    page.locator("h1").click()
    focused = "document.activeElement.getAttribute('href')"
    seen = []
    for key in "jjk":
        page.keyboard.press(key)
        seen.append(page.evaluate(focused))
    assert set(seen) == {f"/desk/case/{n}" for n in numbers}
    assert seen[0] == seen[2]
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{seen[0]}")


@WITH_AND_WITHOUT
def test_by_words_by_part_of_a_number_and_by_the_applicant(guest: Any, language: str, scripts: bool) -> None:
    said = {"zh": f"凉亭的匾额掉漆了（{scripts}）。", "en": f"The varnish of the pavilion peels off ({scripts})."}[language]
    words = {"zh": ("匾额", "凉亭 掉漆", "匾"), "en": ("pavilions", "varnish peels", "PAVILION")}[language]
    town = Town(guest, language=LANGUAGES[language], scripts=scripts)
    number = town.file(text=said, area="persimmon")
    found = f"main a[href='/desk/case/{number}']"
    page = town.of("lighting")
    for asked in words:
        until(page, f"/desk/find?q={asked}&lang={language}", found)
    digits = number.replace("-", "")
    for part in (digits[:5], digits[3:9], digits[-4:], number[2:9]):
        page.goto("/desk")
        page.locator("#find").fill(part)
        if scripts:
            expect(page.locator(f"#bar-found a[href='/desk/case/{number}']")).to_be_visible()
        page.locator("#find").press("Enter")
        page.wait_for_url("**/desk/find?q=*")
        expect(page.locator(found)).to_have_count(1)
    page.locator("#find").fill(number)
    page.locator("form.find button").click()
    page.wait_for_url(f"**/desk/case/{number}")
    for whose, there in (("张小芳", 1), ("100 0000 0000", 1), ("张小", 0), ("王淑兰", 0)):
        page.goto("/desk/find")
        page.locator("[name=applicant]").fill(whose)
        page.locator(".find__person button").click()
        expect(page.locator("main [role=status]")).to_have_count(1)
        assert "applicant" not in page.url
        assert whose not in page.url
        expect(page.locator(found)).to_have_count(there)
    if scripts:
        judge(page, "nobody's cases", language, words=False)
    page.locator("[name=applicant]").fill("")
    page.locator(".find__person button").click()
    expect(page.locator(".govuk-error-summary")).to_have_count(1)
    if scripts:
        judge(page, "no name", language, words=False)


# -- answering --------------------------------------------------------------------------------------------------------------


@BOTH
def test_the_forms_of_a_librarian_with_their_errors(guest: Any, librarian: Librarian, language: str) -> None:
    librarian.write(f"benches-{language}", title_zh="长椅", text_zh="长椅每年上漆。", title_en="Benches", text_en="| a | b |\n|---|---|\n| 1 | 2 |")
    page = librarian.page
    page.goto(f"/desk/library/new?lang={language}")
    judge(page, "new", language)
    page.locator("main form button:not([name])").first.click()
    expect(page.locator(".govuk-error-summary li")).to_have_count(2)
    page.locator(".govuk-error-summary a").first.click()
    assert page.evaluate("document.activeElement.name") == "code"
    judge(page, "new with errors", language)
    page.goto(f"/desk/library/benches-{language}/change")
    judge(page, "change", language)
    other = page.context.new_page()
    other.goto(f"/desk/library/benches-{language}/change")
    other.locator("[name=text_zh]").fill("长椅每两年上漆。")
    other.locator("main form button:not([name])").first.click()
    other.wait_for_url(f"**/desk/library/benches-{language}")
    other.close()
    page.locator("[name=text_zh]").fill("长椅每三年上漆。")
    page.locator("main form button:not([name])").first.click()
    expect(page.locator("main [role=alert]")).to_have_count(1)
    expect(page.locator("[name=text_zh]")).to_have_value("长椅每三年上漆。")
    judge(page, "somebody was faster", language)
    page.locator("button[name=preview]").click()
    expect(page.locator(".preview")).to_have_count(2)
    judge(page, "preview", language, words=False)
    page.locator(".entry__retire [name=until]").fill("2020-01-01")
    page.locator(".entry__retire button").click()
    expect(page.locator(".govuk-error-summary")).to_have_count(1)
    judge(page, "ended before it began", language)
    page.goto(f"/desk/library/benches-{language}?version=1")
    judge(page, "version", language, words=False)
