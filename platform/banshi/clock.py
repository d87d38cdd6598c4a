"""The only place that asks what time it is. Everything else is handed the moment: aware, UTC, one per transaction."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return datetime.now(UTC)
