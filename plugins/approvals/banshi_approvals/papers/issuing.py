"""A certificate authority for a demo or a test: one root, and a key file for each of the two seals. A city takes its own authority's."""

from __future__ import annotations

import os
import secrets
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from banshi_approvals.papers.kinds import SEALS
from banshi_approvals.papers.sealing import WORDS

YEAR = timedelta(days=365)


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """Where the files are: the key of each seal, the passphrase, the root that checks trust."""

    acceptance: Path
    decision: Path
    passphrase: Path
    roots: Path


def issue(folder: Path, organ: str, at: datetime, *, lasts: timedelta = 5 * YEAR) -> Issued:
    """Make the files in ``folder`` (readable by their owner only) where they are not there yet, and return where they are."""
    found = Issued(
        acceptance=folder / "acceptance.p12", decision=folder / "decision.p12", passphrase=folder / "passphrase.txt", roots=folder / "roots.pem"
    )
    if all(p.exists() for p in (found.acceptance, found.decision, found.passphrase, found.roots)):
        return found
    folder.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(24)
    files = _files(organ, at, lasts, secret.encode())
    for path, content in {found.passphrase: secret.encode(), found.roots: files["roots"], **{getattr(found, w): files[w] for w in SEALS}}.items():
        path.unlink(missing_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
    return found


def _files(organ: str, at: datetime, lasts: timedelta, secret: bytes) -> dict[str, bytes]:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
    from cryptography.x509.oid import NameOID

    def name(common: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, organ[:64]), x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])

    begins = at - timedelta(days=1)
    root_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    root_name = name(f"{organ} 示例根证书")
    usage = {"content_commitment": False, "key_encipherment": False, "data_encipherment": False, "key_agreement": False}
    usage |= {"encipher_only": False, "decipher_only": False}
    root = (
        x509.CertificateBuilder(root_name, root_name, root_key.public_key(), x509.random_serial_number(), begins, begins + lasts)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=False, key_cert_sign=True, crl_sign=True, **usage), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(root_key.public_key()), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    found = {"roots": root.public_bytes(Encoding.PEM)}
    for which in SEALS:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        certificate = (
            x509.CertificateBuilder(root_name, name(f"{organ} {WORDS[which]}"), key.public_key(), x509.random_serial_number(), begins, begins + lasts)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(digital_signature=True, key_cert_sign=False, crl_sign=False, **usage | {"content_commitment": True}), critical=True
            )
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
            .sign(root_key, hashes.SHA256())
        )
        found[which] = pkcs12.serialize_key_and_certificates(which.encode(), key, certificate, [root], BestAvailableEncryption(secret))
    return found
