"""The library as pages draw it: lists of entries, one entry, who does what. Shared by portal and desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from banshi import texts, words
from banshi.contracts import Actor
from banshi.districts import District
from banshi.identity.directory import ANY
from banshi.library import citing, reading, rendering
from banshi.library.reading import Wanted
from banshi.web import casepage, pages
from banshi.web.site import Visit
from banshi.words import Term

_ = texts.translator("banshi")

KINDS: dict[str, texts.Text] = {"regulation": _("Regulations"), "guide": _("Guides")}
ONE: dict[str, texts.Text] = {"regulation": _("Regulation"), "guide": _("Guide")}


def today(visit: Visit, district: District | None = None) -> date:
    """Return the day in the district's zone."""
    place = district or visit.district
    return visit.at.astimezone(place.timezone).date() if place else visit.at.date()


def row(visit: Visit, found: Any, address: str, asked: Sequence[Term] = ()) -> pages.EntryRow:
    """Return one entry of a list, with what was asked for marked."""
    title, text = texts.pick(found.title, visit.language), plain(texts.pick(found.text, visit.language))
    return pages.EntryRow(
        title=tuple(words.marked(title, asked)),
        href=f"{address}/{found.code}",
        kind=visit.say(ONE[found.kind]),
        since=say_day(visit, found.valid_from),
        excerpt=tuple(words.marked(words.excerpt(text, asked), asked)),
        cited=citing.cite(found),
        code=found.code,
    )


async def shelf(visit: Visit, wanted: Wanted, address: str, asked: str) -> tuple[tuple[tuple[str, tuple[pages.EntryRow, ...]], ...], str]:
    """Return the groups of a list, by kind, or what was asked for in one; and in words how many were found. One query."""
    terms = words.terms(asked)
    if asked:
        found = await reading.find(visit.db, wanted, terms) or await reading.find(visit.db, wanted, words.widened(terms))
        said = visit.say(_("{count} entries found"), count=len(found))
        return ((("", tuple(row(visit, r, address, terms) for r in found)),) if found else ()), said
    rows = await reading.browse(visit.db, wanted)
    kinds = [k for k in KINDS if any(r.kind == k for r in rows)]
    return tuple((visit.say(KINDS[k]), tuple(row(visit, r, address) for r in rows if r.kind == k)) for k in kinds), ""


async def entry(visit: Visit, code: str, version: int | None, address: str, *, staff: bool, day: date) -> pages.EntryPage:
    """Return the page of an entry: the version asked for, or the one that holds; two queries."""
    found = await reading.entry(visit.db, code, day, version=version, staff=staff)
    every = await reading.versions(visit.db, found.entry_id)
    language = visit.language if found.text.get(visit.language) else next(iter(found.text))
    facts = [
        (visit.say(_("Valid from")), say_day(visit, found.valid_from)),
        (visit.say(_("Valid until")), say_day(visit, found.valid_until) if found.valid_until else ""),
        (visit.say(_("Source")), found.source),
        (visit.say(_("Where it holds")), visit.house.directory.tree[found.district_id].say(visit.language)),
        (visit.say(_("Responsible")), visit.house.directory.department(found.department_id).say(visit.language) if found.department_id else ""),
        (visit.say(_("Version")), str(found.number)),
    ]
    over = ""
    if found.valid_from > day:
        over = visit.say(_("This does not hold yet: it is valid from {day}."), day=say_day(visit, found.valid_from))
    elif found.valid_until is not None and found.valid_until < day:
        over = visit.say(_("This no longer holds: it was valid until {day}."), day=say_day(visit, found.valid_until))
    elif not found.holds:
        over = visit.say(_("This no longer holds: there is a later version."))
    return pages.EntryPage(
        title=texts.pick(found.title, visit.language),
        kind=visit.say(ONE[found.kind]),
        text=rendering.html(found.text[language]),
        facts=tuple((k, v) for k, v in facts if v),
        versions=tuple(
            pages.Link(
                text=visit.say(_("Version {number}, valid from {day}"), number=v.number, day=say_day(visit, v.valid_from)),
                href=f"{address}/{code}?version={v.number}",
                current=v.number == found.number,
            )
            for v in every
        )
        if len(every) > 1
        else (),
        back=address,
        over=over,
        language="" if language == visit.language else texts.TAGS[language],
    )


def departments(visit: Visit, district: District) -> tuple[pages.DirectoryRow, ...]:
    """Return who does what in a district, from the departments of the city down to those of its streets; no query."""
    directory = visit.house.directory
    inside = {d.id for d in directory.tree.below(district.id)} | set(district.path)
    types = {t.key: t for t in visit.house.registry.case_types}

    def duties(department_id: int) -> tuple[tuple[str, str], ...]:
        own = [d for d in directory.duties_of(department_id) if d.district_id in inside]
        said = []
        for duty in own:
            declared = types.get(duty.case_type)
            row_ = _Category(duty.category)
            about = casepage.category(declared, row_, visit.language) if declared and duty.category != ANY else ""
            said.append((" · ".join(w for w in (texts.pick(duty.text, visit.language), about) if w), texts.pick(duty.basis, visit.language)))
        return tuple(dict.fromkeys(said))

    standing = [d for d in directory if not d.dissolved and d.district_id in inside]
    standing.sort(key=lambda d: (len(directory.tree[d.district_id].path), directory.tree[d.district_id].path, d.code))
    return tuple(
        pages.DirectoryRow(contact=casepage.contact(d, visit.language), place=directory.tree[d.district_id].say(visit.language), duties=duties(d.id))
        for d in standing
    )


class _Category:
    def __init__(self, category: str) -> None:
        self.category = category


def plain(markdown: str) -> str:
    """Return the words of a Markdown text without its signs, for a line of a list."""
    return " ".join(line.strip().lstrip("#>-*0123456789. ").replace("|", " ").replace("*", "").replace("`", "") for line in markdown.splitlines())


def say_day(visit: Visit, day: date) -> str:
    """Return a calendar day with its year."""
    return f"{day.year}年{day.month}月{day.day}日" if visit.language == "zh" else f"{day.day} {day:%b %Y}"


def may_write(actor: Actor) -> bool:
    """Return whether the actor writes the library."""
    return actor.may("kernel.library")
