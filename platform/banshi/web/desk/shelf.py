"""The library at the desk: read by all staff, written by librarians. A version is previewed before it stands, and never changed afterwards."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import texts, words
from banshi.cases import numbers
from banshi.contracts import Actor
from banshi.districts import District
from banshi.errors import Changed, Forbidden, Invalid, NotFound
from banshi.library import reading, rendering, settling, writing
from banshi.library.reading import Wanted
from banshi.library.writing import Draft
from banshi.web import bookshelf, casepage, forms, offices, pages
from banshi.web.desk import proof
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/desk/library"
YEAR = timedelta(days=365)
AUDIENCES: Mapping[str, texts.Text] = {"public": _("Everybody"), "staff": _("Staff only")}
NOT_A_DAY = _("Enter a day, like 2026-11-23.")


@get(HOME)
async def show(
    request: Request[Any, Any, Any], q: FromQuery[str] = "", kind: FromQuery[str] = "", after: FromQuery[str] = "", case: FromQuery[str] = ""
) -> Response[Any]:
    """Everything that holds, wherever; for librarians also what is due for review. ``case`` is the one for which somebody looks."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor, asked = visit.staff(), q.strip()[: words.LONGEST_QUERY]
        day, writes = bookshelf.today(visit, _place(visit, actor)), bookshelf.may_write(actor)
        wanted = Wanted(district=None, day=day, staff=True, kind=kind if kind in bookshelf.KINDS else "")
        page = await bookshelf.shelf(visit, wanted, HOME, asked=asked, after=after, case=_case(case))
        due = await reading.due(visit.db, day) if writes and not (asked or after or case) else ()
        page = msgspec.structs.replace(
            page,
            write=f"{HOME}/new" if writes else "",
            due=tuple(_due(visit, r) for r in due),
            offices=offices.fitting(visit, _city(visit, actor), asked, f"{HOME}/departments", staff=True),
        )
        return visit.page("library/list.html", page, desk=True)


@get(HOME + "/departments")
async def departments(request: Request[Any, Any, Any]) -> Response[Any]:
    """Who does what in the city, with telephone and address."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        city = _city(visit, visit.staff())
        title = visit.say(_("Who does what in {place}"), place=city.say(visit.language))
        page = pages.DirectoryPage(title=title, rows=offices.every(visit, city, f"{HOME}/departments", staff=True), back=HOME)
        return visit.page("library/departments.html", page, desk=True)


@get(HOME + "/departments/{code:str}")
async def department(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """One department: what it is there for, how it is reached, who stands above it."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        page = await offices.page(visit, _city(visit, visit.staff()), code, HOME, staff=True)
        return visit.page("library/office.html", page, desk=True)


@get(HOME + "/new")
async def new(request: Request[Any, Any, Any]) -> Response[Any]:
    """A form for a new entry."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = _librarian(visit)
        place = _place(visit, actor)
        raw = {"district": [place.code if place else ""], "kind": ["guide"], "audience": ["public"]}
        day = bookshelf.today(visit, place)
        raw |= {"valid_from": [day.isoformat()], "review_by": [(day + YEAR).isoformat()], "based_on": ["0"]}
        return _edit(visit, "", raw)


@post(HOME + "/new")
async def add(request: Request[Any, Any, Any]) -> Response[Any]:
    """Write a new entry, or show how it will look."""
    return await _write(request, "")


@get(HOME + "/{code:str}")
async def entry(
    request: Request[Any, Any, Any], code: FromPath[str], version: FromQuery[str] = "", told: FromQuery[str] = "", case: FromQuery[str] = ""
) -> Response[Any]:
    """One entry as it holds, or a version of it; who takes calls counts what it answered, who writes reads how often that was."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = visit.staff()
        place = _place(visit, actor)
        page = await bookshelf.entry(visit, code, version, HOME, staff=True, place=place)
        day = bookshelf.today(visit, place)
        found = await reading.entry(visit.db, code, day, version=bookshelf.number_of(version), staff=True)
        if bookshelf.may_write(actor):
            counted = await reading.settled(visit.db, found.entry_id, (day - YEAR).replace(day=1))
            page = msgspec.structs.replace(page, change=f"{HOME}/{code}/change", settled=_settled(visit, counted))
        if found.holds and _answers_calls(visit, actor):
            hidden = (("key", secrets.token_urlsafe(12)), ("version", str(found.number)))
            form = pages.Form(action=f"{HOME}/{code}/told", fields=(), button=visit.say(_("It answered a caller: count it")), hidden=hidden)
            page = msgspec.structs.replace(page, answers=form)
        if found.holds and (number := _case(case)):
            link = pages.Link(text=visit.say(_("Cite it in case {number}"), number=number), href=f"/desk/case/{number}?cite={code}@{found.number}#do")
            page = msgspec.structs.replace(page, cite=link, back=f"{HOME}?case={number}")
        if told:
            page = msgspec.structs.replace(page, notice=visit.say(_("Counted: a caller was answered by it, and nothing had to be registered.")))
        return visit.page("library/entry.html", page, desk=True)


@post(HOME + "/{code:str}/told")
async def tell(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Count a caller who was answered by what an entry says; the same press again counts once (domain 2.2)."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = visit.staff()
        if not _answers_calls(visit, actor):
            raise Forbidden(_("Your post does not carry the right to register for residents."))
        place = _place(visit, actor) or _city(visit, actor)
        day = bookshelf.today(visit, place)
        found = await reading.entry(visit.db, code, day, version=bookshelf.number_of(forms.one(raw, "version")), staff=True)
        key = forms.one(raw, "key")
        if not found.holds or not 8 <= len(key) <= 64:
            return visit.go(f"{HOME}/{code}")
        await settling.settle(
            visit.db, f"desk:{actor.post_id}:{key}", found.version_id, service="", district_id=place.id, day=day, channel="telephone"
        )
        return visit.go(f"{HOME}/{code}?told=1")


@get(HOME + "/{code:str}/change")
async def ask_change(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """The form for the next version, filled with the latest."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        _librarian(visit)
        return _edit(visit, code, await _latest(visit, code))


@post(HOME + "/{code:str}/change")
async def change(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Write the next version, or show how it will look."""
    return await _write(request, code)


@post(HOME + "/{code:str}/retire")
async def retire(request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
    """Let an entry end on a day."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = _librarian(visit)
        latest = await _latest(visit, code)
        until, read = _day(forms.one(raw, "until")), _number(forms.one(raw, "based_on"))
        kept = latest | {"until": raw.get("until", [""])}
        if until is None:
            return _edit(visit, code, kept, {"until": NOT_A_DAY}, status=400)
        try:
            await writing.retire(visit.db, visit.house.keyring, actor, code, until, visit.at, based_on=read)
        except Invalid as refused:
            return _edit(visit, code, kept, {"until": refused.problems["valid_until"]}, status=400)
        except Changed as refused:
            changed = await _meanwhile(visit, code, read)
            return _edit(visit, code, kept, notice=visit.say(refused.text, **refused.values), changed=changed, status=409)
        return visit.go(f"{HOME}/{code}")


async def _write(request: Request[Any, Any, Any], code: str) -> Response[Any]:
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = _librarian(visit)
        if code:
            await reading.entry(visit.db, code, visit.at.date(), staff=True)
        try:
            draft = _draft(raw, code)
            if problems := writing.check(visit.house.directory, draft, _services(visit)):
                return _edit(visit, code, raw, problems, status=400)
            if "preview" in raw:
                return _edit(visit, code, raw, preview=draft)
            based_on = _number(forms.one(raw, "based_on"))
            await writing.put(
                visit.db, visit.house.directory, visit.house.keyring, actor, draft, visit.at, services=_services(visit), based_on=based_on
            )
        except Invalid as refused:
            return _edit(visit, code, raw, refused.problems, status=400)
        except Changed as refused:
            taken = raw | {"based_on": [str(refused.values.get("number", 0))]}
            changed = await _meanwhile(visit, draft.code, based_on)
            return _edit(visit, draft.code, taken, notice=visit.say(refused.text, **refused.values), changed=changed, status=409)
        return visit.go(f"{HOME}/{draft.code}")


def _librarian(visit: Visit) -> Actor:
    actor = visit.staff()
    if not bookshelf.may_write(actor):
        raise Forbidden(_("Your post does not carry the right to write the library."))
    return actor


async def _meanwhile(visit: Visit, code: str, based_on: int) -> tuple[pages.Difference, ...]:
    """What others changed since the version that somebody had before them; all of it where they had none."""
    day = visit.at.date()
    found = await reading.entry(visit.db, code, day, staff=True)
    latest = await reading.entry(visit.db, code, day, version=found.latest, staff=True)
    before: Any
    try:
        before = await reading.entry(visit.db, code, day, version=based_on, staff=True)
    except NotFound:
        before = _NOTHING
    return bookshelf.differences(visit, before, latest)


class _Nothing:
    """What stood there before the first version."""

    title: Mapping[str, str] = {}
    text: Mapping[str, str] = {}
    source = ""
    valid_from = valid_until = review_by = None


_NOTHING = _Nothing()


def _answers_calls(visit: Visit, actor: Actor) -> bool:
    """Return whether a post takes calls: it registers something for residents."""
    return any(proof.registers(actor, s.owner) for s in visit.house.registry.services if s.audience == "residents")


def _settled(visit: Visit, counted: Mapping[str, Mapping[str, int]]) -> pages.Settled:
    """What an entry settled at once, by month and channel; only channels that occur."""
    channels = [c for c in casepage.CHANNELS if any(c in month for month in counted.values())]
    total = sum(n for month in counted.values() for n in month.values())
    return pages.Settled(
        said=visit.say(_("{count} people were answered by it within a year and did not have to file"), count=total),
        heads=(visit.say(_("Month")), *(visit.say(casepage.CHANNELS[c]) for c in channels), visit.say(_("Together"))),
        rows=tuple((month, *(str(said.get(c, 0)) for c in channels), str(sum(said.values()))) for month, said in counted.items()),
    )


def _case(said: str) -> str:
    """Return the number of a case as people write it, empty where it is none."""
    try:
        return numbers.show(numbers.read(said)) if said else ""
    except Invalid:
        return ""


def _number(said: str) -> int:
    return int(said) if said.isascii() and said.isdigit() and len(said) < 7 else 0


def _city(visit: Visit, actor: Actor) -> District:
    """Return the uppermost district over a post: staff read of the whole city."""
    place = _place(visit, actor)
    return visit.house.directory.tree.above(place.id)[-1] if place else visit.house.directory.tree.roots[0]


def _place(visit: Visit, actor: Actor) -> District | None:
    return visit.house.directory.tree[actor.district_id] if actor.district_id is not None else None


def _services(visit: Visit) -> frozenset[str]:
    return frozenset(f"{s.owner}.{s.name}" for s in visit.house.registry.services)


def _due(visit: Visit, row: Any) -> pages.EntryRow:
    note = visit.say(_("to be read again by {day}"), day=texts.say_date(row.review_by, visit.language))
    return msgspec.structs.replace(bookshelf.row(visit, row, HOME), note=note)


async def _latest(visit: Visit, code: str) -> dict[str, list[str]]:
    found = await reading.entry(visit.db, code, visit.at.date(), staff=True)
    if found.number != found.latest:
        found = await reading.entry(visit.db, code, visit.at.date(), version=found.latest, staff=True)
    directory = visit.house.directory
    said = {
        "kind": found.kind,
        "audience": found.audience,
        "district": directory.tree[found.district_id].code,
        "department": directory.department(found.department_id).code if found.department_id else "",
        "source": found.source,
        "valid_from": found.valid_from.isoformat(),
        "valid_until": found.valid_until.isoformat() if found.valid_until else "",
        "review_by": found.review_by.isoformat() if found.review_by else "",
        "based_on": str(found.latest),
    }
    for language in texts.LANGUAGES:
        said |= {f"title_{language}": found.title.get(language, ""), f"text_{language}": found.text.get(language, "")}
    return {name: [value] for name, value in said.items()} | {"services": list(found.services)}


def _draft(raw: Mapping[str, list[str]], code: str) -> Draft:
    problems: dict[str, Any] = {}
    days: dict[str, date | None] = {}
    for name in ("valid_from", "valid_until", "review_by"):
        said = forms.one(raw, name).strip()
        days[name] = _day(said) if said else None
        if (said and days[name] is None) or (not said and name == "valid_from"):
            problems[name] = NOT_A_DAY
    if any("\0" in v for values in raw.values() for v in values):
        problems["code" if not code else "source"] = _("There is a character in it that cannot be kept.")
    if problems:
        raise Invalid(_("Some answers need your attention."), problems)
    return Draft(
        code=code or forms.one(raw, "code").strip(),
        kind=forms.one(raw, "kind"),
        audience=forms.one(raw, "audience"),
        district=forms.one(raw, "district"),
        department=forms.one(raw, "department"),
        services=tuple(raw.get("services", ())),
        source=forms.one(raw, "source").strip(),
        title={n: said for n in texts.LANGUAGES if (said := forms.one(raw, f"title_{n}").strip())},
        text={n: said for n in texts.LANGUAGES if (said := forms.one(raw, f"text_{n}").replace("\r\n", "\n").strip())},
        valid_from=days["valid_from"] or date.min,
        valid_until=days["valid_until"],
        review_by=days["review_by"],
    )


def _edit(
    visit: Visit,
    code: str,
    raw: Mapping[str, list[str]],
    problems: Mapping[str, Any] | None = None,
    *,
    preview: Draft | None = None,
    notice: str = "",
    changed: tuple[pages.Difference, ...] = (),
    status: int = 200,
) -> Response[Any]:
    problems = problems or {}
    say, directory = visit.say, visit.house.directory
    places = [(d.code, d.say(visit.language)) for d in directory.tree.serving]
    offices = [("", say(_("Nobody in particular"))), *((d.code, d.say(visit.language)) for d in directory if not d.dissolved)]
    services = [(f"{s.owner}.{s.name}", say(s.title)) for s in visit.house.registry.services]
    kinds = [(k, say(t)) for k, t in bookshelf.ONE.items()]
    readers = [(k, say(t)) for k, t in AUDIENCES.items()]

    def field(name: str, label: texts.Text, kind: Any = "text", choices: list[tuple[str, str]] | None = None, **more: Any) -> pages.Field:
        given = raw.get(name) or []
        return pages.Field(
            name=name,
            label=say(label),
            kind=kind,
            value=forms.one(raw, name),
            error=say(problems[name]) if name in problems else "",
            choices=tuple(pages.Choice(value=v, label=t, chosen=v in given) for v, t in choices or ()),
            **more,
        )

    fields = [
        *([] if code else [field("code", _("Code"), hint=say(_("Stands in its address, such as street-lamp-repair. It never changes.")))]),
        field("kind", _("Kind"), "radios", kinds),
        field("title_zh", bookshelf.FIELDS["title_zh"], longest=writing.LONGEST_TITLE),
        field("text_zh", bookshelf.FIELDS["text_zh"], "textarea", rows=14, hint=say(_("Markdown: # heading, - list, **bold**, tables."))),
        field("title_en", bookshelf.FIELDS["title_en"], longest=writing.LONGEST_TITLE, optional=True),
        field("text_en", bookshelf.FIELDS["text_en"], "textarea", rows=10, optional=True),
        field("source", bookshelf.FIELDS["source"], hint=say(_("Where it is published, with its number.")), optional=True),
        field("district", _("Where it holds"), "select", places),
        field("department", _("Responsible"), "select", offices, optional=True),
        field("services", _("Before which services is it offered?"), "checkboxes", services, hint=say(_("None: before any.")), optional=True),
        field("audience", _("Who may read it"), "radios", readers),
        field("valid_from", bookshelf.FIELDS["valid_from"], "date"),
        field("valid_until", bookshelf.FIELDS["valid_until"], "date", optional=True),
        field("review_by", bookshelf.FIELDS["review_by"], "date", optional=True),
    ]
    action = f"{HOME}/{code}/change" if code else f"{HOME}/new"
    back = f"{HOME}/{code}" if code else HOME
    end = field("until", _("The last day on which it holds"), "date")
    base = (("based_on", forms.one(raw, "based_on")),)
    page = pages.EditPage(
        title=say(_("The next version of {code}"), code=code) if code else say(_("A new entry")),
        form=pages.Form(
            action=action,
            fields=tuple(fields),
            button=say(_("Let it stand")),
            problems=forms.problem_list(problems, visit.language),
            hidden=base,
            cancel=back,
        ),
        back=back,
        preview=tuple(
            (preview.title[n], rendering.html(preview.text[n], title=preview.title[n], below=2)) for n in texts.LANGUAGES if preview.title.get(n)
        )
        if preview
        else (),
        retire=pages.Form(action=f"{HOME}/{code}/retire", fields=(end,), button=say(_("Let it end")), hidden=base) if code else None,
        notice=notice,
        changed=changed,
    )
    return visit.page("library/edit.html", page, desk=True, status=status)


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said.strip())
    except ValueError:
        return None
