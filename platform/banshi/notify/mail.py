"""Letters: how one is written (text and simple HTML of the same words), and how it goes out over SMTP, or into a folder."""

from __future__ import annotations

import asyncio
import html
import re
import smtplib
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Protocol
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from banshi import texts
from banshi.errors import SettingsError
from banshi.notify.ways import Away, Later, Never

PATIENCE = 20.0
_LINK = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*[A-Za-z0-9/=_~-]")
"""What a page makes a link of: without the full stop behind it, Chinese or not."""
_STATUS = re.compile(rb"[245]\.\d{1,3}\.\d{1,3}")


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One letter, ready to go: ``identity`` and ``thread`` are the left sides of Message-ID and References, ours and the same at every try."""

    to: str
    language: texts.Language
    subject: str
    text: str
    identity: str
    thread: str = ""
    reply_to: str = ""
    at: datetime


class Sender(msgspec.Struct, frozen=True):
    """Who writes: the name that is shown, and the address."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """What follows the @."""
        return self.address.rpartition("@")[2]


def sender(written: str) -> Sender:
    """Return the sender of BANSHI_MAIL_FROM; SettingsError where it is no address."""
    name, address = parseaddr(written)
    local, at, domain = address.rpartition("@")
    if not (local and at and domain and address.isascii()) or any(c.isspace() for c in address):
        msg = "BANSHI_MAIL_FROM must be an address, or Name <address>, where BANSHI_MAIL is set"
        raise SettingsError(msg)
    return Sender(name, address)


def write(letter: Letter, said: Sender) -> EmailMessage:
    """Return a letter as it goes over the wire.

    It says that a machine wrote it (RFC 3834), so that no holiday notice answers; it is no list's mail. Its identity tells a second copy from a
    second letter.
    """
    made = EmailMessage(policy=SMTP)
    made["From"] = Address(said.name, addr_spec=said.address)
    made["To"] = Address(addr_spec=letter.to)
    made["Subject"] = letter.subject
    made["Date"] = format_datetime(letter.at)
    made["Message-ID"] = f"<{letter.identity}@{said.domain}>"
    if letter.thread:
        made["References"] = f"<{letter.thread}@{said.domain}>"
    if letter.reply_to:
        made["Reply-To"] = Address(addr_spec=letter.reply_to)
    made["Auto-Submitted"] = "auto-generated"
    made["X-Auto-Response-Suppress"] = "All"
    made["Precedence"] = "bulk"
    made["Content-Language"] = texts.TAGS[letter.language]
    made.set_content(letter.text, cte="base64")
    made.add_alternative(as_html(letter.text, letter.subject, letter.language), subtype="html", cte="base64")
    return made


def as_html(text: str, title: str, language: texts.Language) -> str:
    """Return the same words as a page: paragraphs and links, nothing that is fetched, nothing that could be script."""
    return (
        f'<!doctype html>\n<html lang="{texts.TAGS[language]}"><head><meta charset="utf-8"><title>{html.escape(title)}</title></head>\n'
        f'<body style="font-family: sans-serif; font-size: 1rem; line-height: 1.5; max-width: 40em; margin: 1em">\n'
        f"{paragraphs(text)}\n</body></html>\n"
    )


def paragraphs(text: str) -> str:
    """Return the paragraphs of a text as HTML."""
    return "\n".join("<p>" + "<br>\n".join(map(_line, part.splitlines())) + "</p>" for part in re.split(r"\n\s*\n", text.strip()))


def _line(line: str) -> str:
    found, last = [], 0
    for link in _LINK.finditer(line):
        href = html.escape(link.group())
        found += [html.escape(line[last : link.start()]), f'<a href="{href}">{href}</a>']
        last = link.end()
    return "".join([*found, html.escape(line[last:])])


# -- the ways out -----------------------------------------------------------------------------------------------------------


class Carrier(Protocol):
    """Takes letters: ``Away``, ``Later`` or ``Never`` where it does not."""

    async def send(self, made: EmailMessage) -> None:
        """Hand one letter over."""


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server as BANSHI_MAIL names it."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: str = "starttls"


def server(written: str) -> Server | Path:
    """Return what BANSHI_MAIL names: a server, or a folder; SettingsError where it names neither. The message never repeats a password."""
    parts = urlsplit(written)
    if parts.scheme == "file" and parts.path:
        return Path(unquote(parts.path))
    told = parse_qs(parts.query)
    tls = told.pop("tls", ["implicit" if parts.scheme == "smtps" else "starttls"])[-1]
    try:
        port = parts.port or {"implicit": 465, "starttls": 587}.get(tls, 25)
    except ValueError:
        port = 0
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or not port or tls not in {"starttls", "implicit", "none"} or told:
        msg = "BANSHI_MAIL must look like smtp://user:password@host:port?tls=starttls (or implicit, none), or file:/folder"
        raise SettingsError(msg)
    return Server(host=parts.hostname, port=port, user=unquote(parts.username or ""), password=unquote(parts.password or ""), tls=tls)


@asynccontextmanager
async def carrier(where: Server | Path) -> AsyncIterator[Carrier]:
    """Give what takes letters: one connection for several; raise Away where there is none."""
    if isinstance(where, Path):
        yield _Folder(where)
        return
    line = await asyncio.to_thread(_connect, where)
    try:
        yield _Line(line)
    finally:
        await asyncio.to_thread(_hang_up, line)


class _Folder:
    """Letters as files, the way a mail program keeps them: for a demo, and to see what would be sent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, made: EmailMessage) -> None:
        name = re.sub(r"[^A-Za-z0-9.-]", "_", str(made["Message-ID"]).strip("<>").partition("@")[0])
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            half = self._folder / f".{name}"
            half.write_bytes(made.as_bytes())
            half.replace(self._folder / f"{name}.eml")
        except OSError as error:
            raise Away(type(error).__name__) from None


class _Line:
    def __init__(self, line: smtplib.SMTP) -> None:
        self._line = line

    async def send(self, made: EmailMessage) -> None:
        await asyncio.to_thread(self._send, made)

    def _send(self, made: EmailMessage) -> None:
        try:
            self._line.send_message(made)
        except smtplib.SMTPRecipientsRefused as refused:
            code, said = next(iter(refused.recipients.values()))
            raise _judged(code, said) from None
        except smtplib.SMTPSenderRefused as refused:  # that is us, not the reader
            raise Away(_code(refused.smtp_code, refused.smtp_error)) from None
        except smtplib.SMTPServerDisconnected as refused:
            raise Away(type(refused).__name__) from None
        except smtplib.SMTPResponseException as refused:
            raise _judged(refused.smtp_code, refused.smtp_error) from None
        except smtplib.SMTPNotSupportedError as refused:
            raise Never(type(refused).__name__) from None
        except (OSError, smtplib.SMTPException) as error:
            raise Away(type(error).__name__) from None


def _connect(where: Server) -> smtplib.SMTP:
    context = ssl.create_default_context()
    try:
        if where.tls == "implicit":
            line: smtplib.SMTP = smtplib.SMTP_SSL(where.host, where.port, timeout=PATIENCE, context=context)
        else:
            line = smtplib.SMTP(where.host, where.port, timeout=PATIENCE)
        if where.tls == "starttls":
            line.starttls(context=context)
        if where.user:
            line.login(where.user, where.password)
    except smtplib.SMTPResponseException as refused:
        raise Away(_code(refused.smtp_code, refused.smtp_error)) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Away(type(error).__name__) from None
    return line


def _hang_up(line: smtplib.SMTP) -> None:
    try:
        line.quit()
    except (OSError, smtplib.SMTPException):
        line.close()


def _judged(code: int, said: bytes | str) -> Away | Later | Never:
    """A refusal: of all (421), of one message for now (4xx) or for good (5xx). 5.7 and 530 speak of us, not of the reader: that can be mended."""
    numbers = _code(code, said)
    if code == 421:
        return Away(numbers)
    return Never(numbers) if code >= 500 and code != 530 and " 5.7." not in numbers else Later(numbers)


def _code(code: int, said: bytes | str) -> str:
    """Return the numbers of an answer; its words may repeat the address."""
    found = _STATUS.search(said if isinstance(said, bytes) else said.encode())
    return f"SMTP {code}" + (f" {found.group().decode()}" if found else "")
