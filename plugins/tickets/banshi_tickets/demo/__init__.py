"""Requests of the demo city: a pure function of the random source, the same every time.

voices    what residents file, and what they are asked and answered
words     what is said on the way
town      where things happen, and who is in charge there
paths     the ways that requests go, as lists of beats
scene     what each beat does
filing    how a request comes in
purpose   the few that are there on purpose
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from banshi import DemoCase
from banshi_tickets.demo.filing import filed
from banshi_tickets.demo.paths import CLOSED, OPEN, REVIEWED
from banshi_tickets.demo.purpose import on_purpose
from banshi_tickets.demo.voices import VOICES

COUNT = 800


def cases(rng: Random) -> Sequence[DemoCase]:
    """Return 800 requests of every kind, in every state, on every way, filed over the last year, the oldest first."""
    found = list(on_purpose(rng))
    for path in (*CLOSED, *OPEN, *REVIEWED):
        spoken: list[int] = []
        fitting = [n for n, v in enumerate(VOICES) if path.fits(v)]
        for _ in range(path.count):
            if not spoken:
                spoken = rng.sample(fitting, len(fitting))
            found.append(filed(rng, VOICES[spoken.pop()], path.beats, path.days, called=path.called))
    return sorted(found, key=lambda one: -one.days_ago)
