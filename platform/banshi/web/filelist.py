"""Documents as people read them in a list: what, how large, when, by whom, and whether it can be had."""

from __future__ import annotations

from typing import Any

from banshi import texts
from banshi.documents.keeping import said_size
from banshi.documents.kinds import PICTURES
from banshi.web import pages
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")


def held(site: Site, scan: str) -> bool:
    """Return whether a file is not given away: for good where it is infected, else until a scanner says that it is clean, where there is one."""
    return scan == "infected" or (scan == "waiting" and bool(site.settings.clamd))


def file_row(visit: Visit, row: Any, address: str, *, hides: bool = False, remove: str = "", by: str = "") -> pages.FileRow:
    """Return a document as it is listed, given away below ``address`` unless it is held, withdrawn or infected.

    ``row`` is one of `keeping.of_case`, `of_draft` or `standing`. ``hides``: of what the applicant gave only a picture drawn anew, under no name.
    """
    there = not held(visit.site, row.scan) and not row.withdrawn and bool(address)
    hidden, picture = hides and row.capacity == "resident", row.media_type in PICTURES
    name = visit.say(_("Picture {number}") if picture else _("File {number}"), number=row.number) if hidden else row.name
    notes = (standing(visit, row), visit.say(_("Staff only")) if row.audience == "staff" else "")
    return pages.FileRow(
        name=name,
        size=said_size(row.size),
        href=f"{address}/{row.id}" if there and not hidden else "",
        preview=f"{address}/{row.id}/preview" if there and picture else "",
        note=" · ".join(n for n in notes if n),
        by=by,
        remove=remove,
    )


def standing(visit: Visit, row: Any) -> str:
    """Return why a document cannot be had, in words; empty where it can."""
    if row.scan == "infected":
        return visit.say(_("not given away: a virus was found"))
    if row.withdrawn:
        return visit.say(_("withdrawn"))
    return visit.say(_("being checked for viruses")) if held(visit.site, row.scan) else ""


def came(visit: Visit, row: Any, district_id: int, resident: str) -> str:
    """Return when a document of a case came and by whom, who is called ``resident`` where it was no office."""
    directory = visit.house.directory
    at = texts.say_moment(row.added, directory.tree[district_id].timezone, visit.language, visit.at)
    who = resident
    if row.capacity != "resident" and row.department_id is not None:
        office = directory.department(row.department_id).say(visit.language)
        who = f"{office} {visit.say(_('Staff {number}'), number=row.staff_number)}"
    return f"{at} · {who}"
