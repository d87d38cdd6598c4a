"""What residents find in the portal."""

from __future__ import annotations

from banshi import Page, Service, translator

_ = translator("banshi_tickets")

REQUEST = Service(
    name="request",
    title=_("Report a problem, ask, complain or suggest"),
    summary=_("Street lamps, noise, rubbish, water, lifts and everything else that the city looks after"),
    subject=_("Problems, questions and help"),
    case_type="request",
    open311=True,
    attachments=True,
    before=_("It takes about three minutes. You get a number and a code with which you, or the hot line, can follow your request at any time."),
    words=(
        _("street lamp, light, dark"),
        _("noise, music, neighbours, barbecue"),
        _("rubbish, dirt, smell"),
        _("water, water cut"),
        _("lift, property management"),
        _("road, pavement, pothole"),
        _("complaint, suggestion, question, praise"),
    ),
    pages=(
        Page("what", _("What is it about?"), ("kind", "category"), _("Not sure? Choose what comes nearest; we sort it out.")),
        Page("urgency", _("How urgent is it?"), ("urgency",), when={"kind": ("help", "complaint", "report")}),
        Page("officer", _("Whom do you thank?"), ("officer",), _("Your praise reaches the officer, and the department."), when={"kind": ("praise",)}),
        Page(
            "text",
            _("Tell us what happened"),
            ("text",),
            _("In your own words. Nobody marks you for spelling."),
            consults={"kind": ("consultation", "help", "complaint", "suggestion"), "urgency": ("normal",)},
        ),
        Page("where", _("Where is it?"), ("area", "place"), _("So that it reaches the right department at once.")),
        Page("contact", _("How can we reach you?"), ("contact_name", "contact_telephone", "discreet"), _("You may stay unnamed.")),
    ),
)
