"""Whether a figure got better than it was in as many months before, beyond what chance alone does."""

from __future__ import annotations

from math import sqrt
from typing import Literal

from banshi.reporting.asking import Figure, Line

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
        one, two = now.rate or 0.0, before.rate or 0.0
        mean = (now.hits + before.hits) / (now.of + before.of)
        error = sqrt(mean * (1 - mean) * (1 / now.of + 1 / before.of))
        change = one - two
        if abs(change) < max(POINT, CERTAIN * error):
            return "same"
    else:
        change = float((now.median or 0) - (before.median or 0))
        if abs(change) < DAY:
            return "same"
    return "better" if (change > 0) == (now.measure.better == "more") else "worse"


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
