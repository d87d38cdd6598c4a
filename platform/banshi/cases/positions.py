"""Where something is on the map, as it is written and kept: ``latitude,longitude`` in decimal degrees (WGS84)."""

from __future__ import annotations

import re

import msgspec

from banshi.texts import Said, translator

_ = translator("banshi")

_WRITTEN = re.compile(r"(-?[0-9]{1,2}(?:\.[0-9]{1,8})?), ?(-?[0-9]{1,3}(?:\.[0-9]{1,8})?)")


class Position(msgspec.Struct, frozen=True):
    """A point: degrees north and east, negative for south and west."""

    north: float
    east: float

    def __str__(self) -> str:
        return f"{self.north:.6f},{self.east:.6f}"

    @property
    def geo(self) -> str:
        """The address that a map of the reader's own choice opens (RFC 5870)."""
        return f"geo:{self}"

    def said(self) -> Said:
        """Return it in words."""
        north, south = _("{degrees}° N"), _("{degrees}° S")
        east, west = _("{degrees}° E"), _("{degrees}° W")
        latitude = Said(north if self.north >= 0 else south, {"degrees": _degrees(self.north)})
        longitude = Said(east if self.east >= 0 else west, {"degrees": _degrees(self.east)})
        return Said(_("{latitude}, {longitude}"), {"latitude": latitude, "longitude": longitude})


def read(written: str) -> Position | None:
    """Return the position that was written, None where it is none on this globe."""
    found = _WRITTEN.fullmatch(written)
    return within(float(found[1]), float(found[2])) if found else None


def within(north: float, east: float) -> Position | None:
    """Return the position of these degrees, None where they are none on this globe."""
    return Position(north, east) if -90 <= north <= 90 and -180 <= east <= 180 else None


def _degrees(signed: float) -> str:
    return f"{abs(signed):.6f}".rstrip("0").rstrip(".")
