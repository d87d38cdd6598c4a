"""The public catalogue: what there is, what it takes, and for one's own situation the complete and exact list (domain 6.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Controller, Request, Response, get
from litestar.params import FromPath, FromQuery

from banshi import NotFound, say_date, toolkit, translator
from banshi_approvals.catalogue import content, finding, notice, reading, reforms
from banshi_approvals.catalogue.reading import Offer
from banshi_approvals.pages import words

_ = translator("banshi_approvals")

PUBLIC = {"permission": "public"}
MOST = 200


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link with a line below it."""

    text: str
    href: str
    more: str = ""


class Heading(msgspec.Struct, frozen=True, kw_only=True):
    """A heading with the links under it, and headings below it."""

    title: str
    links: tuple[Link, ...] = ()
    below: tuple[Heading, ...] = ()


class CataloguePage(msgspec.Struct, frozen=True, kw_only=True):
    """The catalogue of a district, or what of it fits the words."""

    home: str
    action: str
    desk: bool
    query: str
    found: tuple[Link, ...] | None
    families: tuple[Heading, ...]
    reforms: str


class ItemPage(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-item for whoever wants to apply for it."""

    back: str
    matter: str
    title: str
    summary: str
    terms: tuple[words.Line, ...]
    basis: tuple[str, ...]
    conditions: tuple[str, ...]
    steps: tuple[str, ...]
    holder: str
    promise: bool
    at_once: bool
    inspection: str
    next: str
    next_text: str
    handbook: str
    more: str


class SituationPage(msgspec.Struct, frozen=True, kw_only=True):
    """The questions about the situation, as far as the answers so far lead."""

    back: str
    title: str
    form: toolkit.Form


class ListPage(msgspec.Struct, frozen=True, kw_only=True):
    """The complete, exact list for one situation."""

    back: str
    title: str
    situation: tuple[words.Line, ...]
    materials: tuple[words.Needed, ...]
    terms: tuple[words.Line, ...]
    conditions: tuple[str, ...]
    apply: str
    change: str
    day: str
    version: int
    pdf: str = ""


class GonePage(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-item that is not offered here: by which reform, and where to go on."""

    title: str
    why: str
    basis: str
    into: Link | None
    catalogue: str


class ReformRow(msgspec.Struct, frozen=True, kw_only=True):
    """One reform as it is listed."""

    id: str
    title: str
    kind: str
    where: str
    to: str
    basis: str
    day: str
    open_cases: str


class ReformsPage(msgspec.Struct, frozen=True, kw_only=True):
    """What changed in a year."""

    back: str
    year: int
    rows: tuple[ReformRow, ...]
    years: tuple[Link, ...]


class Guide(Controller):
    """Pages for everybody."""

    @get("/", opt=PUBLIC)
    async def home(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Go to the catalogue."""
        async with toolkit.visiting(request) as visit:
            return visit.go(address(visit, "catalogue"))

    @get("/catalogue", opt=PUBLIC)
    async def catalogue(self, request: Request[Any, Any, Any], q: FromQuery[str] = "") -> Response[Any]:
        """What can be applied for here, by family and matter, or by words."""
        along = Along.of(request)
        async with toolkit.visiting(request) as visit:
            place = here(visit)
            shelves = await reading.shelves(visit.db, place.id, visit.at)
            asked = q.strip()[:MOST]
            found = tuple(_link(visit, o, along) for o in finding.fitting(shelves, asked)) if asked else None
            families = []
            for family, title in words.FAMILIES.items():
                matters = tuple(
                    Heading(title=content.say(s.matter.title, visit.language), links=tuple(_link(visit, o, along) for o in s.offers))
                    for s in shelves
                    if s.matter.family == family
                )
                if matters:
                    families.append(Heading(title=visit.say(title), below=matters))
            page = CataloguePage(
                home=f"/d/{place.code}",
                action=address(visit, "catalogue"),
                desk=along.desk,
                query=asked,
                found=found,
                families=tuple(families),
                reforms=address(visit, f"reforms/{visit.at.astimezone(place.timezone).year}"),
            )
            return toolkit.page(visit, "approvals/catalogue.html", page)

    @get("/item/{code:str}", opt=PUBLIC)
    async def item(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """What a sub-item takes, before any question."""
        along = Along.of(request)
        async with toolkit.visiting(request) as visit:
            offer = await offered(visit, code)
            if offer is None:
                return await not_here(visit, code)
            item, said = offer.item, visit.language
            asks = bool(item.questions)
            staff = visit.visitor.post is not None
            shelf = next((s for s in await reading.shelves(visit.db, here(visit).id, visit.at) if s.matter.code == item.matter), None)
            page = ItemPage(
                back=address(visit, "catalogue", along=along),
                matter=content.say(shelf.matter.title, said) if shelf else "",
                title=content.say(item.title, said),
                summary=content.say(item.summary, said),
                terms=words.terms(visit, item, department_of(visit, offer)),
                basis=tuple(content.say(b, said) for b in item.basis),
                conditions=tuple(content.say(c, said) for c in item.conditions),
                steps=tuple(visit.say(words.STEPS[s]) for s in item.steps),
                holder=visit.say(words.HOLDERS[item.holder]),
                promise=item.promise,
                at_once=item.at_once,
                inspection=item.inspection,
                next=address(visit, f"item/{code}/{'situation' if asks else 'list'}", along=along),
                next_text=visit.say(_("What you need in your situation") if asks else _("What you need")),
                handbook=address(visit, f"desk/catalogue/{code}/{offer.version}") if staff else "",
                more=content.say(item.fee, said),
            )
            return toolkit.page(visit, "approvals/item.html", page)

    @get("/item/{code:str}/situation", opt=PUBLIC)
    async def situation(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Ask about the situation, without script: each answer may lead to the next question."""
        along = Along.of(request)
        async with toolkit.visiting(request) as visit:
            offer = await offered(visit, code)
            if offer is None:
                return await not_here(visit, code)
            query = request.query_params
            told = [f"{name[2:]}:{query.getall(name)[-1]}" for name in query.keys() if name.startswith("q.")]  # noqa: SIM118 -- a multi-dict
            answers = notice.situation(offer.item, told or query.getall("s", []))
            open_now = notice.unanswered(offer.item, answers)
            if told and not open_now:
                return visit.go(list_address(visit, offer, answers, along))
            shown = [n for n in query.get("asked", "").split(",") if n]
            problems = {f"q.{q.name}": visit.say(_("Choose an answer.")) for q in open_now if q.name in shown}
            return toolkit.page(visit, "approvals/situation.html", _asking(visit, offer, answers, problems, along), status=400 if problems else 200)

    @get("/item/{code:str}/list", opt=PUBLIC)
    async def list_(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """The complete, exact list for a situation, to read and to print."""
        along = Along.of(request)
        async with toolkit.visiting(request) as visit:
            offer = await offered(visit, code)
            if offer is None:
                return await not_here(visit, code)
            answers = notice.situation(offer.item, request.query_params.getall("s", []))
            if notice.unanswered(offer.item, answers):
                return visit.go(situation_address(visit, offer, answers, along))
            told, said = notice.of(offer.item, offer.version, answers), visit.language
            page = ListPage(
                back=address(visit, f"item/{code}", along=along),
                title=content.say(told.title, said),
                situation=tuple(words.Line(content.say(a.question, said), content.say(a.answer, said)) for a in told.situation),
                materials=words.needed(visit, told.materials),
                terms=words.terms(visit, told, department_of(visit, offer)),
                conditions=tuple(content.say(c, said) for c in told.conditions),
                apply=list_address(visit, offer, answers, along, page="apply"),
                change=situation_address(visit, offer, answers, along) if told.situation else "",
                day=say_date(toolkit.today(visit), said),
                version=told.version,
                pdf=list_address(visit, offer, answers, Along(), page="list.pdf"),
            )
            return toolkit.page(visit, "approvals/list.html", page)

    @get("/reforms/{year:int}", opt=PUBLIC)
    async def reforms(self, request: Request[Any, Any, Any], year: FromPath[int]) -> Response[Any]:
        """What was delegated, abolished, merged and taken over in a year."""
        async with toolkit.visiting(request) as visit:
            if not 1949 <= year <= 2999:
                raise NotFound(_("There is nothing of that year."))
            rows = await reforms.of_year(visit.db, year)
            titles = await reading.titles(visit.db, [*(r.item for r in rows), *(r.into for r in rows if r.into)])
            years = (year - 1, year + 1)
            page = ReformsPage(
                back=address(visit, "catalogue"),
                year=year,
                rows=tuple(reform_row(visit, r, titles) for r in rows),
                years=tuple(Link(text=str(y), href=address(visit, f"reforms/{y}")) for y in years),
            )
            return toolkit.page(visit, "approvals/reforms.html", page)


def here(visit: toolkit.Visit) -> Any:
    """Return the district of the address."""
    if visit.district is None:
        raise NotFound(_("There is no such district."))
    return visit.district


class Along(msgspec.Struct, frozen=True, kw_only=True):
    """What stays on the addresses of one way to an application: that an officer files it for somebody, the licence that it renews."""

    desk: bool = False
    renews: str = ""

    @staticmethod
    def of(request: Request[Any, Any, Any]) -> Along:
        """Return what is on the address of a request."""
        query = request.query_params
        return Along(desk=bool(query.get("desk")), renews=query.get("renews", "").strip()[:40])

    def pairs(self) -> list[tuple[str, str]]:
        """Return it as the names and values of a query."""
        return [(name, value) for name, value in (("desk", "1" if self.desk else ""), ("renews", self.renews)) if value]


def address(visit: toolkit.Visit, path: str, *, along: Along | None = None, query: Sequence[tuple[str, str]] = ()) -> str:
    """Return the address of one of these pages in the district of this one, with what stays on it."""
    pairs = [*query, *(along.pairs() if along else ())]
    return f"/d/{here(visit).code}/approvals/{path}" + (f"?{urlencode(pairs)}" if pairs else "")


async def offered(visit: toolkit.Visit, code: str) -> Offer | None:
    """Return a sub-item as it can be applied for here and now."""
    return await reading.published(visit.db, code[:60], here(visit).id, visit.at)


def department_of(visit: toolkit.Visit, offer: Offer) -> Any:
    """Return who has a sub-item here: whom a reform names, else whose duty it is."""
    if offer.department_id is not None:
        return visit.house.directory.department(offer.department_id)
    return toolkit.responsible(visit, "approvals.application", offer.item.code, here(visit).id)


def list_address(visit: toolkit.Visit, offer: Offer, answers: dict[str, str], along: Along, *, page: str = "list") -> str:
    """Return the address of the list for a situation, or of applying in it."""
    query = [("s", f"{name}:{value}") for name, value in answers.items()]
    return address(visit, f"item/{offer.item.code}/{page}", along=along, query=query)


def situation_address(visit: toolkit.Visit, offer: Offer, answers: dict[str, str], along: Along) -> str:
    """Return the address of the questions, with the answers so far."""
    return list_address(visit, offer, answers, along, page="situation")


async def not_here(visit: toolkit.Visit, code: str) -> Response[Any]:
    """Say that a sub-item is not offered here, by which reform, and where to go on."""
    row = await reading.gone(visit.db, code[:60], here(visit).id, visit.at)
    titles = await reading.titles(visit.db, [code[:60], *([row.into] if row and row.into else [])])
    into = None
    if row is not None and row.into:
        into = Link(text=content.say(titles.get(row.into, {}), visit.language) or row.into, href=address(visit, f"item/{row.into}"))
    page = GonePage(
        title=content.say(titles.get(code, {}), visit.language) or visit.say(_("Not offered here")),
        why=visit.say(reforms.KINDS[row.kind]) if row else "",
        basis=row.basis if row else "",
        into=into,
        catalogue=address(visit, "catalogue"),
    )
    return toolkit.page(visit, "approvals/gone.html", page, status=404)


def reform_row(visit: toolkit.Visit, row: Any, titles: dict[str, dict[str, str]]) -> ReformRow:
    """Return a reform as it is listed."""
    to = content.say(titles.get(row.into, {}), visit.language) or row.into if row.into else ""
    if row.department_id is not None:
        to = visit.house.directory.department(row.department_id).say(visit.language)
    return ReformRow(
        id=f"reform-{row.id}",
        title=content.say(titles.get(row.item, {}), visit.language) or row.item,
        kind=visit.say(reforms.KINDS[row.kind]),
        where=content.say(row.district, visit.language) if row.district else visit.say(_("Everywhere")),
        to=to,
        basis=row.basis,
        day=say_date(row.day, visit.language),
        open_cases=visit.say(reforms.OPEN_CASES[row.open_cases]),
    )


def _link(visit: toolkit.Visit, offer: Offer, along: Along) -> Link:
    item = offer.item
    return Link(
        text=content.say(item.title, visit.language),
        href=address(visit, f"item/{item.code}", along=along),
        more=content.say(item.summary, visit.language),
    )


def _asking(visit: toolkit.Visit, offer: Offer, answers: dict[str, str], problems: dict[str, str], along: Along) -> SituationPage:
    asked = content.questions(offer.item, answers)
    fields = tuple(
        toolkit.Field(
            name=f"q.{q.name}",
            label=content.say(q.label, visit.language),
            kind="radios",
            choices=tuple(
                toolkit.Choice(value=c.value, label=content.say(c.label, visit.language), chosen=answers.get(q.name) == c.value) for c in q.choices
            ),
            error=problems.get(f"q.{q.name}", ""),
        )
        for q in asked
    )
    form = toolkit.Form(
        action=address(visit, f"item/{offer.item.code}/situation"),
        fields=fields,
        button=visit.say(_("Continue")),
        problems=tuple(toolkit.Problem(text=text, field=name) for name, text in problems.items()),
        hidden=(("asked", ",".join(q.name for q in asked)), *along.pairs()),
    )
    return SituationPage(back=address(visit, f"item/{offer.item.code}", along=along), title=content.say(offer.item.title, visit.language), form=form)
