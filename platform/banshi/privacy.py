"""Personal data at rest: sealing, masking and the blind index, and the keyed digests that chains and codes are made of.

A sealed value names the key that sealed it (``k1a2b3c4.base64``), so keys rotate: new values take the newest key, old ones stay
readable while their key is listed. A blind index is an HMAC of the normal form: equal values can be found, none can be read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from banshi.contracts import Personal
from banshi.errors import BanshiError

SEALED = "\x1asealed:"
"""How a sealed value begins: with a character that no input may contain (`unprintable` refuses it), so nobody can write one."""


class Unreadable(BanshiError):
    """A sealed value cannot be opened: its key is not listed in BANSHI_SECRET_KEY, or the value was changed."""


class Keyring:
    """The secret keys, newest first; each purpose gets a key of its own derived from them."""

    def __init__(self, keys: tuple[tuple[str, bytes], ...]) -> None:
        self._keys = dict(keys)
        self.newest = next(iter(self._keys))
        self._derived: dict[tuple[str, str], bytes] = {}

    def seal(self, plain: str, purpose: str) -> str:
        """Return ``plain`` sealed under the newest key; ``purpose`` must be given again to open it."""
        nonce = os.urandom(12)
        box = AESGCM(self._key(self.newest, "seal")).encrypt(nonce, plain.encode(), purpose.encode())
        return f"{SEALED}{self.newest}.{base64.urlsafe_b64encode(nonce + box).decode()}"

    def unseal(self, sealed: str, purpose: str) -> str:
        """Return the plain value; raise Unreadable where key, value or purpose do not fit."""
        key_id, _, box = sealed.removeprefix(SEALED).partition(".")
        if key_id not in self._keys:
            msg = f"The key {key_id} is not listed in BANSHI_SECRET_KEY; add it behind the newer ones"
            raise Unreadable(msg)
        raw = base64.urlsafe_b64decode(box)
        try:
            return AESGCM(self._key(key_id, "seal")).decrypt(raw[:12], raw[12:], purpose.encode()).decode()
        except InvalidTag:
            msg = "A sealed value was changed, or belongs elsewhere"
            raise Unreadable(msg) from None

    def index(self, kind: str, value: str) -> bytes:
        """Return the blind index of ``value`` under the newest key, 32 bytes."""
        return self.mac(f"index:{kind}", normal(kind, value).encode())

    def indexes(self, kind: str, value: str) -> list[bytes]:
        """Return the blind index under every key: what a look-up must ask for."""
        return [self.mac(f"index:{kind}", normal(kind, value).encode(), key_id=k) for k in self._keys]

    def mac(self, purpose: str, message: bytes, *, key_id: str | None = None) -> bytes:
        """Return HMAC-SHA-256 of ``message`` under the key of ``purpose``, 32 bytes; KeyError for an unknown key id."""
        return hmac.digest(self._key(key_id or self.newest, purpose), message, "sha256")

    def macs(self, purpose: str, message: bytes) -> list[bytes]:
        """Return the same under every key, newest first: what a signature that was given out is held against."""
        return [self.mac(purpose, message, key_id=k) for k in self._keys]

    def knows(self, key_id: str) -> bool:
        """Return whether the key is listed."""
        return key_id in self._keys

    def _key(self, key_id: str, purpose: str) -> bytes:
        known = self._derived.get((key_id, purpose))
        if known is None:
            known = hmac.digest(self._keys[key_id], b"banshi " + purpose.encode(), "sha256")
            self._derived[key_id, purpose] = known
        return known


def token_digest(token: str) -> bytes:
    """Return what is stored of a random token (session, API): its SHA-256, 32 bytes."""
    return hashlib.sha256(token.encode()).digest()


# -- which fields are personal ------------------------------------------------------------------------------------------


@cache
def personal_fields(form: type[msgspec.Struct]) -> Mapping[str, Personal]:
    """Return the personal fields of a form by their encoded name."""
    found: dict[str, Personal] = {}
    for name, hint in get_type_hints(form, include_extras=True).items():
        for note in get_args(hint)[1:] if get_origin(hint) is not None else ():
            if isinstance(note, Personal):
                found[name] = note
    return found


def seal_fields(form: type[msgspec.Struct], data: dict[str, Any], keyring: Keyring) -> dict[str, Any]:
    """Return ``data`` with every personal field of ``form`` sealed; empty ones stay empty."""
    personal = personal_fields(form)
    if not personal:
        return data
    return {k: keyring.seal(v, k) if k in personal and v and not str(v).startswith(SEALED) else v for k, v in data.items()}


def unseal_fields(data: Mapping[str, Any], keyring: Keyring) -> dict[str, Any]:
    """Return ``data`` with every sealed value opened. Whoever calls this logs the reading."""
    return {k: keyring.unseal(v, k) if isinstance(v, str) and v.startswith(SEALED) else v for k, v in data.items()}


# -- how it looks, and how it is compared -------------------------------------------------------------------------------


def mask(kind: str, value: str) -> str:
    """Return ``value`` as pages show it: 张*芳, 100****0003, f***@example.org, 99****1234, first third of an address."""
    if not value:
        return ""
    if kind == "name":
        words = value.split()
        if len(words) > 1:
            return " ".join([words[0], *(w[0] + "*" for w in words[1:])])
        return value[0] + "*" * max(1, len(value) - 2) + (value[-1] if len(value) > 2 else "")
    if kind == "telephone":
        digits = re.sub(r"\D", "", value)
        return digits[:3] + "****" + digits[-4:] if len(digits) > 7 else "****" + digits[-2:]
    if kind == "email":
        name, at, host = value.rpartition("@")
        return f"{name[:1]}***{at}{host}"
    if kind == "identity_number":
        return value[:2] + "****" + value[-4:] if len(value) > 6 else "****"
    return value[: max(1, len(value) // 3)] + "***"


def normal(kind: str, value: str) -> str:
    """Return the form in which two spellings of one value are equal."""
    value = unicodedata.normalize("NFKC", value).strip()
    if kind in {"telephone", "identity_number"}:
        return re.sub(r"[^0-9A-Za-z+]", "", value).upper()
    return re.sub(r"\s+", " ", value).casefold()
