"""The picture of districts, departments, duties and roles that a process keeps, immutable, until the revision moves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Literal

import msgspec
from sqlalchemy import select

from banshi.contracts import Actor, Department, Line, Officer, Reach
from banshi.db import Connection, plain
from banshi.districts import Tree, load_tree
from banshi.identity.standing import Absence, Deputy, Standing
from banshi.identity.tables import absence, department, deputy, duty, post, role

ANY = "*"


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
    """Districts, departments, duties and roles at one revision, and who stands in for whom."""

    def __init__(
        self,
        revision: int,
        tree: Tree,
        departments: Sequence[Department],
        duties: Sequence[Duty],
        roles: Sequence[RoleRow],
        officers: Sequence[Officer] = (),
        standing: Standing | None = None,
    ) -> None:
        self.revision = revision
        self.tree = tree
        self.standing = standing or Standing()
        self._departments = {d.id: d for d in departments}
        self._codes = {d.code: d for d in departments}
        self._duties = {(d.case_type, d.category, d.district_id): d for d in duties}
        self._roles = {r.name: r for r in roles}
        self._officers = {o.staff_number: o for o in officers}
        self._by_post = {o.id: o for o in officers}
        self._posts: dict[int, list[Officer]] = {}
        for held in officers:
            self._posts.setdefault(held.department_id, []).append(held)

    def day(self, district_id: int, at: datetime) -> date:
        """Return which day a moment is in a district or area."""
        return at.astimezone(self.tree[district_id].timezone).date()

    @property
    def owners(self) -> frozenset[str]:
        """Who has roles here: the kernel, and every plugin that was declared and not removed."""
        return frozenset(name.partition(".")[0] for name in self._roles)

    def __iter__(self) -> Iterator[Department]:
        return iter(self._departments.values())

    def department(self, department_id: int) -> Department:
        """Return the department of that id; KeyError where there is none."""
        return self._departments[department_id]

    def find(self, code: str) -> Department | None:
        """Return the department of that code, or None."""
        return self._codes.get(code)

    def officer(self, staff_number: str) -> Officer | None:
        """Return the post of that staff number, or None where there is none now."""
        return self._officers.get(staff_number)

    def post(self, post_id: int | None) -> Officer | None:
        """Return the post of that id, or None where it is over."""
        return self._by_post.get(post_id or 0)

    def officers_of(self, department_id: int) -> Sequence[Officer]:
        """Return the posts of a department, by staff number."""
        return self._posts.get(department_id, ())

    def offers(self, department_id: int, plugin: str) -> bool:
        """Return whether the district of a department, or one below it, has a plugin on."""
        home = self._departments[department_id].district_id
        return any(self.tree.has_on(d.id, plugin) for d in self.tree.below(home))

    def superior(self, department_id: int, line: Line) -> Department | None:
        """Return the next department up that line, or None at its top."""
        below = self._departments[department_id]
        above = below.superior_by_trade_id if line == "trade" else below.superior_by_area_id
        return self._departments.get(above) if above is not None else None

    def over(self, above_id: int | None, below_id: int | None) -> bool:
        """Return whether a department is above another, up either line; the oversight body is above all of its district and below."""
        above = self._departments.get(above_id or 0)
        if above is None or above_id == below_id:
            return False
        if below_id is None:
            return above.part == "oversight"
        if above.part == "oversight" and above.district_id in self.tree[self._departments[below_id].district_id].path:
            return True
        waiting, seen = [below_id], {below_id}
        while waiting:
            found = self._departments[waiting.pop()]
            for up in (found.superior_by_trade_id, found.superior_by_area_id):
                if up == above_id:
                    return True
                if up is not None and up not in seen:
                    seen.add(up)
                    waiting.append(up)
        return False

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

    def reach_of(self, roles: Iterable[str]) -> Reach:
        """Return how far a post with these roles sees."""
        return "district" if any(self._roles[name].reach == "district" for name in roles if name in self._roles) else "department"

    def staff(self, person_id: int, post: Post, *, scopes: Sequence[str] | None = None, credential: str = "", at: datetime | None = None) -> Actor:
        """Return the actor who acts in ``post``; ``scopes`` (of a token) only ever take away.

        With ``at`` also as the deputy of whoever is away then; without, only as themselves.
        """
        rows = [self._roles[name] for name in post.roles if name in self._roles]
        permissions = frozenset().union(*(r.permissions for r in rows)) if rows else frozenset()
        if scopes is not None:
            permissions &= frozenset(scopes)
        absent = (self._by_post.get(p) for p in self.standing.stands_for(post.id, at)) if at is not None else ()
        return Actor(
            capacity="staff",
            person_id=person_id,
            post_id=post.id,
            department_id=post.department_id,
            district_id=self._departments[post.department_id].district_id,
            staff_number=post.staff_number,
            permissions=permissions,
            reach=self.reach_of(post.roles),
            credential=credential,
            stands_for=tuple(self._absent(officer, scopes, at) for officer in absent if officer is not None and at is not None),
            backs=self.standing.backs(post.id, at) if at is not None else (),
        )

    def _absent(self, officer: Officer, scopes: Sequence[str] | None, at: datetime) -> Actor:
        """Return an absent officer as the one for whom somebody acts."""
        held = Post(id=officer.id, department_id=officer.department_id, staff_number=officer.staff_number, roles=officer.roles)
        absent = self.staff(officer.person_id, held, scopes=scopes)
        return msgspec.structs.replace(absent, backs=self.standing.backs(officer.id, at))


async def load_directory(db: Connection, revision: int) -> Directory:
    """Return the directory as the database has it now (eight small queries)."""
    tree = await load_tree(db)
    departments = [msgspec.convert(plain(r), Department) for r in (await db.execute(select(department))).mappings()]
    duties = [msgspec.convert(plain(r), Duty) for r in (await db.execute(select(duty))).mappings()]
    roles = [RoleRow(name=r.name, reach=r.reach, permissions=frozenset(p["name"] for p in r.permissions)) for r in await db.execute(select(role))]
    columns = [post.c.id, post.c.person_id, post.c.department_id, post.c.staff_number, post.c.roles]
    held = (await db.execute(select(*columns).where(post.c.ended.is_(None)).order_by(post.c.staff_number))).mappings()
    officers = [msgspec.convert(plain(r), Officer) for r in held]
    return Directory(revision, tree, departments, duties, roles, officers, await load_standing(db))


async def load_standing(db: Connection) -> Standing:
    """Return the absences and deputies that are to be kept in mind; those of posts that ended are not. Two queries."""
    lives = select(post.c.id).where(post.c.ended.is_(None))
    away = select(*(absence.c[n] for n in Absence.__struct_fields__)).where(~absence.c.over, ~absence.c.cancelled)
    named = select(*(deputy.c[n] for n in Deputy.__struct_fields__)).where(
        ~deputy.c.over, deputy.c.revoked.is_(None), deputy.c.post_id.in_(lives), deputy.c.deputy_id.in_(lives)
    )
    absences = [msgspec.convert(plain(r), Absence) for r in (await db.execute(away)).mappings()]
    return Standing(absences, [msgspec.convert(plain(r), Deputy) for r in (await db.execute(named)).mappings()])
