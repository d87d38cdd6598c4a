"""What can be told of a plugin before a district meets it: `banshi plugins --check`.

Its files are read without running anything; then, where nothing is wrong so far, it is loaded once in a process of its own that watches what it does.
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib import metadata
from pathlib import Path
from typing import Literal

import msgspec

import banshi
from banshi import plugins
from banshi.errors import PluginError
from banshi.hookspecs import GROUP
from banshi.plugins import HOOKS, PUBLISHED

Level = Literal["error", "warning"]
SLOWEST = 2.0
"""Seconds that loading a plugin may take, what all plugins load set aside."""
PATIENCE = 60.0
TESTS = {"tests", "test"}
BLOCKING = {
    "time.sleep": "await asyncio.sleep(…)",
    "os.system": "await asyncio.create_subprocess_exec(…)",
    "subprocess.run": "await asyncio.create_subprocess_exec(…)",
    "subprocess.call": "await asyncio.create_subprocess_exec(…)",
    "subprocess.check_call": "await asyncio.create_subprocess_exec(…)",
    "subprocess.check_output": "await asyncio.create_subprocess_exec(…)",
    "subprocess.Popen": "await asyncio.create_subprocess_exec(…)",
    "urllib.request.urlopen": "an asynchronous client",
    "socket.create_connection": "await asyncio.open_connection(…)",
    "psycopg.connect": "the transaction that you are handed",
    "sqlite3.connect": "the transaction that you are handed",
    **{f"{client}.{verb}": "an asynchronous client" for client in ("requests", "httpx") for verb in ("get", "post", "put", "delete", "request")},
}
AT_IMPORT = {*BLOCKING, "open", "sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine", "threading.Thread", "asyncio.run"}
CHANGES = re.compile(
    r"\b(?:alter|drop|create|truncate|comment\s+on|insert\s+into|update|delete\s+from|grant|revoke)\b[^;'\"]{0,80}?[\s\"]([a-z_][a-z0-9_]*)\"?\.\"?[a-z_]",
    re.IGNORECASE,
)
TAGS = re.compile(r"{%-?\s*(?:include|extends|import|from)\s+[\"']([^\"']+)[\"']")
IN_SCHEMA = {
    "create_table", "drop_table", "add_column", "drop_column", "alter_column", "create_index", "rename_table", "batch_alter_table", "bulk_insert"
}  # fmt: skip


class Finding(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Something that is wrong with a plugin, at file:line. An error keeps it from being turned on, a warning is for whoever decides."""

    where: str
    level: Level
    what: str


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """A plugin to be looked at: its name, package and folder, the module of its entry point, and what must be on the path to load it."""

    name: str
    package: str
    folder: Path
    module: str
    path: str = ""


def suspects(named: str) -> list[Suspect]:
    """Return the plugins that a name (installed), a folder or nothing (all that are installed) means; PluginError where there is none."""
    if named and (Path(named).is_dir() or "/" in named):
        return _in_folder(Path(named))
    found = [_installed(e) for e in plugins.installed() if e.name == named or not named]
    if named and not found:
        msg = f"No plugin {named!r} is installed, and there is no such folder"
        raise PluginError(msg)
    return [s for s in found if s is not None]


def _installed(entry: metadata.EntryPoint) -> Suspect | None:
    """Return where an installed plugin lies, found without importing it; None where its module is nowhere (that loading tells)."""
    module = entry.value.partition(":")[0]
    package = module.rpartition(".")[0] or module
    for place in map(Path, (*_paths_of(entry), *sys.path)):
        folder = place.joinpath(*package.split("."))
        if folder.is_dir():
            return Suspect(name=entry.name, package=package, folder=folder, module=entry.value)
    return None


def _paths_of(entry: metadata.EntryPoint) -> Iterator[str]:
    """Yield where an editable installation says that its packages lie."""
    for file in (entry.dist.files or ()) if entry.dist is not None else ():
        if file.suffix == ".pth":
            yield from (line for line in Path(str(file.locate())).read_text(encoding="utf8").splitlines() if line and not line.startswith("import"))


def _in_folder(folder: Path) -> list[Suspect]:
    project = folder / "pyproject.toml"
    if not project.is_file():
        msg = f"{folder} has no pyproject.toml: name the folder of a plugin's distribution"
        raise PluginError(msg)
    try:
        said = tomllib.loads(project.read_text(encoding="utf8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{project} cannot be read: {error}"
        raise PluginError(msg) from None
    entries = said.get("project", {}).get("entry-points", {}).get(GROUP, {})
    if not entries:
        msg = f'{project} has no [project.entry-points.{GROUP}]: add NAME = "package.plugin"'
        raise PluginError(msg)
    found = []
    for name, module in entries.items():
        package = module.partition(":")[0].rpartition(".")[0]
        place = next((p for p in (folder, folder / "src") if p.joinpath(*package.split(".")).is_dir()), None)
        if place is None:
            msg = f"{project}: there is no package {package!r} in {folder} or {folder / 'src'}"
            raise PluginError(msg)
        found.append(Suspect(name=name, package=package, folder=place.joinpath(*package.split(".")), module=module, path=str(place.resolve())))
    return found


def check(suspect: Suspect) -> list[Finding]:
    """Return what is wrong with a plugin, in the order of its files; it is loaded where nothing that they say is an error."""
    found = read(suspect)
    if not any(f.level == "error" for f in found):
        found += _loaded(suspect)
    return sorted(set(found), key=_place)


def read(suspect: Suspect) -> list[Finding]:
    """Return what is wrong with the files of a plugin; nothing of it runs."""
    found = [*_files(suspect)]
    for source in sorted(suspect.folder.rglob("*.py")):
        try:
            tree = ast.parse(source.read_bytes(), str(source))
        except (SyntaxError, ValueError) as error:
            found.append(Finding(where=f"{_shown(source)}:{getattr(error, 'lineno', None) or 1}", level="error", what=f"it is no Python: {error}"))
            continue
        found += Reading(suspect, source, tree).findings()
    return sorted(set(found), key=_place)


def _place(found: Finding) -> tuple[str, int, Finding]:
    path, _colon, line = found.where.rpartition(":")
    return path, int(line) if line.isdigit() else 0, found


def _shown(path: Path) -> str:
    return os.path.relpath(path) if path.is_relative_to(Path.cwd()) else str(path)


def _files(suspect: Suspect) -> Iterator[Finding]:
    """Yield what is wrong with where files lie: links that lead out, templates outside ``templates/<name>/`` or that reach out of it."""
    home = suspect.folder.resolve()
    for path in sorted(suspect.folder.rglob("*")):
        if path.is_symlink() and not path.resolve().is_relative_to(home):
            yield Finding(where=f"{_shown(path)}:1", level="error", what="this link leads out of the plugin's folder")
    templates = suspect.folder / "templates"
    own = templates / suspect.name
    for path in sorted(p for p in templates.rglob("*") if p.is_file()):
        if not path.is_relative_to(own):
            yield Finding(where=f"{_shown(path)}:1", level="error", what=f"templates lie in templates/{suspect.name}/: here nothing finds it")
        try:
            lines = path.read_text(encoding="utf8").splitlines()
        except (UnicodeDecodeError, OSError):
            yield Finding(where=f"{_shown(path)}:1", level="error", what="this template is no text in UTF-8")
            continue
        for number, line in enumerate(lines, 1):
            for name in TAGS.findall(line):
                if ".." in name.split("/") or name.startswith("/"):
                    yield Finding(where=f"{_shown(path)}:{number}", level="error", what=f"{name!r} leads out of the folder of templates")


class Reading:
    """One file of a plugin, read and not run."""

    def __init__(self, suspect: Suspect, path: Path, tree: ast.Module) -> None:
        self.suspect, self.path, self.tree = suspect, path, tree
        self._inside = path.relative_to(suspect.folder)
        self._test = bool(TESTS & set(self._inside.parts))
        self._names = dict(_imports(tree))

    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong in the file."""
        yield from self._foreign()
        if self._test:
            return
        yield from self._blocking()
        yield from self._at_import()
        if self._inside.parts[0] == "migrations":
            yield from self._migration()
        elif self.suspect.module.partition(":")[0].rpartition(".")[2] == self.path.stem:
            yield from self._hooks()

    def _found(self, node: ast.AST, level: Level, what: str) -> Finding:
        return Finding(where=f"{_shown(self.path)}:{getattr(node, 'lineno', 1)}", level=level, what=what)

    # -- imports -------------------------------------------------------------------------------------------------------------

    def _foreign(self) -> Iterator[Finding]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    yield from self._import(node, alias.name, None)
            elif isinstance(node, ast.ImportFrom) and node.level:
                depth = len(self._inside.parts)
                if node.level > depth:
                    yield self._found(node, "error", "this import leads out of the plugin's package")
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    yield from self._import(node, node.module or "", alias.name)
            elif isinstance(node, ast.Call) and self._called(node) in {"importlib.import_module", "__import__"}:
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield from self._import(node, first.value, None)

    def _import(self, node: ast.AST, module: str, name: str | None) -> Iterator[Finding]:
        top = module.partition(".")[0]
        if top == self.suspect.package.partition(".")[0]:
            return
        if module == "banshi" and name is not None and name not in {*banshi.__all__, "testing"}:
            yield self._found(node, "error", f"banshi's door has no {name!r}; it has {', '.join(banshi.__all__)}")
        elif module == "banshi.testing" or (module == "banshi" and name == "testing"):
            if not self._test:
                yield self._found(node, "error", "banshi.testing is for tests")
        elif top == "banshi" and module != "banshi":
            yield self._found(node, "error", f"{module} is a private room of the kernel: import from banshi, the author's door")
        elif top in _others(self.suspect):
            yield self._found(node, "error", f"{top} is another plugin's package: plugins never import each other")

    # -- what waits, and what works at import --------------------------------------------------------------------------------

    def _called(self, call: ast.Call) -> str:
        """Return what is called, by its whole name as far as the file's imports tell."""
        parts: list[str] = []
        node: ast.expr = call.func
        while isinstance(node, ast.Attribute):
            parts.insert(0, node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        return ".".join([self._names.get(node.id, node.id), *parts])

    def _blocking(self) -> Iterator[Finding]:
        for function in ast.walk(self.tree):
            if not isinstance(function, ast.AsyncFunctionDef):
                continue
            for call in _own_calls(function):
                if (name := self._called(call)) in BLOCKING:
                    yield self._found(call, "warning", f"{name} in the async {function.name} holds up everybody: use {BLOCKING[name]}")

    def _at_import(self) -> Iterator[Finding]:
        for call in _own_calls(self.tree):
            if (name := self._called(call)) in AT_IMPORT:
                yield self._found(call, "error", f"{name} works while the file is imported: nothing happens at import time")

    # -- hooks -----------------------------------------------------------------------------------------------------------------

    def _hooks(self) -> Iterator[Finding]:
        for node in self.tree.body:
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or not node.name.startswith("banshi_"):
                continue
            marked = any(self._names.get(d.id, "") == "banshi.hookimpl" for d in node.decorator_list if isinstance(d, ast.Name))
            if node.name not in HOOKS:
                yield self._found(node, "error", f"there is no hook {node.name}; the hooks are {', '.join(sorted(HOOKS))}")
            elif not (marked or node.decorator_list):
                yield self._found(node, "error", f"{node.name} lacks @hookimpl and would never be called")
            if isinstance(node, ast.AsyncFunctionDef):
                yield self._found(node, "error", f"{node.name} is async; hooks are called once at start and only declare")

    # -- migrations --------------------------------------------------------------------------------------------------------------

    def _migration(self) -> Iterator[Finding]:
        owner = self.suspect.name
        for call in (n for n in ast.walk(self.tree) if isinstance(n, ast.Call)):
            name = self._called(call)
            given = {k.arg: k.value for k in call.keywords if k.arg}
            for argument in ("schema", "source_schema", "referent_schema", "local_remote_schema"):
                value = given.get(argument)
                if isinstance(value, ast.Constant) and value.value != owner and not (argument == "referent_schema" and value.value == "kernel"):
                    yield self._found(call, "error", f"{name} works in the schema {value.value!r}: a plugin's own is {owner!r}")
            if name.startswith("alembic.op."):
                verb = name.removeprefix("alembic.op.")
                if verb in IN_SCHEMA and "schema" not in given:
                    yield self._found(call, "error", f'op.{verb} names no schema: it would work in "public"; write schema="{owner}"')
            if name.endswith((".ForeignKey", ".ForeignKeyConstraint")):
                yield from self._references(call)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                for schema in sorted({m.lower() for m in CHANGES.findall(node.value)} - {owner}):
                    yield self._found(node, "error", f"this statement changes something in the schema {schema!r}: a plugin's own is {owner!r}")

    def _references(self, call: ast.Call) -> Iterator[Finding]:
        for node in (n for a in (*call.args, *(k.value for k in call.keywords)) for n in ast.walk(a)):
            parts = node.value.split(".") if isinstance(node, ast.Constant) and isinstance(node.value, str) else []
            if len(parts) == 3 and parts[0] != self.suspect.name and not (parts[0] == "kernel" and parts[1] in PUBLISHED):
                told = f"{parts[0]}.{parts[1]} is not for others; of the kernel's there are {', '.join(sorted(PUBLISHED))}"
                yield self._found(node, "error", told)


def _imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Yield (name in the file, whole name)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0], alias.name.partition(".")[0])
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _own_calls(scope: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls of a scope that happen when it runs, not those of functions defined in it."""
    waiting = list(ast.iter_child_nodes(scope))
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            waiting += node.decorator_list if not isinstance(node, ast.Lambda) else []
            continue
        if isinstance(node, ast.If) and "__main__" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting += ast.iter_child_nodes(node)


def _others(suspect: Suspect) -> set[str]:
    """Return the packages of all other installed plugins."""
    return {e.value.partition(":")[0].partition(".")[0] for e in plugins.installed() if e.name != suspect.name}


# -- loaded once, by itself ------------------------------------------------------------------------------------------------------


def _loaded(suspect: Suspect) -> list[Finding]:
    """Return what a process that loads the plugin and nothing else has to say of it."""
    environ = {k: v for k, v in os.environ.items() if not k.startswith("BANSHI_")}
    if suspect.path:
        environ["PYTHONPATH"] = os.pathsep.join(filter(None, (suspect.path, environ.get("PYTHONPATH", ""))))
    line = [sys.executable, "-m", "banshi.cli.probing", suspect.name, suspect.module, str(suspect.folder)]
    beginning = f"{_shown(suspect.folder / '__init__.py')}:1"
    try:
        done = subprocess.run(line, env=environ, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return [Finding(where=beginning, level="error", what=f"loading it did not end within {PATIENCE:g} s")]
    try:
        told: list[Mapping[str, str]] = json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.decode("utf8", "replace").strip().splitlines() or [f"status {done.returncode}"])[-1]
        return [Finding(where=beginning, level="error", what=f"loading it ended the process: {last}")]
    return [Finding(where=_relative(t["where"]) or beginning, level="error" if t["level"] == "error" else "warning", what=t["what"]) for t in told]


def _relative(where: str) -> str:
    path, _colon, line = where.rpartition(":")
    return f"{_shown(Path(path))}:{line}" if path else ""
