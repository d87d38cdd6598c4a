"""Locks that live exactly as long as the process that holds them: flock on a file, which the last holder removes."""

from __future__ import annotations

import fcntl
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class FileLock:
    """One lock on ``path``, held alone or shared; SIGKILL frees it, a file left lying does no harm."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Return whether this process holds the lock."""
        return self._descriptor is not None

    def acquire(self, *, shared: bool = False) -> bool:
        """Take the lock without waiting and return whether it is held now; raise OSError where the file cannot be made."""
        if self.held:
            return True
        while True:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                return False
            if self._is_the_file(descriptor):
                self._descriptor = descriptor
                _held.add(self)
                return True
            os.close(descriptor)  # the last holder removed it between our open and our flock: a lock on nothing

    def release(self) -> None:
        """Give the lock back; whoever holds it last, or alone, removes the file."""
        if self._descriptor is None:
            return
        with suppress(BlockingIOError):
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if self._is_the_file(self._descriptor):
                self.path.unlink()
        self.drop()

    def drop(self) -> None:
        """Close our descriptor and nothing else: in a forked child the lock stays the parent's."""
        _held.discard(self)
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _is_the_file(self, descriptor: int) -> bool:
        try:
            there = self.path.stat()
        except FileNotFoundError:
            return False
        return os.path.samestat(os.fstat(descriptor), there)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Ignore ^C, SIGTERM and SIGHUP inside: a second ^C must not cut the clearing-up short.

    Only the main thread may say what a signal does; elsewhere nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {ending: signal.signal(ending, signal.SIG_IGN) for ending in ENDINGS}
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, signal.SIG_DFL if handler is None else handler)


_held: set[FileLock] = set()


def _forget() -> None:
    for lock in tuple(_held):
        lock.drop()


# A forked child shares the flock: it would keep the lock alive after its parent died.
os.register_at_fork(after_in_child=_forget)
