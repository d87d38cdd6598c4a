"""A broken plugin is named and fenced; under strict it is an error."""

from __future__ import annotations

import types
from typing import Annotated, Any

import msgspec
import pytest
from litestar import Controller, get

from banshi import (
    Action,
    Ask,
    CaseType,
    Job,
    Measure,
    Nothing,
    Option,
    Outcome,
    Page,
    Permission,
    Personal,
    Role,
    Routes,
    Service,
    State,
    hookimpl,
    owner_metadata,
    plugins,
    translator,
)
from banshi.errors import PluginError
from banshi.plugins import Registry, load
from banshi.web import mounting

_ = translator("banshi")


class Form(msgspec.Struct, frozen=True):
    text: str = ""


def case_type(**changes: Any) -> CaseType:
    said: dict[str, Any] = {
        "name": "thing",
        "title": _("Thing"),
        "form": Form,
        "opened": _("Opened"),
        "states": (State("new", _("New")), State("closed", _("Closed"), final=True)),
        "actions": (Action(name="close", title=_("Close"), told=_("Closed"), sources=("new",), to="closed", needs="good.close", outcome="done"),),
        "outcomes": (Outcome("done", _("Done")),),
    }
    return CaseType(**said | changes)


ROLE = Role(name="clerk", title=_("Clerk"), permissions=(Permission("good.close", _("Close")),))


def module(name: str, **hooks: Any) -> types.ModuleType:
    made = types.ModuleType(f"{name}_package.plugin")
    for hook, returns in hooks.items():
        function = returns if callable(returns) else (lambda value: lambda: value)(returns)
        function.__name__ = hook
        setattr(made, hook, hookimpl(function))
    return made


class Entry:
    """An entry point that is not installed."""

    def __init__(self, name: str, loads: Any) -> None:
        self.name, self.value, self._loads = name, f"{name}_package.plugin", loads

    def load(self) -> Any:
        return self._loads() if isinstance(self._loads, types.FunctionType) else self._loads


def good() -> Entry:
    return Entry("good", module("good", banshi_case_types=[case_type()], banshi_roles=[ROLE]))


def raises() -> Any:
    raise ImportError("no module named that")


def hook_raises() -> list[CaseType]:
    raise RuntimeError("the file is not there")


async def asynchronous() -> list[CaseType]:
    return []


def bare() -> types.ModuleType:
    made = types.ModuleType("bare_package.plugin")
    made.banshi_case_types = list  # type: ignore[attr-defined]
    return made


def figure(**said: Any) -> Measure:
    return Measure(name="rate", title=_("Rate"), explained=_("Rate"), kind="rate", take=lambda _case: 1, **said)


class Sorted(msgspec.Struct, frozen=True, kw_only=True):
    what: Annotated[str, Ask(label="What", options=(Option("lamp", "Lamp"),), role="category")]


class Named(Sorted, frozen=True, kw_only=True):
    name: Annotated[str, Personal("name"), Ask(label="Name")]


def opened_to_others(form: type[msgspec.Struct], **said: Any) -> types.ModuleType:
    asked = tuple(f.name for f in msgspec.structs.fields(form))
    service = Service(
        name="thing",
        title=_("Thing"),
        summary=_("Thing"),
        subject=_("Thing"),
        case_type="thing",
        open311=True,
        pages=(Page("all", _("Thing"), asked),),
        **said,
    )
    return module("bad", banshi_case_types=[case_type(form=form, actions=FREE)], banshi_services=[service])


FREE = (Action(name="close", title=_("Close"), told=_("Closed"), sources=("new",), to="closed", by=("resident",), outcome="done"),)


BROKEN: dict[str, tuple[Any, str]] = {
    "a failing import": (raises, "no module named that"),
    "a misspelt hook": (module("bad", banshi_casetypes=[]), "unknown hook banshi_casetypes"),
    "a raising hook": (module("bad", banshi_case_types=hook_raises), "the file is not there"),
    "an async hook": (module("bad", banshi_case_types=asynchronous), "is async"),
    "a hook without its mark": (bare(), "lacks @hookimpl"),
    "the wrong thing": (module("bad", banshi_case_types=["a string"]), "which is no CaseType"),
    "one name twice": (module("bad", banshi_case_types=[case_type(), case_type()]), "two case types are called thing"),
    "a permission of nobody": (module("bad", banshi_case_types=[case_type()]), "needs 'good.close', which no role"),
    "a foreign permission": (module("bad", banshi_roles=[ROLE]), "must begin with 'bad.'"),
    "a state that is not there": (
        module("bad", banshi_case_types=[case_type(actions=(Action(name="x", title=_("X"), told=_("X"), sources=("gone",)),))]),
        "names the state 'gone'",
    ),
    "a state nobody reaches": (
        module("bad", banshi_case_types=[case_type(states=(*case_type().states, State("island", _("Island"))))]),
        "no action leads to island",
    ),
    "a case that never closes": (
        module("bad", banshi_case_types=[case_type(states=(State("new", _("New")),), actions=())]),
        "no state is final",
    ),
    "a figure of others' cases": (module("bad", banshi_measures=[figure(case_types=("thing",))]), "speaks of thing, which is no case type"),
    "a figure of all cases": (module("bad", banshi_measures=[figure()]), "names no case types"),
    "a rate that hides who is left out": (
        module("bad", banshi_case_types=[case_type(actions=FREE)], banshi_measures=[figure(case_types=("thing",))]),
        "does not say who is left out",
    ),
    "a service for other programs without service codes": (opened_to_others(Form), "needs a category with options"),
    "a service for other programs that asks who it is": (opened_to_others(Named), "requires name, which may be left out there"),
    "a service for other programs that is for staff": (opened_to_others(Sorted, audience="staff"), "it is for staff"),
    "closing without an outcome": (
        module("bad", banshi_case_types=[case_type(actions=(Action(name="c", title=_("C"), told=_("C"), sources=("new",), to="closed"),))]),
        "closes without an outcome",
    ),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_plugin_is_named_and_the_others_serve(fault: str) -> None:
    loads, said = BROKEN[fault]
    entries = [Entry("bad", loads), good()]
    registry = load(entries)
    assert [p.name for p in registry.plugins] == ["good"]
    assert list(registry.failed) == ["bad"]
    assert said in registry.failed["bad"]
    assert "bad" in registry.failed["bad"]
    assert registry.names == ("bad", "good")
    with pytest.raises(PluginError, match="bad"):
        load(entries, strict=True)


def test_two_plugins_of_one_name_are_an_error_that_names_both() -> None:
    with pytest.raises(PluginError, match=r"good_package\.plugin and good_package\.plugin"):
        load([good(), good()])


def test_two_entry_points_of_one_package_are_an_error_that_names_both() -> None:
    other = Entry("other", module("good"))
    with pytest.raises(PluginError, match="'good' and 'other' are one package"):
        load([good(), other])


@pytest.mark.parametrize("name", ["kernel", "Bad", "with-hyphen", "public"])
def test_a_name_that_cannot_be_an_address_and_a_schema_is_refused(name: str) -> None:
    assert "cannot be a plugin's name" in load([Entry(name, module("bad"))]).failed[name]


def test_the_owner_is_stamped_and_the_order_is_by_name() -> None:
    entries = [Entry("zebra", module("zebra", banshi_jobs=[Job(name="j", cron="* * * * *", run=None)])), good()]  # type: ignore[arg-type]
    registry = load(entries, strict=True)
    assert [p.name for p in registry.plugins] == ["good", "zebra"]
    assert registry.case_type("good.thing").owner == "good"
    assert registry.only(["zebra"]).case_types == ()
    assert [j.owner for j in registry.only(["zebra"]).jobs] == ["zebra"]


def test_a_bound_on_banshi_that_does_not_hold_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = good()
    entry.dist = types.SimpleNamespace(requires=["banshi>=9"], version="1")  # type: ignore[attr-defined]
    assert f"needs banshi >=9, this is {plugins.kernel_version()}" in load([entry]).failed["good"]


class Open(Controller):
    path = "/"

    @get("/", opt={"permission": "public"})
    async def front(self) -> str:
        return "in"


class Forgotten(Controller):
    path = "/"

    @get("/secret")
    async def secret(self) -> str:
        return "secret"


class Unknown(Controller):
    path = "/"

    @get("/x", opt={"permission": "good.fly"})
    async def fly(self) -> str:
        return ""


def test_a_route_without_a_permission_is_an_error_at_start() -> None:
    with pytest.raises(PluginError, match=r"Forgotten\.secret names no permission"):
        mounting.routers(Registry(routes=(Routes(owner="good", controllers=(Forgotten,)),), roles=(ROLE,)))
    with pytest.raises(PluginError, match="which no role holds"):
        mounting.routers(Registry(routes=(Routes(owner="good", controllers=(Unknown,)),), roles=(ROLE,)))
    assert len(mounting.routers(Registry(routes=(Routes(owner="good", controllers=(Open,)),), roles=(ROLE,)))) == 1


def test_a_string_foreign_key_into_the_kernel_is_found() -> None:
    from sqlalchemy import BigInteger, Column, ForeignKey, Table

    from banshi import case_table

    metadata = owner_metadata("fk_test")
    Table("by_column", metadata, Column("case_id", BigInteger, ForeignKey(case_table.c.id)))
    plugins.check_tables("fk_test", metadata)
    Table("by_string", metadata, Column("case_id", BigInteger, ForeignKey("kernel.case.id")))
    with pytest.raises(PluginError, match=r"fk_test\.by_string\.case_id"):
        plugins.check_tables("fk_test", metadata)


def test_a_table_of_the_kernels_that_is_not_published_cannot_be_referred_to() -> None:
    from sqlalchemy import Column, ForeignKey, LargeBinary, Table

    from banshi.identity.tables import session

    metadata = owner_metadata("fk_private")
    Table("peeks", metadata, Column("digest", LargeBinary, ForeignKey(session.c.digest)))
    with pytest.raises(PluginError, match="session"):
        plugins.check_tables("fk_private", metadata)


def test_a_form_that_asks_nothing_is_a_form() -> None:
    assert msgspec.to_builtins(Nothing()) == {}
