"""Whether a figure got better than it was in as many months before, beyond what chance alone does."""

from __future__ import annotations

from collections import Counter
from math import sqrt
from typing import Literal

from banshi.reporting.asking import Figure, Line, rank

Verdict = Literal["better", "worse", "same", "few"]
FEW = 20
"""Cases below which nothing is said of a change."""
CERTAIN = 1.96
"""Standard errors beyond which chance alone gives a difference once in twenty times."""
POINT, DAY = 0.01, 1


def compared(now: Figure, before: Figure) -> Verdict:
    """Return whether a rate (or the median of days) is better, worse or the same; ``few`` where there are too few cases to say."""
    if min(now.of, before.of) < FEW or not now.measure.better:
        return "few"
    if now.measure.kind == "rate":
        change = (now.rate or 0.0) - (before.rate or 0.0)
        if abs(change) < POINT or not _beyond_chance(now.hits, now.of, before.hits, before.of):
            return "same"
    else:
        change = float((now.median or 0) - (before.median or 0))
        both = rank(sorted((Counter(dict(now.spread)) + Counter(dict(before.spread))).items()), 50) or 0
        quick = [sum(n for days, n in f.spread if days <= both) for f in (now, before)]
        if abs(change) < DAY or not _beyond_chance(quick[0], now.of, quick[1], before.of):
            return "same"
    return "better" if (change > 0) == (now.measure.better == "more") else "worse"


def _beyond_chance(hits: int, of: int, hits_before: int, before: int) -> bool:
    """Return whether two shares differ by more than chance explains (of days: the shares that the median of both together parts)."""
    mean = (hits + hits_before) / (of + before)
    error = sqrt(mean * (1 - mean) * (1 / of + 1 / before))
    return abs(hits / of - hits_before / before) > CERTAIN * error


def verdicts(now: Line, before: Line) -> dict[str, Verdict]:
    """Return the verdict on each measure that has a better and a worse, ages apart: what is open now has no before."""
    return {
        key: compared(figure, before.figures[key])
        for key, figure in now.figures.items()
        if figure.measure.better and figure.measure.kind in {"rate", "days"} and key in before.figures
    }


def together(found: dict[str, Verdict]) -> Literal["better", "worse", "mixed", "same", "few"]:
    """Return one word for several verdicts."""
    said = set(found.values()) - {"few"}
    if not said:
        return "few"
    if {"better", "worse"} <= said:
        return "mixed"
    return "better" if "better" in said else "worse" if "worse" in said else "same"
