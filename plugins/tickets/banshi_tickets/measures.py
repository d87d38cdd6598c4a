"""What the report says of requests: response, settlement, satisfaction (domain 7.3, 7.7), each with who is not in its denominator.

A request that was not solved is done again, so that its last word is nearly always a good one: what counts is the resident's first word.
"""

from __future__ import annotations

from datetime import timedelta

from banshi import Contribution, Due, Happening, Measure, Record, translator
from banshi_tickets.forms import UNHAPPY

_ = translator("banshi_tickets")

UNSIGNED = frozenset({"new", "returned"})
SIGNED_WITHIN = timedelta(days=1)


def responded(case: Record) -> Contribution:
    """Return whether it was signed for, answered or declined by the end of the day after its receipt."""
    if case.imported:
        return None
    last = case.day(case.received) + SIGNED_WITHIN
    signed = next((h for h in case.story if h.capacity == "staff" and h.state not in UNSIGNED), None)
    if signed is not None:
        return int(case.day(signed.at) <= last)
    if case.closed is not None and case.day(case.closed) <= last:
        return None
    return Due(last) if case.closed is None else 0


def settled(case: Record) -> Contribution:
    """Return whether the resident's first word was that it is solved."""
    said = next((h.form["solved"] for h in _judgements(case) if h.form.get("solved")), "")
    return {"yes": 1, "no": 0}.get(said)


def settled_by_department(case: Record) -> Contribution:
    """Return whether the department says that it is solved."""
    said = case.facts.solved_by_department if case.facts is not None else None
    return None if said is None else int(said)


def satisfied(case: Record) -> Contribution:
    """Return whether the resident's first rating was one of the upper three words."""
    said = next((h.form["rating"] for h in _judgements(case) if h.form.get("rating")), "")
    return int(said not in UNHAPPY) if said else None


def made_good(case: Record) -> Contribution:
    """Return whether a resident who was not satisfied at first was so in the end."""
    words = [_happy(h) for h in _judgements(case)]
    return int(words[-1]) if len(words) > 1 and not words[0] else None


def works(case: Record) -> Contribution:
    """Return whether what was done about a trouble worked at once, as the asker says."""
    said = next((h.form["works"] for h in case.story if h.kind == "confirm" and h.form.get("works")), "")
    return {"yes": 1, "no": 0}.get(said)


def _judgements(case: Record) -> list[Happening]:
    return [h for h in case.story if h.kind in {"confirm", "call_back", "rate"} and (h.form.get("solved") or h.form.get("rating"))]


def _happy(word: Happening) -> bool:
    return word.form.get("solved") != "no" and word.form.get("rating") not in UNHAPPY


MEASURES = (
    Measure(
        name="response",
        title=_("Response"),
        explained=_("Received cases that were signed for, answered or declined by the end of the next day."),
        left_out=_("Withdrawn before that day was over; kept by another system before, which does not tell when they were signed for."),
        kind="rate",
        take=responded,
        case_types=("request", "trouble"),
        better="more",
    ),
    Measure(
        name="settlement",
        title=_("Settlement, as residents say"),
        explained=_("Closed requests of which the resident's first word was that they are solved. One that was done again after a no stays a no."),
        left_out=_("The resident did not say: not reached, would rather not say, withdrawn, not asked."),
        kind="rate",
        take=settled,
        case_types=("request",),
        month="closed",
        better="more",
    ),
    Measure(
        name="settlement_by_department",
        title=_("Settlement, as departments say"),
        explained=_("Closed requests that the department in charge calls solved. What the resident says of it is another fact."),
        left_out=_("No department said so or not: withdrawn, not taken, kept by another system before."),
        kind="rate",
        take=settled_by_department,
        case_types=("request",),
        month="closed",
        better="more",
    ),
    Measure(
        name="satisfaction",
        title=_("Satisfaction"),
        explained=_("Closed requests whose first rating was very satisfied, satisfied or fairly satisfied, of all that were rated in five words."),
        left_out=_("Not rated. No answer is never taken for satisfaction."),
        kind="rate",
        take=satisfied,
        case_types=("request",),
        month="closed",
        better="more",
    ),
    Measure(
        name="made_good",
        title=_("Made good"),
        explained=_("Of the closed requests that the resident was not satisfied with at first, those with which they were in the end."),
        left_out=_("Satisfied at first, or nothing said a second time."),
        kind="rate",
        take=made_good,
        case_types=("request",),
        month="closed",
        better="more",
    ),
    Measure(
        name="works",
        title=_("Works at once"),
        explained=_("Closed troubles of which the asker said at the first try that it works."),
        left_out=_("The asker did not say."),
        kind="rate",
        take=works,
        case_types=("trouble",),
        month="closed",
        better="more",
    ),
)
