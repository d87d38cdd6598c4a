"""What an application does to have its place inspected: the first time on the whole form, after a failure only on what failed."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

import msgspec

from banshi import Ask, Changes, Context, Invalid, NotAllowedNow, Opens, Snapshot, toolkit, translator
from banshi_approvals.application import keeping
from banshi_approvals.application import ways as application_ways
from banshi_approvals.application.facts import Facts, Part, Special
from banshi_approvals.catalogue import reading
from banshi_approvals.inspections import forms, ways
from banshi_approvals.inspections.cases import Inspection

_ = translator("banshi_approvals")
replace = msgspec.structs.replace


class Inspect(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who inspects, and when; for how long at most the limit stands still."""

    day: Annotated[date, Ask(label=_("Day of the inspection"))]
    officer: Annotated[str, msgspec.Meta(max_length=20), Ask(label=_("Inspector"), picks="officer")] = ""
    department: Annotated[
        str,
        msgspec.Meta(max_length=60),
        Ask(label=_("Another department that inspects"), hint=_("Leave both empty where your own department is to choose later"), picks="department"),
    ] = ""
    outside: Annotated[
        int,
        msgspec.Meta(ge=0, le=90),
        Ask(
            label=_("Workdays outside the limit, at most"),
            hint=_("The time of an inspection need not count; then the applicant is told so in writing. Leave it empty, and the clock goes on"),
        ),
    ] = 0


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """The form to inspect on, and the items (none: all)."""

    form: forms.Version | None
    items: tuple[str, ...] = ()


async def whole_form(db: Any, case: Snapshot, form: Any, context: Context) -> Ready:
    """Read the form that holds today."""
    item = await reading.version(db, case.facts.item, case.facts.version)
    return Ready(
        form=await forms.current(db, item.inspection, context.city.day(case.district_id, context.at))
        if item is not None and item.inspection
        else None
    )


async def what_failed(db: Any, case: Snapshot, form: Any, context: Context) -> Ready:
    """Read the version on which it failed: what is looked at again is judged by the same words."""
    last = latest(case.facts)
    rows = {r.number: r for r in await toolkit.family(db, case.id)}
    row = rows.get(last.number) if last is not None else None
    if last is None or row is None:
        return Ready(form=None)
    return Ready(form=await forms.version(db, str(row.facts.get("form", "")), int(row.facts.get("version", 0))), items=last.failed)


def latest(facts: Facts) -> Part | None:
    """Return the last inspection that was not called off."""
    return next((p for p in reversed(facts.parts) if p.kind == "inspection" and p.verdict != "cancelled"), None)


def is_due(case: Snapshot, context: Context) -> bool:
    """Return whether the place has to be inspected and was not."""
    return "inspection" in case.facts.steps and latest(case.facts) is None


def has_failed(case: Snapshot, context: Context) -> bool:
    """Return whether it was inspected and did not pass."""
    last = latest(case.facts)
    return last is not None and last.verdict == "failed"


def inspected(case: Snapshot, form: Inspect, context: Context) -> Changes:
    """Plan an inspection: a case of its own, with its inspector; where it is wished, the limit stands still from now on."""
    ready: Ready = context.found
    if ready.form is None:
        raise NotAllowedNow(_("No inspection form is published for this sub-item. An administrator adds it to the catalogue."))
    ways.soon(form.day, context, case.district_id)
    facts: Facts = case.facts
    kept = keeping.of(case)
    officer = ways.inspector(context, form.officer, kept) if form.officer else None
    department = context.city.find(form.department) if form.department else None
    if form.department and (department is None or department.dissolved or not context.city.offers(department.id, "approvals")):
        raise Invalid(ways.PROBLEM, {"department": _("This department does not inspect for approvals.")})
    if officer is not None and department is not None and officer.department_id != department.id:
        raise Invalid(ways.PROBLEM, {"officer": _("This officer belongs to another department.")})
    department_id = officer.department_id if officer else department.id if department else case.department_id
    key = f"inspection{sum(p.kind == 'inspection' for p in facts.parts) + 1}"
    inspection = Inspection(
        whole=case.number,
        key=key,
        title=case.title,
        form=ready.form.form.code,
        version=ready.form.version,
        day=form.day,
        officer=form.officer,
        place=str(case.data.get("place") or ""),
        items=list(ready.items),
    )
    part = Part(key=key, kind="inspection", department_id=department_id, asked=context.at)
    changes = Changes(
        facts=replace(facts, parts=(*facts.parts, part), done=tuple(s for s in facts.done if s != "inspection")),
        opens=(Opens(case_type="inspection", form=inspection, key=key, department_id=department_id),),
    )
    return _outside(case, form.outside, changes, context) if form.outside and case.state == "examining" else changes


def _outside(case: Snapshot, days: int, changes: Changes, context: Context) -> Changes:
    begun = Special(why="inspection", days=days, since=context.at)
    facts: Any = changes.facts
    paper = application_ways.paper(case, context, "special", why="inspection", days=days)
    return replace(changes, state="special", facts=replace(facts, specials=(*facts.specials, begun)), rows=(*changes.rows, paper))
