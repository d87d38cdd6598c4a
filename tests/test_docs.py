"""What the documents say is true: their files are written, their commands run, their plugin loads and takes a case."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import psycopg

from banshi.db.queue import libpq_url
from banshi.settings import Settings
from banshi.testing import SECRET

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(name: str, kind: str) -> list[str]:
    return [body for language, body in BLOCK.findall((DOCS / name).read_text(encoding="utf8")) if language == kind]


def write_files(name: str, folder: Path) -> None:
    """Write every block that begins with its file's name."""
    for _language, body in BLOCK.findall((DOCS / name).read_text(encoding="utf8")):
        first, _, rest = body.partition("\n")
        if match := re.fullmatch(r"# ([\w/.-]+\.(?:toml|csv|py|md|ics))", first):
            path = folder / match[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(rest, encoding="utf8")


def test_the_commands_of_operate_do_what_it_says(fresh_url: str, tmp_path: Path) -> None:
    write_files("operate.md", tmp_path)
    environ = os.environ | {"BANSHI_DATABASE_URL": fresh_url, "BANSHI_SECRET_KEY": SECRET}
    ran = 0
    for block in blocks("operate.md", "console"):
        said = ""
        for line in block.splitlines():
            if not line.startswith("$ "):
                assert line in said.splitlines(), (line, said)
                continue
            command = shlex.split(line[2:])
            assert command[0] == "banshi"
            done = subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
            assert done.returncode == 0, (line, done.stderr)
            said, ran = done.stdout, ran + 1
    assert ran >= 8


def test_the_commands_of_reports_run_on_the_cases_that_operate_imports(fresh_url: str, tmp_path: Path) -> None:
    write_files("operate.md", tmp_path)
    environ = os.environ | {"BANSHI_DATABASE_URL": fresh_url, "BANSHI_SECRET_KEY": SECRET}
    lines = [
        "banshi organisation load town.toml",
        "banshi import tickets requests.csv --mapping requests.toml",
        *blocks("reports.md", "console")[0].splitlines(),
    ]
    said = []
    for line in lines:
        command = [sys.executable, "-m", *shlex.split(line.removeprefix("$ "))]
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stderr)
        said.append(done.stdout)
    assert said[-1].strip() == "The report is right. 2 cases counted."


def test_the_commands_of_time_explain_a_case_and_say_what_would_happen(fresh_url: str, tmp_path: Path) -> None:
    write_files("operate.md", tmp_path)
    environ = os.environ | {"BANSHI_DATABASE_URL": fresh_url, "BANSHI_SECRET_KEY": SECRET}

    def ran(line: str) -> str:
        command = [sys.executable, "-m", *shlex.split(line.removeprefix("$ "))]
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (line, done.stderr)
        return done.stdout

    ran("banshi organisation load town.toml")
    ran("banshi import tickets requests.csv --mapping requests.toml")
    with psycopg.connect(libpq_url(fresh_url)) as connection:
        row = connection.execute('select number from kernel."case" order by id limit 1').fetchone()
    assert row is not None
    lines = [line.replace("4071-8826-3915", row[0]) for block in blocks("time.md", "console") for line in block.splitlines()]
    said = {line: ran(line) for line in lines}
    assert "Settled as promised" in said[lines[0]]
    (promised, *_others) = json.loads(said[lines[1]])
    assert promised["name"] == "promised"
    assert "would happen by" in said[lines[2]]
    assert json.loads(said[lines[3]])["failed"] == 0


def test_every_setting_is_in_operate_with_its_default() -> None:
    said = (DOCS / "operate.md").read_text(encoding="utf8")
    table = set(re.findall(r"`(BANSHI_\w+)`", said))
    assert table == {"BANSHI_" + f.upper() for f in Settings.__struct_fields__ if f != "plugins"}  # those are BANSHI_<PLUGIN>_<NAME>


def test_the_readme_begins_with_the_two_commands_and_names_only_what_is_there() -> None:
    said = (ROOT / "README.md").read_text(encoding="utf8")
    commands = [line.split("#")[0].strip() for line in said.splitlines() if line.startswith("    make ")]
    assert commands == ["make demo", "make test"]


def test_every_link_between_documents_leads_somewhere() -> None:
    for document in [ROOT / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)[^)]*\)", document.read_text(encoding="utf8")):
            assert (document.parent / target).exists(), (document.name, target)


def test_no_file_holds_a_registrys_address_or_a_path_of_somebodys_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    hosts = ("registry", "npmjs"), ("files", "pythonhosted"), ("pypi", "org")  # in two, so that they do not stand here either
    others = (rb'"resolved":', rb"--index-url", rb"/home/[a-z]+/", rb"/root/[.]")
    forbidden = re.compile(b"|".join((*(f"{a}[.]{b}".encode() for a, b in hosts), *others)))
    for name in filter(None, listed):
        path = ROOT / name
        if path.is_file() and path != Path(__file__):
            assert not forbidden.search(path.read_bytes()), name
