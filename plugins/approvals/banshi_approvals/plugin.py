"""The plugin's table of contents: every hook, returning what the files beside it define."""

from __future__ import annotations

from banshi import CaseType, Commands, Demo, Job, Measure, Panel, PluginSettings, Queue, Role, Routes, Rule, Service, hookimpl
from banshi_approvals import jobs, measures, panels, queues, roles, routes, rules, services, settings
from banshi_approvals.appeals import cases as appeals
from banshi_approvals.application import cases
from banshi_approvals.demo import cases as demo_cases
from banshi_approvals.demo import filling
from banshi_approvals.experts import cases as panel_cases
from banshi_approvals.inspections import cases as inspection_cases
from banshi_approvals.licences import changing, checks, findings
from banshi_approvals.reviews import cases as review_cases


@hookimpl
def banshi_case_types() -> list[CaseType]:
    """Return the application and its parts (opinion, inspection, panel of experts), changes, checks and findings of licences, and appeals."""
    parts = [review_cases.REVIEW, inspection_cases.INSPECTION, panel_cases.PANEL]
    return [cases.APPLICATION, *parts, changing.CHANGE, checks.CHECK, findings.FINDING, appeals.APPEAL]


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
    """Return what runs by itself: reforms on their day, reminders and yearly checks, papers as soon as they were given."""
    return list(jobs.JOBS)


@hookimpl
def banshi_commands() -> list[Commands]:
    """Return `banshi approvals …`."""
    return [Commands(where="banshi_approvals.commands:approvals")]


@hookimpl
def banshi_routes() -> list[Routes]:
    """Return the catalogue, applying, materials, inspections, experts, papers, the public register, and the pages of supervision."""
    return list(routes.ROUTES)


@hookimpl
def banshi_settings() -> list[PluginSettings]:
    """Return what an installation tells: keys of the seals, whose they are, what checks trust."""
    return [PluginSettings(form=settings.Settings)]


@hookimpl
def banshi_panels() -> list[Panel]:
    """Return what stands on the kernel's pages: materials, papers, opinions, inspections, experts, ways against a decision."""
    return list(panels.PANELS)


@hookimpl
def banshi_measures() -> list[Measure]:
    """Return what the report says of applications, inspections, experts and appeals."""
    return list(measures.MEASURES)


@hookimpl
def banshi_demo() -> list[Demo]:
    """Return the demo city's catalogue and applications."""
    return [Demo(cases=demo_cases.cases, before=filling.fill)]
