"""The style guide."""

from __future__ import annotations

import msgspec

from banshi.web.pages.clocks import ClockBrief
from banshi.web.pages.parts import ActionLink, CaseRow, Contact, Entry, Form, Link, Step, Tone
from banshi.web.pages.portal import Alarm
from banshi.web.pages.search import HitRow


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """A tone and what it means."""

    name: Tone
    text: str


class ComponentsPage(msgspec.Struct, frozen=True, kw_only=True):
    """desk/components.html: each component, filled with what shows its states."""

    tones: tuple[Sample, ...]
    steps: tuple[Step, ...]
    story: tuple[Entry, ...]
    actions: tuple[ActionLink, ...]
    contact: Contact
    rows: tuple[CaseRow, ...]
    hits: tuple[HitRow, ...]
    form: Form
    wrong: Form
    alarm: Alarm
    facts: tuple[tuple[str, str], ...]
    clocks: tuple[ClockBrief, ...]
    links: tuple[Link, ...]
