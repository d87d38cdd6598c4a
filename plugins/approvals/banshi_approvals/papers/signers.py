"""Whose key signs: a hook (`Signer`), and the kind that a city begins with, a PKCS#12 file beside a passphrase file.

A key on a token (PKCS#11), in a service, or of another country's algorithms is another `Signer`: it gives what pyHanko signs with, and nothing else.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import msgspec

from banshi import translator
from banshi_approvals.papers.errors import SealUnavailable

_ = translator("banshi_approvals")


class Signer(Protocol):
    """Holds the key of a seal. It can be handed to another process (pickled)."""

    def load(self, at: datetime) -> Any:
        """Return a ``pyhanko.sign.signers.Signer`` whose certificate is valid at that moment; SealUnavailable says what to mend."""
        ...


class FileSigner(msgspec.Struct, frozen=True):
    """A key and its certificates in a PKCS#12 file (``.p12``, ``.pfx``), opened with the first line of a passphrase file. Read at each use."""

    path: Path
    passphrase: Path | None = None

    def load(self, at: datetime) -> Any:
        """Return the signer; SealUnavailable for a file that is not there, a wrong passphrase, a certificate that is not valid now."""
        from cryptography.hazmat.primitives.serialization import pkcs12

        try:
            raw = self.path.read_bytes()
            secret = self.passphrase.read_text(encoding="utf8").splitlines()[0].encode() if self.passphrase else None
        except (OSError, IndexError, UnicodeDecodeError) as error:
            name = getattr(error, "filename", None) or self.passphrase or self.path
            raise SealUnavailable(_("The key of the seal cannot be read: {file}. Is it there, readable for us?"), file=str(name)) from None
        try:
            key, certificate, more = pkcs12.load_key_and_certificates(raw, secret)
        except ValueError:
            raise SealUnavailable(_("The key file of the seal, {file}, is damaged, or its passphrase is wrong."), file=str(self.path)) from None
        if key is None or certificate is None:
            raise SealUnavailable(_("The key file of the seal, {file}, holds no key with a certificate."), file=str(self.path))
        if at < certificate.not_valid_before_utc:
            since = f"{certificate.not_valid_before_utc:%Y-%m-%d}"
            raise SealUnavailable(_("The certificate of the seal is valid from {day} only."), day=since)
        if at > certificate.not_valid_after_utc:
            until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
            raise SealUnavailable(_("The certificate of the seal ended on {day}. Put a new key file in its place."), day=until)
        return _signer(key, certificate, more)


def _signer(key: Any, certificate: Any, more: list[Any]) -> Any:
    """Return what pyHanko signs with. An RSA key is used as it was loaded: pyHanko's own reads, and proves, the key anew at each signature."""
    from asn1crypto.keys import PrivateKeyInfo
    from asn1crypto.x509 import Certificate
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
    from pyhanko.sign.signers import SimpleSigner
    from pyhanko_certvalidator.registry import SimpleCertificateStore

    digests: dict[str, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
        "sha256": hashes.SHA256,
        "sha384": hashes.SHA384,
        "sha512": hashes.SHA512,
    }

    class Loaded(SimpleSigner):
        async def async_sign_raw(self, data: bytes, digest_algorithm: str, dry_run: bool = False) -> bytes:
            if not isinstance(key, RSAPrivateKey):
                return bytes(await super().async_sign_raw(data, digest_algorithm, dry_run))
            return bytes(key.key_size // 8) if dry_run else key.sign(data, PKCS1v15(), digests[digest_algorithm]())

    plain = PrivateKeyInfo.load(key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    owned, *others = [Certificate.load(c.public_bytes(Encoding.DER)) for c in (certificate, *more)]
    chain = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    chain.register_multiple(others)
    return Loaded(signing_cert=owned, signing_key=plain, cert_registry=chain)
