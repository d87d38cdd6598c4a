"""A case as a page: its line of steps, its story in words, and what can be done now. Shared by portal and desk."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from banshi import texts, words
from banshi.cases import acting, attaching, linking, numbers, positions, reading, timing, unanswered
from banshi.cases.book import House
from banshi.cases.decoding import shapes
from banshi.contracts import APPLICANT, CONFIDENTIAL, Action, Actor, CaseType, Department
from banshi.documents import keeping
from banshi.errors import Changed, Invalid, NotFound, Refused
from banshi.identity.directory import ANY
from banshi.library import citing
from banshi.library import reading as library
from banshi.library.reading import Wanted
from banshi.notify import joining
from banshi.privacy import SEALED, mask, personal_fields, unseal_fields
from banshi.search.finding import Found
from banshi.web import escalating, filelist, forms, pages, standing
from banshi.web.site import Visit
from banshi.words import Term

_ = texts.translator("banshi")

OFFERED = 6

CHANNELS: Mapping[str, texts.Text] = {
    "web": _("Website"),
    "telephone": _("Telephone"),
    "window": _("Window"),
    "app": _("Mobile app"),
    "email": _("E-mail"),
    "api": _("Another system"),
    "open311": _("Another program (Open311)"),
    "voicemail": _("Voicemail"),
    "council": _("Council office"),
    "patrol": _("Staff on patrol"),
}


TOGETHER: dict[str, texts.Text] = {
    linking.JOINED: _("Several people report the same: it is worked on together"),
    linking.LED: _("Other reports of the same joined this case"),
    linking.LEFT: _("Taken out of the group: it is worked on by itself"),
    linking.RESTORED: _("The joining was undone"),
    linking.FOLLOWED: _("It moved along with the case that leads it"),
    linking.LINKED: _("Linked with another case"),
    linking.UNLINKED: _("A link was taken away"),
}


FILES: dict[str, texts.Text] = {
    attaching.ATTACHED: _("Files were added"),
    attaching.DETACHED: _("A file was withdrawn"),
    attaching.INFECTED: _("A virus was found in a file: it is given to nobody"),
}


CAME: dict[str, texts.Text] = {joining.MAILED: _("It came by e-mail")}


STANDING: dict[str, texts.Text] = {
    unanswered.OFFERED: _("Offered to the deputy: the officer in charge recorded nothing for too long"),
}

OWN = TOGETHER | FILES | STANDING | CAME
"""The headlines of the kernel's own events."""


class CaseView:
    """One case row with its events, and the words for it."""

    def __init__(self, visit: Visit, actor: Actor, row: Any, events: Sequence[Any]) -> None:
        self.visit, self.actor, self.row, self.events = visit, actor, row, events
        self.type_row = visit.house.book[row.type_id]
        self.declared: CaseType | None = visit.house.declared(row.type_id)
        self.zone: ZoneInfo = visit.house.directory.tree[row.district_id].timezone
        self.language = visit.language
        self.hides = hides(actor, row)
        """Whether these eyes may not learn who stands behind the case."""
        self.library: Sequence[Any] = ()
        """What the library has that fits the case: offered to be cited."""
        self.cited: Mapping[str, Any] = {}
        """The versions that its story cites."""
        self.cites: Sequence[str] = ()
        """What was found in the library to be cited here, before it is."""
        self.clocks: tuple[pages.ClockBrief, ...] = ()
        """By when it is due, as it stands now."""
        self._consulted = False
        self.terms: Sequence[Term] = ()
        """What the case is about: for what the library is asked."""
        self.names: Mapping[int, str] = {}
        """Masked names of the two sides of a mandate, as far as the reader is one of them."""

    async def consult(self) -> None:
        """Read what can be cited on the case (staff, where an action cites), and what its story cites; one query, none where there is neither."""
        if self._consulted:
            return
        self._consulted = True
        self.terms = words.telling(f"{self.row.title} {self.category()}")
        day, tree = self.visit.at.astimezone(self.zone).date(), self.visit.house.directory.tree
        cites = self.actor.capacity == "staff" and any(self._pickers().values())
        wanted = Wanted(district=tree[self.row.district_id], day=day, staff=True) if cites else None
        cited = {c for c in map(citing.parse, (*citing.cited_in(self.events, self._pickers()), *self.cites)) if c}
        self.library, found = await library.at_hand(self.visit.db, wanted, self.terms, sorted(cited), most=OFFERED)
        self.cited = {citing.cite(r): r for r in found}

    def _pickers(self) -> dict[str, list[str]]:
        """The fields of each action that cite."""
        actions = self.declared.actions if self.declared else ()
        return {a.name: fields for a in actions if (fields := [s.name for s in shapes(a.form) if s.ask.picks == "library"])}

    # -- words --------------------------------------------------------------------------------------------------------

    def state(self) -> str:
        """The state's title, with the outcome where the case is closed."""
        said = self.type_row.say_state(self.row.state, self.language)
        outcome = self.type_row.say_outcome(self.row.outcome, self.language)
        return f"{said} · {outcome}" if outcome else said

    def tone(self) -> pages.Tone:
        """How the state looks."""
        return tone(self.declared, self.row)

    def kind(self) -> str:
        """Type and category in words."""
        return " · ".join(w for w in (self._answer("kind"), self.category()) if w) or self.type_row.title.get(self.language, "")

    def category(self) -> str:
        """The category in words."""
        return category(self.declared, self.row, self.language)

    def area(self) -> str:
        """The place in words: street and community."""
        return area(self.visit, self.row)

    def position(self) -> positions.Position | None:
        """Where it is on the map, None where its form was not told."""
        return next((positions.read(str(self.row.data.get(s.name) or "")) for s in self._shapes() if s.ask.role == "position"), None)

    def moment(self, at: Any) -> str:
        """A moment in the district's zone."""
        return texts.say_moment(at, self.zone, self.language, self.visit.at)

    def day(self, at: Any) -> str:
        """A day in the district's zone."""
        return texts.say_day(at, self.zone, self.language, self.visit.at)

    def department(self) -> Department | None:
        """Who has it now."""
        return self.visit.house.directory.department(self.row.department_id) if self.row.department_id else None

    def holder(self) -> pages.Contact | None:
        """Who has it now, as people meet them."""
        found = self.department()
        officer = next((e.staff_number for e in reversed(self.events) if e.post_id == self.row.assignee_id and e.staff_number), "")
        if self.actor.capacity == "staff" and (held := self.visit.house.directory.post(self.row.assignee_id)) is not None:
            officer = held.staff_number
        note = standing.away(self.visit, self.row.assignee_id) if self.actor.capacity == "staff" else ""
        return contact(found, self.language, officer, note) if found else None

    def rules(self) -> tuple[tuple[str, str], ...]:
        """Return what obliges the department in charge: its duty in words, and the rule that the duty rests on."""
        if self.declared is None or self.row.department_id is None:
            return ()
        area = self.row.area_id or self.row.district_id
        found = self.visit.house.directory.duty(self.declared.key, self.row.category, area)
        if found is None or found.department_id != self.row.department_id:
            inside = {d.id for d in self.visit.house.directory.tree.above(area)}
            own = [d for d in self.visit.house.directory.duties_of(self.row.department_id) if d.case_type == self.declared.key]
            fitting = [d for d in own if d.district_id in inside and d.category in {self.row.category, ANY}]
            found = min(fitting, key=lambda d: d.category == ANY, default=None)
        if found is None:
            return ()
        return ((texts.pick(found.text, self.language), texts.pick(found.basis, self.language)),)

    # -- the line of steps ----------------------------------------------------------------------------------------------

    def steps(self) -> tuple[tuple[pages.Step, ...], int]:
        """Return the steps and how far along the line the case is, in percent."""
        if self.declared is None or not self.declared.steps:
            return (), 0
        stands = {s.name: s.step for s in self.declared.states}
        names = [s.name for s in self.declared.steps]
        now = names.index(stands.get(self.row.state, names[0]))
        reached = self._arrivals(stands, names)
        closed = self.row.closed is not None
        drawn = []
        for position, step in enumerate(self.declared.steps):
            status = "done" if position < now or closed else "now" if position == now else "todo"
            at = reached.get(step.name)
            note = self.day(at) if at is not None and status != "todo" else ""
            drawn.append(pages.Step(title=self.visit.say(step.title), note=note, status=status))  # type: ignore[arg-type]
        return tuple(drawn), 100 if closed else round(100 * (now + 0.5) / len(names))

    def _arrivals(self, stands: Mapping[str, str], names: Sequence[str]) -> dict[str, Any]:
        """Return when the case last came to each step; a step that was passed in one stride takes the moment of the next."""
        reached: dict[str, Any] = {}
        before = ""
        for event in self.events:
            step = stands.get(event.state, names[0])
            if step != before:
                reached[step] = event.at
            before = step
        for name, following in reversed(list(pairwise(names))):
            if name not in reached and following in reached:
                reached[name] = reached[following]
        return reached

    # -- the story ------------------------------------------------------------------------------------------------------

    def story(self, events: Sequence[Any] | None = None) -> tuple[pages.Entry, ...]:
        """Return the events in words, newest first."""
        return tuple(self._entry(e) for e in reversed(self.events if events is None else events))

    def since(self, refused: Refused) -> tuple[pages.Entry, ...]:
        """Return what somebody else did since the page was read, as far as these eyes may read it."""
        known = {e.sequence for e in refused.events} if isinstance(refused, Changed) else set()  # type: ignore[attr-defined]
        return self.story([e for e in self.events if e.sequence in known])

    def _entry(self, event: Any) -> pages.Entry:
        own = self._own(event)
        text, facts = self._told(event)
        return pages.Entry(
            at=self.moment(event.at),
            machine_at=event.at.isoformat(timespec="seconds"),
            who=self._who(event),
            headline=self._headline(event, own=own),
            text=text,
            facts=facts,
            cites=self._cites(event),
            files=self._files(event),
            own=own,
            staff_only=event.audience == "staff",
            stacked=event.kind == timing.REPORTED,
        )

    def _cites(self, event: Any) -> tuple[pages.Link, ...]:
        """The rules that an event cites, each the version that was cited."""
        if not self.cited:
            return ()
        staff = self.actor.capacity == "staff"
        address = "/desk/library" if staff else f"/d/{self.visit.house.directory.tree[self.row.district_id].code}/library"
        rows = [self.cited[c] for c in dict.fromkeys(citing.cited_in([event], self._pickers())) if c in self.cited]
        return tuple(
            pages.Link(
                text=self.visit.say(
                    _("{title} (version {number}, valid from {day})"),
                    title=texts.pick(r.title, self.language),
                    number=r.number,
                    day=texts.say_date(r.valid_from, self.language),
                ),
                href=f"{address}/{r.code}?version={r.number}",
            )
            for r in rows
            if staff or r.audience == "public"
        )

    def _files(self, event: Any) -> tuple[pages.FileRow, ...]:
        """The files of an event, as they stand now."""
        if event.kind not in FILES:
            return ()
        address = f"{'/desk' if self.actor.capacity == 'staff' else ''}/case/{numbers.show(self.row.number)}/files"
        given = address if event.kind == attaching.ATTACHED else ""
        return tuple(filelist.file_row(self.visit, row, given, hides=self.hides) for row in keeping.standing(event.documents))

    def _own(self, event: Any) -> bool:
        """Return whether the reader did it, or had it done: a helper reads what the other did themselves as theirs."""
        if self.actor.acting_for_id is not None and event.actor_id != self.actor.person_id:
            return False
        return bool(event.capacity == self.actor.capacity == "resident")

    def line(self, event: Any) -> tuple[str, str]:
        """Return who did something and what it was, in words: a line of an inbox."""
        return self._who(event), self._headline(event, own=False)

    def _headline(self, event: Any, *, own: bool) -> str:
        if event.kind == "imported":
            return self.visit.say(_("Taken over from another system"))
        if event.kind in OWN:
            return self.visit.say(OWN[event.kind])
        if event.kind in escalating.KINDS:
            return escalating.headline(self.visit, event)
        if self.declared is None:
            return str(event.kind)
        if event.kind == "opened":
            return self.visit.say(self.declared.opened)
        try:
            action = self.declared.action(event.kind)
        except KeyError:
            return str(event.kind)
        return self.visit.say(_("You: {what}"), what=action.title) if own else self.visit.say(action.told)

    def _who(self, event: Any) -> str:
        if event.capacity == "resident" and event.acting_for_id is not None:
            return self._with_mandate(event)
        if event.capacity == "resident" and self.actor.acting_for_id is not None:
            return self._name(self.actor.acting_for_id) or self.visit.say(_("Applicant"))
        if event.capacity == "resident":
            said = self.visit.say(_("You")) if self.actor.capacity == "resident" else self.visit.say(_("Applicant"))
            if event.post_id is None or event.department_id is None:
                return said
            return self.visit.say(_("{resident}, through {office}"), resident=said, office=self._office(event))
        if event.capacity == "system" or event.department_id is None:
            return self.visit.say(_("The platform"))
        return self._office(event)

    def _with_mandate(self, event: Any) -> str:
        """Return who acted through a helper: both sides read the other's masked name, staff read that there is a helper, no more."""
        if self.actor.capacity != "resident":
            return self.visit.say(_("Applicant, through a helper with a mandate"))
        if self.actor.acting_for_id is not None and event.actor_id == self.actor.person_id:
            name = self._name(event.acting_for_id)
            return self.visit.say(_("You, for {name}"), name=name) if name else self.visit.say(_("You, with a mandate"))
        if self.actor.acting_for_id is not None:
            return self.visit.say(_("Applicant, through a helper with a mandate"))
        name = self._name(event.actor_id)
        return self.visit.say(_("You, through {name}"), name=name) if name else self.visit.say(_("You, through a helper with a mandate"))

    def _name(self, person_id: int | None) -> str:
        return "" if self.row.confidentiality == "hidden" else self.names.get(person_id or 0, "")

    def _office(self, event: Any) -> str:
        department = self.visit.house.directory.department(event.department_id).say(self.language)
        if not event.staff_number:
            return department
        if event.for_number:
            return department + " " + self.visit.say(_("Staff {number} for {other}"), number=event.staff_number, other=event.for_number)
        return department + " " + self.visit.say(_("Staff {number}"), number=event.staff_number)

    def _told(self, event: Any) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Return the long text of an event and its other answers."""
        if event.body is None:
            return self.visit.say(_("(erased)")), ()
        body: Mapping[str, Any] = event.body
        if event.kind == "opened":
            return self._opened(body)
        if event.kind in TOGETHER:
            return self._together(body.get("told") or {})
        if event.kind in FILES:
            return "", ()
        if event.kind in escalating.KINDS:
            return "", escalating.facts(self.visit, event, self.zone, staff=self.actor.capacity == "staff")
        if event.kind in CAME:
            return self._mailed(body.get("told") or {})
        if event.kind in STANDING:
            officer = self.visit.house.directory.post((body.get("told") or {}).get("deputy"))
            return "", ((self.visit.say(_("Deputy")), self.visit.say(_("Staff {number}"), number=officer.staff_number)),) if officer else ()
        if event.kind == "imported":
            outcome = self.type_row.say_outcome(body.get("outcome"), self.language)
            return "", ((self.visit.say(_("Outcome")), outcome),) if outcome else ()
        told = masked(self._form(event.kind), body.get("form") or {}, self.visit, hides=self.hides)
        more: Mapping[str, Any] = body.get("told") or {}
        text, facts, worded = str(more.get("text", "")), [], self._worded(event.kind, told)
        for shape in shapes(self._form(event.kind)):
            value = told.get(shape.name)
            if value in (None, "", [], False) or shape.ask.picks == "library":
                continue
            said_ = worded.get(shape.name, forms.say_value(shape, value, self.language, self.visit.house.directory))
            if shape.name == "outcome" and self.declared is not None:
                said_ = self.type_row.say_outcome(str(value), self.language)
            if not said_:
                continue
            if shape.ask.rows > 1 and not text:
                text = said_
            else:
                facts.append((self.visit.say(shape.ask.label), said_))
        moved = body.get("changed") or {}
        if moved.get("department_id"):
            facts.append((self.visit.say(_("Handed to")), self.visit.house.directory.department(moved["department_id"]).say(self.language)))
        if more.get("basis"):
            facts.append((self.visit.say(_("Rule")), str(more["basis"])))
        if contact := more.get("contact"):
            said = [texts.pick(contact["title"], self.language), contact["telephone"], texts.pick(contact["address"], self.language)]
            facts.append((self.visit.say(_("Where to complain")), " · ".join(w for w in said if w)))
        return text, tuple(facts)

    def _together(self, told: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
        """Which cases; others' numbers are for staff."""
        if self.actor.capacity != "staff":
            return "", ()
        facts = [(self.visit.say(_("With case")), numbers.show(told["with"]))] if told.get("with") else []
        if told.get("members"):
            facts.append((self.visit.say(_("Cases")), ", ".join(numbers.show(n) for n in told["members"])))
        return str(told.get("text", "")), tuple(facts)

    def _mailed(self, told: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
        """From whom a mail came, as pages show it, with its words where the resident's story has not all of them."""
        hidden = "" if self.hides else str(told.get("from", ""))
        facts = [(_("From"), hidden), (_("Subject"), "" if self.hides else str(told.get("subject", "")))]
        facts.append((_("Files that stay in the mail room"), str(told.get("left", ""))))
        return str(told.get("text", "")), tuple((self.visit.say(label), said) for label, said in facts if said)

    def _opened(self, body: Mapping[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
        facts = [(self.visit.say(_("Came by")), channel(str(body.get("channel", "")), self.visit))]
        if body.get("department"):
            facts.append((self.visit.say(_("Given to")), self.visit.house.directory.department(body["department"]).say(self.language)))
        if body.get("with"):
            facts.append((self.visit.say(_("Joined")), self.visit.say(_("What others reported at the same place"))))
        if body.get("reference"):
            facts.append((self.visit.say(_("Number in the other system")), str(body["reference"])))
        text = next((str(self.row.data.get(s.name) or "") for s in self._shapes() if s.ask.role == "title"), "")
        return text, tuple(facts)

    def _form(self, kind: str) -> type[msgspec.Struct]:
        try:
            return self.declared.action(kind).form if self.declared else _NoForm
        except KeyError:
            return _NoForm

    # -- what was filed -------------------------------------------------------------------------------------------------

    def said(self, *, reveal: bool = False) -> tuple[tuple[str, str], ...]:
        """Return the answers that were filed, personal ones masked unless ``reveal`` (which the caller logs)."""
        if self.declared is None:
            return tuple((k, str(v)) for k, v in self.row.data.items() if not str(v).startswith(SEALED))
        shown = masked(self.declared.form, self.row.data, self.visit, hides=self.hides)
        data = unseal_fields(self.row.data, self.visit.house.keyring) if reveal and not self.hides else shown
        worded = self._worded("opened", shown)
        return tuple(
            (self.visit.say(s.ask.label), worded.get(s.name, forms.say_value(s, data.get(s.name), self.language, self.visit.house.directory)))
            for s in self._shapes()
            if data.get(s.name) not in (None, "", [], False) and worded.get(s.name) != ""
        )

    def _worded(self, kind: str, told: Mapping[str, Any]) -> Mapping[str, str]:
        """Return the plugin's own words for what a form keeps as codes, by field; none where it has no say, or breaks."""
        if self.declared is None or self.declared.wording is None:
            return {}
        try:
            return self.declared.wording(msgspec.convert(self.row.facts, self.declared.facts), kind, told, self.language)
        except Exception as error:
            self.visit.site.fences.blame(error, self.declared.owner, "code", f"{self.declared.name}.wording")
            return {}

    def has_personal(self) -> bool:
        """Return whether anything that was filed is sealed, and could be opened to these eyes."""
        return not self.hides and any(isinstance(v, str) and v.startswith(SEALED) for v in self.row.data.values())

    def _shapes(self) -> Sequence[Any]:
        return shapes(self.declared.form) if self.declared else ()

    def _answer(self, name: str) -> str:
        shape = next((s for s in self._shapes() if s.name == name), None)
        return forms.say_value(shape, self.row.data.get(name), self.language) if shape and self.row.data.get(name) else ""

    # -- what can be done -----------------------------------------------------------------------------------------------

    def actions(self, address: str, chosen: str) -> tuple[pages.ActionLink, ...]:
        """Return the actions that are allowed now; ``chosen`` is the one whose form is open."""
        return tuple(
            pages.ActionLink(
                name=a.name,
                title=self.visit.say(a.title),
                href=self._page_of(a) or f"{address}?do={a.name}#do",
                leading=a.leading,
                chosen=a.name == chosen,
            )
            for a in self.allowed()
        )

    def _page_of(self, action: Action) -> str:
        """Return where an action is taken that has a page of the plugin's own for this reader; empty where it has none."""
        page, owner = (action.page if self.actor.capacity == "staff" else action.own_page), self.declared.owner if self.declared else ""
        if not page:
            return ""
        if self.actor.capacity == "resident":
            return f"{address_of(self.row.number)}/{owner}/{page}"
        district = self.visit.house.directory.tree[self.row.district_id].code
        return f"/d/{district}/{owner}/{page.format(number=numbers.show(self.row.number))}"

    def action_form(
        self, address: str, name: str, raw: Mapping[str, Any] | None = None, problems: Mapping[str, Any] | None = None
    ) -> tuple[pages.Form | None, str]:
        """Return the form of an action that is allowed now, with its title; None where there is none of that name.

        With ``raw`` it is drawn even when the action is not possible any more: what was written must not be lost.
        """
        candidates = self.allowed() if raw is None else [*(self.declared.actions if self.declared else ())]
        action = next((a for a in candidates if a.name == name), None)
        if action is None:
            return None, ""
        directory = self.visit.house.directory
        found = (*self.library, *(self.cited[c] for c in self.cites if c in self.cited))
        offers = list(dict.fromkeys((citing.cite(r), texts.pick(r.title, self.language), "") for r in found))
        drawn = forms.fields(
            action.form,
            self.language,
            raw=raw,
            problems=problems,
            directory=directory,
            department_id=self.row.department_id,
            library=self._offers(action.form, raw or {}, offers),
            away=standing.of_department(self.visit, self.row.department_id),
        )
        if raw is None and self.cites:
            drawn = tuple(
                msgspec.structs.replace(f, choices=tuple(msgspec.structs.replace(c, chosen=c.value in self.cites) for c in f.choices))
                if f.name in self._pickers().get(action.name, ())
                else f
                for f in drawn
            )
        key = forms.one(raw or {}, "key") or secrets.token_urlsafe(16)
        form = pages.Form(
            action=f"{address}/{action.name}",
            fields=drawn,
            button=self.visit.say(action.title),
            problems=forms.problem_list(problems or {}, self.language),
            hidden=(("key", key), ("revision", str(self.row.revision))),
            cancel=address,
        )
        return form, self.visit.say(action.title)

    def _offers(self, form: type[msgspec.Struct], raw: Mapping[str, Any], offers: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        """What can be cited; what was chosen before stays to be seen, whatever has become of it."""
        known = {value for value, _label, _hint in offers}
        chosen = [c for s in shapes(form) if s.ask.picks == "library" for c in raw.get(s.name) or [] if isinstance(c, str)]
        return offers + [(c, c, "") for c in dict.fromkeys(chosen) if c not in known]

    def citing_action(self) -> str:
        """Return the name of the first thing to be done now that cites, empty where there is none."""
        pickers = self._pickers()
        return next((a.name for a in self.allowed() if a.name in pickers), "")

    def allowed(self) -> list[Action]:
        """Return what the reader may do now."""
        return acting.allowed(self.visit.house, self.actor, self.row, self.visit.at)


class _NoForm(msgspec.Struct, frozen=True):
    """Stands for the form of an action that is not declared any more."""


def hides(actor: Actor, row: Any) -> bool:
    """Return whether the person behind a case is hidden from ``actor``: staff without the permission see that there is one, and no more."""
    return row.confidentiality == "hidden" and actor.capacity == "staff" and not actor.may(CONFIDENTIAL.name)


def masked(form: type[msgspec.Struct], data: Mapping[str, Any], visit: Visit, *, hides: bool = False) -> dict[str, Any]:
    """Return the data with its personal fields as pages show them; without them where the person is hidden."""
    personal = personal_fields(form)
    if hides:
        return {k: v for k, v in data.items() if k not in personal}
    plain = unseal_fields({k: v for k, v in data.items() if k in personal}, visit.house.keyring)
    return {k: mask(personal[k].kind, plain[k]) if k in personal and v else v for k, v in data.items()}


def bounded(count: int) -> str:
    """Return a bounded count as pages show it."""
    return f"{reading.BOUND}+" if count > reading.BOUND else str(count)


def address_of(number: str) -> str:
    """Return the address of a resident's case."""
    return f"/case/{numbers.show(number)}"


def read_number(written: str) -> str:
    """Return the number of an address; one that cannot be right is not there."""
    try:
        return numbers.read(written)
    except Invalid as refused:
        raise NotFound(refused.text) from None


def action_of(declared: CaseType | None, name: str) -> Action:
    """Return the declared action; NotFound where there is none."""
    try:
        if declared is not None:
            return declared.action(name)
    except KeyError:
        pass
    raise NotFound(_("There is no action “{action}”."), action=name)


def tone(declared: CaseType | None, row: Any) -> pages.Tone:
    """Return how a case's state looks."""
    if row.closed is not None:
        return "done" if row.outcome in {None, "settled", "explained"} else "ended"
    if declared is None:
        return "going"
    try:
        return "waiting" if declared.state(row.state).waits_for == APPLICANT else "going"
    except KeyError:
        return "going"


def category(declared: CaseType | None, row: Any, language: texts.Language) -> str:
    """Return the category in words; empty where the plugin's own catalogue names it: the title of such a case says it already."""
    if declared is not None:
        if row.category and not any(s.ask.role == "category" for s in shapes(declared.form)):
            return ""
        for shape in shapes(declared.form):
            if shape.ask.role == "category":
                return forms.say_value(shape, row.category, language)
    return row.category or ""


def title(house: House, row: Any, language: texts.Language) -> str:
    """Return what a case is about: in the reader's words where it is called like its category in the plugin's own catalogue."""
    named = house.categories.get(row.category or "", {})
    return texts.pick(named, language) if row.title in named.values() else str(row.title)


def area(visit: Visit, row: Any) -> str:
    """Return the place in words: what lies between the district and the most exact node."""
    tree = visit.house.directory.tree
    if row.area_id is None:
        return tree[row.district_id].say(visit.language)
    between = [d for d in reversed(tree.above(row.area_id)) if d.level in {"street", "community"}]
    joint = "" if visit.language == "zh" else ", "
    return joint.join(d.say(visit.language) for d in between) or tree[row.area_id].say(visit.language)


def channel(name: str, visit: Visit) -> str:
    """Return a channel in words."""
    return visit.say(CHANNELS[name]) if name in CHANNELS else name


def contact(department: Department, language: texts.Language, staff_number: str = "", note: str = "") -> pages.Contact:
    """Return a department as people meet it."""
    return pages.Contact(
        title=department.say(language),
        staff_number=staff_number,
        telephone=department.telephone,
        address=department.say_address(language),
        note=note,
    )


def case_row(visit: Visit, row: Any, address: str, *, actor: Actor | None = None, news: Mapping[int, Any] | None = None) -> pages.CaseRow:
    """Return one line of a list; ``actor`` is the officer who reads it, None on a resident's own list."""
    type_row, declared = visit.house.book[row.type_id], visit.house.declared(row.type_id)
    zone = visit.house.directory.tree[row.district_id].timezone
    language = visit.language
    said_state = type_row.say_state(row.state, language)
    outcome = type_row.say_outcome(row.outcome, language)
    under = [category(declared, row, language), area(visit, row)]
    department = visit.house.directory.department(row.department_id) if row.department_id else None
    last = texts.say_moment(row.changed, zone, language, visit.at)
    if news and row.id in news:
        last = visit.say(_("New: {when}"), when=last)
    return pages.CaseRow(
        number=numbers.show(row.number),
        href=f"{address}/{numbers.show(row.number)}",
        title=title(visit.house, row, language),
        under=" · ".join(w for w in under if w),
        state=outcome or said_state,
        tone=tone(declared, row),
        applicant=applicant(visit, actor, declared, row) if actor is not None else "",
        department=department.say(language) if department else "",
        received=texts.say_moment(row.received, zone, language, visit.at),
        last=last,
        urgent=row.priority > 0,
        owes=actor is not None and row.owes,
        note=standing.mark(visit, actor, row) if actor is not None else "",
        due=due(visit, row),
        over=_first_due(row) is not None and _first_due(row) < visit.at,
    )


def _first_due(row: Any) -> Any:
    """Return the earlier of what was promised and what the rules allow, None where neither runs or the list does not tell."""
    return min((d for d in (getattr(row, "promised", None), getattr(row, "statutory", None)) if d is not None), default=None)


def due(visit: Visit, row: Any) -> str:
    """Return in words by when a case of a list is to be settled."""
    if row.closed is not None:
        return ""
    if stands := getattr(row, "stands", ""):
        return visit.say(STANDS[stands]) if stands in STANDS else ""
    moment = _first_due(row)
    if moment is None:
        return ""
    said = texts.say_moment(moment, visit.house.directory.tree[row.district_id].timezone, visit.language, visit.at)
    return visit.say(_("Over since {due}"), due=said) if moment < visit.at else visit.say(_("Due {due}"), due=said)


STANDS: Mapping[str, texts.Text] = {
    "applicant": _("Stands still: the applicant is asked"),
    "outside": _("Stands still: an outside body is asked"),
}


def hit_row(visit: Visit, row: Any, address: str, found: Found, *, actor: Actor | None = None) -> pages.HitRow:
    """Return one line of what was found, with what was asked for marked."""
    return pages.HitRow(
        row=case_row(visit, row, address, actor=actor),
        title=tuple(words.marked(title(visit.house, row, visit.language), found.terms)),
        excerpt=tuple(words.marked(found.shown.get(row.id, ""), found.terms)),
    )


def applicant(visit: Visit, actor: Actor, declared: CaseType | None, row: Any) -> str:
    """Return the applicant's masked name, as it was filed."""
    if declared is None:
        return ""
    if hides(actor, row):
        return visit.say(_("Hidden"))
    shown = masked(declared.form, row.data, visit)
    return next((str(shown[n]) for n, p in personal_fields(declared.form).items() if p.kind == "name" and shown.get(n)), visit.say(_("Anonymous")))
