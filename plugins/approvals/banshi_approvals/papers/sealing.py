"""Sealing: the stamp that is seen and the signature that is proved, added to a paper without touching a byte of it.

There are exactly two seals, acceptance and decision (domain 6.4). The stamp is static: what it shows is signed, nothing in it is looked up. The
signature is PAdES (B-B; with a timestamp server B-T), so that any reader of PDFs can check it.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from banshi import translator
from banshi_approvals.papers import drawing, fonts
from banshi_approvals.papers.errors import AlreadySealed
from banshi_approvals.papers.kinds import Which
from banshi_approvals.papers.signers import Signer

_ = translator("banshi_approvals")

FIELD: dict[Which, str] = {"acceptance": "seal-acceptance", "decision": "seal-decision"}
WORDS: dict[Which, str] = {"acceptance": "受理专用章", "decision": "审批专用章"}
MILLIMETRE = 72 / 25.4
CENTRE, RADIUS = (152.0, 46.0), 20.0
"""Where it stands on the last page (millimetres from its left and lower edge): over organ and day, as on paper."""


def seal(pdf: bytes, which: Which, signer: Signer, moment: datetime, *, organ: str = "", timestamper: Any = None) -> bytes:
    """Return ``pdf`` with one of the two seals. ``organ`` stands around it; empty: the author that the paper names.

    Raises ``SealUnavailable`` where the key cannot be used, ``AlreadySealed`` where the paper bears this seal.
    """
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
    from pyhanko.sign.signers import PdfSignatureMetadata
    from pyhanko.stamp import StaticStampStyle

    key = signer.load(moment)
    reader = PdfFileReader(io.BytesIO(pdf))
    if FIELD[which] in {s.field_name for s in reader.embedded_signatures}:
        raise AlreadySealed(_("The paper bears this seal already."))
    pages = int(reader.root["/Pages"]["/Count"])
    shown = organ or str(drawing.info(reader).get("/Author", "") or "")
    box = tuple(round((c + d) * MILLIMETRE) for c, d in zip((*CENTRE, *CENTRE), (-RADIUS, -RADIUS, RADIUS, RADIUS), strict=True))
    field = SigFieldSpec(FIELD[which], on_page=pages - 1, box=box, readable_field_name=WORDS[which])  # type: ignore[arg-type]
    meta = PdfSignatureMetadata(
        field_name=FIELD[which], md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES, name=shown or None, reason=WORDS[which], use_pades_lta=False
    )
    style = StaticStampStyle(background=_picture()(_stamp(shown, which)), border_width=0)
    signing = _at(moment)(meta, key, timestamper=timestamper, stamp_style=style, new_field_spec=field)
    out = io.BytesIO()
    signing.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf)), output=out)
    return out.getvalue()


@lru_cache(maxsize=2)
def _at(moment: datetime) -> Callable[..., Any]:
    """Return a signer class whose signatures tell the moment that they are given, not what the machine's clock says."""
    from pyhanko.sign.signers import PdfSigner

    class Dated(PdfSigner):
        def init_signing_session(self, *args: Any, **more: Any) -> Any:
            session = super().init_signing_session(*args, **more)
            session.system_time = moment
            return session

    return Dated


@lru_cache(maxsize=1)
def _picture() -> Callable[[bytes], Any]:
    """Return a class for the one page of a PDF as the picture of a stamp. pyHanko's own takes it from a file alone."""
    from pyhanko.pdf_utils.content import PdfContent
    from pyhanko.pdf_utils.layout import BoxConstraints
    from pyhanko.pdf_utils.reader import PdfFileReader

    class Picture(PdfContent):
        def __init__(self, pdf: bytes) -> None:
            super().__init__()
            self.pdf = pdf

        def render(self) -> bytes:
            drawn = self._ensure_writer.import_page_as_xobject(PdfFileReader(io.BytesIO(self.pdf)))
            self.resources.xobject["/Seal"] = drawn
            left, low, right, high = drawn.get_object()["/BBox"]
            self.box = BoxConstraints(width=abs(right - left), height=abs(high - low))
            return b"/Seal Do"

    return Picture


@lru_cache(maxsize=16)
def _stamp(organ: str, which: Which) -> bytes:
    """Return the picture of a seal, a PDF of one page, drawn once a process."""
    page = {"organ": list(organ[:24]), "words": WORDS[which]}
    return drawing.compile_page("seal.typ", page, standards=["a-2b"], folder=fonts.chosen())
