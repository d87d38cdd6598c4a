"""Loads one plugin and says what it did: `python -m banshi.cli.probing NAME MODULE FOLDER`, started by `banshi plugins --check`.

Writes a list of {where, level, what} as JSON. While the plugin is imported, Python's own audit events tell what it writes, starts or connects to.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from time import perf_counter
from types import FrameType
from typing import Any

SLOWEST = 2.0
WORKS = {
    "socket.connect": "connects to another machine",
    "subprocess.Popen": "starts a program",
    "os.system": "starts a program",
    "os.remove": "removes a file",
    "os.rename": "renames a file",
    "os.mkdir": "makes a folder",
    "shutil.rmtree": "removes a folder",
}


class Probe:
    """One plugin, looked at while it is loaded."""

    def __init__(self, name: str, module: str, folder: Path) -> None:
        self.name, self.module, self.folder = name, module, folder.resolve()
        self.told: list[dict[str, str]] = []
        self.importing = False

    def say(self, where: str, level: str, what: str) -> None:
        """Note something, once."""
        if (said := {"where": where, "level": level, "what": what}) not in self.told:
            self.told.append(said)

    def audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note what the plugin does while it is imported."""
        if not self.importing:
            return
        writes = event == "open" and isinstance(arguments[1], str) and any(c in arguments[1] for c in "wax+")
        what = "writes a file" if writes else WORKS.get(event)
        if what and (where := self._of_frame(sys._getframe(1))):  # noqa: SLF001 -- who asked for it
            self.say(where, "error", f"{what} while it is imported: nothing happens at import time")

    def load(self) -> None:
        """Load the plugin as the kernel does, and look at what it declares."""
        import litestar
        import msgspec
        import sqlalchemy.ext.asyncio

        from banshi import plugins
        from banshi.errors import PluginError
        from banshi.web import mounting

        assert litestar
        assert msgspec
        assert sqlalchemy
        sys.addaudithook(self.audit)
        entry, threads = EntryPoint(self.name, self.module, "banshi"), _threads()
        self.importing, began = True, perf_counter()
        try:
            registry = plugins.load([entry], strict=True)
        except BaseException as error:  # sys.exit() at import too
            cause = error.__cause__ if isinstance(error, PluginError) and error.__cause__ is not None else error
            self.say(self._of_error(cause) or self._mentioned(str(cause)), "error", f"{cause}" or type(cause).__name__)
            return
        finally:
            self.importing, took = False, perf_counter() - began
        if took > SLOWEST:
            self.say("", "warning", f"loading it takes {took:.1f} s: every start waits for that")
        if _threads() > threads:
            self.say("", "error", "starts a thread while it is imported: nothing happens at import time")
        known = {p.name for role in registry.roles for p in role.permissions} | {mounting.PUBLIC}
        for routes in registry.routes:
            for function, what in mounting.faults(routes, known):
                code = getattr(function, "__code__", None)
                self.say(f"{code.co_filename}:{code.co_firstlineno}" if code else "", "error", what)

    def _of_error(self, error: BaseException) -> str:
        lines = [f"{f.filename}:{f.lineno}" for f in traceback.extract_tb(error.__traceback__) if self._is_own(f.filename)]
        if isinstance(error, SyntaxError) and error.filename and self._is_own(error.filename):
            lines.append(f"{error.filename}:{error.lineno or 1}")
        return lines[-1] if lines else ""

    def _of_frame(self, frame: FrameType | None) -> str:
        while frame is not None:
            if self._is_own(frame.f_code.co_filename):
                return f"{frame.f_code.co_filename}:{frame.f_lineno}"
            frame = frame.f_back
        return ""

    def _is_own(self, path: str) -> bool:
        return Path(path).resolve().is_relative_to(self.folder)

    def _mentioned(self, what: str) -> str:
        """Return the first line that writes down a name of which a message speaks: no traceback leads to what was declared."""
        names = [w.strip("'\",.:;()") for w in what.split() if "'" in w or "." in w]
        wanted = {part for name in names for part in (name, name.rpartition(".")[2]) if len(part) > 2}
        for path, number, line in self._lines():
            if any(f'"{name}"' in line or f"'{name}'" in line for name in wanted):
                return f"{path}:{number}"
        return f"{self.folder / self.module.partition(':')[0].rpartition('.')[2]}.py:1"

    def _lines(self) -> Iterator[tuple[Path, int, str]]:
        for path in sorted(self.folder.rglob("*.py"), key=lambda p: ("migrations" in p.parts, p)):
            for number, line in enumerate(path.read_text(encoding="utf8", errors="replace").splitlines(), 1):
                yield path, number, line


def _threads() -> int:
    import threading

    return threading.active_count()


def main() -> None:
    """Probe, and write what was found to what was standard output; what the plugin prints goes to standard error."""
    answer = os.dup(1)
    os.dup2(2, 1)
    name, module, folder = sys.argv[1:]
    probe = Probe(name, module, Path(folder))
    probe.load()
    os.write(answer, json.dumps(probe.told).encode())
    os._exit(0)  # whatever threads it started


if __name__ == "__main__":
    main()
