"""Cases over the API: open, act, read, list."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from banshi import texts
from banshi.cases import acting, numbers, opening, reading
from banshi.cases.acting import Act
from banshi.cases.book import House
from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.contracts import CaseType
from banshi.errors import Changed, Forbidden, Invalid, NotFound, Refused, Stale
from banshi.library import citing
from banshi.web.api.common import Key, Match, NoneMatch, case_out, check_key, check_words, event_out, revision, who
from banshi.web.api.structs import CaseList, CaseOut, Doing, DoingMany, Done, DoneMany, DoneOrNot, Filed, Filing
from banshi.web.casepage import hides, read_number
from banshi.web.site import Site, language_of

_ = texts.translator("banshi")

MOST = 100


@post("/cases", status_code=201, summary="Open a case", operation_id="openCase")
async def open_case(request: Request[Any, Any, Any], data: JSONBody[Filing], idempotency_key: Key = "") -> Filed:
    """Open a case. A repeated ``Idempotency-Key`` gives the case from then; with another body it is 409."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.statements() as db:
        house, actor = await who(site, db, request, at)
        declared = _case_type(house, data.type)
        district = house.directory.tree.find(data.district)
        home = actor.district_id
        if district is None or home is None or home not in district.path:
            raise Invalid(_("The district is unknown, or not yours."), {"district": _("The district is unknown, or not yours.")})
        if not any(p.startswith(f"{declared.owner}.") for p in actor.permissions):
            raise Forbidden(_("Your post does not carry the right to do this."))
        check_key(idempotency_key)
        wanted = Opening(
            case_type=declared, district_id=district.id, form=decode(declared.form, data.data), channel=data.channel, key=idempotency_key
        )
        opened = await opening.open_one(db, house, actor, wanted, at)
    department = house.directory.department(opened.department_id).code if opened.department_id else None
    return Filed(number=numbers.show(opened.number), code=opened.code, department=department, fresh=opened.fresh)


@post("/cases/{number:str}/actions", status_code=200, summary="Act on a case", operation_id="actOnCase")
async def act_on_case(
    request: Request[Any, Any, Any], number: FromPath[str], data: JSONBody[Doing], idempotency_key: Key = "", if_match: Match = ""
) -> Done:
    """Do what the case allows now. ``If-Match`` with the revision you read makes it 412 when somebody was faster."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        plain = read_number(number)
        row = await reading.get(db, house, actor, plain)
        declared = house.declared(row.type_id)
        try:
            form_type = declared.action(data.action).form if declared else None
        except KeyError:
            form_type = None
        if form_type is None:
            raise NotFound(_("There is no action “{action}”."), action=data.action)
        check_key(idempotency_key)
        filled = decode(form_type, data.data)
        place = house.directory.tree[row.district_id]
        await citing.check(db, filled, at.astimezone(place.timezone).date(), place)
        wanted = Act(number=plain, action=data.action, form=filled, revision=revision(if_match), key=idempotency_key)
        try:
            done = await acting.act_one(db, house, actor, wanted, at)
        except Changed as changed:
            raise Stale(changed.text, changed.events, **changed.values) from None
    return Done(number=numbers.show(plain), state=done.state, revision=done.revision, fresh=done.fresh)


@post("/cases/actions", status_code=200, summary="Act on many cases", operation_id="actOnCases")
async def act_on_cases(request: Request[Any, Any, Any], data: JSONBody[DoingMany], idempotency_key: Key = "") -> DoneMany:
    """Do one thing with many cases, and get a result for each; what one refuses, the others do. Only actions that are declared for it."""
    site: Site = request.app.state.site
    at = site.now()
    check_key(idempotency_key)
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        language = language_of(request)
        wanted = [read_number(n) for n in data.numbers]
        if len(set(wanted)) < len(wanted):
            raise Invalid(_("A case stands here twice."), {"numbers": _("A case stands here twice.")})
        results = await acting.act_alike(db, house, actor, wanted, data.action, data.data, at, key=idempotency_key)
    return DoneMany(items=[_done_or_not(n, r, language) for n, r in zip(wanted, results, strict=True)])


def _done_or_not(number: str, result: acting.Acted | Refused, language: texts.Language) -> DoneOrNot:
    if isinstance(result, Refused):
        return DoneOrNot(number=numbers.show(number), status=result.status, detail=texts.say(result.text, language, **result.values))
    return DoneOrNot(number=numbers.show(number), status=200, state=result.state, revision=result.revision, fresh=result.fresh)


@get("/cases/{number:str}", summary="Read a case", operation_id="readCase")
async def read_case(request: Request[Any, Any, Any], number: FromPath[str], if_none_match: NoneMatch = "") -> Response[CaseOut]:
    """Read a case with its story and the actions that are allowed now; the ``ETag`` is its revision, and 304 says that it is still the same."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        row = await reading.get(db, house, actor, read_number(number))
        tag = f'"{row.revision}"'
        if tag in (t.strip().removeprefix("W/") for t in if_none_match.split(",")):
            return Response(None, status_code=304, headers={"ETag": tag})  # type: ignore[arg-type]
        events = await reading.story(db, row.id, reading.FOR_STAFF)
    out = case_out(house, row)
    out = msgspec.structs.replace(
        out,
        events=[event_out(house, e, hides=hides(actor, row)) for e in events],
        actions=[a.name for a in acting.allowed(house, actor, row, at)],
    )
    return Response(out, headers={"ETag": tag})


@get("/cases", summary="List cases", operation_id="listCases")
async def list_cases(
    request: Request[Any, Any, Any],
    in_state: Annotated[str | None, QueryParameter(name="state")] = None,
    department: FromQuery[str | None] = None,
    category: FromQuery[str | None] = None,
    open: FromQuery[bool | None] = None,  # noqa: A002 -- the parameter's public name
    newest_first: FromQuery[bool] = True,
    size: Annotated[int, QueryParameter(ge=1, le=MOST)] = 25,
    after: FromQuery[str] = "",
) -> CaseList:
    """List the cases that the token's post may see, by key: follow ``next`` to its end."""
    site: Site = request.app.state.site
    at = site.now()
    check_words(state=in_state, category=category)
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        found_department = house.directory.find(department) if department else None
        if department and found_department is None:
            raise Invalid(_("There is no department “{code}”."), code=department)
        query = reading.Query(
            open=open,
            states=(in_state,) if in_state else (),
            category=category,
            department_id=found_department.id if found_department else None,
            newest_first=newest_first,
            size=size,
            after=reading.read_cursor(after),
        )
        found = await reading.listing(db, house, actor, query)
    return CaseList(items=[case_out(house, r) for r in found.rows], next=reading.write_cursor(found.next) or None)


def _case_type(house: House, key: str) -> CaseType:
    try:
        return house.registry.case_type(key)
    except KeyError:
        text = texts.Said(_("There is no case type “{key}”."), {"key": key})
        raise Invalid(_("Some answers need your attention."), {"type": text}) from None
