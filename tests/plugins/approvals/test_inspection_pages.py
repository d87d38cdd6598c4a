"""The form of an inspection in a browser without scripts, and what its script sends; the same form for whoever checks themself."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import Person
from inspecting import do, find, form, planned, publish
from sqlalchemy import text

from banshi.cases.numbers import show
from banshi.db import Database
from banshi.testing import Town

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8cfc000000301010018dd8db00000000049454e44ae426082"
)
SCRIPT = {"accept": "application/json", "accept-language": "en"}


async def answers(database: Database, number: str) -> dict[str, tuple[str, str]]:
    async with database.transaction() as db:
        return {a["code"]: (a["finding"], a["remark"]) for a in (await find(db, number)).facts["answers"]}


async def test_a_section_is_saved_without_a_script_and_twice_is_once(settled: Database, town: Town, at_desk: Any) -> None:
    _whole, number = await planned(settled, town)
    person = await at_desk("50007")
    address = f"/d/north/approvals/inspection/{show(number)}"
    page = await person.get(address)
    assert page.status == 200
    filled = {"finding.K1": "met", "finding.G1": "not", "remark.G1": "没有防鼠板\r\n后门敞开"}
    for _time in range(2):
        saved = await person.send(page, address, **filled)
        assert saved.status == 200
    assert "2 answers are saved" in saved.text
    assert await answers(settled, number) == {"K1": ("met", ""), "G1": ("not", "没有防鼠板\n后门敞开")}
    async with settled.transaction() as db:
        count = await db.execute(
            text("select count(*) from kernel.case_event e join kernel.case c on c.id = e.case_id where number = :n and kind = 'answer'"),
            {"n": number},
        )
        assert count.scalar_one() == 1


async def test_a_page_that_is_older_takes_nothing_back_that_a_colleague_noted(settled: Database, town: Town, at_desk: Any) -> None:
    _whole, number = await planned(settled, town)
    person = await at_desk("50007")
    address = f"/d/north/approvals/inspection/{show(number)}"
    old = await person.get(address)
    await do(settled, town, number, "50002", "answer", answers=["G2:not 堵了", "K1:met"])
    await person.send(old, address, **{"finding.G1": "met"})
    assert await answers(settled, number) == {"K1": ("met", ""), "G1": ("met", ""), "G2": ("not", "堵了")}


async def test_words_without_an_answer_come_back_and_are_not_lost(settled: Database, town: Town, at_desk: Any) -> None:
    _whole, number = await planned(settled, town)
    person = await at_desk("50007")
    address = f"/d/north/approvals/inspection/{show(number)}"
    again = await person.send(await person.get(address), address, **{"remark.G3": "下水口有异味", "finding.G1": "met"})
    assert again.status == 400
    assert "下水口有异味" in again.response.text
    assert 'value="met" checked' in again.response.text
    assert await answers(settled, number) == {}


async def test_a_script_is_told_what_stands_and_what_somebody_noted_later(settled: Database, town: Town, at_desk: Any) -> None:
    _whole, number = await planned(settled, town)
    person = await at_desk("50007")
    address = f"/d/north/approvals/inspection/{show(number)}"
    token = (await person.get(address)).form(address)["fields"]["_csrf_token"][0]
    body = {"_csrf_token": token, "key": "k1", "finding.G1": "met", "at.G1": "2026-11-23T01:10:00.000Z", "remark.G1": ""}
    first = await person.client.post(address, data=body, headers=SCRIPT)
    assert (first.status_code, first.json()) == (200, {"newer": [], "answered": 1, "total": 4})
    late = body | {"key": "k2", "finding.G1": "not", "remark.G1": "旧的", "at.G1": "2026-11-23T01:00:00.000Z"}
    assert (await person.client.post(address, data=late, headers=SCRIPT)).json()["newer"] == ["G1"]
    wrong = await person.client.post(address, data=body | {"key": "k3", "at.G1": "whenever"}, headers=SCRIPT)
    assert wrong.status_code == 400
    assert "moment" in wrong.json()["problem"]
    await do(settled, town, number, "50002", "call_off", why="改期")
    over = await person.client.post(address, data=body | {"key": "k4", "finding.G2": "met"}, headers=SCRIPT)
    assert over.status_code == 409
    assert over.json()["problem"]


async def test_pictures_belong_to_their_item(settled: Database, town: Town, at_desk: Any) -> None:
    _whole, number = await planned(settled, town)
    person = await at_desk("50007")
    page = await person.get(f"/d/north/approvals/inspection/{number}")
    action = next(f["action"] for f in page.forms if f["action"].endswith("item=G2"))
    for _time in range(2):
        sent = await person.client.post(action, files={"files": ("门.png", PNG, "image/png")}, headers=SCRIPT)
        assert sent.status_code == 200, sent.text
        assert len(sent.json()["pictures"]) == 1
    assert (await person.client.get(sent.json()["pictures"][0] + "/preview")).status_code == 200
    wrong = await person.client.post(action, files={"files": ("坏.exe", b"MZ" * 90, "application/octet-stream")}, headers=SCRIPT)
    assert wrong.status_code == 400
    assert "坏.txt" in wrong.json()["problem"]
    assert (await person.client.post(action.replace("item=G2", "item=G9"), files={"files": ("门.png", PNG, "image/png")})).status_code == 404
    assert (await person.client.post(action.replace("token=", "token=x"), files={"files": ("门.png", PNG, "image/png")})).status_code == 403


@pytest.mark.parametrize("number", ["123", "0000-0000-0000", "nothing"])
async def test_what_is_no_inspection_is_not_there(settled: Database, town: Town, at_desk: Any, number: str) -> None:
    whole, _number = await planned(settled, town)
    person = await at_desk("50007")
    assert (await person.get(f"/d/north/approvals/inspection/{number}")).status == 404
    assert (await person.get(f"/d/north/approvals/inspection/{whole}")).status == 404
    assert (await (await at_desk("50001")).get(f"/d/north/approvals/inspection/{number}")).status == 403


async def test_the_button_of_the_desk_leads_to_the_page(settled: Database, town: Town, at_desk: Any) -> None:
    _whole, number = await planned(settled, town)
    page = await (await at_desk("50007")).get(f"/desk/case/{number}")
    assert page.links["Fill in the form"] == f"/d/north/approvals/inspection/{show(number)}"


async def test_whoever_checks_themself_gets_the_result_at_once_and_nothing_is_kept(settled: Database, client: Any) -> None:
    async with settled.transaction() as db:
        await publish(db, form(key=1, general=7))
    person = Person(client)
    assert "/d/north/approvals/self-check/place" in (await person.get("/d/north/approvals/self-check")).links.values()
    address = "/d/north/approvals/self-check/place"
    page = await person.get(address)
    part = await person.send(page, address, **{"finding.K1": "met"})
    assert "7 items have no answer yet" in part.text
    all_met = {f"finding.G{n}": "met" for n in range(1, 8)} | {"finding.K1": "met"}
    assert "would pass" in (await person.send(page, address, **all_met)).text
    six = await person.send(page, address, **all_met | {"finding.G7": "not"})
    assert "would pass" in six.text  # 6 of 7 is 85.7 %
    five = await person.send(page, address, **all_met | {"finding.G7": "not", "finding.G6": "not"})
    assert "would not pass yet" in five.text
    assert "71.4 %" in five.text
    none = await person.send(page, address, **dict.fromkeys(all_met, "na"))
    assert "Nothing on this form applies" in none.text
    odd = await person.send(page, address, **all_met | {"finding.K1": "<script>"})
    assert "1 items have no answer yet" in odd.text
    for code in ("nothing", "..%2f", "%00"):
        assert (await person.get(f"/d/north/approvals/self-check/{code}")).status == 404
    async with settled.transaction() as db:
        assert (await db.execute(text('select count(*) from kernel."case"'))).scalar_one() == 0


async def test_staff_see_what_failed_with_its_pictures_and_the_applicant_with_its_rule(
    settled: Database, town: Town, at_desk: Any, client: Any
) -> None:
    whole, number = await planned(settled, town)
    person = await at_desk("50007")
    page = await person.get(f"/d/north/approvals/inspection/{number}")
    action = next(f["action"] for f in page.forms if f["action"].endswith("item=G2"))
    picture = (await person.client.post(action, files={"files": ("门.png", PNG, "image/png")}, headers=SCRIPT)).json()["pictures"][0]
    waiting = await (await at_desk("50002")).get(f"/desk/case/{whole}")
    assert "Let the clock stand still, and tell the applicant" in waiting.links
    await do(settled, town, number, "50007", "answer", answers=["K1:met", "G1:met", "G2:not 堵了", "G3:met"])
    await do(settled, town, number, "50007", "conclude", inspector="勘七", free=True, on_site="王店长", confirmed=True)
    desk = await (await at_desk("50002")).get(f"/desk/case/{whole}")
    assert picture in desk.response.text
    assert "Found: 堵了" in desk.text
    assert "王店长" not in desk.text
    client.cookies.clear()
    resident = Person(client)
    await resident.sign_in("resident0")
    told = await resident.get(f"/case/{whole}")
    assert "Rule: 《示例规范》第 12 条" in told.text
    assert "Found: 堵了" in told.text
    assert picture not in told.response.text
