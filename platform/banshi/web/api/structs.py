"""What the API takes and gives, as structs: they are its schema, too."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

import msgspec

MOST_AT_ONCE = 1000


class Filing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A case to be opened: its type (``tickets.request``), the district's code, and the filled form."""

    type: str
    district: str
    data: dict[str, Any]
    channel: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z_]{0,19}$")] = "api"


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """The opened case: number and code for the resident, department in charge; ``fresh`` is false for a repeated key."""

    number: str
    code: str
    department: str | None
    fresh: bool


class Doing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An action and its filled form."""

    action: str
    data: dict[str, Any] = {}


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """Where the case stands after an action."""

    number: str
    state: str
    revision: int
    fresh: bool


class DoingMany(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One action, with one filled form, on many cases: at most 1,000 numbers, each once."""

    action: str
    numbers: Annotated[list[str], msgspec.Meta(min_length=1, max_length=MOST_AT_ONCE)]
    data: dict[str, Any] = {}


class DoneOrNot(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of it for one case: where it stands (status 200), or why it was refused (the status that it alone would have had)."""

    number: str
    status: int
    state: str = ""
    revision: int = 0
    fresh: bool = True
    detail: str = ""


class DoneMany(msgspec.Struct, frozen=True, kw_only=True):
    """A result for each number, in the order in which they were sent."""

    items: list[DoneOrNot]


class EventOut(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a case's story; sealed values are left out."""

    sequence: int
    kind: str
    at: datetime
    capacity: str
    department: str | None
    staff_number: str | None
    audience: str
    state: str
    body: dict[str, Any]


class CaseOut(msgspec.Struct, frozen=True, kw_only=True):
    """A case; personal fields are left out of ``data``. ``facts`` is what its type keeps beyond what was filed, ``helpers`` are department codes,
    ``assignee`` a staff number. ``events`` and ``actions`` only where one case is read.
    """

    number: str
    type: str
    version: int
    district: str
    area: str | None
    title: str
    category: str | None
    state: str
    outcome: str | None
    department: str | None
    assignee: str | None
    helpers: list[str]
    priority: int
    confidentiality: str
    channel: str
    received: datetime
    closed: datetime | None
    changed: datetime
    revision: int
    data: dict[str, Any]
    facts: dict[str, Any]
    events: list[EventOut] | None = None
    actions: list[str] | None = None


class ExtensionOut(msgspec.Struct, frozen=True, kw_only=True):
    """So much more, in the deadline's unit: since when, why, and who agreed."""

    at: datetime
    more: int
    reason: str
    agreed: str


class IntervalOut(msgspec.Struct, frozen=True, kw_only=True):
    """From when to when (null: it lasts), and how much of the limit it took. ``skipped`` are ``days`` off within what was counted."""

    kind: Literal["counted", "paused", "skipped"]
    start: datetime
    stop: datetime | None
    counted: float
    state: str
    waits_for: str
    days: int
    name: dict[str, str]


class ClockOut(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a deadline. ``due`` is null while it stands still; ``received`` is the day that is not counted; ``used`` of ``allowed`` are
    in ``unit``. ``provisional``: days are counted of a year whose days off nobody has published.
    """

    name: str
    kind: Literal["statutory", "promised", "step"]
    title: dict[str, str]
    run: int
    unit: Literal["workdays", "working_hours", "calendar_days"]
    limit: int
    allowed: int
    used: float
    started: datetime
    received: date
    due: datetime | None
    stopped: datetime | None
    standing: Literal["runs", "near", "over", "stands", "kept", "missed"]
    provisional: bool
    extensions: list[ExtensionOut]
    intervals: list[IntervalOut]


class Clocks(msgspec.Struct, frozen=True, kw_only=True):
    """The clocks of a case as they stand at a moment."""

    number: str
    at: datetime
    items: list[ClockOut]


class CaseList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of cases; ``next`` is the cursor of the following page, null on the last."""

    items: list[CaseOut]
    next: str | None


class Hits(msgspec.Struct, frozen=True, kw_only=True):
    """What a search found, the best first; ``more`` where another word would narrow it down. ``excerpts`` says for a number where it was found."""

    items: list[CaseOut]
    more: bool
    excerpts: dict[str, str]


class FeedEvent(EventOut, frozen=True, kw_only=True):
    """A line of a case's story in the feed: with the case's number, type, district and where it stands after it."""

    number: str
    type: str
    district: str


class Feed(msgspec.Struct, frozen=True, kw_only=True):
    """Events in the order in which they became final. ``next`` is always there: keep it, and ask with it for what comes after."""

    items: list[FeedEvent]
    next: str
    more: bool


class Related(msgspec.Struct, frozen=True, kw_only=True):
    """A case that belongs together with another: ``tie`` is member, master, related, follow_up or part_of.

    ``later`` says of a link that the other case is the later one, or the part.
    """

    number: str
    tie: str
    later: bool
    title: str
    state: str
    outcome: str | None


class RelatedList(msgspec.Struct, frozen=True, kw_only=True):
    """What a case belongs together with."""

    items: list[Related]


class Joining(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Cases that report the same as the one that leads them; ``text`` is a word to colleagues."""

    numbers: Annotated[list[str], msgspec.Meta(min_length=1, max_length=200)]
    text: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class Leaving(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That a case leaves its cluster; ``undo`` gives back what it was before it joined, where nothing was told since."""

    undo: bool = False


class Linking(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link to another case: related, follow_up (this case takes the other up again) or part_of (this case is a part of the other)."""

    number: str
    kind: Literal["related", "follow_up", "part_of"]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Where the cases stand that were joined, taken out or linked; those that were so already are not among them."""

    items: list[Done]


class DocumentOut(msgspec.Struct, frozen=True, kw_only=True):
    """A document of a case: size in bytes, ``scan`` clean, waiting or infected, ``digest`` its SHA-256."""

    id: int
    name: str
    size: int
    media_type: str
    audience: str
    added: datetime
    by: str
    scan: str
    digest: str


class DocumentList(msgspec.Struct, frozen=True, kw_only=True):
    """The documents of a case, in the order in which they came."""

    items: list[DocumentOut]


class EntryOut(msgspec.Struct, frozen=True, kw_only=True):
    """A version of an entry of the library: title and Markdown text by language; days; whether it ``holds`` today."""

    code: str
    version: int
    cite: str
    kind: str
    audience: str
    district: str
    department: str | None
    services: list[str]
    title: dict[str, str]
    text: dict[str, str]
    source: str
    valid_from: date
    valid_until: date | None
    review_by: date | None
    holds: bool


class EntryList(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of the library."""

    items: list[EntryOut]


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was wrong: a JSON pointer to it, and what would be right."""

    pointer: str
    detail: str


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why a request was not carried out (RFC 9457): the words for it in ``detail``, in the reader's language; ``request_id`` finds it in the log."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    request_id: str
    errors: list[Fault] = []
