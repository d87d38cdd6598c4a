"""Administration of messages: the texts of each, per district and language, tried on a real case before they hold; and what could not be sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from markupsafe import Markup
from sqlalchemy import func, literal, or_, select, union_all

from banshi import audit, texts
from banshi.cases import numbers
from banshi.cases.tables import case, case_event
from banshi.contracts import ADMINISTER
from banshi.districts import District
from banshi.errors import Invalid, NotFound
from banshi.notify import composing, mail, templates
from banshi.notify.tables import message
from banshi.notify.topics import ADDRESS, DIGEST, TEMPLATES
from banshi.web import casepage, forms, pages
from banshi.web.admin.frame import administrator, head, place, reader
from banshi.web.admin.frame import places as places_of
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/admin/messages"
LATELY = timedelta(days=7)
SHOWN = 20
BOUND = 1000
NAMES: Mapping[texts.Language, str] = {"zh": "中文", "en": "English"}
WAYS: Mapping[str, texts.Text] = {"mail": _("E-mail"), "sms": _("Text message")}
STATES: Mapping[str, texts.Text] = {
    "waiting": _("Waiting to be sent"),
    "sent": _("Went out"),
    "failed": _("Could not be sent"),
    "suppressed": _("Not wanted by the reader"),
}
WHY: Mapping[str, texts.Text] = {
    "late": _("It waited for a week and is too old now"),
    "tries": _("It was tried too often"),
    "Unreadable": _("The address is sealed under a key that is listed no more"),
}


@get(HOME)
async def show(request: Request[Any, Any, Any], district: FromQuery[str] = "") -> Response[Any]:
    """The texts that hold in a district, and what became of the messages of the last days."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = reader(visit)
        chosen, tree = place(visit, actor, district), visit.house.directory.tree
        kept = await templates.own(visit.db, chosen.path)
        rows = []
        for topic, title in TEMPLATES.items():
            for language, name in NAMES.items():
                _said, whose = templates.wording(tree, kept, chosen.id, topic, language)
                said = visit.say(_("As shipped")) if whose is None else tree[whose].say(visit.language)
                href = f"{HOME}/{topic}/{language}?district={chosen.code}" if actor.may(ADMINISTER.name) else ""
                rows.append(pages.WordingRow(title=visit.say(title), language=name, whose=said, href=href))
        counts, failed = await _outbox(visit, chosen)
        settings = site.settings
        places = places_of(visit, actor)
        closed = [visit.say(t) for t, there in ((_("E-mail"), settings.mail), (_("Text message"), settings.sms)) if not there]
        page = pages.WordingsPage(
            head=head(visit, actor, "messages"),
            district=chosen.say(visit.language),
            districts=tuple(pages.Link(text=d.say(visit.language), href=f"{HOME}?district={d.code}", current=d.id == chosen.id) for d in places),
            rows=tuple(rows),
            counts=counts,
            failed=failed,
            closed=tuple(closed),
        )
        return visit.page("admin/messages.html", page, desk=True)


async def _outbox(visit: Visit, district: District) -> tuple[tuple[tuple[str, str], ...], tuple[pages.OutboxRow, ...]]:
    """What became of messages lately: bounded counts, and the last that failed. What is of no case is told at the top only. Two queries."""
    below = [d.id for d in visit.house.directory.tree.below(district.id)]
    own = case.c.district_id.in_(below) if district.parent_id is not None else or_(message.c.case_id.is_(None), case.c.district_id.in_(below))
    since = visit.at - LATELY
    parts = []
    for state in STATES:
        when = message.c.state == "waiting" if state == "waiting" else (message.c.state == state) & (message.c.settled > since)
        found = select(message.c.id).outerjoin(case, case.c.id == message.c.case_id).where(when, own).limit(BOUND + 1).subquery()
        parts.append(select(literal(state).label("state"), func.count().label("count")).select_from(found))
    counts = {str(state): int(count) for state, count in await visit.db.execute(union_all(*parts))}
    columns = [message.c[n] for n in ("topic", "way", "settled", "why")]
    lost = select(*columns).outerjoin(case, case.c.id == message.c.case_id).where(message.c.state == "failed", message.c.settled > since, own)
    rows = (await visit.db.execute(lost.order_by(message.c.settled.desc(), message.c.id.desc()).limit(SHOWN))).all()
    return (
        tuple((visit.say(title), casepage.bounded(counts.get(state, 0))) for state, title in STATES.items()),
        tuple(
            pages.OutboxRow(
                title=visit.say(TEMPLATES[r.topic]),
                way=visit.say(WAYS[r.way]),
                at=texts.say_moment(r.settled, district.timezone, visit.language, visit.at),
                why=visit.say(WHY.get(r.why, r.why)),
            )
            for r in rows
        ),
    )


@get(HOME + "/{topic:str}/{language:str}")
async def show_one(request: Request[Any, Any, Any], topic: FromPath[str], language: FromPath[str], district: FromQuery[str] = "") -> Response[Any]:
    """One message in one language, as it holds in a district."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = administrator(visit)
        chosen, tongue = place(visit, actor, district), _known(topic, language)
        kept = await templates.own(visit.db, chosen.path)
        said, whose = templates.wording(visit.house.directory.tree, kept, chosen.id, topic, tongue)
        return await _page(visit, chosen, topic, tongue, said, own=whose == chosen.id)


@post(HOME + "/{topic:str}/{language:str}")
async def write(request: Request[Any, Any, Any], topic: FromPath[str], language: FromPath[str]) -> Response[Any]:
    """Try a text on a real case, or let it hold; audited. A placeholder that there is not is refused."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    said = templates.Wording(*(_clean(forms.one(raw, name)) for name in ("subject", "body", "short")))
    async with site.visit(request) as visit:
        actor = administrator(visit)
        chosen, tongue = place(visit, actor, forms.one(raw, "district")), _known(topic, language)
        try:
            if forms.one(raw, "drop"):
                await templates.drop(visit.db, chosen.id, topic, tongue)
            elif forms.one(raw, "preview"):
                templates.check(topic, said)
                return await _page(visit, chosen, topic, tongue, said, preview=True)
            else:
                await templates.put(visit.db, chosen.id, topic, tongue, said, visit.at)
        except Invalid as refused:
            return await _page(visit, chosen, topic, tongue, said, problems=refused.problems)
        kind = "message.restored" if forms.one(raw, "drop") else "message.changed"
        body = {"topic": topic, "language": tongue} | ({} if forms.one(raw, "drop") else msgspec.structs.asdict(said))
        await audit.record(visit.db, visit.house.keyring, actor, kind, f"district:{chosen.code}", body, visit.at)
        return visit.go(f"{HOME}?district={chosen.code}")


def _known(topic: str, language: str) -> texts.Language:
    found = next((name for name in texts.LANGUAGES if name == language), None)
    if topic not in TEMPLATES or found is None:
        raise NotFound(_("There is no such message."))
    return found


def _clean(written: str) -> str:
    """Return a text with the line breaks of a page made plain, without blanks at its ends."""
    return re.sub(r"\r\n?", "\n", written).strip()


async def _page(
    visit: Visit,
    district: District,
    topic: str,
    language: texts.Language,
    said: templates.Wording,
    *,
    own: bool = False,
    preview: bool = False,
    problems: Mapping[str, Any] | None = None,
) -> Response[Any]:
    problems, address = problems or {}, f"{HOME}/{topic}/{language}"
    drawn: dict[str, Any] = {}
    if preview:
        values, of_what = await _values(visit, district, topic, language)
        filled = templates.fill(said, values)
        body = filled.body if topic in {ADDRESS, DIGEST} else f"{filled.body}\n\n{composing.foot(visit.site.settings, language)}"
        drawn = {
            "preview": ((visit.say(_("Subject")), filled.subject), (visit.say(_("Text message")), filled.short)),
            "html": Markup(mail.paragraphs(body)),  # noqa: S704 -- every value in it is escaped there
            "preview_of": of_what,
        }
    hidden = (("district", district.code),)
    labels = {"subject": (_("Subject"), 1), "body": (_("Letter"), 14), "short": (_("Text message"), 3)}
    fields = tuple(
        pages.Field(
            name=name,
            label=visit.say(label),
            kind="text" if rows == 1 else "textarea",
            rows=rows,
            value=getattr(said, name),
            error=visit.say(problems[name]) if name in problems else "",
            autocomplete="off",
        )
        for name, (label, rows) in labels.items()
    )
    page = pages.WordingPage(
        title=f"{visit.say(TEMPLATES[topic])} · {NAMES[language]}",
        lead=district.say(visit.language),
        back=f"{HOME}?district={district.code}",
        form=pages.Form(
            action=address,
            fields=fields,
            button=visit.say(_("Let it hold")),
            hidden=hidden,
            problems=forms.problem_list(problems, visit.language),
            cancel=f"{HOME}?district={district.code}",
        ),
        placeholders=tuple(("{" + name + "}", visit.say(what)) for name, what in templates.placeholders(topic).items()),
        drop=pages.Form(action=address, fields=(), button=visit.say(_("Take the text of the district above")), hidden=(*hidden, ("drop", "yes")))
        if own
        else None,
        **drawn,
    )
    return visit.page("admin/message.html", page, desk=True, status=400 if problems else 200)


async def _values(visit: Visit, district: District, topic: str, language: texts.Language) -> tuple[dict[str, str], str]:
    """What fills a preview, and of what it is: the newest case of the district, or made-up values where there is none."""
    settings = visit.site.settings
    made_up = visit.say(_("Made-up values"))
    if topic == ADDRESS:
        return {"code": "12345678", "link": f"{settings.address}/my/messages?code=12345678", "hotline": settings.hotline}, made_up
    if topic == DIGEST:
        return {"received": "3", "moved": "1", "list": "4071-8826-3915  …", "link": f"{settings.address}/desk"}, made_up
    below = [d.id for d in visit.house.directory.tree.below(district.id) if d.level in {"city", "district"}]
    newest = [select(case.c.id, case.c.received).where(case.c.district_id == d).order_by(case.c.received.desc()).limit(1).subquery() for d in below]
    every = union_all(*(select(n) for n in newest)).subquery()
    columns = [case.c[n] for n in ("number", "type_id", "district_id", "department_id")]
    statement = (
        select(*columns, case_event.c.state.label("stands"), case_event.c.at.label("happened"))
        .join(every, every.c.id == case.c.id)
        .join(case_event, case_event.c.case_id == case.c.id)
        .where(case_event.c.audience != "staff")
        .order_by(every.c.received.desc(), case_event.c.sequence.desc())
        .limit(1)
    )
    row = (await visit.db.execute(statement)).one_or_none()
    if row is None:
        values = dict.fromkeys(templates.PLACEHOLDERS, "…") | {"number": "4071-8826-3915", "district": district.say(language)}
        return values | {"link": f"{settings.address}/case/4071-8826-3915", "hotline": settings.hotline}, made_up
    return composing.case_values(visit.house, settings, row, language), visit.say(_("Case {number}"), number=numbers.show(row.number))


HANDLERS = [show, show_one, write]
