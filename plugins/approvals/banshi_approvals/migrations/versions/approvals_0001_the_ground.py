"""the catalogue, papers, licences and experts"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "approvals_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "expert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("employer", sa.Text(), server_default="", nullable=False),
        sa.Column("post", sa.Text(), server_default="", nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("expert_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("expert_pkey")),
        sa.UniqueConstraint("code", name=op.f("expert_code_key")),
        schema="approvals",
    )
    op.create_index("expert_fields", "expert", ["fields"], unique=False, schema="approvals", postgresql_using="gin")
    op.create_table(
        "inspection_form",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("inspection_form_pkey")),
        sa.UniqueConstraint("code", "version", name=op.f("inspection_form_code_version_key")),
        schema="approvals",
    )
    op.create_table(
        "item_reform",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("into", sa.Text(), nullable=True),
        sa.Column("district_id", sa.BigInteger(), nullable=True),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("open_cases", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["kernel.department.id"], name=op.f("item_reform_department_id_fkey")),
        sa.ForeignKeyConstraint(["district_id"], ["kernel.district.id"], name=op.f("item_reform_district_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("item_reform_pkey")),
        schema="approvals",
    )
    op.create_index("item_reform_item", "item_reform", ["item", "day"], unique=False, schema="approvals")
    op.create_table(
        "licence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("holder_kind", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("holder_index", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.Text(), server_default="", nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("conditions", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("check_code", sa.Text(), nullable=False),
        sa.Column("renewing_case_id", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name=op.f("licence_case_id_fkey")),
        sa.ForeignKeyConstraint(["department_id"], ["kernel.department.id"], name=op.f("licence_department_id_fkey")),
        sa.ForeignKeyConstraint(["district_id"], ["kernel.district.id"], name=op.f("licence_district_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("licence_person_id_fkey")),
        sa.ForeignKeyConstraint(["renewing_case_id"], ["kernel.case.id"], name=op.f("licence_renewing_case_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("licence_pkey")),
        sa.UniqueConstraint("check_code", name=op.f("licence_check_code_key")),
        sa.UniqueConstraint("number", name=op.f("licence_number_key")),
        schema="approvals",
    )
    op.create_index("licence_district", "licence", ["district_id", "number"], unique=False, schema="approvals")
    op.create_index("licence_ends", "licence", ["valid_until"], unique=False, schema="approvals", postgresql_where=sa.text("state = 'valid'"))
    op.create_index(op.f("licence_holder_index_idx"), "licence", ["holder_index"], unique=False, schema="approvals")
    op.create_table(
        "matter",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("family", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("matter_pkey")),
        schema="approvals",
    )
    op.create_table(
        "paper",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("check_code", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("document_id", sa.BigInteger(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("written", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name=op.f("paper_case_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("paper_pkey")),
        sa.UniqueConstraint("case_id", "key", name=op.f("paper_case_id_key_key")),
        sa.UniqueConstraint("check_code", name=op.f("paper_check_code_key")),
        sa.UniqueConstraint("number", name=op.f("paper_number_key")),
        schema="approvals",
    )
    op.create_index(op.f("paper_case_id_idx"), "paper", ["case_id"], unique=False, schema="approvals")
    op.create_index(op.f("paper_digest_idx"), "paper", ["digest"], unique=False, schema="approvals")
    op.create_index(op.f("paper_licence_idx"), "paper", ["licence"], unique=False, schema="approvals")
    op.create_index("paper_waiting", "paper", ["id"], unique=False, schema="approvals", postgresql_where=sa.text("state = 'waiting'"))
    op.create_table(
        "paper_counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", "year", name=op.f("paper_counter_pkey")),
        schema="approvals",
    )
    op.create_table(
        "item_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["matter"], ["approvals.matter.code"], name=op.f("item_version_matter_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("item_version_pkey")),
        sa.UniqueConstraint("item", "version", name=op.f("item_version_item_version_key")),
        schema="approvals",
    )
    op.create_index("item_version_draft", "item_version", ["item"], unique=True, schema="approvals", postgresql_where=sa.text("state = 'draft'"))
    op.create_index(
        "item_version_published",
        "item_version",
        ["item"],
        unique=True,
        schema="approvals",
        postgresql_where=sa.text("state = 'published' and valid_until is null"),
    )
    op.create_table(
        "licence_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=True),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name=op.f("licence_event_case_id_fkey")),
        sa.ForeignKeyConstraint(["licence"], ["approvals.licence.number"], name=op.f("licence_event_licence_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("licence_event_pkey")),
        sa.UniqueConstraint("key", name=op.f("licence_event_key_key")),
        schema="approvals",
    )
    op.create_index(op.f("licence_event_licence_idx"), "licence_event", ["licence"], unique=False, schema="approvals")

    op.create_table(
        "inspection_finding",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("again", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name=op.f("inspection_finding_case_id_fkey")),
        sa.ForeignKeyConstraint(["district_id"], ["kernel.district.id"], name=op.f("inspection_finding_district_id_fkey")),
        sa.PrimaryKeyConstraint("case_id", "item", name=op.f("inspection_finding_pkey")),
        schema="approvals",
    )
    op.create_index("inspection_finding_form", "inspection_finding", ["form", "day"], unique=False, schema="approvals")
    op.create_table(
        "panel_seat",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("expert", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name=op.f("panel_seat_case_id_fkey")),
        sa.ForeignKeyConstraint(["expert"], ["approvals.expert.code"], name=op.f("panel_seat_expert_fkey")),
        sa.PrimaryKeyConstraint("case_id", "expert", name=op.f("panel_seat_pkey")),
        schema="approvals",
    )
    op.create_index("panel_seat_expert", "panel_seat", ["expert"], unique=False, schema="approvals", postgresql_where=sa.text("state = 'seated'"))


def downgrade() -> None:
    """Go one version down."""
    op.drop_index("panel_seat_expert", table_name="panel_seat", schema="approvals", postgresql_where=sa.text("state = 'seated'"))
    op.drop_table("panel_seat", schema="approvals")
    op.drop_index("inspection_finding_form", table_name="inspection_finding", schema="approvals")
    op.drop_table("inspection_finding", schema="approvals")
    op.drop_index(op.f("licence_event_licence_idx"), table_name="licence_event", schema="approvals")
    op.drop_table("licence_event", schema="approvals")
    op.drop_index(
        "item_version_published",
        table_name="item_version",
        schema="approvals",
        postgresql_where=sa.text("state = 'published' and valid_until is null"),
    )
    op.drop_index("item_version_draft", table_name="item_version", schema="approvals", postgresql_where=sa.text("state = 'draft'"))
    op.drop_table("item_version", schema="approvals")
    op.drop_table("paper_counter", schema="approvals")
    op.drop_index("paper_waiting", table_name="paper", schema="approvals", postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index(op.f("paper_case_id_idx"), table_name="paper", schema="approvals")
    op.drop_table("paper", schema="approvals")
    op.drop_table("matter", schema="approvals")
    op.drop_index(op.f("licence_holder_index_idx"), table_name="licence", schema="approvals")
    op.drop_index("licence_ends", table_name="licence", schema="approvals", postgresql_where=sa.text("state = 'valid'"))
    op.drop_index("licence_district", table_name="licence", schema="approvals")
    op.drop_table("licence", schema="approvals")
    op.drop_index("item_reform_item", table_name="item_reform", schema="approvals")
    op.drop_table("item_reform", schema="approvals")
    op.drop_table("inspection_form", schema="approvals")
    op.drop_index("expert_fields", table_name="expert", schema="approvals", postgresql_using="gin")
    op.drop_table("expert", schema="approvals")
