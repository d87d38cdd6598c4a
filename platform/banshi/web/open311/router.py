"""Every address and method below ``/open311/v2/``, and every failure there in the standard's own form."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from litestar import Request, Response, Router, route
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from banshi import texts
from banshi.cases.book import House
from banshi.contracts import Actor
from banshi.db import Connection, is_gone
from banshi.districts import District
from banshi.errors import DatabaseUnavailable, Refused, Throttled
from banshi.identity import access
from banshi.web import failures
from banshi.web.api.common import check_key
from banshi.web.open311 import answers, filing, reading, services
from banshi.web.open311.answers import Fault, Format
from banshi.web.open311.filing import one
from banshi.web.security import TOKEN_ROUTE
from banshi.web.site import Site, language_of

_ = texts.translator("banshi")
log = logging.getLogger("banshi.failure")

PATH = "/open311/v2"
CHANGESET = "2026-11-23T00:00:00Z"
SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
RETRY_AFTER = 5
LARGEST_BODY = 200_000
Said = Mapping[str, list[str]]


@route([PATH, PATH + "/{rest:path}"], http_method=["GET", "POST", "PUT", "PATCH", "DELETE"], status_code=200, include_in_schema=False)
async def answer(request: Request[Any, Any, Any], rest: FromPath[str] = "") -> Response[Any]:
    """Answer one request; the format is the extension of the address."""
    name, fmt = _format(rest)
    if fmt is None:
        raise Fault(404, _say(request, _("Choose a format by the end of the address: .xml or .json.")))
    parts = [p for p in name.split("/") if p]
    match (request.method, parts):
        case ("GET", ["discovery"]):
            return answers.single(fmt, "discovery", _discovery(request))
        case ("POST", ["requests"]):
            return await _file(request, fmt)
        case ("GET", ["services" | "requests" | "tokens", *_more]):
            return await _read(request, fmt, parts)
        case (_, ["discovery"] | ["services", *_] | ["requests", *_] | ["tokens", *_]):
            raise Fault(405, _say(request, _("This address does not take that")))
    raise Fault(404, _say(request, _("There is nothing here")))


async def _read(request: Request[Any, Any, Any], fmt: Format, parts: list[str]) -> Response[Any]:
    site: Site = request.app.state.site
    said, language = _query(request), language_of(request)
    async with site.database.transaction() as db:
        house = await _house(site, db)
        district = _jurisdiction(house, said, request)
        match parts:
            case ["services"]:
                rows = [services.row(k, language) for k in services.kinds(house, district)]
                return answers.listing(fmt, "services", "service", rows)
            case ["services", code]:
                kind = services.find(house, district, code, language)
                return answers.single(fmt, "service_definition", services.definition(house, district, kind, language))
            case ["requests"]:
                rows = await reading.listed(db, house, district, said, site.now(), language)
                return answers.listing(fmt, "service_requests", "request", rows)
            case ["requests", wanted] | ["tokens", wanted]:
                rows = await reading.by_number(db, house, district, [wanted], language)
                if not rows:
                    raise Fault(404, _say(request, _("There is no such request, or it is not public.")))
                if parts[0] == "tokens":
                    rows = [{"service_request_id": r["service_request_id"], "token": wanted} for r in rows]
                return answers.listing(fmt, "service_requests", "request", rows)
    raise Fault(404, _say(request, _("There is nothing here")))


async def _file(request: Request[Any, Any, Any], fmt: Format) -> Response[Any]:
    site: Site = request.app.state.site
    language, at = language_of(request), site.now()
    body = await request.body()
    if len(body) > LARGEST_BODY:
        raise Fault(413, _say(request, _("That is too much at once")))
    kind = request.content_type[0]
    if kind and kind != "application/x-www-form-urlencoded":
        raise Fault(400, _say(request, _("Send the parameters as application/x-www-form-urlencoded.")))
    try:
        said = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=200, errors="strict")
    except ValueError:
        raise Fault(400, _say(request, _("The parameters are no text in UTF-8."))) from None
    key = request.headers.get("idempotency-key", "")
    check_key(key)
    token = one(said, "api_key")
    async with site.database.transaction() as db:
        held = await access.bearer(db, token, at) if token else None
        if held is None:
            raise Fault(403, _say(request, _("api_key is missing, or is none of ours.")))
        request.state["rate"] = site.rates.take(held.token_id, at.timestamp())
        house = await site.house(db, held.revision)
        actor: Actor = house.directory.staff(held.person_id, held.post, scopes=held.scopes, credential=f"token:{held.token_id}")
        district = _jurisdiction(house, said, request)
        row = await filing.file(db, house, actor, district, said, at, language, key)
    return answers.listing(fmt, "service_requests", "request", [row], status=201)


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
    serving = house.directory.tree.serving
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


def _format(rest: str) -> tuple[str, Format | None]:
    name, _dot, extension = rest.strip("/").rpartition(".")
    return (name, "json" if extension == "json" else "xml") if extension in {"xml", "json"} else (rest, None)


def _say(request: Request[Any, Any, Any], text: texts.Text, **values: object) -> str:
    return texts.say(text, language_of(request), **values)


# -- failures -----------------------------------------------------------------------------------------------------------------


def failed(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer any failure in the standard's form; never a stack trace, never another form."""
    return answers.fault(_format(request.url.path)[1] or "xml", _fault(request, error))


def _fault(request: Request[Any, Any, Any], error: Exception) -> Fault:
    if isinstance(error, Fault):
        return error
    if isinstance(error, Refused):
        headers = {"Retry-After": str(error.seconds)} if isinstance(error, Throttled) else {}
        text = error.text if isinstance(error.text, str) else texts.Said(error.text, error.values)
        return Fault(error.status, texts.say(text, language_of(request)), headers=headers)
    if isinstance(error, HTTPException):
        return Fault(error.status_code, _say(request, _("Something in the request is not right")))
    if isinstance(error, DatabaseUnavailable) or is_gone(error):
        return Fault(503, _say(request, _("We cannot answer at this moment")), headers={"Retry-After": str(RETRY_AFTER)})
    log.error("unexpected", extra={"request_id": request.state.get("request_id"), "path": request.url.path}, exc_info=error)
    return Fault(500, _say(request, _("Something went wrong on our side")))


def router() -> Router:
    """Return what is mounted; its POST takes a key and no cookie. No failure below it is answered by anybody else."""
    every: dict[Any, Any] = dict.fromkeys((*failures.HANDLERS, Exception, HTTPException, Refused), failed)
    return Router(path="/", route_handlers=[answer], exception_handlers=every, opt={TOKEN_ROUTE: True})
