"""GET requests: what everybody may know, never who, and of what somebody wrote not a word except to the key that filed it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from banshi import texts
from banshi.cases import numbers, positions, public
from banshi.cases.book import House
from banshi.cases.public import PublicQuery
from banshi.db import Connection
from banshi.districts import District
from banshi.errors import Invalid
from banshi.texts import Language, translator
from banshi.web.open311 import services
from banshi.web.open311.answers import Fault
from banshi.web.open311.filing import Said, one

_ = translator("banshi")

MOST = 1000
SPAN = timedelta(days=90)
YEARS = range(1900, 9999)
"""From there, 90 days on or back are still in the calendar."""
STATUSES = {"open": True, "closed": False}


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """Who reads: of which jurisdiction, in which language, as the holder of which key (empty: everybody), and whether with our extensions."""

    house: House
    district: District
    language: Language
    credential: str = ""
    extensions: bool = False


async def listed(db: Connection, reader: Reader, said: Said, at: datetime) -> list[dict[str, Any]]:
    """Return the requests that are asked for: by number regardless of all else, or of at most 90 days; at most 1,000, the newest first."""
    house, district, language = reader.house, reader.district, reader.language
    wanted = one(said, "service_request_id")
    if wanted:
        return await by_number(db, reader, wanted.split(","))
    since, before = _span(said, at, district, language)
    statuses = _words(one(said, "status"))
    if unknown := [s for s in statuses if s not in STATUSES]:
        raise Fault(400, texts.say(_("status is open or closed, not “{value}”."), language, value=unknown[0][:40]))
    codes = _words(one(said, "service_code"))
    kinds = [services.find(house, district, c, language) for c in codes]
    size, page = _number(said, "page_size", MOST if not one(said, "page") else 50, language), _number(said, "page", 1, language)
    if size * (page - 1) >= MOST:
        return []
    query = PublicQuery(
        districts=_districts(house, district),
        kinds=tuple((k.case_type.key, k.option.value) for k in kinds),
        open=STATUSES[statuses[0]] if len(set(statuses)) == 1 else None,
        since=since,
        before=before,
        size=min(MOST, size * page),
    )
    found = await public.listing(db, house, query)
    return await _rows(db, reader, found.rows[size * (page - 1) :])


async def by_number(db: Connection, reader: Reader, wanted: Sequence[str]) -> list[dict[str, Any]]:
    """Return the requests of these numbers (the first 1,000) that everybody may know."""
    plain = []
    for written in wanted[:MOST]:
        try:
            plain.append(numbers.read(written))
        except Invalid:
            continue
    query = PublicQuery(districts=_districts(reader.house, reader.district), numbers=tuple(plain), size=max(1, len(plain)))
    return await _rows(db, reader, (await public.listing(db, reader.house, query)).rows if plain else ())


async def _rows(db: Connection, reader: Reader, found: Sequence[Any]) -> list[dict[str, Any]]:
    own = await public.told_by(db, reader.credential, [r.id for r in found]) if reader.credential and found else {}
    return [_row(reader, r, own.get(r.id, {})) for r in found]


def _row(reader: Reader, found: Any, own: Mapping[str, Any]) -> dict[str, Any]:
    """Return one request; moments with the district's offset. ``own`` is what the reader's key filed, empty where it was another."""
    house, language = reader.house, reader.language
    type_row, declared = house.book[found.type_id], house.declared(found.type_id)
    tree = house.directory.tree
    zone = tree[found.district_id].timezone
    service = next((s for s in house.registry.services if s.open311 and declared and f"{s.owner}.{s.case_type}" == declared.key), None)
    category = services.field(declared, "category") if declared else None
    option = next((o for o in category.ask.options if o.value == found.category), None) if category else None
    position = positions.read(found.position or "")

    def told(role: str) -> str | None:
        shape = services.field(declared, role) if declared and own else None
        return str(own.get(shape.name) or "") or None if shape else None

    places = [d.say(language) for d in tree.above(found.area_id or found.district_id)]
    said = {
        "service_request_id": found.number,
        "status": "closed" if found.closed else "open",
        "status_notes": type_row.say_outcome(found.outcome, language) or type_row.say_state(found.state, language),
        "service_name": texts.say(option.label, language) if option else type_row.title.get(language, ""),
        "service_code": f"{service.owner}.{service.name}.{found.category}" if service else "",
        "description": told("title"),
        "agency_responsible": house.directory.department(found.department_id).say(language) if found.department_id else None,
        "service_notice": None,
        "requested_datetime": found.received.astimezone(zone).isoformat(timespec="seconds"),
        "updated_datetime": (found.closed or found.changed).astimezone(zone).isoformat(timespec="seconds"),
        "expected_datetime": None,
        "address": ", ".join(filter(None, (told("place"), *places))),
        "address_id": tree[found.area_id].code if found.area_id else None,
        "zipcode": None,
        "lat": position.north if position else None,
        "long": position.east if position else None,
        "media_url": told("media"),
    }
    return said | ({"extended_attributes": {"reports": found.people}} if reader.extensions else {})


def _districts(house: House, district: District) -> tuple[int, ...]:
    return tuple(d.id for d in house.directory.tree.below(district.id) if d.level in {"city", "district"})


def _span(said: Said, at: datetime, district: District, language: Language) -> tuple[datetime, datetime]:
    """Return from when to when: the last 90 days, or 90 days from or up to what is said."""
    start, end = (_moment(said, name, district, language) for name in ("start_date", "end_date"))
    if start is None and end is None:
        return at - SPAN, at + timedelta(days=1)
    if start is not None and end is not None:
        if end < start:
            raise Fault(400, texts.say(_("end_date lies before start_date."), language))
        if end - start > SPAN:
            raise Fault(400, texts.say(_("Ask for at most 90 days at once."), language))
        return start, end
    if start is not None:
        return start, start + SPAN
    assert end is not None
    return end - SPAN, end


def _moment(said: Said, name: str, district: District, language: Language) -> datetime | None:
    """Return a moment that was written; without an offset, which the standard wants, it is the district's clock that is meant."""
    written = one(said, name)
    if not written:
        return None
    found: datetime | None
    try:
        found = datetime.fromisoformat(written.replace(" ", "+"))  # a plus sign that was not encoded arrives as a blank
        found = (found if found.tzinfo else found.replace(tzinfo=district.timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    if found is None or found.year not in YEARS:
        text = _("{name} has to be a moment like 2026-11-23T09:30:00+08:00.")
        raise Fault(400, texts.say(text, language, name=name))
    return found


def _number(said: Said, name: str, default: int, language: Language) -> int:
    written = one(said, name)
    if not written:
        return default
    if not (written.isascii() and written.isdigit() and int(written[:6]) > 0 and len(written) < 7):
        raise Fault(400, texts.say(_("{name} has to be a whole number from 1."), language, name=name))
    return min(MOST, int(written)) if name == "page_size" else int(written)


def _words(said: str) -> list[str]:
    return [w.strip() for w in said.split(",") if w.strip()]
