"""The databases that tests are cloned of: in memory where there is plenty, and no more of them than a few that nobody uses."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from banshi.db.queue import libpq_url
from banshi.testing import ground

NAMES = [f"{ground.TEMPLATE}test{n}" for n in range(ground.KEPT + 3)]


def names(connection: psycopg.Connection) -> set[str]:
    return {row[0] for row in connection.execute("select datname from pg_database")}


def test_what_nobody_uses_is_dropped_but_for_the_newest_few(server_url: str, template: str) -> None:
    url = libpq_url(server_url)
    with psycopg.connect(url, autocommit=True) as connection, psycopg.connect(url, autocommit=True) as somebody:
        try:
            for name in NAMES:
                connection.execute(SQL("create database {} template template0").format(Identifier(name)))
            somebody.execute("select pg_advisory_lock_shared(%s, hashtext(%s))", (ground.USED, NAMES[0]))
            ground._drop_old_templates(connection)
            left = names(connection)
            assert {NAMES[0], *NAMES[-ground.KEPT :]} == left & set(NAMES)
            assert template in left, "these tests use it"
            assert connection.execute("select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()").fetchone() == (0,)
        finally:
            for name in NAMES:
                connection.execute(SQL("drop database if exists {}").format(Identifier(name)))


@pytest.mark.parametrize(("free", "where"), [(ground.ENOUGH, ground.MEMORY), (ground.ENOUGH - 1, Path(tempfile.gettempdir()))])
def test_they_lie_in_memory_only_where_there_is_plenty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, free: int, where: Path) -> None:
    if where == ground.MEMORY:
        monkeypatch.setattr(ground, "MEMORY", tmp_path)
        where = tmp_path
    monkeypatch.setattr(ground.shutil, "disk_usage", lambda _path: SimpleNamespace(free=free))
    assert ground.place() == where
