"""A mail's words and files become part of a case: as the resident's act where they are the resident's, else as a note among staff."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from banshi.cases import acting, attaching
from banshi.cases.acting import Act
from banshi.cases.book import House
from banshi.cases.decoding import decode, shapes
from banshi.cases.linking import prepared
from banshi.cases.tables import case
from banshi.contracts import Action, Actor
from banshi.db import Connection
from banshi.documents import keeping
from banshi.documents.tables import document, document_content
from banshi.errors import NotAllowedNow
from banshi.identity.tables import person
from banshi.notify.mailroom import mail_file
from banshi.privacy import mask, normal, personal_fields, unseal_fields
from banshi.texts import DEFAULT_LANGUAGE, say, translator

_ = translator("banshi")

MAILED = "mailed"
"""The kind of the event that tells staff that something came by mail, and from whom."""
ONLY_FILES = _("(By e-mail, with files only.)")
EVERYBODY = ("public", "applicant", "staff")


def addition(house: House, actor: Actor, row: Any, at: datetime) -> tuple[Action, str] | None:
    """Return what a resident may do on a case now that only adds words, and the field for them; None where there is nothing.

    It is right whoever acted meanwhile, and asks for one text and nothing else; the one that comes next by itself (an answer to a question) goes
    before any other. It never judges and never ends anything: a mail is no form on which somebody ticked that.
    """
    fitting = [(a, field) for a in acting.allowed(house, actor, row, at) if a.commutes and not a.judges and (field := _only_text(a))]
    return min(fitting, key=lambda f: not f[0].leading, default=None)


def _only_text(action: Action) -> str:
    asked = [s for s in shapes(action.form) if s.required]
    return asked[0].name if len(asked) == 1 and asked[0].kind == "str" and asked[0].ask.rows > 1 and not asked[0].ask.options else ""


async def as_resident(
    db: Connection,
    house: House,
    actor: Actor,
    row: Any,
    words: str,
    files: Sequence[Any],
    at: datetime,
    *,
    key: str,
    sender: str,
    most: int,
    by: Actor,
) -> None:
    """Add a mail to a case as the resident's own act, with its files; staff are told that it came by mail and from whom. ``by`` says who joined it.

    Raises ``Refused`` where the case takes nothing now; nothing is written then.
    """
    found = addition(house, actor, row, at)
    if found is None:
        raise NotAllowedNow(_("The case takes nothing from its applicant as it stands."))
    action, field = found
    longest = next(s.longest for s in shapes(action.form) if s.name == field)
    said = words or say(ONLY_FILES, DEFAULT_LANGUAGE)
    short = said if longest is None or len(said) <= longest else said[: longest - 1].rstrip() + "…"
    act = Act(number=row.number, action=action.name, form=decode(action.form, {field: short}), key=key)
    await acting.act_one(db, house, actor, act, at)
    left = await _files(db, house, actor, row, files, at, most=most, audience="applicant")
    told = {"from": mask("email", sender), "text": said if short != said else "", "left": left}
    await _tell(db, house, by, row.number, told, at)


async def as_note(
    db: Connection, house: House, actor: Actor, row: Any, words: str, files: Sequence[Any], at: datetime, *, sender: str, subject: str, most: int
) -> None:
    """Add a mail to a case as a note among staff, with its files for staff only: whoever wrote it is not the resident, or not known to be."""
    left = len(files)
    if row.closed is None:
        left = await _files(db, house, actor, row, files, at, most=most, audience="staff")
    await _tell(db, house, actor, row.number, {"from": mask("email", sender), "subject": subject, "text": words, "left": left}, at)


async def give(db: Connection, house: House, actor: Actor, row: Any, files: Sequence[Any], at: datetime, *, sender: str, most: int) -> None:
    """Give a case that was filed from a mail its files, and tell staff from whom it came."""
    resident = spoken_for(actor, row.number)
    left = await _files(db, house, resident, row, files, at, most=most, audience="applicant")
    await _tell(db, house, actor, row.number, {"from": mask("email", sender), "left": left}, at)


async def _files(db: Connection, house: House, actor: Actor, row: Any, files: Sequence[Any], at: datetime, *, most: int, audience: Any) -> int:
    """Give the case the files that it has not got yet, as many as it takes; return how many stay with the mail."""
    there = await keeping.of_case(db, row.id, EVERYBODY)
    known = {t.digest for t in there if t.audience == audience}
    fresh = {f.digest: f for f in files if f.digest not in known and f.scan != "infected"}
    coming = list(fresh.values())[: max(0, most - len(there))]
    await attaching.take_over(db, house, actor, row.number, coming, at, audience=audience)
    return len(fresh) - len(coming)


async def _tell(db: Connection, house: House, actor: Actor, number: str, told: dict[str, Any], at: datetime) -> None:
    row = (await db.execute(select(case).where(case.c.number == number).with_for_update())).one()
    step = prepared(house, actor, row, MAILED, {k: v for k, v in told.items() if v}, at, audience="staff")
    await acting.write(db, actor, {number: step}, at)


def spoken_for(actor: Actor, number: str) -> Actor:
    """Return the resident of a case as an officer enters what they wrote: the resident's rights, the officer's person and post on record."""
    return Actor(
        capacity="resident",
        person_id=actor.person_id,
        post_id=actor.post_id,
        department_id=actor.department_id,
        district_id=actor.district_id,
        staff_number=actor.staff_number,
        holds=number,
    )


async def waiting_files(db: Connection, mail_id: int) -> Sequence[Row[Any]]:
    """Return the files of a mail that are on no case, as documents are listed."""
    about = (document_content.c.size, document_content.c.media_type, document_content.c.scan)
    joined = mail_file.join(document, document.c.id == mail_file.c.document_id)
    joined = joined.join(document_content, document_content.c.digest == document.c.digest)
    statement = select(document, *about).select_from(joined).where(mail_file.c.mail_id == mail_id, document.c.case_id.is_(None))
    return (await db.execute(statement.order_by(mail_file.c.position))).all()


async def addresses_of(db: Connection, house: House, row: Any, person_id: int) -> frozenset[str]:
    """Return the addresses that are known for the person of a case, in their normal form: the one they confirmed, and those filed with it."""
    sealed = (await db.execute(select(person.c.email).where(person.c.id == person_id))).scalar_one_or_none()
    own = frozenset({normal("email", house.keyring.unseal(sealed, "person.email"))}) if sealed else frozenset()
    declared = house.declared(row.type_id)
    if declared is None:
        return own
    fields = [name for name, p in personal_fields(declared.form).items() if p.kind == "email" and row.data.get(name)]
    plain = unseal_fields({name: row.data[name] for name in fields}, house.keyring)
    return own | {normal("email", str(v)) for v in plain.values()}


async def is_theirs(db: Connection, house: House, row: Any, person_id: int, sender: str) -> bool | None:
    """Return whether an address is the person's; None where none is known for them."""
    known = await addresses_of(db, house, row, person_id)
    return (normal("email", sender) in known) if known else None
