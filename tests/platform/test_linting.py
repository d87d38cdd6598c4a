"""An unknown plugin is looked at before a district meets it; each fault is told with its file and line."""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from banshi import cli
from banshi.cli import linting
from banshi.errors import PluginError

GOOD = {
    "pyproject.toml": """
        [project]
        name = "banshi-stray"
        version = "1"
        [project.entry-points.banshi]
        stray = "banshi_stray.plugin"
    """,
    "banshi_stray/__init__.py": "",
    "banshi_stray/plugin.py": """
        from banshi import Permission, Role, Routes, hookimpl, translator

        _ = translator("banshi_stray")

        @hookimpl
        def banshi_routes():
            from banshi_stray.views import Front
            return [Routes(controllers=(Front,))]

        @hookimpl
        def banshi_roles():
            return [Role(name="clerk", title=_("Clerk"), permissions=(Permission("stray.read", _("Read")),))]
    """,
    "banshi_stray/models.py": """
        from sqlalchemy import BigInteger, Column, ForeignKey, Table
        from banshi import case_table, owner_metadata

        stray = Table("stray", owner_metadata("stray"), Column("id", BigInteger, primary_key=True), Column("case", ForeignKey(case_table.c.id)))
    """,
    "banshi_stray/views.py": """
        from litestar import Controller, get

        class Front(Controller):
            path = "/"

            @get("/", opt={"permission": "stray.read"})
            async def front(self) -> str:
                return "front"
    """,
    "banshi_stray/migrations/versions/stray_0001_first.py": """
        import sqlalchemy as sa
        from alembic import op

        revision = "stray_0001"

        def upgrade():
            op.create_table("stray", sa.Column("id", sa.BigInteger()), sa.ForeignKeyConstraint(["case"], ["kernel.case.id"]), schema="stray")
            op.execute("create index on stray.stray (id)")

        def downgrade():
            op.drop_table("stray", schema="stray")
    """,
    "banshi_stray/templates/stray/front.html": "{% extends 'base.html' %}",
    "banshi_stray/tests/test_front.py": "from banshi.testing import check_plugin\n",
}


@pytest.fixture
def look(tmp_path: Path) -> Any:
    """A function that writes a plugin, whole but for what is given, and gives what is told of it, without the folder."""

    def lint(**files: str) -> list[str]:
        for name, body in (GOOD | files).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(body).lstrip("\n"), encoding="utf8")
        (suspect,) = linting.suspects(str(tmp_path))
        return [f"{f.where.removeprefix(f'{tmp_path}/banshi_stray/')} {f.level} {f.what}" for f in linting.check(suspect)]

    return lint


def test_nothing_is_said_of_a_plugin_that_is_in_order(look: Any) -> None:
    assert look() == []


STATIC = {
    "a private room of the kernel": ("helpers.py", "from banshi.db import Database", "helpers.py:1 error banshi.db is a private room"),
    "the whole kernel": ("helpers.py", "import banshi.cases.tables", "helpers.py:1 error banshi.cases.tables is a private room"),
    "by its name as a string": (
        "helpers.py",
        "from importlib import import_module\nimport_module('banshi.db')",
        "helpers.py:2 error banshi.db is a private room",
    ),
    "what the door has not": ("helpers.py", "from banshi import Database", "helpers.py:1 error banshi's door has no 'Database'"),
    "what is for tests": ("helpers.py", "from banshi.testing import Town", "helpers.py:1 error banshi.testing is for tests"),
    "another plugin": ("helpers.py", "import banshi_tickets.cases", "helpers.py:1 error banshi_tickets is another plugin's package"),
    "out of its package": ("helpers.py", "from .. import other", "helpers.py:1 error this import leads out of the plugin's package"),
    "no Python": ("helpers.py", "def x(:", "helpers.py:1 error it is no Python"),
    "a connection at import": (
        "helpers.py",
        "from sqlalchemy import create_engine\nENGINE = create_engine('x')",
        "helpers.py:2 error sqlalchemy.create_engine works while the file is imported",
    ),
    "a hook that is none": (
        "plugin.py",
        "from banshi import hookimpl\n\n@hookimpl\ndef banshi_rutes():\n    return []",
        "plugin.py:4 error there is no hook banshi_rutes",
    ),
    "a hook that is not marked": ("plugin.py", "def banshi_routes():\n    return []", "plugin.py:1 error banshi_routes lacks @hookimpl"),
    "a migration elsewhere": (
        "migrations/versions/b.py",
        "from alembic import op\ndef upgrade():\n    op.drop_table('case', schema='kernel')",
        "b.py:3 error alembic.op.drop_table works in the schema 'kernel'",
    ),
    "a migration nowhere": (
        "migrations/versions/b.py",
        "from alembic import op\ndef upgrade():\n    op.create_table('thing')",
        "b.py:3 error op.create_table names no schema",
    ),
    "a statement elsewhere": (
        "migrations/versions/b.py",
        "from alembic import op\ndef upgrade():\n    op.execute('alter table kernel.\"case\" add column x text')",
        "b.py:3 error this statement changes something in the schema 'kernel'",
    ),
    "a table that is not for others": (
        "migrations/versions/b.py",
        "import sqlalchemy as sa\ndef upgrade():\n    sa.ForeignKeyConstraint(['x'], ['kernel.session.digest'])",
        "b.py:3 error kernel.session is not for others",
    ),
    "a template elsewhere": ("templates/base.html", "x", "templates/base.html:1 error templates lie in templates/stray/"),
    "a template that escapes": (
        "templates/stray/x.html",
        "line\n{% include '../../plugin.py' %}",
        "templates/stray/x.html:2 error '../../plugin.py' leads out",
    ),
}


@pytest.mark.parametrize("name", STATIC)
def test_what_files_tell_without_being_run(look: Any, name: str) -> None:
    file, body, told = STATIC[name]
    found = look(**{f"banshi_stray/{file}": body})
    assert any(told in line for line in found), found


def test_a_link_out_of_the_folder_is_told(look: Any, tmp_path: Path) -> None:
    look()
    (tmp_path / "banshi_stray" / "templates" / "stray" / "passwd.html").symlink_to("/etc/passwd")
    assert look()[0].startswith("templates/stray/passwd.html:1 error this link leads out")


def test_what_blocks_is_a_warning_and_keeps_nobody_from_loading_it(look: Any) -> None:
    views = GOOD["banshi_stray/views.py"].replace('return "front"', 'time.sleep(1)\n                return str(run(["ls"]))')
    found = look(**{"banshi_stray/views.py": "import time\nfrom subprocess import run\n" + textwrap.dedent(views)})
    assert [line.partition(":")[0] + line[line.index(" ") : line.index(" in ")] for line in found] == [
        "views.py warning time.sleep",
        "views.py warning subprocess.run",
    ]


LOADED = {
    "a route without a permission": (
        "views.py",
        GOOD["banshi_stray/views.py"].replace('opt={"permission": "stray.read"}', "sync_to_thread=None"),
        "views.py:6 error stray: Front.front names no permission",
    ),
    "a table in someone else's schema": (
        "models.py",
        "from sqlalchemy import BigInteger, Column, MetaData, Table\n\nm = MetaData(schema='kernel')\nTable(\n    'stray',\n    m,\n)",
        "models.py:5 error table kernel.stray does not lie in the schema 'stray'",
    ),
    "a program that is started at import": (
        "models.py",
        "import os\n\ngo = os.system\ngo('true')",
        "models.py:4 error starts a program while it is imported",
    ),
    "an end of the process": ("models.py", "import os\n\nos._exit(3)", "__init__.py:1 error loading it ended the process: status 3"),
    "an error": ("models.py", "nothing", "models.py:1 error name 'nothing' is not defined"),
}


@pytest.mark.parametrize("name", LOADED)
def test_what_loading_tells(look: Any, name: str) -> None:
    file, body, told = LOADED[name]
    found = look(**{f"banshi_stray/{file}": body})
    assert any(line.startswith(told) for line in found), found


def test_the_command_says_each_fault_and_ends_with_status_1(look: Any, tmp_path: Path) -> None:
    look(**{"banshi_stray/helpers.py": "from banshi.db import Database"})
    said = CliRunner().invoke(cli.banshi, ["plugins", "--check", str(tmp_path)])
    assert said.exit_code == 1
    assert "banshi_stray/helpers.py:1: error: banshi.db is a private room of the kernel" in said.output
    assert said.output.splitlines()[-1] == "stray: 1 errors, 0 warnings"
    as_json = CliRunner().invoke(cli.banshi, ["plugins", "--check", "--json", str(tmp_path)])
    (fact,) = json.loads(as_json.output)
    assert (fact["name"], [f["level"] for f in fact["findings"]]) == ("stray", ["error"])


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({}, "has no pyproject.toml"),
        ({"pyproject.toml": "[project"}, "cannot be read"),
        ({"pyproject.toml": "[project]\nname = 'x'"}, "has no .*entry-points"),
        ({"pyproject.toml": "[project.entry-points.banshi]\nx = 'y.plugin'"}, "there is no package 'y'"),
    ],
)
def test_a_folder_that_is_no_plugins_is_refused_in_words(tmp_path: Path, files: dict[str, str], told: str) -> None:
    for name, body in files.items():
        (tmp_path / name).write_text(body, encoding="utf8")
    with pytest.raises(PluginError, match=told):
        linting.suspects(str(tmp_path))
    with pytest.raises(PluginError, match="No plugin 'nothing' is installed"):
        linting.suspects("nothing")


def test_the_plugins_here_are_in_order() -> None:
    assert {s.name: linting.check(s) for s in linting.suspects("")} == {s.name: [] for s in linting.suspects("")}
