"""Documents of a case over the API: the body is the file, a stream in and a stream out."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from litestar import Request, Response, get, post
from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema
from litestar.params import FromPath, FromQuery, QueryParameter

from banshi import audit, texts
from banshi.cases import attaching, reading
from banshi.documents import keeping
from banshi.errors import Forbidden
from banshi.web import casepage, files
from banshi.web.api.common import RAW, check_words, who
from banshi.web.api.structs import DocumentList, DocumentOut
from banshi.web.casepage import read_number
from banshi.web.portal.attachments import pick
from banshi.web.site import Site

_ = texts.translator("banshi")


@dataclass
class FileOperation(Operation):
    """An operation whose body is a file: the framework describes only bodies that it decodes."""

    def __post_init__(self) -> None:
        """Describe the body."""
        file = OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY))
        self.request_body = RequestBody(content={"application/octet-stream": file}, required=True, description="The file itself, whatever its type")


@post(
    "/cases/{number:str}/documents",
    status_code=201,
    summary="Attach a document",
    operation_id="attachDocument",
    opt={RAW: True},
    operation_class=FileOperation,
    request_max_body_size=None,
)
async def attach(
    request: Request[Any, Any, Any],
    number: FromPath[str],
    name: Annotated[str, QueryParameter(min_length=1, max_length=200, description="The name under which it is given back")],
    audience: FromQuery[Literal["applicant", "staff"]] = "applicant",
) -> DocumentList:
    """Attach the body as a file. What it is is seen from its content; the same content again stays one. Returns the case's documents."""
    site: Site = request.app.state.site
    at, plain = site.now(), read_number(number)
    check_words(name=name)
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        attaching.may(house, actor, await reading.get(db, house, actor, plain))
    async with AsyncExitStack() as stack:
        file = await files.receive_body(request, stack, name)
        async with site.database.transaction() as db:
            house, actor = await who(site, db, request, at)
            row = await attaching.lock(db, house, actor, plain)
            await attaching.attach(db, house, actor, row, [file], at, store=site.store, audience=audience, most=site.settings.most_files)
            return _listed(await keeping.of_case(db, row.id, reading.FOR_STAFF), hides=casepage.hides(actor, row))


@get("/cases/{number:str}/documents", summary="List the documents of a case", operation_id="listDocuments")
async def list_documents(request: Request[Any, Any, Any], number: FromPath[str]) -> DocumentList:
    """List the documents of a case; names of a hidden person's are left out."""
    site: Site = request.app.state.site
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, site.now())
        row = await reading.get(db, house, actor, read_number(number))
        return _listed(await keeping.of_case(db, row.id, reading.FOR_STAFF), hides=casepage.hides(actor, row))


@get(
    "/cases/{number:str}/documents/{document_id:int}",
    summary="Fetch a document",
    operation_id="fetchDocument",
    media_type="application/octet-stream",
)
async def fetch(request: Request[Any, Any, Any], number: FromPath[str], document_id: FromPath[int]) -> Response[Any]:
    """Fetch a document as it was attached; 404 while it is held for the virus scanner."""
    site: Site = request.app.state.site
    at = site.now()
    async with site.database.transaction() as db:
        house, actor = await who(site, db, request, at)
        row = await reading.get(db, house, actor, read_number(number))
        found = pick(await keeping.of_case(db, row.id, reading.FOR_STAFF), document_id)
        if casepage.hides(actor, row) and found.capacity == "resident":
            raise Forbidden(_("Whoever filed this is hidden from your department. The file itself could tell who it is; ask the intake desk."))
        if found.capacity == "resident":
            await audit.record(db, house.keyring, actor, "document.read", f"case:{row.number}", {"document": found.id}, at)
    return await files.download(site, found, found.name)


def _listed(rows: Any, *, hides: bool) -> DocumentList:
    return DocumentList(
        items=[
            DocumentOut(
                id=r.id,
                name="" if hides and r.capacity == "resident" else r.name,
                size=r.size,
                media_type=r.media_type,
                audience=r.audience,
                added=r.added,
                by=r.capacity,
                scan=r.scan,
                digest=r.digest.hex(),
            )
            for r in rows
        ]
    )
