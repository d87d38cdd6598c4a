"""Who stands in for whom at a moment: a pure function of the absences and the deputies (B roles) that a process keeps with its directory.

The first deputy who is there stands in; where none of a post's own deputies is, theirs are asked, and so on. Nobody is asked twice, so a
ring ends, with nobody.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

import msgspec


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """That the holder of a post is away, from ``since`` until before ``until``."""

    id: int
    post_id: int
    since: datetime
    until: datetime
    reason: str = "other"


class Deputy(msgspec.Struct, frozen=True, kw_only=True):
    """That ``deputy_id`` may stand in for ``post_id`` from ``since`` until before ``until``; the lowest ``rank`` first."""

    id: int
    post_id: int
    deputy_id: int
    rank: int
    since: datetime
    until: datetime


class _Now(msgspec.Struct, frozen=True, kw_only=True):
    """What holds between two moments: for which absent posts each stands in, and for which nobody does."""

    place: int
    by: Mapping[int, tuple[int, ...]]
    uncovered: tuple[int, ...]


class Standing:
    """Absences and deputies at one revision."""

    def __init__(self, absences: Iterable[Absence] = (), deputies: Iterable[Deputy] = ()) -> None:
        self._absences: dict[int, list[Absence]] = {}
        self._deputies: dict[int, list[Deputy]] = {}
        self._stand_in: dict[int, set[int]] = {}
        moments: set[datetime] = set()
        for away in sorted(absences, key=lambda a: (a.since, a.id)):
            self._absences.setdefault(away.post_id, []).append(away)
            moments |= {away.since, away.until}
        for named in sorted(deputies, key=lambda d: (d.rank, d.id)):
            self._deputies.setdefault(named.post_id, []).append(named)
            self._stand_in.setdefault(named.deputy_id, set()).add(named.post_id)
            moments |= {named.since, named.until}
        self._moments = sorted(moments)
        self._kept: _Now | None = None

    def absence(self, post_id: int | None, at: datetime) -> Absence | None:
        """Return the absence of a post at a moment, None where its holder is there."""
        return next((a for a in self._absences.get(post_id or 0, ()) if a.since <= at < a.until), None)

    def absences(self, post_id: int) -> Sequence[Absence]:
        """Return the absences of a post that are kept in mind, the earliest first."""
        return self._absences.get(post_id, ())

    def all_absences(self) -> list[Absence]:
        """Return every absence that is kept in mind."""
        return [a for listed in self._absences.values() for a in listed]

    def all_deputies(self) -> list[Deputy]:
        """Return every deputy that is kept in mind."""
        return [d for listed in self._deputies.values() for d in listed]

    def deputies(self, post_id: int, at: datetime) -> list[Deputy]:
        """Return who may stand in for a post at a moment, in order."""
        return [d for d in self._deputies.get(post_id, ()) if d.since <= at < d.until]

    def deputy(self, post_id: int, at: datetime) -> int | None:
        """Return the first deputy of a post who is there, whether or not the post's own holder is; None where there is none."""
        return self._walk(post_id, at)[0]

    def holder(self, post_id: int, at: datetime) -> int | None:
        """Return who has a post's cases at a moment: itself, else its deputy; None where nobody stands in."""
        return self.deputy(post_id, at) if self.absence(post_id, at) else post_id

    def ring(self, post_id: int, at: datetime) -> bool:
        """Return whether nobody stands in for an absent post because the way of its deputies leads back to it."""
        if not self.absence(post_id, at):
            return False
        found, ring = self._walk(post_id, at)
        return ring and found is None

    def stands_for(self, post_id: int, at: datetime) -> tuple[int, ...]:
        """Return the absent posts for which a post stands in at a moment, by id."""
        return self._now(at).by.get(post_id, ()) if post_id in self._stand_in else ()

    def backs(self, post_id: int, at: datetime) -> tuple[int, ...]:
        """Return the posts that have named a post as their deputy at a moment: those of whose cases it may be offered some."""
        known = sorted(self._stand_in.get(post_id, ()))
        return tuple(p for p in known if any(d.deputy_id == post_id for d in self.deputies(p, at)))

    def asked(self, post_id: int, at: datetime) -> int | None:
        """Return which deputy is asked where a post's holder does not answer: the first who is there, else the first (others stand in for them)."""
        named = [d.deputy_id for d in self.deputies(post_id, at)]
        return next((d for d in named if not self.absence(d, at)), named[0] if named else None)

    def absent(self, at: datetime) -> list[int]:
        """Return the posts whose holders are away at a moment, by id."""
        return sorted(p for p in self._absences if self.absence(p, at))

    def uncovered(self, at: datetime) -> tuple[int, ...]:
        """Return the posts whose holders are away with nobody who stands in, by id."""
        return self._now(at).uncovered

    def _now(self, at: datetime) -> _Now:
        """Return who stands in for whom at a moment; between two moments at which something begins or ends nothing changes, so it is kept."""
        place = bisect_right(self._moments, at)
        if self._kept is None or self._kept.place != place:
            by: dict[int, list[int]] = {}
            uncovered = []
            for absent in self.absent(at):
                if (deputy := self.deputy(absent, at)) is None:
                    uncovered.append(absent)
                else:
                    by.setdefault(deputy, []).append(absent)
            self._kept = _Now(place=place, by={d: tuple(posts) for d, posts in by.items()}, uncovered=tuple(uncovered))
        return self._kept

    def within(self, since: datetime, until: datetime) -> list[datetime]:
        """Return the moments from ``since`` until before ``until`` at which something may change, ``since`` among them."""
        return [since, *(m for m in self._moments if since < m < until)]

    def _walk(self, post_id: int, at: datetime) -> tuple[int | None, bool]:
        """Ask the deputies level by level; return the first who is there, and whether the way led back to the post."""
        seen, level, ring = {post_id}, [post_id], False
        while level:
            below: list[int] = []
            for one in level:
                for named in self.deputies(one, at):
                    ring = ring or named.deputy_id == post_id
                    if named.deputy_id in seen:
                        continue
                    if not self.absence(named.deputy_id, at):
                        return named.deputy_id, ring
                    seen.add(named.deputy_id)
                    below.append(named.deputy_id)
            level = below
        return None, ring


def first(moments: Iterable[datetime], holds: Callable[[datetime], bool]) -> datetime | None:
    """Return the first of some moments at which something holds."""
    return next((m for m in moments if holds(m)), None)
