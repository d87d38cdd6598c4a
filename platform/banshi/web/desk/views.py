"""Saved views: a narrowed list under a name, for oneself or for the department."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import parse_qs

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath

from banshi import texts, workbench
from banshi.cases.decoding import decode
from banshi.contracts import Actor, Ask
from banshi.errors import Conflict, Invalid
from banshi.web import forms, pages
from banshi.web.desk import filters, lists, menu, queue
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = menu.VIEWS


class View(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a view is called, and whose it is."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=100), Ask(label=_("Name of the view"))]
    shared: Annotated[bool, Ask(label=_("Share it with my department"), hint=_("Colleagues can open it; only you can change or delete it."))] = False


@get(HOME)
async def show_all(request: Request[Any, Any, Any]) -> Response[Any]:
    """The views that a post keeps, and those that colleagues share."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        return await _page(visit, visit.staff(), visit.say(_("Saved views")))


@post(HOME)
async def keep(request: Request[Any, Any, Any]) -> Response[Any]:
    """Keep the list that a form carries as a view."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = visit.staff()
        name, said = forms.one(raw, "view.list"), forms.one(raw, "view.filters")
        work = lists.find(visit, actor, name)
        if work is None:
            raise Invalid(_("There is no such list to keep as a view. Open the list and save it there."))
        chosen = filters.choose(visit, actor, work, parse_qs(said))
        try:
            view: View = decode(View, _answers(raw))
            kept = filters.stored(work, chosen)
            view_id = await workbench.keep_view(visit.db, actor, view.title, kept, visit.at, shared=view.shared, key=forms.key_of(raw))
        except (Invalid, Conflict) as refused:
            problems = forms.refusal_problems(refused)
            hidden = (("view.list", name), ("view.filters", said), ("key", forms.key_of(raw)))
            form = _form(visit, HOME, _("Save the view"), _answers(raw), problems, hidden=hidden, cancel=filters.address(work, chosen.kept))
            return await _page(visit, actor, visit.say(_("Save the list as a view")), form=form, left_out=chosen.left_out, status=refused.status)
        return visit.go(menu.view_address(view_id))


@get("/desk/view/{view_id:int}")
async def show(request: Request[Any, Any, Any], view_id: FromPath[int]) -> Response[Any]:
    """A saved view: its list, narrowed as far as what it asks for is still there."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        row = await workbench.view(visit.db, actor, view_id)
        work, chosen = filters.restored(visit, actor, row.query)
        return await queue.draw(visit, actor, work, chosen, view=row)


@get("/desk/view/{view_id:int}/change")
async def ask_change(request: Request[Any, Any, Any], view_id: FromPath[int]) -> Response[Any]:
    """Ask for another name of one's own view, or whether it is to go."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        row = await workbench.own_view(visit.db, actor, view_id)
        raw = {"title": [row.title]} | ({"shared": ["true"]} if row.department_id is not None else {})
        return await _change(visit, actor, view_id, raw)


@post("/desk/view/{view_id:int}/change")
async def change(request: Request[Any, Any, Any], view_id: FromPath[int]) -> Response[Any]:
    """Rename one's own view, share it or not."""
    site: Site = request.app.state.site
    raw = _answers(await forms.read(request))
    async with site.visit(request) as visit:
        actor = visit.staff()
        await workbench.own_view(visit.db, actor, view_id)
        try:
            view: View = decode(View, raw)
        except Invalid as refused:
            return await _change(visit, actor, view_id, raw, forms.refusal_problems(refused), status=refused.status)
        await workbench.change_view(visit.db, actor, view_id, view.title, shared=view.shared)
        return visit.go(menu.view_address(view_id))


@post("/desk/view/{view_id:int}/delete")
async def remove(request: Request[Any, Any, Any], view_id: FromPath[int]) -> Response[Any]:
    """Delete one's own view."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        await workbench.delete_view(visit.db, visit.staff(), view_id)
        return visit.go(HOME)


async def _change(
    visit: Visit, actor: Actor, view_id: int, raw: Mapping[str, Any], problems: Mapping[str, Any] | None = None, *, status: int = 200
) -> Response[Any]:
    address = menu.view_address(view_id)
    form = _form(visit, f"{address}/change", _("Keep the change"), raw, problems, cancel=address)
    gone = pages.Form(action=f"{address}/delete", fields=(), button=visit.say(_("Delete the view")))
    return await _page(visit, actor, visit.say(_("Change the view")), form=form, remove=gone, status=status)


def _answers(raw: dict[str, list[str]]) -> dict[str, list[str]]:
    return {k: v for k, v in forms.answers(raw).items() if not k.startswith("view.")}


def _form(
    visit: Visit,
    action: str,
    button: texts.Text,
    raw: Mapping[str, Any],
    problems: Mapping[str, Any] | None,
    *,
    hidden: tuple[tuple[str, str], ...] = (),
    cancel: str = HOME,
) -> pages.Form:
    return pages.Form(
        action=action,
        fields=forms.fields(View, visit.language, raw=raw, problems=problems),
        button=visit.say(button),
        problems=forms.problem_list(problems or {}, visit.language),
        hidden=hidden,
        cancel=cancel,
    )


async def _page(
    visit: Visit,
    actor: Actor,
    title: str,
    *,
    form: pages.Form | None = None,
    remove: pages.Form | None = None,
    left_out: tuple[str, ...] = (),
    status: int = 200,
) -> Response[Any]:
    rows = await workbench.views(visit.db, actor)
    sections, _counts = await menu.menu(visit, actor, HOME)

    def link(row: Any) -> pages.Link:
        work, chosen = filters.restored(visit, actor, row.query)
        words = " · ".join([work.title, *chosen.labels.values()])
        return pages.Link(text=row.title, href=menu.view_address(row.id), summary=words)

    page = pages.ViewsPage(
        title=title,
        sections=sections,
        own=tuple(link(r) for r in rows if r.own),
        shared=tuple(link(r) for r in rows if not r.own),
        form=form,
        remove=remove,
        left_out=left_out,
    )
    return visit.page("desk/views.html", page, desk=True, status=status)
