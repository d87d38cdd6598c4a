"""Papers by the thousand: in their order, each with a result of its own, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from sheets import ALL, HEAD, MATTER, ORGAN

from banshi_approvals import papers
from banshi_approvals.papers import FileSigner, Job, Trust, batch, kinds
from banshi_approvals.papers.issuing import Issued

AT = datetime(2026, 11, 20, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def issued(tmp_path_factory: pytest.TempPathFactory) -> Issued:
    return papers.issue(tmp_path_factory.mktemp("seals"), ORGAN, AT)


def test_results_come_in_order_and_one_that_fails_is_its_own_result(issued: Issued) -> None:
    rows = [*ALL, receipt("\U00013000"), receipt("王㐂")]
    made = list(papers.seal_many(map(Job, rows), {"acceptance": FileSigner(issued.acceptance, issued.passphrase)}, AT, processes=2))
    assert [m.position for m in made] == list(range(len(rows)))
    trust = Trust.from_pem(issued.roots.read_bytes())
    for paper, one in zip(rows, made, strict=True):
        if paper.seal == "decision":  # no key is given for that one
            assert (one.pdf, type(one.error)) == (None, papers.SealUnavailable)
        elif one.position == len(ALL):
            assert isinstance(one.error, papers.GlyphMissing)
            assert one.error.lacking == ("\U00013000",)
        else:
            assert one.error is None
            assert one.pdf is not None
            assert papers.check(one.pdf, trust, AT).verdict == ("valid" if paper.seal else "unsealed")
    assert made[-1].pdf != made[1].pdf


def test_a_batch_reads_no_further_ahead_than_a_few_and_ends_when_it_is_closed(issued: Issued) -> None:
    read = 0

    def endless() -> Iterator[Job]:
        nonlocal read
        while True:
            read += 1
            yield Job(receipt(f"王㐂{read}"))

    batched = papers.seal_many(endless(), {"acceptance": FileSigner(issued.acceptance, issued.passphrase)}, AT, processes=1)
    for number in range(3):
        assert next(batched).position == number
        assert read <= number + 1 + batch.AHEAD
    workers = psutil.Process().children()
    assert workers
    batched.close()  # type: ignore[attr-defined]
    assert not [w for w in workers if w.is_running() and "spawn_main" in " ".join(w.cmdline())]


class Deadly(msgspec.Struct, frozen=True):
    """A key whose driver takes the process down, as those of tokens do now and then."""

    def load(self, at: datetime) -> Any:
        os._exit(1)


def test_a_paper_that_takes_its_process_down_keeps_no_other_from_being_made(issued: Issued) -> None:
    decision = next(p for p in ALL if isinstance(p, kinds.Decision))
    keys = {"acceptance": FileSigner(issued.acceptance, issued.passphrase), "decision": Deadly()}
    made = list(papers.seal_many([Job(receipt("甲")), Job(decision), Job(receipt("乙"))], keys, AT, processes=1))
    assert [m.pdf is not None for m in made] == [True, False, True]
    assert isinstance(made[1].error, papers.PaperError)
    assert "memory" in str(made[1].error)


def test_the_processes_end_with_the_one_that_started_them_also_when_it_is_killed(issued: Issued, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        f"""
import sys
from datetime import UTC, datetime
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
if __name__ == "__main__":
    from itertools import repeat
    from banshi_approvals import papers
    from sheets import ALL
    keys = {{"acceptance": papers.FileSigner(Path({str(issued.acceptance)!r}), Path({str(issued.passphrase)!r}))}}
    for made in papers.seal_many(repeat(papers.Job(ALL[1])), keys, datetime(2026, 11, 20, tzinfo=UTC), processes=2):
        print(made.position, flush=True)
""",
        encoding="utf8",
    )
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline().strip() == "0"
        workers = psutil.Process(parent.pid).children(recursive=True)
        parent.send_signal(signal.SIGKILL)
    assert len(workers) >= 2
    assert psutil.wait_procs(workers, timeout=30)[1] == []


def receipt(name: str) -> kinds.Receipt:
    return kinds.Receipt(head=HEAD, applicant=name, matter=MATTER, received=("设置申请书",))
