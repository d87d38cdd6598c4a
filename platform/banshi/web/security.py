"""What guards every answer: headers, CSRF, request ids, the remembered choices, and one JSON log line a request."""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from typing import Any

from litestar.config.csrf import CSRFConfig
from litestar.datastructures import MutableScopeHeaders, State
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from banshi import texts
from banshi.db import is_gone
from banshi.errors import DatabaseUnavailable
from banshi.identity import access
from banshi.settings import Settings
from banshi.web.site import LANGUAGE_COOKIE, LARGE_COOKIE, Site, is_off, make_cookie

log = logging.getLogger("banshi.request")

TOKEN_ROUTE = "banshi_token_route"  # noqa: S105 -- the name of a handler option; only the kernel sets it, on routes that take no cookie
"""Handler option of routes that are called with a token and take no cookie: only those need no CSRF token."""

OWNER = "banshi_owner"
"""Handler option that says whose page it is; only the kernel sets it, where it mounts a plugin's."""


def route_name(handler: Any) -> str:
    """Return what a page is called among the faults."""
    return str(getattr(handler.fn, "__qualname__", handler))


HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
}
_NUMBER = re.compile(r"/case/(\d{4}-?\d{4}-?\d{4})")


def csrf(settings: Settings) -> CSRFConfig:
    """Return the CSRF protection of every route that takes cookies."""
    secret = settings.keys()[0][1].decode() + " csrf"
    return CSRFConfig(
        secret=secret,
        cookie_name="csrf",
        cookie_secure=settings.secure_cookies,
        cookie_httponly=True,
        cookie_samesite="lax",
        exclude_from_csrf_key=TOKEN_ROUTE,
    )


class Frame:
    """The outermost layer: gives the request an id, the answer its headers and cookies of choice, and the log its line."""

    def __init__(self, app: ASGIApp, state: State) -> None:
        self.app = app
        self.state = state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        path = scope["path"]
        request_id = secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        started, said = time.perf_counter(), {"status": 0}
        chosen = _choices(scope, self.state.site.settings)
        method = scope["method"]
        bodiless = method == "HEAD"
        if bodiless:
            scope["method"] = "GET"

        async def framed(message: Message) -> None:
            if message["type"] == "http.response.start":
                said["status"] = message["status"]
                headers = MutableScopeHeaders.from_message(message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers["X-Request-Id"] = request_id
                if rate := scope["state"].get("rate"):
                    headers["RateLimit"] = rate
                for cookie in chosen:
                    headers.add("set-cookie", cookie)
            elif bodiless and message["type"] == "http.response.body":
                message["body"] = b""
            await send(message)

        try:
            if method not in {"GET", "HEAD", "POST"} and await self._is_off(scope["path"]):
                scope["path"], scope["method"] = "/off", "GET"  # what is off is not there, by whatever method it is asked for
                scope["raw_path"] = b"/off"
            await self.app(scope, receive, framed)
        finally:
            number = _NUMBER.search(path)
            log.info(
                "request",
                extra={
                    "request_id": request_id,
                    "method": method,
                    "path": path,
                    "status": said["status"],
                    "ms": round((time.perf_counter() - started) * 1000, 1),
                    **({"case": number[1].replace("-", "")} if number else {}),
                },
            )

    async def _is_off(self, path: str) -> bool:
        """Return whether an address lies in a plugin that the district has off; while the database is away, as this process last saw it."""
        if not path.startswith("/d/"):
            return False
        site: Site = self.state.site
        directory = site.seen
        try:
            async with site.database.transaction() as db:
                visitor = await access.who(db, "", site.now())
                directory = (await site.house(db, visitor.revision)).directory
        except Exception as error:
            if not (isinstance(error, DatabaseUnavailable) or is_gone(error)):
                raise
        return directory is not None and is_off(directory.tree, path)


def _choices(scope: Any, settings: Settings) -> list[str]:
    """Return the cookies that remember what the address asks for: language, large type."""
    query = scope.get("query_string", b"")
    if b"lang=" not in query and b"large=" not in query:
        return []
    asked = dict(part.partition("=")[::2] for part in query.decode("latin-1").split("&"))
    found = []
    if asked.get("lang") in texts.LANGUAGES:
        found.append(make_cookie(settings, LANGUAGE_COOKIE, asked["lang"]))
    if asked.get("large") in {"0", "1"}:
        found.append(make_cookie(settings, LARGE_COOKIE, asked["large"]))
    return [c.to_header(header="") for c in found]


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and what was given as extra. Never a body, never a name."""

    _PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        line = {"at": self.formatTime(record), "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        line |= {k: v for k, v in vars(record).items() if k not in self._PLAIN}
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, default=str)


def log_to_standard_error(level: str) -> None:
    """Write the log as JSON lines to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
