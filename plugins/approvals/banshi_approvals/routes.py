"""The plugin's own pages, at /d/<district>/approvals/ and at /case/<number>/approvals/."""

from __future__ import annotations

from banshi import Routes
from banshi_approvals.appeals import pages as appeal_pages
from banshi_approvals.licences import pages as licence_pages
from banshi_approvals.notices import archives, lists
from banshi_approvals.notices import pages as notice_pages

ROUTES = (
    Routes(
        controllers=(licence_pages.Licences, licence_pages.Results, notice_pages.Check, notice_pages.Desk, archives.Archives, lists.Lists),
        on_case=(appeal_pages.Appeals, notice_pages.OnCase),
    ),
)
