"""Site inspections: what is passed, who inspects, what is looked at again, and what the application hears."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import msgspec
import pytest
import pytest_asyncio
from inspecting import DAY, find, form, planned, publish
from sqlalchemy import select

from banshi.cases import acting
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.contracts import Context
from banshi.db import Connection, Database
from banshi.errors import Invalid, NotAllowedNow, NotFound
from banshi.testing import MOMENT, Town
from banshi_approvals.application import ways
from banshi_approvals.inspections import forms, scoring
from banshi_approvals.inspections.content import Item
from banshi_approvals.models import inspection_finding

WINDOW, REVIEWER, CHIEF, HEALTH, INSPECTOR, WEST = "50001", "50002", "50003", "50005", "50007", "50008"
SIGNED = {"inspector": "勘七", "free": True, "on_site": "王店长", "confirmed": True}
TODAY = MOMENT.date().isoformat()


def items(key: int, general: int) -> list[Item]:
    return list(form(key=key, general=general).items())


@pytest.mark.parametrize(
    ("key", "general", "found", "passed"),
    [
        (1, 20, {"K1": "met"} | {f"G{n}": "met" for n in range(1, 18)}, True),  # 17 of 20 is exactly 85 %
        (1, 20, {"K1": "met"} | {f"G{n}": "met" for n in range(1, 17)}, False),
        (1, 20, {"K1": "not"} | {f"G{n}": "met" for n in range(1, 21)}, False),  # one key item, and all the rest is no help
        (1, 3, {"K1": "met", "G1": "met", "G2": "na", "G3": "na"}, True),  # what does not apply leaves the denominator
        (1, 3, {"K1": "met", "G1": "not", "G2": "na", "G3": "na"}, False),  # and is no pass
        (1, 3, {"K1": "na", "G1": "met", "G2": "met", "G3": "met"}, True),
        (1, 1, {"K1": "met"}, False),  # what was not looked at is not met
    ],
)
def test_a_place_passes_with_every_key_item_and_85_percent_of_what_applies(key: int, general: int, found: dict[str, Any], passed: bool) -> None:
    assert scoring.score(items(key, general), found, 85).passed is passed


@pytest_asyncio.fixture(loop_scope="session")
async def examined(apply: Any, act: Any, db: Connection) -> str:
    """An application that is being examined, whose place has to be inspected."""
    await publish(db)
    number = await apply("whole")
    await act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(number, WINDOW, "accept")
    return str(number)


@pytest.fixture
def inspect(act: Any, parts: Any) -> Any:
    """A function that has a place inspected, and returns the number of the inspection."""

    async def plan(number: str, action: str = "inspect", **answers: Any) -> str:
        await act(number, REVIEWER, action, **{"day": TODAY, "officer": INSPECTOR} | answers)
        return str([p.number for p in await parts(number)][-1])

    return plan


async def test_an_inspection_is_a_case_of_its_own_with_its_inspector_and_the_application_hears_it(
    examined: str, inspect: Any, act: Any, facts: Any, db: Connection, town: Town
) -> None:
    number = await inspect(examined)
    row = await find(db, number)
    assert (row.state, row.assignee_id) == ("planned", town.staff[INSPECTOR].post_id)
    await act(number, INSPECTOR, "answer", answers=["K1:met", "G1:met", "G2:met", "G3:not 地漏堵塞"])
    row = await act(number, INSPECTOR, "conclude", **SIGNED)
    assert (row.state, row.outcome) == ("done", "failed")
    part = (await facts(examined)).parts[-1]
    assert (part.verdict, part.failed, part.number) == ("failed", ("G3",), number)
    assert "王店长" not in str(row.facts)
    found = await db.execute(select(inspection_finding.c.item, inspection_finding.c.finding).order_by(inspection_finding.c.item))
    assert [tuple(r) for r in found] == [("G1", "met"), ("G2", "met"), ("G3", "not"), ("K1", "met")]


async def test_only_what_failed_is_inspected_again_on_the_same_version_of_the_form(
    examined: str, inspect: Any, act: Any, facts: Any, db: Connection
) -> None:
    first = await inspect(examined)
    await act(first, INSPECTOR, "answer", answers=["K1:met", "G1:met", "G2:met", "G3:not 地漏堵塞"])
    assert await publish(db, form(general=9, text="新的")) == 2  # published meanwhile: what was begun goes on as it was
    assert (await facts(first)).version == 1
    await act(first, INSPECTOR, "conclude", **SIGNED)
    with pytest.raises(NotAllowedNow):
        await act(examined, REVIEWER, "inspect", day=TODAY)
    again = await inspect(examined, "reinspect")
    held = await facts(again)
    assert (held.version, held.items) == (1, ("G3",))
    with pytest.raises(Invalid):
        await act(again, INSPECTOR, "answer", answers=["G1:met"])
    await act(again, INSPECTOR, "answer", answers=["G3:met"])
    assert (await act(again, INSPECTOR, "conclude", **SIGNED)).outcome == "passed"
    known = await facts(examined)
    assert [p.verdict for p in known.parts] == ["failed", "passed"]
    assert "inspection" in known.done


async def test_nothing_ends_without_every_answer_its_words_and_the_signatures(examined: str, inspect: Any, act: Any) -> None:
    number = await inspect(examined)
    await act(number, INSPECTOR, "answer", answers=["K1:met", "G1:not"])
    with pytest.raises(NotAllowedNow) as open_items:
        await act(number, INSPECTOR, "conclude", **SIGNED)
    assert open_items.value.values == {"count": 2, "items": "G2, G3"}
    await act(number, INSPECTOR, "answer", answers=["G2:met", "G3:met"])
    with pytest.raises(NotAllowedNow) as bare:
        await act(number, INSPECTOR, "conclude", **SIGNED)
    assert bare.value.values == {"items": "G1"}
    await act(number, INSPECTOR, "answer", answers=["G1:not 没有防鼠板"])
    for wrong, field in (
        ({"free": False}, "free"),
        ({"on_site": ""}, "on_site"),
        ({"confirmed": False}, "confirmed"),
        ({"second": INSPECTOR}, "second"),
        ({"second": WINDOW}, "second"),
    ):
        with pytest.raises(Invalid) as refused:
            await act(number, INSPECTOR, "conclude", **SIGNED | wrong)
        assert set(refused.value.problems) == {field}
    row = await act(number, INSPECTOR, "conclude", inspector="勘七", second=REVIEWER, free=True, declined="店长不在，店员拒签")
    assert row.outcome == "failed"


async def test_where_nothing_applies_it_is_passed_only_with_a_reason(examined: str, inspect: Any, act: Any) -> None:
    number = await inspect(examined)
    await act(number, INSPECTOR, "answer", answers=["K1:na 没有厨房", "G1:na", "G2:na", "G3:na"])
    with pytest.raises(Invalid) as refused:
        await act(number, INSPECTOR, "conclude", **SIGNED)
    assert set(refused.value.problems) == {"reasons"}
    row = await act(number, INSPECTOR, "conclude", **SIGNED, reasons="场所只作办公使用，不接待顾客，表中各项都不适用")
    assert row.outcome == "passed"


async def test_an_inspector_who_is_a_relative_declares_it_and_is_kept_from_it(
    examined: str, inspect: Any, act: Any, facts: Any, db: Connection, town: Town
) -> None:
    number = await inspect(examined)
    row = await act(number, INSPECTOR, "recuse", tie="relative", told="店主是我表哥")
    assert (row.assignee_id, row.recused) == (None, [town.staff[INSPECTOR].person_id])
    assert [(r.by, r.tie) for r in (await facts(number)).relations] == [(INSPECTOR, "relative")]
    with pytest.raises(NotFound):
        await act(number, INSPECTOR, "answer", answers=["K1:met"])
    with pytest.raises(Invalid) as back:
        await act(number, REVIEWER, "assign", officer=INSPECTOR)
    assert "officer" in back.value.problems
    assert (await act(number, REVIEWER, "assign", officer=REVIEWER)).assignee_id == town.staff[REVIEWER].post_id


async def test_who_inspected_does_not_propose_the_decision(examined: str, inspect: Any, act: Any, facts: Any, db: Connection, town: Town) -> None:
    number = await inspect(examined, officer=REVIEWER)
    await act(number, REVIEWER, "answer", answers=["K1:met", "G1:met", "G2:met", "G3:met"])
    await act(number, REVIEWER, "conclude", **SIGNED)
    known = await facts(examined)
    whole = acting.snapshot(town.house.registry.case_type("approvals.application"), await find(db, examined))
    ready = msgspec.structs.replace(whole, facts=msgspec.structs.replace(known, done=known.steps))
    chief, reviewer = (Context(actor=town.staff[n], at=MOMENT, city=town.house.directory, vault=town.house.keyring) for n in (CHIEF, REVIEWER))
    ways.to_propose(ready, None, chief)
    with pytest.raises(NotAllowedNow, match="inspected"):
        ways.to_propose(ready, None, reviewer)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"officer": "99999"}, "officer"),
        ({"officer": WINDOW}, "officer"),
        ({"officer": "", "department": "nowhere"}, "department"),
        ({"officer": INSPECTOR, "department": "north-health"}, "officer"),
        ({"day": (MOMENT - timedelta(days=1)).date().isoformat()}, "day"),
        ({"day": (MOMENT + timedelta(days=91)).date().isoformat()}, "day"),
    ],
)
async def test_an_inspection_is_planned_with_who_can_inspect_and_a_day_to_come(
    examined: str, inspect: Any, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        await inspect(examined, **wrong)
    assert set(refused.value.problems) == {field}


async def test_a_matter_without_a_published_form_says_who_mends_it(apply: Any, act: Any) -> None:
    number = await apply("whole")
    await act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(number, WINDOW, "accept")
    with pytest.raises(NotAllowedNow, match="No inspection form"):
        await act(number, REVIEWER, "inspect", day=TODAY)


async def test_the_limit_stands_still_for_an_inspection_where_it_is_wished_and_never_twice(
    examined: str, act: Any, facts: Any, db: Connection
) -> None:
    row = await act(examined, REVIEWER, "inspect", day=TODAY, officer=INSPECTOR, outside=5)
    assert row.state == "special"
    assert [(s.why, s.days) for s in (await facts(examined)).specials] == [("inspection", 5)]
    with pytest.raises(NotAllowedNow):
        await act(examined, REVIEWER, "begin_special", why="inspection", days=5)
    row = await act(examined, REVIEWER, "end_special")
    assert row.state == "examining"
    with pytest.raises(NotAllowedNow):
        await act(examined, REVIEWER, "end_special")
    assert len((await facts(examined)).specials) == 1


async def test_an_inspection_that_was_called_off_is_none(examined: str, inspect: Any, act: Any, facts: Any) -> None:
    number = await inspect(examined)
    await act(number, REVIEWER, "call_off", why="申请人改了日期")
    known = await facts(examined)
    assert ([p.verdict for p in known.parts], known.done) == (["cancelled"], ())
    assert await inspect(examined) != number


async def test_what_ends_takes_its_inspection_along(examined: str, inspect: Any, act: Any, db: Connection) -> None:
    number = await inspect(examined)
    await act(examined, "resident0", "withdraw")
    assert (await find(db, number)).state == "cancelled"


# -- two devices, two people ---------------------------------------------------------------------------------------------


async def test_of_two_answers_to_one_item_the_newer_one_stays_whichever_comes_first(examined: str, inspect: Any, act: Any, facts: Any) -> None:
    number = await inspect(examined)
    early, late = (MOMENT - timedelta(minutes=m) for m in (20, 10))
    await act(number, INSPECTOR, "answer", answers=[f"G1:met@{late.isoformat()} 改好了"])
    await act(number, INSPECTOR, "answer", answers=[f"G1:not@{early.isoformat()} 还没改", "G2:met"])
    held = {a.code: (a.finding, a.remark) for a in (await facts(number)).answers}
    assert held == {"G1": ("met", "改好了"), "G2": ("met", "")}
    tomorrow = (MOMENT + timedelta(days=1)).isoformat()
    await act(number, INSPECTOR, "answer", answers=[f"G3:met@{tomorrow}"])  # a clock that is ahead wins nothing for good
    await act(number, INSPECTOR, "answer", answers=["G3:na"], at=MOMENT + timedelta(minutes=1))
    assert (await facts(number)).answer("G3").finding == "na"


@pytest.mark.parametrize("text", ["", "G1", "G1:maybe", "G1:met@yesterday", "G9:met", "G1:not " + "长" * 501])
async def test_what_is_no_answer_is_refused_in_words(examined: str, inspect: Any, act: Any, text: str) -> None:
    number = await inspect(examined)
    with pytest.raises(Invalid) as refused:
        await act(number, INSPECTOR, "answer", answers=[text] if text else [])
    assert set(refused.value.problems) == {"answers"}


async def test_two_people_who_save_the_same_section_at_once_lose_nothing(settled: Database, town: Town) -> None:
    house = town.house
    _whole, number = await planned(settled, town)

    async def save(who: str, *answers: str) -> None:
        async with settled.transaction() as db:
            declared = house.registry.case_type("approvals.inspection").action("answer")
            wanted = Act(number=number, action="answer", form=decode(declared.form, {"answers": list(answers)}))
            await acting.act_one(db, house, town.staff[who], wanted, MOMENT)

    await asyncio.gather(save(INSPECTOR, "K1:met", "G1:met"), save(REVIEWER, "G2:not 没有", "G3:met"), save(INSPECTOR, "G1:met"))
    async with settled.transaction() as db:
        row = await find(db, number)
    assert [(a["code"], a["finding"]) for a in row.facts["answers"]] == [("K1", "met"), ("G1", "met"), ("G2", "not"), ("G3", "met")]


# -- forms ---------------------------------------------------------------------------------------------------------------


async def test_a_form_that_says_the_same_is_no_new_version(db: Connection) -> None:
    assert [await publish(db), await publish(db), await publish(db, form(general=4)), await publish(db, form(general=4))] == [1, 1, 2, 2]
    held = await forms.current(db, "place", DAY)
    assert held is not None
    assert held.version == 2
    assert [v.version for v in await forms.every(db, DAY)] == [2]


def test_everything_that_is_wrong_with_a_form_is_told_at_once() -> None:
    good = {"title": {"zh": "甲", "en": "A"}}
    told = {
        "inspection_form": [
            {"code": "ok", "sections": [good | {"items": [{"code": "1", "text": {"zh": "看", "en": "Look"}}]}]} | good,
            {"code": "Bad code", "pass_at": 0, "title": {"zh": "甲"}, "sections": [good | {"items": [{"code": "1", "text": {"zh": "看"}}] * 2}]},
            {"code": "empty", "sections": []} | good,
            {"code": "typo", "sectoins": []} | good,
        ]
    }
    found, problems = forms.read(told)
    assert [f.code for f in found] == ["ok"]
    assert {name.split(" ", 2)[1] for name in problems} == {"2", "3", "4"}
    assert {n.rsplit(" ", 1)[-1] for n in problems if n.startswith("inspection_form 2")} == {"code", "pass_at", "title", "1"}
