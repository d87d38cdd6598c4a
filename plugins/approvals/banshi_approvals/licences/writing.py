"""What is written when something happens to a licence: its row as it is from then on, a line of its story, word to whoever holds it, a paper."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

import msgspec

from banshi import Context, Filing, NotAllowedNow, Put, Tells, translator
from banshi_approvals.application import forms
from banshi_approvals.application.sheets import sheet
from banshi_approvals.licences.register import ENDED
from banshi_approvals.models import licence, licence_event

_ = translator("banshi_approvals")

COLUMNS = tuple(c.name for c in licence.c if c.name != "id")


def alive(row: Mapping[str, Any] | None, number: str) -> Mapping[str, Any]:
    """Return a licence that can still be acted on; NotAllowedNow for one that was revoked or given back, or is not there."""
    if row is None or row["state"] in ENDED:
        raise NotAllowedNow(_("Licence {number} was revoked or given back: nothing can be done with it any more."), number=number)
    return row


def changed(row: Mapping[str, Any], context: Context, **values: Any) -> Put:
    """Return the licence as it is from now on."""
    kept = {name: row[name] for name in COLUMNS}
    return Put(table=licence, values=kept | values | {"version": row["version"] + 1, "changed": context.at}, on=("number",))


def marked(row: Mapping[str, Any]) -> Put:
    """Return the licence with the case that is being opened as its renewal."""
    return Put(table=licence, values={name: row[name] for name in COLUMNS}, on=("number",), case="renewing_case_id")


def event(number: str, kind: str, key: str, context: Context, **told: Any) -> Put:
    """Return a line of a licence's story; the same key is written once."""
    values = {"licence": number, "key": f"{number}:{key}", "kind": kind, "at": context.at, "told": told}
    return Put(table=licence_event, values=values, case="case_id")


def filed(number: str, kind: str, filing: Filing, **told: Any) -> Put:
    """Return a line of a licence's story that a case begins with: one a case."""
    values = {"licence": number, "key": f"{number}:{kind}:{secrets.token_hex(8)}", "kind": kind, "at": filing.at, "told": told}
    return Put(table=licence_event, values=values, case="case_id")


def told(row: Mapping[str, Any], what: str, words: str = "", until: Any = None) -> Tells:
    """Return what the case that granted it tells its holder."""
    return Tells(number=row["granting"], action="licence_told", form=forms.LicenceTold(licence=row["number"], what=what, words=words, until=until))


def paper(row: Mapping[str, Any], context: Context, kind: Any, key: str, **said: Any) -> Put:
    """Return a paper that lies on the case that granted the licence: there its holder finds it."""
    known = {"number": row["number"], "title": row["title"], "holder": context.vault.unseal(row["holder"], "holder"), "at": context.at}
    made = sheet(context.vault, kind, key, known | said, context.at, licence=row["number"])
    return msgspec.structs.replace(made, values={**made.values, "case_id": row["case_id"]}, case="")


def licence_paper(row: Mapping[str, Any], context: Context, key: str, *, holder: str, place: str) -> Put:
    """Return the licence itself anew, as it was changed."""
    shown = {"item": row["title"], "holder": holder, "place": place, "case": row["granting"]}
    shown |= {"valid_from": row["valid_from"], "valid_until": row["valid_until"], "conditions": row["conditions"]}
    return paper(row, context, "licence", key, **shown)
