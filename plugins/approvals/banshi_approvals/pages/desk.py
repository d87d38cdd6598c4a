"""What the pages of the catalogue at the desk share: who writes, where they lie, how a version is shown."""

from __future__ import annotations

from typing import Any

import msgspec

from banshi import say_date, toolkit, translator
from banshi_approvals.catalogue.keeping import Hand
from banshi_approvals.pages import guide

_ = translator("banshi_approvals")

EDIT = {"permission": "approvals.catalogue"}
READ = {"permission": "approvals.read"}
STATES = {
    "draft": (_("Draft"), "waiting"),
    "held": (_("In force"), "done"),
    "planned": (_("Published, not yet in force"), "going"),
    "ended": (_("Ended"), "ended"),
    "retired": (_("Retired"), "ended"),
}


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A version in a list."""

    version: int
    state: str
    tone: str
    days: str
    href: str


class FormPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page with one form, and what came of the last one."""

    back: str
    title: str
    lead: str
    form: toolkit.Form
    told: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    rows: tuple[guide.ReformRow, ...] = ()


def hand(visit: toolkit.Visit) -> Hand:
    """Return who writes here and now."""
    return Hand(db=visit.db, vault=visit.house.keyring, city=visit.house.directory, actor=visit.staff(), at=visit.at, today=toolkit.today(visit))


def at(visit: toolkit.Visit, path: str) -> str:
    """Return the address of a page of the catalogue at the desk."""
    return guide.address(visit, f"desk/catalogue/{path}" if path else "desk/catalogue")


def shown(visit: toolkit.Visit, row: Any) -> Shown:
    """Return a version as lists show it."""
    today = toolkit.today(visit)
    name = row.state
    if row.state == "published":
        over = row.valid_until is not None and (row.valid_until < today or row.valid_until < row.valid_from)
        name = "ended" if over else "planned" if row.valid_from > today else "held"
    title, tone = STATES[name]
    days = say_date(row.valid_from, visit.language) if row.valid_from else ""
    until = say_date(row.valid_until, visit.language) if row.valid_until and row.valid_until >= row.valid_from else ""
    if days:
        days = visit.say(_("{since} to {until}"), since=days, until=until) if until else visit.say(_("from {day}"), day=days)
    return Shown(version=row.version, state=visit.say(title), tone=tone, days=days, href=at(visit, f"{row.item}/{row.version}"))
