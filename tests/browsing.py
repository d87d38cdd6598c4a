"""A browser without scripts, for tests in process; it came to live with the kit for plugin authors."""

from __future__ import annotations

from banshi.testing.browsing import Page, Person

__all__ = ["Page", "Person"]
