"""From rows of the outbox to what goes out: read together, with what the reader wants and where the case stood.

Addresses are opened here, for sending, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, select

from banshi import texts
from banshi.cases import numbers
from banshi.cases.book import House
from banshi.cases.tables import case, case_event
from banshi.db import Connection
from banshi.districts import District
from banshi.identity.tables import person
from banshi.notify import digest, replying, templates
from banshi.notify.mail import Letter
from banshi.notify.preferences import wanted_of
from banshi.notify.tables import address_claim, message, message_choice
from banshi.notify.topics import ADDRESS, CALLED, CHOICES, DIGEST
from banshi.privacy import Unreadable
from banshi.settings import Settings

CHOICE, NO_ADDRESS, SUPERSEDED, NOTHING_NEW = "choice", "address", "superseded", "nothing"
"""Why a message is not sent: its reader does not want it · has no address · has asked for another code since · there is nothing to tell."""


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """A text message, ready to go; ``key`` is the same at every try."""

    to: str
    text: str
    key: str


class Broken(msgspec.Struct, frozen=True):
    """A message that cannot be written, and what kind of error said so: it fails alone, the others of its batch go out."""

    why: str


Parcel = Letter | Text | Broken | str


async def compose(db: Connection, house: House, settings: Settings, ids: Sequence[int], at: datetime) -> dict[int, Parcel]:
    """Return what goes out for each row of the outbox, or why nothing does. Two queries, and a few for each digest."""
    chosen = (
        select(func.jsonb_agg(func.jsonb_build_array(message_choice.c.way, message_choice.c.topic, message_choice.c.wanted)))
        .where(message_choice.c.person_id == message.c.person_id)
        .scalar_subquery()
    )
    claim = address_claim.c
    statement = (
        select(message, person.c.email, person.c.telephone, person.c.language, chosen.label("chosen"))
        .add_columns(claim.email.label("claimed"), claim.code, case_event.c.state.label("stands"), case_event.c.at.label("happened"))
        .add_columns(case.c.number, case.c.type_id, case.c.district_id, case.c.department_id)
        .join(person, person.c.id == message.c.person_id)
        .outerjoin(case, case.c.id == message.c.case_id)
        .outerjoin(case_event, (case_event.c.case_id == message.c.case_id) & (case_event.c.sequence == message.c.sequence))
        .outerjoin(
            address_claim, (claim.person_id == message.c.person_id) & (claim.token == message.c.about["token"].as_string()) & (claim.expires > at)
        )
        .where(message.c.id.in_(ids))
    )
    rows = (await db.execute(statement)).all()
    tree = house.directory.tree
    root = tree.roots[0]
    kept = await templates.own(db, {n.id for r in rows for n in tree.above(r.district_id or root.id)})
    found: dict[int, Parcel] = {}
    for row in rows:
        try:
            values = await _values(db, house, settings, row)
            found[row.id] = values if isinstance(values, str) else _parcel(house, settings, kept, row, values, at)
        except (Unreadable, LookupError, ValueError) as error:  # a key that is listed no more, a department that is gone
            found[row.id] = Broken(type(error).__name__)
    return found


async def _values(db: Connection, house: House, settings: Settings, row: Any) -> dict[str, str] | str:
    """What fills the placeholders, or why nothing is sent."""
    if row.topic == ADDRESS:
        if not row.claimed:
            return SUPERSEDED
        code = house.keyring.unseal(row.code, "address.code")
        return {"code": code, "link": f"{settings.address}/my/messages?code={code}", "hotline": settings.hotline}
    if not (row.email if row.way == "mail" else row.telephone):
        return NO_ADDRESS
    if row.topic == DIGEST:
        told = await digest.tell(db, house, row.person_id, row.about, language_of(row))
        return {**told, "link": f"{settings.address}/desk"} if told else NOTHING_NEW
    if row.topic in CHOICES and row.topic not in wanted_of(row.chosen)[row.way]:
        return CHOICE
    values = case_values(house, settings, row, language_of(row))
    return values | {"link": settings.address + row.about["page"]} if row.topic == CALLED else values


def language_of(row: Any) -> texts.Language:
    """Return the language of a reader."""
    return next((language for language in texts.LANGUAGES if language == row.language), texts.DEFAULT_LANGUAGE)


def case_values(house: House, settings: Settings, row: Any, language: texts.Language) -> dict[str, str]:
    """Return what a message says of a case (number, type_id, district_id, department_id) and its event (stands, happened)."""
    district: District = house.directory.tree[row.district_id]
    number = numbers.show(row.number)
    return {
        "number": number,
        "state": house.book[row.type_id].say_state(row.stands, language),
        "department": house.directory.department(row.department_id).say(language) if row.department_id else district.say(language),
        "district": district.say(language),
        "day": texts.say_day(row.happened, district.timezone, language),
        "link": f"{settings.address}/case/{number}",
        "hotline": settings.hotline,
    }


def _parcel(house: House, settings: Settings, kept: templates.Own, row: Any, values: Mapping[str, str], at: datetime) -> Letter | Text:
    language, tree, keyring = language_of(row), house.directory.tree, house.keyring
    said, _whose = templates.wording(tree, kept, row.district_id or tree.roots[0].id, row.topic, language)
    filled = templates.fill(said, values)
    mark = keyring.mac("message", str(row.id).encode())[:12].hex()
    if row.way == "sms":
        return Text(to=keyring.unseal(row.telephone, "person.telephone"), text=filled.short, key=f"{row.id}.{mark}")
    to = keyring.unseal(row.claimed if row.topic == ADDRESS else row.email, "person.email")
    text, reply_to, thread = filled.body, "", ""
    if row.number is not None:
        text += "\n\n" + foot(settings, language, answered=row.topic != CALLED)
        thread = "case." + keyring.mac("thread", f"{row.case_id}:{row.person_id}".encode())[:16].hex()
        reply_to = replying.address(keyring, row.number, row.person_id, settings.mailbox) if settings.mailbox and row.topic != CALLED else ""
    subject = " ".join(filled.subject.split())
    return Letter(to=to, language=language, subject=subject, text=text, identity=f"{row.id}.{mark}", thread=thread, reply_to=reply_to, at=at)


def foot(settings: Settings, language: texts.Language, *, answered: bool = True) -> str:
    """Return what stands below every letter about a case; ``answered``: a reply to it would join the case."""
    lines = [texts.say(templates.REPLY, language)] if settings.mailbox and answered else []
    return "\n".join([*lines, texts.say(templates.FOOT, language, choose=f"{settings.address}/my/messages")])
