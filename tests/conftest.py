"""The organisation of the tests, and what many of them say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis
import pytest

from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.testing import Town
from samples import DATA, request

hypothesis.settings.register_profile("banshi", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("banshi")  # how long something takes on a busy machine proves nothing


@pytest.fixture(scope="session")
def organisation_file() -> Path:
    return DATA / "town.toml"


@pytest.fixture
def wanted(town: Town):
    """A function that gives an opening of a request: a dark lamp in the East, unless told otherwise."""

    def make(*, district: str = "east", key: str = "", channel: str = "web", **data: Any) -> Opening:
        case_type = town.house.registry.case_type("tickets.request")
        return Opening(
            case_type=case_type, district_id=town.district(district), form=decode(case_type.form, request(**data)), channel=channel, key=key
        )

    return make
