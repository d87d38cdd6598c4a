"""A plugin's job in a process of its own, killed at its limit: one that never ends, or waits in C code, holds up nobody.

    worker ── `python -m banshi.jobs.children OWNER JOB SECONDS`

The child loads the one plugin and nothing else, gets the settings by environment, and dies with the worker.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from banshi.contracts import Job
from banshi.errors import PluginError
from banshi.settings import Settings, to_environment

# Not a BANSHI_ name: it is no setting, and must not reach a grandchild.
PARENT = "_BANSHI_PARENT"
Run = Callable[[Job, datetime], Awaitable[None]]
LONGEST = 300
"""Characters of what a child says of its end."""
NICE = 10
"""How far a job stands back for whoever waits for a page on the same processors."""


class JobFailed(PluginError):
    """A job ended with an error, or was killed at its limit; the message says which, without what the error says."""


def in_child(settings: Settings) -> Run:
    """Return what runs a job of a plugin in a process of its own, and raises JobFailed unless it went well."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("BANSHI_")} | to_environment(settings)

    async def run(job: Job, moment: datetime) -> None:
        line = [sys.executable, "-m", "banshi.jobs.children", job.owner, job.name, str(int(moment.timestamp()))]
        told = environ | {PARENT: str(os.getpid())}
        process = await asyncio.create_subprocess_exec(
            *line, env=told, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, start_new_session=True
        )
        try:
            async with asyncio.timeout(job.limit.total_seconds()):
                said, _ = await process.communicate()
        except TimeoutError:
            msg = f"killed after {job.limit.total_seconds():g} s"
            raise JobFailed(msg) from None
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # with all that it started
            await process.wait()
        if process.returncode:
            raise JobFailed(said.decode("utf8", "replace").strip()[:LONGEST] or f"ended with status {process.returncode}")

    return run


def main() -> None:
    """Run one job; its error's kind and place go to standard output, everything else that it prints to standard error."""
    die_with_parent()
    os.nice(NICE)
    owner, name, seconds = sys.argv[1:]
    answer = os.dup(1)
    os.dup2(2, 1)
    from banshi import plugins
    from banshi.db import Database, statement_limit
    from banshi.fences.faults import said
    from banshi.fences.places import Places
    from banshi.jobs.periodic import Context
    from banshi.settings import from_environment

    status = 0

    async def run() -> None:
        nonlocal status
        settings = from_environment()
        registry = plugins.load([e for e in plugins.installed() if e.name == owner], strict=True)
        job = next(j for j in registry.jobs if j.name == name)
        database = Database(settings.database_url, pool_size=2)
        try:
            with statement_limit(settings.plugin_statement_timeout):
                await job.run(Context(database, datetime.fromtimestamp(int(seconds), UTC), settings, registry))
        except BaseException as error:
            place = Places(registry.packages).of_error(error)
            os.write(answer, said(error, place).encode())
            sys.stderr.write("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__ + "\n")  # its words may be somebody's
            status = 1
        finally:
            await database.close()

    asyncio.run(run())
    sys.exit(status)


def die_with_parent() -> None:
    """End this process when the one who started it ends, however that ends. First call of every child; nothing elsewhere.

    We are a child when PARENT names who started us, or multiprocessing did; a command started by a shell may outlive the shell.
    """
    told = os.environ.pop(PARENT, None)
    started_by = multiprocessing.parent_process()
    parent = started_by.pid if started_by is not None else int(told) if told else None
    if parent is None:
        return
    if sys.platform == "linux":
        death_signal = 1  # PR_SET_PDEATHSIG, from <linux/prctl.h>
        ctypes.CDLL(None).prctl(death_signal, signal.SIGKILL, 0, 0, 0)
    else:
        watch_parent(parent)
    if os.getppid() != parent:  # it ended before we could ask to be told
        os.kill(os.getpid(), signal.SIGKILL)


def watch_parent(parent: int, every: float = 0.5) -> None:
    """Start a thread that ends this process once its parent is another than ``parent``; looks each ``every`` seconds."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(every)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=watch, name="watch-parent", daemon=True).start()


if __name__ == "__main__":
    main()
