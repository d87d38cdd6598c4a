"""Case numbers and their codes.

A number is twelve random digits, written 4-4-4, the last a check digit (Damm's method: it finds every single wrong digit and every
swap of neighbours): it is dictated over bad lines. The six-digit code is derived from it under a secret key, so nothing is stored.
"""

from __future__ import annotations

import hmac
import secrets
import unicodedata

from stdnum import damm

from banshi.errors import Invalid
from banshi.privacy import Keyring
from banshi.texts import translator

_ = translator("banshi")

DIGITS = 12
CODE_DIGITS = 6
_SEPARATORS = str.maketrans("", "", " -\t\u2010\u2011\u2012\u2013\u2014\u2212\u00a0\u3000")


def draw() -> str:
    """Return a new number, twelve digits; the first is never 0, so that nobody drops it."""
    body = str(10 ** (DIGITS - 2) + secrets.randbelow(9 * 10 ** (DIGITS - 2)))
    return body + damm.calc_check_digit(body)


def show(number: str) -> str:
    """Return the number as people read it: 4071-8826-3915."""
    return "-".join((number[:4], number[4:8], number[8:]))


def read(written: str) -> str:
    """Return the twelve digits of what somebody typed: blanks, hyphens and full-width digits are forgiven.

    Raises ``Invalid`` that tells a wrong length from a mistyped digit.
    """
    plain = unicodedata.normalize("NFKC", written).translate(_SEPARATORS)
    if len(plain) != DIGITS or not (plain.isascii() and plain.isdigit()):
        text = _("A number has twelve digits, like 4071-8826-3915.")
        raise Invalid(text, {"number": text})
    if not damm.is_valid(plain):
        text = _("This number cannot be right: a digit is wrong or two are swapped. Compare it with your receipt.")
        raise Invalid(text, {"number": text})
    return plain


def code(keyring: Keyring, number: str, key_id: str) -> str:
    """Return the six-digit code that belongs to ``number``."""
    return f"{int.from_bytes(keyring.mac('code', number.encode(), key_id=key_id)[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def code_fits(keyring: Keyring, number: str, key_id: str, said: str) -> bool:
    """Return whether ``said`` is the code of ``number``; takes the same time whatever is said."""
    plain = unicodedata.normalize("NFKC", said).translate(_SEPARATORS)
    return hmac.compare_digest(code(keyring, number, key_id).encode(), plain.encode("utf8", "replace"))
