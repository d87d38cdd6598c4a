"""Materials: each with its state, its reason, its basis and a field for its files (domain 6.2)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath

from banshi import Actor, Invalid, NotFound, PanelContext, Refused, Said, Text, say, toolkit, translator
from banshi_approvals.application import forms
from banshi_approvals.application.facts import ON_PAPER, Facts, Given
from banshi_approvals.catalogue import content, notice, reading
from banshi_approvals.catalogue.content import Material
from banshi_approvals.pages import words

_ = translator("banshi_approvals")

OWN = {"permission": "applicant"}
DESK = {"permission": "approvals.accept"}
STATES: dict[str, Text] = {
    "missing": _("Not handed in yet"),
    "given": _("Handed in"),
    "accepted": _("In order"),
    "faulty": _("To be handed in again"),
    "promised": _("Promised, follows later"),
}
TONES = {"missing": "waiting", "given": "going", "accepted": "done", "faulty": "late", "promised": "waiting"}
KINDS: dict[str, tuple[str, ...]] = {"pdf": ("application/pdf",), "picture": ("image/",), "any": ("",)}
WRONG: dict[str, Text] = {
    "pdf": _("{name}: this material is handed in as PDF."),
    "picture": _("{name}: this material is handed in as a picture, such as JPEG or PNG."),
}
PROBLEM = _("Some answers need your attention.")


class FileLink(msgspec.Struct, frozen=True):
    """A file that is there."""

    name: str
    href: str


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A material of a case as the page shows it; ``field`` is empty where nothing can be handed in now."""

    code: str
    title: str
    state: str
    tone: str
    core: bool
    reason: str
    basis: str
    sample: str
    hint: str
    takes: str
    accept: str
    licence: bool
    files: tuple[FileLink, ...]
    paper: bool
    field: str
    errors: tuple[str, ...] = ()


class MaterialsPage(msgspec.Struct, frozen=True, kw_only=True):
    """All materials of a case."""

    back: str
    number: str
    title: str
    desk: bool
    rows: tuple[Row, ...]
    action: str
    key: str
    form: toolkit.Form
    closed: str
    shows: tuple[toolkit.Form, ...] = ()
    added: str = ""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its materials, who looks at it, and from which side."""

    actor: Actor
    row: Any
    facts: Facts
    desk: bool
    materials: Mapping[str, Material]

    @property
    def address(self) -> str:
        """Where the case itself is read."""
        return f"{'/desk' if self.desk else ''}/case/{toolkit.show_number(self.row.number)}"


class OwnMaterials(Controller):
    """For the applicant, a helper, or who holds the code."""

    @get("/materials", opt=OWN)
    async def show(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Every material with its state."""
        async with toolkit.visiting(request) as visit:
            seen = await _own(visit, number)
            return await _draw(visit, seen, added=_handed(visit, seen))

    @post("/materials", opt=OWN | toolkit.UPLOAD, request_max_body_size=None, status_code=200)
    async def hand_in(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Take files, each in the field of its material."""
        async with toolkit.uploaded(request) as upload, toolkit.visiting(request) as visit:
            return await _take(visit, await _own(visit, number), upload)

    @post("/licence", opt=OWN, status_code=200)
    async def show_licence(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Take a licence that we gave in place of a material."""
        raw = await toolkit.read(request)
        async with toolkit.visiting(request) as visit:
            return await _show_licence(visit, await _own(visit, number), raw)


class DeskMaterials(Controller):
    """For the office: the same."""

    @get("/desk/{number:str}/materials", opt=DESK)
    async def show(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Every material with its state."""
        async with toolkit.visiting(request) as visit:
            seen = await at_desk(visit, number)
            return await _draw(visit, seen, added=_handed(visit, seen))

    @post("/desk/{number:str}/materials", opt=DESK | toolkit.UPLOAD, request_max_body_size=None, status_code=200)
    async def hand_in(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Take files that came over the counter."""
        async with toolkit.uploaded(request) as upload, toolkit.visiting(request) as visit:
            return await _take(visit, await at_desk(visit, number), upload)

    @post("/desk/{number:str}/licence", opt=DESK, status_code=200)
    async def show_licence(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Take a licence that we gave in place of a material."""
        raw = await toolkit.read(request)
        async with toolkit.visiting(request) as visit:
            return await _show_licence(visit, await at_desk(visit, number), raw)


async def _own(visit: toolkit.Visit, number: str) -> Seen:
    actor, row = await toolkit.own_case(visit, number)
    return await _seen(visit, actor, row, desk=False)


async def at_desk(visit: toolkit.Visit, number: str) -> Seen:
    """Return a case with its materials as the office sees it."""
    actor, row = await toolkit.desk_case(visit, number)
    return await _seen(visit, actor, row, desk=True)


async def _seen(visit: toolkit.Visit, actor: Actor, row: Any, *, desk: bool) -> Seen:
    facts = toolkit.snapshot(visit, row).facts
    if not isinstance(facts, Facts):
        raise NotFound(_("This is no application."))
    visit.district = visit.house.directory.tree[row.district_id]
    return Seen(actor=actor, row=row, facts=facts, desk=desk, materials=await _catalogue(visit.db, facts))


async def _catalogue(db: Any, facts: Facts) -> dict[str, Material]:
    """Return what the catalogue said of the materials when the case was filed."""
    item = await reading.version(db, facts.item, facts.version)
    return {m.code: m for m in item.materials} if item else {}


# -- handing in -----------------------------------------------------------------------------------------------------------


async def _take(visit: toolkit.Visit, seen: Seen, upload: toolkit.Upload) -> Response[Any]:
    """Attach what is of the right kind, put it to its materials, and say what was not taken and why."""
    errors: dict[str, list[str]] = {}
    for under, (name, refused) in zip(upload.refused_under, upload.refused, strict=True):
        errors.setdefault(_code(under), []).append(f"{name}: {visit.say(refused.text, **refused.values)}")
    good = [n for n, _one in enumerate(upload.files) if _fits(visit, seen, upload, n, errors)]
    papers = [f"{name[2:]}:{ON_PAPER}" for name in upload.fields if seen.desk and name.startswith("p.")]
    if not good and not papers:
        if not errors:
            errors[""] = [visit.say(_("Choose at least one file."))]
        return await _draw(visit, seen, errors=errors, status=400)
    kept = msgspec.structs.replace(upload, files=[upload.files[n] for n in good], under=[upload.under[n] for n in good])
    if "hand_in" not in toolkit.actions_of(visit, seen.actor, seen.row):
        return await _draw(visit, seen, errors={"": [visit.say(CLOSED)]}, status=409)
    try:
        async with visit.db.begin_nested():
            documents = await toolkit.attach(visit, seen.actor, seen.row.number, kept) if good else []
            papers += [f"{_code(under)}:{document}" for under, document in zip(kept.under, documents, strict=True)]
            form = forms.HandIn(papers=papers)
            key = str(upload.fields.get("key", ""))[:100]
            await toolkit.act(visit, seen.actor, toolkit.Act(number=seen.row.number, action="hand_in", form=form, key=key))
    except Refused as refused:
        if refused.status not in {400, 409}:
            raise
        told = visit.say(next(iter(refused.problems.values()))) if isinstance(refused, Invalid) and refused.problems else ""
        return await _draw(visit, seen, errors={"": [told or visit.say(refused.text, **refused.values)]}, status=refused.status)
    if errors:
        again = await _again(visit, seen)
        return await _draw(visit, again, errors=errors, added=visit.say(_("{count} files were taken."), count=len(good)), status=400)
    return visit.go(f"{below(visit, seen)}/materials?handed")


def _handed(visit: toolkit.Visit, seen: Seen) -> str:
    """Return what is said after handing in: whether anything is still to come; empty for who only looks."""
    if "handed" not in visit.request.query_params:
        return ""
    if left := sum(m.state in {"missing", "faulty", "promised"} for m in seen.facts.materials):
        return visit.say(_("Handed in. Still to be handed in: {count}."), count=left)
    return visit.say(_("Handed in. Everything that is asked for is there."))


CLOSED = _("Nothing can be handed in as the application stands now.")


def _fits(visit: toolkit.Visit, seen: Seen, upload: toolkit.Upload, n: int, errors: dict[str, list[str]]) -> bool:
    """Return whether a file is of a kind that its material takes."""
    received, _verdict = upload.files[n]
    code = _code(upload.under[n])
    if seen.facts.given(code) is None:
        errors.setdefault("", []).append(f"{received.name}: {visit.say(_('There is no such material on this case.'))}")
        return False
    material = seen.materials.get(code)
    takes = material.takes if material else "any"
    if received.kind.media_type.startswith(KINDS[takes]):
        return True
    errors.setdefault(code, []).append(visit.say(WRONG[takes], name=received.name))
    return False


def _code(under: str) -> str:
    return under.removeprefix("m.")


async def _again(visit: toolkit.Visit, seen: Seen) -> Seen:
    number = seen.row.number
    return await (at_desk(visit, number) if seen.desk else _own(visit, number))


async def _show_licence(visit: toolkit.Visit, seen: Seen, raw: dict[str, list[str]]) -> Response[Any]:
    typed = toolkit.answers(raw)
    try:
        async with visit.db.begin_nested():
            form = toolkit.decode(forms.Shown, typed)
            wanted = toolkit.Act(number=seen.row.number, action="show_licence", form=form, key=toolkit.key_of(raw))
            await toolkit.act(visit, seen.actor, wanted)
    except Refused as refused:
        if refused.status not in {400, 409}:
            raise
        problems = refused.problems if isinstance(refused, Invalid) and refused.problems else {"": Said(_text(refused), refused.values)}
        errors = {toolkit.one(raw, "code"): [visit.say(text) for text in problems.values()]}
        return await _draw(visit, seen, errors=errors, typed={toolkit.one(raw, "code"): toolkit.one(raw, "number")}, status=refused.status)
    return visit.go(f"{below(visit, seen)}/materials?handed")


def _text(refused: Refused) -> Any:
    return refused.text


# -- the page -------------------------------------------------------------------------------------------------------------


def below(visit: toolkit.Visit, seen: Seen) -> str:
    """Return the address below which the pages of this case's materials lie."""
    number, district = toolkit.show_number(seen.row.number), visit.district
    return f"/d/{district.code if district else ''}/approvals/desk/{number}" if seen.desk else f"/case/{number}/approvals"


async def _draw(
    visit: toolkit.Visit,
    seen: Seen,
    *,
    errors: Mapping[str, Sequence[str]] = {},
    typed: Mapping[str, str] = {},
    added: str = "",
    status: int = 200,
) -> Response[Any]:
    names = {d.id: d.name for d in await toolkit.documents(visit, seen.row, staff=seen.desk)}
    allowed = toolkit.actions_of(visit, seen.actor, seen.row)
    rows = tuple(_row(visit, seen, m, names, errors.get(m.code, ()), takes="hand_in" in allowed) for m in seen.facts.materials)
    problems = [
        toolkit.Problem(text=text, field=f"m.{code}" if code else "")
        for code, told in errors.items()
        for text in told
        if not code or "hand_in" in allowed
    ]
    here = below(visit, seen)
    shows = tuple(
        _licence_form(visit, f"{here}/licence", m, typed.get(m.code, ""))
        for m in seen.facts.materials
        if m.licence and m.state in {"missing", "faulty", "promised"} and "show_licence" in allowed
    )
    page = MaterialsPage(
        back=seen.address,
        number=toolkit.show_number(seen.row.number),
        title=content.say(seen.facts.title, visit.language),
        desk=seen.desk,
        rows=rows,
        action=f"{here}/materials?token={toolkit.upload_token(visit.request)}" if any(r.field for r in rows) else "",
        key=secrets.token_urlsafe(18),
        form=toolkit.Form(action="", fields=(), button=visit.say(_("Hand in")), problems=tuple(problems)),
        closed="" if any(r.field for r in rows) else visit.say(CLOSED),
        shows=shows,
        added=added,
    )
    return toolkit.page(visit, "approvals/materials.html", page, desk=seen.desk, status=status)


def _row(visit: toolkit.Visit, seen: Seen, given: Given, names: Mapping[int, str], errors: Sequence[str], *, takes: bool) -> Row:
    material, said = seen.materials.get(given.code), visit.language
    kinds = material.takes if material else "any"
    return Row(
        code=given.code,
        title=content.say(given.title, said),
        state=visit.say(STATES[given.state]),
        tone=TONES[given.state],
        core=given.core,
        reason=given.reason,
        basis=content.say(given.basis, said),
        sample=content.say(given.sample, said),
        hint=content.say(material.hint, said) if material else "",
        takes=visit.say(words.TAKES[kinds]),
        accept={"pdf": "application/pdf", "picture": "image/*"}.get(kinds, ""),
        licence=bool(given.licence) and given.state == "accepted" and not given.documents,
        paper=ON_PAPER in given.documents,
        files=tuple(FileLink(names[d], f"{seen.address}/files/{d}") for d in given.documents if d in names),
        field=f"m.{given.code}" if takes and given.state != "accepted" else "",
        errors=tuple(errors),
    )


def _licence_form(visit: toolkit.Visit, action: str, given: Given, typed: str) -> toolkit.Form:
    title = content.say(given.title, visit.language)
    field = toolkit.Field(
        name="number",
        label=visit.say(_("{material}: number of a valid licence that we gave you"), material=title),
        kind="text",
        value=typed,
        hint=visit.say(_("Then nothing has to be handed in for it")),
    )
    return toolkit.Form(action=action, fields=(field,), button=visit.say(_("Use this licence")), hidden=(("code", given.code),))


# -- asking for everything ------------------------------------------------------------------------------------------------


# -- the panel ------------------------------------------------------------------------------------------------------------


async def panel(context: PanelContext) -> Mapping[str, Any] | None:
    """Return the materials of a case with their states, and where they are handed in or asked for."""
    if context.case is None:
        return None
    facts, staff = context.case.facts, context.actor.capacity == "staff"
    number = toolkit.show_number(context.case.number)
    here = f"/d/{context.district}/approvals/desk/{number}" if staff else f"/case/{number}/approvals"
    rows = [
        {
            "title": content.say(m.title, context.language),
            "state": say(STATES[m.state], context.language),
            "tone": TONES[m.state],
            "reason": m.reason,
            "asked": m.asked,
        }
        for m in facts.materials
    ]
    open_now = context.case.closed is None and (not staff or context.actor.may("approvals.accept"))
    asks = staff and open_now and context.case.state == "filed" and any(m.state in {"missing", "given", "faulty"} for m in facts.materials)
    item = await reading.version(context.db, facts.item, facts.version)
    told = notice.of(item, facts.version, notice.situation(item, context.case.data.get("situation") or ())) if item else None
    said = context.language
    return {
        "title": content.say(facts.title, said),
        "handbook": f"/d/{context.district}/approvals/desk/catalogue/{facts.item}/{facts.version}" if staff else "",
        "situation": [(content.say(a.question, said), content.say(a.answer, said)) for a in told.situation] if told else [],
        "rows": rows,
        "again": sum(bool(c.again) for c in facts.corrections),
        "materials": f"{here}/materials" if open_now else "",
        "ask": f"{here}/ask" if asks else "",
    }
