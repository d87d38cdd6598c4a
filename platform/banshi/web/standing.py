"""Who is away and who stands in, in words: in lists, on a case, where an officer can be picked. All from memory, no query."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from banshi import texts
from banshi.cases import standing_in
from banshi.contracts import Actor, Officer
from banshi.identity import deputies
from banshi.identity.standing import Absence
from banshi.web.site import Visit

_ = texts.translator("banshi")

MOST = 20
"""So many officers without a deputy are listed together: each is a range of the list."""


def zone_of(visit: Visit, officer: Officer) -> ZoneInfo:
    """Return the zone in which an officer works."""
    directory = visit.house.directory
    return directory.tree[directory.department(officer.department_id).district_id].timezone


def last(visit: Visit, until: datetime, zone: ZoneInfo) -> str:
    """Return the end of a span in words: the last day where it ends with a day, else the moment."""
    if until.astimezone(zone).time() == time():
        return texts.say_day(until - timedelta(seconds=1), zone, visit.language, visit.at)
    return texts.say_moment(until, zone, visit.language, visit.at)


def begin(visit: Visit, since: datetime, zone: ZoneInfo) -> str:
    """Return the beginning of a span in words: the day where it begins with a day, else the moment."""
    if since.astimezone(zone).time() == time():
        return texts.say_day(since, zone, visit.language, visit.at)
    return texts.say_moment(since, zone, visit.language, visit.at)


def away(visit: Visit, post_id: int | None) -> str:
    """Return that an officer is absent, until when and who stands in; empty where they are there."""
    found = visit.house.directory.standing.absence(post_id, visit.at)
    officer = visit.house.directory.post(post_id)
    return said(visit, officer, found) if found is not None and officer is not None else ""


def said(visit: Visit, officer: Officer, absence: Absence) -> str:
    """Return an absence of now in words, with who stands in."""
    until = last(visit, absence.until, zone_of(visit, officer))
    deputy = visit.house.directory.post(visit.house.directory.standing.deputy(officer.id, visit.at))
    if deputy is None:
        return visit.say(_("absent until {when}, nobody stands in"), when=until)
    return visit.say(_("absent until {when}, deputy {number}"), when=until, number=deputy.staff_number)


def of_department(visit: Visit, department_id: int | None) -> Mapping[str, str]:
    """Return what is told of the absent officers of a department, by staff number."""
    officers = visit.house.directory.officers_of(department_id) if department_id is not None else ()
    return {o.staff_number: words for o in officers if (words := away(visit, o.id))}


def mark(visit: Visit, actor: Actor, row: Any) -> str:
    """Return what a line of a list says: for whom it is the reader's, or that its officer is away; empty where neither is so."""
    if row.assignee_id is None or row.closed is not None:
        return ""
    officer = visit.house.directory.post(row.assignee_id)
    if officer is None:
        return ""
    if standing_in.officer(actor, row) is not None:
        silent = visit.house.directory.standing.absence(officer.id, visit.at) is None
        words = _("For {number}, who has not answered") if silent else _("For {number}")
        return visit.say(words, number=officer.staff_number)
    words_ = away(visit, officer.id)
    return visit.say(_("Staff {number}: {note}"), number=officer.staff_number, note=words_) if words_ else ""


def sentence(visit: Visit, actor: Actor, row: Any) -> str:
    """Return what stands above a case that the reader has for somebody else; empty where it is not so."""
    if row.closed is not None or standing_in.officer(actor, row) is None:
        return ""
    officer = visit.house.directory.post(row.assignee_id)
    number = officer.staff_number if officer else ""
    if visit.house.directory.standing.absence(row.assignee_id, visit.at) is None:
        return visit.say(_("Staff {number} has not answered for too long. You can act for them; what you do here says so."), number=number)
    return visit.say(_("You stand in for staff {number}. What you do here is done for them, and says so."), number=number)


def left(visit: Visit, actor: Actor) -> list[Officer]:
    """Return the officers who are away without a deputy, of the reader's department, and of all for whom the reader may name one; twenty at most."""
    directory = visit.house.directory
    found = (directory.post(p) for p in directory.standing.uncovered(visit.at))
    mine = (o for o in found if o is not None and (o.department_id == actor.department_id or deputies.may(directory, actor, o)))
    return [o for o, _place in zip(mine, range(MOST), strict=False)]
