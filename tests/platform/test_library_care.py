"""The library under many hands: two at once, what ended, what changed, what was told on the telephone, who does what, long lists."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from browsing import Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from banshi.cases import numbers, opening
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.errors import Changed, Invalid
from banshi.library import citing, comparing, reading, rendering, writing
from banshi.library.tables import library_settled, library_version
from banshi.library.writing import Draft, Written
from banshi.testing import MOMENT, SECRET, Town, statements

TODAY = date(2026, 11, 23)
SERVICES = frozenset({"tickets.request", "tickets.trouble"})
At = Callable[[str], Awaitable[Person]]
Put = Callable[..., Awaitable[Written]]
LIBRARIAN = "90001"

LAMPS = Draft(
    code="lamp-repair",
    kind="guide",
    district="east",
    department="lighting",
    title={"zh": "路灯不亮怎么办", "en": "A dark street lamp"},
    text={"zh": "路灯不亮，三天内修复。\n\n灯杆上有编号。", "en": "A dark lamp is mended within three days.\n\nThe post has a number."},
    source="照明所",
    valid_from=date(2026, 1, 1),
)


async def put(db: Connection, town: Town, *, based_on: int | None = None, **changes: Any) -> Written:
    draft = msgspec.structs.replace(LAMPS, **changes)
    return await writing.put(db, town.house.directory, town.house.keyring, Actor.SYSTEM, draft, MOMENT, services=SERVICES, based_on=based_on)


@pytest.fixture
def entries(database: Database, town: Town) -> Put:
    """A function that puts an entry into the library."""

    async def add(**changes: Any) -> Written:
        async with database.transaction() as db:
            return await put(db, town, **changes)

    return add


def telephonist(town: Town) -> str:
    return next(n for n, a in town.staff.items() if a.may("tickets.register"))


def officer(town: Town) -> str:
    return next(n for n, a in town.staff.items() if a.department_id == town.department("lighting") and not a.may("tickets.register"))


# -- two at once ------------------------------------------------------------------------------------------------------------------


async def test_two_who_write_the_same_new_entry_at_once_make_one_and_the_second_is_told(entries: Put, database: Database):
    done = await asyncio.gather(*(entries(source=f"{i}", based_on=0) for i in range(6)), return_exceptions=True)
    assert [d.number for d in done if isinstance(d, Written)] == [1]
    assert sum(isinstance(d, Changed) for d in done) == 5
    async with database.transaction() as db:
        assert (await db.execute(select(library_version.c.number))).scalars().all() == [1]


async def test_two_imports_of_the_same_folder_at_once_write_it_once(entries: Put):
    done = await asyncio.gather(*(entries() for _i in range(6)))
    assert sorted((d.number, d.fresh) for d in done) == [(1, False)] * 5 + [(1, True)]


async def test_the_second_of_two_editors_reads_what_the_first_changed(at_desk: At, entries: Put):
    await entries()
    writer = await at_desk(LIBRARIAN)
    first, second = [await writer.get("/desk/library/lamp-repair/change") for _i in range(2)]
    await writer.send(first, "/desk/library/lamp-repair/change", text_en="A dark lamp is mended within two days.\n\nThe post has a number.")
    late = await writer.send(second, "/desk/library/lamp-repair/change", source="The lighting office")
    assert late.status == 409
    assert "What changed meanwhile" in late.text
    assert "gone: A dark lamp is mended within three days." in late.text
    assert "new: A dark lamp is mended within two days." in late.text
    assert late.form("/desk/library/lamp-repair/change")["fields"]["source"] == ["The lighting office"], "what was written is kept"


async def test_the_second_who_makes_the_same_entry_is_shown_the_first_ones(at_desk: At, entries: Put):
    writer = await at_desk(LIBRARIAN)
    page = await writer.get("/desk/library/new")
    await entries()
    late = await writer.send(page, "/desk/library/new", code="lamp-repair", title_en="Lamps", text_en="Mine.")
    assert late.status == 409
    assert "new: A dark lamp is mended within three days." in late.text
    assert late.form("/desk/library/lamp-repair/change")["fields"]["text_en"] == ["Mine."]


async def test_nothing_ends_that_its_ender_did_not_read(at_desk: At, entries: Put, database: Database):
    await entries()
    writer = await at_desk(LIBRARIAN)
    page = await writer.get("/desk/library/lamp-repair/change")
    await entries(source="Another")
    late = await writer.send(page, "/desk/library/lamp-repair/retire", until="2026-11-01")
    assert late.status == 409
    assert "What changed meanwhile" in late.text
    async with database.transaction() as db:
        assert (await reading.entry(db, "lamp-repair", TODAY)).holds


# -- the end ----------------------------------------------------------------------------------------------------------------------


async def test_an_end_set_on_a_page_outlives_the_next_import_and_an_editor_takes_it_back(db: Connection, town: Town):
    await put(db, town)
    await writing.retire(db, town.house.keyring, Actor.SYSTEM, "lamp-repair", date(2026, 11, 1), MOMENT)
    assert await put(db, town) == Written(code="lamp-repair", number=1, fresh=False)
    assert not (await reading.entry(db, "lamp-repair", TODAY)).holds
    assert await put(db, town, based_on=1) == Written(code="lamp-repair", number=2, fresh=True)
    assert (await reading.entry(db, "lamp-repair", TODAY)).holds


async def test_since_when_a_version_no_longer_holds(db: Connection, town: Town):
    await put(db, town)
    await put(db, town, source="2", valid_from=date(2026, 6, 1), valid_until=date(2026, 10, 1))
    await put(db, town, source="3", valid_from=date(2026, 3, 1))
    await put(db, town, source="4", valid_from=date(2027, 1, 1))
    every = await reading.versions(db, (await reading.entry(db, "lamp-repair", TODAY)).entry_id)
    said = {v.number: reading.ended(v, every, TODAY) for v in every}
    assert said == {1: date(2026, 3, 1), 2: date(2026, 6, 1), 3: None, 4: None}
    for version in every:
        row = await reading.entry(db, "lamp-repair", TODAY, version=version.number)
        assert row.holds == (version.valid_from <= TODAY and said[version.number] is None), version
    assert reading.ended(every[0], every, date(2099, 1, 1)) is None


async def test_what_one_version_changed_is_read_beside_it(client: AsyncTestClient[Any], entries: Put):
    await entries()
    await entries(text=LAMPS.text | {"en": "A dark lamp is mended within two days.\n\nThe post has a number."})
    shown = await Person(client).get("/d/east/library/lamp-repair")
    assert "What changed from version 1" in shown.text
    assert "gone: A dark lamp is mended within three days." in shown.text
    assert "What changed" not in (await Person(client).get("/d/east/library/lamp-repair?version=1")).text


def test_a_comparison_shows_what_changed_and_little_around_it():
    before = "\n".join(f"line {i}" for i in range(100))
    after = before.replace("line 7\n", "").replace("line 50", "line fifty")
    assert comparing.lines(before, after) == (
        *(("same", "line 6"), ("gone", "line 7"), ("same", "line 8"), ("skip", "")),
        *(("same", "line 49"), ("gone", "line 50"), ("new", "line fifty"), ("same", "line 51")),
    )
    assert comparing.lines(before, before) == ()


async def test_an_address_that_names_no_version_is_not_found(client: AsyncTestClient[Any], at_desk: At, entries: Put):
    await entries()
    for version in ("abc", "-1", "0", "1.0", "9999999999", "１"):
        assert (await Person(client).get(f"/d/east/library/lamp-repair?version={version}")).status == 404, version
    assert (await (await at_desk("10001")).get("/desk/library/lamp-repair?version=x")).status == 404


async def test_an_entry_says_where_it_holds_when_it_is_read_elsewhere(client: AsyncTestClient[Any], entries: Put):
    await entries()
    await entries(code="city-rule", district="ruan")
    assert "This holds in East, not in North." in (await Person(client).get("/d/north/library/lamp-repair")).text
    for address in ("/d/east/library/lamp-repair", "/d/north/library/city-rule", "/d/ruan/library/lamp-repair"):
        assert "This holds in" not in (await Person(client).get(address)).text, address


@pytest.mark.parametrize("code", ["departments", "new"])
async def test_an_entry_does_not_take_the_address_of_another_page(db: Connection, town: Town, code: str):
    with pytest.raises(Invalid) as refused:
        await put(db, town, code=code)
    assert "code" in refused.value.problems


# -- Markdown ---------------------------------------------------------------------------------------------------------------------


def test_headings_go_down_one_step_at_a_time_whatever_the_author_skipped():
    drawn = rendering.html("### One\n\n###### Two\n\n## Three\n\n#### Four\n\n# Five", below=1)
    assert [drawn[i + 1 : i + 3] for i in range(len(drawn)) if drawn.startswith("<h", i)] == ["h2", "h3", "h2", "h3", "h2"]
    deep = rendering.html("# a\n\n## b\n\n### c\n\n#### d\n\n##### e\n\n###### f", below=2)
    assert "<h6>d</h6>" in deep
    assert "<h6>f</h6>" in deep


def test_each_table_that_scrolls_has_a_name_of_its_own():
    table = "| a | b |\n|---|---|\n| 1 | 2 |\n\n"
    drawn = rendering.html(table + "x\n\n" + table, title='Fees <"here">')
    assert 'aria-label="Fees &lt;&#34;here&#34;&gt; 1"' in drawn
    assert 'aria-label="Fees &lt;&#34;here&#34;&gt; 2"' in drawn


# -- consulting -------------------------------------------------------------------------------------------------------------------


async def begin(visitor: Person, text: str) -> Any:
    address = "/d/east/services/tickets/request"
    page = await visitor.send(await visitor.get(address), address)
    page = await visitor.send(page, address, kind="consultation", category="street_lighting")
    if "urgency" in page.forms[-1]["fields"]:
        page = await visitor.send(page, address, urgency="normal")
    return await visitor.send(page, address, text=text)


@pytest.mark.parametrize("hidden", [{"audience": "staff"}, {"district": "north"}])
async def test_nobody_learns_from_a_guess_what_is_not_for_them(
    client: AsyncTestClient[Any], entries: Put, database: Database, hidden: dict[str, Any]
):
    await entries()
    await entries(code="inside", title={"zh": "内部规程", "en": "Inside rules"}, **hidden)
    visitor = Person(client)
    page = await begin(visitor, "路灯不亮怎么报修？要等几天？")
    form = next(f for f in page.forms if "?consult" in f["action"])
    guessed = await visitor.post(form["action"], form["fields"] | {"settled": ["inside@1"]})
    assert "Where is it?" in guessed.text
    assert "Inside" not in guessed.text
    async with database.transaction() as db:
        assert (await db.execute(select(library_settled))).all() == []


async def test_a_short_entry_is_read_on_the_spot_and_a_long_one_at_its_address(client: AsyncTestClient[Any], entries: Put):
    await entries()
    await entries(code="long", title={"zh": "路灯不亮怎么报修"}, text={"zh": "路灯不亮报修。\n\n" + "很长。\n\n" * 1000})
    page = await begin(Person(client), "路灯不亮怎么报修？要等几天？")
    assert page.response.text.count("Read it here") == 1
    assert {"/d/east/library/lamp-repair", "/d/east/library/long"} <= set(page.links.values())


# -- told on the telephone --------------------------------------------------------------------------------------------------------


async def test_a_caller_who_is_answered_is_counted_once_and_nothing_is_registered(at_desk: At, entries: Put, database: Database, town: Town):
    await entries()
    desk = await at_desk(telephonist(town))
    page = await desk.get("/desk/library/lamp-repair")
    for _press in range(2):
        done = await desk.send(page, "/desk/library/lamp-repair/told")
        assert "Counted: a caller was answered" in done.text
    await desk.send(await desk.get("/desk/library/lamp-repair"), "/desk/library/lamp-repair/told")
    async with database.transaction() as db:
        rows = (await db.execute(select(library_settled))).all()
    assert [(r.channel, r.day) for r in rows] == [("telephone", TODAY)] * 2
    shown = await (await at_desk(LIBRARIAN)).get("/desk/library/lamp-repair")
    assert "2 people were answered by it within a year" in shown.text
    assert "2026-11" in shown.text


async def test_who_takes_no_calls_counts_none_and_what_ended_is_not_counted(at_desk: At, entries: Put, database: Database, town: Town):
    await entries(valid_until=date(2026, 11, 1))
    clerk = await at_desk(officer(town))
    fields = (await clerk.get("/desk/library")).form("/sign-out")["fields"] | {"key": ["abcdefgh"], "version": ["1"]}
    assert (await clerk.post("/desk/library/lamp-repair/told", fields)).status == 403
    desk = await at_desk(telephonist(town))
    assert "It answered a caller" not in (await desk.get("/desk/library/lamp-repair")).text
    fields = (await desk.get("/desk/library")).form("/sign-out")["fields"]
    for more in ({"key": ["abcdefgh"], "version": ["1"]}, {"key": ["x" * 1000], "version": ["1"]}, {}):
        assert (await desk.post("/desk/library/lamp-repair/told", fields | more)).status == 200
    assert (await desk.post("/desk/library/lamp-repair/told", fields | {"key": ["abcdefgh"], "version": ["x"]})).status == 404
    async with database.transaction() as db:
        assert (await db.execute(select(library_settled))).all() == []


async def test_who_registers_looks_it_up_first(at_desk: At, town: Town):
    page = await (await at_desk(telephonist(town))).get("/desk/register")
    assert any(f["action"] == "/desk/library" for f in page.forms)


# -- citing -----------------------------------------------------------------------------------------------------------------------


async def test_what_does_not_hold_where_the_case_is_cannot_be_cited(database: Database, entries: Put, town: Town):
    await entries(district="north")
    await entries(code="city-rule", district="ruan")
    form = town.house.registry.case_type("tickets.request").action("answer").form
    place = town.house.directory.tree[town.district("east")]
    async with database.transaction() as db:
        await citing.check(db, form(text="x", cites=["city-rule@1"]), TODAY, place)
        with pytest.raises(Invalid) as refused:
            await citing.check(db, form(text="x", cites=["lamp-repair@1"]), TODAY, place)
    assert "does not hold where this case is" in str(refused.value.problems["cites"])


async def test_what_a_clerk_finds_in_the_library_is_cited_in_the_case_they_looked_for(
    at_desk: At, entries: Put, database: Database, town: Town, wanted: Any
):
    await entries(code="parks", title={"zh": "公园开放时间", "en": "When parks are open"}, text={"zh": "早六点到晚十点。", "en": "Six to ten."})
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, town.residents["resident0"], wanted(text="路灯不亮，三天了。"), MOMENT)
    number = numbers.show(opened.number)
    address = f"/desk/case/{number}"
    clerk = await at_desk("10001")
    await clerk.send(await clerk.get(f"{address}?do=sign"), f"{address}/sign")
    case = await clerk.get(address)
    assert "parks@1" not in case.response.text, "it is not what the case is about"
    listed = await clerk.get(case.links["Find another one"])
    found = await clerk.get(listed.links["When parks are open"])
    form = await clerk.get(found.links[f"Cite it in case {number}"])
    assert form.form(f"{address}/answer")["fields"]["cites"] == ["parks@1"]
    kept = await clerk.send(form, f"{address}/answer", text="")
    assert kept.status == 400
    assert "When parks are open" in kept.text
    done = await clerk.send(kept, f"{address}/answer", text="晚十点关灯。")
    assert "When parks are open (version 1, valid from 1 Jan 2026)" in done.links
    for nonsense in ("nothing@1", "x", "'", "@", "路灯@1"):
        assert (await clerk.get(f"{address}?cite={nonsense}")).status == 200
        assert (await clerk.get(f"/desk/library?case={nonsense}")).status == 200


# -- who does what ----------------------------------------------------------------------------------------------------------------


async def test_a_department_has_a_page_with_duties_superiors_and_its_rules(client: AsyncTestClient[Any], at_desk: At, entries: Put):
    await entries()
    visitor = Person(client)
    listed = await visitor.get("/d/east/library/departments")
    address = next(h for t, h in listed.links.items() if h.endswith("/departments/lighting"))
    shown = await visitor.get(address)
    for said in ("0000-0000-0004", "Street lamps", "Superior by trade", "A dark street lamp"):
        assert said in shown.text, said
    assert "government's own devices" not in (await visitor.get("/d/east/library/departments/city-works")).text, "that is for staff"
    assert "government's own devices" in (await (await at_desk("10001")).get("/desk/library/departments/city-works")).text
    for missing in ("/d/north/library/departments/east-works", "/d/east/library/departments/nobody"):
        assert (await visitor.get(missing)).status == 404, missing


@pytest.mark.parametrize("asked", ["路灯", "路灯坏了找谁", "street lamps", "lamp"])
async def test_whose_duty_it_is_is_found_by_its_words(client: AsyncTestClient[Any], asked: str):
    visitor = Person(client)
    for address in ("/d/east/library", "/d/east"):
        found = (await visitor.get(f"{address}?q={asked}&lang=en")).links
        assert any(h.endswith("/departments/lighting") for h in found.values()), (address, found)
    assert not any("/departments/" in h for h in (await visitor.get("/d/east/library?q=zzz")).links.values())


async def test_a_sentence_finds_what_it_is_about(client: AsyncTestClient[Any], entries: Put):
    await entries()
    await entries(code="noise", title={"zh": "夜间噪声"}, text={"zh": "晚上十点以后安静。"})
    found = await Person(client).get("/d/east/library?q=我家门口的路灯不亮，编号看不清")
    assert any(h.endswith("/lamp-repair") for h in found.links.values())
    assert not any(h.endswith("/noise") for h in found.links.values())


# -- long lists -------------------------------------------------------------------------------------------------------------------


async def test_a_long_library_is_read_to_its_end_and_each_entry_once(client: AsyncTestClient[Any], database: Database, town: Town):
    async with database.transaction() as db:
        for i in range(120):
            await put(db, town, code=f"{'lamp' if i < 60 else 'rule'}-{i:03}", kind="guide" if i % 2 and i < 60 else "regulation")
    visitor = Person(client)
    seen: list[str] = []
    address = "/d/east/library"
    for _page in range(9):
        page = await visitor.get(address)
        seen += re.findall(r'href="/d/east/library/((?:lamp|rule)-\d+)"', page.response.text)
        if "Further entries" not in page.links:
            break
        address = page.links["Further entries"]
    assert len(seen) == len(set(seen)) == 120
    assert "50+ entries found" in (await visitor.get("/d/east/library?q=lamp")).text
    only = await visitor.get("/d/east/library?kind=guide")
    assert "/library/rule-" not in only.response.text
    for after in ("poem.x", "guide", "guide.' or 1=1", "%00", "x" * 5000):
        assert (await visitor.get(f"/d/east/library?after={after}")).status in {200, 400}, after


async def test_pages_of_the_library_stay_within_their_queries(client: AsyncTestClient[Any], at_desk: At, entries: Put):
    for i in range(30):
        await entries(code=f"lamp-{i}", review_by=date(2026, 1, 1))
    await entries(code="lamp-1", source="2")
    site = client.app.state.site
    for who, paths in (
        (Person(client), ("/d/east/library", "/d/east/library?q=我家门口的路灯不亮", "/d/east/library/lamp-1", "/d/east?q=zzz 路灯")),
        (await at_desk(LIBRARIAN), ("/desk/library", "/desk/library?q=zzz 路灯", "/desk/library/lamp-1", "/desk/library/departments/lighting")),
    ):
        for path in paths:
            await who.get(path)
            with statements(site.database) as said:
                assert (await who.get(path)).status == 200
            assert 2 <= len(said) <= 8, (path, len(said), said)


async def test_a_program_that_asks_for_an_unknown_kind_is_told(client: AsyncTestClient[Any]):
    refused = await client.get("/api/v1/library", params={"kind": "poem"}, headers={"authorization": "Bearer token-10001"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/data/kind")


# -- the command ------------------------------------------------------------------------------------------------------------------


def command(database: Database, *arguments: str | Path) -> tuple[int, str, str]:
    environ = os.environ | {"BANSHI_DATABASE_URL": database.url, "BANSHI_SECRET_KEY": SECRET}
    line = [sys.executable, "-m", "banshi", "library", "import", *map(str, arguments)]
    done = subprocess.run(line, env=environ, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


async def test_the_command_names_each_file_and_ends_with_1_where_one_is_refused(database: Database, town: Town, tmp_path: Path):
    (tmp_path / "lamps.zh.md").write_text("# 路灯\n\n三天内修复。\n", encoding="utf8")
    (tmp_path / "bad.zh.md").write_text('+++\nkind = "poem"\n+++\n# 标题\n\n文字\n', encoding="utf8")
    (tmp_path / "lamps.fr.md").write_text("# Lampes\n\nx\n", encoding="utf8")
    code, out, err = command(database, tmp_path, "--district", "east")
    assert code == 1
    assert "wrote 1, the same 0, refused 2" in out
    assert "bad.zh.md: kind" in err
    assert "lamps.fr.md: 'fr' is no language" in err
    code, out, err = command(database, tmp_path, "--district", "east", "--json")
    said = json.loads(out)
    assert (code, said["written"], said["same"]) == (1, 0, 1)
    assert {r["files"][0] for r in said["refused"]} == {"bad.zh.md", "lamps.fr.md"}
    empty = tmp_path / "empty"
    empty.mkdir()
    code, _out, err = command(database, empty, "--district", "east")
    assert (code, "no entry in" in err) == (1, True)
    assert command(database, tmp_path / "nowhere")[0] == 2


async def test_a_case_that_cites_keeps_the_version_and_says_since_when_it_held(
    at_desk: At, entries: Put, database: Database, town: Town, wanted: Any
):
    await entries()
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, town.residents["resident0"], wanted(text="路灯不亮，三天了。"), MOMENT)
    address = f"/desk/case/{numbers.show(opened.number)}"
    clerk = await at_desk("10001")
    await clerk.send(await clerk.get(f"{address}?do=sign"), f"{address}/sign")
    await clerk.send(await clerk.get(f"{address}?do=answer"), f"{address}/answer", text="修好了。", cites=["lamp-repair@1"])
    await entries(title={"zh": "改了名", "en": "Renamed"}, valid_from=date(2026, 6, 1))
    href = (await clerk.get(address)).links["A dark street lamp (version 1, valid from 1 Jan 2026)"]
    old = await clerk.get(href)
    assert "Cite it in case" not in (await clerk.get(f"{href}&case={address.rpartition('/')[2]}")).text, "what ended is not offered"
    assert "This no longer holds since 1 Jun 2026." in old.text
    assert "A dark street lamp" in old.text
