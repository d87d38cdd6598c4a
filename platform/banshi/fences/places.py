"""Whose code a stack belongs to: the innermost frame that lies in a plugin's package."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from types import CodeType, FrameType
from typing import NamedTuple


class Place(NamedTuple):
    """A line of a plugin: ``where`` is package/file:line, ``function`` what runs there, ``template`` its name where it is one."""

    owner: str
    where: str
    function: str
    template: str = ""


class Places:
    """The folders of plugins, by owner."""

    def __init__(self, packages: Mapping[str, str]) -> None:
        self._packages = dict(packages)

    @cached_property
    def _folders(self) -> list[tuple[str, str]]:
        """Folder (with a slash at its end) and owner; looked up once, when something first goes wrong."""
        found = []
        for owner, package in self._packages.items():
            for folder in _folders(package):
                found += [(str(folder) + os.sep, owner), (os.path.realpath(folder) + os.sep, owner)]
        return found

    def of_file(self, path: str) -> tuple[str, str] | None:
        """Return (owner, folder) of a file, None where it is no plugin's."""
        return next(((owner, folder) for folder, owner in self._folders if path.startswith(folder)), None)

    def of_error(self, error: BaseException) -> Place | None:
        """Return the innermost line of a plugin on the way to an error, its causes included."""
        told: BaseException | None = error
        while told is not None:
            if found := self._last(_raised(told)):
                return found
            told = told.__cause__ or (None if told.__suppress_context__ else told.__context__)
        return None

    def of_frame(self, frame: FrameType) -> Place | None:
        """Return the innermost line of a plugin that a running frame was called by."""
        walked: list[tuple[CodeType, int]] = []
        here: FrameType | None = frame
        while here is not None:
            walked.append((here.f_code, here.f_lineno))
            here = here.f_back
        return self._last(reversed(walked))

    def _last(self, frames: Iterator[tuple[CodeType, int]]) -> Place | None:
        found = None
        for code, line in frames:
            if (known := self.of_file(code.co_filename)) is not None:
                owner, folder = known
                inside = code.co_filename.removeprefix(folder)
                template = inside.removeprefix("templates" + os.sep) if inside.startswith("templates" + os.sep) else ""
                found = Place(owner, f"{Path(folder).name}/{inside}:{line}", code.co_qualname, template)
        return found


def innermost(error: BaseException) -> str:
    """Return where an error was raised, as file:line; empty where nothing tells."""
    last = ""
    for code, line in _raised(error):
        last = f"{Path(code.co_filename).name}:{line}"
    return last


def _raised(error: BaseException) -> Iterator[tuple[CodeType, int]]:
    step = error.__traceback__
    while step is not None:
        yield step.tb_frame.f_code, step.tb_lineno
        step = step.tb_next


def _folders(package: str) -> list[Path]:
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return []
    return [Path(place) for place in (spec.submodule_search_locations or ())] if spec else []
