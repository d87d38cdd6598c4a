"""The plugin that is checked: its entry point, its package and folder, and, once it loads, what it declares."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from banshi.plugins import Registry


@dataclass
class Subject:
    """One installed plugin."""

    name: str
    entry: EntryPoint
    package: str
    folder: Path
    answers: Mapping[str, Mapping[str, Any] | None]

    def load(self) -> None:
        """Load it as the platform would; raise whatever is wrong with it."""
        from banshi import plugins
        from banshi.web import mounting

        registry = plugins.load([self.entry], strict=True)
        mounting.routers(registry)
        self.registry: Registry = registry

    def said(self, path: Path, line: int = 0) -> str:
        """Return the place of a fault."""
        return f"{path.relative_to(self.folder.parent)}{f':{line}' if line else ''}"

    @property
    def templates(self) -> Iterator[Path]:
        """The files of its templates folder."""
        root = self.folder / "templates"
        yield from (p for p in sorted(root.rglob("*")) if p.is_symlink() or p.is_file())

    @property
    def readme(self) -> str:
        """What its README says: the file beside the sources, else the description that the distribution carries."""
        beside = self.folder.parent / "README.md"
        if beside.is_file() and (self.folder.parent / "pyproject.toml").is_file():
            return beside.read_text(encoding="utf8")
        described = self.entry.dist.metadata if self.entry.dist else None
        return str((described.get_payload() or described.get("Description", "")) if described is not None else "")  # type: ignore[attr-defined]


def find(name: str, answers: Mapping[str, Mapping[str, Any] | None]) -> Subject:
    """Return the installed plugin of that name; AssertionError where there is none, or two."""
    from banshi import plugins

    entries = [e for e in plugins.installed() if e.name == name]
    known = ", ".join(sorted({e.name for e in plugins.installed()})) or "none"
    assert entries, f"no plugin is called {name!r}; installed are: {known}. Install yours first (`pip install --editable .`)"
    assert len(entries) == 1, f"{len(entries)} distributions bring a plugin {name!r}: uninstall one"
    (entry,) = entries
    package = entry.module.rpartition(".")[0] or entry.module
    spec = importlib.util.find_spec(package)
    assert spec is not None, f"{name}: there is no package {package}, which its entry point names"
    assert spec.submodule_search_locations, f"{name}: {package} is a module; a plugin is a package with a plugin.py"
    return Subject(name, entry, package, Path(spec.submodule_search_locations[0]), answers)
