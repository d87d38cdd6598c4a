"""The hooks. Each is called once at start, without arguments, and returns a list of frozen structs of `banshi.contracts`.

A hook declares; what happens at run time lives in the callables inside the structs.
"""

from __future__ import annotations

import pluggy

from banshi.contracts import (
    CaseType,
    Commands,
    Demo,
    Job,
    Measure,
    Panel,
    PluginSettings,
    Queue,
    Role,
    Routes,
    Rule,
    Service,
    SmsProvider,
)

GROUP = "banshi"
"""The entry-point group, and pluggy's project name."""

hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


@hookspec
def banshi_case_types() -> list[CaseType]:  # type: ignore[empty-body]
    """Called at start for the kinds of case that the plugin adds; returns a list of ``CaseType``."""


@hookspec
def banshi_services() -> list[Service]:  # type: ignore[empty-body]
    """Called at start for what residents find in the portal; returns a list of ``Service``."""


@hookspec
def banshi_roles() -> list[Role]:  # type: ignore[empty-body]
    """Called at start for the roles, with their permissions, that a post can be given; returns a list of ``Role``."""


@hookspec
def banshi_routes() -> list[Routes]:  # type: ignore[empty-body]
    """Called at start for the plugin's own pages; returns a list of ``Routes``, which the kernel mounts and guards."""


@hookspec
def banshi_panels() -> list[Panel]:  # type: ignore[empty-body]
    """Called at start for the plugin's parts of the kernel's own pages; returns a list of ``Panel``."""


@hookspec
def banshi_settings() -> list[PluginSettings]:  # type: ignore[empty-body]
    """Called at start for what an installation can tell the plugin; returns a list of one ``PluginSettings``."""


@hookspec
def banshi_commands() -> list[Commands]:  # type: ignore[empty-body]
    """Called at start for commands of the plugin's own; returns a list of one ``Commands``."""


@hookspec
def banshi_queues() -> list[Queue]:  # type: ignore[empty-body]
    """Called at start for lists of work that the desk's menu offers to those who may do it; returns a list of ``Queue``."""


@hookspec
def banshi_measures() -> list[Measure]:  # type: ignore[empty-body]
    """Called at start for the figures that the report shows of the plugin's cases; returns a list of ``Measure``."""


@hookspec
def banshi_rules() -> list[Rule]:  # type: ignore[empty-body]
    """Called at start for what happens to the plugin's cases by itself when something is so for too long; returns a list of ``Rule``."""


@hookspec
def banshi_jobs() -> list[Job]:  # type: ignore[empty-body]
    """Called at start for periodic work; returns a list of ``Job``."""


@hookspec
def banshi_sms_providers() -> list[SmsProvider]:  # type: ignore[empty-body]
    """Called at start for ways to send text messages; returns a list of ``SmsProvider``, of which ``BANSHI_SMS`` names one."""


@hookspec
def banshi_demo() -> list[Demo]:  # type: ignore[empty-body]
    """Called when a demo city is built, for the plugin's part in it; returns a list of ``Demo``."""
