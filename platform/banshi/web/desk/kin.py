"""A case that belongs together with another, as a line: how, and what takes the tie away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from banshi import texts
from banshi.cases import linking
from banshi.web import casepage, pages
from banshi.web.site import Visit

_ = texts.translator("banshi")

TIES: Mapping[tuple[str, bool], texts.Text] = {
    ("member", False): _("Reports the same"),
    ("master", False): _("Leads this case"),
    ("related", False): _("Belongs with"),
    ("related", True): _("Belongs with"),
    ("follow_up", False): _("Takes up again"),
    ("follow_up", True): _("Taken up again by"),
    ("part_of", False): _("Is a part of"),
    ("part_of", True): _("Has as a part"),
}


def kin_row(visit: Visit, row: Any, address: str = "") -> pages.KinRow:
    """Return a related case as it is listed; with the ``address`` of the page, with what takes the tie away."""
    line, part = casepage.case_row(visit, row, "/desk/case"), None
    if address and row.tie == "member":
        part = pages.Form(action=f"{line.href}/together/leave", fields=(), button=visit.say(_("Take out")))
    elif address and row.tie in linking.LINKS:
        hidden = (("other", row.number), ("kind", row.tie), ("away", "yes"), ("later", "yes" if row.later else ""))
        part = pages.Form(action=f"{address}/link", fields=(), button=visit.say(_("Take the link away")), hidden=hidden)
    tie = visit.say(TIES[row.tie, row.later]) if row.tie != "member" else ""
    return pages.KinRow(number=line.number, href=line.href, title=line.title, state=line.state, tone=line.tone, tie=tie, part=part)
