"""Finding cases by their words, and cases that are like a case.

A common word stands in tens of thousands of cases; to rank all of them would cost what the record has grown to. So the index is asked for the
last weeks first, then further back, and stops when there is enough to rank: what is found is the best of the newest, never an arbitrary part.
Who may see a case narrows the question to the reader's departments before anything is read, and is asked of each case again afterwards, since
the index follows the record by a moment.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import msgspec
from sqlalchemy import ARRAY, BigInteger, Float, Integer, Row, column, func, literal, select
from sqlalchemy import Text as SqlText

from banshi import words
from banshi.cases import reading
from banshi.cases.book import House
from banshi.cases.decoding import shapes
from banshi.cases.numbers import DIGITS
from banshi.cases.reading import FOR_APPLICANT, FOR_STAFF
from banshi.cases.tables import case, case_event
from banshi.cases.visibility import predicate
from banshi.contracts import Actor
from banshi.db import Connection
from banshi.identity.tables import post
from banshi.search import indexing
from banshi.search.indexing import GRAM
from banshi.search.tables import case_words
from banshi.words import Term

SHOWN = 50
ENOUGH = 200
MOST = 500
"""Of these the best are shown; with ``ENOUGH`` of them the index is not asked for older ones."""
BACK = (1, 5, 27, 105)
"""So many weeks back are asked one after the other, before all that is older."""
LIKE_BACK = (0, 1, 2, 3, 4, 6, 9, 14, 22, 35, 56, 90, 150, 261)
"""From week to week back, then in longer steps: how like cases were answered is asked of the last five years. A busy department answers hundreds
of one kind in a week, and the index looks at every one of a band."""
LIKE_ENOUGH, LIKE_MOST, LIKE_TRIED = 30, 60, 150
"""So many of the newest are looked at one by one: in most kinds of matter the same words come every week, and an index that joins words which
stand in every fifth case costs more than reading the cases. Where that is not enough the index is asked, from the beginning: the words are rare."""
YOUNG = 90.0
"""Days after which a case counts half as much for being new."""
RESIDENTS = "ABC"
_GROUPS = re.compile("[0-9]{1,4}(-[0-9]{1,4}){1,2}-?|[0-9]{4}-")
ALIKE = 2
"""So many telling pieces must be the same in two cases that are called alike."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a question found: the cases, the best first, with ``more`` where others were left out; ``terms`` are what is marked in their words."""

    rows: Sequence[Row[Any]] = ()
    terms: tuple[Term, ...] = ()
    more: bool = False
    shown: dict[int, str] = {}
    """For each case (by id) a text in which it was found, where its title does not say it."""


async def find(db: Connection, house: House, actor: Actor, asked: str, at: datetime, *, most: int = SHOWN) -> Found:
    """Return the best of the cases that ``actor`` may see for what is ``asked``; three queries at most, none where it asks for nothing.

    Each row is the case with ``staff_number`` of its officer.
    """
    terms, scope = _terms(asked), _scope(house, actor)
    if not terms or scope is None:
        return Found(terms=tuple(terms))
    weights = "" if actor.capacity == "staff" else RESIDENTS

    async def best(wanted: Sequence[Term]) -> Sequence[Row[Any]]:
        said = " & ".join(_one(t, weights) for t in wanted)
        bands = literal(_bands(f"{said} & {scope}", at), ARRAY(SqlText))
        found = func.kernel.find_words(bands, words.tsquery(wanted, weights=weights, any_of=True), ENOUGH, MOST)
        return await _best(db, house, actor, found, at, most + 1)

    rows = await best(terms)
    if not rows and (wider := words.widened(terms)) != terms:
        terms, rows = wider, await best(wider)
    rows, more = rows[:most], len(rows) > most
    return Found(rows=rows, terms=tuple(terms), more=more, shown=await _texts(db, house, rows, terms, actor))


async def like(db: Connection, house: House, actor: Actor, row: Any, at: datetime, *, most: int = 3) -> Sequence[Row[Any]]:
    """Return answered cases of the same kind of matter that say most of what this one says, as far as ``actor`` sees them; one query.

    Each row is the case with the event that answered it: ``answer_kind``, ``answer_department_id``, ``answer_at``, ``answer_body``.
    """
    said, places = _content(house, row), _places(house, actor)
    terms = words.telling(said)
    if not terms or not places:
        return ()
    any_of, kind, now = words.tsquery(terms, any_of=True), indexing.category(house, row.type_id, row.category), indexing.week(at)
    bands = [
        " | ".join(f"'{indexing.solved(kind, now - back, place)}'" for back in range(start, stop) for place in places)
        for start, stop in pairwise(LIKE_BACK)
    ]
    asked = func.kernel.find_like(literal(bands, ARRAY(SqlText)), any_of, LIKE_ENOUGH, LIKE_MOST, LIKE_TRIED)
    rows = await _best(db, house, actor, asked, at, most * 4, but=row.id, answered=True)
    own = {p for t in terms for p in t.pieces}
    return [r for r in rows if len(own.intersection(words.pieces(_content(house, r)))) >= ALIKE][:most]


async def answer(db: Connection, house: House, actor: Actor, number: str) -> str:
    """Return the text that answered a case that ``actor`` may see, empty where there is none; NotFound where it is not for these eyes."""
    row = await reading.get(db, house, actor, number)
    statement = select(case_event.c.kind, case_event.c.body).join(
        case_words, (case_words.c.case_id == case_event.c.case_id) & (case_words.c.answer == case_event.c.sequence)
    )
    event = (await db.execute(statement.where(case_event.c.case_id == row.id))).one_or_none()
    return indexing.answer_in(house.declared(row.type_id), event) if event else ""


def answer_of(house: House, row: Any) -> str:
    """Return the text that answered a case that `like` gave."""
    return indexing.answer_in(house.declared(row.type_id), Told(kind=row.answer_kind, body=row.answer_body))


class Told(msgspec.Struct, frozen=True):
    """An event's kind and body."""

    kind: str
    body: Any


def _content(house: House, row: Any) -> str:
    """The matter in the applicant's words, without the place."""
    declared = house.declared(row.type_id)
    names = [s.name for s in shapes(declared.form) if s.ask.role == "title"] if declared else []
    return " ".join([row.title, *(str(row.data.get(n) or "") for n in names)])


async def _best(
    db: Connection,
    house: House,
    actor: Actor,
    asked: Any,
    at: datetime,
    most: int,
    *,
    but: int = 0,
    answered: bool = False,
) -> Sequence[Row[Any]]:
    found = asked.table_valued(column("case_id", BigInteger), column("rank", Float), column("answer", Integer)).alias("found")
    age = func.greatest(func.extract("epoch", literal(at) - case.c.received), 0) / 86_400.0
    score = found.c.rank * (1 + 1 / (1 + age / YOUNG))
    best = (
        select(found.c.case_id, found.c.answer, score.label("score"))
        .join(case, case.c.id == found.c.case_id)
        .where(predicate(house, actor), case.c.id != but)
        .order_by(score.desc(), found.c.case_id.desc())
        .limit(most)
        .cte("best")
        .prefix_with("materialized", dialect="postgresql")
    )
    statement = select(case, post.c.staff_number).join(best, best.c.case_id == case.c.id).outerjoin(post, post.c.id == case.c.assignee_id)
    if answered:
        told = [case_event.c[n].label(f"answer_{n}") for n in ("kind", "department_id", "at", "body")]
        statement = statement.add_columns(*told).join(case_event, (case_event.c.case_id == best.c.case_id) & (case_event.c.sequence == best.c.answer))
    return (await db.execute(statement.order_by(best.c.score.desc(), case.c.id.desc()))).all()


def _bands(asked: str, at: datetime) -> list[str]:
    """Return the question for the last weeks, for those before them, and for all the rest."""
    now, bands, start = indexing.week(at), [], 0
    for weeks in BACK:
        bands.append(f"{asked} & ({_weeks(now, start, weeks)})")
        start = weeks
    return [*bands, f"{asked} & !({_weeks(now, 0, start)})"]


def _weeks(now: int, start: int, stop: int) -> str:
    return " | ".join(f"'#w{now - back}'" for back in range(start, stop))


def _terms(asked: str) -> list[Term]:
    """Return what is asked for; a part of a number that was typed as it is printed, in groups, is one thing."""
    terms, digits = words.terms(asked), asked.replace("-", "").strip()
    if _GROUPS.fullmatch(asked.strip()) and GRAM <= len(digits) <= DIGITS:
        return [Term(tuple(p for t in terms for p in t.pieces), open=False, said=digits)]
    return terms


def _one(term: Term, weights: str) -> str:
    """Return the question for one thing: digits may be a part of a case's number, too."""
    said = words.tsquery([term], weights=weights)
    if not term.said.isdigit() or not GRAM <= len(term.said) <= DIGITS:
        return f"({said})"
    number = " & ".join(f"'#n{term.said[i : i + GRAM]}'" for i in range(len(term.said) - GRAM + 1))
    return f"({said} | ({number}))"


def _places(house: House, actor: Actor) -> list[str]:
    """Return the departments and districts whose cases an officer sees, in the index's words; none for anybody else."""
    if actor.capacity != "staff":
        return []
    found = []
    for seat in (actor, *actor.stands_for):
        if seat.reach == "district" and seat.district_id is not None:
            found += [f"z{d.id}" for d in house.directory.tree.below(seat.district_id) if d.level in {"city", "district"}]
        elif seat.department_id is not None:
            found.append(f"d{seat.department_id}")
    return list(dict.fromkeys(found))


def _scope(house: House, actor: Actor) -> str | None:
    """Return what narrows the index to what ``actor`` may see: the branches of `visibility` in the index's words. None: nothing is visible."""
    if actor.capacity == "resident":
        whose = actor.acting_for_id or actor.person_id
        return None if whose is None else f"'#r{whose}'"
    if actor.capacity == "system":
        return "!'#'"
    posts = [f"p{seat.post_id}" for seat in (actor, *actor.stands_for) if seat.post_id is not None]
    found = [f"'#{mark}'" for mark in (*_places(house, actor), *posts)]
    return f"({' | '.join(dict.fromkeys(found))})" if found else None


async def _texts(db: Connection, house: House, rows: Sequence[Row[Any]], terms: Sequence[Term], actor: Actor) -> dict[int, str]:
    """Return for each case a text that says what was asked for; where neither title nor filing does, one of its story: a query for those."""
    found: dict[int, str] = {}
    quiet = []
    for row in rows:
        text = _saying([_after_title(t, row.title) for t in indexing.filed(house.declared(row.type_id), row)], terms)
        if text:
            found[row.id] = text
        elif not all(_says(row.title, [t]) for t in terms):
            quiet.append(row)
    if quiet:
        audiences = FOR_STAFF if actor.capacity == "staff" else FOR_APPLICANT
        events = await db.execute(
            select(case_event.c.case_id, case_event.c.kind, case_event.c.body, case_event.c.sequence)
            .where(case_event.c.case_id.in_([r.id for r in quiet]), case_event.c.audience.in_(audiences), case_event.c.body.is_not(None))
            .order_by(case_event.c.case_id, case_event.c.sequence.desc())
        )
        types = {r.id: house.declared(r.type_id) for r in quiet}
        for event in events:
            if event.case_id not in found and (text := _saying(indexing.told(types[event.case_id], event), terms)):
                found[event.case_id] = text
    return found


def _after_title(text: str, title: str) -> str:
    """A text without the first sentence that became the title: it stands above already."""
    start = title.removesuffix("…")
    return text.removeprefix(start).lstrip("。.!！ \n") if text.startswith(start) else text


def _saying(texts: Sequence[str], terms: Sequence[Term]) -> str:
    return next((words.excerpt(t, terms) for t in texts if _says(t, terms)), "")


def _says(text: str, terms: Sequence[Term]) -> bool:
    return any(hit for _stretch, hit in words.marked(text, terms))
