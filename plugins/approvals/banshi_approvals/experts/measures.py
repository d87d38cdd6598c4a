"""Figures of panels for the report."""

from __future__ import annotations

from banshi import Contribution, Measure, Record, translator
from banshi_approvals.experts.facts import Facts

_ = translator("banshi_approvals")


def unanimous(case: Record) -> Contribution:
    """Return whether all experts of a panel were of one opinion."""
    facts = case.facts
    if not isinstance(facts, Facts) or facts.result is None:
        return None
    return int(facts.result.agreeing in {0, len(facts.sheets)})


def near(case: Record) -> Contribution:
    """Return whether the sheets lie within twenty points of each other."""
    facts = case.facts
    if not isinstance(facts, Facts) or facts.result is None:
        return None
    return int(facts.result.spread <= NEAR)


def recused(case: Record) -> Contribution:
    """Return how many conflicts of interest were declared on a panel that came to its end."""
    facts = case.facts
    if not isinstance(facts, Facts) or facts.result is None:
        return None
    return len(facts.conflicts)


NEAR = 20
CALLED_OFF = _("Panels that were called off are left out.")
MEASURES = (
    Measure(
        name="experts_unanimous",
        title=_("Experts of one opinion"),
        explained=_("Of the panels that gave a result, in how many all experts were for it, or all against it."),
        left_out=CALLED_OFF,
        kind="rate",
        take=unanimous,
        case_types=("panel",),
        month="closed",
    ),
    Measure(
        name="experts_near",
        title=_("Experts whose points agree"),
        explained=_("Of the panels that gave a result, in how many the highest and the lowest sheet lie at most 20 points apart."),
        left_out=CALLED_OFF,
        kind="rate",
        take=near,
        case_types=("panel",),
        month="closed",
        better="more",
    ),
    Measure(
        name="experts_conflicts",
        title=_("Conflicts of interest declared"),
        explained=_("How many experts who had been drawn declared a conflict and gave up their seat."),
        left_out=CALLED_OFF,
        kind="count",
        take=recused,
        case_types=("panel",),
        month="closed",
    ),
)
