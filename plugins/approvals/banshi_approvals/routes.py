"""The plugin's own pages, at /d/<district>/approvals/ and at /case/<number>/approvals/."""

from __future__ import annotations

from banshi import Routes
from banshi_approvals.appeals import pages as appeal_pages
from banshi_approvals.licences import pages as licence_pages

ROUTES = (Routes(controllers=(licence_pages.Licences, licence_pages.Results), on_case=(appeal_pages.Appeals,)),)
