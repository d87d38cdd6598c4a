"""The plugin's table of contents: every hook, returning what the files beside it define."""

from __future__ import annotations

from banshi import CaseType, Demo, Measure, Queue, Role, Rule, Service, hookimpl
from banshi_tickets import cases, demo, measures, queues, reviews, roles, rules, services
from banshi_tickets.helpdesk import cases as helpdesk_cases
from banshi_tickets.helpdesk import services as helpdesk_services


@hookimpl
def banshi_case_types() -> list[CaseType]:
    """Return the request of a resident, the trouble of a colleague, and the review of a procedure."""
    return [cases.REQUEST, helpdesk_cases.TROUBLE, reviews.REVIEW]


@hookimpl
def banshi_services() -> list[Service]:
    """Return the residents' service (report a problem, ask, complain, suggest, praise) and the staff's own."""
    return [services.REQUEST, helpdesk_services.TROUBLE]


@hookimpl
def banshi_roles() -> list[Role]:
    """Return clerk, head, intake desk and oversight."""
    return [roles.CLERK, roles.HEAD, roles.INTAKE, roles.OVERSIGHT]


@hookimpl
def banshi_queues() -> list[Queue]:
    """Return the intake desk's lists, and what waits for a reviewer."""
    return [*queues.INTAKE, queues.REVIEW]


@hookimpl
def banshi_measures() -> list[Measure]:
    """Return response, settlement by both sides' word, satisfaction, what was made good, and what worked at once."""
    return list(measures.MEASURES)


@hookimpl
def banshi_rules() -> list[Rule]:
    """Return what happens to requests by itself: idle, too long, overdue, not satisfied, handed on, nobody's, too many."""
    return list(rules.RULES)


@hookimpl
def banshi_demo() -> list[Demo]:
    """Return the demo city's requests, and what its library says to them."""
    return [Demo(cases=demo.cases, library="demo/library")]
