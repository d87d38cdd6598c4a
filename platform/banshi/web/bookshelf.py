"""The library as pages draw it: lists of entries, one entry and its versions. Shared by portal and desk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from banshi import texts, words
from banshi.contracts import Actor
from banshi.districts import District
from banshi.errors import NotFound
from banshi.library import citing, comparing, reading, rendering
from banshi.library.reading import Wanted
from banshi.web import pages
from banshi.web.site import Visit
from banshi.words import Term

_ = texts.translator("banshi")

KINDS: dict[str, texts.Text] = {"regulation": _("Regulations"), "guide": _("Guides")}
ONE: dict[str, texts.Text] = {"regulation": _("Regulation"), "guide": _("Guide")}
FIELDS: dict[str, texts.Text] = {
    "title_zh": _("Title in Chinese"),
    "text_zh": _("Text in Chinese"),
    "title_en": _("Title in English"),
    "text_en": _("Text in English"),
    "source": _("Source"),
    "valid_from": _("Valid from"),
    "valid_until": _("Valid until, the last day"),
    "review_by": _("To be read again by"),
}
PAGE = 50
ALIKE = 2


def today(visit: Visit, district: District | None = None) -> date:
    """Return the day in the district's zone."""
    place = district or visit.district
    return visit.at.astimezone(place.timezone).date() if place else visit.at.date()


def row(visit: Visit, found: Any, address: str, asked: Sequence[Term] = (), *, case: str = "") -> pages.EntryRow:
    """Return one entry of a list, with what was asked for marked; ``case`` is the number of the case for which somebody looks."""
    title, text = texts.pick(found.title, visit.language), plain(texts.pick(found.text, visit.language))
    return pages.EntryRow(
        title=tuple(words.marked(title, asked)),
        href=f"{address}/{found.code}" + (f"?case={case}" if case else ""),
        kind=visit.say(ONE[found.kind]),
        since=texts.say_date(found.valid_from, visit.language),
        excerpt=tuple(words.marked(words.excerpt(text, asked), asked)),
        cited=citing.cite(found),
        code=found.code,
    )


async def find(visit: Visit, wanted: Wanted, asked: str, *, most: int = reading.MOST) -> tuple[Sequence[Any], Sequence[Term]]:
    """Return the entries that say what is asked, and by which terms: all words, else their beginnings, else most of what a sentence is about.

    One query, at most three.
    """
    terms = words.terms(asked)
    if found := await reading.find(visit.db, wanted, terms, most=most) or await reading.find(visit.db, wanted, words.widened(terms), most=most):
        return found, terms
    telling = words.telling(asked)
    return alike(await reading.find(visit.db, wanted, telling, any_of=True, most=most), telling), telling


def alike(rows: Sequence[Any], terms: Sequence[Term]) -> list[Any]:
    """Return the entries that share two of the terms at the least, or the only one there is."""
    own = {p for t in terms for p in t.pieces}

    def shared(found: Any) -> int:
        return len(own.intersection(p for said in (*found.title.values(), *found.text.values()) for p in words.pieces(said)))

    return [r for r in rows if shared(r) >= min(ALIKE, len(own))]


async def shelf(visit: Visit, wanted: Wanted, address: str, *, asked: str, after: str, case: str = "") -> pages.LibraryPage:
    """Return a page of the library: what was asked for, the best first, or what there is by kind, ``after`` what came on the page before."""
    tail = f"&case={case}" if case else ""
    here = f"{address}?" + (f"kind={wanted.kind}&" if wanted.kind else "")
    groups: list[tuple[str, tuple[pages.EntryRow, ...]]] = []
    said = further = ""
    if asked:
        rows, terms = await find(visit, wanted, asked)
        groups = [("", tuple(row(visit, r, address, terms, case=case) for r in rows))] if rows else []
        count = f"{reading.MOST}+" if len(rows) >= reading.MOST else str(len(rows))
        said = visit.say(_("{count} entries found"), count=count)
    else:
        kind, _dot, code = after.partition(".")
        rows = await reading.browse(visit.db, wanted, after=(kind, code) if kind in KINDS else None, most=PAGE + 1)
        further = f"{here}after={rows[PAGE - 1].kind}.{rows[PAGE - 1].code}{tail}" if len(rows) > PAGE else ""
        for name, title in KINDS.items():
            drawn = tuple(row(visit, r, address, case=case) for r in rows[:PAGE] if r.kind == name)
            groups += [(visit.say(title), drawn)] if drawn else []
    return pages.LibraryPage(
        title=visit.say(_("Rules and guides")),
        asked=asked,
        action=address,
        groups=tuple(groups),
        said=said,
        departments=f"{address}/departments",
        kinds=tuple(pages.Link(text=visit.say(t), href=f"{address}?kind={k}{tail}", current=k == wanted.kind) for k, t in KINDS.items()),
        further=further,
        case=case,
    )


async def entry(visit: Visit, code: str, version: str, address: str, *, staff: bool, place: District | None) -> pages.EntryPage:
    """Return the page of an entry as it is read in a place: the version asked for, or the one that holds; three queries."""
    day, say = today(visit, place), visit.say
    found = await reading.entry(visit.db, code, day, version=number_of(version), staff=staff)
    every = await reading.versions(visit.db, found.entry_id)
    before = next((v for v in every if v.number < found.number), None)
    changed: tuple[pages.Difference, ...] = ()
    if before is not None:
        changed = differences(visit, await reading.entry(visit.db, code, day, version=before.number, staff=staff), found)
    language = visit.language if found.text.get(visit.language) else next(iter(found.text))
    district = visit.house.directory.tree[found.district_id]
    office = visit.house.directory.department(found.department_id).say(visit.language) if found.department_id else ""
    facts = [
        (say(_("Valid from")), texts.say_date(found.valid_from, visit.language)),
        (say(_("Valid until")), texts.say_date(found.valid_until, visit.language) if found.valid_until else ""),
        (say(_("Source")), found.source),
        (say(_("Where it holds")), district.say(visit.language)),
        (say(_("Responsible")), office),
        (say(_("Version")), str(found.number)),
    ]
    title = texts.pick(found.title, visit.language)
    return pages.EntryPage(
        title=title,
        kind=say(ONE[found.kind]),
        text=rendering.html(found.text[language], title=title),
        facts=tuple((k, v) for k, v in facts if v),
        versions=tuple(_version(visit, address, code, v, current=v.number == found.number) for v in every) if len(every) > 1 else (),
        back=address,
        over=_over(visit, found, every, day, place),
        current=_current(visit, address, code, found, every, day),
        language="" if language == visit.language else texts.TAGS[language],
        changed=changed,
        changed_title=say(_("What changed from version {number}"), number=before.number) if before is not None else "",
    )


def number_of(version: str) -> int | None:
    """Return the number of a version as an address says it, None where it says none; NotFound where it is no number."""
    if not version:
        return None
    if not (version.isascii() and version.isdigit() and len(version) < 7):
        raise NotFound(_("There is no such entry."))
    return int(version)


def differences(visit: Visit, before: Any, after: Any) -> tuple[pages.Difference, ...]:
    """Return what changed from one version to another, in words."""
    return tuple(pages.Difference(label=visit.say(FIELDS[name]), lines=said) for name, said in comparing.fields(before, after).items())


def _over(visit: Visit, found: Any, every: Sequence[Any], day: date, place: District | None) -> str:
    """What a reader has to know first: that it does not hold any more, not yet, or not here."""
    since = reading.ended(found, every, day)
    if found.valid_from > day:
        return visit.say(_("This does not hold yet: it is valid from {day}."), day=texts.say_date(found.valid_from, visit.language))
    if since is not None:
        return visit.say(_("This no longer holds since {day}."), day=texts.say_date(since, visit.language))
    if place is not None and found.district_id not in place.path and place.id not in visit.house.directory.tree[found.district_id].path:
        where = visit.house.directory.tree[found.district_id].say(visit.language)
        return visit.say(_("This holds in {there}, not in {here}."), there=where, here=place.say(visit.language))
    return ""


def _current(visit: Visit, address: str, code: str, found: Any, every: Sequence[Any], day: date) -> pages.Link | None:
    """The way from a version that ended to the one that holds, where one does."""
    holding = next((v for v in every if v.valid_from <= day and reading.ended(v, every, day) is None), None)
    if holding is None or holding.number == found.number:
        return None
    return pages.Link(text=visit.say(_("Read what holds today: version {number}"), number=holding.number), href=f"{address}/{code}")


def _version(visit: Visit, address: str, code: str, version: Any, *, current: bool) -> pages.Link:
    said = visit.say(_("Version {number}, valid from {day}"), number=version.number, day=texts.say_date(version.valid_from, visit.language))
    return pages.Link(text=said, href=f"{address}/{code}?version={version.number}", current=current)


def plain(markdown: str) -> str:
    """Return the words of a Markdown text without its signs, for a line of a list."""
    return " ".join(line.strip().lstrip("#>-*0123456789. ").replace("|", " ").replace("*", "").replace("`", "") for line in markdown.splitlines())


def may_write(actor: Actor) -> bool:
    """Return whether the actor writes the library."""
    return actor.may("kernel.library")
