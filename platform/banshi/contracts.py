"""What a plugin fills in: frozen structs, and Protocols for the callables inside them.

Everything here is data. A struct is checked when the registry is built (`banshi.plugins`), so that a mistake is
told at start, with the plugin's name, and not to a resident.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

import msgspec

from banshi.texts import Language, Text, translator

if TYPE_CHECKING:
    from random import Random
    from zoneinfo import ZoneInfo

_ = translator("banshi")

Audience = Literal["public", "applicant", "staff"]
"""Who may read an event: everyone who has the number and code's page · applicant (and staff) · staff only."""

WaitsFor = Literal["office", "applicant", "outside", "nobody"]
OFFICE: WaitsFor = "office"
APPLICANT: WaitsFor = "applicant"
OUTSIDE: WaitsFor = "outside"
NOBODY: WaitsFor = "nobody"

Capacity = Literal["resident", "staff", "system"]
Reach = Literal["department", "district"]
Line = Literal["trade", "area"]
Seat = Literal["any", "charge", "help", "intake", "superior"]
"""Whose part an action of staff is: anybody's who sees the case and has the right · the department in charge's (or the officer in charge's) ·
a helping department's · the intake desk's · that of a department above the one in charge, up either line, or of the oversight body."""

Confidentiality = Literal["", "discreet", "hidden"]
"""Nothing special · the person's name is not to be told to the other side · the person is hidden from whoever handles the case."""


class Declared(msgspec.Struct, frozen=True, kw_only=True):
    """Base of what a hook returns; the kernel stamps ``owner`` (the plugin's entry-point name)."""

    owner: str = ""


# -- fields of a form ------------------------------------------------------------------------------------------------


class Personal(msgspec.Struct, frozen=True):
    """Marks a field that identifies a person: sealed at rest, masked on pages, found only by blind index.

    ``kind`` chooses the mask and the normal form for look-up. ``Annotated[str, Personal("telephone")]``.
    """

    kind: Literal["name", "telephone", "email", "identity_number", "address"]


class Option(msgspec.Struct, frozen=True):
    """One choice: the stored value, its label, a hint below it, and what somebody who chooses it must read before going on."""

    value: str
    label: Text | str
    hint: Text | str = ""
    warning: Text | str = ""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """How a field is asked of a person; stands in ``Annotated`` beside the constraints of ``msgspec.Meta``.

    ``rows`` > 1 makes a text area. ``options`` makes radios (up to ten) or a select. ``picks`` offers what the directory has: an ``area`` of
    the district in which the form is filed, a ``department`` (its code), an ``officer`` of one's own department (the staff number), what the
    ``library`` has that fits the case (a list; each ``code@version``, which stays that version for good).
    ``autocomplete`` is the HTML token. ``role`` names what the field means to the kernel, which copies it to the case: ``title`` (a line),
    ``category``, ``area``; any other field stays in ``data`` alone. ``place`` (in words), ``position`` (``latitude,longitude``, WGS84,
    checked by the kernel) and ``media`` (the address of a picture elsewhere) are what other programs have
    parameters for; no page has to ask for them.
    """

    label: Text | str
    hint: Text | str = ""
    rows: int = 1
    options: tuple[Option, ...] = ()
    picks: Literal["", "area", "department", "officer", "library"] = ""
    autocomplete: str = ""
    role: Literal["", "title", "category", "area", "place", "position", "media"] = ""


# -- time ------------------------------------------------------------------------------------------------------------

Unit = Literal["workdays", "working_hours", "calendar_days"]
"""The day on which something comes is not counted, and a limit in days ends when its last day closes; one in calendar days that ends on a day off,
when the next workday closes (PRC Civil Code, articles 201 and 203)."""


class Deadline(msgspec.Struct, frozen=True, kw_only=True):
    """A clock that runs on every case of a type: how long something may take.

    ``kind`` says whether it is what the law allows, what the office promised, or one of its own steps. It runs from receipt to the end, or in
    ``states`` only, anew at each stay in them; one of the actions ``until`` stops it. While the case waits for the applicant or an outside body it
    stands still, unless ``pauses`` is False. ``urgent`` is the limit of a case with a priority. ``basis`` says where the limit comes from. A
    district's administrator may set other limits, which hold for cases received from then on. ``own`` names the field of the type's facts that
    keeps a case's own limit, written when it is opened; where that is 0 or less, the deadline's holds.
    """

    name: str
    title: Text
    limit: int
    unit: Unit = "workdays"
    kind: Literal["statutory", "promised", "step"] = "step"
    states: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    pauses: bool = True
    urgent: int | None = None
    basis: Text | str = ""
    own: str = ""


# -- the lifecycle of a case -----------------------------------------------------------------------------------------


class State(msgspec.Struct, frozen=True):
    """One state: for whom the case waits, and at which step of the resident's line it stands."""

    name: str
    title: Text
    waits_for: WaitsFor = OFFICE
    step: str = ""
    final: bool = False


class Step(msgspec.Struct, frozen=True):
    """One stage on the line that a resident sees above the case."""

    name: str
    title: Text


class Outcome(msgspec.Struct, frozen=True):
    """How a case may end; closing needs one."""

    name: str
    title: Text


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A case as a guard or an effect sees it: prepared, locked, read-only."""

    id: int
    number: str
    district_id: int
    area_id: int | None
    state: str
    outcome: str | None
    title: str
    category: str | None
    applicant_id: int | None
    department_id: int | None
    assignee_id: int | None
    priority: int
    channel: str
    received: datetime
    closed: datetime | None
    changed: datetime
    revision: int
    confidentiality: Confidentiality
    helpers: tuple[int, ...]
    recused: tuple[int, ...]
    master_id: int | None
    data: Mapping[str, Any]
    facts: Any


Tie = Literal["part_of", "follow_up", "related"]


class Put(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the plugin's own, written in the transaction of the event that it belongs to.

    Inserted, or, where a row with the same values in the columns ``on`` (a unique key) is there, put in its place. ``case`` names the column that
    gets the id of the case.
    """

    table: Any
    values: Mapping[str, Any]
    on: tuple[str, ...] = ()
    case: str = ""


class Opens(msgspec.Struct, frozen=True, kw_only=True):
    """Another case of the same owner that an effect opens, tied to the one that is acted on: a part of it, or one that follows it up.

    It has no applicant: a resident follows the whole. ``key`` tells two of one action apart; the same action sent again opens nothing.
    """

    case_type: str
    form: msgspec.Struct
    key: str
    department_id: int | None = None
    tie: Tie = "part_of"


class Tells(msgspec.Struct, frozen=True, kw_only=True):
    """What an effect makes happen on another case: an action that is ``by`` the system, in the same transaction.

    The type of both says ``family=True``, so that their cases are locked together and in one order.
    """

    number: str
    action: str
    form: msgspec.Struct | None = None


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What an effect wants written; the kernel writes it. ``UNSET`` leaves a value as it is.

    ``state`` must be one of the action's ``also_to``. ``facts`` is the type's facts struct. ``helpers`` are the departments that help (ids),
    ``recused`` the people who are kept from the case (ids). ``told`` joins the event's body, beside the form's answers.
    ``owes``: it has gone wrong enough to owe a closing report, without which the office cannot close it (domain 2.7). ``rows`` are the plugin's
    own, ``opens`` other cases that begin, ``tells`` what happens on others: all in the transaction of the event.
    """

    state: str | msgspec.UnsetType = msgspec.UNSET
    facts: msgspec.Struct | msgspec.UnsetType = msgspec.UNSET
    helpers: tuple[int, ...] | msgspec.UnsetType = msgspec.UNSET
    recused: tuple[int, ...] | msgspec.UnsetType = msgspec.UNSET
    told: Mapping[str, Any] | msgspec.UnsetType = msgspec.UNSET
    data: Mapping[str, Any] | msgspec.UnsetType = msgspec.UNSET
    title: str | msgspec.UnsetType = msgspec.UNSET
    department_id: int | msgspec.UnsetType | None = msgspec.UNSET
    assignee_id: int | msgspec.UnsetType | None = msgspec.UNSET
    priority: int | msgspec.UnsetType = msgspec.UNSET
    outcome: str | msgspec.UnsetType | None = msgspec.UNSET
    owes: bool | msgspec.UnsetType = msgspec.UNSET
    rows: tuple[Put, ...] = ()
    opens: tuple[Opens, ...] = ()
    tells: tuple[Tells, ...] = ()


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, in which capacity: one person can be resident and clerk, and permission is asked of the capacity.

    ``department_id`` and ``staff_number`` belong to the post in which staff act; ``district_id`` is that post's district (or
    the token's). ``permissions`` are names such as ``tickets.answer``. ``reach`` tells which cases the post sees: those of
    its department, or all of its district and what lies below it. ``credential`` names an API token, ``holds`` the one case number whose code
    somebody without an account has shown. ``stands_for`` are the absent officers whose deputy (B role) this post is now, as actors; ``backs`` the
    posts of those of whose unanswered cases it may be offered some.
    """

    capacity: Capacity
    person_id: int | None = None
    post_id: int | None = None
    department_id: int | None = None
    district_id: int | None = None
    staff_number: str = ""
    permissions: frozenset[str] = frozenset()
    reach: Reach = "department"
    acting_for_id: int | None = None
    credential: str = ""
    holds: str = ""
    stands_for: tuple[Actor, ...] = ()
    backs: tuple[int, ...] = ()

    SYSTEM: ClassVar[Actor]

    @property
    def key(self) -> str:
        """The name under which this actor's idempotency keys are kept."""
        if self.credential:
            return self.credential
        return f"{self.capacity}:{self.post_id or self.person_id or self.holds or 0}"

    def may(self, permission: str) -> bool:
        """Return whether the capacity carries ``permission``."""
        return permission in self.permissions


Actor.SYSTEM = Actor(capacity="system")


class Department(msgspec.Struct, frozen=True, kw_only=True):
    """A department as people meet it, with its two superiors: by trade (the same work, one level up) and by area."""

    id: int
    code: str
    district_id: int
    title: Mapping[str, str]
    part: str
    superior_by_trade_id: int | None
    superior_by_area_id: int | None
    telephone: str
    address: Mapping[str, str]
    reviews: bool = False
    dissolved: bool = False

    def say(self, language: str) -> str:
        """Return the title in ``language``, in any other where that one lacks."""
        return self.title.get(language) or next(iter(self.title.values()), self.code)

    def say_address(self, language: str) -> str:
        """Return the address in ``language``."""
        return self.address.get(language) or next(iter(self.address.values()), "")


class Officer(msgspec.Struct, frozen=True, kw_only=True):
    """A post as colleagues find it: by its number, never by name."""

    id: int
    person_id: int
    department_id: int
    staff_number: str
    roles: tuple[str, ...] = ()


class City(Protocol):
    """The directory as guards and effects see it: departments with their superiors, officers by number. No query."""

    def department(self, department_id: int) -> Department:
        """Return the department of that id."""
        ...

    def find(self, code: str) -> Department | None:
        """Return the department of that code, or None."""
        ...

    def superior(self, department_id: int, line: Line) -> Department | None:
        """Return the next department up that line, or None at its top."""
        ...

    def part(self, part: Literal["intake", "oversight"], district_id: int) -> Department | None:
        """Return the intake desk or oversight body for a district: its own, else the nearest one above."""
        ...

    def officer(self, staff_number: str) -> Officer | None:
        """Return the post of that staff number, or None."""
        ...

    def responsible(self, case_type: str, category: str | None, place_id: int) -> Department | None:
        """Return whose duty a kind of case is at a place (the id of a district or area): the nearest, the most exact; None: nobody's."""
        ...

    def day(self, district_id: int, at: datetime) -> date:
        """Return which day a moment is in a district or area."""
        ...

    def offers(self, department_id: int, plugin: str) -> bool:
        """Return whether the district of a department, or one below it, has a plugin on."""
        ...


class Vault(Protocol):
    """Seals what identifies a person, for a plugin's own tables and papers, and opens it again. ``purpose`` is the field's name."""

    def seal(self, plain: str, purpose: str) -> str:
        """Return it sealed."""
        ...

    def unseal(self, sealed: str, purpose: str) -> str:
        """Return it plain; what never was sealed raises."""
        ...

    def index(self, kind: str, value: str) -> bytes:
        """Return the blind index (32 bytes) by which an equal value is found."""
        ...

    def indexes(self, kind: str, value: str) -> list[bytes]:
        """Return the blind index under every key: what a look-up asks for."""
        ...


class Context(msgspec.Struct, frozen=True, kw_only=True):
    """Who acts, when (aware UTC), and in which city: what a guard or an effect has besides the case and the form.

    ``found`` is what the action's ``reads`` gave, ``vault`` opens what is sealed.
    """

    actor: Actor
    at: datetime
    city: City
    vault: Vault
    found: Any = None


class Filing(msgspec.Struct, frozen=True, kw_only=True):
    """Who files what where: what a type that prepares its cases has besides the form. ``district_id`` is where it is filed."""

    at: datetime
    city: City
    vault: Vault
    district_id: int
    channel: str
    actor: Actor


class Reads(Protocol):
    """Asks the database for what a guard or an effect must know, in the transaction that has locked the case; it writes nothing."""

    async def __call__(self, db: Any, case: Snapshot, form: Any, context: Context) -> Any:
        """Return what becomes ``context.found``."""
        ...


class Prepares(Protocol):
    """Says what a filled form means for the record where that takes a look into the database: `Marks`, one case at a time."""

    async def __call__(self, db: Any, form: Any, filing: Filing) -> Marks:
        """Return the marks; raise ``Refused`` where it cannot be filed."""
        ...


class Guard(Protocol):
    """Refuses an action by raising ``banshi.errors.Refused``; anything it returns is ignored."""

    def __call__(self, case: Snapshot, form: Any, context: Context) -> None:
        """Refuse, or let it happen."""


class Effect(Protocol):
    """Returns what an action changes beyond the state."""

    def __call__(self, case: Snapshot, form: Any, context: Context) -> Changes:
        """Return what changes."""
        ...


class Offer(Protocol):
    """Says whether an action is there at all on a case as it stands: no button where it says no, and a refusal for who sends it anyway."""

    def __call__(self, case: Snapshot, context: Context) -> bool:
        """Return whether the action is there."""
        ...


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form of an action that asks nothing."""


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that can be done with a case: becomes a button, a form, an API operation and a line of the story.

    ``sources`` are the states it starts from, ``to`` where it leads (None: the state stays). ``needs`` is the permission that
    staff must hold; ``by`` says which capacities may take it (a resident only on a case of their own). ``told`` is the headline of
    the event as people read it ("The department asked for more"). ``outcome`` is set when the action closes; a form field named
    ``outcome`` overrides it. ``takes``: whoever acts becomes the officer in charge. ``commutes``: it is right whatever happened since
    the page was read (a resident adds something). ``leading`` marks what usually comes next. ``seat`` says whose part it is among staff.
    ``judges``: with it the resident judges the department in charge, so nobody of that department enters it for a resident on the telephone.
    ``alone``: it concerns this applicant only; it is never told to the others of a cluster, and staff may take it on a member by itself.
    ``answers``: its text is the answer to what was filed; similar cases show it, and it can be used again.
    ``another`` names the action that prepared this one: who took it last, for whom they stood in, and who stands in for them may not take this.
    ``quiet``: nothing moved by it (a note, a colleague's name): who waits for something to happen still waits. ``extends`` names the deadlines
    that it makes longer, by the whole number in its form's field ``more``, in their unit; ``reason`` and ``agreed`` say why, and by whose leave.
    ``also_to`` are the states that the effect may choose instead of ``to``. ``offered`` hides it where it makes no sense. ``bulk`` lets it be
    done to many cases at once from a list. ``reads`` asks the database for what guard and effect must know; such an action is never ``bulk``.
    ``page`` is an address below ``/d/<district>/<plugin>/`` (``{number}`` stands for the case's) where the desk's button leads: a page of the
    plugin's own that does it, where a form of fields would not do. ``own_page`` is that of the portal's button, below ``/case/<number>/<plugin>/``.
    """

    name: str
    title: Text
    told: Text
    sources: tuple[str, ...]
    to: str | None = None
    needs: str = ""
    by: tuple[Capacity, ...] = ("staff",)
    form: type[msgspec.Struct] = Nothing
    audience: Audience = "applicant"
    outcome: str | None = None
    takes: bool = False
    commutes: bool = False
    leading: bool = False
    judges: bool = False
    alone: bool = False
    answers: bool = False
    another: str = ""
    seat: Seat = "any"
    also_to: tuple[str, ...] = ()
    bulk: bool = False
    quiet: bool = False
    extends: tuple[str, ...] = ()
    offered: Offer | None = None
    page: str = ""
    own_page: str = ""
    reads: Reads | None = None
    guard: Guard | None = None
    effect: Effect | None = None


class Upgrade(msgspec.Struct, frozen=True, kw_only=True):
    """How open cases of an older version of a type move to this one: old state to new, and the data."""

    from_version: int
    states: Mapping[str, str]
    data: Callable[[Mapping[str, Any]], Mapping[str, Any]]


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """What a filled form means for the record.

    How its person is protected, how urgent it is (0: not), which officer gets it (staff number), and whether it is ``common``: something that
    others meet too, so that who comes later is told of it and may join. ``title`` and ``category`` stand in for those of the form, ``department_id``
    is who gets it, whoever's duty the kind is; ``facts`` are the first ones; ``rows`` are the plugin's own. ``ties`` are the numbers of the cases
    that it belongs to, each with how.
    """

    confidentiality: Confidentiality = ""
    priority: int = 0
    officer: str = ""
    common: bool = False
    title: str = ""
    category: str = ""
    department_id: int | None = None
    facts: msgspec.Struct | None = None
    rows: tuple[Put, ...] = ()
    ties: tuple[tuple[str, Tie], ...] = ()


class Follows(Protocol):
    """Says what a member of a cluster takes over from its master's facts, keeping what its own applicant said."""

    def __call__(self, member: Any, master: Any) -> Any:
        """Return the member's facts."""
        ...


class Categories(Protocol):
    """Names the categories that a type's cases are filed under where no option of its form does: a catalogue in the plugin's own tables."""

    async def __call__(self, db: Any) -> Mapping[str, Mapping[str, str]]:
        """Return the title of every category, in every language."""
        ...


class Wording(Protocol):
    """Puts into words what a form keeps as codes, for the story of a case and what was filed; it asks nothing and changes nothing."""

    def __call__(self, facts: Any, kind: str, said: Mapping[str, Any], language: Language) -> Mapping[str, str]:
        """Return the words of the fields that need them, by name (empty: the field is not shown). ``kind`` is an action's name, or ``opened``."""
        ...


class CaseType(Declared, frozen=True, kw_only=True):
    """A kind of case: its form, its states, what can be done in each, and how it may end.

    ``form`` is the portal's form, the API's schema and the stored data at once. The first of ``states`` is where a case
    starts. A published version never changes: give a changed lifecycle or form the next ``version``.
    ``opened`` is the headline of the first event. ``facts`` is a struct of what the type keeps about a case beyond what was filed, every field
    with a default; effects read and return it. ``marks`` says of a filled form what the kernel has to keep beside it; ``prepares`` does so where
    the database must be asked. ``family``: its actions tell other cases of the plugin, so a case is locked together with those that it is tied to.
    ``categories`` names what the cases of all types of the plugin are filed under, where its own tables say so: read anew after ``toolkit.touch``.
    ``wording`` puts fields into words that hold codes.
    """

    name: str
    title: Text
    form: type[msgspec.Struct]
    states: tuple[State, ...]
    actions: tuple[Action, ...]
    outcomes: tuple[Outcome, ...]
    steps: tuple[Step, ...] = ()
    deadlines: tuple[Deadline, ...] = ()
    opened: Text
    version: int = 1
    upgrades: tuple[Upgrade, ...] = ()
    facts: type[msgspec.Struct] = Nothing
    marks: Callable[[Any], Marks] | None = None
    prepares: Prepares | None = None
    family: bool = False
    categories: Categories | None = None
    wording: Wording | None = None
    follows: Follows | None = None

    @property
    def key(self) -> str:
        """``owner.name``, unique in the registry."""
        return f"{self.owner}.{self.name}"

    def state(self, name: str) -> State:
        """Return the state of that name; KeyError where this version has none."""
        for state in self.states:
            if state.name == name:
                return state
        raise KeyError(name)

    def action(self, name: str) -> Action:
        """Return the action of that name; KeyError where this version has none."""
        for action in self.actions:
            if action.name == name:
                return action
        raise KeyError(name)

    def __hash__(self) -> int:
        """By its name and version: what is worked out for a type can be kept."""
        return hash((self.owner, self.name, self.version))


# -- what residents find, who may do what, what runs by itself --------------------------------------------------------


class Page(msgspec.Struct, frozen=True):
    """One question group: a page of the portal's form with some of the fields of the case type's form.

    ``when`` maps a field of an earlier page to the answers with which this page is asked at all. With ``consults`` what the library says to the
    reader's words is shown once after it, where the answers so far are among these ({}: always; None: never): who is answered by it stops there.
    """

    name: str
    title: Text
    fields: tuple[str, ...]
    lead: Text | str = ""
    when: Mapping[str, tuple[str, ...]] = {}
    consults: Mapping[str, tuple[str, ...]] | None = None


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Something of a plugin's catalogue that fits what was typed: its title, a line below it, its address below ``/d/<district>/<plugin>/``."""

    title: str
    href: str
    summary: str = ""


class Entries(Protocol):
    """Finds what a plugin's catalogue has for words; at most ``most``, the best first."""

    async def __call__(self, db: Any, district: str, words: str, language: str, at: datetime, most: int) -> Sequence[Found]:
        """Return what fits."""
        ...


class Service(Declared, frozen=True, kw_only=True):
    """Something a resident can get done: an entry of the portal that files a case of ``case_type`` (of the same owner).

    ``subject`` is the heading under which the home page lists it; ``words`` are what people type when they look for it. ``audience`` "staff"
    offers it to people with a post, at the desk, and to nobody in the portal; who files it is its applicant like any resident. ``open311`` opens it
    to other programs: each option of its category is a service of Open311 GeoReport. With ``attachments`` pictures and papers can
    be added before it is sent. ``start`` is an address below ``/d/<district>/<plugin>/`` where filing begins on pages of the plugin's own, which
    needs no ``pages``; ``entries`` finds what the plugin's own catalogue has for the words that somebody typed into the portal's search.
    """

    name: str
    title: Text
    summary: Text
    subject: Text
    case_type: str
    pages: tuple[Page, ...] = ()
    start: str | None = None
    entries: Entries | None = None
    audience: Literal["residents", "staff"] = "residents"
    open311: bool = False
    attachments: bool = False
    before: Text | str = ""
    words: tuple[Text, ...] = ()


class Permission(msgspec.Struct, frozen=True):
    """A right, named ``owner.verb``, with the sentence that an administrator reads."""

    name: str
    sentence: Text


PERSONAL = Permission("kernel.personal", _("Read personal data unmasked; every reading is logged"))
TOGETHER = Permission("kernel.together", _("Work on several cases as one, link them and take them apart"))
EXPORT = Permission("kernel.export", _("Take lists of cases away as files; each is logged"))
LIBRARY = Permission("kernel.library", _("Write regulations and guides"))
OPEN311 = Permission("kernel.open311", _("File requests of other programs by Open311"))
CONFIDENTIAL = Permission("kernel.confidential", _("See who stands behind a case whose person is hidden"))
REPORT = Permission("kernel.report", _("Read the report: figures on the cases of the department and of those below it, or of the district"))
DEPUTIES = Permission("kernel.deputies", _("Enter absences and name deputies for the officers of the department, or of the district"))
ADMINISTER = Permission("kernel.administer", _("Turn plugins on and off for districts, and read every register"))
MAIL = Permission("kernel.mail", _("Work on mail that belongs to no case yet"))
OPERATE = Permission("kernel.operate", _("Read the state of the platform: plugins, jobs, health"))


class Queue(Declared, frozen=True, kw_only=True):
    """A list of work that staff with ``needs`` find in the desk's menu: the open cases of ``case_type`` in these ``states``.

    ``group`` is the heading under which it stands; queues of one group share a page of their own. ``members`` lists those of a
    cluster one by one, too: work that is done for each applicant, such as calling them.
    """

    name: str
    title: Text
    group: Text
    case_type: str
    states: tuple[str, ...]
    needs: str
    lead: Text | str = ""
    members: bool = False


# -- what is counted -------------------------------------------------------------------------------------------------------


class Happening(msgspec.Struct, frozen=True, kw_only=True):
    """One event as a measure reads it. ``form`` are the answers given with it, without what is personal; ``state`` is where it led."""

    kind: str
    capacity: str
    department_id: int | None
    at: datetime
    audience: str
    state: str
    form: Mapping[str, Any] = {}


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How a deadline of a case stands: the day on which it is due (None: it stands still), whether it was kept (None: it is not over).

    ``left`` is how much of the limit was over when it was kept, in its unit; negative where it was not kept.
    """

    due: datetime | None
    kept: bool | None
    left: int = 0


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """A case with its whole story as a measure reads it: prepared, read-only, the oldest event first.

    ``member``: it belongs to a cluster that another case leads. ``imported``: another system kept it first, and only what that one told is known
    of its way. ``facts`` is the type's struct; None where the case ended under another version
    whose facts the type no longer reads. ``data`` is what was filed, without what is personal. Days are those of the district.
    """

    case_type: str
    district_id: int
    department_id: int | None
    state: str
    outcome: str | None
    category: str | None
    channel: str
    priority: int
    confidentiality: str
    member: bool
    imported: bool
    received: datetime
    closed: datetime | None
    data: Mapping[str, Any]
    facts: Any
    story: tuple[Happening, ...]
    zone: ZoneInfo
    timing: Callable[[], Mapping[str, Timing]] = dict

    def deadline(self, name: str) -> Timing | None:
        """Return how the latest run of a deadline of its type stands; None where it never began. Counted when it is asked."""
        return self.timing().get(name)

    def day(self, moment: datetime) -> date:
        """Return the day of a moment in the district."""
        return moment.astimezone(self.zone).date()


class Due(msgspec.Struct, frozen=True):
    """A rate that is open yet: if nothing happens by the end of that day, the case has missed it."""

    day: date


Contribution = int | date | Due | None
"""What a case gives to a measure: a number (1 and 0 for a rate, days for days) · the day since which it lasts (for an age) · not decided
before a day is over · nothing: it is left out of the denominator, and shown as such.
"""


class Measure(Declared, frozen=True, kw_only=True):
    """A figure of the report: what each case of ``case_types`` (of the same owner; none: of all types) gives to it, by a pure function.

    ``explained`` says in a sentence what is counted, ``left_out`` which cases are not in the denominator and why. ``month`` is that of a case's
    receipt, or of its end: then only cases that are closed are asked. ``better`` says which way is good, for the sentence above the figures. Give
    it the next ``version`` when what it counts changes: every case is then counted again.
    """

    name: str
    title: Text
    explained: Text
    kind: Literal["count", "rate", "days", "age"]
    take: Callable[[Record], Contribution]
    case_types: tuple[str, ...] = ()
    left_out: Text | str = ""
    month: Literal["received", "closed"] = "received"
    better: Literal["more", "less", ""] = ""
    version: int = 1

    @property
    def key(self) -> str:
        """``owner.name``, unique in the registry."""
        return f"{self.owner}.{self.name}"

    def speaks_of(self, case_type: str) -> bool:
        """Return whether cases of a type (``owner.name``) are counted."""
        owner, _dot, name = case_type.partition(".")
        return not self.case_types or (owner == self.owner and name in self.case_types)


# -- when nothing happens, or too much -----------------------------------------------------------------------------------


class Idle(msgspec.Struct, frozen=True, kw_only=True, tag="idle"):
    """Nothing moved the case for so long while it waited for the office (domain 2.6 ii). ``quiet`` actions move nothing."""

    limit: int
    unit: Unit = "workdays"


class Unresolved(msgspec.Struct, frozen=True, kw_only=True, tag="unresolved"):
    """It is open for so long, without the time in which it waited for others (domain 2.6 iii)."""

    limit: int
    unit: Unit = "calendar_days"


class Overdue(msgspec.Struct, frozen=True, kw_only=True, tag="overdue"):
    """A deadline of its type comes near, or is over: its rungs say at which share of it, and how long after."""

    deadline: str


class Unowned(msgspec.Struct, frozen=True, kw_only=True, tag="unowned"):
    """No department has it: nobody's duty (domain 2.6 iv)."""

    limit: int = 4
    unit: Unit = "working_hours"


class Backlog(msgspec.Struct, frozen=True, kw_only=True, tag="backlog"):
    """A department has more than ``most`` open cases of one category: not the cases fail, the procedure does (domain 2.6 i)."""

    most: int


class Since(Protocol):
    """Says when something became so, by the places of events in the story (0 is the first); the last one counts. None: it is not so."""

    def __call__(self, case: Snapshot, story: Sequence[Happening]) -> Sequence[int]:
        """Return the places."""
        ...


class Condition(msgspec.Struct, frozen=True, kw_only=True, tag="condition"):
    """A plugin's own: what events of these ``kinds`` tell; it is asked only where there is one. Its rungs come ``later`` (in ``unit``)."""

    since: Since
    kinds: tuple[str, ...]
    unit: Unit = "workdays"


When = Idle | Unresolved | Overdue | Unowned | Backlog | Condition
Whom = Literal["officer", "department", "superior", "oversight"]


class Notify(msgspec.Struct, frozen=True, tag="notify"):
    """Tell them, in their inbox; a superior who is told sees the whole case from then on."""

    whom: Whom


class Raise(msgspec.Struct, frozen=True, tag="raise"):
    """Give it at least this priority."""

    priority: int = 1


class HandUp(msgspec.Struct, frozen=True, tag="hand_up"):
    """Give it to the superior department up the rule's line, at its top to the oversight body; it starts there in ``state``.

    The department that had it goes on as a helping one, and is told.
    """

    state: str


class OpenCase(msgspec.Struct, frozen=True, tag="open_case"):
    """Open a case of another type of the same owner, with the superior of the department that it is about.

    ``form`` fills it in from the category (value and titles), the department and how many cases there are. There is one at a time.
    """

    case_type: str
    form: Callable[[Surplus], msgspec.Struct]


class Own(msgspec.Struct, frozen=True, tag="own"):
    """A plugin's own effect: returns what it changes, like that of an action. ``also_to`` are the states that it may choose."""

    effect: Effect
    also_to: tuple[str, ...] = ()


Consequence = Notify | Raise | HandUp | OpenCase | Own


class Surplus(msgspec.Struct, frozen=True, kw_only=True):
    """A backlog: which category, in which department, how many open cases, the oldest received when."""

    category: str
    title: Mapping[str, str]
    department: Department
    district_id: int
    count: int
    oldest: datetime
    at: datetime


class Rung(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a ladder: at this share of the limit, or so long (in its unit) after it; ``again`` so long after, and so on while it lasts."""

    do: tuple[Consequence, ...]
    share: float = 1.0
    later: int = 0
    again: int = 0


class Rule(Declared, frozen=True, kw_only=True):
    """What happens to cases of ``case_type`` by itself when something is so for too long: a ladder of rungs, each once while it lasts.

    ``told`` is the headline of the event, which ``audience`` reads. ``line`` is that of the superiors it climbs. With ``by`` "hand" nothing happens
    by itself: any clerk of the case may do it once the condition holds. A district's administrator may set other limits, or turn it off.
    """

    name: str
    title: Text
    told: Text
    case_type: str
    when: When
    rungs: tuple[Rung, ...]
    line: Line = "trade"
    audience: Audience = "staff"
    by: Literal["sweep", "hand"] = "sweep"

    @property
    def key(self) -> str:
        """``owner.name``, unique in the registry."""
        return f"{self.owner}.{self.name}"


class Role(Declared, frozen=True, kw_only=True):
    """A bundle of permissions that a post can be given; every permission of a plugin stands in one of its roles."""

    name: str
    title: Text
    permissions: tuple[Permission, ...]
    reach: Reach = "department"


class JobContext(Protocol):
    """What a job is handed: the moment it runs for, and transactions; ``toolkit.working`` makes more of it, for a job that acts on cases."""

    moment: datetime
    settings: Any
    registry: Any

    def transaction(self) -> Any:
        """Return an async context manager that gives an ``AsyncSession`` and commits at its end."""


class Job(Declared, frozen=True, kw_only=True):
    """Periodic work: ``cron`` says when (five fields, UTC), ``limit`` after how long it is given up."""

    name: str
    cron: str
    run: Callable[[JobContext], Awaitable[None]]
    limit: timedelta = timedelta(minutes=5)


class SendsText(Protocol):
    """Hands one text message over."""

    async def __call__(self, to: str, text: str, key: str, where: str) -> None:
        """Send ``text`` to the number ``to``; ``key`` is the same when it is tried again, ``where`` is what follows the name in BANSHI_SMS.

        Raise ``Refused`` where trying again is of no use; after any other error it is tried again later. Never log the number.
        """


class SmsProvider(Declared, frozen=True, kw_only=True):
    """A way to send text messages: ``BANSHI_SMS=<name>:…`` chooses it."""

    name: str
    send: SendsText


Place = Literal["desk.case", "portal.case", "desk.home", "portal.home"]
"""Where a panel stands: on the desk's page of a case, on the applicant's, below the desk's own queue, on the home page of a district."""


class PanelContext(msgspec.Struct, frozen=True, kw_only=True):
    """For whom a panel is drawn: the reader, the moment, the language; the case with its facts where the place is a case.

    ``settled`` is the plugin's settings struct, ``district`` the code of the district whose page it is.
    """

    db: Any
    actor: Actor
    at: datetime
    language: Language
    city: City
    vault: Vault
    zone: ZoneInfo
    case: Snapshot | None = None
    district: str = ""
    csrf: str = ""


class Panel(Declared, frozen=True, kw_only=True):
    """A part of one of the kernel's pages: ``read`` gives what its ``template`` (``<plugin>/<file>.html``) is drawn from, None: nothing is there.

    On a case it stands only where the type is among ``case_types``; staff need ``needs`` where it names a right. Panels of one place go by
    ``order``, then name. One that raises, or takes longer than ``limit`` seconds, is drawn as out of order; the page stands.
    """

    name: str
    title: Text
    place: Place
    template: str
    read: Callable[[PanelContext], Awaitable[Mapping[str, Any] | None]]
    case_types: tuple[str, ...] = ()
    needs: str = ""
    order: int = 100
    limit: float = 2.0


class PluginSettings(Declared, frozen=True, kw_only=True):
    """What an installation can tell the plugin: each field of ``form`` (with a default each) is the variable ``BANSHI_<PLUGIN>_<FIELD>``."""

    form: type[msgspec.Struct]


class Commands(Declared, frozen=True, kw_only=True):
    """Commands of the plugin's own: `banshi <plugin> …`. ``where`` names a click group as ``module:name``; it is imported when it is called."""

    where: str


class Routes(Declared, frozen=True, kw_only=True):
    """A plugin's own pages: litestar controllers, mounted at ``/d/<district>/<plugin>/``.

    Every handler names ``opt={"permission": "..."}``, or ``"public"``; one without is an error at start. Those of ``on_case`` are mounted at
    ``/case/<number>/<plugin>/``, for whoever may follow that case (applicant, helper, holder of its code): their permission is ``"applicant"``.
    With ``"upload": True`` a form brings files: its token stands in its address.
    """

    controllers: tuple[type, ...] = ()
    on_case: tuple[type, ...] = ()


class DemoCase(msgspec.Struct, frozen=True, kw_only=True):
    """One case of the demo city: what is filed, where, and what happens to it afterwards.

    ``resident`` is the index of the one whose case it is (None: nobody with an account). ``steps`` are (days after filing, action, form, who).
    ``who`` is the ``resident`` · the resident on the ``telephone``, entered at the intake desk · a ``clerk`` of the department in charge (the
    officer in charge first) · its ``head`` (a colleague with more rights) · a ``helper`` (of a helping department) · ``intake`` · ``oversight``.
    """

    case_type: str
    district: str
    data: Mapping[str, Any]
    channel: str = "web"
    days_ago: float = 1.0
    resident: int | None = None
    steps: tuple[tuple[float, str, Mapping[str, Any], str], ...] = ()


class Demo(Declared, frozen=True, kw_only=True):
    """What a plugin brings to the demo city; ``cases`` is a pure function of the random source: the same every time.

    ``library`` is a folder of the plugin's package with entries of the library, as `banshi library import` reads them. ``before`` puts into the
    plugin's tables what must be there before its cases; it is called again on a city that is there already, and changes nothing then.
    """

    cases: Callable[[Random], Sequence[DemoCase]]
    library: str = ""
    before: Callable[[Any, datetime], Awaitable[None]] | None = None
