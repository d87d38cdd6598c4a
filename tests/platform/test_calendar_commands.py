"""`banshi calendar` and `banshi clock`: what an administrator does without a page, with the same checks and on the same record."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from banshi import cli
from banshi.audit import audit_entry
from banshi.cases import numbers, opening
from banshi.cases.tables import deadline
from banshi.clock.tables import calendar_version
from banshi.db import Database
from banshi.errors import BanshiError
from banshi.escalation.tables import recount
from banshi.testing import MOMENT, SECRET, Town

EAST = ("--district", "east")
Run = Callable[..., Result]


@pytest.fixture
def banshi(fresh_url: str) -> Run:
    """A function that runs a command against a database of this test alone."""

    def run(*arguments: str | Path) -> Result:
        said = CliRunner().invoke(cli.banshi, [str(a) for a in arguments], env={"BANSHI_DATABASE_URL": fresh_url, "BANSHI_SECRET_KEY": SECRET})
        if said.exception is not None and not isinstance(said.exception, (BanshiError, SystemExit)):
            raise said.exception
        return said

    return run


@pytest.fixture
def look(fresh_url: str) -> Callable[[Any], list[Any]]:
    """A function that reads rows of that database."""

    async def read(statement: Any) -> list[Any]:
        database = Database(fresh_url, pool_size=1)
        try:
            async with database.transaction() as db:
                return list((await db.execute(statement)).all())
        finally:
            await database.close()

    return lambda statement: asyncio.run(read(statement))


@pytest.fixture
def filed(fresh_url: str, town: Town, wanted: Any) -> list[str]:
    """Three requests in the East, as their numbers are shown."""

    async def file() -> list[str]:
        database = Database(fresh_url, pool_size=1)
        try:
            async with database.transaction() as db:
                who = town.residents["resident0"]
                return [numbers.show((await opening.open_one(db, town.house, who, wanted(area=""), MOMENT)).number) for _n in range(3)]
        finally:
            await database.close()

    return asyncio.run(file())


def test_a_preview_names_the_cases_that_move_and_changes_nothing(banshi: Run, filed: list[str], look: Any) -> None:
    said = banshi("calendar", "preview", *EAST, "--off", "2026-11-25..2026-11-26=Ruan Day")
    assert said.exit_code == 0
    assert said.stdout.splitlines()[-1] == "3 open cases would move; 3 were looked at."
    assert all(n in said.stdout for n in filed)
    facts = json.loads(banshi("calendar", "preview", *EAST, "--off", "2026-11-25..2026-11-26", "--json").stdout)
    assert {c["number"] for c in facts["cases"]} == set(filed)
    assert facts["cases"][0]["promised"] == {"from": "2026-11-30T09:00:00Z", "to": "2026-12-02T09:00:00Z"}
    assert look(select(calendar_version).where(calendar_version.c.district_id.is_not(None))) == []


def test_set_makes_a_version_asks_for_a_count_and_is_on_record(banshi: Run, filed: list[str], look: Any) -> None:
    said = banshi(
        "calendar", "set", *EAST, "--off", "2026-11-25", "--hours", "sat=9-12", "--after-hours", "own", "--publish", "2027", "--reason", "A test"
    )
    assert (said.exit_code, "1 ranges changed" in said.stdout) == (0, True)
    (row,) = look(select(calendar_version).where(calendar_version.c.district_id.is_not(None)))
    assert (row.reason, row.published, row.after_hours, row.week[5]) == ("A test", [2027], False, [[540, 720]])
    assert [r.done for r in look(select(recount))] == [None]
    assert [r.kind for r in look(select(audit_entry))] == ["calendar.changed"]
    shown = json.loads(banshi("calendar", "show", *EAST, "--year", "2026", "--json").stdout)
    assert {"day": "2026-11-25", "kind": "off", "name": {}} in shown["days"]
    assert (shown["week"]["sat"], shown["after_hours"], shown["published"]) == ("09:00-12:00", "own", True)
    assert banshi("clock", "recount", *EAST).stdout == "counted the clocks of 3 open cases\n"
    due = {r.promised.isoformat() for r in look(select(deadline))}
    assert due == {"2026-11-30T09:00:00+00:00"}  # the 24th, 26th, 27th, the Saturday, the 30th
    assert json.loads(banshi("clock", "recount", "--json").stdout) == {"cases": len(filed)}


def test_a_file_is_imported_once(banshi: Run, tmp_path: Path, look: Any) -> None:
    days = tmp_path / "days.ics"
    days.write_text(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20271001\r\nDTEND;VALUE=DATE:20271008\r\n"
        "SUMMARY:国庆节\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        encoding="utf8",
    )
    line = ("calendar", "import", days, *EAST, "--publish", "2027", "--reason", "Notice")
    assert banshi(*line).exit_code == 0
    again = banshi(*line)
    assert (again.exit_code, str(again.exception)) == (1, "Nothing would change")
    assert "2027-10-07  off   国庆节" in banshi("calendar", "show", *EAST, "--year", "2027").stdout
    assert "PROVISIONAL" in banshi("calendar", "show", "--district", "north", "--year", "2027").stdout
    assert len(look(select(calendar_version).where(calendar_version.c.district_id.is_not(None)))) == 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--district", "atlantis", "--off", "2026-11-25"), "no district"),
        ((*EAST, "--off", "2026-11-31"), "is no day"),
        ((*EAST, "--off", "2026-11-26..2026-11-25"), "before the first"),
        ((*EAST, "--off", "2026-11-25", "--work", "2026-11-24..2026-11-26"), "named twice"),
        ((*EAST, "--hours", "sunday=9-12"), "write a day of"),
        ((*EAST, "--hours", "sun=22:00-02:00"), "midnight"),
        ((*EAST, "--off", "2027-02-01..2027-02-28"), "2027-02"),
        (EAST, "Nothing would change"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_changed(banshi: Run, look: Any, options: tuple[str, ...], says: str) -> None:
    for command in (("preview",), ("set", "--reason", "A test")):
        said = banshi("calendar", *command, *options)
        assert said.exit_code == 1
        assert says in str(said.exception)
    assert look(select(calendar_version).where(calendar_version.c.district_id.is_not(None))) == []
