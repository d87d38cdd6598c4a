"""``/health``: whether the platform serves, and what is wrong where it does not do so wholly."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get
from sqlalchemy import text

from banshi.errors import DatabaseUnavailable
from banshi.web.security import TOKEN_ROUTE
from banshi.web.site import Site


@get("/health", opt={TOKEN_ROUTE: True}, include_in_schema=False)
async def health(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return ok, degraded (a plugin is fenced; 200) or down (no database; 503), with the names of what is wrong."""
    site: Site = request.app.state.site
    said: dict[str, Any] = {"status": "ok", "plugins": {p.name: "ok" for p in site.registry.plugins}}
    for name in site.registry.failed:
        said["plugins"][name] = "failed"
        said["status"] = "degraded"
    status = 200
    try:
        async with site.database.transaction() as db:
            await db.execute(text("select 1"))
        said["database"] = "ok"
    except DatabaseUnavailable:
        said |= {"status": "down", "database": "away"}
        status = 503
    return Response(msgspec.json.encode(said), status_code=status, media_type="application/json", headers={"Cache-Control": "no-store"})
