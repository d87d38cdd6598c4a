"""What the files of a plugin say, without a database."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from banshi.testing.checking import words
from banshi.testing.checking.subject import Subject

HEAVY = frozenset(
    {"sqlalchemy", "litestar", "jinja2", "alembic", "asyncpg", "psycopg", "httpx", "requests", "aiohttp", "lxml", "PIL", "numpy", "pandas"}
    | {"matplotlib", "typst", "pyhanko", "reportlab", "docx", "openpyxl", "xlsxwriter", "cryptography"}
)
"""What costs every command and every worker its start when a table of contents brings it along."""
INLINE = {
    r"<style\b": "a style sheet inside the page",
    r"\sstyle\s*=": "an inline style",
    r"<script\b(?![^>]*\bsrc\s*=)": "a script inside the page",
    r"\son[a-z]+\s*=\s*[\"']": "an inline event handler",
}


def imports(subject: Subject) -> Iterator[str]:
    """Tell what is imported from behind the door, and from other plugins."""
    import banshi
    from banshi import plugins

    others = {e.module.partition(".")[0] for e in plugins.installed()} - {subject.package.partition(".")[0]}
    for path, tree in subject.sources:
        for node in ast.walk(tree):
            for module, names in _imported(node):
                where = subject.said(path, getattr(node, "lineno", 0))
                if module == "banshi":
                    for name in sorted(set(names) - set(banshi.__all__)):
                        yield f"{where} takes {name!r} from banshi, which is not at its door: import only the names that `banshi.__all__` lists"
                elif module.startswith("banshi."):
                    yield f"{where} imports {module}, which is private: import what you need from `banshi` itself"
                elif module.partition(".")[0] in others:
                    yield f"{where} imports {module}, which is another plugin: plugins meet in the kernel's record, not in each other's code"


def _imported(node: ast.AST) -> Iterator[tuple[str, list[str]]]:
    if isinstance(node, ast.Import):
        yield from ((a.name, []) for a in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield node.module or "", [a.name for a in node.names]
    elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str):
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in {"import_module", "__import__"}:
            yield node.args[0].value, []


def weight(subject: Subject) -> Iterator[str]:
    """Tell what heavy modules come with the table of contents: looked at in a fresh interpreter."""
    code = f"import sys; import {subject.entry.module}; print(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    environ = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run([sys.executable, "-c", code], env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        yield f"`import {subject.entry.module}` fails by itself: {done.stderr.strip().splitlines()[-1]}"
    elif brought := sorted(HEAVY & set(done.stdout.split())):
        yield (
            f"`import {subject.entry.module}` brings {', '.join(brought)} along: import views, models and whatever needs them inside the hook or the "
            f"function that does"
        )


def templates(subject: Subject) -> Iterator[str]:
    """Tell of templates outside the plugin's own folder, of those that cannot be read, and of what the content security policy forbids."""
    from jinja2 import TemplateError, meta

    from banshi.web import templating

    root = subject.folder / "templates"
    env = templating.environment({subject.name: subject.package}, subject.name, "en")
    for path in subject.templates:
        where, parts = subject.said(path), path.relative_to(root).parts
        if not path.resolve().is_relative_to(root.resolve()):
            yield f"{where} leads out of the folder: put the file itself there"
            continue
        if parts[0] != subject.name or len(parts) < 2:
            yield f"{where} does not lie in templates/{subject.name}/, where the kernel looks: move it there"
            continue
        if path.suffix != ".html":
            continue
        source = path.read_text(encoding="utf8")
        try:
            tree = env.parse(source)
            env.get_template("/".join(parts))
        except TemplateError as error:
            yield f"{where}:{getattr(error, 'lineno', 0)} is no template: {error}"
            continue
        for name in meta.find_referenced_templates(tree):
            if name is not None and not _known(env, name):
                yield f"{where} builds on {name!r}, which is neither the kernel's nor in templates/{subject.name}/"
        for pattern, what in INLINE.items():
            if found := re.search(pattern, source):
                line = source.count("\n", 0, found.start()) + 1
                yield f"{where}:{line} has {what}, which the content security policy blocks: use the kernel's classes and parts"


def _known(env: Any, name: str) -> bool:
    from jinja2 import TemplateNotFound

    try:
        env.get_template(name)
    except TemplateNotFound:
        return False
    return True


def texts(subject: Subject) -> Iterator[str]:
    """Tell which marked texts have no Chinese, which translations nobody uses, and which source texts are not English."""
    yield from words.faults(subject.package, subject.folder)


CHECKS: Mapping[str, Callable[[Subject], Iterable[str]]] = {"imports": imports, "weight": weight, "templates": templates, "texts": texts}
