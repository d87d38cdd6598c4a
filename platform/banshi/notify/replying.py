"""The address to which an answer comes back: ``reply+<token>@domain``.

The token holds the case number and the person, with a MAC over both: nobody can write into a case by knowing its number. It is base32 in lower case,
since mail servers may change the case of a local part; 32 characters, so that a mailbox name of up to 31 keeps within the 64 of RFC 5321.
"""

from __future__ import annotations

import base64
import binascii
import hmac

import msgspec

from banshi.privacy import Keyring

MOST = 64
_NUMBER, _PERSON, _MAC = 5, 5, 10
"""Bytes: twelve digits are below 2^40; 80 bits of MAC."""


class Reply(msgspec.Struct, frozen=True):
    """Which case an answer belongs to, and to whom its address was given."""

    number: str
    person_id: int


def address(keyring: Keyring, number: str, person_id: int, mailbox: str) -> str:
    """Return the address by which an answer of this person joins this case; ValueError where the mailbox's name leaves no room for it."""
    local, _at, domain = mailbox.rpartition("@")
    said = int(number).to_bytes(_NUMBER, "big") + person_id.to_bytes(_PERSON, "big")
    token = base64.b32encode(said + keyring.mac("reply", said)[:_MAC]).decode().lower()
    if not local or not domain or len(local) + 1 + len(token) > MOST:
        msg = f"{mailbox!r} cannot take replies: name@domain, the name at most {MOST - 1 - len(token)} characters"
        raise ValueError(msg)
    return f"{local}+{token}@{domain}"


def read(keyring: Keyring, recipient: str, mailbox: str) -> Reply | None:
    """Return what a recipient's address says, None where it is not ours, was changed, or was made under a key that is listed no more."""
    local, _at, domain = mailbox.casefold().rpartition("@")
    name, _at, host = recipient.strip().casefold().rpartition("@")
    if host != domain or not name.startswith(f"{local}+"):
        return None
    try:
        raw = base64.b32decode(name.removeprefix(f"{local}+").upper().encode())
    except (binascii.Error, UnicodeEncodeError):
        return None
    said, mac = raw[: _NUMBER + _PERSON], raw[_NUMBER + _PERSON :]
    if len(raw) != _NUMBER + _PERSON + _MAC or not any(hmac.compare_digest(mac, m[:_MAC]) for m in keyring.macs("reply", said)):
        return None
    return Reply(number=f"{int.from_bytes(said[:_NUMBER], 'big'):012d}", person_id=int.from_bytes(said[_NUMBER:], "big"))
