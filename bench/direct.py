"""The yardstick: pgbench writes the same rows into the same tables with nothing in between (open.sql)."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from banshi.db.binaries import programs
from banshi.db.queue import libpq_url
from bench.client import CONNECTIONS, PATIENCE
from bench.place import Town

SCRIPT = Path(__file__).parent / "open.sql"
THREADS = 2


def write_rows(town: Town, seconds: int) -> float:
    """Let pgbench write for so long; return transactions a second."""
    directory = town.house.directory
    east, elm, lighting = directory.tree.find("east"), directory.tree.find("elm"), directory.find("lighting")
    assert east
    assert elm
    assert lighting
    ids = {
        "district": east.id,
        "area": elm.id,
        "department": lighting.id,
        "type": town.house.book.of(town.registry.case_type("tickets.request")).id,
        "person": town.intake.person_id,
        "post": town.intake.post_id,
        "office": town.intake.department_id,
    }
    load = f"-M prepared -c {CONNECTIONS} -j {THREADS} -T {seconds}".split()
    said = [part for name, value in ids.items() for part in ("-D", f"{name}={value}")]
    command: list[str | Path] = [programs() / "pgbench", "--no-vacuum", *load, *said, "-f", SCRIPT, libpq_url(town.settings.database_url)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=seconds + PATIENCE, check=False)
    found = re.search(r"^tps = ([0-9.]+)", ran.stdout, re.MULTILINE)
    if ran.returncode != 0 or not found or "number of failed transactions: 0 " not in ran.stdout:
        msg = f"pgbench failed:\n{ran.stdout}{ran.stderr}"
        raise RuntimeError(msg)
    return float(found[1])
