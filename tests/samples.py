"""What many tests file, and where their data lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
SHARED = Path(__file__).parent.parent.parent / "shared"


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
