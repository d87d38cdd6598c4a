"""The plugin's parts of the kernel's pages."""

from __future__ import annotations

from typing import Any

import msgspec

from banshi import Panel, translator
from banshi_approvals.experts import panels as experts
from banshi_approvals.inspections import panels as inspections
from banshi_approvals.notices import panels as notices
from banshi_approvals.pages import editing, materials
from banshi_approvals.reviews import panels as reviews

_ = translator("banshi_approvals")

MATERIALS: dict[str, Any] = {
    "title": _("Materials"),
    "template": "approvals/panel_materials.html",
    "read": materials.panel,
    "case_types": ("application",),
    "order": 10,
}
DESK = Panel(name="materials", place="desk.case", **MATERIALS)
CATALOGUE = Panel(
    name="catalogue",
    title=_("Catalogue of matters"),
    place="desk.home",
    template="approvals/panel_catalogue.html",
    read=editing.panel,
    needs="approvals.catalogue",
)
OWN = msgspec.structs.replace(DESK, name="own_materials", place="portal.case")
PANELS = (CATALOGUE, DESK, OWN, *reviews.PANELS, *inspections.PANELS, *experts.PANELS, *notices.PANELS)
