"""Pictures and papers of a resident: on a case of their own, and with a form that is being filled in."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import texts
from banshi.cases import attaching, numbers, reading
from banshi.documents import keeping
from banshi.errors import Conflict, Forbidden, Invalid, NotAllowedNow, NotFound, Refused
from banshi.web import casepage, files, pages
from banshi.web.drafts import SENT
from banshi.web.filelist import came, file_row
from banshi.web.files import Upload
from banshi.web.portal import own, questions, saving
from banshi.web.portal.questions import PAPERS, Filing
from banshi.web.security import TOKEN_ROUTE
from banshi.web.site import Site, Visit, csrf_token

_ = texts.translator("banshi")

DRAFT = "/d/{district:str}/services/{plugin:str}/{service:str}/{draft_id:str}/files"
OWN_CHECK = {TOKEN_ROUTE: True}
"""The token of a form with files stands in its address: `files.check_token` looks at it before the body is read."""


# -- on a case -------------------------------------------------------------------------------------------------------------


@get("/case/{number:str}/files")
async def show(request: Request[Any, Any, Any], number: FromPath[str], added: FromQuery[str] = "") -> Response[Any]:
    """The files of a case of one's own, and the form for more."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        return await _case_page(visit, casepage.read_number(number), added=added)


@post("/case/{number:str}/files", opt=OWN_CHECK, request_max_body_size=None)
async def add(request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
    """Add files to a case of one's own; whoever may not is told before a byte of them is read."""
    files.check_token(request)
    site: Site = request.app.state.site
    plain, count = casepage.read_number(number), 0
    upload, refused = Upload(), None
    async with site.visit(request) as visit:
        view = await own.view_of(visit, plain)
        attaching.may(visit.house, view.actor, view.row)
    async with AsyncExitStack() as stack:
        try:
            upload = await files.read_form(request, stack)
            if upload.files:
                async with site.visit(request) as visit:
                    actor = (await own.view_of(visit, plain)).actor
                    row = await attaching.lock(visit.db, visit.house, actor, plain)
                    count = len(
                        await attaching.attach(
                            visit.db, visit.house, actor, row, upload.files, visit.at, store=site.store, most=site.settings.most_files
                        )
                    )
        except (Invalid, Conflict) as error:
            refused = error
    async with site.visit(request) as visit:
        said = wrong(visit, upload, refused)
        if said:
            return await _case_page(visit, plain, problems=said, added=str(count or ""), status=refused.status if refused else 400)
        return visit.go(f"{casepage.address_of(plain)}/files?added={count}")


@post("/case/{number:str}/files/{document_id:int}/withdraw")
async def withdraw(request: Request[Any, Any, Any], number: FromPath[str], document_id: FromPath[int]) -> Response[Any]:
    """Withdraw a file that one added oneself."""
    site: Site = request.app.state.site
    plain = casepage.read_number(number)
    async with site.visit(request) as visit:
        actor = (await own.view_of(visit, plain)).actor
        row = await attaching.lock(visit.db, visit.house, actor, plain)
        await attaching.detach(visit.db, visit.house, actor, row, document_id, visit.at)
        return visit.go(f"{casepage.address_of(plain)}/files")


@get("/case/{number:str}/files/{document_id:int}")
async def give(request: Request[Any, Any, Any], number: FromPath[str], document_id: FromPath[int]) -> Response[Any]:
    """Give a file away."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        row = await _found(visit, casepage.read_number(number), document_id)
    return await files.download(site, row, row.name)


@get("/case/{number:str}/files/{document_id:int}/preview")
async def preview(request: Request[Any, Any, Any], number: FromPath[str], document_id: FromPath[int]) -> Response[Any]:
    """Give the small picture of a picture."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        row = await _found(visit, casepage.read_number(number), document_id)
    return await files.preview(site, row)


async def _found(visit: Visit, number: str, document_id: int) -> Any:
    view = await own.view_of(visit, number)
    known = await keeping.of_case(visit.db, view.row.id, reading.FOR_APPLICANT)
    return pick(known, document_id)


def pick(known: Any, document_id: int) -> Any:
    """Return the document of that id; NotFound where it is not among those."""
    for row in known:
        if row.id == document_id:
            return row
    raise NotFound(_("There is no such file on this case, or it was withdrawn."))


async def _case_page(visit: Visit, number: str, *, problems: tuple[str, ...] = (), added: str = "", status: int = 200) -> Response[Any]:
    view = await own.view_of(visit, number)
    address = casepage.address_of(number)
    known = await keeping.of_case(visit.db, view.row.id, reading.FOR_APPLICANT)
    try:
        attaching.may(visit.house, view.actor, view.row)
        action = f"{address}/files?token={csrf_token(visit.request)}"
    except Refused:
        action = ""
    you = visit.say(_("Applicant") if view.actor.acting_for_id is not None else _("You"))
    rows = tuple(
        file_row(
            visit,
            r,
            f"{address}/files",
            remove=f"{address}/files/{r.id}/withdraw" if action and r.capacity == "resident" else "",
            by=came(visit, r, view.row.district_id, you),
        )
        for r in known
    )
    page = pages.FilesPage(
        title=visit.say(_("Pictures and papers")),
        caption=numbers.show(number),
        back=address,
        action=action,
        files=rows,
        limits=limits(visit),
        button=visit.say(_("Add them")),
        problems=problems,
        added=said_added(visit, added),
    )
    return visit.page("portal/files.html", page, status=status)


# -- with a form that is being filled in ------------------------------------------------------------------------------------


@post(DRAFT, opt=OWN_CHECK, request_max_body_size=None)
async def add_to_draft(
    request: Request[Any, Any, Any], district: FromPath[str], plugin: FromPath[str], service: FromPath[str], draft_id: FromPath[str]
) -> Response[Any]:
    """Add files to a form, before it is sent."""
    files.check_token(request)
    site: Site = request.app.state.site
    upload, refused, count = Upload(), None, 0
    async with site.visit(request) as visit:
        filing = await questions.find(visit, district, plugin, service, draft_id)
        _may_add(filing)
    async with AsyncExitStack() as stack:
        try:
            upload = await files.read_form(request, stack)
            async with site.visit(request) as visit:
                filing = await questions.find(visit, district, plugin, service, draft_id, lock=True)
                _may_add(filing)
                await keeping.put(visit.db, site.store, upload.files, visit.at)
                for received, _verdict in upload.files:
                    count += await keeping.add_to_draft(visit.db, draft_id, received, visit.at)
                if count and await keeping.count(visit.db, draft_id=draft_id) > site.settings.most_files:
                    raise Invalid(_("A case takes at most {most} files."), most=site.settings.most_files)
        except Invalid as error:
            refused = error
    async with site.visit(request) as visit:
        filing = await questions.find(visit, district, plugin, service, draft_id)
        said = wrong(visit, upload, refused)
        if said:
            return await papers(visit, filing, problems=said, status=400)
        return visit.go(filing.address(PAPERS))


@post(DRAFT + "/{document_id:int}/remove")
async def remove_from_draft(
    request: Request[Any, Any, Any],
    district: FromPath[str],
    plugin: FromPath[str],
    service: FromPath[str],
    draft_id: FromPath[str],
    document_id: FromPath[int],
) -> Response[Any]:
    """Take a file away again."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        filing = await questions.find(visit, district, plugin, service, draft_id, lock=True)
        if not filing.opens():
            return saving.ask_code(visit, filing, step=PAPERS, kept={}, status=403)
        await keeping.remove_from_draft(visit.db, draft_id, document_id)
        return visit.go(filing.address(PAPERS))


async def papers(visit: Visit, filing: Filing, *, problems: tuple[str, ...] = (), status: int = 200) -> Response[Any]:
    """The page on which pictures and papers are added, reached from "check your answers"; nobody has to add any."""
    base = f"{filing.base}/{filing.draft.id}/files"
    known = await keeping.of_draft(visit.db, filing.draft.id)
    rows = tuple(file_row(visit, r, "", remove=f"{base}/{r.id}/remove") for r in known)
    page = pages.FilesPage(
        title=visit.say(_("Pictures and papers")),
        caption=visit.say(filing.service.title),
        back=filing.address("check"),
        action=f"{base}?token={csrf_token(visit.request)}",
        files=rows,
        limits=limits(visit),
        button=visit.say(_("Add them")),
        problems=problems,
        next=filing.address("check"),
    )
    return visit.page("portal/files.html", page, status=status)


def _may_add(filing: Filing) -> None:
    if not filing.service.attachments:
        raise NotFound(_("There is no such question."))
    if SENT in filing.answers:
        raise NotAllowedNow(_("This form was sent already. Add the files to the case: its page has a link for that."))
    if not filing.opens():
        raise Forbidden(_("This form was begun in another browser. Open it with its code."))


# -- in words ----------------------------------------------------------------------------------------------------------------


def limits(visit: Visit) -> str:
    """Return what can be added, in words."""
    most = visit.site.settings.largest_file // 1_000_000
    return visit.say(_("Pictures, PDF, office documents, texts, recordings and films, each at most {most} MB. Nobody has to add any."), most=most)


def said_added(visit: Visit, added: str) -> str:
    """Return in words how many files were added."""
    count = int(added) if added.isascii() and added.isdigit() and len(added) < 3 else 0
    return visit.say(_("{count} files were added"), count=count) if count else ""


def wrong(visit: Visit, upload: Upload, refused: Refused | None) -> tuple[str, ...]:
    """Return what is wrong with an upload, in words: with all of it, with each file that was not taken, or that there was none."""
    found = files.problems(upload, visit.language)
    if refused is not None:
        found = (visit.say(refused.text, **refused.values), *found)
    elif not found and not upload.files:
        found = (visit.say(_("Choose at least one file.")),)
    return found
