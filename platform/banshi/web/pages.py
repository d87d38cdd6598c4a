"""What each page shows, as structs: the one contract between the views that fill them and the templates that draw them.

Words in them are ready to print (already in the reader's language); a template adds only its own fixed words.
"""

from __future__ import annotations

from typing import Literal

import msgspec

Tone = Literal["going", "waiting", "done", "ended", "late"]
"""How a state looks: somebody works on it · it waits for the resident · settled · ended otherwise · time runs out."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link; ``count`` is a bounded count such as ``12`` or ``1000+``."""

    text: str
    href: str
    current: bool = False
    count: str = ""
    summary: str = ""


class Chrome(msgspec.Struct, frozen=True, kw_only=True):
    """What surrounds every page: name of the place, menu, language, large type, who is signed in."""

    language: str
    tag: str
    site: str
    home: str
    hotline: str
    hotline_number: str
    menu: tuple[Link, ...]
    languages: tuple[Link, ...]
    large: bool
    large_href: str
    signed_in: str = ""
    sign_in_href: str = ""
    csrf: str = ""
    desk: bool = False
    district: str = ""
    districts: tuple[Link, ...] = ()
    request_id: str = ""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """One radio, checkbox or option of a field."""

    value: str
    label: str
    hint: str = ""
    chosen: bool = False


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a form as it is drawn; ``value`` is the raw input, kept however wrong it was."""

    name: str
    label: str
    kind: Literal["text", "textarea", "radios", "select", "checkboxes", "telephone", "email", "number", "date", "password", "checkbox"]
    hint: str = ""
    value: str = ""
    error: str = ""
    choices: tuple[Choice, ...] = ()
    rows: int = 1
    longest: int | None = None
    autocomplete: str = ""
    optional: bool = False


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the error summary: the text, and the field it leads to."""

    text: str
    field: str = ""


class Form(msgspec.Struct, frozen=True, kw_only=True):
    """A form that posts to ``action``; ``hidden`` are names and values that travel with it (key, revision)."""

    action: str
    fields: tuple[Field, ...]
    button: str
    problems: tuple[Problem, ...] = ()
    hidden: tuple[tuple[str, str], ...] = ()
    cancel: str = ""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A heading of the portal's home with its services."""

    title: str
    services: tuple[Link, ...]


class HomePage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/home.html. ``found`` is None until something was searched; ``mistyped`` says what is wrong with a number."""

    query: str
    search_action: str
    subjects: tuple[Subject, ...]
    found: tuple[Link, ...] | None
    track_href: str
    mine: str
    mine_href: str
    public_href: str = ""
    mistyped: str = ""


class ChooseDistrictPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/choose.html: which district, when neither address nor memory tells."""

    links: tuple[Link, ...]


class StartPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/start.html: what a service is, before the first question. ``form`` posts nothing but the wish to begin."""

    title: str
    summary: str
    before: str
    form: Form


class AskPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/ask.html: one question group."""

    service: str
    title: str
    lead: str
    position: int
    total: int
    back: str
    form: Form
    for_whom: str = ""


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody who chose an answer must read: pieces of text, each with the telephone that it is (empty: none)."""

    parts: tuple[tuple[str, str], ...]

    @property
    def calls(self) -> tuple[str, ...]:
        """The telephones in it, in order."""
        return tuple(dict.fromkeys(number for _text, number in self.parts if number))


class WarningPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/warning.html: shown once, before going on, to whoever chose an answer that carries a warning."""

    service: str
    alarms: tuple[Alarm, ...]
    back: str
    next: str


class SavedPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/saved.html: the link and the code with which a half-filled form is taken up again; ``keep`` puts it into the reader's account."""

    service: str
    link: str
    code: str
    until: str
    go_on: str
    keep: Form | None = None
    sign_in_href: str = ""


class ResumePart(msgspec.Struct, frozen=True, kw_only=True):
    """portal/resume.html: the link was opened elsewhere, the code is asked for; ``kept`` says that what was just sent is not lost."""

    service: str
    form: Form
    kept: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """A question and its answer on the check page."""

    label: str
    value: str
    change: str


class NearbyRow(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody else reported nearby: never a word of what they wrote."""

    number: str
    what: str
    where: str
    when: str
    state: str
    tone: Tone
    people: str


class NearbyPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/nearby.html: what others reported of the same kind at the same place, to be joined or not."""

    service: str
    rows: tuple[NearbyRow, ...]
    action: str
    back: str


class PublicRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case as everybody may know it."""

    what: str
    where: str
    state: str
    tone: Tone
    department: str
    received: str
    last: str
    people: str


class PublicPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/public.html: the public list of a district."""

    title: str
    form: Form
    rows: tuple[PublicRow, ...]
    next: str
    first: str
    left_out: tuple[str, ...] = ()


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """That a case joins what others reported, and where to choose otherwise."""

    number: str
    change: str


class CheckPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/check.html: check your answers."""

    service: str
    answers: tuple[Answer, ...]
    back: str
    form: Form
    joined: Joined | None = None
    for_whom: str = ""


class DonePage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/done.html: number and code, large enough to be photographed or read aloud."""

    number: str
    code: str
    title: str
    department: str
    telephone: str
    follow: str
    alarms: tuple[Alarm, ...] = ()
    for_whom: str = ""


class TrackPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/track.html: follow a number. ``stage`` is set when the number alone was given: stage and department, no text, no name."""

    form: Form
    stage: StagePart | None = None


class StagePart(msgspec.Struct, frozen=True, kw_only=True):
    """What the number alone tells."""

    number: str
    state: str
    tone: Tone
    department: str
    telephone: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One stage of the line above a case; ``note`` is its day, or who has it now."""

    title: str
    note: str
    status: Literal["done", "now", "todo"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the story, in words; ``facts`` are label and value pairs of its form, ``fresh`` marks what the reader has not seen yet."""

    at: str
    machine_at: str
    who: str
    headline: str
    text: str
    facts: tuple[tuple[str, str], ...] = ()
    own: bool = False
    staff_only: bool = False
    fresh: bool = False


class ActionLink(msgspec.Struct, frozen=True, kw_only=True):
    """An action that is allowed now; following it opens its form below the story."""

    name: str
    title: str
    href: str
    leading: bool = False
    chosen: bool = False


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """A department as a resident meets it."""

    title: str
    staff_number: str = ""
    telephone: str = ""
    address: str = ""


class CasePage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/case.html: a resident's own case."""

    number: str
    title: str
    kind: str
    state: str
    tone: Tone
    steps: tuple[Step, ...]
    progress: int
    story: tuple[Entry, ...]
    received: str
    holder: Contact | None
    oversight: Contact | None
    facts: tuple[tuple[str, str], ...]
    actions: tuple[ActionLink, ...]
    form: Form | None = None
    form_title: str = ""
    notice: str = ""
    changed: tuple[Entry, ...] = ()
    rules: tuple[tuple[str, str], ...] = ()
    print_href: str = ""
    for_whom: str = ""


class CaseRow(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a list of cases; ``waits`` says for how long nothing was recorded, in words."""

    number: str
    href: str
    title: str
    under: str
    state: str
    tone: Tone
    applicant: str = ""
    department: str = ""
    received: str = ""
    last: str = ""
    urgent: bool = False
    unread: bool = False


class MyPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/my.html: the resident's cases, newest first; ``for_whom`` is set where a helper reads those of somebody else."""

    rows: tuple[CaseRow, ...]
    next: str
    track_href: str
    drafts: tuple[DraftRow, ...] = ()
    helped: tuple[Link, ...] = ()
    for_whom: str = ""
    until: str = ""


class DraftRow(msgspec.Struct, frozen=True, kw_only=True):
    """A half-filled form of an account: its service, where to go on, and the form that deletes it."""

    title: str
    href: str
    changed: str
    until: str
    for_whom: str
    delete: str


class InboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened on a case of one's own."""

    number: str
    href: str
    title: str
    headline: str
    who: str
    at: str
    machine_at: str
    unread: bool


class InboxPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/inbox.html: what happened, the newest first; ``read`` marks all of it as read."""

    rows: tuple[InboxRow, ...]
    next: str
    unread: int
    read: str


class MandateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A mandate as one of its two sides reads it: the other's login or masked name, until when, and the form that ends it."""

    who: str
    since: str
    until: str
    end: str
    href: str = ""


class MandatesPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/mandates.html: who helps me, whom I help, and the form that names a helper."""

    given: tuple[MandateRow, ...]
    held: tuple[MandateRow, ...]
    form: Form


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the desk's side menu: its heading (empty for the first; a link where it has a page of its own) and its lists."""

    links: tuple[Link, ...]
    title: str = ""
    href: str = ""
    current: bool = False


class QueuePage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/queue.html: a list of work. ``sections`` is the side menu, ``chips`` what the list is narrowed to, ``left_out`` what could not be.

    ``bulk`` does one thing to several cases of the list; ``save`` keeps it as a view, ``change`` leads to the view that it is.
    """

    title: str
    lead: str
    sections: tuple[Section, ...]
    orders: tuple[Link, ...]
    chips: tuple[Link, ...]
    filter: Form
    save: Form
    rows: tuple[CaseRow, ...]
    next: str
    first: str
    total: str
    bulk: Form | None = None
    left_out: tuple[str, ...] = ()
    files: tuple[Link, ...] = ()
    change: str = ""
    problem: str = ""


class HandoverNote(msgspec.Struct, frozen=True, kw_only=True):
    """What one shift tells the next."""

    who: str
    at: str
    machine_at: str
    text: str


class HandoverPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/handover.html: the last notes of a department, the newest first, and the form for another."""

    department: str
    sections: tuple[Section, ...]
    notes: tuple[HandoverNote, ...]
    form: Form


class GroupPart(msgspec.Struct, frozen=True, kw_only=True):
    """One queue on the page of its group: its first rows."""

    title: str
    lead: str
    href: str
    count: str
    rows: tuple[CaseRow, ...]


class GroupPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/group.html: the page of several queues that belong together, such as the intake desk's own; the last hand-over note on top."""

    title: str
    sections: tuple[Section, ...]
    parts: tuple[GroupPart, ...]
    note: HandoverNote | None = None


class ViewsPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/views.html: the saved views of a post and those shared with it; ``form`` keeps or changes one."""

    title: str
    sections: tuple[Section, ...]
    own: tuple[Link, ...] = ()
    shared: tuple[Link, ...] = ()
    form: Form | None = None
    remove: Form | None = None
    left_out: tuple[str, ...] = ()


class BulkPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/bulk.html: one thing for several cases: which (``form`` asks), with what (``form`` again); ``notes`` are told above it."""

    title: str
    lead: str
    back: str
    form: Form
    rows: tuple[CaseRow, ...] = ()
    more: str = ""
    notes: tuple[str, ...] = ()


class BulkRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one case: done, or refused with the reason in ``why``."""

    number: str
    href: str
    title: str
    done: bool
    why: str = ""


class BulkDonePage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/bulk_done.html: a line for each case."""

    title: str
    lead: str
    back: str
    rows: tuple[BulkRow, ...]


class TogetherPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/together.html: what a case belongs together with, and the forms that join, take out, link, and file a case from this one."""

    number: str
    title: str
    back: str
    problems: tuple[Problem, ...]
    members: tuple[KinRow, ...]
    links: tuple[KinRow, ...]
    master: KinRow | None = None
    leave: tuple[Form, ...] = ()
    join: Form | None = None
    link: Form | None = None
    file: Form | None = None


class KeysPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/keys.html: what each key does."""

    groups: tuple[tuple[str, tuple[tuple[tuple[str, ...], str], ...]], ...]
    back: str


class KinRow(msgspec.Struct, frozen=True, kw_only=True):
    """A case that belongs together with another: how, in words; ``part`` takes the tie away where that is possible from here."""

    number: str
    href: str
    title: str
    state: str
    tone: Tone
    tie: str = ""
    part: Form | None = None


class DeskCasePage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/case.html: facts at the left, the story in the middle with the actions at its foot, help at the right."""

    number: str
    title: str
    kind: str
    state: str
    tone: Tone
    steps: tuple[Step, ...]
    progress: int
    story: tuple[Entry, ...]
    facts: tuple[tuple[str, str], ...]
    said: tuple[tuple[str, str], ...]
    parties: tuple[tuple[str, str], ...]
    department: Contact | None
    superiors: tuple[tuple[str, Contact], ...]
    duties: tuple[str, ...]
    actions: tuple[ActionLink, ...]
    form: Form | None = None
    form_title: str = ""
    changed: tuple[Entry, ...] = ()
    notice: str = ""
    reveal: Form | None = None
    back: str = "/desk"
    protection: str = ""
    kin: tuple[KinRow, ...] = ()
    led: str = ""
    together: str = ""
    open_elsewhere: tuple[str, ...] = ()
    templates: tuple[Link, ...] = ()
    templates_href: str = ""
    caller: CallerPart | None = None


class CallerPart(msgspec.Struct, frozen=True, kw_only=True):
    """The resident is on the telephone: ``ask`` asks for their code; once it was right, ``actions`` are theirs and ``over`` ends the call."""

    ask: Form | None = None
    actions: tuple[ActionLink, ...] = ()
    form: Form | None = None
    form_title: str = ""
    over: Form | None = None
    withheld: str = ""


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that stand under one heading."""

    title: str
    fields: tuple[Field, ...]


class RegisterPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/register.html: the telephone number first; then everything on one page (``groups``), beside what the caller filed earlier."""

    title: str
    form: Form
    groups: tuple[Group, ...] = ()
    looked: bool = False
    earlier: tuple[CaseRow, ...] = ()
    first: str = ""


class RegisteredPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/registered.html: number and code to be read out; ``say`` is the sentence for it, ``case`` is empty where the post may not see it."""

    number: str
    code: str
    say: str
    department: str
    telephone: str
    case: str
    next: str


class AnswersPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/answers.html: the templates of a department, and the form that adds or changes one."""

    department: str
    templates: tuple[Link, ...]
    form: Form
    form_title: str
    remove: Form | None = None


class SignInPage(msgspec.Struct, frozen=True, kw_only=True):
    """sign_in.html; ``kept`` says that input was kept and will be there afterwards."""

    form: Form
    kept: bool
    demo: tuple[tuple[str, str, str], ...] = ()


class ResumePage(msgspec.Struct, frozen=True, kw_only=True):
    """resume.html: the form came without a valid token or session; here is what was written, to be sent again."""

    answers: tuple[tuple[str, str], ...]
    form: Form


class CapacityPage(msgspec.Struct, frozen=True, kw_only=True):
    """capacity.html: one person, several capacities: as whom to go on."""

    form: Form


class ErrorPage(msgspec.Struct, frozen=True, kw_only=True):
    """error.html: what happened and the ways on; never a stack trace."""

    status: int
    title: str
    lead: str
    ways: tuple[Link, ...]
