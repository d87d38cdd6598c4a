"""The library: what holds, what held, what a resident reads before filing, what a clerk cites."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import func, select

from banshi import words
from banshi.audit import audit_entry
from banshi.cases import numbers, opening
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.errors import Changed, Forbidden, Invalid, NotFound
from banshi.library import citing, importing, reading, rendering, writing
from banshi.library.reading import Wanted
from banshi.library.tables import library_settled, library_version
from banshi.library.writing import Draft, Written
from banshi.testing import MOMENT, Clock, Town, statements

TODAY = date(2026, 11, 23)
SERVICES = frozenset({"tickets.request", "tickets.trouble"})
At = Callable[[str], Awaitable[Person]]

LAMPS = Draft(
    code="lamp-repair",
    kind="guide",
    district="east",
    title={"zh": "路灯不亮怎么办", "en": "A dark street lamp"},
    text={"zh": "路灯不亮，三天内修复。\n\n## 编号\n\n灯杆上有编号。", "en": "A dark lamp is mended within three days."},
    source="照明所",
    valid_from=date(2026, 1, 1),
)


async def put(
    db: Connection, town: Town, draft: Draft = LAMPS, *, actor: Actor = Actor.SYSTEM, based_on: int | None = None, **changes: Any
) -> Written:
    draft = msgspec.structs.replace(draft, **changes)
    return await writing.put(db, town.house.directory, town.house.keyring, actor, draft, MOMENT, services=SERVICES, based_on=based_on)


def wanted(town: Town, district: str = "east", **more: Any) -> Wanted:
    return Wanted(district=town.house.directory.tree.find(district), day=TODAY, **more)


async def codes(db: Connection, town: Town, asked: str, district: str = "east", **more: Any) -> list[str]:
    return [r.code for r in await reading.find(db, wanted(town, district, **more), words.terms(asked))]


# -- versions ---------------------------------------------------------------------------------------------------------------


async def test_a_changed_text_is_a_new_version_and_the_same_again_changes_nothing(db: Connection, town: Town):
    assert await put(db, town) == Written(code="lamp-repair", number=1, fresh=True)
    assert await put(db, town) == Written(code="lamp-repair", number=1, fresh=False)
    assert await put(db, town, text={"zh": "两天内修复。"}, title={"zh": "路灯"}) == Written(code="lamp-repair", number=2, fresh=True)
    old, new = [await reading.entry(db, "lamp-repair", TODAY, version=n) for n in (1, 2)]
    assert "三天" in old.text["zh"]
    assert "两天" in new.text["zh"]
    assert (await reading.entry(db, "lamp-repair", TODAY)).number == 2
    kinds = (await db.execute(select(audit_entry.c.body).where(audit_entry.c.kind == "library.written").order_by(audit_entry.c.sequence))).scalars()
    assert [b["version"] for b in kinds] == [1, 2]


async def test_the_latest_version_that_holds_is_the_one(db: Connection, town: Town):
    await put(db, town)
    await put(db, town, text={"zh": "明年起一天内修复。"}, title={"zh": "路灯"}, valid_from=date(2027, 1, 1))
    assert (await reading.entry(db, "lamp-repair", TODAY)).number == 1
    assert (await reading.entry(db, "lamp-repair", date(2027, 1, 1))).number == 2
    assert await codes(db, town, "三天内修复") == ["lamp-repair"]
    assert await codes(db, town, "一天内修复") == []


async def test_what_no_longer_holds_is_not_found_and_can_still_be_read(db: Connection, town: Town):
    await put(db, town)
    await writing.retire(db, town.house.keyring, Actor.SYSTEM, "lamp-repair", date(2026, 11, 22), MOMENT)
    assert await codes(db, town, "路灯") == []
    assert await reading.browse(db, wanted(town)) == []
    assert not (await reading.entry(db, "lamp-repair", TODAY)).holds
    assert (await reading.entry(db, "lamp-repair", date(2026, 11, 22))).holds
    with pytest.raises(Invalid):
        await writing.retire(db, town.house.keyring, Actor.SYSTEM, "lamp-repair", date(2025, 1, 1), MOMENT)
    with pytest.raises(NotFound):
        await writing.retire(db, town.house.keyring, Actor.SYSTEM, "nothing", TODAY, MOMENT)


async def test_what_was_followed_does_not_come_back_when_its_successor_ends(db: Connection, town: Town):
    await put(db, town)
    await put(db, town, text={"zh": "两天内修复。"}, title={"zh": "路灯"}, valid_from=date(2026, 6, 1), valid_until=date(2026, 10, 1))
    assert await codes(db, town, "修复") == []
    assert (await reading.entry(db, "lamp-repair", date(2026, 5, 1))).holds
    assert (await reading.entry(db, "lamp-repair", date(2026, 5, 1))).number == 1
    form = town.house.registry.case_type("tickets.request").action("answer").form(text="x", cites=["lamp-repair@1"])
    with pytest.raises(Invalid):
        await citing.check(db, form, TODAY, town.house.directory.tree[town.district("east")])


async def test_two_editors_the_second_is_told(db: Connection, town: Town):
    await put(db, town, based_on=0)
    await put(db, town, text={"zh": "甲写的。"}, title={"zh": "路灯"}, based_on=1)
    with pytest.raises(Changed):
        await put(db, town, text={"zh": "乙写的。"}, title={"zh": "路灯"}, based_on=1)
    with pytest.raises(Changed):
        await put(db, town, text={"zh": "乙写的。"}, title={"zh": "路灯"}, based_on=0)


async def test_who_may_not_write_does_not(db: Connection, town: Town):
    with pytest.raises(Forbidden):
        await put(db, town, actor=town.staff["10001"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "Lamp Repair"}, "code"),
        ({"code": "../x"}, "code"),
        ({"kind": "poem"}, "kind"),
        ({"audience": "friends"}, "audience"),
        ({"district": "atlantis"}, "district"),
        ({"department": "nobody"}, "department"),
        ({"services": ("tickets.nothing",)}, "services"),
        ({"title": {}, "text": {}}, "title_zh"),
        ({"title": {"zh": "只有标题"}, "text": {}}, "title_zh"),
        ({"title": {"zh": "长" * 121}, "text": {"zh": "x"}}, "title_zh"),
        ({"text": {"zh": "长" * 40_001}, "title": {"zh": "x"}}, "text_zh"),
        ({"valid_until": date(2025, 1, 1)}, "valid_until"),
        ({"source": "x" * 401}, "source"),
    ],
)
async def test_what_is_wrong_is_told_by_field_and_nothing_is_written(db: Connection, town: Town, changes: dict[str, Any], field: str):
    with pytest.raises(Invalid) as refused:
        await put(db, town, **changes)
    assert field in refused.value.problems
    assert (await db.execute(select(func.count()).select_from(library_version))).scalar_one() == 0


# -- finding ----------------------------------------------------------------------------------------------------------------


async def test_an_entry_is_found_where_it_holds_and_below_for_whom_it_is(db: Connection, town: Town):
    await put(db, town)
    await put(db, town, code="city-rule", kind="regulation", district="ruan")
    await put(db, town, code="inside", audience="staff")
    await put(db, town, code="for-trouble", services=("tickets.trouble",))
    assert set(await codes(db, town, "路灯")) == {"lamp-repair", "city-rule", "for-trouble"}
    assert await codes(db, town, "路灯", "north") == ["city-rule"]
    assert "inside" in await codes(db, town, "路灯", staff=True)
    assert await codes(db, town, "路灯", kind="regulation") == ["city-rule"]
    assert "for-trouble" not in await codes(db, town, "路灯", service="tickets.request")
    assert set(await codes(db, town, "dark lamps")) == {"lamp-repair", "city-rule", "for-trouble"}
    for nothing in ("", "   ", "& | !", "x" * 10_000):
        assert await codes(db, town, nothing) == []


async def test_what_is_due_for_review_comes_oldest_first(db: Connection, town: Town):
    await put(db, town, code="a", review_by=date(2026, 10, 1))
    await put(db, town, code="b", review_by=date(2026, 9, 1))
    await put(db, town, code="c", review_by=date(2027, 9, 1))
    await put(db, town, code="d", review_by=date(2026, 9, 1), valid_until=date(2026, 9, 2))
    assert [r.code for r in await reading.due(db, TODAY)] == ["b", "a"]


# -- Markdown ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JAVASCRIPT:alert(1))",
        "[x](data:text/html,hi)",
        "[x](//evil.example/x)",
        "![x](http://example.org/pixel.png)",
        "<a href='javascript:1'>x</a>",
        "[x](vbscript:x)",
    ],
)
def test_nothing_in_a_text_becomes_a_script_a_picture_or_a_foreign_address(text: str):
    drawn = rendering.html(text)
    for danger in ("<script", "<img", "onerror=alert(1)>", 'href="javascript', 'href="data', 'href="//', "<a href='"):
        assert danger not in drawn.lower()


def test_headings_stand_below_the_pages_own_and_tables_scroll():
    drawn = rendering.html("# One\n\n## Two\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[call](tel:12345) [site](https://example.org)")
    assert "<h2>One</h2>" in drawn
    assert "<h3>Two</h3>" in drawn
    assert '<div class="prose__table" role="region" tabindex="0" aria-label="1"><table>' in drawn
    assert 'href="tel:12345"' in drawn
    assert 'href="https://example.org"' in drawn


# -- importing ----------------------------------------------------------------------------------------------------------------

GOOD = """+++
kind = "regulation"
district = "east"
services = ["tickets.request"]
valid_from = 2026-01-01
source = "照明所"
+++

# 照明办法

路灯不亮，三天内修复。
"""


async def test_a_folder_is_imported_and_what_is_wrong_is_told_file_by_file(database: Database, town: Town, tmp_path: Path):
    files = {
        "lamps.zh.md": GOOD,
        "lamps.en.md": "# Lighting rules\n\nA dark lamp is mended within three days.\n",
        "plain.md": "# 没有说明的\n\n也可以。\n",
        "no-title.zh.md": "没有标题。\n",
        "unclosed.zh.md": '+++\nkind = "guide"\n\n# 标题\n\n文字\n',
        "no-toml.zh.md": "+++\nkind = guide\n+++\n# 标题\n\n文字\n",
        "unknown.zh.md": '+++\ncolour = "red"\n+++\n# 标题\n\n文字\n',
        "where.zh.md": '+++\ndistrict = "atlantis"\n+++\n# 标题\n\n文字\n',
        "when.zh.md": '+++\nvalid_from = "soon"\n+++\n# 标题\n\n文字\n',
        "two.zh.md": '+++\nkind = "guide"\n+++\n# 标题\n\n文字\n',
        "two.en.md": '+++\nkind = "regulation"\n+++\n# Title\n\ntext\n',
        "notes.txt": "not an entry",
        "README.md": "How we write these.",
        "departments.md": "# 部门\n\n文字\n",
        "other.fr.md": "# Pas une langue d'ici\n\nx\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf8")
    (tmp_path / "bytes.zh.md").write_bytes(b"# \xff\xfe\n")
    (tmp_path / "broken.zh.md").symlink_to(tmp_path / "gone.md")
    (tmp_path / "folder.md").mkdir()

    async def run() -> dict[str, importing.Result]:
        done = await importing.run(
            database, town.house.directory, town.house.keyring, tmp_path, MOMENT, services=SERVICES, district="ruan", today=TODAY
        )
        return {r.code: r for r in done}

    done = await run()
    assert {c for c, r in done.items() if r.written} == {"lamps", "plain"}
    assert done["lamps"].files == ("lamps.en.md", "lamps.zh.md")
    for code, why in {
        "no-title": "title",
        "unclosed": "missing",
        "no-toml": "TOML",
        "unknown": "colour",
        "where": "district",
        "when": "valid_from",
        "two": "other language",
        "bytes": "UTF-8",
        "other": "'fr' is no language",
        "broken": "cannot be read",
        "folder": "cannot be read",
        "departments": "another page",
    }.items():
        assert why in done[code].fault, done[code]
    async with database.transaction() as db:
        row = await reading.entry(db, "lamps", TODAY)
        assert (row.kind, row.title, list(row.services)) == ("regulation", {"zh": "照明办法", "en": "Lighting rules"}, ["tickets.request"])
    again = await run()
    assert not any(r.written.fresh for r in again.values() if r.written)
    (tmp_path / "plain.md").write_text("# 没有说明的\n\n改了。\n", encoding="utf8")
    assert (await run())["plain"].written == Written(code="plain", number=2, fresh=True)


# -- for residents --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def entries(database: Database, town: Town) -> Callable[..., Awaitable[None]]:
    """A function that puts an entry into the library."""

    async def add(**changes: Any) -> None:
        async with database.transaction() as db:
            await put(db, town, **changes)

    return add


async def test_the_portal_lists_finds_and_shows_what_holds(client: AsyncTestClient[Any], entries: Any):
    await entries()
    await entries(code="inside", audience="staff", title={"zh": "内部路灯", "en": "Inside lamps"})
    visitor = Person(client)
    shown = await visitor.get("/d/east/library")
    assert "A dark street lamp" in shown.text
    assert "Inside lamps" not in shown.text
    assert "<mark>三天</mark>" in (await visitor.get("/d/east/library?q=三天&lang=zh")).response.text
    assert "A dark street lamp" in (await visitor.get("/d/east?q=lamp&lang=en")).text, "the home page's one field finds it, too"
    assert (await visitor.get("/d/north/library?q=lamp")).text.count("A dark street lamp") == 0
    entry = await visitor.get("/d/east/library/lamp-repair")
    assert "three days" in entry.text
    assert "照明所" in entry.text
    for missing in ("/d/east/library/inside", "/d/east/library/nothing", "/d/east/library/lamp-repair?version=9", "/d/atlantis/library"):
        assert (await visitor.get(missing)).status == 404, missing
    offices = await visitor.get("/d/east/library/departments")
    assert "0000-0000-0004" in offices.text
    assert "Street lamps" in offices.text


async def test_an_old_version_says_that_it_no_longer_holds(client: AsyncTestClient[Any], entries: Any, database: Database, town: Town):
    await entries()
    await entries(text={"zh": "两天内修复。", "en": "Within two days."})
    visitor = Person(client)
    old = await visitor.get("/d/east/library/lamp-repair?version=1")
    assert "This no longer holds since 1 Jan 2026." in old.text
    assert old.links["Read what holds today: version 2"] == "/d/east/library/lamp-repair"
    async with database.transaction() as db:
        await writing.retire(db, town.house.keyring, Actor.SYSTEM, "lamp-repair", date(2026, 11, 1), MOMENT)
    gone = await visitor.get("/d/east/library/lamp-repair")
    assert gone.status == 200
    assert "This no longer holds since 2 Nov 2026." in gone.text
    assert "A dark street lamp" not in (await visitor.get("/d/east/library")).text


TEXT = {"kind": "consultation", "category": "street_lighting"}


async def begin(visitor: Person, text: str, **what: str) -> Page:
    """Answer the first pages of a request, up to its words, as far as the next page."""
    page = await visitor.get("/d/east/services/tickets/request")
    page = await visitor.send(page, "/d/east/services/tickets/request")
    page = await visitor.send(page, "/d/east/services/tickets/request", **(TEXT | what))
    if "urgency" in page.forms[-1]["fields"]:
        page = await visitor.send(page, "/d/east/services/tickets/request", urgency="normal")
    return await visitor.send(page, "/d/east/services/tickets/request", text=text)


async def test_a_consultation_that_reading_answers_is_settled_at_once_and_counted_once(
    client: AsyncTestClient[Any], entries: Any, database: Database
):
    await entries()
    visitor = Person(client)
    page = await begin(visitor, "路灯不亮怎么报修？要等几天？")
    assert "This may already answer it" in page.text
    assert "A dark street lamp" in page.text
    form = next(f for f in page.forms if "?consult" in f["action"])
    done = [await visitor.post(form["action"], form["fields"] | {"settled": ["lamp-repair@1"]}) for _press in range(2)]
    for end in done:
        assert end.status == 200
        assert "Nothing had to be filed" in end.text
    async with database.transaction() as db:
        rows = (await db.execute(select(library_settled))).all()
    assert [(r.service, r.channel, r.day) for r in rows] == [("tickets.request", "web", TODAY)]
    back = await visitor.get(form["action"].replace("?consult", ""))
    assert "Nothing had to be filed" in back.text, "nothing that was written is left"


async def test_who_is_not_answered_goes_on_and_is_not_asked_again(client: AsyncTestClient[Any], entries: Any, database: Database):
    await entries()
    visitor = Person(client)
    page = await begin(visitor, "路灯不亮怎么报修？要等几天？")
    form = next(f for f in page.forms if "?consult" in f["action"])
    page = await visitor.post(form["action"], form["fields"] | {"settled": [""]})
    assert "Where is it?" in page.text
    address = form["action"].replace("?consult", "")
    again = await visitor.send(await visitor.get(address), "/d/east/services/tickets/request")
    assert "Where is it?" in again.text
    changed = await visitor.send(await visitor.get(address), "/d/east/services/tickets/request", text="路灯不亮，灯杆上没有编号。")
    assert "This may already answer it" in changed.text, "other words are asked for again"
    async with database.transaction() as db:
        assert (await db.execute(select(func.count()).select_from(library_settled))).scalar_one() == 0


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("公园里的长椅坏了。", {}),
        ("路灯不亮，有人偷电线。", {"kind": "report"}),
        ("路灯修得又快又好！", {"kind": "praise"}),
    ],
)
async def test_nothing_is_shown_where_nothing_fits_or_it_would_be_out_of_place(
    client: AsyncTestClient[Any], entries: Any, text: str, what: dict[str, str]
):
    await entries()
    visitor = Person(client)
    page = await visitor.get("/d/east/services/tickets/request")
    page = await visitor.send(page, "/d/east/services/tickets/request")
    page = await visitor.send(page, "/d/east/services/tickets/request", **(TEXT | what))
    while "text" not in page.forms[-1]["fields"]:
        page = await visitor.send(
            page, "/d/east/services/tickets/request", **({"urgency": "normal"} if "urgency" in page.forms[-1]["fields"] else {})
        )
    page = await visitor.send(page, "/d/east/services/tickets/request", text=text)
    assert "This may already answer it" not in page.text


async def test_what_no_longer_holds_is_not_offered_before_filing(client: AsyncTestClient[Any], entries: Any):
    await entries(valid_until=date(2026, 11, 22))
    page = await begin(Person(client), "路灯不亮怎么报修？要等几天？")
    assert "This may already answer it" not in page.text


async def test_a_version_that_nobody_was_shown_settles_nothing(client: AsyncTestClient[Any], entries: Any, database: Database):
    await entries()
    visitor = Person(client)
    page = await begin(visitor, "路灯不亮怎么报修？要等几天？")
    form = next(f for f in page.forms if "?consult" in f["action"])
    page = await visitor.post(form["action"], form["fields"] | {"settled": ["nothing@1"]})
    assert "Where is it?" in page.text
    async with database.transaction() as db:
        assert (await db.execute(select(func.count()).select_from(library_settled))).scalar_one() == 0


async def test_filing_with_the_library_costs_a_handful_of_queries(client: AsyncTestClient[Any], entries: Any):
    for i in range(30):
        await entries(code=f"lamp-{i}")
    visitor = Person(client)
    page = await begin(visitor, "路灯不亮怎么报修？要等几天？")
    form = next(f for f in page.forms if "?consult" in f["action"])
    with statements(client.app.state.site.database) as said:
        await visitor.get(form["action"])
    assert 2 < len(said) <= 8, said


# -- citing ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def lamp(database: Database, town: Town, wanted: Any) -> Callable[[], Awaitable[str]]:
    async def file() -> str:
        async with database.transaction() as db:
            opened = await opening.open_one(db, town.house, town.residents["resident0"], wanted(text="路灯不亮，三天了。"), MOMENT)
        return f"/desk/case/{numbers.show(opened.number)}"

    return file


async def test_a_clerk_cites_what_holds_and_the_version_stays(
    at_desk: At, entries: Any, lamp: Any, client: AsyncTestClient[Any], database: Database, town: Town
):
    await entries()
    await entries(code="inside", audience="staff", title={"zh": "内部路灯规程", "en": "Inside lamps"})
    address = await lamp()
    clerk = await at_desk("10001")
    await clerk.send(await clerk.get(f"{address}?do=sign"), f"{address}/sign")
    page = await clerk.get(f"{address}?do=answer")
    assert "A dark street lamp" in page.text
    assert "lamp-repair@1" in page.response.text
    done = await clerk.send(page, f"{address}/answer", text="修好了。", cites=["lamp-repair@1", "inside@1"])
    assert done.status == 200
    assert "Rule cited:" in done.text
    await entries(text={"zh": "两天内修复。", "en": "Within two days."})
    assert (await clerk.get(address)).links["A dark street lamp (version 1, valid from 1 Jan 2026)"] == "/desk/library/lamp-repair?version=1"
    resident = Person(client)
    await resident.sign_in("resident0")
    own = await resident.get(address.replace("/desk", ""))
    assert own.links["A dark street lamp (version 1, valid from 1 Jan 2026)"] == "/d/east/library/lamp-repair?version=1"
    assert "Inside lamps" not in own.text
    assert "three days" in (await resident.get("/d/east/library/lamp-repair?version=1")).text


@pytest.mark.parametrize("cited", ["nothing@1", "lamp-repair@7", "old@1", "x", "lamp-repair@1' or 1=1", "路灯@1"])
async def test_what_is_not_there_or_no_longer_holds_cannot_be_cited(at_desk: At, entries: Any, lamp: Any, cited: str):
    await entries()
    await entries(code="old", valid_until=date(2026, 11, 1))
    address = await lamp()
    clerk = await at_desk("10001")
    await clerk.send(await clerk.get(f"{address}?do=sign"), f"{address}/sign")
    page = await clerk.get(f"{address}?do=answer")
    refused = await clerk.send(page, f"{address}/answer", text="修好了。", cites=[cited])
    assert refused.status == 400
    assert refused.form(f"{address}/answer")["fields"]["text"] == ["修好了。"]
    assert "修好了" not in (await clerk.get(address)).text


async def test_a_program_cites_as_a_clerk_does(client: AsyncTestClient[Any], entries: Any, lamp: Any):
    await entries()
    number = (await lamp()).rpartition("/")[2]
    headers = {"authorization": "Bearer token-10001"}
    actions = f"/api/v1/cases/{number}/actions"
    await client.post(actions, json={"action": "sign"}, headers=headers)
    wrong = await client.post(actions, json={"action": "answer", "data": {"text": "好了", "cites": ["nothing@1"]}}, headers=headers)
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (400, "/data/cites")
    many = await client.post(actions, json={"action": "answer", "data": {"text": "好了", "cites": ["lamp-repair@1"] * 6}}, headers=headers)
    assert many.status_code == 400
    right = await client.post(actions, json={"action": "answer", "data": {"text": "好了", "cites": ["lamp-repair@1"]}}, headers=headers)
    assert right.status_code == 200


async def test_a_program_finds_and_reads_entries_and_their_versions(client: AsyncTestClient[Any], entries: Any):
    await entries()
    await entries(text={"zh": "两天内修复。", "en": "Within two days."})
    await entries(code="inside", audience="staff", district="north", title={"zh": "内部路灯"}, text={"zh": "规程"})
    headers = {"authorization": "Bearer token-10001"}
    found = (await client.get("/api/v1/library", params={"q": "路灯", "district": "east"}, headers=headers)).json()["items"]
    assert [(e["cite"], e["holds"]) for e in found] == [("lamp-repair@2", True)]
    every = (await client.get("/api/v1/library", headers=headers)).json()["items"]
    assert {e["code"] for e in every} == {"lamp-repair", "inside"}
    old = (await client.get("/api/v1/library/lamp-repair", params={"version": 1}, headers=headers)).json()
    assert (old["version"], old["holds"], "three days" in old["text"]["en"]) == (1, False, True)
    for path, status in (("/nothing", 404), ("/lamp-repair?version=9", 404), ("/lamp-repair?version=0", 400), ("?district=atlantis", 400)):
        assert (await client.get("/api/v1/library" + path, headers=headers)).status_code == status, path
    assert (await client.get("/api/v1/library")).status_code == 401


async def test_a_reviewed_answer_keeps_what_its_draft_cites(at_desk: At, entries: Any, database: Database, town: Town, wanted: Any):
    await entries(title={"zh": "公园树木养护"}, text={"zh": "树倒了两天内清走。"})
    async with database.transaction() as db:
        opened = await opening.open_one(db, town.house, town.residents["resident0"], wanted(text="公园的树倒了。", category="greenery"), MOMENT)
    address = f"/desk/case/{numbers.show(opened.number)}"
    there = [n for n, a in town.staff.items() if a.department_id == town.department("parks")]
    head = next(n for n in there if town.staff[n].may("tickets.review"))
    officer = await at_desk(next(n for n in there if n != head))
    await officer.send(await officer.get(f"{address}?do=sign"), f"{address}/sign")
    await officer.send(await officer.get(f"{address}?do=draft"), f"{address}/draft", text="已清走。", cites=["lamp-repair@1"])
    reviewer = await at_desk(head)
    done = await reviewer.send(await reviewer.get(f"{address}?do=approve"), f"{address}/approve")
    assert done.text.count("Rule cited:") == 2, "with the draft, and with the answer that went"


async def test_the_case_page_stays_within_its_queries(at_desk: At, entries: Any, lamp: Any, client: AsyncTestClient[Any]):
    for i in range(12):
        await entries(code=f"lamp-{i}")
    address = await lamp()
    clerk = await at_desk("10001")
    await clerk.send(await clerk.get(f"{address}?do=sign"), f"{address}/sign")
    page = await clerk.get(f"{address}?do=answer")
    await clerk.send(page, f"{address}/answer", text="修好了。", cites=["lamp-1@1"])
    for path in (address, f"{address}?do=dispute", f"{address}?do=note"):
        with statements(client.app.state.site.database) as said:
            assert (await clerk.get(path)).status == 200
        assert 4 < len(said) <= 8, (path, len(said), said)


def test_a_citation_is_read_strictly():
    assert citing.parse("lamp-repair@12") == ("lamp-repair", 12)
    for wrong in ("lamp-repair", "@1", "lamp@", "lamp@-1", "Lamp@1", "lamp@1234567", "lamp@1 "):
        assert citing.parse(wrong) is None


# -- writing on pages ------------------------------------------------------------------------------------------------------------


async def test_a_librarian_writes_previews_and_ends_an_entry(at_desk: At, client: AsyncTestClient[Any], database: Database, clock: Clock):
    writer = await at_desk("90001")
    page = await writer.get("/desk/library/new")
    filled = {"code": "noise", "title_zh": "夜间噪声", "text_zh": "# 时间\n\n22 点以后 <b>安静</b>。", "source": "管理局"}
    preview = await writer.send(page, "/desk/library/new", preview="yes", **filled)
    assert "How it will look" in preview.text
    assert "<h3>时间</h3>" in preview.response.text, "below the title of the preview"
    assert "<b>安静" not in preview.response.text
    assert (await writer.get("/desk/library/noise")).status == 404, "a preview writes nothing"
    done = await writer.send(preview, "/desk/library/new")
    assert str(done.response.url).endswith("/desk/library/noise")
    first = await writer.get("/desk/library/noise/change")
    second = await writer.get("/desk/library/noise/change")
    assert (await writer.send(first, "/desk/library/noise/change", text_zh="21 点以后安静。")).status == 200
    late = await writer.send(second, "/desk/library/noise/change", text_zh="20 点以后安静。")
    assert late.status == 409
    assert late.form("/desk/library/noise/change")["fields"]["text_zh"] == ["20 点以后安静。"]
    assert (await writer.send(late, "/desk/library/noise/change")).status == 200, "having read it, the second may write on"
    assert "Version 3" in (await writer.get("/desk/library/noise")).text
    ended = await writer.send(await writer.get("/desk/library/noise/change"), "/desk/library/noise/retire", until=TODAY.isoformat())
    assert ended.status == 200
    wrong = await writer.send(await writer.get("/desk/library/noise/change"), "/desk/library/noise/retire", until="soon")
    assert wrong.status == 400
    clock.forward(days=2)
    assert "no longer holds" in (await (await at_desk("90001")).get("/desk/library/noise")).text


async def test_what_a_librarian_forgets_is_told_and_the_rest_kept(at_desk: At):
    writer = await at_desk("90001")
    page = await writer.get("/desk/library/new")
    wrong = await writer.send(page, "/desk/library/new", code="Noise!", title_zh="夜间噪声", text_zh="", valid_from="tomorrow", source="管理局")
    assert wrong.status == 400
    wrong = await writer.send(page, "/desk/library/new", code="Noise!", title_zh="夜间噪声", text_zh="", source="管理局")
    assert wrong.status == 400
    assert wrong.form("/desk/library/new")["fields"]["source"] == ["管理局"]
    assert "lower-case" in wrong.text


async def test_other_staff_read_and_do_not_write(at_desk: At, entries: Any):
    await entries(audience="staff")
    clerk = await at_desk("10001")
    assert "A dark street lamp" in (await clerk.get("/desk/library")).text
    assert (await clerk.get("/desk/library/departments")).status == 200
    assert (await clerk.get("/desk/library/lamp-repair")).status == 200
    for path in ("/desk/library/new", "/desk/library/lamp-repair/change"):
        assert (await clerk.get(path)).status == 403
    token = (await clerk.get("/desk/library")).form("/sign-out")["fields"]
    assert (await clerk.post("/desk/library/lamp-repair/retire", token | {"until": ["2026-11-23"]})).status == 403


async def test_how_many_were_answered_is_shown_to_who_writes(at_desk: At, entries: Any, client: AsyncTestClient[Any]):
    await entries()
    visitor = Person(client)
    page = await begin(visitor, "路灯不亮怎么报修？要等几天？")
    form = next(f for f in page.forms if "?consult" in f["action"])
    await visitor.post(form["action"], form["fields"] | {"settled": ["lamp-repair@1"]})
    assert "1 people were answered by it" in (await (await at_desk("90001")).get("/desk/library/lamp-repair")).text
