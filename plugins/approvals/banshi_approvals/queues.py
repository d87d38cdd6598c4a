"""Lists of work."""

from __future__ import annotations

from banshi import Queue, translator

_ = translator("banshi_approvals")

GROUP = _("Approvals")
AFTER = _("After the grant")
APPEALS = _("Appeals")
QUEUES = (
    Queue(
        name="window",
        title=_("To be accepted"),
        group=GROUP,
        case_type="application",
        states=("filed",),
        needs="approvals.accept",
        lead=_("Accept, or name everything that is missing, within five workdays"),
    ),
    Queue(
        name="examining", title=_("Being examined"), group=GROUP, case_type="application", states=("examining", "special"), needs="approvals.examine"
    ),
    Queue(name="deciding", title=_("To be decided"), group=GROUP, case_type="application", states=("deciding",), needs="approvals.decide"),
    Queue(name="inspections", title=_("To be inspected"), group=GROUP, case_type="inspection", states=("planned",), needs="approvals.inspect"),
    Queue(name="panels", title=_("Panels of experts"), group=GROUP, case_type="panel", states=("scoring",), needs="approvals.experts"),
    Queue(name="opinions", title=_("Opinions asked of us"), group=GROUP, case_type="review", states=("asked",), needs="approvals.review"),
    Queue(name="changes", title=_("Changes of licences"), group=AFTER, case_type="change", states=("filed",), needs="approvals.decide"),
    Queue(name="checks", title=_("Checks that are due"), group=AFTER, case_type="check", states=("due",), needs="approvals.inspect"),
    Queue(name="findings", title=_("Findings"), group=AFTER, case_type="finding", states=("open", "correcting"), needs="approvals.inspect"),
    Queue(
        name="measures",
        title=_("Suspend or revoke?"),
        group=AFTER,
        case_type="finding",
        states=("proposed", "suspended"),
        needs="approvals.licences",
        lead=_("Whoever proposed it does not decide it"),
    ),
    Queue(name="appeals", title=_("Appeals to be decided"), group=APPEALS, case_type="appeal", states=("filed",), needs="approvals.appeals"),
)
