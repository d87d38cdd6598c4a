"""The tree of districts (city, district, street, community), and which plugins each has on.

A switch is a row; a district without one inherits its parent's. The whole tree is small, so a process keeps it as one immutable
``Tree`` and reads it again when the ``revision`` row that every request sees has moved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Identity, Table, Text, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert

from banshi.db import KERNEL, Connection, owner_metadata, plain

metadata = owner_metadata(KERNEL)

Level = Literal["city", "district", "street", "community"]

district = Table(
    "district",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("parent_id", BigInteger, ForeignKey("kernel.district.id")),
    Column("level", Text, nullable=False),
    Column("title", JSONB, nullable=False),
    Column("zone", Text, nullable=False),
    Column("path", ARRAY(BigInteger), nullable=False, server_default="{}"),
    Column("host", Text, unique=True),
)

district_plugin = Table(
    "district_plugin",
    metadata,
    Column("district_id", BigInteger, ForeignKey("kernel.district.id"), primary_key=True),
    Column("plugin", Text, primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("changed", DateTime(timezone=True), nullable=False),
)

revision = Table(
    "revision",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""How often the directory (districts, departments, posts, switches, roles, types) has changed: its one row moves with each."""


class District(msgspec.Struct, frozen=True, kw_only=True):
    """One node of the tree; ``path`` are the ids from the root down to this one."""

    id: int
    code: str
    parent_id: int | None
    level: Level
    title: Mapping[str, str]
    zone: str
    path: tuple[int, ...]
    host: str | None = None

    @property
    def timezone(self) -> ZoneInfo:
        """The zone in which pages show moments of this district."""
        return ZoneInfo(self.zone)

    def say(self, language: str) -> str:
        """Return the title in ``language``, in any other where that one lacks."""
        return self.title.get(language) or next(iter(self.title.values()), self.code)


class Tree:
    """All districts and switches, immutable. ``within`` are the ids of those that this process serves; None: all."""

    def __init__(self, districts: Sequence[District], switches: Mapping[tuple[int, str], bool], within: frozenset[int] | None = None) -> None:
        self._by_id = {d.id: d for d in districts}
        self._by_code = {d.code: d for d in districts}
        self._switches = switches
        self.within = within

    def only(self, code: str) -> Tree:
        """Return the tree as a process sees it that serves one district and what lies below it; KeyError where there is no such district."""
        top = self._by_code[code]
        if top.level not in {"city", "district"}:
            raise KeyError(code)
        return Tree(list(self), self._switches, frozenset(d.id for d in self.below(top.id)))

    def covers(self, district_id: int) -> bool:
        """Return whether this process serves a district."""
        return self.within is None or district_id in self.within

    def __iter__(self) -> Iterator[District]:
        return iter(self._by_id.values())

    def __getitem__(self, district_id: int) -> District:
        return self._by_id[district_id]

    def find(self, code: str) -> District | None:
        """Return the district of that code, or None where there is none here."""
        found = self._by_code.get(code)
        return found if found is not None and self.covers(found.id) else None

    def at_host(self, host: str) -> District | None:
        """Return the district that is served under that host name, or None."""
        return next((d for d in self if d.host == host and self.covers(d.id)), None)

    @property
    def roots(self) -> list[District]:
        """The districts without a parent."""
        return [d for d in self if d.parent_id is None]

    @property
    def serving(self) -> list[District]:
        """The districts that residents choose between: level city or district, in tree order."""
        return sorted((d for d in self if d.level in {"city", "district"}), key=lambda d: (len(d.path), d.id))

    @property
    def offered(self) -> list[District]:
        """Those of them that this process serves."""
        return [d for d in self.serving if self.covers(d.id)]

    def names_on(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return those of ``names`` that are on in any district that this process serves."""
        return tuple(n for n in names if any(self.has_on(d.id, n) for d in self if self.covers(d.id)))

    def above(self, district_id: int) -> list[District]:
        """Return the district and its ancestors, nearest first."""
        return [self._by_id[i] for i in reversed(self._by_id[district_id].path)]

    def below(self, district_id: int) -> list[District]:
        """Return the district and everything below it."""
        return [d for d in self if district_id in d.path]

    def serving_of(self, district_id: int) -> District:
        """Return the nearest district, upwards, that residents can choose: where a case filed for an area belongs."""
        return next((d for d in self.above(district_id) if d.level in {"city", "district"}), self._by_id[district_id])

    def has_on(self, district_id: int, plugin: str) -> bool:
        """Return whether ``plugin`` is on: by the nearest switch on the way up, off where there is none."""
        for node in self.above(district_id):
            said = self._switches.get((node.id, plugin))
            if said is not None:
                return said
        return False

    def switch(self, district_id: int, plugin: str) -> bool | None:
        """Return the district's own switch, None where it inherits."""
        return self._switches.get((district_id, plugin))

    def plugins_of(self, district_id: int, names: Sequence[str]) -> tuple[str, ...]:
        """Return those of ``names`` that are on in the district."""
        return tuple(n for n in names if self.has_on(district_id, n))


async def load_tree(db: Connection) -> Tree:
    """Return the tree as the database has it now (two queries)."""
    rows = (await db.execute(select(district).order_by(district.c.path))).mappings()
    districts = [msgspec.convert(plain(r), District) for r in rows]
    switches = await db.execute(select(district_plugin.c.district_id, district_plugin.c.plugin, district_plugin.c.enabled))
    return Tree(districts, {(r.district_id, r.plugin): r.enabled for r in switches})


async def put_district(
    db: Connection,
    code: str,
    *,
    level: Level,
    title: Mapping[str, str],
    parent: str | None = None,
    zone: str | None = None,
    host: str | None = None,
) -> int:
    """Add a district, or change the one of that code; return its id. KeyError where the parent is unknown."""
    above: Any = None
    if parent is not None:
        above = (await db.execute(select(district).where(district.c.code == parent))).one_or_none()
        if above is None:
            raise KeyError(parent)
    values = {
        "code": code,
        "level": level,
        "title": dict(title),
        "parent_id": above.id if above else None,
        "zone": zone or (above.zone if above else "UTC"),
        "host": host,
    }
    statement = insert(district).values(values)
    statement = statement.on_conflict_do_update(index_elements=["code"], set_={k: v for k, v in values.items() if k != "code"})
    district_id = int((await db.execute(statement.returning(district.c.id))).scalar_one())
    path = [*(above.path if above else []), district_id]
    await db.execute(update(district).where(district.c.id == district_id).values(path=path))
    await touch(db)
    return district_id


async def switch_plugin(db: Connection, district_id: int, plugin: str, enabled: bool | None, at: datetime) -> None:
    """Turn a plugin on or off for a district and what inherits from it; None removes the district's own switch."""
    if enabled is None:
        await db.execute(district_plugin.delete().where(district_plugin.c.district_id == district_id, district_plugin.c.plugin == plugin))
    else:
        statement = insert(district_plugin).values(district_id=district_id, plugin=plugin, enabled=enabled, changed=at)
        await db.execute(statement.on_conflict_do_update(index_elements=["district_id", "plugin"], set_={"enabled": enabled, "changed": at}))
    await touch(db)


async def touch(db: Connection) -> None:
    """Say that the directory changed: every process reads it again before its next request."""
    statement = insert(revision).values(name="directory", value=1)
    await db.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": revision.c.value + 1}))
