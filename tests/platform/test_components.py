"""The style guide shows what pages are made of, and nothing is missing from it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from browsing import Person

from banshi.web import templating

TEMPLATES = Path(templating.__file__).parent / "templates"
WITHIN = {"choices", "tick", "label", "named", "hint", "error", "described", "completes", "width", "counting", "field"}
"""What a field is made of."""
OF_PAGES = {"call", "changed", "actions", "templates", "notices", "marked"}
"""What only a whole page fills: the guide shows its parts."""


def test_every_component_is_in_the_guide():
    guide = (TEMPLATES / "desk" / "components.html").read_text(encoding="utf8")
    for name in ("words", "case", "form", "hits", "alarm"):
        macros = set(re.findall(r"{% macro (\w+)\(", (TEMPLATES / "parts" / f"{name}.html").read_text(encoding="utf8")))
        assert macros
        missing = {m for m in macros - WITHIN - OF_PAGES if not re.search(rf"{{{{ {m}\(|{{% call {m}\(", guide)}
        assert not missing, name


async def test_every_field_is_shown_as_it_is_asked_and_as_it_comes_back(at_desk: Callable[[str], Awaitable[Person]]):
    clerk = await at_desk("10001")
    page = await clerk.get("/desk/components")
    assert page.status == 200
    plain, wrong = [f["fields"] for f in page.forms if f["action"] == "/desk/components"]
    asked = {n for n in plain if not n.startswith("_")}
    assert {n.removeprefix("wrong-") for n in wrong if not n.startswith("_")} == asked
    assert page.response.text.count("govuk-error-message") == len(asked)
    assert (await clerk.send(page, "/desk/components")).status == 200


async def test_the_guide_is_for_staff(client):
    assert (await Person(client).get("/desk/components")).status == 401
