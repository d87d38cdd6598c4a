"""The job queue's tables: procrastinate in a schema of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from procrastinate import PsycopgConnector
from procrastinate.schema import SchemaManager
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier
from sqlalchemy.engine import make_url

SCHEMA = "procrastinate"
INSERT_TRIGGER = "procrastinate_jobs_notify_queue_job_inserted_v1"


def procrastinate_connector(url: str, *, most: int = 4) -> PsycopgConnector:
    """Return a connector that finds procrastinate's tables in their schema and keeps ``most`` connections at the most.

    Workers poll (``listen_notify=False``): the trigger that would wake them is off.
    """
    known = conninfo_to_dict(libpq_url(url))
    options = f"{known.get('options') or ''} -c search_path={SCHEMA}".strip()
    return PsycopgConnector(conninfo=libpq_url(url), kwargs={"options": options}, min_size=1, max_size=most)


def libpq_url(url: str) -> str:
    """Return ``url`` as libpq and psycopg read it: without SQLAlchemy's driver name and its "+" for blanks."""
    address, mark, query = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False).partition("?")
    return address + mark + query.replace("+", "%20")


def make_queue(connection: Connection[Any], folder: Path | None = None) -> list[str]:
    """Bring procrastinate's tables to the installed version and return a line for each thing done; needs the migration lock.

    The last of its SQL steps (files in ``folder``, sorted by name) that went in stands as the comment on the schema;
    tables without that comment are somebody else's, who looks after them.
    """
    steps = sorted(Path(folder or SchemaManager.get_migrations_path()).glob("*.sql"))
    with connection.transaction():
        known = connection.execute("SELECT to_regclass('procrastinate.procrastinate_jobs') IS NOT NULL").fetchone() == (True,)
        comment = connection.execute("SELECT obj_description(to_regnamespace('procrastinate'), 'pg_namespace')").fetchone()
        last = comment[0] if known and comment else None
        if known and (last is None or last >= steps[-1].stem):
            return []
        if not known and connection.execute("SELECT to_regnamespace('procrastinate')").fetchone() == (None,):
            connection.execute("CREATE SCHEMA procrastinate")
        connection.execute("SET LOCAL search_path = procrastinate")
        due = [step for step in steps if last and step.stem > last]
        for sql in [step.read_bytes() for step in due] or [SchemaManager.get_schema().encode()]:
            connection.execute(sql)
        # NOTIFY takes a lock over the whole database at commit: a job in each transaction would queue them all up.
        connection.execute(SQL("ALTER TABLE procrastinate_jobs DISABLE TRIGGER {}").format(Identifier(INSERT_TRIGGER)))
        connection.execute(SQL("COMMENT ON SCHEMA procrastinate IS {}").format(steps[-1].stem))
    return [f"{SCHEMA}: {step.stem}" for step in due] or [f"{SCHEMA}: made its tables"]
