"""Templates: one environment an owner, so that each translates in its own catalogue."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from copy import copy
from functools import cache, lru_cache, partial
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import ChainableUndefined, Environment, PackageLoader, PrefixLoader, TemplateNotFound
from jinja2.loaders import BaseLoader, ChoiceLoader
from jinja2.utils import missing
from markupsafe import Markup

from banshi import texts
from banshi.errors import PluginError
from banshi.web import parts

VENDOR = "vendor"


class LoudUndefined(ChainableUndefined):
    """Chains on a missing key and raises on an unknown name (a typing mistake)."""

    def _fail(self) -> None:
        if not self._undefined_hint and self._undefined_obj is missing:
            self._fail_with_undefined_error()

    def __str__(self) -> str:
        self._fail()
        return ""

    def __iter__(self) -> Any:
        self._fail()
        return iter(())

    def __bool__(self) -> bool:
        self._fail()
        return False


def environment(packages: Mapping[str, str], owner: str, language: texts.Language) -> Environment:
    """Return the environment in which templates of ``owner`` are drawn in ``language``.

    ``packages`` maps an owner to its package; its templates are named ``<owner>/<file>``, the kernel's ``<file>``.
    """
    return _environment(tuple(sorted(packages.items())), owner, language)


@cache
def _environment(packages: tuple[tuple[str, str], ...], owner: str, language: texts.Language) -> Environment:
    shelves: dict[str, BaseLoader] = {}
    for name, package in packages:
        if (resources.files(package) / "templates" / name).is_dir():
            shelves[name] = Shelf(package, f"templates/{name}")
    loader = ChoiceLoader([PrefixLoader(shelves), PackageLoader("banshi.web", "templates")])
    env = Environment(
        loader=loader,
        autoescape=True,
        undefined=LoudUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    domain = dict(packages).get(owner, "banshi")
    env.install_gettext_translations(_Chain(domain, language), newstyle=True)  # type: ignore[attr-defined]
    env.globals.update(asset=partial(asset, dict(packages)), language=language)
    env.filters["lines"] = _lines
    return env


class Shelf(PackageLoader):
    """The templates of one plugin. What a link in its folder leads out to is not there, nor what a name with ``..`` would reach."""

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool] | None]:
        """Return a template's source; TemplateNotFound for one that does not lie in the folder."""
        source, name, fresh = super().get_source(environment, template)
        if not Path(name).resolve().is_relative_to(Path(self._template_root).resolve()):
            raise TemplateNotFound(template)
        return source, name, fresh


class _Chain:
    """The owner's catalogue first, then the kernel's."""

    def __init__(self, domain: str, language: texts.Language) -> None:
        own, kernel = texts.catalogue(domain, language), texts.catalogue("banshi", language)
        if own is not kernel:
            own = copy(own)  # the catalogue itself is everybody's
            own.add_fallback(kernel)
        self.gettext, self.ngettext = own.gettext, own.ngettext
        self.pgettext, self.npgettext = own.pgettext, own.npgettext


def asset(packages: Mapping[str, str], name: str) -> str:
    """Return the address of a static part: one that the kernel built, by its plain name (``portal.css``), or a plugin's (``<plugin>/<file>``)."""
    if "/" in name:
        return parts.address(packages, name)
    manifest = _manifest()
    if name not in manifest:
        msg = f"static part {name!r} is not built: run `make setup` (it builds {VENDOR}/manifest.json)"
        raise PluginError(msg)
    return f"/static/{VENDOR}/{manifest[name]}"


@lru_cache(maxsize=1)
def _manifest() -> dict[str, str]:
    path = static_folder() / VENDOR / "manifest.json"
    return dict(json.loads(path.read_text(encoding="utf8"))) if path.is_file() else {}


def static_folder() -> Path:
    """Return the folder of the kernel's static parts."""
    return Path(__file__).parent / "static"


def _lines(text: str) -> Markup:
    """Return ``text`` with its line breaks kept, everything else escaped."""
    return Markup("<br>").join(text.splitlines())
