"""`make lock`: pin every dependency with hashes, for every platform, without any registry's address."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
OURS = "banshi"


def main() -> None:
    """Write requirements.txt anew."""
    wanted: set[str] = set()
    for project in [ROOT / "platform", *sorted((ROOT / "plugins").iterdir())]:
        said = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf8"))["project"]
        wanted |= {d for d in said.get("dependencies", []) if not d.startswith(OURS)}
    index = subprocess.run([sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True, check=False)
    environ = os.environ | ({"UV_DEFAULT_INDEX": index.stdout.strip()} if index.stdout.strip() else {})
    with tempfile.TemporaryDirectory() as folder:
        dependencies = Path(folder) / "dependencies.in"
        dependencies.write_text("\n".join(sorted(wanted)) + "\n" + _tools(), encoding="utf8")
        command = ["compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate"]
        target = Path(folder) / "requirements.txt"
        uv = [sys.executable, "-m", "uv", "pip", *command, "--no-emit-index-url", "--no-emit-find-links", str(dependencies), "-o", str(target)]
        subprocess.run(uv, check=True, env=environ)
        head = "# Exact versions with hashes, the build back end included. Written by `make lock` from the pyproject files and requirements.in.\n"
        (ROOT / "requirements.txt").write_text(head + target.read_text(encoding="utf8"), encoding="utf8")


def _tools() -> str:
    lines = (ROOT / "requirements.in").read_text(encoding="utf8").splitlines()
    return "\n".join(line for line in lines if line and not line.startswith("#")) + "\n"


if __name__ == "__main__":
    main()
