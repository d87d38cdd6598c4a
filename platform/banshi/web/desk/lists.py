"""What lists of work there are: mine, the department's, all, and the queues that plugins declare."""

from __future__ import annotations

import re
from urllib.parse import quote

import msgspec

from banshi import texts
from banshi.cases import standing_in
from banshi.cases.reading import Query
from banshi.cases.tables import case
from banshi.contracts import Actor, Queue
from banshi.web import standing
from banshi.web.site import Visit

_ = texts.translator("banshi")

OWED, CLOSING = "owed", "-closing"
"""The list of what owes a closing report; its group has no page of its own."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A list of work: its name in saved views, its address, its words, and what it asks for before anybody narrows it.

    ``absent``: it is that of an officer for whom the reader stands in.
    """

    name: str
    href: str
    title: str
    lead: str
    query: Query
    group: str = ""
    absent: bool = False


def lists(visit: Visit, actor: Actor) -> list[Work]:
    """Return the lists that the actor's post finds at the desk, in the order of the menu."""
    home = visit.house.directory.department(actor.department_id).say(visit.language) if actor.department_id is not None else ""
    held = standing_in.in_hand(actor)
    mine = Query(open=True, assignee_id=None if held else actor.post_id, members=False, ranges=held)
    department = Query(open=True, department_id=actor.department_id, members=False)
    return [
        Work(name="mine", href="/desk", title=visit.say(_("My work")), lead=visit.say(_("What you have in hand")), query=mine),
        Work(name="department", href="/desk/department", title=visit.say(_("My department")), lead=home, query=department),
        Work(
            name="all",
            href="/desk/all",
            title=visit.say(_("All I may see")),
            lead=visit.say(_("Closed cases too")),
            query=Query(newest_first=True),
        ),
        Work(
            name=OWED,
            href="/desk/owed",
            title=visit.say(_("Closing reports to be written")),
            lead=visit.say(_("What was escalated or is a major case, the oldest first: closed cases too")),
            query=Query(also=(case.c.owes,)),
            group=CLOSING,
        ),
        *_left(visit, actor),
        *(_of_absent(visit, absent) for absent in actor.stands_for),
        *(_of_queue(visit, queue) for queue in visit.house.registry.queues if _offered(visit, actor, queue)),
    ]


def find(visit: Visit, actor: Actor, name: str) -> Work | None:
    """Return the list of that name, None where the post has none."""
    return next((w for w in lists(visit, actor) if w.name == name), None)


def groups(visit: Visit, actor: Actor) -> dict[str, tuple[str, list[Work]]]:
    """Return the queues by the heading under which they stand: the group's name in addresses to its title and its lists."""
    found: dict[str, tuple[str, list[Work]]] = {}
    titles = {slug(q): visit.say(q.group) for q in visit.house.registry.queues}
    for work in lists(visit, actor):
        if work.group and work.group != CLOSING:
            found.setdefault(work.group, (titles[work.group], []))[1].append(work)
    return found


def slug(queue: Queue) -> str:
    """Return the name of a queue's group in addresses: two plugins with one heading share its page."""
    return re.sub(r"[^a-z0-9]+", "-", str(queue.group).lower()).strip("-")


def _offered(visit: Visit, actor: Actor, queue: Queue) -> bool:
    directory = visit.house.directory
    seats = (a for a in (actor, *actor.stands_for) if a.department_id is not None)
    return any(a.may(queue.needs) and directory.offers(a.department_id or 0, queue.owner) for a in seats)


def _left(visit: Visit, actor: Actor) -> list[Work]:
    """The cases of the absent for whom nobody stands in: the department's, and those of whoever may name a deputy; none where there is nobody so."""
    posts = standing.left(visit, actor)
    if not posts:
        return []
    query = Query(open=True, members=False, ranges=tuple(case.c.assignee_id == o.id for o in posts))
    lead = visit.say(_("Cases of officers who are away without a deputy: {numbers}"), numbers=", ".join(o.staff_number for o in posts))
    return [Work(name="left", href="/desk/left", title=visit.say(_("Nobody stands in")), lead=lead, query=query)]


def _of_absent(visit: Visit, absent: Actor) -> Work:
    query = Query(open=True, assignee_id=absent.post_id, members=False)
    title, name = visit.say(_("For {number}"), number=absent.staff_number), f"for/{absent.staff_number}"
    href = f"/desk/for/{quote(absent.staff_number, safe='')}"
    return Work(name=name, href=href, title=title, lead=standing.away(visit, absent.post_id), query=query, absent=True)


def _of_queue(visit: Visit, queue: Queue) -> Work:
    types = tuple(r.id for r in visit.house.book if r.owner == queue.owner and r.name == queue.case_type)
    return Work(
        name=f"queue/{queue.owner}/{queue.name}",
        href=f"/desk/queue/{queue.owner}/{queue.name}",
        title=visit.say(queue.title),
        lead=visit.say(queue.lead) or visit.say(queue.group),
        query=Query(open=True, states=queue.states, type_ids=types, members=queue.members),
        group=slug(queue),
    )
