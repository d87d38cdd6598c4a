"""The draw by lot. It follows from the seed and the list alone, so that anybody can draw it again.

Each code, in the order of the alphabet, gets the next number of ``random.Random(seed)``; the lot is the codes by their numbers. Only ``random()``
is used, since that is what Python promises to give alike in every version.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence

BITS = 48
"""A seed is a whole number that every program can read exactly, JavaScript too."""


def new_seed() -> int:
    """Return a seed that nobody can foresee."""
    return secrets.randbits(BITS)


def numbers(seed: int, codes: Sequence[str]) -> list[tuple[str, float]]:
    """Return the codes with the numbers that they drew, the smallest first."""
    chance = random.Random(seed)  # noqa: S311 -- it must be drawn again by whoever doubts it; the seed itself is unforeseeable
    drawn = [(code, chance.random()) for code in sorted(codes)]
    return sorted(drawn, key=lambda one: (one[1], one[0]))


def draw(seed: int, codes: Sequence[str]) -> tuple[str, ...]:
    """Return the codes in the order of the lot: the first take the seats, the next ones stand in for who has a conflict."""
    return tuple(code for code, _number in numbers(seed, codes))
