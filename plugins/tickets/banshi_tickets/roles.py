"""Who may do what with requests."""

from __future__ import annotations

from banshi import CONFIDENTIAL, DEPUTIES, EXPORT, MAIL, OPEN311, PERSONAL, REPORT, TOGETHER, Permission, Role, translator

_ = translator("banshi_tickets")

READ = Permission("tickets.read", _("Read requests"))
WORK = (
    Permission("tickets.sign", _("Sign for requests")),
    Permission("tickets.ask", _("Ask the resident for more")),
    Permission("tickets.answer", _("Answer requests, or draft the answer")),
    Permission("tickets.assign", _("Assign requests to officers of the own department")),
    Permission("tickets.pass_on", _("Pass requests on, or hand them to the superior")),
    Permission("tickets.return", _("Return requests that are not the department's")),
    Permission("tickets.close", _("Close requests")),
    Permission("tickets.note", _("Add notes for colleagues, set the urgency")),
)
REVIEW = Permission("tickets.review", _("Check answers before they go"))
SUPERVISE = Permission("tickets.supervise", _("Support the departments below, and name who is responsible"))
REGISTER = Permission("tickets.register", _("Register requests for residents"))
DISPATCH = (
    Permission("tickets.dispatch", _("Decide whose a request is")),
    Permission("tickets.decline", _("Say that a request is not taken")),
    Permission("tickets.call_back", _("Call residents back and record what they say")),
)
REOPEN = Permission("tickets.reopen", _("Take closed requests up again"))

CLERK = Role(name="clerk", title=_("Clerk"), permissions=(READ, *WORK, PERSONAL, TOGETHER))
HEAD = Role(name="head", title=_("Head of a department"), permissions=(READ, *WORK, REVIEW, SUPERVISE, PERSONAL, TOGETHER, EXPORT, REPORT, DEPUTIES))
INTAKE = Role(
    name="intake",
    title=_("Intake desk"),
    permissions=(READ, REGISTER, *WORK, *DISPATCH, REOPEN, PERSONAL, CONFIDENTIAL, TOGETHER, EXPORT, MAIL, OPEN311, REPORT),
    reach="district",
)
OVERSIGHT = Role(name="oversight", title=_("Oversight"), permissions=(READ, SUPERVISE, REOPEN, CONFIDENTIAL, EXPORT, REPORT), reach="district")
