"""Writing the library: a new entry, a new version of one, its end. Every change is in the audit."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal, get_args

import msgspec
from sqlalchemy import ColumnElement, Row, and_, cast, literal, select, update
from sqlalchemy.dialects.postgresql import TSVECTOR, insert

from banshi import audit, words
from banshi.audit import canonical
from banshi.contracts import LIBRARY, Actor
from banshi.db import Connection
from banshi.errors import Changed, Forbidden, Invalid, NotFound
from banshi.identity.directory import Directory
from banshi.library.tables import library_entry, library_version
from banshi.privacy import Keyring
from banshi.texts import LANGUAGES, Said, Text, translator

_ = translator("banshi")

Kind = Literal["regulation", "guide"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Readers = Literal["public", "staff"]
LONGEST_TITLE, LONGEST_TEXT, LONGEST_SOURCE = 120, 40_000, 400
_MEANWHILE = _("Somebody wrote version {number} of this entry meanwhile. Read what changed, then write yours.")
_TAKEN = frozenset({"departments", "new"})
_CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as somebody writes it: where it holds (a district's code, and everything below), whom it concerns, and the words in each language.

    ``services`` are keys such as ``tickets.request``; empty: it is offered before any. ``valid_until`` is the last day on which it holds.
    """

    code: str
    kind: str
    district: str
    title: Mapping[str, str]
    text: Mapping[str, str]
    audience: str = "public"
    department: str = ""
    services: tuple[str, ...] = ()
    source: str = ""
    valid_from: date
    valid_until: date | None = None
    review_by: date | None = None


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it: the version that holds the words now, and whether it is new."""

    code: str
    number: int
    fresh: bool


async def put(
    db: Connection,
    directory: Directory,
    keyring: Keyring,
    actor: Actor,
    draft: Draft,
    at: datetime,
    *,
    services: frozenset[str],
    based_on: int | None = None,
) -> Written:
    """Write an entry, or the next version of one whose words changed; the same words again change nothing.

    ``services`` are those that there are. ``based_on`` is the version that the writer had before them (0: none): where another came meanwhile it is
    ``Changed``; None writes regardless. Raises ``Invalid`` with every problem at once, ``Forbidden`` without the right.

    Who writes regardless (an import) does not undo an end that was set on a page; an editor, who has that end before them, does.
    """
    may(actor)
    if problems := check(directory, draft, services):
        raise Invalid(_("Some answers need your attention."), problems)
    entry = {
        "kind": draft.kind,
        "audience": draft.audience,
        "district_id": found.id if (found := directory.tree.find(draft.district)) else 0,
        "department_id": holder.id if (holder := directory.find(draft.department)) else None,
        "services": list(draft.services),
    }
    known, made = await _locked(db, draft.code, entry)
    if based_on is not None and based_on != (0 if made else known.latest):
        raise Changed(_MEANWHILE, number=0 if made else known.latest)
    digest = _digest(draft)
    entry_id, number = known.id, known.latest
    if not made:
        number += 1
        columns = (library_version.c.digest, library_version.c.valid_until)
        last = (await db.execute(select(*columns).where(_latest(known)))).one()
        same_entry = all((list(getattr(known, n)) if n == "services" else getattr(known, n)) == v for n, v in entry.items())
        if last.digest == digest and same_entry and (based_on is None or last.valid_until == draft.valid_until):
            return Written(code=draft.code, number=known.latest, fresh=False)
        await db.execute(update(library_entry).where(library_entry.c.id == entry_id).values(**entry, latest=number))
    await db.execute(
        insert(library_version).values(
            entry_id=entry_id,
            number=number,
            title=dict(draft.title),
            text=dict(draft.text),
            source=draft.source,
            valid_from=draft.valid_from,
            valid_until=draft.valid_until,
            review_by=draft.review_by,
            words=cast(literal(_vector(draft)), TSVECTOR),
            digest=digest,
            written=at,
            post_id=actor.post_id,
        )
    )
    await audit.record(db, keyring, actor, "library.written", f"entry:{draft.code}", {"version": number}, at)
    return Written(code=draft.code, number=number, fresh=True)


def may(actor: Actor) -> None:
    """Refuse who may not write; the system (a command, the demo) may."""
    if actor.capacity != "system" and not actor.may(LIBRARY.name):
        raise Forbidden(_("Your post does not carry the right to write the library."))


async def retire(db: Connection, keyring: Keyring, actor: Actor, code: str, until: date, at: datetime, *, based_on: int | None = None) -> None:
    """Let an entry end: its latest version is valid until that day. Its words stay, for whoever cites or reads what held before.

    ``based_on`` is the version that was read: where another came meanwhile it is ``Changed``, and nothing ends that nobody read.
    """
    may(actor)
    entry = (await db.execute(select(library_entry).where(library_entry.c.code == code).with_for_update())).one_or_none()
    if entry is None:
        raise NotFound(_("There is no such entry."))
    if based_on not in {None, entry.latest}:
        raise Changed(_MEANWHILE, number=entry.latest)
    row = (await db.execute(select(library_version.c.valid_from).where(_latest(entry)))).one()
    if until < row.valid_from:
        raise Invalid(_("Some answers need your attention."), {"valid_until": _("It cannot end before it begins.")})
    await db.execute(update(library_version).where(_latest(entry)).values(valid_until=until))
    await audit.record(db, keyring, actor, "library.retired", f"entry:{code}", {"version": entry.latest, "until": until.isoformat()}, at)


def check(directory: Directory, draft: Draft, services: frozenset[str]) -> dict[str, Text | Said | str]:
    """Return what is wrong with a draft, by field."""
    found: dict[str, Text | Said | str] = {}
    if not _CODE.fullmatch(draft.code):
        found["code"] = _("A code has lower-case letters, digits and dashes, at most 60.")
    elif draft.code in _TAKEN:
        found["code"] = _("This code is the address of another page. Choose another one.")
    if draft.kind not in KINDS:
        found["kind"] = _("Choose what kind of entry it is.")
    if draft.audience not in get_args(Readers):
        found["audience"] = _("Choose who may read it.")
    if directory.tree.find(draft.district) is None:
        found["district"] = _("There is no such district.")
    if draft.department and directory.find(draft.department) is None:
        found["department"] = _("There is no such department.")
    if unknown := [s for s in draft.services if s not in services]:
        found["services"] = Said(_("There is no service “{name}”."), {"name": unknown[0]})
    if not any(draft.title.get(n, "").strip() and draft.text.get(n, "").strip() for n in LANGUAGES):
        found["title_zh"] = _("Write a title and a text in one language at least.")
    for language in LANGUAGES:
        title, text = draft.title.get(language, ""), draft.text.get(language, "")
        if bool(title.strip()) != bool(text.strip()):
            found.setdefault(f"title_{language}", _("A language needs both a title and a text."))
        if len(title) > LONGEST_TITLE:
            found[f"title_{language}"] = Said(_("At most {most} characters."), {"most": LONGEST_TITLE})
        if len(text) > LONGEST_TEXT:
            found[f"text_{language}"] = Said(_("At most {most} characters."), {"most": LONGEST_TEXT})
    if len(draft.source) > LONGEST_SOURCE:
        found["source"] = Said(_("At most {most} characters."), {"most": LONGEST_SOURCE})
    if draft.valid_until is not None and draft.valid_until < draft.valid_from:
        found["valid_until"] = _("It cannot end before it begins.")
    return found


async def _locked(db: Connection, code: str, entry: Mapping[str, Any]) -> tuple[Row[Any], bool]:
    """The row of an entry, locked, and whether it was made just now: of two who make the same at once, the second finds the first one's."""
    wanted = select(library_entry).where(library_entry.c.code == code).with_for_update()
    if known := (await db.execute(wanted)).one_or_none():
        return known, False
    making = insert(library_entry).values(**entry, code=code, latest=1).on_conflict_do_nothing().returning(*library_entry.c)
    made = (await db.execute(making)).one_or_none()
    return (made, True) if made else ((await db.execute(wanted)).one(), False)


def _latest(entry: Any) -> ColumnElement[bool]:
    return and_(library_version.c.entry_id == entry.id, library_version.c.number == entry.latest)


def _digest(draft: Draft) -> bytes:
    said = {n: v for n, v in msgspec.to_builtins(draft).items() if n not in {"code", "services"}}
    return hashlib.sha256(canonical(said)).digest()


def _vector(draft: Draft) -> str:
    return words.vector([("A", t) for t in draft.title.values()] + [("B", t) for t in draft.text.values()])
