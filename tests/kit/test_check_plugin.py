"""`check_plugin` finds what it is there for: each fault made on purpose in a plugin that keeps its contract, and the words that tell it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest

from banshi.cli.new_plugin import make
from banshi.testing import check_plugin
from banshi.testing.checking import faults_of

Edit = Callable[[Path, Path], None]
Installing = Callable[[str, Edit], None]


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installing:
    """A function that makes a plugin, breaks it, and has it found like an installed one."""

    def install(name: str, edit: Edit) -> None:
        root = make(name, tmp_path)
        package = root / f"banshi_{name}"
        edit(root, package)
        facts = root / f"banshi_{name}-0.1.0.dist-info"
        facts.mkdir()
        (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: banshi-{name}\nVersion: 0.1.0\n", encoding="utf8")
        (facts / "entry_points.txt").write_text(f"[banshi]\n{name} = banshi_{name}.plugin\n", encoding="utf8")
        monkeypatch.syspath_prepend(root)
        importlib.invalidate_caches()

    return install


def put(file: str, before: str, after: str) -> Edit:
    """An edit of a file of the package; ``NAME`` stands for the plugin's name."""

    def edit(_root: Path, package: Path) -> None:
        name = package.name.removeprefix("banshi_")
        path = package / file.replace("NAME", name)
        source, said = path.read_text(encoding="utf8"), before.replace("NAME", name)
        assert said in source, (file, said)
        path.write_text(source.replace(said, after.replace("NAME", name), 1), encoding="utf8")

    return edit


def write(file: str, text: str) -> Edit:
    def edit(root: Path, package: Path) -> None:
        name = package.name.removeprefix("banshi_")
        path = (root if file == "README.md" else package) / file.replace("NAME", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("NAME", name), encoding="utf8")

    return edit


def link_out(_root: Path, package: Path) -> None:
    name = package.name.removeprefix("banshi_")
    (package / "templates" / name / "secret.html").symlink_to("/etc/hostname")


def untranslated(_root: Path, package: Path) -> None:
    po = next(package.rglob("*.po"))
    po.write_text(po.read_text(encoding="utf8").replace('msgstr "待接办"', 'msgstr ""'), encoding="utf8")


OUTSIDE = '    op.execute("create table public.elsewhere (id int)")\n    op.create_table(\n        "notice",'
OPEN_PAGE = """
    @get("/all", opt={"permission": "public"})
    async def all(self, request: Asked) -> Response[Any]:
        async with toolkit.visiting(request) as visit:
            from sqlalchemy import text
            found = (await visit.db.execute(text('select title from kernel."case"'))).scalars()
            return Response("\\n".join(found), media_type="text/plain")

    @get("/", opt"""
BREAKS = '        raise RuntimeError("the table is not there")\n        async with toolkit.visiting(request) as visit:\n            found = await'

BROKEN: dict[str, tuple[str, Edit, str]] = {
    "private": ("source", write("peek.py", "from banshi.web import site\n"), "peek.py:1 banshi.web is a private room of the kernel"),
    "not_at_the_door": ("source", write("peek.py", "from banshi import cases\n"), "banshi's door has no 'cases'"),
    "by_string": ("source", write("peek.py", "import importlib\nimportlib.import_module('banshi.cases')\n"), "peek.py:2 banshi.cases is a private"),
    "foreign": ("source", write("peek.py", "import banshi_tickets.forms\n"), "banshi_tickets is another plugin's package"),
    "heavy": ("weight", put("roles.py", "from banshi import", "import sqlalchemy\nfrom banshi import"), "brings sqlalchemy along: import views"),
    "breaks_alone": ("weight", put("roles.py", "from banshi import", "import nothing_there\nfrom banshi import"), "No module named 'nothing_there'"),
    "elsewhere": ("source", write("templates/other.html", "x"), "other.html:1 templates lie in templates/elsewhere/"),
    "links_out": ("source", link_out, "secret.html:1 this link leads out of the plugin's folder"),
    "no_template": ("templates", write("templates/NAME/notices.html", "{% if %}"), "notices.html:1 is no template"),
    "builds_on": ("templates", write("templates/NAME/notices.html", '{% extends "desk/nothing.html" %}'), "'desk/nothing.html', which is neither"),
    "inline": ("templates", write("templates/NAME/notices.html", '\n<p style="color: red">x</p>'), "notices.html:2 has an inline style"),
    "scripted": ("templates", write("templates/NAME/notices.html", "<script>alert(1)</script>"), "a script inside the page"),
    "no_chinese": ("texts", untranslated, "no Chinese for 'Nobody has it yet'"),
    "not_english": ("texts", put("roles.py", '"Office"', '"办公室"'), "the source text '办公室' is not English"),
    "put_together": ("spoken", put("roles.py", '_("Office")', '_("Off" + "ice!")'), "'Office!' (domain banshi_put_together) has no Chinese"),
    "other_domain": (
        "spoken",
        put("rules.py", 'translator("banshi_NAME")', 'translator("banshi")'),
        "mark it with `_ = translator('banshi_other_domain')`",
    ),
    "no_readme": ("readme", write("README.md", ""), "there is no README.md beside pyproject.toml"),
    "unlisted": ("readme", write("README.md", "A plugin: `unlisted.work`."), "does not name the permission unlisted.publish"),
    "unlisted_setting": (
        "readme",
        put(
            "plugin.py",
            "@hookimpl\n",
            "import msgspec\nfrom banshi import PluginSettings\n\n\nclass Told(msgspec.Struct):\n    most: int = 3\n\n\n@hookimpl\n"
            "def banshi_settings() -> list[PluginSettings]:\n    return [PluginSettings(form=Told)]\n\n\n@hookimpl\n",
        ),
        "does not name the setting BANSHI_UNLISTED_SETTING_MOST",
    ),
    "raises": (
        "measures",
        put("measures.py", "    last =", "    raise KeyError('x')\n    last ="),
        "on_time raises KeyError ('x') for a case in the state 'new'",
    ),
    "shape": ("measures", put("measures.py", "return Due(last)", "return 0.5"), "on_time is of kind 'rate' and gives 0.5: return 1 or 0"),
    "number": ("measures", put("measures.py", "return Due(last)", "return 7"), "on_time is a rate and gives 7"),
    "impure": (
        "measures",
        put("measures.py", "return Due(last)", "import random; return random.random()"),
        "for the same case: it must be a pure function",
    ),
    "other_demo": ("demo", put("demo.py", "rng.choice(QUESTIONS)", "(__import__('uuid').uuid4().hex, '')"), "gives other cases the second time"),
    "wrong_demo": ("demo", put("demo.py", '{"what": question}', '{"wat": question}'), "that its form refuses: wat"),
    "wrong_step": ("demo", put("demo.py", '"take"', '"grab"'), "takes the steps grab, which are no actions"),
    "no_hook": ("loads", put("plugin.py", "def banshi_roles", "def banshi_rolls"), "unknown hook banshi_rolls"),
    "no_permission": ("loads", put("views.py", 'opt={"permission": "public"}', "opt={}"), "Notices.show names no permission"),
    "unheld": ("loads", put("views.py", "NAME.publish", "NAME.shout"), "asks for 'unheld.shout', which no role holds"),
    "schema": ("loads", put("models.py", 'owner_metadata("NAME")', 'owner_metadata("kernel2")'), "does not lie in the schema 'schema'"),
    "writes_outside": (
        "migrations",
        put("migrations/versions/NAME_0001.py", '    op.create_table(\n        "notice",', OUTSIDE),
        "public.elsewhere, in somebody else's schema",
    ),
    "stays": (
        "migrations",
        put("migrations/versions/NAME_0001.py", 'op.drop_table("notice", schema="NAME")', "pass"),
        "down: stays.notice is still there",
    ),
    "cannot_go_back": ("migrations", put("migrations/versions/NAME_0001.py", 'drop_table("notice"', 'drop_table("notes"'), "down: ProgrammingError"),
    "differs": (
        "migrations",
        put("models.py", 'Column("text", Text, nullable=False)', 'Column("text", Text)'),
        "models.py and the migrations differ",
    ),
    "no_migration": ("migrations", lambda _root, package: (package / "migrations").rename(package / "old"), "there are no migrations/versions"),
    "falls": (
        "routes",
        put("views.py", "        async with toolkit.visiting(request) as visit:\n            found = await", BREAKS),
        "falls breaks (500) in an empty town",
    ),
    "leaks": ("leaks", put("views.py", '\n    @get("/", opt', OPEN_PAGE), "shows in north what was filed in east"),
    "cannot_be_filed": (
        "leaks",
        put("cases.py", "min_length=1, max_length=2000", "pattern='^[0-9]{3}$'"),
        "cannot be filed with made-up answers",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_promise_is_told_with_its_place_and_the_mend(name: str, installed: Installing) -> None:
    check, edit, said = BROKEN[name]
    installed(name, edit)
    faults = faults_of(name, only=[check])
    assert any(fault.startswith(f"{check}: ") and said in fault for fault in faults), faults
    with pytest.raises(AssertionError, match="breaks its contract"):
        check_plugin(name, only=[check])


def test_answers_are_given_where_none_can_be_made_up(installed: Installing) -> None:
    installed("coded", put("cases.py", "min_length=1, max_length=2000", "pattern='^[0-9]{3}$'"))
    check_plugin("coded", only=["leaks"], answers={"request": {"what": "123"}})


def test_a_plugin_that_is_not_installed_is_told_with_those_that_are() -> None:
    with pytest.raises(AssertionError, match=r"no plugin is called 'nowhere'; installed are: .*tickets"):
        check_plugin("nowhere")
