"""Addresses, and who wants to be told what by which way. In-app notices are always there: they are the record's own.

An e-mail address is used once its owner has shown that they read what is sent there: a code goes to it, and comes back from the same account.
Until then it lies in a claim that nothing else reads. Mail tells everything unless somebody chose otherwise, text messages nothing unless they did.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from banshi import audit
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.errors import Invalid
from banshi.identity.tables import person
from banshi.identity.throttle import Limit
from banshi.notify.tables import address_claim, digest_choice, message, message_choice
from banshi.notify.topics import ADDRESS, CHOICES, WAYS, Way
from banshi.privacy import Keyring
from banshi.texts import LANGUAGES, translator

_ = translator("banshi")

CLAIM_LASTS = timedelta(hours=24)
CLAIMS_BY_PERSON = Limit(5, timedelta(days=1))
CLAIMS_BY_ADDRESS = Limit(3, timedelta(days=1))
CODES_BY_PERSON = Limit(10, timedelta(hours=1))
LONGEST = 254
DEFAULTS: Mapping[str, bool] = {"mail": True, "sms": False}
_SHAPE = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]")


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has chosen; ``email`` and ``claimed`` (to be confirmed yet) are plain, for their own eyes. ``hour``: of the staff's digest."""

    email: str
    claimed: str
    telephone: str
    language: str | None
    wanted: Mapping[Way, frozenset[str]]
    hour: int | None = None


async def of(db: Connection, keyring: Keyring, person_id: int, at: datetime) -> Preferences:
    """Return what a person has chosen; one query."""
    chosen = (
        select(func.jsonb_agg(func.jsonb_build_array(message_choice.c.way, message_choice.c.topic, message_choice.c.wanted)))
        .where(message_choice.c.person_id == person.c.id)
        .scalar_subquery()
    )
    statement = (
        select(person.c.email, person.c.telephone, person.c.language, address_claim.c.email.label("claimed"), digest_choice.c.hour)
        .add_columns(chosen.label("chosen"))
        .outerjoin(address_claim, (address_claim.c.person_id == person.c.id) & (address_claim.c.expires > at))
        .outerjoin(digest_choice, digest_choice.c.person_id == person.c.id)
        .where(person.c.id == person_id)
    )
    row = (await db.execute(statement)).one()
    return Preferences(
        email=keyring.unseal(row.email, "person.email") if row.email else "",
        claimed=keyring.unseal(row.claimed, "person.email") if row.claimed else "",
        telephone=keyring.unseal(row.telephone, "person.telephone") if row.telephone else "",
        language=row.language,
        wanted=wanted_of(row.chosen),
        hour=row.hour,
    )


def wanted_of(chosen: list[tuple[str, str, bool]] | None) -> dict[Way, frozenset[str]]:
    """Return what is wanted by each way, from the rows of choices; what was never chosen is as it is by default."""
    said = {(way, topic): wanted for way, topic, wanted in chosen or ()}
    return {way: frozenset(t for t in CHOICES if said.get((way, t), DEFAULTS[way])) for way in WAYS}


async def choose(db: Connection, person_id: int, wanted: Mapping[Way, Collection[str]], language: str | None) -> None:
    """Write what a person wants to be told by each of these ways, and in which language (None: as it is). Invalid for what is no choice."""
    if any(way not in WAYS or set(topics) - set(CHOICES) for way, topics in wanted.items()) or language not in {None, *LANGUAGES}:
        raise Invalid(_("Some answers need your attention."))
    if rows := [
        {"person_id": person_id, "way": way, "topic": topic, "wanted": topic in topics} for way, topics in wanted.items() for topic in CHOICES
    ]:
        statement = insert(message_choice).values(rows)
        keys = ["person_id", "way", "topic"]
        await db.execute(statement.on_conflict_do_update(index_elements=keys, set_={"wanted": statement.excluded.wanted}))
    if language is not None:
        await db.execute(update(person).where(person.c.id == person_id).values(language=language))


async def choose_digest(db: Connection, person_id: int, hour: int | None, zone: ZoneInfo, at: datetime) -> None:
    """Say at which hour of the day somebody wants the digest; None: not at all. The first one tells what is new from now on."""
    if hour is None:
        await db.execute(delete(digest_choice).where(digest_choice.c.person_id == person_id))
        return
    if not 0 <= hour <= 23:
        raise Invalid(_("Some answers need your attention."), {"hour": _("Choose an hour of the day.")})
    local = at.astimezone(zone)
    day = local.date() if local.hour >= hour else None
    statement = insert(digest_choice).values(person_id=person_id, hour=hour, day=day, told=at)
    await db.execute(
        statement.on_conflict_do_update(index_elements=["person_id"], set_={"hour": hour, "day": func.coalesce(digest_choice.c.day, day)})
    )


# -- an address of one's own -------------------------------------------------------------------------------------------------


def read_address(written: str) -> str:
    """Return an e-mail address as it is kept; Invalid that says what is wrong with it.

    Only plain addresses are taken: one with a line break, a comma or a second recipient in it could carry headers of its own.
    """
    plain = unicodedata.normalize("NFKC", written).strip()
    local, _at, domain = plain.rpartition("@")
    plain = f"{local}@{domain.lower()}"
    try:
        plain.encode("ascii")
    except UnicodeEncodeError:
        raise Invalid(
            _("Some answers need your attention."), {"email": _("Only addresses of Latin letters, digits and signs can be used.")}
        ) from None
    if len(plain) > LONGEST or not _SHAPE.fullmatch(plain) or ".." in plain or local.startswith(".") or local.endswith("."):
        raise Invalid(_("Some answers need your attention."), {"email": _("Enter an e-mail address such as name@example.org.")})
    return plain


async def claim(db: Connection, keyring: Keyring, person_id: int, address: str, at: datetime) -> None:
    """Say that an address is one's own: a code goes to it. An earlier claim of the same person is forgotten, with its code."""
    token = secrets.token_urlsafe(12)
    values = {
        "person_id": person_id,
        "token": token,
        "email": keyring.seal(address, "person.email"),
        "email_index": keyring.index("email", address),
        "code": keyring.seal(f"{secrets.randbelow(10**8):08d}", "address.code"),
        "made": at,
        "expires": at + CLAIM_LASTS,
    }
    await db.execute(insert(address_claim).values(values).on_conflict_do_update(index_elements=["person_id"], set_=values))
    letter = {"person_id": person_id, "way": "mail", "topic": ADDRESS, "occasion": f"address:{token}", "about": {"token": token}}
    await db.execute(insert(message).values(created=at, due=at, **letter))


async def confirm(db: Connection, keyring: Keyring, actor: Actor, code: str, at: datetime) -> None:
    """Take the claimed address as the person's; Invalid where the code is not the one that was sent, or came too late."""
    found = (
        await db.execute(select(address_claim).where(address_claim.c.person_id == actor.person_id, address_claim.c.expires > at).with_for_update())
    ).one_or_none()
    said = re.sub(r"\D", "", unicodedata.normalize("NFKC", code))
    if found is None:
        raise Invalid(_("Some answers need your attention."), {"code": _("There is no address to confirm any more. Enter it again.")})
    if not hmac.compare_digest(keyring.unseal(found.code, "address.code").encode(), said.encode()):
        raise Invalid(_("Some answers need your attention."), {"code": _("This is not the code that we sent. It has eight digits.")})
    values = {"email": found.email, "email_index": found.email_index, "email_confirmed": at}
    await db.execute(update(person).where(person.c.id == actor.person_id).values(values))
    await db.execute(delete(address_claim).where(address_claim.c.person_id == actor.person_id))
    await audit.record(db, keyring, actor, "address.confirmed", f"person:{actor.person_id}", {}, at)


async def forget(db: Connection, keyring: Keyring, actor: Actor, at: datetime) -> None:
    """Forget the address and any claim; what waits to be sent there is not sent."""
    had = (await db.execute(select(person.c.email).where(person.c.id == actor.person_id))).scalar_one()
    await db.execute(delete(address_claim).where(address_claim.c.person_id == actor.person_id))
    if had:
        await db.execute(update(person).where(person.c.id == actor.person_id).values(email="", email_index=None, email_confirmed=None))
        await audit.record(db, keyring, actor, "address.removed", f"person:{actor.person_id}", {}, at)
