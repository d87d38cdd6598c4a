"""The plugin's own pages, at /d/<district>/approvals/ and at /case/<number>/approvals/."""

from __future__ import annotations

from banshi import Routes
from banshi_approvals.appeals import pages as appeals
from banshi_approvals.experts import register, sheets
from banshi_approvals.inspections import pages as inspections
from banshi_approvals.licences import pages as licences
from banshi_approvals.notices import archives, lists
from banshi_approvals.notices import pages as notices
from banshi_approvals.pages import asking, bringing, editing, filing, guide, handbook, materials, reforming

PUBLIC = (guide.Guide, filing.Filing, licences.Licences, licences.Results, notices.Check, lists.Lists)
DESK = (materials.DeskMaterials, asking.Asking, notices.Desk, archives.Archives)
CATALOGUE = (handbook.Handbook, editing.Editing, bringing.Bringing, reforming.Reforming)
EXPERTS = (register.Register, sheets.Panels, sheets.Own)
ROUTES = (
    Routes(
        controllers=(*PUBLIC, *DESK, *CATALOGUE, *EXPERTS, *inspections.CONTROLLERS),
        on_case=(filing.Filed, materials.OwnMaterials, appeals.Appeals, notices.OnCase),
    ),
)
