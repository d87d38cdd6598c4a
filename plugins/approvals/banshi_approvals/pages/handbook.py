"""The officer's handbook: one version of a sub-item whole, with what it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get
from litestar.params import FromPath

from banshi import NotFound, toolkit, translator
from banshi_approvals.catalogue import content, keeping
from banshi_approvals.catalogue.content import Item
from banshi_approvals.pages import desk, editor, guide, words

_ = translator("banshi_approvals")

EXPERTS = _("{number} experts of {field}, passed from {score} on")
ASKED = _("{department}: {question}; {days} workdays, no answer: {rule}")


class HandbookPage(msgspec.Struct, frozen=True, kw_only=True):
    """A version whole, for officers: everything that the applicant reads, and the steps."""

    back: str
    title: str
    version: desk.Shown
    terms: tuple[words.Line, ...]
    basis: tuple[str, ...]
    conditions: tuple[str, ...]
    steps: tuple[words.Line, ...]
    questions: tuple[words.Line, ...]
    materials: tuple[tuple[words.Needed, str], ...]
    differences: tuple[editor.Difference, ...]


class Handbook(Controller):
    """For every officer of approvals: the handbook."""

    @get("/desk/catalogue/{code:str}/{version:int}", opt=desk.READ)
    async def handbook(self, request: Request[Any, Any, Any], code: FromPath[str], version: FromPath[int]) -> Response[Any]:
        """One version whole, and what it changed."""
        async with toolkit.visiting(request) as visit:
            rows = await keeping.versions(visit.db, code)
            row = next((r for r in rows if r.version == version), None)
            if row is None:
                raise NotFound(_("There is no such version of this sub-item."))
            item = msgspec.convert(row.content, Item)
            earlier = next((msgspec.convert(r.content, Item) for r in rows if r.version < version), None)
            return toolkit.page(visit, "approvals/handbook.html", _handbook(visit, row, item, earlier), desk=True)


def _handbook(visit: toolkit.Visit, row: Any, item: Item, earlier: Item | None) -> HandbookPage:
    said = visit.language
    steps = []
    for step in item.steps:
        told = ""
        if step == "joint":
            told = "\n".join(_asked(visit, a) for a in item.joint)
        elif step == "inspection":
            told = visit.say(_("Form {code}"), code=item.inspection)
        elif step == "experts" and item.experts is not None:
            asked = item.experts
            told = visit.say(EXPERTS, number=asked.number, field=asked.field, score=asked.pass_at)
        steps.append(words.Line(visit.say(words.STEPS[step]), told))
    questions = []
    for question in item.questions:
        lines = [content.say(c.label, said) for c in question.choices]
        if question.when:
            lines.append(_when(visit, item, question.when))
        questions.append(words.Line(content.say(question.label, said), "\n".join(lines)))
    needed = words.needed(visit, item.materials)
    return HandbookPage(
        back=desk.at(visit, item.code) if visit.staff().may(desk.EDIT["permission"]) else guide.address(visit, f"item/{item.code}"),
        title=content.say(item.title, said),
        version=desk.shown(visit, row),
        terms=words.terms(visit, item, toolkit.responsible(visit, "approvals.application", item.code, guide.here(visit).id)),
        basis=tuple(content.say(b, said) for b in item.basis),
        conditions=tuple(content.say(c, said) for c in item.conditions),
        steps=tuple(steps),
        questions=tuple(questions),
        materials=tuple((n, _when(visit, item, m.when)) for n, m in zip(needed, item.materials, strict=True)),
        differences=editor.differences(visit, earlier, item),
    )


def _asked(visit: toolkit.Visit, asked: content.Asked) -> str:
    found = visit.house.directory.find(asked.department) if asked.department else None
    if found is None and asked.duty:
        found = toolkit.responsible(visit, "approvals.review", asked.duty, guide.here(visit).id)
    name = found.say(visit.language) if found else asked.duty or asked.department
    rule = visit.say(words.UNANSWERED[asked.unanswered])
    question = content.say(asked.question, visit.language)
    return visit.say(ASKED, department=name, question=question, days=asked.workdays, rule=rule)


def _when(visit: toolkit.Visit, item: Item, when: Mapping[str, Sequence[str]]) -> str:
    """Return for which answers something holds, in words."""
    told = []
    for question in item.questions:
        if question.name in when:
            answers = [content.say(c.label, visit.language) for c in question.choices if c.value in when[question.name]]
            told.append(f"{content.say(question.label, visit.language)} {' / '.join(answers)}")
    return "\n".join(told)
