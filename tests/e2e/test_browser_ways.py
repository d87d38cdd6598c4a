"""A browser goes every way that a request can go, and files every kind: through the pages that resident, clerk and desk meet."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from test_pages import another_matter

from banshi.testing import PASSWORD

LOGINS = {
    "lighting": "chen",
    "works": "wu",
    "parks": "he",
    "head": "lyu",
    "city": "shi",
    "desk": "zhou",
    "resident": "resident0",
}
TEXT = "The lamp at number 3 has been dark for three days. Old people do not dare to go down at night."
MOST_PAGES = 12
NOT_OURS = {"duty": "List of Duties, 4.2", "text": "It stands on private ground."}
SIGN = ("lighting", "sign", {})
ANSWER = ("lighting", "answer", {"text": "The controller is replaced.", "solved": "yes"})
Step = tuple[str, str, dict[str, Any]]

WAYS: dict[str, tuple[dict[str, Any], list[Step], str]] = {
    "solved and confirmed": ({}, [SIGN, ANSWER, ("resident", "confirm", {"solved": "yes", "rating": "very_satisfied"})], "Settled"),
    "our part is done": (
        {},
        [
            SIGN,
            ("lighting", "pass_on", {"department": "east-works", "text": "The lamp works again; the pavement is theirs."}),
            ("works", "sign", {}),
        ],
        "The lamp works again; the pavement is theirs.",
    ),
    "it cannot be solved here": (
        {"category": "greenery"},
        [("parks", "sign", {}), ("parks", "raise_up", {"line": "trade", "text": "It stands on the railway's land."}), ("city", "sign", {})],
        "It stands on the railway's land.",
    ),
    "the resident does not agree": (
        {},
        [
            SIGN,
            ANSWER,
            (
                "lighting",
                "dispute",
                {"course": "We went twice.", "result": "By rule 7, none.", "opinion": "Still dark.", "suggestion": "One lamp.", "line": "trade"},
            ),
        ],
        "0000-0000-0001",
    ),
    "returned and given to another": (
        {},
        [("lighting", "return", NOT_OURS), ("desk", "dispatch", {"department": "east-works", "text": "Theirs by 4.2."}), ("works", "sign", {})],
        "Theirs by 4.2.",
    ),
    "returned and given back": ({}, [("lighting", "return", NOT_OURS), ("desk", "uphold", {"text": "Yours by 3.1."}), SIGN], "Yours by 3.1."),
    "returned twice and arbitrated": (
        {},
        [
            ("lighting", "return", NOT_OURS),
            ("desk", "dispatch", {"department": "east-works", "text": "Theirs."}),
            ("works", "return", NOT_OURS),
            ("desk", "arbitrate", {"lead": "lighting", "helpers": ["east-works"], "text": "One leads, one helps."}),
            SIGN,
            ("works", "contribute", {"text": "The pavement is mended."}),
            ("lighting", "answer", {"text": "Lamp and pavement are mended.", "solved": "yes"}),
        ],
        "Lamp and pavement are mended.",
    ),
    "asked and replied": (
        {},
        [SIGN, ("lighting", "ask", {"text": "Which pole?"}), ("resident", "reply", {"text": "The third."}), ANSWER],
        "The third.",
    ),
    "told how it goes": ({}, [SIGN, ("lighting", "tell", {"text": "The part comes on Monday."})], "The part comes on Monday."),
    "drafted, sent back, approved": (
        {"category": "greenery"},
        [
            ("parks", "sign", {}),
            ("parks", "draft", {"text": "The tree is cut.", "solved": "yes"}),
            ("head", "send_back", {"text": "Say when."}),
            ("parks", "draft", {"text": "The tree was cut on Monday.", "solved": "yes"}),
            ("head", "approve", {}),
        ],
        "The tree was cut on Monday.",
    ),
    "called back: satisfied": (
        {},
        [SIGN, ANSWER, ("desk", "call_back", {"reached": "yes", "solved": "yes", "rating": "satisfied", "text": "It shines."})],
        "Settled",
    ),
    "called back: done again": (
        {},
        [
            SIGN,
            ANSWER,
            ("desk", "call_back", {"reached": "yes", "solved": "no", "rating": "dissatisfied"}),
            ("lighting", "answer", {"text": "The cable too now.", "solved": "yes"}),
            ("desk", "call_back", {"reached": "yes", "solved": "yes", "rating": "fairly_satisfied"}),
        ],
        "The cable too now.",
    ),
    "called back: no answer": ({}, [SIGN, ANSWER, ("desk", "call_back", {"reached": "no_answer"})], "Answered"),
    "not taken": (
        {},
        [("desk", "decline", {"text": "It is before the court.", "where": "District court, 1 Middle Road"})],
        "District court, 1 Middle Road",
    ),
    "withdrawn": ({}, [SIGN, ("resident", "withdraw", {"text": "It shines again."})], "Withdrawn"),
    "rated badly and taken up again": (
        {},
        [SIGN, ANSWER, ("lighting", "close", {"outcome": "settled"}), ("resident", "rate", {"rating": "very_dissatisfied"})],
        "Being worked on",
    ),
    "taken up again": (
        {},
        [SIGN, ANSWER, ("lighting", "close", {"outcome": "settled"}), ("resident", "reopen", {"text": "It is dark again."})],
        "It is dark again.",
    ),
    "kept from it": (
        {},
        [SIGN, ("lighting", "recuse", {"relation": "neighbour"})],
        "Being worked on",
    ),
}
KINDS = ("consultation", "help", "complaint", "report", "suggestion", "praise")


class Town:
    """Browsers of several people at once, each signed in once."""

    def __init__(self, guest: Any, *, language: str = "en-GB", scripts: bool = True) -> None:
        self.guest, self.language, self.scripts = guest, language, scripts
        self.pages: dict[str, Page] = {}

    def of(self, who: str) -> Page:
        if who not in self.pages:
            width, known = 375 if who == "resident" else 1280, self.guest.signed_in.get(who)
            page = self.guest.page(language=self.language, width=width, scripts=self.scripts, cookies=known)
            if known is None:
                self.guest.sign_in(page, LOGINS[who], PASSWORD)
                self.guest.signed_in[who] = page.context.storage_state()
            self.pages[who] = page
        return self.pages[who]

    def file(self, **data: Any) -> str:
        """Answer whatever the portal asks until there is a number."""
        page = self.of("resident")
        answers = {"kind": "help", "category": "street_lighting", "text": TEXT, "area": "persimmon", "urgency": "urgent"} | data
        page.goto("/d/east/services/tickets/request")
        page.click("main form button[type=submit], main form button:not([type])")
        for _page in range(MOST_PAGES):
            if page.url.endswith("/done"):
                found = re.search(r"\d{4}-\d{4}-\d{4}", page.inner_text("main").replace(" ", ""))
                assert found
                return found[0]
            if page.url.endswith(("?near", "?consult")):
                another_matter(page)
                continue
            fill(page.locator("main form").first, answers)
            page.locator("main form button[type=submit], main form button:not([type])").first.click()
        raise AssertionError(f"never done: {page.url} {page.inner_text('main')}")

    def do(self, who: str, number: str, action: str, data: dict[str, Any]) -> None:
        page = self.of(who)
        where = "/case/" if who == "resident" else "/desk/case/"
        page.goto(f"{where}{number}")
        page.click(f"a[href*='do={action}']")
        form = page.locator(f"form[action$='/{number}/{action}']")
        fill(form, data)
        form.locator("button").first.click()
        expect(page.locator(".govuk-error-summary")).to_have_count(0)


def fill(form: Any, answers: dict[str, Any]) -> None:
    """Answer those of the questions that the form asks."""
    for name, value in answers.items():
        field = form.locator(f"[name='{name}']")
        if not field.count():
            continue
        kind = field.first.evaluate("e => e.tagName === 'INPUT' ? e.type : e.tagName")
        for one in value if isinstance(value, list) else [value]:
            if kind == "SELECT":
                field.select_option(one)
            elif kind in {"radio", "checkbox"}:
                form.locator(f"[name='{name}'][value='{one}']").check()
            else:
                field.fill(one)


@pytest.mark.parametrize("way", WAYS)
def test_a_request_goes_its_way(guest: Any, way: str) -> None:
    filed, steps, seen = WAYS[way]
    position = list(WAYS).index(way)
    town = Town(guest, scripts=position % 2 == 0)
    number = town.file(**filed)
    for who, action, data in steps:
        town.do(who, number, action, data)
    resident = town.of("resident")
    resident.goto(f"/case/{number}")
    expect(resident.locator("main")).to_contain_text(seen)
    for said in ("Say when.", "I live in the same neighbourhood", "The pavement is mended."):
        expect(resident.locator("main")).not_to_contain_text(said)  # what is said among staff stays there


@pytest.mark.parametrize("kind", KINDS)
def test_a_request_of_each_kind_is_filed_and_reaches_who_it_is_for(guest: Any, kind: str) -> None:
    town = Town(guest, language="zh-CN", scripts=kind in {"help", "praise"})
    number = town.file(kind=kind, officer="10001", contact_name="欧阳明月", contact_telephone="100 0000 9753")
    clerk = town.of("lighting")
    clerk.goto(f"/desk/case/{number}")
    shown = clerk.inner_text("main")
    assert ("欧**月" in shown) == (kind != "report")
    assert "9753" in shown or kind == "report"
    if kind == "praise":
        clerk.goto("/desk")
        while number not in clerk.inner_text("main"):  # in the officer's own work, the oldest first
            clerk.click("main a[rel=next]")


def test_danger_to_life_is_told_to_call_at_once(guest: Any) -> None:
    for scripts in (True, False):
        page = guest.page(language="zh-CN", width=320, scripts=scripts)
        page.goto("/d/east/services/tickets/request")
        page.click("main form button")
        fill(page.locator("main form").first, {"kind": "help", "category": "lifts"})
        page.locator("main form button").first.click()
        fill(page.locator("main form").first, {"urgency": "danger"})
        page.locator("main form button").first.click()
        for number in ("110", "119", "120"):
            expect(page.locator("main")).to_contain_text(number)


FOUR_WAYS = ("answer", "pass_on", "raise_up", "dispute")
MOST_BYTES = 150_000


def test_the_four_ways_weigh_little(guest: Any) -> None:
    """Signing in, the case, the forms of the four ways and what the resident reads: all pages and their parts, compressed."""
    town = Town(guest)
    number = town.file()
    town.do("lighting", number, "sign", {})
    weighed: dict[str, int] = {}
    for who in ("lighting", "resident"):
        page = guest.page(language="zh-CN")
        page.on("requestfinished", lambda request: weigh(weighed, request))
        guest.sign_in(page, LOGINS[who], PASSWORD)
        for path in [f"/desk/case/{number}", *(f"/desk/case/{number}?do={way}" for way in FOUR_WAYS)] if who == "lighting" else [f"/case/{number}"]:
            page.goto(path, wait_until="networkidle")
    assert any("do=dispute" in url for url in weighed)
    assert 20_000 < sum(weighed.values()) <= MOST_BYTES, weighed


def weigh(weighed: dict[str, int], request: Any) -> None:
    """Note what an answer weighed on the line, each part once; pictures are left out."""
    if request.resource_type != "image":
        size = request.sizes()["responseBodySize"]
        weighed[request.url] = max(size, weighed.get(request.url, 0))
