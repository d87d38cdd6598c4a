"""The resident's portal: find a service, file, get a number, follow it, answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from sqlalchemy import select

from banshi import notify, texts
from banshi.cases import acting, numbers, opening, reading
from banshi.cases.acting import Act
from banshi.cases.decoding import decode, shapes
from banshi.cases.opening import Opening
from banshi.cases.tables import case
from banshi.contracts import Actor, Service
from banshi.contracts import Page as Group
from banshi.errors import Conflict, Invalid, NotFound, NotSignedIn, Refused
from banshi.identity import throttle
from banshi.web import casepage, drafts, forms, pages
from banshi.web.casepage import CaseView
from banshi.web.mounting import OutOfOrder
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

FOLLOW_LASTS = 2 * 3600
SENT = "number"


# -- home ---------------------------------------------------------------------------------------------------------------


@get("/")
async def home(request: Request[Any, Any, Any], q: FromQuery[str] = "") -> Response[Any]:
    """The portal's home, in the district that host or memory tell, else the question which."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        if visit.here() is None:
            links = tuple(pages.Link(text=d.say(visit.language), href=f"/d/{d.code}") for d in visit.house.directory.tree.serving)
            return visit.page("portal/choose.html", pages.ChooseDistrictPage(links=links))
        return await _home(visit, q)


@get("/d/{district:str}")
async def district_home(request: Request[Any, Any, Any], district: FromPath[str], q: FromQuery[str] = "") -> Response[Any]:
    """The portal's home in a district, which is remembered."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        visit.enter(district)
        return await _home(visit, q)


async def _home(visit: Visit, q: str) -> Response[Any]:
    found: tuple[pages.Link, ...] | None = None
    query = q.strip()[:200]
    services = _services(visit)
    if query:
        try:
            return visit.go(f"/case/{numbers.show(numbers.read(query))}")
        except Invalid:
            found = tuple(_service_link(visit, s) for s in services if _matches(s, query))
    subjects: dict[str, list[pages.Link]] = {}
    for service in services:
        subjects.setdefault(visit.say(service.subject), []).append(_service_link(visit, service))
    mine = ""
    if visit.visitor.person_id is not None:
        counted = await reading.count_bounded(visit.db, visit.house, visit.resident, [reading.Query(open=True)])
        mine = visit.say(_("{count} being worked on"), count=bounded(counted[0]))
    page = pages.HomePage(
        query=query,
        search_action=visit.request.url.path,
        subjects=tuple(pages.Subject(title=t, services=tuple(s)) for t, s in subjects.items()),
        found=found,
        track_href="/track",
        mine=mine,
        mine_href="/my",
    )
    return visit.page("portal/home.html", page)


def _services(visit: Visit) -> Sequence[Service]:
    district = visit.district
    if district is None:
        return ()
    tree, registry = visit.house.directory.tree, visit.house.registry
    return registry.only(tree.plugins_of(district.id, registry.names)).services


def _service_link(visit: Visit, service: Service) -> pages.Link:
    href = f"/d/{visit.district.code if visit.district else ''}/services/{service.owner}/{service.name}"
    return pages.Link(text=visit.say(service.title), href=href, summary=visit.say(service.summary))


def _matches(service: Service, query: str) -> bool:
    """Return whether a service answers what was typed: any of its words in it, or it in any of its words."""
    wanted = query.casefold()
    for words in (service.title, service.summary, service.subject, *service.words):
        for language in texts.LANGUAGES:
            said = texts.say(words, language).casefold()
            if wanted in said or (len(said) > 1 and said in wanted):
                return True
    return False


def bounded(count: int) -> str:
    """Return a bounded count as pages show it."""
    return f"{reading.BOUND}+" if count > reading.BOUND else str(count)


# -- filing -------------------------------------------------------------------------------------------------------------


@get("/d/{district:str}/services/{plugin:str}/{service:str}")
async def start(request: Request[Any, Any, Any], district: FromPath[str], plugin: FromPath[str], service: FromPath[str]) -> Response[Any]:
    """What a service is, before the first question."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        found = _offered(visit, district, plugin, service)
        form = pages.Form(action=request.url.path, fields=(), button=visit.say(_("Start now")), cancel=f"/d/{district}")
        page = pages.StartPage(title=visit.say(found.title), summary=visit.say(found.summary), before=visit.say(found.before), form=form)
        return visit.page("portal/start.html", page)


@post("/d/{district:str}/services/{plugin:str}/{service:str}")
async def begin(request: Request[Any, Any, Any], district: FromPath[str], plugin: FromPath[str], service: FromPath[str]) -> Response[Any]:
    """Begin a draft and go to the first question."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        found = _offered(visit, district, plugin, service)
        draft_id = await drafts.begin(visit.db, visit.house.keyring, f"{district}/{plugin}/{service}", visit.at)
        return visit.go(f"{request.url.path}/{draft_id}/{found.pages[0].name}")


@get("/d/{district:str}/services/{plugin:str}/{service:str}/{draft_id:str}/{step:str}")
async def ask(
    request: Request[Any, Any, Any],
    district: FromPath[str],
    plugin: FromPath[str],
    service: FromPath[str],
    draft_id: FromPath[str],
    step: FromPath[str],
) -> Response[Any]:
    """Show one question group, the check page, or the confirmation."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        filing = await _filing(visit, district, plugin, service, draft_id)
        if step == "done" or SENT in filing.answers:
            return _done(visit, await _sent(visit, filing))
        if step == "check":
            return _check(visit, filing)
        return _ask(visit, filing, filing.group(step))


@post("/d/{district:str}/services/{plugin:str}/{service:str}/{draft_id:str}/{step:str}")
async def answer(
    request: Request[Any, Any, Any],
    district: FromPath[str],
    plugin: FromPath[str],
    service: FromPath[str],
    draft_id: FromPath[str],
    step: FromPath[str],
) -> Response[Any]:
    """Keep the answers of one question group and go on; on the check page, file the case."""
    site: Site = request.app.state.site
    raw = forms.answers(await forms.read(request))
    async with site.visit(request) as visit:
        filing = await _filing(visit, district, plugin, service, draft_id)
        if SENT in filing.answers:
            return visit.go(filing.address("done"))
        if step == "check":
            return await _file(visit, filing)
        group = filing.group(step)
        kept = filing.answers | {name: raw.get(name, []) for name in group.fields}
        await drafts.save(visit.db, visit.house.keyring, draft_id, kept, visit.at)
        filing.answers = kept
        try:
            decode(filing.form, raw, only=group.fields)
            _area_fits(visit, filing, group)
        except Invalid as refused:
            return _ask(visit, filing, group, forms.problems_of(refused))
        return visit.go(filing.address(filing.after(group)))


class _Filing:
    """A draft on its way to a case."""

    def __init__(self, visit: Visit, service: Service, draft_id: str, answers: dict[str, Any]) -> None:
        self.service, self.draft_id, self.answers = service, draft_id, answers
        self.case_type = visit.house.registry.case_type(f"{service.owner}.{service.case_type}")
        self.form = self.case_type.form
        district = visit.district
        self.base = f"/d/{district.code if district else ''}/services/{service.owner}/{service.name}"

    def address(self, step: str) -> str:
        return f"{self.base}/{self.draft_id}/{step}"

    def group(self, name: str) -> Group:
        for group in self.service.pages:
            if group.name == name:
                return group
        raise NotFound(_("There is no such question."))

    def after(self, group: Group) -> str:
        following = self.service.pages[self.service.pages.index(group) + 1 :]
        return following[0].name if following else "check"


async def _filing(visit: Visit, district: str, plugin: str, service: str, draft_id: str) -> _Filing:
    found = _offered(visit, district, plugin, service)
    answers = await drafts.load(visit.db, visit.house.keyring, f"{district}/{plugin}/{service}", draft_id, visit.at)
    if answers is None:
        raise Gone(_("This form is no longer kept. Forms wait for seven days; please begin again."))
    return _Filing(visit, found, draft_id, answers)


class Gone(NotFound):
    """It was there, and is not any more."""

    status = 410


def _offered(visit: Visit, district: str, plugin: str, name: str) -> Service:
    """Return the service; NotFound where the district has the plugin off, by whatever method it was asked."""
    place = visit.enter(district)
    if visit.house.directory.tree.has_on(place.id, plugin):
        if plugin in visit.house.registry.failed:
            raise OutOfOrder(_("This service is out of order. The hot line takes what you have to say."))
        try:
            return visit.house.registry.service(plugin, name)
        except KeyError:
            pass
    raise NotFound(_("This district does not offer the service."))


def _ask(visit: Visit, filing: _Filing, group: Group, problems: dict[str, Any] | None = None) -> Response[Any]:
    position = filing.service.pages.index(group)
    back = filing.base if position == 0 else filing.address(filing.service.pages[position - 1].name)
    tree = visit.house.directory.tree
    drawn = forms.fields(filing.form, visit.language, raw=filing.answers, problems=problems, only=group.fields, tree=tree, district=visit.district)
    page = pages.AskPage(
        service=visit.say(filing.service.title),
        title=visit.say(group.title),
        lead=visit.say(group.lead),
        position=position + 1,
        total=len(filing.service.pages),
        back=back,
        form=pages.Form(
            action=filing.address(group.name),
            fields=drawn,
            button=visit.say(_("Continue")),
            problems=forms.problem_list(problems or {}, visit.language),
        ),
    )
    return visit.page("portal/ask.html", page, status=400 if problems else 200)


def _area_fits(visit: Visit, filing: _Filing, group: Group) -> None:
    for shape in shapes(filing.form):
        if shape.ask.areas and shape.name in group.fields:
            code = forms.one(filing.answers, shape.name)
            found = visit.house.directory.tree.find(code)
            if code and (found is None or visit.district is None or visit.district.id not in found.path):
                raise Invalid(_("Some answers need your attention."), {shape.name: _("Choose a place in this district.")})


def _check(visit: Visit, filing: _Filing, problems: dict[str, Any] | None = None) -> Response[Any]:
    by_field = {name: group.name for group in filing.service.pages for name in group.fields}
    drawn = []
    for shape in shapes(filing.form):
        if shape.name in by_field:
            value = filing.answers.get(shape.name) or []
            said = forms.say_value(shape, value, visit.language, visit.house.directory.tree)
            drawn.append(pages.Answer(label=visit.say(shape.ask.label), value=said, change=filing.address(by_field[shape.name]) + "#" + shape.name))
    page = pages.CheckPage(
        service=visit.say(filing.service.title),
        answers=tuple(drawn),
        back=filing.address(filing.service.pages[-1].name),
        form=pages.Form(
            action=filing.address("check"),
            fields=(),
            button=visit.say(_("Send")),
            problems=forms.problem_list(problems or {}, visit.language),
        ),
    )
    return visit.page("portal/check.html", page, status=400 if problems else 200)


async def _file(visit: Visit, filing: _Filing) -> Response[Any]:
    """File the case: the draft's id is the idempotency key, so a second press is the same case."""
    try:
        form = decode(filing.form, {k: v for k, v in filing.answers.items() if k != SENT})
        _area_fits(visit, filing, filing.service.pages[0])
    except Invalid as refused:
        return _check(visit, filing, forms.problems_of(refused))
    district_id = visit.district.id if visit.district else 0
    wanted = Opening(case_type=filing.case_type, district_id=district_id, form=form, channel="web", key=filing.draft_id)
    opened = await opening.open_one(visit.db, visit.house, visit.resident, wanted, visit.at)
    await drafts.save(visit.db, visit.house.keyring, filing.draft_id, {SENT: opened.number}, visit.at)
    _remember(visit, opened.number)
    return visit.go(filing.address("done"))


async def _sent(visit: Visit, filing: _Filing) -> Any:
    number = filing.answers.get(SENT)
    row = (await visit.db.execute(select(case).where(case.c.number == number))).one_or_none() if number else None
    if row is None:
        raise NotFound(_("This form has not been sent yet."))
    return row


def _done(visit: Visit, row: Any) -> Response[Any]:
    department = visit.house.directory.department(row.department_id) if row.department_id else None
    page = pages.DonePage(
        number=numbers.show(row.number),
        code=numbers.code(visit.house.keyring, row.number, row.key_id),
        title=row.title,
        department=department.say(visit.language) if department else "",
        telephone=department.telephone if department else "",
        follow=f"/case/{numbers.show(row.number)}",
    )
    return visit.page("portal/done.html", page)


# -- following ----------------------------------------------------------------------------------------------------------


@get("/track")
async def track(request: Request[Any, Any, Any], number: FromQuery[str] = "") -> Response[Any]:
    """Ask for number and code; a number alone shows stage and department, no text and no name."""
    site: Site = request.app.state.site
    if not number.strip():
        async with site.visit(request) as visit:
            return visit.page("portal/track.html", pages.TrackPage(form=_track_form(visit)))
    return await _stage(request, number, "")


@post("/track")
async def follow(request: Request[Any, Any, Any]) -> Response[Any]:
    """Check number and code, and open the case to this browser for two hours."""
    raw = await forms.read(request)
    number, code = forms.one(raw, "number"), forms.one(raw, "code")
    if not code.strip():
        return await _stage(request, number, code)
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        problems: dict[str, Any] = {}
        try:
            plain = numbers.read(number)
        except Invalid as refused:
            return visit.page("portal/track.html", pages.TrackPage(form=_track_form(visit, number, code, forms.problems_of(refused))), status=400)
    await _take(site, f"code:{plain}", throttle.CODE_BY_NUMBER)
    async with site.visit(request) as visit:
        row = (await visit.db.execute(select(case.c.number, case.c.key_id).where(case.c.number == plain))).one_or_none()
        if row is not None and numbers.code_fits(visit.house.keyring, plain, row.key_id, code):
            await throttle.forgive(visit.db, f"code:{plain}")
            _remember(visit, plain)
            return visit.go(f"/case/{numbers.show(plain)}")
    await _miss(request, site)
    async with site.visit(request) as visit:
        problems["code"] = _("Number and code do not belong together. Both stand on your receipt.")
        return visit.page("portal/track.html", pages.TrackPage(form=_track_form(visit, number, code, problems)), status=404)


async def _stage(request: Request[Any, Any, Any], number: str, code: str) -> Response[Any]:
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        await throttle.check(visit.db, _network_key(request), throttle.MISSES_BY_NETWORK, visit.at)
        try:
            plain = numbers.read(number)
        except Invalid as refused:
            form = _track_form(visit, number, code, forms.problems_of(refused))
            return visit.page("portal/track.html", pages.TrackPage(form=form), status=400)
        row = (await visit.db.execute(select(case).where(case.c.number == plain))).one_or_none()
        if row is not None:
            view = CaseView(visit, visit.resident, row, ())
            holder = view.holder()
            stage = pages.StagePart(
                number=numbers.show(plain),
                state=view.type_row.say_state(row.state, visit.language),
                tone=view.tone(),
                department=holder.title if holder else "",
                telephone=holder.telephone if holder else "",
            )
            return visit.page("portal/track.html", pages.TrackPage(form=_track_form(visit, numbers.show(plain)), stage=stage))
    await _miss(request, site)
    async with site.visit(request) as visit:
        problems = {"number": _("We have no case with this number. Compare it with your receipt, or call the hot line.")}
        return visit.page("portal/track.html", pages.TrackPage(form=_track_form(visit, number, code, problems)), status=404)


def _network_key(request: Request[Any, Any, Any]) -> str:
    return "track:" + throttle.network(request.client.host if request.client else "")


async def _miss(request: Request[Any, Any, Any], site: Site) -> None:
    """Count a number that was not there, per network and over the whole site, in a transaction of its own."""
    await _take(site, _network_key(request), throttle.MISSES_BY_NETWORK)
    await _take(site, "track:site", throttle.MISSES_BY_SITE)


async def _take(site: Site, key: str, limit: throttle.Limit) -> None:
    too_many: Refused | None = None
    async with site.database.transaction() as db:
        try:
            await throttle.take(db, key, limit, site.now())
        except Refused as refused:
            too_many = refused
    if too_many is not None:
        raise too_many


def _track_form(visit: Visit, number: str = "", code: str = "", problems: dict[str, Any] | None = None) -> pages.Form:
    problems = problems or {}

    def said(name: str) -> str:
        return visit.say(problems[name]) if name in problems else ""

    return pages.Form(
        action="/track",
        fields=(
            pages.Field(
                name="number",
                label=visit.say(_("Case number")),
                hint=visit.say(_("Twelve digits, like 4071-8826-3915")),
                kind="text",
                value=number,
                error=said("number"),
                autocomplete="off",
            ),
            pages.Field(
                name="code",
                label=visit.say(_("Code")),
                hint=visit.say(_("Six digits. Without it you see the stage only.")),
                kind="text",
                value=code,
                error=said("code"),
                optional=True,
                autocomplete="off",
            ),
        ),
        button=visit.say(_("Show the case")),
        problems=forms.problem_list(problems, visit.language),
    )


# -- a case of one's own ------------------------------------------------------------------------------------------------


@get("/my")
async def my_cases(request: Request[Any, Any, Any], after: FromQuery[str] = "") -> Response[Any]:
    """The resident's own cases, newest first."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        if visit.visitor.person_id is None:
            raise NotSignedIn(_("Sign in to see your cases. Without an account, follow a case by its number and code."))
        query = reading.Query(newest_first=True, after=reading.read_cursor(after))
        found = await reading.listing(visit.db, visit.house, visit.resident, query)
        news = await notify.unread(visit.db, visit.visitor.person_id, "resident", [r.id for r in found.rows])
        rows = tuple(casepage.case_row(visit, r, "/case", staff=False, news=news) for r in found.rows)
        following = f"/my?after={reading.write_cursor(found.next)}" if found.next else ""
        return visit.page("portal/my.html", pages.MyPage(rows=rows, next=following, track_href="/track"))


@get("/case/{number:str}")
async def show_case(request: Request[Any, Any, Any], number: FromPath[str], do: FromQuery[str] = "") -> Response[Any]:
    """A case of one's own: as the applicant, or with the code shown before."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        plain = casepage.read_number(number)
        actor = holder_of(visit, plain)
        try:
            view = await _view(visit, actor, plain)
        except NotFound:
            return visit.go(f"/track?number={numbers.show(plain)}")
        if actor.person_id is not None and not actor.holds:
            await notify.read(visit.db, actor.person_id, "resident", view.row.id)
        form, title = view.action_form(_address(plain), do) if do else (None, "")
        return visit.page("portal/case.html", _case_page(visit, view, form, title, do))


@post("/case/{number:str}/{action:str}")
async def act(request: Request[Any, Any, Any], number: FromPath[str], action: FromPath[str]) -> Response[Any]:
    """Do what the case allows its applicant now."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    plain = casepage.read_number(number)
    refused: Refused | None = None
    async with site.visit(request) as visit:
        actor = holder_of(visit, plain)
        view = await _view(visit, actor, plain)
        declared = casepage.action_of(view.declared, action)
        try:
            form = decode(declared.form, forms.answers(raw))
            wanted = Act(number=plain, action=action, form=form, revision=revision_of(raw), key=forms.one(raw, "key")[:100])
            await acting.act_one(visit.db, visit.house, actor, wanted, visit.at)
            return visit.go(_address(plain))
        except (Invalid, Conflict) as error:
            refused = error
    async with site.visit(request) as visit:
        view = await _view(visit, actor, plain)
        problems = refusal_problems(refused)
        drawn, title = view.action_form(_address(plain), action, forms.answers(raw) | {"key": []}, problems)
        page = _case_page(visit, view, drawn, title, action)
        since = view.since(refused)
        notice = "" if drawn else visit.say(refused.text, **refused.values)
        page = msgspec.structs.replace(page, changed=since, notice=notice)
        return visit.page("portal/case.html", page, status=refused.status)


def refusal_problems(refused: Refused) -> dict[str, Any]:
    """Return what the error summary says of a refusal."""
    if isinstance(refused, Invalid):
        return forms.problems_of(refused)
    text = texts.Said(refused.text, refused.values) if isinstance(refused.text, texts.Text) else refused.text
    return {"": text}


def revision_of(raw: dict[str, list[str]]) -> int | None:
    """Return the revision that a form was made for, None where it does not say."""
    said = forms.one(raw, "revision")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def holder_of(visit: Visit, number: str) -> Actor:
    """Return the resident, or whoever showed the code of this number in the last two hours."""
    if _remembered(visit, number):
        return Actor(capacity="resident", person_id=visit.visitor.person_id, holds=number)
    return visit.resident


async def _view(visit: Visit, actor: Actor, number: str) -> CaseView:
    row = await reading.get(visit.db, visit.house, actor, number)
    return CaseView(visit, actor, row, await reading.story(visit.db, row.id, reading.FOR_APPLICANT))


def _case_page(visit: Visit, view: CaseView, form: pages.Form | None, title: str, chosen: str) -> pages.CasePage:
    steps, progress = view.steps()
    visit.district = visit.house.directory.tree[view.row.district_id]
    oversight = visit.house.directory.part("oversight", view.row.area_id or view.row.district_id)
    facts = ((visit.say(_("Place")), view.area()), (visit.say(_("Received")), view.moment(view.row.received)))
    return pages.CasePage(
        number=numbers.show(view.row.number),
        title=view.row.title,
        kind=view.kind(),
        state=view.state(),
        tone=view.tone(),
        steps=steps,
        progress=progress,
        story=view.story(),
        received=view.moment(view.row.received),
        holder=view.holder(),
        oversight=casepage.contact(oversight, visit.language) if oversight else None,
        facts=facts,
        actions=view.actions(_address(view.row.number), chosen),
        form=form,
        form_title=title,
    )


def _address(number: str) -> str:
    return f"/case/{numbers.show(number)}"


def _remember(visit: Visit, number: str) -> None:
    """Open the case to this browser for two hours: a cookie that only comes back to the case's own address."""
    until = int(visit.at.timestamp()) + FOLLOW_LASTS
    grant = f"{until}.{_grant(visit, number, until)}"
    visit.cookies.append(visit.cookie("follow", grant, lasts=FOLLOW_LASTS, path=_address(number)))


def _remembered(visit: Visit, number: str) -> bool:
    until, _dot, mac = visit.request.cookies.get("follow", "").partition(".")
    if not (until.isascii() and until.isdigit() and len(until) < 12) or int(until) < visit.at.timestamp():
        return False
    return mac == _grant(visit, number, int(until))


def _grant(visit: Visit, number: str, until: int) -> str:
    return visit.house.keyring.mac("follow", f"{number}.{until}".encode()).hex()


HANDLERS = [home, district_home, start, begin, ask, answer, track, follow, my_cases, show_case, act]
__all__ = ["HANDLERS", "bounded", "refusal_problems", "revision_of"]
