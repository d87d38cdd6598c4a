"""Who may do what: authority in grades (domain 6.11)."""

from __future__ import annotations

from banshi import DEPUTIES, EXPORT, PERSONAL, REPORT, Permission, Role, translator

_ = translator("banshi_approvals")

READ = Permission("approvals.read", _("Read applications"))
REGISTER = Permission("approvals.register", _("File applications for residents"))
ACCEPT = Permission("approvals.accept", _("Accept applications, or ask for what is missing"))
EXAMINE = Permission("approvals.examine", _("Examine applications and propose decisions"))
INSPECT = Permission("approvals.inspect", _("Inspect places"))
REVIEW = Permission("approvals.review", _("Give opinions for joint reviews"))
DECIDE = Permission("approvals.decide", _("Decide applications"))
WINDOW = Permission("approvals.decide_window", _("Decide what the window may decide"))
OFFICE = Permission("approvals.decide_office", _("Decide what the office decides"))
LEADER = Permission("approvals.decide_leader", _("Decide what a leader decides"))
CATALOGUE = Permission("approvals.catalogue", _("Edit, publish and retire what the catalogue says"))
EXPERTS = Permission("approvals.experts", _("Keep the expert pool and draw from it"))
LICENCES = Permission("approvals.licences", _("Suspend, revoke and check licences"))
APPEAL = Permission("approvals.appeals", _("Decide appeals against what other departments decided"))
SUPERVISE = Permission("approvals.supervise", _("Report findings on what was licensed"))

WINDOW_CLERK = Role(name="window", title=_("Approval window"), permissions=(READ, REGISTER, ACCEPT, DECIDE, WINDOW, PERSONAL))
REVIEWER = Role(name="reviewer", title=_("Reviewer"), permissions=(READ, ACCEPT, EXAMINE, INSPECT, EXPERTS, PERSONAL))
CHIEF = Role(
    name="chief",
    title=_("Head of the approval office"),
    permissions=(READ, ACCEPT, EXAMINE, DECIDE, OFFICE, WINDOW, EXPERTS, LICENCES, CATALOGUE, PERSONAL, EXPORT, REPORT, DEPUTIES),
)
LEADING = Role(name="leader", title=_("Leader who decides"), permissions=(READ, DECIDE, LEADER, APPEAL, REPORT))
INSPECTOR = Role(name="inspector", title=_("Inspector"), permissions=(READ, INSPECT))
CONSULTED = Role(name="consulted", title=_("Department that is asked"), permissions=(REVIEW,))
SUPERVISOR = Role(name="supervisor", title=_("Supervision"), permissions=(READ, SUPERVISE, LICENCES, INSPECT))
REVIEWING = Role(name="appeals", title=_("Appeals"), permissions=(READ, APPEAL))
ROLES = (WINDOW_CLERK, REVIEWER, CHIEF, LEADING, INSPECTOR, CONSULTED, SUPERVISOR, REVIEWING)
