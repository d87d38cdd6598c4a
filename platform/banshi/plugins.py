"""Finds plugins, loads them one by one, checks what they declare, and gives one immutable ``Registry``.

A plugin that breaks is dropped whole, with its name and the reason, and the others serve: a district must not lose every
service through one. Under ``strict`` (tests, ``banshi plugins --check``) it is an error at once.
"""

from __future__ import annotations

import importlib.util
import inspect
import logging
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module, metadata
from itertools import pairwise
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, get_args, get_type_hints

import msgspec
import pluggy
from packaging.requirements import Requirement

from banshi import hookspecs
from banshi.contracts import (
    OFFICE,
    Ask,
    Backlog,
    CaseType,
    Commands,
    Condition,
    Declared,
    Demo,
    HandUp,
    Idle,
    Job,
    Measure,
    Notify,
    OpenCase,
    Overdue,
    Own,
    Panel,
    Personal,
    PluginSettings,
    Queue,
    Role,
    Routes,
    Rule,
    Service,
    SmsProvider,
    Unowned,
    Unresolved,
)
from banshi.errors import PluginError

if TYPE_CHECKING:
    from sqlalchemy import MetaData

log = logging.getLogger(__name__)

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_CODE = re.compile(r"[a-z0-9_-]{1,60}")
OF_THE_KERNEL = "kernel public procrastinate information_schema services case static banshi"
OF_ITS_ADDRESSES = "portal desk admin library parts api track my secret data vendor"
RESERVED = frozenset(f"{OF_THE_KERNEL} {OF_ITS_ADDRESSES}".split())


class EntryPoint(Protocol):
    """What the loader needs of ``importlib.metadata.EntryPoint``."""

    @property
    def name(self) -> str:
        """The plugin's name."""

    @property
    def value(self) -> str:
        """The module it names."""

    def load(self) -> Any:
        """Import it."""


class Loaded(NamedTuple):
    """A plugin that works: its name, its package, and the version of its distribution."""

    name: str
    package: str
    version: str


class Registry(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the code declares, as one value. A district's adjustments are rows laid over it."""

    plugins: tuple[Loaded, ...] = ()
    failed: Mapping[str, str] = {}
    case_types: tuple[CaseType, ...] = ()
    services: tuple[Service, ...] = ()
    roles: tuple[Role, ...] = ()
    routes: tuple[Routes, ...] = ()
    panels: tuple[Panel, ...] = ()
    settings: tuple[PluginSettings, ...] = ()
    commands: tuple[Commands, ...] = ()
    queues: tuple[Queue, ...] = ()
    measures: tuple[Measure, ...] = ()
    rules: tuple[Rule, ...] = ()
    jobs: tuple[Job, ...] = ()
    sms_providers: tuple[SmsProvider, ...] = ()
    demo: tuple[Demo, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all plugins, the broken ones too."""
        return tuple(sorted({p.name for p in self.plugins} | set(self.failed)))

    @property
    def packages(self) -> dict[str, str]:
        """Owner to package, of the plugins that work."""
        return {p.name: p.package for p in self.plugins}

    def case_type(self, key: str) -> CaseType:
        """Return the case type of that key (``tickets.request``); KeyError where no loaded plugin declares it."""
        return self._by_key[key]

    @property
    def _by_key(self) -> dict[str, CaseType]:
        return _case_types_by_key(self)

    def service(self, owner: str, name: str) -> Service:
        """Return a service; KeyError where there is none."""
        for service in self.services:
            if (service.owner, service.name) == (owner, name):
                return service
        raise KeyError(f"{owner}.{name}")

    def only(self, names: Iterable[str]) -> Registry:
        """Return what the plugins ``names`` declare: the registry as a district sees it."""
        return _only(self, frozenset(names))

    def __hash__(self) -> int:
        return id(self)


@lru_cache(maxsize=256)
def _only(registry: Registry, names: frozenset[str]) -> Registry:
    def kept(declared: tuple[Declared, ...]) -> tuple[Declared, ...]:
        return tuple(d for d in declared if d.owner in names)

    return msgspec.structs.replace(
        registry,
        plugins=tuple(p for p in registry.plugins if p.name in names),
        failed={n: why for n, why in registry.failed.items() if n in names},
        **{field: kept(getattr(registry, field)) for field in HOOKS.values()},
    )


@lru_cache(maxsize=64)
def _case_types_by_key(registry: Registry) -> dict[str, CaseType]:
    return {c.key: c for c in registry.case_types}


HOOKS: Mapping[str, str] = {
    "banshi_case_types": "case_types",
    "banshi_services": "services",
    "banshi_roles": "roles",
    "banshi_routes": "routes",
    "banshi_panels": "panels",
    "banshi_settings": "settings",
    "banshi_commands": "commands",
    "banshi_queues": "queues",
    "banshi_measures": "measures",
    "banshi_rules": "rules",
    "banshi_jobs": "jobs",
    "banshi_sms_providers": "sms_providers",
    "banshi_demo": "demo",
}
_KINDS: Mapping[str, type[Declared]] = {
    "case_types": CaseType,
    "services": Service,
    "roles": Role,
    "routes": Routes,
    "panels": Panel,
    "settings": PluginSettings,
    "commands": Commands,
    "queues": Queue,
    "measures": Measure,
    "rules": Rule,
    "jobs": Job,
    "sms_providers": SmsProvider,
    "demo": Demo,
}


def installed() -> list[metadata.EntryPoint]:
    """Return the entry points of every installed plugin."""
    return list(metadata.entry_points(group=hookspecs.GROUP))


def load(entries: Sequence[EntryPoint] | None = None, *, strict: bool = False) -> Registry:
    """Load every plugin of ``entries`` (default: the installed ones) that can be loaded, sorted by name.

    Raises ``PluginError`` for two plugins of one name or one declared thing of two owners (which of the two is meant cannot
    be known), and with ``strict`` for any broken plugin.
    """
    entries = sorted(installed() if entries is None else entries, key=lambda e: e.name)
    for one, other in pairwise(entries):
        if one.name == other.name:
            msg = f"Two plugins are called {one.name!r}: {one.value} and {other.value}. Remove one of the distributions."
            raise PluginError(msg)
    registry = Registry()
    for entry in entries:
        try:
            registry = _joined(registry, *_collect(entry))
        except _Clash as clash:
            raise PluginError(str(clash)) from None
        except Exception as error:
            said = f"Plugin {entry.name!r} ({entry.value}): {error or type(error).__name__}"
            if strict:
                raise PluginError(said) from error
            log.exception("plugin fenced", extra={"plugin": entry.name})
            registry = msgspec.structs.replace(registry, failed={**registry.failed, entry.name: said})
    return registry


def _collect(entry: EntryPoint) -> tuple[Loaded, dict[str, tuple[Declared, ...]]]:
    """Return one plugin and all it declares; raise whatever is wrong with it."""
    if not NAME.fullmatch(entry.name) or entry.name in RESERVED:
        msg = f"{entry.name!r} cannot be a plugin's name: use small letters, digits and _, none of {sorted(RESERVED)}"
        raise PluginError(msg)
    module = entry.load()
    package = (module.__name__ if isinstance(module, ModuleType) else type(module).__module__).rpartition(".")[0] or entry.name
    loaded = Loaded(entry.name, package, _version(entry))
    manager = pluggy.PluginManager(hookspecs.GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(module, entry.name)
    _check_hooks(manager, module)
    declared: dict[str, tuple[Declared, ...]] = {}
    for hook, field in HOOKS.items():
        implementations = getattr(manager.hook, hook).get_hookimpls()
        found = [thing for i in implementations for thing in (i.function() or ())]
        for thing in found:
            if not isinstance(thing, _KINDS[field]):
                msg = f"{hook} returned {thing!r}, which is no {_KINDS[field].__name__}"
                raise PluginError(msg)
        declared[field] = tuple(msgspec.structs.replace(thing, owner=entry.name) for thing in found)
    _check_declared(declared)
    _check_models(loaded)
    return loaded, declared


def _check_hooks(manager: pluggy.PluginManager, module: Any) -> None:
    callers = manager.get_hookcallers(module) or []
    known = sorted(HOOKS)
    if unknown := sorted(c.name for c in callers if not c.has_spec()):
        msg = f"unknown hook {', '.join(unknown)}; the hooks are {', '.join(known)}"
        raise PluginError(msg)
    for caller in callers:
        for implementation in caller.get_hookimpls():
            if implementation.tryfirst or implementation.trylast or implementation.wrapper or implementation.hookwrapper:
                msg = f"{caller.name} asks for an order (tryfirst, trylast, wrapper); plugins go by name, hooks only declare"
                raise PluginError(msg)
            if inspect.iscoroutinefunction(implementation.function):
                msg = f"{caller.name} is async; hooks are called once at start and only declare"
                raise PluginError(msg)
    forgotten = [n for n, f in vars(module).items() if n.startswith("banshi_") and callable(f) and not hasattr(f, "banshi_impl")]
    if forgotten:
        msg = f"{', '.join(sorted(forgotten))} lacks @hookimpl and would never be called"
        raise PluginError(msg)


def _version(entry: EntryPoint) -> str:
    """Return the version of the plugin's distribution, and check its bound on banshi."""
    distribution = getattr(entry, "dist", None)
    if distribution is None:
        return "0"
    for line in distribution.requires or ():
        bound = Requirement(line)
        if bound.name == "banshi" and not bound.specifier.contains(kernel_version(), prereleases=True):
            msg = f"needs banshi {bound.specifier}, this is {kernel_version()}: install a matching version of the plugin"
            raise PluginError(msg)
    return str(distribution.version)


@lru_cache(maxsize=1)
def kernel_version() -> str:
    """Return the version of the kernel."""
    return metadata.version("banshi")


class _Clash(Exception):
    """Two owners declare one name."""


def _joined(registry: Registry, loaded: Loaded, declared: Mapping[str, tuple[Declared, ...]]) -> Registry:
    """Return ``registry`` with one more plugin; raise _Clash where a permission or package has two owners."""
    for other in registry.plugins:
        if other.package == loaded.package:
            msg = f"Plugins {other.name!r} and {loaded.name!r} are one package, {loaded.package}. Remove one entry point."
            raise _Clash(msg)
    return msgspec.structs.replace(
        registry,
        plugins=(*registry.plugins, loaded),
        **{field: (*getattr(registry, field), *things) for field, things in declared.items()},
    )


PUBLISHED = frozenset({"case", "person", "department", "district", "document"})
"""The kernel's tables that a plugin's may refer to."""


def _check_models(loaded: Loaded) -> None:
    """Check the tables of a plugin that has a ``models`` room."""
    if importlib.util.find_spec(loaded.package) is None or importlib.util.find_spec(f"{loaded.package}.models") is None:
        return
    models = import_module(f"{loaded.package}.models")
    for found in vars(models).values():
        if type(found).__name__ == "MetaData":
            check_tables(loaded.name, found)


def check_tables(owner: str, metadata: MetaData) -> None:
    """Raise PluginError for a table outside the owner's schema, and for a foreign key into the kernel that is a string or not published.

    A Column object follows the kernel when it changes; a string breaks at some later migration.
    """
    for table in metadata.tables.values():
        if table.schema != owner:
            msg = f"table {table.fullname} does not lie in the schema {owner!r}: make it with owner_metadata({owner!r})"
            raise PluginError(msg)
        for key in table.foreign_keys:
            where, aim = f"{table.fullname}.{key.parent.name}", key._colspec  # noqa: SLF001 -- the only place that tells a string from a Column
            if isinstance(aim, str):
                if not aim.startswith(f"{owner}."):
                    msg = f"{where} refers to {aim!r} by a string: give the Column object (banshi.case_table.c.id)"
                    raise PluginError(msg)
                continue
            target = key.column.table
            if target.schema != owner and not (target.schema == "kernel" and target.name in PUBLISHED):
                msg = f"{where} refers to {target.fullname}, which is not for others; of the kernel's there are {', '.join(sorted(PUBLISHED))}"
                raise PluginError(msg)


# -- what is declared must hold together -------------------------------------------------------------------------------


def _check_declared(declared: Mapping[str, tuple[Declared, ...]]) -> None:
    for field, things in declared.items():
        names = [getattr(t, "name", None) for t in things]
        if twice := sorted({n for n in names if n is not None and names.count(n) > 1}):
            msg = f"two {field.replace('_', ' ')} are called {', '.join(twice)}"
            raise PluginError(msg)
        for name in names:
            if name is not None and not NAME.fullmatch(name):
                msg = f"{name!r} cannot name one of its {field.replace('_', ' ')}: small letters, digits and _"
                raise PluginError(msg)
    case_types: dict[str, CaseType] = {c.name: c for c in declared["case_types"] if isinstance(c, CaseType)}
    roles = [r for r in declared["roles"] if isinstance(r, Role)]
    owner = next((t.owner for things in declared.values() for t in things), "")
    permissions = {p.name for r in roles for p in r.permissions}
    for name in permissions:
        if not name.startswith((f"{owner}.", "kernel.")):
            msg = f"permission {name!r} must begin with {owner + '.'!r}"
            raise PluginError(msg)
    for case_type in case_types.values():
        check_lifecycle(case_type)
        for action in case_type.actions:
            if "staff" in action.by and action.needs not in permissions:
                msg = f"action {case_type.name}.{action.name} needs {action.needs!r}, which no role of the plugin holds"
                raise PluginError(msg)
    for service in declared["services"]:
        if isinstance(service, Service):
            _check_service(service, case_types)
    for queue in declared["queues"]:
        if isinstance(queue, Queue):
            _check_queue(queue, case_types, permissions)
    for measure in declared["measures"]:
        if isinstance(measure, Measure):
            _check_measure(measure, case_types)
    for rule in declared["rules"]:
        if isinstance(rule, Rule) and (fault := _rule_fault(rule, case_types)):
            msg = f"rule {rule.name!r}: {fault}"
            raise PluginError(msg)


def _rule_fault(rule: Rule, case_types: Mapping[str, CaseType]) -> str:
    """Return why a rule can never fire, or not do what it says; empty where it can."""
    case_type = case_types.get(rule.case_type)
    if case_type is None:
        return f"it speaks of {rule.case_type!r}, which is no case type of the plugin"
    if not rule.rungs:
        return "it has no rung: it would do nothing"
    if isinstance(rule.when, Overdue) and rule.when.deadline not in {d.name for d in case_type.deadlines}:
        return f"the deadline {rule.when.deadline!r} is not declared: it could never fire"
    if isinstance(rule.when, Idle | Unresolved | Unowned) and rule.when.limit < 1:
        return "its limit is less than 1: it would fire at once, for every case"
    if isinstance(rule.when, Backlog) and rule.when.most < 1:
        return "a backlog of less than 1 is none"
    if isinstance(rule.when, Idle) and not any(s.waits_for == OFFICE and not s.final for s in case_type.states):
        return "no state waits for the office: it could never fire"
    if isinstance(rule.when, Condition) and not set(rule.when.kinds) & {a.name for a in case_type.actions}:
        return "none of the kinds of events that it asks for is an action: it could never fire"
    if any(r.share <= 0 or r.later < 0 or r.again < 0 for r in rule.rungs):
        return "a rung comes before its clock begins, or runs backwards"
    if any(a.again for a in rule.rungs[:-1]):
        return "only the last rung can come again"
    places = [(r.later > 0, r.share, r.later) for r in rule.rungs]
    if any(b <= a for a, b in pairwise(places)):
        return "its rungs do not go upwards: one of them could never fire"
    for consequence in (c for r in rule.rungs for c in r.do):
        if fault := _consequence_fault(rule, consequence, case_type, case_types):
            return fault
    return "" if all(r.do for r in rule.rungs) else "a rung does nothing"


def _consequence_fault(rule: Rule, consequence: Any, case_type: CaseType, case_types: Mapping[str, CaseType]) -> str:
    open_states = {s.name for s in case_type.states if not s.final}
    if isinstance(consequence, HandUp) and consequence.state not in open_states:
        return f"it hands up into the state {consequence.state!r}, which is none that is open"
    if isinstance(consequence, Own) and not {s.name for s in case_type.states}.issuperset(consequence.also_to):
        return f"its own effect leads to {', '.join(consequence.also_to)}, which are not all declared"
    if isinstance(consequence, OpenCase) and consequence.case_type not in case_types:
        return f"it opens {consequence.case_type!r}, which is no case type of the plugin"
    if isinstance(consequence, OpenCase) != isinstance(rule.when, Backlog) and not isinstance(consequence, Notify):
        return "a backlog opens a case and tells; everything else acts on the case that it is about"
    return ""


def _check_measure(measure: Measure, case_types: Mapping[str, CaseType]) -> None:
    if unknown := sorted(set(measure.case_types) - set(case_types)):
        msg = f"measure {measure.name!r} speaks of {', '.join(unknown)}, which is no case type of the plugin"
        raise PluginError(msg)
    if not measure.case_types:
        msg = f"measure {measure.name!r} names no case types: a plugin counts its own cases"
        raise PluginError(msg)
    if measure.kind == "rate" and not measure.left_out:
        msg = f"measure {measure.name!r} is a rate and does not say who is left out of its denominator: set left_out"
        raise PluginError(msg)


def _check_queue(queue: Queue, case_types: Mapping[str, CaseType], permissions: Collection[str]) -> None:
    case_type = case_types.get(queue.case_type)
    states = {s.name for s in case_type.states} if case_type else set()
    if case_type is None or not queue.states or not states.issuperset(queue.states):
        msg = f"queue {queue.name!r} lists states {', '.join(queue.states)} of {queue.case_type!r}, which the plugin does not declare"
        raise PluginError(msg)
    if queue.needs not in permissions:
        msg = f"queue {queue.name!r} needs {queue.needs!r}, which no role of the plugin holds"
        raise PluginError(msg)


def check_lifecycle(case_type: CaseType) -> None:
    """Raise PluginError where the states and actions of ``case_type`` do not make a lifecycle: each fault with its place."""
    name = case_type.name
    states = {s.name: s for s in case_type.states}
    fault = _first_fault(case_type, states)
    if fault:
        raise PluginError(f"case type {name!r}: {fault}")


def _first_fault(case_type: CaseType, states: Mapping[str, Any]) -> str:
    outcomes = {o.name for o in case_type.outcomes}
    steps = {s.name for s in case_type.steps}
    if not states or len(states) != len(case_type.states):
        return "it needs states, each with a name of its own"
    if not any(s.final for s in case_type.states):
        return "no state is final: a case could never close"
    if len({a.name for a in case_type.actions}) != len(case_type.actions):
        return "two actions have one name"
    for state in case_type.states:
        if steps and state.step not in steps:
            return f"state {state.name!r} stands at step {state.step!r}, which is not declared"
    for action in case_type.actions:
        if action.another and action.another not in {a.name for a in case_type.actions}:
            return f"action {action.name!r} is for another than who took {action.another!r}, which is not declared"
        for end in (*action.sources, *action.also_to, *([action.to] if action.to else [])):
            if end not in states:
                return f"action {action.name!r} names the state {end!r}, which is not declared"
        if action.bulk and action.reads:
            return f"action {action.name!r} reads the database for each case: it cannot be done to many at once (bulk)"
        if not action.sources:
            return f"action {action.name!r} starts from no state"
        for page in (action.page.replace("{number}", ""), action.own_page):
            if page.startswith("/") or "{" in page or "}" in page:
                return f"action {action.name!r} leads to {page!r}: an address below the plugin's own, in which only {{number}} stands for something"
        ends = [states[end] for end in (*action.also_to, action.to) if end is not None]
        closes = any(s.final for s in ends) and not all(states[s].final for s in action.sources)
        asks_outcome = "outcome" in {f.name for f in msgspec.structs.fields(action.form)}
        if closes and action.outcome is None and not asks_outcome:
            return f"action {action.name!r} closes without an outcome: set outcome, or ask for it in the form"
        if action.outcome is not None and action.outcome not in outcomes:
            return f"action {action.name!r} has the outcome {action.outcome!r}, which is not declared"
    if fault := _deadline_fault(case_type, states):
        return fault
    reached = _reached(case_type)
    try:
        case_type.facts()
    except TypeError:
        return f"the facts struct {case_type.facts.__name__} has a field without a default: a new case has no facts yet"
    if lost := [s for s in states if s not in reached]:
        return f"no action leads to {', '.join(lost)}"
    return ""


def _deadline_fault(case_type: CaseType, states: Mapping[str, Any]) -> str:
    names = [d.name for d in case_type.deadlines]
    actions = {a.name for a in case_type.actions}
    if len(set(names)) != len(names):
        return "two deadlines have one name"
    for deadline in case_type.deadlines:
        if deadline.limit < 1 or (deadline.urgent is not None and deadline.urgent < 1):
            return f"deadline {deadline.name!r} allows less than 1: it would be over at once"
        if lost := [s for s in deadline.states if s not in states or states[s].final]:
            return f"deadline {deadline.name!r} runs in {', '.join(lost)}, which are no open states"
        if lost := [a for a in deadline.until if a not in actions]:
            return f"deadline {deadline.name!r} is stopped by {', '.join(lost)}, which are no actions"
        running = [states[s] for s in deadline.states] or [s for s in case_type.states if not s.final]
        if deadline.pauses and all(s.waits_for in {"applicant", "outside"} for s in running):
            return f"deadline {deadline.name!r} always stands still: it could never be over"
    for action in case_type.actions:
        if lost := [d for d in action.extends if d not in names]:
            return f"action {action.name!r} extends {', '.join(lost)}, which are no deadlines"
        if action.extends and not {"more", "reason", "agreed"} <= {f.name for f in msgspec.structs.fields(action.form)}:
            return f"action {action.name!r} extends deadlines: its form asks for more, reason and agreed"
    return ""


def _reached(case_type: CaseType) -> set[str]:
    reached = {case_type.states[0].name}
    grown = True
    while grown:
        ways = [a for a in case_type.actions if any(s in reached for s in a.sources)]
        more = {end for a in ways for end in (a.to, *a.also_to) if end} - reached
        reached |= more
        grown = bool(more)
    return reached


def _check_service(service: Service, case_types: Mapping[str, CaseType]) -> None:
    case_type = case_types.get(service.case_type)
    if case_type is None:
        msg = f"service {service.name!r} files {service.case_type!r}, which is no case type of the plugin"
        raise PluginError(msg)
    if service.start is not None:
        if service.pages or service.open311:
            msg = f"service {service.name!r} begins on pages of its own (start): it has no pages here, and no Open311"
            raise PluginError(msg)
        return
    fields = {f.name: f for f in msgspec.structs.fields(case_type.form)}
    asked = [name for page in service.pages for name in page.fields]
    if wrong := [name for name in asked if name not in fields or asked.count(name) > 1]:
        msg = f"service {service.name!r} asks for {', '.join(wrong)}: not in the form, or twice"
        raise PluginError(msg)
    if missing := [n for n, f in fields.items() if f.required and n not in asked]:
        msg = f"service {service.name!r} never asks for {', '.join(missing)}, which the form requires"
        raise PluginError(msg)
    if service.open311 and (fault := _closed_to_others(service, case_type)):
        msg = f"service {service.name!r} is not ready for Open311: {fault}"
        raise PluginError(msg)


def _closed_to_others(service: Service, case_type: CaseType) -> str:
    """Return why other programs could not file a service, empty where they can."""
    if service.audience != "residents":
        return "it is for staff"
    notes = {name: get_args(hint)[1:] for name, hint in get_type_hints(case_type.form, include_extras=True).items()}
    asks = {name: next((n for n in found if isinstance(n, Ask)), Ask(label=name)) for name, found in notes.items()}
    category = next((a for a in asks.values() if a.role == "category"), None)
    if category is None or not category.options or any(not _CODE.fullmatch(o.value) for o in category.options):
        return "its form needs a category with options, each of small letters, digits, _ and -: they become the service codes"
    required = [f.name for f in msgspec.structs.fields(case_type.form) if f.required]
    personal = [n for n in required if any(isinstance(note, Personal) for note in notes[n])]
    if picked := [n for n in required if asks[n].picks not in {"", "area"}]:
        return f"the form requires {', '.join(picked)}, which other programs cannot pick"
    return f"the form requires {', '.join(personal)}, which may be left out there" if personal else ""
