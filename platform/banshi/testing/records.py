"""Cases as measures read them, made by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from banshi.testing.ground import MOMENT

if TYPE_CHECKING:
    from banshi.contracts import CaseType, Happening, Record


def record(declared: CaseType, *story: Happening, days: float | None = None, **said: Any) -> Record:
    """Return a case of a type that was received at ``MOMENT``, as a measure reads it; closed after ``days``, where they are given.

    Everything else can be said: ``record(REQUEST, days=3, outcome="answered")``.
    """
    from banshi.contracts import Record

    final = next(s.name for s in declared.states if s.final)
    plain: dict[str, Any] = {
        "case_type": declared.key,
        "district_id": 1,
        "department_id": 1,
        "state": declared.states[0].name if days is None else final,
        "outcome": None if days is None else declared.outcomes[0].name,
        "category": None,
        "channel": "web",
        "priority": 0,
        "confidentiality": "",
        "member": False,
        "imported": False,
        "received": MOMENT,
        "closed": None if days is None else MOMENT + timedelta(days=days),
        "data": {},
        "facts": declared.facts(),
        "story": story,
        "zone": ZoneInfo("Asia/Shanghai"),
    }
    return Record(**plain | said)


def told(kind: str, *, days: float = 0, state: str = "", capacity: str = "staff", **form: Any) -> Happening:
    """Return an event of a story, so many days after ``MOMENT``, with the answers of its form."""
    from banshi.contracts import Happening

    at = MOMENT + timedelta(days=days)
    return Happening(kind=kind, capacity=capacity, department_id=1, at=at, audience="applicant", state=state, form=form)
