"""the ground"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from banshi.db import Xid8

revision = "kernel_0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go one version up."""
    op.create_table(
        "audit_entry",
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name=op.f("audit_entry_pkey")),
        schema="kernel",
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.SmallInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("audit_head_pkey")),
        schema="kernel",
    )
    op.create_table(
        "case_type",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("states", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("outcomes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("schema", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("case_type_pkey")),
        sa.UniqueConstraint("owner", "name", "version", name=op.f("case_type_owner_name_version_key")),
        schema="kernel",
    )
    op.create_table(
        "day_head",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("audit_sequence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("day_head_pkey")),
        schema="kernel",
    )
    op.create_table(
        "district",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("zone", sa.Text(), nullable=False),
        sa.Column("path", postgresql.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.Column("host", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["parent_id"], ["kernel.district.id"], name=op.f("district_parent_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("district_pkey")),
        sa.UniqueConstraint("code", name=op.f("district_code_key")),
        sa.UniqueConstraint("host", name=op.f("district_host_key")),
        schema="kernel",
    )
    op.create_table(
        "idempotency",
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lasting", sa.Boolean(), server_default="false", nullable=False),
        sa.PrimaryKeyConstraint("actor", "key", name=op.f("idempotency_pkey")),
        schema="kernel",
    )
    op.create_index("idempotency_created", "idempotency", ["created"], unique=False, schema="kernel", postgresql_using="brin")
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("telephone", sa.Text(), server_default="", nullable=False),
        sa.Column("telephone_index", sa.LargeBinary(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("person_pkey")),
        schema="kernel",
    )
    op.create_index(op.f("person_telephone_index_idx"), "person", ["telephone_index"], unique=False, schema="kernel")
    op.create_table(
        "relay_cursor",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("xid", Xid8(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", name=op.f("relay_cursor_pkey")),
        schema="kernel",
    )
    op.create_table(
        "revision",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("revision_pkey")),
        schema="kernel",
    )
    op.create_table(
        "role",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("permissions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("role_pkey")),
        schema="kernel",
    )
    op.create_table(
        "throttle",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("throttle_pkey")),
        schema="kernel",
    )
    op.create_table(
        "account",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("account_person_id_fkey")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("account_pkey")),
        schema="kernel",
    )
    op.create_index("account_login_key", "account", [sa.literal_column("lower(login)")], unique=True, schema="kernel")
    op.create_table(
        "department",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("title", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("part", sa.Text(), server_default="", nullable=False),
        sa.Column("superior_by_trade_id", sa.BigInteger(), nullable=True),
        sa.Column("superior_by_area_id", sa.BigInteger(), nullable=True),
        sa.Column("telephone", sa.Text(), server_default="", nullable=False),
        sa.Column("address", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("reviews", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("dissolved", sa.Boolean(), server_default="false", nullable=False),
        sa.CheckConstraint("part in ('', 'intake', 'oversight')", name=op.f("department_part_check")),
        sa.ForeignKeyConstraint(["district_id"], ["kernel.district.id"], name=op.f("department_district_id_fkey")),
        sa.ForeignKeyConstraint(["superior_by_area_id"], ["kernel.department.id"], name=op.f("department_superior_by_area_id_fkey")),
        sa.ForeignKeyConstraint(["superior_by_trade_id"], ["kernel.department.id"], name=op.f("department_superior_by_trade_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("department_pkey")),
        sa.UniqueConstraint("code", name=op.f("department_code_key")),
        schema="kernel",
    )
    op.create_table(
        "district_plugin",
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("plugin", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["district_id"], ["kernel.district.id"], name=op.f("district_plugin_district_id_fkey")),
        sa.PrimaryKeyConstraint("district_id", "plugin", name=op.f("district_plugin_pkey")),
        schema="kernel",
    )
    op.create_table(
        "duty",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("case_type", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("text", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("basis", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["kernel.department.id"], name=op.f("duty_department_id_fkey")),
        sa.ForeignKeyConstraint(["district_id"], ["kernel.district.id"], name=op.f("duty_district_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("duty_pkey")),
        schema="kernel",
    )
    op.create_index("duty_case_type_category_district_id_key", "duty", ["case_type", "category", "district_id"], unique=True, schema="kernel")
    op.create_index(op.f("duty_department_id_idx"), "duty", ["department_id"], unique=False, schema="kernel")
    op.create_table(
        "post",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("staff_number", sa.Text(), nullable=False),
        sa.Column("roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["department_id"], ["kernel.department.id"], name=op.f("post_department_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("post_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("post_pkey")),
        sa.UniqueConstraint("staff_number", name=op.f("post_staff_number_key")),
        schema="kernel",
    )
    op.create_index(op.f("post_department_id_idx"), "post", ["department_id"], unique=False, schema="kernel")
    op.create_index(op.f("post_person_id_idx"), "post", ["person_id"], unique=False, schema="kernel")
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["post_id"], ["kernel.post.id"], name=op.f("api_token_post_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("api_token_pkey")),
        sa.UniqueConstraint("digest", name=op.f("api_token_digest_key")),
        schema="kernel",
    )
    op.create_table(
        "case",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("district_id", sa.BigInteger(), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=True),
        sa.Column("type_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("applicant_id", sa.BigInteger(), nullable=True),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("assignee_id", sa.BigInteger(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("confidentiality", sa.Text(), server_default="", nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False),
        sa.Column("helpers", sa.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.Column("recused", sa.ARRAY(sa.BigInteger()), server_default="{}", nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["applicant_id"], ["kernel.person.id"], name=op.f("case_applicant_id_fkey")),
        sa.ForeignKeyConstraint(["area_id"], ["kernel.district.id"], name=op.f("case_area_id_fkey")),
        sa.ForeignKeyConstraint(["assignee_id"], ["kernel.post.id"], name=op.f("case_assignee_id_fkey")),
        sa.ForeignKeyConstraint(["department_id"], ["kernel.department.id"], name=op.f("case_department_id_fkey")),
        sa.ForeignKeyConstraint(["district_id"], ["kernel.district.id"], name=op.f("case_district_id_fkey")),
        sa.ForeignKeyConstraint(["type_id"], ["kernel.case_type.id"], name=op.f("case_type_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("case_pkey")),
        sa.UniqueConstraint("number", name=op.f("case_number_key")),
        schema="kernel",
    )
    op.create_index(
        "case_by_applicant",
        "case",
        ["applicant_id", "received", "id"],
        unique=False,
        schema="kernel",
        postgresql_where=sa.text("applicant_id is not null"),
    )
    op.create_index(
        "case_by_assignee",
        "case",
        ["assignee_id", "received", "id"],
        unique=False,
        schema="kernel",
        postgresql_where=sa.text("assignee_id is not null"),
    )
    op.create_index("case_by_department", "case", ["department_id", "received", "id"], unique=False, schema="kernel")
    op.create_index("case_by_district", "case", ["district_id", "received", "id"], unique=False, schema="kernel")
    op.create_index(
        "case_open_by_assignee", "case", ["assignee_id", "received", "id"], unique=False, schema="kernel", postgresql_where=sa.text("closed is null")
    )
    op.create_index(
        "case_open_by_department",
        "case",
        ["department_id", "received", "id"],
        unique=False,
        schema="kernel",
        postgresql_where=sa.text("closed is null"),
    )
    op.create_index(
        "case_open_by_district", "case", ["district_id", "received", "id"], unique=False, schema="kernel", postgresql_where=sa.text("closed is null")
    )
    op.create_index(
        "case_by_helper",
        "case",
        ["helpers"],
        unique=False,
        schema="kernel",
        postgresql_using="gin",
        postgresql_where=sa.text("helpers <> '{}'"),
    )
    op.create_table(
        "session",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("session_person_id_fkey")),
        sa.ForeignKeyConstraint(["post_id"], ["kernel.post.id"], name=op.f("session_post_id_fkey")),
        sa.PrimaryKeyConstraint("digest", name=op.f("session_pkey")),
        schema="kernel",
    )
    op.create_index(op.f("session_expires_idx"), "session", ["expires"], unique=False, schema="kernel")
    op.create_index(op.f("session_person_id_idx"), "session", ["person_id"], unique=False, schema="kernel")
    op.create_table(
        "case_event",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("post_id", sa.BigInteger(), nullable=True),
        sa.Column("acting_for_id", sa.BigInteger(), nullable=True),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded", sa.DateTime(timezone=True), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=True),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("xid", Xid8(), server_default=sa.text("pg_current_xact_id()"), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name=op.f("case_event_case_id_fkey")),
        sa.PrimaryKeyConstraint("case_id", "sequence", name=op.f("case_event_pkey")),
        schema="kernel",
    )
    op.create_index("case_event_recorded", "case_event", ["recorded"], unique=False, schema="kernel", postgresql_using="brin")
    op.create_index("case_event_xid", "case_event", ["xid", "case_id", "sequence"], unique=False, schema="kernel")
    op.create_table(
        "case_party",
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("confidential", sa.Boolean(), server_default="false", nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name=op.f("case_party_case_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("case_party_person_id_fkey")),
        sa.PrimaryKeyConstraint("case_id", "role", "person_id", name=op.f("case_party_pkey")),
        schema="kernel",
    )
    op.create_index("case_party_person", "case_party", ["person_id"], unique=False, schema="kernel")
    op.create_table(
        "notice",
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("capacity", sa.Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name=op.f("notice_case_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("notice_person_id_fkey")),
        sa.PrimaryKeyConstraint("person_id", "capacity", "case_id", "sequence", name=op.f("notice_pkey")),
        schema="kernel",
    )
    op.create_index("notice_case", "notice", ["case_id"], unique=False, schema="kernel")
    op.create_table(
        "personal_index",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name=op.f("personal_index_case_id_fkey")),
        sa.PrimaryKeyConstraint("kind", "digest", "case_id", name=op.f("personal_index_pkey")),
        schema="kernel",
    )
    op.create_index("personal_index_case", "personal_index", ["case_id"], unique=False, schema="kernel")
    op.create_table(
        "draft",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("draft_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("draft_pkey")),
        schema="kernel",
    )
    op.create_index(op.f("draft_expires_idx"), "draft", ["expires"], unique=False, schema="kernel")
    op.create_index(op.f("draft_person_id_idx"), "draft", ["person_id"], unique=False, schema="kernel")
    op.create_table(
        "mandate",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("helper_id", sa.BigInteger(), nullable=False),
        sa.Column("given", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["helper_id"], ["kernel.person.id"], name=op.f("mandate_helper_id_fkey")),
        sa.ForeignKeyConstraint(["person_id"], ["kernel.person.id"], name=op.f("mandate_person_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("mandate_pkey")),
        schema="kernel",
    )
    op.create_index(op.f("mandate_helper_id_idx"), "mandate", ["helper_id"], unique=False, schema="kernel")
    op.create_index(op.f("mandate_person_id_idx"), "mandate", ["person_id"], unique=False, schema="kernel")
    op.create_table(
        "seen",
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["kernel.case.id"], name=op.f("seen_case_id_fkey")),
        sa.ForeignKeyConstraint(["post_id"], ["kernel.post.id"], name=op.f("seen_post_id_fkey")),
        sa.PrimaryKeyConstraint("post_id", "case_id", name=op.f("seen_pkey")),
        schema="kernel",
    )
    op.create_index("seen_case", "seen", ["case_id", "at"], unique=False, schema="kernel")
    op.create_table(
        "saved_view",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("query", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["kernel.department.id"], name=op.f("saved_view_department_id_fkey")),
        sa.ForeignKeyConstraint(["post_id"], ["kernel.post.id"], name=op.f("saved_view_post_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("saved_view_pkey")),
        schema="kernel",
    )
    op.create_index(op.f("saved_view_department_id_idx"), "saved_view", ["department_id"], unique=False, schema="kernel")
    op.create_index(op.f("saved_view_post_id_idx"), "saved_view", ["post_id"], unique=False, schema="kernel")
    op.create_table(
        "answer_template",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["kernel.department.id"], name=op.f("answer_template_department_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("answer_template_pkey")),
        schema="kernel",
    )
    op.create_index(op.f("answer_template_department_id_idx"), "answer_template", ["department_id"], unique=False, schema="kernel")
    op.create_table(
        "handover",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("department_id", sa.BigInteger(), nullable=False),
        sa.Column("post_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["department_id"], ["kernel.department.id"], name=op.f("handover_department_id_fkey")),
        sa.ForeignKeyConstraint(["post_id"], ["kernel.post.id"], name=op.f("handover_post_id_fkey")),
        sa.PrimaryKeyConstraint("id", name=op.f("handover_pkey")),
        schema="kernel",
    )
    op.create_index("handover_department", "handover", ["department_id", "at"], unique=False, schema="kernel")
    op.execute("insert into kernel.audit_head (id, sequence, digest) values (1, 0, '')")
    op.execute("insert into kernel.revision (name, value) values ('directory', 1)")


def downgrade() -> None:
    """Go one version down."""
    for table in ("handover", "answer_template", "saved_view", "seen", "mandate", "draft"):
        op.drop_table(table, schema="kernel")
    op.drop_index("personal_index_case", table_name="personal_index", schema="kernel")
    op.drop_table("personal_index", schema="kernel")
    op.drop_index("notice_case", table_name="notice", schema="kernel")
    op.drop_table("notice", schema="kernel")
    op.drop_index("case_party_person", table_name="case_party", schema="kernel")
    op.drop_table("case_party", schema="kernel")
    op.drop_index("case_event_xid", table_name="case_event", schema="kernel")
    op.drop_index("case_event_recorded", table_name="case_event", schema="kernel", postgresql_using="brin")
    op.drop_table("case_event", schema="kernel")
    op.drop_index(op.f("session_person_id_idx"), table_name="session", schema="kernel")
    op.drop_index(op.f("session_expires_idx"), table_name="session", schema="kernel")
    op.drop_table("session", schema="kernel")
    op.drop_index("case_open_by_district", table_name="case", schema="kernel", postgresql_where=sa.text("closed is null"))
    op.drop_index("case_open_by_department", table_name="case", schema="kernel", postgresql_where=sa.text("closed is null"))
    op.drop_index("case_open_by_assignee", table_name="case", schema="kernel", postgresql_where=sa.text("closed is null"))
    op.drop_index("case_by_district", table_name="case", schema="kernel")
    op.drop_index("case_by_department", table_name="case", schema="kernel")
    op.drop_index("case_by_assignee", table_name="case", schema="kernel", postgresql_where=sa.text("assignee_id is not null"))
    op.drop_index("case_by_applicant", table_name="case", schema="kernel", postgresql_where=sa.text("applicant_id is not null"))
    op.drop_index("case_by_helper", table_name="case", schema="kernel", postgresql_using="gin", postgresql_where=sa.text("helpers <> '{}'"))
    op.drop_table("case", schema="kernel")
    op.drop_table("api_token", schema="kernel")
    op.drop_index(op.f("post_person_id_idx"), table_name="post", schema="kernel")
    op.drop_index(op.f("post_department_id_idx"), table_name="post", schema="kernel")
    op.drop_table("post", schema="kernel")
    op.drop_index(op.f("duty_department_id_idx"), table_name="duty", schema="kernel")
    op.drop_index("duty_case_type_category_district_id_key", table_name="duty", schema="kernel")
    op.drop_table("duty", schema="kernel")
    op.drop_table("district_plugin", schema="kernel")
    op.drop_table("department", schema="kernel")
    op.drop_index("account_login_key", table_name="account", schema="kernel")
    op.drop_table("account", schema="kernel")
    op.drop_table("throttle", schema="kernel")
    op.drop_table("role", schema="kernel")
    op.drop_table("revision", schema="kernel")
    op.drop_table("relay_cursor", schema="kernel")
    op.drop_index(op.f("person_telephone_index_idx"), table_name="person", schema="kernel")
    op.drop_table("person", schema="kernel")
    op.drop_index("idempotency_created", table_name="idempotency", schema="kernel", postgresql_using="brin")
    op.drop_table("idempotency", schema="kernel")
    op.drop_table("district", schema="kernel")
    op.drop_table("day_head", schema="kernel")
    op.drop_table("case_type", schema="kernel")
    op.drop_table("audit_head", schema="kernel")
    op.drop_table("audit_entry", schema="kernel")
