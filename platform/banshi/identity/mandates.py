"""Mandates: a resident names a helper who acts for them until a day, and ends it at any time (domain 7.10, 委托代办).

Both stand on the record: the principal as the applicant, the helper as whoever acted. The helper's actor is built here and nowhere
else, after looking that the mandate lives at the moment.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, and_, func, insert, select, update

from banshi.audit import record
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.errors import Forbidden, Invalid, NotFound
from banshi.identity.tables import account, mandate, person
from banshi.identity.throttle import Limit
from banshi.privacy import Keyring, mask
from banshi.texts import translator

_ = translator("banshi")

LONGEST = timedelta(days=366)
GIVE_BY_PERSON = Limit(5, timedelta(hours=1))
"""How often an account may try to name a helper: a sign-in's words tell nobody who has an account here, and neither does this."""
_MOST = 200


class Mandate(msgspec.Struct, frozen=True, kw_only=True):
    """A mandate that lives: ``name`` is the other side's, masked; ``login`` is the helper's, empty where the helper reads."""

    id: int
    person_id: int
    helper_id: int
    given: datetime
    until: datetime
    name: str = ""
    login: str = ""


async def give(db: Connection, keyring: Keyring, actor: Actor, login: str, until: datetime, at: datetime) -> int:
    """Let the account of that login act for ``actor`` (a resident) until a moment; return the mandate's id. It takes the place of an older one.

    Raises ``Invalid`` for a day that is over or more than a year away, for one's own login, and for one that cannot be found.
    Count the attempt (``GIVE_BY_PERSON``) before calling.
    """
    if actor.person_id is None or actor.acting_for_id is not None:
        raise Forbidden(_("Only the person can give a mandate, signed in to their own account."))
    problems: dict[str, Any] = {}
    if until <= at:
        problems["until"] = _("Choose a day that is still to come.")
    elif until > at + LONGEST:
        problems["until"] = _("A mandate lasts a year at most. Choose an earlier day; you can give a new one then.")
    helper_id = None
    if login and "\x00" not in login:
        same = func.lower(account.c.login) == login.lower()
        helper_id = (await db.execute(select(account.c.person_id).where(same, ~account.c.disabled))).scalar_one_or_none()
    if helper_id == actor.person_id:
        problems["login"] = _("This is your own login. Enter the one of the person who shall help you.")
    elif helper_id is None:
        problems["login"] = _("No mandate was given. Ask your helper how exactly their login is written, and try again.")
    if problems:
        raise Invalid(_("Some answers need your attention."), problems)
    older = and_(mandate.c.person_id == actor.person_id, mandate.c.helper_id == helper_id, _lives(at))
    await db.execute(update(mandate).where(older).values(ended=at))
    values = {"person_id": actor.person_id, "helper_id": helper_id, "given": at, "until": until}
    mandate_id = int((await db.execute(insert(mandate).values(values).returning(mandate.c.id))).scalar_one())
    told = {"helper": helper_id, "until": until.isoformat(timespec="seconds")}
    await record(db, keyring, actor, "mandate.given", f"mandate:{mandate_id}", told, at)
    return mandate_id


async def end(db: Connection, keyring: Keyring, actor: Actor, mandate_id: int, at: datetime) -> None:
    """End a mandate, as whoever gave it or as the helper; NotFound where it is neither's, or over already."""
    mine = (mandate.c.person_id == actor.person_id) | (mandate.c.helper_id == actor.person_id)
    statement = update(mandate).where(mandate.c.id == mandate_id, mine, _lives(at)).values(ended=at).returning(mandate.c.id)
    if (await db.execute(statement)).one_or_none() is None:
        raise NotFound(_("There is no such mandate, or it is over already."))
    await record(db, keyring, actor, "mandate.ended", f"mandate:{mandate_id}", {}, at)


async def given_by(db: Connection, person_id: int, at: datetime) -> list[Mandate]:
    """Return who helps a person now, by login, the newest first."""
    statement = (
        select(mandate, account.c.login)
        .join(account, account.c.person_id == mandate.c.helper_id)
        .where(mandate.c.person_id == person_id, _lives(at))
        .order_by(mandate.c.given.desc(), mandate.c.id.desc())
        .limit(_MOST)
    )
    return [_mandate(row, login=row.login) for row in await db.execute(statement)]


async def held_by(db: Connection, keyring: Keyring, helper_id: int, at: datetime) -> list[Mandate]:
    """Return for whom a helper may act now, by masked name, the newest first."""
    statement = (
        select(mandate, person.c.name)
        .join(person, person.c.id == mandate.c.person_id)
        .where(mandate.c.helper_id == helper_id, _lives(at))
        .order_by(mandate.c.given.desc(), mandate.c.id.desc())
        .limit(_MOST)
    )
    return [_mandate(row, name=_masked(keyring, row.name)) for row in await db.execute(statement)]


async def held(db: Connection, keyring: Keyring, helper_id: int, principal_id: int, at: datetime) -> Mandate:
    """Return the mandate with which a helper acts for somebody at this moment.

    Raises ``Forbidden`` where there was one and it ended, ``NotFound`` where there never was: then nobody learns that there is such a person.
    """
    statement = (
        select(mandate, person.c.name, _lives(at).label("lives"))
        .join(person, person.c.id == mandate.c.person_id)
        .where(mandate.c.helper_id == helper_id, mandate.c.person_id == principal_id)
        .order_by(_lives(at).desc(), mandate.c.given.desc(), mandate.c.id.desc())
        .limit(1)
    )
    row = (await db.execute(statement)).one_or_none()
    if row is None:
        raise NotFound(_("There is no such mandate, or it is over already."))
    if not row.lives:
        raise Forbidden(_("Your mandate has ended. Ask the person for whom you acted to give you a new one; nothing was changed."))
    return _mandate(row, name=_masked(keyring, row.name))


async def of_helper(db: Connection, keyring: Keyring, helper_id: int, mandate_id: int, at: datetime) -> Mandate:
    """Return a mandate by its id, as its helper; refuses as ``held`` does."""
    statement = select(mandate.c.person_id).where(mandate.c.id == mandate_id, mandate.c.helper_id == helper_id)
    return await held(db, keyring, helper_id, (await db.execute(statement)).scalar_one_or_none() or 0, at)


def acting(found: Mandate) -> Actor:
    """Return the helper as they act with a mandate that was found to live."""
    return Actor(capacity="resident", person_id=found.helper_id, acting_for_id=found.person_id)


async def names(db: Connection, keyring: Keyring, person_ids: Iterable[int]) -> Mapping[int, str]:
    """Return the masked names of people: of those whose part in a case is told to the other side of a mandate."""
    found = await db.execute(select(person.c.id, person.c.name).where(person.c.id.in_(list(person_ids))))
    return {row.id: _masked(keyring, row.name) for row in found}


def _lives(at: datetime) -> ColumnElement[bool]:
    return and_(mandate.c.given <= at, mandate.c.until > at, mandate.c.ended.is_(None))


def _mandate(row: Any, *, name: str = "", login: str = "") -> Mandate:
    return Mandate(id=row.id, person_id=row.person_id, helper_id=row.helper_id, given=row.given, until=row.until, name=name, login=login)


def _masked(keyring: Keyring, sealed: str) -> str:
    return mask("name", keyring.unseal(sealed, "person.name"))
