"""The embedded server: PostgreSQL 18 out of a wheel, driven by initdb and pg_ctl, so that nothing has to be set up.

DIR holds pgdata/ (or pgdata.at, which says where it is), postgres.log and, while somebody is at work, .lock and .attached.

Who stops the server: `.lock` belongs to the owner, who started or took over the server; everyone else who uses it holds
`.attached` together with others. Whoever ends and finds the lock free and nobody attached stops it: the last one turns
off the light, and two commands side by side cannot take the server from each other. SIGKILL frees both locks and leaves
the server; the next command finds it, uses it, and stops it.

Who may connect: there is no TCP port, and the socket stands in a folder of mode 0700, so its owner and root can connect,
nobody else. The folder is below /tmp because a socket's path has 107 bytes at most (103 on macOS) and DIR may be longer;
its name comes from DIR's real path, because TMPDIR differs between a shell and a service.

As root: PostgreSQL refuses, so another account runs it. Where that account cannot reach DIR (DIR below /root), the
cluster stands in /var/lib/banshi/<name> and DIR/pgdata.at says so: opening the folders above DIR is not ours to do.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from psycopg import pq

from banshi.db.binaries import Account, account_for, may_enter, open_place, programs, run
from banshi.db.locks import FileLock, undisturbed
from banshi.errors import DatabaseUnavailable
from banshi.settings import Settings

PATIENCE = 300.0  # seconds: a recovery after a crash may be long
PORT = 5432  # only a part of the socket's name
LARGEST_LOG = 10_000_000  # bytes


@contextmanager
def database(settings: Settings, *, takes_over: bool = False) -> Iterator[str]:
    """Give the URL of a PostgreSQL that answers: the one of ``settings``, or DIR's own for as long as we are inside.

    ``takes_over`` is for the command that people take for the server (`banshi demo`): it becomes the owner where the owner
    is dead, and stops the server at its end though others are attached. Raises DatabaseUnavailable.
    """
    if settings.database_url:
        yield settings.database_url
        return
    server = EmbeddedServer(settings.data)
    try:
        yield server.join(takes_over=takes_over)
    finally:
        server.leave(stops=takes_over)


class EmbeddedServer:
    """The server of one folder. ``durable=False`` trades safety for speed, for tests only."""

    def __init__(self, data: Path, *, durable: bool = True) -> None:
        self.data = Path(os.path.realpath(data))
        self.durable = durable
        self.log = self.data / "postgres.log"
        self.socket = Path("/tmp") / f"banshi-{hashlib.sha256(os.fsencode(self.data)).hexdigest()[:16]}"  # noqa: S108 -- owner and mode are checked
        self.url = f"postgresql://banshi@/banshi?host={self.socket}&port={PORT}"
        self._lock = FileLock(self.data / ".lock")
        self._attached = FileLock(self.data / ".attached")

    def start(self) -> str:
        """Own the server, start it where it does not run, and return its URL (for asyncpg and psycopg alike).

        Raises DatabaseUnavailable when another process owns it or PostgreSQL does not start.
        """
        if not self._own():
            msg = f"{self.data} is in use by another banshi; wait for its end, or choose another --data"
            raise DatabaseUnavailable(msg)
        try:
            self._run()
        except BaseException:
            self.stop()
            raise
        return self.url

    def stop(self) -> None:
        """Stop the server that we own, remove its socket folder and free the lock; nothing when we do not own it."""
        if not self._lock.held:
            return
        with undisturbed():
            try:
                self._stop_postgres()
            finally:
                self._attached.release()
                self._lock.release()

    def running(self) -> bool:
        """Return whether the server accepts connections now."""
        return self._answer() == pq.Ping.OK

    def join(self, *, takes_over: bool = False) -> str:
        """Attach to the running server or start it, and return its URL; raise DatabaseUnavailable after 5 minutes."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if takes_over and self._own():
                return self.start()
            if self._attach():
                return self.url
            if self._own():
                return self.start()
            time.sleep(0.1)  # the owner is just starting or stopping it
        msg = f"The server of {self.data} belongs to another banshi and does not answer; its log is {self.log}"
        raise DatabaseUnavailable(msg)

    def leave(self, *, stops: bool = False) -> None:
        """End our use. The last to leave stops the server; with ``stops`` its owner does so at once."""
        self._attached.release()
        while self.data.is_dir() and self._lock.acquire():
            if stops or self._attached.acquire():
                self.stop()
                return
            self._lock.release()
            # Somebody attached may have found the lock in our hand just now, and gone: then it is still ours to do.
            if not self._attached.acquire():
                return
            self._attached.release()

    def erase(self) -> None:
        """Stop the server and delete its data, wherever it stands; raise DatabaseUnavailable when another process owns it."""
        if not self.data.is_dir():
            return
        if not self._own():
            msg = f"{self.data} is in use by another banshi; end it first"
            raise DatabaseUnavailable(msg)
        try:
            with undisturbed():
                self._stop_postgres()
                shutil.rmtree(self._pgdata.parent if self._pointer.exists() else self._pgdata, ignore_errors=True)
                for path in (self._pointer, self.log):
                    path.unlink(missing_ok=True)
        finally:
            self.stop()

    # Who is who

    def _own(self) -> bool:
        # Root lets others pass through, so that PostgreSQL's account can reach its folder; they still cannot list it.
        try:
            self.data.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
            return self._lock.acquire()
        except OSError as error:
            msg = f"{self.data} cannot be used for the database: {error.strerror}; choose another --data"
            raise DatabaseUnavailable(msg) from error

    def _attach(self) -> bool:
        if self.running() and self._attached.acquire(shared=True):
            if self.running():  # again: its owner may have been about to stop it
                return True
            self._attached.release()
        return False

    def _answer(self) -> pq.Ping:
        """Ask without believing a stranger's socket: the folder must belong to the one who owns the data."""
        if not self._folder_is_trusted() or not (self._pgdata / "postmaster.pid").exists():
            return pq.Ping.NO_RESPONSE
        return pq.Ping(pq.PGconn.ping(f"{self.url}&connect_timeout=5".encode()))

    def _folder_is_trusted(self) -> bool:
        try:
            there = self.socket.lstat()
            return stat.S_ISDIR(there.st_mode) and there.st_uid == self._pgdata.stat().st_uid
        except OSError:
            return False

    @property
    def _pointer(self) -> Path:
        return self.data / "pgdata.at"

    @property
    def _pgdata(self) -> Path:
        try:
            return Path(os.fsdecode(self._pointer.read_bytes().rstrip(b"\n")))
        except FileNotFoundError:
            return self.data / "pgdata"

    # Starting

    def _run(self) -> None:
        account = account_for(self._pgdata)
        folder = programs(account)
        if not (self._pgdata / "PG_VERSION").exists():
            self._make_cluster(folder, account)
        self._make_socket_folder(account)
        for attempt in range(3):
            end = time.monotonic() + PATIENCE
            while self._answer() == pq.Ping.REJECT and time.monotonic() < end:
                time.sleep(0.1)  # an orphan that is still recovering, or on its way out
            if self.running() or self._start_postgres(folder, account):
                return
            self._set_stale_pid_file_aside()
            time.sleep(attempt)  # backends of a killed server need a moment to see that it is gone
        msg = f"PostgreSQL does not start in {self._pgdata}. The end of {self.log}:\n{_tail(self.log)}"
        raise DatabaseUnavailable(msg)

    def _make_cluster(self, folder: Path, account: Account | None) -> None:
        """Initialise beside, then rename: a death in the middle leaves nothing that looks like a cluster."""
        if account is not None and not may_enter(account, self.data) and not self._pointer.exists():
            place = open_place() / secrets.token_hex(8)
            half = self._pointer.with_suffix(".new")
            half.write_bytes(os.fsencode(place / "pgdata") + b"\n")
            half.rename(self._pointer)
        pgdata = self._pgdata
        new = pgdata.with_name("pgdata.new")
        shutil.rmtree(new, ignore_errors=True)
        pgdata.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
        new.mkdir(mode=0o700)
        if account is not None:
            os.chown(new, *account)
        sync = [] if self.durable else ["--no-sync"]
        made = run([folder / "initdb", "--no-locale", "-E", "UTF8", "-U", "banshi", "-A", "trust", "--no-instructions", *sync], account, pgdata=new)
        if made.returncode == 0:  # the database too, so that a server that answers is one that can be used
            made = run([folder / "postgres", "--single", "postgres"], account, pgdata=new, given=b"CREATE DATABASE banshi\n")
        if made.returncode != 0:
            shutil.rmtree(new, ignore_errors=True)
            msg = f"initdb could not make {pgdata}: {made.stdout.decode(errors='replace')[-2000:]}"
            raise DatabaseUnavailable(msg)
        new.rename(pgdata)

    def _make_socket_folder(self, account: Account | None) -> None:
        uid = os.geteuid() if account is None else account.uid
        with suppress(FileExistsError):
            self.socket.mkdir(mode=0o700)
            if account is not None:
                os.chown(self.socket, *account)
        there = self.socket.lstat()
        if there.st_uid == 0 != uid and account is not None and not any(self.socket.iterdir()):
            os.chown(self.socket, *account)  # we died between mkdir and chown
            there = self.socket.lstat()
        if there.st_uid != uid or not stat.S_ISDIR(there.st_mode) or there.st_mode & 0o077:
            msg = f"{self.socket} is not a private folder of user {uid}; find out who made it, and remove it"
            raise DatabaseUnavailable(msg)

    def _start_postgres(self, folder: Path, account: Account | None) -> bool:
        options = f"-k {self.socket} -p {PORT} " + " ".join(f"-c {name}={value}" for name, value in self._options().items())
        if self.log.exists() and self.log.stat().st_size > LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))
        # We open the log, not pg_ctl: the account need not be able to reach DIR.
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as log:
            started = run([folder / "pg_ctl", "start", "-w", "-t", str(int(PATIENCE)), "-s", "-o", options], account, pgdata=self._pgdata, output=log)
        return started.returncode == 0 and self.running()

    def _options(self) -> dict[str, str]:
        fast = {} if self.durable else {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "256MB"}
        return {
            "listen_addresses": "",
            "unix_socket_permissions": "0700",
            "shared_buffers": "256MB",
            "max_connections": "100",
            "jit": "off",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
        } | fast

    # Stopping

    def _stop_postgres(self) -> None:
        if self._postmaster_lives():
            account = account_for(self._pgdata)
            pg_ctl = programs(account) / "pg_ctl"
            for mode in ("fast", "immediate"):
                if run([pg_ctl, "stop", "-s", "-w", "-t", "60", "-m", mode], account, pgdata=self._pgdata).returncode == 0:
                    break
        self._clear_socket_folder()
        with suppress(OSError):  # not there, or not ours and not empty
            self.socket.rmdir()

    def _clear_socket_folder(self) -> None:
        if self._folder_is_trusted():  # else it may be a link to another server's
            for path in self.socket.glob(".s.PGSQL.*"):
                path.unlink(missing_ok=True)

    def _set_stale_pid_file_aside(self) -> None:
        """Let PostgreSQL start over a pid file whose process is not a server of this folder.

        It judges stale files itself, but takes any live process of its own user for itself: after a reboot, and in a
        container always, pids come again. We hold the lock; its shared memory still refuses a second server. Nobody is killed.
        """
        if not self._postmaster_lives():
            (self._pgdata / "postmaster.pid").unlink(missing_ok=True)
            self._clear_socket_folder()  # its lock file holds the same pid and is judged the same way

    def _postmaster_lives(self) -> bool:
        """Return whether the pid in postmaster.pid is our server: its command line names the socket folder beside the pid."""
        try:
            lines = (self._pgdata / "postmaster.pid").read_text().splitlines()
            pid, socket = int(lines[0]), lines[4] if len(lines) > 4 else str(self.socket)
            return bool(socket in psutil.Process(pid).cmdline())
        except (FileNotFoundError, NotADirectoryError, ValueError, IndexError, psutil.NoSuchProcess):
            return False
        except psutil.AccessDenied:
            return True  # another user's: not for us to call stale


def _tail(log: Path) -> str:
    with suppress(OSError):
        return log.read_text(errors="replace")[-2000:]
    return "(there is no log)"
