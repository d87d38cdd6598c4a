"""The resident is on the telephone: the code that they say opens what they may do on their case to the officer, for half an hour."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import Any

from banshi.contracts import Actor
from banshi.errors import Throttled
from banshi.identity import throttle
from banshi.identity.throttle import Limit
from banshi.web.site import Site, Visit

COOKIE = "caller"
LASTS = 30 * 60
CODE_BY_NUMBER = Limit(5, timedelta(hours=1))
"""So many wrong codes for one number at all desks together; the resident's own page counts for itself."""


def registers(actor: Actor, owner: str) -> bool:
    """Return whether the actor's post registers cases of a plugin for residents."""
    return actor.may(f"{owner}.register")


def spoken_for(actor: Actor, number: str) -> Actor:
    """Return the resident of a case as an officer enters what they say: the resident's rights, the officer's person and post on record."""
    return Actor(
        capacity="resident",
        person_id=actor.person_id,
        post_id=actor.post_id,
        department_id=actor.department_id,
        district_id=actor.district_id,
        staff_number=actor.staff_number,
        holds=number,
    )


async def attempt(site: Site, number: str) -> Throttled | None:
    """Count one code for a number, in a transaction of its own: a refusal must not forget it. Return the refusal where there were too many."""
    async with site.database.transaction() as db:
        try:
            await throttle.take(db, key(number), CODE_BY_NUMBER, site.now())
        except Throttled as refused:
            too_many = refused
        else:
            return None
    return too_many


def key(number: str) -> str:
    """Return the name under which wrong codes for a number are counted."""
    return f"caller:{number}"


def remember(visit: Visit, actor: Actor, number: str, address: str) -> None:
    """Open the resident's part of a case to this post and browser: a cookie that only comes back to the case's own address."""
    until = int(visit.at.timestamp()) + LASTS
    visit.cookies.append(visit.cookie(COOKIE, f"{until}.{_grant(visit, actor, number, until)}", lasts=LASTS, path=address))


def forget(visit: Visit, address: str) -> None:
    """Close it again: the call is over."""
    visit.cookies.append(visit.cookie(COOKIE, "", lasts=0, path=address))


def shown(visit: Visit, actor: Actor, number: str) -> bool:
    """Return whether the resident's code was shown to this post within the last half hour."""
    until, _dot, mac = visit.request.cookies.get(COOKIE, "").partition(".")
    if not (until.isascii() and until.isdigit() and len(until) < 12) or int(until) < visit.at.timestamp():
        return False
    return hmac.compare_digest(mac.encode("utf8", "replace"), _grant(visit, actor, number, int(until)).encode())


def _grant(visit: Visit, actor: Actor, number: str, until: Any) -> str:
    return visit.house.keyring.mac("caller", f"{number}.{actor.post_id}.{until}".encode()).hex()
