"""How a request comes in: who files what, where, on which channel; what happens then is a scene's."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from banshi import DemoCase
from banshi_tickets.demo import town, words
from banshi_tickets.demo.scene import Scene
from banshi_tickets.demo.voices import Voice

RESIDENTS = 300
CHANNELS = ("web", "web", "web", "web", "app", "app", "app", "telephone", "telephone", "telephone", "telephone", "window")
SPOKEN = frozenset({"telephone", "window"})
GRAVE = frozenset({"lifts", "water", "drainage", "energy", "roads", "greenery", "street_lighting", "building_sites"})
ENGLISH = 12  # of so many residents, the last reads English
HERSELF = 24  # of so many residents with an account, one is the first of them, whose account the demo tells


def filed(
    rng: Random,
    voice: Voice,
    beats: str,
    days: tuple[float, float],
    *,
    called: bool = False,
    place: tuple[str, str, str, str] | None = None,
    text: str = "",
    unnamed: bool | None = None,
    more: Mapping[str, Any] | None = None,
) -> DemoCase:
    """Return one request and what becomes of it; ``called``: there is a number under which the resident can be reached."""
    known = town.IN_CHARGE[voice.category]
    area, district, name, where = place or rng.choice([p for p in town.PLACES if p[1] in known])
    slots = {k: rng.choice(v) for k, v in words.SLOTS.items()} | {"area": name, "place": where}
    if unnamed is None:
        unnamed = not called and rng.random() < (0.5 if voice.kind == "report" else 0.06)
    channel = "telephone" if "不会用手机" in voice.text else rng.choice(CHANNELS)
    resident = None if unnamed or channel in SPOKEN else _somebody(rng, voice)
    days_ago = round(rng.uniform(*days), 3)
    department = known[district]
    data: dict[str, Any] = {
        "kind": voice.kind,
        "category": voice.category,
        "text": words.filled(text or _composed(rng, voice), slots),
        "area": area,
        "place": where if rng.random() < 0.7 else "",
        "urgency": _urgency(rng, voice),
        "discreet": voice.kind == "complaint" and not unnamed and rng.random() < 0.12,
    }
    if not unnamed:
        data |= _contact(rng, voice, resident)
    if voice.kind == "praise" and department in town.STAFF and rng.random() < 0.7:
        data["officer"] = rng.choice(town.STAFF[department])
    scene = Scene(rng, voice, slots, district, department, by_telephone=channel in SPOKEN)
    scene.play(beats)
    return DemoCase(
        case_type="request",
        district=district,
        data=data | dict(more or {}),
        channel=channel,
        days_ago=days_ago,
        resident=resident,
        steps=scene.steps(days_ago),
    )


def _somebody(rng: Random, voice: Voice) -> int:
    if voice.language == "en":
        return rng.randrange(ENGLISH - 1, RESIDENTS, ENGLISH)
    drawn = rng.randrange(RESIDENTS)
    return 0 if rng.randrange(HERSELF) == 0 else drawn - (drawn % ENGLISH == ENGLISH - 1)


def _composed(rng: Random, voice: Voice) -> str:
    """Return what the voice says, begun and ended in one of many ways."""
    if voice.language == "en":
        return voice.text + (" " + rng.choice(words.ENDINGS_EN) if rng.random() < 0.6 else "")
    begin = rng.choice(words.BEGINNINGS) if rng.random() < 0.55 and not voice.text.startswith("{place}") else ""
    return begin + voice.text + (rng.choice(words.ENDINGS[voice.kind]) if rng.random() < 0.75 else "")


def _urgency(rng: Random, voice: Voice) -> str:
    if voice.kind not in {"help", "complaint", "report"} or voice.category not in GRAVE:
        return "normal"
    drawn = rng.random()
    return "danger" if drawn < 0.06 and voice.kind == "help" else "urgent" if drawn < 0.3 else "normal"


def _contact(rng: Random, voice: Voice, resident: int | None) -> dict[str, str]:
    """Return name and number; the same ones whenever the same resident files."""
    own = Random(f"{resident}:{voice.language}") if resident is not None else rng  # noqa: S311 -- no secret hangs on it
    return {"contact_name": own.choice(words.NAMES[voice.language]), "contact_telephone": f"100 0000 {own.randrange(10_000):04d}"}
