"""Words: what is marked for translation, the catalogues, and how dates and numbers are written.

Source texts are English; each distribution ships ``locale/zh/LC_MESSAGES/<package>.po``. ``translator(package)`` gives the
``_`` that marks a text with its owner's domain, so that two plugins may use the same English words differently.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

import msgspec
from babel.dates import format_date, format_skeleton, format_time
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

if TYPE_CHECKING:
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")
DEFAULT_LANGUAGE: Language = "zh"
TAGS: Mapping[Language, str] = {"zh": "zh-CN", "en": "en"}


class Text(msgspec.Struct, frozen=True):
    """A text in its source language with the catalogue that translates it."""

    msgid: str
    domain: str

    def __str__(self) -> str:
        return self.msgid


class Said(msgspec.Struct, frozen=True):
    """A text with the values for its placeholders, to be said later in the reader's language."""

    text: Text
    values: dict[str, object] = {}

    def __str__(self) -> str:
        return self.text.msgid.format_map(self.values)


def translator(package: str) -> Callable[[str], Text]:
    """Return the ``_`` of one distribution: it marks a text, rendering translates it."""

    def mark(msgid: str) -> Text:
        return Text(msgid, package)

    return mark


def say(text: Text | Said | str, language: Language, /, **values: object) -> str:
    """Return ``text`` in ``language`` with ``values`` in its placeholders; a plain str is taken as it is."""
    if isinstance(text, Said):
        return say(text.text, language, **{**text.values, **values})
    said = text if isinstance(text, str) else catalogue(text.domain, language).gettext(text.msgid)
    if not values:
        return said
    filled = {name: say(v, language) if isinstance(v, (Text, Said)) else v for name, v in values.items()}
    return said.format_map(filled)


@cache
def catalogue(domain: str, language: Language) -> gettext.NullTranslations:
    """Return the catalogue of one owner; English is the source and needs none.

    Read from the ``.po`` file itself: nothing has to be compiled, nothing can be stale.
    """
    if language == "en":
        return gettext.NullTranslations()
    file = resources.files(domain) / "locale" / language / "LC_MESSAGES" / f"{domain}.po"
    if not file.is_file():
        return gettext.NullTranslations()
    binary = io.BytesIO()
    with file.open("rb") as source:
        write_mo(binary, read_po(source, locale=language))
    binary.seek(0)
    return gettext.GNUTranslations(binary)


def labels(text: Text | str) -> dict[str, str]:
    """Return ``text`` in every language, as it is kept in rows that must be readable without their plugin."""
    return {language: say(text, language) for language in LANGUAGES}


def pick(said: Mapping[str, str], language: Language) -> str:
    """Return the words of stored labels in ``language``, in any other where that one lacks."""
    return said.get(language) or next(iter(said.values()), "")


def negotiate(wanted: str | None) -> Language:
    """Return the first language of an Accept-Language header (or a bare tag) that banshi has, else the default."""
    ranked: list[tuple[float, int, Language]] = []
    for position, part in enumerate((wanted or "").split(",")):
        tag, _, quality = part.strip().partition(";q=")
        primary = tag.lower().split("-")[0].split("_")[0]
        for language in LANGUAGES:
            if primary == language:
                try:
                    weight = float(quality or 1)
                except ValueError:
                    weight = 0.0
                if weight > 0:
                    ranked.append((-weight, position, language))
    return min(ranked)[2] if ranked else DEFAULT_LANGUAGE


def say_day(moment: datetime, zone: ZoneInfo, language: Language, now: datetime | None = None) -> str:
    """Return the calendar day of ``moment`` in ``zone``: 11月20日 / 20 Nov, with the year where it is not this year's."""
    local = moment.astimezone(zone)
    if now is not None and local.year == now.astimezone(zone).year:
        return f"{local.month}月{local.day}日" if language == "zh" else format_date(local, "d MMM", locale="en_GB")
    return format_date(local, "y年M月d日" if language == "zh" else "d MMM y", locale="zh_CN" if language == "zh" else "en_GB")


def say_date(day: date, language: Language) -> str:
    """Return a calendar day that is of no zone, with its year: 2026年11月20日 / 20 Nov 2026."""
    return format_date(day, "y年M月d日" if language == "zh" else "d MMM y", locale="zh_CN" if language == "zh" else "en_GB")


def say_moment(moment: datetime, zone: ZoneInfo, language: Language, now: datetime | None = None) -> str:
    """Return day and time of ``moment`` in ``zone``: 11月20日 09:12 / 20 Nov, 09:12."""
    hour = format_time(moment.astimezone(zone), "HH:mm", locale="en_GB")
    return say_day(moment, zone, language, now) + (" " if language == "zh" else ", ") + hour


def say_number(number: int, language: Language) -> str:
    """Return ``number`` with the language's grouping."""
    return format_decimal(number, locale="zh_CN" if language == "zh" else "en_GB")


def say_month(moment: datetime, zone: ZoneInfo, language: Language) -> str:
    """Return the month of ``moment``: 2026年11月 / Nov 2026."""
    return format_skeleton("yMMM", moment.astimezone(zone), locale="zh_CN" if language == "zh" else "en_GB")
