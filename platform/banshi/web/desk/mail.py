"""The mail room: mails that did not join a case by themselves, by reason; each as plain text, and what can be done with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import audit, texts
from banshi.cases import numbers
from banshi.cases.decoding import decode
from banshi.contracts import Actor, Ask, Option
from banshi.documents.keeping import said_size
from banshi.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from banshi.notify import inbound, quarantine
from banshi.notify.inbound import Kept
from banshi.notify.judging import ASIDE, HELD, REASONS
from banshi.privacy import mask
from banshi.web import files, forms, pages
from banshi.web.desk import register
from banshi.web.filelist import file_row
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/desk/mail"
ENDED = "ended"
HOWS: Mapping[str, texts.Text] = {
    "joined": _("Joined its case as the resident's words"),
    "noted": _("Added to a case as a note among staff"),
    "filed": _("A case was filed from it"),
    "nothing": _("Nothing had to be done"),
    "spam": _("Nobody's business"),
}
ADVICE: Mapping[str, texts.Text] = {
    "other_sender": _(
        "It was sent to the reply address of a case, but not from an address that is known for its person: it may have been forwarded. "
        "Call the person before you act on it. Joined to the case it is a note among staff."
    ),
    "no_token": _("It came without a reply address of ours. File a case from it, or join it to one; numbers in its text prove nothing."),
    "bad_token": _("It claims to answer one of our messages, and its address is not one that we gave out. Take care."),
    "several": _("It was sent to the reply addresses of several cases. Join it to the one that it is about."),
    "not_theirs": _("The reply address was given to somebody who has no part in the case any more. Join it only as far as it helps."),
    "state": _("The case is closed, or waits for nothing from its applicant. Join it as a note, or file a follow-up."),
    "empty": _("There are neither words nor files in it."),
    "many": _("So many came in one hour that two machines may be answering each other. Look at one of them before you close the rest."),
    "virus": _("The scanner found a virus in what came with it. That file was not kept; the others can be had below."),
    "large": _("Only its head was read. The whole of it is kept; ask whoever runs the platform if it is needed."),
    "broken": _("Its parts cannot be told apart for certain, so something may be missing below. The whole of it is kept as it came."),
    "failed": _("It is kept as it came; whoever runs the platform finds the fault in the log."),
    "automatic": _("Nothing was sent or opened by it, and nobody has to do anything."),
    "own": _("Nothing was sent or opened by it, and nobody has to do anything."),
}
FAULTS: Mapping[str, texts.Text] = {
    "kind": _("not kept: of a kind that is not taken"),
    "large": _("not kept: too large"),
    "many": _("not kept: too many at once"),
    "virus": _("not kept: a virus was found"),
    "inline": _("left out: a small picture of the sender's signature"),
}


class Joining(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """To which case a mail is joined."""

    number: Annotated[
        str,
        msgspec.Meta(max_length=40),
        Ask(
            label=_("Number of the case"),
            hint=_("Where its sender's address is known for the person of that case, it stands there as their words; else as a note among staff."),
        ),
    ]


class Closing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a mail is closed without a case."""

    how: Annotated[
        str,
        Ask(
            label=_("Why is there no case?"),
            options=(
                Option("nothing", _("Nothing has to be done"), _("Thanks, a copy, something that was settled otherwise")),
                Option("spam", _("Nobody's business"), _("Advertising, a fraud, a mail that went astray")),
            ),
        ),
    ]
    why: Annotated[
        str,
        msgspec.Meta(min_length=1, max_length=quarantine.LONGEST_WHY),
        Ask(label=_("In a word, for colleagues"), hint=_("No names: it stays in the log."), rows=2),
    ]


# -- lists -------------------------------------------------------------------------------------------------------------------------


@get(HOME)
async def show_all(request: Request[Any, Any, Any], reason: FromQuery[str] = "", after: FromQuery[str] = "") -> Response[Any]:
    """The mails that wait, the oldest first; those of one reason; or what was dealt with, the newest first."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = _clerk(visit)
        place = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
        chosen = reason if reason in REASONS or reason == ENDED else ""
        states = ("done", "joined") if chosen == ENDED else ("aside",) if chosen in ASIDE else ("held",)
        named = "" if chosen == ENDED else chosen
        rows, following = await quarantine.listing(
            visit.db, visit.house, actor, states, named, after=place, newest_first=chosen == ENDED or chosen in ASIDE
        )
        counts = await quarantine.counts(visit.db, visit.house, actor)
        address = f"{HOME}?reason={chosen}" if chosen else HOME
        title = _("Dealt with") if chosen == ENDED else REASONS.get(chosen, _("Mail that waits"))
        page = pages.MailsPage(
            title=visit.say(title),
            lead=visit.say(ADVICE[chosen] if chosen in ADVICE else LEADS[chosen]),
            sections=_sections(visit, counts, chosen),
            rows=tuple(_row(visit, actor, r) for r in rows),
            next=f"{address}{'&' if chosen else '?'}after={following}" if following else "",
            first=address if place is not None else "",
        )
        return visit.page("desk/mails.html", page, desk=True)


LEADS: Mapping[str, texts.Text] = {
    "": _("What people wrote to us and what could not join a case by itself, the oldest first. Nothing is thrown away."),
    ENDED: _("What joined a case by itself, and what colleagues dealt with, the newest first."),
}


def _sections(visit: Visit, counts: Mapping[str, int], chosen: str) -> tuple[pages.Section, ...]:
    def link(reason: str, title: texts.Text, count: int | None) -> pages.Link:
        said = "" if count is None else f"{quarantine.BOUND}+" if count > quarantine.BOUND else str(count)
        return pages.Link(text=visit.say(title), href=f"{HOME}?reason={reason}" if reason else HOME, current=reason == chosen, count=said)

    waiting = sum(counts[r] for r in HELD)
    return (
        pages.Section(links=(link("", _("All that wait"), waiting), *(link(r, HELD[r], counts[r]) for r in HELD if counts[r] or r == chosen))),
        pages.Section(title=visit.say(_("Set aside")), links=tuple(link(r, ASIDE[r], counts[r]) for r in ASIDE)),
        pages.Section(title=visit.say(_("Done")), links=(link(ENDED, _("Dealt with"), None),)),
    )


def _row(visit: Visit, actor: Actor, row: Any) -> pages.MailRow:
    kept = inbound.unseal(visit.house, row)
    return pages.MailRow(
        href=f"{HOME}/{row.id}",
        subject=kept.subject or visit.say(_("(no subject)")),
        sender=mask("email", kept.sender) or visit.say(_("Unknown")),
        reason=visit.say(HOWS[row.how] if row.how else REASONS[row.reason] if row.reason else HOWS["joined"]),
        case=numbers.show(row.number) if row.number else "",
        size=said_size(row.size),
        taken=texts.say_moment(row.taken, _zone(visit, actor), visit.language, visit.at),
        machine_taken=row.taken.isoformat(timespec="seconds"),
    )


# -- one mail ----------------------------------------------------------------------------------------------------------------------


@get(HOME + "/{mail_id:int}")
async def show(request: Request[Any, Any, Any], mail_id: FromPath[int]) -> Response[Any]:
    """A mail as plain text; whoever opens it reads personal data, which is logged."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = _clerk(visit)
        row = await quarantine.get(visit.db, visit.house, actor, _id(mail_id))
        await audit.record(visit.db, visit.house.keyring, actor, "mail.read", f"mail:{row.id}", {}, visit.at)
        return await _page(visit, actor, row)


@get(HOME + "/{mail_id:int}/files/{document_id:int}")
async def give(request: Request[Any, Any, Any], mail_id: FromPath[int], document_id: FromPath[int]) -> Response[Any]:
    """Give away a file that came with a mail, as a file and never as a page."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor, found = await _file(visit, mail_id, document_id)
        await audit.record(visit.db, visit.house.keyring, actor, "document.read", f"mail:{mail_id}", {"document": document_id}, visit.at)
    return await files.download(site, found, found.name)


@get(HOME + "/{mail_id:int}/files/{document_id:int}/preview")
async def preview(request: Request[Any, Any, Any], mail_id: FromPath[int], document_id: FromPath[int]) -> Response[Any]:
    """Give the small picture of a picture, drawn anew."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        _actor, found = await _file(visit, mail_id, document_id)
    return await files.preview(site, found)


async def _file(visit: Visit, mail_id: int, document_id: int) -> tuple[Actor, Any]:
    actor = _clerk(visit)
    row = await quarantine.get(visit.db, visit.house, actor, _id(mail_id))
    found = next((f for f in await quarantine.files(visit.db, row.id) if f.document_id == document_id and f.case_id is None), None)
    if found is None:
        raise NotFound(_("There is no such file with this mail; it may be on a case by now."))
    return actor, found


# -- what can be done --------------------------------------------------------------------------------------------------------------


@post(HOME + "/{mail_id:int}/join")
async def join(request: Request[Any, Any, Any], mail_id: FromPath[int]) -> Response[Any]:
    """Join it to a case."""
    site: Site = request.app.state.site
    raw = await forms.read(request)

    async def do(visit: Visit, actor: Actor) -> str:
        wanted: Joining = decode(Joining, forms.answers(raw))
        number = numbers.read(wanted.number)
        await quarantine.join(visit.db, visit.house, site.settings, actor, mail_id, number, visit.at)
        return f"/desk/case/{numbers.show(number)}"

    return await _do(request, mail_id, raw, "join", do)


@post(HOME + "/{mail_id:int}/file")
async def file(request: Request[Any, Any, Any], mail_id: FromPath[int]) -> Response[Any]:
    """Begin the registration of a case, filled with what the mail says."""
    raw = await forms.read(request)

    async def do(visit: Visit, actor: Actor) -> str:
        kept = await quarantine.claim_to_file(visit.db, visit.house, actor, mail_id)
        return await register.begin_from_mail(visit, actor, mail_id, kept, forms.one(raw, "service"))

    return await _do(request, mail_id, raw, "file", do)


@post(HOME + "/{mail_id:int}/close")
async def close(request: Request[Any, Any, Any], mail_id: FromPath[int]) -> Response[Any]:
    """Close it without a case."""
    raw = await forms.read(request)

    async def do(visit: Visit, actor: Actor) -> str:
        wanted: Closing = decode(Closing, forms.answers(raw))
        how: Literal["nothing", "spam"] = "spam" if wanted.how == "spam" else "nothing"
        await quarantine.close(visit.db, visit.house, actor, mail_id, how, wanted.why, visit.at)
        return HOME

    return await _do(request, mail_id, raw, "close", do)


@post(HOME + "/{mail_id:int}/again")
async def again(request: Request[Any, Any, Any], mail_id: FromPath[int]) -> Response[Any]:
    """Take it up again."""
    raw = await forms.read(request)

    async def do(visit: Visit, actor: Actor) -> str:
        await quarantine.again(visit.db, visit.house, actor, mail_id, visit.at)
        return f"{HOME}/{mail_id}"

    return await _do(request, mail_id, raw, "again", do)


async def _do(request: Request[Any, Any, Any], mail_id: int, raw: dict[str, list[str]], part: str, do: Any) -> Response[Any]:
    """Do it, or draw the mail again with what is wrong and what was typed; nothing of a refusal is written."""
    site: Site = request.app.state.site
    _id(mail_id)
    try:
        async with site.visit(request) as visit:
            return visit.go(await do(visit, _clerk(visit)))
    except (Invalid, Conflict, NotFound) as error:
        refused: Refused = error
    async with site.visit(request) as visit:
        actor = _clerk(visit)
        row = await quarantine.get(visit.db, visit.house, actor, mail_id)
        return await _page(visit, actor, row, part, raw, refused)


async def _page(
    visit: Visit, actor: Actor, row: Any, part: str = "", raw: Mapping[str, list[str]] | None = None, refused: Refused | None = None
) -> Response[Any]:
    kept, brought = inbound.unseal(visit.house, row), await quarantine.files(visit.db, row.id)
    is_open = row.state in quarantine.OPEN
    address = f"{HOME}/{row.id}"
    problems = _problems(refused, part) if refused else {}
    reason = REASONS.get(row.reason)
    page = pages.MailPage(
        title=kept.subject or visit.say(_("(no subject)")),
        reason=visit.say(reason) if reason else "",
        advice=visit.say(ADVICE[row.reason]) if is_open and row.reason in ADVICE else "",
        facts=_facts(visit, actor, row, kept),
        text=kept.text,
        rest=kept.rest,
        files=tuple(_file_row(visit, f, address) for f in brought),
        back=HOME,
        case=pages.Link(text=numbers.show(row.number), href=f"/desk/case/{numbers.show(row.number)}") if row.number else None,
        done=_done(visit, actor, row) if not is_open else "",
        notice=visit.say(refused.text, **refused.values) if refused and not (is_open and problems) else "",
        join=_form(visit, f"{address}/join", Joining, _("Join it"), part == "join", raw, problems, _known(row)) if is_open else None,
        file=_file_form(visit, actor, address) if is_open else None,
        close=_form(visit, f"{address}/close", Closing, _("Close it without a case"), part == "close", raw, problems, {}) if is_open else None,
        again=pages.Form(action=f"{address}/again", fields=(), button=visit.say(_("Take it up again"))) if row.how in {"nothing", "spam"} else None,
    )
    return visit.page("desk/mail.html", page, desk=True, status=refused.status if refused else 200)


def _problems(refused: Refused, part: str) -> dict[str, Any]:
    """Return what is wrong, beside its field: a case that is not there is a wrong number."""
    if isinstance(refused, NotFound) and part == "join":
        return {"number": texts.Said(refused.text, refused.values) if isinstance(refused.text, texts.Text) else refused.text}
    return forms.refusal_problems(refused) if isinstance(refused, Invalid) and refused.problems else {}


def _known(row: Any) -> dict[str, list[str]]:
    return {"number": [numbers.show(row.number)]} if row.number else {}


def _form(
    visit: Visit,
    action: str,
    form: type[msgspec.Struct],
    button: texts.Text,
    sent: bool,
    raw: Mapping[str, list[str]] | None,
    problems: Mapping[str, Any],
    filled: Mapping[str, list[str]],
) -> pages.Form:
    own = problems if sent else {}
    return pages.Form(
        action=action,
        fields=forms.fields(form, visit.language, raw=forms.answers(dict(raw)) if sent and raw else filled, problems=own),
        button=visit.say(button),
        problems=forms.problem_list(own, visit.language),
    )


def _file_form(visit: Visit, actor: Actor, address: str) -> pages.Form | None:
    """Return the button that begins a case, with the choice of services where there are several; None where the post registers nothing."""
    try:
        services = register.offered(visit, actor)
    except Forbidden:
        return None
    fields: Sequence[pages.Field] = ()
    if len(services) > 1:
        choices = tuple(pages.Choice(value=n, label=visit.say(s.title), chosen=i == 0) for i, (n, s) in enumerate(services.items()))
        fields = (pages.Field(name="service", label=visit.say(_("What is it for?")), kind="radios", choices=choices),)
    return pages.Form(action=f"{address}/file", fields=tuple(fields), button=visit.say(_("File a case from it")))


def _facts(visit: Visit, actor: Actor, row: Any, kept: Kept) -> tuple[tuple[str, str], ...]:
    zone = _zone(visit, actor)
    sender = f"{kept.name} <{kept.sender}>" if kept.name and kept.sender else kept.sender or kept.name
    written = texts.say_moment(kept.date, zone, visit.language, visit.at) if kept.date else ""
    facts = (
        (_("From"), sender),
        (_("To"), ", ".join(kept.to[:5])),
        (_("Written"), written),
        (_("Came in"), texts.say_moment(row.taken, zone, visit.language, visit.at)),
        (_("Size"), said_size(row.size)),
        (_("A machine's, by"), kept.automatic),
    )
    return tuple((visit.say(label), value) for label, value in facts if value)


def _file_row(visit: Visit, found: Any, address: str) -> pages.FileRow:
    if found.document_id is None or found.digest is None:
        fault = visit.say(FAULTS[found.fault]) if found.fault in FAULTS else ""
        return pages.FileRow(name=found.name, size=said_size(found.size), note=fault)
    if found.case_id is not None:
        return pages.FileRow(name=found.name, size=said_size(found.size), note=visit.say(_("is on the case")))
    about = {name: getattr(found, name) for name in ("name", "size", "media_type", "scan")}
    return file_row(visit, _Standing(id=found.document_id, **about), f"{address}/files")


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a mail as the list of documents draws it."""

    id: int
    name: str
    size: int
    media_type: str
    scan: str
    number: int = 0
    audience: str = "applicant"
    capacity: str = "resident"
    withdrawn: bool = False


def _done(visit: Visit, actor: Actor, row: Any) -> str:
    """Return what became of a mail, by whom and when."""
    what = visit.say(HOWS[row.how] if row.how else HOWS["joined"])
    who = visit.say(_("Staff {number}"), number=row.staff_number) if row.staff_number else visit.say(_("The platform"))
    when = texts.say_moment(row.ended, _zone(visit, actor), visit.language, visit.at) if row.ended else ""
    return " · ".join(w for w in (what, row.why, who, when) if w)


def _clerk(visit: Visit) -> Actor:
    actor = visit.staff()
    quarantine.may(actor)
    return actor


def _zone(visit: Visit, actor: Actor) -> Any:
    tree = visit.house.directory.tree
    return tree[actor.district_id].timezone if actor.district_id is not None else tree.roots[0].timezone


def _id(mail_id: int) -> int:
    """Return the id of an address; one that no row can have is not there."""
    if not 0 < mail_id < 2**63:
        raise NotFound(_("There is no such mail, or it is not for your eyes."))
    return mail_id
