"""Type versions as rows, so that the kernel can show a case without its plugin; and ``House``, what domain functions are handed."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any, get_type_hints

import msgspec
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from banshi import clock
from banshi.audit import canonical
from banshi.cases.tables import case, case_type
from banshi.clock.keeping import Times, load_times
from banshi.contracts import ADMINISTER, REPORT, Actor, CaseType
from banshi.db import Connection, is_gone, plain
from banshi.districts import revision, touch
from banshi.errors import DatabaseUnavailable, PluginError
from banshi.fences import Fences
from banshi.identity.directory import Directory, load_directory
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.texts import labels

log = logging.getLogger("banshi.cases.book")


class TypeRow(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a case type as the database keeps it, readable without the plugin that declared it."""

    id: int
    owner: str
    name: str
    version: int
    title: Mapping[str, str]
    states: tuple[Mapping[str, Any], ...]
    outcomes: tuple[Mapping[str, Any], ...]

    @property
    def key(self) -> str:
        """``owner.name``."""
        return f"{self.owner}.{self.name}"

    def say_state(self, state: str, language: str) -> str:
        """Return a state's title, its name where this version has none."""
        return next((s["title"].get(language, state) for s in self.states if s["name"] == state), state)

    def say_outcome(self, outcome: str | None, language: str) -> str:
        """Return an outcome's title, empty for none."""
        return next((o["title"].get(language, outcome) for o in self.outcomes if o["name"] == outcome), outcome or "")


class TypeBook:
    """Every version of every case type, by id and by key."""

    def __init__(self, rows: Sequence[TypeRow]) -> None:
        self._by_id = {r.id: r for r in rows}
        self._by_version = {(r.key, r.version): r for r in rows}

    def __getitem__(self, type_id: int) -> TypeRow:
        return self._by_id[type_id]

    def __iter__(self) -> Any:
        return iter(self._by_id.values())

    def of(self, declared: CaseType) -> TypeRow:
        """Return the row of a declared type; PluginError where `banshi migrate` has not written it yet."""
        row = self._by_version.get((declared.key, declared.version))
        if row is None:
            msg = f"Case type {declared.key} version {declared.version} is not in the database: run `banshi migrate`"
            raise PluginError(msg)
        return row

    def ids(self, owners: frozenset[str]) -> list[int]:
        """Return the ids of all versions of the types of these owners."""
        return [r.id for r in self._by_id.values() if r.owner in owners]

    @property
    def owners(self) -> frozenset[str]:
        """The owners of any version."""
        return frozenset(r.owner for r in self._by_id.values())


class House(msgspec.Struct, frozen=True, kw_only=True):
    """What a domain function needs beside a session and values: the declarations, the directory, the types, the keys."""

    registry: Registry
    directory: Directory
    book: TypeBook
    keyring: Keyring
    times: Times = Times()
    fences: Fences = msgspec.field(default_factory=lambda: Fences(clock.now))
    categories: Mapping[str, Mapping[str, str]] = {}
    """The titles of categories that plugins keep in their own tables, by category."""

    def declared(self, type_id: int) -> CaseType | None:
        """Return the declared type behind a row, None where its plugin is gone or has moved to a version that does not know the row's states.

        A closed case stays in the version in which it ended; a later version that says how to come from there, and knows every state, speaks for it.
        """
        row = self.book[type_id]
        try:
            declared = self.registry.case_type(row.key)
        except KeyError:
            return None
        if declared.version == row.version:
            return declared
        follows = any(u.from_version == row.version for u in declared.upgrades)
        known = {s.name for s in declared.states}
        return declared if follows and all(s["name"] in known for s in row.states) else None

    def owners_seen(self, actor: Actor) -> frozenset[str]:
        """Return the owners whose cases the actor's post is there for: those of whose permissions it holds one.

        What a removed plugin left behind is there for administrators and those who read the report.
        """
        if actor.capacity != "staff":
            return self.book.owners
        seen = frozenset(p.partition(".")[0] for p in actor.permissions)
        if actor.may(ADMINISTER.name) or actor.may(REPORT.name):
            seen |= self.book.owners - self.directory.owners
        return seen


async def load_house(db: Connection, registry: Registry, keyring: Keyring, revision: int = 0, fences: Fences | None = None) -> House:
    """Return the house as the database has it now (nine small queries)."""
    directory = await load_directory(db, revision)
    times = await load_times(db, directory.tree)
    fences = fences or Fences(clock.now, registry.packages)
    categories = await _categories(db, registry)
    return House(registry=registry, directory=directory, book=await load_book(db), keyring=keyring, times=times, fences=fences, categories=categories)


async def _categories(db: Connection, registry: Registry) -> dict[str, Mapping[str, str]]:
    """Return the categories that plugins name; one that breaks costs its own names only."""
    found: dict[str, Mapping[str, str]] = {}
    for declared in registry.case_types:
        if declared.categories is not None:
            try:
                async with db.begin_nested():
                    found |= await declared.categories(db)
            except Exception as error:
                if isinstance(error, DatabaseUnavailable) or is_gone(error):
                    raise
                log.exception("categories are out of order", extra={"plugin": declared.owner})
    return found


class Houses:
    """Gives the house as it is now, and reads it again only when the directory's revision has moved: for what works on and on."""

    def __init__(self, registry: Registry, keyring: Keyring, fences: Fences | None = None) -> None:
        self.registry, self.keyring = registry, keyring
        self._fences = fences or Fences(clock.now, registry.packages)
        self._known: House | None = None

    async def __call__(self, db: Connection) -> House:
        """Return the house; one query, ten where it has moved."""
        now = (await db.execute(select(revision.c.value).where(revision.c.name == "directory"))).scalar_one_or_none() or 0
        if self._known is None or self._known.directory.revision != now:
            self._known = await load_house(db, self.registry, self.keyring, now, self._fences)
        return self._known


async def load_book(db: Connection) -> TypeBook:
    """Return the book as the database has it now (one query)."""
    columns = [case_type.c[n] for n in ("id", "owner", "name", "version", "title", "states", "outcomes")]
    rows = (await db.execute(select(*columns))).mappings()
    return TypeBook([msgspec.convert(plain(r), TypeRow) for r in rows])


def declared_states(declared: CaseType) -> list[dict[str, Any]]:
    """Return the states of a type as its row keeps them."""
    return [{"name": s.name, "title": labels(s.title), "waits_for": s.waits_for, "final": s.final} for s in declared.states]


def structure_digest(declared: CaseType) -> bytes:
    """Return the digest of what may not change within a version: states, actions and the form's shape, not the words."""
    types = get_type_hints(declared.form)  # without Annotated: how a field is asked is words
    shape = {
        "states": [[s.name, s.waits_for, s.final] for s in declared.states],
        "actions": [[a.name, list(a.sources), a.to, list(a.also_to), a.outcome] for a in declared.actions],
        "outcomes": [o.name for o in declared.outcomes],
        "fields": [[f.encode_name, f.required, str(types[f.name])] for f in msgspec.structs.fields(declared.form)],
    }
    return hashlib.sha256(canonical(shape)).digest()


async def put_types(db: Connection, registry: Registry) -> list[str]:
    """Write the declared type versions as rows; return a line for each new one.

    Raises ``PluginError`` where a published version was changed in place, and where a new version leaves open cases of an older
    one without a way to it.
    """
    said: list[str] = []
    for declared in registry.case_types:
        digest = structure_digest(declared)
        where = (case_type.c.owner == declared.owner, case_type.c.name == declared.name)
        rows = (await db.execute(select(case_type.c.id, case_type.c.version, case_type.c.digest).where(*where))).all()
        known = {r.version: r for r in rows}
        if declared.version in known and known[declared.version].digest != digest:
            msg = f"{declared.key} version {declared.version} is published and was changed: give it version {declared.version + 1} and an Upgrade"
            raise PluginError(msg)
        values = {
            "owner": declared.owner,
            "name": declared.name,
            "version": declared.version,
            "title": labels(declared.title),
            "states": declared_states(declared),
            "outcomes": [{"name": o.name, "title": labels(o.title)} for o in declared.outcomes],
            "schema": msgspec.json.schema(declared.form),
            "digest": digest,
        }
        statement = insert(case_type).values(values)
        await db.execute(statement.on_conflict_do_update(index_elements=["owner", "name", "version"], set_=values))
        if declared.version not in known:
            said.append(f"case type {declared.key} version {declared.version}")
        ways = {u.from_version for u in declared.upgrades}
        for version, row in known.items():
            if version == declared.version or version in ways:
                continue
            left = await db.execute(
                select(func.count()).select_from(select(1).where(case.c.type_id == row.id, case.c.closed.is_(None)).limit(1000).subquery())
            )
            if count := left.scalar_one():
                msg = f"{declared.key} version {version} has {count} open cases and version {declared.version} declares no Upgrade from it"
                raise PluginError(msg)
    await touch(db)
    return said
