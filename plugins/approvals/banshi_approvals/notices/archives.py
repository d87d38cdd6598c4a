"""The case file as one sealed PDF/A, for the office, when the case has ended: who takes it stands in the log."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.params import FromPath

from banshi import NotAllowedNow, say, say_date, say_moment, toolkit, translator
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
            file = await case_file(visit, row)
            settings = await asyncio.to_thread(seals.settled, visit, visit.at)
            signer = seals.signer(settings, "decision")
            await toolkit.audited(visit, actor, "archive.taken", f"case:{row.number}", documents=len(file.documents))
        pdf = await asyncio.to_thread(papers.archive, file, visit.language, folder=settings.fonts or None)
        sealed = await asyncio.to_thread(papers.seal, pdf, "decision", signer, visit.at, organ=file.organ)
        return toolkit.give(sealed, f"{row.number}.pdf", "application/pdf")


async def case_file(visit: toolkit.Visit, row: Any) -> Any:
    """Return what a case file holds; NotAllowedNow where it is too large for one."""
    from banshi_approvals.papers import CaseFile, Document, Event

    district = visit.house.directory.tree[row.district_id]
    department = visit.house.directory.department(row.department_id).say(visit.language) if row.department_id else ""
    declared, type_row = visit.house.declared(row.type_id), visit.house.book[row.type_id]
    kept = await toolkit.documents(visit, row, staff=True)
    if sum(d.size for d in kept) > MOST:
        raise NotAllowedNow(_("The documents of this case are too large for one file: {most} MB at most."), most=MOST // 1_000_000)
    documents = [Document(name=d.name, media_type=d.media_type, content=await toolkit.paper(visit, d.id)) for d in kept]
    told = {a.name: a.told for a in declared.actions} if declared else {}

    def who(event: Any) -> str:
        return visit.house.directory.department(event.department_id).say(visit.language) if event.department_id else visit.say(WHO[event.capacity])

    story = [
        Event(
            at=say_moment(e.at, district.timezone, visit.language),
            who=who(e),
            what=say(told[e.kind], visit.language) if e.kind in told else e.kind,
            words=words(e.body),
            digest=e.digest.hex(),
        )
        for e in await toolkit.story(visit, row, staff=True)
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


WHO = {"resident": _("Applicant"), "staff": _("The office"), "system": _("By itself")}


def words(body: Any) -> str:
    """Return what was written with an event, without what is personal."""
    form = (body or {}).get("form") or {}
    values = [v for v in form.values() if isinstance(v, str)]
    return "\n".join(v for v in values if v and not v.startswith("\x1a"))
