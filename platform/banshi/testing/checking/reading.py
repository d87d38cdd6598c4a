"""What the files of a plugin say, without a database."""

from __future__ import annotations

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


def source(subject: Subject) -> Iterator[str]:
    """Tell what `banshi plugins --check` calls an error in the files."""
    from banshi.cli import linting

    suspect = linting.Suspect(name=subject.name, package=subject.package, folder=subject.folder, module=subject.entry.value)
    yield from (f"{found.where} {found.what}" for found in linting.read(suspect) if found.level == "error")


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
    """Tell of templates that cannot be read, and of what the content security policy forbids."""
    from jinja2 import TemplateError, meta

    from banshi.web import templating

    root = subject.folder / "templates"
    env = templating.environment({subject.name: subject.package}, subject.name, "en")
    for path in subject.templates:
        where, parts = subject.said(path), path.relative_to(root).parts
        if path.suffix != ".html" or parts[0] != subject.name or not path.resolve().is_relative_to(root.resolve()):
            continue  # what lies elsewhere `source` tells
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


CHECKS: Mapping[str, Callable[[Subject], Iterable[str]]] = {"source": source, "weight": weight, "templates": templates, "texts": texts}
