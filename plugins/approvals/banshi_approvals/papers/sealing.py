"""Sealing: the stamp that is seen and the signature that is proved, added to a paper without touching a byte of it.

There are exactly two seals, acceptance and decision (domain 6.4). The stamp is static: what it shows is signed, nothing in it is looked up. The
signature is PAdES (B-B; with a timestamp server B-T), so that any reader of PDFs can check it.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from banshi import translator
from banshi_approvals.papers import drawing, fonts
from banshi_approvals.papers.errors import AlreadySealed
from banshi_approvals.papers.kinds import Which
from banshi_approvals.papers.signers import Signer

_ = translator("banshi_approvals")

FIELD = {"acceptance": "seal-acceptance", "decision": "seal-decision"}
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
    style = StaticStampStyle.from_pdf_file(str(_stamp(shown, which)), border_width=0)
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


@lru_cache(maxsize=16)
def _stamp(organ: str, which: Which) -> Path:
    """Return the picture of a seal as a file of one page, drawn once a process."""
    page = {"organ": list(organ[:24]), "words": WORDS[which]}
    drawn = drawing.compile_page("seal.typ", page, standards=["a-2b"], folder=fonts.chosen())
    with tempfile.NamedTemporaryFile(prefix="banshi-seal-", suffix=".pdf", delete=False) as file:
        file.write(drawn)
    return Path(file.name)
