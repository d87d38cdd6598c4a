"""A case's words, kept up with the case: a consumer of the relay writes its row anew whenever something happened.

What is personal is never among the words. What only staff may read is marked so (weight D) and left out of a resident's question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import select, text

from banshi import words
from banshi.cases.book import House
from banshi.cases.decoding import shapes
from banshi.cases.tables import case, case_event
from banshi.cases.timing import ESCALATED
from banshi.contracts import CaseType
from banshi.db import Connection
from banshi.privacy import SEALED
from banshi.texts import labels
from banshi.words import Weight

CONSUMER = "search"
GRAM = 4
"""A number is found by any four digits in a row, and so by any longer part."""
WEEK = 7 * 86_400


async def index(db: Connection, house: House, case_ids: Sequence[int]) -> int:
    """Write the words of these cases anew, two queries and one statement whatever their number; return how many there were."""
    rows = (await db.execute(select(case).where(case.c.id.in_(case_ids)))).all()
    if not rows:
        return 0
    told = await db.execute(
        select(case_event.c.case_id, case_event.c.sequence, case_event.c.kind, case_event.c.audience, case_event.c.capacity, case_event.c.body)
        .where(case_event.c.case_id.in_([r.id for r in rows]), case_event.c.body.is_not(None))
        .order_by(case_event.c.case_id, case_event.c.sequence)
    )
    stories: dict[int, list[Any]] = {}
    for event in told:
        stories.setdefault(event.case_id, []).append(event)
    said = [_row(house, r, stories.get(r.id, ())) for r in rows]
    await db.execute(_WRITE, {"said": msgspec.json.encode(said).decode()})
    return len(said)


def marks(house: House, row: Any, *, answered: bool) -> list[str]:
    """Return what a case is found by beside its words: number, week, who may see it, category; an answered one by category, week and place at once.

    They only narrow where the index looks; who may see a case is asked of the case itself.
    """
    found = [f"#n{row.number[i : i + GRAM]}" for i in range(len(row.number) - GRAM + 1)]
    found += [f"#w{week(row.received)}", f"#z{row.district_id}", f"#c{category(house, row.type_id, row.category)}"]
    departments = [d for d in {row.department_id, *row.helpers} if d is not None]
    found += [f"#d{d}" for d in departments]
    if row.assignee_id is not None:
        found.append(f"#p{row.assignee_id}")
    if row.applicant_id is not None:
        found.append(f"#r{row.applicant_id}")
    if answered:
        kind, received = category(house, row.type_id, row.category), week(row.received)
        found += [solved(kind, received, place) for place in (f"z{row.district_id}", *(f"d{d}" for d in departments))]
    return found


def week(at: datetime) -> int:
    """Return the week of a moment, counted from 1970: what the index steps back through."""
    return int(at.timestamp()) // WEEK


def solved(kind: str, received: int, place: str) -> str:
    """Return the mark of an answered case of a kind of matter that was received in a week and lies with a department or in a district.

    One short list for each, where a mark for "answered" alone would be as long as the record: the index reads all of what it joins.
    """
    return f"#s{kind}.{received}.{place}"


def category(house: House, type_id: int, name: str | None) -> str:
    """Return the kind of matter across the versions of its type, as the index names it."""
    return f"{house.book[type_id].key}.{name or ''}"


def answering(declared: CaseType) -> frozenset[str]:
    """Return the actions whose text answers the applicant."""
    return frozenset(a.name for a in declared.actions if a.answers)


def filed(declared: CaseType | None, row: Any) -> list[str]:
    """Return the texts that were filed, as they were written: nothing personal, nothing that was chosen from a list."""
    return _texts(row.data, declared.form if declared else None)


def told(declared: CaseType | None, event: Any) -> list[str]:
    """Return the texts of an event, as they were written; of what is sealed or erased, nothing."""
    body = event.body or {}
    try:
        form = declared.action(event.kind).form if declared else None
    except KeyError:
        form = None
    more = (body.get("told") or {}).get("text")
    return [*_texts(body.get("form") or {}, form), *([more] if isinstance(more, str) else [])]


def answer_in(declared: CaseType | None, event: Any) -> str:
    """Return the longer text of an event that answers: a draft that was checked, else what its form asks for in more than a line."""
    body = event.body or {}
    checked = (body.get("told") or {}).get("text")
    if isinstance(checked, str) and checked:
        return checked
    try:
        long = [s.name for s in shapes(declared.action(event.kind).form) if s.ask.rows > 1] if declared else []
    except KeyError:
        long = []
    said = body.get("form") or {}
    return next((str(said[n]) for n in long if said.get(n)), "")


def _row(house: House, row: Any, story: Sequence[Any]) -> dict[str, Any]:
    declared = house.declared(row.type_id)
    kinds = answering(declared) if declared else frozenset()
    open_ones = (e for e in reversed(story) if e.kind in kinds and e.capacity != "resident" and e.audience != "staff")
    answer = next((e.sequence for e in open_ones if answer_in(declared, e)), None)
    parts = list(_parts(house, declared, row, story))
    return {"case_id": row.id, "words": words.vector(parts, marks(house, row, answered=answer is not None)), "answer": answer}


def _parts(house: House, declared: CaseType | None, row: Any, story: Sequence[Any]) -> Iterator[tuple[Weight, str]]:
    yield "A", row.title
    for said in filed(declared, row):
        yield "B", said
    if declared is not None and row.category:
        yield "C", " ".join(_category_words(declared.form, row.category))
    if row.area_id is not None:
        yield "C", " ".join(t for d in house.directory.tree.above(row.area_id) if d.parent_id is not None for t in d.title.values())
    for event in story:
        weight: Weight = "D" if event.audience == "staff" else "C"
        for said in told(declared, event):
            yield weight, said
        if event.kind == ESCALATED:  # what a clerk wrote is for colleagues, whoever reads that it was escalated
            yield "D", str((event.body.get("told") or {}).get("reason") or "")


def _texts(data: Mapping[str, Any], form: type[msgspec.Struct] | None) -> list[str]:
    left_out = {s.name for s in shapes(form) if s.personal or s.ask.options or s.ask.picks} if form else set()
    return [v for k, v in data.items() if k not in left_out and isinstance(v, str) and v and not v.startswith(SEALED)]


@lru_cache(maxsize=1000)
def _category_words(form: type[msgspec.Struct], name: str) -> tuple[str, ...]:
    """The category in every language: who types it finds its cases, whatever their words."""
    for shape in shapes(form):
        if shape.ask.role == "category":
            return tuple(t for o in shape.ask.options if o.value == name for t in labels(o.label).values())
    return ()


_WRITE = text("""
insert into kernel.case_words (case_id, words, answer)
select case_id, cast(words as tsvector), answer
from jsonb_to_recordset(cast(:said as jsonb)) as said(case_id bigint, words text, answer integer)
order by case_id
on conflict (case_id) do update set words = excluded.words, answer = excluded.answer
where (case_words.words, case_words.answer) is distinct from (excluded.words, excluded.answer)
""")
