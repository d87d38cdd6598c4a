"""The form of an inspection on a telephone, and the same form for whoever wants to check themself beforehand."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
from litestar import Controller, Request, Response, get, post
from litestar.params import FromPath, FromQuery

from banshi import Invalid, NotFound, Refused, toolkit, translator
from banshi_approvals.catalogue.content import say
from banshi_approvals.inspections import counting, forms, scoring, showing
from banshi_approvals.inspections.content import Item
from banshi_approvals.inspections.facts import Facts

_ = translator("banshi_approvals")

YEAR = timedelta(days=365)
NONE_SUCH = _("There is no such inspection.")
NO_PICTURE = _("this is no picture")
BARE = _("Choose met, not met, or does not apply.")


class OnSite(Controller):
    """The form of one inspection: what was found is saved section by section, or item by item as the network lets it."""

    path = "/inspection"
    opt = {"permission": "approvals.inspect"}  # noqa: RUF012 -- litestar's own way

    @get("/{number:str}", opt={"permission": "approvals.inspect"})
    async def show(
        self, request: Request[Any, Any, Any], number: FromPath[str], saved: FromQuery[int] = 0, newer: FromQuery[str] = ""
    ) -> Response[Any]:
        """Show the form as it stands."""
        async with toolkit.visiting(request) as visit:
            sheet = await _sheet(visit, number)
            said = visit.say(_("{count} answers are saved."), count=saved) if saved else ""
            if newer:
                said += " " + visit.say(_("Of these somebody noted something newer, which stays: {items}."), items=newer[:200])
            return toolkit.page(visit, "approvals/inspections/page.html", _page(visit, sheet, said=said.strip()), desk=True)

    @post("/{number:str}", opt={"permission": "approvals.inspect"}, status_code=200)
    async def save(self, request: Request[Any, Any, Any], number: FromPath[str]) -> Response[Any]:
        """Take the answers that were changed; a script that sends them gets told what of it stands."""
        raw = {name: str(value) for name, value in (await request.form()).items() if isinstance(value, str)}
        script = "application/json" in request.headers.get("accept", "")
        try:
            async with toolkit.visiting(request) as visit:
                sheet = await _sheet(visit, number)
                answers, bare = showing.typed(raw, sheet.items)
                if bare and not script:
                    shown = _page(
                        visit, sheet, raw=raw, bare=bare, problem=visit.say(_("Some items have words, but no answer. Nothing is lost: choose one."))
                    )
                    return toolkit.page(visit, "approvals/inspections/page.html", shown, desk=True, status=400)
                if answers:
                    await _act(visit, sheet, "answer", {"answers": answers}, raw.get("key", ""))
                after = await _sheet(visit, number)
                newer = _newer(after, answers)
                if script:
                    return Response({"newer": newer, "answered": len(after.facts.answers), "total": len(after.items)})
                counted = len(answers) - len(newer)
                section = raw.get("section", "")
                place = f"#section-{section}" if section.isascii() and section.isdigit() and len(section) < 4 else ""
                listed = f"&newer={'+'.join(newer)}" if newer else ""
                return visit.go(f"{_address(visit, sheet)}?saved={counted}{listed}{place}")
        except Refused as refused:
            async with toolkit.visiting(request) as visit:
                said = visit.say(refused.text, **refused.values)
                if script:
                    details = [visit.say(text) for text in refused.problems.values()] if isinstance(refused, Invalid) else []
                    return Response({"problem": " ".join([said, *details])}, status_code=refused.status)
                sheet = await _sheet(visit, number)
                return toolkit.page(
                    visit, "approvals/inspections/page.html", _page(visit, sheet, raw=raw, problem=said), desk=True, status=refused.status
                )

    @post("/{number:str}/photo", opt={"permission": "approvals.inspect", "upload": True}, request_max_body_size=None, status_code=200)
    async def photo(self, request: Request[Any, Any, Any], number: FromPath[str], item: FromQuery[str] = "") -> Response[Any]:
        """Take pictures of an item; the same picture again is the one that is there."""
        script = "application/json" in request.headers.get("accept", "")
        async with toolkit.visiting(request) as visit:
            sheet = await _sheet(visit, number)
            if item not in {i.code for i in sheet.items}:
                raise NotFound(_("There is no such item on this form, or it is not inspected again."))
        problem, status = "", 200
        try:
            async with toolkit.uploaded(request) as upload, toolkit.visiting(request) as visit:
                sheet = await _sheet(visit, number)
                told = [f"{name}: {visit.say(refused.text, **refused.values)}" for name, refused in upload.refused]
                told += [f"{f.name}: {visit.say(NO_PICTURE)}" for f, _verdict in upload.files if not f.kind.media_type.startswith("image/")]
                upload.files = [(f, verdict) for f, verdict in upload.files if f.kind.media_type.startswith("image/")]
                if upload.files:
                    documents = await toolkit.attach(visit, sheet.actor, sheet.row.number, upload)
                    await _act(visit, sheet, "show", {"item": item, "documents": documents}, "")
                if not upload.files and not told:
                    told = [visit.say(_("No picture was chosen."))]
                problem, status = " ".join(told), 400 if told else 200
        except Refused as refused:
            async with toolkit.visiting(request) as visit:
                problem, status = visit.say(refused.text, **refused.values), refused.status
        async with toolkit.visiting(request) as visit:
            sheet = await _sheet(visit, number)
            if script:
                pictures = [p for i in sheet.items if i.code == item for p in _part(visit, sheet, i, {}).pictures]
                return Response({"problem": problem, "pictures": pictures}, status_code=status)
            if problem:
                return toolkit.page(visit, "approvals/inspections/page.html", _page(visit, sheet, problem=problem), desk=True, status=status)
            return visit.go(f"{_address(visit, sheet)}#item-{item}")


class Items(Controller):
    """Which items are failed how often."""

    path = "/desk/items"

    @get("/", opt={"permission": "approvals.examine"})
    async def show(self, request: Request[Any, Any, Any], since: FromQuery[str] = "", until: FromQuery[str] = "") -> Response[Any]:
        """Show the items that are met least, over the last year where no days are chosen."""
        async with toolkit.visiting(request) as visit:
            place: Any = visit.district
            last = _day(until) or visit.at.astimezone(place.timezone).date()
            first = min(_day(since) or last - YEAR, last)
            below = [d.id for d in visit.house.directory.tree.below(place.id)]
            rows = tuple(_counted(visit, c) for c in await counting.by_item(visit.db, below, first, last))
            page = showing.CountedPage(
                rows=rows,
                since=toolkit.say_date(first, visit.language),
                until=toolkit.say_date(last, visit.language),
                since_value=first.isoformat(),
                until_value=last.isoformat(),
            )
            return toolkit.page(visit, "approvals/inspections/counted.html", page, desk=True)


def _day(said: str) -> date | None:
    try:
        return date.fromisoformat(said)
    except ValueError:
        return None


def _counted(visit: Any, one: counting.Counted) -> showing.CountedRow:
    return showing.CountedRow(
        item=one.item,
        text=say(one.text, visit.language),
        rule=say(one.rule, visit.language) if one.rule else "",
        form=say(one.title, visit.language),
        key=one.key,
        applicable=one.applicable,
        met=one.met,
        share=f"{one.share:.1f}",
    )


class SelfCheck(Controller):
    """The same forms for applicants: nothing is kept, the result is there at once."""

    path = "/self-check"

    @get("/", opt={"permission": "public"})
    async def index(self, request: Request[Any, Any, Any]) -> Response[Any]:
        """List the forms."""
        async with toolkit.visiting(request) as visit:
            code = visit.district.code if visit.district else ""
            found = await forms.every(visit.db, toolkit.today(visit))
            lines = [
                showing.Line(
                    title=say(v.form.title, visit.language), href=f"/d/{code}/approvals/self-check/{v.form.code}", items=len(list(v.form.items()))
                )
                for v in found
            ]
            return toolkit.page(visit, "approvals/inspections/self_checks.html", showing.SelfChecksPage(lines=tuple(lines)))

    @get("/{form:str}", opt={"permission": "public"})
    async def show(self, request: Request[Any, Any, Any], form: FromPath[str]) -> Response[Any]:
        """Show a form."""
        async with toolkit.visiting(request) as visit:
            return toolkit.page(visit, "approvals/inspections/self_check.html", _check(visit, await _current(visit, form), {}))

    @post("/{form:str}", opt={"permission": "public"}, status_code=200)
    async def judge(self, request: Request[Any, Any, Any], form: FromPath[str]) -> Response[Any]:
        """Say how it would come out."""
        raw = {name: str(value) for name, value in (await request.form()).items() if isinstance(value, str)}
        async with toolkit.visiting(request) as visit:
            return toolkit.page(visit, "approvals/inspections/self_check.html", _check(visit, await _current(visit, form), raw, judged=True))


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """An inspection as its page needs it."""

    row: Any
    actor: Any
    facts: Facts
    form: Any
    items: tuple[Item, ...]
    documents: tuple[int, ...]


async def _sheet(visit: Any, number: str) -> Sheet:
    actor, row = await toolkit.desk_case(visit, number)
    declared = visit.house.declared(row.type_id)
    if declared is None or declared.key != "approvals.inspection":
        raise NotFound(NONE_SUCH)
    facts = msgspec.convert(row.facts, Facts)
    known = await forms.version(visit.db, facts.form, facts.version)
    if known is None:
        raise NotFound(NONE_SUCH)
    documents = tuple(d.id for d in await toolkit.documents(visit, row, staff=True))
    items = tuple(forms.chosen(known.form, facts.items))
    return Sheet(row=row, actor=actor, facts=facts, form=known.form, items=items, documents=documents)


async def _act(visit: Any, sheet: Sheet, action: str, answers: Mapping[str, Any], key: str) -> None:
    declared = visit.house.declared(sheet.row.type_id).action(action)
    form = toolkit.decode(declared.form, answers)
    # A section that is saved again with other answers, after a look back, is no repetition: the key holds what was said.
    told = hashlib.sha256(msgspec.json.encode(answers)).hexdigest()[:32]
    safe = key if len(key) <= 60 and key.isascii() and key.isprintable() else ""
    await toolkit.act(visit, sheet.actor, toolkit.Act(number=sheet.row.number, action=action, form=form, key=f"{safe}:{told}" if safe else ""))


def _newer(sheet: Sheet, answers: Sequence[str]) -> list[str]:
    """Return the items of which something else stands than what was just sent."""
    found = []
    for one in answers:
        head, _blank, remark = one.partition(" ")
        code, _colon, rest = head.partition(":")
        held = sheet.facts.answer(code)
        if held is not None and (held.finding, held.remark) != (rest.partition("@")[0], remark.strip()):
            found.append(code)
    return found


def _address(visit: Any, sheet: Sheet) -> str:
    return f"/d/{visit.district.code}/approvals/inspection/{toolkit.show_number(sheet.row.number)}"


def _part(visit: Any, sheet: Sheet, item: Item, raw: Mapping[str, str], problem: str = "") -> showing.ItemPart:
    answer = sheet.facts.answer(item.code)
    by = visit.say(_("Staff {number}"), number=answer.by) if answer is not None else ""
    address = f"/desk/case/{toolkit.show_number(sheet.row.number)}/files"
    return showing.item_part(item, sheet.facts, visit.language, raw, sheet.documents, address, by, problem)


def _page(visit: Any, sheet: Sheet, *, raw: Mapping[str, str] = {}, bare: Any = (), problem: str = "", said: str = "") -> showing.InspectionPage:
    number, address = toolkit.show_number(sheet.row.number), _address(visit, sheet)

    def part(item: Item) -> showing.ItemPart:
        return _part(visit, sheet, item, raw, visit.say(BARE) if item.code in bare else "")

    return showing.InspectionPage(
        number=number,
        title=sheet.row.title,
        form=say(sheet.form.title, visit.language),
        place=str(sheet.row.data.get("place") or ""),
        day=sheet.facts.day.isoformat() if sheet.facts.day else "",
        sections=showing.sections(sheet.form, sheet.facts.items, visit.language, part),
        answered=len(sheet.facts.answers),
        total=len(sheet.items),
        save=address,
        photo=f"{address}/photo",
        token=toolkit.upload_token(visit.request),
        key=secrets.token_hex(12),
        desk=f"/desk/case/{number}",
        open=sheet.row.closed is None,
        again=bool(sheet.facts.items),
        problem=problem,
        said=said,
    )


async def _current(visit: Any, code: str) -> forms.Version:
    known = await forms.current(visit.db, code, toolkit.today(visit)) if forms.CODE.fullmatch(code) else None
    if known is None:
        raise NotFound(_("There is no such inspection form."))
    return known


def _check(visit: Any, known: forms.Version, raw: Mapping[str, str], *, judged: bool = False) -> showing.SelfCheckPage:
    form, items = known.form, list(known.form.items())
    found: Any = {i.code: raw[f"finding.{i.code}"] for i in items if raw.get(f"finding.{i.code}") in showing.LETTERS}
    missing = {i.code for i in items if i.code not in found} if judged else set()

    def part(item: Item) -> showing.ItemPart:
        return showing.item_part(item, Facts(), visit.language, raw, problem=visit.say(BARE) if item.code in missing else "")

    page = showing.SelfCheckPage(
        title=say(form.title, visit.language),
        sections=showing.sections(form, (), visit.language, part),
        action=f"/d/{visit.district.code}/approvals/self-check/{form.code}",
        back=f"/d/{visit.district.code}/approvals/self-check",
        pass_at=form.pass_at,
    )
    if not judged:
        return page
    if missing:
        return msgspec.structs.replace(page, problem=visit.say(_("{count} items have no answer yet."), count=len(missing)))
    result = scoring.score(items, found, form.pass_at)
    if result.empty:
        said = _("Nothing on this form applies to you: ask the window whether it is the right one.")
    else:
        said = _("As you answered, the place would pass.") if result.passed else _("As you answered, the place would not pass yet.")
    parts = {p.code: p for s in page.sections for p in s.items}
    return msgspec.structs.replace(
        page,
        result=visit.say(said),
        passed=result.passed and not result.empty,
        lines=_lines(visit, result),
        failed=tuple(parts[code] for code in result.failed),
    )


def _lines(visit: Any, result: scoring.Score) -> tuple[str, ...]:
    lines = [visit.say(_("Key items met: {met} of {all}; all must be."), met=result.key_met, all=result.key_applicable)]
    if result.share is not None:
        share = f"{result.share:.1f}"
        told = _("General items met: {met} of {all}, {share} %; at least {least} % must be.")
        lines.append(visit.say(told, met=result.met, all=result.applicable, share=share, least=result.pass_at))
    if result.not_applicable:
        lines.append(visit.say(_("{count} items do not apply: they count neither way."), count=result.not_applicable))
    return tuple(lines)


lines_of = _lines
CONTROLLERS = (OnSite, Items, SelfCheck)
