"""The API, ``/api/v1``. Bearer tokens; errors as problem+json (RFC 9457); idempotency by header; lists by key.

structs     what it takes and gives
common      who is asking, how a case is given
cases       open, act, read, list
searching   cases by words
timing      due dates, explained
documents   files of a case
library     regulations and guides
together    clusters and links
events      the change feed
report      the report
"""

from __future__ import annotations

from litestar import Router
from litestar.openapi.datastructures import ResponseSpec

from banshi.web.api import cases, documents, events, library, report, searching, timing, together
from banshi.web.api.common import check_body
from banshi.web.api.structs import Problem
from banshi.web.security import TOKEN_ROUTE

HANDLERS = [
    cases.open_case,
    cases.act_on_case,
    cases.act_on_cases,
    cases.read_case,
    cases.list_cases,
    timing.read_clocks,
    searching.search,
    documents.attach,
    documents.list_documents,
    documents.fetch,
    library.list_entries,
    library.read_entry,
    together.related,
    together.join,
    together.leave,
    together.link,
    together.unlink,
    events.list_events,
    report.read_report,
]

FAULTS = {
    400: "Something in the request is not right; errors names each field",
    401: "No valid token",
    403: "The token's post does not carry the right",
    404: "There is no such thing, or it is not for this token",
    409: "It does not fit what is there now, or the key came before with another body",
    412: "Somebody was faster than the revision in If-Match",
    413: "The body is too large",
    415: "The body is no JSON",
    429: "Too many requests; Retry-After says when to go on",
    503: "The database is away; Retry-After says when to try again",
}


def router() -> Router:
    """Return the API's router; its routes take a token and no cookie, so they alone need no CSRF token."""
    faults = {
        status: ResponseSpec(Problem, generate_examples=False, description=said, media_type="application/problem+json")
        for status, said in FAULTS.items()
    }
    for handler in HANDLERS:
        handler.responses = faults | dict(handler.responses or {})
    return Router(
        path="/api/v1",
        route_handlers=HANDLERS,
        before_request=check_body,
        opt={TOKEN_ROUTE: True},
        security=[{"bearer": []}],
    )
