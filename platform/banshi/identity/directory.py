"""The picture of districts, departments, duties and roles that a process keeps, immutable, until the revision moves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec
from sqlalchemy import select

from banshi.contracts import Actor, Reach
from banshi.db import Connection, plain
from banshi.districts import Tree, load_tree
from banshi.identity.tables import department, duty, role

Line = Literal["trade", "area"]
ANY = "*"


class Department(msgspec.Struct, frozen=True, kw_only=True):
    """A department as people meet it, with its two superiors: by trade (the same work, one level up) and by area."""

    id: int
    code: str
    district_id: int
    title: Mapping[str, str]
    part: str
    superior_by_trade_id: int | None
    superior_by_area_id: int | None
    telephone: str
    address: Mapping[str, str]

    def say(self, language: str) -> str:
        """Return the title in ``language``, in any other where that one lacks."""
        return self.title.get(language) or next(iter(self.title.values()), self.code)

    def say_address(self, language: str) -> str:
        """Return the address in ``language``."""
        return self.address.get(language) or next(iter(self.address.values()), "")


class Duty(msgspec.Struct, frozen=True, kw_only=True):
    """What a department is there for: cases of one category in one area, in words, with the rule it rests on."""

    department_id: int
    case_type: str
    category: str
    district_id: int
    text: Mapping[str, str]
    basis: Mapping[str, str]


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A person's post in a department: staff number and roles."""

    id: int
    department_id: int
    staff_number: str
    roles: tuple[str, ...]


class RoleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A role as the database has it."""

    name: str
    reach: Reach
    permissions: frozenset[str]


class Directory:
    """Districts, departments, duties and roles at one revision."""

    def __init__(self, revision: int, tree: Tree, departments: Sequence[Department], duties: Sequence[Duty], roles: Sequence[RoleRow]) -> None:
        self.revision = revision
        self.tree = tree
        self._departments = {d.id: d for d in departments}
        self._codes = {d.code: d for d in departments}
        self._duties = {(d.case_type, d.category, d.district_id): d for d in duties}
        self._roles = {r.name: r for r in roles}

    def __iter__(self) -> Iterator[Department]:
        return iter(self._departments.values())

    def department(self, department_id: int) -> Department:
        """Return the department of that id; KeyError where there is none."""
        return self._departments[department_id]

    def find(self, code: str) -> Department | None:
        """Return the department of that code, or None."""
        return self._codes.get(code)

    def superior(self, department_id: int, line: Line) -> Department | None:
        """Return the next department up that line, or None at its top."""
        below = self._departments[department_id]
        above = below.superior_by_trade_id if line == "trade" else below.superior_by_area_id
        return self._departments.get(above) if above is not None else None

    def part(self, part: Literal["intake", "oversight"], district_id: int) -> Department | None:
        """Return the intake desk or oversight body for a district: its own, else the nearest one above."""
        for node in self.tree.above(district_id):
            for found in self:
                if found.part == part and found.district_id == node.id:
                    return found
        return None

    def duty(self, case_type: str, category: str | None, area_id: int) -> Duty | None:
        """Return the duty that covers a category in an area: the nearest area upwards, the exact category before any."""
        for node in self.tree.above(area_id):
            for asked in (category, ANY):
                if asked is not None and (found := self._duties.get((case_type, asked, node.id))):
                    return found
        return None

    def responsible(self, case_type: str, category: str | None, area_id: int) -> Department | None:
        """Return the department in charge of a new case; the intake desk where nobody's duties cover it."""
        found = self.duty(case_type, category, area_id)
        return self._departments[found.department_id] if found else self.part("intake", area_id)

    def duties_of(self, department_id: int) -> list[Duty]:
        """Return what a department is there for."""
        return [d for d in self._duties.values() if d.department_id == department_id]

    def staff(self, person_id: int, post: Post, *, scopes: Sequence[str] | None = None, credential: str = "") -> Actor:
        """Return the actor who acts in ``post``; ``scopes`` (of a token) only ever take away."""
        rows = [self._roles[name] for name in post.roles if name in self._roles]
        permissions = frozenset().union(*(r.permissions for r in rows)) if rows else frozenset()
        if scopes is not None:
            permissions &= frozenset(scopes)
        return Actor(
            capacity="staff",
            person_id=person_id,
            post_id=post.id,
            department_id=post.department_id,
            district_id=self._departments[post.department_id].district_id,
            staff_number=post.staff_number,
            permissions=permissions,
            reach="district" if any(r.reach == "district" for r in rows) else "department",
            credential=credential,
        )


async def load_directory(db: Connection, revision: int) -> Directory:
    """Return the directory as the database has it now (five small queries)."""
    tree = await load_tree(db)
    departments = [msgspec.convert(plain(r), Department) for r in (await db.execute(select(department))).mappings()]
    duties = [msgspec.convert(plain(r), Duty) for r in (await db.execute(select(duty))).mappings()]
    roles = [RoleRow(name=r.name, reach=r.reach, permissions=frozenset(p["name"] for p in r.permissions)) for r in await db.execute(select(role))]
    return Directory(revision, tree, departments, duties, roles)
