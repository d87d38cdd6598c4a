"""The organisation of the tests, and what many of them say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis
import pytest

from banshi.cases.decoding import decode
from banshi.cases.opening import Opening
from banshi.testing import Town

hypothesis.settings.register_profile("banshi", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("banshi")  # how long something takes on a busy machine proves nothing

DATA = Path(__file__).parent / "data"
SHARED = Path(__file__).parent.parent.parent / "shared"


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


def request(**data: Any) -> dict[str, Any]:
    """Return the raw answers of a request."""
    return {
        "kind": "complaint",
        "category": "street_lighting",
        "text": "路灯黑了三天了。老人晚上不敢下楼。",
        "area": "persimmon",
        "place": "柿树里 3 号门口",
        "contact_name": "张小芳",
        "contact_telephone": "100 0000 1234",
    } | data
