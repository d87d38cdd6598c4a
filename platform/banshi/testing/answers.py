"""Made-up answers: what a form requires, from what its fields say of themselves."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from banshi.cases.decoding import FieldShape
    from banshi.cases.opening import Opened
    from banshi.contracts import CaseType
    from banshi.db import Connection
    from banshi.districts import District
    from banshi.testing.ground import Town

PERSONAL = {
    "name": "张小芳",
    "telephone": "100 0000 1234",
    "email": "somebody@mail.example",
    "identity_number": "11010119900307889X",
    "address": "柿树里 3 号",
}
PLAIN = {"int": 1, "float": 1.0, "bool": True, "date": "2026-11-20", "datetime": "2026-11-20T01:30:00Z", "time": "09:30:00"}


def made_up(declared: CaseType, town: Town, district: District, *, mark: str = "A lamp is dark") -> dict[str, Any]:
    """Return answers to everything that a type's form requires; its plain texts are ``mark``."""
    from banshi.cases.decoding import shapes

    return {f.name: _answer(f, town, district, mark) for f in shapes(declared.form) if f.required}


def _answer(field: FieldShape, town: Town, district: District, mark: str) -> Any:
    one: Any = mark
    if field.personal is not None:
        one = PERSONAL[field.personal.kind]
    elif field.ask.options:
        one = field.ask.options[0].value
    elif field.ask.picks == "area":
        one = next((d.code for d in town.house.directory.tree.below(district.id) if d.id != district.id), district.code)
    elif field.ask.picks == "department":
        one = next((d.code for d in town.house.directory if d.district_id == district.id), "")
    elif field.ask.picks == "officer":
        offices = [d.id for d in town.house.directory if d.district_id == district.id]
        one = next((o.staff_number for i in offices for o in town.house.directory.officers_of(i)), "")
    elif field.ask.role == "position":
        one = "30.12345,120.12345"
    elif field.kind in PLAIN:
        one = PLAIN[field.kind]
    elif isinstance(one, str):
        one = one.ljust(field.shortest or 0, ".")[: field.longest or None]
    return [one] if field.many else one


async def file(db: Connection, town: Town, key: str, district: District, answers: Mapping[str, Any], at: datetime, *, mark: str = "") -> Opened:
    """Open a case of the type ``key`` for the first resident, by the given answers and made-up ones; its number is as people read it."""
    import msgspec

    from banshi.cases import numbers, opening
    from banshi.cases.decoding import decode

    declared = town.house.registry.case_type(key)
    raw = made_up(declared, town, district, **({"mark": mark} if mark else {})) | dict(answers)
    wanted = opening.Opening(case_type=declared, district_id=district.id, form=decode(declared.form, raw), channel="web")
    opened = await opening.open_one(db, town.house, town.residents["resident0"], wanted, at)
    return msgspec.structs.replace(opened, number=numbers.show(opened.number))
