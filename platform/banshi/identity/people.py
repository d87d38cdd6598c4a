"""Adding people, their accounts and posts, departments and duties. Everything here can be done twice."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from banshi.contracts import Role
from banshi.db import Connection
from banshi.districts import touch
from banshi.identity.tables import account, department, duty, person, post, role, session
from banshi.privacy import Keyring
from banshi.texts import labels

SHORTEST_PASSWORD = 8


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    return PasswordHasher()


def hash_password(password: str) -> str:
    """Return the argon2id hash of ``password``."""
    return _hasher().hash(password)


async def password_fits(hashed: str | None, password: str) -> bool:
    """Return whether ``password`` fits; takes as long for an account that does not exist (``hashed`` is None)."""
    return await asyncio.to_thread(_fits, hashed or _nobody(), password) and hashed is not None


def _fits(hashed: str, password: str) -> bool:
    try:
        return _hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def _nobody() -> str:
    return hash_password(secrets.token_urlsafe())


async def add_person(db: Connection, keyring: Keyring, *, name: str, telephone: str = "", language: str | None = None, at: datetime) -> int:
    """Add a person and return the id; name and telephone are sealed."""
    values = {
        "name": keyring.seal(name, "person.name"),
        "name_index": keyring.index("name", name),
        "telephone": keyring.seal(telephone, "person.telephone") if telephone else "",
        "telephone_index": keyring.index("telephone", telephone) if telephone else None,
        "language": language,
        "created": at,
    }
    return int((await db.execute(insert(person).values(values).returning(person.c.id))).scalar_one())


async def add_account(
    db: Connection,
    keyring: Keyring,
    *,
    login: str,
    name: str,
    at: datetime,
    password: str = "",
    hashed: str = "",
    telephone: str = "",
    language: str | None = None,
) -> int:
    """Add a person who can sign in, or set the password of the one who has that login; return the person's id.

    ``hashed`` takes a ready hash (many accounts at once); ValueError for a password under eight characters.
    """
    if not hashed and len(password) < SHORTEST_PASSWORD:
        msg = f"A password needs {SHORTEST_PASSWORD} characters or more"
        raise ValueError(msg)
    hashed = hashed or await asyncio.to_thread(hash_password, password)
    known = (await db.execute(select(account.c.person_id).where(func.lower(account.c.login) == login.lower()))).scalar_one_or_none()
    if known is not None:
        await db.execute(update(account).where(account.c.person_id == known).values(password=hashed, disabled=False))
        await db.execute(delete(session).where(session.c.person_id == known))
        return int(known)
    person_id = await add_person(db, keyring, name=name, telephone=telephone, language=language, at=at)
    await db.execute(insert(account).values(person_id=person_id, login=login, password=hashed))
    return person_id


async def put_post(db: Connection, person_id: int, department_code: str, staff_number: str, roles: Iterable[str]) -> int:
    """Give a person a post, or change the post of that staff number; return its id. KeyError names what is unknown."""
    department_id = (await db.execute(select(department.c.id).where(department.c.code == department_code))).scalar_one_or_none()
    if department_id is None:
        raise KeyError(department_code)
    roles = list(roles)
    known = set((await db.execute(select(role.c.name).where(role.c.name.in_(roles)))).scalars())
    if unknown := [r for r in roles if r not in known]:
        raise KeyError(", ".join(unknown))
    values = {"person_id": person_id, "department_id": department_id, "staff_number": staff_number, "roles": roles}
    statement = insert(post).values(values)
    statement = statement.on_conflict_do_update(index_elements=["staff_number"], set_=values | {"ended": None})
    post_id = int((await db.execute(statement.returning(post.c.id))).scalar_one())
    await touch(db)
    return post_id


async def put_departments(db: Connection, rows: Sequence[Mapping[str, Any]], district_ids: Mapping[str, int]) -> dict[str, int]:
    """Add departments, or change those of their codes; return code to id. KeyError names an unknown district or superior.

    A row has code, district, title and, where it has them, part, telephone, address, reviews, dissolved, superior_by_trade, superior_by_area (codes)
    and duties (see ``put_duties``).
    """
    ids: dict[str, int] = {r.code: r.id for r in await db.execute(select(department.c.code, department.c.id))}
    for row in rows:
        values = {
            "code": row["code"],
            "district_id": district_ids[row["district"]],
            "title": dict(row["title"]),
            "part": row.get("part", ""),
            "telephone": row.get("telephone", ""),
            "address": dict(row.get("address", {})),
            "reviews": row.get("reviews", False),
            "dissolved": row.get("dissolved", False),
        }
        statement = insert(department).values(values).on_conflict_do_update(index_elements=["code"], set_=values)
        ids[row["code"]] = int((await db.execute(statement.returning(department.c.id))).scalar_one())
    for row in rows:
        superiors = {
            f"superior_by_{line}_id": ids[row[f"superior_by_{line}"]] if row.get(f"superior_by_{line}") else None for line in ("trade", "area")
        }
        await db.execute(update(department).where(department.c.id == ids[row["code"]]).values(superiors))
        await put_duties(db, ids[row["code"]], row.get("duties", ()), row["district"], district_ids)
    await touch(db)
    return ids


async def put_duties(db: Connection, department_id: int, rows: Sequence[Mapping[str, Any]], home: str, district_ids: Mapping[str, int]) -> None:
    """Set a department's duties to ``rows``: case_type, category, area (default: ``home``), text, basis."""
    await db.execute(delete(duty).where(duty.c.department_id == department_id))
    for row in rows:
        values = {
            "department_id": department_id,
            "case_type": row["case_type"],
            "category": row.get("category", "*"),
            "district_id": district_ids[row.get("area", home)],
            "text": dict(row.get("text", {})),
            "basis": dict(row.get("basis", {})),
        }
        statement = insert(duty).values(values)
        await db.execute(statement.on_conflict_do_update(index_elements=["case_type", "category", "district_id"], set_=values))


async def put_roles(db: Connection, roles: Sequence[Role]) -> None:
    """Write the declared roles as rows; a role that is no longer declared stays, without permissions of its own."""
    for declared in roles:
        values = {
            "name": f"{declared.owner}.{declared.name}",
            "owner": declared.owner,
            "title": labels(declared.title),
            "reach": declared.reach,
            "permissions": [{"name": p.name, "sentence": labels(p.sentence)} for p in declared.permissions],
        }
        await db.execute(insert(role).values(values).on_conflict_do_update(index_elements=["name"], set_=values))
    await touch(db)
