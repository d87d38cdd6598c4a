"""The ways against a decision: review by the superior within 60 days, a court within six months; each with where and until when.

Administrative Reconsideration Law, article 20; Administrative Litigation Law, article 46. Months end on the day of the same number.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec

from banshi import City, Department, Text, translator
from banshi_approvals.licences.granting import months_later

_ = translator("banshi_approvals")

REVIEW_DAYS = 60
COURT_MONTHS = 6


class Remedy(msgspec.Struct, frozen=True, kw_only=True):
    """One way: what, where (a department, or a text), until when."""

    title: Text
    department: Department | None = None
    where: Text | str = ""
    until: date


def reviewer(city: City, department_id: int | None, district_id: int) -> Department | None:
    """Return who reviews a department's decision: its superior by trade, else by area, else the oversight body; never itself."""
    lines: list[Any] = [city.superior(department_id, line) for line in ("trade", "area")] if department_id is not None else []
    found = (d for d in (*lines, city.part("oversight", district_id)) if d is not None and d.id != department_id and not d.dissolved)
    return next(found, None)


def remedies(city: City, department_id: int | None, district_id: int, day: date) -> tuple[Remedy, ...]:
    """Return the ways against what was decided on a day."""
    above = reviewer(city, department_id, district_id)
    until = day + timedelta(days=REVIEW_DAYS)
    review = (Remedy(title=_("Administrative review, within 60 days"), department=above, until=until),) if above is not None else ()
    court = Remedy(
        title=_("A lawsuit, within six months"), where=_("The people's court of the organ's district"), until=months_later(day, COURT_MONTHS)
    )
    return (*review, court)
