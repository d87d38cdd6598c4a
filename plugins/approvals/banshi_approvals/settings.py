"""What an installation tells the plugin, by variables that begin with BANSHI_APPROVALS."""

from __future__ import annotations

import msgspec


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Keys of the two seals, whose they are, and what checks trust.

    ``seal_acceptance`` and ``seal_decision`` are PKCS#12 files, opened with the passphrase in ``seal_passphrase_file``; ``seal_roots`` is a PEM
    file with the certificates that checks trust. ``seal_signer`` (``package.module:function``) gives another `papers.Signer` than the files: it is
    called with the seal's name and these settings. ``organ`` stands on papers (empty: the department that gives them). ``fonts`` is a folder with
    more fonts.
    """

    seal_acceptance: str = ""
    seal_decision: str = ""
    seal_passphrase_file: str = ""
    seal_roots: str = ""
    seal_signer: str = ""
    organ: str = ""
    fonts: str = ""
