"""Registering for a resident who is on the telephone or at the window: their earlier cases first, then one page, all by keyboard."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import audit, texts
from banshi.cases import linking, numbers, opening, reading
from banshi.cases.decoding import decode, shapes
from banshi.cases.opening import Opening
from banshi.contracts import Actor, Service
from banshi.errors import Forbidden, Invalid, NotFound
from banshi.notify import quarantine
from banshi.notify.inbound import Kept
from banshi.privacy import unseal_fields
from banshi.web import casepage, drafts, forms, pages
from banshi.web.casepage import CaseView
from banshi.web.desk import proof
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/desk/register"
CAME_BY = "came_by"
CHANNELS = ("telephone", "window")
BY_MAIL = "email"
SENT = "number"
FEWEST_DIGITS = 5
EARLIER = 10


@get(HOME)
async def begin(request: Request[Any, Any, Any], came_by: FromQuery[str] = CHANNELS[0]) -> Response[Any]:
    """Ask for the telephone number by which earlier cases are found."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        return _begin(visit, _offered(visit, visit.staff()), {CAME_BY: [came_by]})


@post(HOME)
async def look(request: Request[Any, Any, Any]) -> Response[Any]:
    """Look for earlier cases by telephone number (the reading is logged, the number is not), and go on to the form; a case's number opens it."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = visit.staff()
        services = _offered(visit, actor)
        service = next((s for s in services if _name(s) == forms.one(raw, "service")), services[0])
        telephone = forms.one(raw, "telephone").strip()
        if telephone and len(re.sub(r"\D", "", telephone)) < FEWEST_DIGITS:
            return _begin(visit, services, raw, {"telephone": _("Enter a telephone number with digits, like 100 0000 1234.")})
        if await _is_case(visit, actor, telephone):
            return visit.go(f"/desk/case/{numbers.show(numbers.read(telephone))}")
        earlier: list[str] = []
        if service.start is not None:
            tree = visit.house.directory.tree
            near = [d for d in tree.below(actor.district_id or 0) if d in tree.serving and tree.has_on(d.id, service.owner)]
            place = near[0] if near else tree.roots[0]
            return visit.go(f"/d/{place.code}/{service.owner}/{service.start}?desk=1")
        if telephone:
            earlier = [r.number for r in await reading.by_person(visit.db, visit.house, actor, "telephone", telephone, most=EARLIER)]
            await audit.record(visit.db, visit.house.keyring, actor, "personal.searched", "telephone", {"cases": earlier}, visit.at)
        draft_id = await drafts.begin(visit.db, visit.house.keyring, _drawer(actor, service), visit.at)
        filing = _Registering(visit, actor, service, draft_id, {"earlier": earlier, "looked": bool(telephone)})
        answers = {filing.telephone: [telephone], CAME_BY: raw.get(CAME_BY, [CHANNELS[0]])}
        await filing.save(answers=answers)
        return visit.go(f"{filing.address}#{'earlier' if earlier else filing.first}")


@get(HOME + "/{plugin:str}/{service:str}/{draft_id:str}")
async def ask(request: Request[Any, Any, Any], plugin: FromPath[str], service: FromPath[str], draft_id: FromPath[str]) -> Response[Any]:
    """Ask everything on one page, beside what this caller filed before."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        filing = await _registering(visit, plugin, service, draft_id)
        if SENT in filing.kept:
            return visit.go(filing.address + "/done")
        return await _ask(visit, filing, filing.kept["answers"])


@post(HOME + "/{plugin:str}/{service:str}/{draft_id:str}")
async def send(request: Request[Any, Any, Any], plugin: FromPath[str], service: FromPath[str], draft_id: FromPath[str]) -> Response[Any]:
    """Register the case; the draft's id is the idempotency key, so a second press is the same case."""
    site: Site = request.app.state.site
    raw = forms.answers(await forms.read(request))
    async with site.visit(request) as visit:
        filing = await _registering(visit, plugin, service, draft_id)
        if SENT in filing.kept:
            return visit.go(filing.address + "/done")
        try:
            opened = await _open(visit, filing, raw)
        except Invalid as refused:
            await filing.save(answers=raw)
            return await _ask(visit, filing, raw, forms.problems_of(refused))
        await filing.save(answers={}, earlier=[], number=opened.number, code=opened.code, department=opened.department_id, came_by=raw[CAME_BY])
        return visit.go(filing.address + "/done")


@get(HOME + "/{plugin:str}/{service:str}/{draft_id:str}/done")
async def done(request: Request[Any, Any, Any], plugin: FromPath[str], service: FromPath[str], draft_id: FromPath[str]) -> Response[Any]:
    """Number and code, large enough to be read out over a bad line."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        filing = await _registering(visit, plugin, service, draft_id)
        if SENT not in filing.kept:
            return visit.go(filing.address)
        number, code = filing.kept[SENT], filing.kept["code"]
        held = filing.kept["department"]
        department = visit.house.directory.department(held) if held is not None else None
        title = department.say(visit.language) if department else ""
        spoken = [numbers.show(number).split("-"), [code[:3], code[3:]]]  # digit by digit; a group never breaks at the end of a line
        dictated = dict(zip(("number", "code"), (", ".join("\u00a0".join(group) for group in groups) for groups in spoken), strict=True))
        words = [visit.say(_("Your number is {number}. Your code is {code}. Whoever knows both can read the case: keep the code safe."), **dictated)]
        if department:
            words.append(visit.say(_("{department} has it now."), department=title))
        seen = await reading.several(visit.db, visit.house, filing.actor, [number])  # a post of one department registers for others too
        page = pages.RegisteredPage(
            number=numbers.show(number),
            code=code,
            say=("" if visit.language == "zh" else " ").join(words),
            department=title,
            telephone=department.telephone if department else "",
            case=f"/desk/case/{numbers.show(number)}" if seen else "",
            next=HOME + ("?came_by=window" if forms.one(filing.kept, CAME_BY) == "window" else ""),
        )
        return visit.page("desk/registered.html", page, desk=True)


async def _is_case(visit: Visit, actor: Actor, said: str) -> bool:
    """Return whether what the caller said is the number of a case that the actor may see."""
    try:
        return bool(await reading.several(visit.db, visit.house, actor, [numbers.read(said)]))
    except Invalid:
        return False


async def begin_from(visit: Visit, view: CaseView, kind: linking.Link) -> str:
    """Begin a new case from one that is there, filled with what was filed (the reading is logged), and return where it goes on."""
    actor, row = view.actor, view.row
    service = next((s for s in _offered(visit, actor) if f"{s.owner}.{s.case_type}" == view.type_row.key), None)
    if service is None or view.hides or view.declared is None:
        raise Forbidden(_("Your post does not carry the right to register for residents."))
    plain = unseal_fields(row.data, visit.house.keyring)
    answers = {
        name: [str(v) for v in (value if isinstance(value, list) else [value])] for name, value in plain.items() if value not in (None, "", False)
    }
    await audit.record(visit.db, visit.house.keyring, actor, "personal.read", f"case:{row.number}", {"for": kind}, visit.at)
    draft_id = await drafts.begin(visit.db, visit.house.keyring, _drawer(actor, service), visit.at)
    source = {"number": row.number, "kind": kind, "applicant_id": row.applicant_id}
    filing = _Registering(visit, actor, service, draft_id, {"earlier": [row.number], "looked": True, "from": source})
    await filing.save(answers=answers | {CAME_BY: [row.channel if row.channel in CHANNELS else CHANNELS[0]]})
    return f"{filing.address}#{filing.first}"


async def begin_from_mail(visit: Visit, actor: Actor, mail_id: int, kept: Kept, name: str) -> str:
    """Begin a case from a mail: its words, and its sender as whoever can be reached; return where the registration goes on."""
    services = offered(visit, actor)
    service = services.get(name) or next(iter(services.values()))
    draft_id = await drafts.begin(visit.db, visit.house.keyring, _drawer(actor, service), visit.at)
    filing = _Registering(visit, actor, service, draft_id, {"earlier": [], "looked": False, "mail": mail_id})
    answers = {CAME_BY: [BY_MAIL]}
    for shape in shapes(filing.form):
        said = kept.text or kept.subject if shape.ask.role == "title" else ""
        if shape.personal is not None:
            said = {"email": kept.sender, "name": kept.name}.get(shape.personal.kind, "")
        if said:
            answers[shape.name] = [said if shape.longest is None else said[: shape.longest]]
    await filing.save(answers=answers)
    return f"{filing.address}#{filing.first}"


def offered(visit: Visit, actor: Actor) -> dict[str, Service]:
    """Return what the post may register, by the name that a form has for it; Forbidden where that is nothing."""
    return {_name(s): s for s in _offered(visit, actor)}


class _Registering:
    """A draft on its way to a case, in the hands of one post."""

    def __init__(self, visit: Visit, actor: Actor, service: Service, draft_id: str, kept: dict[str, Any]) -> None:
        self.visit, self.actor, self.service, self.draft_id, self.kept = visit, actor, service, draft_id, kept
        self.case_type = visit.house.registry.case_type(f"{service.owner}.{service.case_type}")
        self.form = self.case_type.form
        self.address = f"{HOME}/{service.owner}/{service.name}/{draft_id}"
        self.first = service.pages[0].fields[0]
        self.channels = (*CHANNELS, BY_MAIL) if "mail" in kept else CHANNELS
        self.telephone = next((s.name for s in shapes(self.form) if s.personal is not None and s.personal.kind == "telephone"), "telephone")

    async def save(self, **values: Any) -> None:
        """Keep what is known so far."""
        self.kept |= values
        await drafts.save(self.visit.db, self.visit.house.keyring, self.draft_id, self.kept, self.visit.at)


def _offered(visit: Visit, actor: Actor) -> list[Service]:
    """Return what the post may register in its district or below; Forbidden where that is nothing."""
    tree = visit.house.directory.tree
    below = tree.below(actor.district_id) if actor.district_id is not None else []
    services = [s for s in visit.house.registry.services if s.audience == "residents" and proof.registers(actor, s.owner)]
    found = [s for s in services if any(tree.has_on(d.id, s.owner) for d in below)]
    if not found:
        raise Forbidden(_("Your post does not carry the right to register for residents."))
    return found


async def _registering(visit: Visit, plugin: str, name: str, draft_id: str) -> _Registering:
    actor = visit.staff()
    service = next((s for s in _offered(visit, actor) if (s.owner, s.name) == (plugin, name)), None)
    if service is not None:
        kept = await drafts.load(visit.db, visit.house.keyring, _drawer(actor, service), draft_id, visit.at)
        if kept is not None:
            return _Registering(visit, actor, service, draft_id, kept)
    raise NotFound(_("This form is no longer kept. Begin the registration again."))


def _drawer(actor: Actor, service: Service) -> str:
    """Return where drafts of a post lie: no other post opens them."""
    return f"desk:{actor.post_id}/{_name(service)}"


def _name(service: Service) -> str:
    return f"{service.owner}/{service.name}"


async def _open(visit: Visit, filing: _Registering, raw: Mapping[str, Any]) -> opening.Opened:
    """Open the case as staff, by the channel that the caller came by."""
    problems: dict[str, Any] = {}
    channel = forms.one(raw, CAME_BY)
    if channel not in filing.channels:
        problems[CAME_BY] = _("Choose how the resident came.")
    try:
        form = decode(filing.form, {k: v for k, v in raw.items() if k != CAME_BY})
    except Invalid as refused:
        raise Invalid(refused.text, dict(refused.problems) | problems) from None
    if problems:
        raise Invalid(_("Some answers need your attention."), problems)
    place, mail_id = filing.actor.district_id or 0, filing.kept.get("mail")
    if mail_id is not None:
        await quarantine.claim_to_file(visit.db, visit.house, filing.actor, mail_id)
    source = filing.kept.get("from") or {}
    wanted = Opening(
        case_type=filing.case_type, district_id=place, form=form, channel=channel, key=filing.draft_id, applicant_id=source.get("applicant_id")
    )
    try:
        opened = await opening.open_one(visit.db, visit.house, filing.actor, wanted, visit.at)
        if source and opened.fresh:
            await linking.link(visit.db, visit.house, filing.actor, opened.number, source["number"], source["kind"], visit.at)
        if mail_id is not None and opened.fresh:
            await quarantine.filed(visit.db, visit.house, visit.site.settings, filing.actor, mail_id, opened.number, visit.at)
        return opened
    except NotFound as refused:  # off in the operator's own district, on in one below it
        area = next((s.name for s in shapes(filing.form) if s.ask.role == "area"), "")
        raise Invalid(refused.text, {area: _("Choose a place whose district offers the service.")}) from None


def _begin(visit: Visit, services: list[Service], raw: Mapping[str, list[str]], problems: Mapping[str, Any] | None = None) -> Response[Any]:
    problems = problems or {}
    fields = [
        pages.Field(
            name="telephone",
            label=visit.say(_("Telephone number, or number of a case")),
            hint=visit.say(_("Finds what was filed before; a search by telephone is logged. Leave it empty if there is none.")),
            kind="telephone",
            value=forms.one(raw, "telephone"),
            error=visit.say(problems["telephone"]) if problems else "",
            autocomplete="off",
        )
    ]
    if len(services) > 1:
        chosen = forms.one(raw, "service") or _name(services[0])
        choices = tuple(pages.Choice(value=_name(s), label=visit.say(s.title), chosen=_name(s) == chosen) for s in services)
        fields.append(pages.Field(name="service", label=visit.say(_("What is it for?")), kind="radios", choices=choices))
    channel = forms.one(raw, CAME_BY)
    form = pages.Form(
        action=HOME,
        fields=tuple(fields),
        button=visit.say(_("Go on")),
        problems=forms.problem_list(problems, visit.language),
        hidden=((CAME_BY, channel if channel in CHANNELS else CHANNELS[0]),),
    )
    page = pages.RegisterPage(title=visit.say(_("Register for a resident")), form=form)
    return visit.page("desk/register.html", page, status=400 if problems else 200, desk=True)


async def _ask(visit: Visit, filing: _Registering, raw: Mapping[str, Any], problems: Mapping[str, Any] | None = None) -> Response[Any]:
    problems = problems or {}
    directory, home = visit.house.directory, visit.house.directory.tree[filing.actor.district_id or 0]
    drawn = forms.fields(filing.form, visit.language, raw=raw, problems=problems, directory=directory, district=home)
    by_name = {f.name: _served(visit, filing, _warned(visit, filing, f)) for f in drawn}
    groups = [pages.Group(title=visit.say(p.title), fields=tuple(by_name[n] for n in p.fields if n in by_name)) for p in filing.service.pages]
    groups.append(pages.Group(title="", fields=(_came_by(visit, raw, problems, filing.channels),)))
    rows = await reading.several(visit.db, visit.house, filing.actor, filing.kept["earlier"])
    page = pages.RegisterPage(
        title=visit.say(filing.service.title),
        form=pages.Form(
            action=filing.address,
            fields=(),
            button=visit.say(_("Register")),
            problems=forms.problem_list(problems, visit.language),
            cancel=HOME,
        ),
        groups=tuple(groups),
        looked=filing.kept["looked"],
        earlier=tuple(casepage.case_row(visit, r, "/desk/case") for r in rows),
        first=filing.first,
    )
    return visit.page("desk/register.html", page, status=400 if problems else 200, desk=True)


def _came_by(visit: Visit, raw: Mapping[str, Any], problems: Mapping[str, Any], channels: Sequence[str]) -> pages.Field:
    choices = tuple(pages.Choice(value=c, label=casepage.channel(c, visit), chosen=c == forms.one(raw, CAME_BY)) for c in channels)
    error = visit.say(problems[CAME_BY]) if CAME_BY in problems else ""
    return pages.Field(name=CAME_BY, label=visit.say(_("How did the resident come?")), kind="radios", choices=choices, error=error)


def _warned(visit: Visit, filing: _Registering, field: pages.Field) -> pages.Field:
    """Return a field whose options say below them what a resident would have to read: the officer tells it to the caller."""
    warnings = {o.value: visit.say(o.warning) for s in shapes(filing.form) if s.name == field.name for o in s.ask.options if o.warning}
    if not warnings:
        return field
    joint = "。" if visit.language == "zh" else ". "
    choices = tuple(msgspec.structs.replace(c, hint=joint.join(w for w in (c.hint, warnings.get(c.value, "")) if w)) for c in field.choices)
    return msgspec.structs.replace(field, choices=choices)


def _served(visit: Visit, filing: _Registering, field: pages.Field) -> pages.Field:
    """Return an area field without the places whose district has the service off."""
    if not any(s.name == field.name and s.ask.picks == "area" for s in shapes(filing.form)):
        return field
    tree = visit.house.directory.tree
    on = [c for c in field.choices if (found := tree.find(c.value)) and tree.has_on(tree.serving_of(found.id).id, filing.service.owner)]
    return msgspec.structs.replace(field, choices=tuple(on))
