"""What the pages of an inspection show: the form item by item, as it was answered, and the form by which somebody checks themself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from banshi_approvals.catalogue.content import say
from banshi_approvals.inspections.content import InspectionForm, Item
from banshi_approvals.inspections.facts import Facts

LETTERS = {"met", "not", "na"}


class ItemPart(msgspec.Struct, frozen=True, kw_only=True):
    """One item as it is drawn; ``was`` is what the page was drawn with, so that only what somebody changed is taken."""

    code: str
    text: str
    rule: str = ""
    key: bool = False
    finding: str = ""
    remark: str = ""
    was: str = ""
    by: str = ""
    pictures: tuple[str, ...] = ()
    problem: str = ""


class SectionPart(msgspec.Struct, frozen=True, kw_only=True):
    """A section; ``number`` counts from 1."""

    number: int
    title: str
    items: tuple[ItemPart, ...]


class InspectionPage(msgspec.Struct, frozen=True, kw_only=True):
    """The form on site."""

    number: str
    title: str
    form: str
    place: str
    day: str
    sections: tuple[SectionPart, ...]
    answered: int
    total: int
    save: str
    photo: str
    token: str
    key: str
    desk: str
    open: bool
    again: bool = False
    problem: str = ""
    said: str = ""


class SelfCheckPage(msgspec.Struct, frozen=True, kw_only=True):
    """The form by which an applicant checks themself; with ``result`` how it came out."""

    title: str
    sections: tuple[SectionPart, ...]
    action: str
    back: str
    pass_at: int
    result: str = ""
    passed: bool = False
    lines: tuple[str, ...] = ()
    failed: tuple[ItemPart, ...] = ()
    problem: str = ""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A form that can be chosen."""

    title: str
    href: str
    items: int


class SelfChecksPage(msgspec.Struct, frozen=True, kw_only=True):
    """The forms by which somebody can check themself."""

    lines: tuple[Line, ...]


class CountedRow(msgspec.Struct, frozen=True, kw_only=True):
    """An item, and how often it was met where it applied."""

    item: str
    text: str
    rule: str
    form: str
    key: bool
    applicable: int
    met: int
    share: str


class CountedPage(msgspec.Struct, frozen=True, kw_only=True):
    """The items that are met least, over some days."""

    rows: tuple[CountedRow, ...]
    since: str
    until: str
    since_value: str
    until_value: str


def sections(form: InspectionForm, codes: Sequence[str], language: str, part: Any) -> tuple[SectionPart, ...]:
    """Return the sections that have something to look at, each item drawn by ``part``."""
    found: list[SectionPart] = []
    for section in form.sections:
        items = [i for i in section.items if not codes or i.code in codes]
        if items:
            found.append(SectionPart(number=len(found) + 1, title=say(section.title, language), items=tuple(part(i) for i in items)))
    return tuple(found)


def item_part(
    item: Item, facts: Facts, language: str, typed: Mapping[str, str], there: Sequence[int] = (), address: str = "", by: str = "", problem: str = ""
) -> ItemPart:
    """Return an item as it stands; what was typed and not taken comes back."""
    answer = facts.answer(item.code)
    finding, remark = (answer.finding, answer.remark) if answer is not None else ("", "")
    return ItemPart(
        code=item.code,
        text=say(item.text, language),
        rule=say(item.rule, language) if item.rule else "",
        key=item.key,
        finding=typed.get(f"finding.{item.code}", finding),
        remark=typed.get(f"remark.{item.code}", remark),
        was=f"{finding}|{remark}",
        by=by,
        pictures=tuple(f"{address}/{d}" for d in facts.shown(item.code) if d in there),
        problem=problem,
    )


def typed(raw: Mapping[str, str], items: Sequence[Item]) -> tuple[list[str], set[str]]:
    """Return the answers that somebody changed, as the action takes them, and the codes of items that have words but no answer."""
    found, bare = [], set()
    for item in items:
        finding, remark = raw.get(f"finding.{item.code}", ""), plain(raw.get(f"remark.{item.code}", ""))
        if not finding and not remark:
            continue
        if finding not in LETTERS:
            bare.add(item.code)
        elif f"{finding}|{remark}" != plain(raw.get(f"was.{item.code}", "")):
            at = "".join(raw.get(f"at.{item.code}", "").split())
            found.append(f"{item.code}:{finding}" + (f"@{at}" if at else "") + (f" {remark}" if remark else ""))
    return found, bare


def plain(text: str) -> str:
    r"""Return a text with ``\n`` at its line ends, and without blanks around it."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()
