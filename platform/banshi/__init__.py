"""banshi: the author's door. A plugin imports this package and nothing below it.

Lazy (PEP 562): `import banshi` loads no room of the kernel until a name is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from banshi import districts as _districts
    from banshi.cases import tables as _cases
    from banshi.cli import commandline as commandline
    from banshi.contracts import APPLICANT as APPLICANT
    from banshi.contracts import CONFIDENTIAL as CONFIDENTIAL
    from banshi.contracts import DEPUTIES as DEPUTIES
    from banshi.contracts import EXPORT as EXPORT
    from banshi.contracts import MAIL as MAIL
    from banshi.contracts import NOBODY as NOBODY
    from banshi.contracts import OFFICE as OFFICE
    from banshi.contracts import OPEN311 as OPEN311
    from banshi.contracts import OUTSIDE as OUTSIDE
    from banshi.contracts import PERSONAL as PERSONAL
    from banshi.contracts import REPORT as REPORT
    from banshi.contracts import TOGETHER as TOGETHER
    from banshi.contracts import Action as Action
    from banshi.contracts import Actor as Actor
    from banshi.contracts import Ask as Ask
    from banshi.contracts import Backlog as Backlog
    from banshi.contracts import CaseType as CaseType
    from banshi.contracts import Changes as Changes
    from banshi.contracts import City as City
    from banshi.contracts import Commands as Commands
    from banshi.contracts import Condition as Condition
    from banshi.contracts import Context as Context
    from banshi.contracts import Contribution as Contribution
    from banshi.contracts import Deadline as Deadline
    from banshi.contracts import Demo as Demo
    from banshi.contracts import DemoCase as DemoCase
    from banshi.contracts import Department as Department
    from banshi.contracts import Due as Due
    from banshi.contracts import Filing as Filing
    from banshi.contracts import Found as Found
    from banshi.contracts import HandUp as HandUp
    from banshi.contracts import Happening as Happening
    from banshi.contracts import Idle as Idle
    from banshi.contracts import Job as Job
    from banshi.contracts import JobContext as JobContext
    from banshi.contracts import Marks as Marks
    from banshi.contracts import Measure as Measure
    from banshi.contracts import Nothing as Nothing
    from banshi.contracts import Notify as Notify
    from banshi.contracts import OpenCase as OpenCase
    from banshi.contracts import Opens as Opens
    from banshi.contracts import Option as Option
    from banshi.contracts import Outcome as Outcome
    from banshi.contracts import Overdue as Overdue
    from banshi.contracts import Own as Own
    from banshi.contracts import Page as Page
    from banshi.contracts import Panel as Panel
    from banshi.contracts import PanelContext as PanelContext
    from banshi.contracts import Permission as Permission
    from banshi.contracts import Personal as Personal
    from banshi.contracts import PluginSettings as PluginSettings
    from banshi.contracts import Put as Put
    from banshi.contracts import Queue as Queue
    from banshi.contracts import Raise as Raise
    from banshi.contracts import Record as Record
    from banshi.contracts import Role as Role
    from banshi.contracts import Routes as Routes
    from banshi.contracts import Rule as Rule
    from banshi.contracts import Rung as Rung
    from banshi.contracts import Service as Service
    from banshi.contracts import SmsProvider as SmsProvider
    from banshi.contracts import Snapshot as Snapshot
    from banshi.contracts import State as State
    from banshi.contracts import Step as Step
    from banshi.contracts import Surplus as Surplus
    from banshi.contracts import Tells as Tells
    from banshi.contracts import Timing as Timing
    from banshi.contracts import Unowned as Unowned
    from banshi.contracts import Unresolved as Unresolved
    from banshi.contracts import Upgrade as Upgrade
    from banshi.contracts import Vault as Vault
    from banshi.db import owner_metadata as owner_metadata
    from banshi.errors import Conflict as Conflict
    from banshi.errors import Forbidden as Forbidden
    from banshi.errors import Invalid as Invalid
    from banshi.errors import NotAllowedNow as NotAllowedNow
    from banshi.errors import NotFound as NotFound
    from banshi.errors import Refused as Refused
    from banshi.hookspecs import hookimpl as hookimpl
    from banshi.identity import tables as _people
    from banshi.texts import Language as Language
    from banshi.texts import Said as Said
    from banshi.texts import Text as Text
    from banshi.texts import say as say
    from banshi.texts import say_date as say_date
    from banshi.texts import say_moment as say_moment
    from banshi.texts import translator as translator
    from banshi.web import toolkit as toolkit

    # Said again under their own names: a type checker takes an import under another name for a private one.
    case_table = _cases.case
    department_table = _people.department
    district_table = _districts.district
    person_table = _people.person

_ROOMS = {
    "contracts": (
        "APPLICANT CONFIDENTIAL DEPUTIES EXPORT MAIL NOBODY OFFICE OPEN311 OUTSIDE PERSONAL REPORT TOGETHER Action Actor Ask Backlog "
        "CaseType Changes City Commands Condition Context Contribution Deadline Demo DemoCase Department Due Filing Found HandUp Happening "
        "Idle Job JobContext Marks Measure Nothing Notify OpenCase Opens Option Outcome Overdue Own Page Panel PanelContext Permission "
        "Personal PluginSettings Put Queue Raise Record Role Routes Rule Rung Service SmsProvider Snapshot State Step Surplus Tells Timing Unowned "
        "Unresolved Upgrade Vault"
    ),
    "db": "owner_metadata",
    "errors": "Conflict Forbidden Invalid NotAllowedNow NotFound Refused",
    "hookspecs": "hookimpl",
    "texts": "Language Said Text say say_date say_moment translator",
}
_PLACES = {name: (f"banshi.{room}", name) for room, names in _ROOMS.items() for name in names.split()} | {
    "case_table": ("banshi.cases.tables", "case"),
    "department_table": ("banshi.identity.tables", "department"),
    "person_table": ("banshi.identity.tables", "person"),
    "district_table": ("banshi.districts", "district"),
    "toolkit": ("banshi.web.toolkit", ""),
    "commandline": ("banshi.cli.commandline", ""),
}
__all__ = sorted(_PLACES)  # noqa: PLE0605 -- the door is one table; a test holds it against the names above


def __getattr__(name: str) -> object:
    try:
        module, attribute = _PLACES[name]
    except KeyError:
        raise AttributeError(f"banshi has no {name!r}; its door is: {', '.join(__all__)}") from None
    found = import_module(module)
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return __all__
