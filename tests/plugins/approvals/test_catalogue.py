"""The catalogue as data: read from files with every fault at once, drafted, published by one of two, retired without harm to open cases."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from catalogue import OFFICE, SIMPLE, item, said, sweep
from sqlalchemy import select, text

import banshi_approvals
from banshi.cases.book import Houses
from banshi.db import Connection, Database
from banshi.errors import Invalid, NotAllowedNow
from banshi.testing import MOMENT, Town
from banshi_approvals.catalogue import checking, files, importing, keeping, reading
from banshi_approvals.catalogue.content import Asked, Choice, Experts, Material, Question
from banshi_approvals.catalogue.keeping import Hand
from banshi_approvals.models import item_version

TODAY = date(2026, 11, 23)
CHIEF = "50003"

FILE = """
[[matter]]
code = "baths"
family = "places"
title = { zh = "公共浴室", en = "Baths" }

[[item]]
code = "bath"
matter = "baths"
title = { zh = "公共浴室卫生许可", en = "Licence of a bath" }
summary = { zh = "开浴室", en = "Open a bath" }
basis = [{ zh = "《示例办法》第一条", en = "Sample rules, article 1" }]
materials = [{ code = "form", title = { zh = "申请表", en = "Form" } }]
grants = { kind = "bath", title = { zh = "卫生许可证", en = "Licence" }, months = 48, prefix = "YY" }
"""


def hand(db: Connection, town: Town, *, who: str = CHIEF, days: int = 0) -> Hand:
    at = MOMENT + timedelta(days=days)
    return Hand(db=db, vault=town.house.keyring, city=town.house.directory, actor=town.staff[who], at=at, today=TODAY + timedelta(days=days))


async def audited(db: Connection) -> list[str]:
    kinds = await db.execute(text("select kind from kernel.audit_entry where kind like 'approvals.%' order by sequence"))
    return list(kinds.scalars())


# -- files ----------------------------------------------------------------------------------------------------------------


async def test_a_file_becomes_drafts_and_the_same_file_again_changes_nothing(db: Connection, town: Town) -> None:
    first = await importing.run(hand(db, town), files.read(FILE.encode()))
    again = await importing.run(hand(db, town), files.read(FILE.encode()))
    assert (first.matters, first.written, first.same, first.faults) == (1, ("bath",), (), ())
    assert (again.matters, again.written, again.same) == (0, (), ("bath",))
    assert await reading.published(db, "bath", town.district("north"), MOMENT) is None
    assert await audited(db) == ["approvals.matter", "approvals.drafted"]


async def test_a_file_can_be_published_at_once_and_a_changed_item_is_the_next_version(db: Connection, town: Town) -> None:
    await importing.run(hand(db, town), files.read(FILE.encode()), publish=TODAY)
    same = await importing.run(hand(db, town), files.read(FILE.encode()), publish=TODAY)
    changed = await importing.run(hand(db, town, days=3), files.read(FILE.replace("开浴室", "开办浴室").encode()), publish=TODAY + timedelta(days=5))
    assert (same.published, changed.published) == ((), ("bath",))
    north = town.district("north")
    for days, version in ((0, 1), (4, 1), (5, 2)):
        found = await reading.published(db, "bath", north, MOMENT + timedelta(days=days))
        assert found is not None
        assert found.version == version
    rows = await keeping.versions(db, "bath")
    assert [(r.version, r.valid_from, r.valid_until) for r in rows] == [
        (2, TODAY + timedelta(days=5), None),
        (1, TODAY, TODAY + timedelta(days=4)),
    ]


def test_every_fault_of_a_file_is_named_with_its_item_and_field() -> None:
    wrong = """
    strange = 1
    [[matter]]
    code = "baths"
    family = "animals"
    title = { zh = "公共浴室", en = "Baths" }
    [[item]]
    code = "bath"
    matter = "baths"
    title = "公共浴室卫生许可"
    basis = [1]
    statutory = "twenty"
    at_once = 3
    colour = "blue"
    steps = ["formal", "dancing"]
    materials = [{ code = "form", title = { zh = "申请表" }, takes = "scroll" }, "lease"]
    grants = { kind = "bath" }
    [[reform]]
    item = "bath"
    kind = "forgotten"
    basis = "…"
    day = "tomorrow"
    open_cases = "finish"
    """
    book = files.read(wrong.encode())
    assert {(f.item, f.field) for f in book.faults} == {
        *(("", "strange"), ("baths", "family"), ("bath", "title"), ("bath", "summary"), ("bath", "basis"), ("bath", "statutory")),
        *(("bath", "at_once"), ("bath", "colour"), ("bath", "steps"), ("bath", "materials.0.takes"), ("bath", "materials.1")),
        *(("bath", "grants.title"), ("bath", "kind"), ("bath", "day")),
    }
    assert (book.matters, book.items, book.reforms) == ((), (), ())


def test_the_file_in_the_readme_is_one() -> None:
    readme = (Path(banshi_approvals.__file__).parent.parent / "README.md").read_text(encoding="utf8")
    book = files.read(readme.split("```toml")[1].split("```")[0].encode())
    assert book.faults == ()
    assert (len(book.matters), len(book.items), len(book.reforms)) == (1, 1, 1)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"[[item", b"item = 3", b"item = [1]"])
def test_what_is_no_catalogue_is_told_not_raised(content: bytes) -> None:
    assert files.read(content).faults


async def test_where_one_thing_is_wrong_nothing_is_written(db: Connection, town: Town) -> None:
    two = FILE + FILE.split("[[item]]")[1].join(["[[item]]", ""]).replace('"bath"', '"other"', 1).replace('matter = "baths"', 'matter = "none"')
    done = await importing.run(hand(db, town), files.read(two.encode()))
    assert [(f.item, f.field) for f in done.faults] == [("other", "matter")]
    assert (await db.execute(select(item_version).where(item_version.c.item == "bath"))).first() is None
    past = await importing.run(hand(db, town), files.read(FILE.encode()), publish=TODAY - timedelta(days=1))
    assert [f.field for f in past.faults] == ["publish"]


# -- checks ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"basis": ()}, {"basis"}),
        ({"matter": "nowhere"}, {"matter"}),
        ({"statutory": 201, "promised": 0}, {"statutory", "promised"}),
        ({"statutory": 5, "promised": 6}, {"promised"}),
        ({"title": {"zh": "只有中文"}}, {"title"}),
        ({"materials": ()}, {"materials"}),
        (
            {"materials": (Material(code="a b", title=said("一")), Material(code="c", title=said("二"), when={"rented": ("maybe",)}))},
            {"materials.0.code", "materials.1.when"},
        ),
        (
            {"materials": (Material(code="a", title=said("一")), Material(code="a", title=said("二"), when={"owned": ("yes",)}))},
            {"materials.1.code", "materials.1.when"},
        ),
        ({"questions": (Question(name="rented", label=said("？"), choices=(Choice(value="yes", label=said("是")),)),)}, {"questions.0.choices"}),
        ({"steps": ("formal", "joint", "inspection", "experts")}, {"joint", "inspection", "experts"}),
        (
            {"steps": ("formal", "joint"), "joint": (Asked(department="nobody"), Asked(), Asked(duty="fire", workdays=0))},
            {"joint.0.department", "joint.1", "joint.2.workdays"},
        ),
        ({"steps": ("formal", "inspection"), "inspection": "unknown"}, {"inspection"}),
        (
            {"steps": ("formal", "experts"), "experts": Experts(field=" ", number=0, pass_at=101)},
            {"experts.field", "experts.number", "experts.pass_at"},
        ),
        ({"at_once": True, "decides": "office"}, {"at_once"}),
    ],
)
async def test_what_cannot_be_published_is_told_field_by_field(
    db: Connection, town: Town, catalogue: None, changes: dict[str, Any], fields: set[str]
) -> None:
    known = await keeping.known(db, town.house.directory)
    found = checking.faults(item("made", **changes), known)
    assert {f.field for f in found} == fields


async def test_what_is_faulty_stays_a_draft(db: Connection, town: Town, catalogue: None) -> None:
    written = await keeping.draft(hand(db, town), item("made", basis=()))
    with pytest.raises(Invalid) as refused:
        await keeping.publish(hand(db, town), "made", written.version, TODAY)
    assert set(refused.value.problems) == {"basis"}


# -- versions -------------------------------------------------------------------------------------------------------------


async def test_a_published_version_never_changes_and_a_draft_does(db: Connection, town: Town, catalogue: None) -> None:
    first = await keeping.draft(hand(db, town), msgspec.structs.replace(SIMPLE, fee=said("免费")))
    second = await keeping.draft(hand(db, town), msgspec.structs.replace(SIMPLE, fee=said("10 元")))
    assert (first.version, second.version) == (2, 2)
    assert (await reading.version(db, "simple", 1)) == SIMPLE
    held = (await keeping.versions(db, "simple"))[0]
    with pytest.raises(NotAllowedNow, match="Somebody changed"):
        await keeping.draft(hand(db, town), SIMPLE, seen="1.published.0")
    assert (await keeping.draft(hand(db, town), msgspec.structs.replace(SIMPLE, fee=said("20 元")), seen=keeping.mark(held))).version == 2


async def test_what_is_published_is_called_by_its_new_title_in_every_process_at_once(db: Connection, town: Town, catalogue: None) -> None:
    houses = Houses(town.house.registry, town.house.keyring)
    before = (await houses(db)).categories["simple"]
    draft = await keeping.draft(hand(db, town), msgspec.structs.replace(SIMPLE, title=said("新名称")))
    assert (await houses(db)).categories["simple"] == before
    await keeping.publish(hand(db, town), "simple", draft.version, TODAY)
    assert (await houses(db)).categories["simple"] == {"zh": "新名称", "en": "新名称"}


async def test_publishing_needs_today_or_later_and_not_before_what_is_planned(db: Connection, town: Town, catalogue: None) -> None:
    for fee in ("一", "二"):
        draft = await keeping.draft(hand(db, town), msgspec.structs.replace(SIMPLE, fee=said(fee)))
        for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=3)):
            try:
                await keeping.publish(hand(db, town), "simple", draft.version, day if fee == "一" else TODAY)
            except Invalid as refused:
                assert set(refused.problems) == {"day"}
    assert [r.state for r in await keeping.versions(db, "simple")] == ["draft", "published", "published"]


async def test_of_two_who_publish_at_once_one_wins_and_the_other_is_told(database: Database, town: Town) -> None:
    async with database.transaction() as db:
        await importing.run(hand(db, town), files.read(FILE.encode()))

    async def press() -> str:
        try:
            async with database.transaction() as db:
                await keeping.publish(hand(db, town), "bath", 1, TODAY)
        except NotAllowedNow as refused:
            return str(refused)
        return "published"

    said = await asyncio.gather(press(), press())
    async with database.transaction() as db:
        states = [r.state for r in await keeping.versions(db, "bath")]
        await sweep(db)
    assert said.count("published") == 1
    assert any("somebody published it" in one for one in said)
    assert states == ["published"]


async def test_a_sub_item_retired_mid_case_lets_the_case_go_on_and_takes_no_new_one(
    db: Connection, town: Town, apply: Any, act: Any, facts: Any
) -> None:
    number = await apply("office")
    await keeping.retire(hand(db, town), "office")
    with pytest.raises(Invalid) as refused:
        await apply("office")
    assert "item" in refused.value.problems
    await act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    assert (await act(number, "50001", "accept")).state == "examining"
    assert (await facts(number)).version == 1
    assert (await reading.version(db, "office", 1)) == OFFICE
    with pytest.raises(NotAllowedNow):
        await keeping.retire(hand(db, town), "office")


async def test_questions_that_were_tampered_with_are_refused(apply: Any) -> None:
    for situation in (["rented:maybe"], ["rented"], ["owned:yes"], []):
        with pytest.raises(Invalid) as refused:
            await apply("simple", situation=situation)
        assert set(refused.value.problems) == {"situation"}


# -- the command ----------------------------------------------------------------------------------------------------------


def test_the_command_says_what_it_wrote_and_what_is_wrong(fresh_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from click.testing import CliRunner

    from banshi.testing import SECRET
    from banshi_approvals.commands import approvals

    monkeypatch.setenv("BANSHI_DATABASE_URL", fresh_url)
    monkeypatch.setenv("BANSHI_SECRET_KEY", SECRET)
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    good.write_text(FILE, encoding="utf8")
    bad.write_text(FILE.replace('family = "places"', 'family = "animals"'), encoding="utf8")

    def run(*arguments: str) -> Any:
        return CliRunner().invoke(approvals, ["catalogue", "import", *arguments, "--data", str(tmp_path)])

    refused = run(str(bad))
    assert (refused.exit_code, refused.stdout) == (1, "nothing was written: 2 faults\n")
    assert "bad.toml: baths: family: Here belongs one of: persons, institutions, places." in refused.stderr
    assert run(str(good), "--publish", "2099-01-01").stdout == "wrote 1, the same 0, published 1; matters 1, reforms 0\n"
    assert msgspec.json.decode(run(str(good), "--json").stdout)["same"] == ["bath"]
