"""Applying: in one's own name, without an account, or by an officer at the window for a resident (domain 2.2, 6.9)."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from banshi import Conflict, NotFound, Refused, toolkit, translator
from banshi_approvals.application import forms
from banshi_approvals.catalogue import content, notice
from banshi_approvals.catalogue.reading import Offer
from banshi_approvals.licences import register
from banshi_approvals.pages import guide, words
from banshi_approvals.pages.guide import PUBLIC

_ = translator("banshi_approvals")

OWNER = "approvals"
SHOWN = timedelta(hours=2)
"""How long after filing the code stands on the page."""
ASKED = ("holder_kind", "holder", "holder_number", "contact_telephone", "area", "place", "ground", "ground_told", "promise", "renews")


class ApplyPage(msgspec.Struct, frozen=True, kw_only=True):
    """The form with which one applies."""

    back: str
    title: str
    desk: bool
    materials: tuple[words.Needed, ...]
    form: toolkit.Form


class FiledPage(msgspec.Struct, frozen=True, kw_only=True):
    """Number, code and what is still to be handed in; ``code`` is empty once two hours are over."""

    number: str
    code: str
    title: str
    department: str
    telephone: str
    missing: tuple[str, ...]
    there: tuple[str, ...]
    materials: str
    case: str
    next: str = ""


class Filing(Controller):
    """Applying, below a sub-item."""

    @get("/item/{code:str}/apply", opt=PUBLIC)
    async def ask(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Ask what is asked of whoever applies; the situation comes first."""
        along = guide.Along.of(request)
        async with toolkit.visiting(request) as visit:
            if along.desk:
                toolkit.registers(visit, OWNER)
            offer = await guide.offered(visit, code)
            if offer is None:
                return await guide.not_here(visit, code)
            answers = notice.situation(offer.item, request.query_params.getall("s", []))
            if notice.unanswered(offer.item, answers):
                return visit.go(guide.situation_address(visit, offer, answers, along))
            return _page(visit, offer, answers, along, key=secrets.token_urlsafe(18), raw=await _known(visit, along.renews))

    @post("/item/{code:str}/apply", opt=PUBLIC, status_code=200)
    async def send(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """File it; the form's key is the idempotency key, so that a second press is the same case."""
        along = guide.Along.of(request)
        raw = await toolkit.read(request)
        async with toolkit.visiting(request) as visit:
            actor = toolkit.registers(visit, OWNER) if along.desk else visit.resident
            offer = await guide.offered(visit, code)
            if offer is None:
                return await guide.not_here(visit, code)
            told = raw.get("s", [])
            answers = notice.situation(offer.item, told)
            if notice.unanswered(offer.item, answers):
                return visit.go(guide.situation_address(visit, offer, answers, along))
            typed = {name: values for name, values in toolkit.answers(raw).items() if name != "s"}
            try:
                async with visit.db.begin_nested():
                    opened = await toolkit.open_case(visit, actor, _wanted(visit, offer, answers, typed, toolkit.key_of(raw), along))
            except Refused as refused:
                if refused.status not in {400, 404, 409}:
                    raise
                key = secrets.token_urlsafe(18) if isinstance(refused, Conflict) else toolkit.key_of(raw)
                return _page(visit, offer, answers, along, key=key, raw=typed, refused=refused)
            if along.desk:
                page = await _filed(visit, opened.number, desk=True)
                return toolkit.page(visit, "approvals/filed_desk.html", page, desk=True)
            toolkit.remember(visit, opened.number)
            return visit.go(f"/case/{toolkit.show_number(opened.number)}/approvals/filed")


class Filed(Controller):
    """What stands after filing, on the case's own address."""

    @get("/filed", opt={"permission": "applicant"})
    async def filed(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Number, code and what is still to be handed in."""
        async with toolkit.visiting(request) as visit:
            _actor, row = await toolkit.own_case(visit, number)
            return toolkit.page(visit, "approvals/filed.html", _said(visit, row))


async def _known(visit: toolkit.Visit, renews: str) -> dict[str, list[str]] | None:
    """Return what the form begins with where a licence is renewed: its number, and to whom it belongs also holder and place."""
    if not renews:
        return None
    found, typed = await register.read(visit.db, renews), {"renews": [renews]}
    if found is not None and found["person_id"] is not None and found["person_id"] == visit.visitor.person_id:
        holder = visit.house.keyring.unseal(found["holder"], "holder")
        typed |= {"renews": [found["number"]], "holder": [holder], "holder_kind": [found["holder_kind"]], "place": [found["place"]]}
    return typed


def _wanted(
    visit: toolkit.Visit, offer: Offer, answers: dict[str, str], typed: dict[str, list[str]], key: str, along: guide.Along
) -> toolkit.Opening:
    item = offer.item
    told = [f"{name}:{value}" for name, value in answers.items()]
    fixed: dict[str, Any] = {"item": item.code, "situation": told}
    if item.holder != "any":
        fixed["holder_kind"] = item.holder
    form = toolkit.decode(forms.Application, typed | fixed)
    case_type, channel = visit.house.registry.case_type("approvals.application"), "window" if along.desk else "web"
    return toolkit.Opening(
        case_type=case_type,
        district_id=guide.here(visit).id,
        form=form,
        channel=channel,
        key=key or secrets.token_urlsafe(18),
    )


def _page(
    visit: toolkit.Visit,
    offer: Offer,
    answers: dict[str, str],
    along: guide.Along,
    *,
    key: str,
    raw: dict[str, list[str]] | None = None,
    refused: Refused | None = None,
) -> Response[Any]:
    item = offer.item
    left_out = {*(() if item.promise else ("promise",)), *(() if item.holder == "any" else ("holder_kind",))}
    form = toolkit.form(
        visit,
        forms.Application,
        guide.address(visit, f"item/{item.code}/apply", along=along),
        visit.say(_("File the application") if along.desk else _("Send the application")),
        raw=raw,
        refused=refused,
        hidden=[("key", key), *(("s", f"{name}:{value}") for name, value in answers.items())],
        only=[name for name in ASKED if name not in left_out],
    )
    page = ApplyPage(
        back=guide.list_address(visit, offer, answers, along),
        title=content.say(item.title, visit.language),
        desk=along.desk,
        materials=words.needed(visit, content.materials(item, answers)),
        form=form,
    )
    return toolkit.page(visit, "approvals/apply.html", page, desk=along.desk, status=refused.status if refused else 200)


async def _filed(visit: toolkit.Visit, number: str, *, desk: bool) -> FiledPage:
    row = await toolkit.row_of(visit, number)
    said = _said(visit, row)
    here = guide.here(visit).code
    return msgspec.structs.replace(
        said,
        materials=f"/d/{here}/approvals/desk/{said.number}/materials",
        case=f"/desk/case/{said.number}",
        next=guide.address(visit, "catalogue", along=guide.Along(desk=True)) if desk else "",
    )


def _said(visit: toolkit.Visit, row: Any) -> FiledPage:
    facts = toolkit.snapshot(visit, row).facts
    if not facts.item:
        raise NotFound(_("This is no application."))
    department = visit.house.directory.department(row.department_id) if row.department_id else None
    shown, said = toolkit.show_number(row.number), visit.language
    open_now = [m for m in facts.materials if m.state in {"missing", "faulty"}]
    return FiledPage(
        number=shown,
        code=toolkit.code_of(visit, row) if visit.at - row.received <= SHOWN else "",
        title=content.say(facts.title, said),
        department=department.say(said) if department else "",
        telephone=department.telephone if department else "",
        missing=tuple(content.say(m.title, said) for m in open_now),
        there=tuple(content.say(m.title, said) for m in facts.materials if m.state == "accepted"),
        materials=f"/case/{shown}/approvals/materials",
        case=f"/case/{shown}",
    )
