"""Every input can be wrong: all mistakes at once, each beside its field, nothing lost."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from banshi.cases.decoding import decode
from banshi.contracts import Ask, Option, Personal
from banshi.errors import Invalid
from banshi.texts import say


class Form(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(min_length=2, max_length=4000), Ask(label="Text", rows=8)]
    kind: Annotated[str, Ask(label="Kind", options=(Option("a", "A"), Option("b", "B")))]
    count: Annotated[int, msgspec.Meta(ge=0, le=9), Ask(label="Count")] = 0
    agree: Annotated[bool, Ask(label="Agree")] = False
    days: Annotated[tuple[Literal["mon", "tue", "wed"], ...], Ask(label="Days")] = ()
    telephone: Annotated[str, msgspec.Meta(pattern=r"^[0-9 +-]{5,20}$"), Personal("telephone"), Ask(label="Telephone")] = ""


GOOD = {"text": ["It is dark."], "kind": ["a"]}


def problems(raw: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        decode(Form, raw)
    return {name: say(text, "en") for name, text in caught.value.problems.items()}


def test_a_form_as_a_browser_sends_it() -> None:
    assert decode(Form, GOOD | {"count": ["7"], "agree": ["true"], "days": ["mon", "wed"]}) == Form(
        text="It is dark.", kind="a", count=7, agree=True, days=("mon", "wed")
    )


def test_a_lone_checkbox_and_one_box_of_a_group() -> None:
    form = decode(Form, GOOD | {"agree": ["on"], "days": ["tue"]})
    assert (form.agree, form.days) == (True, ("tue",))
    assert decode(Form, GOOD).agree is False


def test_json_walks_the_same_way() -> None:
    assert decode(Form, {"text": "It is dark.", "kind": "a", "count": 7, "agree": True, "days": ["mon"]}).count == 7
    assert set(problems({"text": "x", "kind": None, "count": "many", "more": 1})) == {"text", "kind", "count", "more"}


def test_three_wrong_fields_are_told_at_once() -> None:
    said = problems({"text": [""], "kind": ["c"], "telephone": ["call me"]})
    assert said == {
        "text": "Enter an answer to “Text”.",
        "kind": "Choose one of the answers to “Kind”.",
        "telephone": "Enter a telephone number with digits, like 100 0000 1234.",
    }


def test_4001_characters_are_one_too_many() -> None:
    assert decode(Form, GOOD | {"text": ["电" * 4000]}).text == "电" * 4000
    assert problems(GOOD | {"text": ["电" * 4001]}) == {"text": "“Text” can be at most 4000 characters long; this is 4001."}


@pytest.mark.parametrize("bad", ["nul \x00 inside", "half \ud800 a pair", "bell \x07"])
def test_what_no_database_can_hold_is_refused_at_the_edge(bad: str) -> None:
    assert "cannot be stored" in problems(GOOD | {"text": [bad]})["text"]


def test_line_ends_and_outer_blanks_are_made_plain() -> None:
    assert decode(Form, GOOD | {"text": ["  one\r\ntwo\rthree \n"]}).text == "one\ntwo\nthree"


def test_html_is_only_text() -> None:
    assert decode(Form, GOOD | {"text": ["<script>alert(1)</script>"]}).text == "<script>alert(1)</script>"


@given(st.dictionaries(st.sampled_from([*Form.__struct_fields__, "other"]), st.lists(st.text(), max_size=3) | st.text() | st.integers() | st.none()))
def test_whatever_comes_is_a_form_or_told_wrong(raw: dict[str, Any]) -> None:
    try:
        assert isinstance(decode(Form, raw), Form)
    except Invalid as refused:
        assert refused.problems
        for text in refused.problems.values():
            assert say(text, "zh")
