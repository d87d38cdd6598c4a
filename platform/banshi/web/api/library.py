"""The library over the API: what holds, by words or by code."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath, FromQuery

from banshi import texts, words
from banshi.cases.book import House
from banshi.errors import Invalid
from banshi.library import reading
from banshi.library.reading import Wanted
from banshi.library.writing import KINDS
from banshi.web.api.common import check_words, who
from banshi.web.api.structs import EntryList, EntryOut
from banshi.web.site import Site

_ = texts.translator("banshi")


@get("/library", summary="Find regulations and guides", operation_id="listLibrary")
async def list_entries(
    request: Request[Any, Any, Any], district: FromQuery[str] = "", q: FromQuery[str] = "", kind: FromQuery[str] = ""
) -> EntryList:
    """List what holds today in a district (anywhere, without one), or what of it says the words, the best first; those for staff, too."""
    site: Site = request.app.state.site
    at = site.now()
    check_words(q=q, district=district, kind=kind)
    async with site.database.transaction() as db:
        house, _actor = await who(site, db, request, at)
        place = house.directory.tree.find(district) if district else None
        if district and place is None:
            raise Invalid(_("There is no such district."), {"district": _("There is no such district.")})
        if kind and kind not in KINDS:
            raise Invalid(_("Some answers need your attention."), {"kind": _("Choose what kind of entry it is.")})
        zone = (place or house.directory.tree.roots[0]).timezone
        wanted = Wanted(district=place, day=at.astimezone(zone).date(), staff=True, kind=kind)
        rows = await reading.find(db, wanted, words.terms(q)) if q.strip() else await reading.browse(db, wanted)
    return EntryList(items=[_out(house, r, holds=True) for r in rows])


@get("/library/{code:str}", summary="Read a regulation or guide", operation_id="readLibrary")
async def read_entry(request: Request[Any, Any, Any], code: FromPath[str], version: FromQuery[int | None] = None) -> EntryOut:
    """Read an entry as it holds today, or one of its versions. ``cite`` is how an answer cites it."""
    site: Site = request.app.state.site
    at = site.now()
    check_words(code=code)
    if version is not None and not 0 < version < 10**6:
        raise Invalid(_("Some answers need your attention."), {"version": _("There is no such entry.")})
    async with site.database.transaction() as db:
        house, _actor = await who(site, db, request, at)
        day = at.astimezone(house.directory.tree.roots[0].timezone).date()
        row = await reading.entry(db, code, day, version=version, staff=True)
    return _out(house, row, holds=row.holds)


def _out(house: House, row: Any, *, holds: bool) -> EntryOut:
    return EntryOut(
        code=row.code,
        version=row.number,
        cite=f"{row.code}@{row.number}",
        kind=row.kind,
        audience=row.audience,
        district=house.directory.tree[row.district_id].code,
        department=house.directory.department(row.department_id).code if row.department_id else None,
        services=list(row.services),
        title=row.title,
        text=row.text,
        source=row.source,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        review_by=row.review_by,
        holds=holds,
    )
