"""A licence after it was granted: renewed, changed, given back, checked, watched over, taken away."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from catalogue import find
from sqlalchemy import select, update

from banshi import toolkit
from banshi.db import Connection
from banshi.documents.store import store
from banshi.errors import Invalid, NotAllowedNow
from banshi.settings import Settings
from banshi.testing import MOMENT, Town
from banshi_approvals.licences import minding, register
from banshi_approvals.models import licence, licence_event, paper

WINDOW, REVIEWER, CHIEF, HEALTH, INSPECTOR = "50001", "50002", "50003", "50005", "50007"
NEXT = datetime(2030, 6, 3, 2, 0, tzinfo=MOMENT.tzinfo)
"""Less than a year, and more than a month, before what is granted at MOMENT for 48 months ends."""


@pytest.fixture
def grant(apply: Any, act: Any, facts: Any) -> Any:
    """A function that has a licence granted on the spot and returns the number of its case and its own."""

    async def make(*, at: datetime = MOMENT, **answers: Any) -> tuple[str, str]:
        number = await apply("simple", at=at, **answers)
        await act(number, "resident0", "hand_in", at=at, papers=["form:1", "plan:2"])
        await act(number, WINDOW, "decide_now", at=at, outcome="granted")
        return number, (await facts(number)).licence

    return make


@pytest.fixture
def work(db: Connection, town: Town, tmp_path: Any) -> Any:
    """A function that gives what a job works with at a moment."""

    def at(moment: datetime) -> toolkit.Work:
        return toolkit.Work(db=db, house=town.house, at=moment, settings=Settings(), store=store("", tmp_path))

    return at


async def held(db: Connection, number: str) -> Any:
    found = await register.read(db, number)
    assert found is not None
    return found


async def events(db: Connection, number: str) -> list[str]:
    return list((await db.execute(select(licence_event.c.kind).where(licence_event.c.licence == number).order_by(licence_event.c.id))).scalars())


async def news(db: Connection, number: str) -> list[str]:
    from banshi.cases import reading

    row = await find(db, number)
    return [e.body["form"]["what"] for e in await reading.story(db, row.id, reading.FOR_APPLICANT) if e.kind == "licence_told"]


async def test_a_renewal_keeps_the_number_and_goes_on_where_the_old_time_ends(grant: Any, db: Connection) -> None:
    _case, number = await grant()
    _again, same = await grant(at=NEXT, renews=number.lower())
    row = await held(db, number)
    assert (same, row["version"], row["valid_until"].year, row["renewing"]) == (number, 2, 2034, False)
    assert await events(db, number) == ["granted", "renewed"]


async def test_a_renewal_asked_for_in_time_and_not_answered_at_the_end_keeps_the_licence_valid_until_it_is_answered(
    grant: Any, apply: Any, act: Any, db: Connection, town: Town
) -> None:
    _case, number = await grant()
    end = (await held(db, number))["valid_until"]
    after = datetime(end.year, end.month, end.day, tzinfo=MOMENT.tzinfo) + timedelta(days=5)
    assert register.standing(await held(db, number), town.house.directory, after) == "expired"
    renewal = await apply("simple", at=NEXT, renews=number)
    assert register.standing(await held(db, number), town.house.directory, after) == "valid"
    with pytest.raises(Invalid, match="attention") as twice:
        await apply("simple", at=NEXT, renews=number)
    assert "already" in str(twice.value.problems["renews"])
    await act(renewal, "resident0", "withdraw", at=after)
    assert register.standing(await held(db, number), town.house.directory, after) == "expired"


@pytest.mark.parametrize(
    ("days", "said"),
    [pytest.param(-400, "too early", id="too-early"), pytest.param(-29, "too late", id="too-late"), pytest.param(3, "too late", id="expired")],
)
async def test_a_renewal_too_early_or_too_late_says_so(grant: Any, apply: Any, db: Connection, days: int, said: str) -> None:
    _case, number = await grant()
    end = (await held(db, number))["valid_until"]
    at = datetime(end.year, end.month, end.day, 2, tzinfo=MOMENT.tzinfo) + timedelta(days=days)
    with pytest.raises(Invalid) as refused:
        await apply("simple", at=at, renews=number)
    assert said in str(refused.value.problems["renews"])


async def test_nobody_renews_what_is_anothers_or_is_not_there(grant: Any, apply: Any, town: Town) -> None:
    _case, number = await grant()
    with pytest.raises(Invalid) as other:
        await apply("simple", at=NEXT, renews=number, actor=town.residents["resident1"])
    with pytest.raises(Invalid) as unknown:
        await apply("simple", at=NEXT, renews="YW0000")
    assert "not held" in str(other.value.problems["renews"])
    assert "no such licence" in str(unknown.value.problems["renews"])


async def test_a_licence_that_is_revoked_while_it_is_renewed_is_not_renewed(
    grant: Any, apply: Any, act: Any, opened: Any, db: Connection, town: Town
) -> None:
    _case, number = await grant()
    renewal = await apply("simple", at=NEXT, renews=number)
    await act(renewal, "resident0", "hand_in", at=NEXT, papers=["form:1", "plan:2"])
    finding = await opened("finding", HEALTH, at=NEXT, licence=number, found="无证人员上岗，整改后再犯")
    await act(finding, HEALTH, "propose", at=NEXT, measure="revoke", reasons="《示例办法》第九条")
    await act(finding, CHIEF, "decide", at=NEXT, agreed="yes")
    row = await held(db, number)
    assert (row["state"], row["renewing"], register.standing(row, town.house.directory, NEXT)) == ("revoked", False, "revoked")
    with pytest.raises(NotAllowedNow, match="revoked or given back"):
        await act(renewal, WINDOW, "decide_now", at=NEXT, outcome="granted")
    await act(renewal, WINDOW, "decide_now", at=NEXT, outcome="refused", reasons="证照已被撤销")
    assert (await held(db, number))["state"] == "revoked"


async def test_a_finding_comes_back_to_the_licence_and_who_proposes_does_not_decide(grant: Any, act: Any, opened: Any, db: Connection) -> None:
    case, number = await grant()
    finding = await opened("finding", HEALTH, licence=number, found="消毒记录缺失")
    await act(finding, HEALTH, "correct", what="补齐消毒记录", until=(MOMENT + timedelta(days=20)).date().isoformat())
    row = await act(finding, HEALTH, "propose", measure="suspend", reasons="逾期未整改")
    assert row.state == "proposed"
    with pytest.raises(NotAllowedNow):
        await act(finding, HEALTH, "decide", agreed="yes")
    row = await act(finding, CHIEF, "decide", agreed="yes")
    assert (row.state, (await held(db, number))["state"]) == ("suspended", "suspended")
    row = await act(finding, CHIEF, "lift", text="整改完成")
    assert (row.state, row.outcome, (await held(db, number))["state"]) == ("closed", "lifted", "valid")
    assert await events(db, number) == ["granted", "found", "suspended", "resumed"]
    assert await news(db, case) == ["correct", "suspended", "lifted"]
    kinds = list((await db.execute(select(paper.c.kind).where(paper.c.case_id == (await find(db, case)).id).order_by(paper.c.id))).scalars())
    assert kinds[-1] == "revocation", "its holder finds the paper where the licence was granted"


async def test_a_finding_on_an_unknown_or_ended_number_is_told_at_the_field(grant: Any, act: Any, opened: Any) -> None:
    _case, number = await grant()
    change = await opened("change", "resident0", licence=number, what="give_back", reason="停业")
    await act(change, WINDOW, "change")
    for wrong in ("YW19990000", number):
        with pytest.raises(Invalid) as refused:
            await opened("finding", HEALTH, licence=wrong, found="……")
        assert "licence" in refused.value.problems


async def test_only_what_was_granted_on_a_promise_is_withdrawn_for_a_broken_one(grant: Any, act: Any, opened: Any, db: Connection) -> None:
    _case, number = await grant()
    finding = await opened("finding", HEALTH, licence=number, found="承诺的条件不符")
    with pytest.raises(Invalid) as refused:
        await act(finding, HEALTH, "propose", measure="withdraw", reasons="承诺不实")
    assert "measure" in refused.value.problems


async def test_a_grant_on_a_promise_is_checked_afterwards_and_withdrawn_when_it_is_broken(
    apply: Any, act: Any, parts: Any, facts: Any, db: Connection
) -> None:
    case = await apply("trusting", promise=True)
    await act(case, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(case, WINDOW, "decide_now", outcome="granted")
    number = (await facts(case)).licence
    (check,) = [p for p in await parts(case) if p.tie == "follow_up"]
    await act(check.number, INSPECTOR, "failed", found="没有承诺的通风设备")
    (finding,) = await parts(check.number)
    await act(finding.number, INSPECTOR, "propose", measure="withdraw", reasons="承诺的条件不具备")
    row = await act(finding.number, CHIEF, "decide", agreed="yes")
    assert (row.outcome, (await held(db, number))["state"]) == ("withdrawn", "revoked")
    assert await news(db, case) == ["check_failed", "withdrawn"]


async def test_a_new_name_is_a_new_version_and_a_new_paper(grant: Any, act: Any, opened: Any, db: Connection, town: Town) -> None:
    case, number = await grant()
    with pytest.raises(Invalid) as foreign:
        await opened("change", "resident1", licence=number, what="name", holder="别家旅馆", reason="更名")
    with pytest.raises(Invalid) as empty:
        await opened("change", "resident0", licence=number, what="name", reason="更名")
    assert (set(foreign.value.problems), set(empty.value.problems)) == ({"licence"}, {"holder"})
    change = await opened("change", "resident0", licence=number, what="name", holder="云下旅馆", reason="更名")
    await act(change, WINDOW, "change")
    row = await held(db, number)
    assert (town.house.keyring.unseal(row["holder"], "holder"), row["version"]) == ("云下旅馆", 2)
    assert [r["number"] for r in await register.of_institution(db, town.house.keyring, "云下旅馆", [town.district("north")])] == [number]
    assert not await register.of_institution(db, town.house.keyring, "云上旅馆", [town.district("north")])
    assert await news(db, case) == ["changed"]


async def test_a_licence_stands_for_a_material_while_it_is_valid_and_no_longer(
    grant: Any, apply: Any, facts: Any, db: Connection, town: Town
) -> None:
    _case, number = await grant()
    assert (await facts(await apply("reusing"))).given("old").state == "accepted"
    await db.execute(update(licence).where(licence.c.number == number).values(valid_until=(MOMENT - timedelta(days=1)).date()))
    assert register.standing(await held(db, number), town.house.directory, MOMENT) == "expired"
    assert (await facts(await apply("reusing"))).given("old").state == "missing"


async def test_a_holder_is_reminded_once_at_each_step_and_not_while_the_renewal_is_open(
    grant: Any, apply: Any, act: Any, work: Any, db: Connection
) -> None:
    case, number = await grant()
    end = (await held(db, number))["valid_until"]
    last = datetime(end.year, end.month, end.day, 2, tzinfo=MOMENT.tzinfo)
    for days in (61, 60, 59, 29, 28):
        assert await minding.remind(work(last - timedelta(days=days))) is None
    assert (await news(db, case), (await events(db, number)).count("reminded")) == (["ends", "ends"], 2)
    asked = await apply("simple", at=last - timedelta(days=31), renews=number)
    await minding.remind(work(last - timedelta(days=3)))
    assert len(await news(db, case)) == 2
    await act(asked, "resident0", "withdraw")
    await minding.remind(work(last - timedelta(days=3)))
    assert len(await news(db, case)) == 3


async def test_a_licence_ends_with_its_last_day_where_it_was_given_not_elsewhere(grant: Any, db: Connection, town: Town) -> None:
    _case, number = await grant()
    row = await held(db, number)
    zone = town.house.directory.tree[row["district_id"]].timezone
    midnight = datetime.combine(row["valid_until"] + timedelta(days=1), time(), tzinfo=zone)
    moments = (midnight - timedelta(minutes=1), midnight, midnight.astimezone(UTC))
    assert [register.standing(row, town.house.directory, m) for m in moments] == ["valid", "expired", "expired"]
    assert midnight.astimezone(UTC).date() == row["valid_until"]


async def test_a_yearly_check_is_opened_once_a_year_and_lies_with_who_granted_the_licence(
    apply: Any, act: Any, parts: Any, facts: Any, work: Any, db: Connection
) -> None:
    case = await apply("trusting")
    await act(case, "resident0", "hand_in", papers=["form:1", "plan:2"])
    await act(case, WINDOW, "decide_now", outcome="granted")
    number = (await facts(case)).licence
    await db.execute(update(licence).where(licence.c.number == number).values(valid_until=None))
    for days in (364, 366, 367):
        await minding.open_checks(work(MOMENT + timedelta(days=days)))
    (check,) = await parts(case)
    await act(check.number, INSPECTOR, "passed", found="一切正常", at=MOMENT + timedelta(days=370))
    assert await events(db, number) == ["granted", "check_due", "checked"]
    assert await news(db, case) == ["checked"]
    await minding.open_checks(work(MOMENT + timedelta(days=735)))
    assert len(await parts(case)) == 2
