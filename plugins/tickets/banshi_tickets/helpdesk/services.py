"""How staff report a trouble: on the desk, by themselves."""

from __future__ import annotations

from banshi import Page, Service, translator

_ = translator("banshi_tickets")

TROUBLE = Service(
    name="trouble",
    title=_("IT help desk"),
    summary=_("Computer, system, network, account: report what does not work"),
    subject=_("For staff"),
    case_type="trouble",
    audience="staff",
    before=_("It takes a minute. You follow it under your own cases, like any resident."),
    pages=(
        Page("what", _("What does not work?"), ("category", "impact", "text"), consults={"impact": ("one", "stopped")}),
        Page("where", _("Where is it?"), ("asset", "room")),
    ),
)
