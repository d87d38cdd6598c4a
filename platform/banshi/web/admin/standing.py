"""Administration: after how many working hours without a word of the officer in charge a district offers its cases to the deputy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post

from banshi import texts
from banshi.contracts import Actor
from banshi.errors import Invalid
from banshi.identity import deputies
from banshi.web import forms, pages
from banshi.web.admin.frame import administrator, head, places
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/admin/deputies"


@get(HOME)
async def show(request: Request[Any, Any, Any]) -> Response[Any]:
    """The limit of each district."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = administrator(visit)
        known = await deputies.limits(visit.db)
        return _page(visit, actor, {d.code: str(known.get(d.id, 0)) for d in places(visit, actor)})


@post(HOME)
async def set_limits(request: Request[Any, Any, Any]) -> Response[Any]:
    """Set the limits; each that changes is audited, and nothing is set where one is wrong."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = administrator(visit)
        sent = [d for d in places(visit, actor) if f"hours-{d.code}" in raw]
        said = {d.code: forms.one(raw, f"hours-{d.code}").strip() for d in sent}
        wrong = texts.Said(_("Enter a whole number from 0 to {most}."), {"most": deputies.MOST_HOURS})
        problems: dict[str, Any] = {code: wrong for code, hours in said.items() if _hours(hours) is None}
        if problems:
            return _page(visit, actor, said, problems)
        directory, keyring = visit.house.directory, visit.house.keyring
        for code, hours in said.items():
            await deputies.set_limit(visit.db, directory, keyring, actor, code, _hours(hours) or 0, visit.at)
        return visit.go(HOME)


def _hours(said: str) -> int | None:
    whole = said.isascii() and said.isdigit() and len(said) < 6
    return int(said) if whole and int(said) <= deputies.MOST_HOURS else None


def _page(visit: Visit, actor: Actor, said: Mapping[str, str], problems: Mapping[str, Any] | None = None) -> Response[Any]:
    named = {f"hours-{code}": text for code, text in (problems or {}).items()}
    fields = tuple(
        pages.Field(
            name=f"hours-{d.code}",
            label=d.say(visit.language),
            kind="number",
            value=said.get(d.code, ""),
            error=visit.say(named[f"hours-{d.code}"]) if f"hours-{d.code}" in named else "",
            autocomplete="off",
        )
        for d in places(visit, actor)
    )
    form = pages.Form(action=HOME, fields=fields, button=visit.say(_("Save")), problems=forms.problem_list(named, visit.language), cancel="/admin")
    return visit.page(
        "admin/deputies.html", pages.LimitsPage(head=head(visit, actor, "deputies"), form=form), desk=True, status=Invalid.status if named else 200
    )


HANDLERS = [show, set_limits]
