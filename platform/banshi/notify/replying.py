"""The address to which somebody answers a message: ``local+<token>@domain``. The token alone says which case a mail belongs to, and whose it is.

    token = base32 (version · case number · person · truncated HMAC of these), in lower case

A visible number or a subject is never asked: whoever overhears a number could write into somebody's case. The token is told only to the person whom
it names; it is 80 bits under the secret key, and old keys read what they signed. Mail systems may change the case of an address, so it means nothing.
"""

from __future__ import annotations

import base64
import hmac
import re

import msgspec

from banshi.cases import numbers
from banshi.errors import Invalid
from banshi.privacy import Keyring

LONGEST_LOCAL = 64
"""Characters of an address before its @ (RFC 5321, 4.5.3.1.1)."""
LONGEST_NAME = LONGEST_LOCAL - 40
"""So many are left for the mailbox's own name beside the longest token."""
VERSION = 1
NUMBER_BYTES, MAC_BYTES = 5, 10
MOST_PERSON_BYTES = 8
_ALPHABET = re.compile(r"[a-z2-7]+")


class Reply(msgspec.Struct, frozen=True):
    """What a reply address says: the case, and who answers. ``person_id`` 0 is whoever holds the case's code: a case that nobody's account filed."""

    number: str
    person_id: int


def address(keyring: Keyring, number: str, person_id: int, mailbox: str) -> str:
    """Return the address at which ``mailbox`` takes a person's answers on a case; ValueError for a mailbox whose name is too long for it."""
    local, _at, domain = mailbox.rpartition("@")
    person = person_id.to_bytes(max(1, (person_id.bit_length() + 7) // 8), "big")
    if not local or not domain or len(local) > LONGEST_NAME:
        msg = f"{mailbox!r} takes no replies: give an address whose name has at most {LONGEST_NAME} characters"
        raise ValueError(msg)
    said = bytes([VERSION << 4 | len(person)]) + int(number).to_bytes(NUMBER_BYTES, "big") + person
    return f"{local}+{_write(said + keyring.mac('reply', said)[:MAC_BYTES])}@{domain}"


def read(keyring: Keyring, recipient: str, mailbox: str) -> Reply | None:
    """Return what a recipient's address says, None where it is not ours, or the token is none that we signed."""
    token = token_of(recipient, mailbox)
    if not token or not _ALPHABET.fullmatch(token):
        return None
    try:
        signed = base64.b32decode(token.upper() + "=" * (-len(token) % 8))
    except ValueError:
        return None
    said, mac = signed[:-MAC_BYTES], signed[-MAC_BYTES:]
    length = said[0] & 15 if said else 0
    if (
        not said
        or said[0] >> 4 != VERSION
        or not 1 <= length <= MOST_PERSON_BYTES
        or len(said) != 1 + NUMBER_BYTES + length
        or _write(signed) != token
    ):
        return None
    if not any(hmac.compare_digest(mac, made[:MAC_BYTES]) for made in keyring.macs("reply", said)):
        return None
    try:
        number = numbers.read(f"{int.from_bytes(said[1 : 1 + NUMBER_BYTES], 'big'):012d}")
    except Invalid:
        return None
    return Reply(number, int.from_bytes(said[1 + NUMBER_BYTES :], "big"))


def token_of(recipient: str, mailbox: str) -> str:
    """Return the token of an address of the mailbox, in lower case, good or not; empty where there is none, or the address is another's."""
    local, _at, domain = recipient.strip().strip("<>").casefold().rpartition("@")
    own, _at, own_domain = mailbox.casefold().rpartition("@")
    name, plus, token = local.rpartition("+")
    return token if plus and name == own and domain == own_domain and own else ""


def hide(text: str, mailbox: str) -> str:
    """Return a text without the tokens of our addresses: whoever reads one could answer as the person whom it was given to."""
    local, _at, domain = mailbox.rpartition("@")
    if not local:
        return text
    return re.sub(rf"{re.escape(local)}\+[a-z2-7=\s]{{1,200}}@{re.escape(domain)}", f"{local}+…@{domain}", text, flags=re.IGNORECASE)


def _write(signed: bytes) -> str:
    return base64.b32encode(signed).decode().rstrip("=").lower()
