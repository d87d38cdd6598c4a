"""What a plugin's own pages are made with; the author's door gives it out.

A handler opens a visit (one transaction, one moment, one reader), calls a domain function, and draws a template of its own with the kernel's frame.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response
from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from banshi import audit as log
from banshi import clock, districts, texts
from banshi.cases import acting, attaching, numbers, opening, reading
from banshi.cases.acting import Act, Acted
from banshi.cases.book import House, load_house
from banshi.cases.consequences import family
from banshi.cases.decoding import decode, shapes
from banshi.cases.opening import Opened, Opening
from banshi.clock import counting
from banshi.contracts import Actor, Audience, Department, Found, JobContext, Snapshot, Vault
from banshi.db import Connection
from banshi.documents import keeping
from banshi.documents.receiving import Receiver
from banshi.documents.store import Store, store
from banshi.errors import Forbidden, Invalid, NotFound, Refused
from banshi.fences.faults import fault_table
from banshi.identity import throttle
from banshi.identity.tables import account
from banshi.notify import outgoing
from banshi.privacy import Keyring
from banshi.settings import Settings
from banshi.web import casepage, files, forms, pages
from banshi.web.desk import proof
from banshi.web.files import Upload
from banshi.web.pages import Choice, Entry, Field, Form, Problem
from banshi.web.portal import following, own
from banshi.web.site import Site, Visit, csrf_token

_ = texts.translator("banshi")

UPLOAD = {"upload": True}
"""Beside ``permission`` in a handler's ``opt``: its form brings files, and its token stands in its address (``?token=``)."""


@asynccontextmanager
async def visiting(request: Request[Any, Any, Any]) -> AsyncIterator[Visit]:
    """Give the visit of a request to a plugin's page, in the district of its address; what it wrote is committed at the end of the block."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        if code := request.path_params.get("district"):
            visit.enter(str(code))
        yield visit


class Work(msgspec.Struct, frozen=True, kw_only=True):
    """What a job works with: what a visit is to a page, without a reader. ``act`` and ``open_case`` take it as they take a visit."""

    db: Connection
    house: House
    at: datetime
    settings: Settings
    store: Store

    def settings_of(self, owner: str) -> Any:
        """Return what the installation tells a plugin, as its struct; KeyError for one that declares no settings."""
        return self.settings.of(next(d for d in self.house.registry.settings if d.owner == owner))


@asynccontextmanager
async def working(job: JobContext) -> AsyncIterator[Work]:
    """Give what a job works with, in one transaction that is committed at the end of the block."""
    settings: Settings = job.settings
    async with job.transaction() as db:
        house = await load_house(db, job.registry, Keyring(settings.keys()))
        yield Work(db=db, house=house, at=job.moment, settings=settings, store=store(settings.files, settings.data))


def work_of(visit: Visit) -> Work:
    """Return what a job works with, for work that a page does at once because somebody waits for it; in the visit's transaction."""
    return Work(db=visit.db, house=visit.house, at=visit.at, settings=visit.site.settings, store=visit.site.store)


async def fault(db: Connection, owner: str, job: str, what: str, at: datetime, lasts: timedelta = timedelta(minutes=5)) -> None:
    """Tell ``/health`` and `banshi doctor` what a job could not do, for so long: say it again while it is so. Nothing personal."""
    told = insert(fault_table).values(owner=owner, kind="job", name=job, count=1, first=at, last=at, what=what, until=at + lasts)
    again = {"count": fault_table.c.count + 1, "last": at, "what": what, "until": at + lasts}
    await db.execute(told.on_conflict_do_update(index_elements=["owner", "kind", "name"], set_=again))


async def touch(db: Connection) -> None:
    """Say that what every process keeps of the database has changed (the names of categories): it is read again before the next request."""
    await districts.touch(db)


def today(visit: Visit) -> date:
    """Return which day it is for the visitor: in the district of the page, else in the city."""
    return visit.at.astimezone(own.zone(visit)).date()


def workdays_later(house: House, district_id: int, at: datetime, days: int) -> date:
    """Return the day on which a limit of so many workdays ends that begins at a moment; the day itself is not counted."""
    calendar = house.times.calendar(district_id)
    due = counting.reaches(calendar, "workdays", at, [(at, None)], days)
    return (due or at).astimezone(house.directory.tree[district_id].timezone).date()


async def slow_down(request: Request[Any, Any, Any], what: str) -> None:
    """Raise ``Throttled`` where too many look-ups from one network found nothing; called before something is looked up."""
    site: Site = request.app.state.site
    async with site.database.transaction() as db:
        await throttle.check(db, _network(request, what), throttle.MISSES_BY_NETWORK, site.now())


async def missed(request: Request[Any, Any, Any], what: str) -> None:
    """Count a look-up that found nothing, for its network and for the whole site; outside a visit, so that a refusal does not forget it."""
    site: Site = request.app.state.site
    await following.take(site, _network(request, what), throttle.MISSES_BY_NETWORK)
    await following.take(site, f"{what}:site", throttle.MISSES_BY_SITE)


def _network(request: Request[Any, Any, Any], what: str) -> str:
    return f"{what}:" + throttle.network(request.client.host if request.client else "")


async def own_case(visit: Visit, number: str) -> tuple[Actor, Any]:
    """Return in whose name the reader may follow a case (applicant, helper, holder of its code) and its row; NotFound where it is none of theirs."""
    view = await own.view_of(visit, casepage.read_number(number))
    return view.actor, view.row


async def desk_case(visit: Visit, number: str) -> tuple[Actor, Any]:
    """Return the officer who reads a case, and its row; NotFound where it is not for these eyes."""
    actor = visit.staff()
    return actor, await reading.get(visit.db, visit.house, actor, casepage.read_number(number))


async def row_of(visit: Visit, number: str) -> Any:
    """Return the row of a case, whoever asks: for what was opened a moment ago, and not to be shown further."""
    return await reading.get(visit.db, visit.house, Actor.SYSTEM, number)


async def open_case(visit: Visit | Work, actor: Actor, wanted: Opening) -> Opened:
    """Open a case; the same key opens it once."""
    return await opening.open_one(visit.db, visit.house, actor, wanted, visit.at)


async def act(visit: Visit | Work, actor: Actor, wanted: Act) -> Acted:
    """Act on a case; raises what refuses it."""
    return await acting.act_one(visit.db, visit.house, actor, wanted, visit.at)


async def audit(db: Connection, vault: Vault, actor: Actor, kind: str, subject: str, body: Mapping[str, Any], at: Any) -> None:
    """Write into the append-only log who changed or read what outside cases. ``body`` is JSON; never put personal data into it."""
    assert isinstance(vault, Keyring)  # there is one kind of vault
    await log.record(db, vault, actor, kind, subject, body, at)


async def call(work: Work, case_id: int, person_ids: Collection[int], page: str) -> None:
    """Tell people who are needed on a case that is not theirs (an expert, a helper), by the ways they chose: once each for a case.

    ``page`` is the path of the plugin's page that shows them what they are asked for; the message itself says no more than the case's number.
    """
    await outgoing.call(work.db, case_id, person_ids, page, work.at, outgoing.post_of(work.settings, work.house.registry).ways)


async def lock(db: Connection, name: str) -> None:
    """Wait until nobody else works under this name, and keep it until the transaction ends."""
    await db.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})


def registers(visit: Visit, owner: str) -> Actor:
    """Return the officer who files cases of a plugin for residents, here; Forbidden for who may not."""
    actor = visit.staff()
    district = visit.district
    if district is None or actor.district_id not in district.path or not proof.registers(actor, owner):
        raise Forbidden(_("Your post does not carry the right to register for residents."))
    return actor


def remember(visit: Visit, number: str) -> None:
    """Open a case that was just filed to this browser for two hours, without an account."""
    following.remember(visit, number)


def code_of(visit: Visit, row: Any) -> str:
    """Return the code that goes with a case's number: shown once, to whoever has just filed it."""
    return numbers.code(visit.house.keyring, row.number, row.key_id)


def actions_of(visit: Visit, actor: Actor, row: Any) -> list[str]:
    """Return the names of the actions that ``actor`` may take on a case as it stands."""
    return [a.name for a in acting.allowed(visit.house, actor, row, visit.at)]


def snapshot(visit: Visit | Work, row: Any) -> Snapshot:
    """Return a case as guards and effects see it, with its facts as the type's struct; NotFound where the type is gone."""
    declared = visit.house.declared(row.type_id)
    if declared is None:
        raise NotFound(_("This district does not offer the service."))
    return acting.snapshot(declared, row)


def responsible(visit: Visit, case_type: str, category: str, district_id: int) -> Department | None:
    """Return whose duty a kind of case (``owner.name``) is in a district."""
    return visit.house.directory.responsible(case_type, category, district_id)


async def story(visit: Visit, actor: Actor, row: Any) -> list[tuple[Any, Entry]]:
    """Return the events of a case that an officer reads, the oldest first, each with its words as the desk's page says them."""
    events = await reading.story(visit.db, row.id, reading.FOR_STAFF)
    return list(zip(events, reversed(casepage.CaseView(visit, actor, row, events).story()), strict=True))


async def documents(visit: Visit, row: Any, *, staff: bool) -> Sequence[Any]:
    """Return the documents of a case (id, name, size, media_type, capacity, added), as far as the reader may see them."""
    return await keeping.of_case(visit.db, row.id, reading.FOR_STAFF if staff else reading.FOR_APPLICANT)


async def attached(db: Connection, case_id: int) -> frozenset[int]:
    """Return the ids of a case's documents, whoever may see them: what a form names must be among them."""
    return await keeping.ids_of_case(db, case_id)


@asynccontextmanager
async def uploaded(request: Request[Any, Any, Any], *, keeps: bool = True) -> AsyncIterator[Upload]:
    """Give what a form with files brought: ``files`` that can be kept, ``refused`` (name, why), plain ``fields``. They are gone after the block.

    Without ``keeps`` nothing goes into the store: the files lie at ``path`` until the block ends. Raises ``Invalid`` for a body that breaks off or
    is too large.
    """
    async with AsyncExitStack() as stack:
        yield await files.read_form(request, stack, keeps=keeps)


async def attach(visit: Visit, actor: Actor, number: str, upload: Upload) -> list[int]:
    """Attach what came to a case and return the documents' ids, in the order of the files; a content that was there already has its old id."""
    row = await attaching.lock(visit.db, visit.house, actor, number)
    site = visit.site
    await attaching.attach(visit.db, visit.house, actor, row, upload.files, visit.at, store=site.store, most=site.settings.most_files)
    known = {d.digest: d.id for d in await keeping.of_case(visit.db, row.id, reading.FOR_STAFF)}
    return [known[received.digest] for received, _verdict in upload.files]


async def keep_paper(
    db: Connection, house: House, store: Store, folder: Path, number: str, name: str, content: bytes, at: Any, *, audience: Audience = "applicant"
) -> int:
    """Keep a paper that the office made on a case, closed or not, and return the document's id; the same content again is the same document."""
    row = await attaching.locked(db, number)
    with Receiver(folder, largest=len(content) + 1) as receiver:
        receiver.take(content)
        received = await receiver.done(name)
        made = await attaching.attach(
            db, house, Actor.SYSTEM, row, [(received, "clean")], at, store=store, audience=audience, most=attaching.NO_LIMIT
        )
    if made:
        return made[0]
    known = await keeping.of_case(db, row.id, (audience,))
    return int(next(d.id for d in known if d.digest == received.digest))


async def paper(visit: Visit, document_id: int) -> bytes:
    """Return the content of a paper that the office keeps; NotFound where it was withdrawn, FilesUnavailable where its content is away."""
    found = await keeping.digest_of(visit.db, document_id)
    if found is None:
        raise NotFound(_("There is no such file on this case, or it was withdrawn."))
    return b"".join([piece async for piece in await files.begun(visit.site, found.hex())])


def give(content: bytes, name: str, media_type: str) -> Response[bytes]:
    """Return a file as an answer that no browser takes for a page."""
    headers = files.SAFE | {"Content-Disposition": files.disposition(name)}
    return Response(content, media_type=media_type, headers=headers)


def form(
    visit: Visit,
    struct: type[Any],
    action: str,
    button: str,
    *,
    raw: Mapping[str, Any] | None = None,
    refused: Refused | None = None,
    hidden: Sequence[tuple[str, str]] = (),
    cancel: str = "",
    district: Any = None,
    only: Sequence[str] | None = None,
) -> pages.Form:
    """Return a form as it is drawn, from a struct with ``Ask``; after a refusal with what was typed and what is wrong."""
    problems = forms.refusal_problems(refused) if refused is not None else {}
    return pages.Form(
        action=action,
        fields=forms.fields(
            struct,
            visit.language,
            raw=raw,
            problems=problems,
            only=only,
            directory=visit.house.directory,
            district=district or visit.district,
            department_id=visit.visitor.post.department_id if visit.visitor.post else None,
        ),
        button=button,
        problems=forms.problem_list(problems, visit.language),
        hidden=tuple(hidden),
        cancel=cancel,
    )


def page(visit: Visit, template: str, said: Any, *, desk: bool = False, status: int = 200) -> Response[Any]:
    """Return a page drawn from one of the plugin's templates (``<plugin>/<file>.html``, which extends base.html or desk_base.html)."""
    return visit.page(template, said, desk=desk, status=status)


async def person_of(visit: Visit, login: str) -> int | None:
    """Return the person who signs in under a name, None where nobody does: for staff who enter somebody."""
    statement = select(account.c.person_id).where(func.lower(account.c.login) == login.strip().lower(), ~account.c.disabled)
    return (await visit.db.execute(statement)).scalar_one_or_none()


say = texts.say
say_date = texts.say_date
say_day = texts.say_day
say_moment = texts.say_moment
read, answers, one, key_of = forms.read, forms.answers, forms.one, forms.key_of
now = clock.now
zone_of = own.zone
show_number = numbers.show
read_number = casepage.read_number
upload_token = csrf_token

__all__ = [
    "UPLOAD",
    "Act",
    "Acted",
    "Choice",
    "Field",
    "Form",
    "Found",
    "Invalid",
    "Opening",
    "Problem",
    "Upload",
    "Visit",
    "Work",
    "act",
    "actions_of",
    "answers",
    "attach",
    "attached",
    "audit",
    "call",
    "code_of",
    "decode",
    "desk_case",
    "documents",
    "family",
    "fault",
    "form",
    "give",
    "keep_paper",
    "key_of",
    "lock",
    "missed",
    "now",
    "one",
    "open_case",
    "own_case",
    "page",
    "paper",
    "person_of",
    "read",
    "read_number",
    "registers",
    "remember",
    "responsible",
    "row_of",
    "say",
    "say_date",
    "say_day",
    "say_moment",
    "shapes",
    "show_number",
    "slow_down",
    "snapshot",
    "story",
    "today",
    "touch",
    "upload_token",
    "uploaded",
    "visiting",
    "work_of",
    "workdays_later",
    "working",
    "zone_of",
]
