"""The plugin's table of contents: every hook, returning what the files beside it define."""

from __future__ import annotations

from banshi import CaseType, Job, Measure, Panel, PluginSettings, Queue, Role, Routes, Rule, Service, hookimpl
from banshi_approvals import jobs, measures, queues, roles, routes, rules, services, settings
from banshi_approvals.appeals import cases as appeals
from banshi_approvals.application import cases
from banshi_approvals.licences import changing, checks, findings
from banshi_approvals.notices import panels
from banshi_approvals.reviews import cases as review_cases


@hookimpl
def banshi_case_types() -> list[CaseType]:
    """Return the application, the opinion of a department in a joint review; changes, checks and findings of licences, appeals."""
    return [cases.APPLICATION, review_cases.REVIEW, changing.CHANGE, checks.CHECK, findings.FINDING, appeals.APPEAL]


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
    """Return what runs by itself: reminders and yearly checks every day, papers as soon as they were given."""
    return list(jobs.JOBS)


@hookimpl
def banshi_routes() -> list[Routes]:
    """Return the public register, results, and the pages of supervision."""
    return list(routes.ROUTES)


@hookimpl
def banshi_settings() -> list[PluginSettings]:
    """Return what an installation tells: keys of the seals, whose they are, what checks trust."""
    return [PluginSettings(form=settings.Settings)]


@hookimpl
def banshi_panels() -> list[Panel]:
    """Return the papers of a case, and the ways against what was decided."""
    return list(panels.PANELS)


@hookimpl
def banshi_measures() -> list[Measure]:
    """Return what the report says of applications and appeals."""
    return list(measures.MEASURES)
