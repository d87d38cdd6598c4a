"""Puts the demo city into an empty database, and tells in ``DIR/demo.json`` how to get in."""

from __future__ import annotations

import json
import os
import random
import secrets
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from sqlalchemy import func, select
from stdnum import damm

from banshi import clock, plugins
from banshi.cases.book import House, Houses, load_house
from banshi.cli.common import SECRET
from banshi.cli.demo import letters
from banshi.cli.demo.people import residents
from banshi.cli.demo.playing import actors, before_cases, play
from banshi.cli.serving import Household
from banshi.contracts import OPEN311
from banshi.db import Connection, Database
from banshi.db.embedded import EmbeddedServer
from banshi.districts import district
from banshi.errors import BanshiError
from banshi.escalation import sweeping
from banshi.identity import access, deputies, organisation, people
from banshi.identity.deputies import Away, Naming
from banshi.identity.directory import Post, load_directory
from banshi.identity.tables import account, post
from banshi.library import importing
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.settings import Settings

SEED = 20261123
PASSWORD = "yunlan-demo"  # noqa: S105 -- a demo's, printed on its sign-in page
RESIDENTS = 300
BEGAN = timedelta(days=400)  # the people came before their first case
CITY = Path(__file__).with_name("city.toml")
CLERK = "chenguang"  # of the lighting department, which has something of everything
PATIENCE = 60  # seconds until the web must answer


def erase(settings: Settings) -> None:
    """Remove everything of an earlier demo in the folder."""
    EmbeddedServer(settings.data).erase()
    for name in ("demo.json", SECRET):
        (settings.data / name).unlink(missing_ok=True)


def with_secret(settings: Settings) -> Settings:
    """Return the settings with the demo's own key, made at the first start and kept in its folder."""
    settings.data.mkdir(parents=True, exist_ok=True)
    path = settings.data / SECRET
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(32))
    return msgspec.structs.replace(settings, secret_key=(path.read_text(encoding="ascii").strip(),))


def with_messages(settings: Settings) -> Settings:
    """Return the settings with messages that go into the demo's folder, where nothing else is said: mail as files, text messages as lines."""
    folder = settings.data.resolve()
    mail = settings.mail or f"file:{quote(str(folder / 'mail'))}"
    sender = settings.mail_from or "banshi <noreply@city.example>"
    return msgspec.structs.replace(settings, mail=mail, mail_from=sender, sms=settings.sms or f"file:{folder / 'sms.jsonl'}")


async def seed(settings: Settings, *, cases: bool = True) -> dict[str, Any]:
    """Build the city where there is none yet, with its history unless ``cases`` is False; return the facts of demo.json."""
    database = Database(settings.database_url, pool_size=2)
    keyring, registry, at = Keyring(settings.keys()), plugins.load(strict=settings.strict), clock.now()
    path = settings.data / "demo.json"
    try:
        async with database.transaction() as db:
            built = (await db.execute(select(func.count()).select_from(district))).scalar_one() > 0
            if not built:
                await _city(db, keyring, at)
                await before_cases(db, registry, at - BEGAN)
                if cases:
                    await _cases(db, await load_house(db, registry, keyring), at)
                    await _deputies(db, await load_house(db, registry, keyring), at)
        if not built:
            await _escalations(database, registry, keyring, at)
            await _library(database, registry, keyring, at)
            await letters.write(database, Houses(registry, keyring), settings, at)
        async with database.transaction() as db:
            known = json.loads(path.read_text(encoding="utf8")) if path.is_file() else {}
            facts = await _facts(db, settings, known, at)
    finally:
        await database.close()
    path.write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf8")
    return facts


async def _city(db: Connection, keyring: Keyring, at: datetime) -> None:
    hashed = people.hash_password(PASSWORD)  # once: argon2 is slow on purpose, and a demo's password is no secret
    await organisation.load(db, keyring, organisation.read(CITY), at - BEGAN, hashed=hashed)
    for one in residents(random.Random(SEED), RESIDENTS):  # noqa: S311 -- the same city every time
        await people.add_account(
            db, keyring, login=one.login, name=one.name, telephone=one.telephone, language=one.language, hashed=hashed, at=at - BEGAN
        )


async def _cases(db: Connection, house: House, at: datetime) -> None:
    """Let the plugins' cases happen, at the moments at which they would have."""
    cast = await actors(db, house)
    for declared in house.registry.demo:
        rng = random.Random(SEED)  # noqa: S311 -- the same city every time, whichever plugins come before
        await play(db, house, cast, declared.owner, declared.cases(rng), at, draw=partial(_number, rng))


async def _deputies(db: Connection, house: House, at: datetime) -> None:
    """Let colleagues stand in for each other, and one of the clerk's be away: what is theirs lies with the clerk."""
    directory, keyring = house.directory, house.keyring
    clerk = (
        (await db.execute(select(post.c.id).join(account, account.c.person_id == post.c.person_id).where(account.c.login == CLERK))).scalars().first()
    )
    for department in directory:
        officers = directory.officers_of(department.id)
        for officer, other in zip(officers, (*officers[-1:], *officers[:-1]), strict=True):
            if officer.person_id == other.person_id:
                continue
            held = Post(id=officer.id, department_id=department.id, staff_number=officer.staff_number, roles=officer.roles)
            actor = directory.staff(officer.person_id, held)
            naming = Naming(post_id=officer.id, staff_number=other.staff_number, since=at, until=at + timedelta(days=180))
            await deputies.name(db, directory, keyring, actor, naming, at)
            if other.id == clerk:
                away = Away(post_id=officer.id, since=at, until=at + timedelta(days=3), reason="training")
                await deputies.enter(db, directory, keyring, actor, away, at)


async def _escalations(database: Database, registry: Registry, keyring: Keyring, at: datetime) -> None:
    """Let happen what rules would have done to the history, at the moments at which it would have."""
    houses = Houses(registry, keyring)
    await sweeping.recount(database.transaction, houses)
    await sweeping.sweep(database.transaction, houses, at, as_due=True)


async def _library(database: Database, registry: Registry, keyring: Keyring, at: datetime) -> None:
    """Put the plugins' entries into the city's library."""
    async with database.transaction() as db:
        directory = await load_directory(db, 0)
    services = frozenset(f"{s.owner}.{s.name}" for s in registry.services)
    root = directory.tree.roots[0]
    for declared in registry.demo:
        if declared.library:
            with resources.as_file(resources.files(registry.packages[declared.owner]) / declared.library) as folder:
                done = await importing.run(
                    database, directory, keyring, folder, at, services=services, district=root.code, today=at.astimezone(root.timezone).date()
                )
            if faults := [r.fault for r in done if r.fault]:
                msg = f"The library of {declared.owner}'s demo: {faults[0]}"
                raise BanshiError(msg)


def _number(rng: random.Random) -> str:
    body = str(rng.randrange(10**10, 10**11))
    return body + damm.calc_check_digit(body)


async def _facts(db: Connection, settings: Settings, known: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return what demo.json says; makes an API token and an Open311 key where there is none that is known."""
    rows = (
        await db.execute(
            select(account.c.login, post.c.id, post.c.roles, post.c.staff_number)
            .join(post, post.c.person_id == account.c.person_id)
            .order_by(post.c.staff_number)
        )
    ).all()

    def login(role: str) -> str:
        return next((str(r.login) for r in rows if role in r.roles), "")

    intake = next((r for r in rows if "tickets.intake" in r.roles), rows[0])
    house = await load_directory(db, 0)
    held = Post(id=intake.id, department_id=next(iter(house)).id, staff_number="", roles=tuple(intake.roles))

    async def token(name: str, scopes: list[str]) -> str:
        said = str(known.get(name, ""))
        return said if said and await access.bearer(db, said, at) is not None else await access.add_token(db, intake.id, f"demo {name}", scopes, at)

    first = residents(random.Random(SEED), 1)[0].login  # noqa: S311 -- the same city every time
    logins = {
        "resident": first,
        "clerk": CLERK,
        "administrator": login("kernel.administrator"),
        "engineer": login("kernel.engineer"),
    }
    codes = (await db.execute(select(district.c.code).where(district.c.level.in_(["city", "district"])).order_by(district.c.path))).scalars()
    return {
        "url": f"http://{settings.host}:{settings.port}",
        "sign_ins": {who: {"login": name, "password": PASSWORD} for who, name in logins.items()},
        "api_token": await token("api_token", sorted(house.staff(0, held).permissions)),
        "open311_api_key": await token("open311_api_key", [OPEN311.name]),
        "districts": list(codes),
    }


def wait_until_it_answers(home: Household) -> None:
    """Wait for the first answer of /health; BanshiError when it does not come."""
    url = f"http://{home.settings.host}:{home.settings.port}/health"
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        home.check()
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    msg = f"{url} does not answer; what the processes said is above"
    raise BanshiError(msg)
