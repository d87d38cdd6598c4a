"""`banshi organisation`, `banshi user`, `banshi token`: who is there and how they get in."""

from __future__ import annotations

from pathlib import Path

import click
from sqlalchemy import select, update

from banshi import clock
from banshi.cli.common import Workplace, data_option, run, settings_of
from banshi.errors import BanshiError
from banshi.identity import access, organisation, people
from banshi.identity.tables import api_token, post


@click.group("organisation")
def organisation_command() -> None:
    """Districts, departments, duties and staff."""


@organisation_command.command("load")
@data_option
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def load(data: Path | None, file: Path) -> None:
    """Write an organisation file into the database; loading it again changes only what it names."""
    wanted = organisation.read(file)

    async def task(place: Workplace) -> dict[str, str]:
        async with place.database.transaction() as db:
            return await organisation.load(db, place.keyring, wanted, clock.now())

    first = run(settings_of(data), task)
    click.echo(f"{len(wanted.district)} districts, {len(wanted.department)} departments, {len(wanted.staff)} staff.")
    for login, password in first.items():
        click.echo(f"first password of {login}: {password}")


@click.group("user")
def user_command() -> None:
    """People who can sign in."""


@user_command.command("add")
@data_option
@click.argument("login")
@click.option("--name", required=True, help="The person's name; it is sealed.")
@click.option("--telephone", default="", help="Telephone number; it is sealed.")
@click.option("--password", default=None, help="Asked for when it is not given.")
@click.option("--department", default=None, help="Code of the department of a post.")
@click.option("--number", "staff_number", default=None, help="Staff number of the post.")
@click.option("--role", "roles", multiple=True, help="Role of the post, like tickets.clerk; may be given several times.")
def add(
    data: Path | None,
    login: str,
    name: str,
    telephone: str,
    password: str | None,
    department: str | None,
    staff_number: str | None,
    roles: tuple[str, ...],
) -> None:
    """Add a person, or set the password of the one who has that login; with --department, a post for them."""
    if (department is None) != (staff_number is None):
        msg = "A post needs --department and --number together"
        raise click.UsageError(msg)
    secret = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)

    async def task(place: Workplace) -> None:
        async with place.database.transaction() as db:
            try:
                person_id = await people.add_account(db, place.keyring, login=login, name=name, telephone=telephone, password=secret, at=clock.now())
                if department is not None and staff_number is not None:
                    await people.put_post(db, person_id, department, staff_number, roles)
            except KeyError as error:
                msg = f"There is no {error.args[0]!r}: neither a department of that code nor a role of that name"
                raise BanshiError(msg) from error
            except ValueError as error:
                raise BanshiError(str(error)) from error

    run(settings_of(data), task)
    click.echo(f"{login} can sign in.")


@click.group("token")
def token_command() -> None:
    """API tokens: each acts in a post, within its scopes."""


@token_command.command("add")
@data_option
@click.argument("title")
@click.option("--number", "staff_number", required=True, help="Staff number of the post it acts in.")
@click.option("--scope", "scopes", multiple=True, required=True, help="A permission the token may use; may be given several times.")
def add_token(data: Path | None, title: str, staff_number: str, scopes: tuple[str, ...]) -> None:
    """Make a token and print it, once."""
    from banshi.app import KERNEL_ROLES  # the web comes with it, which the other commands do without

    async def task(place: Workplace) -> str:
        async with place.database.transaction() as db:
            post_id = (await db.execute(select(post.c.id).where(post.c.staff_number == staff_number))).scalar_one_or_none()
            if post_id is None:
                msg = f"There is no post with the staff number {staff_number}"
                raise BanshiError(msg)
            known = sorted({p.name for role in (*KERNEL_ROLES, *place.registry.roles) for p in role.permissions})
            if unknown := sorted(set(scopes) - set(known)):
                msg = f"There is no permission {', '.join(unknown)}. There are: {', '.join(known)}"
                raise BanshiError(msg)
            return await access.add_token(db, post_id, title, scopes, clock.now())

    click.echo(run(settings_of(data), task))


@token_command.command("revoke")
@data_option
@click.argument("title")
def revoke(data: Path | None, title: str) -> None:
    """Revoke every token of that title, at once."""

    async def task(place: Workplace) -> int:
        async with place.database.transaction() as db:
            found = await db.execute(update(api_token).where(api_token.c.title == title, api_token.c.revoked.is_(None)).values(revoked=clock.now()))
            return int(found.rowcount)

    click.echo(f"{run(settings_of(data), task)} revoked.")
