"""Open311 GeoReport v2 below ``/open311/v2/``: what other programs file and read without knowing us (research: open311.github.io).

router      one handler for every address and method below it, so that each answer, and each failure, has the standard's form;
            the application asks it, too, for what never reaches a route
answers     XML and JSON as the standard writes them
services    what can be reported where: each category of a service that a plugin opens
filing      POST requests
reading     requests that everybody may know
"""

from __future__ import annotations

from banshi.web.open311.router import handlers, router

__all__ = ["handlers", "router"]
