"""The reply address: it alone says which case a mail belongs to, and nobody but us can make one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from banshi.cases import numbers
from banshi.notify import replying
from banshi.notify.replying import Reply
from banshi.privacy import Keyring
from banshi.settings import Settings

OLD, NEW = "an old key for tests only, of enough characters", "a new key for tests only, of enough characters"
BOX = "city@example.org"
ring = Keyring(Settings(secret_key=(OLD,)).keys())


@given(person=st.integers(0, 2**63 - 1), upper=st.booleans())
def test_what_was_signed_is_read_again_whatever_a_mail_system_does_to_its_case(person: int, upper: bool):
    number = numbers.draw()
    made = replying.address(ring, number, person, BOX)
    local, _at, domain = made.partition("@")
    assert len(local) <= 64
    assert domain == "example.org"
    assert made == made.lower()
    assert replying.read(ring, made.upper() if upper else made, BOX) == Reply(number, person)
    assert replying.read(ring, f"<{made}>", "City@Example.ORG") == Reply(number, person)


@given(data=st.data())
def test_a_token_that_was_changed_at_any_place_is_none(data: st.DataObject):
    made = replying.address(ring, numbers.draw(), 7, BOX)
    place = data.draw(st.integers(len("city+"), made.index("@") - 1))
    other = data.draw(st.sampled_from([c for c in "abcdefghijklmnopqrstuvwxyz234567" if c != made[place]]))
    assert replying.read(ring, made[:place] + other + made[place + 1 :], BOX) is None


@given(said=st.text(max_size=80))
def test_nonsense_is_none_and_no_fault(said: str):
    assert replying.read(ring, said, BOX) is None
    assert replying.read(ring, f"city+{said}@example.org", BOX) is None


def test_the_mailbox_is_ours_and_a_number_alone_says_nothing():
    number = numbers.draw()
    made = replying.address(ring, number, 7, BOX)
    assert replying.read(ring, made, "town@example.org") is None
    assert replying.read(ring, made, "city@example.com") is None
    assert replying.read(ring, made, "") is None
    assert replying.read(ring, f"city+{number}@example.org", BOX) is None
    assert replying.read(ring, BOX, BOX) is None


def test_an_old_key_still_reads_what_it_signed_and_a_key_that_is_gone_does_not():
    made = replying.address(ring, numbers.draw(), 7, BOX)
    assert replying.read(Keyring(Settings(secret_key=(NEW, OLD)).keys()), made, BOX) is not None
    assert replying.read(Keyring(Settings(secret_key=(NEW,)).keys()), made, BOX) is None


def test_a_mailbox_that_leaves_no_room_is_told_at_once():
    with pytest.raises(ValueError, match="takes no replies"):
        replying.address(ring, numbers.draw(), 7, "a-very-long-name-of-a-mailbox@example.org")
