"""The API, ``/api/v1``. Bearer tokens; errors as problem+json (RFC 9457); idempotency by header; lists by key.

structs     what it takes and gives
common      who is asking, how a case is given
cases       open, act, read, list
searching   cases by words
together    clusters and links
events      the change feed
"""

from __future__ import annotations

from litestar import Router

from banshi.web.api import cases, events, searching, together
from banshi.web.api.common import check_body
from banshi.web.security import TOKEN_ROUTE

HANDLERS = [
    cases.open_case,
    cases.act_on_case,
    cases.act_on_cases,
    cases.read_case,
    cases.list_cases,
    searching.search,
    together.related,
    together.join,
    together.leave,
    together.link,
    together.unlink,
    events.list_events,
]


def router() -> Router:
    """Return the API's router; its routes take a token and no cookie, so they alone need no CSRF token."""
    return Router(
        path="/api/v1",
        route_handlers=HANDLERS,
        before_request=check_body,
        opt={TOKEN_ROUTE: True},
        security=[{"bearer": []}],
    )
