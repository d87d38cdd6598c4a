"""The whole way through real pages: filed by a resident, answered by a clerk, read with number and code."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from test_pages import another_matter

TEXT = "我们这条巷子灯黑了三天了。老人晚上不敢下楼倒垃圾，打过一次电话，没见人来。"
ANSWER = "已到现场更换控制器，当晚恢复照明。"


def file_request(page: Page, text: str = TEXT) -> tuple[str, str]:
    """File a request about a dark lamp in 柿子巷 and return number and code."""
    page.goto("/d/nanpu")
    page.fill("input[name=q]", "路灯")
    page.click("main form button, form[role=search] button, .hero button")
    page.click("a[href='/d/nanpu/services/tickets/request']")
    page.click("main form button")
    page.check("input[name=kind][value=help]")
    page.select_option("select[name=category]", "street_lighting")
    page.click("main form button")
    page.check("input[name=urgency][value=urgent]")
    page.click("main form button")
    page.fill("textarea[name=text]", text)
    page.click("main form button")
    page.select_option("select[name=area]", "shizixiang")
    page.fill("input[name=place]", "12 号门口")
    page.click("main form button")
    another_matter(page)
    page.fill("input[name=contact_name]", "张小芳")
    page.fill("input[name=contact_telephone]", "100 0000 1234")
    page.click("main form button")
    expect(page.locator("main")).to_contain_text(text[:12])
    page.click("main form button")
    expect(page).to_have_url(re.compile(r"/done$"))
    shown = page.inner_text("main")
    number = re.search(r"\d{4}-\d{4}-\d{4}", shown)
    assert number
    code = re.search(r"\b(\d{3})\s?(\d{3})\b", shown.replace(number[0], "").split("0000")[0])
    assert code
    return number[0], code[1] + code[2]


@pytest.mark.parametrize(("language", "width", "scripts"), [("zh-CN", 1280, True), ("zh-CN", 375, False), ("en-GB", 320, True)])
def test_a_resident_files_a_clerk_answers_and_number_and_code_show_it(visitor: Any, demo: Any, language: str, width: int, scripts: bool) -> None:
    number, code = file_request(visitor.page(language=language, width=width, scripts=scripts))

    desk = visitor.page(language=language, scripts=scripts)
    clerk = demo.facts["sign_ins"]["clerk"]
    visitor.sign_in(desk, clerk["login"], clerk["password"])
    desk.goto("/desk/department")
    desk.fill("input[name=q]", number)
    desk.press("input[name=q]", "Enter")
    expect(desk).to_have_url(re.compile(f"/desk/case/{number}"))
    expect(desk.locator("body")).not_to_contain_text("张小芳")
    desk.click("a[href*='do=sign']")
    desk.click(f"form[action$='/{number}/sign'] button")
    desk.click("a[href*='do=answer']")
    desk.fill("textarea[name=text]", ANSWER)
    desk.click(f"form[action$='/{number}/answer'] button")
    expect(desk.locator("main")).to_contain_text(ANSWER)

    reader = visitor.page(language=language, width=width, scripts=scripts)
    reader.goto("/track")
    reader.fill("input[name=number]", number.replace("-", " "))
    reader.fill("input[name=code]", code)
    reader.click("main form button")
    expect(reader.locator("main")).to_contain_text(ANSWER)
    expect(reader.locator("main")).to_contain_text("30217")
    reader.click("a[href*='do=add']")
    reader.fill("textarea[name=text]", "谢谢，亮了。")
    reader.click(f"form[action$='/{number}/add'] button")
    expect(reader.locator("main")).to_contain_text("谢谢，亮了。")


def test_everything_can_be_done_by_keyboard(visitor: Any) -> None:
    page = visitor.page()
    page.goto("/d/nanpu/services/tickets/request")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('main form button')"):
            break
    page.keyboard.press("Enter")
    expect(page.locator("input[name=kind]").first).to_be_visible()


def test_the_four_people_get_in(visitor: Any, demo: Any) -> None:
    lands = {"resident": "/my", "clerk": "/desk", "administrator": "/desk", "engineer": "/desk"}
    for who, account in demo.facts["sign_ins"].items():
        page = visitor.page()
        visitor.sign_in(page, account["login"], account["password"])
        expect(page).to_have_url(re.compile(lands[who] + "$"))
    page.goto("/admin")
    expect(page.locator("main")).to_contain_text("tickets")
