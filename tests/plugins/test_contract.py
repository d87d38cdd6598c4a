"""Every plugin here keeps what is promised of every plugin."""

from __future__ import annotations

import pytest

from banshi import plugins
from banshi.testing import check_plugin

ANSWERS = {"approvals": {"change": None}}  # a change is filed on a licence that is there


@pytest.mark.parametrize("name", sorted({e.name for e in plugins.installed()}))
def test_a_plugin_keeps_its_contract(name: str) -> None:
    check_plugin(name, answers=ANSWERS.get(name))
