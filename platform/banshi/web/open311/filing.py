"""POST requests: what another program reports is a case like any other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from banshi import texts
from banshi.cases import numbers, opening
from banshi.cases.book import House
from banshi.cases.decoding import decode, shapes
from banshi.cases.opening import Opening
from banshi.contracts import OPEN311, Actor
from banshi.db import Connection
from banshi.districts import District
from banshi.errors import Conflict, Invalid
from banshi.texts import Language, translator
from banshi.web.open311 import services
from banshi.web.open311.answers import Fault
from banshi.web.open311.services import Kind

_ = translator("banshi")

CHANNEL = "open311"
_ATTRIBUTE = re.compile(r"attribute\[([^\]]+)\](\[\])?")
_URL = re.compile(r"https?://[!-~]{1,500}")


async def file(
    db: Connection, house: House, actor: Actor, district: District, said: Mapping[str, Sequence[str]], at: datetime, language: Language, key: str
) -> dict[str, Any]:
    """Open a case from the parameters of a POST; return the row of the answer. Raises ``Fault`` with everything that is wrong at once."""
    if not actor.may(OPEN311.name):
        raise Fault(403, texts.say(_("This api_key may not file requests."), language))
    if actor.district_id is None or not {actor.district_id} & set(district.path):
        raise Fault(403, texts.say(_("This api_key is not for this jurisdiction."), language))
    code = one(said, "service_code")
    if not code:
        raise Fault(400, texts.say(_("service_code is missing."), language))
    kind = services.find(house, district, code, language)
    raw, names = _raw(house, district, kind, said, language)
    try:
        form = decode(kind.case_type.form, raw)
        wanted = Opening(case_type=kind.case_type, district_id=district.id, form=form, channel=CHANNEL, key=key)
        opened = await opening.open_one(db, house, actor, wanted, at)
    except Invalid as refused:
        told = [f"{names.get(name, name)}: {texts.say(text, language)}" for name, text in refused.problems.items()]
        raise Fault(400, *(told or [texts.say(refused.text, language, **refused.values)])) from None
    except Conflict as refused:
        raise Fault(400, texts.say(refused.text, language, **refused.values)) from None
    notice = texts.say(_("The code {code} goes with the number: with both, the request is followed and answered."), language, code=opened.code)
    return {"service_request_id": numbers.read(opened.number), "service_notice": notice, "account_id": None}


def one(said: Mapping[str, Sequence[str]], name: str) -> str:
    """Return a parameter, empty where it was not sent: an empty one counts as absent."""
    return (said.get(name) or [""])[-1].strip()


def _raw(
    house: House, district: District, kind: Kind, said: Mapping[str, Sequence[str]], language: Language
) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the raw answers for the form, and for each of its fields the parameter that it came by."""
    raw: dict[str, Any] = {}
    names: dict[str, str] = {}
    problems: list[str] = []

    def put(role: str, parameter: str, value: str) -> None:
        shape = services.field(kind.case_type, role)
        if shape is not None and value:
            raw[shape.name], names[shape.name] = [value], parameter

    description = one(said, "description")
    media = one(said, "media_url")
    if media:
        if _URL.fullmatch(media):
            description = f"{description}\n{media}".strip()
        else:
            problems.append(texts.say(_("media_url has to be an address that begins with http:// or https://."), language))
    put("title", "description", description or texts.say(kind.option.label, "zh"))
    put("category", "service_code", kind.option.value)
    put("place", "address_string", one(said, "address_string"))
    put("area", "address_id", one(said, "address_id"))
    problems += _position(said, language, put)
    if not any(one(said, n) for n in ("lat", "address_string", "address_id")):
        problems.append(texts.say(_("A location is missing: lat and long, address_string or address_id."), language))
    telephone, name = one(said, "phone"), f"{one(said, 'last_name')} {one(said, 'first_name')}".strip()
    for shape in shapes(kind.case_type.form):
        value = {"telephone": telephone, "name": name}.get(shape.personal.kind, "") if shape.personal else ""
        if value:
            raw[shape.name], names[shape.name] = [value], "phone" if value == telephone else "last_name"
    known = {s.name: s for s in services.asked(kind.case_type)}
    told_of: set[str] = set()
    for parameter, given in said.items():
        found = _ATTRIBUTE.fullmatch(parameter)
        if found is None:
            continue
        if found[1] not in known:
            problems.append(texts.say(_("There is no attribute “{code}”."), language, code=found[1][:80]))
            continue
        told = [v.strip() for v in given if v.strip()]
        told_of |= {found[1]} if told else set()
        choices = services.values(house, district, known[found[1]], language)
        if choices and (unknown := [v for v in told if v not in choices]):
            problems.append(texts.say(_("attribute[{code}] has no value “{value}”."), language, code=found[1], value=unknown[0][:80]))
        elif told:
            raw[found[1]], names[found[1]] = told, f"attribute[{found[1]}]"
    problems += [texts.say(_("attribute[{code}] is missing."), language, code=s.name) for s in known.values() if s.required and s.name not in told_of]
    if problems:
        raise Fault(400, *problems)
    return raw, names


def _position(said: Mapping[str, Sequence[str]], language: Language, put: Any) -> list[str]:
    lat, long = one(said, "lat"), one(said, "long")
    if not lat and not long:
        return []
    try:
        north, east = float(lat), float(long)
    except ValueError:
        return [texts.say(_("lat and long go together, as decimal degrees (WGS84)."), language)]
    if not (-90 <= north <= 90 and -180 <= east <= 180):
        return [texts.say(_("lat lies between -90 and 90, long between -180 and 180."), language)]
    put("position", "lat", f"{north:.6f},{east:.6f}")
    return []
