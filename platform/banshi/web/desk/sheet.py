"""The sheet of a case at the desk: facts at its side, the story with what is new, what can be done, and who else has it open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from banshi import texts, words, workbench
from banshi.cases import acting, linking, numbers, reading
from banshi.contracts import CONFIDENTIAL, PERSONAL, TOGETHER, Actor
from banshi.errors import NotFound
from banshi.privacy import mask
from banshi.search import finding
from banshi.web import bookshelf, casepage, clocks, forms, pages, standing
from banshi.web.casepage import CaseView
from banshi.web.desk import answers, menu, proof
from banshi.web.desk.kin import kin_row
from banshi.web.site import Visit

_ = texts.translator("banshi")

PROTECTIONS: dict[str, texts.Text] = {
    "discreet": _("Do not tell the other side who filed this."),
    "hidden": _("Whoever reported this is hidden from the department that looks into it."),
}
ROLES: dict[str, texts.Text] = {"applicant": _("Applicant"), "helper": _("Helper with a mandate")}


class Open(msgspec.Struct, frozen=True, kw_only=True):
    """What is open on the sheet: an action's form, filled from a template or not, or one of the resident's on the telephone.

    ``like`` is the number of another case whose answer fills it. ``since`` is the sequence up to which the reader had seen the case when they came
    to it: the marks stay while forms open and close.
    """

    do: str = ""
    form: pages.Form | None = None
    title: str = ""
    template: int | None = None
    like: str = ""
    caller: pages.CallerPart | None = None
    since: int | None = None
    reveals: bool = False


async def view_of(visit: Visit, actor: Actor, number: str) -> CaseView:
    """Return the case of that number with its whole story; NotFound where it is not for these eyes."""
    row = await reading.with_parties(visit.db, visit.house, actor, number)
    return CaseView(visit, actor, row, await reading.story(visit.db, row.id, reading.FOR_STAFF))


async def draw(visit: Visit, view: CaseView, opened: Open) -> pages.DeskCasePage:
    """Return the sheet; whoever draws it has seen the case as it stands now."""
    row, actor = view.row, view.actor
    looked = await workbench.look(visit.db, actor, row.id, row.sequence, visit.at)
    before = looked.before if opened.since is None else opened.since
    new = {e.sequence for e in view.events if before is not None and e.sequence > before and e.post_id != actor.post_id}
    related = await linking.kin(visit.db, visit.house, actor, row)
    alike = await finding.like(visit.db, visit.house, actor, row, visit.at)
    await view.consult()
    timed = await clocks.words_for(visit.db, visit.house, row, visit.language, visit.at, view.events)
    form, templates = await _filled(visit, view, opened, alike)
    led = sum(r.tie == "member" for r in related)
    return msgspec.structs.replace(
        _plain(visit, view, reveals=opened.reveals),
        story=_marked(view, new),
        actions=_linked(view, opened.do, before if new else None),
        form=form,
        form_title=opened.title,
        protection=visit.say(PROTECTIONS[row.confidentiality]) if row.confidentiality else "",
        open_elsewhere=tuple(
            visit.say(_("Staff {number} opened this at {time} and may still have it open."), number=staff, time=f"{at.astimezone(view.zone):%H:%M}")
            for staff, at in looked.others
        ),
        kin=tuple(kin_row(visit, r) for r in related if r.tie != "member"),
        led=visit.say(_("{count} reports of the same are worked on here together"), count=led + 1) if led else "",
        together=f"{address_of(row.number)}/together" if actor.may(TOGETHER.name) else "",
        templates=templates,
        templates_href=answers.HOME,
        caller=opened.caller or caller_part(visit, view),
        alike=tuple(like_row(visit, view, r) for r in alike),
        clocks=clocks.briefs(timed) if timed else (),
        clocks_href=f"{address_of(row.number)}/clock" if timed else "",
        files_href=f"{address_of(row.number)}/files",
        standing=standing.sentence(visit, actor, row),
        rules=tuple(bookshelf.row(visit, r, "/desk/library", view.terms, case=numbers.show(row.number)) for r in view.library),
        rules_href=f"/desk/library?case={numbers.show(row.number)}",
        cite_href=f"{address_of(row.number)}?cite=" if view.citing_action() else "",
    )


def _marked(view: CaseView, new: set[int]) -> tuple[pages.Entry, ...]:
    """Return the story with a mark on what others did since the reader last looked; on the first look nothing is marked."""
    entries = zip(view.story(), reversed(view.events), strict=True)
    return tuple(msgspec.structs.replace(entry, fresh=True) if event.sequence in new else entry for entry, event in entries)


def _linked(view: CaseView, chosen: str, before: int | None) -> tuple[pages.ActionLink, ...]:
    """Return the actions; where something is new, their addresses carry what was seen, so that the marks stay while a form is open."""
    links = view.actions(address_of(view.row.number), chosen)
    if before is None:
        return links
    return tuple(msgspec.structs.replace(a, href=a.href.replace("?do=", f"?since={before}&do=")) for a in links)


async def _filled(visit: Visit, view: CaseView, opened: Open, alike: Sequence[Any]) -> tuple[pages.Form | None, tuple[pages.Link, ...]]:
    """Return the open form, filled from the chosen template or another case's answer, and links to all templates where it asks for a longer text."""
    form, long = opened.form, next((f.name for f in opened.form.fields if f.kind == "textarea"), "") if opened.form else ""
    if form is None or not long or not workbench.answers(view.actor):
        return form, ()
    rows = await workbench.templates(visit.db, view.actor)
    number, said = numbers.show(view.row.number), ""
    if opened.template is not None:
        chosen = next((r for r in rows if r.id == opened.template), None)
        if chosen is None:
            raise NotFound(_("Your department has no such template."))
        said = answers.filled(chosen.text, visit, view.actor, number)
    elif opened.like:
        plain = casepage.read_number(opened.like)
        known = next((r for r in alike if r.number == plain), None)
        said = finding.answer_of(visit.house, known) if known else await finding.answer(visit.db, visit.house, view.actor, plain)
    if said:
        fields = tuple(msgspec.structs.replace(f, value=said) if f.name == long else f for f in form.fields)
        form = msgspec.structs.replace(form, fields=fields)
    since = f"since={opened.since}&" if opened.since is not None else ""
    address = f"{address_of(view.row.number)}?{since}do={opened.do}"
    links = (pages.Link(text=r.title, href=f"{address}&template={r.id}#do", current=r.id == opened.template) for r in rows)
    return form, tuple(links)


def like_row(visit: Visit, view: CaseView, row: Any) -> pages.LikeRow:
    """Return an answered case that is like this one, with the way to use its answer where this one can be answered now."""
    line = casepage.case_row(visit, row, "/desk/case")
    said = finding.answer_of(visit.house, row)
    opens = next((a.name for a in view.allowed() if a.answers), "") if said else ""
    department = visit.house.directory.department(row.answer_department_id).say(visit.language) if row.answer_department_id else ""
    return pages.LikeRow(
        number=line.number,
        href=line.href,
        title=line.title,
        state=line.state,
        department=department,
        when=view.day(row.answer_at),
        answer=words.excerpt(said, (), length=120),
        use=f"{address_of(view.row.number)}?do={opens}&like={line.number}#do" if opens else "",
    )


def caller_part(
    visit: Visit,
    view: CaseView,
    *,
    action: str = "",
    raw: Mapping[str, Any] | None = None,
    problems: Mapping[str, Any] | None = None,
) -> pages.CallerPart | None:
    """Return what is there for a resident on the telephone: the question for their code, or their actions once it was right."""
    row, actor = view.row, view.actor
    if not proof.registers(actor, view.type_row.owner):
        return None
    speaker = proof.spoken_for(actor, row.number)
    address = address_of(row.number)
    if not proof.shown(visit, actor, row.number):
        return _ask_code(visit, address, raw, problems) if acting.allowed(visit.house, speaker, row, visit.at) else None
    theirs = CaseView(visit, speaker, row, view.events)
    links = tuple(msgspec.structs.replace(a, href=f"{address}?caller={a.name}#caller") for a in theirs.actions(address, action))
    form, title = theirs.action_form(f"{address}/caller", action, raw, problems) if action else (None, "")
    judged = row.department_id == actor.department_id and view.declared is not None
    withheld = judged and any(a.judges and row.state in a.sources for a in (view.declared.actions if view.declared else ()))
    return pages.CallerPart(
        actions=links,
        form=msgspec.structs.replace(form, cancel=address) if form else None,
        form_title=title,
        over=pages.Form(action=f"{address}/hang-up", fields=(), button=visit.say(_("The call is over"))),
        withheld=visit.say(_("What the resident thinks of your own department is not entered here: they say it online, or another desk calls back."))
        if withheld
        else "",
    )


def _ask_code(visit: Visit, address: str, raw: Mapping[str, Any] | None, problems: Mapping[str, Any] | None) -> pages.CallerPart:
    problems = problems or {}
    field = pages.Field(
        name="code",
        label=visit.say(_("Code that the resident says")),
        hint=visit.say(_("Six digits. It shows that the case is theirs.")),
        kind="text",
        value=forms.one(raw or {}, "code"),
        error=visit.say(problems["code"]) if "code" in problems else "",
        autocomplete="off",
    )
    button = visit.say(_("Act for the resident"))
    listed = forms.problem_list(problems, visit.language)
    return pages.CallerPart(ask=pages.Form(action=f"{address}/caller", fields=(field,), button=button, problems=listed))


def _plain(visit: Visit, view: CaseView, *, reveals: bool) -> pages.DeskCasePage:
    steps, progress = view.steps()
    directory, row = visit.house.directory, view.row
    holder = view.department()
    superiors: list[tuple[str, pages.Contact]] = []
    if holder is not None:
        lines: tuple[tuple[Literal["trade", "area"], texts.Text], ...] = (("trade", _("Superior by trade")), ("area", _("Superior by area")))
        for line, label in lines:
            if above := directory.superior(holder.id, line):
                superiors.append((visit.say(label), casepage.contact(above, visit.language)))
    duty = directory.duty(view.type_row.key, row.category, row.area_id or row.district_id)
    duties = [t.get(visit.language, "") for t in (duty.text, duty.basis) if t] if duty else []
    facts = [
        (visit.say(_("Received")), view.moment(row.received)),
        (visit.say(_("Last change")), view.moment(row.changed)),
        (visit.say(_("Came by")), casepage.channel(row.channel, visit)),
        (visit.say(_("Category")), view.category()),
        (visit.say(_("Place")), view.area()),
    ]
    if row.helpers:
        names = [directory.department(h).say(visit.language) for h in row.helpers]
        facts.append((visit.say(_("Helping departments")), "、".join(names) if visit.language == "zh" else ", ".join(names)))
    if row.closed is not None:
        facts.append((visit.say(_("Closed")), view.moment(row.closed)))
    button = None
    if view.has_personal() and view.actor.may(PERSONAL.name) and not reveals:
        button = pages.Form(action=f"{address_of(row.number)}/reveal", fields=(), button=visit.say(_("Show in full (logged)")))
    return pages.DeskCasePage(
        number=numbers.show(row.number),
        title=casepage.title(visit.house, row, visit.language),
        kind=view.kind(),
        state=view.state(),
        tone=view.tone(),
        steps=steps,
        progress=progress,
        story=(),
        facts=tuple((k, v) for k, v in facts if v),
        said=view.said(reveal=reveals),
        map_href=position.geo if (position := view.position()) else "",
        parties=_parties(visit, view, reveals=reveals),
        department=view.holder(),
        superiors=tuple(superiors),
        duties=tuple(d for d in duties if d),
        actions=(),
        reveal=button,
        back=menu.way_back(visit),
    )


def _parties(visit: Visit, view: CaseView, *, reveals: bool) -> tuple[tuple[str, str], ...]:
    """Return who is named on a case with an account of their own: role, name and telephone, masked unless revealed, nobody where hidden."""
    shown = []
    for party in view.row.parties:
        if view.hides or (party["confidential"] and not view.actor.may(CONFIDENTIAL.name)):
            continue
        words_ = []
        for kind in ("name", "telephone"):
            if party[kind]:
                plain = visit.house.keyring.unseal(party[kind], f"person.{kind}")
                words_.append(plain if reveals else mask(kind, plain))
        shown.append((visit.say(ROLES.get(party["role"], party["role"])), " · ".join(words_)))
    return tuple(shown)


def address_of(number: str) -> str:
    """Return the address of a case at the desk."""
    return f"/desk/case/{numbers.show(number)}"
