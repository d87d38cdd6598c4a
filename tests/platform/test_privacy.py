"""Personal data: sealed at rest, masked on screen, found by a blind index, readable after a change of keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banshi.privacy import SEALED, Keyring, Unreadable, mask

OLD, NEW = ("old", b"an old key of at least thirty-two characters"), ("new", b"a new key of at least thirty-two characters")


@given(st.text())
def test_what_is_sealed_can_be_opened_for_its_purpose_only(plain: str) -> None:
    keyring = Keyring((OLD,))
    plain = plain.encode("utf8", "ignore").decode()
    sealed = keyring.seal(plain, "contact_name")
    assert keyring.unseal(sealed, "contact_name") == plain
    with pytest.raises(Unreadable):
        keyring.unseal(sealed, "contact_telephone")


def test_equal_values_are_sealed_differently_and_found_equally() -> None:
    keyring = Keyring((OLD,))
    assert keyring.seal("100 0000 1234", "t") != keyring.seal("100 0000 1234", "t")
    assert keyring.index("telephone", "100 0000 1234") == keyring.index("telephone", "100-0000-1234")
    assert keyring.index("telephone", "100 0000 1234") != keyring.index("telephone", "100 0000 1235")
    assert keyring.index("telephone", "1") != keyring.index("identity_number", "1")


def test_keys_rotate() -> None:
    sealed = Keyring((OLD,)).seal("张小芳", "name")
    both = Keyring((NEW, OLD))
    assert both.unseal(sealed, "name") == "张小芳"
    assert both.seal("x", "name").startswith(SEALED + "new.")
    assert Keyring((OLD,)).index("name", "x") in both.indexes("name", "x")
    with pytest.raises(Unreadable, match="old"):
        Keyring((NEW,)).unseal(sealed, "name")


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("name", "张小芳", "张*芳"),
        ("name", "李明", "李*"),
        ("name", "Ann Smith", "Ann S*"),
        ("telephone", "100 0000 1234", "100****1234"),
        ("telephone", "12345", "****45"),
        ("identity_number", "990101199001011234", "99****1234"),
        ("address", "柿子巷 3 号院", "柿子***"),
        ("name", "", ""),
    ],
)
def test_what_pages_show(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value) == shown
