"""The plugin's table of contents: every hook, returning what the files beside it define."""

from __future__ import annotations

from banshi import CaseType, Commands, Demo, Job, Panel, Queue, Role, Routes, Rule, Service, hookimpl
from banshi_approvals import jobs, panels, queues, roles, rules, services
from banshi_approvals.application import cases
from banshi_approvals.demo import cases as demo_cases
from banshi_approvals.demo import filling
from banshi_approvals.pages import editing, filing, guide, materials
from banshi_approvals.experts import cases as panel_cases
from banshi_approvals.experts import pages as expert_pages
from banshi_approvals.experts import panels as expert_panels
from banshi_approvals.inspections import cases as inspection_cases
from banshi_approvals.inspections import pages as inspection_pages
from banshi_approvals.inspections import panels as inspection_panels
from banshi_approvals.reviews import cases as review_cases
from banshi_approvals.reviews import panels as review_panels


@hookimpl
def banshi_case_types() -> list[CaseType]:
    """Return the application, and its parts: the opinion of a department, an inspection, a panel of experts."""
    return [cases.APPLICATION, review_cases.REVIEW, inspection_cases.INSPECTION, panel_cases.PANEL]


@hookimpl
def banshi_services() -> list[Service]:
    """Return the service that begins in the catalogue."""
    return list(services.SERVICES)


@hookimpl
def banshi_roles() -> list[Role]:
    """Return window, reviewer, head, leader, inspector, department that is asked, supervision."""
    return list(roles.ROLES)


@hookimpl
def banshi_queues() -> list[Queue]:
    """Return what waits to be accepted, examined, decided, and answered."""
    return list(queues.QUEUES)


@hookimpl
def banshi_rules() -> list[Rule]:
    """Return what happens by itself: accepted by law, lapsed, near the limit, a department that does not answer."""
    return list(rules.RULES)


@hookimpl
def banshi_jobs() -> list[Job]:
    """Return what happens by itself at its hour: reforms on their day."""
    return list(jobs.JOBS)


@hookimpl
def banshi_commands() -> list[Commands]:
    """Return `banshi approvals …`."""
    return [Commands(where="banshi_approvals.commands:approvals")]


@hookimpl
def banshi_routes() -> list[Routes]:
    """Return the catalogue, applying, and what follows on a case."""
    controllers = (guide.Guide, filing.Filing, materials.DeskMaterials, editing.Reading, editing.Editing)
    return [Routes(controllers=(*controllers, *inspection_pages.CONTROLLERS, *expert_pages.CONTROLLERS), on_case=(filing.Filed, materials.OwnMaterials))]


@hookimpl
def banshi_panels() -> list[Panel]:
    """Return what stands on the pages of a case beside its story."""
    return [*panels.PANELS, *review_panels.PANELS, *inspection_panels.PANELS, *expert_panels.PANELS]


@hookimpl
def banshi_demo() -> list[Demo]:
    """Return the demo city's catalogue and applications."""
    return [Demo(cases=demo_cases.cases, before=filling.fill)]
