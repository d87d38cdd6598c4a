"""Before filing: what the library says to the reader's words. Who is answered by it stops there, and is counted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Response

from banshi import texts, words
from banshi.cases.decoding import shapes
from banshi.contracts import Page as Group
from banshi.errors import NotFound
from banshi.library import citing, reading, rendering, settling
from banshi.library.reading import Wanted
from banshi.web import bookshelf, forms, pages
from banshi.web.drafts import SETTLED
from banshi.web.portal import nearby
from banshi.web.portal.questions import Filing
from banshi.web.site import Visit
from banshi.words import Term

_ = texts.translator("banshi")

SEEN = "=consulted"
"""Under this name a draft keeps for which words its person saw what the library says."""
SHOWN = 3
SHORT = 3_000
"""Characters of a text that is read on the spot; of a longer one a stretch is shown, and the way to it."""


async def fresh(visit: Visit, filing: Filing, group: Group) -> bool:
    """Return whether the library says something to the words of this page that is still to be shown."""
    if not _asked(filing, group) or _key(filing) == filing.answers.get(SEEN):
        return False
    return bool(await _found(visit, filing))


async def show(visit: Visit, filing: Filing, group: Group) -> Response[Any]:
    """Show what may already answer it; where nothing does (any more), the question itself."""
    terms, found = words.telling(_words(filing)), await _found(visit, filing)
    if not found:
        return visit.go(filing.address(group.name))
    address = _home(visit, filing)
    page = pages.ConsultPage(
        service=visit.say(filing.service.title),
        rows=tuple(_row(visit, r, address, terms) for r in found),
        action=filing.address(group.name) + "?consult",
        back=filing.address(group.name),
    )
    return visit.page("portal/consult.html", page)


async def choose(visit: Visit, filing: Filing, group: Group, raw: dict[str, list[str]]) -> str:
    """Keep what was chosen and return where it leads: on, or to the end, where nothing is filed. Sent twice, it counts once."""
    cited = forms.one(raw, "settled")
    found = (await citing.read(visit.db, [cited], bookshelf.today(visit))).get(cited) if cited else None
    if found is None or not _offers(visit, filing, found):
        await filing.save(filing.answers | {SEEN: _key(filing)})
        return filing.address(group.name) + "?near" if await nearby.fresh(visit, filing, group) else filing.after(group)
    await settling.settle(
        visit.db,
        filing.draft.id,
        found.version_id,
        service=f"{filing.service.owner}.{filing.service.name}",
        district_id=visit.district.id if visit.district else 0,
        day=bookshelf.today(visit),
        channel="web",
    )
    await filing.save({SETTLED: cited})
    return filing.address("settled")


async def settled(visit: Visit, filing: Filing) -> Response[Any]:
    """Say that nothing was filed, and how to come back."""
    cited = str(filing.answers.get(SETTLED, ""))
    found = (await citing.read(visit.db, [cited], bookshelf.today(visit))).get(cited)
    if found is None:
        raise NotFound(_("There is no such entry."))
    page = pages.SettledPage(title=texts.pick(found.title, visit.language), href=f"{_home(visit, filing)}/{found.code}", again=filing.base)
    return visit.page("portal/settled.html", page)


async def _found(visit: Visit, filing: Filing) -> Sequence[Any]:
    """The entries that say most of what the reader says: two telling pieces of it at the least."""
    terms = words.telling(_words(filing))
    service = f"{filing.service.owner}.{filing.service.name}"
    wanted = Wanted(district=visit.district, day=bookshelf.today(visit), staff=_for_staff(filing), service=service)
    return bookshelf.alike(await reading.find(visit.db, wanted, terms, any_of=True, most=SHOWN * 4), terms)[:SHOWN]


def _row(visit: Visit, found: Any, address: str, terms: Sequence[Term]) -> pages.EntryRow:
    row, said = bookshelf.row(visit, found, address, terms), texts.pick(found.text, visit.language)
    if len(said) > SHORT:
        return row
    return msgspec.structs.replace(row, text=rendering.html(said, title=texts.pick(found.title, visit.language), below=2))


def _offers(visit: Visit, filing: Filing, found: Any) -> bool:
    """Return whether who files here may read it: no resident learns from a guess what staff write for each other."""
    return (found.audience == "public" or _for_staff(filing)) and visit.district is not None and found.district_id in visit.district.path


def _for_staff(filing: Filing) -> bool:
    """Return whether the service is one that only staff file: they read what is written for staff."""
    return filing.service.audience == "staff"


def _home(visit: Visit, filing: Filing) -> str:
    return "/desk/library" if _for_staff(filing) else f"/d/{visit.district.code if visit.district else ''}/library"


def _asked(filing: Filing, group: Group) -> bool:
    """Return whether the library is asked after this page, with the answers so far."""
    if group.consults is None:
        return False
    defaults = {s.name: s.default for s in shapes(filing.form) if isinstance(s.default, str)}
    live = filing.live
    return all((forms.one(live, name) or defaults.get(name, "")) in wanted for name, wanted in group.consults.items())


def _words(filing: Filing) -> str:
    return " ".join(forms.one(filing.live, s.name) for s in shapes(filing.form) if s.ask.role == "title")


def _key(filing: Filing) -> str:
    return hashlib.sha256(_words(filing).encode("utf8", "replace")).hexdigest()[:16]
