"""When a place has passed: every key item that applies is met, and of the general ones that apply at least the form's share.

What does not apply is no pass: it leaves the denominator. Where nothing applies at all there is nothing to pass on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from banshi_approvals.inspections.content import Item

Finding = Literal["met", "not", "na"]


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """The counts behind a result; ``failed`` are the codes of what was not met, key items first."""

    passed: bool = False
    key_met: int = 0
    key_applicable: int = 0
    met: int = 0
    applicable: int = 0
    not_applicable: int = 0
    failed: tuple[str, ...] = ()
    pass_at: int = 85

    @property
    def share(self) -> float | None:
        """The share of the applicable general items that were met, in percent; None where none applies."""
        return 100 * self.met / self.applicable if self.applicable else None

    @property
    def empty(self) -> bool:
        """Whether nothing applied."""
        return not self.applicable and not self.key_applicable


def score(items: Iterable[Item], found: Mapping[str, Finding], pass_at: int) -> Score:
    """Return how a place stands on these items; one that was not looked at counts as not met."""
    counts = {(key, finding): 0 for key in (True, False) for finding in ("met", "not", "na")}
    failed: list[Item] = []
    for item in items:
        finding = found.get(item.code, "not")
        counts[item.key, finding] += 1
        if finding == "not":
            failed.append(item)
    met, applicable = counts[False, "met"], counts[False, "met"] + counts[False, "not"]
    enough = met * 100 >= pass_at * applicable  # in whole numbers: 17 of 20 is exactly 85 %
    return Score(
        passed=not counts[True, "not"] and enough,
        key_met=counts[True, "met"],
        key_applicable=counts[True, "met"] + counts[True, "not"],
        met=met,
        applicable=applicable,
        not_applicable=counts[True, "na"] + counts[False, "na"],
        failed=tuple(i.code for i in sorted(failed, key=lambda i: not i.key)),
        pass_at=pass_at,
    )
