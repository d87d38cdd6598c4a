"""What a case belongs together with: reports of the same joined under one, taken out again, links, and a new case from this one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from banshi import texts
from banshi.cases import linking, numbers, reading
from banshi.contracts import TOGETHER, Actor
from banshi.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from banshi.web import casepage, forms, pages
from banshi.web.casepage import CaseView
from banshi.web.desk import proof, register, sheet
from banshi.web.desk.kin import kin_row
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

NEAR = 10
AT = "/desk/case/{number:str}/together"
LINKS: Mapping[str, texts.Text] = {
    "related": _("They belong with each other"),
    "follow_up": _("This case takes the other up again"),
    "part_of": _("This case is a part of the other"),
}
NEW: Mapping[str, tuple[texts.Text, texts.Text]] = {
    "related": (_("Split: a second matter that was reported in this case"), _("It gets a number and a department of its own")),
    "part_of": (_("A part for another department"), _("This case stays here and shows how the part goes")),
    "follow_up": (_("A follow-up of this case"), _("The old one stays as it ended")),
}


@get(AT)
async def show(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """What the case belongs together with."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        return await _page(visit, await _view(visit, number))


@post(AT + "/join")
async def join(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Join others' reports of the same under this case, or this case under another."""

    async def do(visit: Visit, actor: Actor, plain: str, raw: Mapping[str, list[str]]) -> None:
        chosen = [*raw.get("member", ()), *re.split(r"[\s,，、;；]+", forms.one(raw, "numbers").strip())]
        others = list(dict.fromkeys(numbers.read(n) for n in chosen if n))
        text = forms.one(raw, "text").strip()[:1000]
        if forms.one(raw, "leads") == "other":
            if len(others) != 1:
                raise Invalid(_("Choose one case that leads this one."), {"numbers": _("Choose one case that leads this one.")})
            await linking.merge(visit.db, visit.house, actor, others[0], [plain], visit.at, text=text)
        else:
            await linking.merge(visit.db, visit.house, actor, plain, others, visit.at, text=text)

    return await _do(request, number, do)


@post(AT + "/leave")
async def leave(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Take this case out of its group, or undo that it joined."""

    async def do(visit: Visit, actor: Actor, plain: str, raw: Mapping[str, list[str]]) -> None:
        await linking.leave(visit.db, visit.house, actor, plain, visit.at, undo=forms.one(raw, "undo") == "yes")

    return await _do(request, number, do)


@post(AT + "/link")
async def link(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Link this case with another, or take a link away."""

    async def do(visit: Visit, actor: Actor, plain: str, raw: Mapping[str, list[str]]) -> None:
        other, kind = numbers.read(forms.one(raw, "other")), next((k for k in linking.LINKS if k == forms.one(raw, "kind")), None)
        if kind is None:
            raise Invalid(_("Some answers need your attention."), {"kind": _("Choose how they belong together.")})
        if forms.one(raw, "away") == "yes":
            pair = (other, plain) if forms.one(raw, "later") == "yes" else (plain, other)
            await linking.unlink(visit.db, visit.house, actor, *pair, kind, visit.at)
        else:
            await linking.link(visit.db, visit.house, actor, plain, other, kind, visit.at)

    return await _do(request, number, do)


@post(AT + "/file")
async def file(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Begin a new case from this one: the form is filled with what was filed, and the two are linked once it is sent."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        view = await _view(visit, number)
        kind = next((k for k in linking.LINKS if k == forms.one(raw, "kind")), None)
        if kind is None:
            return await _page(visit, view, {"kind": _("Choose what the new case is to this one.")}, status=400)
        return visit.go(await register.begin_from(visit, view, kind))


async def _do(request: Request[Any, Any, Any], number: str, do: Any) -> Response[Any]:
    site: Site = request.app.state.site
    raw = await forms.read(request)
    refused: Refused
    async with site.visit(request) as visit:
        view = await _view(visit, number)
        try:
            await do(visit, view.actor, view.row.number, raw)
            return visit.go(f"{sheet.address_of(view.row.number)}/together")
        except (Invalid, Conflict, NotFound) as error:
            refused = error
    async with site.visit(request) as visit:
        problems = getattr(refused, "problems", None) or {"": visit.say(refused.text, **refused.values)}
        return await _page(visit, await _view(visit, number), problems, raw, status=refused.status if refused.status != 404 else 400)


async def _view(visit: Visit, number: str) -> CaseView:
    actor = visit.staff()
    if not actor.may(TOGETHER.name):
        raise Forbidden(_("Your post does not carry the right to do this."))
    row = await reading.get(visit.db, visit.house, actor, casepage.read_number(number))
    return CaseView(visit, actor, row, ())


async def _page(
    visit: Visit, view: CaseView, problems: Mapping[str, Any] | None = None, raw: Mapping[str, list[str]] | None = None, *, status: int = 200
) -> Response[Any]:
    row, actor, address = view.row, view.actor, f"{sheet.address_of(view.row.number)}/together"
    related = await linking.kin(visit.db, visit.house, actor, row)
    rows = [(r, kin_row(visit, r, address)) for r in related]
    open_ = row.closed is None and not row.confidentiality
    page = pages.TogetherPage(
        number=numbers.show(row.number),
        title=row.title,
        back=sheet.address_of(row.number),
        problems=forms.problem_list(problems or {}, visit.language),
        master=next((line for r, line in rows if r.tie == "master"), None),
        members=tuple(line for r, line in rows if r.tie == "member"),
        links=tuple(line for r, line in rows if r.tie in linking.LINKS),
        leave=_leaving(visit, address) if row.master_id is not None else (),
        join=await _joining(visit, view, address, problems or {}, raw or {}, related) if open_ and row.master_id is None else None,
        link=_linking(visit, address, problems or {}, raw or {}),
        file=_filing(visit, address, problems or {}) if proof.registers(actor, view.type_row.owner) and not view.hides else None,
    )
    return visit.page("desk/together.html", page, desk=True, status=status)


def _leaving(visit: Visit, address: str) -> tuple[pages.Form, ...]:
    return (
        pages.Form(action=f"{address}/leave", fields=(), button=visit.say(_("Undo: as it was before it joined")), hidden=(("undo", "yes"),)),
        pages.Form(action=f"{address}/leave", fields=(), button=visit.say(_("Take it out as it is now"))),
    )


async def _joining(
    visit: Visit, view: CaseView, address: str, problems: Mapping[str, Any], raw: Mapping[str, list[str]], related: Sequence[Any]
) -> pages.Form:
    """The form that joins: what may be the same is offered, anything else by its number."""
    row, known = view.row, {r.id for r in related}
    near = await linking.near(visit.db, visit.house, view.actor, row, most=NEAR)
    chosen = set(raw.get("member", ()))
    choices = tuple(pages.Choice(value=r.number, label=r.title, hint=_said(visit, r), chosen=r.number in chosen) for r in near if r.id not in known)
    leads = forms.one(raw, "leads") or "this"
    fields = [
        pages.Field(name="member", label=visit.say(_("Open cases of the same kind at the same place")), kind="checkboxes", choices=choices),
        pages.Field(
            name="numbers",
            label=visit.say(_("Or by their numbers") if choices else _("Numbers of the cases")),
            kind="text",
            value=forms.one(raw, "numbers"),
            error=visit.say(problems["numbers"]) if "numbers" in problems else "",
            autocomplete="off",
            optional=bool(choices),
        ),
        pages.Field(
            name="leads",
            label=visit.say(_("Which case carries the work?")),
            kind="radios",
            choices=(
                pages.Choice(value="this", label=visit.say(_("This one leads, the others follow")), chosen=leads == "this"),
                pages.Choice(value="other", label=visit.say(_("The other one leads, this one follows")), chosen=leads == "other"),
            ),
        ),
        pages.Field(name="text", label=visit.say(_("A word to colleagues")), kind="text", value=forms.one(raw, "text"), longest=1000, optional=True),
    ]
    return pages.Form(action=f"{address}/join", fields=tuple(fields if choices else fields[1:]), button=visit.say(_("Work on them together")))


def _said(visit: Visit, row: Any) -> str:
    line = casepage.case_row(visit, row, "/desk/case")
    return " · ".join(w for w in (line.number, line.under, line.state, line.received) if w)


def _linking(visit: Visit, address: str, problems: Mapping[str, Any], raw: Mapping[str, list[str]]) -> pages.Form:
    wanted = forms.one(raw, "kind") or "related"
    fields = (
        pages.Field(
            name="other",
            label=visit.say(_("Number of the other case")),
            kind="text",
            value=forms.one(raw, "other"),
            error=visit.say(problems["other"]) if "other" in problems else "",
            autocomplete="off",
        ),
        pages.Field(
            name="kind",
            label=visit.say(_("How do they belong together?")),
            kind="radios",
            choices=tuple(pages.Choice(value=k, label=visit.say(t), chosen=k == wanted) for k, t in LINKS.items()),
            error=visit.say(problems["kind"]) if "kind" in problems else "",
        ),
    )
    return pages.Form(action=f"{address}/link", fields=fields, button=visit.say(_("Link them")))


def _filing(visit: Visit, address: str, problems: Mapping[str, Any]) -> pages.Form:
    field = pages.Field(
        name="kind",
        label=visit.say(_("What is the new case?")),
        kind="radios",
        choices=tuple(pages.Choice(value=k, label=visit.say(title), hint=visit.say(hint)) for k, (title, hint) in NEW.items()),
        error=visit.say(problems["kind"]) if "kind" in problems else "",
    )
    return pages.Form(action=f"{address}/file", fields=(field,), button=visit.say(_("Go on")), hidden=(("key", secrets.token_urlsafe(16)),))
