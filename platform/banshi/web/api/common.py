"""What every route of the API shares: who is asking, how a case and an event are given, which words are refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request
from litestar.exceptions import ClientException, HTTPException
from litestar.params import HeaderParameter

from banshi import texts
from banshi.cases import numbers
from banshi.cases.book import House
from banshi.cases.decoding import unprintable
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.errors import Invalid, NotSignedIn
from banshi.identity import access
from banshi.privacy import SEALED
from banshi.web.api.structs import CaseOut, EventOut
from banshi.web.site import Site

_ = texts.translator("banshi")

LONGEST_KEY = 200
RAW = "raw"
"""Handler option of routes whose body is no JSON but a file."""
Key = Annotated[str, HeaderParameter(name="Idempotency-Key", max_length=LONGEST_KEY, description="The same key is the same write, for 30 days")]
Match = Annotated[str, HeaderParameter(name="If-Match", max_length=40, description="The revision that the action was decided on")]

NoneMatch = Annotated[str, HeaderParameter(name="If-None-Match", max_length=200, description="Revisions that the client has")]


async def who(site: Site, db: Connection, request: Request[Any, Any, Any], at: datetime) -> tuple[House, Actor]:
    """Return the house and the actor behind the bearer token; NotSignedIn without a good one."""
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    held = await access.bearer(db, token.strip(), at) if scheme.lower() == "bearer" and token.strip() else None
    if held is None:
        raise NotSignedIn(_("Send a valid API token: Authorization: Bearer …"))
    request.state["rate"] = site.rates.take(held.token_id, at.timestamp())
    house = await site.house(db, held.revision)
    return house, house.directory.staff(held.person_id, held.post, scopes=held.scopes, credential=f"token:{held.token_id}", at=at)


def check_key(key: str) -> None:
    """Refuse an idempotency key that is no printable ASCII."""
    if any(c < " " or c > "~" for c in key):
        raise Invalid(_("Idempotency-Key takes printable ASCII characters."))


def check_words(**said: str | None) -> None:
    """Refuse words that no text may hold."""
    for name, value in said.items():
        if value and (fault := unprintable(value)):
            raise Invalid(fault, label=name)


def revision(said: str) -> int | None:
    """Return the revision of an ``If-Match``, None where it says none."""
    plain = said.strip().removeprefix("W/").strip('"')
    if not plain or plain == "*":
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) < 10):
        raise Invalid(_("If-Match takes the revision that was read, like “3”."))
    return int(plain)


def case_out(house: House, row: Any) -> CaseOut:
    """Return a case as the API gives it."""
    type_row, directory = house.book[row.type_id], house.directory
    return CaseOut(
        number=numbers.show(row.number),
        type=type_row.key,
        version=type_row.version,
        district=directory.tree[row.district_id].code,
        area=directory.tree[row.area_id].code if row.area_id else None,
        title=row.title,
        category=row.category,
        state=row.state,
        outcome=row.outcome,
        department=directory.department(row.department_id).code if row.department_id else None,
        assignee=officer.staff_number if (officer := directory.post(row.assignee_id)) else None,
        helpers=[directory.department(h).code for h in row.helpers],
        priority=row.priority,
        confidentiality=row.confidentiality,
        channel=row.channel,
        received=row.received,
        closed=row.closed,
        changed=row.changed,
        owes=row.owes,
        revision=row.revision,
        data=open_fields(row.data),
        facts=row.facts,
    )


def event_out(house: House, event: Any, *, hides: bool = False) -> EventOut:
    """Return a line of a story as the API gives it; ``hides``: what a hidden person's files are called is left out."""
    body = dict(event.body or {})
    if hides and event.capacity == "resident" and "documents" in (body.get("told") or {}):
        body["told"] = body["told"] | {"documents": [{k: v for k, v in d.items() if k != "name"} for d in body["told"]["documents"]]}
    if isinstance(body.get("form"), dict):
        body["form"] = open_fields(body["form"])
    return EventOut(
        sequence=event.sequence,
        kind=event.kind,
        at=event.at,
        capacity=event.capacity,
        department=house.directory.department(event.department_id).code if event.department_id else None,
        staff_number=event.staff_number,
        for_staff_number=event.for_number,
        audience=event.audience,
        state=event.state,
        body=body,
    )


def open_fields(data: Any) -> dict[str, Any]:
    """Return what is not sealed."""
    return {k: v for k, v in data.items() if not (isinstance(v, str) and v.startswith(SEALED))}


async def check_body(request: Request[Any, Any, Any]) -> None:
    """Refuse a body that is no JSON text, in no matter which way, before anything is made of it."""
    if request.method != "POST" or RAW in request.route_handler.opt:
        return
    kind = request.content_type[0]
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(status_code=415, detail="The body has to be JSON: send Content-Type: application/json")
    try:
        msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ClientException(detail=f"The body is no JSON text: {error}") from error
