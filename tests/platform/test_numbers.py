"""A number survives being dictated over a bad line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banshi.cases import numbers
from banshi.errors import Invalid
from banshi.privacy import Keyring

NUMBERS = st.integers(min_value=0, max_value=2**32).map(lambda _: numbers.draw())


@given(NUMBERS)
def test_what_is_shown_can_be_read_again_however_it_is_typed(number: str) -> None:
    shown = numbers.show(number)
    wide = shown.translate(str.maketrans("0123456789-", "０１２３４５６７８９－"))
    for typed in (number, shown, f"  {shown} ", shown.replace("-", " "), shown.replace("-", "—"), wide.replace("－", "-")):
        assert numbers.read(typed) == number


@given(NUMBERS, st.integers(0, 11), st.integers(1, 9))
def test_one_wrong_digit_is_found(number: str, place: int, by: int) -> None:
    wrong = number[:place] + str((int(number[place]) + by) % 10) + number[place + 1 :]
    with pytest.raises(Invalid, match="a digit is wrong"):
        numbers.read(wrong)


@given(NUMBERS, st.integers(0, 10))
def test_two_neighbours_swapped_are_found(number: str, place: int) -> None:
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        with pytest.raises(Invalid):
            numbers.read(swapped)


@pytest.mark.parametrize("typed", ["", "1234", "4071-8826-391", "4071-8826-39155", "abcd-efgh-ijkl", "４０７１", "٤٠٧١٨٨٢٦٣٩١٥", "4071\x008826 3915"])
def test_what_is_no_number_is_told_so(typed: str) -> None:
    with pytest.raises(Invalid, match="twelve digits"):
        numbers.read(typed)


def test_the_code_belongs_to_one_number_and_key(keyring: Keyring) -> None:
    number = "407188263915"
    code = numbers.code(keyring, number, keyring.newest)
    assert len(code) == 6
    assert code.isdigit()
    assert numbers.code_fits(keyring, number, keyring.newest, f" {code[:3]} {code[3:]} ")
    assert not numbers.code_fits(keyring, number, keyring.newest, f"{(int(code) + 1) % 10**6:06d}")
    assert not numbers.code_fits(keyring, number, keyring.newest, "\ud800")
    other = Keyring((("other", b"another key, thirty-two characters"),))
    assert numbers.code(other, number, "other") != code
