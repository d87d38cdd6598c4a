"""What a sub-item must be before anybody can rely on it: every fault at once, each with the field where it lies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from banshi import City, Said, Text, translator
from banshi_approvals.catalogue.content import Item

_ = translator("banshi_approvals")

LONGEST = 200
"""Workdays that a limit may have at the most."""
NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
PREFIX = re.compile(r"[A-Z]{0,6}")
LANGUAGES = ("zh", "en")


class Fault(msgspec.Struct, frozen=True):
    """What is wrong in which field (``materials.2.when``) of which sub-item; ``field`` is empty where it is the whole."""

    item: str
    field: str
    text: Text | Said | str


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What a sub-item may refer to: matters and inspection forms by code, and the city's departments."""

    matters: frozenset[str]
    forms: frozenset[str]
    city: City


def faults(item: Item, known: Known) -> list[Fault]:
    """Return everything that is wrong with a sub-item; an empty list when it can be published."""
    return [Fault(item.code, field, text) for field, text in _faults(item, known)]


Found = Iterator[tuple[str, Text | Said]]


def _faults(item: Item, known: Known) -> Found:
    if not NAME.fullmatch(item.code):
        yield "code", CODE
    if item.matter not in known.matters:
        yield "matter", Said(_("There is no matter “{code}”."), {"code": item.matter})
    yield from _texts(item, "")
    if not item.basis:
        yield "basis", _("Name at least one legal basis.")
    for name in ("statutory", "promised", "reply"):
        if not 1 <= getattr(item, name) <= LONGEST:
            yield name, Said(_("A limit is 1 to {most} workdays."), {"most": LONGEST})
    if item.promised > item.statutory:
        yield "promised", _("The promised limit is longer than that of the law.")
    yield from _questions(item)
    yield from _materials(item)
    yield from _steps(item, known)
    yield from _grants(item)


CODE = _("A code has small letters, digits, - and _, at most 60, and begins with a letter or digit.")
TWICE = Said(_("It is there twice."), {})


def _texts(value: Any, path: str) -> Found:
    """Yield the texts that one language lacks, wherever they stand in a struct."""
    for field in msgspec.structs.fields(type(value)):
        here, found = f"{path}{field.name}", getattr(value, field.name)
        if isinstance(found, msgspec.Struct):
            yield from _texts(found, f"{here}.")
        elif isinstance(found, tuple):
            for number, one in enumerate(found):
                if isinstance(one, msgspec.Struct):
                    yield from _texts(one, f"{here}.{number}.")
                elif isinstance(one, dict) and not _both(one):
                    yield f"{here}.{number}", BOTH
        elif isinstance(found, dict) and field.name != "when" and not (_both(found) or (not found and not field.required)):
            yield here, BOTH


BOTH = _("Say it in Chinese and in English (zh and en).")


def _both(said: Mapping[str, str]) -> bool:
    return set(said) == set(LANGUAGES) and all(text.strip() for text in said.values())


def _questions(item: Item) -> Found:
    asked: dict[str, set[str]] = {}
    for number, question in enumerate(item.questions):
        here = f"questions.{number}"
        if not NAME.fullmatch(question.name):
            yield f"{here}.name", CODE
        if question.name in asked:
            yield f"{here}.name", TWICE
        values = [c.value for c in question.choices]
        if len(values) < 2:
            yield f"{here}.choices", _("A question has at least two answers.")
        if len(set(values)) < len(values):
            yield f"{here}.choices", TWICE
        if any(not NAME.fullmatch(v) for v in values):
            yield f"{here}.choices", CODE
        yield from _when(question.when, asked, here)
        asked[question.name] = set(values)


def _when(when: Mapping[str, Sequence[str]], asked: Mapping[str, set[str]], here: str) -> Found:
    for name, values in when.items():
        if name not in asked:
            yield f"{here}.when", Said(_("“{name}” is no question that is asked before."), {"name": name})
            continue
        if not values:
            yield f"{here}.when", Said(_("Name the answers to “{name}” for which it holds."), {"name": name})
        for value in values:
            if value not in asked[name]:
                yield f"{here}.when", Said(_("“{value}” is no answer to “{name}”."), {"value": value, "name": name})


def _materials(item: Item) -> Found:
    asked = {q.name: {c.value for c in q.choices} for q in item.questions}
    codes: set[str] = set()
    if not item.materials:
        yield "materials", _("Name at least one material.")
    for number, material in enumerate(item.materials):
        here = f"materials.{number}"
        if not NAME.fullmatch(material.code):
            yield f"{here}.code", CODE
        if material.code in codes:
            yield f"{here}.code", TWICE
        codes.add(material.code)
        yield from _when(material.when, asked, here)


def _steps(item: Item, known: Known) -> Found:
    if not item.steps:
        yield "steps", _("Name at least one step.")
    if len(set(item.steps)) < len(item.steps):
        yield "steps", TWICE
    if item.at_once and (item.decides != "window" or set(item.steps) - {"formal"}):
        yield "at_once", _("At once is only what the window decides after the formal check alone.")
    needs = (("joint", bool(item.joint)), ("inspection", bool(item.inspection)), ("experts", item.experts is not None))
    for name, said in needs:
        if name in item.steps and not said:
            yield name, Said(_("The step “{step}” is named, but not what it takes."), {"step": name})
        if said and name not in item.steps:
            yield "steps", Said(_("What “{step}” takes is said, but the step is not named."), {"step": name})
    for number, asked in enumerate(item.joint):
        here = f"joint.{number}"
        if not asked.department and not asked.duty:
            yield here, _("Name a department by its code, or its duty.")
        if asked.department and ((found := known.city.find(asked.department)) is None or found.dissolved):
            yield f"{here}.department", Said(_("There is no department “{code}”."), {"code": asked.department})
        if not 1 <= asked.workdays <= 60:
            yield f"{here}.workdays", Said(_("A limit is 1 to {most} workdays."), {"most": 60})
    if item.inspection and item.inspection not in known.forms:
        yield "inspection", Said(_("There is no inspection form “{code}”."), {"code": item.inspection})
    if item.experts is not None:
        if not 1 <= item.experts.number <= 15:
            yield "experts.number", _("A panel has 1 to 15 experts.")
        if not 0 <= item.experts.pass_at <= 100:
            yield "experts.pass_at", _("Scores are 0 to 100.")
        if not item.experts.field.strip():
            yield "experts.field", _("Name the field of the experts.")


def _grants(item: Item) -> Found:
    grants = item.grants
    if not NAME.fullmatch(grants.kind):
        yield "grants.kind", CODE
    if grants.months is not None and not 1 <= grants.months <= 600:
        yield "grants.months", _("A licence is valid for 1 to 600 months, or for good.")
    if not 0 <= grants.renew_days <= 365:
        yield "grants.renew_days", _("A renewal can be asked for 0 to 365 days before the end.")
    if not PREFIX.fullmatch(grants.prefix):
        yield "grants.prefix", _("The letters of a licence's number are at most six capitals.")
