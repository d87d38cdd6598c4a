"""Lists of work."""

from __future__ import annotations

from banshi import Queue, translator

_ = translator("banshi_approvals")

GROUP = _("Approvals")
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
)
