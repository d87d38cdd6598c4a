"""What lists of work there are: mine, the department's, all, and the queues that plugins declare."""

from __future__ import annotations

import re

import msgspec

from banshi import texts
from banshi.cases.reading import Query
from banshi.cases.tables import case
from banshi.contracts import Actor, Queue
from banshi.web.site import Visit

_ = texts.translator("banshi")

OWED, CLOSING = "owed", "-closing"
"""The list of what owes a closing report; its group has no page of its own."""


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """A list of work: its name in saved views, its address, its words, and what it asks for before anybody narrows it."""

    name: str
    href: str
    title: str
    lead: str
    query: Query
    group: str = ""


def lists(visit: Visit, actor: Actor) -> list[Work]:
    """Return the lists that the actor's post finds at the desk, in the order of the menu."""
    home = visit.house.directory.department(actor.department_id).say(visit.language) if actor.department_id is not None else ""
    mine = Query(open=True, assignee_id=actor.post_id, members=False)
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
    return actor.department_id is not None and actor.may(queue.needs) and directory.offers(actor.department_id, queue.owner)


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
