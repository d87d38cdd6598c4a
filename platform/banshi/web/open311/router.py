"""Every address and method below ``/open311/v2/``, and every failure there in the standard's own form."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
from litestar import Request, Response, Router, route
from litestar.exceptions import HTTPException

from banshi import texts
from banshi.cases.book import House
from banshi.contracts import OPEN311, Actor
from banshi.db import Connection, is_gone
from banshi.districts import District
from banshi.errors import DatabaseUnavailable, Refused, Throttled
from banshi.identity import access
from banshi.web import failures
from banshi.web.api.common import check_key
from banshi.web.open311 import answers, filing, reading, services
from banshi.web.open311.answers import Fault, Format
from banshi.web.open311.filing import Said, one
from banshi.web.open311.reading import Reader
from banshi.web.security import TOKEN_ROUTE
from banshi.web.site import Site, language_of

_ = texts.translator("banshi")
log = logging.getLogger("banshi.failure")

PATH = "/open311/v2"
CHANGESET = "2026-11-23T00:00:00Z"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
LARGEST_BODY = 200_000
MOST_PARAMETERS = 200
IN_ADDRESS = frozenset({"api_key", "jurisdiction_id"})
READS = ("GET", "HEAD", "OPTIONS")


@route([PATH, PATH + "/{rest:path}"], http_method=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], status_code=200, include_in_schema=False)
async def answer(request: Request[Any, Any, Any]) -> Response[Any]:
    """Answer one request; the format is the extension of the address (discovery, whose bare address is in use, too: what the reader accepts)."""
    address = _address(request)
    allowed = _allowed(address)
    if not allowed:
        raise _nothing(request, address)
    if request.method == "OPTIONS":
        return Response(None, status_code=204, headers={"Allow": ", ".join(allowed)})
    if request.method not in allowed:
        raise _not_so(request, allowed)
    if address.parts == ("discovery",):
        return answers.single(address.format, "discovery", _discovery(request))
    if request.method == "POST":
        return await _file(request, address.format)
    return await _read(request, address)


async def _read(request: Request[Any, Any, Any], address: Address) -> Response[Any]:
    site: Site = request.app.state.site
    said, language, fmt = _query(request), language_of(request), address.format
    at, token = site.now(), one(said, "api_key")
    async with site.database.transaction() as db:
        if token:
            house, actor = await _holder(request, db, token, at)
            credential = actor.credential
        else:
            house, credential = await _house(site, db), ""
        district = _jurisdiction(house, said, request)
        extensions = one(said, "extensions") == "true"
        reader = Reader(house=house, district=district, language=language, credential=credential, extensions=extensions)
        match address.parts:
            case ["services"]:
                rows = [services.row(k, language) for k in services.kinds(house, district)]
                return answers.listing(fmt, "services", "service", rows)
            case ["services", code]:
                kind = services.find(house, district, code, language)
                return answers.single(fmt, "service_definition", services.definition(house, district, kind, language))
            case ["requests"]:
                return answers.listing(fmt, "service_requests", "request", await reading.listed(db, reader, said, at))
            case [what, wanted]:
                rows = await reading.by_number(db, reader, [wanted])
                if not rows:
                    raise Fault(404, _say(request, _("There is no such request, or it is not public.")))
                if what == "tokens":
                    rows = [{"service_request_id": r["service_request_id"], "token": wanted} for r in rows]
                return answers.listing(fmt, "service_requests", "request", rows)
    raise _nothing(request, address)


async def _file(request: Request[Any, Any, Any], fmt: Format) -> Response[Any]:
    site: Site = request.app.state.site
    language, at = language_of(request), site.now()
    said = _parameters(request, await request.body())
    key = request.headers.get("idempotency-key", "")
    check_key(key)
    async with site.database.transaction() as db:
        house, actor = await _holder(request, db, one(said, "api_key"), at)
        district = _jurisdiction(house, said, request)
        row = await filing.file(db, house, actor, district, said, at, language, key)
    return answers.listing(fmt, "service_requests", "request", [row], status=201)


def _parameters(request: Request[Any, Any, Any], body: bytes) -> Said:
    """Return the parameters of a POST: its body, and what old clients (`open311` of PyPI) put into the address instead."""
    if len(body) > LARGEST_BODY:
        raise Fault(413, _say(request, _("That is too much at once")))
    kind = request.content_type[0]
    if kind and kind != "application/x-www-form-urlencoded":
        raise Fault(400, _say(request, _("Send the parameters as application/x-www-form-urlencoded.")))
    try:
        text = body.decode()
        if text.count("&") >= MOST_PARAMETERS:
            raise Fault(400, _say(request, _("At most {most} parameters are taken."), most=MOST_PARAMETERS))
        return {name: told for name, told in _query(request).items() if name in IN_ADDRESS} | parse_qs(text, errors="strict")
    except ValueError:
        raise Fault(400, _say(request, _("The parameters are no text in UTF-8."))) from None


async def _holder(request: Request[Any, Any, Any], db: Connection, token: str, at: datetime) -> tuple[House, Actor]:
    """Return the house and who holds an api_key that is good and for this; each counts against the key's rate."""
    site: Site = request.app.state.site
    held = await access.bearer(db, token, at) if token else None
    if held is None:
        raise Fault(403, _say(request, _("api_key is missing, or is none of ours.")))
    request.state["rate"] = site.rates.take(held.token_id, at.timestamp())
    house = await site.house(db, held.revision)
    actor = house.directory.staff(held.person_id, held.post, scopes=held.scopes, credential=f"token:{held.token_id}")
    if not actor.may(OPEN311.name):
        raise Fault(403, _say(request, _("This api_key may not file requests.")))
    return house, actor


def _discovery(request: Request[Any, Any, Any]) -> dict[str, Any]:
    site: Site = request.app.state.site
    base = str(request.base_url).rstrip("/")
    return {
        "changeset": CHANGESET,
        "contact": _say(request, _("24-hour hot line {number}"), number=site.settings.hotline),
        "key_service": _say(request, _("Ask the operator of this platform for an api_key.")),
        "endpoints": [
            {
                "specification": SPECIFICATION,
                "url": base + PATH,
                "changeset": CHANGESET,
                "type": "test" if site.settings.demo else "production",
                "formats": ["text/xml", "application/json"],
            }
        ],
    }


async def _house(site: Site, db: Connection) -> House:
    visitor = await access.who(db, "", site.now())
    return await site.house(db, visitor.revision)


def _jurisdiction(house: House, said: Said, request: Request[Any, Any, Any]) -> District:
    """Return the district that is meant: named, or the only one there is."""
    serving = house.directory.tree.offered
    code = one(said, "jurisdiction_id")
    if not code:
        if len(serving) == 1:
            return serving[0]
        names = ", ".join(d.code for d in serving)
        raise Fault(400, _say(request, _("jurisdiction_id is missing; there are: {names}."), names=names))
    found = next((d for d in serving if d.code == code), None)
    if found is None:
        raise Fault(404, _say(request, _("There is no jurisdiction_id “{code}”."), code=code[:60]))
    return found


def _query(request: Request[Any, Any, Any]) -> Said:
    said: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        said.setdefault(name, []).append(str(value))
    return said


class Address(msgspec.Struct, frozen=True):
    """What lies below the path: its parts without the extension, the format of the answer, and whether the address itself says it."""

    parts: tuple[str, ...]
    format: Format
    said: bool


def _address(request: Request[Any, Any, Any]) -> Address:
    rest = request.url.path.removeprefix(PATH).strip("/")
    name, _dot, extension = rest.rpartition(".")
    if extension in answers.TYPES:
        return Address(tuple(name.split("/")), "json" if extension == "json" else "xml", said=True)
    accepted = request.headers.get("accept", "")
    return Address(tuple(rest.split("/")), "json" if "application/json" in accepted and "xml" not in accepted else "xml", said=False)


def _allowed(address: Address) -> tuple[str, ...]:
    """Return the methods that an address takes, none where there is no such address."""
    match address.parts:
        case ("discovery",):
            return READS
        case ("requests",) if address.said:
            return (*READS, "POST")
        case ("services",) | ("services" | "requests" | "tokens", _) if address.said:
            return READS
    return ()


def _nothing(request: Request[Any, Any, Any], address: Address) -> Fault:
    return Fault(404, _say(request, _("There is nothing here") if address.said else _("Choose a format by the end of the address: .xml or .json.")))


def _not_so(request: Request[Any, Any, Any], allowed: Sequence[str]) -> Fault:
    return Fault(405, _say(request, _("This address does not take that")), headers={"Allow": ", ".join(allowed)})


def _say(request: Request[Any, Any, Any], text: texts.Text, **values: object) -> str:
    return texts.say(text, language_of(request), **values)


# -- failures -----------------------------------------------------------------------------------------------------------------


def failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer any failure in the standard's form; never a stack trace, never another form."""
    return answers.fault(_address(request).format, _fault(request, error))


def _fault(request: Request[Any, Any, Any], error: Exception) -> Fault:
    if isinstance(error, Fault):
        return error
    if isinstance(error, Refused):
        headers = {"Retry-After": str(error.seconds)} if isinstance(error, Throttled) else {}
        return Fault(error.status, texts.say(error.text, language_of(request), **error.values), headers=headers)
    if isinstance(error, HTTPException) and error.status_code < 500:
        if error.status_code == 405:
            allowed = _allowed(_address(request))
            return _not_so(request, allowed) if allowed else _nothing(request, _address(request))
        return Fault(error.status_code, _say(request, failures.TITLES.get(error.status_code, failures.TITLES[400])))
    if isinstance(error, DatabaseUnavailable) or is_gone(error):
        log.warning("database away", extra={"request_id": request.state.get("request_id")})
        return Fault(503, _say(request, failures.TITLES[503]), headers={"Retry-After": str(failures.RETRY_AFTER)})
    log.error("unexpected", extra={"request_id": request.state.get("request_id"), "path": request.url.path, "trace": failures.trace(error)})
    return Fault(500, _say(request, failures.TITLES[500]))


def router() -> Router:
    """Return what is mounted; its POST takes a key and no cookie."""
    every: dict[Any, Any] = dict.fromkeys((*failures.HANDLERS, Exception, HTTPException, Refused), failed)
    return Router(path="/", route_handlers=[answer], exception_handlers=every, opt={TOKEN_ROUTE: True})


def handlers(others: Mapping[Any, Any]) -> dict[Any, Any]:
    """Return the application's exception handlers, which answer what never reaches a route (an unknown method), with ours below our path."""

    def parted(other: Any) -> Any:
        def answered(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
            ours = request.url.path == PATH or request.url.path.startswith(PATH + "/")
            return failed(request, error) if ours else other(request, error)

        return answered

    return {kind: parted(other) for kind, other in others.items()}
