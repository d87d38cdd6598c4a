"""No process outlives the one who started it, however that one ends, and an ordinary end leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import psutil
import pytest

from banshi.db.embedded import EmbeddedServer
from banshi.settings import Settings, to_environment

T = TypeVar("T")
MARK = "STANDIN_MARK"  # in the environment of everything that a test starts, and so of all that these start

STANDIN = {
    # stands where banshi.app will: an ASGI application that says its pid, and a worker that clears up after itself
    "application.py": """
        import asyncio, os
        from pathlib import Path
        from banshi.cli.serving import die_with_parent
        from banshi.settings import from_environment

        def make():
            die_with_parent()
            settings = from_environment()
            async def app(scope, receive, send):
                if scope["type"] == "http":
                    await send({"type": "http.response.start", "status": 200, "headers": []})
                    await send({"type": "http.response.body", "body": f"{os.getpid()} {settings.database_url}".encode()})
            return app

        async def work(settings):
            Path(os.environ["STANDIN_ROOM"], "working").touch()
            try:
                await asyncio.sleep(60)
            finally:
                await asyncio.sleep(0.1)
                Path(os.environ["STANDIN_ROOM"], "cleared").touch()
        """,
    # stands where `python -m banshi` will
    "__main__.py": """
        import os, sys, time
        from banshi.cli import serving
        from banshi.settings import from_environment

        if __name__ == "__main__":
            serving.die_with_parent()
            settings, verb = from_environment(), sys.argv[1]
            if verb == "serve":
                serving.serve(settings, "standin.application:make")
            elif verb == "worker":
                serving.work(settings, "standin.application:work")
            elif verb == "fail":
                sys.exit(3)
            elif verb == "parent":
                serving.spawn(["watching"], settings, "standin")
                time.sleep(60)
            elif verb == "watching":
                serving.watch_parent(os.getppid(), every=0.05)
                time.sleep(60)
            elif verb == "demo":
                with serving.demo(settings, "standin") as home:
                    for argument in sys.argv[2:]:
                        home.run(argument)
                    home.wait()
        """,
    "__init__.py": "",
}


@dataclass
class Room:
    """A folder with the stand-in, a data folder and a port, and what runs there."""

    folder: Path
    port: int

    @property
    def data(self) -> Path:
        """The folder of the embedded server."""
        return self.folder / "data"

    def start(self, *arguments: str, database_url: str = "postgresql://nobody@nowhere/") -> subprocess.Popen[bytes]:
        """Run the stand-in's `python -m`, marked."""
        settings = Settings(data=self.data, database_url=database_url, port=self.port, workers=2)
        path = os.pathsep.join([str(self.folder), *sys.path])
        environ = os.environ | to_environment(settings) | {MARK: str(self.folder), "STANDIN_ROOM": str(self.folder), "PYTHONPATH": path}
        with self.said.open("wb") as said:
            return subprocess.Popen([sys.executable, "-m", "standin", *arguments], env=environ, stderr=said, start_new_session=True)

    @property
    def said(self) -> Path:
        """The file with what the last one that was started says on standard error."""
        return self.folder / "said"

    def get(self) -> str:
        """Return what a web process answers; raise OSError where none does."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as answer:
            return str(answer.read().decode())

    def processes(self) -> list[str]:
        """Return the command lines of all that runs in this room's name; a zombie does not run."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == str(self.folder) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        return found


@pytest.fixture
def room() -> Iterator[Room]:
    """A room that PostgreSQL's account can reach."""
    folder = Path(tempfile.mkdtemp(prefix="banshi-test-"))
    folder.chmod(0o755)
    (folder / "standin").mkdir()
    for name, code in STANDIN.items():
        (folder / "standin" / name).write_text(textwrap.dedent(code))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    room = Room(folder, port)
    yield room
    _until(lambda: room.processes() == [])
    EmbeddedServer(room.data).erase()
    shutil.rmtree(folder)


def test_a_dead_web_process_is_replaced_and_the_site_stays_up(room: Room) -> None:
    server = room.start("serve")
    killed = int(_until(room.get).split()[0])
    os.kill(killed, signal.SIGKILL)
    assert _until(lambda: int(room.get().split()[0]) != killed)
    _until(lambda: len([line for line in room.processes() if "spawn_main" in line]) == 2)
    assert "postgresql://nobody@nowhere/" in room.get()
    assert _end(server, signal.SIGTERM) == 0
    _until(lambda: room.processes() == [])


@pytest.mark.parametrize("whole_group", [True, False], ids=["ctrl-c", "sigint"])
def test_an_interrupted_server_leaves_no_process(room: Room, *, whole_group: bool) -> None:
    server = room.start("serve")
    _until(room.get)
    if whole_group:
        os.killpg(server.pid, signal.SIGINT)  # as a terminal does
    else:
        server.send_signal(signal.SIGINT)
    assert server.wait(15) == 0
    _until(lambda: room.processes() == [])


def test_web_processes_die_with_a_server_that_was_killed(room: Room) -> None:
    server = room.start("serve")
    _until(room.get)
    _end(server, signal.SIGKILL)
    _until(lambda: room.processes() == [])
    with pytest.raises(OSError, match=r"refused|reset"):
        room.get()


def test_a_taken_port_is_said_and_ends_the_start(room: Room) -> None:
    with socket.create_server(("127.0.0.1", room.port)):
        server = room.start("serve")
        assert server.wait(15) != 0
    assert f"Port {room.port} of 127.0.0.1 is taken" in room.said.read_text()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_worker_that_is_told_to_end_clears_up_first(room: Room, ending: signal.Signals) -> None:
    worker = room.start("worker")
    _until((room.folder / "working").exists)
    assert _end(worker, ending) == 0
    assert (room.folder / "cleared").exists()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_ends_leaves_no_process_no_lock_no_socket(room: Room, ending: signal.Signals) -> None:
    demo = room.start("demo", "worker", "serve", database_url="")
    assert "host=/tmp/banshi-" in _until(room.get)
    _until((room.folder / "working").exists)
    server = EmbeddedServer(room.data)
    assert server.running()
    assert _end(demo, ending) == 0
    _until(lambda: room.processes() == [])
    assert (room.folder / "cleared").exists()
    _assert_nothing_is_left(server)


def test_a_second_interrupt_does_not_cut_the_clearing_up_short(room: Room) -> None:
    demo = room.start("demo", "worker", database_url="")
    _until((room.folder / "working").exists)
    for _ in range(20):
        demo.send_signal(signal.SIGINT)
        time.sleep(0.02)
    demo.wait(20)
    _until(lambda: room.processes() == [])
    _assert_nothing_is_left(EmbeddedServer(room.data))


def test_a_failing_child_ends_the_demo_and_is_named(room: Room) -> None:
    demo = room.start("demo", "worker", "fail", database_url="")
    assert demo.wait(20) != 0
    assert "banshi fail ended with status 3" in room.said.read_text()
    _until(lambda: room.processes() == [])
    _assert_nothing_is_left(EmbeddedServer(room.data))


def test_a_killed_demo_takes_its_processes_along_and_the_next_one_takes_the_server_over(room: Room) -> None:
    first = room.start("demo", "worker", "serve", database_url="")
    _until(room.get)
    _end(first, signal.SIGKILL)
    _until(lambda: room.processes() == [])
    server = EmbeddedServer(room.data)
    assert server.running()

    second = room.start("demo", "serve", database_url="")
    _until(room.get)
    assert _end(second, signal.SIGTERM) == 0
    _assert_nothing_is_left(server)


def test_where_there_is_no_death_signal_a_child_watches_its_parent(room: Room) -> None:
    parent = room.start("parent")
    _until(lambda: any("watching" in line for line in room.processes()))
    time.sleep(0.5)
    assert any("watching" in line for line in room.processes())
    _end(parent, signal.SIGKILL)
    _until(lambda: room.processes() == [])


def test_a_command_that_a_shell_started_may_outlive_the_shell(room: Room) -> None:
    child = "from banshi.cli.serving import die_with_parent as d; d(); import time; print(1, flush=True); time.sleep(60)"
    code = f"{sys.executable} -c '{child}' & read line"
    environ = os.environ | {MARK: str(room.folder), "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(["/bin/sh", "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ) as shell:
        assert shell.stdout is not None
        assert shell.stdout.readline() == "1\n"
        (child,) = psutil.Process(shell.pid).children()
        shell.kill()
        shell.wait()
        time.sleep(0.3)
        assert child.is_running()
        child.kill()
    _until(lambda: room.processes() == [])


def _until(look: Callable[[], T]) -> T:
    """Look until the answer is something; fail after 20 seconds."""
    end = time.monotonic() + 20
    while True:
        try:
            if seen := look():
                return seen
        except OSError:
            pass
        assert time.monotonic() < end
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes], ending: signal.Signals) -> int:
    process.send_signal(ending)
    return process.wait(20)


def _assert_nothing_is_left(server: EmbeddedServer) -> None:
    assert not server.running()
    assert not server.socket.exists()
    assert not (server.data / "pgdata" / "postmaster.pid").exists()
    assert [path.name for path in server.data.iterdir() if path.name.startswith(".")] == []
