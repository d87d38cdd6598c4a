"""Handing in: each file to its material, kinds checked, licences as evidence, and everything asked for at once."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from browsing import Person
from catalogue import attached, fill, find, item, said, sweep
from litestar.testing import AsyncTestClient
from sqlalchemy import select, update

from banshi import toolkit
from banshi.cases import acting, opening
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.db import Connection, Database
from banshi.documents.tables import document
from banshi.errors import Invalid
from banshi.fences import faults
from banshi.testing import MOMENT, Clock, Town
from banshi_approvals import wording
from banshi_approvals.application.forms import HandIn
from banshi_approvals.catalogue.content import Grants, Material
from banshi_approvals.models import item_version, licence

PDF = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf000000030001010100c9fe92ef0000000049454e44ae426082"
)
SHOP = item(
    "shop",
    steps=("formal",),
    questions=(),
    materials=(
        Material(code="form", title=said("申请表"), takes="pdf"),
        Material(code="photo", title=said("照片"), takes="picture"),
        Material(code="water", title=said("供水许可证"), licence="water", core=False),
    ),
)
WATER = item("water", decides="window", at_once=True, questions=(), materials=(Material(code="form", title=said("申请表")),))
WATER = msgspec.structs.replace(WATER, grants=Grants(kind="water", title=said("供水许可证"), months=12, prefix="GS"))
FORM = {"holder_kind": "institution", "holder": "云上旅馆", "contact_telephone": "100 0000 0001", "situation": []}


@pytest_asyncio.fixture(loop_scope="session")
async def shelf(database: Database) -> AsyncIterator[None]:
    async with database.transaction() as db:
        await fill(db, SHOP, WATER)
    yield
    async with database.transaction() as db:
        await sweep(db)


@pytest.fixture
def filed(database: Database, town: Town) -> Any:
    async def open_it() -> str:
        declared = town.house.registry.case_type("approvals.application")
        form = decode(declared.form, FORM | {"item": "shop"})
        async with database.transaction() as db:
            wanted = Opening(case_type=declared, district_id=town.district("north"), form=form, channel="web")
            return (await opening.open_one(db, town.house, town.residents["resident0"], wanted, MOMENT)).number

    return open_it


async def materials(database: Database, number: str) -> dict[str, tuple[str, int]]:
    async with database.transaction() as db:
        row = await find(db, number)
    return {m["code"]: (m.get("state", "missing"), len(m.get("documents", ()))) for m in row.facts["materials"]}


async def hand_in(client: AsyncTestClient[Any], page: str, **files: tuple[str, bytes]) -> Any:
    text = (await client.get(page)).text
    action = re.search(r'action="([^"]+materials\?token=[^"]+)"', text)
    key = re.search(r'name="key" value="([^"]+)"', text)
    assert action is not None and key is not None  # noqa: PT018
    return await client.post(action[1].replace("&amp;", "&"), data={"key": key[1]}, files={f"m.{n}": f for n, f in files.items()})


async def test_files_go_to_their_materials_and_the_application_waits_no_more(
    client: AsyncTestClient[Any], shelf: None, filed: Any, database: Database
) -> None:
    number = await filed()
    await Person(client).sign_in("resident0")
    answer = await hand_in(client, f"/case/{number}/approvals/materials", form=("表.pdf", PDF), photo=("照片.png", PNG))
    assert (answer.status_code, answer.url.path.endswith("/approvals/materials")) == (200, True)
    assert await materials(database, number) == {"form": ("given", 1), "photo": ("given", 1), "water": ("missing", 0)}
    assert "照片.png" in answer.text
    assert "已提交。还需提交：1 份。" in answer.text
    assert "已提交。还需提交" not in (await client.get(f"/case/{number}/approvals/materials")).text
    whole = await hand_in(client, f"/case/{number}/approvals/materials", water=("许可证.pdf", PDF))
    assert "已提交，所需材料已齐。" in whole.text
    case = (await client.get(f"/case/{number}?lang=en")).text
    assert "panel-approvals-own_materials" in case
    assert "Handed in" in case


async def test_the_story_and_what_was_filed_say_titles_not_codes_and_the_button_leads_to_the_page(
    client: AsyncTestClient[Any], shelf: None, filed: Any, database: Database, at_desk: Any
) -> None:
    number = await filed()
    await Person(client).sign_in("resident0")
    await hand_in(client, f"/case/{number}/approvals/materials", form=("表.pdf", PDF), photo=("照片.png", PNG))
    case = (await client.get(f"/case/{number}")).text
    assert "申请表；照片" in case
    assert re.search(r"form:\d", case) is None
    assert f'href="/case/{toolkit.show_number(number)}/approvals/materials"' in case
    assert "?do=hand_in" not in case
    clerk = await at_desk("50001")
    desk = (await clerk.get(f"/desk/case/{number}")).text
    assert re.search(r"form:\d|>shop<", desk) is None


async def test_a_case_that_is_called_like_its_sub_item_is_called_so_in_the_readers_language(
    client: AsyncTestClient[Any], shelf: None, filed: Any, database: Database, at_desk: Any
) -> None:
    async with database.transaction() as db:
        version = select(item_version.c.content).where(item_version.c.item == "shop")
        content = (await db.execute(version)).scalar_one() | {"title": {"zh": "许可 shop", "en": "Permit of a shop"}}
        await db.execute(update(item_version).where(item_version.c.item == "shop").values(content=content))
    number = await filed()
    await Person(client).sign_in("resident0")
    mine = {path: (await client.get(path)).text for path in (f"/case/{number}?lang=en", "/my?lang=en", f"/case/{number}?lang=zh")}
    assert ["Permit of a shop" in text for text in mine.values()] == [True, True, False]
    clerk = await at_desk("50001")
    desk = {path: (await clerk.get(path)).text for path in (f"/desk/case/{number}?lang=en", "/desk/department", f"/desk/all?q={number}")}
    assert ["Permit of a shop" in text for text in desk.values()] == [True, True, True]


async def test_words_that_break_leave_the_page_whole_and_the_plugin_named(
    client: AsyncTestClient[Any], shelf: None, filed: Any, monkeypatch: pytest.MonkeyPatch, database: Database
) -> None:
    number = await filed()
    await Person(client).sign_in("resident0")
    await hand_in(client, f"/case/{number}/approvals/materials", form=("表.pdf", PDF))

    def breaks(*_said: Any) -> str:
        raise LookupError("no such word")

    monkeypatch.setattr(wording, "_joined", breaks)
    case = await client.get(f"/case/{number}")
    assert (case.status_code, bool(re.search(r"form:\d", case.text))) == (200, True)
    for _try in range(100):
        async with database.transaction() as db:
            told = [(f.owner, f.name) for f in await faults.read(db)]
        if told:
            break
        await asyncio.sleep(0.05)
    assert ("approvals", "application.wording") in told


async def test_the_wrong_kind_of_file_is_refused_in_words_and_the_right_ones_are_taken(
    client: AsyncTestClient[Any], shelf: None, filed: Any, database: Database
) -> None:
    number = await filed()
    await Person(client).sign_in("resident0")
    answer = await hand_in(client, f"/case/{number}/approvals/materials?lang=en", form=("photo.png", PNG), photo=("photo.png", PNG))
    assert answer.status_code == 400
    assert "photo.png: this material is handed in as PDF." in answer.text
    assert 'href="#m.form"' in answer.text
    assert await materials(database, number) == {"form": ("missing", 0), "photo": ("given", 1), "water": ("missing", 0)}
    nothing = await hand_in(client, f"/case/{number}/approvals/materials")
    unknown = await hand_in(client, f"/case/{number}/approvals/materials", other=("a.pdf", PDF))
    program = await hand_in(client, f"/case/{number}/approvals/materials", water=("a.exe", b"MZ\x90\x00" * 40))
    assert [a.status_code for a in (nothing, unknown, program)] == [400, 400, 400]
    assert (await materials(database, number))["water"] == ("missing", 0)


async def test_a_form_without_its_token_takes_no_file_and_strangers_find_nothing(
    client: AsyncTestClient[Any], shelf: None, filed: Any, database: Database
) -> None:
    number = await filed()
    await Person(client).sign_in("resident0")
    answer = await client.post(f"/case/{number}/approvals/materials", files={"m.form": ("a.pdf", PDF)})
    assert answer.status_code == 403
    await Person(client).sign_in("resident1")
    assert (await client.get(f"/case/{number}/approvals/materials")).status_code == 404
    assert (await materials(database, number))["form"] == ("missing", 0)


async def test_the_window_takes_materials_in_and_asks_once_for_everything_else(
    client: AsyncTestClient[Any], shelf: None, filed: Any, at_desk: Any, database: Database
) -> None:
    number = await filed()
    await at_desk("50001")
    desk = f"/d/north/approvals/desk/{number}"
    case = (await client.get(f"/desk/case/{number}")).text
    assert f"{desk[:-12]}" in case
    asked = (await client.get(f"{desk}/ask")).text
    assert asked.count(" checked") == 3
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', asked))
    short = await client.post(f"{desk}/ask", data=fields | {"fault": ["water"], "reason.water": "还没有"})
    assert short.status_code == 400
    assert 'value="还没有"' in short.text
    fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', short.text))
    sent = await client.post(f"{desk}/ask", data=fields | {"fault": ["form", "photo"], "reason.form": "请盖章"}, follow_redirects=False)
    assert sent.status_code == 303
    async with database.transaction() as db:
        row = await find(db, number)
    assert (row.state, row.facts["corrections"][0]["codes"]) == ("correcting", ["form", "photo"])
    await hand_in(client, f"{desk}/materials", form=("a.pdf", PDF), photo=("b.png", PNG))
    async with database.transaction() as db:
        assert (await find(db, number)).state == "filed"


async def test_the_window_notes_what_lies_on_paper_and_a_resident_cannot(
    client: AsyncTestClient[Any], shelf: None, filed: Any, at_desk: Any, database: Database, town: Town
) -> None:
    number = await filed()
    clerk = await at_desk("50001")
    desk = f"/d/north/approvals/desk/{number}/materials"
    page = (await client.get(desk)).text
    action = re.search(r'action="([^"]+token=[^"]+)"', page)
    assert action is not None
    sent = {"m.photo": ("b.png", PNG)}
    await client.post(action[1].replace("&amp;", "&"), data={"key": "once", "p.form": "true"}, files=sent)
    assert await materials(database, number) == {"form": ("given", 1), "photo": ("given", 1), "water": ("missing", 0)}
    assert "seen at the window" in (await clerk.get(desk)).text
    paper = Act(number=number, action="hand_in", form=HandIn(papers=["form:0"]))
    with pytest.raises(Invalid):
        async with database.transaction() as db:
            await acting.act_one(db, town.house, town.residents["resident0"], paper, MOMENT)


async def test_a_document_of_another_case_is_no_material_of_this_one(shelf: None, filed: Any, database: Database, town: Town) -> None:
    mine, other = await filed(), await filed()
    async with database.transaction() as db:
        foreign = (await attached(db, other, {"papers": ["form:1"]}))["papers"]
        withdrawn = (await attached(db, mine, {"papers": ["form:2"]}))["papers"]
        await db.execute(document.update().where(document.c.id == int(withdrawn[0].removeprefix("form:"))).values(withdrawn=MOMENT))
    for papers in (foreign, withdrawn, ["form:9223372036854775808"]):
        wanted = Act(number=mine, action="hand_in", form=HandIn(papers=papers))
        with pytest.raises(Invalid) as refused:
            async with database.transaction() as db:
                await acting.act_one(db, town.house, town.residents["resident0"], wanted, MOMENT)
        assert "attach it first" in str(refused.value.problems["papers"])
    assert (await materials(database, mine))["form"] == ("missing", 0)


async def test_a_post_elsewhere_finds_nothing(client: AsyncTestClient[Any], shelf: None, filed: Any, at_desk: Any) -> None:
    number = await filed()
    await at_desk("50008")
    assert (await client.get(f"/d/west/approvals/desk/{number}/materials")).status_code == 404
    await at_desk("50004")
    assert (await client.get(f"/d/north/approvals/desk/{number}/ask")).status_code == 403


async def test_a_valid_licence_stands_in_for_a_material_and_an_expired_one_is_refused(db: Connection, town: Town, act: Any, facts: Any) -> None:
    await fill(db, SHOP, WATER)
    declared = town.house.registry.case_type("approvals.application")

    async def apply(code: str, at: Any) -> str:
        wanted = Opening(case_type=declared, district_id=town.district("north"), form=decode(declared.form, FORM | {"item": code}), channel="web")
        return (await opening.open_one(db, town.house, town.residents["resident0"], wanted, at)).number

    granted = await apply("water", MOMENT)
    await act(granted, "resident0", "hand_in", papers=["form:1"])
    await act(granted, "50001", "decide_now", outcome="granted")
    held = (await db.execute(select(licence))).one()
    fresh, late = await apply("shop", MOMENT + timedelta(days=30)), await apply("shop", MOMENT + timedelta(days=400))
    assert (await facts(fresh)).given("water").state == "accepted"
    assert (await facts(late)).given("water").state == "missing"
    with pytest.raises(Invalid) as expired:
        await act(late, "resident0", "show_licence", at=MOMENT + timedelta(days=400), code="water", number=held.number)
    assert "expired on 2027-11-23" in str(expired.value.problems["number"])
    await db.execute(update(licence).values(valid_until=None, state="suspended"))
    with pytest.raises(Invalid):
        await act(late, "resident0", "show_licence", code="water", number=held.number)
    await db.execute(update(licence).values(state="valid"))
    for code, number in (("form", held.number), ("water", "GS00000000")):
        with pytest.raises(Invalid):
            await act(late, "resident0", "show_licence", code=code, number=number)
    await act(late, "resident0", "show_licence", code="water", number=held.number.lower())
    assert (await facts(late)).given("water").state == "accepted"


async def test_an_expired_licence_is_refused_on_the_page_with_what_was_typed(
    client: AsyncTestClient[Any], shelf: None, filed: Any, clock: Clock
) -> None:
    number = await filed()
    person = Person(client)
    await person.sign_in("resident0")
    page = await person.get(f"/case/{number}/approvals/materials")
    fields = page.form(f"/case/{number[:4]}-{number[4:8]}-{number[8:]}/approvals/licence")["fields"]
    refused = await person.post(f"/case/{number}/approvals/licence", fields | {"number": ["GS12345678"]})
    assert refused.status == 400
    assert "There is no such licence of the applicant's" in refused.text
    assert "GS12345678" in refused.response.text
