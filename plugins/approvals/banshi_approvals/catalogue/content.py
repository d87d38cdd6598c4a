"""A sub-item of the catalogue as it is published: what it takes, who decides, how long, and what comes of it (domain 6.2, 6.3, 6.11, 7.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

Said = dict[str, str]
"""A text in every language: ``{"zh": …, "en": …}``."""
Family = Literal["persons", "institutions", "places"]
Level = Literal["window", "office", "leader"]
StepName = Literal["formal", "substantive", "inspection", "experts", "meeting", "joint"]
Unanswered = Literal["agree", "escalate", "block"]


class Choice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One answer to a question about the applicant's situation."""

    value: str
    label: Said


class Question(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is asked of the applicant's situation; ``when`` asks it only after these answers to earlier ones."""

    name: str
    label: Said
    choices: tuple[Choice, ...]
    when: dict[str, tuple[str, ...]] = {}


class Material(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A material that has to be handed in, where the situation (``when``) asks for it.

    ``core``: without it nothing can be accepted; one that is not may follow later, on a promise (容缺受理). ``licence``: the kind of an own
    licence that replaces it, so that nobody is asked for what the office has itself. ``takes`` are the kinds of files: pdf, picture, any.
    """

    code: str
    title: Said
    hint: Said = {}
    basis: Said = {}
    sample: Said = {}
    core: bool = True
    when: dict[str, tuple[str, ...]] = {}
    takes: Literal["any", "pdf", "picture"] = "any"
    licence: str = ""


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A department that is asked in a joint review: by code, or the district's department with that duty (``approvals.review`` and this category).

    ``workdays`` it has; ``unanswered`` is what holds when they are over.
    """

    department: str = ""
    duty: str = ""
    question: Said = {}
    workdays: int = 5
    unanswered: Unanswered = "escalate"


class Experts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many experts of which field judge it, by which criteria, and from which mean score (of 100) they agree."""

    field: str
    number: int = 3
    pass_at: int = 60
    criteria: tuple[Choice, ...] = ()


class Grants(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes of it: the kind of licence, what it is called, how many months it is valid (None: for good), when it can be renewed."""

    kind: str
    title: Said
    months: int | None = None
    renew_days: int = 30
    yearly_check: bool = False
    prefix: str = ""


class Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sub-item, whole."""

    code: str
    matter: str
    title: Said
    summary: Said
    basis: tuple[Said, ...]
    conditions: tuple[Said, ...] = ()
    questions: tuple[Question, ...] = ()
    materials: tuple[Material, ...]
    fee: Said = {}
    statutory: int = 20
    promised: int = 10
    reply: int = 15
    decides: Level = "office"
    steps: tuple[StepName, ...] = ("formal",)
    at_once: bool = False
    joint: tuple[Asked, ...] = ()
    inspection: str = ""
    experts: Experts | None = None
    promise: bool = False
    grants: Grants
    words: tuple[Said, ...] = ()
    holder: Literal["person", "institution", "any"] = "any"


class Matter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A matter: the heading of its sub-items."""

    code: str
    family: Family
    title: Said


def say(text: Mapping[str, str], language: str) -> str:
    """Return a text in ``language``, in any other where that one lacks."""
    return text.get(language) or next(iter(text.values()), "")


def answers(told: Sequence[str]) -> dict[str, str]:
    """Return the answers that a form carries as ``question:answer``."""
    return dict(one.partition(":")[::2] for one in told if ":" in one)


def materials(item: Item, situation: Mapping[str, str]) -> list[Material]:
    """Return exactly what has to be handed in in a situation."""
    return [m for m in item.materials if _holds(m.when, situation)]


def chosen(item: Item, told: Mapping[str, str]) -> tuple[tuple[Said, Said], ...]:
    """Return the questions that were asked with the answers that were chosen, in words."""
    return tuple((q.label, c.label) for q in questions(item, told) for c in q.choices if told.get(q.name) == c.value)


def questions(item: Item, situation: Mapping[str, str]) -> list[Question]:
    """Return the questions that are asked, as far as the answers so far lead to them."""
    return [q for q in item.questions if _holds(q.when, situation)]


def asked(question: Question, situation: Mapping[str, str]) -> bool:
    """Return whether a question is asked after the answers so far."""
    return _holds(question.when, situation)


def _holds(when: Mapping[str, Sequence[str]], situation: Mapping[str, str]) -> bool:
    return all(situation.get(name) in values for name, values in when.items())
