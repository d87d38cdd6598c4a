"""Every component that pages are made of, in all its states: the style guide from which a plugin's author builds."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post

from banshi import texts
from banshi.web import pages
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")

HOME = "/desk/components"


@get(HOME)
async def show(request: Request[Any, Any, Any]) -> Response[Any]:
    """The style guide."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        visit.staff()
        return visit.page("desk/components.html", _page(visit), desk=True)


@post(HOME)
async def nothing(request: Request[Any, Any, Any]) -> Response[Any]:
    """The guide's forms may be sent; they do nothing."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        visit.staff()
        return visit.go(HOME)


def _page(visit: Visit) -> pages.ComponentsPage:
    say = visit.say
    plain, wrong = _fields(visit, ""), _fields(visit, "wrong-")
    problems = tuple(pages.Problem(text=f.error, field=f.name) for f in wrong if f.error)
    button = say(_("Save"))
    return pages.ComponentsPage(
        tones=tuple(pages.Sample(name=n, text=say(t)) for n, t in TONES),
        steps=(
            pages.Step(title=say(_("Registered")), note="9 Nov", status="done"),
            pages.Step(title=say(_("Being worked on")), note="", status="now"),
            pages.Step(title=say(_("Closed")), note="", status="todo"),
        ),
        story=tuple(_entries(visit)),
        actions=(
            pages.ActionLink(name="leading", title=say(_("What usually comes next")), href="#actions", leading=True),
            pages.ActionLink(name="other", title=say(_("Something else")), href="#actions"),
            pages.ActionLink(name="open", title=say(_("Its form is open")), href="#actions", chosen=True),
        ),
        contact=pages.Contact(title=say(_("Department in charge")), staff_number="10001", telephone="0000-0000-0000", address="A-1"),
        rows=tuple(_rows(visit)),
        hits=(pages.HitRow(row=_rows(visit)[0], title=((say(_("Marked where it was found:")) + " ", False), ("4071", True))),),
        form=pages.Form(action=HOME, fields=plain, button=button, cancel=HOME),
        wrong=pages.Form(action=HOME, fields=wrong, button=button, problems=problems),
        alarm=pages.Alarm(parts=((say(_("What must be read before anything else:")) + " ", ""), ("120", "120"))),
        clocks=tuple(pages.ClockBrief(title=say(t), status="30 Nov, 17:00", standing=standing) for standing, t in STANDINGS),
        facts=((say(_("Received")), "9 Nov, 14:05"), (say(_("Place")), "A-1")),
        links=tuple(
            pages.Link(text=say(t), href="#lists", current=c, count=n) for t, c, n in ((_("My work"), True, "9"), (_("All"), False, "1000+"))
        ),
    )


STANDINGS: tuple[tuple[pages.Standing, texts.Text], ...] = (
    ("runs", _("It runs")),
    ("near", _("It is nearly used up")),
    ("over", _("It is over")),
    ("stands", _("It stands still")),
    ("kept", _("Done in time")),
    ("missed", _("Done too late")),
)


TONES: tuple[tuple[pages.Tone, texts.Text], ...] = (
    ("going", _("Somebody works on it")),
    ("waiting", _("It waits for the resident")),
    ("done", _("Settled")),
    ("ended", _("Ended otherwise")),
    ("late", _("Time runs out")),
)


def _fields(visit: Visit, start: str) -> tuple[pages.Field, ...]:
    """One field of each kind; with ``start`` as they come back wrong, the input kept."""
    say = visit.say
    error = say(_("Say what is wrong and how to mend it.")) if start else ""
    value = say(_("What was entered")) if start else ""
    choices = (
        pages.Choice(value="one", label=say(_("The first")), hint=say(_("A hint to one choice")), chosen=bool(start)),
        pages.Choice(value="two", label=say(_("The second"))),
    )
    hint = say(_("What helps to answer, in a sentence."))
    return (
        pages.Field(name=f"{start}text", label=say(_("A line")), kind="text", hint=hint, value=value, error=error),
        pages.Field(name=f"{start}long", label=say(_("A longer text")), kind="textarea", rows=3, longest=400, value=value, error=error),
        pages.Field(name=f"{start}telephone", label=say(_("A telephone number")), kind="telephone", value=value, error=error, optional=True),
        pages.Field(name=f"{start}number", label=say(_("A whole number")), kind="number", value=value, error=error),
        pages.Field(name=f"{start}date", label=say(_("A day")), kind="date", error=error),
        pages.Field(name=f"{start}select", label=say(_("One of many")), kind="select", choices=choices, error=error),
        pages.Field(name=f"{start}radios", label=say(_("One of a few")), kind="radios", choices=choices, error=error),
        pages.Field(name=f"{start}boxes", label=say(_("Several")), kind="checkboxes", choices=choices, error=error),
        pages.Field(name=f"{start}tick", label=say(_("One statement to agree to")), kind="checkbox", value="true" if start else "", error=error),
    )


def _entries(visit: Visit) -> list[pages.Entry]:
    say = visit.say
    common: dict[str, Any] = {"at": "9 Nov, 14:05", "machine_at": "2026-11-09T06:05:00+00:00"}
    text = say(_("What was said, as it was said."))
    office = say(_("Department")) + " " + say(_("Staff {number}"), number="10001")
    return [
        pages.Entry(**common, who=office, headline=say(_("New since the reader last looked")), text=text, fresh=True),
        pages.Entry(**common, who=office, headline=say(_("A note among staff")), text=text, staff_only=True),
        pages.Entry(**common, who=say(_("You")), headline=say(_("What the reader did")), text=text, own=True),
        pages.Entry(**common, who=office, headline=say(_("What somebody else did")), text="", facts=((say(_("Came by")), say(_("Website"))),)),
    ]


def _rows(visit: Visit) -> list[pages.CaseRow]:
    say = visit.say
    common: dict[str, Any] = {"href": HOME, "under": "A-1", "department": say(_("Department")), "received": "9 Nov, 14:05", "last": "10 Nov, 09:00"}
    return [
        pages.CaseRow(number="4071-8826-3915", title=say(_("Unread")), state=say(_("Settled")), tone="done", unread=True, **common),
        pages.CaseRow(number="4071-8826-3916", title=say(_("Urgent")), state=say(_("Somebody works on it")), tone="going", urgent=True, **common),
    ]
