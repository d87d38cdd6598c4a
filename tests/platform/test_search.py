"""What cases say is found by whoever may see it, and by nobody else; how a like matter was answered is shown beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from browsing import Page, Person
from litestar.testing import AsyncTestClient
from sqlalchemy import select

from banshi import app
from banshi.audit import audit_entry
from banshi.cases import acting, numbers, opening
from banshi.cases.acting import Act
from banshi.cases.book import Houses
from banshi.cases.decoding import decode
from banshi.cases.tables import case_event
from banshi.contracts import Actor
from banshi.db import Connection, Database
from banshi.errors import NotFound
from banshi.jobs import relay
from banshi.jobs.relay import settled
from banshi.search import finding, indexing
from banshi.search.tables import case_words
from banshi.testing import MOMENT, Town, statements

LATER = MOMENT + timedelta(hours=1)


class Record:
    """A few cases, their words kept up with them."""

    def __init__(self, db: Connection, town: Town, wanted: Any) -> None:
        self.db, self.town, self.house, self.wanted = db, town, town.house, wanted
        self.at = MOMENT

    async def file(self, text: str, *, who: str = "resident0", received: Any = None, **data: Any) -> str:
        wanted = self.wanted(text=text, **data)
        opened = await opening.open_one(self.db, self.house, self.town.residents[who], msgspec.structs.replace(wanted, received=received), self.at)
        await self.keep_up()
        return opened.number

    async def act(self, who: str, number: str, action: str, **data: Any) -> None:
        self.at += timedelta(minutes=1)
        actor = self.town.residents.get(who) or self.town.staff[who]
        form = decode(self.house.registry.case_type("tickets.request").action(action).form, data)
        await acting.act_one(self.db, self.house, actor, Act(number=number, action=action, form=form), self.at)
        await self.keep_up()

    async def keep_up(self) -> None:
        ids = (await self.db.execute(select(case_event.c.case_id).distinct())).scalars().all()
        await indexing.index(self.db, self.house, ids)

    async def found(self, asked: str, who: str | Actor = "10001") -> list[str]:
        actor = who if isinstance(who, Actor) else self.town.staff.get(who) or self.town.residents[who]
        return [r.number for r in (await finding.find(self.db, self.house, actor, asked, self.at)).rows]


@pytest.fixture
def record(db: Connection, town: Town, wanted: Any) -> Record:
    return Record(db, town, wanted)


# -- what is found -----------------------------------------------------------------------------------------------------


async def test_a_case_is_found_by_title_text_place_category_and_street(record: Record):
    number = await record.file("巷口的灯不亮。The pram cannot pass.", place="柿树里 3 号门口")
    other = await record.file("树倒了。")
    for asked in ("巷口", "灯", "pram", "prams pass", "门口", "路灯", "street lighting", "榆树街道", "Persimmon", "巷口 pram", "persim", "巷口 pra"):
        assert number in await record.found(asked), asked
    assert await record.found("树倒") == [other]
    assert await record.found("巷口 树倒") == []


async def test_a_case_is_found_by_its_number_and_by_any_part_of_it(record: Record):
    number = await record.file("灯坏了。")
    for asked in (number, numbers.show(number), number[:4], number[3:9], number[-4:], number[:4] + " " + number[4:8]):
        assert number in await record.found(asked), asked
    printed = numbers.show(number)
    for end in range(6, len(printed)):
        assert number in await record.found(printed[:end]), "typed as it is printed, sign by sign"
    assert number in await record.found(printed[2:9])
    assert number not in await record.found("0000" if "0000" not in number else "9999")


async def test_digits_with_dashes_in_a_text_are_still_found_as_they_stand(record: Record):
    number = await record.file("合同 2026-11-23 在 3-1204 室签。")
    for asked in ("2026-11-23", "3-1204"):
        assert number in await record.found(asked), asked


async def test_what_was_said_afterwards_is_found_too(record: Record):
    number = await record.file("灯坏了。")
    await record.act("10001", number, "sign")
    await record.act("10001", number, "answer", text="已更换镇流器，今晚恢复照明。", basis="照明办法第五条")
    await record.act("resident0", number, "add", text="还有一盏在水井边")
    for asked in ("镇流器", "照明办法", "水井"):
        assert await record.found(asked) == [number], asked


async def test_what_only_staff_read_is_not_found_by_the_resident(record: Record):
    number = await record.file("灯坏了。")
    await record.act("10001", number, "note", text="配件缺货，询过供应商")
    assert await record.found("供应商") == [number]
    assert await record.found("供应商", "resident0") == []
    assert await record.found("灯坏", "resident0") == [number]


async def test_a_resident_finds_their_own_cases_only(record: Record):
    await record.file("灯坏了。", who="resident1")
    assert await record.found("灯坏", "resident0") == []
    assert await record.found("灯坏", Actor(capacity="resident")) == []


async def test_personal_answers_are_not_among_the_words(record: Record):
    await record.file("灯坏了。", contact_name="欧阳翠花", contact_telephone="100 0000 7777")
    for asked in ("欧阳", "翠花", "7777", "sealed"):
        assert await record.found(asked, "20001") == [], asked
    written = (await record.db.execute(select(case_words.c.words))).scalars().all()
    assert not any("翠花" in w or "sealed" in w for w in written)


async def test_a_case_of_another_department_is_not_found(record: Record):
    tree = await record.file("树倒在路上。", category="greenery")
    assert await record.found("树倒", "10001") == []
    assert await record.found("树倒", "20001") == [tree], "the intake desk sees all of its district"


async def test_whoever_a_case_was_handed_to_finds_it_and_the_old_department_no_longer_does(record: Record):
    number = await record.file("树枝挡住了灯。")
    assert await record.found("树枝") == [number]
    await record.act("10001", number, "sign")
    await record.act("10001", number, "pass_on", department="east-works", text="要先修剪")
    assert await record.found("树枝", "10001") == []
    assert await record.found("树枝", "20001") == [number]


async def test_an_officer_never_finds_their_own_case(record: Record, town: Town):
    clerk = town.staff["10001"]
    own = Actor(capacity="resident", person_id=clerk.person_id)
    await opening.open_one(record.db, record.house, own, record.wanted(text="我家门前灯坏了。"), record.at)
    await record.keep_up()
    assert await record.found("门前", "10001") == []


async def test_an_index_that_lags_behind_shows_nothing_that_may_not_be_seen(record: Record):
    number = await record.file("树枝挡住了灯。")
    record.keep_up = _never  # type: ignore[method-assign]
    await record.act("10001", number, "sign")
    await record.act("10001", number, "pass_on", department="east-works", text="要先修剪")
    assert await record.found("树枝", "10001") == []


async def _never() -> None:
    return None


async def test_the_title_weighs_more_than_the_text_and_the_new_more_than_the_old(record: Record):
    in_text = await record.file("路面坏了。旁边的消防栓也漏水。")
    in_title = await record.file("消防栓漏水。")
    old = await record.file("消防栓漏水。", received=MOMENT - timedelta(days=700))
    assert await record.found("消防栓") == [in_title, old, in_text] or await record.found("消防栓") == [in_title, in_text, old]
    assert (await record.found("消防栓 漏水"))[0] == in_title


@pytest.mark.parametrize("asked", ["", "   ", "& | ! :*", "<-> (", "\x00", "'#d1'", "a" * 10_000, '\'; drop table kernel."case"; --'])
async def test_blanks_operators_and_nonsense_find_nothing_and_break_nothing(record: Record, asked: str):
    number = await record.file("灯坏了。")
    assert await record.found(asked) == []
    assert await record.found(asked + " 灯坏") in ([], [number])


async def test_a_question_of_ten_thousand_characters_is_asked_by_its_beginning(record: Record):
    number = await record.file("灯坏了。")
    assert await record.found("灯坏 " * 3_000) == [number]


async def test_where_it_was_found_is_shown(record: Record):
    number = await record.file("灯坏了。")
    await record.act("10001", number, "sign")
    await record.act("10001", number, "answer", text="前面的话。" * 30 + "镇流器已更换。")
    found = await finding.find(record.db, record.house, record.town.staff["10001"], "镇流器", record.at)
    assert "镇流器" in found.shown[found.rows[0].id]


async def test_more_than_are_shown_is_said(record: Record):
    for i in range(5):
        await record.file(f"灯坏了 {i}。")
    found = await finding.find(record.db, record.house, record.town.staff["10001"], "灯坏", record.at, most=3)
    assert len(found.rows) == 3
    assert found.more


# -- how a like matter was answered -------------------------------------------------------------------------------------


async def test_beside_a_case_stands_how_a_like_one_was_answered(record: Record, town: Town):
    solved = await record.file("柿子巷的路灯黑了，老人害怕。")
    await record.act("10001", solved, "sign")
    await record.act("10001", solved, "answer", text="已更换灯泡。")
    unlike = await record.file("电线杆歪了。")
    await record.act("10001", unlike, "sign")
    await record.act("10001", unlike, "answer", text="已扶正。")
    await record.file("路灯黑了，没人修。")  # not answered: nothing to learn from yet
    number = await record.file("纺机厂门口路灯黑了三天。")
    row = (await finding.find(record.db, record.house, town.staff["10001"], number, record.at)).rows[0]
    alike = await finding.like(record.db, record.house, town.staff["10001"], row, record.at)
    assert [r.number for r in alike] == [solved]
    assert finding.answer_of(record.house, alike[0]) == "已更换灯泡。"
    assert await finding.answer(record.db, record.house, town.staff["10001"], solved) == "已更换灯泡。"


async def test_like_cases_are_those_of_ones_own_department_of_the_whole_district_and_nobody_elses(record: Record, town: Town):
    solved = await record.file("柿子巷的路灯黑了，老人害怕。", received=MOMENT - timedelta(days=200))
    await record.act("10001", solved, "sign")
    await record.act("10001", solved, "answer", text="已更换灯泡。")
    number = await record.file("纺机厂门口路灯黑了三天。")
    row = (await finding.find(record.db, record.house, town.staff["10001"], number, record.at)).rows[0]
    oversight = next(o.staff_number for o in town.officers("tickets.oversight"))
    parks = _of(town, "parks")[0]

    async def seen_by(actor: Actor) -> list[str]:
        return [r.number for r in await finding.like(record.db, record.house, actor, row, record.at)]

    assert await seen_by(town.staff["10001"]) == [solved]
    assert await seen_by(town.staff[oversight]) == [solved]
    assert await seen_by(town.staff[parks]) == []
    assert await seen_by(town.residents["resident0"]) == []
    assert await seen_by(Actor.SYSTEM) == []


async def test_a_like_case_is_found_behind_many_that_are_not(record: Record, town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(finding, "LIKE_TRIED", 3)
    old = await record.file("柿子巷的路灯黑了，老人害怕。", received=MOMENT - timedelta(days=90))
    newer = [await record.file(f"电线杆歪了 {n}。", received=MOMENT - timedelta(days=n)) for n in range(1, 6)]
    for number in (old, *newer):
        await record.act("10001", number, "sign")
        await record.act("10001", number, "answer", text="已处理。")
    number = await record.file("纺机厂门口路灯黑了三天。")
    row = (await finding.find(record.db, record.house, town.staff["10001"], number, record.at)).rows[0]
    assert [r.number for r in await finding.like(record.db, record.house, town.staff["10001"], row, record.at)] == [old]


async def test_of_many_like_cases_the_most_alike_of_the_newest_are_shown_each_once(record: Record, town: Town, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(finding, "LIKE_TRIED", 4)
    solved = [await record.file(f"路灯黑了，{'很久' * n}。", received=MOMENT - timedelta(days=7 * n)) for n in range(1, 9)]
    for number in solved:
        await record.act("10001", number, "sign")
        await record.act("10001", number, "answer", text="已更换灯泡。")
    number = await record.file("纺机厂门口路灯黑了三天。")
    row = (await finding.find(record.db, record.house, town.staff["10001"], number, record.at)).rows[0]
    alike = [r.number for r in await finding.like(record.db, record.house, town.staff["10001"], row, record.at, most=6)]
    assert len(alike) == len(set(alike)) == 6
    assert set(alike) <= set(solved)
    assert set(solved[:3]) <= set(alike)


async def test_an_answer_that_was_checked_by_a_reviewer_is_the_one_that_went(record: Record, town: Town):
    number = await record.file("公园的树枯了。", category="greenery")
    officer, head = _of(town, "parks")
    await record.act(officer, number, "sign")
    await record.act(officer, number, "draft", text="将补种三棵。")
    await record.act(head, number, "approve")
    assert await finding.answer(record.db, record.house, town.staff["20001"], number) == "将补种三棵。"


async def test_the_answer_of_a_case_that_may_not_be_seen_is_not_given(record: Record, town: Town):
    number = await record.file("公园的树枯了。", category="greenery")
    with pytest.raises(NotFound):
        await finding.answer(record.db, record.house, town.staff["10001"], number)


def _of(town: Town, department: str) -> tuple[str, str]:
    there = [n for n, a in town.staff.items() if a.department_id == town.department(department)]
    head = next(n for n in there if town.staff[n].may("tickets.review"))
    return next(n for n in there if n != head), head


# -- kept up by the relay ------------------------------------------------------------------------------------------------


async def test_the_relay_keeps_the_words_up_and_doing_it_again_changes_nothing(database: Database, town: Town, wanted: Any):
    consumer = app.searching(Houses(town.house.registry, town.house.keyring))
    async with database.transaction() as db:
        opened = await opening.open_many(db, town.house, town.residents["resident0"], [wanted(text=f"灯 {i} 坏了。") for i in range(3)], MOMENT)
    assert await settled(database)
    async with database.transaction() as db:
        assert await relay.feed(db, consumer) == 3
    async with database.transaction() as db:
        found = await finding.find(db, town.house, town.staff["10001"], "坏了", MOMENT)
        assert {r.number for r in found.rows} == {o.number for o in opened}
        before = (await db.execute(select(case_words.c.case_id, case_words.c.words))).all()
        await indexing.index(db, town.house, [r.case_id for r in before])
        assert (await db.execute(select(case_words.c.case_id, case_words.c.words))).all() == before


# -- the pages ------------------------------------------------------------------------------------------------------------

At = Callable[[str], Awaitable[Person]]
FRAGMENT = {"HX-Request": "true", "HX-Target": "bar-found"}


@pytest.fixture
def filed(database: Database, town: Town, wanted: Any) -> Callable[..., Awaitable[str]]:
    """A function that files a request, keeps the words up, and gives its number."""

    async def file(text: str, *, who: str = "resident0", **data: Any) -> str:
        async with database.transaction() as db:
            opened = await opening.open_one(db, town.house, town.residents[who], wanted(text=text, **data), MOMENT)
        assert await settled(database)
        async with database.transaction() as db:
            await relay.feed(db, app.searching(Houses(town.house.registry, town.house.keyring)))
        return opened.number

    return file


async def look_for(officer: Person, said: str) -> Page:
    """Search for an applicant as the page lets one."""
    form = next(f for f in (await officer.get("/desk/find")).forms if f["action"] == "/desk/find" and f["method"] == "post")
    return await officer.post("/desk/find", form["fields"] | {"applicant": [said]})


async def test_words_find_cases_on_a_page_and_mark_what_was_asked_for(at_desk: At, filed: Any, client: AsyncTestClient[Any]):
    number = await filed("巷口的灯<b>不亮</b>。")
    clerk = await at_desk("10001")
    page = await clerk.get("/desk/find?q=巷口+不亮")
    assert page.status == 200
    assert numbers.show(number) in page.text.replace(" ", "")
    assert "<mark>巷口</mark>" in page.response.text
    assert "<b>不亮" not in page.response.text
    assert "Nothing was found" in (await clerk.get("/desk/find?q=巷口+消防栓")).text
    assert (await clerk.get("/desk/find")).status == 200


async def test_while_somebody_types_only_the_best_are_given(at_desk: At, filed: Any, client: AsyncTestClient[Any]):
    number = await filed("巷口的灯不亮。")
    await at_desk("10001")
    said = await client.get("/desk/find?q=巷口", headers=FRAGMENT)
    assert "<html" not in said.text
    assert numbers.show(number) in said.text.replace("</span><span>", "")
    whole = await client.get(f"/desk/find?q={number}", headers=FRAGMENT, follow_redirects=False)
    assert whole.status_code == 200, "typing a number to its end does not leave the page"
    assert (await client.get("/desk/find?q=", headers=FRAGMENT)).text.strip() == ""


async def test_a_search_page_asks_a_handful_of_queries(at_desk: At, filed: Any, client: AsyncTestClient[Any]):
    for i in range(12):
        await filed(f"巷口的灯不亮 {i}。")
    clerk = await at_desk("10001")
    await clerk.get("/desk/find?q=巷口")
    with statements(client.app.state.site.database) as said:
        assert (await clerk.get("/desk/find?q=巷口")).status == 200
    assert 3 < len(said) <= 8, said


async def test_a_name_or_telephone_finds_an_applicants_cases_and_the_search_is_logged_without_it(at_desk: At, filed: Any, database: Database):
    number = await filed("灯坏了。", contact_name="欧阳 翠花", contact_telephone="100 0000 7777")
    account = await filed("灯又坏了。", who="resident3", contact_name="", contact_telephone="")
    clerk = await at_desk("10001")
    for said, expected in (("欧阳  翠花", number), ("10000007777", number), ("王淑兰", account)):
        found = await look_for(clerk, said)
        assert found.status == 200
        assert numbers.show(expected) in found.text.replace(" ", "")
        assert str(found.response.url).endswith("/desk/find"), "nothing personal in an address"
    assert "Nothing was found" in (await look_for(clerk, "欧阳")).text
    async with database.transaction() as db:
        entries = (await db.execute(select(audit_entry).where(audit_entry.c.kind == "personal.searched").order_by(audit_entry.c.sequence))).all()
    assert [(e.subject, e.body["cases"]) for e in entries] == [("name", [number]), ("telephone", [number]), ("name", [account]), ("name", [])]
    for wrong in ("", "12", "x" * 61, "a\u0007"):
        assert (await look_for(clerk, wrong)).status == 400


async def test_a_hidden_person_is_not_found_by_who_may_not_know_them(at_desk: At, filed: Any):
    number = await filed("有人偷接路灯电线。", kind="report", contact_name="欧阳 翠花")
    clerk = await at_desk("10001")
    assert "Nothing was found" in (await look_for(clerk, "欧阳 翠花")).text
    intake = await at_desk("20001")
    found = await look_for(intake, "欧阳 翠花")
    assert numbers.show(number) in found.text.replace(" ", "")


async def test_who_may_not_read_personal_data_is_not_asked_for_a_name(at_desk: At):
    oversight = await at_desk("30001")
    assert "/desk/find" not in [f["action"] for f in (await oversight.get("/desk/find")).forms if f["method"] == "post"]
    token = (await oversight.get("/desk/find")).form("/sign-out")["fields"]
    assert (await oversight.post("/desk/find", token | {"applicant": ["欧阳"]})).status == 403


async def test_an_answer_is_used_again_with_one_click(at_desk: At, filed: Any, database: Database, town: Town):
    solved = await filed("柿子巷的路灯黑了，老人害怕。")
    clerk = await at_desk("10001")
    for action, answers in (("sign", {}), ("answer", {"text": "已更换灯泡。\n请放心。"})):
        page = await clerk.get(f"/desk/case/{numbers.show(solved)}?do={action}")
        assert (await clerk.send(page, f"/desk/case/{numbers.show(solved)}/{action}", **answers)).status == 200
    number = await filed("纺机厂门口路灯黑了三天。")
    page = await clerk.get(f"/desk/case/{numbers.show(number)}")
    assert "How it was solved before" in page.text
    assert "Use this answer" not in page.text, "it is not signed for yet"
    await clerk.send(await clerk.get(f"/desk/case/{numbers.show(number)}?do=sign"), f"/desk/case/{numbers.show(number)}/sign")
    page = await clerk.get(f"/desk/case/{numbers.show(number)}")
    used = await clerk.get(page.links["Use this answer"])
    assert used.form(f"/desk/case/{numbers.show(number)}/answer")["fields"]["text"] == ["已更换灯泡。\n请放心。"]
    for wrong in ("1", "0000-0000-0000", numbers.draw(), "x"):
        assert (await clerk.get(f"/desk/case/{numbers.show(number)}?do=answer&like={wrong}")).status == 404


async def test_a_resident_searches_their_own_cases_on_a_page(client: AsyncTestClient[Any], filed: Any):
    number = await filed("巷口的灯不亮。")
    other = await filed("巷口的树倒了。", who="resident1")
    resident = Person(client)
    await resident.sign_in("resident0")
    page = await resident.get("/my?q=巷口")
    assert page.status == 200
    said = page.text.replace(" ", "")
    assert numbers.show(number) in said
    assert numbers.show(other) not in said
    assert "<mark>巷口</mark>" in page.response.text
    assert "0 cases found" in (await resident.get("/my?q=消防栓")).text
