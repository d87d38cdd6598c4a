"""The catalogue at the desk: what there is in which version, drafts, publishing, retiring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery
from sqlalchemy import func, select

from banshi import Invalid, NotAllowedNow, NotFound, PanelContext, Refused, toolkit, translator
from banshi_approvals.catalogue import checking, content, keeping
from banshi_approvals.catalogue.content import Item
from banshi_approvals.models import item_version, matter
from banshi_approvals.pages import desk, editor

_ = translator("banshi_approvals")


class ItemRow(msgspec.Struct, frozen=True, kw_only=True):
    """A sub-item with its newest versions."""

    code: str
    title: str
    href: str
    versions: tuple[desk.Shown, ...]


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
    versions: tuple[desk.Shown, ...]
    edit: str
    publish: toolkit.Form | None
    faults: tuple[str, ...]
    retire: str
    drop: str
    form: toolkit.Form


class EditPage(msgspec.Struct, frozen=True, kw_only=True):
    """The form of a draft."""

    back: str
    title: str
    sections: tuple[editor.Section, ...]
    blocks: tuple[editor.Block, ...]
    form: toolkit.Form
    notice: str = ""


class Editing(Controller):
    """For those who keep the catalogue."""

    @get("/desk/catalogue", opt=desk.EDIT)
    async def list_(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Every sub-item with its states."""
        async with toolkit.visiting(request) as visit:
            titles = {r.code: content.say(r.title, visit.language) for r in await visit.db.execute(select(matter).order_by(matter.c.position))}
            found: dict[str, dict[str, list[Any]]] = {code: {} for code in titles}
            for row in await visit.db.execute(select(item_version).order_by(item_version.c.item, item_version.c.version.desc())):
                found[row.matter].setdefault(row.item, []).append(row)
            page = ListPage(
                matters=tuple((titles[m], tuple(_row(visit, code, rows) for code, rows in items.items())) for m, items in found.items() if items),
                new=desk.at(visit, "new"),
                files=desk.at(visit, "import"),
                reforms=desk.at(visit, "reforms"),
            )
            return toolkit.page(visit, "approvals/desk_catalogue.html", page, desk=True)

    @get("/desk/catalogue/new", opt=desk.EDIT)
    async def new(self, request: Request[Any, Any, Any], code: FromQuery[str] = "") -> Response[Any]:
        """Ask for the code of a new sub-item."""
        async with toolkit.visiting(request) as visit:
            wanted = code.strip()
            problems = []
            if wanted and not checking.NAME.fullmatch(wanted):
                problems = [toolkit.Problem(text=visit.say(checking.CODE), field="code")]
            elif wanted:
                return visit.go(desk.at(visit, f"{wanted}/edit"))
            field = toolkit.Field(
                name="code", label=visit.say(_("Code of the sub-item")), kind="text", value=wanted, error=problems[0].text if problems else ""
            )
            form = toolkit.Form(action=desk.at(visit, "new"), fields=(field,), button=visit.say(_("Continue")), problems=tuple(problems))
            page = desk.FormPage(back=desk.at(visit, ""), title=visit.say(_("New sub-item")), lead=visit.say(checking.CODE), form=form)
            return toolkit.page(visit, "approvals/desk_new.html", page, desk=True, status=400 if problems else 200)

    @get("/desk/catalogue/{code:str}", opt=desk.EDIT)
    async def versions(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """The versions of a sub-item."""
        async with toolkit.visiting(request) as visit:
            return await _versions(visit, code)

    @get("/desk/catalogue/{code:str}/edit", opt=desk.EDIT)
    async def edit(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """The form of a draft: of the newest version, or empty for a new sub-item."""
        async with toolkit.visiting(request) as visit:
            rows = await keeping.versions(visit.db, code)
            raw = editor.raw_of(msgspec.convert(rows[0].content, Item)) if rows else {"rows.materials": ["1"], "materials.0.core": ["true"]}
            return await _edit(visit, code, raw, seen=keeping.mark(rows[0] if rows else None))

    @post("/desk/catalogue/{code:str}/edit", opt=desk.EDIT, status_code=200)
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
                    await keeping.draft(desk.hand(visit), item, seen=seen)
            except NotAllowedNow as refused:
                newest = (await keeping.versions(visit.db, code))[0]
                return await _edit(visit, code, raw, seen=keeping.mark(newest), notice=visit.say(refused.text, **refused.values))
            return visit.go(desk.at(visit, code))

    @post("/desk/catalogue/{code:str}/publish", opt=desk.EDIT, status_code=200)
    async def publish(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Publish the draft from a day on."""
        raw = await toolkit.read(request)
        async with toolkit.visiting(request) as visit:
            told = toolkit.one(raw, "version")
            try:
                day = date.fromisoformat(toolkit.one(raw, "day").strip())
                async with visit.db.begin_nested():
                    await keeping.publish(desk.hand(visit), code, int(told) if told.isascii() and told.isdigit() and len(told) < 9 else 0, day)
            except ValueError:
                return await _versions(visit, code, raw, Invalid(keeping.PROBLEM, {"day": _("Enter a day, like 2027-01-31.")}))
            except Refused as refused:
                return await _versions(visit, code, raw, refused)
            return visit.go(desk.at(visit, code))

    @post("/desk/catalogue/{code:str}/retire", opt=desk.EDIT, status_code=200)
    async def retire(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Take it out of the catalogue."""
        return await _done(request, code, keeping.retire)

    @post("/desk/catalogue/{code:str}/drop", opt=desk.EDIT, status_code=200)
    async def drop(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Throw the draft away."""
        return await _done(request, code, keeping.drop)


async def panel(context: PanelContext) -> Mapping[str, Any] | None:
    """Return the way to the catalogue, and how many drafts wait there."""
    drafts = select(func.count()).select_from(item_version).where(item_version.c.state == "draft")
    here = f"/d/{context.district}/approvals/desk/catalogue"
    return {"href": here, "reforms": f"{here}/reforms", "drafts": (await context.db.execute(drafts)).scalar_one()}


# -- helpers --------------------------------------------------------------------------------------------------------------


def _row(visit: toolkit.Visit, code: str, rows: Sequence[Any]) -> ItemRow:
    return ItemRow(
        code=code,
        title=content.say(rows[0].content["title"], visit.language),
        href=desk.at(visit, code),
        versions=tuple(desk.shown(visit, r) for r in rows[:3]),
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
        value = toolkit.one(raw, "day") if raw else toolkit.today(visit).isoformat()
        field = toolkit.Field(name="day", label=visit.say(_("In force from")), kind="date", value=value, error=problems.get("day", ""))
        publish = toolkit.Form(
            action=desk.at(visit, f"{code}/publish"), fields=(field,), button=visit.say(_("Publish")), hidden=(("version", str(newest.version)),)
        )
    shown = tuple(
        toolkit.Problem(text=text if name in {"", "day"} else f"{name}: {text}", field=name if name == "day" else "")
        for name, text in problems.items()
    )
    page = VersionsPage(
        back=desk.at(visit, ""),
        code=code,
        title=content.say(newest.content["title"], visit.language),
        versions=tuple(desk.shown(visit, r) for r in rows),
        edit=desk.at(visit, f"{code}/edit"),
        publish=publish,
        faults=tuple(faults),
        retire=desk.at(visit, f"{code}/retire") if any(r.state == "published" and r.valid_until is None for r in rows) else "",
        drop=desk.at(visit, f"{code}/drop") if draft else "",
        form=toolkit.Form(action="", fields=(), button="", problems=shown),
    )
    return toolkit.page(visit, "approvals/desk_versions.html", page, desk=True, status=refused.status if refused else 200)


async def _done(request: Request[Any, Any, Any], code: str, change: Any) -> Response[Any]:
    async with toolkit.visiting(request) as visit:
        try:
            async with visit.db.begin_nested():
                await change(desk.hand(visit), code)
        except NotAllowedNow as refused:
            return await _versions(visit, code, None, refused)
        rows = await keeping.versions(visit.db, code)
        return visit.go(desk.at(visit, code if rows else ""))


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
        action=desk.at(visit, f"{code}/edit"),
        fields=(),
        button=visit.say(_("Save the draft")),
        problems=tuple(toolkit.Problem(text=text, field=name) for name, text in errors.items()),
        hidden=(("seen", seen), *counts),
        cancel=desk.at(visit, code) if seen else desk.at(visit, ""),
    )
    page = EditPage(
        back=desk.at(visit, code) if seen else desk.at(visit, ""),
        title=visit.say(_("Draft of {code}"), code=code),
        sections=editor.sections(visit, raw, errors, titles),
        blocks=editor.blocks(visit, raw, errors),
        form=form,
        notice=notice,
    )
    return toolkit.page(visit, "approvals/desk_edit.html", page, desk=True, status=400 if errors else 409 if notice else 200)
