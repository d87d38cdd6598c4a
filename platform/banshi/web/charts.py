"""Small pictures of numbers as SVG, drawn from the rows of the table that stands beside them.

Every place is a share of the picture's own width and height, so that letters keep their size on a telephone, on paper and in large type. No style,
no script: what a mark looks like is its class. Each mark is a link with a title. For readers who hear a page the picture is left out, and so it
is for the keyboard: the table says the same with the same links.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec
from markupsafe import Markup

RIGHT, TOP, BOTTOM = 100.0, 11.0, 84.0
"""Where marks may stand, in percent; the words of the marks stand below."""
LEFT, LEFT_SMALL = 9.0, 19.0
"""Left of the marks stand the words of the scale: in a small picture they take a greater share."""
LABELS = 12
"""So many words fit below the marks of a wide picture."""
NARROW = 6
"""So many of a narrow one."""


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One number: its value (None: there is none, a gap), what it says when pointed at, and where it leads."""

    value: float | None
    title: str
    href: str = ""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One place along the picture: its word, and a mark of each series."""

    label: str
    marks: tuple[Mark, ...]


def columns(rows: Sequence[Row], *, small: bool = False) -> Markup:
    """Return upright columns, those of one row side by side."""
    top, step = _scale(max((m.value or 0 for r in rows for m in r.marks), default=0))
    drawn = _grid(top, step)
    left_of_all = LEFT_SMALL if small else LEFT
    slot = (RIGHT - left_of_all) / max(len(rows), 1)
    for position, row in enumerate(rows):
        width = slot * 0.74 / max(len(row.marks), 1)
        for number, mark in enumerate(row.marks):
            left = left_of_all + slot * (position + 0.13) + width * number
            high = _height(mark.value or 0, top)
            body = Markup('<rect class="chart__reach" x="{}%" y="{}%" width="{}%" height="{}%"/>').format(*_said(left, TOP, width, BOTTOM - TOP))
            if mark.value:
                body += Markup('<rect class="chart__mark chart__mark--{}" x="{}%" y="{}%" width="{}%" height="{}%"/>').format(
                    number + 1, *_said(left, BOTTOM - high, width * 0.92, high)
                )
            drawn += _linked(mark, body)
    return _framed(drawn + _labels([r.label for r in rows], slot, left_of_all), small=small)


def line(rows: Sequence[Row], *, top: float = 100, small: bool = False) -> Markup:
    """Return one line of dots over rows with a mark each; between two that are not neighbours it is not drawn."""
    drawn = _grid(top, top / 2, unit="%")
    left = LEFT_SMALL if small else LEFT
    slot = (RIGHT - left) / max(len(rows), 1)
    places = [
        (left + slot * (n + 0.5), BOTTOM - _height(r.marks[0].value, top)) if r.marks[0].value is not None else None for n, r in enumerate(rows)
    ]
    for one, two in pairwise(places):
        if one is not None and two is not None:
            drawn += Markup('<line class="chart__line" x1="{}%" y1="{}%" x2="{}%" y2="{}%"/>').format(*_said(*one, *two))
    for position, (row, place) in enumerate(zip(rows, places, strict=True)):
        if place is not None:
            body = Markup('<rect class="chart__reach" x="{}%" y="{}%" width="{}%" height="{}%"/>').format(
                *_said(left + slot * position, TOP, slot, BOTTOM - TOP)
            )
            body += Markup('<circle class="chart__dot" cx="{}%" cy="{}%" r="{}"/>').format(*_said(*place), "3.5" if small else "4.5")
            drawn += _linked(row.marks[0], body)
    return _framed(drawn + _labels([r.label for r in rows], slot, left), small=small)


def _scale(most: float) -> tuple[float, float]:
    """Return the top of a scale and its step: a round number that is not far above what is drawn."""
    size = 1.0
    while True:
        for step in (size, size * 2, size * 5):
            if most <= step * 4:
                return max(-(-most // step), 1) * step, step
        size *= 10


def _grid(top: float, step: float, unit: str = "") -> Markup:
    drawn, value = Markup(), 0.0
    while value <= top:
        y = BOTTOM - _height(value, top)
        drawn += Markup('<line class="chart__rule" x1="0" y1="{0}%" x2="100%" y2="{0}%"/>').format(*_said(y))
        if value:
            drawn += Markup('<text class="chart__scale" x="0" y="{}%" dy="-.3em">{}</text>').format(*_said(y), f"{value:,.0f}{unit}")
        value += step
    return drawn


def _labels(labels: Sequence[str], slot: float, left: float) -> Markup:
    """The words below: as many as there is room for, fewer where the picture is narrow (by class)."""
    drawn = Markup()
    wide, narrow = (-(-len(labels) // most) for most in (LABELS, NARROW))
    for position, label in enumerate(labels):
        if position % wide == 0:
            kind = "" if position % narrow == 0 else " chart__label--wide"
            drawn += Markup('<text class="chart__label{}" x="{}%" y="{}%" dy="1.25em">{}</text>').format(
                kind, *_said(left + slot * (position + 0.5), BOTTOM), label
            )
    return drawn


def _linked(mark: Mark, body: Markup) -> Markup:
    named = Markup("<title>{}</title>").format(mark.title) + body
    if not mark.href:
        return Markup("<g>{}</g>").format(named)
    return Markup('<a href="{}" tabindex="-1">{}</a>').format(mark.href, named)


def _framed(drawn: Markup, *, small: bool) -> Markup:
    return Markup('<svg class="chart{}" aria-hidden="true" focusable="false">{}</svg>').format(" chart--small" if small else "", drawn)


def _height(value: float, top: float) -> float:
    return (BOTTOM - TOP) * min(value / top, 1) if top else 0


def _said(*places: float) -> list[str]:
    return [f"{p:.2f}".rstrip("0").rstrip(".") for p in places]


__all__ = ["Mark", "Row", "columns", "line"]
