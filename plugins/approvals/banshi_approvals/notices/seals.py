"""The keys of the two seals, and the certificates that a check trusts, from the settings. Keys are read when a paper is sealed, never kept.

The demo city makes its own at first use, in its data folder: a root that nobody else trusts.
"""

from __future__ import annotations

import asyncio
import pkgutil
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from banshi import Refused, toolkit, translator
from banshi_approvals.papers.kinds import Which
from banshi_approvals.settings import Settings

_ = translator("banshi_approvals")

DEMO = "demo-seals"
YEAR = timedelta(days=365)


class NoKey(Refused):
    """No key is set for a seal; the message says what to mend."""

    status = 503


def settled(place: toolkit.Work | toolkit.Visit, at: datetime) -> Settings:
    """Return the plugin's settings; where the demo city runs and none names a key, with keys of the demo city's own."""
    given: Settings = place.settings_of("approvals") if isinstance(place, toolkit.Work) else place.site.settings_of("approvals")
    site = place.settings if isinstance(place, toolkit.Work) else place.site.settings
    if not site.demo or given.seal_acceptance or given.seal_decision or given.seal_signer:
        return given
    found = _demo(Path(site.data) / DEMO, given.organ or "banshi demo", at - YEAR)
    return msgspec.structs.replace(
        given,
        seal_acceptance=str(found.acceptance),
        seal_decision=str(found.decision),
        seal_passphrase_file=str(found.passphrase),
        seal_roots=str(found.roots),
    )


def _demo(folder: Path, organ: str, since: datetime) -> Any:
    """Return the demo city's keys; of two processes that make them at once, the first one's stay."""
    from banshi_approvals.papers import issue

    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=folder.parent))
        issue(making, organ, since)
        try:
            making.rename(folder)
        except OSError:  # somebody was faster
            shutil.rmtree(making)
    return issue(folder, organ, since)


def signer(settings: Settings, which: Which) -> Any:
    """Return what signs with one of the two seals; NoKey where the settings name none. A key that is not right is told when it signs."""
    if settings.seal_signer:
        return _given(settings.seal_signer)(which, settings)
    path = settings.seal_acceptance if which == "acceptance" else settings.seal_decision
    if not path:
        raise NoKey(_("No key is set for the seal “{which}”: name a PKCS#12 file in BANSHI_APPROVALS_SEAL_{name}."), which=which, name=which.upper())
    from banshi_approvals.papers import FileSigner

    return FileSigner(Path(path), Path(settings.seal_passphrase_file) if settings.seal_passphrase_file else None)


def _given(name: str) -> Any:
    """Return the function that a city's own code gives signers by."""
    try:
        return pkgutil.resolve_name(name)
    except (ImportError, AttributeError, ValueError):
        raise NoKey(_("BANSHI_APPROVALS_SEAL_SIGNER names “{name}”, which cannot be imported."), name=name) from None


def trust(settings: Settings) -> Any:
    """Return what checks trust, None where the settings name no roots, or they are not there."""
    if not settings.seal_roots or not Path(settings.seal_roots).is_file():
        return None
    from banshi_approvals.papers import Trust

    return Trust.from_pem(Path(settings.seal_roots).read_bytes())


async def judged(settings: Settings, pdf: bytes, at: datetime) -> tuple[str, str]:
    """Return what the seal on a file tells that is none of those we gave, and the check code that it names.

    Altered, stranger (sealed by us, not known), foreign; ``unknown``: no roots are set, so that nothing can be told of its seal.
    """
    roots = trust(settings)
    if roots is None:
        return "unknown", ""
    from banshi_approvals import papers

    checked = await asyncio.to_thread(papers.check, pdf, roots, at)
    return {"altered": "altered", "valid": "stranger", "revoked": "stranger"}.get(checked.verdict, "foreign"), checked.code
