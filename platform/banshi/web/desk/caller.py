"""The resident is on the telephone: with their code the officer enters what they say, as theirs, with the officer's post on record."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, post
from litestar.params import FromPath

from banshi import audit, texts
from banshi.cases import acting, numbers
from banshi.cases.acting import Act
from banshi.cases.decoding import decode
from banshi.errors import Conflict, Forbidden, Invalid, Refused
from banshi.identity import throttle
from banshi.web import casepage, forms
from banshi.web.casepage import CaseView
from banshi.web.desk import case, proof, sheet
from banshi.web.desk.sheet import Open, address_of
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")


@post("/desk/case/{number:str}/caller")
async def admit(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Check the code that the resident says; five wrong ones, and the case is closed to this for an hour."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        plain = (await _view(visit, number)).row.number
    too_many = await proof.attempt(site, plain)
    async with site.visit(request) as visit:
        view = await _view(visit, number)
        if too_many is None and numbers.code_fits(visit.house.keyring, plain, view.row.key_id, forms.one(raw, "code")):
            await throttle.forgive(visit.db, proof.key(plain))
            await audit.record(visit.db, visit.house.keyring, view.actor, "caller.admitted", f"case:{plain}", {}, visit.at)
            proof.remember(visit, view.actor, plain, address_of(plain))
            return visit.go(address_of(plain) + "#caller")
        wrong = texts.Said(_("This is not the code of case {number}. Ask for it digit by digit."), {"number": numbers.show(plain)})
        problem = wrong if too_many is None else texts.Said(too_many.text, too_many.values)  # type: ignore[arg-type]
        part = sheet.caller_part(visit, view, raw=raw, problems={"code": problem})
        page = await case.draw(visit, view, Open(caller=part))
        return visit.page("desk/case.html", page, desk=True, status=too_many.status if too_many else 400)


@post("/desk/case/{number:str}/caller/{action:str}")
async def act(request: Request[Any, Any, Any], number: FromPath[str], action: FromPath[str]) -> Response[Any]:
    """Do what the resident asks for on the telephone: their right, entered by the officer."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    refused: Refused
    async with site.visit(request) as visit:
        view = await _view(visit, number)
        plain, declared = view.row.number, casepage.action_of(view.declared, action)
        if not proof.shown(visit, view.actor, plain):
            raise Forbidden(_("Ask the resident for their code first; it opens the case to you for half an hour."))
        try:
            form = decode(declared.form, forms.answers(raw))
            wanted = Act(number=plain, action=action, form=form, revision=forms.revision_of(raw), key=forms.key_of(raw), page=True)
            await acting.act_one(visit.db, visit.house, proof.spoken_for(view.actor, plain), wanted, visit.at)
            return visit.go(address_of(plain))
        except (Invalid, Conflict) as error:
            refused = error
    async with site.visit(request) as visit:
        view = await _view(visit, number)
        part = sheet.caller_part(visit, view, action=action, raw=forms.answers(raw), problems=forms.refusal_problems(refused))
        page = await case.draw(visit, view, Open(caller=part))
        page = msgspec.structs.replace(page, changed=view.since(refused))
        return visit.page("desk/case.html", page, desk=True, status=refused.status)


@post("/desk/case/{number:str}/hang-up")
async def hang_up(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """The call is over: the resident's part is closed again."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        view = await _view(visit, number)
        proof.forget(visit, address_of(view.row.number))
        return visit.go(address_of(view.row.number))


async def _view(visit: Visit, number: str) -> CaseView:
    """Return the case, for a post that registers for residents."""
    actor = visit.staff()
    view = await sheet.view_of(visit, actor, casepage.read_number(number))
    if not proof.registers(actor, view.type_row.owner):
        raise Forbidden(_("Your post does not carry the right to register for residents."))
    return view
