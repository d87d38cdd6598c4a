"""The keys of the two seals, and the certificates that a check trusts, from the settings. Keys are read when a paper is sealed, never kept."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Any

from banshi import Refused, translator
from banshi_approvals.papers.kinds import Which
from banshi_approvals.settings import Settings

_ = translator("banshi_approvals")


class NoKey(Refused):
    """No key is set for a seal, or its file cannot be read; the message says what to mend."""

    status = 503


def signer(settings: Settings, which: Which) -> Any:
    """Return what signs with one of the two seals; NoKey where the settings name none. A key that is not right is told when it signs."""
    path = settings.seal_acceptance if which == "acceptance" else settings.seal_decision
    if not path:
        raise NoKey(_("No key is set for the seal “{which}”: name a PKCS#12 file in BANSHI_APPROVALS_SEAL_{name}."), which=which, name=which.upper())
    from banshi_approvals.papers import FileSigner

    return FileSigner(Path(path), Path(settings.seal_passphrase_file) if settings.seal_passphrase_file else None)


def trust(settings: Settings) -> Any:
    """Return what checks trust, None where the settings name no roots, or they cannot be read."""
    if not settings.seal_roots or not Path(settings.seal_roots).is_file():
        return None
    from banshi_approvals.papers import Trust

    return Trust.from_pem(Path(settings.seal_roots).read_bytes())


async def judged(settings: Settings, pdf: bytes, at: datetime) -> str:
    """Return what the seal on a file tells that is none of those we gave: altered, stranger (sealed by us, not known), foreign.

    ``unknown``: no roots are set, so that nothing can be told of its seal.
    """
    roots = trust(settings)
    if roots is None:
        return "unknown"
    from banshi_approvals import papers

    checked = await asyncio.to_thread(papers.check, pdf, roots, at)
    return {"altered": "altered", "valid": "stranger", "revoked": "stranger"}.get(checked.verdict, "foreign")
