"""Moving open cases to a new version of their type, each by an event, as the version's ``Upgrade`` declares."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from banshi.cases import chain
from banshi.cases.acting import Act, Prepared, write
from banshi.cases.book import House
from banshi.cases.decoding import shapes
from banshi.cases.tables import case
from banshi.contracts import Actor, CaseType, Upgrade
from banshi.db import Connection
from banshi.errors import PluginError
from banshi.privacy import Keyring, seal_fields, unseal_fields

UPGRADED = "upgraded"
BATCH = 500
KEPT = (
    *("id", "number", "outcome", "closed", "title", "department_id", "assignee_id", "priority"),
    *("facts", "helpers", "recused", "master_id", "followed"),
)


async def upgrade_open(db: Connection, house: House, at: datetime) -> list[str]:
    """Move every open case of an older version to the declared one; return a line for each version that was left.

    Raises ``PluginError`` where an upgrade has no state for a case's own.
    """
    said: list[str] = []
    for declared in house.registry.case_types:
        for upgrade in declared.upgrades:
            old = next((r for r in house.book if (r.key, r.version) == (declared.key, upgrade.from_version)), None)
            moved = 0
            while old is not None:
                rows = (
                    await db.execute(
                        select(case).where(case.c.type_id == old.id, case.c.closed.is_(None)).order_by(case.c.id).limit(BATCH).with_for_update()
                    )
                ).all()
                if not rows:
                    break
                await write(db, Actor.SYSTEM, {r.number: _prepared(house, declared, upgrade, r, at) for r in rows}, at)
                moved += len(rows)
            if moved:
                said.append(f"case type {declared.key}: {moved} open cases moved from version {upgrade.from_version} to {declared.version}")
    return said


def _prepared(house: House, declared: CaseType, upgrade: Upgrade, row: Any, at: datetime) -> Prepared:
    state = upgrade.states.get(row.state)
    if state is None or state not in {s.name for s in declared.states}:
        msg = f"{declared.key}: the upgrade from version {upgrade.from_version} has no state for {row.state!r}"
        raise PluginError(msg)
    data = _data(declared, upgrade, row.data, house.keyring)
    body = {"from_version": upgrade.from_version, "to_version": declared.version}
    event, digest = chain.append(
        house.keyring,
        row.digest,
        row.number,
        row.sequence + 1,
        UPGRADED,
        Actor.SYSTEM,
        body,
        state=state,
        audience="staff",
        at=at,
        recorded=at,
    )
    kept = {n: getattr(row, n) for n in KEPT}
    changed = {
        "type_id": house.book.of(declared).id,
        "key": f"{row.number}:{row.revision + 1}",
        "fingerprint": event.content,
        "revision": row.revision + 1,
        "sequence": row.sequence + 1,
        "state": state,
        "data": data,
        "digest": digest.hex(),
    }
    return Prepared(act=Act(number=row.number, action=UPGRADED), row=kept | changed, event=event)


def _data(declared: CaseType, upgrade: Upgrade, stored: Mapping[str, Any], keyring: Keyring) -> dict[str, Any]:
    """Return the data as the upgrade gives it, sealed where the new form is personal; what the form does not ask stays as it was stored."""
    plain = unseal_fields(stored, keyring)
    asked = {f.name for f in shapes(declared.form)}
    given = {k: stored[k] if k not in asked and v == plain.get(k) else v for k, v in upgrade.data(plain).items()}
    return seal_fields(declared.form, given, keyring)
