"""What each measure of the tickets plugin takes from a case: pure functions over a story, without a database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from banshi import Due, Happening, Record
from banshi_tickets import measures, ways

RECEIVED = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # 23:30 in the city
NEXT_DAY = date(2026, 11, 21)


def happening(kind: str, hours: float, *, capacity: str = "staff", state: str = "working", **form: Any) -> Happening:
    at = RECEIVED + timedelta(hours=hours)
    return Happening(kind=kind, capacity=capacity, department_id=1, at=at, audience="applicant", state=state, form=form)


def case(*story: Happening, closed_after: float | None = None, imported: bool = False, **facts: Any) -> Record:
    return Record(
        case_type="tickets.request",
        district_id=1,
        department_id=1,
        state="new",
        outcome=None,
        category=None,
        channel="web",
        priority=0,
        confidentiality="",
        member=False,
        imported=imported,
        received=RECEIVED,
        closed=RECEIVED + timedelta(hours=closed_after) if closed_after is not None else None,
        data={},
        facts=ways.Facts(**facts),
        story=(happening("opened", 0, capacity="resident", state="new"), *story),
        zone=ZoneInfo("Asia/Shanghai"),
    )


@pytest.mark.parametrize(
    ("record", "gives"),
    [
        (case(happening("sign", 24)), 1),
        (case(happening("sign", 25)), 0),
        (case(happening("decline", 3, state="closed"), closed_after=3), 1),
        (case(happening("return", 3, state="returned"), happening("dispatch", 4, state="new")), Due(NEXT_DAY)),
        (case(happening("add", 3, capacity="resident", state="new")), Due(NEXT_DAY)),
        (case(happening("withdraw", 5, capacity="resident", state="closed"), closed_after=5), None),
        (case(happening("withdraw", 60, capacity="resident", state="closed"), closed_after=60), 0),
        (case(happening("imported", 0, capacity="system", state="closed"), closed_after=2, imported=True), None),
        (case(happening("answer", -2, state="answered")), 1),  # who joined a group is told what was said before
    ],
)
def test_response(record: Record, gives: Any) -> None:
    assert measures.responded(record) == gives


ANSWERED = happening("answer", 5, state="answered")


@pytest.mark.parametrize(
    ("story", "settlement", "satisfaction", "made_good"),
    [
        ((), None, None, None),
        ((happening("confirm", 9, capacity="resident", solved="yes"),), 1, None, None),
        ((happening("call_back", 9, reached="no_answer"),), None, None, None),
        ((happening("call_back", 9, reached="yes", solved="no", rating="dissatisfied"),), 0, 0, None),
        ((happening("rate", 9, rating="fairly_satisfied"),), None, 1, None),
        ((happening("confirm", 9, solved="no"), happening("confirm", 19, solved="yes", rating="satisfied")), 0, 1, 1),
        ((happening("rate", 9, rating="very_dissatisfied"), happening("rate", 19, rating="dissatisfied")), None, 0, 0),
    ],
)
def test_the_residents_word(story: tuple[Happening, ...], settlement: Any, satisfaction: Any, made_good: Any) -> None:
    record = case(ANSWERED, *story, closed_after=30)
    assert (measures.settled(record), measures.satisfied(record), measures.made_good(record)) == (settlement, satisfaction, made_good)


@pytest.mark.parametrize(("said", "gives"), [(None, None), (True, 1), (False, 0)])
def test_the_departments_word(said: bool | None, gives: Any) -> None:
    assert measures.settled_by_department(case(solved_by_department=said, closed_after=1)) == gives


@pytest.mark.parametrize(("words", "gives"), [((), None), (("no", "yes"), 0), (("yes",), 1)])
def test_what_works_at_once(words: tuple[str, ...], gives: Any) -> None:
    record = case(*(happening("confirm", 9 + n, works=word) for n, word in enumerate(words)), closed_after=30)
    assert measures.works(record) == gives


def test_every_rate_says_who_is_not_in_its_denominator() -> None:
    for measure in measures.MEASURES:
        assert str(measure.explained)
        assert str(measure.left_out)
        assert measure.kind == "rate"
