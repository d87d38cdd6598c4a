"""What residents find in the portal: one service that begins in the catalogue, and is found by the words of every sub-item."""

from __future__ import annotations

from banshi import Service, translator
from banshi_approvals.catalogue import finding
from banshi_approvals.licences import changing

_ = translator("banshi_approvals")

APPLICATION = Service(
    name="application",
    title=_("Apply for a licence or permit"),
    summary=_("What you need, exactly, and all at once; then apply"),
    subject=_("Licences and permits"),
    case_type="application",
    start="catalogue",
    entries=finding.entries,
    words=(_("licence, permit, approval, certificate"),),
)
SERVICES = (APPLICATION, changing.SERVICE)
