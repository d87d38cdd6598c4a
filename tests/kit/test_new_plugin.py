"""`banshi new-plugin`: what it makes works as it is, and wrong names are refused."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

NAME = "parking_permits"


def run(*command: str | Path, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    environ = os.environ | more
    return subprocess.run([sys.executable, "-m", *map(str, command)], cwd=cwd, env=environ, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a plugin as it was made."""
    folder = tmp_path_factory.mktemp("made")
    done = run("banshi", "new-plugin", NAME, "--folder", folder, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "pytest" in done.stdout
    return folder / "banshi-parking-permits"


def test_what_is_made_passes_its_own_lint_and_types(made: Path) -> None:
    kept = Path(tempfile.gettempdir()) / f"banshi-types-{os.getuid()}"  # of the kernel's own files, which take most of the time
    for tool in (("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy", "--cache-dir", str(kept))):
        done = run(*tool, cwd=made)
        assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_made_is_built_installed_and_passes_its_own_tests(made: Path, tmp_path: Path) -> None:
    done = run("pip", "install", "-q", "--no-deps", "--no-build-isolation", "--disable-pip-version-check", "--target", tmp_path, made, cwd=made)
    assert done.returncode == 0, done.stderr
    done = run("pytest", "-p", "no:cacheprovider", cwd=made, PYTHONPATH=str(tmp_path))
    assert done.returncode == 0, done.stdout
    assert "9 passed" in done.stdout


def test_a_plugin_that_is_there_is_left_as_it_is(made: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in made.rglob("*")}
    done = run("banshi", "new-plugin", NAME, "--folder", made.parent, cwd=made)
    assert (done.returncode, "is there already: nothing was changed" in done.stderr) == (1, True)
    assert {p: p.stat().st_mtime_ns for p in made.rglob("*") if p in before} == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Lost-Found", "begins with a small letter"),
        ("9lives", "begins with a small letter"),
        ("x" * 41, "at most 40"),
        ("", "begins with a small letter"),
        ("停车", "begins with a small letter"),
        ("kernel", "is taken"),
        ("json", "is taken"),
        ("class", "is taken"),
        ("report", "is taken"),
        ("pg_catalog", "is taken"),
        ("tickets", "is installed already"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_the_reason_and_nothing_is_made(name: str, said: str, tmp_path: Path) -> None:
    from click.testing import CliRunner

    from banshi.cli import banshi

    done = CliRunner().invoke(banshi, ["new-plugin", name, "--folder", str(tmp_path)])
    assert done.exit_code == 2
    assert said in done.output.replace("\n", " ").replace("  ", " ")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("banshi", "new-plugin", NAME, "--folder", tmp_path / "file" / "x", cwd=tmp_path)
    assert done.returncode == 1
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
