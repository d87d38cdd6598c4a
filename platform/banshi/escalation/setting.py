"""Limits and rules as an administrator sets them for a district: what can be set, what is wrong with it, and what holds. Pure.

A key names a deadline (``owner.type.deadline``) or a rule (``owner.rule``). What a district sets holds there and below, as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

import msgspec

from banshi.clock.keeping import Times
from banshi.contracts import Backlog, CaseType, Condition, Deadline, Idle, Overdue, Rule, Unowned, Unresolved
from banshi.districts import District, Tree
from banshi.errors import Invalid
from banshi.plugins import Registry
from banshi.texts import Said, Text, translator

_ = translator("banshi")

MOST: Mapping[str, int] = {"workdays": 2000, "calendar_days": 3000, "working_hours": 10_000, "cases": 1_000_000}
"""Beyond these a clock would not find its end."""
By = Literal["sweep", "hand"]


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """A deadline or a rule that can be set, with what its plugin declares. ``limit`` None: it has none; ``by`` None: it cannot be chosen."""

    key: str
    declared: CaseType
    deadline: Deadline | None = None
    rule: Rule | None = None
    unit: str = ""
    limit: int | None = None
    urgent: int | None = None
    by: By | None = None

    @property
    def title(self) -> Text:
        """Its title."""
        found = self.deadline or self.rule
        assert found is not None
        return found.title


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """What holds. ``district`` is where that was set, None: as declared."""

    on: bool
    limit: int | None
    urgent: int | None
    by: By | None
    district: District | None


def settings(registry: Registry, tree: Tree, district_id: int) -> Iterator[Setting]:
    """Give every deadline and every rule of the plugins that are on in a district, by type of case."""
    for declared in registry.case_types:
        if not tree.has_on(district_id, declared.owner):
            continue
        for deadline in declared.deadlines:
            key = f"{declared.key}.{deadline.name}"
            yield Setting(key=key, declared=declared, deadline=deadline, unit=deadline.unit, limit=deadline.limit, urgent=deadline.urgent)
        for rule in registry.rules:
            if (rule.owner, rule.case_type) == (declared.owner, declared.name):
                yield _of_rule(declared, rule)


def _of_rule(declared: CaseType, rule: Rule) -> Setting:
    when, unit, limit = rule.when, "", None
    match when:
        case Idle() | Unresolved() | Unowned():
            unit, limit = when.unit, when.limit
        case Backlog():
            unit, limit = "cases", when.most
        case Overdue() | Condition():
            pass
    return Setting(key=rule.key, declared=declared, rule=rule, unit=unit, limit=limit, by=None if isinstance(when, Backlog) else rule.by)


def value(times: Times, tree: Tree, district_id: int, setting: Setting) -> Value:
    """Return what holds in a district now, and where that was set."""
    for district in tree.above(district_id):
        if said := times.own(district.id, setting.key):
            return told(setting, said, district)
    return told(setting, {}, None)


def told(setting: Setting, said: Mapping[str, Any], district: District | None = None) -> Value:
    """Return what was set in full; what it does not say is as declared."""
    return Value(
        on=said.get("on") is not False,
        limit=None if setting.limit is None else int(said.get("limit", setting.limit)),
        urgent=said.get("urgent", setting.urgent) if setting.deadline else None,
        by=None if setting.by is None else said.get("by", setting.by),
        district=district,
    )


def read(setting: Setting, raw: Mapping[str, str]) -> dict[str, Any]:
    """Return the value that a form says. Invalid with a problem for each field (on, limit, urgent, by)."""
    problems: dict[str, Text | Said | str] = {}
    found: dict[str, Any] = {"on": raw.get("on", "") == "on"}
    if raw.get("on", "") not in {"on", "off"}:
        problems["on"] = _("Say whether it is on or off.")
    for name in ("limit", "urgent"):
        if (name == "limit" and setting.limit is None) or (name == "urgent" and setting.deadline is None):
            continue
        said = raw.get(name, "").strip()
        if name == "urgent" and not said:
            found["urgent"] = None
        elif not (said.isascii() and said.isdigit() and len(said) < 10 and 0 < int(said) <= MOST[setting.unit]):
            problems[name] = Said(_("Give a whole number from 1 to {most}."), {"most": MOST[setting.unit]})
        else:
            found[name] = int(said)
    if "urgent" not in problems and "limit" not in problems and (found.get("urgent") or 0) > found.get("limit", 0):
        problems["urgent"] = _("An urgent case cannot have more time than any other.")
    if setting.by is not None:
        found["by"] = raw.get("by", "")
        if found["by"] not in {"sweep", "hand"}:
            problems["by"] = _("Say whether it happens by itself or by hand.")
    if problems:
        raise Invalid(_("Some answers need your attention."), problems)
    return found


def check(registry: Registry, times: Times, tree: Tree, district_id: int, setting: Setting, said: Mapping[str, Any]) -> None:
    """Refuse what would leave a rule on that could never fire: one that watches a limit which is off."""
    found = told(setting, said)
    if setting.rule is not None and isinstance(setting.rule.when, Overdue) and found.on:
        watched = next(
            s
            for s in settings(registry, tree, district_id)
            if s.deadline and s.declared == setting.declared and s.deadline.name == setting.rule.when.deadline
        )
        if not value(times, tree, district_id, watched).on:
            raise Invalid(_("It watches the limit “{limit}”, which is off here: it could never fire. Turn the limit on first."), limit=watched.title)
    if setting.deadline is not None and not found.on:
        for rule in watchers(registry, tree, district_id, setting):
            if value(times, tree, district_id, rule).on:
                raise Invalid(_("The rule “{rule}” watches this limit and could never fire without it. Turn the rule off first."), rule=rule.title)


def watchers(registry: Registry, tree: Tree, district_id: int, setting: Setting) -> Sequence[Setting]:
    """Return the rules that watch a deadline."""
    return [
        s
        for s in settings(registry, tree, district_id)
        if s.rule
        and s.declared == setting.declared
        and isinstance(s.rule.when, Overdue)
        and setting.deadline
        and s.rule.when.deadline == setting.deadline.name
    ]
