"""An application from filing to the decision: what is asked once, what is accepted, who decides."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from catalogue import find
from sqlalchemy import select

from banshi import toolkit
from banshi.cases import acting
from banshi.cases import reading as case_reading
from banshi.cases.acting import Act
from banshi.db import Connection
from banshi.documents.store import store
from banshi.errors import Forbidden, Invalid, NotAllowedNow
from banshi.settings import Settings
from banshi.testing import MOMENT, Town
from banshi_approvals.application import gaps
from banshi_approvals.models import licence, paper

WINDOW, REVIEWER, CHIEF, LEADER, HEALTH, FIRE = "50001", "50002", "50003", "50004", "50005", "50006"
REASONS = "符合《示例办法》第一条规定的条件"


async def papers(db: Connection, number: str) -> list[str]:
    found = await db.execute(select(paper.c.kind).join_from(paper, acting.case).where(acting.case.c.number == number).order_by(paper.c.id))
    return list(found.scalars())


async def test_what_is_asked_follows_from_the_situation_and_stays_as_it_was_when_it_was_filed(apply: Any, facts: Any) -> None:
    own, rented = await facts(await apply("simple")), await facts(await apply("simple", situation=["rented:yes"]))
    assert [m.code for m in own.materials] == ["form", "plan"]
    assert [m.code for m in rented.materials] == ["form", "lease", "plan"]
    assert (own.item, own.version, own.decides) == ("simple", 1, "window")


async def test_filing_gives_a_receipt_and_refuses_what_the_catalogue_does_not_have(apply: Any, db: Connection) -> None:
    assert await papers(db, await apply("simple")) == ["receipt"]
    with pytest.raises(Invalid) as unknown:
        await apply("nothing")
    with pytest.raises(Invalid) as unanswered:
        await apply("simple", situation=[])
    assert (set(unknown.value.problems), set(unanswered.value.problems)) == ({"item"}, {"situation"})


async def test_everything_missing_is_named_at_once_and_a_second_time_needs_a_reason(apply: Any, act: Any, facts: Any, db: Connection) -> None:
    number = await apply("office", situation=["rented:yes"])
    with pytest.raises(Invalid, match="attention") as partial:
        await act(number, WINDOW, "ask", faults=["form:"])
    assert "faults" in partial.value.problems
    row = await act(number, WINDOW, "ask", faults=["form:", "lease:"])
    assert row.state == "correcting"
    row = await act(number, "resident0", "hand_in", papers=["form:1", "lease:2"])
    assert (row.state, (await facts(number)).corrections[0].ended) == ("filed", "complete")
    with pytest.raises(Invalid) as again:
        await act(number, WINDOW, "ask", faults=["lease:第二页没有签字"])
    assert "why" in again.value.problems
    await act(number, WINDOW, "ask", faults=["lease:第二页没有签字"], why="第二页是后来换的")
    assert [(c.codes, c.again) for c in (await facts(number)).corrections] == [(("form", "lease"), ()), (("lease",), ("lease",))]
    assert await papers(db, number) == ["receipt", "correction", "correction"]


async def test_the_window_decides_on_the_spot_what_it_may_decide(apply: Any, act: Any, facts: Any, db: Connection) -> None:
    number = await apply("simple")
    with pytest.raises(NotAllowedNow):
        await act(number, WINDOW, "decide_now", outcome="granted")
    await act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    row = await act(number, WINDOW, "decide_now", outcome="granted")
    assert (row.state, row.outcome) == ("closed", "granted")
    held = (await db.execute(select(licence))).one()
    assert (held.number, held.state, held.valid_until.year) == ((await facts(number)).licence, "valid", 2030)
    assert "云上旅馆" not in held.holder
    assert await papers(db, number) == ["receipt", "decision", "licence"]


async def test_what_was_promised_is_asked_for_before_its_day_and_once_it_is_over_and_nothing_is_granted_without(
    apply: Any, act: Any, facts: Any, db: Connection, town: Town, tmp_path: Path
) -> None:
    number = await apply("office")
    await act(number, "resident0", "hand_in", papers=["form:1"])
    until = (MOMENT + timedelta(days=10)).date()
    await act(number, WINDOW, "accept_gap", until=until.isoformat(), promised=True)
    row = await find(db, number)

    async def news() -> list[str]:
        return [e.body["form"]["what"] for e in await case_reading.story(db, row.id, case_reading.FOR_APPLICANT) if e.kind == "gap_told"]

    for days, expected in ((0, []), (6, []), (7, ["soon"]), (8, ["soon"]), (10, ["soon"]), (11, ["soon", "over"]), (12, ["soon", "over"])):
        work = toolkit.Work(db=db, house=town.house, at=MOMENT + timedelta(days=days), settings=Settings(), store=store("", tmp_path))
        await gaps.remind(work)
        assert await news() == expected, days
    for step in ("formal", "substantive"):
        await act(number, REVIEWER, "check", step=step, found="没有问题")
    with pytest.raises(NotAllowedNow, match="promised and are not there"):
        await act(number, REVIEWER, "propose", outcome="granted", reasons=REASONS)
    await act(number, "resident0", "hand_in", papers=["plan:2"])
    await gaps.remind(toolkit.Work(db=db, house=town.house, at=MOMENT + timedelta(days=13), settings=Settings(), store=store("", tmp_path)))
    assert await news() == ["soon", "over"]
    assert (await act(number, REVIEWER, "propose", outcome="granted", reasons=REASONS)).state == "deciding"


async def test_who_proposes_does_not_decide_and_who_decides_needs_the_level(apply: Any, act: Any) -> None:
    number = await apply("office")
    await act(number, "resident0", "hand_in", papers=["form:1"])
    await act(number, WINDOW, "accept")
    with pytest.raises(NotAllowedNow, match="not done"):
        await act(number, REVIEWER, "propose", outcome="granted", reasons=REASONS)
    for step in ("formal", "substantive"):
        await act(number, REVIEWER, "check", step=step, found="没有问题")
    await act(number, CHIEF, "propose", outcome="granted", reasons=REASONS)
    with pytest.raises(NotAllowedNow):
        await act(number, CHIEF, "decide", outcome="granted")
    with pytest.raises((Forbidden, NotAllowedNow)):
        await act(number, WINDOW, "decide", outcome="granted")


async def test_a_gap_is_for_what_is_not_core_with_a_signed_promise_and_a_day(apply: Any, act: Any, facts: Any, db: Connection) -> None:
    number = await apply("office")
    until = (MOMENT + timedelta(days=10)).date().isoformat()
    with pytest.raises(NotAllowedNow, match="core"):
        await act(number, WINDOW, "accept_gap", until=until, promised=True)
    await act(number, "resident0", "hand_in", papers=["form:1"])
    with pytest.raises(Invalid):
        await act(number, WINDOW, "accept_gap", until=until)
    row = await act(number, WINDOW, "accept_gap", until=until, promised=True)
    assert row.state == "examining"
    assert {m.code: m.state for m in (await facts(number)).materials} == {"form": "accepted", "plan": "promised"}
    assert await papers(db, number) == ["receipt", "acceptance", "promise"]


async def test_departments_are_asked_side_by_side_and_the_application_hears_each(apply: Any, act: Any, facts: Any, parts: Any) -> None:
    number = await apply("joint")
    await act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(number, WINDOW, "accept")
    await act(number, REVIEWER, "ask_departments")
    asked = await parts(number)
    assert [(p.tie, p.state) for p in asked] == [("part_of", "asked"), ("part_of", "asked")]
    await act(number, REVIEWER, "check", step="formal", found="没有问题")
    with pytest.raises(NotAllowedNow, match="2 departments"):
        await act(number, REVIEWER, "propose", outcome="granted", reasons=REASONS)
    await act(asked[0].number, HEALTH, "opine", verdict="agree")
    await act(asked[1].number, FIRE, "opine", verdict="disagree", reasons="疏散通道宽度不足")
    known = await facts(number)
    assert [(p.verdict, p.reasons, p.number) for p in known.parts] == [
        ("agree", "", asked[0].number),
        ("disagree", "疏散通道宽度不足", asked[1].number),
    ]
    assert known.done == ("formal", "joint")
    with pytest.raises(Invalid) as short:
        await act(number, REVIEWER, "propose", outcome="granted", reasons="同意")
    assert "reasons" in short.value.problems
    await act(number, REVIEWER, "propose", outcome="refused", reasons="消防部门意见：疏散通道宽度不足，整改后可再次申请")
    row = await act(number, CHIEF, "decide", outcome="refused")
    assert (row.state, row.outcome) == ("closed", "refused")


async def test_what_ends_takes_its_open_parts_along(apply: Any, act: Any, parts: Any) -> None:
    number = await apply("joint")
    await act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(number, WINDOW, "accept")
    await act(number, REVIEWER, "ask_departments")
    await act(number, "resident0", "withdraw")
    assert [p.state for p in await parts(number)] == ["cancelled", "cancelled"]


async def test_an_act_sent_twice_asks_departments_once(apply: Any, act: Any, parts: Any, db: Connection, town: Town) -> None:
    number = await apply("joint")
    await act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(number, WINDOW, "accept")
    wanted = Act(number=number, action="ask_departments", key="once")
    for _time in range(2):
        await acting.act_one(db, town.house, town.staff[REVIEWER], wanted, MOMENT)
    assert len(await parts(number)) == 2
