"""An appeal goes to a department that did not decide, in 60 days, and what it changes is changed on the application."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from catalogue import find
from sqlalchemy import select

from banshi.db import Connection
from banshi.errors import Invalid
from banshi.testing import MOMENT, Town
from banshi_approvals.appeals import remedies
from banshi_approvals.models import licence, paper

WINDOW, CHIEF, LEADER, HEALTH = "50001", "50003", "50004", "50005"
WORDS = {"reasons": "疏散通道的宽度在复查时已经符合规定，决定没有采纳复查记录", "wish": "撤销原决定，准予许可"}
JUDGED = "复查记录表明条件已经具备，原决定所依据的事实不成立"


@pytest.fixture
def refuse(apply: Any, act: Any) -> Any:
    """A function that has an application refused on the spot and returns its number."""

    async def make() -> str:
        number = await apply("simple")
        await act(number, "resident0", "hand_in", papers=["form:1", "plan:2"])
        await act(number, WINDOW, "decide_now", outcome="refused", reasons="疏散通道宽度不足")
        return number

    return make


async def test_an_appeal_lies_with_the_superior_and_sends_the_application_back(
    refuse: Any, act: Any, opened: Any, db: Connection, town: Town
) -> None:
    number = await refuse()
    appeal = await opened("appeal", "resident0", whole=number, **WORDS)
    assert (await find(db, appeal)).department_id == town.department("city-approvals")
    with pytest.raises(Invalid) as twice:
        await opened("appeal", "resident0", whole=number, **WORDS)
    assert "already" in str(twice.value.problems["whole"])
    await act(appeal, LEADER, "judge", outcome="sent_back", reasons=JUDGED)
    row = await find(db, number)
    assert (row.state, row.outcome, row.closed) == ("filed", None, None)
    await act(number, WINDOW, "decide_now", outcome="granted")
    assert (await find(db, number)).outcome == "granted"
    held = await db.execute(select(paper.c.kind, paper.c.revoked.is_not(None)).where(paper.c.case_id == row.id).order_by(paper.c.id))
    assert [tuple(r) for r in held] == [("receipt", False), ("decision", True), ("decision", False), ("licence", False)]


async def test_an_appeal_that_changes_the_decision_grants_the_licence(refuse: Any, act: Any, opened: Any, facts: Any, db: Connection) -> None:
    number = await refuse()
    appeal = await opened("appeal", "resident0", whole=number, **WORDS)
    with pytest.raises(Invalid) as unsaid:
        await act(appeal, LEADER, "judge", outcome="changed", reasons=JUDGED)
    assert "decision" in unsaid.value.problems
    await act(appeal, LEADER, "judge", outcome="changed", decision="granted", reasons=JUDGED)
    row = await find(db, number)
    assert (row.state, row.outcome) == ("closed", "granted")
    assert (await db.execute(select(licence.c.number))).scalar_one() == (await facts(number)).licence


async def test_an_appeal_that_is_upheld_changes_nothing(refuse: Any, act: Any, opened: Any, db: Connection) -> None:
    number = await refuse()
    row = await act(await opened("appeal", "resident0", whole=number, **WORDS), LEADER, "judge", outcome="upheld", reasons=JUDGED)
    assert (row.outcome, (await find(db, number)).outcome) == ("upheld", "refused")


async def test_nobody_appeals_too_late_for_another_or_against_what_was_granted(
    refuse: Any, apply: Any, act: Any, opened: Any, db: Connection
) -> None:
    number = await refuse()
    with pytest.raises(Invalid) as late:
        await opened("appeal", "resident0", at=MOMENT + timedelta(days=61), whole=number, **WORDS)
    with pytest.raises(Invalid) as other:
        await opened("appeal", "resident1", whole=number, **WORDS)
    granted = await apply("simple")
    await act(granted, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(granted, WINDOW, "decide_now", outcome="granted")
    with pytest.raises(Invalid) as nothing:
        await opened("appeal", "resident0", whole=granted, **WORDS)
    assert [str(e.value.problems["whole"])[:11] for e in (late, other, nothing)] == ["The 60 days", "There is no", "Nothing was"]


async def test_a_licence_that_was_revoked_wrongly_is_given_back(apply: Any, act: Any, opened: Any, facts: Any, db: Connection) -> None:
    case = await apply("simple")
    await act(case, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(case, WINDOW, "decide_now", outcome="granted")
    number = (await facts(case)).licence
    finding = await opened("finding", HEALTH, licence=number, found="无证人员上岗")
    await act(finding, HEALTH, "propose", measure="revoke", reasons="《示例办法》第九条")
    await act(finding, CHIEF, "decide", agreed="yes")
    appeal = await opened("appeal", "resident0", whole=case, **WORDS)
    await act(appeal, LEADER, "judge", outcome="changed", reasons=JUDGED)
    assert (await db.execute(select(licence.c.state).where(licence.c.number == number))).scalar_one() == "valid"


def test_a_review_is_never_with_who_decided(town: Town) -> None:
    city = town.house.directory
    for department in city:
        above = remedies.reviewer(city, department.id, department.district_id)
        assert above is None or above.id != department.id
    found = remedies.remedies(city, town.department("north-approvals"), town.district("north"), MOMENT.date())
    assert [(r.until.isoformat(), r.department.code if r.department else "") for r in found] == [("2027-01-22", "city-approvals"), ("2027-05-23", "")]
