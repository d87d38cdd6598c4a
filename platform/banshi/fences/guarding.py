"""A stretch of a plugin's code: what it raises is swallowed and reported, what takes too long is cut off."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from banshi.db import Connection, is_gone, set_limit, statement_limit
from banshi.errors import DatabaseUnavailable

if TYPE_CHECKING:
    from banshi.fences.faults import Fences, Kind

SHARE = 0.8
"""A statement is ended by the server after this share of the limit: a connection survives that, and does not survive being cut off."""


class Guard:
    """True inside while the thing is not set aside; afterwards, whether it went well. See ``Fences.guard``."""

    def __init__(self, fences: Fences, owner: str, kind: Kind, name: str, *, limit: float, db: Connection | None) -> None:
        self._fences, self._key, self._limit, self._db = fences, (owner, kind, name), limit, db
        self._well = not fences.is_out(owner, kind, name)
        self._stack = AsyncExitStack()
        self._began = 0.0

    def __bool__(self) -> bool:
        return self._well

    async def __aenter__(self) -> Self:
        """Begin; where the thing is set aside nothing is begun, and the block is to look at us."""
        if not self._well:
            return self
        seconds = min(self._limit * SHARE, self._fences.statement_limit or self._limit)
        self._stack.enter_context(statement_limit(seconds))
        if self._db is not None:
            await self._stack.enter_async_context(self._db.begin_nested())
            await self._db.execute(set_limit())
        self._began = time.monotonic()
        await self._stack.enter_async_context(asyncio.timeout(self._limit))
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        """End; swallow and report what went wrong, but for what is not the plugin's fault."""
        if self._began == 0.0:
            return False
        took = time.monotonic() - self._began
        try:
            await self._stack.__aexit__(kind, error, trace)
        except TimeoutError:  # what the plugin itself raises is given back, not raised
            self._failed(f"longer than {self._limit:g} s")
            return True
        except BaseException as raised:
            if not _is_its_own(raised):
                raise
            self._blamed(raised)
            return True
        if error is not None:  # contextlib gives it back without raising it again
            if not _is_its_own(error):
                return False
            self._blamed(error)
            return True
        if self._db is not None:
            await self._db.execute(set_limit())
        if took > self._limit:  # it never let go of the event loop, so nothing could cut it off
            self._fences.report(*self._key, f"blocked for {took:.1f} s")
        return False

    def _failed(self, what: str) -> None:
        self._well = False
        self._fences.report(*self._key, what)

    def _blamed(self, error: BaseException) -> None:
        self._well = False
        self._fences.blame(error, *self._key)


def _is_its_own(error: BaseException) -> bool:
    """Return whether an error is the plugin's: not that the request ended, nor that the database is away. A plugin's sys.exit() is."""
    if isinstance(error, DatabaseUnavailable) or is_gone(error):
        return False
    return isinstance(error, (Exception, SystemExit))
