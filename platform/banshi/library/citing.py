"""Citing: which version of an entry an answer rests on. What is cited is written ``code@version`` and stays that version for good."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from sqlalchemy import and_, or_, select

from banshi.cases.decoding import shapes
from banshi.db import Connection
from banshi.districts import District
from banshi.errors import Invalid
from banshi.library.reading import COLUMNS, holds
from banshi.library.tables import library_entry, library_version
from banshi.texts import Said, Text, translator

_ = translator("banshi")

MOST = 5
_CITED = re.compile(r"([a-z0-9][a-z0-9-]{0,59})@(\d{1,6})")


def cite(row: Any) -> str:
    """Return how a version is cited."""
    return f"{row.code}@{row.number}"


def parse(cited: str) -> tuple[str, int] | None:
    """Return code and version of what is cited, None where it is no citation."""
    found = _CITED.fullmatch(cited)
    return (found[1], int(found[2])) if found else None


async def read(db: Connection, cited: Iterable[str], day: date) -> Mapping[str, Any]:
    """Return the versions that are cited, by citation, each with whether it ``holds`` on a day; one query, none where nothing is cited."""
    pairs = [p for p in (parse(c) for c in set(cited)) if p]
    if not pairs:
        return {}
    these = or_(*(and_(library_entry.c.code == code, library_version.c.number == number) for code, number in pairs))
    rows = await db.execute(
        select(*COLUMNS, holds(day).label("holds")).join(library_entry, library_entry.c.id == library_version.c.entry_id).where(these)
    )
    return {cite(r): r for r in rows}


async def check(db: Connection, form: msgspec.Struct, day: date, place: District) -> None:
    """Refuse a filled form that cites what is not there, no longer holds, or does not hold in that place: Invalid, beside its field.

    One query where it cites.
    """
    picking = [s.name for s in shapes(type(form)) if s.ask.picks == "library"]
    said: dict[str, Sequence[str]] = {n: getattr(form, n) for n in picking}
    if not any(said.values()):
        return
    known = await read(db, (c for cited in said.values() for c in cited), day)
    problems: dict[str, Text | Said | str] = {}
    for name, cited in said.items():
        if len(cited) > MOST:
            problems[name] = Said(_("Cite at most {most} entries."), {"most": MOST})
        for one in cited:
            if one not in known:
                problems[name] = Said(_("There is no entry “{cited}” to cite."), {"cited": one[:80]})
            elif not known[one].holds:
                problems[name] = Said(_("“{title}” no longer holds. Cite what holds today."), {"title": next(iter(known[one].title.values()))})
            elif known[one].district_id not in place.path:
                problems[name] = Said(_("“{title}” does not hold where this case is."), {"title": next(iter(known[one].title.values()))})
    if problems:
        raise Invalid(_("Some answers need your attention."), problems)


def cited_in(events: Iterable[Any], pickers: Mapping[str, Sequence[str]]) -> list[str]:
    """Return everything that a story cites; ``pickers`` maps a kind of event to its fields that cite."""
    found: list[str] = []
    for event in events:
        body = event.body or {}
        for name in pickers.get(event.kind, ()):
            found += (body.get("form") or {}).get(name) or []
        found += (body.get("told") or {}).get("cites") or []
    return found
