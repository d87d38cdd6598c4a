"""Which departments a joint review asks: by code, or whose duty it is where the application lies."""

from __future__ import annotations

from typing import Any

import msgspec

from banshi import Context, Snapshot
from banshi_approvals.catalogue import content, reading
from banshi_approvals.catalogue.content import Unanswered


class Department(msgspec.Struct, frozen=True, kw_only=True):
    """A department that is asked: by its id, what, and what holds when it does not answer in time."""

    department_id: int
    question: str
    workdays: int
    unanswered: Unanswered


async def departments(db: Any, case: Snapshot, form: Any, context: Context) -> list[Department]:
    """Read the sub-item as it was filed, and find its departments; who is in charge is not asked."""
    item = await reading.version(db, case.facts.item, case.facts.version)
    found: dict[int, Department] = {}
    for asked in item.joint if item is not None else ():
        named = context.city.find(asked.department) if asked.department else None
        if named is None and asked.duty:
            named = context.city.responsible("approvals.review", asked.duty, case.area_id or case.district_id)
        if named is None or named.id == case.department_id or named.dissolved:
            continue
        found[named.id] = Department(
            department_id=named.id, question=content.say(asked.question, "zh"), workdays=asked.workdays, unanswered=asked.unanswered
        )
    return list(found.values())
