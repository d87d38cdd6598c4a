"""What an operator types: each command does its work, says so in a line, and tells a fault from a wrong use by its status."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio
from browsing import Person
from click.testing import CliRunner
from litestar.testing import AsyncTestClient
from sqlalchemy import make_url, select, text

from banshi import cli
from banshi.cases import acting, numbers, opening
from banshi.cases.acting import Act
from banshi.db import Database
from banshi.errors import BanshiError
from banshi.identity import organisation
from banshi.identity.tables import account, department, post
from banshi.plugins import Registry
from banshi.privacy import Keyring
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, Clock, Town, ground

CASES = "/api/v1/cases"


class Said(NamedTuple):
    """How a command ended."""

    status: int
    out: str
    err: str


@pytest.fixture
def banshi(fresh_url: str, tmp_path: Path) -> Any:
    """A function that runs a command against a database of this test alone."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("BANSHI_")}

    async def run(*arguments: str | Path, **settings: str) -> Said:
        told = {"BANSHI_DATABASE_URL": fresh_url, "BANSHI_SECRET_KEY": SECRET} | settings
        line = [sys.executable, "-m", "banshi", *map(str, arguments)]
        process = await asyncio.create_subprocess_exec(*line, cwd=tmp_path, env=environ | told, stdin=DEVNULL, stdout=PIPE, stderr=PIPE)
        out, err = await process.communicate()
        return Said(process.returncode or 0, out.decode(), err.decode())

    return run


@pytest_asyncio.fixture(loop_scope="session")
async def city(fresh_url: str) -> AsyncIterator[Database]:
    """The same database, seen from the test."""
    database = Database(fresh_url, pool_size=2)
    yield database
    await database.close()


@pytest_asyncio.fixture(loop_scope="session")
async def visitor(fresh_url: str, registry: Registry, clock: Clock) -> AsyncIterator[AsyncTestClient[Any]]:
    """The application before that database."""
    settings = Settings(database_url=fresh_url, secret_key=(SECRET,), secure_cookies=False)
    async with ground.serving(settings, registry, clock) as caller:
        yield caller


async def file_some(city: Database, town: Town, wanted: Any) -> list[str]:
    """Three requests in the East, two in the North; the first was signed for, the second came by telephone."""
    many = [wanted(text=f"Lamp {i}.", contact_name="张小芳") for i in range(2)]
    many += [wanted(category="noise", channel="telephone")]
    many += [wanted(district="north", area="", category="noise") for _ in range(2)]
    async with city.transaction() as db:
        opened = [o.number for o in await opening.open_many(db, town.house, town.residents["resident0"], many, MOMENT)]
        await acting.act_one(db, town.house, town.staff["10001"], Act(number=opened[0], action="sign"), MOMENT)
    return opened


# -- who may come in ---------------------------------------------------------------------------------------------------------


async def test_a_person_who_was_added_signs_in_and_a_token_that_was_made_opens_cases(banshi: Any, visitor: AsyncTestClient[Any]) -> None:
    post_of = ("--department", "lighting", "--number", "10777", "--role", "tickets.clerk")
    said = await banshi("user", "add", "hua", "--name", "花", "--password", "a long password", *post_of)
    assert said == (0, "hua can sign in.\n", "")
    page = await Person(visitor).sign_in("hua", "a long password")
    assert (page.status, page.response.url.path) == (200, "/desk")
    assert "10777" in page.text
    made = await banshi("token", "add", "the kiosk", "--number", "10777", "--scope", "tickets.read")
    assert (made.status, made.err) == (0, "")
    headers = {"authorization": f"Bearer {made.out.strip()}"}
    filing = {"type": "tickets.request", "district": "ruan", "data": {"kind": "complaint", "category": "noise", "text": "x"}}
    assert (await visitor.post(CASES, json=filing, headers=headers)).status_code == 201
    assert (await banshi("token", "revoke", "the kiosk")).out == "1 revoked.\n"
    assert (await visitor.get(CASES, headers=headers)).status_code == 401


async def test_what_cannot_be_added_is_said_in_a_sentence(banshi: Any, city: Database) -> None:
    hua = ("user", "add", "hua", "--name", "花", "--password")
    short, unknown, nobody, scope = await asyncio.gather(
        banshi(*hua, "short"),
        banshi(*hua, "long enough", "--department", "lighting", "--number", "1", "--role", "tickets.king"),
        banshi("token", "add", "kiosk", "--number", "99999", "--scope", "tickets.read"),
        banshi("token", "add", "kiosk", "--number", "10001", "--scope", "tickets.dance"),
    )
    assert (scope.status, "no permission tickets.dance" in scope.err, "tickets.read" in scope.err) == (1, True, True)
    assert short == (1, "", "banshi: A password needs 8 characters or more\n")
    assert (unknown.status, "'tickets.king'" in unknown.err) == (1, True)
    assert (nobody.status, "no post with the staff number 99999" in nobody.err) == (1, True)
    async with city.transaction() as db:
        assert (await db.execute(select(account).where(account.c.login == "hua"))).all() == []


# -- the organisation ---------------------------------------------------------------------------------------------------------

MORE = """
[[department]]
code = "east-parks"
district = "east"
title = { en = "East Parks" }
superior_by_trade = "city-works"
duties = [{ case_type = "tickets.request", category = "greenery", area = "elm", text = { en = "Trees" } }]

[[staff]]
number = "10501"
department = "east-parks"
roles = ["tickets.clerk"]
name = "花"
login = "hua"

[[staff]]
number = "10502"
department = "east-parks"
roles = ["tickets.clerk"]
name = "陈一"
login = "chen"
"""


async def test_an_organisation_is_loaded_and_again_without_harm(banshi: Any, city: Database, tmp_path: Path, visitor: AsyncTestClient[Any]) -> None:
    file = tmp_path / "more.toml"
    file.write_text(MORE, encoding="utf8")

    async def everything() -> list[Any]:
        async with city.transaction() as db:
            return [(await db.execute(select(t).order_by(t.c.code if t is department else t.c.staff_number))).all() for t in (department, post)]

    first = await banshi("organisation", "load", file)
    assert first.status == 0, first.err
    line, password = first.out.splitlines()
    assert line == "0 districts, 1 departments, 2 staff."
    assert password.startswith("first password of hua: ")
    before = await everything()
    assert await banshi("organisation", "load", file) == (0, line + "\n", "")
    assert await everything() == before
    page = await Person(visitor).sign_in("hua", password.rpartition(" ")[2])
    assert "East Parks" in page.text
    visitor.cookies.clear()
    page = await Person(visitor).sign_in("chen")  # had an account: a second post does not change the password
    assert page.response.url.path == "/desk/post"
    assert "East Parks · 10502" in page.text


@pytest.mark.parametrize(
    ("replaced", "by", "said"),
    [
        ('district = "east"', 'district = "atlantis"', "'atlantis'"),
        ('area = "elm"', 'area = "oak"', "'oak'"),
        ('superior_by_trade = "city-works"', 'superior_by_trade = "moon"', "'moon'"),
        ('roles = ["tickets.clerk"]', 'roles = ["tickets.king"]', "'tickets.king'"),
        ('code = "east-parks"', 'colour = "green"', "colour"),
        ("[[department]]", "[[department", "more.toml"),
    ],
)
async def test_an_organisation_that_does_not_hold_together_is_refused_whole(
    city: Database, keyring: Keyring, tmp_path: Path, replaced: str, by: str, said: str
) -> None:
    file = tmp_path / "more.toml"
    file.write_text(MORE.replace(replaced, by, 1), encoding="utf8")
    with pytest.raises(BanshiError) as refused:
        async with city.transaction() as db:
            await organisation.load(db, keyring, organisation.read(file), MOMENT)
    assert said in str(refused.value)
    async with city.transaction() as db:
        assert (await db.execute(select(department).where(department.c.code == "east-parks"))).all() == []


async def test_a_disabled_account_is_not_opened_again_by_a_file_that_names_it(city: Database, keyring: Keyring, tmp_path: Path) -> None:
    file = tmp_path / "more.toml"
    file.write_text(MORE, encoding="utf8")
    disable = text("update kernel.account set disabled = true where login = 'chen'")
    async with city.transaction() as db:
        await db.execute(disable)
        await organisation.load(db, keyring, organisation.read(file), MOMENT, hashed="nobody's")
        assert (await db.execute(select(account.c.disabled).where(account.c.login == "chen"))).scalar_one()


# -- the record -----------------------------------------------------------------------------------------------------------------


async def test_cases_are_counted_exactly_by_whatever_is_asked(banshi: Any, city: Database, town: Town, wanted: Any) -> None:
    await file_some(city, town, wanted)
    facts = ("district", "state", "department", "category", "type", "outcome", "channel")
    everything, working, plain = await asyncio.gather(
        banshi("case", "count", *(word for by in facts for word in ("--by", by)), "--json"),
        banshi("case", "count", "--by", "state", "--district", "east", "--open", "--json"),
        banshi("case", "count", "--by", "department"),
    )
    rows = json.loads(everything.out)
    counted = {by: sum((Counter({row[by]: row["count"]}) for row in rows), Counter()) for by in facts}
    assert counted == {
        "district": {"east": 3, "north": 2},
        "state": {"new": 4, "working": 1},
        "department": {"lighting": 2, "east-works": 1, "north-works": 2},
        "category": {"street_lighting": 2, "noise": 3},
        "type": {"tickets.request": 5},
        "outcome": {None: 5},
        "channel": {"telephone": 1, "web": 4},
    }
    assert [r["count"] for r in rows if (r["district"], r["state"], r["category"]) == ("east", "new", "street_lighting")] == [1]
    assert {r["state"]: r["count"] for r in json.loads(working.out)} == {"new": 2, "working": 1}
    assert sorted(line.split() for line in plain.out.splitlines()) == [["east-works", "1"], ["lighting", "2"], ["north-works", "2"]]


async def test_a_case_is_shown_with_its_story_and_without_what_is_sealed(banshi: Any, city: Database, town: Town, wanted: Any) -> None:
    number = numbers.show((await file_some(city, town, wanted))[0])
    shown, facts, unknown = await asyncio.gather(
        banshi("case", "show", number),
        banshi("case", "show", number.replace("-", " "), "--json"),
        banshi("case", "show", numbers.draw()),
    )
    assert (shown.status, shown.err) == (0, "")
    assert number in shown.out
    assert "lighting" in shown.out
    assert "10001" in shown.out
    told = json.loads(facts.out)
    assert (told["number"], told["state"], told["department"], told["revision"]) == (number, "working", "lighting", 2)
    assert [(e["kind"], e["staff_number"]) for e in told["events"]] == [("opened", None), ("sign", "10001")]
    for said in (shown.out, facts.out):
        assert "张小芳" not in said
        assert "sealed:" not in said
    assert (unknown.status, unknown.out) == (1, "")
    assert unknown.err.startswith("banshi: There is no case")


async def test_verifying_ends_with_0_while_the_record_is_whole_and_with_1_when_somebody_touched_it(
    banshi: Any, city: Database, town: Town, wanted: Any
) -> None:
    number = (await file_some(city, town, wanted))[0]
    assert await banshi("audit", "verify") == (0, "The record is whole.\n", "")
    async with city.transaction() as db:
        await db.execute(
            text("""update kernel.case_event set at = at - interval '1 day'
                    where sequence = 2 and case_id = (select id from kernel."case" where number = :n)"""),
            {"n": number},
        )
    touched = await banshi("audit", "verify", "--json")
    assert touched.status == 1
    told = json.loads(touched.out)
    assert told["whole"] is False
    (fault,) = told["faults"]
    assert numbers.show(number) in fault
    assert "does not fit" in fault


# -- declarations, settings, wrong use ---------------------------------------------------------------------------------------------


async def test_the_plugins_are_listed_with_their_health(banshi: Any) -> None:
    facts = await banshi("plugins", "--json", "--check")
    assert (facts.status, facts.err) == (0, "")
    (tickets,) = [p for p in json.loads(facts.out) if p["name"] == "tickets"]
    assert tickets["health"] == "ok"
    assert "tickets.request" in [t["name"] for t in tickets["declares"]["case_types"]]


def test_a_misspelt_setting_is_told_whatever_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BANSHI_DATABSE_URL", "postgresql://elsewhere/banshi")
    said = CliRunner().invoke(cli.banshi, ["plugins"])
    assert said.exit_code == 1
    assert "BANSHI_DATABSE_URL" in str(said.exception) + said.output


WRONG_USE = (
    ("dance",),
    ("case", "count"),
    ("case", "count", "--by", "colour"),
    ("case", "show"),
    ("user", "add", "hua"),
    ("user", "add", "hua", "--name", "花", "--password", "long enough", "--department", "lighting"),
    ("token", "add", "kiosk"),
    ("import", "tickets", "nowhere.csv", "--mapping", "nowhere.toml"),
    ("plugins", "--colour"),
)


@pytest.mark.parametrize("line", WRONG_USE, ids=" ".join)
def test_wrong_use_ends_with_2_and_says_how_it_is_used(line: tuple[str, ...]) -> None:
    said = CliRunner().invoke(cli.banshi, line)
    assert (said.exit_code, said.stdout) == (2, "")
    assert "Usage:" in said.stderr


async def test_wrong_use_is_told_without_a_trace(banshi: Any) -> None:
    said = await banshi("case", "count", "--by", "colour")
    assert (said.status, said.out) == (2, "")
    assert "'colour' is not one of 'state'" in said.err
    assert "Traceback" not in said.err


async def test_a_fault_of_the_settings_is_a_sentence_on_standard_error(banshi: Any, fresh_url: str, empty_url: str) -> None:
    count = ("case", "count", "--by", "state")
    elsewhere = make_url(fresh_url).set(database="nowhere_at_all").render_as_string(hide_password=False)
    faults = {
        "BANSHI_COLOUR is not a setting of banshi. The settings are: BANSHI_API_RATE, BANSHI_CLAMD, BANSHI_DATA, BANSHI_DATABASE_URL": {
            "BANSHI_COLOUR": "red"
        },
        "PostgreSQL does not answer": {"BANSHI_DATABASE_URL": "postgresql://nobody:hidden@127.0.0.1:1/nothing"},
        "no address of a database": {"BANSHI_DATABASE_URL": "hidden"},
        "no database of that name": {"BANSHI_DATABASE_URL": elsewhere},
        "run `banshi migrate` first": {"BANSHI_DATABASE_URL": empty_url},
    }
    for (sentence, _settings), said in zip(faults.items(), await asyncio.gather(*(banshi(*count, **s) for s in faults.values())), strict=True):
        assert (said.status, said.out) == (1, ""), sentence
        assert said.err.startswith("banshi: ")
        assert sentence in said.err, said.err
        assert len(said.err.splitlines()) == 1, said.err
        assert "hidden" not in said.err
