"""Absences and deputies (A and B roles, domain 6.5): who is away when, and who stands in. Each is time-boxed, revocable at once, and audited.

Everybody enters their own; whoever holds ``kernel.deputies`` enters those of the department, or of the district with that reach. What is
written moves the directory's revision, so that it holds for the next request of every process.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from sqlalchemy import insert, select, text, update

from banshi.audit import record
from banshi.contracts import ADMINISTER, DEPUTIES, Actor, Officer
from banshi.db import Connection
from banshi.districts import touch
from banshi.errors import Conflict, Forbidden, Invalid, KeyReused, NotFound
from banshi.identity.directory import Directory, load_standing
from banshi.identity.standing import Absence, Deputy, Standing, first
from banshi.identity.tables import absence, deputy, deputy_limit
from banshi.privacy import Keyring
from banshi.texts import Said, translator

_ = translator("banshi")

Reason = Literal["leave", "sick", "duty", "training", "other"]
LONGEST = timedelta(days=366)
MOST = 20
"""For so many posts at once one may be named deputy: each is a range of their list of work."""
FORGOTTEN = timedelta(days=31)
"""So long after its end what was entered stays in mind."""
MOST_HOURS = 1000
_LOCK = 0x6465707574


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """An absence as it is entered: of which post, from when until before when, and why (a kind, no story)."""

    post_id: int
    since: datetime
    until: datetime
    reason: Reason


class Naming(msgspec.Struct, frozen=True, kw_only=True):
    """A deputy as they are named, by staff number; ``before`` the others instead of after them."""

    post_id: int
    staff_number: str
    since: datetime
    until: datetime
    before: bool = False


def may(directory: Directory, actor: Actor, officer: Officer) -> bool:
    """Return whether ``actor`` may enter absences and deputies of a post: their own, their department's, or their district's."""
    if actor.capacity != "staff" or actor.post_id is None:
        return False
    if actor.post_id == officer.id:
        return True
    if not actor.may(DEPUTIES.name):
        return False
    return actor.department_id == officer.department_id or _reaches(directory, actor, officer)


async def enter(db: Connection, directory: Directory, keyring: Keyring, actor: Actor, away: Away, at: datetime, *, key: str = "") -> int:
    """Enter an absence and return its id; the same ``key`` again is the same absence.

    One that began today begins now. Raises ``Invalid`` for a span that is over, turned round or too long, ``Conflict`` where it overlaps another
    of the post, or where the deputies would stand in for each other while all are away.
    """
    officer = _officer(directory, actor, away.post_id)
    standing = await _locked(db)
    known = (await db.execute(select(absence).where(absence.c.entered_by == actor.post_id, absence.c.key == key))).one_or_none() if key else None
    if known is not None:
        return _again(known.id, (known.post_id, known.until, known.reason), (away.post_id, away.until, away.reason))
    since = _begin(away.since, away.until, at, directory, officer)
    if other := next((a for a in standing.absences(officer.id) if a.since < away.until and since < a.until), None):
        words = _("This overlaps an absence that is entered already, from {since} to {until}. Take that one back first, or choose other days.")
        raise Conflict(words, since=_said(directory, officer, other.since), until=_said(directory, officer, other.until))
    new = Absence(id=0, post_id=officer.id, since=since, until=away.until, reason=away.reason)
    _check_ring(directory, officer, Standing([*standing.all_absences(), new], standing.all_deputies()), since, away.until)
    values = {
        "post_id": officer.id,
        "since": since,
        "until": away.until,
        "reason": away.reason,
        "entered": at,
        "entered_by": actor.post_id,
        "key": key,
    }
    absence_id = int((await db.execute(insert(absence).values(values).returning(absence.c.id))).scalar_one())
    told = {"post": officer.staff_number, "since": _stamp(since), "until": _stamp(away.until), "reason": away.reason}
    await _written(db, keyring, actor, "absence.entered", f"absence:{absence_id}", told, at)
    return absence_id


async def take_back(db: Connection, directory: Directory, keyring: Keyring, actor: Actor, absence_id: int, at: datetime) -> bool:
    """Cancel an absence that is still to come, or end the one that goes on now; return whether that changed anything: it may be over already."""
    await _locked(db)
    row = (await db.execute(select(absence).where(absence.c.id == absence_id))).one_or_none()
    if row is None:
        raise NotFound(_("There is no such absence."))
    officer = _officer(directory, actor, row.post_id)
    if row.ended is not None or row.until <= at:
        return False
    values: dict[str, Any] = {"ended": at}
    values |= {"cancelled": True, "over": True} if at <= row.since else {"until": at}
    await db.execute(update(absence).where(absence.c.id == absence_id).values(values))
    await _written(db, keyring, actor, "absence.taken_back", f"absence:{absence_id}", {"post": officer.staff_number}, at)
    return True


async def name(db: Connection, directory: Directory, keyring: Keyring, actor: Actor, naming: Naming, at: datetime, *, key: str = "") -> int:
    """Name a deputy for a post and return the id; the same ``key`` again is the same naming.

    Raises ``Invalid`` for a number that nobody has, one's own, an officer of another district without reach over this one, and wrong spans;
    ``Conflict`` where the same deputy is named for that time already, stands for too many, or a ring would leave the cases with nobody.
    """
    officer = _officer(directory, actor, naming.post_id)
    standing = await _locked(db)
    known = (await db.execute(select(deputy).where(deputy.c.named_by == actor.post_id, deputy.c.key == key))).one_or_none() if key else None
    other = directory.officer(naming.staff_number.strip())
    if known is not None:
        return _again(known.id, (known.post_id, known.until, known.deputy_id), (naming.post_id, naming.until, other.id if other else None))
    if other is None:
        raise Invalid(CHECK, {"staff_number": Said(_("Nobody has the staff number {number} now."), {"number": naming.staff_number.strip()[:40]})})
    if other.person_id == officer.person_id:
        raise Invalid(CHECK, {"staff_number": _("Nobody stands in for themselves. Enter a colleague's number.")})
    if not _may_stand_in(directory, officer, other):
        raise Invalid(
            CHECK, {"staff_number": _("This officer works in another district and has no reach over this one. Choose somebody of the same district.")}
        )
    since = _begin(naming.since, naming.until, at, directory, officer)
    living = [d for d in standing.all_deputies() if d.since < naming.until and since < d.until]
    if any(d.post_id == officer.id and d.deputy_id == other.id for d in living):
        raise Conflict(_("This colleague is named as deputy for that time already. Take that back first, or choose other days."))
    if len({d.post_id for d in living if d.deputy_id == other.id}) >= MOST:
        raise Conflict(_("This colleague is named as deputy of {most} officers at that time already. Choose somebody else."), most=MOST)
    ranks = [d.rank for d in standing.all_deputies() if d.post_id == officer.id] or [0]
    rank = min(ranks) - 1 if naming.before else max(ranks) + 1
    new = Deputy(id=0, post_id=officer.id, deputy_id=other.id, rank=rank, since=since, until=naming.until)
    _check_ring(directory, officer, Standing(standing.all_absences(), [*standing.all_deputies(), new]), since, naming.until)
    values = {"post_id": officer.id, "deputy_id": other.id, "rank": rank, "since": since, "until": naming.until}
    values |= {"named": at, "named_by": actor.post_id, "key": key}
    deputy_id = int((await db.execute(insert(deputy).values(values).returning(deputy.c.id))).scalar_one())
    told = {"post": officer.staff_number, "deputy": other.staff_number, "since": _stamp(since), "until": _stamp(naming.until), "rank": rank}
    await _written(db, keyring, actor, "deputy.named", f"deputy:{deputy_id}", told, at)
    return deputy_id


async def revoke(db: Connection, directory: Directory, keyring: Keyring, actor: Actor, naming_id: int, at: datetime) -> bool:
    """Revoke a deputy, at once; return whether that changed anything: it may be revoked or over already."""
    await _locked(db)
    row = (await db.execute(select(deputy).where(deputy.c.id == naming_id))).one_or_none()
    if row is None:
        raise NotFound(_("There is no such deputy."))
    officer = _officer(directory, actor, row.post_id)
    if row.revoked is not None or row.until <= at:
        return False
    await db.execute(update(deputy).where(deputy.c.id == naming_id).values(revoked=at, over=True))
    await _written(db, keyring, actor, "deputy.revoked", f"deputy:{naming_id}", {"post": officer.staff_number}, at)
    return True


async def set_limit(db: Connection, directory: Directory, keyring: Keyring, actor: Actor, code: str, hours: int, at: datetime) -> None:
    """Set after how many working hours without a word a district's cases are offered to the deputy (0: never); audited."""
    found = directory.tree.find(code)
    if not actor.may(ADMINISTER.name):
        raise Forbidden(_("Your post does not carry the right to do this."))
    if found is None or found not in directory.tree.serving or actor.district_id not in found.path:
        raise NotFound(_("There is no such district."))
    if not 0 <= hours <= MOST_HOURS:
        raise Invalid(CHECK, {"hours": Said(_("Enter a whole number from 0 to {most}."), {"most": MOST_HOURS})})
    before = (await limits(db)).get(found.id, 0)
    if before == hours:
        return
    statement = text(
        "insert into kernel.deputy_limit (district_id, hours) values (:district, :hours) on conflict (district_id) do update set hours = :hours"
    )
    await db.execute(statement, {"district": found.id, "hours": hours})
    await db.execute(update(deputy).where(~deputy.c.over).values(watched=False))  # what is open now is looked after, too
    await record(db, keyring, actor, "deputy.limit", f"district:{found.code}", {"hours": hours, "before": before}, at)


async def limits(db: Connection) -> dict[int, int]:
    """Return after how many working hours without a word each district offers its cases to the deputy; those that do not are missing."""
    return {r.district_id: r.hours for r in await db.execute(select(deputy_limit).where(deputy_limit.c.hours > 0))}


async def forget(db: Connection, at: datetime) -> None:
    """Let go of what has long been over: it stays in its table, and no process keeps it in mind."""
    for table in (absence, deputy):
        await db.execute(update(table).where(~table.c.over, table.c.until <= at - FORGOTTEN).values(over=True))


# -- ground ------------------------------------------------------------------------------------------------------------------

CHECK = _("Some answers need your attention.")


def _officer(directory: Directory, actor: Actor, post_id: int) -> Officer:
    """Return the post that is spoken of; NotFound where it has ended, Forbidden where it is not the actor's to speak for."""
    found = directory.post(post_id)
    if found is None:
        raise NotFound(_("There is no such post, or it has ended."))
    if not may(directory, actor, found):
        raise Forbidden(_("Absences and deputies are entered by the officers themselves, by the head of their department, or by an administrator."))
    return found


def _reaches(directory: Directory, actor: Actor, officer: Officer) -> bool:
    home = directory.tree[directory.department(officer.department_id).district_id]
    return actor.reach == "district" and actor.district_id in home.path


def _may_stand_in(directory: Directory, officer: Officer, other: Officer) -> bool:
    """Return whether somebody is near enough: of the same district, or with reach over it."""
    here, there = (directory.department(o.department_id).district_id for o in (officer, other))
    return here == there or (there in directory.tree[here].path and directory.reach_of(other.roles) == "district")


def _begin(since: datetime, until: datetime, at: datetime, directory: Directory, officer: Officer) -> datetime:
    """Return when a span begins, now at the earliest; Invalid where it is over, begins before today, is turned round or too long."""
    zone = directory.tree[directory.department(officer.department_id).district_id].timezone
    problems: dict[str, Any] = {}
    if until <= at:
        problems["until"] = _("This is over already. Choose an end that is still to come.")
    elif until <= since:
        problems["until"] = _("The end must lie after the beginning.")
    elif until - since > LONGEST or until - at > 2 * LONGEST:
        problems["until"] = _("A year at most. Choose an earlier end; you can enter it anew then.")
    if since.astimezone(zone).date() < at.astimezone(zone).date():
        problems["since"] = _("This day is over. It can begin today at the earliest.")
    if problems:
        raise Invalid(CHECK, problems)
    return max(since, at)


def _check_ring(directory: Directory, officer: Officer, standing: Standing, since: datetime, until: datetime) -> None:
    ring = first(standing.within(since, until), lambda m: standing.ring(officer.id, m))
    if ring is not None:
        words = _("From {when} on, the deputies would stand in for each other while all of them are away. Name another deputy first.")
        raise Conflict(words, when=_said(directory, officer, ring))


async def _locked(db: Connection) -> Standing:
    """Wait until nobody else writes absences or deputies, and return them as they stand: two who write at once cannot make a ring."""
    await db.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    return await load_standing(db)


def _again(known_id: int, known: tuple[Any, ...], now: tuple[Any, ...]) -> int:
    if known != now:
        raise KeyReused(_("This request was sent before with other contents. Start a new one."))
    return int(known_id)


async def _written(db: Connection, keyring: Keyring, actor: Actor, kind: str, subject: str, told: dict[str, Any], at: datetime) -> None:
    await touch(db)
    await record(db, keyring, actor, kind, subject, told, at)


def _said(directory: Directory, officer: Officer, moment: datetime) -> str:
    zone = directory.tree[directory.department(officer.department_id).district_id].timezone
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
