"""Experts: the draw can be drawn again, conflicts are declared and enforced, the minority is kept."""

from __future__ import annotations

import random
from typing import Any

import pytest
import pytest_asyncio
from inspecting import FILED, experts, find
from sqlalchemy import select

from banshi.cases import acting
from banshi.cases.acting import Act
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.errors import Forbidden, Invalid, NotAllowedNow
from banshi.testing import MOMENT, Town
from banshi_approvals.experts import facts as panels
from banshi_approvals.experts import lot, pool
from banshi_approvals.experts.ways import Scored
from banshi_approvals.models import panel_seat

WINDOW, REVIEWER, CHIEF = "50001", "50002", "50003"
NAMES = ("甲一", "乙二", "丙三", "丁四", "戊五")


@pytest_asyncio.fixture(loop_scope="session")
async def examined(apply: Any, act: Any) -> str:
    """An application that is being examined and needs experts."""
    number = await apply("whole")
    await act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(number, WINDOW, "accept")
    return str(number)


@pytest.fixture
def call(act: Any, parts: Any) -> Any:
    """A function that calls experts and returns the number of the panel."""

    async def draw(number: str, **answers: Any) -> str:
        await act(number, REVIEWER, "call_experts", **answers)
        return str([p.number for p in await parts(number)][-1])

    return draw


async def score(act: Any, number: str, expert: str, points: int, opinion: str = "agree", reasons: str = "") -> None:
    await act(number, REVIEWER, "score", expert=expert, points=[f"overall:{points}"], opinion=opinion, reasons=reasons)


def test_the_draw_follows_from_the_seed_and_the_list_alone() -> None:
    codes = ["E3", "E1", "E2"]
    chance = random.Random(42)
    by_hand = sorted(sorted(codes), key={code: chance.random() for code in sorted(codes)}.__getitem__)
    assert list(lot.draw(42, codes)) == by_hand == list(lot.draw(42, sorted(codes)))
    assert lot.draw(42, ["E1", "E2", "E3"]) == ("E2", "E3", "E1")  # the same in every version of Python, for good
    assert {lot.draw(seed, codes)[0] for seed in range(60)} == set(codes)


async def test_a_panel_records_its_seed_its_list_and_who_was_left_out(examined: str, call: Any, facts: Any, db: Connection) -> None:
    codes = await experts(db, *NAMES[:4])
    house, self_ = (await experts(db, "己六", field="house", employer="云上旅馆"))[0], (await experts(db, FILED["holder"], field="self"))[0]
    for code in (house, self_):
        known = (await pool.named(db, [code]))[code]
        await pool.put(db, pool.Expert(**{n: getattr(known, n) for n in pool.Expert.__struct_fields__} | {"fields": ("water",)}), MOMENT)
    known = await facts(await call(examined))
    drawn = known.lots[0]
    assert (drawn.candidates, dict(drawn.excluded)) == (tuple(sorted(codes)), {house: "employer", self_: "self"})
    assert known.sitting() == list(lot.draw(drawn.seed, drawn.candidates)[:3])
    assert {r.expert: r.state for r in await db.execute(select(panel_seat))} == dict.fromkeys(known.sitting(), "seated")


@pytest.mark.parametrize("employer", ["云上旅馆", " 云上 旅馆", "云上（旅馆）"])
async def test_nobody_judges_what_their_own_house_applies_for_however_it_is_written(examined: str, call: Any, db: Connection, employer: str) -> None:
    await experts(db, *NAMES[:2])
    await experts(db, "己六", field="x", employer=employer)
    one = (await pool.listed(db, MOMENT.date(), field="x"))[0]
    await pool.put(db, pool.Expert(**{n: getattr(one, n) for n in pool.Expert.__struct_fields__} | {"fields": ("water",)}), MOMENT)
    with pytest.raises(NotAllowedNow) as refused:
        await call(examined)
    assert refused.value.values == {"count": 2, "field": "water", "number": 3, "excluded": 1}
    assert "another city" in str(refused.value)


async def test_a_declared_conflict_gives_the_seat_to_the_next_number_of_the_lot(
    examined: str, call: Any, act: Any, facts: Any, db: Connection
) -> None:
    await experts(db, *NAMES)
    number = await call(examined)
    before = await facts(number)
    order = lot.draw(before.lots[0].seed, before.lots[0].candidates)
    out = order[1]
    await score(act, number, out, 90)
    await act(number, REVIEWER, "conflict", expert=out, tie="advised", told="替申请人写过方案")
    known = await facts(number)
    assert known.sitting() == [order[0], order[3], order[2]]
    assert [(c.expert, c.seat, c.follower, c.by) for c in known.conflicts] == [(out, 2, order[3], REVIEWER)]
    assert known.sheets == ()
    with pytest.raises(Invalid):
        await score(act, number, out, 90)


async def test_where_all_experts_have_a_conflict_the_way_out_is_named_and_walked(
    examined: str, call: Any, act: Any, facts: Any, db: Connection
) -> None:
    await experts(db, *NAMES[:3])
    number = await call(examined)
    with pytest.raises(NotAllowedNow, match="Every seat is taken"):
        await act(number, REVIEWER, "widen", field="air")
    for code in (await facts(number)).sitting():
        await act(number, REVIEWER, "conflict", expert=code, tie="employment")
    assert (await facts(number)).empty() == 3
    with pytest.raises(NotAllowedNow, match="another field") as refused:
        await act(number, REVIEWER, "conclude", reasons="没有意见")
    assert refused.value.values == {"count": 3}
    with pytest.raises(NotAllowedNow) as still:
        await act(number, REVIEWER, "widen", field="air")
    assert still.value.values["count"] == 0
    await experts(db, *NAMES[:4], field="air")
    await act(number, REVIEWER, "widen", field="air")
    known = await facts(number)
    assert known.sitting() == list(lot.draw(known.lots[1].seed, known.lots[1].candidates)[:3])
    assert len(known.conflicts) == 3


async def test_the_minority_is_kept_and_the_application_hears_the_result(examined: str, call: Any, act: Any, facts: Any, db: Connection) -> None:
    await experts(db, *NAMES[:3])
    number = await call(examined)
    one, two, three = (await facts(number)).sitting()
    with pytest.raises(NotAllowedNow, match="3 experts"):
        await act(number, REVIEWER, "conclude", reasons="总体可行")
    await score(act, number, one, 80)
    await score(act, number, two, 70)
    with pytest.raises(Invalid) as silent:
        await score(act, number, three, 30, "disagree")
    assert set(silent.value.problems) == {"reasons"}
    await score(act, number, three, 30, "disagree", "水源保护不足")
    row = await act(number, REVIEWER, "conclude", reasons="总体可行，少数意见认为水源保护不足")
    assert (row.state, row.outcome) == ("done", "passed")  # 60 of 60
    result = (await facts(number)).result
    assert (result.mean, result.spread, result.deviation, result.minority) == (60.0, 50.0, 21.6, (three,))
    part = (await facts(examined)).parts[-1]
    assert (part.kind, part.verdict) == ("panel", "passed")
    assert "experts" in (await facts(examined)).done
    assert {r.state for r in await db.execute(select(panel_seat))} == {"closed"}


def test_a_mean_is_exact() -> None:
    def sheet(points: dict[str, int]) -> panels.Sheet:
        return panels.Sheet(expert="E", points=points, opinion="agree", reasons="", entered="expert", at=MOMENT)

    assert panels.judged([sheet({"a": 59, "b": 60, "c": 61})] * 3, 60, "").passed
    assert not panels.judged([sheet({"a": 60}), sheet({"a": 60}), sheet({"a": 59})], 60, "").passed


@pytest.mark.parametrize("points", [["overall:101"], ["overall:-1"], ["overall:"], ["style:50"], ["overall:６０"]])
async def test_points_are_whole_numbers_from_0_to_100(examined: str, call: Any, act: Any, facts: Any, db: Connection, points: list[str]) -> None:
    await experts(db, *NAMES[:3])
    number = await call(examined)
    with pytest.raises(Invalid) as refused:
        await act(number, REVIEWER, "score", expert=(await facts(number)).sitting()[0], points=points, opinion="agree")
    assert set(refused.value.problems) == {"points"}


async def test_who_entered_a_sheet_is_recorded_and_nobody_else_writes_over_it(
    examined: str, call: Any, act: Any, facts: Any, db: Connection, town: Town
) -> None:
    await experts(db, *NAMES[:3])
    number = await call(examined)
    mine, other, _third = (await facts(number)).sitting()
    form = Scored(expert=mine, points=["overall:66"], opinion="agree")
    await acting.act_one(db, town.house, Actor.SYSTEM, Act(number=number, action="score", form=form), MOMENT)
    await score(act, number, other, 77)
    await score(act, number, other, 78)
    assert [(s.entered, s.points["overall"]) for s in (await facts(number)).sheets] == [("expert", 66), (REVIEWER, 78)]
    with pytest.raises(NotAllowedNow):
        await act(number, CHIEF, "score", expert=mine, points=["overall:1"], opinion="agree")
    with pytest.raises(Forbidden):
        await act(number, WINDOW, "score", expert=mine, points=["overall:1"], opinion="agree")


async def test_a_panel_is_called_once_and_again_after_it_was_called_off(examined: str, call: Any, act: Any, facts: Any, db: Connection) -> None:
    await experts(db, *NAMES[:3])
    number = await call(examined)
    with pytest.raises(NotAllowedNow):
        await call(examined)
    await act(number, REVIEWER, "call_off", why="材料要改")
    assert (await facts(examined)).done == ()
    assert await call(examined) != number
    assert (await find(db, number)).state == "cancelled"
