"""`python -m bench.papers 1000`: signed notices, by the pool and by one process doing one after another, and whether memory stays flat.

The two take turns: while one works, the other stands still (the pool's processes are stopped), so that whatever else the machine does meets both.
What the pool needs to start is counted.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from time import perf_counter, process_time

import msgspec
import psutil

from banshi import clock
from banshi.cli.serving import terminable
from banshi_approvals import papers
from banshi_approvals.papers import kinds
from banshi_approvals.papers.batch import Press
from banshi_approvals.papers.kinds import Way, Which
from bench import table

TURNS = 10
ORGAN, MATTER, BASIS = "云澜市行政审批局", "旅馆业特种行业许可", "《中华人民共和国行政许可法》第三十八条"


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Notices; seconds and processor seconds of the pool and of one process; bytes of the parent and a worker, after a tenth and at the end."""

    count: int
    pool: float
    one: float
    pool_busy: float
    one_busy: float
    began: int
    ended: int
    worker_began: int
    worker_ended: int


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m bench.papers", description="Print how fast papers are drawn and sealed, in ratios.")
    parser.add_argument("count", type=int, nargs="?", default=1000, help="how many notices, each way")
    count = parser.parse_args().count
    try:
        with terminable():
            drawn = draw(measure(count))
    finally:
        for worker in _workers():
            worker.resume()
    print(drawn)
    table.write(drawn, "papers")


def measure(count: int) -> Figures:
    """Return the figures of so many notices."""
    at = clock.now()
    with tempfile.TemporaryDirectory(prefix="banshi-bench-papers-") as folder:
        keys = papers.issue(Path(folder), ORGAN, at)
        signers: Mapping[Which, papers.Signer] = {
            "acceptance": papers.FileSigner(keys.acceptance, keys.passphrase),
            "decision": papers.FileSigner(keys.decision, keys.passphrase),
        }
        press, alone = Press(signers, at), jobs(count, at.date())
        pool = papers.seal_many(jobs(count, at.date()), signers, at)
        took, memory = {"pool": 0.0, "one": 0.0, "busy": 0.0}, []
        for turn in range(TURNS):
            share = count // TURNS + (turn < count % TURNS)
            with _awake():
                began = perf_counter()
                for _number in range(share):
                    _whole(next(pool))
                took["pool"] += perf_counter() - began
                pool_busy = sum(w.cpu_times().user + w.cpu_times().system for w in _workers())
            began, busy = perf_counter(), process_time()
            for number in range(share):
                _whole(press.make(number, next(alone)))
            took["one"] += perf_counter() - began
            took["busy"] += process_time() - busy
            memory.append((_resident(psutil.Process()), max(map(_resident, _workers()))))
        for worker in _workers():
            worker.resume()
        if next(pool, None) is not None:
            msg = "the pool gave more than it was asked for"
            raise RuntimeError(msg)
    return Figures(
        count=count,
        pool=took["pool"],
        one=took["one"],
        pool_busy=pool_busy,
        one_busy=took["busy"],
        began=memory[0][0],
        ended=memory[-1][0],
        worker_began=memory[0][1],
        worker_ended=memory[-1][1],
    )


def jobs(count: int, day: date) -> Iterator[papers.Job]:
    """Yield notices of acceptance and decisions in turn, no two the same."""
    for number in range(count):
        code = f"{number:08d}"
        head = kinds.Head(
            organ=ORGAN,
            number=f"审〔{day.year}〕{number}号",
            case=f"4071{code}",
            day=day,
            address=f"https://banshi.example/check/{code}",
            code=code,
        )
        if number % 2:
            yield papers.Job(kinds.Acceptance(head=head, applicant=f"云上旅馆{number}", matter=MATTER, accepted=day, statutory=day + timedelta(28)))
        else:
            ways = (Way(title="行政复议", where="云澜市人民政府", until=day + timedelta(60)),)
            decided = kinds.Decision(head=head, applicant=f"云上旅馆{number}", matter=MATTER, outcome="granted", basis=(BASIS,), appeals=ways)
            yield papers.Job(decided)


def draw(f: Figures) -> str:
    """Return the table as markdown."""
    rows = [
        ("Signed notices a second, one process", "", f"{f.count / f.one:.1f}"),
        (f"Signed notices a second, {os.cpu_count()} processes", "", f"{f.count / f.pool:.1f}"),
        ("**Pool, of one process**", "1.8 times or more", f"**{f.one / f.pool:.2f}**"),
        ("Processor time of a notice, one process / pool, ms", "", f"{1000 * f.one_busy / f.count:.0f} / {1000 * f.pool_busy / f.count:.0f}"),
        ("Memory of the parent after a tenth / at the end, MB", "", f"{f.began / 1e6:.0f} / {f.ended / 1e6:.0f}"),
        ("Memory of the larger worker after a tenth / at the end, MB", "", f"{f.worker_began / 1e6:.0f} / {f.worker_ended / 1e6:.0f}"),
    ]
    lines = [f"| {f.count:,} notices | target | |", "|---|---|--:|", *(f"| {name} | {target} | {value} |" for name, target, value in rows)]
    return "\n".join(lines)


@contextmanager
def _awake() -> Iterator[None]:
    """Let the pool's processes work inside the block, and stop them at its end; where it raises, they go on, to be ended."""
    for worker in _workers():
        worker.resume()
    yield
    for worker in _workers():
        worker.suspend()


def _whole(made: papers.Made) -> None:
    if made.error is not None:
        raise made.error


def _workers() -> list[psutil.Process]:
    """Return the pool's processes: those of our children that draw."""
    return [c for c in psutil.Process().children() if "spawn_main" in " ".join(c.cmdline())]


def _resident(process: psutil.Process) -> int:
    return int(process.memory_info().rss)


if __name__ == "__main__":
    main()
