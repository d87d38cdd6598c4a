"""A clerk works through a list by keyboard alone, and another without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect
from test_browser_ways import Town
from test_pages import judge


@pytest.fixture
def numbers(guest: Any) -> list[str]:
    """Three lamps that wait for the lighting department, in a list that other tests fill too."""
    town = Town(guest)
    return [town.file(text=f"Keyboard lamp {i}.", area="persimmon") for i in range(3)]


def test_a_list_by_keyboard_alone(guest: Any, numbers: list[str]) -> None:
    page = Town(guest).of("lighting")
    page.goto("/desk/department?order=newest")
    press, focused = page.keyboard.press, "document.activeElement.closest('tr')?.querySelector('[data-tick]')?.value"
    press("j")
    assert page.evaluate(focused) == numbers[2]
    press("j")
    press("x")
    press("j")
    press("x")
    press("k")
    press("j")
    assert page.evaluate(focused) == numbers[0]
    assert page.locator("[data-tick]:checked").count() == 2
    press("k")
    press("Enter")
    page.wait_for_url(f"**/desk/case/{numbers[1]}*")
    assert page.locator("[data-keys-on]").is_checked()
    press("u")
    page.wait_for_url("**/desk/department?order=newest")
    for keys, where in (("gd", "/desk/department"), ("ga", "/desk/all"), ("gm", "/desk")):
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_url(f"**{where}")
    page.keyboard.press("/")
    page.keyboard.type(numbers[0] + "j")  # in a field, letters are letters
    assert page.evaluate("document.activeElement.value") == numbers[0] + "j"
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.locator("details[data-keys]")).to_have_attribute("open", "")
    page.locator("[data-keys-on]").uncheck()
    page.locator("h1").click()
    page.keyboard.press("g")
    page.keyboard.press("d")
    assert page.url.endswith("/desk")
    page.locator("[data-keys-on]").check()


@pytest.mark.parametrize("scripts", [True, False])
def test_many_are_signed_for_at_once_and_the_list_is_kept_as_a_view(guest: Any, numbers: list[str], scripts: bool) -> None:
    town = Town(guest, scripts=scripts)
    page = town.of("lighting")
    page.goto("/desk/department")
    page.locator(".drawer summary").first.click()
    page.select_option("select[name=state]", "new")
    page.click(".drawer__form[method=get] button")
    expect(page.locator(".chips__on")).to_have_count(1)
    page.locator(".drawer summary").nth(1).click()
    title = f"To sign for {scripts}"
    page.fill("input[name=title]", title)
    page.click(".drawer__form[method=post] button")
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator(".views a[aria-current]")).to_contain_text(title)
    if scripts:
        page.locator("[data-tick-all]").check()
        assert page.locator("[data-tick]:checked").count() == page.locator("[data-tick]").count()
    else:
        for number in numbers:
            page.locator(f"input[value='{number}']").check()
    page.select_option("select[name='bulk.action']", "tickets.request:sign")
    page.click(".bulk button")
    if scripts:
        judge(page, "bulk", "en", words=False)
    page.locator("main form button").first.click()
    expect(page.locator(".queue__head [role=status]")).to_contain_text("Refused: 0")
    if scripts:
        judge(page, "bulk done", "en", words=False)
    page.locator("a.govuk-back-link").click()
    for number in numbers:
        expect(page.locator(f"input[value='{number}']")).to_have_count(0)
