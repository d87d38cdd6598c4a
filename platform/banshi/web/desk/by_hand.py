"""Escalating by hand: what a rule would do to a case, and the reason that a clerk gives for doing it now."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from banshi import texts
from banshi.cases import numbers, reading, timing
from banshi.cases.decoding import decode
from banshi.contracts import Actor
from banshi.errors import Conflict, Invalid, NotFound, Refused
from banshi.escalation import by_hand
from banshi.escalation.by_hand import Reason
from banshi.escalation.pending import Pending
from banshi.web import casepage, escalating, forms, pages
from banshi.web.casepage import CaseView
from banshi.web.desk import menu, sheet
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

AT = "/desk/case/{number:str}/by-hand/{rule:str}"


def address_of(number: str, rule: str) -> str:
    """Return the address at which a rule is done by hand on a case."""
    return f"{sheet.address_of(number)}/by-hand/{rule}"


async def offers(visit: Visit, view: CaseView) -> tuple[pages.ActionLink, ...]:
    """Return what these eyes may escalate by hand now; no query, where the whole story was read."""
    found = await timing.of_case(visit.db, visit.house, view.row, view.events)
    return tuple(
        pages.ActionLink(name=p.rule.key, title=visit.say(_("Escalate: {rule}"), rule=p.rule.title), href=address_of(view.row.number, p.rule.key))
        for p in by_hand.offered(visit.house, view.actor, found, visit.at)
    )


@get(AT)
async def show(request: Request[Any, Any, Any], number: FromPath[str], rule: FromPath[str]) -> Response[Any]:
    """What would be done, why it can be, and the form."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        view = await _view(visit, visit.staff(), casepage.read_number(number))
        return await _page(visit, view, rule)


@post(AT)
async def escalate(request: Request[Any, Any, Any], number: FromPath[str], rule: FromPath[str]) -> Response[Any]:
    """Do it; sent twice, or done by its rule meanwhile, it is done once, and the page says so."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    refused: Refused
    plain = casepage.read_number(number)
    async with site.visit(request) as visit:
        actor = visit.staff()
        try:
            form: Reason = decode(Reason, {n: v for n, v in forms.answers(raw).items() if n != "rung"})
            await by_hand.escalate(
                visit.db, visit.house, actor, plain, rule, form.reason, visit.at, rung=_rung(forms.one(raw, "rung")), key=forms.key_of(raw)
            )
            try:
                await reading.get(visit.db, visit.house, actor, plain)
            except NotFound:  # it went up, and is no longer for these eyes
                return visit.go(menu.way_back(visit))
            return visit.go(sheet.address_of(plain))
        except (Invalid, Conflict) as error:
            refused = error
    async with site.visit(request) as visit:
        view = await _view(visit, visit.staff(), plain)
        return await _page(visit, view, rule, forms.answers(raw), refused, key=forms.key_of(raw))


async def _view(visit: Visit, actor: Actor, number: str) -> CaseView:
    row = await reading.get(visit.db, visit.house, actor, number)
    return CaseView(visit, actor, row, await reading.story(visit.db, row.id, reading.FOR_STAFF))


def _rung(said: str) -> tuple[int, int]:
    """Return the epoch and rung that a form was drawn for; what no page of ours drew fits none."""
    epoch, _dot, rung = said.partition(".")
    known = all(part.isascii() and part.isdigit() and len(part) < 10 for part in (epoch, rung))
    return (int(epoch), int(rung)) if known else (-1, -1)


async def _page(
    visit: Visit, view: CaseView, key_of_rule: str, raw: Mapping[str, Any] | None = None, refused: Refused | None = None, *, key: str = ""
) -> Response[Any]:
    """Draw the page. Where the rung is gone, what was written is still to be read, and what happened stands above it."""
    found = await timing.of_case(visit.db, visit.house, view.row, view.events)
    one = next((p for p in by_hand.offered(visit.house, view.actor, found, visit.at) if p.rule.key == key_of_rule), None)
    rule = escalating.rule_of(visit, key_of_rule)
    if rule is None or (one is None and refused is None):
        raise NotFound(_("There is nothing to escalate by this rule now: its condition does not hold, or it was done already."))
    problems = forms.refusal_problems(refused) if refused is not None else {}
    number = view.row.number
    gone = refused is not None and not isinstance(refused, Invalid)
    rung = forms.one(raw or {}, "rung") or (f"{one.epoch}.{one.rung}" if one is not None else "")
    page = pages.ByHandPage(
        number=numbers.show(number),
        title=casepage.title(visit.house, view.row, visit.language),
        heading=visit.say(_("Escalate: {rule}"), rule=rule.title),
        back=sheet.address_of(number),
        facts=_facts(visit, view, one) if one is not None else (),
        does=escalating.does(visit, rule, one.step, view.row) if one is not None and not gone else (),
        problems=forms.problem_list(problems, visit.language),
        last=view.story()[:1] if gone else (),
        wrote=forms.one(raw or {}, "reason") if gone else "",
        form=None
        if gone
        else pages.Form(
            action=address_of(number, key_of_rule),
            fields=forms.fields(Reason, visit.language, raw=raw, problems=problems),
            button=visit.say(_("Escalate")),
            problems=forms.problem_list(problems, visit.language),
            hidden=(("key", key or secrets.token_urlsafe(16)), ("rung", rung)),
            cancel=sheet.address_of(number),
        ),
    )
    return visit.page("desk/by_hand.html", page, desk=True, status=refused.status if refused is not None else 200)


def _facts(visit: Visit, view: CaseView, one: Pending) -> tuple[tuple[str, str], ...]:
    found = [
        (_("So since"), view.moment(one.since)),
        (_("Limit"), escalating.amount(visit, one.limit, one.unit)),
        (_("By itself it would come"), "" if one.by_hand else view.moment(one.at) if one.at > visit.at else visit.say(_("Within a minute"))),
    ]
    return tuple((visit.say(label), said) for label, said in found if said)
