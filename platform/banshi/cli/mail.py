"""`banshi mail`: mail that a mail server hands over, and a look at the inbox."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import click

from banshi import clock
from banshi.cli.common import Workplace, data_option, run, settings_of
from banshi.documents.store import store
from banshi.errors import BanshiError, Invalid
from banshi.notify import fetching, mailroom
from banshi.notify.inbound import Room

EX_DATAERR, EX_TEMPFAIL = 65, 75
"""What a mail server understands (sysexits.h): there is nothing in it · not now, keep it and come again."""


@click.group("mail")
def mail_command() -> None:
    """Inbound mail."""


@mail_command.command("take")
@data_option
@click.option("--to", "recipient", default="", help="The address to which it was sent, where the mail does not say it (Delivered-To, X-Original-To).")
def take(data: Path | None, recipient: str) -> None:
    """Store the mail on standard input. Status 0 only once it is stored; 75 where that is not possible now, so that the mail server keeps it."""
    envelope = f"X-Original-To: {''.join(recipient.split())}\r\n".encode() if recipient else b""

    async def pieces() -> AsyncIterator[bytes]:
        first = sys.stdin.buffer.read(mailroom.PIECE)
        if first and envelope:
            yield envelope
        while first:
            yield first
            first = sys.stdin.buffer.read(mailroom.PIECE)

    async def task(place: Workplace) -> mailroom.Taken:
        kept = store(place.settings.files, place.settings.data)
        return await mailroom.take(place.database.transaction, kept, place.settings, pieces(), clock.now())

    try:
        run(settings_of(data), task)
    except Invalid as error:
        click.echo(f"banshi: {error}", err=True)
        sys.exit(EX_DATAERR)
    except Exception as error:
        # Whatever it is, the mail is not stored: any other status would have the mail server send it back, or throw it away.
        click.echo(f"banshi: the mail is not stored: {error}", err=True)
        sys.exit(EX_TEMPFAIL)


@mail_command.command("fetch")
@data_option
def fetch(data: Path | None) -> None:
    """Look into BANSHI_INBOX now, as the worker does every minute, and say how many mails were new."""
    settings = settings_of(data)
    if not settings.inbox:
        msg = "BANSHI_INBOX is not set: there is nowhere to fetch mail"
        raise BanshiError(msg)

    async def task(place: Workplace) -> int:
        room = Room(
            transaction=place.database.transaction, store=store(place.settings.files, place.settings.data), settings=place.settings, house=place.house
        )
        return await fetching.poll(room, clock.now())

    click.echo(f"took {run(settings, task)} mails")
