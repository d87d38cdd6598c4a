"""Another system's file, written and imported as `banshi import` does it."""

from __future__ import annotations

import csv
import secrets
from pathlib import Path
from random import Random
from time import perf_counter

from banshi import clock
from banshi.cases import importing
from bench.filling import openings
from bench.place import Town

MAPPING = Path(__file__).parent / "requests.toml"
ROWS = 5000
MOMENT = "%Y-%m-%d %H:%M:%S"
HEADER = ("reference", "received", "closed", "state", "outcome", "text", "area", "category", "name", "telephone")


async def import_file(town: Town) -> float:
    """Import a new file of 5,000 rows; return rows a second."""
    path = town.settings.data / "requests.csv"
    _write(town, path)
    importer = importing.Importer(town.house, "tickets", importing.read_mapping(MAPPING))
    refused: list[str] = []
    imported = 0
    began = perf_counter()
    async for _line, outcome in importing.run(town.database, importer, path, clock.now, lambda _line, why, _cells: refused.append(why)):
        imported = outcome.imported
    took = perf_counter() - began
    if refused or imported != ROWS:
        msg = f"imported {imported} of {ROWS} rows; refused: {refused[:3]}"
        raise RuntimeError(msg)
    return ROWS / took


def _write(town: Town, path: Path) -> None:
    start = Random(secrets.randbits(32)).randrange(10**8, 9 * 10**8)
    with path.open("w", encoding="utf8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for case in openings(town, start, start + ROWS):
            past, form = case.past, case.form
            assert past is not None
            assert case.received is not None
            said = {f: getattr(form, f) for f in ("text", "area", "category", "contact_name", "contact_telephone")}
            closed = past.closed.strftime(MOMENT) if past.closed else ""
            writer.writerow([past.reference, case.received.strftime(MOMENT), closed, past.state, past.outcome or "", *said.values()])
