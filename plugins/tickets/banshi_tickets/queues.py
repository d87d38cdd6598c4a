"""Lists of work that the desk's menu offers."""

from __future__ import annotations

from banshi import Queue, translator

_ = translator("banshi_tickets")

DESK = _("Intake desk")
INTAKE = (
    Queue(name="new", title=_("Not yet signed for"), group=DESK, case_type="request", states=("new",), needs="tickets.dispatch"),
    Queue(name="returned", title=_("Returned: whose is it?"), group=DESK, case_type="request", states=("returned",), needs="tickets.dispatch"),
    Queue(
        name="to_call_back",
        title=_("To call back"),
        group=DESK,
        case_type="request",
        states=("answered",),
        needs="tickets.call_back",
        members=True,
    ),
)
REVIEW = Queue(name="review", title=_("Answers to check"), group=_("Review"), case_type="request", states=("review",), needs="tickets.review")
