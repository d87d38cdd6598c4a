"""Opening cases. ``open_many`` is the primitive, one statement whatever the number; ``open_one`` is many of one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import text

from banshi.audit import canonical
from banshi.cases import chain, consequences, numbers
from banshi.cases.book import House
from banshi.cases.decoding import shapes
from banshi.contracts import Actor, CaseType, Department, Filing, Marks, Put, Tie
from banshi.db import Connection
from banshi.errors import Invalid, KeyReused, NotFound
from banshi.privacy import personal_fields, seal_fields
from banshi.texts import translator

_ = translator("banshi")

OPENED = "opened"
INDEXED = frozenset({"name", "telephone", "identity_number"})
LONGEST_TITLE = 80
_DRAWS = 5


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """Where a case from another system stands already: written as history, with the moments it really happened.

    ``reference`` is its number there. ``closed`` without a state means that it is open.
    """

    reference: str
    state: str
    outcome: str | None = None
    changed: datetime | None = None
    closed: datetime | None = None
    department_id: int | None = None


class Master(msgspec.Struct, frozen=True, kw_only=True):
    """The open case that somebody joins with their own: who works on it, and how far its story is."""

    id: int
    number: str
    department_id: int | None
    assignee_id: int | None
    sequence: int


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A case to be opened: type, district, the filled form, and how it came; ``master`` where it joins a cluster (`linking.joinable` gives it).

    ``applicant_id`` is whose it is when staff open it for somebody with an account. ``department_id`` gives it to a department whatever the duties
    say. ``key`` is the idempotency key within the actor: the same key is the same case. ``received`` defaults to the moment.
    """

    case_type: CaseType
    district_id: int
    form: msgspec.Struct
    channel: str
    key: str = ""
    received: datetime | None = None
    past: Past | None = None
    master: Master | None = None
    applicant_id: int | None = None
    department_id: int | None = None
    lasting: bool = False


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A case that is open now; ``fresh`` is False where the key was known and this is the case from then."""

    number: str
    code: str
    fresh: bool
    department_id: int | None = None


async def open_one(db: Connection, house: House, actor: Actor, opening: Opening, at: datetime) -> Opened:
    """Open one case; see ``open_many``."""
    return (await open_many(db, house, actor, [opening], at))[0]


async def open_many(
    db: Connection, house: House, actor: Actor, openings: Sequence[Opening], at: datetime, *, draw: Any = numbers.draw
) -> list[Opened]:
    """Open cases in one statement and return them in order.

    Two openings with one key are one case. Raises ``KeyReused`` where a key came before with another body, ``NotFound`` where the
    district has the plugin off, ``Invalid`` for an area outside the district. ``draw`` gives numbers; one that is taken is drawn again.
    """
    waiting: dict[int, _Drafted] = {}
    result: dict[int, Opened] = {}
    first: dict[str, int] = {}
    same: list[tuple[int, int]] = []
    for position, opening in enumerate(openings):
        drafted = _draft(house, opening, await _marks(db, house, actor, opening, at))
        if drafted.key in first:
            if waiting[first[drafted.key]].fingerprint != drafted.fingerprint:
                raise _reused()
            same.append((position, first[drafted.key]))
            continue
        if drafted.key:
            first[drafted.key] = position
        waiting[position] = drafted
    for _attempt in range(_DRAWS):
        if not waiting:
            break
        result |= await _write(db, house, actor, waiting, at, draw)
        waiting = {p: d for p, d in waiting.items() if p not in result}
    if waiting:
        msg = f"{_DRAWS} numbers in a row were taken: the source of random numbers is broken"
        raise RuntimeError(msg)
    for position, original in same:
        result[position] = msgspec.structs.replace(result[original], fresh=False)
    return [result[p] for p in range(len(openings))]


class _Drafted(msgspec.Struct, frozen=True, kw_only=True):
    """An opening made ready: routed, sealed, fingerprinted; only the number is missing."""

    opening: Opening
    district_id: int
    key: str
    fingerprint: str
    department_id: int | None
    area_id: int | None
    title: str
    category: str | None
    data: dict[str, Any]
    priority: int
    confidentiality: str
    common: bool
    assignee_id: int | None
    indexes: tuple[tuple[str, str], ...]
    facts: dict[str, Any]
    rows: tuple[Put, ...]
    ties: tuple[tuple[str, Tie], ...] = ()


async def _marks(db: Connection, house: House, actor: Actor, opening: Opening, at: datetime) -> Marks:
    """Return what a form means for the record; types that prepare their cases ask the database for it."""
    declared = opening.case_type
    if declared.prepares is None:
        return declared.marks(opening.form) if declared.marks else Marks()
    filing = Filing(
        at=opening.received or at, city=house.directory, vault=house.keyring, district_id=opening.district_id, channel=opening.channel, actor=actor
    )
    return await declared.prepares(db, opening.form, filing)


def _draft(house: House, opening: Opening, marks: Marks) -> _Drafted:
    declared, tree = opening.case_type, house.directory.tree
    plain: dict[str, Any] = msgspec.to_builtins(opening.form)
    roles = {s.ask.role: plain.get(s.name) for s in shapes(declared.form) if s.ask.role}
    area_id = _area(house, opening.district_id, roles.get("area"))
    district_id = tree.serving_of(area_id).id if area_id else opening.district_id
    if not tree.has_on(district_id, declared.owner):
        raise NotFound(_("This district does not offer the service."))
    category = marks.category or roles.get("category") or None
    department = house.directory.responsible(declared.key, category, area_id or district_id)
    officer = house.directory.officer(marks.officer.strip()) if marks.officer else None
    if marks.officer and officer is None:
        raise Invalid(_("Nobody has the staff number {number}. Leave it empty if you are not sure."), number=marks.officer)
    if officer is not None:
        department = house.directory.department(officer.department_id)
    keyring = house.keyring
    indexes = tuple(
        (mark.kind, keyring.index(mark.kind, plain[name]).hex())
        for name, mark in personal_fields(declared.form).items()
        if mark.kind in INDEXED and plain.get(name)
    )
    told = [declared.key, declared.version, opening.district_id, opening.channel, plain]
    master = opening.master
    if master is not None:
        told.append(master.number)
    return _Drafted(
        opening=opening,
        district_id=district_id,
        key=opening.key,
        fingerprint=hashlib.sha256(canonical(told)).hexdigest(),
        department_id=master.department_id if master else marks.department_id or _department(opening, department),
        area_id=area_id,
        title=title_of(marks.title or str(roles.get("title") or "")),
        category=category,
        data=seal_fields(declared.form, plain, keyring),
        priority=marks.priority,
        confidentiality=marks.confidentiality,
        common=marks.common and not marks.confidentiality,
        assignee_id=master.assignee_id if master else officer.id if officer else None,
        indexes=indexes,
        facts={} if marks.facts is None else msgspec.to_builtins(marks.facts),
        rows=marks.rows,
        ties=marks.ties,
    )


def _department(opening: Opening, responsible: Department | None) -> int | None:
    """Return who gets a case: whom the opening names, whom another system named, else whose duty it is."""
    return opening.department_id or (opening.past and opening.past.department_id) or (responsible.id if responsible else None)


def _area(house: House, district_id: int, code: Any) -> int | None:
    if not code:
        return None
    found = house.directory.tree.find(str(code))
    if found is None or district_id not in found.path:
        raise Invalid(_("Some answers need your attention."), {"area": _("Choose a place in this district.")})
    return found.id


def title_of(told: str) -> str:
    """Return the line under which a case is listed: the first sentence of what was told, at most 80 characters."""
    first = re.split(r"(?<=[。！？!?])|\n|(?<=\.)\s", told.strip(), maxsplit=1)[0].strip()
    first = first.rstrip("。.!！")
    return first if len(first) <= LONGEST_TITLE else first[: LONGEST_TITLE - 1].rstrip() + "…"


async def _write(db: Connection, house: House, actor: Actor, waiting: Mapping[int, _Drafted], at: datetime, draw: Any) -> dict[int, Opened]:
    """Write what waits under freshly drawn numbers; what is missing from the result met a taken number."""
    drawn: dict[str, int] = {}
    cases: list[dict[str, Any]] = []
    events: list[chain.Event] = []
    indexes: list[dict[str, Any]] = []
    parties: list[dict[str, Any]] = []
    for position, drafted in waiting.items():
        number = draw()
        while number in drawn:
            number = draw()
        drawn[number] = position
        row, story = _rows(house, actor, drafted, number, at)
        cases.append(row)
        events.extend(story)
        indexes.extend({"number": number, "kind": kind, "digest": digest} for kind, digest in drafted.indexes)
        if actor.capacity == "resident" and actor.person_id is not None:
            hidden = drafted.confidentiality == "hidden"
            parties.append({"number": number, "role": "applicant", "person_id": actor.acting_for_id or actor.person_id, "confidential": hidden})
            if actor.acting_for_id is not None:
                parties.append({"number": number, "role": "helper", "person_id": actor.person_id, "confidential": hidden})
        elif drafted.opening.applicant_id is not None:
            whose = {"person_id": drafted.opening.applicant_id, "confidential": drafted.confidentiality == "hidden"}
            parties.append({"number": number, "role": "applicant"} | whose)
    said = {"cases": cases, "events": events, "indexes": indexes, "parties": parties}
    written = (await db.execute(OPEN, {"said": msgspec.json.encode(said).decode()})).all()
    by_key = {c["key"]: drawn[c["number"]] for c in cases}
    result: dict[int, Opened] = {}
    for found in written:
        drafted = waiting[by_key[found.key]]
        if found.fingerprint.hex() != drafted.fingerprint:
            raise _reused()
        code = numbers.code(house.keyring, found.number, found.key_id or house.keyring.newest)
        result[by_key[found.key]] = Opened(number=found.number, code=code, fresh=found.fresh, department_id=drafted.department_id)
        if found.fresh and drafted.rows:
            await consequences.put(db, drafted.opening.case_type.owner, drafted.rows, found.number)
        for other, kind in drafted.ties if found.fresh else ():
            await consequences.tie(db, found.number, other, kind, at)
    return result


def _rows(house: House, actor: Actor, drafted: _Drafted, number: str, at: datetime) -> tuple[dict[str, Any], list[chain.Event]]:
    """Return the row of a case and the first events of its story."""
    opening, past = drafted.opening, drafted.opening.past
    declared, received = opening.case_type, opening.received or at
    start = declared.states[0].name
    body: dict[str, Any] = {"title": drafted.title, "channel": opening.channel, "department": drafted.department_id}
    if drafted.assignee_id is not None:
        body["assignee"] = drafted.assignee_id
    if actor.credential:
        body["credential"] = actor.credential
    if past:
        body["reference"] = past.reference
    if opening.master:
        body["with"] = opening.master.number
    event, digest = chain.append(house.keyring, b"", number, 1, OPENED, actor, body, state=start, audience="applicant", at=received, recorded=at)
    story = [event]
    if past and past.state != start:
        told = {"outcome": past.outcome, "imported": True}
        when = past.closed or past.changed or received
        event, digest = chain.append(
            house.keyring, digest, number, 2, "imported", actor, told, state=past.state, audience="applicant", at=when, recorded=at
        )
        story.append(event)
    row = {
        "actor": actor.key,
        "key": drafted.key or number,
        "fingerprint": drafted.fingerprint,
        "created": at,
        "lasting": opening.lasting,
        "number": number,
        "district_id": drafted.district_id,
        "area_id": drafted.area_id,
        "type_id": house.book.of(declared).id,
        "title": drafted.title,
        "category": drafted.category,
        "state": past.state if past else start,
        "outcome": past.outcome if past else None,
        "applicant_id": (actor.acting_for_id or actor.person_id) if actor.capacity == "resident" else opening.applicant_id,
        "department_id": drafted.department_id,
        "assignee_id": drafted.assignee_id,
        "priority": drafted.priority,
        "confidentiality": drafted.confidentiality,
        "common": drafted.common,
        "master_id": opening.master.id if opening.master else None,
        "followed": -opening.master.sequence if opening.master else 0,
        "channel": opening.channel,
        "received": received,
        "closed": past.closed if past else None,
        "changed": (past.changed or past.closed or received) if past else at,
        "data": drafted.data,
        "facts": drafted.facts,
        "sequence": len(story),
        "digest": digest.hex(),
        "key_id": house.keyring.newest,
    }
    return row, story


def _reused() -> KeyReused:
    return KeyReused(_("This request was sent before with other contents. Start a new one."))


# One parameter, however many cases: the text of the statement never changes, so it is prepared once and planned once. A key that
# is known gives its old number (do nothing would give an empty answer to whoever comes second); a number that is taken gives no
# row, and is drawn again. It is looked up case by case: "not exists" becomes a join, and a plan made while there were few cases
# reads all of them for each opening (at 6,000 cases twice as slow) until the statistics are renewed.
OPEN = text("""
with said as (select cast(:said as jsonb) as j),
coming as (
    select r.* from said, jsonb_to_recordset(said.j -> 'cases') as r(
        actor text, key text, fingerprint text, created timestamptz, lasting boolean, number text, district_id bigint,
        area_id bigint, type_id integer, title text, category text, state text, outcome text, applicant_id bigint,
        department_id bigint, assignee_id bigint, priority smallint, confidentiality text, common boolean,
        master_id bigint, followed integer, channel text, received timestamptz, closed timestamptz, changed timestamptz, data jsonb,
        facts jsonb, sequence integer, digest text, key_id text)
),
known as (
    insert into kernel.idempotency (actor, key, fingerprint, number, created, lasting)
    select actor, key, decode(fingerprint, 'hex'), number, created, lasting from coming
    where (select taken.id from kernel."case" taken where taken.number = coming.number limit 1) is null
    on conflict (actor, key) do update set key = excluded.key
    returning actor, key, number, fingerprint, (xmax = 0) as fresh
),
opened as (
    insert into kernel."case" (number, district_id, area_id, type_id, title, category, state, outcome, applicant_id,
        department_id, assignee_id, priority, confidentiality, common, master_id, followed, channel, received, closed, changed, data, facts, revision,
        sequence, digest, key_id)
    select c.number, district_id, area_id, type_id, title, category, state, outcome, applicant_id,
        department_id, assignee_id, priority, confidentiality, common, master_id, followed, channel, received, closed, changed, data, facts, 1,
        sequence, decode(digest, 'hex'), key_id
    from coming c join known k on k.number = c.number and k.fresh
    returning id, number
),
told as (
    insert into kernel.case_event (case_id, sequence, kind, capacity, actor_id, post_id, acting_for_id, department_id, at,
        recorded, audience, state, salt, body, content, digest, key_id)
    select o.id, e.sequence, e.kind, e.capacity, e.actor_id, e.post_id, e.acting_for_id, e.department_id, e.at,
        e.recorded, e.audience, e.state, decode(e.salt, 'hex'), e.body, decode(e.content, 'hex'), decode(e.digest, 'hex'), e.key_id
    from said, jsonb_to_recordset(said.j -> 'events') as e(
        number text, sequence integer, kind text, capacity text, actor_id bigint, post_id bigint, acting_for_id bigint,
        department_id bigint, at timestamptz, recorded timestamptz, audience text, state text, salt text, body jsonb,
        content text, digest text, key_id text)
    join opened o on o.number = e.number
),
found as (
    insert into kernel.personal_index (kind, digest, case_id)
    select distinct i.kind, decode(i.digest, 'hex'), o.id
    from said, jsonb_to_recordset(said.j -> 'indexes') as i(number text, kind text, digest text)
    join opened o on o.number = i.number
),
joined as (
    insert into kernel.case_party (case_id, role, person_id, confidential)
    select o.id, p.role, p.person_id, p.confidential
    from said, jsonb_to_recordset(said.j -> 'parties') as p(number text, role text, person_id bigint, confidential boolean)
    join opened o on o.number = p.number
)
select k.key, k.number, k.fingerprint, k.fresh, before.key_id
from known k left join kernel."case" before on not k.fresh and before.number = k.number
""")
