"""What can be reported: each category of a service that its plugin opens (`Service.open311`), where the district has it on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from banshi import texts
from banshi.cases.book import House
from banshi.cases.decoding import FieldShape, shapes
from banshi.contracts import CaseType, Option, Service
from banshi.districts import District
from banshi.texts import Language, translator
from banshi.web.forms import area_options
from banshi.web.open311.answers import Fault

_ = translator("banshi")

ELSEWHERE = frozenset({"title", "category", "place", "position", "media"})
"""Fields that the standard has parameters for: description, service_code, address_string, lat and long, media_url."""


class Kind(msgspec.Struct, frozen=True, kw_only=True):
    """One service of the standard: a category of one of ours."""

    code: str
    service: Service
    case_type: CaseType
    option: Option


def kinds(house: House, district: District) -> Iterator[Kind]:
    """Yield what can be reported in a district."""
    tree = house.directory.tree
    for service in house.registry.services:
        if not service.open311 or not tree.has_on(district.id, service.owner):
            continue
        declared = house.registry.case_type(f"{service.owner}.{service.case_type}")
        category = field(declared, "category")
        for option in category.ask.options if category else ():
            yield Kind(code=f"{service.owner}.{service.name}.{option.value}", service=service, case_type=declared, option=option)


def find(house: House, district: District, code: str, language: Language) -> Kind:
    """Return the service of that code; 404 where the district has none."""
    found = next((k for k in kinds(house, district) if k.code == code), None)
    if found is None:
        raise Fault(404, texts.say(_("There is no service_code “{code}” in this jurisdiction."), language, code=code[:80]))
    return found


def row(kind: Kind, language: Language) -> dict[str, Any]:
    """Return a service as the list has it."""
    return {
        "service_code": kind.code,
        "service_name": texts.say(kind.option.label, language),
        "description": texts.say(kind.option.hint, language) or texts.say(kind.service.title, language),
        "metadata": True,
        "type": "realtime",
        "keywords": ", ".join(texts.say(w, language).replace("、", ", ") for w in kind.service.words),
        "group": texts.say(kind.service.title, language),
    }


def definition(house: House, district: District, kind: Kind, language: Language) -> dict[str, Any]:
    """Return a service with its attributes: the questions of its form that the standard has no parameter for, nothing personal."""
    attributes = []
    for order, shape in enumerate(asked(kind.case_type), 1):
        choices = values(house, district, shape, language)
        attribute = {
            "variable": True,
            "code": shape.name,
            "datatype": _datatype(shape, choices),
            "required": shape.required,
            "datatype_description": texts.say(shape.ask.hint, language),
            "order": order,
            "description": texts.say(shape.ask.label, language),
        }
        attributes.append(attribute | ({"values": [{"key": k, "name": n} for k, n in choices.items()]} if choices else {}))
    return {"service_code": kind.code, "attributes": attributes}


def asked(declared: CaseType) -> list[FieldShape]:
    """Return the fields that are asked as attributes."""
    return [s for s in shapes(declared.form) if s.ask.role not in ELSEWHERE and s.personal is None and s.ask.picks in {"", "area"}]


def values(house: House, district: District, shape: FieldShape, language: Language) -> Mapping[str, str]:
    """Return what may be chosen, empty where anything may be said."""
    if shape.kind == "bool":
        return {"true": texts.say(_("Yes"), language), "false": texts.say(_("No"), language)}
    if shape.ask.picks == "area":
        return {value: label.strip() for value, label, _hint in area_options(house.directory.tree, district, language)}
    return {o.value: texts.say(o.label, language) for o in shape.ask.options}


def field(declared: CaseType, role: str) -> FieldShape | None:
    """Return the field that plays a role, None where the form has none."""
    return next((s for s in shapes(declared.form) if s.ask.role == role), None)


def _datatype(shape: FieldShape, choices: Mapping[str, str]) -> str:
    if choices:
        return "multivaluelist" if shape.many else "singlevaluelist"
    return {"int": "number", "float": "number", "date": "datetime"}.get(shape.kind, "text" if shape.ask.rows > 1 else "string")
