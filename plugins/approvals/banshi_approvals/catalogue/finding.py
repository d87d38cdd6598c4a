"""What of the catalogue fits somebody's words: titles, summaries and the words that people type, in either language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from banshi import Found, district_table
from banshi_approvals.catalogue import content, reading
from banshi_approvals.catalogue.reading import Offer, Shelf

WORD = re.compile(r"[a-z0-9]{2,}")
HAN = re.compile(r"[\u4e00-\u9fff]+")
ENOUGH = 0.5
"""The part of what was typed that must be found."""


async def entries(db: Any, district: str, words: str, language: str, at: datetime, most: int) -> Sequence[Found]:
    """Return the sub-items that fit, the best first: the portal's search asks for them."""
    place = (await db.execute(select(district_table.c.id).where(district_table.c.code == district))).scalar_one_or_none()
    if place is None:
        return ()
    found = fitting(await reading.shelves(db, place, at), words)
    return [
        Found(title=content.say(o.item.title, language), href=f"item/{o.item.code}", summary=content.say(o.item.summary, language))
        for o in found[:most]
    ]


def fitting(shelves: Sequence[Shelf], words: str) -> list[Offer]:
    """Return the sub-items that fit somebody's words, the best first."""
    wanted = pieces(words)
    if not wanted:
        return []
    scored = []
    for shelf in shelves:
        for offer in shelf.offers:
            item = offer.item
            heading = " ".join([*item.title.values(), *(w for said in item.words for w in said.values())])
            below = " ".join([*item.summary.values(), *shelf.matter.title.values(), *item.grants.title.values()])
            first, second = wanted & pieces(heading), wanted & pieces(f"{heading} {below}")
            whole = any(w and w in heading.casefold() for w in (words.strip().casefold(),))
            if whole or len(second) / len(wanted) >= ENOUGH:
                scored.append((-(3 * whole + 2 * len(first) / len(wanted) + len(second) / len(wanted)), item.code, offer))
    return [offer for _score, _code, offer in sorted(scored, key=lambda s: s[:2])]


def pieces(text: str) -> set[str]:
    """Return the words of a text, Chinese ones as overlapping pairs."""
    said = text.casefold()
    pairs = {run[i : i + 2] for run in HAN.findall(said) for i in range(max(1, len(run) - 1))}
    return pairs | {word.rstrip("s") for word in WORD.findall(said)}
