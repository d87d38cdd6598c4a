"""The pool in a browser: the public register, and the pages on which the desk keeps it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import Ask, Invalid, NotFound, toolkit, translator
from banshi_approvals.experts import pool, ways

_ = translator("banshi_approvals")

SEPARATORS = str.maketrans("，、；;\n", ",,,,,")


class ExpertForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the pool says of an expert."""

    name: Annotated[str, msgspec.Meta(min_length=2, max_length=60), Ask(label=_("Name"))]
    fields: Annotated[
        str, msgspec.Meta(min_length=1, max_length=300), Ask(label=_("Fields"), hint=_("Separated by commas, in the words of the catalogue"))
    ]
    employer: Annotated[
        str,
        msgspec.Meta(min_length=2, max_length=120),
        Ask(label=_("Works for"), hint=_("The full name: nobody judges what their own house applies for")),
    ]
    post: Annotated[str, msgspec.Meta(max_length=120), Ask(label=_("Post or title"))] = ""
    login: Annotated[
        str,
        msgspec.Meta(max_length=60),
        Ask(
            label=_("Account with which they sign in"),
            hint=_("So that they enter their sheets themselves. Empty: the secretary copies the signed sheet"),
        ),
    ] = ""
    until: Annotated[date | None, Ask(label=_("Last day in the pool"), hint=_("Empty: for as long as it goes"))] = None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """An expert of a list."""

    name: str
    fields: str
    employer: str
    post: str
    code: str
    href: str = ""
    until: str = ""
    account: bool = False


class RegisterPage(msgspec.Struct, frozen=True, kw_only=True):
    """A list of experts: public, or at the desk with the way to change it."""

    rows: tuple[Row, ...]
    fields: tuple[tuple[str, str, int, bool], ...]
    every: str
    add: str = ""


class EditPage(msgspec.Struct, frozen=True, kw_only=True):
    """An expert's form."""

    title: str
    form: Any
    back: str


class Register(Controller):
    """The pool."""

    path = "/"

    @get("/experts", opt={"permission": "public"})
    async def public(self, request: Request[Any, Any, Any], field: FromQuery[str] = "") -> Response[Any]:
        """Show who can be drawn: the register is public."""
        async with toolkit.visiting(request) as visit:
            return toolkit.page(visit, "approvals/experts/register.html", await _register(visit, "experts", field))

    @get("/desk/experts", opt={"permission": "approvals.experts"})
    async def kept(self, request: Request[Any, Any, Any], field: FromQuery[str] = "") -> Response[Any]:
        """Show the pool with those who left it, and the way to change it."""
        async with toolkit.visiting(request) as visit:
            return toolkit.page(visit, "approvals/experts/kept.html", await _register(visit, "desk/experts", field, desk=True), desk=True)

    @get("/desk/experts/{code:str}", opt={"permission": "approvals.experts"})
    async def edit(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Show the form of an expert, or of a new one."""
        async with toolkit.visiting(request) as visit:
            known = await _known(visit, code)
            raw = _raw(known) if known is not None else {}
            return _edit(visit, code, raw)

    @post("/desk/experts/{code:str}", opt={"permission": "approvals.experts"}, status_code=200)
    async def put(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """Add an expert or change what is said of them; a form that comes twice adds one."""
        sent = await toolkit.read(request)
        raw = {name: toolkit.one(sent, name) for name in ExpertForm.__struct_fields__}
        try:
            async with toolkit.visiting(request) as visit:
                known = await _known(visit, code)
                form: ExpertForm = toolkit.decode(ExpertForm, raw)
                wanted = await _expert(visit, known, form, toolkit.one(sent, "key"))
                before = (await pool.named(visit.db, [wanted.code])).get(wanted.code)  # a form that comes twice finds what it wrote
                await pool.put(visit.db, wanted, visit.at)
                if changed := [n for n in pool.Expert.__struct_fields__ if before is None or getattr(before, n) != getattr(wanted, n)]:
                    subject, keyring = f"approvals.expert:{wanted.code}", visit.house.keyring
                    await toolkit.audit(visit.db, keyring, visit.staff(), "approvals.expert", subject, {"changed": changed}, visit.at)
                return visit.go(_kept(visit))
        except Invalid as refused:
            async with toolkit.visiting(request) as visit:
                return _edit(visit, code, raw, refused, toolkit.one(sent, "key"))


def _kept(visit: Any) -> str:
    return f"/d/{visit.district.code}/approvals/desk/experts"


async def _register(visit: Any, path: str, field: str, *, desk: bool = False) -> RegisterPage:
    today = visit.at.astimezone(visit.district.timezone).date()
    base = f"/d/{visit.district.code}/approvals/{path}"
    field = field[:60] if field.isprintable() else ""
    rows = [
        Row(
            name=e.name,
            fields=("、" if visit.language == "zh" else ", ").join(e.fields),
            employer=e.employer,
            post=e.post,
            code=e.code,
            href=f"{base}/{e.code}" if desk else "",
            until=toolkit.say_date(e.until, visit.language) if e.until else "",
            account=e.person_id is not None,
        )
        for e in await pool.listed(visit.db, today, field=field, ended=desk)
    ]
    known = await pool.fields(visit.db, today)
    fields = tuple((name, name, count, name == field) for name, count in known.items())
    return RegisterPage(rows=tuple(rows), fields=fields, every=base, add=f"{base}/new" if desk else "")


async def _known(visit: Any, code: str) -> pool.Expert | None:
    if code == "new":
        return None
    found = (await pool.named(visit.db, [code])).get(code) if code.isascii() and code.isprintable() else None
    if found is None:
        raise NotFound(_("There is no such expert in the pool."))
    return found


def _raw(known: pool.Expert) -> dict[str, str]:
    return {
        "name": known.name,
        "fields": ", ".join(known.fields),
        "employer": known.employer,
        "post": known.post,
        "until": known.until.isoformat() if known.until else "",
    }


async def _expert(visit: Any, known: pool.Expert | None, form: ExpertForm, key: str) -> pool.Expert:
    today = visit.at.astimezone(visit.district.timezone).date()
    fields = tuple(dict.fromkeys(f for f in (one.strip() for one in form.fields.translate(SEPARATORS).split(",")) if f))
    problems: dict[str, Any] = {}
    person_id = await toolkit.person_of(visit, form.login) if form.login else known.person_id if known is not None else None
    if form.login and person_id is None:
        problems["login"] = _("Nobody signs in under this name.")
    if not fields:
        problems["fields"] = _("Name at least one field.")
    if known is None and form.until is not None and form.until < today:
        problems["until"] = _("This day is past.")
    if problems:
        raise Invalid(ways.PROBLEM, problems)
    code = known.code if known is not None else "E" + str(int(hashlib.sha256((key or secrets.token_hex(12)).encode()).hexdigest(), 16) % 10**10)
    return pool.Expert(
        code=code,
        name=form.name,
        fields=fields,
        employer=form.employer,
        post=form.post,
        person_id=person_id,
        since=known.since if known is not None else today,
        until=form.until,
    )


def _edit(visit: Any, code: str, raw: Mapping[str, str], refused: Invalid | None = None, key: str = "") -> Response[Any]:
    base = _kept(visit)
    form = toolkit.form(
        visit,
        ExpertForm,
        f"{base}/{code}",
        visit.say(_("Save")),
        raw=raw,
        refused=refused,
        hidden=(("key", key or secrets.token_hex(12)),),
        cancel=base,
    )
    title = visit.say(_("Add an expert")) if code == "new" else raw.get("name", "")
    shown = EditPage(title=title, form=form, back=base)
    return toolkit.page(visit, "approvals/experts/edit.html", shown, desk=True, status=refused.status if refused else 200)
