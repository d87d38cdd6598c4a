"""The database: one engine a process, one MetaData and one PostgreSQL schema an owner.

A transaction is an ``AsyncConnection`` inside ``Database.transaction()``. Nothing here asks what time it is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import MetaData, RowMapping, TextClause, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, DisconnectionError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.types import UserDefinedType

from banshi.errors import DatabaseUnavailable

Connection = AsyncConnection

KERNEL = "kernel"
TOO_LONG = "57014"
"""SQLSTATE of a statement that was ended because it took too long: the server is there."""
_NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    "uq": "%(table_name)s_%(column_0_N_name)s_key",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
    "pk": "%(table_name)s_pkey",
}


class Xid8(UserDefinedType[int]):
    """PostgreSQL's 64-bit transaction id."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        """Return the type's name in DDL."""
        return "xid8"


@cache
def owner_metadata(owner: str) -> MetaData:
    """Return the one MetaData of ``owner``; its tables live in the PostgreSQL schema of the same name."""
    return MetaData(schema=owner, naming_convention=_NAMES)


class Database:
    """The engine of one process, and its transactions."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        self.url = url
        self.engine = create_async_engine(
            make_url(url).set(drivername="postgresql+asyncpg"),
            poolclass=AsyncAdaptedQueuePool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=5,
            pool_use_lifo=True,
            json_serializer=lambda value: msgspec.json.encode(value).decode(),
            json_deserializer=msgspec.json.decode,
            connect_args={"timeout": 5, "server_settings": {"application_name": "banshi", "jit": "off"}},
        )

        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """Give a connection with an open transaction; commit at the end, roll back on any error.

        Raises ``DatabaseUnavailable`` when PostgreSQL cannot be reached or goes away in the middle.
        """
        async with self._connection() as connection, connection.begin():
            if limit := _limit.get():
                await connection.execute(set_limit(limit))
            yield connection

    @asynccontextmanager
    async def statements(self) -> AsyncIterator[Connection]:
        """Give a connection on which each statement is a transaction of its own: two round trips fewer where one statement does it all.

        Raises ``DatabaseUnavailable`` like ``transaction``.
        """
        async with self._connection() as connection:
            yield await connection.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            connection = await self.engine.connect()
        except Exception as error:
            if is_gone(error) or isinstance(error, (OSError, PoolTimeout)):
                msg = "PostgreSQL does not answer"
                raise DatabaseUnavailable(msg) from error
            raise
        try:
            yield connection
        except Exception as error:
            if is_gone(error):
                msg = "PostgreSQL went away"
                raise DatabaseUnavailable(msg) from error
            raise
        finally:
            await connection.close()

    async def close(self) -> None:
        """Give every connection back."""
        await self.engine.dispose()


_limit: ContextVar[float] = ContextVar("statement_limit", default=0.0)


@contextmanager
def statement_limit(seconds: float) -> Iterator[None]:
    """Let a statement of the transactions that begin inside take so many seconds at most (0: any number): PostgreSQL ends it then."""
    token = _limit.set(seconds)
    try:
        yield
    finally:
        _limit.reset(token)


def set_limit(seconds: float | None = None) -> TextClause:
    """Return the statement that sets the limit for the rest of a transaction; None: to what holds where it is said."""
    seconds = _limit.get() if seconds is None else seconds
    return text(f"set local statement_timeout = {max(int(seconds * 1000), 1)}" if seconds else "set local statement_timeout to default")


def _refuse_closed(connection: Any, _record: Any, _proxy: Any) -> None:
    """Have the pool open another connection where the server closed this one meanwhile; looking costs no round trip."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


def plain(row: RowMapping) -> dict[str, Any]:
    """Return a row as a dict with ordinary names (SQLAlchemy's are a kind of str that msgspec does not take)."""
    return {str(name): value for name, value in row.items()}


def is_gone(error: BaseException) -> bool:
    """Return whether ``error`` says that the server is away, not that a statement was wrong."""
    if isinstance(error, (ConnectionError, InterfaceError)):
        return True
    if isinstance(error, DBAPIError):
        state: Any = getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None)
        if state == TOO_LONG:
            return False
        return bool(error.connection_invalidated or isinstance(error, OperationalError) or str(state or "")[:2] in {"08", "57", "53"})
    return type(error).__module__.startswith("asyncpg") and "onnection" in type(error).__name__
