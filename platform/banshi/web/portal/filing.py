"""Filing: one question group a page, check your answers, a confirmation that can be photographed."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from sqlalchemy import select

from banshi import texts
from banshi.cases import numbers, opening
from banshi.cases.decoding import decode, shapes
from banshi.cases.opening import Opening
from banshi.cases.tables import case
from banshi.contracts import Page as Group
from banshi.contracts import Service
from banshi.errors import Invalid, NotFound
from banshi.web import drafts, forms, pages
from banshi.web.mounting import OutOfOrder
from banshi.web.portal import following
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")


SENT = "number"


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
    drawn = forms.fields(
        filing.form,
        visit.language,
        raw=filing.answers,
        problems=problems,
        only=group.fields,
        directory=visit.house.directory,
        district=visit.district,
    )
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
        if shape.ask.picks == "area" and shape.name in group.fields:
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
            said = forms.say_value(shape, value, visit.language, visit.house.directory)
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
    district_id = visit.district.id if visit.district else 0
    try:
        form = decode(filing.form, filing.answers)
        wanted = Opening(case_type=filing.case_type, district_id=district_id, form=form, channel="web", key=filing.draft_id)
        opened = await opening.open_one(visit.db, visit.house, visit.resident, wanted, visit.at)
    except Invalid as refused:
        return _check(visit, filing, forms.problems_of(refused))
    await drafts.save(visit.db, visit.house.keyring, filing.draft_id, {SENT: opened.number}, visit.at)
    following.remember(visit, opened.number)
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
