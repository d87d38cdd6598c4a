"""What the documents say to plugin authors is true: every hook has its page with its real signature, and every example runs."""

from __future__ import annotations

import importlib
import inspect
import re
import sys
import types
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import tutorial

from banshi import hookspecs, plugins
from banshi.plugins import load
from banshi.testing import fixtures
from banshi.testing.checking import declaring, living, reading

DOCS = tutorial.DOCS / "plugins"
HOOKS = {name: function for name, function in vars(hookspecs).items() if name.startswith("banshi_")}
SECTIONS = ["When it is called", "What it returns", "Example", "Pitfalls"]


def examples(document: Path) -> list[str]:
    return [body for language, body in tutorial.BLOCK.findall(document.read_text(encoding="utf8")) if language == "python"]


def test_every_hook_has_a_page_and_every_page_a_hook() -> None:
    assert {p.stem for p in (DOCS / "hooks").glob("*.md")} == set(HOOKS)
    index = (DOCS / "README.md").read_text(encoding="utf8")
    assert set(re.findall(r"\(hooks/(\w+)\.md\)", index)) == set(HOOKS)


@pytest.mark.parametrize("hook", sorted(HOOKS))
def test_a_hooks_page_has_its_signature_its_moment_and_an_example_that_returns_what_it_says(hook: str) -> None:
    said = (DOCS / "hooks" / f"{hook}.md").read_text(encoding="utf8")
    assert said.startswith(f"# {hook}\n")
    assert f"```text\n{hook}() -> {inspect.signature(HOOKS[hook]).return_annotation}\n```" in said
    assert re.findall(r"^## (.*)$", said, re.MULTILINE) == SECTIONS
    assert inspect.getdoc(HOOKS[hook]) in said
    example, *more = examples(DOCS / "hooks" / f"{hook}.md")
    module = types.ModuleType(f"example_{hook}")
    sys.modules[module.__name__] = module  # where msgspec looks for what an annotation names
    exec(compile(example, hook, "exec"), module.__dict__)
    returned = getattr(module, hook)()
    kind = plugins._KINDS[plugins.HOOKS[hook]]
    assert returned
    assert all(isinstance(one, kind) for one in returned)
    assert f"list[{kind.__name__}]" in said
    for body in more:
        exec(compile(body, hook, "exec"), module.__dict__)


def wishes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The first plugin of the index, as an entry point."""
    tutorial.write(folder, list(tutorial.files((DOCS / "README.md").read_text(encoding="utf8"))))
    (folder / "banshi_wishes" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(folder))
    return SimpleNamespace(name="wishes", value="banshi_wishes.plugin", load=lambda: importlib.import_module("banshi_wishes.plugin"))


def test_the_first_plugin_has_twenty_lines_loads_and_declares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = load([wishes(tmp_path, monkeypatch)], strict=True)
    assert registry.case_type("wishes.wish").states[0].name == "new"
    assert registry.service("wishes", "wish").pages[0].fields == ("what",)
    lines = (tmp_path / "banshi_wishes" / "plugin.py").read_text(encoding="utf8").splitlines()
    assert len([line for line in lines if line]) <= 20


@pytest.mark.parametrize("document", sorted(p.name for p in DOCS.glob("*.md") if p.name != "tutorial.md"))
def test_every_other_example_runs(document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wishes(tmp_path, monkeypatch)
    for body in examples(DOCS / document):
        if not body.startswith("# "):  # a file of the first plugin: it is written above, and loaded
            exec(compile(body, document, "exec"), {"__name__": "example"})


def test_the_page_on_testing_lists_every_fixture_and_every_check() -> None:
    said = (DOCS / "testing.md").read_text(encoding="utf8")
    below = {"server_url", "template", "database_url", "worker_id"}  # what the others stand on
    source = Path(fixtures.__file__).read_text(encoding="utf8")
    offered = set(re.findall(r"^@pytest.*\n(?:async )?def ([a-z]\w+)\(", source, re.MULTILINE)) - below
    first_column = re.findall(r"^\| (`[^|]*`) \|", said[: said.index("The small town")], re.MULTILINE)
    assert {name for cell in first_column for name in re.findall(r"`(\w+)`", cell)} == offered
    checks = set(re.findall(r"^\| `(\w+)` \|", said[said.index("## check_plugin") :], re.MULTILINE))
    assert checks == {*reading.CHECKS, *declaring.CHECKS, *living.CHECKS, "loads"}


def test_what_the_documents_call_reserved_and_bound_is_so() -> None:
    said = (DOCS / "compatibility.md").read_text(encoding="utf8")
    assert plugins.kernel_version().startswith("0.1.")
    assert 'dependencies = ["banshi>=0.1,<0.2"]' in said
