"""Administration of webhooks: who is told what; what was sent, what came back, and sending it again. Every change is audited."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import texts
from banshi.contracts import ADMINISTER, Actor
from banshi.districts import District
from banshi.errors import Conflict, Invalid, NotFound
from banshi.notify import calling, fence, webhooks
from banshi.notify.topics import HOOKS
from banshi.web import casepage, forms, pages
from banshi.web.admin.frame import administrator, head, place, reader
from banshi.web.admin.frame import places as districts_of
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/admin/webhooks"
STATES: Mapping[str, tuple[texts.Text, pages.Tone]] = {
    "active": (_("Called"), "going"),
    "paused": (_("Paused"), "waiting"),
    "disabled": (_("Disabled: it failed for days"), "late"),
}
SAID: Mapping[str, texts.Text] = {
    calling.IN_TIME: _("It did not answer in time."),
    fence.UNKNOWN: _("There is no such name."),
    fence.INSIDE: _("The name leads into the own network: it was not called."),
}
"""What went wrong on our side of the line, in words; what the other side said stands as it came."""
DELIVERIES: Mapping[str, tuple[texts.Text, pages.Tone]] = {
    "waiting": (_("Waiting"), "waiting"),
    "sent": (_("Arrived"), "done"),
    "failed": (_("Given up"), "late"),
}


@get(HOME)
async def show_all(request: Request[Any, Any, Any]) -> Response[Any]:
    """The webhooks of one's districts; those that fail stand first."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = reader(visit)
        rows = await webhooks.listing(visit.db, [d.id for d in districts_of(visit, actor)])
        may = actor.may(ADMINISTER.name)
        page = pages.WebhooksPage(head=head(visit, actor, "webhooks"), rows=tuple(_row(visit, r) for r in rows), add=f"{HOME}/new" if may else "")
        return visit.page("admin/webhooks.html", page, desk=True)


@get(HOME + "/new")
async def show_new(request: Request[Any, Any, Any]) -> Response[Any]:
    """A form for another webhook."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = administrator(visit)
        return _form_page(visit, actor, None, {"district": [place(visit, actor, "").code]})


@post(HOME + "/new")
async def add(request: Request[Any, Any, Any]) -> Response[Any]:
    """Add a webhook; sent twice it is one."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = administrator(visit)
        district = place(visit, actor, forms.one(raw, "district"))
        try:
            wanted = webhooks.check(_wanted(raw), private=site.settings.webhooks_private)
            key = forms.key_of(raw) or secrets.token_urlsafe(12)
            made = await webhooks.add(visit.db, visit.house.keyring, actor, district, wanted, f"{actor.post_id}:{key}", visit.at)
        except (Invalid, Conflict) as refused:
            return _form_page(visit, actor, None, raw, forms.refusal_problems(refused), refused.status)
        return visit.go(f"{HOME}/{made}")


@get(HOME + "/{webhook_id:int}")
async def show(request: Request[Any, Any, Any], webhook_id: FromPath[int], before: FromQuery[int | None] = None) -> Response[Any]:
    """One webhook with its log."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = reader(visit)
        return await _page(visit, actor, webhook_id, before=before)


@get(HOME + "/{webhook_id:int}/change")
async def show_change(request: Request[Any, Any, Any], webhook_id: FromPath[int]) -> Response[Any]:
    """The form that changes a webhook."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        actor = administrator(visit)
        hook = await _hook(visit, actor, webhook_id)
        raw = {"title": [hook.title], "url": [hook.url], "topics": hook.topics, "internal": ["yes"] if hook.internal else []}
        return _form_page(visit, actor, hook, raw)


@post(HOME + "/{webhook_id:int}/change")
async def change(request: Request[Any, Any, Any], webhook_id: FromPath[int]) -> Response[Any]:
    """Change what a webhook is told, and where."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor = administrator(visit)
        hook = await _hook(visit, actor, webhook_id, lock=True)
        try:
            wanted = webhooks.check(_wanted(raw), private=site.settings.webhooks_private)
        except Invalid as refused:
            return _form_page(visit, actor, hook, raw, forms.problems_of(refused), refused.status)
        await webhooks.change(visit.db, visit.house.keyring, actor, hook, visit.house.directory.tree[hook.district_id], wanted, visit.at)
        return visit.go(f"{HOME}/{webhook_id}")


@post(HOME + "/{webhook_id:int}/{act:str}")
async def do(request: Request[Any, Any, Any], webhook_id: FromPath[int], act: FromPath[str]) -> Response[Any]:
    """Try it, pause it, call it again, give it another secret, show its secret, send something once more, remove it."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        actor, keyring = administrator(visit), visit.house.keyring
        hook = await _hook(visit, actor, webhook_id, lock=True)
        try:
            if act == "secret":
                shown = await webhooks.secret(visit.db, keyring, actor, hook, visit.at)
                return await _page(visit, actor, webhook_id, secret=shown)
            if act == "test":
                await webhooks.send_test(visit.db, keyring, actor, hook, site.settings.address, visit.at)
            elif act == "redeliver":
                await webhooks.redeliver(visit.db, keyring, actor, hook, _number(forms.one(raw, "delivery")), visit.at)
            elif act in PLAIN:
                await PLAIN[act](visit.db, keyring, actor, hook, visit.at)
            else:
                raise NotFound(_("There is no such page."))
        except Conflict as refused:
            return await _page(visit, actor, webhook_id, problem=visit.say(refused.text, **refused.values), status=refused.status)
        return visit.go(HOME if act == "remove" else f"{HOME}/{webhook_id}")


PLAIN: Mapping[str, Callable[..., Any]] = {
    "pause": webhooks.pause,
    "resume": webhooks.resume,
    "rotate": webhooks.rotate,
    "remove": webhooks.remove,
}


async def _hook(visit: Visit, actor: Actor, webhook_id: int, *, lock: bool = False) -> Any:
    if webhook_id >= 2**63:
        raise NotFound(_("There is no such webhook."))
    return await webhooks.one(visit.db, webhook_id, [d.id for d in districts_of(visit, actor)], lock=lock)


def _number(written: str) -> int:
    return int(written) if written.isascii() and written.isdigit() and len(written) < 18 else 0


def _wanted(raw: Mapping[str, list[str]]) -> webhooks.Wanted:
    topics = tuple(dict.fromkeys(raw.get("topics", ())))
    return webhooks.Wanted(title=forms.one(raw, "title"), url=forms.one(raw, "url"), topics=topics, internal=bool(forms.one(raw, "internal")))


# -- what is drawn ----------------------------------------------------------------------------------------------------------------


def _state(visit: Visit, hook: Any) -> tuple[str, pages.Tone, str]:
    """A hook's state in words, how it looks, and what there is to say of it."""
    title, tone = STATES[hook.state]
    note = ""
    if hook.failing_since is not None:
        district = visit.house.directory.tree[hook.district_id]
        since = texts.say_moment(hook.failing_since, district.timezone, visit.language, visit.at)
        note = visit.say(_("It has failed since {when}, {count} times."), when=since, count=hook.failures)
        tone = "late"
    return visit.say(title), tone, note


def _row(visit: Visit, hook: Any) -> pages.WebhookRow:
    state, tone, note = _state(visit, hook)
    return pages.WebhookRow(
        title=hook.title,
        href=f"{HOME}/{hook.id}",
        url=hook.url,
        district=visit.house.directory.tree[hook.district_id].say(visit.language),
        state=state,
        tone=tone,
        note=note,
        waiting=casepage.bounded(hook.waiting),
    )


async def _page(
    visit: Visit, actor: Actor, webhook_id: int, *, before: int | None = None, secret: str = "", problem: str = "", status: int = 200
) -> Response[Any]:
    hook = await _hook(visit, actor, webhook_id)
    rows, older = await webhooks.log(visit.db, hook.id, before if before is not None and 0 < before < 2**63 else None)
    may, address = actor.may(ADMINISTER.name), f"{HOME}/{hook.id}"
    state, tone, note = _state(visit, hook)
    district: District = visit.house.directory.tree[hook.district_id]

    def press(act: str, button: texts.Text, *hidden: tuple[str, str]) -> pages.Form:
        return pages.Form(action=f"{address}/{act}", fields=(), button=visit.say(button), hidden=hidden)

    acts = [press("test", _("Send a test"))] if hook.state == "active" else []
    acts += [press("pause", _("Pause it"))] if hook.state == "active" else []
    acts += [press("resume", _("Call it again"))] if hook.state != "active" or hook.rests is not None else []
    acts += [press("secret", _("Show the secret")), press("rotate", _("Give it a new secret"))]
    topics = visit.say(_("Everything")) if not hook.topics else "；".join(visit.say(HOOKS[t]) for t in hook.topics if t in HOOKS)
    facts = [
        (visit.say(_("Address")), hook.url),
        (visit.say(_("District")), district.say(visit.language)),
        (visit.say(_("Told of")), topics if visit.language == "zh" else topics.replace("；", "; ")),
        (visit.say(_("Of the own house")), visit.say(_("Yes") if hook.internal else _("No"))),
    ]
    if hook.old_until is not None and hook.old_until > visit.at:
        until = texts.say_moment(hook.old_until, district.timezone, visit.language, visit.at)
        facts.append((visit.say(_("Secret")), visit.say(_("The old one signs, too, until {when}"), when=until)))
    page = pages.WebhookPage(
        title=hook.title,
        state=state,
        tone=tone,
        note=note,
        facts=tuple(facts),
        acts=tuple(acts) if may else (),
        remove=press("remove", _("Remove it for good")) if may else None,
        change=f"{address}/change" if may else "",
        log=tuple(_delivery(visit, district, r, press("redeliver", _("Send it again"), ("delivery", str(r.id))) if may else None) for r in rows),
        older=f"{address}?before={older}" if older else "",
        secret=secret,
        problem=problem,
    )
    return visit.page("admin/webhook.html", page, desk=True, status=status)


def _delivery(visit: Visit, district: District, row: Any, again: pages.Form | None) -> pages.DeliveryRow:
    title, tone = DELIVERIES[row.state]

    def moment(at: Any) -> str:
        return texts.say_moment(at, district.timezone, visit.language, visit.at)

    tries = tuple(
        pages.TryRow(
            at=moment(datetime.fromisoformat(t["at"])),
            status=str(t["status"]) if t["status"] is not None else visit.say(_("No answer")),
            milliseconds=texts.say_number(t["milliseconds"], visit.language),
            answer=visit.say(SAID.get(t["answer"], t["answer"])) if t["status"] is None else t["answer"],
        )
        for t in row.log or ()
    )
    return pages.DeliveryRow(event=row.event, at=moment(row.created), state=visit.say(title), tone=tone, tries=tries, body=row.body, again=again)


def _form_page(
    visit: Visit, actor: Actor, hook: Any, raw: Mapping[str, Any], problems: Mapping[str, Any] | None = None, status: int = 200
) -> Response[Any]:
    problems, address = problems or {}, f"{HOME}/{hook.id}/change" if hook else f"{HOME}/new"

    def error(name: str) -> str:
        return visit.say(problems[name]) if name in problems else ""

    title = pages.Field(
        name="title", label=visit.say(_("Name")), kind="text", value=forms.one(raw, "title"), error=error("title"), autocomplete="off"
    )
    url = pages.Field(
        name="url",
        label=visit.say(_("Address that is called")),
        hint=visit.say(_("It begins with https and must be reachable from outside.")),
        kind="text",
        value=forms.one(raw, "url"),
        error=error("url"),
        autocomplete="off",
    )
    district = pages.Field(
        name="district",
        label=visit.say(_("District")),
        hint=visit.say(_("With everything that lies below it.")),
        kind="select",
        choices=tuple(
            pages.Choice(value=d.code, label=d.say(visit.language), chosen=d.code == forms.one(raw, "district")) for d in districts_of(visit, actor)
        ),
    )
    topics = pages.Field(
        name="topics",
        label=visit.say(_("Told of")),
        hint=visit.say(_("None chosen: everything that it may know.")),
        kind="checkboxes",
        error=error("topics"),
        choices=tuple(pages.Choice(value=t, label=visit.say(label), chosen=t in raw.get("topics", ())) for t, label in HOOKS.items()),
    )
    internal = pages.Field(
        name="internal",
        label=visit.say(_("It belongs to the own house: it may be told what only staff may read")),
        kind="checkbox",
        value=forms.one(raw, "internal"),
    )
    form = pages.Form(
        action=address,
        fields=(title, url, *(() if hook else (district,)), topics, internal),
        button=visit.say(_("Keep the change") if hook else _("Add the webhook")),
        problems=forms.problem_list(problems, visit.language),
        hidden=() if hook else (("key", forms.key_of(dict(raw)) or secrets.token_urlsafe(12)),),
        cancel=f"{HOME}/{hook.id}" if hook else HOME,
    )
    said = visit.say(_("Change the webhook") if hook else _("New webhook"))
    page = pages.WebhookFormPage(title=said, back=f"{HOME}/{hook.id}" if hook else HOME, form=form)
    return visit.page("admin/webhook_form.html", page, desk=True, status=status)


HANDLERS = [show_all, show_new, add, show, show_change, change, do]
