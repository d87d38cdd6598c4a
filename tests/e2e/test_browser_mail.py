"""The mail room in a real browser: each page held to the bar in both languages and at both widths, and worked through without scripts."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from test_pages import judge, look

CITY = Path(__file__).parent.parent.parent / "platform" / "banshi" / "cli" / "demo" / "city.toml"
LANGUAGES = {"zh": "zh-CN", "en": "en-GB"}


def intake() -> str:
    staff = tomllib.loads(CITY.read_text(encoding="utf8"))["staff"]
    return str(next(s["login"] for s in staff if "tickets.intake" in s["roles"]))


@pytest.fixture
def desk(visitor: Any, demo: Any) -> Any:
    def sit(language: str, **how: Any) -> Any:
        page = visitor.page(language=LANGUAGES[language], **how)
        visitor.sign_in(page, intake(), demo.facts["sign_ins"]["clerk"]["password"])
        return page

    return sit


@pytest.mark.parametrize(("language", "width"), [("zh", 1280), ("en", 375)])
def test_every_list_and_every_mail(desk: Any, language: str, width: int) -> None:
    page = desk(language, width=width)
    for reason in ("", "no_token", "bad_token", "state", "broken", "automatic", "own", "ended"):
        assert look(page, f"/desk/mail?reason={reason}", language) == 200
    page.goto("/desk/mail")
    hrefs = page.eval_on_selector_all("main a[data-row]", "links => links.map(a => a.getAttribute('href'))")
    assert len(hrefs) >= 5
    for href in hrefs:
        assert page.goto(href).status == 200
        judge(page, href, language, words=False)
    page.locator("form[action$='/close'] button").click()  # nothing chosen, nothing written
    assert page.locator(".govuk-error-summary a").count() == 2
    judge(page, "with errors", language, words=False)


def test_a_mail_is_worked_through_without_scripts(desk: Any) -> None:
    page = desk("en", scripts=False)
    page.goto("/desk/mail?reason=no_token&lang=en")
    page.get_by_role("link", name="谢谢").click()
    assert "井盖问题已经解决了" in page.inner_text("main")
    page.get_by_label("Nothing has to be done").check()
    page.get_by_label("In a word, for colleagues").fill("thanks")
    page.get_by_role("button", name="Close it without a case").click()
    assert page.url.endswith("/desk/mail")
    assert page.get_by_role("link", name="谢谢").count() == 0
    page.goto("/desk/mail?reason=ended")
    page.get_by_role("link", name="谢谢").click()
    assert "Nothing had to be done · thanks" in page.inner_text("main")
    page.get_by_role("button", name="Take it up again").click()
    page.goto("/desk/mail?reason=no_token")
    page.get_by_role("link", name="南浦路小学门口路灯不亮").click()
    page.get_by_role("button", name="File a case from it").click()
    assert "放学时很危险" in page.get_by_label("What happened?").input_value()
