"""Plugins' static parts: files of the folder ``static/`` in a plugin's package, served at ``/static/<plugin>/<name>.<digest>.<kind>``.

What is served is what was there when it was first asked for: a name is looked up in that list and never becomes a path, so nothing outside the
folder can be reached, and what a link leads out of it to is not in the list. Pages and anything that runs outside the site's own policy are not
served: styles, modules, pictures and fonts are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from pathlib import Path

import msgspec
from litestar import Response, Router, get
from litestar.params import FromPath

from banshi.errors import NotFound, PluginError
from banshi.plugins import Registry
from banshi.texts import translator

_ = translator("banshi")

KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
DIGEST = 12
FOR_GOOD = "public, max-age=31536000, immutable"


class Part(msgspec.Struct, frozen=True):
    """One file: what is in it, and the digest that stands in its address."""

    content: bytes
    media_type: str
    digest: str


@cache
def of_package(package: str) -> Mapping[str, Part]:
    """Return the static parts of a package by their names (``panel.css``, ``pictures/map.svg``)."""
    folder = Path(str(resources.files(package))) / "static"
    if not folder.is_dir():
        return {}
    root = folder.resolve()
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in KINDS and path.is_file() and path.resolve().is_relative_to(root):
            content = path.read_bytes()
            name = path.relative_to(folder).as_posix()
            found[name] = Part(content, KINDS[path.suffix], hashlib.sha256(content).hexdigest()[:DIGEST])
    return found


def address(packages: Mapping[str, str], name: str) -> str:
    """Return the address of ``<plugin>/<file>``; PluginError where there is no such part."""
    owner, _slash, file = name.partition("/")
    part = of_package(packages[owner]).get(file) if owner in packages else None
    if part is None:
        msg = f"there is no static part {name!r}: the file {file!r} in the folder static/ of the plugin's package, of a kind in {', '.join(KINDS)}"
        raise PluginError(msg)
    stem, dot, kind = file.rpartition(".")
    return f"/static/{owner}/{stem}.{part.digest}{dot}{kind}"


def routers(registry: Registry) -> list[Router]:
    """Return one router for each plugin that has static parts."""
    return [_router(owner, package) for owner, package in sorted(registry.packages.items()) if of_package(package)]


def _router(owner: str, package: str) -> Router:
    @get("/{name:path}", include_in_schema=False)
    async def part(name: FromPath[str]) -> Response[bytes]:
        stem, _dot, kind = name.lstrip("/").rpartition(".")
        plain, _dot, digest = stem.rpartition(".")
        found = of_package(package).get(f"{plain}.{kind}")
        if found is None:
            raise NotFound(_("There is nothing here"))
        # A page that was drawn before the plugin was renewed gets what is there now, and nobody keeps it under the old name.
        kept = FOR_GOOD if digest == found.digest else "no-cache"
        return Response(found.content, media_type=found.media_type, headers={"Cache-Control": kept})

    return Router(path=f"/static/{owner}", route_handlers=[part], include_in_schema=False)


__all__ = ["address", "of_package", "routers"]
