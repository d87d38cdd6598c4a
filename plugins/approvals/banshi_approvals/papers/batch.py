"""Papers by the thousand: drawn and sealed on all cores, given back in their order, with a few in hand at a time.

Keys are loaded once in each process of a batch, and go when it ends. A paper that cannot be made is its own result, also one that takes its
process down with it; the others are made. The processes end with whoever started them, however that ends.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import datetime
from threading import Thread
from typing import Any

import msgspec

from banshi import Language, Refused, translator
from banshi_approvals.papers import drawing, kinds, sealing
from banshi_approvals.papers.errors import PaperError, SealUnavailable
from banshi_approvals.papers.kinds import Which
from banshi_approvals.papers.signers import Signer

_ = translator("banshi_approvals")

AHEAD = 4
"""Papers in hand for each process: enough that none waits for another, few enough that memory stays flat."""


class Job(msgspec.Struct, frozen=True):
    """A paper to be drawn in a language, and sealed where its kind bears a seal."""

    paper: kinds.AnyPaper
    language: Language = "zh"


class Made(msgspec.Struct, frozen=True):
    """What came of one: its place in the row that was given, and the PDF or why there is none."""

    position: int
    pdf: bytes | None = None
    error: Refused | None = None


class Press:
    """Makes papers one after another in this process, with keys that it loads once."""

    def __init__(self, signer_of: Mapping[Which, Signer], moment: datetime, folder: str | None = None) -> None:
        self._signers = {which: _Held(signer) for which, signer in signer_of.items()}
        self._moment, self._folder = moment, folder

    def make(self, position: int, job: Job) -> Made:
        """Return what came of a job; never raises for what is wrong with it."""
        try:
            return Made(position, pdf=self._made(job))
        except Refused as refused:
            return Made(position, error=refused)
        except Exception as error:  # a defect, or a document of ours that is damaged: the others of the batch are not its fault
            return Made(position, error=PaperError(_("The paper cannot be made: {why}"), why=f"{type(error).__name__}: {error}"))

    def _made(self, job: Job) -> bytes:
        which = job.paper.seal
        if which is not None and which not in self._signers:
            raise SealUnavailable(_("No key is given for the seal “{seal}”."), seal=sealing.WORDS[which])
        pdf = drawing.draw(job.paper, job.language, fonts_in=self._folder)
        return pdf if which is None else sealing.seal(pdf, which, self._signers[which], self._moment, organ=job.paper.head.organ)


def seal_many(
    jobs: Iterable[Job], signer_of: Mapping[Which, Signer], moment: datetime, *, processes: int | None = None, folder: str | None = None
) -> Iterator[Made]:
    """Yield what came of each job, in their order. ``jobs`` is read as it is worked off; ``folder`` holds more fonts.

    Signers go to other processes and have to be picklable. Stop early by closing the iterator.
    """
    count = processes or os.cpu_count() or 1
    crew = _Crew((signer_of, moment, folder), count)
    try:
        for position, job in enumerate(jobs):
            crew.take(position, job)
            while len(crew.waiting) >= count * AHEAD or (crew.broken and crew.waiting):
                yield crew.first()
        while crew.waiting:
            yield crew.first()
    finally:
        crew.close()


class _Held:
    """A signer whose key is loaded once."""

    def __init__(self, signer: Signer) -> None:
        self._signer, self._loaded = signer, None

    def load(self, at: datetime) -> Any:
        self._loaded = self._loaded or self._signer.load(at)
        return self._loaded


class _Crew:
    """The processes, and the jobs that are with them. When one dies, what was in hand is done again by a single one, so that the culprit is known."""

    def __init__(self, outfit: tuple[Any, ...], count: int) -> None:
        self._outfit, self._count = outfit, count
        self.waiting: deque[tuple[int, Job, Future[Made]]] = deque()
        self.broken = False
        self._pool = self._hire(count)

    def take(self, position: int, job: Job) -> None:
        if self.broken:
            self._renew(self._count)
            self.broken = False
        try:
            future = self._pool.submit(_make, position, job)
        except BrokenProcessPool as error:
            future = Future()
            future.set_exception(error)
        self.waiting.append((position, job, future))

    def first(self) -> Made:
        position, job, future = self.waiting.popleft()
        try:
            return future.result()
        except BrokenProcessPool:
            if not self.broken:
                self._renew(1)
                self.broken = True
        try:
            return self._pool.submit(_make, position, job).result()
        except BrokenProcessPool:
            self._renew(1)
            return Made(position, error=PaperError(_("The process that made this paper died of it. Is there memory enough?")))

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _renew(self, count: int) -> None:
        self._pool.shutdown()
        self._pool = self._hire(count)

    def _hire(self, count: int) -> ProcessPoolExecutor:
        # Started anew, not forked: the parent may have threads and connections.
        return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _begin, self._outfit)


# -- in the other processes --------------------------------------------------------------------------------------------

_press: list[Press] = []


def _begin(signer_of: Mapping[Which, Signer], moment: datetime, folder: str | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started the batch decides when it ends
    Thread(target=_end_with_parent, daemon=True).start()
    _press[:] = [Press(signer_of, moment, folder)]


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _make(position: int, job: Job) -> Made:
    return _press[0].make(position, job)
