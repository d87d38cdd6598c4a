"""What holds everywhere: one source of time, no work at import, a light door, settings that refuse typing mistakes."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest

import banshi
from banshi import cli, contracts, errors, hookspecs, texts
from banshi.errors import SettingsError
from banshi.settings import Settings, from_environment, to_environment

ROOT = Path(__file__).parent.parent.parent
SOURCES = [*(ROOT / "platform").rglob("*.py"), *(ROOT / "plugins").rglob("*.py")]
KEY = "k" * 40


def test_only_the_clock_asks_what_time_it_is() -> None:
    asking = re.compile(
        r"datetime\.(now|utcnow|today)\(|date\.today\(|(?<![.\w])time\.time\(|current_timestamp|clock_timestamp|func\.now\(|select now\(",
        re.IGNORECASE,
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in SOURCES
        if path.relative_to(ROOT) != Path("platform/banshi/clock/__init__.py")
        for number, line in enumerate(path.read_text(encoding="utf8").splitlines(), 1)
        if asking.search(line)
    ]
    assert found == []


def test_the_door_is_light() -> None:
    code = "import sys, banshi; print(any(m.split('.')[0] in ('litestar', 'sqlalchemy') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "False"


def test_the_door_names_what_it_opens_and_says_what_it_has_not() -> None:
    tree = ast.parse(Path(banshi.__file__).read_text(encoding="utf8"))
    promised = {a.asname for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for a in node.names if a.asname == a.name}
    promised |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and n.id.endswith("_table")}
    assert promised == set(banshi.__all__)
    for name in banshi.__all__:
        assert getattr(banshi, name) is not None
    with pytest.raises(AttributeError, match="its door is"):
        _ = banshi.nothing  # type: ignore[attr-defined]


def test_the_rooms_of_the_web_load_by_themselves() -> None:
    for room in ("mounting", "toolkit", "panels", "failures", "portal"):
        subprocess.run([sys.executable, "-c", f"import banshi.web.{room}"], check=True)


def test_every_hook_says_when_it_is_called_and_what_it_returns() -> None:
    for name in dir(hookspecs):
        if name.startswith("banshi_"):
            said = getattr(hookspecs, name).__doc__
            assert said.startswith("Called ")
            assert "returns a list of" in said


def test_importing_the_platform_does_nothing() -> None:
    code = (
        "import socket, sys\n"
        "def refuse(*a, **k): raise SystemExit('a connection at import')\n"
        "socket.socket.connect = refuse\n"
        "import banshi.app, banshi.cli, banshi_tickets.plugin\n"
        "import banshi.plugins\n"
        "print('quiet')"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "quiet"


def test_an_unknown_setting_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"BANSHI_DATABSE_URL is not a setting.*BANSHI_DATABASE_URL"):
        from_environment({"BANSHI_DATABSE_URL": "x"})


@pytest.mark.parametrize(("name", "value"), [("BANSHI_PORT", "http"), ("BANSHI_SECRET_KEY", "short"), ("BANSHI_WORKERS", "-")])
def test_a_malformed_setting_is_an_error(name: str, value: str) -> None:
    with pytest.raises(SettingsError):
        from_environment({name: value})


def test_settings_go_to_children_and_come_back_equal() -> None:
    said = Settings(secret_key=(KEY, "o" * 40), secure_cookies=False, port=8123, data=Path("a folder/数据"))
    assert from_environment(to_environment(said)) == said


def test_without_a_key_nothing_can_be_sealed() -> None:
    with pytest.raises(SettingsError, match="BANSHI_SECRET_KEY is not set"):
        Settings().keys()


def test_the_tree_of_errors_is_the_one_that_is_drawn() -> None:
    drawn = set(re.findall(r"[├└]── (\w+)", errors.__doc__ or ""))
    defined = {n for n, c in vars(errors).items() if isinstance(c, type) and issubclass(c, errors.BanshiError)} - {"BanshiError"}
    assert drawn == defined


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("zh-CN,zh;q=0.9", "zh"),
        ("en-GB,en;q=0.9,zh;q=0.1", "en"),
        ("fr-FR", "zh"),
        ("", "zh"),
        ("en;q=0,zh", "zh"),
        ("xx;q=nonsense,en", "en"),
        (";;;", "zh"),
    ],
)
def test_an_absent_language_falls_back(wanted: str, language: str) -> None:
    assert texts.negotiate(wanted) == language


def test_contracts_are_frozen() -> None:
    structs = [c for c in vars(contracts).values() if isinstance(c, type) and hasattr(c, "__struct_config__") and c.__module__ == "banshi.contracts"]
    assert structs
    assert all(c.__struct_config__.frozen for c in structs)


def test_plugins_are_listed_as_facts_that_do_not_change(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "banshi", "plugins", "--json"]
    one, other = (subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert one == other
    facts = json.loads(one)
    assert [f["name"] for f in facts] == ["approvals", "tickets"]
    assert {f["health"] for f in facts} == {"ok"}
    assert [f["declares"]["case_types"][0]["name"] for f in facts] == ["approvals.application", "tickets.request"]


def test_the_list_of_commands_loads_none_and_says_what_each_says_of_itself() -> None:
    for name, (_module, summary) in cli.COMMANDS.items():
        command = cli.banshi.get_command(click.Context(cli.banshi), name)
        assert command is not None
        assert command.get_short_help_str(200) == summary, name
    code = "import sys; from banshi.cli import banshi; banshi(['--help'], standalone_mode=False); print('sqlalchemy' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.rstrip().endswith("False")
    assert all(f"\n  {name} " in told for name in cli.COMMANDS if name != "simulator")
