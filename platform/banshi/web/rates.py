"""How often a token may ask: so many requests a minute, counted by each web process for itself.

A count in the database would cost a write for every reading; what it is for is that one program gone wild does not take the processes away from
everybody else, and for that the process's own count is enough. With several processes a token comes to as many times the limit.
"""

from __future__ import annotations

from banshi.errors import Throttled
from banshi.texts import translator

_ = translator("banshi")

MINUTE = 60.0
MOST_TOKENS = 10_000


class Rates:
    """The allowance of each token: it fills up evenly, and holds a minute's worth at most."""

    def __init__(self, a_minute: int) -> None:
        self.a_minute = a_minute
        self._left: dict[int, tuple[float, float]] = {}

    def take(self, token_id: int, second: float) -> str:
        """Take one request of a token at a moment (seconds, any steady count), or raise Throttled; without a limit always.

        Return what the answer's RateLimit field says (IETF draft "RateLimit header fields for HTTP"), empty without a limit.
        """
        if not self.a_minute:
            return ""
        left, since = self._left.get(token_id, (float(self.a_minute), second))
        left = min(float(self.a_minute), left + max(0.0, second - since) * self.a_minute / MINUTE)
        if left < 1:
            self._left[token_id] = (left, second)
            wait = max(1, round((1 - left) * MINUTE / self.a_minute))
            raise Throttled(_("Too many requests with this token: at most {most} a minute. Go on in {seconds} seconds."), wait, most=self.a_minute)
        if len(self._left) >= MOST_TOKENS:
            self._left.clear()
        self._left[token_id] = (left - 1, second)
        return f'"token";r={int(left - 1)};t={int(MINUTE)}'
