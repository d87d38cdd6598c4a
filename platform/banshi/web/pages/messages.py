"""The pages of messages: what a person is told, the texts of messages, webhooks."""

from __future__ import annotations

import msgspec

from banshi.web.pages.admin import AdminHead
from banshi.web.pages.parts import Form, Link, Tone


class MessagesPage(msgspec.Struct, frozen=True, kw_only=True):
    """portal/messages.html: an address of one's own, what one is told by which way, the digest of staff; ``form`` is the one with problems."""

    email: str
    claimed: str
    choices: Form
    address: Form | None = None
    code: Form | None = None
    remove: Form | None = None
    digest: Form | None = None
    form: Form | None = None
    saved: bool = False


class WordingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message in one language: whose text holds, and where it is changed."""

    title: str
    language: str
    whose: str
    href: str


class OutboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """A message that could not be sent: about what, by which way, when, and why not."""

    title: str
    way: str
    at: str
    why: str


class WordingsPage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/messages.html: the texts that hold in a district, and what became of messages; ``counts`` are label and bounded count."""

    head: AdminHead
    district: str
    districts: tuple[Link, ...]
    rows: tuple[WordingRow, ...]
    counts: tuple[tuple[str, str], ...]
    failed: tuple[OutboxRow, ...]
    closed: tuple[str, ...] = ()


class WordingPage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/message.html: one message in one language; ``preview`` are label and text, ``html`` the letter's body as it is drawn."""

    title: str
    lead: str
    back: str
    form: Form
    placeholders: tuple[tuple[str, str], ...]
    preview: tuple[tuple[str, str], ...] = ()
    html: str = ""
    preview_of: str = ""
    drop: Form | None = None


class WebhookRow(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook in the list."""

    title: str
    href: str
    url: str
    district: str
    state: str
    tone: Tone
    note: str
    waiting: str


class WebhooksPage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/webhooks.html."""

    head: AdminHead
    rows: tuple[WebhookRow, ...]
    add: str = ""


class WebhookFormPage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/webhook_form.html: add one, or change it."""

    title: str
    back: str
    form: Form


class TryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One try: when, what came back in how many milliseconds, and the beginning of the answer."""

    at: str
    status: str
    milliseconds: str
    answer: str


class DeliveryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One event for a webhook, with its tries; ``again`` sends it once more."""

    event: str
    at: str
    state: str
    tone: Tone
    tries: tuple[TryRow, ...]
    body: str
    again: Form | None = None


class WebhookPage(msgspec.Struct, frozen=True, kw_only=True):
    """admin/webhook.html: one webhook, what can be done with it, and its log; ``secret`` is shown only where it was asked for."""

    title: str
    state: str
    tone: Tone
    note: str
    facts: tuple[tuple[str, str], ...]
    acts: tuple[Form, ...]
    remove: Form | None
    change: str
    log: tuple[DeliveryRow, ...]
    older: str
    secret: str = ""
    problem: str = ""
