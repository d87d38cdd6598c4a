"""A case at the desk: its story, the facts at its side, and the actions that it allows now."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import audit, notify, texts
from banshi.cases import acting, numbers, reading
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.contracts import CONFIDENTIAL, PERSONAL, Actor
from banshi.errors import Changed, Conflict, Forbidden, Invalid, NotFound, Refused
from banshi.privacy import mask
from banshi.web import casepage, forms, pages
from banshi.web.casepage import CaseView
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

PROTECTIONS: dict[str, texts.Text] = {
    "discreet": _("Do not tell the other side who filed this."),
    "hidden": _("Whoever reported this is hidden from the department that looks into it."),
}
ROLES: dict[str, texts.Text] = {"applicant": _("Applicant"), "helper": _("Helper with a mandate")}


@get("/desk/case/{number:str}")
async def show_case(request: Request[Any, Any, Any], number: FromPath[str], do: FromQuery[str] = "") -> Response[Any]:
    """A case with everything its department knows, and the actions that are allowed now."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        view = await _view(visit, actor, casepage.read_number(number))
        await notify.read(visit.db, actor.person_id or 0, "staff", view.row.id)
        form, title = view.action_form(address_of(view.row.number), do) if do else (None, "")
        return visit.page("desk/case.html", await _case_page(visit, view, form, title, do), desk=True)


@post("/desk/case/{number:str}/reveal")
async def reveal(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Show what is masked, to whoever may see it; the reading is logged first."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        if not actor.may(PERSONAL.name):
            raise Forbidden(_("Your post does not carry the right to read personal data."))
        view = await _view(visit, actor, casepage.read_number(number))
        if view.hides:
            raise Forbidden(_("Whoever reported this is hidden from the department that looks into it."))
        await audit.record(visit.db, visit.house.keyring, actor, "personal.read", f"case:{view.row.number}", {}, visit.at)
        page = await _case_page(visit, view, None, "", "", reveals=True)
        return visit.page("desk/case.html", page, desk=True)


@post("/desk/case/{number:str}/{action:str}")
async def act(request: Request[Any, Any, Any], number: FromPath[str], action: FromPath[str]) -> Response[Any]:
    """Act on a case; somebody who was faster is shown, and the input is kept."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    refused: Refused
    async with site.visit(request) as visit:
        actor = visit.staff()
        plain = casepage.read_number(number)
        view = await _view(visit, actor, plain)
        declared = casepage.action_of(view.declared, action)
        try:
            form = decode(declared.form, forms.answers(raw))
            wanted = Act(number=plain, action=action, form=form, revision=forms.revision_of(raw), key=forms.key_of(raw))
            await acting.act_one(visit.db, visit.house, actor, wanted, visit.at)
            try:
                await reading.get(visit.db, visit.house, actor, plain)
            except NotFound:  # it went to another department, or the officer is kept from it now
                return visit.go("/desk")
            return visit.go(address_of(plain))
        except (Invalid, Conflict) as error:
            refused = error
    async with site.visit(request) as visit:
        view = await _view(visit, actor, plain)
        changed = isinstance(refused, Changed)
        problems = {} if changed else forms.refusal_problems(refused)
        drawn, title = view.action_form(address_of(plain), action, forms.answers(raw), problems)
        page = await _case_page(visit, view, drawn, title, action)
        since = view.since(refused)
        notice = visit.say(refused.text, **refused.values) if changed else ""
        page = msgspec.structs.replace(page, changed=since, notice=notice)
        return visit.page("desk/case.html", page, desk=True, status=refused.status)


async def _view(visit: Visit, actor: Actor, number: str) -> CaseView:
    row = await reading.get(visit.db, visit.house, actor, number)
    return CaseView(visit, actor, row, await reading.story(visit.db, row.id, reading.FOR_STAFF))


async def _case_page(visit: Visit, view: CaseView, form: pages.Form | None, title: str, chosen: str, *, reveals: bool = False) -> pages.DeskCasePage:
    steps, progress = view.steps()
    directory, row = visit.house.directory, view.row
    holder = view.department()
    superiors: list[tuple[str, pages.Contact]] = []
    if holder is not None:
        lines: tuple[tuple[Literal["trade", "area"], texts.Text], ...] = (("trade", _("Superior by trade")), ("area", _("Superior by area")))
        for line, label in lines:
            if above := directory.superior(holder.id, line):
                superiors.append((visit.say(label), casepage.contact(above, visit.language)))
    duty = directory.duty(view.type_row.key, row.category, row.area_id or row.district_id)
    duties = [t.get(visit.language, "") for t in (duty.text, duty.basis) if t] if duty else []
    facts = [
        (visit.say(_("Received")), view.moment(row.received)),
        (visit.say(_("Last change")), view.moment(row.changed)),
        (visit.say(_("Came by")), casepage.channel(row.channel, visit)),
        (visit.say(_("Category")), view.category()),
        (visit.say(_("Place")), view.area()),
    ]
    if row.confidentiality:
        facts.insert(0, (visit.say(_("Protection")), visit.say(PROTECTIONS[row.confidentiality])))
    if row.helpers:
        names = [directory.department(h).say(visit.language) for h in row.helpers]
        facts.append((visit.say(_("Helping departments")), "、".join(names) if visit.language == "zh" else ", ".join(names)))
    if row.closed is not None:
        facts.append((visit.say(_("Closed")), view.moment(row.closed)))
    button = None
    if view.has_personal() and view.actor.may(PERSONAL.name) and not reveals:
        button = pages.Form(action=f"{address_of(row.number)}/reveal", fields=(), button=visit.say(_("Show in full (logged)")))
    return pages.DeskCasePage(
        number=numbers.show(row.number),
        title=row.title,
        kind=view.kind(),
        state=view.state(),
        tone=view.tone(),
        steps=steps,
        progress=progress,
        story=view.story(),
        facts=tuple((k, v) for k, v in facts if v),
        said=view.said(reveal=reveals),
        parties=await _parties(visit, view, reveals=reveals),
        department=view.holder(),
        superiors=tuple(superiors),
        duties=tuple(d for d in duties if d),
        actions=view.actions(address_of(row.number), chosen),
        form=form,
        form_title=title,
        reveal=button,
        back="/desk",
    )


async def _parties(visit: Visit, view: CaseView, *, reveals: bool) -> tuple[tuple[str, str], ...]:
    """Return who is named on a case with an account of their own: role, name and telephone, masked unless revealed, nobody where hidden."""
    shown = []
    for party in await reading.parties(visit.db, view.row.id):
        if view.hides or (party.confidential and not view.actor.may(CONFIDENTIAL.name)):
            continue
        words = []
        for kind, sealed in (("name", party.name), ("telephone", party.telephone)):
            if sealed:
                plain = visit.house.keyring.unseal(sealed, f"person.{kind}")
                words.append(plain if reveals else mask(kind, plain))
        shown.append((visit.say(ROLES.get(party.role, party.role)), " · ".join(words)))
    return tuple(shown)


def address_of(number: str) -> str:
    """Return the address of a case at the desk."""
    return f"/desk/case/{numbers.show(number)}"
