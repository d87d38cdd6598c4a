"""Licences as pages show them: in the reader's language, the holder as far as this reader may know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from banshi import City, Language, Text, Vault, say, say_date, say_moment, toolkit, translator
from banshi_approvals.catalogue import content
from banshi_approvals.licences import register

_ = translator("banshi_approvals")

STANDINGS: Mapping[str, tuple[Text, str]] = {
    "valid": (_("Valid"), "done"),
    "expired": (_("Expired"), "ended"),
    "suspended": (_("Suspended"), "late"),
    "revoked": (_("Revoked"), "late"),
    "cancelled": (_("Given back"), "ended"),
}
EVENTS: Mapping[str, Text] = {
    "granted": _("Granted"),
    "renewed": _("Renewed"),
    "changed": _("Changed"),
    "suspended": _("Suspended"),
    "resumed": _("Suspension lifted"),
    "revoked": _("Revoked"),
    "cancelled": _("Given back"),
    "checked": _("Checked"),
    "found": _("Something was found"),
    "reminded": _("Its holder was reminded of its end"),
    "check_due": _("A yearly check became due"),
}
PUBLIC = frozenset({"granted", "renewed", "changed", "suspended", "resumed", "revoked", "cancelled"})
"""What everybody may know of a licence's story; the rest is between the office and its holder."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A licence in a list."""

    number: str
    href: str
    title: str
    holder: str
    place: str
    standing: str
    tone: str
    validity: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a licence's story."""

    what: str
    at: str


class Licence(Row, frozen=True, kw_only=True):
    """One licence, whole."""

    department: str
    conditions: tuple[str, ...]
    lines: tuple[Line, ...] = ()
    renewing: bool = False


def standing(row: Mapping[str, Any], city: City, at: datetime, language: Language) -> tuple[str, str]:
    """Return how a licence stands, in a word and a tone."""
    text, tone = STANDINGS[register.standing(row, city, at)]
    return say(text, language), tone


def validity(since: date, until: date | None, language: Language) -> str:
    """Return from when to when it is valid."""
    if until is None:
        return say(_("From {since}, for good"), language, since=say_date(since, language))
    return say(_("{since} to {until}"), language, since=say_date(since, language), until=say_date(until, language))


def row(vault: Vault, found: Mapping[str, Any], district: str, city: City, at: datetime, language: Language, *, plain: bool = False) -> Row:
    """Return a licence as a line; with ``plain`` its holder is not masked: the reader is them, or the office."""
    return Row(**_said(vault, found, district, city, at, language, plain=plain))


def whole(visit: toolkit.Visit, found: Mapping[str, Any], lines: Sequence[Any], *, plain: bool = False) -> Licence:
    """Return one licence with its story; without ``plain`` as the public reads it."""
    district = visit.house.directory.tree[found["district_id"]]
    department = visit.house.directory.department(found["department_id"]).say(visit.language) if found["department_id"] else ""
    return Licence(
        **_said(visit.house.keyring, found, district.code, visit.house.directory, visit.at, visit.language, plain=plain),
        department=department,
        conditions=tuple(found["conditions"]),
        renewing=bool(found["renewing"]),
        lines=tuple(
            Line(what=say(EVENTS[e.kind], visit.language), at=say_moment(e.at, district.timezone, visit.language, visit.at))
            for e in lines
            if e.kind in (EVENTS if plain else PUBLIC)
        ),
    )


def _said(vault: Vault, found: Mapping[str, Any], district: str, city: City, at: datetime, language: Language, *, plain: bool) -> dict[str, str]:
    word, tone = standing(found, city, at, language)
    return {
        "number": found["number"],
        "href": f"/d/{district}/approvals/licences/{found['number']}",
        "title": content.say(found["title"], language),
        "holder": vault.unseal(found["holder"], "holder") if plain else register.shown_holder(vault, found),
        "place": found["place"] if plain or found["holder_kind"] == "institution" else "",
        "standing": word,
        "tone": tone,
        "validity": validity(found["valid_from"], found["valid_until"], language),
    }
