"""Figures in words: rates, days, months, and what a line of the table is called."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from babel.dates import format_skeleton

from banshi import texts
from banshi.cases.book import House
from banshi.cases.decoding import shapes
from banshi.reporting import measuring
from banshi.reporting.asking import By, Figure
from banshi.texts import Language
from banshi.web import casepage

_ = texts.translator("banshi")

BYS: Mapping[By, texts.Text] = {
    "department": _("By department"),
    "type": _("By kind of case"),
    "category": _("By category"),
    "channel": _("By the way they came in"),
    "district": _("By district"),
    "month": _("By month"),
}
HEADS: Mapping[By, texts.Text] = {
    "department": _("Department"),
    "type": _("Kind of case"),
    "category": _("Category"),
    "channel": _("Came by"),
    "district": _("District"),
    "month": _("Month"),
}
BEYOND = measuring.EXACT + 1


def percent(figure: Figure) -> str:
    """Return a rate in whole percent, empty where nobody is in the denominator. All and none are said only where they are exact."""
    if not figure.of:
        return ""
    whole = (200 * figure.hits + figure.of) // (2 * figure.of)
    if 0 < figure.hits < figure.of:
        whole = min(max(whole, 1), 99)
    return f"{whole}%"


def days(number: int | None) -> str:
    """Return a number of days; what is beyond the exact ones as such."""
    return "–" if number is None else f"> {measuring.EXACT}" if number >= BEYOND else str(number)


def month(first: date, language: Language) -> str:
    """Return a month in full: 2026年11月 / Nov 2026."""
    return texts.say_month(datetime.combine(first, time(12), UTC), UTC, language)  # type: ignore[arg-type]


def short_month(first: date, language: Language, *, with_year: bool) -> str:
    """Return a month as it stands below a picture."""
    if with_year:
        return f"{first:%y/%m}"
    return str(format_skeleton("MMM", first, locale="zh_CN" if language == "zh" else "en_GB"))


def span(first: date, last: date, language: Language) -> str:
    """Return a stretch of months."""
    one, two = month(first, language), month(last, language)
    return one if first == last else f"{one} – {two}"


def title(house: House, by: By, key: Any, language: Language) -> str:
    """Return what a line of the table is called."""
    none = texts.say(_("None named"), language)
    if by == "month":
        return month(key, language)
    if by == "type":
        return type_title(house, key, language)
    if by == "department":
        return house.directory.department(key).say(language) if key else none
    if by == "district":
        return house.directory.tree[key].say(language)
    if by == "channel":
        return texts.say(casepage.CHANNELS.get(key, key), language)
    return categories(house, language).get(key, key) or none


def code(house: House, by: By, key: Any) -> str:
    """Return what a line of the table is called in addresses and in the API; empty where nothing is named."""
    if by == "month":
        return f"{key:%Y-%m}"
    if by == "department":
        return house.directory.department(key).code if key else ""
    return house.directory.tree[key].code if by == "district" else str(key)


def type_title(house: House, key: str, language: Language) -> str:
    """Return the title of the newest version of a case type."""
    rows = [r for r in house.book if r.key == key]
    return texts.pick(max(rows, key=lambda r: r.version).title, language) if rows else key


def categories(house: House, language: Language) -> dict[str, str]:
    """Return the categories of every case type, in words."""
    found: dict[str, str] = {}
    for declared in house.registry.case_types:
        for shape in shapes(declared.form):
            if shape.ask.role == "category":
                found |= {o.value: texts.say(o.label, language) for o in shape.ask.options}
    return found | {name: texts.pick(title, language) for name, title in house.categories.items()}
