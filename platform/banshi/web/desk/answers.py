"""Templates for answers: a department writes once what it often has to say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath

from banshi import texts, workbench
from banshi.cases.decoding import decode
from banshi.contracts import Actor, Ask
from banshi.errors import Invalid, NotAllowedNow
from banshi.web import forms, pages
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/desk/answers"
SHORT = 60


class Template(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a template is made of."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=100), Ask(label=_("Name of the template"))]
    text: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=4000),
        Ask(
            label=_("Text"),
            hint=_("{number}, {department} and {staff} are filled in: the case, your department, your staff number."),
            rows=8,
        ),
    ]


@get(HOME)
async def show_all(request: Request[Any, Any, Any]) -> Response[Any]:
    """The templates of one's department, and a form for another."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        return await _page(visit, visit.staff(), None)


@post(HOME)
async def add(request: Request[Any, Any, Any]) -> Response[Any]:
    """Add a template."""
    return await _write(request, None)


@get(HOME + "/{template_id:int}")
async def show(request: Request[Any, Any, Any], template_id: FromPath[int]) -> Response[Any]:
    """One template, to be changed or deleted."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        row = await workbench.template(visit.db, actor, template_id)
        return await _page(visit, actor, template_id, {"title": [row.title], "text": [row.text]})


@post(HOME + "/{template_id:int}")
async def change(request: Request[Any, Any, Any], template_id: FromPath[int]) -> Response[Any]:
    """Change a template."""
    return await _write(request, template_id)


@post(HOME + "/{template_id:int}/delete")
async def remove(request: Request[Any, Any, Any], template_id: FromPath[int]) -> Response[Any]:
    """Delete a template."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        await workbench.delete_template(visit.db, visit.house.keyring, visit.staff(), template_id, visit.at)
        return visit.go(HOME)


def filled(words: str, visit: Visit, actor: Actor, number: str) -> str:
    """Return a template's text for a case: number, department and staff number in place."""
    department = visit.house.directory.department(actor.department_id).say(visit.language) if actor.department_id is not None else ""
    for name, value in (("number", number), ("department", department), ("staff", actor.staff_number)):
        words = words.replace("{" + name + "}", value)
    return words


async def _write(request: Request[Any, Any, Any], template_id: int | None) -> Response[Any]:
    site: Site = request.app.state.site
    raw = forms.answers(await forms.read(request))
    async with site.visit(request) as visit:
        actor, keyring = visit.staff(), visit.house.keyring
        try:
            said: Template = decode(Template, raw)
            if template_id is None:
                await workbench.add_template(visit.db, keyring, actor, said.title, said.text, visit.at)
            else:
                await workbench.change_template(visit.db, keyring, actor, template_id, said.title, said.text, visit.at)
        except (Invalid, NotAllowedNow) as refused:
            return await _page(visit, actor, template_id, raw, forms.refusal_problems(refused), status=refused.status)
        return visit.go(HOME)


async def _page(
    visit: Visit,
    actor: Actor,
    template_id: int | None,
    raw: Mapping[str, Any] | None = None,
    problems: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> Response[Any]:
    rows = await workbench.templates(visit.db, actor)
    address = HOME if template_id is None else f"{HOME}/{template_id}"
    links = tuple(
        pages.Link(text=r.title, href=f"{HOME}/{r.id}", current=r.id == template_id, summary=r.text[:SHORT] + ("…" if len(r.text) > SHORT else ""))
        for r in rows
    )
    form = pages.Form(
        action=address,
        fields=forms.fields(Template, visit.language, raw=raw, problems=problems),
        button=visit.say(_("Add the template") if template_id is None else _("Keep the change")),
        problems=forms.problem_list(problems or {}, visit.language),
        cancel="" if template_id is None else HOME,
    )
    page = pages.AnswersPage(
        department=visit.house.directory.department(actor.department_id).say(visit.language) if actor.department_id is not None else "",
        templates=links,
        form=form,
        form_title=visit.say(_("New template") if template_id is None else _("Change the template")),
        remove=None if template_id is None else pages.Form(action=f"{address}/delete", fields=(), button=visit.say(_("Delete the template"))),
    )
    return visit.page("desk/answers.html", page, status=status, desk=True)
