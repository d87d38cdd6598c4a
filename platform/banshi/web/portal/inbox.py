"""What happened on one's cases, the newest first, and what of it was not read yet."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery

from banshi import notify, texts
from banshi.cases import numbers
from banshi.errors import NotSignedIn
from banshi.identity import mandates
from banshi.web import casepage, forms, pages
from banshi.web.casepage import CaseView
from banshi.web.site import Site, Visit

_ = texts.translator("banshi")


@get("/my/inbox")
async def show(request: Request[Any, Any, Any], after: FromQuery[str] = "") -> Response[Any]:
    """The inbox; each line leads to its case, and is read once that was opened."""
    site: Site = request.app.state.site
    async with site.visit(request) as visit:
        if visit.visitor.person_id is None:
            raise NotSignedIn(_("Sign in to see what happened on your cases."))
        rows, following = await notify.inbox(visit.db, visit.house, visit.resident, notify.read_place(after))
        helpers = {r.actor_id for r in rows if r.acting_for_id is not None}
        names = await mandates.names(visit.db, visit.house.keyring, helpers) if helpers else {}
        page = pages.InboxPage(
            rows=tuple(_row(visit, r, names) for r in rows),
            next=f"/my/inbox?after={notify.write_place(following)}" if following else "",
            unread=visit.unread,
            read=visit.at.isoformat(),
        )
        return visit.page("portal/inbox.html", page)


@post("/my/inbox")
async def read_all(request: Request[Any, Any, Any]) -> Response[Any]:
    """Mark as read what the page told of, and nothing that came since."""
    site: Site = request.app.state.site
    raw = await forms.read(request)
    async with site.visit(request) as visit:
        if visit.visitor.person_id is None:
            raise NotSignedIn(_("Sign in to go on."))
        await notify.read_all(visit.db, visit.visitor.person_id, _moment(forms.one(raw, "until"), visit.at))
        return visit.go("/my/inbox")


def _moment(written: str, at: datetime) -> datetime:
    """Return the moment that the page was drawn; now where somebody changed it."""
    try:
        said = datetime.fromisoformat(written)
    except ValueError:
        return at
    return min(said, at) if said.tzinfo is not None else at


def _row(visit: Visit, row: Any, names: Any) -> pages.InboxRow:
    view = CaseView(visit, visit.resident, row, ())
    view.names = names
    who, headline = view.line(row)
    return pages.InboxRow(
        number=numbers.show(row.number),
        href=casepage.address_of(row.number),
        title=casepage.title(visit.house, row, visit.language),
        headline=headline,
        who=who,
        at=view.moment(row.at),
        machine_at=row.at.isoformat(timespec="seconds"),
        unread=row.unread,
    )
