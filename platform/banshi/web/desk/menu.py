"""The desk's side menu: every list of work with its bounded count, the queues by their group, the saved views."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, unquote, urlencode

import msgspec

from banshi import notify, texts, workbench
from banshi.cases import reading
from banshi.cases.reading import Query
from banshi.contracts import DEPUTIES, REPORT, Actor
from banshi.web import casepage, pages
from banshi.web.desk import filters, lists
from banshi.web.site import Visit

_ = texts.translator("banshi")

LIST_COOKIE, DAY = "list", 86_400
LONGEST = 1000
"""Characters of an address that is remembered; of a longer one the filters are forgotten."""
VIEWS, HANDOVER, KEYS, REPORTS = "/desk/views", "/desk/handover", "/desk/keys", "/desk/closing-reports"
ABSENCE, ABSENCES = "/desk/absence", "/desk/absences"
MOST_VIEWS = 12
"""So many saved views stand in the menu with their counts; the rest are on the page of views."""


async def menu(visit: Visit, actor: Actor, current: str, *asked: Query) -> tuple[tuple[pages.Section, ...], list[str]]:
    """Return the menu with the address ``current`` marked, and the bounded counts of what else is asked: two queries."""
    works, rows = lists.lists(visit, actor), await workbench.views(visit.db, actor)
    shown = rows[:MOST_VIEWS]
    queries = [w.query for w in works] + [filters.restored(visit, actor, r.query)[1].query for r in shown] + list(asked)
    counts = [casepage.bounded(n) for n in await reading.count_bounded(visit.db, visit.house, actor, queries)]

    def link(text: str, href: str, count: str = "") -> pages.Link:
        return pages.Link(text=text, href=href, current=href == current, count=count)

    counted = {w.name: link(w.title, w.href, n) for w, n in zip(works, counts, strict=False)}
    sections = [pages.Section(links=tuple(counted[w.name] for w in works if not w.group and not w.absent))]
    if absent := tuple(counted[w.name] for w in works if w.absent):
        sections.append(pages.Section(title=visit.say(_("I stand in")), links=absent))
    for name, (title, queues) in lists.groups(visit, actor).items():
        href = group_address(name)
        sections.append(pages.Section(title=title, href=href, current=href == current, links=tuple(counted[w.name] for w in queues)))
    sections.append(pages.Section(title=visit.say(_("Closing reports")), links=_closing(visit, actor, counted[lists.OWED], current)))
    kept = [link(r.title, view_address(r.id), n) for r, n in zip(shown, counts[len(works) :], strict=False)]
    if rows:
        sections.append(pages.Section(title=visit.say(_("Saved views")), href=VIEWS, current=current == VIEWS, links=tuple(kept)))
    shift = [link(visit.say(_("Hand-over notes")), HANDOVER), link(visit.say(_("Absence and deputies")), ABSENCE)]
    if actor.may(DEPUTIES.name):
        shift.append(link(visit.say(_("Who is away")), ABSENCES))
    sections.append(pages.Section(title=visit.say(_("Shift")), links=tuple(shift)))
    if for_staff := _for_staff(visit, actor):
        sections.append(pages.Section(title=visit.say(_("For colleagues")), links=for_staff))
    return tuple(sections), counts[len(works) + len(shown) :]


def _closing(visit: Visit, actor: Actor, owed: pages.Link, current: str) -> tuple[pages.Link, ...]:
    """Return what owes a report and, for those who lead, what was written."""
    written = pages.Link(text=visit.say(_("What was written")), href=REPORTS, current=current == REPORTS)
    owed = msgspec.structs.replace(owed, text=visit.say(_("To be written")))
    return (owed, written) if actor.may(REPORT.name) else (owed,)


def _for_staff(visit: Visit, actor: Actor) -> tuple[pages.Link, ...]:
    """Return the services that are for staff themselves, where the post's district has them on."""
    tree = visit.house.directory.tree
    place = tree.serving_of(actor.district_id) if actor.district_id is not None else None
    if place is None:
        return ()
    offered = (s for s in visit.house.registry.services if s.audience == "staff" and tree.has_on(place.id, s.owner))
    return tuple(pages.Link(text=visit.say(s.title), href=f"/d/{place.code}/services/{s.owner}/{s.name}") for s in offered)


async def case_rows(visit: Visit, actor: Actor, rows: Sequence[Any]) -> dict[int, pages.CaseRow]:
    """Return the lines of cases, by id, with what the officer has not seen yet: two queries."""
    news = await notify.unread(visit.db, actor.person_id or 0, "staff", [r.id for r in rows])
    unread = await workbench.unread(visit.db, actor.post_id or 0, rows)
    drawn = {}
    for row in rows:
        line = casepage.case_row(visit, row, "/desk/case", actor=actor, news=news)
        drawn[row.id] = msgspec.structs.replace(line, unread=True) if row.id in unread else line
    return drawn


def group_address(name: str) -> str:
    """Return the address of the page of a group of queues."""
    return f"/desk/group/{name}"


def view_address(view_id: int) -> str:
    """Return the address of a saved view."""
    return f"/desk/view/{view_id}"


def remember(visit: Visit) -> None:
    """Remember the list that is shown, as it is narrowed: from its cases the way leads back to it."""
    kept = [(name, value) for name, value in visit.request.query_params.multi_items() if name not in {"lang", "large"}]
    href = visit.request.url.path + ("?" + urlencode(kept) if kept else "")
    value = quote(href if len(href) < LONGEST else visit.request.url.path)
    if visit.request.cookies.get(LIST_COOKIE) != value:
        visit.cookies.append(visit.cookie(LIST_COOKIE, value, lasts=DAY, path="/desk"))


def way_back(visit: Visit) -> str:
    """Return the address of the list that was shown last; one's own work where none was."""
    href = unquote(visit.request.cookies.get(LIST_COOKIE, ""))
    return href if re.fullmatch(r"/desk(/(department|all|left|owed|(queue|group|view|for)/[\w/-]+))?(\?[!-~]*)?", href, re.ASCII) else "/desk"
