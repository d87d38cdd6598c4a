"""Checking a paper by itself: is a seal on it, whose, is it whole. Whether it still holds is asked of whoever gave it.

A change after the seal is told, also one that was appended: what a signature does not cover changes nothing of its bytes, and yet what is shown.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal

import msgspec

from banshi_approvals.papers import drawing
from banshi_approvals.papers.kinds import Which

Verdict = Literal["valid", "revoked", "altered", "stranger", "expired", "unsealed", "unreadable"]
"""Sealed and whole · the same, but it was revoked · changed after it was sealed · sealed with a key that we do not know · with one whose certificate
did not hold at that moment · no seal is on it · it is no PDF that can be read."""
Revoked = Callable[[str], bool]
"""Answers for a document's number whether it was revoked."""


class Trust(msgspec.Struct, frozen=True):
    """The certificates that seals must lead to, DER."""

    roots: tuple[bytes, ...]

    @staticmethod
    def from_pem(pem: bytes) -> Trust:
        """Return the trust in every certificate of a PEM file; ValueError where it holds none."""
        from cryptography import x509
        from cryptography.hazmat.primitives.serialization import Encoding

        return Trust(tuple(c.public_bytes(Encoding.DER) for c in x509.load_pem_x509_certificates(pem)))


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found: the verdict, which seal, by whom and when, and the number and code that the paper names."""

    verdict: Verdict
    seal: Which | None = None
    organ: str = ""
    sealed: datetime | None = None
    number: str = ""
    code: str = ""


def check(pdf: bytes, trust: Trust, moment: datetime, *, revoked: Revoked | None = None) -> Checked:
    """Return what a paper's last seal proves. Certificates are judged at the moment of sealing that the signature tells.

    Called in a thread without an event loop of its own (`asyncio.to_thread`): the validator makes one.
    """
    if asyncio._get_running_loop() is not None:  # noqa: SLF001 -- its error would else be taken for a damaged signature
        msg = "papers.check blocks: call it in a thread"
        raise RuntimeError(msg)
    from pyhanko.pdf_utils.misc import PdfError
    from pyhanko.pdf_utils.reader import PdfFileReader

    try:
        reader = PdfFileReader(io.BytesIO(pdf))
        signatures = [s for s in reader.embedded_signatures if s.field_name.startswith("seal-")]
        told: dict[str, Any] = _told(reader)
    except (PdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
        return Checked(verdict="unreadable")
    if not signatures:
        return Checked(verdict="unsealed", **told)
    verdict: Verdict = "valid"
    known: dict[str, Any] = {}
    for signature in signatures:
        found, known = _judged(signature, trust, moment)
        if found != "valid":
            return Checked(verdict=found, **known, **told)
    if revoked is not None and told["number"] and revoked(told["number"]):
        verdict = "revoked"
    return Checked(verdict=verdict, **known, **told)


def _told(reader: Any) -> dict[str, str]:
    """Return the number and code that a paper names among its keywords."""
    said = drawing.read_mark(str(drawing.info(reader).get("/Keywords", "") or ""))
    return {"number": said.get("number", ""), "code": said.get("code", "")}


def _judged(signature: Any, trust: Trust, moment: datetime) -> tuple[Verdict, dict[str, Any]]:
    from asn1crypto import x509
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    at = signature.self_reported_timestamp or moment
    known = {
        "seal": signature.field_name.removeprefix("seal-"),
        "organ": str(signature.sig_object.get("/Name", "") or signature.signer_cert.subject.native.get("common_name", "")),
        "sealed": at,
    }
    roots = [x509.Certificate.load(der) for der in trust.roots]
    context = ValidationContext(trust_roots=roots, moment=at, allow_fetching=False, revocation_mode="soft-fail")
    try:
        status = validate_pdf_signature(signature, signer_validation_context=context)
    except Exception:
        return "altered", known
    level = status.modification_level
    if not status.intact or not status.valid or level not in {ModificationLevel.NONE, ModificationLevel.LTA_UPDATES, ModificationLevel.FORM_FILLING}:
        return "altered", known
    if level == ModificationLevel.FORM_FILLING and not _only_another_seal(signature):
        return "altered", known
    if status.trusted:
        return "valid", known
    ended = signature.signer_cert.not_valid_after < at or signature.signer_cert.not_valid_before > at
    issuers = {r.subject.hashable for r in roots}
    return ("expired" if ended and signature.signer_cert.issuer.hashable in issuers else "stranger"), known


def _only_another_seal(signature: Any) -> bool:
    """Return whether what came after a seal is our other seal and nothing else."""
    return len(signature.reader.embedded_signatures) > 1
