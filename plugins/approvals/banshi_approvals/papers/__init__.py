"""Papers: drawn (typst), sealed (PAdES), checked, made by the thousand, and kept as one archive. Nothing here knows a database or a page.

    draw(paper, language)                 a notice, decision or licence as PDF; the same paper gives the same bytes
    seal(pdf, which, signer, moment)      the stamp that is seen and the signature that is proved
    check(pdf, trust, moment)             valid, revoked, altered, unknown ...
    seal_many(papers, signer, ...)        the same for a stream of papers, on all cores
    archive(case_file, language)          one case file as a single PDF/A-3; verify_archive(pdf) lists its faults

Lazy (PEP 562), since typst, pyHanko and the fonts are heavy: naming this package loads none of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from banshi_approvals.papers.archiving import CaseFile as CaseFile
    from banshi_approvals.papers.archiving import Document as Document
    from banshi_approvals.papers.archiving import Event as Event
    from banshi_approvals.papers.archiving import Fault as Fault
    from banshi_approvals.papers.archiving import archive as archive
    from banshi_approvals.papers.archiving import verify_archive as verify_archive
    from banshi_approvals.papers.batch import Job as Job
    from banshi_approvals.papers.batch import Made as Made
    from banshi_approvals.papers.batch import seal_many as seal_many
    from banshi_approvals.papers.checking import Checked as Checked
    from banshi_approvals.papers.checking import Revoked as Revoked
    from banshi_approvals.papers.checking import Trust as Trust
    from banshi_approvals.papers.checking import check as check
    from banshi_approvals.papers.drawing import draw as draw
    from banshi_approvals.papers.errors import AlreadySealed as AlreadySealed
    from banshi_approvals.papers.errors import CannotDraw as CannotDraw
    from banshi_approvals.papers.errors import GlyphMissing as GlyphMissing
    from banshi_approvals.papers.errors import PaperError as PaperError
    from banshi_approvals.papers.errors import SealUnavailable as SealUnavailable
    from banshi_approvals.papers.issuing import Issued as Issued
    from banshi_approvals.papers.issuing import issue as issue
    from banshi_approvals.papers.sealing import seal as seal
    from banshi_approvals.papers.signers import FileSigner as FileSigner
    from banshi_approvals.papers.signers import Signer as Signer

_ROOMS = {
    "archiving": "CaseFile Document Event Fault archive verify_archive",
    "batch": "Job Made seal_many",
    "checking": "Checked Revoked Trust check",
    "drawing": "draw",
    "errors": "AlreadySealed CannotDraw GlyphMissing PaperError SealUnavailable",
    "issuing": "Issued issue",
    "sealing": "seal",
    "signers": "FileSigner Signer",
}
_PLACES = {name: room for room, names in _ROOMS.items() for name in names.split()}
__all__ = sorted(_PLACES)  # noqa: PLE0605 -- the door is one table; a test holds it against the names above


def __getattr__(name: str) -> object:
    try:
        room = _PLACES[name]
    except KeyError:
        raise AttributeError(f"papers has no {name!r}; it has: {', '.join(__all__)}") from None
    return getattr(import_module(f"{__name__}.{room}"), name)
