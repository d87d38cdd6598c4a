"""A day of an operator, twenty calls: registered by keyboard while people talk, followed up by number, added to, called back, given out."""

from __future__ import annotations

import re
import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from test_pages import judge

from banshi.testing import PASSWORD

LONGEST = 90
CALLS: list[dict[str, str]] = [
    {"telephone": "100 0000 2001", "kind": "help", "category": "street_lighting", "text": "巷口的路灯黑了三天了。", "area": "persimmon"},
    {"telephone": "100 0000 2002", "kind": "complaint", "category": "noise", "text": "楼下烧烤摊放音响到半夜一点。", "area": "elm"},
    {"telephone": "100 0000 2003", "kind": "consultation", "category": "welfare", "text": "低保要带什么材料？"},
    {"telephone": "", "kind": "report", "category": "market", "text": "菜场缺斤短两。", "area": "elm"},
    {"telephone": "100 0000 2005", "kind": "help", "category": "water", "text": "今早没通知就停水。", "area": "pine"},
    {"telephone": "100 0000 2006", "kind": "suggestion", "category": "transport", "text": "三路车晚上多开一班。"},
    {"telephone": "100 0000 2007", "kind": "help", "category": "street_lighting", "text": "公园门口两盏灯不亮。", "area": "elm", "place": "东门"},
    {"telephone": "100 0000 2008", "kind": "praise", "category": "street_lighting", "text": "师傅半夜来修灯。", "officer": "10001"},
    {"telephone": "100 0000 2009", "kind": "help", "category": "street_lighting", "text": "路灯一闪一闪。", "area": "persimmon"},
]


class Operator:
    """Somebody with a headset, who has both hands on the keyboard."""

    def __init__(self, page: Page) -> None:
        self.page, self.calls = page, 0

    def enter(self) -> None:
        """Press Enter, and wait for the page that it leads to."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def given(self, element: str) -> None:
        """Wait until the page has given the focus to an element: it does so just after it is drawn."""
        self.page.wait_for_function("css => document.activeElement.matches(css)", arg=element)

    def reach(self, name: str) -> None:
        """Go on by Tab until the field of that name has the focus."""
        for _press in range(20):
            if self.page.evaluate("document.activeElement.name") == name:
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{name} is not reached by Tab")

    def choose(self, name: str, value: str) -> None:
        """Choose an answer of radios or of a select with the arrows."""
        self.reach(name)
        now = "document.activeElement.type === 'radio' ? document.querySelector(`[name=${document.activeElement.name}]:checked`)?.value"
        if self.page.evaluate("document.activeElement.type") == "radio":
            self.page.keyboard.press("Space")
        for _press in range(30):
            if self.page.evaluate(f"({now} : document.activeElement.value) === '{value}'"):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{name} has no {value}")

    def register(self, call: dict[str, str]) -> tuple[str, str]:
        """Register what a caller says, by keyboard alone, and read number and code out."""
        self.calls += 1
        page = self.page
        self.given("[name=telephone]")
        page.keyboard.type(call["telephone"])
        self.enter()
        self.given("#earlier, [name=kind]")
        if page.evaluate("document.activeElement.id") == "earlier":
            page.keyboard.press("Tab")
            page.keyboard.press("Enter")  # "No, it is new"
        self.choose("kind", call["kind"])
        self.choose("category", call["category"])
        for name in ("officer", "text", "area", "place"):
            if name == "area" and name in call:
                self.choose(name, call[name])
            elif name in call:
                self.reach(name)
                page.keyboard.type(call[name])
        self.reach("came_by")
        self.enter()
        expect(page).to_have_url(re.compile("/done$"))
        number = "".join(page.locator(".dictate__number .number span").all_inner_texts())
        code = "".join(page.locator(".dictate__code .number span").all_inner_texts())
        expect(page.locator(".dictate__say")).to_contain_text(" ".join(code[:3]))
        return number, code

    def next_call(self) -> None:
        """From number and code to the next call: the first link after the heading and the department's telephone."""
        self.given("h1")
        self.page.keyboard.press("Tab")
        if self.page.evaluate("document.activeElement.href").startswith("tel:"):
            self.page.keyboard.press("Tab")
        self.enter()
        expect(self.page).to_have_url(re.compile("/desk/register$"))

    def follow_up(self, number: str, *told: str) -> None:
        """Open a case by its number and tell at once what happened, why, and who has it."""
        self.calls += 1
        if self.page.url.endswith("/desk/register"):
            self.given("[name=telephone]")  # which takes a case's number too
        else:
            self.page.keyboard.press("/")
        self.page.keyboard.type(number.replace("-", " "))
        self.enter()
        expect(self.page.locator("h1")).to_be_visible()
        for words in told:
            expect(self.page.locator("main")).to_contain_text(words)

    def act(self, number: str, action: str, **answers: str) -> None:
        """Take one of the case's actions."""
        self.page.click(f"a[href*='do={action}']")
        self.fill(f"form[action$='{number}/{action}']", **answers)

    def fill(self, form: str, **answers: str) -> None:
        for name, value in answers.items():
            field = self.page.locator(f"{form} [name={name}]").first
            if field.get_attribute("type") == "radio":
                self.page.check(f"{form} [name={name}][value={value}]")
            elif field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        self.page.click(f"{form} button[type=submit]")
        expect(self.page.locator(".govuk-error-summary")).to_have_count(0)


def test_twenty_calls_of_an_operator(guest: Any, town_url: str) -> None:
    def clerk(number: str, action: str, **data: str) -> None:
        """The lighting department works meanwhile."""
        headers = {"authorization": "Bearer token-10001"}
        answer = httpx.post(f"{town_url}/api/v1/cases/{number}/actions", headers=headers, json={"action": action, "data": data})
        assert answer.status_code == 200, answer.text

    page = guest.page()
    guest.sign_in(page, "zhou", PASSWORD)
    started = time.monotonic()
    operator = Operator(page)
    page.goto("/desk/register")

    filed = []  # nine calls with something new, by keyboard alone
    for call in CALLS:
        filed.append(operator.register(call))
        if call is CALLS[0]:
            page.emulate_media(media="print")
            sizes = page.evaluate(
                "['number', 'code'].map(n => parseFloat(getComputedStyle(document.querySelector(`.dictate__${n} .number`)).fontSize))"
            )
            assert min(sizes) >= 32, "24 pt on paper"
            expect(page.locator("header")).not_to_be_visible()
            page.emulate_media(media="screen")
        operator.next_call()
    assert len({number for number, _code in filed}) == len(CALLS)
    (lamp, lamp_code), (noise, _), (welfare, _), _report, (water, _), _idea, (gate, _), _praise, (flicker, _) = filed

    for number in (lamp, gate, flicker):
        clerk(number, "sign")
    clerk(lamp, "tell", text="控制器周一到货。")
    clerk(gate, "answer", text="门口两盏灯已换新。")
    clerk(flicker, "answer", text="接头已重新接好。")

    operator.follow_up(lamp, "控制器周一到货。", "照明所", "10001")  # five who only want to know
    operator.follow_up(noise, "东区城市管理局")
    operator.follow_up(gate, "门口两盏灯已换新。")
    operator.follow_up(water, "北区城市管理局", "今早没通知就停水。")
    operator.follow_up(welfare, "低保要带什么材料？", "热线中心")

    operator.follow_up(lamp)  # one adds something: the code proves who they are
    operator.fill("form[action$='/caller']", code=lamp_code)
    page.click("a[href*='caller=add']")
    operator.fill("form[action$='/caller/add']", text="第三根灯杆也不亮了。")
    expect(page.locator("main")).to_contain_text("第三根灯杆也不亮了。")
    expect(page.locator(".story__entry").first).to_contain_text("20001")

    operator.follow_up(gate)  # one is called back and rates
    operator.act(gate, "call_back", reached="yes", solved="yes", rating="very_satisfied", text="亮堂了。")
    expect(page.locator("main")).to_contain_text("亮堂了。")

    operator.follow_up(flicker)  # one does not answer: not rated, tried again another time
    operator.act(flicker, "call_back", reached="no_answer")
    assert page.locator("a[href*='do=call_back']").count() == 1

    operator.follow_up(welfare)  # one goes to the department whose it is
    operator.act(welfare, "dispatch", department="east-works", text="东区先接。")
    expect(page.locator(".work__facts")).to_contain_text("东区城市管理局")

    operator.calls += 1  # one has called before: found by the telephone number
    page.goto("/desk/register")
    operator.given("[name=telephone]")
    page.keyboard.type("10000002002")
    operator.enter()
    operator.given("#earlier")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    operator.enter()
    expect(page).to_have_url(re.compile(f"/desk/case/{noise}"))

    operator.calls += 1  # and one says nothing wrong twice: what is missing is told, nothing is lost
    page.goto("/desk/register")
    operator.given("[name=telephone]")
    operator.enter()
    operator.given("[name=kind]")
    operator.reach("place")
    page.keyboard.type("七号楼")
    operator.enter()
    expect(page.locator(".govuk-error-summary")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    operator.given("[name=kind]")
    assert page.input_value("[name=place]") == "七号楼"

    assert operator.calls == 20
    assert time.monotonic() - started < LONGEST


@pytest.mark.parametrize(("language", "scripts"), [("zh", True), ("en", False)])
def test_the_operators_pages_have_nothing_for_axe_fit_a_telephone_and_need_no_script(guest: Any, language: str, scripts: bool) -> None:
    page = guest.page(language={"zh": "zh-CN", "en": "en-GB"}[language], scripts=scripts)
    guest.sign_in(page, "zhou", PASSWORD)

    def judged(name: str, *, words: bool = True) -> None:
        if scripts:  # axe is one
            judge(page, name, language, words=words)

    page.goto("/desk/register")
    judged("telephone")
    page.fill("[name=telephone]", "12")
    page.click("main form.form button")
    judged("no telephone number")
    page.fill("[name=telephone]", "100 0000 2100")
    page.click("main form.form button")
    judged("questions")
    page.click("main form.form button")
    judged("questions with errors")
    page.check("[name=kind][value=help]")
    page.check("[name=discreet]")
    page.select_option("[name=category]", "street_lighting")
    page.fill("[name=text]", "The lamp is dark.")
    page.select_option("[name=area]", "persimmon")
    page.click("main form.form button")
    judged("number and code")
    code = "".join(page.locator(".dictate__code .number span").all_inner_texts())
    page.click(".dictate__on a:last-child")
    judged("case", words=False)
    page.fill("[name=code]", "000000")
    page.click(".caller form button")
    judged("case with a wrong code", words=False)
    page.fill("[name=code]", code)
    page.click(".caller form button")
    page.click("a[href*='caller=add']")
    judged("case with the resident on the telephone", words=False)
    page.click(".caller form[action$='hang-up'] button")
    expect(page.locator("[name=code]")).to_be_visible()
    page.goto("/desk/answers")
    judged("templates")
    page.fill("[name=title]", f"Thanks {language}")
    page.fill("[name=text]", "Thank you. {department} has it.")
    page.click(".answers__form button")
    page.click(".answers__list li a")
    judged("one template", words=False)
    page.go_back()
    page.go_back()
    page.go_back()
    page.click("a[href*='do=note']")
    page.click(".templates a")
    judged("a template in a form", words=False)
    assert page.input_value("[name=text]").startswith("Thank you. ")
    page.goto("/desk/register")
    page.fill("[name=telephone]", "100 0000 2100")
    page.click("main form.form button")
    judged("earlier cases")
    expect(page.locator(".register__earlier .rows__row")).not_to_have_count(0)
