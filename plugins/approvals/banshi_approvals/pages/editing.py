"""The catalogue at the desk: what there is in which version, drafts, publishing, retiring, files, reforms; the officer's handbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery
from sqlalchemy import func, select

from banshi import Ask, Invalid, NotAllowedNow, NotFound, Option, PanelContext, Refused, say_date, toolkit, translator
from banshi_approvals.catalogue import checking, content, files, importing, keeping, reading, reforms
from banshi_approvals.catalogue.content import Item
from banshi_approvals.catalogue.keeping import Hand
from banshi_approvals.catalogue.reforms import Reform
from banshi_approvals.models import item_version, matter
from banshi_approvals.pages import editor, guide, words

_ = translator("banshi_approvals")

EDIT = {"permission": "approvals.catalogue"}
READ = {"permission": "approvals.read"}
LARGEST = 2_000_000
EXPERTS = _("{number} experts of {field}, passed from {score} on")
ASKED = _("{department}: {question}; {days} workdays, no answer: {rule}")
STATES = {
    "draft": (_("Draft"), "waiting"),
    "held": (_("In force"), "done"),
    "planned": (_("Published, not yet in force"), "going"),
    "ended": (_("Ended"), "ended"),
    "retired": (_("Retired"), "ended"),
}

KINDS = tuple(Option(name, title) for name, title in reforms.KINDS.items())
OPEN_CASES = tuple(Option(name, title) for name, title in reforms.OPEN_CASES.items())


class ReformForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked about a reform."""

    item: Annotated[str, msgspec.Meta(min_length=1, max_length=60), Ask(label=_("Sub-item (code)"))]
    kind: Annotated[str, Ask(label=_("What happens to it"), options=KINDS)]
    into: Annotated[str, msgspec.Meta(max_length=60), Ask(label=_("Merged into (code)"))] = ""
    district: Annotated[str, msgspec.Meta(max_length=60), Ask(label=_("Only in this district (code)"), hint=_("Empty: everywhere"))] = ""
    department: Annotated[str, Ask(label=_("Department that has it from then on"), picks="department")] = ""
    basis: Annotated[str, msgspec.Meta(min_length=2, max_length=400), Ask(label=_("Rule that it rests on"))]
    day: Annotated[date, Ask(label=_("From which day on"))]
    open_cases: Annotated[str, Ask(label=_("Open cases"), options=OPEN_CASES)]


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A version in a list."""

    version: int
    state: str
    tone: str
    days: str
    href: str


class ItemRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-item with its newest versions."""

    code: str
    title: str
    href: str
    versions: tuple[Shown, ...]


class ListPage(msgspec.Struct, frozen=True, kw_only=True):
    """Every sub-item, by matter."""

    matters: tuple[tuple[str, tuple[ItemRow, ...]], ...]
    new: str
    files: str
    reforms: str


class VersionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """The versions of one sub-item, and what can be done."""

    back: str
    code: str
    title: str
    versions: tuple[Shown, ...]
    edit: str
    publish: toolkit.Form | None
    faults: tuple[str, ...]
    retire: str
    drop: str
    form: toolkit.Form


class HandbookPage(msgspec.Struct, frozen=True, kw_only=True):
    """A version whole, for officers: everything that the applicant reads, and the steps."""

    back: str
    title: str
    version: Shown
    terms: tuple[words.Line, ...]
    basis: tuple[str, ...]
    conditions: tuple[str, ...]
    steps: tuple[words.Line, ...]
    questions: tuple[words.Line, ...]
    materials: tuple[tuple[words.Needed, str], ...]
    differences: tuple[editor.Difference, ...]


class EditPage(msgspec.Struct, frozen=True, kw_only=True):
    """The form of a draft."""

    back: str
    title: str
    sections: tuple[editor.Section, ...]
    blocks: tuple[editor.Block, ...]
    form: toolkit.Form
    notice: str = ""


class FormPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page with one form, and what came of the last one."""

    back: str
    title: str
    lead: str
    form: toolkit.Form
    told: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    rows: tuple[guide.ReformRow, ...] = ()


class Reading(Controller):
    """For every officer of approvals: the handbook."""

    @get("/desk/catalogue/{code:str}/{version:int}", opt=READ)
    async def handbook(self, request: Request[Any, Any, Any], code: FromPath[str], version: FromPath[int]) -> Response[Any]:
        """One version whole, and what it changed."""
        async with toolkit.visiting(request) as visit:
            rows = await keeping.versions(visit.db, code)
            row = next((r for r in rows if r.version == version), None)
            if row is None:
                raise NotFound(_("There is no such version of this sub-item."))
            item = msgspec.convert(row.content, Item)
            earlier = next((msgspec.convert(r.content, Item) for r in rows if r.version < version), None)
            return toolkit.page(visit, "approvals/handbook.html", _handbook(visit, row, item, earlier), desk=True)


class Editing(Controller):
    """For those who keep the catalogue."""

    @get("/desk/catalogue", opt=EDIT)
    async def list_(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Every sub-item with its states."""
        async with toolkit.visiting(request) as visit:
            titles = {r.code: content.say(r.title, visit.language) for r in await visit.db.execute(select(matter).order_by(matter.c.position))}
            found: dict[str, dict[str, list[Any]]] = {code: {} for code in titles}
            for row in await visit.db.execute(select(item_version).order_by(item_version.c.item, item_version.c.version.desc())):
                found[row.matter].setdefault(row.item, []).append(row)
            page = ListPage(
                matters=tuple((titles[m], tuple(_row(visit, code, rows) for code, rows in items.items())) for m, items in found.items() if items),
                new=_at(visit, "new"),
                files=_at(visit, "import"),
                reforms=_at(visit, "reforms"),
            )
            return toolkit.page(visit, "approvals/desk_catalogue.html", page, desk=True)

    @get("/desk/catalogue/new", opt=EDIT)
    async def new(self, request: Request[Any, Any, Any], code: FromQuery[str] = "") -> Response[Any]:
        """Ask for the code of a new sub-item."""
        async with toolkit.visiting(request) as visit:
            wanted = code.strip()
            problems = []
            if wanted and not checking.NAME.fullmatch(wanted):
                problems = [toolkit.Problem(text=visit.say(checking.CODE), field="code")]
            elif wanted:
                return visit.go(_at(visit, f"{wanted}/edit"))
            field = toolkit.Field(
                name="code", label=visit.say(_("Code of the sub-item")), kind="text", value=wanted, error=problems[0].text if problems else ""
            )
            form = toolkit.Form(action=_at(visit, "new"), fields=(field,), button=visit.say(_("Continue")), problems=tuple(problems))
            page = FormPage(back=_at(visit, ""), title=visit.say(_("New sub-item")), lead=visit.say(checking.CODE), form=form)
            return toolkit.page(visit, "approvals/desk_new.html", page, desk=True, status=400 if problems else 200)

    @get("/desk/catalogue/{code:str}", opt=EDIT)
    async def versions(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """The versions of a sub-item."""
        async with toolkit.visiting(request) as visit:
            return await _versions(visit, code)

    @get("/desk/catalogue/{code:str}/edit", opt=EDIT)
    async def edit(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """The form of a draft: of the newest version, or empty for a new sub-item."""
        async with toolkit.visiting(request) as visit:
            rows = await keeping.versions(visit.db, code)
            raw = editor.raw_of(msgspec.convert(rows[0].content, Item)) if rows else {"rows.materials": ["1"], "materials.0.core": ["true"]}
            return await _edit(visit, code, raw, seen=keeping.mark(rows[0] if rows else None))

    @post("/desk/catalogue/{code:str}/edit", opt=EDIT, status_code=200)
    async def save(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Keep the draft; the buttons that add and take away rows only draw the form again."""
        raw = await toolkit.read(request)
        async with toolkit.visiting(request) as visit:
            seen = toolkit.one(raw, "seen")
            if "add" in raw or "remove" in raw:
                return await _edit(visit, code, editor.changed(raw), seen=seen)
            item, faults = editor.read(code, raw)
            if item is None or not checking.NAME.fullmatch(code):
                return await _edit(visit, code, raw, seen=seen, faults=faults or [("", checking.CODE)])
            known = await keeping.known(visit.db, visit.house.directory)
            if item.matter not in known.matters:
                return await _edit(visit, code, raw, seen=seen, faults=[("matter", _("Choose a matter."))])
            try:
                async with visit.db.begin_nested():
                    await keeping.draft(_hand(visit), item, seen=seen)
            except NotAllowedNow as refused:
                newest = (await keeping.versions(visit.db, code))[0]
                return await _edit(visit, code, raw, seen=keeping.mark(newest), notice=visit.say(refused.text, **refused.values))
            return visit.go(_at(visit, code))

    @post("/desk/catalogue/{code:str}/publish", opt=EDIT, status_code=200)
    async def publish(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Publish the draft from a day on."""
        raw = await toolkit.read(request)
        async with toolkit.visiting(request) as visit:
            told = toolkit.one(raw, "version")
            try:
                day = date.fromisoformat(toolkit.one(raw, "day").strip())
                async with visit.db.begin_nested():
                    await keeping.publish(_hand(visit), code, int(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0, day)
            except ValueError:
                return await _versions(visit, code, raw, Invalid(keeping.PROBLEM, {"day": _("Enter a day, like 2027-01-31.")}))
            except Refused as refused:
                return await _versions(visit, code, raw, refused)
            return visit.go(_at(visit, code))

    @post("/desk/catalogue/{code:str}/retire", opt=EDIT, status_code=200)
    async def retire(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Take it out of the catalogue."""
        return await _done(request, code, keeping.retire)

    @post("/desk/catalogue/{code:str}/drop", opt=EDIT, status_code=200)
    async def drop(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Throw the draft away."""
        return await _done(request, code, keeping.drop)

    @get("/desk/catalogue/import", opt=EDIT)
    async def ask_file(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Ask for a file."""
        async with toolkit.visiting(request) as visit:
            return _file_page(visit)

    @post("/desk/catalogue/import", opt=EDIT, request_max_body_size=LARGEST, status_code=200)
    async def take_file(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Bring a file into the catalogue: all of it or nothing."""
        sent = await request.form()
        found = sent.get("file")
        raw = {"publish": [str(sent.get("publish") or "")]}
        async with toolkit.visiting(request) as visit:
            if not isinstance(found, UploadFile) or not (body := await found.read()):
                return _file_page(visit, raw, {"file": visit.say(_("Choose a file."))})
            told = raw["publish"][0].strip()
            try:
                day = date.fromisoformat(told) if told else None
            except ValueError:
                return _file_page(visit, raw, {"publish": visit.say(_("Enter a day, like 2027-01-31."))})
            done = await importing.run(_hand(visit), files.read(body), publish=day)
            faults = tuple(": ".join(p for p in (f.item, f.field, visit.say(f.text)) if p) for f in done.faults)
            counts = (
                (_("Written: {count}"), len(done.written)),
                (_("The same: {count}"), len(done.same)),
                (_("Published: {count}"), len(done.published)),
                (_("Matters: {count}"), done.matters),
                (_("Reforms: {count}"), done.reforms),
            )
            lines = () if faults else tuple(visit.say(text, count=count) for text, count in counts)
            return _file_page(visit, raw, told=lines, faults=faults)

    @get("/desk/catalogue/reforms", opt=EDIT)
    async def reforms(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """What was decided this year and comes next, and a form for another."""
        async with toolkit.visiting(request) as visit:
            return await _reforms(visit)

    @post("/desk/catalogue/reforms", opt=EDIT, status_code=200)
    async def decide(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Write a reform down; the same again changes nothing."""
        raw = await toolkit.read(request)
        async with toolkit.visiting(request) as visit:
            try:
                form = toolkit.decode(ReformForm, toolkit.answers(raw))
                reform = msgspec.convert(msgspec.to_builtins(form), Reform)
                async with visit.db.begin_nested():
                    hand = _hand(visit)
                    await reforms.decide(hand.db, hand.vault, hand.city, hand.actor, reform, hand.at)
            except Refused as refused:
                return await _reforms(visit, raw, refused)
            except msgspec.ValidationError:
                wrong = _("Choose what happens to it, and to its open cases.")
                return await _reforms(visit, raw, Invalid(keeping.PROBLEM, {"kind": wrong}))
            return visit.go(_at(visit, "reforms"))


async def panel(context: PanelContext) -> Mapping[str, Any] | None:
    """Return the way to the catalogue, and how many drafts wait there."""
    drafts = select(func.count()).select_from(item_version).where(item_version.c.state == "draft")
    here = f"/d/{context.district}/approvals/desk/catalogue"
    return {"href": here, "reforms": f"{here}/reforms", "drafts": (await context.db.execute(drafts)).scalar_one()}


# -- helpers --------------------------------------------------------------------------------------------------------------


def _hand(visit: toolkit.Visit) -> Hand:
    today = visit.at.astimezone(guide.here(visit).timezone).date()
    return Hand(db=visit.db, vault=visit.house.keyring, city=visit.house.directory, actor=visit.staff(), at=visit.at, today=today)


def _at(visit: toolkit.Visit, path: str) -> str:
    return guide.address(visit, f"desk/catalogue/{path}" if path else "desk/catalogue")


def _shown(visit: toolkit.Visit, row: Any) -> Shown:
    today = _today(visit)
    name = row.state
    if row.state == "published":
        over = row.valid_until is not None and (row.valid_until < today or row.valid_until < row.valid_from)
        name = "ended" if over else "planned" if row.valid_from > today else "held"
    title, tone = STATES[name]
    days = say_date(row.valid_from, visit.language) if row.valid_from else ""
    until = say_date(row.valid_until, visit.language) if row.valid_until and row.valid_until >= row.valid_from else ""
    if days:
        days = visit.say(_("{since} to {until}"), since=days, until=until) if until else visit.say(_("from {day}"), day=days)
    return Shown(version=row.version, state=visit.say(title), tone=tone, days=days, href=_at(visit, f"{row.item}/{row.version}"))


def _today(visit: toolkit.Visit) -> date:
    return visit.at.astimezone(guide.here(visit).timezone).date()


def _row(visit: toolkit.Visit, code: str, rows: Sequence[Any]) -> ItemRow:
    return ItemRow(
        code=code,
        title=content.say(rows[0].content["title"], visit.language),
        href=_at(visit, code),
        versions=tuple(_shown(visit, r) for r in rows[:3]),
    )


async def _versions(visit: toolkit.Visit, code: str, raw: Mapping[str, list[str]] | None = None, refused: Refused | None = None) -> Response[Any]:
    rows = await keeping.versions(visit.db, code)
    if not rows:
        raise NotFound(_("There is no such sub-item."))
    newest, draft = rows[0], rows[0].state == "draft"
    problems: dict[str, str] = {}
    if isinstance(refused, Invalid):
        problems = {name: visit.say(text) for name, text in refused.problems.items()}
    elif refused is not None:
        problems = {"": visit.say(refused.text, **refused.values)}
    faults: list[str] = []
    publish = None
    if draft:
        known = await keeping.known(visit.db, visit.house.directory)
        faults = [f"{f.field}: {visit.say(f.text)}" for f in checking.faults(msgspec.convert(newest.content, Item), known)]
        value = toolkit.one(raw, "day") if raw else _today(visit).isoformat()
        field = toolkit.Field(name="day", label=visit.say(_("In force from")), kind="date", value=value, error=problems.get("day", ""))
        publish = toolkit.Form(
            action=_at(visit, f"{code}/publish"), fields=(field,), button=visit.say(_("Publish")), hidden=(("version", str(newest.version)),)
        )
    shown = tuple(
        toolkit.Problem(text=text if name in {"", "day"} else f"{name}: {text}", field=name if name == "day" else "")
        for name, text in problems.items()
    )
    page = VersionsPage(
        back=_at(visit, ""),
        code=code,
        title=content.say(newest.content["title"], visit.language),
        versions=tuple(_shown(visit, r) for r in rows),
        edit=_at(visit, f"{code}/edit"),
        publish=publish,
        faults=tuple(faults),
        retire=_at(visit, f"{code}/retire") if any(r.state == "published" and r.valid_until is None for r in rows) else "",
        drop=_at(visit, f"{code}/drop") if draft else "",
        form=toolkit.Form(action="", fields=(), button="", problems=shown),
    )
    return toolkit.page(visit, "approvals/desk_versions.html", page, desk=True, status=refused.status if refused else 200)


async def _done(request: Request[Any, Any, Any], code: str, change: Any) -> Response[Any]:
    async with toolkit.visiting(request) as visit:
        try:
            async with visit.db.begin_nested():
                await change(_hand(visit), code)
        except NotAllowedNow as refused:
            return await _versions(visit, code, None, refused)
        rows = await keeping.versions(visit.db, code)
        return visit.go(_at(visit, code if rows else ""))


def _handbook(visit: toolkit.Visit, row: Any, item: Item, earlier: Item | None) -> HandbookPage:
    said = visit.language
    steps = []
    for step in item.steps:
        told = ""
        if step == "joint":
            told = "\n".join(_asked(visit, a) for a in item.joint)
        elif step == "inspection":
            told = visit.say(_("Form {code}"), code=item.inspection)
        elif step == "experts" and item.experts is not None:
            asked = item.experts
            told = visit.say(EXPERTS, number=asked.number, field=asked.field, score=asked.pass_at)
        steps.append(words.Line(visit.say(words.STEPS[step]), told))
    questions = []
    for question in item.questions:
        lines = [content.say(c.label, said) for c in question.choices]
        if question.when:
            lines.append(_when(visit, item, question.when))
        questions.append(words.Line(content.say(question.label, said), "\n".join(lines)))
    needed = words.needed(visit, item.materials)
    return HandbookPage(
        back=_at(visit, item.code) if visit.staff().may(EDIT["permission"]) else guide.address(visit, f"item/{item.code}"),
        title=content.say(item.title, said),
        version=_shown(visit, row),
        terms=words.terms(visit, item, toolkit.responsible(visit, "approvals.application", item.code, guide.here(visit).id)),
        basis=tuple(content.say(b, said) for b in item.basis),
        conditions=tuple(content.say(c, said) for c in item.conditions),
        steps=tuple(steps),
        questions=tuple(questions),
        materials=tuple((n, _when(visit, item, m.when)) for n, m in zip(needed, item.materials, strict=True)),
        differences=editor.differences(visit, earlier, item),
    )


def _asked(visit: toolkit.Visit, asked: content.Asked) -> str:
    found = visit.house.directory.find(asked.department) if asked.department else None
    if found is None and asked.duty:
        found = toolkit.responsible(visit, "approvals.review", asked.duty, guide.here(visit).id)
    name = found.say(visit.language) if found else asked.duty or asked.department
    rule = visit.say(words.UNANSWERED[asked.unanswered])
    question = content.say(asked.question, visit.language)
    return visit.say(ASKED, department=name, question=question, days=asked.workdays, rule=rule)


def _when(visit: toolkit.Visit, item: Item, when: Mapping[str, Sequence[str]]) -> str:
    """Return for which answers something holds, in words."""
    told = []
    for question in item.questions:
        if question.name in when:
            answers = [content.say(c.label, visit.language) for c in question.choices if c.value in when[question.name]]
            told.append(f"{content.say(question.label, visit.language)} {' / '.join(answers)}")
    return "\n".join(told)


async def _edit(
    visit: toolkit.Visit,
    code: str,
    raw: Mapping[str, list[str]],
    *,
    seen: str,
    faults: Sequence[tuple[str, Any]] = (),
    notice: str = "",
) -> Response[Any]:
    errors = {name: visit.say(text) for name, text in editor.placed(faults, raw).items()}
    titles = {r.code: content.say(r.title, visit.language) for r in await visit.db.execute(select(matter).order_by(matter.c.position))}
    counts = tuple((f"rows.{name}", str(editor.rows_of(name, raw))) for name, *_rest in editor.BLOCKS)
    form = toolkit.Form(
        action=_at(visit, f"{code}/edit"),
        fields=(),
        button=visit.say(_("Save the draft")),
        problems=tuple(toolkit.Problem(text=text, field=name) for name, text in errors.items()),
        hidden=(("seen", seen), *counts),
        cancel=_at(visit, code) if seen else _at(visit, ""),
    )
    page = EditPage(
        back=_at(visit, code) if seen else _at(visit, ""),
        title=visit.say(_("Draft of {code}"), code=code),
        sections=editor.sections(visit, raw, errors, titles),
        blocks=editor.blocks(visit, raw, errors),
        form=form,
        notice=notice,
    )
    return toolkit.page(visit, "approvals/desk_edit.html", page, desk=True, status=400 if errors else 409 if notice else 200)


def _file_page(
    visit: toolkit.Visit,
    raw: Mapping[str, list[str]] | None = None,
    problems: Mapping[str, str] | None = None,
    *,
    told: tuple[str, ...] = (),
    faults: tuple[str, ...] = (),
) -> Response[Any]:
    problems = problems or {}
    field = toolkit.Field(
        name="publish",
        label=visit.say(_("Publish from this day on; empty: as drafts")),
        kind="date",
        value=toolkit.one(raw, "publish") if raw else "",
        error=problems.get("publish", ""),
        optional=True,
    )
    form = toolkit.Form(
        action=_at(visit, "import"),
        fields=(field,),
        button=visit.say(_("Bring it in")),
        problems=tuple(toolkit.Problem(text=text, field=name) for name, text in problems.items()),
    )
    lead = visit.say(_("A TOML file with matters, sub-items and reforms. All of it is written or, where anything is wrong, nothing."))
    page = FormPage(back=_at(visit, ""), title=visit.say(_("A file into the catalogue")), lead=lead, form=form, told=told, faults=faults)
    return toolkit.page(visit, "approvals/desk_file.html", page, desk=True, status=400 if problems or faults else 200)


async def _reforms(visit: toolkit.Visit, raw: Mapping[str, Any] | None = None, refused: Refused | None = None) -> Response[Any]:
    year = _today(visit).year
    rows = [r for y in (year + 1, year) for r in await reforms.of_year(visit.db, y)]
    titles = await reading.titles(visit.db, [*(r.item for r in rows), *(r.into for r in rows if r.into)])
    form = toolkit.form(visit, ReformForm, _at(visit, "reforms"), visit.say(_("Write it down")), raw=raw, refused=refused)
    page = FormPage(
        back=_at(visit, ""),
        title=visit.say(_("Reforms")),
        lead=visit.say(_("Delegated, abolished, merged, taken over: each with its rule, its day, and what becomes of open cases.")),
        form=form,
        rows=tuple(guide.reform_row(visit, r, titles) for r in rows),
    )
    return toolkit.page(visit, "approvals/desk_reforms.html", page, desk=True, status=refused.status if refused else 200)
