"""A paper is given to whoever may read its case; and anybody checks one: by the code on it, or the file itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import Invalid, NotFound, say_date, toolkit, translator
from banshi_approvals.application import sheets
from banshi_approvals.catalogue import content
from banshi_approvals.licences import register, shown
from banshi_approvals.notices import making, reading, seals

_ = translator("banshi_approvals")

LOOK_UP = "approvals.check"
NO_PAPER = _("There is no such paper on this case.")


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What a check says: a headline with its tone, what it means, and what is known of the paper."""

    headline: str
    tone: str
    meaning: str
    facts: tuple[tuple[str, str], ...] = ()
    licence: shown.Licence | None = None


class CheckPage(msgspec.Struct, frozen=True, kw_only=True):
    """The check page: the two ways to ask, and the answer."""

    action: str
    upload: str
    code: str = ""
    problem: str = ""
    verdict: Verdict | None = None


VERDICTS: Mapping[str, tuple[Any, str, Any]] = {
    "valid": (_("Genuine, and it holds"), "done", _("This paper was given by the organ that stands on it, and what it says holds today.")),
    "waiting": (_("Genuine, being sealed"), "waiting", _("This paper was given, and what it says holds. Its file is not sealed yet.")),
    "expired": (_("Genuine, but expired"), "ended", _("This licence was valid once. Its time is over.")),
    "suspended": (_("Genuine, but suspended"), "late", _("This licence must not be used until its suspension is lifted.")),
    "revoked": (_("Genuine once, but it holds no more"), "late", _("What this paper says was revoked. Do not rely on it.")),
    "cancelled": (_("Genuine, but given back"), "ended", _("Its holder gave this licence back.")),
    "replaced": (_("Genuine, but there is a newer one"), "ended", _("The licence holds, but this document of it is out of date.")),
    "altered": (_("Altered after it was sealed"), "late", _("This file bears one of our seals, but was changed afterwards. Do not rely on it.")),
    "foreign": (_("Not sealed by us"), "late", _("This file bears none of our seals, and is none of the files that we gave. Do not rely on it.")),
    "unknown": (
        _("None of our files"),
        "late",
        _("This is none of the files that we gave. Do not rely on it; ask the office."),
    ),
    "stranger": (_("Sealed by us, but no paper that we know"), "late", _("The seal is ours, but no such paper was given under it. Ask the office.")),
}


class OnCase(Controller):
    """Papers of one's own case."""

    path = "/papers"

    @get("/{paper_id:int}", opt={"permission": "applicant"})
    async def give(self, request: Request[Any, Any, Any], number: FromPath[str], paper_id: FromPath[int]) -> Response[Any]:
        """One paper as PDF, made now where it waits."""
        async with toolkit.visiting(request) as visit:
            _actor, row = await toolkit.own_case(visit, number)
            return await _give(visit, row, paper_id)


class Desk(Controller):
    """Papers of a case, for the office."""

    path = "/desk"

    @get("/{number:str}/papers/{paper_id:int}", opt={"permission": "approvals.read"})
    async def give(self, request: Request[Any, Any, Any], number: FromPath[str], paper_id: FromPath[int]) -> Response[Any]:
        """One paper as PDF, made now where it waits."""
        async with toolkit.visiting(request) as visit:
            _actor, row = await toolkit.desk_case(visit, number)
            return await _give(visit, row, paper_id)


class Check(Controller):
    """Whether a paper is genuine, and whether it still holds."""

    path = "/check"

    @get("/", opt={"permission": "public"})
    async def ask(self, request: Request[Any, Any, Any], code: FromQuery[str] = "") -> Response[Any]:
        """The page with both ways to ask; a code that was typed in leads to its own address."""
        async with toolkit.visiting(request) as visit:
            page = _page(visit, request)
            if not code.strip():
                return toolkit.page(visit, "approvals/check.html", page)
            plain = reading.read_code(code[:60])
            if plain:
                return visit.go(f"{page.action}/{plain}")
            problem = visit.say(_("A check code has 16 letters and digits. It stands below the square on the paper."))
            return toolkit.page(visit, "approvals/check.html", msgspec.structs.replace(page, code=code[:60], problem=problem), status=400)

    @get("/{code:str}", opt={"permission": "public"})
    async def by_code(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """What the square on a paper leads to."""
        await toolkit.slow_down(request, LOOK_UP)
        async with toolkit.visiting(request) as visit:
            page, plain = _page(visit, request), reading.read_code(code[:60])
            verdict = await _of_code(visit, plain) if plain else None
            if verdict is not None:
                return toolkit.page(visit, "approvals/check.html", msgspec.structs.replace(page, code=plain, verdict=verdict))
        await toolkit.missed(request, LOOK_UP)
        async with toolkit.visiting(request) as visit:
            problem = visit.say(_("Nothing was given under this code. Compare it with the paper, letter by letter; the paper may not be ours."))
            return toolkit.page(
                visit, "approvals/check.html", msgspec.structs.replace(_page(visit, request), code=code[:60], problem=problem), status=404
            )

    @post("/", opt={"permission": "public", "upload": True})
    async def by_file(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """What is to be said of a file: exactly what we gave, altered, or not ours. It is not kept."""
        await toolkit.slow_down(request, LOOK_UP)
        problem: Any = _("Choose the PDF that you want to check.")
        try:
            async with toolkit.uploaded(request, keeps=False) as upload:
                pdf = upload.files[0][0].path.read_bytes() if upload.files else b""
                if upload.refused:
                    problem = upload.refused[0][1].text
        except Invalid as refused:
            pdf, problem = b"", refused.text
        async with toolkit.visiting(request) as visit:
            page = _page(visit, request)
            if not pdf.startswith(b"%PDF"):
                said = visit.say(problem if not pdf else _("This is no PDF."))
                return toolkit.page(visit, "approvals/check.html", msgspec.structs.replace(page, problem=said), status=400)
            verdict = await _of_file(visit, pdf)
            return toolkit.page(visit, "approvals/check.html", msgspec.structs.replace(page, verdict=verdict))


async def _give(visit: toolkit.Visit, row: Any, paper_id: int) -> Response[Any]:
    found = await reading.one(visit.db, row.id, paper_id)
    if found is None:
        raise NotFound(NO_PAPER)
    pdf = await making.for_reader(visit, found)
    made = await reading.one(visit.db, row.id, paper_id)
    return toolkit.give(pdf, f"{made.number or made.licence or made.kind}.pdf", "application/pdf")


def _page(visit: toolkit.Visit, request: Request[Any, Any, Any]) -> CheckPage:
    if visit.district is None:
        raise NotFound(_("There is no such page."))
    address = f"/d/{visit.district.code}/approvals/check"
    return CheckPage(action=address, upload=f"{address}?token={toolkit.upload_token(request)}")


async def _of_code(visit: toolkit.Visit, code: str) -> Verdict | None:
    """Return what is to be said of a code, that of a paper or of a licence; None where nothing has it."""
    row = await reading.by_code(visit.db, code)
    if row is not None:
        return await _of_paper(visit, row)
    held = await register.by_code(visit.db, code)
    return None if held is None else _verdict(visit, register.standing(held, visit.house.directory, visit.at), licence=shown.whole(visit, held, ()))


async def _of_paper(visit: toolkit.Visit, row: Any) -> Verdict:
    how = await reading.standing(visit.db, row, visit.house.directory, visit.at)
    said = sheets.read(visit.house.keyring, row)
    district = visit.house.directory.tree[row.district_id]
    held = await register.read(visit.db, row.licence) if row.kind == "licence" and row.licence else None
    department = visit.house.directory.department(row.department_id).say(visit.language) if row.department_id else ""
    facts = (
        (visit.say(_("Paper")), visit.say(reading.TITLES[row.kind])),
        (visit.say(_("Number")), row.number or row.licence or ""),
        (visit.say(_("Given on")), say_date(row.written.astimezone(district.timezone).date(), visit.language)),
        (visit.say(_("Given by")), department),
        (visit.say(_("Sub-item")), content.say(said.get("item") or said.get("title") or {}, visit.language)),
        (visit.say(_("Result")), _result(said, visit) if row.kind == "decision" else ""),
    )
    licence = shown.whole(visit, held, ()) if held is not None else None
    return _verdict(visit, how, tuple(f for f in facts if f[1]), licence)


def _result(said: Mapping[str, Any], visit: toolkit.Visit) -> str:
    from banshi_approvals.application.forms import OUTCOMES

    return next((visit.say(o.title) for o in OUTCOMES if o.name == said.get("outcome")), "")


async def _of_file(visit: toolkit.Visit, pdf: bytes) -> Verdict:
    """Return what is to be said of a file: its digest is one of ours, or what its seal tells."""
    row = await reading.by_digest(visit.db, hashlib.sha256(pdf).digest())
    if row is not None:
        return await _of_paper(visit, row)
    how, code = await seals.judged(seals.settled(visit, visit.at), pdf, visit.at)
    if how == "stranger" and code and await reading.by_code(visit.db, code) is not None:
        how = "altered"  # a paper that we know, and not the file that we gave: something was put behind what was signed
    return _verdict(visit, how)


def _verdict(visit: toolkit.Visit, how: str, facts: tuple[tuple[str, str], ...] = (), licence: shown.Licence | None = None) -> Verdict:
    headline, tone, meaning = VERDICTS[how]
    return Verdict(headline=visit.say(headline), tone=tone, meaning=visit.say(meaning), facts=facts, licence=licence)
