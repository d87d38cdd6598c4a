"""Pages on licences: the public register and look-up, results, one licence, and what supervision reports on one."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import Actor, NotFound, Refused, say_date, toolkit, translator
from banshi_approvals.application.forms import OUTCOMES
from banshi_approvals.catalogue import content
from banshi_approvals.licences import findings, register, results, shown

_ = translator("banshi_approvals")

LOOK_UP = "approvals.licence"
LONGEST = 120
NOBODY = _("There is no licence with this number. Compare it with what stands on the licence.")
TONES = {"granted": "done", "granted_in_part": "done", "refused": "ended"}


class RegisterPage(msgspec.Struct, frozen=True, kw_only=True):
    """The register of institutions, and the look-up above it."""

    title: str
    action: str
    number: str = ""
    name: str = ""
    problem: str = ""
    asked: bool = False
    rows: tuple[shown.Row, ...] = ()
    first: str = ""
    next: str = ""
    links: tuple[tuple[str, str], ...] = ()


class LicencePage(msgspec.Struct, frozen=True, kw_only=True):
    """One licence, with what this reader can do with it."""

    licence: shown.Licence
    back: str
    own: bool = False
    change: str = ""
    renew: str = ""
    report: str = ""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """A decision as it is published."""

    title: str
    holder: str
    outcome: str
    tone: str
    day: str
    licence: str
    href: str
    department: str


class ResultsPage(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided lately."""

    title: str
    rows: tuple[Result, ...]
    back: str
    first: str = ""
    next: str = ""


class FindingPage(msgspec.Struct, frozen=True, kw_only=True):
    """The form for what was found."""

    form: Any
    back: str


class Licences(Controller):
    """What everybody may look up."""

    path = "/licences"

    @get("/", opt={"permission": "public"})
    async def index(
        self, request: Request[Any, Any, Any], number: FromQuery[str] = "", name: FromQuery[str] = "", after: FromQuery[str] = ""
    ) -> Response[Any]:
        """Look a licence up by its number, or an institution by its name; below, the register of institutions."""
        number, name = register.written(number[:LONGEST]), name.strip()[:LONGEST]
        if number or name:
            await toolkit.slow_down(request, LOOK_UP)
        async with toolkit.visiting(request) as visit:
            page, found = await _index(visit, number, name, after[:LONGEST])
        if not found:
            await toolkit.missed(request, LOOK_UP)
        if number and found:
            return Response("", status_code=303, headers={"Location": f"{page.action}/{number}"})
        return toolkit.page(visit, "approvals/licences.html", page, status=200 if found else 404)

    @get("/{number:str}", opt={"permission": "public"})
    async def show(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """One licence: how it stands, until when, and its story as far as it is public."""
        await toolkit.slow_down(request, LOOK_UP)
        async with toolkit.visiting(request) as visit:
            found = await _here(visit, number)
            if found is not None:
                return await _licence(visit, found)
        await toolkit.missed(request, LOOK_UP)
        raise NotFound(NOBODY)

    @get("/{number:str}/finding", opt={"permission": "approvals.supervise"})
    async def ask_finding(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """The form in which supervision reports what it found."""
        async with toolkit.visiting(request) as visit:
            return _finding(visit, number, raw={"licence": [register.written(number)]})

    @post("/{number:str}/finding", opt={"permission": "approvals.supervise"})
    async def report_finding(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Report a finding: a case that comes back to the licence."""
        raw = await toolkit.read(request)
        async with toolkit.visiting(request) as visit:
            declared = visit.house.registry.case_type("approvals.finding")
            try:
                form = toolkit.decode(findings.Finding, toolkit.answers(raw) | {"source": ["supervision"]})
                found = await register.read(visit.db, form.licence)
                district_id = found["district_id"] if found else _district(visit).id
                wanted = toolkit.Opening(case_type=declared, district_id=district_id, form=form, channel="office", key=toolkit.key_of(raw))
                opened = await toolkit.open_case(visit, visit.staff(), wanted)
            except Refused as refused:
                return _finding(visit, number, raw=raw, refused=refused)
            return visit.go(f"/desk/case/{opened.number}")


class Results(Controller):
    """Results are published."""

    path = "/results"

    @get("/", opt={"permission": "public"})
    async def index(self, request: Request[Any, Any, Any], after: FromQuery[str] = "") -> Response[Any]:
        """What was decided in the last 30 days."""
        async with toolkit.visiting(request) as visit:
            ids = [t.id for t in visit.house.book if t.key == "approvals.application"]
            rows, more = await results.decided(visit.db, ids, _districts(visit), visit.at, _after(after))
            address = f"/d/{_district(visit).code}/approvals/results"
            said = ResultsPage(
                title=visit.say(_("What was decided in {place}"), place=_district(visit).say(visit.language)),
                rows=tuple(_result(visit, r) for r in rows),
                back=f"/d/{_district(visit).code}/approvals/licences",
                first=address if after else "",
                next=f"{address}?" + urlencode({"after": f"{more[0].isoformat()},{more[1]}"}) if more else "",
            )
            return toolkit.page(visit, "approvals/results.html", said)


async def _index(visit: toolkit.Visit, number: str, name: str, after: str) -> tuple[RegisterPage, bool]:
    """Return the page, and whether what was asked for was found."""
    district = _district(visit)
    address, vault, city = f"/d/{district.code}/approvals/licences", visit.house.keyring, visit.house.directory
    title = visit.say(_("Licences in {place}"), place=district.say(visit.language))
    links = (
        (visit.say(_("Check a paper or a licence")), f"/d/{district.code}/approvals/check"),
        (visit.say(_("What was decided lately")), f"/d/{district.code}/approvals/results"),
    )
    more = ""
    if number:
        found = [r for r in [await _here(visit, number)] if r is not None]
    elif name:
        found = await register.of_institution(visit.db, vault, name, _districts(visit))
    else:
        found, more = await register.of_district(visit.db, _districts(visit), after)
    problem = ""
    if (number or name) and not found:
        problem = (
            visit.say(NOBODY) if number else visit.say(_("No institution of exactly this name has a licence here. Persons are not found by name."))
        )
    page = RegisterPage(
        title=title,
        action=address,
        number=number,
        name=name,
        problem=problem,
        asked=bool(number or name),
        rows=tuple(shown.row(vault, r, city.tree[r["district_id"]].code, city, visit.at, visit.language) for r in found),
        first=address if after else "",
        next=f"{address}?" + urlencode({"after": more}) if more else "",
        links=links,
    )
    return page, bool(found) or not (number or name)


async def _licence(visit: toolkit.Visit, found: Any) -> Response[Any]:
    """Draw one licence; whoever holds it, and the office that watches over it, read more."""
    post = visit.visitor.post
    actor = visit.staff() if visit.visitor.person_id is not None and post is not None else None
    own = found["person_id"] is not None and found["person_id"] == visit.visitor.person_id
    office = actor is not None and actor.may("approvals.read") and _within(visit, actor, found["district_id"])
    code = visit.house.directory.tree[found["district_id"]].code
    alive = found["state"] not in register.ENDED
    renew = f"/d/{code}/approvals/item/{found['item']}?" + urlencode({"renews": found["number"]})
    said = LicencePage(
        licence=shown.whole(visit, found, await register.story(visit.db, found["number"]), plain=own or office),
        back=f"/d/{code}/approvals/licences",
        own=own,
        change=f"/d/{code}/services/approvals/change" if own and alive else "",
        renew=renew if own and alive and found["valid_until"] is not None and not found["renewing"] else "",
        report=f"/d/{code}/approvals/licences/{found['number']}/finding" if office and actor and actor.may("approvals.supervise") and alive else "",
    )
    if office and not own and actor is not None:
        await toolkit.audit(visit.db, visit.house.keyring, actor, "licence.read", f"licence:{found['number']}", {}, visit.at)
    return toolkit.page(visit, "approvals/licence.html", said)


def _finding(visit: toolkit.Visit, number: str, *, raw: Any, refused: Refused | None = None) -> Response[Any]:
    address = f"/d/{_district(visit).code}/approvals/licences/{register.written(number)}"
    form = toolkit.form(
        visit,
        findings.Reported,
        f"{address}/finding",
        visit.say(_("Report it")),
        raw=raw,
        refused=refused,
        hidden=(("key", toolkit.key_of(raw) or secrets.token_urlsafe(16)),),
        cancel=address,
    )
    return toolkit.page(visit, "approvals/finding.html", FindingPage(form=form, back=address), desk=True, status=refused.status if refused else 200)


async def _here(visit: toolkit.Visit, number: str) -> Any:
    """Return a licence of this district, or of one below it."""
    found = await register.read(visit.db, number[:LONGEST])
    return found if found is not None and found["district_id"] in _districts(visit) else None


def _district(visit: toolkit.Visit) -> Any:
    if visit.district is None:
        raise NotFound(_("There is no such page."))
    return visit.district


def _districts(visit: toolkit.Visit) -> list[int]:
    """Return the ids of the district and of those below it that have approvals on."""
    tree = visit.house.directory.tree
    return [d.id for d in tree.below(_district(visit).id) if d.level in {"city", "district"} and tree.has_on(d.id, "approvals")]


def _within(visit: toolkit.Visit, actor: Actor, district_id: int) -> bool:
    return actor.district_id is not None and actor.district_id in visit.house.directory.tree[district_id].path


def _after(said: str) -> tuple[datetime, int] | None:
    """Return where a page goes on; what no page of ours wrote begins at the beginning."""
    moment, _comma, number = said.partition(",")
    try:
        at, id_ = datetime.fromisoformat(moment), int(number)
    except ValueError:
        return None
    return (at, id_) if at.tzinfo is not None and 0 < id_ < 2**63 else None


def _result(visit: toolkit.Visit, row: Any) -> Result:
    declared = visit.house.declared(row.type_id)
    facts, data, vault = row.facts, row.data, visit.house.keyring
    sealed = str(data.get("holder") or "")
    masked = {"holder": sealed, "holder_kind": data.get("holder_kind")}
    district = visit.house.directory.tree[row.district_id]
    titles = {o.name: o.title for o in (declared.outcomes if declared else OUTCOMES)}
    number = str(facts.get("licence") or "")
    return Result(
        title=content.say(facts.get("title") or {}, visit.language),
        holder=register.shown_holder(vault, masked) if sealed else "",
        outcome=visit.say(titles[row.outcome]),
        tone=TONES[row.outcome],
        day=say_date(row.closed.astimezone(district.timezone).date(), visit.language),
        licence=number,
        href=f"/d/{district.code}/approvals/licences/{number}" if number else "",
        department=visit.house.directory.department(row.department_id).say(visit.language) if row.department_id else "",
    )
