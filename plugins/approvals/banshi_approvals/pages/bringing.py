"""A file brought into the catalogue: all of it, or nothing and every fault."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from litestar import Controller, Request, Response, get, post
from litestar.datastructures import UploadFile

from banshi import toolkit, translator
from banshi_approvals.catalogue import files, importing
from banshi_approvals.pages import desk

_ = translator("banshi_approvals")

LARGEST = 2_000_000


class Bringing(Controller):
    """A TOML file from an office's own computer."""

    @get("/desk/catalogue/import", opt=desk.EDIT)
    async def ask_file(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """Ask for a file."""
        async with toolkit.visiting(request) as visit:
            return _file_page(visit)

    @post("/desk/catalogue/import", opt=desk.EDIT, request_max_body_size=LARGEST, status_code=200)
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
            done = await importing.run(desk.hand(visit), files.read(body), publish=day)
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
        action=desk.at(visit, "import"),
        fields=(field,),
        button=visit.say(_("Bring it in")),
        problems=tuple(toolkit.Problem(text=text, field=name) for name, text in problems.items()),
    )
    lead = visit.say(_("A TOML file with matters, sub-items and reforms. All of it is written or, where anything is wrong, nothing."))
    page = desk.FormPage(back=desk.at(visit, ""), title=visit.say(_("A file into the catalogue")), lead=lead, form=form, told=told, faults=faults)
    return toolkit.page(visit, "approvals/desk_file.html", page, desk=True, status=400 if problems or faults else 200)
