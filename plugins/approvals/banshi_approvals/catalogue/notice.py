"""The one-time notification (一次性告知书): for one situation exactly what is needed, all at once; for the page and for the paper (domain 6.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from banshi_approvals.catalogue import content
from banshi_approvals.catalogue.content import Item, Level, Material, Question, Said


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A question about the situation with its answer."""

    question: Said
    answer: Said


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody in a situation is told; every text in every language."""

    item: str
    version: int
    title: Said
    summary: Said
    basis: tuple[Said, ...]
    conditions: tuple[Said, ...]
    situation: tuple[Answered, ...]
    materials: tuple[Material, ...]
    fee: Said
    statutory: int
    promised: int
    decides: Level
    grants: Said
    months: int | None


def of(item: Item, version: int, situation: Mapping[str, str]) -> Notice:
    """Return the notification of a sub-item for a situation, which answers every question that it leads to."""
    answered = []
    for question in content.questions(item, situation):
        chosen = next((c for c in question.choices if c.value == situation.get(question.name)), None)
        if chosen is not None:
            answered.append(Answered(question=question.label, answer=chosen.label))
    return Notice(
        item=item.code,
        version=version,
        title=item.title,
        summary=item.summary,
        basis=item.basis,
        conditions=item.conditions,
        situation=tuple(answered),
        materials=tuple(content.materials(item, situation)),
        fee=item.fee,
        statutory=item.statutory,
        promised=item.promised,
        decides=item.decides,
        grants=item.grants.title,
        months=item.grants.months,
    )


def situation(item: Item, told: Sequence[str]) -> dict[str, str]:
    """Return those answers (``question:answer``) that are answers to questions of the sub-item and that the others lead to."""
    said = content.answers(told)
    kept: dict[str, str] = {}
    for question in item.questions:
        if content.asked(question, kept) and said.get(question.name) in {c.value for c in question.choices}:
            kept[question.name] = said[question.name]
    return kept


def unanswered(item: Item, answers: Mapping[str, str]) -> list[Question]:
    """Return the questions that are still open in a situation."""
    return [q for q in content.questions(item, answers) if q.name not in answers]
