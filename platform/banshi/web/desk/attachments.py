"""Files of a case at the desk: what the applicant and colleagues added, and more of one's own, for the applicant or among staff."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any, Literal

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import audit, texts
from banshi.cases import attaching, numbers, reading
from banshi.documents import keeping
from banshi.errors import Conflict, Forbidden, Invalid, Refused
from banshi.web import casepage, files, pages
from banshi.web.desk.sheet import address_of
from banshi.web.filelist import came, file_row
from banshi.web.files import Upload
from banshi.web.portal.attachments import OWN_CHECK, limits, pick, said_added, wrong
from banshi.web.site import Site, Visit, csrf_token

_ = texts.translator("banshi")

AT = "/desk/case/{number:str}/files"
HIDDEN = _("Whoever filed this is hidden from your department. The file itself could tell who it is; ask the intake desk.")


@get(AT)
async def show(request: Request[Any, Any, Any], number: FromPath[str], added: FromQuery[str] = "") -> Response[Any]:
    """The files of a case, and the form for more."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        return await _page(visit, casepage.read_number(number), added=added)


@post(AT, opt=OWN_CHECK, request_max_body_size=None)
async def add(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Add files; whoever may not is told before a byte of them is read."""
    files.check_token(request)
    site: Site = request.app.state.site
    plain, count = casepage.read_number(number), 0
    upload, refused = Upload(), None
    async with site.visit(request) as visit:
        actor = visit.staff()
        attaching.may(visit.house, actor, await reading.get(visit.db, visit.house, actor, plain))
    async with AsyncExitStack() as stack:
        try:
            upload = await files.read_form(request, stack)
            audience: Literal["staff", "applicant"] = "staff" if upload.fields.get("audience") == "staff" else "applicant"
            if upload.files:
                async with site.visit(request) as visit:
                    actor = visit.staff()
                    row = await attaching.lock(visit.db, visit.house, actor, plain)
                    most, files_ = site.settings.most_files, upload.files
                    new = await attaching.attach(visit.db, visit.house, actor, row, files_, visit.at, store=site.store, audience=audience, most=most)
                    count = len(new)
        except (Invalid, Conflict) as error:
            refused = error
    async with site.visit(request) as visit:
        said = wrong(visit, upload, refused)
        if said:
            return await _page(visit, plain, problems=said, added=str(count or ""), status=refused.status if refused else 400)
        return visit.go(f"{address_of(plain)}/files?added={count}")


@post(AT + "/{document_id:int}/withdraw")
async def withdraw(request: Request[Any, Any, Any], number: FromPath[str], document_id: FromPath[int]) -> Response[Any]:
    """Withdraw a file that was attached by mistake; the line that it was there stays."""
    site: Site = request.app.state.site
    plain = casepage.read_number(number)
    async with site.visit(request) as visit:
        actor = visit.staff()
        row = await attaching.lock(visit.db, visit.house, actor, plain)
        await attaching.detach(visit.db, visit.house, actor, row, document_id, visit.at)
        return visit.go(f"{address_of(plain)}/files")


@get(AT + "/{document_id:int}")
async def give(request: Request[Any, Any, Any], number: FromPath[str], document_id: FromPath[int]) -> Response[Any]:
    """Give a file away; of a hidden person's, nothing that could tell who they are."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        plain = casepage.read_number(number)
        row, hidden = await _found(visit, plain, document_id)
        if hidden:
            raise Forbidden(HIDDEN)
        if row.capacity == "resident":  # nobody knows what it holds: it is read like a personal field
            await audit.record(visit.db, visit.house.keyring, visit.staff(), "document.read", f"case:{plain}", {"document": row.id}, visit.at)
    return await files.download(site, row, row.name)


@get(AT + "/{document_id:int}/preview")
async def preview(request: Request[Any, Any, Any], number: FromPath[str], document_id: FromPath[int]) -> Response[Any]:
    """Give the small picture of a picture, drawn anew: it tells nothing of camera, place and time."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        row, _hidden = await _found(visit, casepage.read_number(number), document_id)
    return await files.preview(site, row)


async def _found(visit: Visit, number: str, document_id: int) -> tuple[Any, bool]:
    actor = visit.staff()
    row = await reading.get(visit.db, visit.house, actor, number)
    found = pick(await keeping.of_case(visit.db, row.id, reading.FOR_STAFF), document_id)
    return found, casepage.hides(actor, row) and found.capacity == "resident"


async def _page(visit: Visit, number: str, *, problems: tuple[str, ...] = (), added: str = "", status: int = 200) -> Response[Any]:
    actor = visit.staff()
    row = await reading.get(visit.db, visit.house, actor, number)
    address = f"{address_of(number)}/files"
    known = await keeping.of_case(visit.db, row.id, reading.FOR_STAFF)
    try:
        attaching.may(visit.house, actor, row)
        action = f"{address}?token={csrf_token(visit.request)}"
    except Refused:
        action = ""
    hides = casepage.hides(actor, row)
    page = pages.FilesPage(
        title=visit.say(_("Pictures and papers of this case")),
        caption=numbers.show(number),
        back=address_of(number),
        action=action,
        files=tuple(
            file_row(
                visit,
                r,
                address,
                hides=hides,
                remove=f"{address}/{r.id}/withdraw" if action and r.capacity == "staff" else "",
                by=came(visit, r, row.district_id, visit.say(_("Applicant"))),
            )
            for r in known
        ),
        limits=limits(visit),
        button=visit.say(_("Add them")),
        problems=problems,
        added=said_added(visit, added),
        audiences=(
            pages.Choice(value="applicant", label=visit.say(_("The applicant and staff")), chosen=True),
            pages.Choice(value="staff", label=visit.say(_("Staff only"))),
        ),
    )
    return visit.page("desk/files.html", page, desk=True, status=status)
