"""What happens to applications by itself (domain 6.3, 7.8)."""

from __future__ import annotations

from banshi import Notify, Overdue, Own, Raise, Rule, Rung, translator
from banshi_approvals.application import ways
from banshi_approvals.experts import cases as panel_cases
from banshi_approvals.inspections import cases as inspection_cases
from banshi_approvals.licences import checks, findings
from banshi_approvals.reviews import cases as review_cases

_ = translator("banshi_approvals")

RULES = (
    Rule(
        name="accepted_by_law",
        title=_("Nothing was asked in time"),
        told=_("Nothing was asked within the limit: it counts as accepted"),
        case_type="application",
        when=Overdue(deadline="acceptance"),
        rungs=(
            Rung(share=0.8, do=(Notify("officer"), Notify("department"))),
            Rung(do=(Own(ways.accepted_by_law, also_to=("examining",)), Notify("department"))),
        ),
        audience="applicant",
    ),
    Rule(
        name="lapsed",
        title=_("What was missing did not come in time"),
        told=_("What was missing did not come in time: the application ends. It can be filed again"),
        case_type="application",
        when=Overdue(deadline="completing"),
        rungs=(Rung(do=(Own(ways.lapsed, also_to=("closed",)),)),),
        audience="applicant",
    ),
    Rule(
        name="promise",
        title=_("The promised limit"),
        told=_("The promised limit comes near, or is over"),
        case_type="application",
        when=Overdue(deadline="promised"),
        rungs=(Rung(share=0.8, do=(Notify("officer"),)), Rung(do=(Notify("department"), Raise(1)), again=5)),
    ),
    Rule(
        name="law",
        title=_("The limit of the law"),
        told=_("The limit of the law comes near, or is over"),
        case_type="application",
        when=Overdue(deadline="statutory"),
        rungs=(Rung(share=0.8, do=(Notify("superior"),)), Rung(do=(Notify("oversight"), Raise(2)), again=5)),
        line="area",
    ),
    *review_cases.RULES,
    *inspection_cases.RULES,
    *panel_cases.RULES,
    *checks.RULES,
    *findings.RULES,
)
