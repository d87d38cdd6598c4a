"""Filing: one question group a page, check your answers, a confirmation that can be photographed."""

from __future__ import annotations

from typing import Any, Literal

from litestar import Request, Response, get, post
from litestar.params import FromPath
from sqlalchemy import select

from banshi import texts
from banshi.cases import attaching, numbers, opening
from banshi.cases.decoding import decode, shapes
from banshi.cases.opening import Opening
from banshi.cases.tables import case
from banshi.contracts import Page as Group
from banshi.documents import keeping
from banshi.errors import Invalid, NotFound
from banshi.identity import mandates
from banshi.web import drafts, forms, pages
from banshi.web.drafts import SENT, SETTLED
from banshi.web.portal import attachments, consult, following, nearby, questions, saving
from banshi.web.portal.questions import FOR, PAPERS, WARNED, Filing
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

MYSELF = "0"
LATER = "later"
"""The name of the button that keeps a page as it is and leaves."""


@get("/d/{district:str}/services/{plugin:str}/{service:str}")
async def start(request: Request[Any, Any, Any], district: FromPath[str], plugin: FromPath[str], service: FromPath[str]) -> Response[Any]:
    """What a service is, before the first question."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        if (begins := questions.offered(visit, district, plugin, service).start) is not None:
            return visit.go(f"/d/{district}/{plugin}/{begins}")
        return await _start(visit, district, plugin, service)


@post("/d/{district:str}/services/{plugin:str}/{service:str}")
async def begin(request: Request[Any, Any, Any], district: FromPath[str], plugin: FromPath[str], service: FromPath[str]) -> Response[Any]:
    """Begin a draft and go to the first question; a helper says first for whom."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        found = questions.offered(visit, district, plugin, service)
        if found.start is not None:
            return visit.go(f"/d/{district}/{plugin}/{found.start}")
        answers: dict[str, Any] = {}
        if held := await _held(visit):
            chosen = forms.one(raw, "for")
            if chosen not in {MYSELF, *(str(m.id) for m in held)}:
                return await _start(visit, district, plugin, service, {"for": _("Choose for whom you file.")})
            principal = next((m.person_id for m in held if str(m.id) == chosen), None)
            answers = {} if principal is None else {FOR: principal}
        person_id = visit.visitor.person_id
        draft_id = await drafts.begin(visit.db, visit.house.keyring, f"{district}/{plugin}/{service}", visit.at, person_id=person_id, answers=answers)
        filing = await questions.find(visit, district, plugin, service, draft_id)
        if person_id is None:
            filing.remember()
        return visit.go(filing.address(found.pages[0].name))


@get("/d/{district:str}/services/{plugin:str}/{service:str}/{draft_id:str}/{step:str}")
async def ask(
    request: Request[Any, Any, Any],
    district: FromPath[str],
    plugin: FromPath[str],
    service: FromPath[str],
    draft_id: FromPath[str],
    step: FromPath[str],
) -> Response[Any]:
    """Show one question group, a warning, the check page, or the confirmation."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        filing = await questions.find(visit, district, plugin, service, draft_id)
        if not filing.opens():
            return visit.go(filing.address("resume"))
        await filing.stand()
        if step == "done" or SENT in filing.answers:
            return await _done(visit, filing)
        if step == "settled" or SETTLED in filing.answers:
            return await consult.settled(visit, filing)
        if step == "check":
            return await _check(visit, filing)
        if step == PAPERS and filing.service.attachments:
            return await attachments.papers(visit, filing)
        group = filing.group(step)
        if group not in filing.asked:
            return visit.go(filing.after(group))
        if "near" in request.query_params:
            return await nearby.show(visit, filing, group)
        if "consult" in request.query_params:
            return await consult.show(visit, filing, group)
        if "read" in request.query_params and (told := filing.warnings(group.fields)):
            return _warn(visit, filing, group, told)
        return _ask(visit, filing, group)


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
    sent = await forms.read(request)
    raw = forms.answers(sent)
    async with site.visit(request) as visit:
        filing = await questions.find(visit, district, plugin, service, draft_id, lock=True)
        if not filing.opens():
            return saving.ask_code(visit, filing, step=step, kept=raw, status=403)
        if SENT in filing.answers:
            return visit.go(filing.address("done"))
        if SETTLED in filing.answers:
            return visit.go(filing.address("settled"))
        await filing.stand()
        if step == "check":
            return await _file(visit, filing)
        group = filing.group(step)
        if "near" in request.query_params:
            return await nearby.choose(visit, filing, group, sent)
        if "consult" in request.query_params:
            return visit.go(await consult.choose(visit, filing, group, sent))
        await filing.save(filing.answers | {name: raw.get(name, []) for name in group.fields})
        if LATER in sent:
            return await saving.leave(visit, filing)
        if group not in filing.asked:
            return visit.go(filing.after(group))
        try:
            decode(filing.form, raw, only=group.fields)
            _area_fits(visit, filing, group)
        except Invalid as refused:
            return _ask(visit, filing, group, forms.problems_of(refused))
        following_page = await _past_warnings(filing, group)
        if following_page == filing.after(group):
            if await consult.fresh(visit, filing, group):
                following_page = filing.address(group.name) + "?consult"
            elif await nearby.fresh(visit, filing, group):
                following_page = filing.address(group.name) + "?near"
        return visit.go(following_page)


async def _past_warnings(filing: Filing, group: Group) -> str:
    """Return where a page that was answered leads: to the warning of an answer, once, else on."""
    chosen = filing.warnings(group.fields)
    read = [w for w in filing.answers.get(WARNED, []) if w.partition("=")[0] not in group.fields]
    fresh = [w for w in chosen if w not in filing.answers.get(WARNED, [])]
    if chosen or WARNED in filing.answers:
        await filing.save(filing.answers | {WARNED: [*read, *chosen]})
    return filing.address(group.name) + "?read" if fresh else filing.after(group)


async def _held(visit: Visit) -> list[mandates.Mandate]:
    person_id = visit.visitor.person_id
    return [] if person_id is None else await mandates.held_by(visit.db, visit.house.keyring, person_id, visit.at)


async def _start(visit: Visit, district: str, plugin: str, name: str, problems: dict[str, Any] | None = None) -> Response[Any]:
    service = visit.house.registry.service(plugin, name)
    fields: tuple[pages.Field, ...] = ()
    if held := await _held(visit):
        choices = [pages.Choice(value=MYSELF, label=visit.say(_("For myself")))]
        choices += [pages.Choice(value=str(m.id), label=visit.say(_("For {name}, with a mandate"), name=m.name)) for m in held]
        kind: Literal["radios", "select"] = "radios" if len(choices) <= forms.RADIOS_UP_TO else "select"
        error = visit.say(problems["for"]) if problems else ""
        fields = (pages.Field(name="for", label=visit.say(_("For whom do you file?")), kind=kind, choices=tuple(choices), error=error),)
    form = pages.Form(
        action=f"/d/{district}/services/{plugin}/{name}",
        fields=fields,
        button=visit.say(_("Start now")),
        cancel=f"/d/{district}",
        problems=forms.problem_list(problems or {}, visit.language),
    )
    page = pages.StartPage(title=visit.say(service.title), summary=visit.say(service.summary), before=visit.say(service.before), form=form)
    return visit.page("portal/start.html", page, status=400 if problems else 200)


def _ask(visit: Visit, filing: Filing, group: Group, problems: dict[str, Any] | None = None) -> Response[Any]:
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
        position=filing.asked.index(group) + 1,
        total=len(filing.asked),
        back=filing.before(group),
        for_whom=filing.for_whom,
        form=pages.Form(
            action=filing.address(group.name),
            fields=drawn,
            button=visit.say(_("Continue")),
            problems=forms.problem_list(problems or {}, visit.language),
        ),
    )
    return visit.page("portal/ask.html", page, status=400 if problems else 200)


def _warn(visit: Visit, filing: Filing, group: Group, told: dict[str, Any]) -> Response[Any]:
    page = pages.WarningPage(
        service=visit.say(filing.service.title),
        alarms=tuple(questions.alarm(visit, text) for text in told.values()),
        back=filing.address(group.name),
        next=filing.after(group),
    )
    return visit.page("portal/warning.html", page)


def _area_fits(visit: Visit, filing: Filing, group: Group) -> None:
    for shape in shapes(filing.form):
        if shape.ask.picks == "area" and shape.name in group.fields:
            code = forms.one(filing.answers, shape.name)
            found = visit.house.directory.tree.find(code)
            if code and (found is None or visit.district is None or visit.district.id not in found.path):
                raise Invalid(_("Some answers need your attention."), {shape.name: _("Choose a place in this district.")})


async def _check(visit: Visit, filing: Filing, problems: dict[str, Any] | None = None) -> Response[Any]:
    by_field = {name: group.name for group in filing.asked for name in group.fields}
    drawn = []
    for shape in shapes(filing.form):
        if shape.name in by_field:
            value = filing.answers.get(shape.name) or []
            said = forms.say_value(shape, value, visit.language, visit.house.directory)
            drawn.append(pages.Answer(label=visit.say(shape.ask.label), value=said, change=filing.address(by_field[shape.name]) + "#" + shape.name))
    if filing.service.attachments:
        names = [f.name for f in await keeping.of_draft(visit.db, filing.draft.id)]
        drawn.append(
            pages.Answer(label=visit.say(_("Pictures and papers")), value="\n".join(names) or visit.say(_("None yet")), change=filing.address(PAPERS))
        )
    page = pages.CheckPage(
        service=visit.say(filing.service.title),
        answers=tuple(drawn),
        back=filing.address(filing.asked[-1].name),
        for_whom=filing.for_whom,
        joined=nearby.joined(filing),
        form=pages.Form(
            action=filing.address("check"),
            fields=(),
            button=visit.say(_("Send")),
            problems=forms.problem_list(problems or {}, visit.language),
        ),
    )
    return visit.page("portal/check.html", page, status=400 if problems else 200)


async def _file(visit: Visit, filing: Filing) -> Response[Any]:
    """File the case: the draft's id is the idempotency key, so a second press is the same case. Answers to what is no longer asked stay behind."""
    district_id = visit.district.id if visit.district else 0
    try:
        form = decode(filing.form, filing.live)
        joins = filing.answers.get(nearby.JOINS)
        master = await nearby.master(visit, filing, joins) if joins else None
        wanted = Opening(case_type=filing.case_type, district_id=district_id, form=form, channel="web", key=filing.draft.id, master=master)
        opened = await opening.open_one(visit.db, visit.house, filing.actor, wanted, visit.at)
        await attaching.adopt(visit.db, visit.house, filing.actor, opened.number, filing.draft.id, visit.at)
    except Invalid as refused:
        return await _check(visit, filing, forms.problems_of(refused))
    except NotFound as refused:
        if nearby.JOINS not in filing.answers:
            raise
        await filing.save({k: v for k, v in filing.answers.items() if k != nearby.JOINS})
        return await _check(visit, filing, {"": refused.text})
    await filing.save({SENT: opened.number} | {name: told for name, told in filing.answers.items() if name == FOR})
    if filing.actor.acting_for_id is None:  # a helper comes back with the mandate, as long as it lives
        following.remember(visit, opened.number)
    return visit.go(filing.address("done"))


async def _done(visit: Visit, filing: Filing) -> Response[Any]:
    """Show number and code to whoever sent the form: the browser for two hours, the account as long as the draft is kept."""
    number = filing.answers.get(SENT)
    row = (await visit.db.execute(select(case).where(case.c.number == number))).one_or_none() if number else None
    if row is None:
        raise NotFound(_("This form has not been sent yet."))
    if row.applicant_id is not None and row.applicant_id != (filing.actor.acting_for_id or filing.actor.person_id):
        return visit.go(f"/track?number={numbers.show(row.number)}")
    department = visit.house.directory.department(row.department_id) if row.department_id else None
    told = questions.warnings(filing.form, row.data)
    page = pages.DonePage(
        number=numbers.show(row.number),
        code=numbers.code(visit.house.keyring, row.number, row.key_id),
        title=row.title,
        department=department.say(visit.language) if department else "",
        telephone=department.telephone if department else "",
        follow=f"/case/{numbers.show(row.number)}",
        alarms=tuple(questions.alarm(visit, text) for text in told.values()),
        for_whom=filing.for_whom,
    )
    return visit.page("portal/done.html", page)
