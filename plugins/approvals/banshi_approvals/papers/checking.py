"""Checking a paper by itself: is a seal on it, whose, is it whole. Whether it still holds is asked of whoever gave it.

A change after the seal is told, also one that was appended: what a signature does not cover changes nothing of its bytes, and yet what is shown.
So the last signature must be one of our seals and cover the file to its end; before it only our other seal may stand.
When a seal was given is what the signature says of itself, unless a timestamp authority signed that too: whoever holds an old key can date back.
The check page therefore calls genuine only what the organ's own register names.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from banshi_approvals.papers import drawing
from banshi_approvals.papers.kinds import Which
from banshi_approvals.papers.sealing import FIELD, WORDS

Verdict = Literal["valid", "revoked", "altered", "stranger", "expired", "unsealed", "unreadable"]
"""Sealed and whole · the same, but it was revoked · changed after it was sealed · sealed with a key that we do not know for this seal · with one whose certificate
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
        signatures = list(reader.embedded_signatures)
        told: dict[str, Any] = _told(reader)
    except (PdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError):
        return Checked(verdict="unreadable")
    if not any(_which(s) for s in signatures):
        return Checked(verdict="unsealed", **told)
    known: dict[str, Any] = {}
    for nth, signature in enumerate(signatures, 1):
        found, known = _judged(signature, trust, moment, last=nth == len(signatures))
        if found != "valid":
            return Checked(verdict=found, **known, **told)
    if revoked is not None and told["number"] and revoked(told["number"]):
        return Checked(verdict="revoked", **known, **told)
    return Checked(verdict="valid", **known, **told)


def _which(signature: Any) -> Which | None:
    """Return which seal a signature is, by the field that it stands in; None for one that is none of ours."""
    return next((which for which, field in FIELD.items() if field == signature.field_name), None)


def _told(reader: Any) -> dict[str, str]:
    """Return the number and code that a paper names among its keywords."""
    said = drawing.read_mark(str(drawing.info(reader).get("/Keywords", "") or ""))
    return {"number": said.get("number", ""), "code": said.get("code", "")}


def _judged(signature: Any, trust: Trust, moment: datetime, *, last: bool) -> tuple[Verdict, dict[str, Any]]:
    from asn1crypto import x509
    from pyhanko.sign.validation import validate_pdf_signature
    from pyhanko_certvalidator import ValidationContext

    which = _which(signature)
    if which is None:
        return "altered", {}  # a hand that is not ours wrote on a paper of ours
    at = signature.self_reported_timestamp or moment
    names = signature.signer_cert.subject.native
    known = {"seal": which, "organ": str(signature.sig_object.get("/Name", "") or names.get("common_name", "")), "sealed": at}
    roots = [x509.Certificate.load(der) for der in trust.roots]
    context = ValidationContext(trust_roots=roots, moment=at, allow_fetching=False, revocation_mode="soft-fail")
    try:
        status = validate_pdf_signature(signature, signer_validation_context=context)
    except Exception:  # damaged structures make the validator raise whatever they like
        return "altered", known
    if not status.intact or not status.valid or not _untouched(status, last=last):
        return "altered", known
    if status.trusted:
        return ("valid" if _for_this_seal(names, which) else "stranger"), known
    ended = signature.signer_cert.not_valid_after < at or signature.signer_cert.not_valid_before > at
    issuers = {r.subject.hashable for r in roots}
    return ("expired" if ended and signature.signer_cert.issuer.hashable in issuers else "stranger"), known


def _untouched(status: Any, *, last: bool) -> bool:
    """Return whether a signature covers the file to its end, or, before the last one, whether only a signature came after it."""
    from pyhanko.sign.diff_analysis import ModificationLevel
    from pyhanko.sign.validation.status import SignatureCoverageLevel

    if last:
        return bool(status.coverage == SignatureCoverageLevel.ENTIRE_FILE)
    return status.modification_level in {ModificationLevel.NONE, ModificationLevel.FORM_FILLING}


def _for_this_seal(names: Mapping[str, Any], which: Which) -> bool:
    """Return whether a certificate may give this seal: one that names the other seal may not."""
    said = str(names)
    return WORDS[which] in said or not any(words in said for words in WORDS.values())
