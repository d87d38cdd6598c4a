"""One thing for many cases of a list: chosen, asked once, done in one go, and told case by case."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

import msgspec
from litestar import Request, Response, post

from banshi import texts, workbench
from banshi.cases import acting, numbers, reading
from banshi.cases.acting import Acted
from banshi.contracts import Action, Actor, CaseType
from banshi.errors import Invalid, NotAllowedNow, Refused
from banshi.web import casepage, forms, pages, standing
from banshi.web.desk import filters, lists
from banshi.web.desk.filters import Chosen
from banshi.web.desk.lists import Work
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/desk/bulk"
MOST = reading.BOUND
SHOWN = 10
OWN = "bulk."
"""Before the names of what the form carries beside the action's own answers."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What was chosen on a list: the numbers, in order and once each, what is told of them, and the list to go back to."""

    numbers: tuple[str, ...]
    action: str
    list: str
    filters: str
    back: str
    notes: tuple[str, ...] = ()


@post(HOME)
async def many(request: Request[Any, Any, Any]) -> Response[Any]:
    """Ask what to do, ask its form, or do it: whatever of these the form before has not yet said."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = visit.staff()
        asked = await _asked(visit, actor, raw)
        if len(asked.numbers) > MOST:
            said = texts.Said(
                _("These are {count} cases. At most {most} can be done at once: choose fewer."), {"count": len(asked.numbers), "most": MOST}
            )
            return await _ask(visit, actor, asked, raw, {"": said}, status=400)
        if not asked.numbers:
            return await _ask(visit, actor, asked, raw, {"": _("Choose at least one case of the list.")}, status=400)
        if not asked.action or not forms.key_of(raw):
            return await _ask(visit, actor, asked, raw)
        try:
            return await _do(visit, actor, asked, raw)
        except Invalid as refused:
            return await _ask(visit, actor, asked, raw, forms.problems_of(refused), status=400)


def bar(visit: Visit, actor: Actor, work: Work, chosen: Chosen, rows: Sequence[Any]) -> pages.Form | None:
    """Return what can be done to several cases of a page at once; None where nothing can, then nothing is there to be ticked."""
    actions = _choices(visit, _offered(visit, actor, rows))
    if not actions:
        return None
    field = pages.Field(name=OWN + "action", label=visit.say(_("With the chosen ones")), kind="select", choices=actions)
    hidden = ((OWN + "list", work.name), (OWN + "filters", urlencode(chosen.kept)))
    return pages.Form(action=HOME, fields=(field,), button=visit.say(_("Go on")), hidden=hidden)


async def _asked(visit: Visit, actor: Actor, raw: dict[str, list[str]]) -> Asked:
    name, said = forms.one(raw, OWN + "list"), forms.one(raw, OWN + "filters")
    work = lists.find(visit, actor, name) or lists.lists(visit, actor)[0]
    chosen = filters.choose(visit, actor, work, parse_qs(said))
    found, notes = raw.get(OWN + "number", []) + forms.one(raw, OWN + "numbers").split(), tuple[str, ...]()
    if forms.one(raw, OWN + "all"):
        found, more = await reading.every(visit.db, visit.house, actor, chosen.query, MOST)
        if more:
            told = _("The list finds more than {most} cases. These are the first {most} in its order; do the rest afterwards.")
            notes = (visit.say(told, most=MOST),)
    return Asked(
        numbers=tuple(dict.fromkeys(_plain(n) for n in found)),
        action=forms.one(raw, OWN + "action"),
        list=work.name,
        filters=said,
        back=filters.address(work, chosen.kept),
        notes=notes,
    )


def _plain(written: str) -> str:
    """Return the twelve digits; what is no number stays as it is, and is refused with the others."""
    try:
        return numbers.read(written)
    except Invalid:
        return "".join(c for c in written[:20] if c.isprintable())


def _offered(visit: Visit, actor: Actor, rows: Sequence[Any]) -> dict[str, tuple[CaseType, Action]]:
    """Return the actions for many that at least one of the cases allows now, by type and name."""
    found: dict[str, tuple[CaseType, Action]] = {}
    for row in rows:
        declared = visit.house.declared(row.type_id)
        if declared is not None:
            for action in acting.allowed(visit.house, actor, row, visit.at):
                if action.bulk:
                    found.setdefault(f"{declared.key}:{action.name}", (declared, action))
    order = [f"{t.key}:{a.name}" for t in visit.house.registry.case_types for a in t.actions]
    return {name: found[name] for name in order if name in found}


def _choices(visit: Visit, offered: dict[str, tuple[CaseType, Action]], chosen: str = "") -> tuple[pages.Choice, ...]:
    several = len({t.key for t, _action in offered.values()}) > 1
    return tuple(
        pages.Choice(
            value=name,
            label=(visit.say(declared.title) + ": " if several else "") + visit.say(action.title),
            chosen=name == chosen,
        )
        for name, (declared, action) in offered.items()
    )


def _declared(visit: Visit, name: str) -> tuple[CaseType, Action] | None:
    """Return the action for many of that name, whether any case allows it or not."""
    key, _colon, action = name.partition(":")
    for declared in visit.house.registry.case_types:
        if declared.key == key:
            return next(((declared, a) for a in declared.actions if a.name == action and a.bulk), None)
    return None


async def _ask(
    visit: Visit,
    actor: Actor,
    asked: Asked,
    raw: dict[str, list[str]],
    problems: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> Response[Any]:
    """Draw the question that is open: what to do with these cases, or the form of what was chosen; nothing that was sent is lost."""
    rows = await reading.several(visit.db, visit.house, actor, asked.numbers[:MOST])
    offered, problems = _offered(visit, actor, rows), problems or {}
    wanted = offered.get(asked.action) or (_declared(visit, asked.action) if problems else None)
    if asked.action and not wanted and not problems:
        problems, status = {OWN + "action": _("None of these cases allows that now. Choose something else, or other cases.")}, 409
    hidden = [(OWN + "numbers", " ".join(asked.numbers)), (OWN + "list", asked.list), (OWN + "filters", asked.filters)]
    if wanted:
        title, action = visit.say(wanted[1].title), wanted[1]
        hidden += [(OWN + "action", asked.action), ("key", forms.key_of(raw) or secrets.token_urlsafe(16))]
        answers = {k: v for k, v in forms.answers(raw).items() if not k.startswith(OWN)}
        drawn = forms.fields(
            action.form,
            visit.language,
            raw=answers,
            problems=problems,
            directory=visit.house.directory,
            department_id=actor.department_id,
            away=standing.of_department(visit, actor.department_id),
        )
        button = visit.say(_("{action}: {count} cases"), action=action.title, count=len(asked.numbers))
    else:
        title, button = visit.say(_("What is to be done?")), visit.say(_("Go on"))
        choices = _choices(visit, offered)
        error = visit.say(problems[OWN + "action"]) if OWN + "action" in problems else ""
        label = visit.say(_("Allowed for at least one of them"))
        drawn = (pages.Field(name=OWN + "action", label=label, kind="radios", choices=choices, error=error),) if choices else ()
    page = pages.BulkPage(
        title=title,
        lead=visit.say(_("{count} cases chosen"), count=len(asked.numbers)),
        back=asked.back,
        form=pages.Form(
            action=HOME,
            fields=drawn,
            button=button,
            hidden=tuple(hidden),
            problems=forms.problem_list(problems, visit.language),
            cancel=asked.back,
        ),
        rows=tuple(casepage.case_row(visit, r, "/desk/case", actor=actor) for r in rows[:SHOWN]),
        more=visit.say(_("and {count} more"), count=len(rows) - SHOWN) if len(rows) > SHOWN else "",
        notes=asked.notes,
    )
    return visit.page("desk/bulk.html", page, desk=True, status=status)


async def _do(visit: Visit, actor: Actor, asked: Asked, raw: dict[str, list[str]]) -> Response[Any]:
    """Do it, and tell what became of each case. Sent twice, it is done once, and tells the same."""
    wanted = _declared(visit, asked.action)
    if wanted is None:
        raise Invalid(_("There is no such thing to do to many cases at once."))
    declared, action = wanted
    rows = {r.number: r for r in await reading.several(visit.db, visit.house, actor, asked.numbers)}
    other = {n for n, r in rows.items() if visit.house.book[r.type_id].key != declared.key}
    alike = [n for n in asked.numbers if n not in other]
    answers = {k: v for k, v in forms.answers(raw).items() if not k.startswith(OWN)}
    key = forms.key_of(raw)
    done = await acting.act_alike(visit.db, visit.house, actor, alike, action.name, answers, visit.at, key=key)
    wrong = next((r for r in done if isinstance(r, Invalid) and r.problems), None)
    if wrong and not any(isinstance(r, Acted) for r in done):
        raise wrong  # nothing was done, and an answer of the form is why
    results: dict[str, Acted | Refused] = dict(zip(alike, done, strict=True))
    results |= {n: NotAllowedNow(_("This is another kind of case: choose it in a list of its own.")) for n in other}
    await workbench.keep_read(visit.db, actor.post_id or 0, [(n, r.sequence) for n, r in results.items() if isinstance(r, Acted) and r.fresh])
    gone = [n for n in asked.numbers if n not in rows]
    before = await workbench.acted_before(visit.db, actor, key, gone) if gone else set()
    lines = tuple(_line(visit, n, rows.get(n), results[n], n in before) for n in asked.numbers)
    count = sum(line.done for line in lines)
    page = pages.BulkDonePage(
        title=visit.say(action.title),
        lead=visit.say(_("Done: {done}. Refused: {refused}."), done=count, refused=len(lines) - count),
        back=asked.back,
        rows=lines,
    )
    return visit.page("desk/bulk_done.html", page, desk=True)


def _line(visit: Visit, number: str, row: Any, result: Acted | Refused, before: bool) -> pages.BulkRow:
    done = isinstance(result, Acted) or before
    return pages.BulkRow(
        number=numbers.show(number) if number.isdigit() else number,
        href=f"/desk/case/{numbers.show(number)}" if row is not None else "",
        title=row.title if row is not None else "",
        done=done,
        why="" if done or isinstance(result, Acted) else visit.say(result.text, **result.values),
    )
