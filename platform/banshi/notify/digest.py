"""One letter a day to staff, at an hour of their choice: what is new in their queue. Numbers and states only; the desk has the rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from banshi import texts
from banshi.cases import numbers, reading
from banshi.cases.book import House
from banshi.cases.reading import Query
from banshi.cases.tables import case
from banshi.db import Connection
from banshi.identity.directory import Post
from banshi.identity.tables import person, post
from banshi.notify.notices import notice
from banshi.notify.tables import digest_choice, message
from banshi.notify.topics import DIGEST

LISTED = 20


async def sweep(db: Connection, house: House, at: datetime) -> int:
    """Put today's digest of everybody whose hour has come into the outbox; return how many. Run twice, or late, each is there once.

    The hour is that of the department's district (of the first post, where somebody has several).
    """
    first = (
        select(func.min(post.c.id))
        .where(post.c.person_id == digest_choice.c.person_id, post.c.ended.is_(None))
        .correlate(digest_choice)
        .scalar_subquery()
    )
    statement = (
        select(digest_choice, post.c.department_id)
        .join(post, post.c.id == first)
        .join(person, person.c.id == digest_choice.c.person_id)
        .where(person.c.email != "")
        .order_by(digest_choice.c.person_id)
        .with_for_update(of=digest_choice, skip_locked=True)
    )
    rows: list[dict[str, Any]] = []
    for choice in (await db.execute(statement)).all():
        zone = house.directory.tree[house.directory.department(choice.department_id).district_id].timezone
        local = at.astimezone(zone)
        if local.hour < choice.hour or (choice.day is not None and choice.day >= local.date()):
            continue
        about = {"since": choice.told.isoformat(), "until": at.isoformat()}
        rows.append(
            {"person_id": choice.person_id, "way": "mail", "topic": DIGEST, "occasion": f"digest:{local.date()}", "about": about}
            | {"created": at, "due": at}
        )
        await db.execute(update(digest_choice).where(digest_choice.c.person_id == choice.person_id).values(day=local.date(), told=at))
    if rows:
        await db.execute(insert(message).values(rows).on_conflict_do_nothing(index_elements=["person_id", "way", "occasion"]))
    return len(rows)


async def tell(db: Connection, house: House, person_id: int, about: Mapping[str, Any], language: texts.Language) -> dict[str, str] | None:
    """Return the values of a digest; None where there is nothing new, or no post any more."""
    since, until = (datetime.fromisoformat(about[name]) for name in ("since", "until"))
    posts = (await db.execute(select(post).where(post.c.person_id == person_id, post.c.ended.is_(None)).order_by(post.c.id))).all()
    columns = [case.c[name] for name in ("id", "number", "type_id", "state")]
    lines: dict[int, str] = {}
    received = 0

    def line(row: Any) -> str:
        return f"{numbers.show(row.number)}  {house.book[row.type_id].say_state(row.state, language)}"

    for held in posts:
        actor = house.directory.staff(
            person_id, Post(id=held.id, department_id=held.department_id, staff_number=held.staff_number, roles=tuple(held.roles))
        )
        query = Query(open=True, department_id=held.department_id, since=since, before=until, newest_first=True, size=LISTED)
        received += (await reading.count_bounded(db, house, actor, [query]))[0]
        lines |= {r.id: line(r) for r in (await reading.listing(db, house, actor, query)).rows}
    news = (
        select(notice.c.case_id, func.max(notice.c.at).label("at"))
        .where(notice.c.person_id == person_id, notice.c.capacity == "staff", notice.c.at > since, notice.c.at <= until)
        .group_by(notice.c.case_id)
        .subquery()
    )
    moved = (await db.execute(select(*columns, news.c.at).join(news, news.c.case_id == case.c.id).order_by(news.c.at.desc()).limit(1001))).all()
    lines = {r.id: line(r) for r in moved[:LISTED]} | lines
    if not posts or not (received or moved):
        return None
    return {"received": _said(received), "moved": _said(len(moved)), "list": "\n".join(list(lines.values())[:LISTED])}


def _said(count: int) -> str:
    return f"{reading.BOUND}+" if count > reading.BOUND else str(count)
