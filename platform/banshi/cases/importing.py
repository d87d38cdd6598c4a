"""Another system's cases, from a CSV file and a mapping in TOML: in bulk, restartable, no row twice, wrong rows in a file of their own.

A row is known for good by source and reference: running the same file again imports only what is missing.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from banshi.cases.book import House
from banshi.cases.decoding import decode, shapes, unprintable
from banshi.cases.opening import Opening, Past, open_many
from banshi.contracts import Actor, CaseType
from banshi.db import Database
from banshi.errors import BanshiError, Invalid, Refused

BATCH = 500
_PLACE = re.compile(r"\{([^{}]+)\}")


class MappingError(BanshiError):
    """A mapping is wrong: it names a column, field, state or department that is not there."""


class Source(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[import]: which case type, where from, and how to read what it says."""

    case_type: str
    source: str
    reference: str
    district: str
    zone: str = "UTC"
    moment: str = "%Y-%m-%d %H:%M:%S"
    encoding: str = "utf-8"
    delimiter: str = ","


class Take(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a value comes from, one of three: a column (through ``values``, else ``default``), a template of columns, or fixed."""

    column: str | None = None
    values: dict[str, str] | None = None
    default: str | None = None
    template: str | None = None
    value: str | None = None

    def __post_init__(self) -> None:
        if [self.column, self.template, self.value].count(None) != 2:
            msg = "a value comes from one of column, template and value"
            raise ValueError(msg)

    @property
    def columns(self) -> list[str]:
        """The columns it reads."""
        return ([self.column] if self.column is not None else []) + _PLACE.findall(self.template or "")


class CaseMapping(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """[case]: the kernel's own fields."""

    received: str | Take
    state: str | Take
    channel: str | Take
    changed: str | Take | None = None
    closed: str | Take | None = None
    department: str | Take | None = None
    outcome: str | Take | None = None


class Mapping_(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"source": "import"}):  # noqa: N801
    """The whole file."""

    source: Source
    case: CaseMapping
    data: dict[str, str | Take]


class Outcome(msgspec.Struct, kw_only=True):
    """What an import came to, in rows."""

    imported: int = 0
    known: int = 0
    refused: int = 0


def read_mapping(path: Path) -> Mapping_:
    """Return the mapping of a file; MappingError says what is wrong with its form."""
    try:
        return msgspec.convert(tomllib.loads(path.read_text(encoding="utf8")), Mapping_)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        msg = f"{path}: {error}"
        raise MappingError(msg) from error


class Importer:
    """One file on its way in."""

    def __init__(self, house: House, owner: str, mapping: Mapping_) -> None:
        """Check the mapping against the house; MappingError names the first thing that is not there."""
        self.house, self.mapping, said = house, mapping, mapping.source
        try:
            self.case_type: CaseType = house.registry.case_type(f"{owner}.{said.case_type}")
        except KeyError:
            msg = f"There is no case type {owner}.{said.case_type}; [import] case_type names one of the plugin's"
            raise MappingError(msg) from None
        try:
            self.zone = ZoneInfo(said.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            msg = f"There is no time zone {said.zone!r}"
            raise MappingError(msg) from None
        try:
            "".encode(said.encoding)
        except (LookupError, ValueError):
            msg = f"There is no encoding {said.encoding!r}"
            raise MappingError(msg) from None
        if len(said.delimiter) != 1:
            msg = f"[import] delimiter is one character, not {said.delimiter!r}"
            raise MappingError(msg)
        district = house.directory.tree.find(said.district)
        if district is None or not house.directory.tree.has_on(district.id, owner):
            msg = f"There is no district {said.district!r} that has {owner} on"
            raise MappingError(msg)
        self.district_id = district.id
        self.actor = Actor(capacity="system", credential=f"import:{said.source}")
        self._check()

    def _check(self) -> None:
        fields = {s.name for s in shapes(self.case_type.form)}
        if unknown := sorted(set(self.mapping.data) - fields):
            msg = f"[data] names {', '.join(unknown)}: not a field of {self.case_type.key}, which has {', '.join(sorted(fields))}"
            raise MappingError(msg)
        self._known = {
            "state": {s.name for s in self.case_type.states},
            "outcome": {o.name for o in self.case_type.outcomes},
            "department": {d.code for d in self.house.directory},
        }
        for name, known in self._known.items():
            take = getattr(self.mapping.case, name)
            if isinstance(take, Take):
                said = {*(take.values or {}).values(), take.default or "", take.value or ""} - {""}
                if wrong := sorted(said - known):
                    msg = f"[case] {name} gives {', '.join(wrong)}, which is not there; there are {', '.join(sorted(known))}"
                    raise MappingError(msg)

    def check_columns(self, header: list[str]) -> None:
        """Raise MappingError where the mapping reads a column that the file does not have."""
        takes = [*self.mapping.data.values(), *(getattr(self.mapping.case, f) for f in CaseMapping.__struct_fields__)]
        wanted = [self.mapping.source.reference]
        for take in takes:
            wanted += [take] if isinstance(take, str) else take.columns if take is not None else []
        if missing := sorted({w for w in wanted if w not in header}):
            msg = f"The file has no column {', '.join(missing)}; it has {', '.join(header)}"
            raise MappingError(msg)

    def opening(self, row: Mapping[str, str]) -> Opening:
        """Return the opening of one row; Invalid or ValueError says what is wrong with it."""
        for name, value in row.items():
            if unprintable(value):
                msg = f"{name} holds bytes that are no {self.mapping.source.encoding}, or control characters"
                raise ValueError(msg)
        case = self.mapping.case
        reference = row[self.mapping.source.reference].strip()
        if not reference:
            msg = f"{self.mapping.source.reference} is empty"
            raise ValueError(msg)
        raw = {name: _value(name, take, row) for name, take in self.mapping.data.items()}
        state = self._one_of("state", case.state, row)
        declared = self.case_type.state(state)
        closed = self._moment("closed", case.closed, row)
        if declared.final != (closed is not None):
            msg = "it is closed without a closing date" if declared.final else "it is open and has a closing date"
            raise ValueError(msg)
        received = self._moment("received", case.received, row)
        if received is None:
            msg = "it has no date of receipt"
            raise ValueError(msg)
        department = self.house.directory.find(self._one_of("department", case.department, row))
        return Opening(
            case_type=self.case_type,
            district_id=self.district_id,
            form=decode(self.case_type.form, raw),
            channel=_value("channel", case.channel, row),
            key=reference,
            lasting=True,
            received=received,
            past=Past(
                reference=reference,
                state=state,
                outcome=self._one_of("outcome", case.outcome, row) or None,
                changed=self._moment("changed", case.changed, row),
                closed=closed,
                department_id=department.id if department else None,
            ),
        )

    def _one_of(self, name: str, take: str | Take | None, row: Mapping[str, str]) -> str:
        said = _value(name, take, row)
        if said not in self._known[name] and (said or name == "state"):
            msg = f"{name} is {said!r}, which is none of {', '.join(sorted(self._known[name]))}"
            raise ValueError(msg)
        return said

    def _moment(self, name: str, take: str | Take | None, row: Mapping[str, str]) -> datetime | None:
        said = _value(name, take, row).strip() if take is not None else ""
        if not said:
            return None
        try:
            told = datetime.strptime(said, self.mapping.source.moment)  # noqa: DTZ007 -- it gets the zone that it lacks below
            return (told if told.tzinfo else told.replace(tzinfo=self.zone)).astimezone(UTC)
        except (ValueError, OverflowError):
            msg = f"{name} is {said!r}, which is no moment of the form {self.mapping.source.moment}"
            raise ValueError(msg) from None


def _value(name: str, take: str | Take | None, row: Mapping[str, str]) -> str:
    if take is None:
        return ""
    if isinstance(take, str):
        return row[take]
    if take.value is not None:
        return take.value
    if take.template is not None:
        return _PLACE.sub(lambda place: row[place[1]], take.template)
    said = row[take.column or ""].strip()
    if take.values is None:
        return said or (take.default or "")
    found = take.values.get(said, take.default)
    if found is None:
        msg = f"{name}: the mapping has nothing for {said!r}"
        raise ValueError(msg)
    return found


def rows(path: Path, source: Source) -> Iterator[tuple[int, dict[str, str] | str, list[str]]]:
    """Yield each row as line number, values by column (or what is wrong with it), and its raw cells; the header first as line 0."""
    with path.open(encoding=source.encoding, errors="surrogateescape", newline="") as file:
        over: list[str] = []
        reader = csv.reader(_and_one_more(file, over), delimiter=source.delimiter)
        header = [c.strip().removeprefix("\ufeff") for c in next(reader, [])]
        yield 0, dict.fromkeys(header, ""), header
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield reader.line_num, f"it cannot be read: {error}", []
                continue
            if not cells:
                continue
            if over:
                yield reader.line_num, "its last quotation mark is missing: the file may be cut off", cells
            elif len(cells) != len(header):
                yield reader.line_num, f"it has {len(cells)} cells, the header has {len(header)}: the file may be cut off", cells
            else:
                yield reader.line_num, dict(zip(header, cells, strict=True)), cells


def _and_one_more(lines: Iterable[str], over: list[str]) -> Iterator[str]:
    """Yield the lines and an empty one after them: only a row whose quotation is still open takes it, and finds ``over`` filled."""
    yield from lines
    yield "\n"
    over.append("")


async def run(
    database: Database,
    importer: Importer,
    path: Path,
    now: Callable[[], datetime],
    refused: Callable[[int, str, list[str]], None],
) -> AsyncIterator[tuple[int, Outcome]]:
    """Import the file in batches, each a transaction; yield (line reached, outcome so far) after each.

    A row that cannot be imported goes to ``refused`` with its line and the reason.
    """
    outcome, batch = Outcome(), list[Row]()
    line = 0
    reading = rows(path, importer.mapping.source)
    importer.check_columns(next(reading)[2])
    for line, row, cells in reading:
        try:
            if isinstance(row, str):
                raise ValueError(row)  # noqa: TRY004 -- one way out for every wrong row
            batch.append(Row(line, importer.opening(row), cells))
        except (Refused, ValueError) as error:
            outcome.refused += 1
            refused(line, _reason(error), cells)
        if len(batch) == BATCH:
            await _open(database, importer, batch, now(), outcome, refused)
            batch.clear()
            yield line, outcome
    await _open(database, importer, batch, now(), outcome, refused)
    yield line, outcome


class Row(NamedTuple):
    """A row that can be opened: its line, its opening, and its raw cells."""

    line: int
    opening: Opening
    cells: list[str]


def _reason(error: Refused | ValueError) -> str:
    problems = error.problems if isinstance(error, Invalid) else {}
    return "; ".join(f"{name}: {text}" for name, text in problems.items()) or str(error)


async def _open(
    database: Database,
    importer: Importer,
    batch: list[Row],
    at: datetime,
    outcome: Outcome,
    refused: Callable[[int, str, list[str]], None],
) -> None:
    """Open a batch; where one row of it is refused, row by row."""
    if not batch:
        return
    try:
        async with database.transaction() as db:
            opened = await open_many(db, importer.house, importer.actor, [row.opening for row in batch], at)
    except Refused as error:
        if len(batch) == 1:
            outcome.refused += 1
            refused(batch[0].line, _reason(error), batch[0].cells)
            return
        for one in batch:
            await _open(database, importer, [one], at, outcome, refused)
        return
    outcome.imported += sum(o.fresh for o in opened)
    outcome.known += sum(not o.fresh for o in opened)
