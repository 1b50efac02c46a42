"""Sign-ins, join links, API keys and the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INSTANT = sa.Float(53)  # seconds since 1970, UTC


def _to(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


def upgrade() -> None:
    """Create them; nobody is signed in yet."""
    op.add_column("team", sa.Column("keep_days", sa.Integer))
    op.create_table(
        "join_link",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.Integer, _to("team"), nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("secret_hash", sa.String, nullable=False),
        sa.Column("hint", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("uses_left", sa.Integer),
        sa.Column("uses", sa.Integer, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.UniqueConstraint("secret_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_join_link_team_id", "join_link", ["team_id"])
    op.create_table(
        "sign_in",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("secret_hash", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("subject", sa.String),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_seen_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("browser", sa.String, nullable=False),
        sa.UniqueConstraint("secret_hash"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "membership",
        sa.Column("sign_in_id", sa.Integer, _to("sign_in"), primary_key=True),
        sa.Column("team_id", sa.Integer, _to("team"), primary_key=True),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("link_id", sa.Integer, _to("join_link")),
        sa.Column("joined_at", INSTANT, nullable=False),
    )
    op.create_index("ix_membership_team_id", "membership", ["team_id"])
    op.create_index("ix_membership_link_id", "membership", ["link_id"])
    _create_keys_and_log()


def _create_keys_and_log() -> None:
    op.create_table(
        "api_key",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.Integer, _to("team"), nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("secret_hash", sa.String, nullable=False),
        sa.Column("hint", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("last_used_at", INSTANT),
        sa.Column("revoked_at", INSTANT),
        sa.UniqueConstraint("secret_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_api_key_team_id", "api_key", ["team_id"])
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.Integer, _to("team"), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("actor", sa.String, nullable=False),
        sa.Column("actor_kind", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("detail", sa.JSON, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_entry_team_newest", "audit_entry", ["team_id", "id"])


def downgrade() -> None:
    """Forget them."""
    for table in ("audit_entry", "api_key", "membership", "sign_in", "join_link"):
        op.drop_table(table)
    op.drop_column("team", "keep_days")
