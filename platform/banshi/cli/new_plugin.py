"""`banshi new-plugin NAME`: a plugin that works, as a distribution of its own, to be changed into the one that is wanted."""

from __future__ import annotations

import keyword
import sys
import tempfile
from collections.abc import Iterator
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click
from packaging.version import Version

from banshi import plugins
from banshi.cli import COMMANDS
from banshi.errors import BanshiError

SUFFIX = ".in"


@click.command("new-plugin")
@click.argument("name")
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path(), help="Where to make it (default: here).")
def new_plugin_command(name: str, folder: Path) -> None:
    """Make a working plugin called NAME: small letters, digits and _, such as lost_found."""
    if fault := name_fault(name):
        raise click.BadParameter(fault, param_hint="NAME")
    made = make(name, folder)
    click.echo(f"{made} is a plugin that works. Go on there:")
    click.echo(f'    pip install --editable "{made}[dev]"')
    click.echo(f"    cd {made} && pytest")


def name_fault(name: str) -> str:
    """Return why a plugin cannot be called so, empty where it can: the name is an address, a PostgreSQL schema and a part of a package's name."""
    if not plugins.NAME.fullmatch(name):
        return f"{name!r} cannot be a plugin's name: it begins with a small letter, and goes on with small letters, digits and _ (at most 40)"
    taken = plugins.RESERVED | sys.stdlib_module_names | set(COMMANDS)
    if name in taken or keyword.iskeyword(name) or name.startswith("pg_"):
        return f"{name!r} is taken: by the platform, PostgreSQL or Python. Choose another name"
    if there := next((e for e in plugins.installed() if e.name == name), None):
        return f"a plugin {name!r} is installed already ({there.value}). Choose another name"
    return ""


def make(name: str, folder: Path) -> Path:
    """Write the skeleton under a name and return its folder; BanshiError where there is one already, or it cannot be written."""
    distribution = f"banshi-{name.replace('_', '-')}"
    target = folder / distribution
    words = {"@name@": name, "@NAME@": name.upper(), "@package@": f"banshi_{name}", "@distribution@": distribution, "@bound@": bound()}

    def filled(text: str) -> str:
        for word, value in words.items():
            text = text.replace(word, value)
        return text

    if target.exists():
        msg = f"{target} is there already: nothing was changed. Remove it, or choose another --folder"
        raise BanshiError(msg)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".making-") as making:  # moved when it is whole: half a plugin is never there
            for path, source in _files(resources.files("banshi.cli") / "skeleton"):
                place = Path(making) / distribution / filled(path)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(filled(source.read_text(encoding="utf8")), encoding="utf8")
            (Path(making) / distribution).rename(target)
    except OSError as error:
        msg = f"{error.filename or target} cannot be written: {error.strerror}"
        raise BanshiError(msg) from error
    return target


def bound() -> str:
    """Return the bound on banshi that a plugin of today declares: this minor version and the fixes after it."""
    now = Version(plugins.kernel_version())
    return f">={now.major}.{now.minor},<{now.major}.{now.minor + 1}"


def _files(folder: Traversable, before: str = "") -> Iterator[tuple[str, Traversable]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{before}{entry.name}/")
        elif entry.name.endswith(SUFFIX):
            yield before + entry.name.removesuffix(SUFFIX), entry
