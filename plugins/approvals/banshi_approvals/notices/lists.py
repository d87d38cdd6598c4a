"""The one-time notification as PDF: the complete list of materials for a situation, to take along. It is not kept, and bears no seal."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Controller, Request, Response, get
from litestar.params import FromPath

from banshi import NotFound, toolkit, translator
from banshi_approvals.catalogue import content, reading
from banshi_approvals.catalogue.content import Item
from banshi_approvals.papers import kinds

_ = translator("banshi_approvals")


class Lists(Controller):
    """What a sub-item asks for, on paper."""

    path = "/item/{code:str}"

    @get("/list.pdf", opt={"permission": "public"})
    async def give(self, request: Request[Any, Any, Any], code: FromPath[str]) -> Response[Any]:
        """The list for a situation (``s=question:answer``, as often as there are questions) as PDF, in the reader's language."""
        from banshi_approvals import papers

        async with toolkit.visiting(request) as visit:
            district = visit.district
            offer = await reading.published(visit.db, code, district.id, visit.at) if district is not None else None
            if offer is None or district is None:
                raise NotFound(_("This sub-item is not offered here any more. Look it up in the catalogue."))
            settings = visit.site.settings_of("approvals")
            department_id = offer.department_id or getattr(visit.house.directory.responsible("approvals.application", code, district.id), "id", None)
            department = visit.house.directory.department(department_id) if department_id else None
            head = kinds.Head(
                organ=settings.organ or (department or district).say(visit.language),
                number="",
                case="",
                day=visit.at.astimezone(district.timezone).date(),
                address=f"{visit.site.settings.address}/d/{district.code}/approvals/item/{code}",
                code="",
            )
            where = " ".join(p for p in (department.say(visit.language), department.say_address(visit.language)) if p) if department else ""
            paper = notification(offer.item, request.query_params.getall("s", []), head, visit, where)
        pdf = await asyncio.to_thread(papers.draw, paper, visit.language, fonts_in=settings.fonts or None)
        return toolkit.give(pdf, f"{code}.pdf", "application/pdf")


def notification(item: Item, told: list[str], head: kinds.Head, visit: toolkit.Visit, where: str) -> kinds.Notification:
    """Return the list for a situation; answers that the sub-item does not know are left out."""

    def said(text: content.Said) -> str:
        return content.say(text, visit.language) if text else ""

    situation = content.answers(told)
    asked = [(q, next((c for c in q.choices if c.value == situation.get(q.name)), None)) for q in content.questions(item, situation)]
    return kinds.Notification(
        head=head,
        matter=said(item.title),
        materials=tuple(
            kinds.Material(
                name=said(m.title),
                form=said(m.hint),
                basis=said(m.basis) or "; ".join(said(b) for b in item.basis),
                sample=said(m.sample),
                core=m.core,
            )
            for m in content.materials(item, situation)
        ),
        situation=tuple((said(q.label), said(c.label)) for q, c in asked if c is not None),
        statutory=visit.say(_("{days} workdays"), days=item.statutory),
        promised=visit.say(_("At once")) if item.at_once else visit.say(_("{days} workdays"), days=item.promised),
        fee=said(item.fee) or visit.say(_("Free of charge")),
        where=where,
    )
