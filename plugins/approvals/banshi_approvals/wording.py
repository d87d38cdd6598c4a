"""What forms keep as codes, in words: for the story of a case and for what was filed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from banshi import Language, say, toolkit, translator
from banshi_approvals.application.facts import Facts
from banshi_approvals.catalogue import content

_ = translator("banshi_approvals")

OF_A_PART = ("key", "version", "items")
"""What a part carries for us, and says nothing to a reader."""


def application(facts: Facts, kind: str, said: Mapping[str, Any], language: Language) -> Mapping[str, str]:
    """Return sub-item, situation and materials by their titles."""
    if kind == "opened":
        situation = (f"{content.say(asked, language)} {content.say(answer, language)}" for asked, answer in facts.situation)
        return {"item": content.say(facts.title, language), "situation": _joined(situation, language)}
    words = {}
    if papers := said.get("papers"):
        words["papers"] = _joined((_material(facts, one.partition(":")[0], language) for one in papers), language)
    if faults := said.get("faults"):
        parts = (one.partition(":")[::2] for one in faults)
        words["faults"] = _joined((" — ".join(w for w in (_material(facts, code, language), why.strip()) if w) for code, why in parts), language)
    if code := said.get("code"):
        words["code"] = _material(facts, code, language)
    return words


def part(facts: Any, kind: str, said: Mapping[str, Any], language: Language) -> Mapping[str, str]:
    """Return what a review, an inspection or a panel says to a reader; findings and points stand on their own pages."""
    words = dict.fromkeys(OF_A_PART, "")
    if whole := said.get("whole"):
        words["whole"] = toolkit.show_number(whole)
    if said.get("form"):
        words["form"] = content.say(facts.title, language)
    if answers := said.get("answers"):
        words["answers"] = say(_("Items looked at: {count}"), language, count=len({one.partition(":")[0] for one in answers}))
    if documents := said.get("documents"):
        words["documents"] = str(len(documents))
    if points := said.get("points"):
        titles = {c.value: content.say(c.label, language) for c in facts.criteria}
        words["points"] = _joined((f"{titles.get(code, code)} {count}" for code, _colon, count in (p.partition(":") for p in points)), language)
    return words


def _material(facts: Facts, code: str, language: Language) -> str:
    known = facts.given(code)
    return code if known is None else content.say(known.title, language)


def _joined(words: Iterable[str], language: Language) -> str:
    return ("；" if language == "zh" else "; ").join(dict.fromkeys(words))
