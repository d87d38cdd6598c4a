"""A thread that names whoever blocks the event loop: while one stretch of code holds it, nobody else is served.

The loop leaves a mark every so often; where the mark is old, the thread looks at what the loop's thread runs at this moment. Code in C that does
not let go of the interpreter cannot be seen before it is over.
"""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from banshi.fences.faults import Fences
from banshi.fences.places import Place

log = logging.getLogger("banshi.fence")


class Watchdog:
    """Watches the loop of the thread that starts it; ``limit`` in seconds."""

    def __init__(self, fences: Fences, limit: float) -> None:
        self._fences, self._limit = fences, limit
        self._every = limit / 4
        self._mark = time.monotonic()
        self._over = threading.Event()
        self._loop_thread = threading.get_ident()
        self._beat: asyncio.TimerHandle | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Watch the running loop inside the block; a limit of 0 watches nothing."""
        if self._limit <= 0:
            yield
            return
        loop = asyncio.get_running_loop()
        thread = threading.Thread(target=self._watch, name="loop-watchdog", daemon=True)
        self._leave_mark(loop)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            if self._beat is not None:
                self._beat.cancel()

    def _leave_mark(self, loop: asyncio.AbstractEventLoop) -> None:
        self._mark = time.monotonic()
        self._beat = loop.call_later(self._every, self._leave_mark, loop)

    def _watch(self) -> None:
        while not self._over.wait(self._every):
            mark = self._mark
            if time.monotonic() - mark < self._limit + self._every:  # the mark itself is so old before the next is due
                continue
            frame = sys._current_frames().get(self._loop_thread)  # noqa: SLF001 -- the only way to another thread's stack
            place = self._fences.places.of_frame(frame) if frame is not None else None
            del frame
            if place is not None:
                self._fences.blocks(place.owner)
            while self._mark == mark and not self._over.wait(self._every / 4):
                pass  # told once, with how long it took
            self._tell(place, time.monotonic() - mark)

    def _tell(self, place: Place | None, seconds: float) -> None:
        if place is None:
            log.warning("event loop blocked", extra={"ms": round(seconds * 1000)})
            return
        self._fences.report(place.owner, "loop", place.function, f"blocked for {seconds:.1f} s at {place.where}")
