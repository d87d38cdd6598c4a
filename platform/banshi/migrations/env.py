"""What Alembic runs for every owner, the kernel and each plugin alike; banshi.db.migrations hands over connection and owner."""

from __future__ import annotations

from typing import Any

from alembic import context

from banshi.db import owner_metadata

OWNER: str = context.config.attributes["owner"]


def _is_the_owners(name: str | None, kind: str, _parents: Any) -> bool:
    """Look into the owner's schema only: another owner's tables are not ours to drop."""
    return kind != "schema" or name == OWNER


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=owner_metadata(OWNER),
    version_table_schema=OWNER,
    include_schemas=True,
    include_name=_is_the_owners,
    compare_type=True,
    transaction_per_migration=True,
    on_version_apply=context.config.attributes.get("on_version_apply"),
)
with context.begin_transaction():
    context.run_migrations()
