"""Requests of the demo city (see demo_texts): a pure function of the random source, the same every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from banshi import DemoCase
from banshi_tickets.demo_texts import ADDED, AGAIN, COMING, LAST_WORDS, NAMES, NOTES, PLACES, REOPENED, VOICES, WITHDRAWN, Voice

COUNT = 150
RESIDENTS = 60
CHANNELS = ("web", "web", "web", "telephone", "telephone", "telephone", "app", "app", "window")
AGES: Mapping[str, tuple[float, float]] = {
    "new": (0.05, 2.5),
    "working": (0.3, 9),
    "asked": (1, 12),
    "answered": (2, 15),
    "closed": (4, 60),
    "withdrawn": (3, 60),
    "reopened": (6, 30),
    "done_again": (15, 60),
}
"""Where a request stands at the end, and how many days ago such a one was filed."""
ENDS = (
    "new",
    "working",
    "closed",
    "answered",
    "closed",
    "asked",
    "closed",
    "new",
    "reopened",
    "closed",
    "working",
    "done_again",
    "closed",
    "withdrawn",
)
ENDS_OF_PRAISE = ("new", "answered", "closed")
Step = tuple[float, str, Mapping[str, Any], str]


def cases(rng: Random) -> Sequence[DemoCase]:
    """Return 150 requests of every kind and category and in every state, filed over the last sixty days."""
    return [_case(rng, number) for number in range(COUNT)]


def _case(rng: Random, number: int) -> DemoCase:
    voice = VOICES[number] if number < len(VOICES) else rng.choice(VOICES)
    end = _end(voice, number)
    area, district, name, place = rng.choice(PLACES)
    channel = rng.choice(CHANNELS)
    days_ago = round(rng.uniform(*AGES[end]), 3)
    unnamed = voice.kind == "report" and rng.random() < 0.5
    data = {
        "kind": voice.kind,
        "category": voice.category,
        "text": _filled(voice.text, name, place),
        "area": area,
        "place": place if rng.random() < 0.7 else "",
        "contact_name": "" if unnamed else rng.choice(NAMES[voice.language]),
        "contact_telephone": "" if unnamed else f"100 0000 {rng.randrange(10_000):04d}",
    }
    return DemoCase(
        case_type="request",
        district=district,
        data=data,
        channel=channel,
        days_ago=days_ago,
        resident=rng.randrange(RESIDENTS) if channel in {"web", "app"} and not unnamed else None,
        steps=tuple(
            (day, action, {k: _filled(v, name, place) for k, v in form.items()}, who) for day, action, form, who in _steps(rng, voice, end, days_ago)
        ),
    )


def _end(voice: Voice, number: int) -> str:
    """Return where the request stands; one that no office can settle is told so and closed the first time it is heard."""
    if voice.kind == "praise":
        return ENDS_OF_PRAISE[number % len(ENDS_OF_PRAISE)]
    if voice.outcome != "settled":
        return "closed" if number < len(VOICES) else ("new", "answered", "closed")[number % 3]
    end = ENDS[number % len(ENDS)]
    broken = voice.kind in {"help", "complaint"}  # only what was broken comes back, or mends itself
    return end if broken or end not in {"withdrawn", "reopened", "done_again"} else "closed"


def _steps(rng: Random, voice: Voice, end: str, days_ago: float) -> list[Step]:
    """Return what happens until the request stands where it should, each step a while after the one before."""
    steps: list[Step] = []
    day = 0.0

    def then(action: str, form: Mapping[str, str], who: str = "clerk", *, most: float = 1.5) -> None:
        nonlocal day
        day = round(min(day + rng.uniform(0.02, most), days_ago * 0.97), 3)
        steps.append((day, action, form, who))

    if end == "new":
        return steps
    then("sign", {}, most=0.4)
    if rng.random() < 0.35 and voice.kind != "praise":
        then("note", {"text": rng.choice(NOTES)}, most=0.5)
    if voice.ask and (end == "asked" or rng.random() < 0.35):
        then("ask", {"text": voice.ask}, most=0.8)
        if end == "asked":
            return steps
        then("reply", {"text": voice.reply}, "resident")
    elif voice.kind in {"help", "complaint"} and rng.random() < 0.35:
        then("add", {"text": rng.choice(ADDED[voice.language])}, "resident")
    if end == "working":
        return steps
    then("answer", {"text": COMING[voice.language] if end == "withdrawn" else voice.answer}, most=2.5)
    if end == "answered":
        return steps
    if end == "withdrawn":
        said, noted = WITHDRAWN[voice.language]
        then("add", {"text": said}, "resident")
        then("close", {"outcome": "withdrawn", "text": noted}, most=0.5)
        return steps
    close = {"outcome": voice.outcome, "text": rng.choice(LAST_WORDS[voice.language][voice.outcome])}
    then("close", close, most=2)
    if end in {"reopened", "done_again"}:
        then("reopen", {"text": rng.choice(REOPENED[voice.language])}, most=4)
    if end == "done_again":
        then("answer", {"text": AGAIN[voice.language]}, most=3)
        then("close", close, most=2)
    return steps


def _filled(text: str, area: str, place: str) -> str:
    return text.replace("{area}", area).replace("{place}", place)
