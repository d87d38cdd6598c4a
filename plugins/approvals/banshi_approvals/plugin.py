"""The plugin's table of contents: every hook, returning what the files beside it define.

Each is imported by the hook that needs it: naming the plugin loads neither its pages nor its tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from banshi import hookimpl

if TYPE_CHECKING:
    from banshi import CaseType, Commands, Demo, Job, Measure, Panel, PluginSettings, Queue, Role, Routes, Rule, Service


@hookimpl
def banshi_case_types() -> list[CaseType]:
    """Return the application and its parts (opinion, inspection, panel of experts), changes, checks and findings of licences, and appeals."""
    from banshi_approvals.appeals import cases as appeals
    from banshi_approvals.application import cases
    from banshi_approvals.experts import cases as experts
    from banshi_approvals.inspections import cases as inspections
    from banshi_approvals.licences import changing, checks, findings
    from banshi_approvals.reviews import cases as reviews

    parts = [reviews.REVIEW, inspections.INSPECTION, experts.PANEL]
    return [cases.APPLICATION, *parts, changing.CHANGE, checks.CHECK, findings.FINDING, appeals.APPEAL]


@hookimpl
def banshi_services() -> list[Service]:
    """Return the service that begins in the catalogue, and the change of a licence."""
    from banshi_approvals import services

    return list(services.SERVICES)


@hookimpl
def banshi_roles() -> list[Role]:
    """Return window, reviewer, head, leader, inspector, department that is asked, supervision, appeals."""
    from banshi_approvals import roles

    return list(roles.ROLES)


@hookimpl
def banshi_queues() -> list[Queue]:
    """Return what waits to be accepted, examined, decided, and answered."""
    from banshi_approvals import queues

    return list(queues.QUEUES)


@hookimpl
def banshi_rules() -> list[Rule]:
    """Return what happens by itself: accepted by law, lapsed, near the limit, a department that does not answer."""
    from banshi_approvals import rules

    return list(rules.RULES)


@hookimpl
def banshi_jobs() -> list[Job]:
    """Return what runs by itself: reforms on their day, reminders and yearly checks, papers as soon as they were given."""
    from banshi_approvals import jobs

    return list(jobs.JOBS)


@hookimpl
def banshi_commands() -> list[Commands]:
    """Return `banshi approvals …`."""
    from banshi import Commands

    return [Commands(where="banshi_approvals.commands:approvals")]


@hookimpl
def banshi_routes() -> list[Routes]:
    """Return the catalogue, applying, materials, inspections, experts, papers, the public register, and the pages of supervision."""
    from banshi_approvals import routes

    return list(routes.ROUTES)


@hookimpl
def banshi_settings() -> list[PluginSettings]:
    """Return what an installation tells: keys of the seals, whose they are, what checks trust."""
    from banshi import PluginSettings
    from banshi_approvals import settings

    return [PluginSettings(form=settings.Settings)]


@hookimpl
def banshi_panels() -> list[Panel]:
    """Return what stands on the kernel's pages: materials, papers, opinions, inspections, experts, ways against a decision."""
    from banshi_approvals import panels

    return list(panels.PANELS)


@hookimpl
def banshi_measures() -> list[Measure]:
    """Return what the report says of applications, inspections, experts and appeals."""
    from banshi_approvals import measures

    return list(measures.MEASURES)


@hookimpl
def banshi_demo() -> list[Demo]:
    """Return the demo city's catalogue and applications."""
    from banshi import Demo
    from banshi_approvals.demo import cases, filling

    return [Demo(cases=cases.cases, before=filling.fill)]
