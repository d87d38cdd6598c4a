"""The pages of the desk."""

from __future__ import annotations

import msgspec

from banshi.web.pages.clocks import ClockBrief
from banshi.web.pages.library import EntryRow
from banshi.web.pages.parts import ActionLink, CaseRow, Contact, Entry, Form, Group, KinRow, Link, PanelPart, Problem, Section, Step, Tone
from banshi.web.pages.search import LikeRow


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
    panels: tuple[PanelPart, ...] = ()


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
    map_href: str
    parties: tuple[tuple[str, str], ...]
    department: Contact | None
    superiors: tuple[tuple[str, Contact], ...]
    duties: tuple[str, ...]
    actions: tuple[ActionLink, ...]
    form: Form | None = None
    form_title: str = ""
    panels: tuple[PanelPart, ...] = ()
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
    alike: tuple[LikeRow, ...] = ()
    rules: tuple[EntryRow, ...] = ()
    rules_href: str = ""
    cite_href: str = ""
    files_href: str = ""
    standing: str = ""
    clocks: tuple[ClockBrief, ...] = ()
    clocks_href: str = ""
    closing: ClosingPart | None = None
    escalations: tuple[ActionLink, ...] = ()


class ClosingPart(msgspec.Struct, frozen=True, kw_only=True):
    """What a case's page says of its closing report; ``href`` leads whoever writes it to its form."""

    text: str
    href: str
    link: str


class ClosingPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/closing.html: the form of a closing report, below what made the case owe it (when, what)."""

    number: str
    title: str
    heading: str
    lead: str
    back: str
    reasons: tuple[tuple[str, str], ...]
    form: Form


class ByHandPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/by_hand.html: what a rule would do to a case, and the form for the reason.

    Where it was done meanwhile there is no form: ``last`` is what happened, ``wrote`` what the reader had written.
    """

    number: str
    title: str
    heading: str
    back: str
    facts: tuple[tuple[str, str], ...]
    does: tuple[str, ...]
    problems: tuple[Problem, ...]
    form: Form | None
    last: tuple[Entry, ...] = ()
    wrote: str = ""


class ReportRow(msgspec.Struct, frozen=True, kw_only=True):
    """A closing report in the list: ``marked`` is its cause with what was searched for marked, ``said`` the other texts by their labels.

    ``href`` leads to the case, where the reader sees it.
    """

    number: str
    href: str
    title: str
    under: str
    urgency: str
    level: int
    marked: tuple[tuple[str, bool], ...]
    said: tuple[tuple[str, tuple[tuple[str, bool], ...]], ...]
    by: str
    owes: bool = False


class ReportsPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/closing_reports.html: the closing reports for those who lead, the most urgent first."""

    title: str
    lead: str
    sections: tuple[Section, ...]
    form: Form
    rows: tuple[ReportRow, ...]
    next: str
    first: str
    files: tuple[Link, ...]
    left_out: tuple[str, ...] = ()


class CallerPart(msgspec.Struct, frozen=True, kw_only=True):
    """The resident is on the telephone: ``ask`` asks for their code; once it was right, ``actions`` are theirs and ``over`` ends the call."""

    ask: Form | None = None
    actions: tuple[ActionLink, ...] = ()
    form: Form | None = None
    form_title: str = ""
    over: Form | None = None
    withheld: str = ""


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
