"""What rules did to a case, and closing reports, in words: for the story at the desk, in the portal, in the inbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from banshi import texts
from banshi.cases.decoding import shapes
from banshi.cases.timing import ESCALATED, REPORTED
from banshi.contracts import HandUp, Notify, Raise, Rule, Rung
from banshi.escalation import firing
from banshi.escalation.reports import TEXTS, ClosingReport
from banshi.web import forms
from banshi.web.clocks import AMOUNTS
from banshi.web.site import Visit

_ = texts.translator("banshi")

KINDS = frozenset({ESCALATED, REPORTED})
Facts = tuple[tuple[str, str], ...]

DONE: Mapping[str, texts.Text] = {
    "raise": _("The priority was raised"),
    "hand_up": _("It was handed to the superior department"),
    "top": _("It stays where it is: nobody is above"),
    "notify_officer": _("The officer in charge was told"),
    "notify_department": _("The department in charge was told"),
    "notify_superior": _("The superior was told"),
    "notify_oversight": _("The oversight body was told"),
    "own": _("What the service lays down for it was done"),
}
TELLS: Mapping[str, texts.Text] = {
    "officer": _("The officer in charge is told."),
    "department": _("The department in charge is told."),
    "superior": _("The superior is told, sees the whole case and can step in."),
    "oversight": _("The oversight body is told, sees the whole case and can step in."),
}


def headline(visit: Visit, event: Any) -> str:
    """Return the headline of an event by which a rule acted, or of a closing report; ``event`` may come without its body, with its ``rule``."""
    if event.kind == REPORTED:
        return visit.say(_("Closing report"))
    told = (getattr(event, "body", None) or {}).get("told") or {}
    key = str(told.get("rule") or getattr(event, "rule", None) or "")
    rule = rule_of(visit, key)
    if rule is not None:
        return visit.say(rule.told)
    return visit.say(_("Escalated: {rule}"), rule=key) if key else visit.say(_("Escalated"))


def rule_of(visit: Visit, key: str) -> Rule | None:
    """Return the rule of that key, None where there is none any more."""
    return next((r for r in visit.house.registry.rules if r.key == key), None)


def facts(visit: Visit, event: Any, zone: ZoneInfo, *, staff: bool) -> Facts:
    """Return what an event of these kinds says, by its labels; ``event`` has its body."""
    return report(visit, event.body.get("form") or {}) if event.kind == REPORTED else _escalated(visit, event, zone, staff=staff)


def report(visit: Visit, form: Mapping[str, Any]) -> Facts:
    """Return the texts of a closing report, each by its label, and how urgent its suggestions are."""
    asked = {s.name: s for s in shapes(ClosingReport)}
    said = [(visit.say(asked[n].ask.label), str(form[n])) for n in TEXTS if form.get(n)]
    return (*said, (visit.say(asked["urgency"].ask.label), urgency(visit, form.get("urgency"))))


def urgency(visit: Visit, level: Any) -> str:
    """Return how urgent suggestions are, in words."""
    asked = next(s for s in shapes(ClosingReport) if s.name == "urgency")
    return forms.say_value(asked, str(level), visit.language)


def _escalated(visit: Visit, event: Any, zone: ZoneInfo, *, staff: bool) -> Facts:
    told: Mapping[str, Any] = event.body.get("told") or {}
    directory = visit.house.directory
    given = (event.body.get("changed") or {}).get("department_id")
    new = directory.department(given) if given else None
    departments = [d for code in told.get("to") or () if (d := directory.find(str(code))) is not None and d is not new]
    found: list[tuple[texts.Text, str]] = [
        (_("What was done"), joined(visit, [visit.say(DONE[d]) for d in dict.fromkeys(told.get("does") or ()) if d in DONE])),
        (_("Handed to"), new.say(visit.language) if new else ""),
        (_("Told to"), joined(visit, [d.say(visit.language) for d in departments])),
        (_("So since"), _moment(visit, told.get("since"), zone)),
        (_("Limit"), amount(visit, told.get("limit"), str(told.get("unit")))),
        (_("By whom"), visit.say(_("By hand, by the officer named above") if told.get("by_hand") else _("By itself, by its rule"))),
        (_("Why"), str(told.get("reason") or "") if staff else ""),
    ]
    return tuple((visit.say(label), said) for label, said in found if said)


def does(visit: Visit, rule: Rule, step: Rung, row: Any) -> tuple[str, ...]:
    """Return what a rung would do to a case, a sentence each."""
    above = firing.superior(visit.house, rule, row)
    found = []
    for consequence in step.do:
        match consequence:
            case Raise(priority=priority):
                found.append(visit.say(_("It gets priority.")) if row.priority < priority else visit.say(_("It keeps its priority.")))
            case HandUp():
                if above is None:
                    found.append(visit.say(_("It stays where it is: nobody is above.")))
                    continue
                found.append(visit.say(_("It goes up to {department}; who has it now goes on helping."), department=above.say(visit.language)))
            case Notify(whom=whom):
                found.append(visit.say(TELLS[whom]))
            case _other:
                found.append(visit.say(_("What the service lays down for it is done.")))
    return tuple(found)


def amount(visit: Visit, count: Any, unit: str) -> str:
    """Return an amount of time in words; empty for none."""
    one, many = next((said for name, said in AMOUNTS.items() if name == unit), ("", ""))
    return visit.say(one if count == 1 else many, count=f"{count:g}") if count and many else ""


def joined(visit: Visit, said: Sequence[str]) -> str:
    """Return several things as one line."""
    return ("；" if visit.language == "zh" else "; ").join(said)


def _moment(visit: Visit, written: Any, zone: ZoneInfo) -> str:
    try:
        return texts.say_moment(datetime.fromisoformat(str(written)), zone, visit.language, visit.at)
    except ValueError:
        return ""
