"""The closing report of a case that went wrong: what caused it, how it is avoided, what should change (domain 2.7).

It is an event of the case, among staff, in its chain, and found by its words like the rest of the story. A second report amends the first: the
latest counts, both stay. ``closing_report`` is only an index of the latest ones for those who lead: what they say stands in the record.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, cast, not_, or_, select, text
from sqlalchemy.dialects.postgresql import TSQUERY, distinct_on

from banshi import words
from banshi.audit import canonical
from banshi.cases import acting, linking, standing_in
from banshi.cases.acting import Acted
from banshi.cases.book import House
from banshi.cases.decoding import shapes
from banshi.cases.numbers import show
from banshi.cases.tables import case, case_event, idempotency
from banshi.cases.timing import REPORTED
from banshi.cases.visibility import predicate
from banshi.contracts import Actor, Ask, Option
from banshi.db import Connection
from banshi.errors import Forbidden, Invalid, KeyReused, NotAllowedNow, NotFound
from banshi.escalation.tables import closing_report
from banshi.identity.tables import post
from banshi.texts import labels, translator
from banshi.words import Term

_ = translator("banshi")

PAGE = 25
LONGEST = 4000
NO_NAMES = _("No names, addresses or telephone numbers: leaders of other departments read it.")
URGENCIES = (
    Option("3", _("Very urgent: it can happen again any day")),
    Option("2", _("Urgent: it will happen again")),
    Option("1", _("Not urgent: it hardly happens again")),
)
Words = Annotated[str, msgspec.Meta(max_length=LONGEST)]


class ClosingReport(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the officer who answers for the case writes at its end; with at least one suggestion."""

    cause: Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST), Ask(label=_("What was the cause?"), hint=NO_NAMES, rows=4)]
    avoided: Annotated[Words, Ask(label=_("How is it avoided?"), rows=4)] = ""
    short: Annotated[Words, Ask(label=_("What should change at once"), hint=_("At least one of these three suggestions is needed."), rows=3)] = ""
    middle: Annotated[Words, Ask(label=_("What should change within a year"), rows=3)] = ""
    long: Annotated[Words, Ask(label=_("What should change in the long run"), rows=3)] = ""
    urgency: Annotated[int, Ask(label=_("How urgent are the suggestions?"), options=URGENCIES)]


SUGGESTIONS = ("short", "middle", "long")
TEXTS = ("cause", "avoided", *SUGGESTIONS)


# -- writing one -------------------------------------------------------------------------------------------------------------


async def write(db: Connection, house: House, actor: Actor, number: str, form: ClosingReport, at: datetime, *, key: str = "") -> Acted:
    """Write the report of a case that owes one, or write it anew; four statements.

    Refusals: ``NotFound``, ``Forbidden`` (`may_report`), ``NotAllowedNow`` (it owes none), ``Invalid`` (no suggestion), ``KeyReused``.
    Sent again with the same ``key``, nothing is written.
    """
    if not any(getattr(form, name) for name in SUGGESTIONS):
        needed = _("Write at least one suggestion: for at once, for this year, or for the long run.")
        raise Invalid(_("Some answers need your attention."), {"short": needed})
    said = {k: v for k, v in msgspec.to_builtins(form).items() if v != ""}
    fingerprint = hashlib.sha256(canonical([number, REPORTED, said]))
    row = await _locked(db, house, actor, number)
    if await sent_before(db, actor, key, fingerprint.digest()):
        return Acted(number=number, state=row.state, revision=row.revision, sequence=row.sequence, fresh=False)
    if (refusal := may_report(house, actor, row)) is not None:
        raise refusal
    if not row.owes and not await _was_written(db, row.id):
        raise NotAllowedNow(_("Case {number} owes no closing report."), number=show(number))
    body: dict[str, Any] = {"form": said} | ({"changed": {"owes": False}} if row.owes else {})
    step = linking.prepared(house, actor, row, REPORTED, body, at, audience="staff", changed={"owes": False})
    step = msgspec.structs.replace(step, row=step.row | {"key": key or step.row["key"], "fingerprint": fingerprint.hexdigest()})
    done = (await acting.write(db, actor, {number: step}, at))[number]
    if not isinstance(done, Acted):
        raise done
    if done.fresh:
        await keep(db, house, [(row, done.sequence, form, at)])
    return done


def may_report(house: House, actor: Actor, row: Any) -> Forbidden | NotAllowedNow | None:
    """Return why the report is not this actor's to write; None where it is.

    It is for the officer in charge or their deputy, whoever works on cases of this type in the department in charge, and those above it.
    """
    declared = house.declared(row.type_id)
    if declared is None or not house.directory.tree.has_on(row.district_id, declared.owner):
        return NotAllowedNow(_("Case {number} can be read but not worked on: its service is switched off here."), number=show(row.number))
    if not works_on(house, actor, row):
        return Forbidden(_("Your post does not carry the right to do this."))
    if actor.person_id is not None and row.applicant_id == actor.person_id:
        return Forbidden(_("You cannot work on your own case. A colleague must do it."))
    places = standing_in.places(actor, row)
    charge = any(p.department_id == row.department_id or (p.post_id is not None and p.post_id == row.assignee_id) for p in places)
    if not charge and not house.directory.over(actor.department_id, row.department_id):
        return Forbidden(_("The closing report of case {number} is up to the department in charge, or those above it."), number=show(row.number))
    return None


def works_on(house: House, actor: Actor, row: Any) -> bool:
    """Return whether an officer's post is there for work on cases of this type: it carries the right to anything that moves one."""
    declared = house.declared(row.type_id)
    if declared is None or actor.capacity != "staff":
        return False
    return any(a.needs and actor.may(a.needs) for a in declared.actions if "staff" in a.by and not a.quiet)


async def sent_before(db: Connection, actor: Actor, key: str, fingerprint: bytes) -> bool:
    """Return whether a locked case knows this key already; KeyReused where it came with something else."""
    if not key:
        return False
    known = (
        await db.execute(select(idempotency.c.fingerprint).where(idempotency.c.actor == actor.key, idempotency.c.key == key))
    ).scalar_one_or_none()
    if known is not None and known != fingerprint:
        raise KeyReused(_("This request was sent before with other contents. Start a new one."))
    return known is not None


async def _was_written(db: Connection, case_id: int) -> bool:
    return (await db.execute(select(closing_report.c.case_id).where(closing_report.c.case_id == case_id))).first() is not None


async def _locked(db: Connection, house: House, actor: Actor, number: str) -> Any:
    row = (await db.execute(select(case).where(case.c.number == number, predicate(house, actor)).with_for_update())).one_or_none()
    if row is None:
        raise NotFound(_("There is no case {number} that you may see."), number=show(number))
    return row


# -- the index of the latest ones --------------------------------------------------------------------------------------------


async def keep(db: Connection, house: House, said: Sequence[tuple[Any, int, ClosingReport, datetime]]) -> None:
    """Write where the latest reports stand: (the case's row, the event's sequence, the report, when) each; one statement."""
    rows = [_row(house, *one) for one in said]
    await db.execute(_KEEP, {"said": msgspec.json.encode(rows).decode()})


async def restore(db: Connection, house: House, case_ids: Sequence[int]) -> None:
    """Write anew where the latest reports of these cases stand, from the record; two statements. What was erased stays as it is known."""
    latest = (
        select(case, case_event.c.sequence.label("place"), case_event.c.at, case_event.c.body)
        .join(case_event, case_event.c.case_id == case.c.id)
        .where(case.c.id.in_(case_ids), case_event.c.kind == REPORTED, case_event.c.body.is_not(None))
        .ext(distinct_on(case.c.id))
        .order_by(case.c.id, case_event.c.sequence.desc())
    )
    rows = (await db.execute(latest)).all()
    if rows:
        await keep(db, house, [(r, r.place, msgspec.convert(r.body["form"], ClosingReport), r.at) for r in rows])


def _row(house: House, row: Any, sequence: int, form: ClosingReport, at: datetime) -> dict[str, Any]:
    return {
        "case_id": row.id,
        "sequence": sequence,
        "urgency": form.urgency,
        "written": at,
        "type": house.book[row.type_id].key,
        "category": row.category,
        "district_id": row.district_id,
        "department_id": row.department_id,
        "words": words.vector([*(("B", getattr(form, name)) for name in TEXTS), ("C", " ".join(_category(house, row)))]),
    }


def _category(house: House, row: Any) -> Sequence[str]:
    """The category in every language."""
    declared = house.declared(row.type_id)
    asked = next((s for s in shapes(declared.form) if s.ask.role == "category"), None) if declared is not None else None
    return [t for o in (asked.ask.options if asked else ()) if o.value == row.category for t in labels(o.label).values()]


_KEEP = text("""
insert into kernel.closing_report as r (case_id, sequence, urgency, written, type, category, district_id, department_id, words)
select n.case_id, n.sequence, n.urgency, n.written, n.type, n.category, n.district_id, n.department_id, cast(n.words as tsvector)
from jsonb_to_recordset(cast(:said as jsonb)) as n(case_id bigint, sequence integer, urgency smallint, written timestamptz, type text,
    category text, district_id bigint, department_id bigint, words text)
on conflict (case_id) do update set sequence = excluded.sequence, urgency = excluded.urgency, written = excluded.written, type = excluded.type,
    category = excluded.category, district_id = excluded.district_id, department_id = excluded.department_id, words = excluded.words
where r.sequence <= excluded.sequence
""")


# -- reading them ------------------------------------------------------------------------------------------------------------


class Place(msgspec.Struct, frozen=True, array_like=True):
    """Where a page of the list ends: the sort key of its last report."""

    urgency: Annotated[int, msgspec.Meta(ge=0, le=9)]
    written: Annotated[datetime, msgspec.Meta(tz=True)]
    case_id: Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which reports: ``districts`` and ``departments`` bound what the reader may know of (None: they do not), the rest narrows it.

    ``since`` and ``before`` bound the moment of writing; ``terms`` must all stand in the report or its category.
    """

    districts: Collection[int] | None = None
    departments: Collection[int] | None = None
    areas: Collection[int] | None = None
    under: Collection[int] | None = None
    category: str = ""
    since: datetime | None = None
    before: datetime | None = None
    terms: Sequence[Term] = ()


async def listing(
    db: Connection, house: House, actor: Actor, wanted: Wanted, after: Place | None = None, *, size: int = PAGE
) -> tuple[Sequence[Row[Any]], Place | None]:
    """Return a page of the latest reports, the most urgent first, then the newest, and where the next begins (None: this was the last). One query.

    A row is the index's with ``body`` and ``staff_number`` of the event, the case's ``number``, ``title``, ``type_id``, ``area_id``, and whether the
    reader ``sees`` the case itself: a leader reads what is to be learnt from it, not more. Of their own case nobody reads one.
    """
    columns = ("number", "title", "type_id", "area_id", "state", "closed", "confidentiality", "owes")
    statement = (
        select(
            closing_report,
            *(case.c[n] for n in columns),
            predicate(house, actor).label("sees"),
            case_event.c.body,
            case_event.c.at,
            post.c.staff_number,
        )
        .join(case, case.c.id == closing_report.c.case_id)
        .join(case_event, and_(case_event.c.case_id == closing_report.c.case_id, case_event.c.sequence == closing_report.c.sequence))
        .outerjoin(post, post.c.id == case_event.c.post_id)
        .where(*_narrowed(house, actor, wanted), *_after(after))
        .order_by(closing_report.c.urgency.desc(), closing_report.c.written.desc(), closing_report.c.case_id)
        .limit(size + 1)
    )
    rows = (await db.execute(statement)).all()
    more, rows = len(rows) > size, rows[:size]
    return rows, Place(rows[-1].urgency, rows[-1].written, rows[-1].case_id) if more else None


def _narrowed(house: House, actor: Actor, wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    own = actor.person_id or 0
    found += [or_(case.c.applicant_id.is_(None), case.c.applicant_id != own), ~case.c.recused.contains([own])]
    columns: Mapping[str, Any] = {"districts": "district_id", "areas": "district_id", "departments": "department_id", "under": "department_id"}
    for name, column in columns.items():
        if (inside := getattr(wanted, name)) is not None:
            found.append(closing_report.c[column].in_(inside))
    if wanted.category:
        found.append(closing_report.c.category == wanted.category)
    if wanted.since is not None:
        found.append(closing_report.c.written >= wanted.since)
    if wanted.before is not None:
        found.append(closing_report.c.written < wanted.before)
    if wanted.terms:
        found.append(closing_report.c.words.bool_op("@@")(cast(words.tsquery(wanted.terms), TSQUERY)))
    tree = house.directory.tree
    if tree.within is not None:
        found.append(closing_report.c.district_id.in_(tree.within))
    for owner in sorted(house.book.owners):  # where a district has a plugin off, its cases are on no list
        if off := [d.id for d in tree.serving if not tree.has_on(d.id, owner)]:
            types = {r.key for r in house.book if r.owner == owner}
            found.append(not_(and_(closing_report.c.type.in_(types), closing_report.c.district_id.in_(off))))
    return found


def _after(after: Place | None) -> list[ColumnElement[bool]]:
    if after is None:
        return []
    report = closing_report.c
    older = or_(report.written < after.written, and_(report.written == after.written, report.case_id > after.case_id))
    return [report.urgency <= after.urgency, or_(report.urgency < after.urgency, older)]


def write_place(place: Place | None) -> str:
    """Return a place as it stands in an address; empty for none."""
    return base64.urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=") if place else ""


def read_place(written: str) -> Place | None:
    """Return the place of an address; Invalid where somebody changed it."""
    if not written:
        return None
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(written + "=" * (-len(written) % 4)), type=Place)
    except (ValueError, msgspec.MsgspecError):
        raise Invalid(_("This page of the list cannot be found. Begin at the first one.")) from None
