"""The texts of messages: shipped in every language, and a district may have its own. Placeholders are a closed list.

A message says no more than the case page shows to whoever has the number alone: number, state, department, link. So nobody who reads over a
shoulder, and no mail server on the way, learns what the matter is.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from banshi import texts
from banshi.db import Connection
from banshi.districts import Tree
from banshi.errors import Invalid
from banshi.notify.tables import message_template
from banshi.notify.topics import ADDRESS, ASKED, CALLED, DECIDED, DIGEST, MOVED, OPENED

_ = texts.translator("banshi")

PLACEHOLDERS: Mapping[str, texts.Text] = {
    "number": _("the case number"),
    "state": _("where the case stands, in words"),
    "department": _("who has it now"),
    "district": _("the district"),
    "day": _("the day of the event"),
    "link": _("the address of the case's page"),
    "hotline": _("the telephone number of the hot line"),
}
OF_ADDRESS: Mapping[str, texts.Text] = {"code": _("the code"), "link": _("the address of the page"), "hotline": PLACEHOLDERS["hotline"]}
OF_DIGEST: Mapping[str, texts.Text] = {
    "received": _("how many cases are new in the department"),
    "moved": _("how many of one's own cases have news"),
    "list": _("these cases, one a line"),
    "link": _("the address of the desk"),
}
LONGEST_SUBJECT, LONGEST_BODY, LONGEST_SHORT = 150, 4000, 300


class Wording(msgspec.Struct, frozen=True):
    """The texts of one message in one language: subject and body of the letter, and the text message."""

    subject: str
    body: str
    short: str


REPLY = _("You can answer this letter: what you write joins the case.")
FOOT = _("Never tell anybody the code of your case, not even us. You choose what you are told: {choose}")
"""What stands below every letter about a case, whatever a district's own texts say; ``REPLY`` only where answers are read."""
SHIPPED: Mapping[str, tuple[texts.Text, texts.Text, texts.Text]] = {
    OPENED: (
        _("We have your case {number}"),
        _("Your case {number} arrived on {day}.\n\nIt stands at: {state}\nWho has it: {department}\n\nFollow it here:\n{link}"),
        _("Your case {number} was received. {link}"),
    ),
    ASKED: (
        _("Case {number} waits for you"),
        _("{department} needs something from you on case {number}.\n\nIt stands at: {state}\n\nRead what it is, and answer, here:\n{link}"),
        _("Case {number} waits for you: {state}. {link}"),
    ),
    DECIDED: (
        _("There is an answer to case {number}"),
        _("{department} has answered case {number}.\n\nIt stands at: {state}\n\nRead the answer here:\n{link}"),
        _("There is an answer to case {number}: {state}. {link}"),
    ),
    MOVED: (
        _("Something new on case {number}"),
        _("There is something new on case {number} since {day}.\n\nIt stands at: {state}\nWho has it: {department}\n\nRead it here:\n{link}"),
        _("Something new on case {number}: {state}. {link}"),
    ),
    CALLED: (
        _("You are needed on case {number}"),
        _("{department} needs you on case {number} of somebody else.\n\nWhat it is about, and what you are asked for, stands here:\n{link}"),
        _("You are needed on case {number} of somebody else. {link}"),
    ),
    ADDRESS: (
        _("Confirm your e-mail address"),
        _(
            "Somebody who signed in with your account, hopefully you, wants messages about their cases to go to this address.\n\n"
            "The code is: {code}\n\nEnter it here:\n{link}\n\n"
            "It counts for 24 hours. If it was not you, do nothing: without the code nothing is sent here.\nHot line: {hotline}"
        ),
        _("Your code is {code}."),
    ),
    DIGEST: (
        _("Your desk: {received} new, {moved} with news"),
        _("New in your department: {received}\nNews on your cases: {moved}\n\n{list}\n\nTo the desk:\n{link}"),
        _("Your desk: {received} new, {moved} with news. {link}"),
    ),
}


def placeholders(topic: str) -> Mapping[str, texts.Text]:
    """Return what may stand in the texts of a topic."""
    return OF_ADDRESS if topic == ADDRESS else OF_DIGEST if topic == DIGEST else PLACEHOLDERS


def shipped(topic: str, language: texts.Language) -> Wording:
    """Return the texts that come with the platform."""
    subject, body, short = (texts.say(t, language) for t in SHIPPED[topic])
    return Wording(subject, body, short)


def check(topic: str, wording: Wording) -> None:
    """Refuse (Invalid, by field) texts that are empty, too long, or hold anything but the placeholders of the topic."""
    problems: dict[str, texts.Said | texts.Text] = {}
    longest = {"subject": LONGEST_SUBJECT, "body": LONGEST_BODY, "short": LONGEST_SHORT}
    for field, most in longest.items():
        text = getattr(wording, field)
        if not text.strip():
            problems[field] = _("This cannot be empty.")
        elif len(text) > most:
            problems[field] = texts.Said(_("This is too long: at most {most} characters."), {"most": most})
        elif field == "subject" and any(c in text for c in "\r\n"):
            problems[field] = _("A subject is one line.")
        elif wrong := _wrong(topic, text):
            problems[field] = wrong
    if not problems and topic not in {ADDRESS, DIGEST} and "{number}" not in wording.subject + wording.body:
        problems["body"] = _("The text must say {number}: without it nobody knows which case it is about.")
    if not problems and topic == ADDRESS and "{code}" not in wording.body:
        problems["body"] = _("The text must say {code}.")
    if problems:
        raise Invalid(_("Some answers need your attention."), problems)


def _wrong(topic: str, text: str) -> texts.Said | texts.Text | None:
    known = placeholders(topic)
    try:
        for _literal, name, form, conversion in string.Formatter().parse(text):
            if name is not None and (name not in known or form or conversion):
                said = ", ".join("{" + k + "}" for k in known)
                written = "{" + name + (f"!{conversion}" if conversion else "") + (f":{form}" if form else "") + "}"
                return texts.Said(_("{written} is no placeholder. There are: {known}"), {"written": written, "known": said})
    except ValueError:
        return _("A brace { opens or closes nothing. Write {{ for a brace that is meant as one.")
    return None


def fill(wording: Wording, values: Mapping[str, str]) -> Wording:
    """Return the texts with the values in their places; a value is text, whatever it holds."""
    return Wording(*(part.format_map(values) for part in (wording.subject, wording.body, wording.short)))


# -- a district's own -------------------------------------------------------------------------------------------------------


Own = Mapping[tuple[int, str, str], Wording]
"""Texts of districts, by district, topic and language."""


async def own(db: Connection, district_ids: Iterable[int]) -> dict[tuple[int, str, str], Wording]:
    """Return the texts that these districts have of their own."""
    rows = await db.execute(select(message_template).where(message_template.c.district_id.in_(set(district_ids))))
    return {(r.district_id, r.topic, r.language): Wording(r.subject, r.body, r.short) for r in rows}


def wording(tree: Tree, kept: Own, district_id: int, topic: str, language: texts.Language) -> tuple[Wording, int | None]:
    """Return the texts that hold in a district, and whose they are: the nearest district's upwards, else those that ship (None)."""
    for node in tree.above(district_id):
        if found := kept.get((node.id, topic, language)):
            return found, node.id
    return shipped(topic, language), None


async def put(db: Connection, district_id: int, topic: str, language: str, said: Wording, at: datetime) -> None:
    """Give a district texts of its own; Invalid where they do not hold (see ``check``)."""
    check(topic, said)
    values = {"district_id": district_id, "topic": topic, "language": language, **msgspec.structs.asdict(said), "changed": at}
    statement = insert(message_template).values(values)
    await db.execute(statement.on_conflict_do_update(index_elements=["district_id", "topic", "language"], set_=values))


async def drop(db: Connection, district_id: int, topic: str, language: str) -> None:
    """Let a district have the texts of the one above it again."""
    of_it = (message_template.c.district_id == district_id, message_template.c.topic == topic, message_template.c.language == language)
    await db.execute(delete(message_template).where(*of_it))
