"""A folder of Markdown files as entries of the library.

A file is ``CODE.zh.md`` or ``CODE.en.md`` (``CODE.md``: Chinese); both languages of an entry lie side by side. It begins with what is known of the
entry, as TOML between two lines of ``+++``; the other language's file may leave that out. The first heading is the title, the rest the text.
A ``README.md`` and whatever is no Markdown is left alone; everything else that is no entry is told by its name.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from banshi.contracts import Actor
from banshi.db import Database
from banshi.errors import BanshiError, Invalid
from banshi.identity.directory import Directory
from banshi.library.writing import Draft, Written, put
from banshi.privacy import Keyring
from banshi.texts import DEFAULT_LANGUAGE, LANGUAGES, Language

FENCE = "+++"
KNOWN = ("kind", "audience", "district", "department", "services", "source", "valid_from", "valid_until", "review_by")
LARGEST = 1_000_000


class Fault(BanshiError):
    """A file cannot be read as an entry; the message says why."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an entry: the version that was written, or why it was not, with the names of its files."""

    code: str
    files: tuple[str, ...]
    written: Written | None = None
    fault: str = ""


def entries(folder: Path) -> tuple[dict[str, dict[Language, Path]], list[Result]]:
    """Return the files of a folder by the code of their entry and their language, and those that are of no entry, with why."""
    found: dict[str, dict[Language, Path]] = {}
    strange: list[Result] = []
    for path in sorted(p for p in folder.iterdir() if p.suffix.lower() == ".md" and p.stem.lower() != "readme"):
        code, _dot, tag = path.name[: -len(path.suffix)].partition(".")
        language = next((n for n in LANGUAGES if n == tag), None) or (DEFAULT_LANGUAGE if not tag else None)
        if language is None:
            said = f"{tag!r} is no language here; name it {code}.{' or '.join(f'{n}.md' for n in LANGUAGES)}"
            strange.append(Result(code=code, files=(path.name,), fault=said))
        elif other := found.get(code, {}).get(language):
            strange.append(Result(code=code, files=(path.name,), fault=f"says the same entry in the same language as {other.name}"))
        else:
            found.setdefault(code, {})[language] = path
    return found, strange


def read(code: str, files: Mapping[Language, Path], *, district: str, today: date) -> Draft:
    """Return the entry of these files; ``district`` is where it holds when they do not say. Raises ``Fault``."""
    facts: dict[str, Any] = {}
    titles, texts = dict[str, str](), dict[str, str]()
    for language, path in files.items():
        said, titles[language], texts[language] = _parts(path)
        for name, value in said.items():
            if name not in KNOWN:
                msg = f"{path.name}: {name!r} is not known; known are {', '.join(KNOWN)}"
                raise Fault(msg)
            if facts.setdefault(name, value) != value:
                msg = f"{path.name}: {name!r} is another one than in the file of the other language"
                raise Fault(msg)
    facts = {"district": district, "kind": "guide", "valid_from": today} | facts
    try:
        return msgspec.convert(facts | {"code": code, "title": titles, "text": texts}, Draft)
    except msgspec.ValidationError as error:
        raise Fault(str(error)) from error


async def run(
    database: Database,
    directory: Directory,
    keyring: Keyring,
    folder: Path,
    at: datetime,
    *,
    services: frozenset[str],
    district: str,
    today: date,
    progress: Callable[[int], object] = lambda _count: None,
) -> list[Result]:
    """Write every entry of a folder, each in a transaction of its own; what is wrong with one is told, the others go on."""
    found, done = entries(folder)
    for code, files in found.items():
        names, written, fault = tuple(sorted(p.name for p in files.values())), None, ""
        try:
            draft = read(code, files, district=district, today=today)
            async with database.transaction() as db:
                written = await put(db, directory, keyring, Actor.SYSTEM, draft, at, services=services)
        except Invalid as refused:
            fault = "; ".join(f"{name}: {text}" for name, text in refused.problems.items())
        except Fault as refused:
            fault = str(refused)
        done.append(Result(code=code, files=names, written=written, fault=fault))
        progress(1)
    return done


def _parts(path: Path) -> tuple[dict[str, Any], str, str]:
    """The facts, the title and the text of one file."""
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            msg = f"{path.name}: larger than {LARGEST:,} bytes"
            raise Fault(msg)
        lines = content.decode("utf-8-sig").replace("\0", "").splitlines()
    except UnicodeDecodeError as error:
        msg = f"{path.name}: is not UTF-8 (byte {error.start})"
        raise Fault(msg) from error
    except OSError as error:
        msg = f"{path.name}: cannot be read ({error.strerror})"
        raise Fault(msg) from error
    facts: dict[str, Any] = {}
    if lines and lines[0].strip() == FENCE:
        try:
            end = next(i for i, line in enumerate(lines[1:], 1) if line.strip() == FENCE)
            facts = tomllib.loads("\n".join(lines[1:end]))
        except StopIteration:
            msg = f"{path.name}: the second line of {FENCE} is missing"
            raise Fault(msg) from None
        except tomllib.TOMLDecodeError as error:
            msg = f"{path.name}: what stands between the lines of {FENCE} is no TOML: {error}"
            raise Fault(msg) from error
        lines = lines[end + 1 :]
    body = list(_without_blanks(lines))
    if not body or not body[0].startswith("# "):
        msg = f"{path.name}: the first line of the text has to be the title, like “# How a lamp is mended”"
        raise Fault(msg)
    return facts, body[0].removeprefix("# ").strip(), "\n".join(body[1:]).strip()


def _without_blanks(lines: list[str]) -> Iterator[str]:
    begun = False
    for line in lines:
        begun = begun or bool(line.strip())
        if begun:
            yield line
