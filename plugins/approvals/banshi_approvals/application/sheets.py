"""What stands on the papers that an application gives: each a row in the transaction of the act that gives it, drawn and sealed afterwards.

What is written down is what held at that moment; the name of the holder is in it, so it is sealed.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec

from banshi import Put, Vault
from banshi_approvals.models import paper

PURPOSE = "approvals.paper"
CODE_LENGTH = 16
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
Kind = Literal["receipt", "correction", "acceptance", "not_accepted", "special", "decision", "licence", "promise", "revocation"]


def sheet(vault: Vault, kind: Kind, key: str, told: Mapping[str, Any], at: datetime, *, licence: str | None = None) -> Put:
    """Return the row of a paper: ``key`` tells it from others of its case, so that the same act sent again gives no second one.

    ``licence`` is the licence whose document it is, or that it takes away.
    """
    content = msgspec.json.encode(dict(told)).decode()
    values = {"kind": kind, "key": key, "content": vault.seal(content, PURPOSE), "check_code": check_code(), "written": at, "licence": licence}
    return Put(table=paper, values=values, case="case_id")


def check_code() -> str:
    """Return a new code under which a paper or licence is checked: 80 bits, without letters that are mistaken for others."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def read(vault: Vault, row: Any) -> dict[str, Any]:
    """Return what stands on a paper."""
    return dict(msgspec.json.decode(vault.unseal(row.content, PURPOSE)))
