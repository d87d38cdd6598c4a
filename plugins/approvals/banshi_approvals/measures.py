"""What the report says of applications (domain 6.10): settled on the spot, early, on time, asked once, returned, accepted by law, refused.

Divided by sub-item (the category) and by window (the department) like every figure of the report.
"""

from __future__ import annotations

from banshi import Contribution, Due, Measure, Record, translator
from banshi_approvals.experts import measures as experts
from banshi_approvals.inspections import measures as inspections

_ = translator("banshi_approvals")

DECIDED = frozenset({"granted", "granted_in_part", "refused"})


def decided(case: Record) -> bool:
    """Return whether it was decided, however: not withdrawn, lapsed, or not accepted."""
    return case.outcome in DECIDED


def on_the_spot(case: Record) -> Contribution:
    """Return whether it was examined and decided in one sitting."""
    if not decided(case) or case.imported:
        return None
    return int(any(h.kind == "decide_now" for h in case.story))


def days_early(case: Record) -> Contribution:
    """Return how many workdays of the promised limit were left when it was decided."""
    timing = case.deadline("promised")
    return timing.left if decided(case) and timing is not None and timing.kept else None


def early(case: Record) -> Contribution:
    """Return whether it was decided a day or more before the promised limit."""
    timing = case.deadline("promised")
    return None if not decided(case) or timing is None else int(bool(timing.kept) and timing.left > 0)


def promised(case: Record) -> Contribution:
    """Return whether it was decided within the promised limit."""
    return _kept(case, "promised")


def statutory(case: Record) -> Contribution:
    """Return whether it was decided within the limit of the law."""
    return _kept(case, "statutory")


def _kept(case: Record, name: str) -> Contribution:
    timing = case.deadline(name)
    if timing is None or (case.closed is not None and not decided(case)):
        return None
    if timing.kept is None:
        return Due(case.day(timing.due)) if timing.due is not None else None
    return int(timing.kept)


def asked_once(case: Record) -> Contribution:
    """Return whether everything that was missing was named at once: asked once, of those asked at all."""
    asked = _asked(case)
    return int(asked == 1) if asked else None


def returned(case: Record) -> Contribution:
    """Return whether something had to be asked for."""
    return None if case.imported else int(_asked(case) > 0)


def _asked(case: Record) -> int:
    return sum(h.kind == "ask" for h in case.story)


def by_law(case: Record) -> Contribution:
    """Return whether it was accepted because nothing was asked in time, of those accepted."""
    how = case.facts.accepted if case.facts is not None else ""
    return int(how == "by_law") if how else None


def refused(case: Record) -> Contribution:
    """Return whether the decision was a refusal."""
    return int(case.outcome == "refused") if decided(case) else None


def served_first(case: Record) -> Contribution:
    """Count those who were served first: age, pregnancy, a long way, hardship."""
    return int(bool(case.facts.priority)) if case.facts is not None else 0


def appeal_changed(case: Record) -> Contribution:
    """Return whether an appeal led to another decision, or a new one."""
    return {"upheld": 0, "changed": 1, "sent_back": 1}.get(case.outcome or "")


ONES = ("application",)
NOT_DECIDED = _("Withdrawn, lapsed or not accepted.")
OF_APPLICATIONS = (
    Measure(
        name="on_the_spot",
        title=_("Settled on the spot"),
        explained=_("Decided applications that the window examined and decided in one sitting."),
        left_out=NOT_DECIDED,
        kind="rate",
        take=on_the_spot,
        case_types=ONES,
        month="closed",
        better="more",
    ),
    Measure(
        name="early",
        title=_("Decided early"),
        explained=_("Decided applications that were decided a workday or more before the promised limit."),
        left_out=_("Withdrawn, lapsed or not accepted; decided on the spot, where no limit ran."),
        kind="rate",
        take=early,
        case_types=ONES,
        month="closed",
        better="more",
    ),
    Measure(
        name="days_early",
        title=_("Days early"),
        explained=_("Workdays of the promised limit that were left when it was decided in time."),
        left_out=_("Not decided, decided late, or on the spot."),
        kind="days",
        take=days_early,
        case_types=ONES,
        month="closed",
        better="more",
    ),
    Measure(
        name="promised",
        title=_("In the promised time"),
        explained=_("Accepted applications that were decided within the promised limit."),
        left_out=_("Not accepted yet, or ended without a decision; standing still."),
        kind="rate",
        take=promised,
        case_types=ONES,
        better="more",
    ),
    Measure(
        name="statutory",
        title=_("In the time of the law"),
        explained=_("Accepted applications that were decided within the limit of the law."),
        left_out=_("Not accepted yet, or ended without a decision; standing still."),
        kind="rate",
        take=statutory,
        case_types=ONES,
        better="more",
    ),
    Measure(
        name="asked_once",
        title=_("Asked once"),
        explained=_("Of the applications that lacked something, those in which everything was named in one request."),
        left_out=_("Complete from the beginning."),
        kind="rate",
        take=asked_once,
        case_types=ONES,
        better="more",
    ),
    Measure(
        name="returned",
        title=_("Returned for correction"),
        explained=_("Received applications in which something was missing or wrong: the list of materials was not understood."),
        left_out=_("Kept by another system before."),
        kind="rate",
        take=returned,
        case_types=ONES,
        better="less",
    ),
    Measure(
        name="by_law",
        title=_("Accepted by law"),
        explained=_("Accepted applications of which the window said nothing within five workdays."),
        left_out=_("Not accepted."),
        kind="rate",
        take=by_law,
        case_types=ONES,
        better="less",
    ),
    Measure(
        name="refused",
        title=_("Refused"),
        explained=_("Decided applications that were refused."),
        left_out=NOT_DECIDED,
        kind="rate",
        take=refused,
        case_types=ONES,
        month="closed",
    ),
    Measure(
        name="served_first",
        title=_("Served first"),
        explained=_("Applications of people over 65, pregnant, from afar, or in another hardship."),
        kind="count",
        take=served_first,
        case_types=ONES,
    ),
    Measure(
        name="appeal_changed",
        title=_("Appeals that changed something"),
        explained=_("Decided appeals after which the decision was changed, or made again."),
        left_out=_("Withdrawn or not admitted."),
        kind="rate",
        take=appeal_changed,
        case_types=("appeal",),
        month="closed",
    ),
)
MEASURES = (*OF_APPLICATIONS, *inspections.MEASURES, *experts.MEASURES)
