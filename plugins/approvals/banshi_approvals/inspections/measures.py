"""Figures of inspections for the report."""

from __future__ import annotations

from banshi import Contribution, Measure, Record, translator
from banshi_approvals.inspections.facts import Facts

_ = translator("banshi_approvals")


def passed_first(case: Record) -> Contribution:
    """Return whether a place passed when it was inspected for the first time."""
    facts = case.facts
    if not isinstance(facts, Facts) or facts.score is None or facts.items or case.outcome not in {"passed", "failed"}:
        return None
    return int(case.outcome == "passed")


def made_good(case: Record) -> Contribution:
    """Return whether what had failed passed when it was looked at again."""
    facts = case.facts
    if not isinstance(facts, Facts) or facts.score is None or not facts.items or case.outcome not in {"passed", "failed"}:
        return None
    return int(case.outcome == "passed")


def failed_items(case: Record) -> Contribution:
    """Return how many items were not met at the first inspection."""
    facts = case.facts
    if not isinstance(facts, Facts) or facts.score is None or facts.items:
        return None
    return len(facts.score.failed)


MEASURES = (
    Measure(
        name="inspection_passed",
        title=_("Passed at the first inspection"),
        explained=_("Of the places that were inspected on the whole form, how many passed."),
        left_out=_("Inspections that were called off, and those of what had failed before, are left out."),
        kind="rate",
        take=passed_first,
        case_types=("inspection",),
        month="closed",
        better="more",
    ),
    Measure(
        name="reinspection_passed",
        title=_("Passed when inspected again"),
        explained=_("Of the inspections of what had failed before, how many passed."),
        left_out=_("First inspections, and those that were called off, are left out."),
        kind="rate",
        take=made_good,
        case_types=("inspection",),
        month="closed",
        better="more",
    ),
    Measure(
        name="inspection_items_failed",
        title=_("Items not met at the first inspection"),
        explained=_("How many items of the form were not met, over all first inspections. Which ones stands on the page of the items."),
        left_out=_("Inspections that were called off, and those of what had failed before, are left out."),
        kind="count",
        take=failed_items,
        case_types=("inspection",),
        month="closed",
        better="less",
    ),
)
