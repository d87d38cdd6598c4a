"""What is pinned when an application is filed: the sub-item as it is then, its exact materials, its limits, and the receipt.

A receipt says that something came, not that it is accepted.
"""

from __future__ import annotations

from typing import Any

from banshi import Filing, Invalid, Marks, translator
from banshi_approvals.application import forms
from banshi_approvals.application.facts import Facts, Given
from banshi_approvals.application.sheets import sheet
from banshi_approvals.catalogue import content, reading
from banshi_approvals.catalogue.content import Item
from banshi_approvals.licences import register, renewing, writing
from banshi_approvals.models import licence

_ = translator("banshi_approvals")

PRIORITY = 1


async def prepare(db: Any, form: forms.Application, filing: Filing) -> Marks:
    """Return what a filed application means for the record; refuse what the catalogue does not have, or does not have here."""
    found = await reading.published(db, form.item, filing.district_id, filing.at)
    if found is None:
        raise Invalid(_("Some answers need your attention."), {"item": _("This sub-item is not offered here any more. Look it up in the catalogue.")})
    item, version = found.item, found.version
    situation = content.answers(form.situation)
    problems: dict[str, Any] = {}
    for question in content.questions(item, situation):
        if situation.get(question.name) not in {c.value for c in question.choices}:
            problems["situation"] = _("Answer every question about your situation: the list of materials follows from it.")
    if item.holder not in {"any", form.holder_kind}:
        problems["holder_kind"] = _("This licence is for persons only.") if item.holder == "person" else _("This licence is for institutions only.")
    if form.ground == "hardship" and not form.ground_told:
        problems["ground_told"] = _("Say which hardship.")
    if form.promise and not item.promise:
        problems["promise"] = _("This sub-item is not granted on a promise.")
    if problems:
        raise Invalid(_("Some answers need your attention."), problems)
    renewed = await renewing.renewable(db, form, item, filing) if form.renews else None
    facts = pinned(item, version, form, await _own_licences(db, form, item, filing))
    receipt = {
        "item": item.title,
        "holder": form.holder,
        "materials": [{"code": m.code, "title": m.title, "core": m.core} for m in facts.materials],
        "at": filing.at,
    }
    return Marks(
        title=" · ".join(t for t in (content.say(item.title, "zh"),) if t),
        category=item.code,
        priority=0 if form.ground == "none" else PRIORITY,
        department_id=found.department_id,
        facts=facts,
        rows=(sheet(filing.vault, "receipt", "receipt", receipt, filing.at), *((writing.marked(renewed),) if renewed else ())),
        ties=((renewed["granting"], "follow_up"),) if renewed else (),
    )


def pinned(item: Item, version: int, form: forms.Application, licences: set[str]) -> Facts:
    """Return the facts with which an application begins; what the office has itself is not asked for."""
    materials = tuple(
        Given(
            code=m.code,
            title=m.title,
            core=m.core,
            basis=m.basis,
            sample=m.sample,
            licence=m.licence,
            state="accepted" if m.licence and m.licence in licences else "missing",
        )
        for m in content.materials(item, content.answers(form.situation))
    )
    return Facts(
        item=item.code,
        version=version,
        title=item.title,
        kind=item.grants.kind,
        statutory=item.statutory,
        promised=item.promised,
        reply=item.reply,
        decides=item.decides,
        steps=item.steps,
        at_once=item.at_once,
        by_promise=form.promise and item.promise,
        materials=materials,
        months=item.grants.months,
        prefix=item.grants.prefix,
        licence_title=item.grants.title,
        renews=register.written(form.renews),
        priority="" if form.ground == "none" else form.ground,
        situation=content.chosen(item, content.answers(form.situation)),
    )


async def _own_licences(db: Any, form: forms.Application, item: Item, filing: Filing) -> set[str]:
    """Return the kinds of valid licences that the holder has and that stand for a material. One that has expired is none."""
    kinds = {m.licence for m in item.materials if m.licence}
    if not kinds:
        return set()
    held = register.rows().where(
        licence.c.holder_index.in_(filing.vault.indexes("name", form.holder)),
        licence.c.kind.in_(kinds),
        licence.c.state == "valid",
        *([licence.c.person_id == (filing.actor.acting_for_id or filing.actor.person_id)] if filing.actor.capacity == "resident" else []),
    )
    return {r["kind"] for r in (await db.execute(held)).mappings() if register.standing(r, filing.city, filing.at) == "valid"}
