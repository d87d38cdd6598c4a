"""A draft on its way to a case: which questions it asks, what was answered, and who may go on with it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from banshi import texts
from banshi.cases.decoding import decode, shapes
from banshi.contracts import Actor, Service
from banshi.contracts import Page as Group
from banshi.errors import Forbidden, Invalid, NotFound, NotSignedIn, OutOfOrder
from banshi.identity import mandates
from banshi.web import drafts, forms, pages
from banshi.web.drafts import SENT, Draft
from banshi.web.site import Visit

_ = texts.translator("banshi")

WARNED = "=warned"
"""Under this name a draft keeps the answers whose warning was read."""
FOR = "=for"
"""Under this name a draft keeps for whom a helper fills it in."""
SHOWN_FOR = timedelta(hours=2)
"""How long the confirmation stays open to the browser that sent it: the next one at this keyboard must not find it."""
COOKIE = "draft"
PAPERS = "papers"
"""The step at which files are added where the service takes them: reached from the check page, since nobody has to add any."""
_CALL = re.compile(r"(?<![\d-])(\d{3}|\d{5}|\d[\d-]{6,}\d)(?![\d-])")
"""What is a telephone in a text: 110, 12345, 0000-0000-0001; no year, no number of days."""


class Gone(NotFound):
    """It was there, and is not any more."""

    status = 410


class Filing:
    """A draft, the service it files, and which of the service's pages its answers lead through."""

    def __init__(self, visit: Visit, service: Service, draft: Draft) -> None:
        self.visit, self.service, self.draft = visit, service, draft
        self.answers: dict[str, Any] = draft.answers
        self.case_type = visit.house.registry.case_type(f"{service.owner}.{service.case_type}")
        self.form = self.case_type.form
        self.base = f"/d/{visit.district.code if visit.district else ''}/services/{service.owner}/{service.name}"
        self.for_whom = ""
        self.actor = Actor(capacity="resident", person_id=visit.visitor.person_id)

    def address(self, step: str) -> str:
        """Return the address of a step: a page's name, or check, warning, saved, resume, done."""
        return f"{self.base}/{self.draft.id}/{step}"

    def group(self, name: str) -> Group:
        """Return the page of that name, asked or not; NotFound where there is none."""
        for group in self.service.pages:
            if group.name == name:
                return group
        raise NotFound(_("There is no such question."))

    @property
    def asked(self) -> tuple[Group, ...]:
        """The pages that are asked with the answers so far, in order: a page may hang on an answer of an earlier one that is asked."""
        found: list[Group] = []
        live: set[str] = set()
        defaults = {s.name: s.default for s in shapes(self.form) if isinstance(s.default, str)}
        for group in self.service.pages:
            told = {f: forms.one(self.answers, f) or defaults.get(f, "") for f in group.when if f in live}
            if all(told.get(f) in wanted for f, wanted in group.when.items()):
                found.append(group)
                live.update(group.fields)
        return tuple(found)

    @property
    def live(self) -> dict[str, Any]:
        """The answers of the pages that are asked: all that is filed."""
        fields = {f for group in self.asked for f in group.fields}
        return {name: value for name, value in self.answers.items() if name in fields}

    def before(self, group: Group) -> str:
        """Return the address of the page before, of the service's own where there is none."""
        earlier = [g for g in self.asked if self._place(g) < self._place(group)]
        return self.address(earlier[-1].name) if earlier else self.base

    def after(self, group: Group) -> str:
        """Return the address of the page that comes next, or of the check page."""
        later = [g for g in self.asked if self._place(g) > self._place(group)]
        return self.address(later[0].name if later else "check")

    def unfinished(self) -> str:
        """Return the address where somebody who comes back goes on: the first page whose answers are not right yet."""
        for group in self.asked:
            try:
                decode(self.form, self.answers, only=group.fields)
            except Invalid:
                return self.address(group.name)
            if not any(self.answers.get(f) is not None for f in group.fields):
                return self.address(group.name)
        return self.address("check")

    def warnings(self, fields: tuple[str, ...]) -> dict[str, Any]:
        """Return what must be read with the answers to these fields: ``field=answer`` to the warning's text."""
        return warnings(self.form, {f: self.answers.get(f) for f in fields})

    async def save(self, answers: Mapping[str, Any]) -> None:
        """Keep the answers, and the browser's right to come back to them for as long as they are kept."""
        self.answers = dict(answers)
        await drafts.save(self.visit.db, self.visit.house.keyring, self.draft.id, self.answers, self.visit.at)
        if self.draft.person_id is None:
            self.remember(SHOWN_FOR if SENT in answers else drafts.LASTS)

    # -- whose it is ----------------------------------------------------------------------------------------------------

    def opens(self) -> bool:
        """Return whether this browser may go on: it began the draft, or showed its code. An account's draft opens to that account only."""
        if self.draft.person_id is None:
            return self._remembered()
        if self.visit.visitor.person_id is None:
            raise NotSignedIn(_("This form is kept in an account. Sign in to go on with it."))
        if self.visit.visitor.person_id != self.draft.person_id:
            raise Forbidden(_("This form is kept in another account. Sign in with the account in which it was begun."))
        return True

    async def stand(self) -> None:
        """Let a helper stand for whom the form is filled in; Forbidden in words where the mandate has ended."""
        if self.answers.get(FOR) is not None:
            found = await mandates.held(self.visit.db, self.visit.house.keyring, self.visit.visitor.person_id or 0, self.answers[FOR], self.visit.at)
            self.actor, self.for_whom = mandates.acting(found), found.name

    def remember(self, lasts: timedelta = drafts.LASTS) -> None:
        """Open the draft to this browser: a cookie that only comes back to the draft's own addresses."""
        until = int((self.visit.at + lasts).timestamp())
        seconds = int(lasts.total_seconds())
        self.visit.cookies.append(self.visit.cookie(COOKIE, f"{until}.{self._grant(until)}", lasts=seconds, path=f"{self.base}/{self.draft.id}"))

    def _remembered(self) -> bool:
        until, _dot, mac = self.visit.request.cookies.get(COOKIE, "").partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < 12) or int(until) < self.visit.at.timestamp():
            return False
        return hmac.compare_digest(mac.encode("utf8", "replace"), self._grant(int(until)).encode())

    def _grant(self, until: int) -> str:
        return self.visit.house.keyring.mac("draft", f"{self.draft.id}.{until}".encode()).hex()

    def _place(self, group: Group) -> int:
        return self.service.pages.index(group)


def warnings(form: Any, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return what must be read with these answers: ``field=answer`` to the warning's text."""
    found: dict[str, Any] = {}
    for shape in shapes(form):
        given = answers.get(shape.name)
        chosen = given if isinstance(given, (list, tuple)) else [given]
        for option in shape.ask.options:
            if option.warning and option.value in chosen:
                found[f"{shape.name}={option.value}"] = option.warning
    return found


def alarm(visit: Visit, text: Any) -> pages.Alarm:
    """Return a warning as it is drawn: in pieces, each telephone in it a piece of its own."""
    said = _CALL.split(visit.say(text))
    return pages.Alarm(parts=tuple((piece, piece if position % 2 else "") for position, piece in enumerate(said) if piece))


async def find(visit: Visit, district: str, plugin: str, service: str, draft_id: str, *, lock: bool = False) -> Filing:
    """Return a draft of a service; NotFound where the district has the service off, Gone where the draft is no longer kept."""
    found = offered(visit, district, plugin, service)
    draft = await drafts.find(visit.db, visit.house.keyring, f"{district}/{plugin}/{service}", draft_id, visit.at, lock=lock)
    if draft is None:
        raise Gone(_("This form is no longer kept. Forms wait for seven days; please begin again."))
    return Filing(visit, found, draft)


def offered(visit: Visit, district: str, plugin: str, name: str) -> Service:
    """Return the service; NotFound where the district has the plugin off, by whatever method it was asked."""
    place = visit.enter(district)
    if visit.house.directory.tree.has_on(place.id, plugin):
        if plugin in visit.house.registry.failed:
            raise OutOfOrder(_("This service is out of order. The hot line takes what you have to say."))
        try:
            found = visit.house.registry.service(plugin, name)
        except KeyError:
            found = None
        if found is not None and (found.audience == "residents" or visit.visitor.posts):
            return found
    raise NotFound(_("This district does not offer the service."))
