"""Renewal: which licence, whose, and whether it is asked for in time (Administrative Licensing Law, article 50; domain 7.8)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from banshi import Filing, Invalid, Said, Text, translator
from banshi_approvals.catalogue.content import Item
from banshi_approvals.licences import register

_ = translator("banshi_approvals")

EARLIEST = timedelta(days=365)
"""Before the last year of its validity there is nothing to renew."""


async def renewable(db: Any, form: Any, item: Item, filing: Filing) -> Mapping[str, Any]:
    """Return the licence that a form asks to renew; Invalid where it cannot be.

    It is locked: of two renewals that are sent at once, one is told of the other.
    """
    row = await register.read(db, form.renews, lock=True)
    if row is None or row["item"] != item.code:
        raise _no(_("There is no such licence of this kind."))
    if not _own(row, form, filing):
        raise _no(_("This licence is not held by this name and account. Whoever holds it renews it, or a window does with them."))
    if row["state"] in register.ENDED:
        raise _no(_("This licence was revoked or given back: it cannot be renewed. Apply for a new one."))
    if row["state"] == "suspended":
        raise _no(_("This licence is suspended: it can be renewed when the suspension is lifted."))
    if row["renewing"]:
        raise _no(_("Its renewal was asked for already, and is not decided yet."))
    until, today = row["valid_until"], filing.city.day(row["district_id"], filing.at)
    if until is None:
        raise _no(_("This licence is valid for good: there is nothing to renew."))
    if today > until - timedelta(days=item.grants.renew_days):
        raise _no(_("It is too late to renew it: that is asked for {days} days before it ends. Apply for a new one."), days=item.grants.renew_days)
    if today < until - EARLIEST:
        raise _no(_("It is too early to renew it: that can be asked for in the last year of its validity."))
    return row


def _own(row: Mapping[str, Any], form: Any, filing: Filing) -> bool:
    """Return whether who files holds it: by their account, where the licence has none by its name; at the window by its name."""
    actor = filing.actor
    if actor.capacity == "resident" and row["person_id"] is not None:
        return bool(row["person_id"] == (actor.acting_for_id or actor.person_id))
    return row["holder_index"] in filing.vault.indexes("name", form.holder)


def _no(text: Text, **values: object) -> Invalid:
    return Invalid(_("Some answers need your attention."), {"renews": Said(text, values)})
