"""The API is asked everything that its own description allows, and much that it does not: no 5xx, answers as described."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, response_schema_conformance, status_code_conformance

from banshi.app import create_app
from banshi.plugins import Registry
from banshi.settings import Settings
from banshi.testing import MOMENT, SECRET, clone
from samples import request

TOKEN = {"Authorization": "Bearer token-20001"}
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "12"))
"""For each operation; FUZZ_EXAMPLES=500 looks longer."""


@pytest.fixture(scope="module")
def description(server_url: str, template: str, worker_id: str, registry: Registry) -> Iterator[Any]:
    """The application before a database of its own, and its description as schemathesis reads it."""
    with clone(server_url, template, f"banshi_fuzz_{worker_id}_{os.getpid()}") as url:
        app = create_app(Settings(database_url=url, secret_key=(SECRET,), secure_cookies=False, api_rate=0), registry, now=lambda: MOMENT)
        yield schemathesis.openapi.from_asgi("/schema/openapi.json", app)


def test_whatever_is_sent_is_answered_as_described(description: Any):
    numbers = [_opened(description) for _ in range(2)]
    statuses = {o.ok().label: _ask(o.ok(), numbers) for o in description.get_all_operations()}
    seldom = ("POST /api/v1/cases/", "{document_id}", "{code}")  # what is there is hard to guess
    assert all(seen & {200, 201, 304} for label, seen in statuses.items() if not any(part in label for part in seldom)), statuses
    assert not any(401 in seen for seen in statuses.values())


def _ask(operation: Any, numbers: list[str]) -> set[int]:
    """Ask one operation many things; return the statuses that were seen."""
    seen: set[int] = set()
    turn = count()

    @seed(1)
    @settings(max_examples=EXAMPLES, phases=(Phase.generate,), suppress_health_check=list(HealthCheck), deadline=None, database=None)
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        case.headers = {**(case.headers or {}), **TOKEN}
        if next(turn) % 3:  # two of three times on something that is there
            for name in {"number", "other"} & set(case.path_parameters or {}):
                case.path_parameters[name] = numbers[name == "other"]
            if isinstance(case.body, dict) and "district" in case.body:
                case.body |= {"type": "tickets.request", "district": "east", "data": request() | (case.body.get("data") or {})}
        response = case.call()
        seen.add(response.status_code)
        case.validate_response(response, checks=CHECKS)

    send()
    return seen


def _opened(description: Any) -> str:
    operation = description["/api/v1/cases"]["POST"]
    body = {"type": "tickets.request", "district": "east", "data": request()}
    response = operation.Case(body=body, media_type="application/json", headers=TOKEN).call()
    assert response.status_code == 201, response.text
    return str(response.json()["number"])
