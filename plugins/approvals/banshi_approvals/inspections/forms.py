"""Inspection forms in versions: a published one never changes; what was begun on it is finished on it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from importlib import resources
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert

from banshi import Invalid, Text, translator
from banshi_approvals.inspections.content import InspectionForm
from banshi_approvals.models import inspection_form

_ = translator("banshi_approvals")

CODE = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
ITEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,19}")
LANGUAGES = ("zh", "en")


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A form, and which version of it this is."""

    form: InspectionForm
    version: int
    valid_from: date


async def current(db: Any, code: str, day: date) -> Version | None:
    """Return the version of a form that holds on a day, None where there is none."""
    held = select(inspection_form).where(inspection_form.c.code == code, inspection_form.c.valid_from <= day)
    row = (await db.execute(held.order_by(inspection_form.c.version.desc()).limit(1))).one_or_none()
    return None if row is None else _version(row)


async def version(db: Any, code: str, number: int) -> Version | None:
    """Return one version of a form, however old."""
    row = (await db.execute(select(inspection_form).where(inspection_form.c.code == code, inspection_form.c.version == number))).one_or_none()
    return None if row is None else _version(row)


async def every(db: Any, day: date) -> list[Version]:
    """Return the forms that hold on a day, by code."""
    rows = await db.execute(
        select(inspection_form)
        .ext(distinct_on(inspection_form.c.code))
        .where(inspection_form.c.valid_from <= day)
        .order_by(inspection_form.c.code, inspection_form.c.version.desc())
    )
    return [_version(row) for row in rows]


async def put(db: Any, form: InspectionForm, day: date, at: datetime) -> int:
    """Publish a form, valid from ``day``, and return its version; one that says what the newest says already stays that one.

    Raises Invalid with everything that is wrong with it.
    """
    if problems := faults(form):
        raise Invalid(_("The inspection form has mistakes."), problems)
    held = select(inspection_form).where(inspection_form.c.code == form.code)
    newest = (await db.execute(held.order_by(inspection_form.c.version.desc()).limit(1))).one_or_none()
    content = msgspec.to_builtins(form)
    if newest is not None and _version(newest).form == form:
        return int(newest.version)
    number = newest.version + 1 if newest is not None else 1
    values = {"code": form.code, "version": number, "content": content, "valid_from": day, "changed": at}
    wrote = insert(inspection_form).values(values).on_conflict_do_nothing().returning(inspection_form.c.version)
    if (await db.execute(wrote)).one_or_none() is None:
        return await put(db, form, day, at)  # somebody published at the same moment: theirs is the newest now
    return int(number)


def read(told: Mapping[str, Any]) -> tuple[list[InspectionForm], dict[str, Text | str]]:
    """Return the forms of a TOML document (``[[inspection_form]]``), and what is wrong with the others, by their place."""
    found: list[InspectionForm] = []
    problems: dict[str, Text | str] = {}
    for number, one in enumerate(told.get("inspection_form", ()), 1):
        where = f"inspection_form {number}"
        try:
            form = msgspec.convert(one, InspectionForm)
        except msgspec.ValidationError as error:
            problems[where] = str(error)
            continue
        wrong = faults(form)
        problems |= {f"{where} ({form.code}) {name}": text for name, text in wrong.items()}
        if not wrong:
            found.append(form)
    return found, problems


def faults(form: InspectionForm) -> dict[str, Text | str]:
    """Return everything that is wrong with a form, by what it is wrong with."""
    problems: dict[str, Text | str] = {}
    if not CODE.fullmatch(form.code):
        problems["code"] = _("A code has small letters, digits, - and _ only.")
    if not 1 <= form.pass_at <= 100:
        problems["pass_at"] = _("The share is between 1 and 100 percent.")
    if not list(form.items()):
        problems["sections"] = _("A form has at least one item.")
    _said(problems, "title", form.title)
    seen: set[str] = set()
    for section in form.sections:
        _said(problems, "section", section.title)
        for item in section.items:
            if not ITEM.fullmatch(item.code):
                problems[item.code] = _("The code of an item has letters, digits, dots, - and _ only.")
            elif item.code in seen:
                problems[item.code] = _("Two items have the same code.")
            seen.add(item.code)
            _said(problems, item.code, item.text)
            if item.rule:
                _said(problems, item.code, item.rule)
    return problems


def _said(problems: dict[str, Text | str], where: str, said: Mapping[str, str]) -> None:
    if any(not said.get(language, "").strip() for language in LANGUAGES):
        problems.setdefault(where, _("Say it in Chinese (zh) and English (en)."))


def _version(row: Any) -> Version:
    return Version(form=msgspec.convert(row.content, InspectionForm), version=row.version, valid_from=row.valid_from)


def chosen(form: InspectionForm, codes: Sequence[str]) -> list[Any]:
    """Return the items that an inspection looks at: all, or, where it is one of what failed before, those."""
    return [i for i in form.items() if not codes or i.code in codes]


async def demo(db: Any, day: date, at: datetime) -> list[str]:
    """Publish the forms of the demo city, and return their codes; again, it changes nothing."""
    source = resources.files("banshi_approvals") / "demo" / "inspection_forms.toml"
    found, problems = read(tomllib.loads(source.read_text(encoding="utf8")))
    if problems:
        raise Invalid(_("The inspection form has mistakes."), problems)
    for form in found:
        await put(db, form, day, at)
    return [form.code for form in found]
