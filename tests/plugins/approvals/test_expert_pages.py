"""The pool, the register, and the sheets in a browser without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import Person
from inspecting import do, examined, experts, find, part
from sqlalchemy import select

from banshi.audit import audit_entry
from banshi.cases.numbers import show
from banshi.db import Database
from banshi.testing import MOMENT, Clock, Town
from banshi_approvals.experts import pool

REVIEWER, CHIEF = "50002", "50003"
POOL = "/d/north/approvals/desk/experts"
NEW = {"name": "甲一", "fields": "water，air、 water", "employer": "示例大学", "post": "教授"}


async def panel(database: Database, town: Town, person_id: int | None = None) -> tuple[str, str]:
    """Call a panel of three, the first of whom has an account; return the numbers of application and panel."""
    async with database.transaction() as db:
        for code in await experts(db, "甲一", "乙二", "丙三"):
            known = (await pool.named(db, [code]))[code]
            fields = {name: getattr(known, name) for name in pool.Expert.__struct_fields__}
            await pool.put(db, pool.Expert(**fields | {"person_id": person_id if code.endswith("1") else None}), MOMENT)
    whole = await examined(database, town)
    await do(database, town, whole, REVIEWER, "call_experts")
    return whole, await part(database, whole)


async def test_the_pool_is_kept_on_pages_and_a_form_that_comes_twice_adds_one(settled: Database, at_desk: Any) -> None:
    person = await at_desk(REVIEWER)
    page = await person.get(f"{POOL}/new")
    for _time in range(2):
        assert (await person.send(page, f"{POOL}/new", **NEW)).status == 200
    async with settled.transaction() as db:
        known = await pool.listed(db, MOMENT.date())
    assert [(e.name, e.fields, e.since) for e in known] == [("甲一", ("water", "air"), MOMENT.date())]
    edit = f"{POOL}/{known[0].code}"
    page = await person.send(await person.get(edit), edit, until="2026-11-22", login="resident1")
    assert page.status == 200
    async with settled.transaction() as db:
        assert await pool.listed(db, MOMENT.date()) == []
        assert [e.person_id is not None for e in await pool.listed(db, MOMENT.date(), ended=True)] == [True]
        said = (
            (await db.execute(select(audit_entry.c.body).where(audit_entry.c.kind == "approvals.expert").order_by(audit_entry.c.sequence)))
            .scalars()
            .all()
        )
    assert [set(body["changed"]) >= {"until", "person_id"} for body in said] == [True, True]
    assert "name" not in said[1]["changed"]
    public = await Person(person.client).get("/d/north/approvals/experts")
    assert "甲一" not in public.text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Name"),
        ({"fields": " ， "}, "at least one field"),
        ({"employer": ""}, "Works for"),
        ({"login": "nobody"}, "Nobody signs in"),
        ({"until": "2020-01-01"}, "past"),
        ({"until": "soon"}, "right form"),
    ],
)
async def test_what_is_wrong_with_an_expert_is_told_and_the_input_is_kept(settled: Database, at_desk: Any, wrong: dict[str, str], said: str) -> None:
    person = await at_desk(REVIEWER)
    page = await person.send(await person.get(f"{POOL}/new"), f"{POOL}/new", **NEW | wrong)
    assert page.status == 400
    assert said in page.text
    assert "示例大学" in page.response.text or "employer" in wrong
    async with settled.transaction() as db:
        assert await pool.listed(db, MOMENT.date(), ended=True) == []


async def test_the_pool_is_for_who_keeps_it_and_the_register_for_everybody(settled: Database, at_desk: Any, client: Any) -> None:
    async with settled.transaction() as db:
        await experts(db, "甲一")
        await experts(db, "乙二", field="air")
    public = await Person(client).get("/d/north/approvals/experts?field=air")
    assert ("乙二" in public.text, "甲一" in public.text) == (True, False)
    assert (await Person(client).get("/d/north/approvals/experts?field=%00")).status in {200, 400}
    assert (await (await at_desk("50001")).get(POOL)).status == 403
    assert (await (await at_desk(REVIEWER)).get(f"{POOL}/nobody")).status == 404


async def test_the_secretary_copies_a_signed_sheet_and_sees_how_the_lot_fell(settled: Database, town: Town, at_desk: Any) -> None:
    _whole, number = await panel(settled, town)
    person = await at_desk(REVIEWER)
    address = f"/d/north/approvals/desk/panel/{show(number)}"
    page = await person.get(address)
    assert page.status == 200
    async with settled.transaction() as db:
        facts = (await find(db, number)).facts
    assert str(facts["lots"][0]["seed"]) in page.text
    expert = facts["seats"][0]["expert"]
    wrong = await person.send(page, f"{address}/score", **{"points.overall": "120", "opinion": "disagree", "reasons": "不足"})
    assert wrong.status == 400
    assert "from 0 to 100" in wrong.text
    assert "120" in wrong.response.text
    for _time in range(2):
        page = await person.send(page, f"{address}/score", **{"points.overall": "71", "opinion": "agree"})
        assert page.status == 200
    async with settled.transaction() as db:
        sheets = (await find(db, number)).facts["sheets"]
    assert [(s["expert"], s["points"], s["entered"]) for s in sheets] == [(expert, {"overall": 71}, REVIEWER)]
    page = await person.send(page, f"{address}/conflict", tie="advised")
    assert "nobody was left in the lot" in page.text
    assert "Empty seats: 1" in page.text
    assert (await person.post(f"{address}/explode", {"_csrf_token": page.form(address)["fields"]["_csrf_token"]})).status == 404


async def test_an_expert_with_an_account_gives_their_own_sheet_and_sees_nobody_elses(
    settled: Database, town: Town, client: Any, clock: Clock
) -> None:
    _whole, number = await panel(settled, town, town.residents["resident1"].person_id)
    expert = Person(client)
    assert (await expert.get("/d/north/approvals/my-panels")).status == 401
    await expert.sign_in("resident1")
    assert f"/d/north/approvals/my-panels/{show(number)}" in (await expert.get("/d/north")).links.values()
    mine = await expert.get("/d/north/approvals/my-panels")
    address = f"/d/north/approvals/my-panels/{show(number)}"
    assert address in mine.links.values()
    page = await expert.get(address)
    assert "乙二" not in page.text
    assert len([f for f in page.forms if f["action"].startswith(address)]) == 2
    sent = await expert.send(page, f"{address}/score", **{"points.overall": "55", "opinion": "disagree", "reasons": "水源保护不足"})
    assert sent.status == 200
    async with settled.transaction() as db:
        row = await find(db, number)
    assert [(s["entered"], s["opinion"]) for s in row.facts["sheets"]] == [("expert", "disagree")]
    assert "No sheet is waited for" in sent.text
    assert "my-panels" not in (await expert.get("/d/north")).response.text
    other = next(s["expert"] for s in row.facts["seats"] if not s["expert"].endswith("1"))
    stolen = await expert.send(page, f"{address}/score", **{"expert": other, "points.overall": "1", "opinion": "agree"})
    assert stolen.status == 403
    client.cookies.clear()
    stranger = Person(client)
    await stranger.sign_in("resident2")
    assert (await stranger.get("/d/north/approvals/my-panels")).status == 403
    assert (await stranger.get(address)).status == 403


async def test_the_applicant_reads_the_result_and_the_minority_but_no_name_before_the_decision(
    settled: Database, town: Town, client: Any, at_desk: Any
) -> None:
    whole, number = await panel(settled, town)
    async with settled.transaction() as db:
        seats = [s["expert"] for s in (await find(db, number)).facts["seats"]]
    for expert, points, opinion, reasons in zip(seats, (90, 80, 40), ("agree", "agree", "disagree"), ("", "", "水源保护不足"), strict=True):
        await do(settled, town, number, REVIEWER, "score", expert=expert, points=[f"overall:{points}"], opinion=opinion, reasons=reasons)
    await do(settled, town, number, REVIEWER, "conclude", reasons="总体可行")
    desk = await (await at_desk(REVIEWER)).get(f"/desk/case/{whole}")
    assert "Minority opinion" in desk.text
    assert all(name in desk.text for name in ("甲一", "乙二", "丙三"))
    client.cookies.clear()
    person = Person(client)
    await person.sign_in("resident0")
    page = await person.get(f"/case/{whole}")
    assert "总体可行" in page.text
    assert "水源保护不足" in page.text
    assert not any(name in page.text for name in ("甲一", "乙二", "丙三"))
    await do(settled, town, whole, "resident0", "withdraw")
    assert "甲一" in (await person.get(f"/case/{whole}")).text
