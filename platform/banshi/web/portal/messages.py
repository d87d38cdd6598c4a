"""What a person is told, by which way, in which language; an e-mail address of their own, confirmed before it is used; the digest of staff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from litestar import Request, Response, get, post
from litestar.params import FromQuery

from banshi import texts
from banshi.errors import Invalid, NotSignedIn
from banshi.notify import preferences
from banshi.notify.topics import CHOICES, Way
from banshi.privacy import mask
from banshi.web import forms, pages
from banshi.web.portal import following
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/my/messages"
WAY_LABELS: Mapping[Way, texts.Text] = {"mail": _("By e-mail"), "sms": _("By text message")}
LANGUAGE_LABELS: Mapping[texts.Language, str] = {"zh": "中文", "en": "English"}
HOURS = range(5, 22)


@get(HOME)
async def show(request: Request[Any, Any, Any], code: FromQuery[str] = "", saved: FromQuery[str] = "") -> Response[Any]:
    """The choices; the link of a letter brings its code along, and a press confirms it: what only looks at links confirms nothing."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        return await _page(visit, {"code": [code]} if code else {}, saved=bool(saved))


@post(HOME)
async def choose(request: Request[Any, Any, Any]) -> Response[Any]:
    """Keep what was chosen; ways that are not there are left as they are."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        person_id = _signed_in(visit)
        try:
            wanted = {way: tuple(raw.get(way, ())) for way in _ways(visit) if f"{way}-asked" in raw}
            await preferences.choose(visit.db, person_id, wanted, forms.one(raw, "language") or None)
        except Invalid as refused:
            return await _page(visit, raw, forms.problems_of(refused), which="choices")
        return visit.go(f"{HOME}?saved=yes")


@post(HOME + "/address")
async def claim(request: Request[Any, Any, Any]) -> Response[Any]:
    """Send a code to an address; counted by person and by address, so that nobody's mailbox is flooded from here."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        person_id = _signed_in(visit)
        if not site.settings.mail:
            return await _page(visit, raw, {"email": _("No mail is sent from here yet.")}, which="address")
        try:
            address = preferences.read_address(forms.one(raw, "email"))
        except Invalid as refused:
            return await _page(visit, raw, forms.problems_of(refused), which="address")
    digest = site.keyring.index("email", address).hex()
    await following.take(site, f"address:{person_id}", preferences.CLAIMS_BY_PERSON)
    await following.take(site, f"address:{digest}", preferences.CLAIMS_BY_ADDRESS)
    async with site.visit(request) as visit:
        await preferences.claim(visit.db, visit.house.keyring, _signed_in(visit), address, visit.at)
        return visit.go(HOME)


@post(HOME + "/confirm")
async def confirm(request: Request[Any, Any, Any]) -> Response[Any]:
    """Confirm an address by its code; the attempt is counted before the code is looked at."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        person_id = _signed_in(visit)
    await following.take(site, f"address-code:{person_id}", preferences.CODES_BY_PERSON)
    async with site.visit(request) as visit:
        try:
            await preferences.confirm(visit.db, visit.house.keyring, visit.resident, forms.one(raw, "code"), visit.at)
        except Invalid as refused:
            return await _page(visit, raw, forms.problems_of(refused), which="code")
        return visit.go(f"{HOME}?saved=yes")


@post(HOME + "/forget")
async def forget(request: Request[Any, Any, Any]) -> Response[Any]:
    """Forget the address."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        _signed_in(visit)
        await preferences.forget(visit.db, visit.house.keyring, visit.resident, visit.at)
        return visit.go(f"{HOME}?saved=yes")


@post(HOME + "/digest")
async def choose_digest(request: Request[Any, Any, Any]) -> Response[Any]:
    """Say when the digest of the desk comes; for people with a post."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        person_id, said = _signed_in(visit), forms.one(raw, "hour")
        try:
            if not visit.visitor.posts or not (said == "none" or (said.isascii() and said.isdigit() and len(said) < 3)):
                raise Invalid(_("Some answers need your attention."), {"hour": _("Choose an hour of the day.")})
            department = visit.house.directory.department(visit.visitor.posts[0].department_id)
            place = visit.house.directory.tree[department.district_id].timezone
            await preferences.choose_digest(visit.db, person_id, None if said == "none" else int(said), place, visit.at)
        except Invalid as refused:
            return await _page(visit, raw, forms.problems_of(refused), which="digest")
        return visit.go(f"{HOME}?saved=yes")


def _signed_in(visit: Visit) -> int:
    if visit.visitor.person_id is None:
        raise NotSignedIn(_("Sign in to choose what you are told."))
    return visit.visitor.person_id


def _ways(visit: Visit) -> tuple[Way, ...]:
    settings = visit.site.settings
    return tuple(way for way in get_args(Way) if (settings.mail if way == "mail" else settings.sms))


async def _page(visit: Visit, raw: Any, problems: Mapping[str, Any] | None = None, *, which: str = "", saved: bool = False) -> Response[Any]:
    said = await preferences.of(visit.db, visit.house.keyring, _signed_in(visit), visit.at)
    problems = problems or {}
    drawn = {
        "choices": _choices(visit, said, raw if which == "choices" else {}, problems if which == "choices" else {}),
        "address": _address(visit, said, raw, problems if which == "address" else {}) if visit.site.settings.mail else None,
        "code": _code(visit, raw, problems if which == "code" else {}) if said.claimed or which == "code" else None,
        "digest": _digest(visit, said, problems if which == "digest" else {}) if visit.visitor.posts and visit.site.settings.mail else None,
    }
    page = pages.MessagesPage(
        email=mask("email", said.email),
        claimed=mask("email", said.claimed),
        remove=pages.Form(action=f"{HOME}/forget", fields=(), button=visit.say(_("Forget this address"))) if said.email or said.claimed else None,
        form=drawn.get(which),
        saved=saved and not problems,
        **drawn,  # type: ignore[arg-type]
    )
    return visit.page("portal/messages.html", page, status=400 if problems else 200)


def _choices(visit: Visit, said: preferences.Preferences, raw: Any, problems: Mapping[str, Any]) -> pages.Form:
    fields = []
    for way in _ways(visit):
        chosen = frozenset(raw.get(way, ())) if raw else said.wanted[way]
        missing = not said.email if way == "mail" else not said.telephone
        without = {"mail": _("It begins once you have confirmed an address."), "sms": _("There is no telephone number in your account.")}
        fields.append(
            pages.Field(
                name=way,
                label=visit.say(WAY_LABELS[way]),
                hint=visit.say(without[way]) if missing else "",
                kind="checkboxes",
                choices=tuple(pages.Choice(value=t, label=visit.say(label), chosen=t in chosen) for t, label in CHOICES.items()),
            )
        )
    language = forms.one(raw, "language") or said.language or visit.language
    fields.append(
        pages.Field(
            name="language",
            label=visit.say(_("Language of messages")),
            kind="radios",
            error=visit.say(problems["language"]) if "language" in problems else "",
            choices=tuple(pages.Choice(value=name, label=label, chosen=name == language) for name, label in LANGUAGE_LABELS.items()),
        )
    )
    return pages.Form(
        action=HOME,
        fields=tuple(fields),
        button=visit.say(_("Keep my choice")),
        hidden=tuple((f"{way}-asked", "yes") for way in _ways(visit)),
        problems=forms.problem_list(problems, visit.language),
    )


def _address(visit: Visit, said: preferences.Preferences, raw: Any, problems: Mapping[str, Any]) -> pages.Form:
    field = pages.Field(
        name="email",
        label=visit.say(_("Another e-mail address") if said.email else _("E-mail address")),
        hint=visit.say(_("We send a code there. Nothing else goes to it before you have entered the code here.")),
        kind="email",
        value=forms.one(raw, "email"),
        error=visit.say(problems["email"]) if "email" in problems else "",
        autocomplete="email",
    )
    button = visit.say(_("Send me the code"))
    return pages.Form(action=f"{HOME}/address", fields=(field,), button=button, problems=forms.problem_list(problems, visit.language))


def _code(visit: Visit, raw: Any, problems: Mapping[str, Any]) -> pages.Form:
    field = pages.Field(
        name="code",
        label=visit.say(_("Code from our letter")),
        hint=visit.say(_("Eight digits. It counts for 24 hours.")),
        kind="text",
        value=forms.one(raw, "code"),
        error=visit.say(problems["code"]) if "code" in problems else "",
        autocomplete="one-time-code",
    )
    button = visit.say(_("Confirm the address"))
    return pages.Form(action=f"{HOME}/confirm", fields=(field,), button=button, problems=forms.problem_list(problems, visit.language))


def _digest(visit: Visit, said: preferences.Preferences, problems: Mapping[str, Any]) -> pages.Form:
    none = pages.Choice(value="none", label=visit.say(_("No summary")), chosen=said.hour is None)
    hours = tuple(pages.Choice(value=str(h), label=f"{h:02d}:00", chosen=said.hour == h) for h in HOURS)
    field = pages.Field(
        name="hour",
        label=visit.say(_("When shall it come?")),
        hint=visit.say(_("Every day at this hour, where there is anything new.")),
        kind="select",
        error=visit.say(problems["hour"]) if "hour" in problems else "",
        choices=(none, *hours),
    )
    button = visit.say(_("Keep the hour"))
    return pages.Form(action=f"{HOME}/digest", fields=(field,), button=button, problems=forms.problem_list(problems, visit.language))


HANDLERS = [show, choose, claim, confirm, forget, choose_digest]
