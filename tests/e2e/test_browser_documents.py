"""In the browser: what a resident adds to their case the clerk sees as a small picture, answers with a file, and takes back what was wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from test_browser_consult import add, locale, photo
from test_browser_ways import Town
from test_pages import judge

LOOKED_AT = os.environ.get("SCREENSHOTS", "")
"""A folder, where somebody wants to look at the pages."""


def shown(page: Page, name: str) -> None:
    if LOOKED_AT:
        page.screenshot(path=Path(LOOKED_AT) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_picture_is_seen_where_the_case_is_read_and_a_wrong_file_is_taken_back(guest: Any, language: str) -> None:
    town = Town(guest, language=locale(language))
    number = town.file(text=f"Pole 0{len(language)}77 hums {language}.")
    name = {"zh": "杆子.jpg", "en": "pole.jpg"}[language]
    page = town.of("resident")
    page.goto(f"/case/{number}/files?lang={language}")
    add(page, name, photo())
    expect(page.locator(".files__by")).to_contain_text({"zh": "您", "en": "You"}[language])
    judge(page, page.url, language)
    shown(page, f"files-resident-{language}")

    clerk = town.of("lighting")
    clerk.goto(f"/desk/case/{number}?lang={language}")
    picture = clerk.locator(".files__picture").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_attribute("alt", {"zh": f"{name} 的预览", "en": f"Preview of {name}"}[language])
    clerk.wait_for_function("document.querySelector('.files__picture').naturalWidth > 0")
    clerk.goto(f"/desk/case/{number}/files")
    add(clerk, "wrong.txt", f"another case {number}".encode())
    expect(clerk.locator(".files__file")).to_have_count(2)
    judge(clerk, clerk.url, language, words=False)
    shown(clerk, f"files-desk-{language}")
    taken = clerk.locator(".files__file", has_text="wrong.txt")
    expect(clerk.locator(".files__file", has_text=name).locator("button")).to_have_count(0)
    taken.locator("button").click()
    expect(clerk.locator(".files__file")).to_have_count(1)

    page.goto(f"/case/{number}")
    expect(page.locator("main")).to_contain_text("wrong.txt")
    expect(page.locator("main .files a", has_text="wrong.txt")).to_have_count(0)
    with page.expect_download() as coming:
        page.locator(".files a", has_text=name).first.click()
    assert coming.value.suggested_filename == name
    assert coming.value.path().read_bytes() == photo()
    judge(page, page.url, language, words=False)
    shown(page, f"story-resident-{language}")
