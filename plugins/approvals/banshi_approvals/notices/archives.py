"""The case file as one sealed PDF/A, for the office, when the case has ended: who takes it stands in the log."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.params import FromPath

from banshi import Actor, NotAllowedNow, say_date, say_moment, toolkit, translator
from banshi_approvals.notices import seals

_ = translator("banshi_approvals")

MOST = 200_000_000
"""Bytes that one case file may hold: it is put together in memory."""


class Archives(Controller):
    """Case files."""

    path = "/desk/{number:str}"

    @get("/archive.pdf", opt={"permission": "approvals.read"})
    async def give(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Everything of an application that has ended: its papers and documents, its story with the digests, a manifest; sealed."""
        from banshi_approvals import papers

        async with toolkit.visiting(request) as visit:
            actor, row = await toolkit.desk_case(visit, number)
            if row.closed is None or "item" not in row.facts:
                raise NotAllowedNow(_("A case file is made of an application that has ended."))
            file = await case_file(visit, actor, row)
            settings = await asyncio.to_thread(seals.settled, visit, visit.at)
            signer = seals.signer(settings, "decision")
            taken = {"documents": len(file.documents)}
            await toolkit.audit(visit.db, visit.house.keyring, actor, "archive.taken", f"case:{row.number}", taken, visit.at)
        pdf = await asyncio.to_thread(papers.archive, file, visit.language, folder=settings.fonts or None)
        sealed = await asyncio.to_thread(papers.seal, pdf, "decision", signer, visit.at, organ=file.organ)
        return toolkit.give(sealed, f"{row.number}.pdf", "application/pdf")


async def case_file(visit: toolkit.Visit, actor: Actor, row: Any) -> Any:
    """Return what a case file holds; NotAllowedNow where it is too large for one."""
    from banshi_approvals.papers import CaseFile, Document, Event

    district = visit.house.directory.tree[row.district_id]
    department = visit.house.directory.department(row.department_id).say(visit.language) if row.department_id else ""
    type_row = visit.house.book[row.type_id]
    kept = await toolkit.documents(visit, row, staff=True)
    if sum(d.size for d in kept) > MOST:
        raise NotAllowedNow(_("The documents of this case are too large for one file: {most} MB at most."), most=MOST // 1_000_000)
    documents = [Document(name=d.name, media_type=d.media_type, content=await toolkit.paper(visit, d.id)) for d in kept]
    story = [
        Event(
            at=say_moment(event.at, district.timezone, visit.language),
            who=said.who,
            what=said.headline,
            words="\n".join(
                [*([said.text] if said.text else []), *(f"{label}: {value}" for label, value in said.facts), *(f.name for f in said.files)]
            ),
            digest=event.digest.hex(),
        )
        for event, said in await toolkit.story(visit, actor, row)
    ]
    settings = visit.site.settings_of("approvals")
    return CaseFile(
        organ=settings.organ or department or district.say(visit.language),
        case=row.number,
        title=row.title,
        day=visit.at.astimezone(district.timezone).date(),
        fields=(
            (visit.say(_("Received")), say_date(row.received.astimezone(district.timezone).date(), visit.language)),
            (visit.say(_("Closed")), say_date(row.closed.astimezone(district.timezone).date(), visit.language)),
            (visit.say(_("Result")), type_row.say_outcome(row.outcome, visit.language)),
            (visit.say(_("Given by")), department),
            (visit.say(_("Licence")), str(row.facts.get("licence") or "")),
        ),
        documents=tuple(documents),
        story=tuple(story),
    )
