"""What changed from one version to the next: lines that went, lines that came, and a little of what stands around them."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any, Literal

Sign = Literal["gone", "new", "same", "skip"]
AROUND = 1


def lines(before: str, after: str) -> tuple[tuple[Sign, str], ...]:
    """Return the changed lines of a text in order, each with what became of it; empty where nothing changed."""
    old, new = before.splitlines(), after.splitlines()
    found: list[tuple[Sign, str]] = []
    for number, group in enumerate(SequenceMatcher(None, old, new).get_grouped_opcodes(AROUND)):
        if number:
            found.append(("skip", ""))
        for kind, a, b, c, d in group:
            if kind == "equal":
                found += [("same", said) for said in old[a:b]]
            else:
                found += [("gone", said) for said in old[a:b]]
                found += [("new", said) for said in new[c:d]]
    return tuple(found)


def fields(before: Any, after: Any) -> dict[str, tuple[tuple[Sign, str], ...]]:
    """Return what differs between two versions by field, the texts of each language as ``text_zh``."""
    found = {}
    for name in ("title", "text"):
        for language in dict.fromkeys((*getattr(before, name), *getattr(after, name))):
            found[f"{name}_{language}"] = lines(getattr(before, name).get(language, ""), getattr(after, name).get(language, ""))
    for name in ("source", "valid_from", "valid_until", "review_by"):
        found[name] = lines(*(str(said) if (said := getattr(row, name)) is not None else "" for row in (before, after)))
    return {name: said for name, said in found.items() if said}
