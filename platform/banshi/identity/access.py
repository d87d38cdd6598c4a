"""From a secret to an actor: sign-in, sessions, API tokens. One query says who is asking, in which posts, and at which revision."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, select, text, update

from banshi.db import Connection, Database
from banshi.errors import Refused
from banshi.identity import throttle
from banshi.identity.directory import Post
from banshi.identity.people import password_fits
from banshi.identity.tables import account, api_token, session
from banshi.privacy import token_digest
from banshi.texts import translator

_ = translator("banshi")

SESSION_LASTS = timedelta(hours=12)


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """Who is asking: nobody in particular, or a signed-in person with their posts."""

    revision: int
    person_id: int | None = None
    login: str = ""
    language: str | None = None
    posts: tuple[Post, ...] = ()
    post_id: int | None = None
    stale: bool = False

    @property
    def post(self) -> Post | None:
        """The post in which the person works at the desk: the one chosen, or the only one."""
        for held in self.posts:
            if held.id == self.post_id:
                return held
        return self.posts[0] if len(self.posts) == 1 else None


_WHO = text("""
select r.value as revision, w.*
from (select coalesce((select value from kernel.revision where name = 'directory'), 0) as value) as r
left join lateral (
    select s.person_id, s.post_id, a.login, p.language, coalesce((
        select jsonb_agg(jsonb_build_object('id', t.id, 'department_id', t.department_id, 'staff_number', t.staff_number,
                                            'roles', to_jsonb(t.roles)) order by t.id)
        from kernel.post t where t.person_id = s.person_id and (t.ended is null or t.ended > :at)), '[]') as posts
    from kernel.session s
    join kernel.person p on p.id = s.person_id
    join kernel.account a on a.person_id = p.id and not a.disabled
    where s.digest = :digest and s.expires > :at
) as w on true
""")


async def who(db: Connection, token: str, at: datetime) -> Visitor:
    """Return who holds the session ``token`` (empty: nobody). One query; a stale token gives a visitor who is told so."""
    row = (await db.execute(_WHO, {"digest": token_digest(token) if token else b"", "at": at})).mappings().one()
    if row["person_id"] is None:
        return Visitor(revision=row["revision"], stale=bool(token))
    return Visitor(
        revision=row["revision"],
        person_id=row["person_id"],
        login=row["login"],
        language=row["language"],
        posts=msgspec.convert(_json(row["posts"]), tuple[Post, ...]),
        post_id=row["post_id"],
    )


class Bearer(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds an API token: the post it acts in, and its scopes."""

    revision: int
    token_id: int
    person_id: int
    post: Post
    scopes: tuple[str, ...]


_BEARER = text("""
select r.value as revision, t.id as token_id, p.person_id, t.scopes,
       p.id as post_id, p.department_id, p.staff_number, p.roles
from kernel.api_token t
join kernel.post p on p.id = t.post_id and (p.ended is null or p.ended > :at)
left join kernel.account a on a.person_id = p.person_id
cross join (select coalesce((select value from kernel.revision where name = 'directory'), 0) as value) as r
where t.digest = :digest and t.revoked is null and (t.expires is null or t.expires > :at)
      and a.disabled is not true
""")


async def bearer(db: Connection, token: str, at: datetime) -> Bearer | None:
    """Return who holds an API token, None where it is unknown, revoked or expired, or its person disabled. One query."""
    row = (await db.execute(_BEARER, {"digest": token_digest(token), "at": at})).one_or_none()
    if row is None:
        return None
    held = Post(id=row.post_id, department_id=row.department_id, staff_number=row.staff_number, roles=tuple(row.roles))
    return Bearer(revision=row.revision, token_id=row.token_id, person_id=row.person_id, post=held, scopes=tuple(row.scopes))


async def sign_in(database: Database, login: str, password: str, address: str, at: datetime) -> str:
    """Return the token of a new session; raise Refused for a wrong login or password (the same words), Throttled for too many.

    Attempts are counted in a transaction of their own, so that a refusal does not forget them.
    """
    by_login, by_network = f"sign-in:{login.casefold()}"[:200], f"sign-in:net:{throttle.network(address)}"
    async with database.transaction() as db:
        await throttle.take(db, by_network, throttle.SIGN_IN_BY_NETWORK, at)
        await throttle.take(db, by_login, throttle.SIGN_IN_BY_LOGIN, at)
    async with database.transaction() as db:
        found = (
            await db.execute(select(account.c.person_id, account.c.password).where(func.lower(account.c.login) == login.lower(), ~account.c.disabled))
        ).one_or_none()
    if not await password_fits(found.password if found else None, password) or found is None:
        raise Refused(_("The login or the password is not right."))
    async with database.transaction() as db:
        await throttle.forgive(db, by_login)
        await throttle.give_back(db, by_network)
        return await open_session(db, found.person_id, at)


async def open_session(db: Connection, person_id: int, at: datetime) -> str:
    """Open a session and return its token, which is not stored."""
    token = secrets.token_urlsafe(32)
    await db.execute(insert(session).values(digest=token_digest(token), person_id=person_id, created=at, expires=at + SESSION_LASTS))
    return token


async def choose_post(db: Connection, token: str, post_id: int) -> None:
    """Say in which post the person works at the desk from now on in this session."""
    await db.execute(update(session).where(session.c.digest == token_digest(token)).values(post_id=post_id))


async def sign_out(db: Connection, token: str) -> None:
    """End a session."""
    await db.execute(delete(session).where(session.c.digest == token_digest(token)))


async def add_token(db: Connection, post_id: int, title: str, scopes: Sequence[str], at: datetime, *, token: str = "") -> str:
    """Make an API token that acts in a post within ``scopes`` (permission names); return it, it is not stored."""
    token = token or "bsh_" + secrets.token_urlsafe(32)
    await db.execute(insert(api_token).values(digest=token_digest(token), title=title, post_id=post_id, scopes=list(scopes), created=at))
    return token


def _json(value: Any) -> Any:
    return msgspec.json.decode(value) if isinstance(value, (str, bytes)) else value
