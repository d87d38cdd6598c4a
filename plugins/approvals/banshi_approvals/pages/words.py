"""How values of the catalogue are said, in the reader's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from banshi import Text, toolkit, translator
from banshi_approvals.catalogue import content
from banshi_approvals.catalogue.content import Item, Material
from banshi_approvals.catalogue.notice import Notice

_ = translator("banshi_approvals")

FAMILIES: dict[str, Text] = {
    "persons": _("Licences of persons"),
    "institutions": _("Licences of institutions"),
    "places": _("Licences of public places"),
}
LEVELS: dict[str, Text] = {"window": _("The approval window"), "office": _("The approval office"), "leader": _("A leader of the office")}
STEPS: dict[str, Text] = {
    "formal": _("Formal check"),
    "substantive": _("Substantive review"),
    "inspection": _("Site inspection"),
    "experts": _("Expert review"),
    "meeting": _("Office meeting"),
    "joint": _("Joint review with other departments"),
}
TAKES: dict[str, Text] = {"any": _("A picture, PDF or document"), "pdf": _("As PDF"), "picture": _("As a picture")}
HOLDERS: dict[str, Text] = {"person": _("Persons"), "institution": _("Firms and institutions"), "any": _("Persons, firms and institutions")}
UNANSWERED: dict[str, Text] = {
    "agree": _("counts as agreed"),
    "escalate": _("its superior is told"),
    "block": _("nothing is decided without it"),
}


class Needed(msgspec.Struct, frozen=True, kw_only=True):
    """A material as a page shows it."""

    title: str
    core: bool
    hint: str
    basis: str
    sample: str
    takes: str
    licence: bool


class Line(msgspec.Struct, frozen=True):
    """A label and what stands beside it."""

    label: str
    value: str


def needed(visit: toolkit.Visit, materials: Sequence[Material]) -> tuple[Needed, ...]:
    """Return materials in the reader's language."""
    said = visit.language
    return tuple(
        Needed(
            title=content.say(m.title, said),
            core=m.core,
            hint=content.say(m.hint, said),
            basis=content.say(m.basis, said),
            sample=content.say(m.sample, said),
            takes=visit.say(TAKES[m.takes]),
            licence=bool(m.licence),
        )
        for m in materials
    )


def terms(visit: toolkit.Visit, item: Item | Notice, department: Any) -> tuple[Line, ...]:
    """Return who decides, by when, what it costs, and what comes of it."""
    grants = item.grants if isinstance(item, Notice) else item.grants.title
    months = item.months if isinstance(item, Notice) else item.grants.months
    rows = [
        (_("Who has it"), department.say(visit.language) if department else visit.say(_("The intake desk"))),
        (_("Telephone"), department.telephone if department else ""),
        (_("Who decides"), visit.say(LEVELS[item.decides])),
        (_("Promised limit"), visit.say(_("{days} workdays from acceptance"), days=item.promised)),
        (_("Limit of the law"), visit.say(_("{days} workdays from acceptance"), days=item.statutory)),
        (_("Fee"), content.say(item.fee, visit.language) or visit.say(_("None"))),
        (_("What you get"), content.say(grants, visit.language)),
        (_("Valid for"), visit.say(_("{months} months"), months=months) if months else visit.say(_("No end"))),
    ]
    return tuple(Line(visit.say(label), value) for label, value in rows if value)
