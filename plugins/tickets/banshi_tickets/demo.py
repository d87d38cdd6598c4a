"""Requests of the demo city (see demo_texts): a pure function of the random source, the same every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from banshi import DemoCase
from banshi_tickets.demo_texts import ADDED, ANSWERED, ASKED, NAMES, PLACES, SPOKEN

COUNT = 150
ENDS = ("new", "new", "working", "working", "asked", "answered", "closed", "closed", "closed", "closed", "reopened")
CHANNELS = ("web", "web", "telephone", "telephone", "app", "window")
Step = tuple[float, str, Mapping[str, Any], str]


def cases(rng: Random) -> Sequence[DemoCase]:
    """Return 150 requests in every state and kind, filed over the last sixty days."""
    return [_case(rng, number) for number in range(COUNT)]


def _case(rng: Random, number: int) -> DemoCase:
    kind, category, text = SPOKEN[number % len(SPOKEN)] if number < len(SPOKEN) else rng.choice(SPOKEN)
    area, district, place = rng.choice(PLACES)
    end = rng.choice(ENDS if kind != "praise" else ("new", "answered", "closed"))
    channel = rng.choice(CHANNELS)
    resident = None if channel in {"telephone", "window"} or rng.random() < 0.1 else rng.randrange(60)
    days_ago = round(rng.uniform(0.05, 4) if end in {"new", "working"} else rng.uniform(3, 60), 3)
    unnamed = resident is None and rng.random() < 0.2
    name, telephone = ("", "") if unnamed else (rng.choice(NAMES), f"100 0000 {rng.randrange(10_000):04d}")
    data = {
        "kind": kind,
        "category": category,
        "text": text.replace("{place}", place),
        "area": area,
        "place": place if rng.random() < 0.7 else "",
        "contact_name": name,
        "contact_telephone": telephone,
    }
    return DemoCase(
        case_type="request",
        district=district,
        data=data,
        channel=channel,
        days_ago=days_ago,
        resident=resident,
        steps=tuple(_steps(rng, "praise" if kind == "praise" else category, end, days_ago)),
    )


def _steps(rng: Random, category: str, end: str, days_ago: float) -> list[Step]:
    """Return what happens until the case stands where it should, each step a while after the one before."""
    if end == "new":
        return []
    day = 0.0
    steps: list[Step] = []

    def then(action: str, form: Mapping[str, Any], who: str = "clerk", *, most: float = 1.5) -> None:
        nonlocal day
        day = round(min(day + rng.uniform(0.02, most), days_ago * 0.97), 3)
        steps.append((day, action, form, who))

    then("sign", {}, most=0.4)
    if rng.random() < 0.3:
        then("note", {"text": "已电话联系，约好现场查看。"})
    if end == "asked" or (category != "praise" and rng.random() < 0.25):
        then("ask", {"text": _about(rng, ASKED, category)})
        if end == "asked":
            return steps
        then("reply", {"text": _about(rng, ADDED, category)}, "resident")
    elif category != "praise" and rng.random() < 0.3:
        then("add", {"text": _about(rng, ADDED, category)}, "resident")
    if end == "working":
        return steps
    then("answer", {"text": _about(rng, ANSWERED, category)}, most=3)
    if end == "answered":
        return steps
    outcome = rng.choices(("settled", "explained", "withdrawn", "referred"), (14, 4, 1, 1))[0]
    then("close", {"outcome": outcome, "text": ""}, most=2)
    if end == "reopened":
        then("reopen", {"text": "居民来电：问题又出现了。"})
    return steps


def _about(rng: Random, words: Mapping[str, Sequence[str]], category: str) -> str:
    return rng.choice([*words.get(category, ()), *words["other"]] if category not in words else words[category])
