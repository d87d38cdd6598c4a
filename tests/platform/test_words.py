"""Words that are searched for: what is written and what is asked go through the same function."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from banshi import words
from banshi.db.queue import libpq_url

LAMP = "槐荫里巷的路灯黑了三天,老人不敢下楼。The street lamps are dark again, No. 4071"


@pytest.fixture(scope="module")
def matches(server_url: str):
    """A function that asks PostgreSQL whether a text is found by a question."""
    with psycopg.connect(libpq_url(server_url), autocommit=True) as connection:

        def ask(text: str, asked: str, *, weight: words.Weight = "B", weights: str = "", wide: bool = False) -> bool:
            terms = words.widened(words.terms(asked)) if wide else words.terms(asked)
            if not terms:
                return False
            row = connection.execute(
                "select %s::tsvector @@ %s::tsquery", (words.vector([(weight, text)], ["#d1"]), words.tsquery(terms, weights=weights))
            ).fetchone()
            assert row is not None
            return bool(row[0])

        yield ask


@pytest.mark.parametrize(
    "asked",
    [
        "路灯",
        "灯",
        "天",
        "路灯 黑了",
        "槐荫里巷的路灯",
        "lamp",
        "Lamps",
        "STREET lamp",
        "路灯 lamp",
        "dark 老人",
        "4071",
        "ＬＡＭＰ",
        "“路灯”!",
    ],
)
def test_chinese_words_single_characters_english_words_and_mixtures_are_found(matches, asked: str):
    assert matches(LAMP, asked)


@pytest.mark.parametrize("asked", ["stre", "40", "路灯 stre", "lam"])
def test_the_beginning_of_a_word_is_found_where_it_is_asked_for(matches, asked: str):
    assert not matches(LAMP, asked)
    assert matches(LAMP, asked, wide=True)


@pytest.mark.parametrize("asked", ["路面", "灯路", "火", "lamp 路面", "amp", "071", "#d1", "d1"])
def test_what_is_not_there_is_not_found(matches, asked: str):
    assert not matches(LAMP, asked)


def test_a_place_that_residents_may_not_read_is_left_out(matches):
    assert matches("内部批注", "批注", weight="D")
    assert not matches("内部批注", "批注", weight="D", weights="ABC")


@pytest.mark.parametrize("asked", ["", "   ", "!!! ??? ---", "& | ! ( ) : * <->", "'\"\\", "\u3000。、"])
def test_blanks_and_operators_ask_for_nothing(asked: str):
    assert words.terms(asked) == []


def test_ten_thousand_characters_ask_for_a_few_things():
    assert 0 < len(words.terms("路灯坏了 lamp " * 1000)) <= words.MOST_TERMS
    assert len(words.terms("".join(chr(0x4E00 + i) + " " for i in range(5000)))) == words.MOST_TERMS


@given(st.text(max_size=300), st.text(max_size=60))
def test_any_text_and_any_question_are_understood_by_postgresql(matches, text: str, asked: str):
    clean = text.replace("\0", "")
    terms = words.terms(asked.replace("\0", ""))
    if terms:
        matches(clean, asked.replace("\0", ""))


@given(st.text(alphabet="路灯坏了三天lampdark 4071,。 ", min_size=1, max_size=60), st.data())
def test_any_stretch_of_chinese_is_found_in_its_text(matches, text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text) - 1))
    stretch = text[start : start + data.draw(st.integers(1, 6))]
    if all("\u4e00" <= sign <= "\u9fff" for sign in stretch):
        assert matches(text, stretch)


def test_what_was_asked_for_is_marked_where_it_stands():
    assert words.marked("路灯坏了,路灯!", words.terms("路灯")) == [("路灯", True), ("坏了,", False), ("路灯", True), ("!", False)]
    assert words.marked("Two Lamps here", words.terms("lamp")) == [("Two ", False), ("Lamps", True), (" here", False)]
    assert words.marked("一盏灯", words.terms("灯")) == [("一盏", False), ("灯", True)]
    assert "".join(s for s, _hit in words.marked(LAMP, words.terms("路灯 lamp"))) == LAMP


def test_an_excerpt_shows_what_was_asked_for():
    long = "前面有许多别的话。" * 30 + "电梯困人了。" + "后面也有。" * 30
    shown = words.excerpt(long, words.terms("电梯"))
    assert "电梯困人" in shown
    assert len(shown) <= 92
    assert shown.startswith("…")
    assert shown.endswith("…")


def test_an_excerpt_cuts_no_english_word():
    long = "The pavement before the school sank again. " * 4 + "The lamp is dark there. " + "Reporting it helped nobody before. " * 4
    shown = words.excerpt(long, words.terms("lamp"))
    assert "lamp is dark" in shown
    assert set(shown.strip("…").split()) <= set(long.split())
