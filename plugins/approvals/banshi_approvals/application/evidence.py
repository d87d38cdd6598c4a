"""Licences as evidence: what the office gave itself it does not ask for again; one that has expired proves nothing (domain 7.8)."""

from __future__ import annotations

from typing import Any

from banshi import Changes, Context, Invalid, Said, Snapshot, Text, translator
from banshi_approvals.application import forms
from banshi_approvals.application.facts import Facts
from banshi_approvals.application.ways import PROBLEM, back_when_complete, holder
from banshi_approvals.licences import register
from banshi_approvals.models import licence

_ = translator("banshi_approvals")

SAID = {
    "expired": _("Licence {number} expired on {day}: it proves nothing any more. Hand in a valid one, or have it renewed."),
    "suspended": _("Licence {number} is suspended: it proves nothing as long as it is."),
    "revoked": _("Licence {number} was revoked: it proves nothing any more."),
    "cancelled": _("Licence {number} was given back: it proves nothing any more."),
}


async def licence_shown(db: Any, case: Snapshot, form: forms.Shown, context: Context) -> Any:
    """Read the licence that is shown."""
    return (await db.execute(register.rows().where(licence.c.number == form.number.strip().upper()))).one_or_none()


def shown(case: Snapshot, form: forms.Shown, context: Context) -> Changes:
    """Take a licence in place of a material; Invalid where it is of another kind, of somebody else, or not in force."""
    facts: Facts = case.facts
    material = facts.given(form.code)
    if material is None or not material.licence:
        raise Invalid(PROBLEM, {"code": _("No licence stands in for this material.")})
    row = context.found
    if row is None or row.kind != material.licence or row.holder_index not in context.vault.indexes("name", holder(case, context)):
        raise Invalid(PROBLEM, {"number": _("There is no such licence of the applicant's. Check its number, or hand in a copy.")})
    if (state := register.standing(row._mapping, context.city, context.at)) != "valid":  # noqa: SLF001 -- the public name of a row as a mapping
        raise Invalid(PROBLEM, {"number": not_in_force(row, state)})
    return back_when_complete(case, facts.with_material(form.code, state="accepted", reason=""))


def not_in_force(row: Any, state: str) -> Text | Said:
    """Return why a licence proves nothing."""
    return Said(SAID[state], {"number": row.number, "day": row.valid_until.isoformat() if row.valid_until else ""})
