"""POST requests: what another program reports is a case like any other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from banshi import texts
from banshi.cases import numbers, opening, positions
from banshi.cases.book import House
from banshi.cases.decoding import FieldShape, decode, shapes
from banshi.cases.opening import Opening
from banshi.contracts import Actor
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
_URL = re.compile(r"https?://[!-~]{1,490}")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,20})?")
_HAN = re.compile("[\u3400-\u9fff]")
Said = Mapping[str, Sequence[str]]
"""Parameters by name, each as often as it was sent."""


async def file(
    db: Connection, house: House, actor: Actor, district: District, said: Said, at: datetime, language: Language, key: str
) -> dict[str, Any]:
    """Open a case from the parameters of a POST; return the row of the answer. Raises ``Fault`` with everything that is wrong at once."""
    if actor.district_id is None or not {actor.district_id} & set(district.path):
        raise Fault(403, texts.say(_("This api_key is not for this jurisdiction."), language))
    code = one(said, "service_code")
    if not code:
        raise Fault(400, texts.say(_("service_code is missing."), language))
    kind = services.find(house, district, code, language)
    answers = _answers(house, district, kind, said, language)
    try:
        form = decode(kind.case_type.form, answers.raw)
        wanted = Opening(case_type=kind.case_type, district_id=district.id, form=form, channel=CHANNEL, key=key)
        opened = await opening.open_one(db, house, actor, wanted, at)
    except Invalid as refused:
        told = [f"{answers.names.get(name, name)}: {texts.say(text, language)}" for name, text in refused.problems.items()]
        raise Fault(400, *(told or [texts.say(refused.text, language, **refused.values)])) from None
    except Conflict as refused:
        raise Fault(400, texts.say(refused.text, language, **refused.values)) from None
    notice = texts.say(_("The code {code} goes with the number: with both, the request is followed and answered."), language, code=opened.code)
    return {"service_request_id": numbers.read(opened.number), "service_notice": notice, "account_id": None}


def one(said: Said, name: str) -> str:
    """Return a parameter, empty where it was not sent: an empty one counts as absent."""
    return (said.get(name) or [""])[-1].strip()


class _Answers:
    """The raw answers for a form; for each of its fields the parameter that it came by; and all that is wrong with the parameters themselves."""

    def __init__(self, kind: Kind, language: Language) -> None:
        self.kind, self.language = kind, language
        self.raw: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.problems: list[str] = []

    def put(self, shape: FieldShape | None, parameter: str, *values: str) -> bool:
        """Keep what a parameter says; return whether the form has a field for it."""
        if shape is not None and any(values):
            self.raw[shape.name], self.names[shape.name] = list(values), parameter
        return shape is not None

    def put_role(self, role: str, parameter: str, value: str) -> bool:
        """Keep what a parameter says for the field of a role."""
        return self.put(services.field(self.kind.case_type, role), parameter, value)

    def wrong(self, text: texts.Text, **values: object) -> None:
        """Note what is wrong."""
        self.problems.append(texts.say(text, self.language, **values))


def _answers(house: House, district: District, kind: Kind, said: Said, language: Language) -> _Answers:
    """Return what the parameters say; raise ``Fault`` with all that is wrong with them."""
    found = _Answers(kind, language)
    description = one(said, "description")
    media = one(said, "media_url")
    if media and not _URL.fullmatch(media):
        found.wrong(_("media_url has to be an address that begins with http:// or https://."))
    elif not found.put_role("media", "media_url", media):
        description = f"{description}\n{media}".strip()
    found.put_role("title", "description", description or texts.say(kind.option.label, texts.DEFAULT_LANGUAGE))
    found.put_role("category", "service_code", kind.option.value)
    found.put_role("place", "address_string", one(said, "address_string"))
    found.put_role("area", "address_id", one(said, "address_id"))
    _position(found, said)
    if not any(one(said, n) for n in ("lat", "long", "address_string", "address_id")):
        found.wrong(_("A location is missing: lat and long, address_string or address_id."))
    persons = _person(said)
    for shape in shapes(kind.case_type.form):
        if shape.personal is not None and shape.personal.kind in persons:
            found.put(shape, *persons[shape.personal.kind])
    _attributes(found, house, district, said)
    if found.problems:
        raise Fault(400, *found.problems)
    return found


def _person(said: Said) -> dict[str, tuple[str, str]]:
    """Return who it is by kind of personal field: the parameter and what it says. A Chinese name is written family first and without a blank."""
    first, last = one(said, "first_name"), one(said, "last_name")
    name = f"{last}{first}" if _HAN.search(first + last) else f"{first} {last}".strip()
    return {
        "name": ("first_name" if first else "last_name", name),
        "telephone": ("phone", one(said, "phone")),
        "email": ("email", one(said, "email")),
    }


def _position(found: _Answers, said: Said) -> None:
    lat, long = one(said, "lat"), one(said, "long")
    if not lat and not long:
        return
    if not (_DEGREES.fullmatch(lat) and _DEGREES.fullmatch(long)):
        found.wrong(_("lat and long go together, as decimal degrees (WGS84)."))
        return
    position = positions.within(float(lat), float(long))
    if position is None:
        found.wrong(_("lat lies between -90 and 90, long between -180 and 180."))
    else:
        found.put_role("position", "lat", str(position))


def _attributes(found: _Answers, house: House, district: District, said: Said) -> None:
    known = {s.name: s for s in services.asked(found.kind.case_type)}
    for parameter, given in said.items():
        match = _ATTRIBUTE.fullmatch(parameter)
        if match is None:
            continue
        shape = known.get(match[1])
        if shape is None:
            found.wrong(_("There is no attribute “{code}”."), code=match[1][:80])
            continue
        told = [v.strip() for v in given if v.strip()]
        choices = services.values(house, district, shape, found.language)
        if choices and (unknown := [v for v in told if v not in choices]):
            found.wrong(_("attribute[{code}] has no value “{value}”."), code=shape.name, value=unknown[0][:80])
        if told:
            found.put(shape, f"attribute[{shape.name}]", *told)
    for shape in known.values():
        if shape.required and shape.name not in found.raw:
            found.wrong(_("attribute[{code}] is missing."), code=shape.name)
