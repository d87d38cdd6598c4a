"""The pages of the portal."""

from __future__ import annotations

import msgspec

from banshi.web.pages.clocks import ClockBrief
from banshi.web.pages.parts import ActionLink, CaseRow, Contact, Entry, Form, Link, PanelPart, Step, Tone
from banshi.web.pages.search import HitRow


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
    library_href: str = ""
    panels: tuple[PanelPart, ...] = ()


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
    files_href: str = ""
    panels: tuple[PanelPart, ...] = ()
    for_whom: str = ""
    clocks: tuple[ClockBrief, ...] = ()
    clocks_href: str = ""


class MyPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/my.html: the resident's cases, newest first; ``for_whom`` is set where a helper reads those of somebody else.

    ``asked`` is what was searched for at ``path``, ``hits`` and in words ``found`` what that gave.
    """

    rows: tuple[CaseRow, ...]
    next: str
    track_href: str
    drafts: tuple[DraftRow, ...] = ()
    helped: tuple[Link, ...] = ()
    for_whom: str = ""
    until: str = ""
    path: str = "/my"
    asked: str = ""
    found: str = ""
    hits: tuple[HitRow, ...] = ()


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
