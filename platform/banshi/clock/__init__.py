"""Time: the only place that asks what time it is. Everything else is handed the moment: aware, UTC, one per transaction.

calendar    working days and hours of a district: pure
counting    from a case's events and a calendar to due dates, each explained: pure
keeping     calendars in the database, in versions; seeding
changing    what an administrator asks of a calendar, and what is wrong with it: pure
ics         days off from an iCalendar file: pure
"""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """Return this moment, aware, in UTC."""
    return datetime.now(UTC)
