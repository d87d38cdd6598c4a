"""What one shift tells the next: a note for everybody in the department."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post

from banshi import texts, workbench
from banshi.cases.decoding import decode
from banshi.contracts import Actor, Ask
from banshi.errors import Conflict, Invalid
from banshi.web import forms, pages
from banshi.web.desk import menu
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = menu.HANDOVER


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A hand-over note."""

    text: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=4000),
        Ask(
            label=_("What must the next shift know?"),
            hint=_("Numbers of cases, not names of residents. Everybody in your department reads it."),
            rows=6,
        ),
    ]


@get(HOME)
async def show(request: Request[Any, Any, Any]) -> Response[Any]:
    """The last notes of one's department, and a form for another."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        return await _page(visit, visit.staff())


@post(HOME)
async def write(request: Request[Any, Any, Any]) -> Response[Any]:
    """Write a note; sent twice, it stands once."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = visit.staff()
        try:
            note: Note = decode(Note, forms.answers(raw))
            await workbench.hand_over(visit.db, actor, note.text, forms.key_of(raw), visit.at)
        except (Invalid, Conflict) as refused:
            return await _page(visit, actor, raw, forms.refusal_problems(refused), status=refused.status)
        return visit.go(HOME)


def said(visit: Visit, actor: Actor, row: Any) -> pages.HandoverNote:
    """Return a note as the department reads it."""
    tree = visit.house.directory.tree
    zone = tree[actor.district_id].timezone if actor.district_id is not None else tree.roots[0].timezone
    return pages.HandoverNote(
        who=visit.say(_("Staff {number}"), number=row.staff_number),
        at=texts.say_moment(row.at, zone, visit.language, visit.at),
        machine_at=row.at.isoformat(),
        text=row.text,
    )


async def _page(
    visit: Visit, actor: Actor, raw: Mapping[str, Any] | None = None, problems: Mapping[str, Any] | None = None, *, status: int = 200
) -> Response[Any]:
    sections, _counts = await menu.menu(visit, actor, HOME)
    key = forms.key_of(dict(raw)) if raw and status == Invalid.status else ""
    page = pages.HandoverPage(
        department=visit.house.directory.department(actor.department_id).say(visit.language) if actor.department_id is not None else "",
        sections=sections,
        notes=tuple(said(visit, actor, n) for n in await workbench.notes(visit.db, actor)),
        form=pages.Form(
            action=HOME,
            fields=forms.fields(Note, visit.language, raw=raw, problems=problems),
            button=visit.say(_("Hand over")),
            problems=forms.problem_list(problems or {}, visit.language),
            hidden=(("key", key or secrets.token_urlsafe(16)),),
        ),
    )
    return visit.page("desk/handover.html", page, desk=True, status=status)
