"""Processes: who starts whom, and that none outlives the one who started it.

    banshi demo ── PostgreSQL (pg_ctl), `banshi worker`, the simulator, `banshi serve` ── granian's web processes

Each child dies with its parent, whatever ended the parent, SIGKILL too: `die_with_parent()` comes first in every child.
PostgreSQL may stay behind then; the next command on the same DIR finds it and stops it.
"""

from __future__ import annotations

import asyncio
import errno
import importlib
import multiprocessing
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any

import msgspec

from banshi import plugins
from banshi.db import Database
from banshi.db.embedded import database
from banshi.db.locks import ENDINGS, undisturbed
from banshi.districts import Tree, load_tree
from banshi.errors import BanshiError
from banshi.jobs.children import PARENT, die_with_parent, watch_parent
from banshi.plugins import Registry
from banshi.settings import Settings, from_environment, to_environment

GRACE = 10  # seconds between SIGTERM and SIGKILL


class ChildFailed(BanshiError):
    """A process of the demo ended by itself; the message names it, its own words are above."""


def serve(settings: Settings, target: str = "banshi.cli.serving:web") -> None:
    """Serve the web pages until SIGTERM or ^C; ``target`` makes the ASGI application in each web process.

    Raises BanshiError when the port cannot be had, SystemExit when the web processes keep failing.
    """
    _require_port(settings.host, settings.port)
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.log import LogLevels

    # Linux would fork: a web process with its parent's locks, threads and signal handlers.
    multiprocessing.set_start_method("spawn", force=True)
    with terminable(), database(settings) as url:
        os.environ.update(to_environment(msgspec.structs.replace(settings, database_url=url)))
        Granian(
            target,
            address=settings.host,
            port=settings.port,
            interface=Interfaces.ASGI,
            factory=True,
            workers=settings.workers,
            http=HTTPModes.http1,
            websockets=False,
            backlog=2048,
            respawn_failed_workers=True,  # by default one dead web process ends the server
            respawn_interval=0.5,
            workers_kill_timeout=GRACE,
            log_access=False,
            log_level=LogLevels.warning if settings.log_level not in {"DEBUG", "INFO"} else LogLevels.info,
        ).serve()


def web() -> Any:
    """Return the ASGI application of one web process, which dies with the server that started it."""
    die_with_parent()
    from banshi.app import create_app
    from banshi.web.security import log_to_standard_error

    settings = from_environment()
    log_to_standard_error(settings.log_level)
    return create_app(settings, registry_of(settings))


def registry_of(settings: Settings) -> Registry:
    """Return the plugins that a process loads: all; where it serves one district, those that are on in it or below, and nobody else's code.

    Raises BanshiError where there is no such district.
    """
    if not settings.district:
        return plugins.load(strict=settings.strict)

    async def read() -> Tree:
        database = Database(settings.database_url, pool_size=1)
        try:
            async with database.transaction() as db:
                return await load_tree(db)
        finally:
            await database.close()

    with ThreadPoolExecutor(1) as aside:  # whether a loop runs here already is the server's affair
        tree = aside.submit(asyncio.run, read()).result()
    try:
        tree = tree.only(settings.district)
    except KeyError:
        msg = f"There is no district {settings.district!r}; there are {', '.join(d.code for d in tree.serving)}"
        raise BanshiError(msg) from None
    entries = plugins.installed()
    on = tree.names_on([e.name for e in entries])
    return plugins.load([e for e in entries if e.name in on], strict=settings.strict)


def work(settings: Settings, target: str = "banshi.app:work") -> None:
    """Run the coroutine function ``target`` with the settings until it ends, or SIGTERM or ^C cancels it."""
    module, _, name = target.partition(":")
    with terminable(), database(settings) as url:
        run: Callable[[Settings], Coroutine[Any, Any, None]] = getattr(importlib.import_module(module), name)
        asyncio.run(_until_told(run(msgspec.structs.replace(settings, database_url=url))))


def spawn(arguments: Sequence[str], settings: Settings, module: str = "banshi") -> subprocess.Popen[bytes]:
    """Start `python -m banshi ARGUMENTS` with ``settings``; it dies with us if it calls die_with_parent() first.

    A session of its own keeps the terminal's ^C away from it: who ends when is for us to say.
    """
    environ = os.environ | to_environment(settings) | {PARENT: str(os.getpid())}
    return subprocess.Popen([sys.executable, "-m", module, *arguments], env=environ, start_new_session=True)


def _require_port(host: str, port: int) -> None:
    """Ask before the database starts and in words: granian answers a taken port with a stack trace."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        what = "is taken" if error.errno == errno.EADDRINUSE else f"cannot be used ({error.strerror})"
        msg = f"Port {port} of {host} {what}: end what listens there, or choose another with --port"
        raise BanshiError(msg) from error


class Household:
    """The children of one process, and the settings that they share."""

    def __init__(self, settings: Settings, module: str) -> None:
        self.settings = settings
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self._module = module

    def run(self, *arguments: str) -> None:
        """Start `python -m banshi ARGUMENTS` as a child that must not end before we do."""
        self.children[" ".join(arguments)] = spawn(arguments, self.settings, self._module)

    def check(self) -> None:
        """Raise ChildFailed when a child has ended."""
        for name, child in self.children.items():
            if child.poll() is not None:
                msg = f"banshi {name} ended with status {child.returncode}; what it said is above"
                raise ChildFailed(msg)

    def wait(self) -> None:
        """Wait until ^C or SIGTERM, which are the ordinary end; raise ChildFailed when a child ends first."""
        with suppress(KeyboardInterrupt, Terminated):
            while True:
                self.check()
                time.sleep(0.2)

    def end(self) -> None:
        """Ask every child to end, wait 10 seconds, then insist."""
        for child in self.children.values():
            child.terminate()
        end = time.monotonic() + GRACE
        for child in self.children.values():
            try:
                child.wait(max(0.0, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


@contextmanager
def demo(settings: Settings, module: str = "banshi") -> Iterator[Household]:
    """Own the database and a household of children; however the inside ends, nothing of them is left behind.

    with demo(settings) as home:
        migrate(home.settings.database_url, ...)
        home.run("worker")
        home.run("serve")
        home.wait()
    """
    with terminable(), database(settings, takes_over=True) as url:
        home = Household(msgspec.structs.replace(settings, database_url=url), module)
        try:
            yield home
        finally:
            with undisturbed():
                home.end()


class Terminated(SystemExit):
    """SIGTERM or SIGHUP came: end as on ^C, with the status 128 + signal that a shell expects."""


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise Terminated inside, so that every `finally` runs; by default they would end us on the spot."""

    def raise_terminated(number: int, _frame: FrameType | None) -> None:
        raise Terminated(128 + number)

    def raise_interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt  # also where a shell started us in the background, with ^C ignored

    before = {ending: signal.signal(ending, raise_interrupt if ending == signal.SIGINT else raise_terminated) for ending in ENDINGS}
    try:
        yield
    finally:
        for ending, handler in before.items():
            signal.signal(ending, signal.SIG_DFL if handler is None else handler)


async def _until_told(run: Coroutine[Any, Any, None]) -> None:
    """Let ^C, SIGTERM and SIGHUP cancel ``run``; its own clearing-up is waited for."""
    task = asyncio.ensure_future(run)
    for ending in ENDINGS:
        asyncio.get_running_loop().add_signal_handler(ending, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


__all__ = ["PARENT", "demo", "die_with_parent", "serve", "spawn", "terminable", "watch_parent", "web", "work"]
