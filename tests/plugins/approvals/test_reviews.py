"""Joint review: what holds when a department never answers, and how opinions that contradict each other stand side by side."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from catalogue import item, said
from inspecting import do, examined, find
from sqlalchemy import insert, select

from banshi.cases.consequences import family
from banshi.cases.tables import case
from banshi.db import Connection, Database
from banshi.escalation import reports, sweeping
from banshi.testing import MOMENT, Town
from banshi_approvals.catalogue.content import Asked
from banshi_approvals.models import item_version

REVIEWER, HEALTH, FIRE = "50002", "50005", "50006"
REASONS = "消防部门没有意见，其余部门同意，符合规定条件"


async def asked(database: Database, town: Town, policy: Any) -> tuple[str, str]:
    """An application whose one department is asked and will never answer; return the numbers of both."""
    wanted = item("silent", steps=("joint",), joint=(Asked(duty="fire", question=said("消防条件"), workdays=3, unanswered=policy),))
    async with database.transaction() as db:
        values = {"item": "silent", "matter": "hygiene", "version": 1, "state": "published", "content": msgspec.to_builtins(wanted)}
        await db.execute(insert(item_version).values(values | {"valid_from": MOMENT.date(), "changed": MOMENT}))
    whole = await examined(database, town, "silent")
    await do(database, town, whole, REVIEWER, "ask_departments")
    async with database.transaction() as db:
        return whole, (await family(db, (await find(db, whole)).id))[0].number


async def sweep(database: Database, town: Town, at: datetime) -> None:
    async def house(_db: Connection) -> Any:
        return town.house

    async with database.transaction() as db:
        await sweeping.keep(db, town.house, (await db.execute(select(case.c.id))).scalars().all())
    await sweeping.sweep(database.transaction, house, at)


@pytest.mark.parametrize(("policy", "state", "verdict"), [("agree", "deemed", "deemed"), ("escalate", "asked", ""), ("block", "asked", "")])
async def test_a_department_that_never_answers_is_taken_as_the_catalogue_says(
    settled: Database, town: Town, policy: str, state: str, verdict: str
) -> None:
    whole, review = await asked(settled, town, policy)
    for days in (2, 7, 30):
        await sweep(settled, town, MOMENT + timedelta(days=days))
    async with settled.transaction() as db:
        part, application = await find(db, review), await find(db, whole)
    assert part.state == state
    assert application.facts["parts"][0]["verdict"] == verdict
    if policy == "agree":
        await do(settled, town, whole, REVIEWER, "propose", outcome="granted", reasons=REASONS)
        return
    assert part.priority == 1
    with pytest.raises(Exception, match="1 departments"):
        await do(settled, town, whole, REVIEWER, "propose", outcome="granted", reasons=REASONS)
    with pytest.raises(Exception, match="closing report"):  # it went to the superior: what went wrong is written down first
        await do(settled, town, review, FIRE, "opine", verdict="agree")
    async with settled.transaction() as db:
        form = reports.ClosingReport(cause="无人值守", short="安排代理人", urgency=1)
        await reports.write(db, town.house, town.staff[FIRE], review, form, MOMENT)
    await do(settled, town, review, FIRE, "opine", verdict="agree")  # late is not never
    await do(settled, town, whole, REVIEWER, "propose", outcome="granted", reasons=REASONS)


async def test_opinions_that_contradict_each_other_are_marked_in_words(settled: Database, town: Town, at_desk: Any) -> None:
    whole = await examined(settled, town, "joint")
    await do(settled, town, whole, REVIEWER, "ask_departments")
    person = await at_desk(REVIEWER)
    page = await person.get(f"/desk/case/{whole}")
    assert "silence will count as agreed" in page.text
    assert "its superior is told" in page.text
    assert "Contradicts" not in page.text
    async with settled.transaction() as db:
        health, fire = await family(db, (await find(db, whole)).id)
    await do(settled, town, health.number, HEALTH, "opine", verdict="agree_if", conditions="加装排风")
    await do(settled, town, fire.number, FIRE, "opine", verdict="disagree", reasons="疏散通道宽度不足")
    page = await person.get(f"/desk/case/{whole}")
    assert page.text.count("Contradicts:") == 2
    assert "加装排风" in page.text
    assert "疏散通道宽度不足" in page.text
    assert "contradict each other" in page.text
