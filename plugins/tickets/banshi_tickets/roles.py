"""Who may do what with requests."""

from __future__ import annotations

from banshi import PERSONAL, Permission, Role, translator

_ = translator("banshi_tickets")

WORK = (
    Permission("tickets.sign", _("Sign for requests")),
    Permission("tickets.ask", _("Ask the resident for more")),
    Permission("tickets.answer", _("Answer requests")),
    Permission("tickets.close", _("Close requests")),
    Permission("tickets.note", _("Add notes for colleagues")),
)
READ = Permission("tickets.read", _("Read requests"))
REGISTER = Permission("tickets.register", _("Register requests for residents"))
REOPEN = Permission("tickets.reopen", _("Take closed requests up again"))

CLERK = Role(name="clerk", title=_("Clerk"), permissions=(READ, *WORK, PERSONAL))
INTAKE = Role(name="intake", title=_("Intake desk"), permissions=(READ, REGISTER, *WORK, REOPEN, PERSONAL), reach="district")
OVERSIGHT = Role(name="oversight", title=_("Oversight"), permissions=(READ, REOPEN), reach="district")
