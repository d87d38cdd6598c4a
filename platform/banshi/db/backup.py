"""Backup and restore: database and files as one archive, whose parts are checked before anything is touched.

backup.tar    database.dump (pg_dump, custom format) · files/… · manifest.json (versions, SHA-256 of every part), last
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

import msgspec
import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Identifier

from banshi.db.binaries import MAJOR, programs
from banshi.db.queue import libpq_url
from banshi.db.repair import AFTER_DATA
from banshi.errors import BanshiError

DUMP = "database.dump"
MANIFEST = "manifest.json"
PIECE = 1 << 20  # bytes


class Manifest(msgspec.Struct, frozen=True):
    """What an archive says of itself: who wrote it, from which server, and the SHA-256 of each part by its name."""

    banshi: str
    postgresql: int
    parts: dict[str, str]


def backup(url: str, target: Path, files: Path | None = None) -> Manifest:
    """Write database and ``files`` into the one archive ``target``, which appears whole or not at all; return its manifest.

    The database goes first: a file is stored before the row that names it, so every row finds its file.
    Raises BanshiError when no pg_dump fits the server or the dump fails.
    """
    version = _server_version(url)
    handle, name = tempfile.mkstemp(dir=target.resolve().parent, prefix=f".{target.name}.")
    half = Path(name)
    try:
        with os.fdopen(handle, "wb") as out, tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
            parts = {}
            with tempfile.NamedTemporaryFile(dir=half.parent, prefix=f".{target.name}.") as dump:
                _dump(url, version, dump)
                parts[DUMP] = _add(archive, DUMP, Path(dump.name))
            for path in sorted(files.rglob("*")) if files and files.is_dir() else ():
                if path.is_file() and not path.is_symlink() and not path.name.startswith("."):  # those are half-written
                    part = f"files/{path.relative_to(files).as_posix()}"  # type: ignore[arg-type]
                    with suppress(FileNotFoundError):  # swept since: no row named it
                        parts[part] = _add(archive, part, path)
            manifest = Manifest(_version(), version, parts)
            about = tarfile.TarInfo(MANIFEST)
            encoded = msgspec.json.format(msgspec.json.encode(manifest))
            about.size = len(encoded)
            archive.addfile(about, io.BytesIO(encoded))
            archive.close()
            out.flush()
            os.fsync(out.fileno())
        half.replace(target)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    return manifest


def restore(url: str, source: Path, files: Path | None = None) -> Manifest:
    """Bring the archive ``source`` into the empty database at ``url`` and the empty or missing folder ``files``.

    Digests first, then the database in one transaction, then the files; on any fault nothing of it stays. Raises
    BanshiError: the archive is damaged, the database or folder is not empty, the server refuses a statement.
    """
    manifest = verify(source)
    if files is not None and files.exists() and (not files.is_dir() or any(files.iterdir())):
        msg = f"{files} is not empty; move it away, or restore into another folder"
        raise BanshiError(msg)
    schemas = _empty_schemas(url)
    with tarfile.open(source) as archive, _unpacked(archive, manifest, files):
        dump = archive.extractfile(DUMP)
        if dump is None:
            msg = f"{source}: {DUMP} is not a file"
            raise BanshiError(msg)
        _restore_database(url, dump, schemas)
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("ANALYZE")
    return manifest


def verify(source: Path) -> Manifest:
    """Read the whole archive and return its manifest; raise BanshiError when a part is missing, changed or unknown."""
    found: dict[str, str] = {}
    manifest = None
    try:
        with tarfile.open(source) as archive:
            for member in archive:
                part = archive.extractfile(member)
                known = member.name in {DUMP, MANIFEST} or member.name.startswith("files/")
                if part is None or not known or member.name in found or ".." in Path(member.name).parts:
                    msg = f"{source}: {member.name} has no place in a backup; the archive is damaged or not ours"
                    raise BanshiError(msg)
                if member.name == MANIFEST:
                    manifest = msgspec.json.decode(part.read(), type=Manifest)
                else:
                    found[member.name] = hashlib.file_digest(cast("tarfile.ExFileObject", part), "sha256").hexdigest()
    except (tarfile.TarError, EOFError, msgspec.MsgspecError) as error:
        msg = f"{source} is not a whole backup of banshi: {error}"
        raise BanshiError(msg) from error
    said = manifest.parts if manifest else {}
    wrong = sorted(name for name in said.keys() | found.keys() if said.get(name) != found.get(name))
    if manifest is None or wrong or DUMP not in found:
        msg = f"{source} is damaged or was changed: {', '.join(wrong[:5]) or MANIFEST}; use another copy"
        raise BanshiError(msg)
    return manifest


def _add(archive: tarfile.TarFile, name: str, path: Path) -> str:
    """Add the file under ``name`` and return its digest; only what was there when it was opened counts."""
    with path.open("rb") as part:
        about = tarfile.TarInfo(name)
        about.size = os.fstat(part.fileno()).st_size
        hashing = _Hashing(part)
        archive.addfile(about, hashing)
    return hashing.digest.hexdigest()


class _Hashing:
    """A file read through a digest, so that digest and archive see the same bytes."""

    def __init__(self, part: IO[bytes]) -> None:
        self.part = part
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self.part.read(size)
        self.digest.update(piece)
        return piece


@contextmanager
def _unpacked(archive: tarfile.TarFile, manifest: Manifest, files: Path | None) -> Iterator[None]:
    """Unpack the files beside their place; move them there at the end, or remove them when what is inside fails."""
    if files is None:
        yield
        return
    files.parent.mkdir(parents=True, exist_ok=True)
    half = Path(tempfile.mkdtemp(dir=files.parent, prefix=f".{files.name}."))
    try:
        for name in manifest.parts:
            part = archive.extractfile(name) if name != DUMP else None
            if part is not None:
                path = half / name.removeprefix("files/")
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as out:
                    shutil.copyfileobj(part, out, PIECE)
        yield
        if files.exists():
            files.rmdir()
        half.rename(files)
    except BaseException:
        shutil.rmtree(half, ignore_errors=True)
        raise


def _dump(url: str, version: int, out: IO[bytes]) -> None:
    made = subprocess.run(
        [_tool("pg_dump", version), "--format=custom", "--no-owner", "--no-privileges", "--dbname", _address(url)],
        stdout=out, stderr=subprocess.PIPE, env=_environ(url), check=False,
    )  # fmt: skip
    if made.returncode != 0:
        msg = f"pg_dump could not read the database: {made.stderr.decode(errors='replace').strip()}"
        raise BanshiError(msg)


def _restore_database(url: str, dump: IO[bytes], schemas: list[str]) -> None:
    """Feed one psql transaction: tables and rows, the repair of transaction ids, then indexes and constraints."""
    version = _server_version(url)
    with tempfile.TemporaryFile() as said, tempfile.NamedTemporaryFile() as copy:
        shutil.copyfileobj(dump, copy, PIECE)
        copy.flush()
        psql = subprocess.Popen(
            [_tool("psql", version), "-X", "-q", "--single-transaction", "-v", "ON_ERROR_STOP=1", "-d", _address(url), "-f", "-"],
            stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=_environ(url),
        )  # fmt: skip
        try:
            assert psql.stdin is not None
            psql.stdin.write("".join(SQL("DROP SCHEMA {};\n").format(Identifier(name)).as_string() for name in schemas).encode())
            _script(_tool("pg_restore", version), copy.name, ["--section=pre-data", "--section=data"], version, psql.stdin)
            psql.stdin.write(AFTER_DATA.encode())
            _script(_tool("pg_restore", version), copy.name, ["--section=post-data"], version, psql.stdin)
            psql.stdin.close()
        except BrokenPipeError:
            pass  # psql stopped at an error, which it says below
        except BaseException:
            psql.kill()  # an end of input would be a commit
            psql.wait()
            raise
        if psql.wait() != 0:
            said.seek(0)
            msg = f"The database refused the backup, and nothing of it was kept: {said.read().decode(errors='replace').strip()[-2000:]}"
            raise BanshiError(msg)


def _script(pg_restore: Path, dump: str, sections: list[str], version: int, out: IO[bytes]) -> None:
    """Write a part of the dump as SQL; raise BanshiError when pg_restore cannot read it to its end."""
    command: list[str | Path] = [pg_restore, "--no-owner", "--no-privileges", *sections, "-f", "-", dump]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for line in process.stdout:  # the settings at the head; behind them stand rows, which are nobody's to change
            if version >= 17 or not line.startswith(b"SET transaction_timeout"):
                out.write(line)
            if b"search_path" in line:
                break
        shutil.copyfileobj(process.stdout, out, PIECE)
    if process.returncode != 0:
        msg = "pg_restore could not read the dump; the backup is damaged"
        raise BanshiError(msg)


def _empty_schemas(url: str) -> list[str]:
    """Return the names of the database's own, empty schemas; raise BanshiError when anything stands in one or in public."""
    with psycopg.connect(libpq_url(url)) as connection:
        full = connection.execute(
            """
            SELECT DISTINCT nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema'
              AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
            """
        ).fetchall()
        if full:
            msg = f"The database is not empty: there are tables in {', '.join(sorted(name for (name,) in full))}; restore into a new one"
            raise BanshiError(msg)
        rows = connection.execute(
            "SELECT nspname FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%' AND nspname NOT IN ('information_schema', 'public')"
        )
        return [name for (name,) in rows]


def _tool(name: str, version: int) -> Path:
    """Return the program for a server of major ``version``: ours, or the PATH's when the server is newer than ours."""
    if version <= MAJOR:
        return programs() / name
    found = shutil.which(name)
    if found is not None:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True).stdout
        if int(said.split()[2].split(".")[0]) >= version:
            return Path(found)
    msg = f"The server is PostgreSQL {version} and needs a {name} of {version} or newer: install the client programs and put them on the PATH"
    raise BanshiError(msg)


def _version() -> str:
    try:
        return importlib.metadata.version("banshi")
    except importlib.metadata.PackageNotFoundError:  # run from a folder, not installed
        return "0"


def _server_version(url: str) -> int:
    with psycopg.connect(libpq_url(url)) as connection:
        return connection.info.server_version // 10000


def _address(url: str) -> str:
    """Return the address without its password, which `ps` would show."""
    parts: dict[str, Any] = conninfo_to_dict(libpq_url(url))
    parts.pop("password", None)
    return make_conninfo(**parts)


def _environ(url: str) -> Mapping[str, str]:
    password = conninfo_to_dict(libpq_url(url)).get("password")
    return {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
