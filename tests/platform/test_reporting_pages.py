"""The report as a page, a file, an answer of the API and a command: the same numbers, and behind each of them as many cases as it says."""

from __future__ import annotations

import csv
import html
import io
import json
import random
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import pytest_asyncio
from browsing import Person
from litestar.testing import AsyncTestClient
from sqlalchemy import text
from test_commands import banshi  # noqa: F401 -- a fixture
from test_reporting import history

from banshi.cases import acting, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.db import Connection, Database
from banshi.identity import access
from banshi.reporting import asking, checking
from banshi.testing import MOMENT, Clock, Town, statements
from banshi.web import charts
from banshi.web.site import SESSION_COOKIE

Client = AsyncTestClient[Any]
Sit = Callable[..., Awaitable[Person]]
HOME, CSV, API = "/desk/report", "/desk/report.csv", "/api/v1/report"
ALL = "from=2026-04&to=2026-12"
LINK = re.compile(r'<a href="(/desk/all\?[^"]+)">([\d,]+)</a>')
MARK = re.compile(r'<a href="([^"]+)" tabindex="-1"><title>([^<]+)</title>')
COUNT = re.compile(r"([\d,+]+) in this list")
HEAD = {"authorization": "Bearer token-10007", "accept-language": "en"}


@pytest_asyncio.fixture(loop_scope="session")
async def at_desk(client: Client, database: Database, town: Town, clock: Clock) -> Sit:
    """A function that sits the officer of a staff number down at the desk."""

    async def sit(staff_number: str, language: str = "en") -> Person:
        async with database.transaction() as db:
            token = await access.open_session(db, town.staff[staff_number].person_id or 0, clock())
        client.cookies.set(SESSION_COOKIE, token)
        return Person(client, language)

    return sit


@pytest_asyncio.fixture(loop_scope="session")
async def lived(database: Database, town: Town, wanted: Any) -> None:
    """A city in which much has happened, and that is counted."""
    await history(database, town, wanted, 11, 60, days_ago=30, hours=6, without={"recuse"})
    rng, places = random.Random(3), (("street_lighting", "persimmon", "east"), ("greenery", "persimmon", "east"), ("waste", "pine", "north"))
    officers = {"street_lighting": "10001", "greenery": "10005", "waste": "10004"}
    request = town.house.registry.case_type("tickets.request")

    async def act(db: Connection, who: Any, number: str, action: str, at: datetime, **data: Any) -> None:
        wanted_act = Act(number=number, action=action, form=decode(request.action(action).form, data))
        await acting.act_one(db, town.house, who, wanted_act, at)

    async with database.transaction() as db:
        for n in range(36):
            category, area, district = places[n % 3]
            resident, officer = town.residents[f"resident{n % 3}"], town.staff[officers[category]]
            at = MOMENT - timedelta(days=rng.uniform(1, 200))
            filed = wanted(category=category, area=area, district=district, text=f"Lived {n}.", channel=rng.choice(["web", "telephone", "app"]))
            number = (await opening.open_one(db, town.house, resident, filed, at)).number
            await act(db, officer, number, "sign", at + timedelta(days=rng.uniform(0, 3)))
            if category == "greenery" or n % 6 == 0:
                continue  # its answers are checked first; or it waits
            at += timedelta(days=rng.uniform(3, 9))
            await act(db, officer, number, "answer", at, text="Mended.", solved=rng.choice(["yes", "no"]))
            said = {"solved": rng.choice(["yes", "yes", "no"]), "rating": rng.choice(["", "satisfied", "very_satisfied", "dissatisfied"])}
            await act(db, resident, number, "confirm", at + timedelta(days=1), **said)
    assert (await checking.check(database, town.house)).right


def numbers(drawn: str) -> dict[str, str]:
    return {html.unescape(href): said for href, said in LINK.findall(drawn)}


@pytest.mark.parametrize("by", asking.BYS)
async def test_behind_each_number_are_as_many_cases_as_it_says(at_desk: Sit, lived: None, by: str) -> None:
    somebody = await at_desk("20001")
    page = await somebody.get(f"{HOME}?{ALL}&by={by}")
    found = numbers(page.response.text if by == "department" else page.response.text.split('id="divided"')[1])
    assert len(found) > 10
    for href, said in found.items():
        listed = await somebody.get(href)
        assert listed.status == 200
        assert "left out" not in " ".join(w for w in listed.words if "was left out" in w), href
        counted = COUNT.search(listed.text)
        assert counted is not None
        assert counted[1] == said, href


async def test_a_mark_of_a_picture_leads_where_the_number_beside_it_leads(at_desk: Sit, lived: None) -> None:
    page = await (await at_desk("20001")).get(f"{HOME}?{ALL}")
    marks = {html.unescape(href): title for href, title in MARK.findall(page.response.text)}
    assert len(marks) > 10
    beside = numbers(page.response.text)
    for href, title in marks.items():
        assert href in beside or title.endswith(" 0") or ": 0 cases" in title, (href, title)
        if href in beside:
            assert re.search(rf"\b{beside[href]}\b", title), (title, beside[href])


async def test_a_head_finds_the_cases_of_the_own_department_and_only_the_figures_of_those_below(at_desk: Sit, lived: None, town: Town) -> None:
    page = await (await at_desk("10007")).get(f"{HOME}?{ALL}")
    assert "City Works and below" in page.text
    assert "East Parks" in page.text
    assert "10007" in page.text
    table = page.response.text.split('id="divided"')[1]
    assert "Hot Line" not in table
    assert "Oversight Office" not in table, "who stands above is not for those below"
    somebody = await at_desk("10007")
    for href, said in numbers(page.response.text).items():
        assert "under=city-works%3Aonly" in href
        counted = COUNT.search((await somebody.get(href)).text)
        assert counted is not None
        assert counted[1] == said
    parks = await (await at_desk("10006")).get(f"{HOME}?{ALL}")
    assert numbers(parks.response.text), "nothing lies below: all of it is the own department's"
    for href, said in numbers(parks.response.text).items():
        counted = COUNT.search((await (await at_desk("10006")).get(href)).text)
        assert counted is not None
        assert counted[1] == said


async def test_an_administrator_who_sees_no_case_reads_figures_without_links_to_lists(at_desk: Sit, lived: None) -> None:
    page = await (await at_desk("90001")).get(f"{HOME}?{ALL}")
    assert page.status == 200
    assert numbers(page.response.text) == {}
    assert {html.unescape(h).partition("?")[0] for h, _t in MARK.findall(page.response.text)} <= {HOME}


@pytest.mark.parametrize("staff_number", ["10001", "90002"])
async def test_without_the_right_there_is_no_page_no_file_and_no_menu(at_desk: Sit, staff_number: str) -> None:
    somebody = await at_desk(staff_number)
    for path in (HOME, CSV):
        assert (await somebody.get(path)).status == 403
    assert HOME not in (await somebody.get("/desk")).response.text


async def test_who_is_not_signed_in_is_asked_to(client: Client) -> None:
    assert (await client.get(HOME, follow_redirects=False)).status_code in {302, 303, 401}
    assert (await client.get(API)).status_code == 401


async def test_a_wrong_filter_is_told_with_its_field_and_the_input_is_kept(at_desk: Sit, lived: None) -> None:
    page = await (await at_desk("20001")).get(f"{HOME}?from=2026-99&to=%3Cb%3E&type=x&department=nobody&by=luck")
    assert page.status == 400
    assert page.form(HOME)["fields"]["from"] == ["2026-99"]
    assert "&lt;b&gt;" in page.response.text
    for sentence in ("Write a month like 2026-01.", "There is no such kind of case.", "There is no such department."):
        assert sentence in page.text
    assert (await (await at_desk("10006")).get(f"{HOME}?department=lighting")).status == 404


@pytest.mark.parametrize(
    "query", ["from=%00", "by=%00", "channel=%00", "channel=" + "x" * 500, "type=%ED%A0%80", "from=2026-01&from=2025-01", "department="]
)
async def test_no_address_breaks_it(at_desk: Sit, lived: None, query: str) -> None:
    somebody = await at_desk("20001")
    for path in (HOME, CSV):
        assert (await somebody.get(f"{path}?{query}")).status < 500


async def test_an_empty_city_has_a_page_that_says_so(at_desk: Sit) -> None:
    for language, words in (("en", "Nothing is counted here"), ("zh", "这里没有可统计的件")):
        page = await (await at_desk("20001", language)).get(HOME)
        assert page.status == 200
        assert words in page.text


async def test_four_queries_and_no_case_is_read(at_desk: Sit, client: Client, lived: None) -> None:
    site = client.app.state.site
    somebody = await at_desk("20001")
    await somebody.get(HOME)
    for path in (f"{HOME}?{ALL}", f"{CSV}?{ALL}&by=category"):
        with statements(site.database) as said:
            assert (await somebody.get(path)).status == 200
        assert len(said) <= 4
        assert not any('"case"' in s or "case_event" in s for s in said)


async def test_pictures_are_drawn_from_the_numbers_and_carry_no_style_or_script(at_desk: Sit, lived: None) -> None:
    page = await (await at_desk("20001")).get(f"{HOME}?{ALL}")
    pictures = re.findall(r"<svg class=\"chart.*?</svg>", page.response.text, re.DOTALL)
    assert len(pictures) >= 6
    for picture in pictures:
        tree = ET.fromstring(picture)
        assert not any(name in {"style", "script", "onclick"} for e in tree.iter() for name in (e.tag, *e.attrib))
        assert all(a.find("title") is not None for a in tree.iter("a"))


def test_a_column_is_as_high_as_its_number_and_a_gap_is_no_line() -> None:
    def row(value: float | None) -> charts.Row:
        return charts.Row(label="<b>", marks=(charts.Mark(value=value, title="a & b", href="/x?a=1&b=2"),))

    drawn = str(charts.columns([row(40), row(10), row(0)]))
    heights = [float(h) for h in re.findall(r'chart__mark--1" x="[\d.]+%" y="[\d.]+%" width="[\d.]+%" height="([\d.]+)%"', drawn)]
    assert heights == [charts.BOTTOM - charts.TOP, pytest.approx((charts.BOTTOM - charts.TOP) / 4, abs=0.01)]
    assert "&lt;b&gt;" in drawn
    assert "a &amp; b" in drawn
    line = str(charts.line([row(100), row(None), row(50), row(50)]))
    assert (line.count("chart__dot"), line.count('"chart__line"')) == (3, 1)
    assert "chart" in str(charts.columns([])) + str(charts.line([]))


# -- file, API, command ---------------------------------------------------------------------------------------------------------


async def test_file_api_and_page_say_the_same(client: Client, at_desk: Sit, lived: None) -> None:
    somebody = await at_desk("20001")
    written = (await somebody.get(f"{CSV}?{ALL}&by=department")).response
    assert written.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in written.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(written.text.removeprefix("\ufeff"))))
    answer = (await client.get(f"{API}?{ALL}&by=department", headers=HEAD | {"authorization": "Bearer token-20001"})).json()
    assert (answer["from"], answer["to"], answer["by"]) == ("2026-04", "2026-12", "department")
    said = {line["title"] + (" and below" if line["below"] else ""): line["figures"] for line in answer["lines"]} | {
        "All together": answer["total"]["figures"]
    }
    assert len(rows) == len(said) > 3
    for row in rows:
        figures = said[row["Department"]]
        assert int(row["Received"]) == figures["kernel.received"]["hits"]
        satisfied = figures["tickets.satisfaction"]
        shown = [int(row[f"Satisfaction · {part}"]) for part in ("yes", "of", "left out", "not decided yet")]
        assert shown == [satisfied["hits"], satisfied["of"], satisfied["left_out"], satisfied["pending"]]
    page = await somebody.get(f"{HOME}?{ALL}")
    assert f"{answer['total']['figures']['tickets.satisfaction']['hits']} of {answer['total']['figures']['tickets.satisfaction']['of']}" in page.text


async def test_the_api_tells_what_is_counted_and_refuses_what_is_wrong(client: Client, lived: None, town: Town) -> None:
    answer = (await client.get(f"{API}?by=channel&{ALL}", headers=HEAD | {"accept-language": "zh"})).json()
    measures = {m["name"]: m for m in answer["measures"]}
    assert measures["tickets.satisfaction"]["title"] == "满意率"
    assert "未评价" in measures["tickets.satisfaction"]["left_out"]
    refused = await client.get(f"{API}?from=never&by=luck", headers=HEAD)
    assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json")
    assert {e["pointer"].rpartition("/")[2] for e in refused.json()["errors"]} == {"from", "by"}
    assert (await client.get(API, headers=HEAD | {"authorization": "Bearer token-10001"})).status_code == 403
    assert (await client.get(f"{API}?department=oversight", headers=HEAD)).status_code == 404


async def test_the_command_prints_what_the_api_says_and_checks_it(banshi: Any, fresh_url: str, town: Town, wanted: Any, tmp_path: Path) -> None:  # noqa: F811
    database = Database(fresh_url, pool_size=4)
    try:
        await history(database, town, wanted, 12, 60)
        before = await banshi("report", "check")
        assert (before.status, before.out.startswith("The report is right.")) == (0, True), before
        printed = await banshi("report", "--from", "2026-04", "--to", "2026-12", "--by", "channel", "--json")
        assert printed.status == 0, printed.err
        async with database.transaction() as db:
            cases = (await db.execute(text('select channel, count(*) from kernel."case" group by 1'))).all()
        lines = {line["key"]: line["figures"]["kernel.received"]["hits"] for line in json.loads(printed.out)["lines"]}
        assert lines == {r.channel: r.count for r in cases}
        told = await banshi("report", "--from", "2026-04", "--to", "2026-12")
        assert told.out.splitlines()[-2].startswith("all ")
        wrong = await banshi("report", "--from", "soon")
        assert (wrong.status, "from: Write a month like 2026-01." in wrong.err) == (1, True)
        async with database.transaction() as db:
            await db.execute(text("update kernel.report_cell set cases = cases + 1 where measure = 'kernel.received'"))
        assert (await banshi("report", "check")).status == 1
        mended = await banshi("report", "check", "--rebuild", "--json")
        assert (mended.status, '"rebuilt": true' in mended.out) == (0, True)
        assert (await banshi("report", "check")).status == 0
    finally:
        await database.close()
