"""What a plugin does on a database and over HTTP, in a small town where it is on in two districts and off in the third."""

from __future__ import annotations

import re
import secrets
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from banshi.testing import ground, smalltown
from banshi.testing.checking.subject import Subject

if TYPE_CHECKING:
    from litestar.testing import AsyncTestClient
    from sqlalchemy import Connection

    from banshi.db import Database
    from banshi.testing.ground import Town

HERE, THERE, OFF = "east", "north", smalltown.OFF
SAMPLE = {"int": "1", "float": "1", "uuid": "00000000-0000-0000-0000-000000000000", "date": "2026-11-20", "datetime": "2026-11-20T00:00:00Z"}


async def run(subject: Subject, server_url: str, wanted: set[str]) -> list[str]:
    """Return the faults that the wanted checks find."""
    faults: list[str] = []
    if "migrations" in wanted:
        with ground.clone(server_url, "template0", f"banshi_check_{secrets.token_hex(6)}") as url:
            faults += [f"migrations: {fault}" for fault in migrations(subject, url)]
    if faults or not wanted & set(TOWN_CHECKS):
        return faults  # a town cannot be built where the tables cannot
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "town.toml"
        file.write_text(smalltown.write(subject.registry), encoding="utf8")
        async with ground.template_for(server_url, subject.registry, file) as template:
            with ground.clone(server_url, template, f"banshi_check_{secrets.token_hex(6)}") as url:
                async with _place(subject, url) as place:
                    for name, check in TOWN_CHECKS.items():
                        if name in wanted:
                            faults += [f"{name}: {fault}" async for fault in check(place)]
    return faults


@dataclass
class Place:
    """The small town with the plugin that is checked, and its application."""

    subject: Subject
    database: Database
    town: Town
    client: AsyncTestClient[Any]

    async def sit(self, staff_number: str = "", *, resident: str = "") -> dict[str, str]:
        """Return the headers of a browser in which somebody is signed in, or nobody; its cookie holds a form's token."""
        from banshi.identity import access
        from banshi.web.site import SESSION_COOKIE

        self.client.cookies.clear()
        actor = self.town.residents.get(resident) or self.town.staff.get(staff_number)
        if actor is not None:
            async with self.database.transaction() as db:
                token = await access.open_session(db, actor.person_id or 0, ground.MOMENT)
            self.client.cookies.set(SESSION_COOKIE, token)
        await self.client.get(f"/d/{HERE}")
        return self.headers()

    def headers(self) -> dict[str, str]:
        """Return the headers with the token that the browser has now: an upload that is refused gives it another."""
        return {"x-csrftoken": str(self.client.cookies.get("csrf")), "accept-language": "en"}

    def officers(self, district: str) -> list[str]:
        """Return the staff numbers of a district's office, an officer a role."""
        first = str([code for code, _zh, _en in smalltown.DISTRICTS].index(district) + 1)
        return [number for number in sorted(self.town.staff) if number.startswith(first) and len(number) == 5]

    def addresses(self, *, on_case: bool = False) -> Iterator[tuple[str, str, str]]:
        """Yield method, address (with ``{district}``, or ``{number}`` on a case) and permission of the plugin's routes."""
        place = "number" if on_case else "district"
        prefix = f"/{'case' if on_case else 'd'}/{{{place}:str}}/{self.subject.name}"
        for route in self.client.app.routes:
            if route.path != prefix and not route.path.startswith(prefix + "/"):
                continue
            address = re.sub(r"\{(\w+):(\w+)\}", lambda m: f"{{{place}}}" if m[1] == place else SAMPLE.get(m[2], "x"), route.path)
            for handler in route.route_handlers:
                if "permission" in handler.opt:
                    for method in sorted(str(getattr(m, "value", m)) for m in handler.http_methods):
                        yield method, address, str(handler.opt["permission"])


@asynccontextmanager
async def _place(subject: Subject, url: str) -> AsyncIterator[Place]:
    from litestar.testing import AsyncTestClient

    from banshi.app import create_app
    from banshi.db import Database

    database = Database(url, pool_size=4)
    try:
        async with database.transaction() as db:
            town = await ground.read_town(db, subject.registry)
        application = create_app(ground.settings_of(url), subject.registry, now=lambda: ground.MOMENT)
        async with AsyncTestClient(application, base_url="http://testserver.local", raise_server_exceptions=False) as client:
            yield Place(subject, database, town, client)
    finally:
        await database.close()


# -- tables ------------------------------------------------------------------------------------------------------------


def migrations(subject: Subject, url: str) -> Iterator[str]:
    """Tell where migrations do not go up, down and up again, write outside the plugin's schema, or do not make what models.py says."""
    from sqlalchemy import create_engine
    from sqlalchemy.engine import make_url
    from sqlalchemy.pool import NullPool

    from banshi.db import owner_metadata
    from banshi.db.migrations import Owner, downgrade, migrate

    kernel, own = Owner("kernel", "banshi"), Owner(subject.name, subject.package)
    tables = owner_metadata(subject.name).sorted_tables
    if not own.versions.is_dir():
        if tables:
            yield f"models.py has {', '.join(t.name for t in tables)}, and there are no migrations/versions: write one (docs/plugins/packaging.md)"
        return
    engine = create_engine(make_url(url).set(drivername="postgresql+psycopg"), poolclass=NullPool)
    migrate(url, [kernel])
    with engine.connect() as connection:
        before = _tables(connection, subject.name)[1]
    for turn in ("up", "down", "up again"):
        try:
            if turn == "down":
                downgrade(url, own)
            else:
                migrate(url, [kernel, own])
        except Exception as error:  # whatever a stranger's migration raises
            said = f"{type(error).__name__}: {str(error).splitlines()[0]}"
            yield f"{turn}: {said}. Each version has an upgrade() and a downgrade() that takes all of it back"
            return
        with engine.connect() as connection:
            mine, others = _tables(connection, subject.name)
            if strange := sorted(others ^ before):
                yield f"{turn}: {', '.join(strange)}, in somebody else's schema, was made or dropped: give op.create_table schema={subject.name!r}"
                return
            if turn == "down" and mine:
                yield f"down: {', '.join(sorted(mine))} is still there: downgrade() drops what upgrade() made"
                return
            if turn == "up" and (differs := _differences(connection, subject.name)):
                yield f"models.py and the migrations differ: {'; '.join(differs[:4])}. Write the missing version"
                return


def _tables(connection: Connection, owner: str) -> tuple[set[str], set[str]]:
    from sqlalchemy import text

    rows = connection.execute(
        text(
            "select table_schema, table_name from information_schema.tables "
            "where table_schema not in ('pg_catalog', 'information_schema', 'procrastinate')"
        )
    ).all()
    mine = {f"{schema}.{name}" for schema, name in rows if schema == owner and name != "alembic_version"}
    return mine, {f"{schema}.{name}" for schema, name in rows if schema != owner}


def _differences(connection: Connection, owner: str) -> list[str]:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    from banshi.db import owner_metadata

    def is_the_owners(name: str | None, kind: str, _parents: Any) -> bool:
        return kind != "schema" or name == owner

    options = {"include_schemas": True, "include_name": is_the_owners, "version_table_schema": owner, "compare_type": True}
    found = compare_metadata(MigrationContext.configure(connection, opts=options), owner_metadata(owner))
    return [" ".join(str(getattr(part, "fullname", part)) for part in (one if isinstance(one, tuple) else one[0])) for one in found]


# -- over HTTP ---------------------------------------------------------------------------------------------------------


async def routes(place: Place) -> AsyncIterator[str]:
    """Tell which of the plugin's addresses answer without their permission, or where the plugin is off, or break."""
    await place.sit()
    for method, address, permission in place.addresses():
        nobody = place.headers()
        off = await place.client.request(method, address.format(district=OFF), headers=nobody, follow_redirects=False)
        if off.status_code != 404:
            yield f"{method} {address} answers {off.status_code} in a district that has the plugin off: it must not be there (404)"
        if permission != "public":
            refused = await place.client.request(method, address.format(district=HERE), headers=nobody, follow_redirects=False)
            if refused.status_code not in {401, 403}:
                yield f"{method} {address} answers {refused.status_code} to somebody who is not signed in, though it asks for {permission}"
        elif method == "GET" and address.count("{") == 1:
            answered = await place.client.get(address.format(district=HERE), headers=nobody)
            if answered.status_code >= 500:
                yield f"GET {address} breaks ({answered.status_code}) in an empty town"
    await place.sit("90001")
    for method, address, permission in place.addresses():
        if permission != "public":
            refused = await place.client.request(method, address.format(district=HERE), headers=place.headers(), follow_redirects=False)
            if refused.status_code != 403:
                yield f"{method} {address} answers {refused.status_code} to an officer without {permission}: it must be 403"


async def leaks(place: Place) -> AsyncIterator[str]:
    """Tell where one district sees what is another's, or the plugin shows where it is off."""
    from banshi.errors import Refused
    from banshi.testing.answers import file

    subject, town = place.subject, place.town
    here = next(d for d in town.house.directory.tree if d.code == HERE)
    filed: dict[str, str] = {}
    mark = f"leak {secrets.token_hex(4)}"
    for service in subject.registry.services:
        if service.case_type in filed or (not service.pages and service.case_type not in subject.answers):
            continue
        if subject.answers.get(service.case_type, {}) is None:
            continue  # it needs what stands in the plugin's own tables: its own tests file it
        try:
            async with place.database.transaction() as db:
                opened = await file(
                    db, town, f"{subject.name}.{service.case_type}", here, subject.answers.get(service.case_type) or {}, ground.MOMENT, mark=mark
                )
        except Refused as refused:
            said = "; ".join(f"{f}: {t}" for f, t in getattr(refused, "problems", {}).items())
            yield (
                f"a {service.case_type!r} cannot be filed with made-up answers ({refused} {said}): give check_plugin some, "
                f"answers={{{service.case_type!r}: {{…}}}}"
            )
            continue
        filed[service.case_type] = opened.number
    for case_type, number in filed.items():
        seen = {d: [n for n in place.officers(d) if await _reads(place, n, number)] for d in (HERE, THERE)}
        if not seen[HERE]:
            yield f"no role lets an officer of the district read a {case_type!r}: a permission {subject.name}.… in banshi_roles does"
        if seen[THERE]:
            yield f"officers of another district read a {case_type!r} that is not theirs"
    async for fault in _pages(place, mark, list(filed.values())):
        yield fault
    for resident in ("", "resident1"):
        headers = await place.sit(resident=resident)
        for method, address, _permission in place.addresses(on_case=True):
            for number in filed.values():
                answered = await place.client.request(method, address.format(number=number), headers=headers, follow_redirects=False)
                if answered.status_code < 300:
                    yield f"{method} {address} answers {answered.status_code} to {resident or 'nobody in particular'}, whose case it is not"
    nobody = await place.sit()
    home = (await place.client.get(f"/d/{OFF}", headers=nobody)).text
    for service in subject.registry.services:
        form = await place.client.get(f"/d/{OFF}/services/{subject.name}/{service.name}", headers=nobody)
        if form.status_code != 404 or f"/services/{subject.name}/" in home:
            yield f"the service {service.name!r} shows in a district that has the plugin off"


async def _reads(place: Place, staff_number: str, number: str) -> bool:
    headers = {"Authorization": f"Bearer {place.town.tokens[staff_number]}"}
    return bool((await place.client.get(f"/api/v1/cases/{number}", headers=headers)).status_code == 200)


async def _pages(place: Place, mark: str, numbers: list[str]) -> AsyncIterator[str]:
    """Tell which pages of the plugin show in one district what was filed in another."""
    plain = [address for method, address, _permission in place.addresses() if method == "GET" and address.count("{") == 1]
    for number in ["", *place.officers(THERE)] if plain else []:
        headers = await place.sit(number)
        for address in plain:
            page = await place.client.get(address.format(district=THERE), headers=headers)
            if page.status_code == 200 and (mark in page.text or any(n in page.text or n.replace("-", "") in page.text for n in numbers)):
                yield f"GET {address} shows in {THERE} what was filed in {HERE}: ask the database for the district of the address only"


TOWN_CHECKS: Mapping[str, Callable[[Place], AsyncIterator[str]]] = {"routes": routes, "leaks": leaks}
CHECKS = ("migrations", *TOWN_CHECKS)
