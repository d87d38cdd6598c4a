"""A sub-item of each family, its whole way in a browser: what is missing is named once, parts come back, a sealed paper, the register, renewal."""

from __future__ import annotations

import io
import itertools
import os
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from city import Demo
from playwright.sync_api import Locator, Page

from banshi_approvals import papers
from banshi_approvals.papers import Trust

PASSWORD = "yunlan-demo"
WINDOW, REVIEWER, CHIEF, LEADER, INSPECTOR, INSPECTOR_NUMBER, FIRE = "mengchuang", "yanshen", "chengzhang", "luding", "wukan", "64107", "huoan"
COUNT = itertools.count(1)
REASONS = "材料齐全，符合《示例办法》规定的条件；各部门、现场核查和专家的意见均已写明，建议准予许可。"


class Way(NamedTuple):
    """Which sub-item, for whom, who decides, and which parts it has."""

    item: str
    kind: str
    holder: str
    decides: str
    steps: tuple[str, ...] = ("formal",)
    inspection: bool = False
    experts: bool = False
    joint: bool = False


WAYS = (
    Way("pool", "institution", "清波游泳馆", LEADER, inspection=True, experts=True, joint=True),
    Way("clinic-licence", "institution", "云澜同和诊所", CHIEF, ("formal", "substantive"), inspection=True, joint=True),
    Way("maternal-staff", "person", "安小禾", CHIEF, ("formal", "substantive"), experts=True),
)


class People:
    """Everybody who has to do with an application, each at a browser of their own."""

    def __init__(self, visitor: Any) -> None:
        self.visitor, self.at = visitor, {}

    def __call__(self, login: str) -> Page:
        if login not in self.at:
            self.at[login] = self.visitor.page(language="en-GB", scripts=login != INSPECTOR)  # the form on site works without them
            self.visitor.sign_in(self.at[login], login, PASSWORD)
        return self.at[login]

    def act(self, login: str, number: str, action: str, **answers: str) -> Page:
        """Take an action of the desk's page of a case."""
        page = self(login)
        page.goto(f"/desk/case/{number}?do={action}")
        form = page.locator(f"form[action$='/{action}']")
        for name, value in answers.items():
            field = form.locator(f"[name='{name}']").first
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(value)
            elif field.get_attribute("type") in {"radio", "checkbox"}:
                form.locator(f"[name='{name}'][value='{value}']").check()
            else:
                field.fill(value)
        press(form.locator("button").last)
        assert page.locator(".govuk-error-summary").count() == 0, page.locator(".govuk-error-summary").inner_text()
        return page


@pytest.fixture
def people(visitor: Any) -> People:
    return People(visitor)


@pytest.fixture(scope="module")
def paper_of(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function that gives a PDF, or a picture, like no other."""
    folder = tmp_path_factory.mktemp("papers")

    def make(as_pdf: bool = True) -> str:
        from PIL import Image

        out = io.BytesIO()
        number = next(COUNT)
        picture = Image.new("RGB", (40, 40), (number % 255, 80, 80))
        picture.save(out, "PDF", title=str(number)) if as_pdf else picture.save(out, "PNG")
        path = folder / f"paper-{number}.{'pdf' if as_pdf else 'png'}"
        path.write_bytes(out.getvalue())
        return str(path)

    return make


def press(button: Locator) -> None:
    """Send a form, and wait for the page that answers."""
    with button.page.expect_navigation() as coming:
        button.click()
    answer = coming.value
    assert answer is not None
    assert answer.status == 200, button.page.locator("main").inner_text()


def apply(page: Page, way: Way, *, renews: str = "") -> str:
    """File from the catalogue: the situation, the exact list, the form."""
    page.goto(f"/d/nanpu/approvals/item/{way.item}")
    page.get_by_role("link", name="What you need in your situation").click()
    for group in page.locator("main fieldset").all():
        group.locator("input").first.check()
    if page.locator("main fieldset").count():
        press(page.locator("main form button").first)
    assert page.get_by_text("this, and nothing else").count() == 1
    page.get_by_role("link", name="Apply", exact=True).click()
    if page.locator(f"input[name=holder_kind][value={way.kind}]").count():
        page.check(f"input[name=holder_kind][value={way.kind}]")
    page.fill("input[name=holder]", way.holder)
    page.fill("input[name=contact_telephone]", "100 0000 2222")
    if renews:
        page.fill("input[name=renews]", renews)
    press(page.locator("main form button").last)
    found = re.search(r"/case/([\d-]+)/approvals/filed", page.url)
    assert found, page.locator("main").inner_text()[:400]
    return found[1]


def hand_in(page: Page, number: str, paper_of: Any, some: slice) -> None:
    page.goto(f"/case/{number}/approvals/materials")
    for field in page.locator("main input[type=file]").all()[some]:
        field.set_input_files(paper_of("pdf" in (field.get_attribute("accept") or "pdf")))
    press(page.locator("main form button").last)
    assert page.locator(".govuk-error-summary").count() == 0, page.locator(".govuk-error-summary").inner_text()


def inspect(people: People, number: str) -> None:
    """Have the place inspected, on the form of a telephone."""
    page = people.act(REVIEWER, number, "inspect", day=(datetime.now(UTC) + timedelta(days=3)).date().isoformat(), officer=INSPECTOR_NUMBER)
    hrefs = [a.get_attribute("href") or "" for a in page.locator(".panel a").all()]
    shown = [h for h in hrefs if re.fullmatch(r"/desk/case/[\d-]{14}", h)]
    assert shown, page.locator("main").inner_text()
    part = shown[0].rpartition("/")[2]
    there = people(INSPECTOR)
    address = f"/d/nanpu/approvals/inspection/{part}"
    there.goto(address)
    for place in range(there.locator(f"form[action='{address}']").count()):
        form = there.locator(f"form[action='{address}']").nth(place)
        for item in form.locator("fieldset").all():
            item.locator("input[type=radio]").first.check()
        press(form.locator("button").last)
        there.goto(address)
    there.goto(f"/desk/case/{part}?do=conclude")
    form = there.locator("form[action$='/conclude']")
    form.locator("[name=inspector]").fill("吴勘")
    form.locator("[name=on_site]").fill("李店长")
    for name in ("free", "confirmed"):
        form.locator(f"[name={name}]").check()
    press(form.locator("button").last)
    assert "Passed" in there.locator(".case__top").inner_text()


def judge(people: People, number: str) -> None:
    """Call experts, enter their sheets, one of them against it, and end the panel."""
    page = people.act(REVIEWER, number, "call_experts")
    shown = page.locator(".panel a[href*='/desk/panel/']")
    assert shown.count(), page.locator("main").inner_text()
    panel = shown.first.get_attribute("href") or ""
    page.goto(panel)
    for seat in range(page.locator("form[action$='/score']").count()):
        page.goto(panel)
        form = page.locator("form[action$='/score']").nth(seat)
        for points in form.locator("input[name^='points.']").all():
            points.fill(str(75 + 5 * seat))
        form.locator("input[name=opinion]").nth(1 if seat == 0 else 0).check()
        form.locator("[name=reasons]").fill("监测频次偏低")
        press(form.locator("button").last)
    people.act(REVIEWER, panel.rpartition("/")[2], "conclude", reasons="多数同意，少数意见附后")


def answer(people: People, number: str) -> None:
    """Ask the other departments; the fire brigade agrees, with a condition."""
    people.act(REVIEWER, number, "ask_departments")
    there = people(FIRE)
    there.goto("/desk/department")
    listed = {r.get_attribute("href") or "" for r in there.locator("main a[href^='/desk/case/']").all()}
    for href in sorted(h for h in listed if re.fullmatch(r"/desk/case/[\d-]{14}", h)):
        there.goto(href)
        if number.replace("-", "") in there.locator("main").inner_text().replace("-", "") and there.locator("a[href*='do=opine']").count():
            people.act(FIRE, href.rpartition("/")[2], "opine", verdict="agree_if", conditions="增设疏散指示标志")
            return
    raise AssertionError("the fire brigade was not asked")


@pytest.mark.parametrize("way", WAYS, ids=lambda w: w.item)
def test_a_sub_item_of_each_family_travels_its_whole_way(people: People, demo: Demo, way: Way, paper_of: Any, tmp_path: Path) -> None:
    applicant = people("resident7")
    number = apply(applicant, way)
    hand_in(applicant, number, paper_of, slice(0, 2))

    window = people(WINDOW)
    window.goto(f"/d/nanpu/approvals/desk/{number}/ask")
    press(window.locator("main form button").last)  # what is missing is ticked already: everything, at once
    assert "Waiting for missing materials" in window.locator(".case__top").inner_text()
    hand_in(applicant, number, paper_of, slice(2, None))
    people.act(WINDOW, number, "accept")

    for step in way.steps:
        people.act(REVIEWER, number, "check", step=step, found="没有问题")
    if way.inspection:
        inspect(people, number)
    if way.experts:
        judge(people, number)
    if way.joint:
        answer(people, number)
    people.act(REVIEWER, number, "propose", outcome="granted", reasons=REASONS, conditions="按核定的范围开展")
    decided = people.act(way.decides, number, "decide", outcome="granted")
    assert "Granted" in decided.locator(".case__top").inner_text()

    applicant.goto(f"/case/{number}")
    links = [(link.inner_text(), link.get_attribute("href") or "") for link in applicant.locator(".panel a").all()]
    kept = {said.split()[0]: href for said, href in links if re.search(r"/papers/\d+$", href)}
    trust = Trust.from_pem((demo.folder / "demo-seals" / "roots.pem").read_bytes())
    for kind, seal in (("Acceptance", "acceptance"), ("Decision", "decision"), ("Licence", "decision")):
        given = applicant.request.get(demo.url + kept[kind])
        assert given.headers["content-type"] == "application/pdf"
        with ThreadPoolExecutor() as elsewhere:  # the browser's driver holds this thread's event loop
            found = elsewhere.submit(papers.check, given.body(), trust, datetime.now(UTC)).result()
        assert (found.verdict, found.seal) == ("valid", seal), kind
        valid_elsewhere(given.body(), tmp_path)

    guest = people.visitor.page(language="en-GB")
    guest.goto(next(href for said, href in reversed(links) if "/check/" in href))
    assert "Genuine, and it holds" in guest.locator("main").inner_text()
    licence = next(href for _said, href in links if "/approvals/licences/" in href).rpartition("/")[2]
    guest.goto("/d/nanpu/approvals/licences")
    guest.locator("input[name=number]").fill(licence)
    press(guest.locator("main form button").first)
    said = guest.locator("main").inner_text()
    assert licence in said
    assert (way.holder in said) == (way.kind == "institution")  # persons are masked

    near_its_end(demo, licence)
    again = apply(applicant, way, renews=licence)
    assert again != number
    guest.goto(f"/d/nanpu/approvals/licences/{licence}")
    assert "Valid" in guest.locator("main").inner_text()


def valid_elsewhere(pdf: bytes, folder: Path) -> None:
    """Let another program judge the signature, where it is there."""
    if shutil.which("pdfsig") is None:
        assert not os.environ.get("REQUIRE_PDFSIG")
        return
    path = folder / "paper.pdf"
    path.write_bytes(pdf)
    said = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
    assert "Signature is Valid." in said


def near_its_end(demo: Demo, licence: str) -> None:
    """Let the years of a licence pass, but for the last hundred days."""
    socket = (demo.folder / "pgdata" / "postmaster.pid").read_text(encoding="utf8").splitlines()[4]
    with psycopg.connect(f"postgresql://banshi@/banshi?host={socket}&port=5432") as connection:
        connection.execute("update approvals.licence set valid_until = current_date + 100 where number = %s", (licence,))
