"""Acting on cases. ``act_many`` is the primitive, two statements whatever the number; ``act_one`` is many of one.

The first statement locks the cases in a fixed order and reads them; guards and effects see a prepared snapshot and return what
they want changed; the second statement writes it with the events. Nothing changes a case any other way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Row, column, func, literal, or_, select, text
from sqlalchemy.dialects.postgresql import JSONB

from banshi.audit import canonical
from banshi.cases import chain, consequences, opening, standing_in
from banshi.cases.book import House
from banshi.cases.decoding import decode
from banshi.cases.numbers import show
from banshi.cases.opening import Opening
from banshi.cases.tables import case, case_event, idempotency
from banshi.cases.visibility import predicate
from banshi.contracts import OFFICE, Action, Actor, CaseType, Changes, Context, Seat, Snapshot
from banshi.db import Connection
from banshi.errors import Changed, Forbidden, KeyReused, NotAllowedNow, NotFound, PluginError, Refused
from banshi.privacy import seal_fields
from banshi.texts import Text, translator

_ = translator("banshi")


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One action on one case. ``revision`` is that of what it was decided on (None: whatever it is now); ``key`` makes it safe to send twice.

    ``page``: a person decided it on a page, to whom papers that the platform made since change nothing. For a program a revision is the very one.
    """

    number: str
    action: str
    form: msgspec.Struct | None = None
    revision: int | None = None
    key: str = ""
    page: bool = False


class Acted(msgspec.Struct, frozen=True, kw_only=True):
    """What an action led to; ``fresh`` is False where the key was known and nothing was written again."""

    number: str
    state: str
    revision: int
    sequence: int
    fresh: bool = True


async def act_one(db: Connection, house: House, actor: Actor, act: Act, at: datetime) -> Acted:
    """Act on one case; raise what ``act_many`` returns for it when it is refused."""
    result = (await act_many(db, house, actor, [act], at))[0]
    if isinstance(result, Refused):
        raise result
    return result


async def act_many(db: Connection, house: House, actor: Actor, acts: Sequence[Act], at: datetime) -> list[Acted | Refused]:
    """Act on several cases, at most once on each; return for each what it led to, or why it was refused.

    Refusals: ``NotFound`` (unknown, or not for these eyes), ``Forbidden`` (permission, own case), ``NotAllowedNow`` (state), ``Changed``
    (another revision, with the events since), ``KeyReused``, and whatever a guard raises.
    """
    if len({a.number for a in acts}) != len(acts):
        msg = "act_many takes each case once; act again in a second call"
        raise ValueError(msg)
    if consequences.families(house.registry, [a.action for a in acts]):
        await consequences.lock_families(db, [a.number for a in acts])
    rows = {r.number: r for r in await _lock(db, house, actor, acts)}
    result: dict[str, Acted | Refused] = {}
    prepared: dict[str, Prepared] = {}
    for act in acts:
        try:
            done = _replayed(act, rows.get(act.number))
            if done is not None:
                result[act.number] = done
            else:
                prepared[act.number] = await ready(db, house, actor, act, rows.get(act.number), at)
        except Refused as refused:
            result[act.number] = await _explained(db, actor, act, rows.get(act.number), refused)
    if prepared:
        result |= await write(db, actor, prepared, at)
        await settle(db, house, prepared, result, at)
    return [result[a.number] for a in acts]


async def settle(db: Connection, house: House, prepared: Mapping[str, Prepared], result: Mapping[str, Acted | Refused], at: datetime) -> None:
    """Carry out what effects asked for beside their own cases, which are written and locked; what another case refuses, refuses the whole."""
    for number, step in prepared.items():
        done, changes = result.get(number), step.changes
        if not isinstance(done, Acted) or not done.fresh or not (changes.rows or changes.opens or changes.tells):
            continue
        declared = house.declared(step.row["type_id"])
        if declared is None:
            continue
        await consequences.put(db, declared.owner, changes.rows, number)
        for wanted in changes.opens:
            other = house.registry.case_type(f"{declared.owner}.{wanted.case_type}")
            key = f"{number}:{done.sequence}:{wanted.key}"
            district_id = (await db.execute(select(case.c.district_id).where(case.c.number == number))).scalar_one()
            opened = await opening.open_one(
                db,
                house,
                Actor.SYSTEM,
                Opening(case_type=other, district_id=district_id, form=wanted.form, channel="office", key=key, department_id=wanted.department_id),
                at,
            )
            await consequences.tie(db, opened.number, number, wanted.tie, at)
        for told in changes.tells:
            key = f"{number}:{done.sequence}:{told.action}:{told.number}"
            await act_one(db, house, Actor.SYSTEM, Act(number=told.number, action=told.action, form=told.form, key=key), at)


async def act_alike(
    db: Connection, house: House, actor: Actor, numbers: Sequence[str], action: str, answers: Mapping[str, Any], at: datetime, *, key: str = ""
) -> list[Acted | Refused]:
    """Do one thing, with one filled form (raw ``answers``), on many cases; return a result for each, in order.

    Three statements whatever the number. Only actions declared ``bulk`` can be done so. Raises ``Invalid`` for answers that the form of the
    first case's type refuses; what one case refuses is its own result.
    """
    found = await db.execute(select(case.c.number, case.c.type_id).where(case.c.number.in_(numbers), predicate(house, actor)))
    types = {r.number: house.declared(r.type_id) for r in found}
    forms: dict[str, msgspec.Struct] = {}
    result: dict[str, Acted | Refused] = {}
    acts: list[Act] = []
    for number in numbers:
        declared = types.get(number)
        if declared is None:
            result[number] = NotFound(_("There is no case {number} that you may see."), number=show(number))
            continue
        found_action = next((a for a in declared.actions if a.name == action and a.bulk), None)
        if found_action is None:
            result[number] = NotAllowedNow(_("“{action}” cannot be done to many cases at once."), action=action)
            continue
        if declared.key not in forms:
            forms[declared.key] = decode(found_action.form, answers)
        acts.append(Act(number=number, action=action, form=forms[declared.key], key=f"{key}:{number}" if key else ""))
    if acts:
        done = await act_many(db, house, actor, acts, at)
        result |= {a.number: r for a, r in zip(acts, done, strict=True)}
    return [result[n] for n in numbers]


def allowed(house: House, actor: Actor, case_row: Any, at: datetime) -> list[Action]:
    """Return the actions that ``actor`` may take on a case as it stands, in the order the type declares them."""
    declared = house.declared(case_row.type_id)
    if declared is None or _own(actor, case_row) or not house.directory.tree.has_on(case_row.district_id, declared.owner):
        return []
    fitting = [a for a in declared.actions if case_row.state in a.sources and not _led(actor, a, case_row)]
    places = standing_in.places(actor, case_row)
    found = [a for a in fitting if _place(house, actor, a, case_row, places) is not None]
    if not any(a.offered for a in found):
        return found
    case_, context = snapshot(declared, case_row), Context(actor=actor, at=at, city=house.directory, vault=house.keyring)
    return [a for a in found if a.offered is None or a.offered(case_, context)]


def snapshot(declared: CaseType, row: Any) -> Snapshot:
    """Return a case as guards and effects see it."""
    fields = {f: getattr(row, f) for f in Snapshot.__struct_fields__ if f != "facts"}
    return Snapshot(**fields | {"facts": msgspec.convert(row.facts, declared.facts), "helpers": tuple(row.helpers), "recused": tuple(row.recused)})


class Prepared(msgspec.Struct, frozen=True, kw_only=True):
    """A case's new row and the event that tells of it, ready to be written."""

    act: Act
    row: dict[str, Any]
    event: chain.Event
    changes: Changes = Changes()


async def _lock(db: Connection, house: House, actor: Actor, acts: Sequence[Act]) -> Sequence[Row[Any]]:
    """Lock the cases in the order of their ids and read them, each with what its key was used for before."""
    said = [{"number": a.number, "key": a.key} for a in acts]
    coming = (
        func.jsonb_to_recordset(literal(said, JSONB))
        .table_valued(column("number", case.c.number.type), column("key", case.c.number.type), name="coming")
        .render_derived(with_types=True)
    )
    statement = (
        select(case, idempotency.c.fingerprint.label("known"))
        .join(coming, coming.c.number == case.c.number)
        .outerjoin(idempotency, (idempotency.c.actor == actor.key) & (idempotency.c.key == coming.c.key))
        .where(predicate(house, actor))
        .order_by(case.c.id)
        .with_for_update(of=case)
    )
    if kinds := standing_in.preparing(house.registry, [a.action for a in acts]):
        statement = statement.add_columns(standing_in.prepared_by(kinds).label("prepared"))
    return (await db.execute(statement)).all()


def _replayed(act: Act, row: Any) -> Acted | None:
    """Return what the act led to when its key was already used for the same, else None."""
    if row is None or not act.key or row.known is None:
        return None
    if row.known != _fingerprint(act):
        raise KeyReused(_("This request was sent before with other contents. Start a new one."))
    return Acted(number=row.number, state=row.state, revision=row.revision, sequence=row.sequence, fresh=False)


async def ready(db: Connection, house: House, actor: Actor, act: Act, row: Any, at: datetime) -> Prepared:
    """Return an act on a locked case, ready to be written; raise why it is refused."""
    if row is None:
        raise NotFound(_("There is no case {number} that you may see."), number=show(act.number))
    declared = house.declared(row.type_id)
    if declared is None or not house.directory.tree.has_on(row.district_id, declared.owner):
        raise NotAllowedNow(_("Case {number} can be read but not worked on: its service is switched off here."), number=show(row.number))
    try:
        action = declared.action(act.action)
    except KeyError:
        raise NotFound(_("There is no action “{action}”."), action=act.action) from None
    places = standing_in.places(actor, row)
    if not any(_carries(p, action) for p in places):
        raise Forbidden(_("Your post does not carry the right to do this."))
    if _own(actor, row):
        raise Forbidden(_("You cannot work on your own case. A colleague must do it."))
    if _led(actor, action, row):
        raise NotAllowedNow(_("Case {number} is worked on together with others, by the case that leads them. Act there."), number=show(row.number))
    place = _place(house, actor, action, row, places)
    if place is None:
        raise Forbidden(JUDGED if action.judges else SEATS[action.seat], action=action.title, number=show(row.number))
    if act.revision not in {None, row.revision} and not action.commutes and not (act.page and await _only_papers(db, row, act.revision or 0)):
        raise Changed(_("Somebody acted on case {number} since you opened it."), number=show(row.number))
    if row.state not in action.sources:
        raise NotAllowedNow(
            _("“{action}” is not possible now: case {number} is in the state “{state}”."),
            action=action.title,
            number=show(row.number),
            state=declared.state(row.state).title,
        )
    form = act.form if act.form is not None else action.form()
    case_, context = snapshot(declared, row), Context(actor=actor, at=at, city=house.directory, vault=house.keyring)
    if action.offered is not None and not action.offered(case_, context):
        raise NotAllowedNow(_("“{action}” is not possible on case {number} as it stands."), action=action.title, number=show(row.number))
    if action.another and (made := (row.prepared or {}).get(action.another)) and standing_in.is_theirs(house, actor, place, made):
        raise NotAllowedNow(ANOTHER, action=action.title, number=show(row.number))
    if action.reads is not None:
        context = msgspec.structs.replace(context, found=await action.reads(db, case_, form, context))
    if action.guard is not None:
        action.guard(case_, form, context)
    changes = action.effect(case_, form, context) if action.effect is not None else Changes()
    return prepare(house, actor, act, action, declared, row, form, changes, at, place=place)


def prepare(
    house: House,
    actor: Actor,
    act: Act,
    action: Action,
    declared: CaseType,
    row: Any,
    form: msgspec.Struct,
    changes: Changes,
    at: datetime,
    *,
    place: Actor | None = None,
) -> Prepared:
    """Return the case's new row and the event that tells of it. Whoever calls it has locked the case, and asked whether it may be done.

    ``place`` is the absent officer in whose seat a deputy acts.
    """
    place = place or actor
    state = action.to or row.state
    if changes.state is not msgspec.UNSET:
        if changes.state not in action.also_to:
            msg = f"{declared.key}.{action.name} leads to {changes.state!r}, which its also_to does not name"
            raise PluginError(msg)
        state = changes.state
    told: dict[str, Any] = seal_fields(action.form, msgspec.to_builtins(form), house.keyring)
    was_final, final = declared.state(row.state).final, declared.state(state).final
    if final and not was_final and actor.capacity == "staff" and _or(changes.owes, row.owes):
        raise NotAllowedNow(OWES, number=show(row.number))
    outcome = row.outcome if final else None
    if final and not was_final:
        outcome = told.get("outcome") or action.outcome
    if changes.outcome is not msgspec.UNSET:
        outcome = changes.outcome
    stood_in = place.post_id if place.post_id != actor.post_id and changes.recused is msgspec.UNSET else None
    who = msgspec.structs.replace(actor, department_id=place.department_id) if stood_in is not None else actor
    assignee = place.post_id if action.takes else row.assignee_id
    row_now = {
        "id": row.id,
        "type_id": row.type_id,
        "key": act.key or f"{row.number}:{row.revision + 1}",
        "fingerprint": _fingerprint(act).hex(),
        "number": row.number,
        "revision": row.revision + 1,
        "sequence": row.sequence + 1,
        "state": state,
        "outcome": outcome,
        "closed": (row.closed if was_final else at) if final else None,
        "title": _or(changes.title, row.title),
        "department_id": _or(changes.department_id, row.department_id),
        "assignee_id": _or(changes.assignee_id, assignee),
        "priority": _or(changes.priority, row.priority),
        "facts": row.facts if changes.facts is msgspec.UNSET else msgspec.to_builtins(changes.facts),
        "helpers": list(_or(changes.helpers, row.helpers)),
        "recused": list(_or(changes.recused, row.recused)),
        "data": row.data if changes.data is msgspec.UNSET else seal_fields(declared.form, dict(changes.data), house.keyring),
        "master_id": None if _parts(actor, declared, action, row, state) else row.master_id,
        "followed": row.followed,
        "heard": row.assignee_id is not None and row.assignee_id == actor.post_id,
        "owes": _or(changes.owes, row.owes),
    }
    moved = {k: row_now[k] for k in MOVED if row_now[k] != getattr(row, k)}
    body = {"form": told} | ({"changed": moved} if moved else {})
    if changes.told is not msgspec.UNSET:
        body["told"] = dict(changes.told)
    event, digest = chain.append(
        house.keyring,
        row.digest,
        row.number,
        row.sequence + 1,
        action.name,
        who,
        body,
        state=state,
        audience=action.audience,
        at=at,
        recorded=at,
        for_post_id=stood_in,
    )
    return Prepared(act=act, row=row_now | {"digest": digest.hex()}, event=event, changes=changes)


async def write(db: Connection, actor: Actor, prepared: dict[str, Prepared], at: datetime) -> dict[str, Acted | Refused]:
    """Write what was prepared, each case with its event, in one statement."""
    said = {
        "cases": [{"actor": actor.key, "at": at} | p.row for p in prepared.values()],
        "events": [p.event for p in prepared.values()],
    }
    rows = (await db.execute(ACT, {"said": msgspec.json.encode(said).decode()})).all()
    result: dict[str, Acted | Refused] = {}
    for row in rows:
        done = prepared[row.number]
        if not row.fresh and row.fingerprint.hex() != done.row["fingerprint"]:
            result[row.number] = KeyReused(_("This request was sent before with other contents. Start a new one."))
            continue
        back = 0 if row.fresh else 1
        result[row.number] = Acted(
            number=row.number,
            state=done.row["state"],
            revision=done.row["revision"] - back,
            sequence=done.row["sequence"] - back,
            fresh=row.fresh,
        )
    return result


async def _only_papers(db: Connection, row: Any, seen: int) -> bool:
    """Return whether all that happened since a revision is that the platform added papers: a copy of what the office had said already."""
    if not 0 < seen < row.revision:
        return False
    since = case_event.c.case_id == row.id, case_event.c.sequence > row.sequence - (row.revision - seen)
    other = or_(case_event.c.kind != "attached", case_event.c.capacity != "system")
    return (await db.execute(select(case_event.c.sequence).where(*since, other).limit(1))).first() is None


async def _explained(db: Connection, actor: Actor, act: Act, row: Any, refused: Refused) -> Refused | Acted:
    """Return the refusal with what the reader needs to go on; only a refused act costs this query.

    The same act, sent twice at once, waits for the lock and then finds the state moved: its key tells that it was done.
    """
    if row is None:
        return refused
    if act.key and isinstance(refused, (NotAllowedNow, Changed)):
        known = await db.execute(select(idempotency.c.fingerprint).where(idempotency.c.actor == actor.key, idempotency.c.key == act.key))
        if known.scalar_one_or_none() == _fingerprint(act):
            return Acted(number=row.number, state=row.state, revision=row.revision, sequence=row.sequence, fresh=False)
    if isinstance(refused, Changed):
        seen = act.revision or 0
        since = await db.execute(
            select(case_event)
            .where(case_event.c.case_id == row.id, case_event.c.sequence > row.sequence - (row.revision - seen))
            .order_by(case_event.c.sequence)
        )
        return Changed(refused.text, since.all(), **refused.values)
    return refused


ANOTHER = _("“{action}” on case {number} is for somebody else: you prepared it, or you stand in for who did, or they for you.")


def _place(house: House, actor: Actor, action: Action, row: Any, places: Sequence[Actor]) -> Actor | None:
    """Return in whose place the actor takes an action on a case: a seat that it is up to, with the right to it; None where there is none.

    For the officer in charge a deputy's own right does, too.
    """
    for place in places:
        carries = _carries(place, action) or (place.post_id == row.assignee_id and _carries(actor, action))
        if carries and _seated(house, place, action, row):
            return place
    return None


def _carries(actor: Actor, action: Action) -> bool:
    if actor.capacity not in action.by:
        return False
    return actor.capacity != "staff" or actor.may(action.needs)


MOVED = ("department_id", "assignee_id", "priority", "outcome", "helpers", "master_id", "owes")
"""What an event tells of beside the state, where it changed."""
SEATS: dict[Seat, Text] = {
    "any": _("Your post does not carry the right to do this."),
    "charge": _("“{action}” is up to the department in charge of case {number}."),
    "help": _("“{action}” is up to the departments that help with case {number}."),
    "intake": _("“{action}” is up to the intake desk."),
    "superior": _("“{action}” is up to the superiors of the department in charge of case {number}."),
}


OWES = _("Case {number} was escalated: its closing report comes first. Write what went wrong and how it is avoided, then close it.")
JUDGED = _("“{action}” judges your own department on case {number}. The resident enters it online, or another desk does.")


def _seated(house: House, actor: Actor, action: Action, row: Any) -> bool:
    """Return whether the action is this actor's part: several departments, one lead, one answer.

    Who enters what a resident says on the telephone acts as that resident, from a post (domain 7.3: the judged department is not asked).
    """
    if actor.capacity == "resident" and actor.post_id is not None and action.judges:
        return bool(actor.department_id != row.department_id)
    if actor.capacity != "staff" or action.seat == "any":
        return True
    if action.seat == "superior":
        return house.directory.over(actor.department_id, row.department_id)
    if action.seat == "charge":
        return actor.department_id == row.department_id or (actor.post_id is not None and actor.post_id == row.assignee_id)
    if action.seat == "help":
        return actor.department_id in row.helpers
    return actor.department_id is not None and house.directory.department(actor.department_id).part == "intake"


def _led(actor: Actor, action: Action, row: Any) -> bool:
    """Return whether the action is up to the master of the case's cluster."""
    return row.master_id is not None and actor.capacity == "staff" and not action.alone


def _parts(actor: Actor, declared: CaseType, action: Action, row: Any, state: str) -> bool:
    """Return whether a member leaves its cluster: its own resident does not take what settled the others for a solution."""
    if row.master_id is None or actor.capacity != "resident" or state == row.state:
        return False
    return declared.state(state).waits_for == OFFICE and (action.judges or declared.state(row.state).final)


def _own(actor: Actor, row: Any) -> bool:
    return actor.capacity == "staff" and actor.person_id is not None and row.applicant_id == actor.person_id


def _fingerprint(act: Act) -> bytes:
    form = msgspec.to_builtins(act.form) if act.form is not None else None
    return hashlib.sha256(canonical([act.number, act.action, form])).digest()


def _or(changed: Any, now: Any) -> Any:
    return now if changed is msgspec.UNSET else changed


ACT = text("""
with said as (select cast(:said as jsonb) as j),
coming as (
    select r.* from said, jsonb_to_recordset(said.j -> 'cases') as r(
        id bigint, type_id integer, actor text, key text, fingerprint text, number text, at timestamptz, revision integer, sequence integer,
        state text, outcome text, closed timestamptz, title text, department_id bigint, assignee_id bigint, priority smallint,
        master_id bigint, followed integer, data jsonb, facts jsonb, helpers bigint[], recused bigint[], owes boolean, digest text,
        deputy_id bigint, heard boolean)
),
known as (
    insert into kernel.idempotency (actor, key, fingerprint, number, created)
    select actor, key, decode(fingerprint, 'hex'), number, at from coming
    on conflict (actor, key) do update set key = excluded.key
    returning key, number, fingerprint, (xmax = 0) as fresh
),
changed as (
    update kernel."case" c set type_id = n.type_id, state = n.state, outcome = n.outcome, closed = n.closed, title = n.title,
        department_id = n.department_id, assignee_id = n.assignee_id, priority = n.priority, data = n.data,
        master_id = n.master_id, followed = n.followed, facts = n.facts, helpers = n.helpers, recused = n.recused, owes = coalesce(n.owes, c.owes),
        deputy_id = coalesce(n.deputy_id,
            case when n.assignee_id is not distinct from c.assignee_id and n.heard is not true then c.deputy_id end),
        changed = n.at, revision = n.revision, sequence = n.sequence, digest = decode(n.digest, 'hex')
    from coming n join known k on k.key = n.key and k.fresh
    where c.id = n.id and c.revision = n.revision - 1
    returning c.id, c.number
),
told as (
    insert into kernel.case_event (case_id, sequence, kind, capacity, actor_id, post_id, acting_for_id, for_post_id, department_id, at,
        recorded, audience, state, salt, body, content, digest, key_id)
    select c.id, e.sequence, e.kind, e.capacity, e.actor_id, e.post_id, e.acting_for_id, e.for_post_id, e.department_id, e.at,
        e.recorded, e.audience, e.state, decode(e.salt, 'hex'), e.body, decode(e.content, 'hex'), decode(e.digest, 'hex'), e.key_id
    from said, jsonb_to_recordset(said.j -> 'events') as e(
        number text, sequence integer, kind text, capacity text, actor_id bigint, post_id bigint, acting_for_id bigint,
        for_post_id bigint, department_id bigint, at timestamptz, recorded timestamptz, audience text, state text, salt text, body jsonb,
        content text, digest text, key_id text)
    join changed c on c.number = e.number
)
select n.number, k.fresh, k.fingerprint from coming n join known k on k.key = n.key
""")
