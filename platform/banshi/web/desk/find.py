"""Search at the desk: a number opens its case, words find cases, a name or telephone finds those of an applicant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal
from urllib.parse import urlencode

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromQuery

from banshi import audit, texts, words
from banshi.cases import numbers, reading
from banshi.contracts import PERSONAL, Actor
from banshi.errors import Forbidden, Invalid
from banshi.search import finding
from banshi.web import casepage, forms, pages
from banshi.web.desk import menu
from banshi.web.desk.sheet import address_of
from banshi.web.site import Site, Visit, html_response

_ = texts.translator("banshi")

HOME = "/desk/find"
BRIEF = 8
"""So many stand below the field while somebody types."""
FEWEST_DIGITS = 5
LONGEST_NAME = 60


@get(HOME)
async def find(request: Request[Any, Any, Any], q: FromQuery[str] = "") -> Response[Any]:
    """Open a case by its number, or find cases by words; asked by a script while somebody types, only what was found."""
    site: Site = request.app.state.site
    brief = request.headers.get("HX-Target") == "bar-found"
    async with site.visit(request) as visit:
        actor, asked, problem = visit.staff(), q.strip(), ""
        try:
            number = numbers.read(asked)
        except Invalid as refused:
            problem = visit.say(refused.text, **refused.values) if _meant_as_number(asked) else ""
        else:
            row = await reading.get(visit.db, visit.house, actor, number)
            if not brief and "HX-Request" not in request.headers:
                return visit.go(address_of(number))
            hits = [casepage.hit_row(visit, row, "/desk/case", finding.Found(), actor=actor)]
            return _fragment(visit, _page(visit, asked, hits)) if brief else await _whole(visit, actor, _page(visit, asked, hits))
        found = await finding.find(visit.db, visit.house, actor, asked, visit.at, most=BRIEF if brief else finding.SHOWN)
        hits = [casepage.hit_row(visit, r, "/desk/case", found, actor=actor) for r in found.rows]
        if brief:
            return _fragment(visit, _page(visit, asked, hits, more=found.more, problem=problem))
        return await _whole(visit, actor, _page(visit, asked, hits, more=found.more, problem=problem))


@post(HOME)
async def find_person(request: Request[Any, Any, Any]) -> Response[Any]:
    """The cases of an applicant by exact name or telephone: a POST, so that neither stands in an address; the reading is logged without it."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    said = forms.one(raw, "applicant").strip()
    async with site.visit(request) as visit:
        actor = visit.staff()
        if not actor.may(PERSONAL.name):
            raise Forbidden(_("Your post does not carry the right to read personal data."))
        if problem := _wrong(said):
            return await _whole(visit, actor, _page(visit, "", []), _applicant_form(visit, actor, said, visit.say(problem)), status=400)
        kind: Literal["name", "telephone"] = "telephone" if _digits(said) else "name"
        rows = await reading.by_person(visit.db, visit.house, actor, kind, said, most=finding.SHOWN + 1)
        more, rows = len(rows) > finding.SHOWN, rows[: finding.SHOWN]
        body = {"cases": [r.number for r in rows]}
        await audit.record(visit.db, visit.house.keyring, actor, "personal.searched", kind, body, visit.at)
        hits = [casepage.hit_row(visit, r, "/desk/case", finding.Found(), actor=actor) for r in rows]
        return await _whole(visit, actor, _page(visit, "", hits, more=more, of_applicant=True), _applicant_form(visit, actor, said))


async def _whole(visit: Visit, actor: Actor, page: pages.FindPage, applicant: pages.Form | None = None, *, status: int = 200) -> Response[str]:
    sections, _counts = await menu.menu(visit, actor, HOME)
    page = msgspec.structs.replace(page, sections=sections, applicant=applicant or _applicant_form(visit, actor))
    return visit.page("desk/find.html", page, desk=True, status=400 if page.problem else status)


def _fragment(visit: Visit, page: pages.FindPage) -> Response[str]:
    return html_response(visit.draw("desk/found.html", page, desk=True), cookies=visit.cookies)


def _page(
    visit: Visit, asked: str, hits: Sequence[pages.HitRow], *, more: bool = False, problem: str = "", of_applicant: bool = False
) -> pages.FindPage:
    said = ""
    if hits and more:
        said = visit.say(_("The best {count}. Another word narrows them down."), count=len(hits))
    elif asked or of_applicant:
        said = visit.say(_("{count} cases found"), count=len(hits))
    return pages.FindPage(
        asked=asked[: words.LONGEST_QUERY],
        hits=tuple(hits),
        said=said,
        of_applicant=of_applicant,
        problem=problem,
        all=HOME + "?" + urlencode({"q": asked[: words.LONGEST_QUERY]}),
    )


def _applicant_form(visit: Visit, actor: Actor, said: str = "", problem: str = "") -> pages.Form | None:
    if not actor.may(PERSONAL.name):
        return None
    field = pages.Field(
        name="applicant",
        label=visit.say(_("Applicant's name or telephone")),
        hint=visit.say(_("In full. The search is logged, without what you type.")),
        kind="text",
        value=said,
        error=problem,
        autocomplete="off",
    )
    problems = (pages.Problem(text=problem, field="applicant"),) if problem else ()
    return pages.Form(action=HOME, fields=(field,), button=visit.say(_("Find the applicant's cases")), problems=problems)


def _wrong(said: str) -> texts.Text | None:
    if not said or len(said) > LONGEST_NAME or not said.isprintable():
        return _("Enter the whole name, or the whole telephone number.")
    if _digits(said) and len(re.sub(r"\D", "", said)) < FEWEST_DIGITS:
        return _("Enter a telephone number with digits, like 100 0000 1234.")
    return None


def _digits(said: str) -> bool:
    return re.fullmatch(r"[0-9+ ()-]+", said) is not None


def _meant_as_number(asked: str) -> bool:
    return re.fullmatch(r"(\d[\s-]*){12}", asked) is not None
