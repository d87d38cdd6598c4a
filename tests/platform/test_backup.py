"""A backup comes back as it was, a damaged one is refused before anything is touched, and no event is lost to the new cluster's clock."""

from __future__ import annotations

import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from banshi.db.backup import backup, restore, verify
from banshi.db.embedded import EmbeddedServer
from banshi.db.queue import libpq_url
from banshi.errors import BanshiError

# What the repair knows of the kernel's tables; the trigger stands for whatever keeps events from being changed.
EVENTS = """
    CREATE SCHEMA kernel;
    CREATE TABLE kernel.case_event (case_id bigint, sequence int, xid xid8 NOT NULL DEFAULT pg_current_xact_id(), PRIMARY KEY (case_id, sequence));
    CREATE TABLE kernel.relay_cursor (consumer text PRIMARY KEY, xid xid8 NOT NULL, case_id bigint NOT NULL, sequence int NOT NULL);
    CREATE FUNCTION kernel.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'append-only'; END $$;
    CREATE TRIGGER append_only BEFORE UPDATE ON kernel.case_event FOR EACH ROW EXECUTE FUNCTION kernel.refuse();
"""
# Ids far in the future of a new cluster, as an old cluster's are.
OLD = [(1, 1, 9_000_000_001), (2, 1, 9_000_000_002), (1, 2, 9_000_000_003), (3, 1, 9_000_000_003), (2, 2, 9_000_000_004)]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The URL of a server for this file."""
    folder = Path(tempfile.mkdtemp(prefix="banshi-test-"))
    folder.chmod(0o755)
    server = EmbeddedServer(folder / "data", durable=False)
    yield server.start()
    server.erase()
    shutil.rmtree(folder)


@pytest.fixture
def old(server: str) -> str:
    """The URL of the database to save."""
    return _new(server, "old")


@pytest.fixture
def new(server: str) -> str:
    """The URL of an empty database."""
    return _new(server, "new")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of files with Chinese names, empty ones and a long one."""
    folder = tmp_path / "files"
    (folder / "ab" / "证明").mkdir(parents=True)
    (folder / "ab" / "证明" / "扫描 1.pdf").write_bytes(bytes(range(256)) * 5000)
    (folder / "ab" / ("n" * 200)).touch()
    return folder


def test_database_and_files_come_back_as_they_were(old: str, new: str, files: Path, tmp_path: Path) -> None:
    rows = [(1, "办事\t\\N\n"), (2, "SET transaction_timeout = 0;"), (3, "\\.")]
    with psycopg.connect(old) as connection:
        connection.execute("CREATE SCHEMA tickets CREATE TABLE note (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, text text UNIQUE)")
        for _, text in rows:
            connection.execute("INSERT INTO tickets.note (text) VALUES (%s)", [text])
    target = tmp_path / "backup 1.tar"

    manifest = backup(old, target, files)
    assert manifest.postgresql == 18
    assert verify(target) == manifest
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []

    restore(new, target, tmp_path / "elsewhere" / "files")
    with psycopg.connect(new) as connection:
        assert connection.execute("SELECT id, text FROM tickets.note ORDER BY id").fetchall() == rows
        assert connection.execute("INSERT INTO tickets.note (text) VALUES ('next') RETURNING id").fetchone() == (4,)
    assert _content(tmp_path / "elsewhere" / "files") == _content(files)


def test_what_is_there_is_never_overwritten(old: str, new: str, files: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.tar"
    backup(old, target, files)
    with pytest.raises(BanshiError, match="files is not empty"):
        restore(new, target, files)
    with psycopg.connect(new) as connection:
        connection.execute("CREATE TABLE here (x int)")
    with pytest.raises(BanshiError, match="not empty: there are tables in public"):
        restore(new, target)


def test_empty_schemas_of_a_prepared_database_do_not_stand_in_the_way(old: str, new: str, tmp_path: Path) -> None:
    with psycopg.connect(old) as connection:
        connection.execute(EVENTS)
    with psycopg.connect(new) as connection:
        connection.execute("CREATE SCHEMA kernel; CREATE SCHEMA tickets")
    backup(old, tmp_path / "b.tar")
    restore(new, tmp_path / "b.tar")
    with psycopg.connect(new) as connection:
        assert connection.execute("SELECT count(*) FROM kernel.case_event").fetchone() == (0,)


@pytest.mark.parametrize("harm", ["changed byte", "cut short", "part missing", "part added", "climbs out", "no manifest", "not a tar"])
def test_a_damaged_archive_is_refused_before_anything_is_touched(old: str, new: str, files: Path, tmp_path: Path, harm: str) -> None:
    target = tmp_path / "b.tar"
    backup(old, target, files)
    _harm(target, harm)
    with pytest.raises(BanshiError, match=r"b\.tar"):
        restore(new, target, tmp_path / "restored")
    assert not (tmp_path / "restored").exists()


def test_a_restore_that_fails_half_way_leaves_nothing(old: str, new: str, files: Path, tmp_path: Path) -> None:
    with psycopg.connect(old) as connection:
        connection.execute(
            "CREATE SCHEMA tickets; CREATE TABLE tickets.a AS SELECT 1 AS x; CREATE TABLE tickets.b AS SELECT 1 AS x; CREATE INDEX ON tickets.b (x)"
        )
    backup(old, tmp_path / "b.tar", files)
    with psycopg.connect(new) as connection:
        connection.execute("CREATE FUNCTION no() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no index today'; END $$")
        connection.execute("CREATE EVENT TRIGGER no ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION no()")
    with pytest.raises(BanshiError, match="no index today"):
        restore(new, tmp_path / "b.tar", tmp_path / "restored")
    with psycopg.connect(new) as connection:
        assert connection.execute("SELECT to_regnamespace('tickets') IS NULL").fetchone() == (True,)
    assert {path.name for path in tmp_path.iterdir()} == {"b.tar", "files"}


@pytest.mark.parametrize(
    ("cursors", "delivered"),
    [
        ({"mail": 5, "search": 5}, 5),
        ({"mail": 5, "search": 3}, 3),  # the third and fourth event share a transaction: the order within it counts
        ({"mail": 0, "search": 5}, 0),
        ({}, 0),
    ],
)
def test_after_a_restore_no_event_is_skipped_and_all_are_within_reach(
    old: str, new: str, tmp_path: Path, cursors: dict[str, int], delivered: int
) -> None:
    order = sorted(OLD, key=lambda event: (event[2], event[0], event[1]))
    with psycopg.connect(old) as connection:
        connection.execute(EVENTS)
        for case, sequence, xid in OLD:
            connection.execute("INSERT INTO kernel.case_event VALUES (%s, %s, %s::text::xid8)", [case, sequence, xid])
        for consumer, count in cursors.items():
            case, sequence, xid = order[count - 1] if count else (0, 0, 0)
            connection.execute("INSERT INTO kernel.relay_cursor VALUES (%s, %s::text::xid8, %s, %s)", [consumer, xid, case, sequence])

    backup(old, tmp_path / "b.tar")
    restore(new, tmp_path / "b.tar")

    with psycopg.connect(new) as connection:
        reachable = "xid < pg_snapshot_xmin(pg_current_snapshot())"
        assert connection.execute(f"SELECT count(*) FROM kernel.case_event WHERE {reachable}").fetchone() == (5,)
        behind = connection.execute("SELECT case_id, sequence FROM kernel.case_event WHERE xid = '1'").fetchall()
        assert sorted(behind) == sorted(event[:2] for event in order[:delivered])
        for consumer in cursors:
            due = connection.execute(
                "SELECT e.case_id, e.sequence FROM kernel.case_event e, kernel.relay_cursor c"
                " WHERE c.consumer = %s AND (e.xid, e.case_id, e.sequence) > (c.xid, c.case_id, c.sequence)",
                [consumer],
            ).fetchall()
            assert sorted(due) == sorted(event[:2] for event in order[delivered:])
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"):
            connection.execute("UPDATE kernel.case_event SET sequence = 9")


def _harm(target: Path, harm: str) -> None:
    content = target.read_bytes()
    if harm == "changed byte":
        at = content.index(b"PGDMP") + 100
        target.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    elif harm == "cut short":
        target.write_bytes(content[: len(content) // 2])
    elif harm == "not a tar":
        target.write_bytes(b"no")
    else:
        with tarfile.open(fileobj=io.BytesIO(content)) as before, tarfile.open(target, "w") as after:
            for member in before:
                part = before.extractfile(member)
                assert part is not None
                if not (harm == "no manifest" and member.name == "manifest.json") and not (
                    harm == "part missing" and member.name.startswith("files/")
                ):
                    after.addfile(member, part)
            if harm in {"part added", "climbs out"}:
                after.addfile(tarfile.TarInfo("files/more" if harm == "part added" else "files/../../../more"), io.BytesIO())


def _content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _new(server: str, name: str) -> str:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")
        connection.execute(f"CREATE DATABASE {name}")
    return libpq_url(make_url(server).set(database=name).render_as_string(hide_password=False))
