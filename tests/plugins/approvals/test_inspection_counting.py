"""Figures of inspections and experts, and which items are failed how often."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest
from inspecting import do, examined, part, planned
from sqlalchemy import select

from banshi.cases.tables import case
from banshi.contracts import Record
from banshi.db import Connection, Database
from banshi.testing import MOMENT, Town
from banshi_approvals.experts import facts as panel_facts
from banshi_approvals.experts import measures as panel_measures
from banshi_approvals.experts import pool
from banshi_approvals.inspections import counting, forms, measures
from banshi_approvals.inspections.facts import Facts
from banshi_approvals.inspections.scoring import Score

INSPECTOR, REVIEWER = "50007", "50002"
SIGNED = {"inspector": "勘七", "free": True, "on_site": "王店长", "confirmed": True}


def record(facts: Any, outcome: str | None) -> Record:
    empty: Any = dict.fromkeys(Record.__struct_fields__)
    return Record(**empty | {"facts": facts, "outcome": outcome})


@pytest.mark.parametrize(
    ("facts", "outcome", "first", "again", "items"),
    [
        (Facts(score=Score(passed=True)), "passed", 1, None, 0),
        (Facts(score=Score(failed=("G1", "G2"))), "failed", 0, None, 2),
        (Facts(score=Score(passed=True), items=("G1",)), "passed", None, 1, None),
        (Facts(score=Score(failed=("G1",)), items=("G1",)), "failed", None, 0, None),
        (Facts(), "cancelled", None, None, None),
        (Facts(), None, None, None, None),
        (None, "passed", None, None, None),
    ],
)
def test_inspections_give_to_the_first_or_to_the_second_figure(facts: Any, outcome: str | None, first: Any, again: Any, items: Any) -> None:
    case_ = record(facts, outcome)
    assert (measures.passed_first(case_), measures.made_good(case_), measures.failed_items(case_)) == (first, again, items)


def test_experts_agree_where_opinions_or_points_lie_near() -> None:
    def sheet(points: int, opinion: Any) -> panel_facts.Sheet:
        return panel_facts.Sheet(expert=str(points), points={"a": points}, opinion=opinion, reasons="", entered="expert", at=MOMENT)

    for sheets, one, near in (
        ([sheet(80, "agree"), sheet(60, "agree")], 1, 1),
        ([sheet(81, "agree"), sheet(60, "agree")], 1, 0),
        ([sheet(70, "agree"), sheet(60, "disagree")], 0, 1),
    ):
        facts = panel_facts.Facts(sheets=tuple(sheets), result=panel_facts.judged(sheets, 60, ""))
        case_ = record(facts, "passed")
        assert (panel_measures.unanimous(case_), panel_measures.near(case_), panel_measures.recused(case_)) == (one, near, 0)
    assert panel_measures.near(record(panel_facts.Facts(), "cancelled")) is None


async def test_the_items_that_many_do_not_meet_come_first_and_a_second_look_counts_no_fault_twice(
    settled: Database, town: Town, at_desk: Any
) -> None:
    whole, number = await planned(settled, town)
    await do(settled, town, number, INSPECTOR, "answer", answers=["K1:met", "G1:not 没有", "G2:met", "G3:na"])
    await do(settled, town, number, INSPECTOR, "conclude", **SIGNED)
    await do(settled, town, whole, REVIEWER, "reinspect", day=MOMENT.date().isoformat(), officer=INSPECTOR)
    again = await part(settled, whole)
    await do(settled, town, again, INSPECTOR, "answer", answers=["G1:not 还没有"])
    await do(settled, town, again, INSPECTOR, "conclude", **SIGNED)
    today = MOMENT.date()
    async with settled.transaction() as db:
        counted = await counting.by_item(db, [town.district("north")], today, today)
        assert await counting.by_item(db, [town.district("west")], today, today) == []
        assert await counting.by_item(db, [town.district("north")], today + timedelta(1), today + timedelta(9)) == []
    assert [(c.item, c.applicable, c.met) for c in counted] == [("G1", 1, 0), ("G2", 1, 1), ("K1", 1, 1)]
    person = await at_desk(REVIEWER)
    for query in ("", "?since=nonsense&until=2026-11-30", "?since=2027-01-01&until=2026-01-01"):
        page = await person.get(f"/d/north/approvals/desk/items{query}")
        assert page.status == 200
    assert "《示例规范》第 11 条" in (await person.get("/d/north/approvals/desk/items")).text
    assert (await (await at_desk(INSPECTOR)).get("/d/north/approvals/desk/items")).status == 403


async def test_the_demo_has_whole_forms_and_enough_experts_of_each_field(db: Connection) -> None:
    day = date(2026, 1, 1)
    for _time in range(2):
        codes = await forms.demo(db, day, MOMENT)
        people = await pool.demo(db, day, MOMENT)
    assert {"public_place", "institution", "water_supply"} <= set(codes)
    assert [v.version for v in await forms.every(db, day)] == [1] * len(codes)
    assert len(await pool.listed(db, day)) == len(set(people))
    assert all(count >= 4 for count in (await pool.fields(db, day)).values())


async def test_an_application_without_a_step_offers_no_button_for_it(settled: Database, town: Town, at_desk: Any) -> None:
    whole = await examined(settled, town, "joint")
    page = await (await at_desk(REVIEWER)).get(f"/desk/case/{whole}")
    assert "Have the place inspected" not in page.links
    assert "Call experts" not in page.links
    async with settled.transaction() as db:
        assert msgspec.convert((await db.execute(select(case.c.facts).where(case.c.number == whole))).scalar_one()["parts"], list) == []
