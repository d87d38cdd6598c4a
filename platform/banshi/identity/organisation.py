"""An organisation file: districts, departments with duties and superiors, and staff, as one TOML that a municipality writes once.

Loading it again changes what it names and leaves everything else. ``docs/operate.md`` shows one.
"""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
from sqlalchemy import select

from banshi.db import Connection
from banshi.districts import Level, district, put_district, switch_plugin
from banshi.errors import BanshiError
from banshi.identity import people
from banshi.identity.tables import account, post
from banshi.privacy import Keyring

Titles = Annotated[dict[str, str], msgspec.Meta(min_length=1)]


class DistrictEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry under [[district]]."""

    code: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    level: Level
    title: Titles
    parent: str | None = None
    zone: str | None = None
    host: str | None = None
    plugins: dict[str, bool] = {}


class DutyEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the duties of a [[department]]."""

    case_type: str
    category: str = "*"
    area: str | None = None
    text: dict[str, str] = {}
    basis: dict[str, str] = {}


class DepartmentEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry under [[department]]."""

    code: str
    district: str
    title: Titles
    part: str = ""
    superior_by_trade: str | None = None
    superior_by_area: str | None = None
    telephone: str = ""
    address: dict[str, str] = {}
    reviews: bool = False
    dissolved: bool = False
    duties: tuple[DutyEntry, ...] = ()


class StaffEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry under [[staff]]."""

    number: str
    department: str
    roles: tuple[str, ...]
    name: str
    login: str


class Organisation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    district: tuple[DistrictEntry, ...] = ()
    department: tuple[DepartmentEntry, ...] = ()
    staff: tuple[StaffEntry, ...] = ()


class OrganisationError(BanshiError):
    """An organisation file is wrong; the message says where."""


def read(path: Path) -> Organisation:
    """Return the organisation of a file; OrganisationError says what is wrong with it."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf8")), Organisation)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        msg = f"{path}: {error}"
        raise OrganisationError(msg) from error


async def load(
    db: Connection,
    keyring: Keyring,
    organisation: Organisation,
    at: datetime,
    *,
    passwords: Mapping[str, str] | None = None,
    hashed: str = "",
) -> dict[str, str]:
    """Write an organisation and return login to first password of the staff that are new.

    ``passwords`` fixes first passwords by login; ``hashed`` gives every other new account one ready hash (the demo: argon2 is slow on
    purpose). Raises OrganisationError for a code that is nowhere.
    """
    ids: dict[str, int] = {r.code: r.id for r in await db.execute(select(district.c.code, district.c.id))}
    try:
        for entry in organisation.district:
            ids[entry.code] = await put_district(
                db, entry.code, level=entry.level, title=entry.title, parent=entry.parent, zone=entry.zone, host=entry.host
            )
            for plugin, enabled in entry.plugins.items():
                await switch_plugin(db, ids[entry.code], plugin, enabled, at)
        rows: list[dict[str, Any]] = [_row(d) for d in organisation.department]
        await people.put_departments(db, rows, ids)
        return await _staff(db, keyring, organisation, at, passwords or {}, hashed)
    except KeyError as error:
        msg = f"The organisation file names {error.args[0]!r}, which is neither in it nor in the database"
        raise OrganisationError(msg) from error


def _row(entry: DepartmentEntry) -> dict[str, Any]:
    row: dict[str, Any] = msgspec.to_builtins(entry)
    for duty in row["duties"]:
        if duty["area"] is None:
            del duty["area"]
    return row


async def _staff(
    db: Connection, keyring: Keyring, organisation: Organisation, at: datetime, passwords: Mapping[str, str], hashed: str
) -> dict[str, str]:
    holders = {r.staff_number: r.person_id for r in await db.execute(select(post.c.staff_number, post.c.person_id))}
    accounts = {r.login.lower(): r.person_id for r in await db.execute(select(account.c.login, account.c.person_id))}
    first: dict[str, str] = {}
    for entry in organisation.staff:
        person_id = holders.get(entry.number) or accounts.get(entry.login.lower())  # a second post: the password is theirs already
        if person_id is None:
            password = passwords.get(entry.login, "")
            if not password and not hashed:
                password = first[entry.login] = secrets.token_urlsafe(9)
            person_id = await people.add_account(
                db, keyring, login=entry.login, name=entry.name, password=password, hashed="" if password else hashed, at=at
            )
            accounts[entry.login.lower()] = person_id
        await people.put_post(db, person_id, entry.department, entry.number, entry.roles)
    return first
