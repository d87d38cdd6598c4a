"""The API, ``/api/v1``: open, act, read, list. Bearer tokens; errors as problem+json (RFC 9457); idempotency by header."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.exceptions import ClientException, HTTPException
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter

from banshi import texts
from banshi.cases import acting, numbers, opening, reading
from banshi.cases.acting import Act
from banshi.cases.book import House
from banshi.cases.decoding import decode, unprintable
from banshi.cases.opening import Opening
from banshi.contracts import Actor, CaseType
from banshi.db import Connection
from banshi.errors import Forbidden, Invalid, NotFound, NotSignedIn, Refused
from banshi.identity import access
from banshi.privacy import SEALED
from banshi.reporting import asking, measuring
from banshi.web import figures as words
from banshi.web.casepage import read_number
from banshi.web.security import TOKEN_ROUTE
from banshi.web.site import Site, language_of

_ = texts.translator("banshi")

LONGEST_KEY = 200
MOST = 100
MOST_AT_ONCE = 1000
Key = Annotated[str, HeaderParameter(name="Idempotency-Key", max_length=LONGEST_KEY, description="The same key is the same write, for 30 days")]
Match = Annotated[str, HeaderParameter(name="If-Match", max_length=40, description="The revision that the action was decided on")]


class Filing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case to be opened: its type (``tickets.request``), the district's code, and the filled form."""

    type: str
    district: str
    data: dict[str, Any]
    channel: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z_]{0,19}$")] = "api"


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """The opened case: number and code for the resident, department in charge; ``fresh`` is false for a repeated key."""

    number: str
    code: str
    department: str | None
    fresh: bool


class Doing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An action and its filled form."""

    action: str
    data: dict[str, Any] = {}


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """Where the case stands after an action."""

    number: str
    state: str
    revision: int
    fresh: bool


class DoingMany(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One action, with one filled form, on many cases: at most 1,000 numbers, each once."""

    action: str
    numbers: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST_AT_ONCE)]
    data: dict[str, Any] = {}


class DoneOrNot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of it for one case: where it stands (status 200), or why it was refused (the status that it alone would have had)."""

    number: str
    status: int
    state: str = ""
    revision: int = 0
    fresh: bool = True
    detail: str = ""


class DoneMany(msgspec.Struct, frozen=True, kw_only=True):
    """A result for each number, in the order in which they were sent."""

    items: list[DoneOrNot]


class EventOut(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a case's story; sealed values are left out."""

    sequence: int
    kind: str
    at: datetime
    capacity: str
    department: str | None
    staff_number: str | None
    audience: str
    state: str
    body: dict[str, Any]


class CaseOut(msgspec.Struct, frozen=True, kw_only=True):
    """A case; personal fields are left out of ``data``. ``facts`` is what its type keeps beyond what was filed, ``helpers`` are department codes,
    ``assignee`` a staff number. ``events`` and ``actions`` only where one case is read.
    """

    number: str
    type: str
    version: int
    district: str
    area: str | None
    title: str
    category: str | None
    state: str
    outcome: str | None
    department: str | None
    assignee: str | None
    helpers: list[str]
    priority: int
    confidentiality: str
    channel: str
    received: datetime
    closed: datetime | None
    changed: datetime
    revision: int
    data: dict[str, Any]
    facts: dict[str, Any]
    events: list[EventOut] | None = None
    actions: list[str] | None = None


class CaseList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of cases; ``next`` is the cursor of the following page, null on the last."""

    items: list[CaseOut]
    next: str | None


class MeasureOut(msgspec.Struct, frozen=True, kw_only=True):
    """A figure: what is counted, and what is left out of its denominator. ``month`` is that of a case's receipt or of its end."""

    name: str
    title: str
    kind: str
    month: str
    explained: str
    left_out: str


class FigureOut(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of some cases. ``of`` is the denominator, ``hits`` those of a rate that did, or the sum of a count; ``left_out`` and ``pending`` (not
    decided yet) are in neither. ``median`` and ``p90`` are days; one more than ``exact_days`` stands for longer.
    """

    hits: int
    of: int
    left_out: int
    pending: int
    rate: float | None
    median: int | None
    p90: int | None


class LineOut(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of some cases, by measure. ``below``: of a department with everything below it."""

    key: str
    title: str
    figures: dict[str, FigureOut]
    below: bool = False


class ReportOut(msgspec.Struct, frozen=True, kw_only=True, rename={"first": "from", "last": "to"}):
    """The report: all cases together, and divided."""

    first: str
    last: str
    by: str
    exact_days: int
    measures: list[MeasureOut]
    total: LineOut
    lines: list[LineOut]


@post("/cases", status_code=201, summary="Open a case", operation_id="openCase")
async def open_case(request: Request[Any, Any, Any], data: JSONBody[Filing], idempotency_key: Key = "") -> Filed:
    """Open a case. A repeated ``Idempotency-Key`` gives the case from then; with another body it is 409."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.statements() as db:
        house, actor = await _who(site, db, request, at)
        declared = _case_type(house, data.type)
        district = house.directory.tree.find(data.district)
        home = actor.district_id
        if district is None or home is None or home not in district.path:
            raise Invalid(_("The district is unknown, or not yours."), {"district": _("The district is unknown, or not yours.")})
        if not any(p.startswith(f"{declared.owner}.") for p in actor.permissions):
            raise Forbidden(_("Your post does not carry the right to do this."))
        _check_key(idempotency_key)
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
    """Do what the case allows now. ``If-Match`` with the revision you read makes it 409 when somebody was faster."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.transaction() as db:
        house, actor = await _who(site, db, request, at)
        plain = read_number(number)
        row = await reading.get(db, house, actor, plain)
        declared = house.declared(row.type_id)
        try:
            form_type = declared.action(data.action).form if declared else None
        except KeyError:
            form_type = None
        if form_type is None:
            raise NotFound(_("There is no action “{action}”."), action=data.action)
        _check_key(idempotency_key)
        wanted = Act(number=plain, action=data.action, form=decode(form_type, data.data), revision=_revision(if_match), key=idempotency_key)
        done = await acting.act_one(db, house, actor, wanted, at)
    return Done(number=numbers.show(plain), state=done.state, revision=done.revision, fresh=done.fresh)


@post("/cases/actions", status_code=200, summary="Act on many cases", operation_id="actOnCases")
async def act_on_cases(request: Request[Any, Any, Any], data: JSONBody[DoingMany], idempotency_key: Key = "") -> DoneMany:
    """Do one thing with many cases, and get a result for each; what one refuses, the others do. Only actions that are declared for it."""
    site: Site = request.app.state.site
    at = site.now()
    _check_key(idempotency_key)
    async with site.database.transaction() as db:
        house, actor = await _who(site, db, request, at)
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
async def read_case(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[CaseOut]:
    """Read a case with its story and the actions that are allowed now; the ``ETag`` is its revision."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.transaction() as db:
        house, actor = await _who(site, db, request, at)
        row = await reading.get(db, house, actor, read_number(number))
        events = await reading.story(db, row.id, reading.FOR_STAFF)
    out = _out(house, row)
    out = msgspec.structs.replace(
        out,
        events=[_event(house, e) for e in events],
        actions=[a.name for a in acting.allowed(house, actor, row, at)],
    )
    return Response(out, headers={"ETag": f'"{row.revision}"'})


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
    _check_words(state=in_state, category=category)
    async with site.database.transaction() as db:
        house, actor = await _who(site, db, request, at)
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
    return CaseList(items=[_out(house, r) for r in found.rows], next=reading.write_cursor(found.next) or None)


@get("/report", summary="Read the report", operation_id="readReport", tags=["report"])
async def read_report(
    request: Request[Any, Any, Any],
    first: Annotated[str, QueryParameter(name="from", max_length=7, description="The first month, like 2026-01; the usual: six months")] = "",
    last: Annotated[str, QueryParameter(name="to", max_length=7, description="The last month")] = "",
    by: Annotated[str, QueryParameter(max_length=20, description="department, type, category, channel, district or month")] = "department",
    in_type: Annotated[str, QueryParameter(name="type", max_length=80, description="Only cases of this type")] = "",
    department: Annotated[str, QueryParameter(max_length=80, description="Only cases of this department and all below it (code)")] = "",
    channel: Annotated[str, QueryParameter(max_length=40, description="Only cases that came in so")] = "",
) -> ReportOut:
    """Read figures over the cases of the token's department and all below it, or of its district, each with its denominator.

    Needs the right ``kernel.report``.
    """
    site: Site = request.app.state.site
    at = site.now()
    _check_words(**{"from": first, "to": last, "by": by, "type": in_type, "department": department, "channel": channel})
    async with site.database.transaction() as db:
        house, actor = await _who(site, db, request, at)
        language = language_of(request)
        today = asking.today(house, actor, at)
        wanted = asking.asked(house, today, first=first, last=last, by=by, case_type=in_type, department=department, channel=channel)
        found = await asking.read(db, house, actor, wanted, today)
    return report_out(house, found, language)


def report_out(house: House, found: asking.Report, language: texts.Language) -> ReportOut:
    """Return the report as other systems read it."""
    by = found.asked.by

    def figures(one: asking.Line) -> dict[str, FigureOut]:
        return {
            key: FigureOut(hits=f.hits, of=f.of, left_out=f.left_out, pending=f.pending, rate=f.rate, median=f.median, p90=f.p90)
            for key, f in one.figures.items()
        }

    def line(one: asking.Line, *, below: bool = False) -> LineOut:
        return LineOut(key=words.code(house, by, one.key), title=words.title(house, by, one.key, language), figures=figures(one), below=below)

    total = LineOut(key="", title="", figures=figures(found.total))
    lines = [line(one) for one in found.lines] + [line(r.below, below=True) for r in found.rolled if r.below is not None]
    return ReportOut(
        first=f"{found.asked.first:%Y-%m}",
        last=f"{found.asked.last:%Y-%m}",
        by=by,
        exact_days=measuring.EXACT,
        measures=[
            MeasureOut(
                name=m.key,
                title=texts.say(m.title, language),
                kind=m.kind,
                month=m.month,
                explained=texts.say(m.explained, language),
                left_out=texts.say(m.left_out, language),
            )
            for m in found.measures
        ],
        total=total,
        lines=lines,
    )


async def _who(site: Site, db: Connection, request: Request[Any, Any, Any], at: datetime) -> tuple[House, Actor]:
    """Return the house and the actor behind the bearer token; NotSignedIn without a good one."""
    scheme, _space, token = request.headers.get("authorization", "").partition(" ")
    held = await access.bearer(db, token.strip(), at) if scheme.lower() == "bearer" and token.strip() else None
    if held is None:
        raise NotSignedIn(_("Send a valid API token: Authorization: Bearer …"))
    house = await site.house(db, held.revision)
    return house, house.directory.staff(held.person_id, held.post, scopes=held.scopes, credential=f"token:{held.token_id}")


def _case_type(house: House, key: str) -> CaseType:
    try:
        return house.registry.case_type(key)
    except KeyError:
        text = texts.Said(_("There is no case type “{key}”."), {"key": key})
        raise Invalid(_("Some answers need your attention."), {"type": text}) from None


def _check_key(key: str) -> None:
    if any(c < " " or c > "~" for c in key):
        raise Invalid(_("Idempotency-Key takes printable ASCII characters."))


def _check_words(**said: str | None) -> None:
    for name, value in said.items():
        if value and (fault := unprintable(value)):
            raise Invalid(fault, label=name)


def _revision(said: str) -> int | None:
    plain = said.strip().removeprefix("W/").strip('"')
    if not plain or plain == "*":
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) < 10):
        raise Invalid(_("If-Match takes the revision that was read, like “3”."))
    return int(plain)


def _out(house: House, row: Any) -> CaseOut:
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
        revision=row.revision,
        data=_open_fields(row.data),
        facts=row.facts,
    )


def _event(house: House, event: Any) -> EventOut:
    body = dict(event.body or {})
    if isinstance(body.get("form"), dict):
        body["form"] = _open_fields(body["form"])
    return EventOut(
        sequence=event.sequence,
        kind=event.kind,
        at=event.at,
        capacity=event.capacity,
        department=house.directory.department(event.department_id).code if event.department_id else None,
        staff_number=event.staff_number,
        audience=event.audience,
        state=event.state,
        body=body,
    )


def _open_fields(data: Any) -> dict[str, Any]:
    return {k: v for k, v in data.items() if not (isinstance(v, str) and v.startswith(SEALED))}


async def _check_body(request: Request[Any, Any, Any]) -> None:
    """Refuse a body that is no JSON text, in no matter which way, before anything is made of it."""
    if request.method != "POST":
        return
    kind = request.content_type[0]
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(status_code=415, detail="The body has to be JSON: send Content-Type: application/json")
    try:
        msgspec.json.decode(await request.body())
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ClientException(detail=f"The body is no JSON text: {error}") from error


def router() -> Router:
    """Return the API's router; its routes take a token and no cookie, so they alone need no CSRF token."""
    return Router(
        path="/api/v1",
        route_handlers=[open_case, act_on_case, act_on_cases, read_case, list_cases, read_report],
        before_request=_check_body,
        opt={TOKEN_ROUTE: True},
        tags=["cases"],
        security=[{"bearer": []}],
    )
