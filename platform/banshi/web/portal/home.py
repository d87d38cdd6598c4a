"""The portal's home: one field that searches services and numbers, then what can be done here."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from banshi import texts
from banshi.cases import numbers, reading
from banshi.contracts import APPLICANT, Service
from banshi.db import is_gone
from banshi.errors import DatabaseUnavailable, Invalid
from banshi.library.reading import Wanted
from banshi.web import bookshelf, casepage, offices, pages, panels
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")
log = logging.getLogger(__name__)

ENTRIES = 8


@get("/")
async def home(request: Request[Any, Any, Any], q: FromQuery[str] = "") -> Response[Any]:
    """The portal's home, in the district that host or memory tell, else the question which."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        if visit.here() is None:
            kept = "?" + urlencode({"q": q}) if q.strip() else ""
            links = tuple(pages.Link(text=d.say(visit.language), href=f"/d/{d.code}{kept}") for d in visit.house.directory.tree.offered)
            return visit.page("portal/choose.html", pages.ChooseDistrictPage(links=links))
        return await _home(visit, q)


@get("/d/{district:str}")
async def district_home(request: Request[Any, Any, Any], district: FromPath[str], q: FromQuery[str] = "") -> Response[Any]:
    """The portal's home in a district, which is remembered."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        visit.enter(district)
        return await _home(visit, q)


async def _home(visit: Visit, q: str) -> Response[Any]:
    found: tuple[pages.Link, ...] | None = None
    query = q.strip()[:200]
    mistyped = ""
    services = _services(visit)
    if query:
        try:
            return visit.go(f"/case/{numbers.show(numbers.read(query))}")
        except Invalid as refused:
            mistyped = visit.say(refused.text) if _like_number(query) else ""
            found = (
                *(_service_link(visit, s) for s in services if _matches(s, query)),
                *await _catalogues(visit, services, query),
                *await _entries(visit, query),
                *_offices(visit, query),
            )
    subjects: dict[str, list[pages.Link]] = {}
    for service in services:
        subjects.setdefault(visit.say(service.subject), []).append(_service_link(visit, service))
    mine = ""
    if visit.visitor.person_id is not None:
        waiting = tuple({s.name for t in visit.house.registry.case_types for s in t.states if s.waits_for == APPLICANT})
        asked = [reading.Query(open=True), reading.Query(open=True, states=waiting)]
        every, yours = await reading.count_bounded(visit.db, visit.house, visit.resident, asked if waiting else asked[:1] * 2)
        mine = visit.say(_("{count} being worked on"), count=casepage.bounded(every))
        if waiting and yours:
            mine = visit.say(_("{count} open, {yours} waiting for you"), count=casepage.bounded(every), yours=casepage.bounded(yours))
    page = pages.HomePage(
        query=query,
        search_action=visit.request.url.path,
        subjects=tuple(pages.Subject(title=t, services=tuple(s)) for t, s in subjects.items()),
        found=found,
        track_href="/track",
        mine=mine,
        mine_href="/my",
        public_href=f"/d/{visit.district.code}/public" if visit.district and services else "",
        mistyped=mistyped,
        library_href=f"/d/{visit.district.code}/library" if visit.district else "",
        panels=await panels.of_home(visit, "portal.home", visit.resident),
    )
    return visit.page("portal/home.html", page)


async def _catalogues(visit: Visit, services: Sequence[Service], query: str) -> list[pages.Link]:
    """Return what plugins' own catalogues have for these words; one that breaks is left out, and named in the log."""
    links: list[pages.Link] = []
    code = visit.district.code if visit.district else ""
    for service in services:
        if service.entries is None:
            continue
        try:
            async with visit.db.begin_nested():
                found = await service.entries(visit.db, code, query, visit.language, visit.at, ENTRIES)
        except Exception as error:
            if isinstance(error, DatabaseUnavailable) or is_gone(error):
                raise
            log.exception("a catalogue is out of order", extra={"plugin": service.owner, "service": service.name})
            continue
        links += [pages.Link(text=f.title, href=f"/d/{code}/{service.owner}/{f.href}", summary=f.summary) for f in found]
    return links


async def _entries(visit: Visit, query: str) -> tuple[pages.Link, ...]:
    """Return what the library has for these words."""
    found, _terms = await bookshelf.find(visit, Wanted(district=visit.district, day=bookshelf.today(visit)), query, most=ENTRIES)
    here = f"/d/{visit.district.code if visit.district else ''}/library"
    return tuple(
        pages.Link(text=texts.pick(r.title, visit.language), href=f"{here}/{r.code}", summary=visit.say(bookshelf.ONE[r.kind])) for r in found
    )


def _offices(visit: Visit, query: str) -> tuple[pages.Link, ...]:
    """Return the departments whose duty it is, with their telephones."""
    if visit.district is None:
        return ()
    rows = offices.fitting(visit, visit.district, query, f"/d/{visit.district.code}/library/departments")
    return tuple(
        pages.Link(text=r.contact.title, href=r.href, summary=" · ".join(s for s in (*(t for t, _basis in r.duties[:1]), r.contact.telephone) if s))
        for r in rows
    )


def _like_number(query: str) -> bool:
    """Return whether what was typed is meant as a number: mostly digits, and more of them than a house or a hot line has."""
    digits = sum(c.isdigit() for c in query)
    return digits >= 8 and digits * 2 > len(query)


def _services(visit: Visit) -> Sequence[Service]:
    district = visit.district
    if district is None:
        return ()
    tree, registry = visit.house.directory.tree, visit.house.registry
    offered = registry.only(tree.plugins_of(district.id, registry.names)).services
    return tuple(s for s in offered if s.audience == "residents")


def _service_link(visit: Visit, service: Service) -> pages.Link:
    here = f"/d/{visit.district.code if visit.district else ''}"
    href = f"{here}/services/{service.owner}/{service.name}" if service.start is None else f"{here}/{service.owner}/{service.start}"
    return pages.Link(text=visit.say(service.title), href=href, summary=visit.say(service.summary))


def _matches(service: Service, query: str) -> bool:
    """Return whether a service answers what was typed: any of its words in it, or it in any of its words."""
    wanted = query.casefold()
    for told in (service.title, service.summary, service.subject, *service.words):
        for language in texts.LANGUAGES:
            said = texts.say(told, language).casefold()
            if wanted in said or (len(said) > 1 and said in wanted):
                return True
    return False
