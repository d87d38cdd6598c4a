"""The help sheet: what each key does at the desk, as a page that needs no script."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get

from banshi import texts
from banshi.web import pages
from banshi.web.desk import menu
from banshi.web.site import Site

_ = texts.translator("banshi")

SHEET: tuple[tuple[texts.Text, tuple[tuple[tuple[str, ...], texts.Text], ...]], ...] = (
    (
        _("In a list"),
        (
            (("j",), _("next case")),
            (("k",), _("previous case")),
            (("x",), _("choose the case, or not")),
            (("Enter",), _("open it")),
        ),
    ),
    (
        _("On a case"),
        (
            (("j",), _("next action")),
            (("k",), _("previous action")),
            (("Ctrl", "Enter"), _("send what you write")),
            (("u",), _("back to the list")),
        ),
    ),
    (
        _("Everywhere at the desk"),
        (
            (("/",), _("to the search")),
            (("g", "m"), _("go to my work")),
            (("g", "d"), _("go to my department")),
            (("g", "a"), _("go to all I may see")),
            (("?",), _("this list")),
        ),
    ),
)


@get(menu.KEYS)
async def show(request: Request[Any, Any, Any]) -> Response[Any]:
    """What each key does."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        visit.staff()
        groups = tuple((visit.say(title), tuple((keys, visit.say(does)) for keys, does in lines)) for title, lines in SHEET)
        return visit.page("desk/keys.html", pages.KeysPage(groups=groups, back=menu.way_back(visit)), desk=True)
