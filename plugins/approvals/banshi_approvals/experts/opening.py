"""What an application does to call experts: reads the pool, leaves out standing conflicts, draws, and opens the panel."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from banshi import Ask, Changes, Context, Invalid, NotAllowedNow, Opens, Snapshot, translator
from banshi_approvals.application import keeping
from banshi_approvals.application.facts import Facts, Part
from banshi_approvals.catalogue import reading
from banshi_approvals.catalogue.content import Experts
from banshi_approvals.experts import lot, ways
from banshi_approvals.experts import pool as pools
from banshi_approvals.experts.cases import Panel

_ = translator("banshi_approvals")
replace = msgspec.structs.replace


class Call(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From which field, and how many; what is left empty is as the catalogue says."""

    field: Annotated[str, msgspec.Meta(max_length=60), Ask(label=_("Field"), hint=_("Left empty: the one that the catalogue names"))] = ""
    number: Annotated[int, msgspec.Meta(ge=0, le=15), Ask(label=_("How many experts"), hint=_("Left empty: as many as the catalogue says"))] = 0


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What the catalogue wants, and who can be drawn."""

    wanted: Experts
    pool: pools.Pool


async def pool(db: Any, case: Snapshot, form: Call, context: Context) -> Ready:
    """Read what the sub-item wants, and who of the field can be drawn for this holder."""
    item = await reading.version(db, case.facts.item, case.facts.version)
    known = item.experts if item is not None else None
    wanted = known or Experts(field="")
    field = form.field or wanted.field
    if not field:
        raise Invalid(ways.PROBLEM, {"field": _("The catalogue names no field for this sub-item. Choose one.")})
    found = await pools.free(db, field, context.city.day(case.district_id, context.at), keeping.holder(case.data, context.vault), case.applicant_id)
    return Ready(wanted=wanted, pool=found)


def is_due(case: Snapshot, context: Context) -> bool:
    """Return whether experts have to be called and no panel stands."""
    return "experts" in case.facts.steps and not any(p.kind == "panel" and p.verdict != "cancelled" for p in case.facts.parts)


def called(case: Snapshot, form: Call, context: Context) -> Changes:
    """Draw a panel; where too few can be drawn, say so, and which ways there are."""
    ready: Ready = context.found
    facts: Facts = case.facts
    pool, number = ready.pool, form.number or ready.wanted.number
    if context.actor.person_id is not None and context.actor.person_id in keeping.of(case):
        raise NotAllowedNow(_("You are kept from this application: somebody else calls the experts."))
    if len(pool.candidates) < number:
        raise NotAllowedNow(ways.TOO_FEW, count=len(pool.candidates), field=pool.field, number=number, excluded=len(pool.excluded))
    key = f"panel{sum(p.kind == 'panel' for p in facts.parts) + 1}"
    panel = Panel(
        whole=case.number,
        key=key,
        title=case.title,
        field=pool.field,
        number=number,
        pass_at=ready.wanted.pass_at,
        seed=lot.new_seed(),
        candidates=list(pool.candidates),
        excluded=[f"{code}:{why}" for code, why in pool.excluded],
    )
    part = Part(key=key, kind="panel", department_id=case.department_id, asked=context.at)
    return Changes(
        facts=replace(facts, parts=(*facts.parts, part)),
        opens=(Opens(case_type="panel", form=panel, key=key, department_id=case.department_id),),
    )
