"""Another system's cases come in with their history, once each; a wrong row is named and holds nobody up."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from banshi.cases import importing, reading, verifying
from banshi.cases.importing import Importer, MappingError, Outcome
from banshi.cases.tables import case
from banshi.db import Database
from banshi.privacy import Keyring
from banshi.testing import MOMENT, SECRET, Town

SHANGHAI = ZoneInfo("Asia/Shanghai")
HEADER = ["Ref", "Came", "Done", "Status", "End", "By", "Office", "What", "Told", "Where", "Who"]
MAPPING = """
[import]
case_type = "request"
source = "old"
reference = "Ref"
district = "east"
zone = "Asia/Shanghai"
moment = "%d.%m.%Y %H:%M"

[case]
received = "Came"
closed = "Done"

[case.state]
column = "Status"
values = { open = "new", done = "closed" }

[case.outcome]
column = "End"
values = { fixed = "settled", told = "explained", "" = "" }

[case.channel]
column = "By"
values = { phone = "telephone" }
default = "web"

[case.department]
column = "Office"
values = { lamps = "lighting", streets = "east-works" }

[data]
kind = { value = "help" }
text = { template = "{What}: {Told}" }
contact_name = "Who"
area = "Where"

[data.category]
column = "What"
values = { lamp = "street_lighting", drums = "noise" }
"""


def row(reference: str, **changes: str) -> dict[str, str]:
    values = ["02.03.2026 08:15", "05.03.2026 16:40", "done", "fixed", "phone", "lamps", "lamp", "dark", "persimmon", "张小芳"]
    return dict(zip(HEADER, [reference, *values], strict=True)) | changes


OPEN = {"Done": "", "Status": "open", "End": ""}


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes rows to a file of the other system's."""

    def write(*rows: dict[str, str], encoding: str = "utf8", delimiter: str = ",") -> Path:
        path = tmp_path / "old.csv"
        with path.open("w", encoding=encoding, newline="") as target:
            writer = csv.DictWriter(target, HEADER, delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return write


@pytest.fixture
def mapping(tmp_path: Path) -> Callable[..., Path]:
    """A function that writes the mapping, with words of it replaced."""

    def write(replaced: str = "", by: str = "") -> Path:
        assert replaced in MAPPING
        path = tmp_path / "old.toml"
        path.write_text(MAPPING.replace(replaced, by) if replaced else MAPPING, encoding="utf8")
        return path

    return write


class Came:
    """What an import came to, and what it refused."""

    def __init__(self) -> None:
        self.outcome = Outcome()
        self.refused: list[tuple[int, str, list[str]]] = []

    @property
    def counts(self) -> tuple[int, int, int]:
        return self.outcome.imported, self.outcome.known, self.outcome.refused


@pytest.fixture
def bring_in(database: Database, town: Town, mapping: Callable[..., Path]) -> Any:
    """A function that imports a file."""

    async def run(path: Path, changed: tuple[str, str] = ("", "")) -> Came:
        came = Came()
        importer = Importer(town.house, "tickets", importing.read_mapping(mapping(*changed)))
        async for _line, outcome in importing.run(database, importer, path, lambda: MOMENT, lambda *said: came.refused.append(said)):
            came.outcome = outcome
        return came

    return run


async def cases(database: Database) -> list[Any]:
    async with database.transaction() as db:
        return list((await db.execute(select(case).order_by(case.c.id))).all())


# -- what comes in -----------------------------------------------------------------------------------------------------------


async def test_every_row_is_a_case_with_the_history_it_had(bring_in: Any, file: Any, database: Database, town: Town, keyring: Keyring) -> None:
    came = await bring_in(file(row("A-1"), row("A-2", **OPEN, By="pigeon", Office="streets", What="drums", Where="")))
    assert came.counts == (2, 0, 0)
    done, waiting = await cases(database)
    received, closed = datetime(2026, 3, 2, 8, 15, tzinfo=SHANGHAI), datetime(2026, 3, 5, 16, 40, tzinfo=SHANGHAI)
    assert (done.received, done.closed, done.changed) == (received, closed, closed)
    assert (done.state, done.outcome, done.channel, done.category) == ("closed", "settled", "telephone", "street_lighting")
    assert (done.title, done.data["text"]) == ("lamp: dark", "lamp: dark")
    assert (waiting.state, waiting.outcome, waiting.closed, waiting.channel) == ("new", None, None, "web")
    assert [done.department_id, waiting.department_id] == [town.department("lighting"), town.department("east-works")]
    assert "张小芳" not in str(done.data)
    async with database.transaction() as db:
        story = await reading.story(db, done.id, reading.FOR_STAFF)
        assert [(e.kind, e.at, e.state) for e in story] == [("opened", received, "new"), ("imported", closed, "closed")]
        assert story[0].body["reference"] == "A-1"
        assert {e.recorded for e in story} == {MOMENT}
        assert [e.at for e in await reading.story(db, waiting.id, reading.FOR_STAFF)] == [received]
        assert await verifying.verify(db, keyring) == []


async def test_the_same_file_again_brings_in_nothing_and_a_longer_one_only_the_rest(bring_in: Any, file: Any, database: Database) -> None:
    first = [row(f"A-{i}") for i in range(3)]
    assert (await bring_in(file(*first))).counts == (3, 0, 0)
    assert (await bring_in(file(*first))).counts == (0, 3, 0)
    assert (await bring_in(file(*first, row("A-3"), row("A-3")))).counts == (1, 4, 0)
    assert len(await cases(database)) == 4


async def test_more_rows_than_one_batch_come_in_each_once(bring_in: Any, file: Any, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 7)
    rows = [row(f"A-{i}") if i != 11 else row("A-11", Where="pine") for i in range(30)]
    came = await bring_in(file(*rows))
    assert came.counts == (29, 0, 1)
    assert len({c.number for c in await cases(database)}) == 29


async def test_a_moment_that_names_its_offset_is_taken_at_its_word(bring_in: Any, file: Any, database: Database) -> None:
    assert (await bring_in(file(row("A-1", **OPEN, Came="02.03.2026 08:15 +0000")), ("%H:%M", "%H:%M %z"))).counts == (1, 0, 0)
    assert (await cases(database))[0].received == datetime(2026, 3, 2, 8, 15, tzinfo=ZoneInfo("UTC"))


async def test_another_encoding_and_delimiter_are_read(bring_in: Any, file: Any, database: Database) -> None:
    path = file(row("A-1", Told="路灯黑了"), encoding="gb18030", delimiter=";")
    came = await bring_in(path, ('source = "old"', 'source = "old"\nencoding = "gb18030"\ndelimiter = ";"'))
    assert came.counts == (1, 0, 0)
    assert (await cases(database))[0].data["text"] == "lamp: 路灯黑了"


async def test_a_column_may_be_called_anything(bring_in: Any, file: Any, database: Database) -> None:
    path = file(row("A-1"))
    path.write_text(path.read_text(encoding="utf8").replace("Told", "Told (by: whom!r)", 1), encoding="utf8")
    assert (await bring_in(path, ("{Told}", "{Told (by: whom!r)}"))).counts == (1, 0, 0)
    assert (await cases(database))[0].title == "lamp: dark"


# -- what does not --------------------------------------------------------------------------------------------------------------

WRONG: dict[str, tuple[dict[str, str], str]] = {
    "a value that the mapping has nothing for": ({"What": "flood"}, "category: the mapping has nothing for 'flood'"),
    "a state that the mapping has nothing for": ({"Status": "lost"}, "state: the mapping has nothing for 'lost'"),
    "no reference": ({"Ref": " "}, "Ref is empty"),
    "no date": ({"Came": ""}, "no date of receipt"),
    "a date of another form": ({"Came": "2026-03-02"}, "received is '2026-03-02'"),
    "a date before time": ({"Came": "01.01.0001 00:00"}, "received is"),
    "closed without a date": ({"Done": ""}, "closed without a closing date"),
    "open with a date": ({"Status": "open"}, "open and has a closing date"),
    "a place in another district": ({"Where": "pine"}, "area: Choose a place in this district"),
    "a name that is too long": ({"Who": "长" * 61}, "contact_name: “"),
    "a text that is too long": ({"Told": "x" * 4001}, "4000"),
    "a control character": ({"Told": "a\x07b"}, "Told holds"),
}


@pytest.mark.parametrize("fault", WRONG)
async def test_a_wrong_row_is_told_with_its_line_and_the_reason_and_the_others_come_in(bring_in: Any, file: Any, fault: str) -> None:
    changes, reason = WRONG[fault]
    came = await bring_in(file(row("A-1"), row("A-2", **changes), row("A-3")))
    assert came.counts == (2, 0, 1)
    ((line, said, cells),) = came.refused
    assert (line, reason in said) == (3, True), said
    assert cells == list(row("A-2", **changes).values())


async def test_a_reference_that_came_before_with_other_contents_is_told_with_its_line(bring_in: Any, file: Any) -> None:
    came = await bring_in(file(row("A-1"), row("A-2"), row("A-1", Told="very dark")))
    assert came.counts == (2, 0, 1)
    assert (came.refused[0][0], came.refused[0][2][0]) == (4, "A-1")


async def test_bytes_that_are_no_text_spoil_only_their_row(bring_in: Any, file: Any) -> None:
    path = file(row("A-1"), row("A-2", Told="HERE"), row("A-3"))
    path.write_bytes(path.read_bytes().replace(b"HERE", b"\xff\xfe\x80"))
    came = await bring_in(path)
    assert came.counts == (2, 0, 1)
    assert came.refused[0][:2] == (3, "Told holds bytes that are no utf-8, or control characters")


async def test_a_value_straight_from_a_column_is_checked_like_any_other(bring_in: Any, file: Any, database: Database) -> None:
    changed = ('[case.state]\ncolumn = "Status"\nvalues = { open = "new", done = "closed" }', "")
    plain = (changed[0], '[case.state]\ncolumn = "Status"')
    came = await bring_in(file(row("A-1", Status="closed"), row("A-2", Status="lost"), row("A-3", Status="")), plain)
    assert came.counts == (1, 0, 2)
    assert "state is 'lost', which is none of answered, asked, closed, new, outside, returned, review, working" in came.refused[0][1]
    assert [c.state for c in await cases(database)] == ["closed"]


@pytest.mark.parametrize(("name", "values"), [("Office", "lamps = "), ("End", "fixed = ")])
async def test_a_department_or_outcome_that_nobody_knows_is_refused_not_guessed(bring_in: Any, file: Any, name: str, values: str) -> None:
    block = next(b for b in MAPPING.split("\n\n") if values in b)
    came = await bring_in(file(row("A-1", **{name: "nobody"})), (block, block.partition("\nvalues")[0]))
    assert came.counts == (0, 0, 1)
    assert "is 'nobody', which is none of" in came.refused[0][1]


@pytest.mark.parametrize("cut", [b"lamp,da", b'lamp,dark,persimmon,"Zhang\nXiao'], ids=["in a cell", "in a quotation"])
async def test_a_file_that_was_cut_off_gives_all_but_its_last_row(bring_in: Any, file: Any, database: Database, cut: bytes) -> None:
    path = file(row("A-1"), row("A-2"))
    whole = path.read_bytes()
    last = b'A-3,02.03.2026 08:15,05.03.2026 16:40,done,fixed,phone,lamps,lamp,dark,persimmon,"Zhang\nXiaofang"\r\n'
    path.write_bytes(whole + last[: last.index(cut) + len(cut)])
    came = await bring_in(path)
    assert came.counts == (2, 0, 1)
    assert "the file may be cut off" in came.refused[0][1]
    path.write_bytes(whole + last)
    assert (await bring_in(path)).counts == (1, 2, 0)
    assert len(await cases(database)) == 3


async def test_a_quotation_that_never_ends_does_not_end_the_import(bring_in: Any, file: Any) -> None:
    path = file(row("A-1"))
    path.write_bytes(path.read_bytes() + b'A-2,"' + b"x" * 200_000 + b"\r\n" + path.read_bytes().split(b"\r\n", 1)[1].replace(b"A-1", b"A-3"))
    came = await bring_in(path)
    assert came.counts == (2, 0, 1)
    assert "it cannot be read" in came.refused[0][1]


# -- a wrong mapping ---------------------------------------------------------------------------------------------------------------

MAPPINGS: dict[str, tuple[str, str, str]] = {
    "a column": ('"{What}: {Told}"', '"{What}: {Heard}"', "The file has no column Heard; it has Ref, Came"),
    "the reference's column": ('reference = "Ref"', 'reference = "Number"', "The file has no column Number"),
    "a field": ('area = "Where"', 'colour = "Where"', "[data] names colour: not a field of tickets.request"),
    "a state": ('done = "closed"', 'done = "finished"', "[case] state gives finished, which is not there; there are answered"),
    "an outcome": ('fixed = "settled"', 'fixed = "mended"', "[case] outcome gives mended"),
    "a department": ('lamps = "lighting"', 'lamps = "lamps"', "[case] department gives lamps"),
    "a case type": ('case_type = "request"', 'case_type = "petition"', "There is no case type tickets.petition"),
    "a zone": ('"Asia/Shanghai"', '"Mars/Olympus"', "There is no time zone 'Mars/Olympus'"),
    "a folder as zone": ('"Asia/Shanghai"', '"Asia"', "There is no time zone 'Asia'"),
    "a district": ('district = "east"', 'district = "atlantis"', "There is no district 'atlantis' that has tickets on"),
    "a district that has it off": ('district = "east"', 'district = "west"', "There is no district 'west' that has tickets on"),
    "an encoding": ('source = "old"', 'source = "old"\nencoding = "utf-99"', "There is no encoding 'utf-99'"),
    "a delimiter": ('source = "old"', 'source = "old"\ndelimiter = ";;"', "delimiter is one character"),
    "a value from nowhere": ('kind = { value = "help" }', 'kind = { default = "help" }', "one of column, template and value"),
    "a word that the file does not know": ('received = "Came"', 'receipt = "Came"', "receipt"),
    "no TOML": ("[case]", "[case", "old.toml"),
}


@pytest.mark.parametrize("fault", MAPPINGS)
async def test_a_wrong_mapping_is_told_before_any_row_is_written(bring_in: Any, file: Any, database: Database, fault: str) -> None:
    replaced, by, said = MAPPINGS[fault]
    with pytest.raises(MappingError) as refused:
        await bring_in(file(row("A-1")), (replaced, by))
    assert said in str(refused.value)
    assert await cases(database) == []


async def test_a_plugin_that_is_not_there_is_told(town: Town, mapping: Any) -> None:
    with pytest.raises(MappingError, match=r"There is no case type weather\.request"):
        Importer(town.house, "weather", importing.read_mapping(mapping()))


# -- the command ----------------------------------------------------------------------------------------------------------------------


def command(url: str, folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environ = os.environ | {"BANSHI_DATABASE_URL": url, "BANSHI_SECRET_KEY": SECRET}
    line = [sys.executable, "-m", "banshi", "import", "tickets", *map(str, arguments)]
    return subprocess.run(line, cwd=folder, env=environ, capture_output=True, text=True, check=False)


async def test_the_command_ends_with_the_counts_and_leaves_what_it_refused_beside_it(
    database: Database, town: Town, file: Any, mapping: Any, tmp_path: Path
) -> None:
    here = tmp_path / "elsewhere"
    here.mkdir()
    faults = here / "old.csv.refused.csv"
    path = file(row("A-1"), row("A-2", What="flood", Told="up to\nthe knee"), row("A-3", Where="pine"))
    done = command(database.url, here, path, "--mapping", mapping())
    assert (done.returncode, done.stdout.splitlines()[-1]) == (1, "imported 1, already there 0, refused 2"), done.stderr
    assert str(faults) in done.stderr
    with faults.open(encoding="utf8", newline="") as written:
        head, *told = list(csv.reader(written))
    assert head == ["line", "reason", "row"]
    assert [(line, reason.partition(":")[0], cells[0]) for line, reason, *cells in told] == [("4", "category", "A-2"), ("5", "area", "A-3")]
    path = file(row("A-1"), row("A-2", Told="up to\nthe knee"), row("A-3"))
    done = command(database.url, here, path, "--mapping", mapping())
    assert (done.returncode, done.stdout.splitlines()[-1], done.stderr) == (0, "imported 2, already there 1, refused 0", "")
    assert not faults.exists()
    done = command(database.url, here, path, "--mapping", mapping("{Told}", "{Heard}"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("banshi: The file has no column Heard")
    assert "Traceback" not in done.stderr
    assert not faults.exists()
    assert len(await cases(database)) == 3
