"""The pages that everybody meets."""

from __future__ import annotations

import msgspec

from banshi.web.pages.parts import Form, Link


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
