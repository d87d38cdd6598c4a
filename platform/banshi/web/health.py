"""``/health``: whether the platform serves, and what is wrong where it does not do so wholly."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get

from banshi.errors import DatabaseUnavailable
from banshi.fences import faults
from banshi.web.security import TOKEN_ROUTE
from banshi.web.site import Site


@get("/health", opt={TOKEN_ROUTE: True}, include_in_schema=False)
async def health(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Return ok, degraded (a plugin is fenced, or something of one is set aside; 200) or down (no database; 503), with the names of what is wrong."""
    site: Site = request.app.state.site
    said: dict[str, Any] = {"status": "ok", "plugins": {p.name: "ok" for p in site.registry.plugins}}
    for name in site.registry.failed:
        said["plugins"][name] = "failed"
        said["status"] = "degraded"
    aside: list[faults.Fault] = []
    status = 200
    try:
        async with site.database.transaction() as db:
            aside = await faults.read(db, aside_at=site.now())
        said["database"] = "ok"
    except DatabaseUnavailable:
        said |= {"status": "down", "database": "away"}
        status = 503
    for fault in aside:
        said.setdefault("set_aside", []).append({"plugin": fault.owner, "kind": fault.kind, "name": fault.name})
        said["status"] = "degraded" if said["status"] == "ok" else said["status"]
    return Response(msgspec.json.encode(said), status_code=status, media_type="application/json", headers={"Cache-Control": "no-store"})
