"""Client credentials, minted tokens, budgets and the meter of calls."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INSTANT = sa.Float(53)  # seconds since 1970, UTC


def upgrade() -> None:
    """Add columns to the tokens; pasted ones stay as they are."""
    for column in (
        sa.Column("client_id", sa.String),
        sa.Column("is_default", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("daily_budget", sa.Integer),
        sa.Column("monthly_budget", sa.Integer),
        sa.Column("keeps_last_poll", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("status_first", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("minted", sa.String),
        sa.Column("minted_until", INSTANT),
        sa.Column("minting", sa.String),
        sa.Column("minting_until", INSTANT),
        sa.Column("login_refusals", sa.Integer, nullable=False, server_default="0"),
        sa.Column("login_failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("login_failed_at", INSTANT),
    ):
        op.add_column("credential", column)
    op.create_table(
        "usage",
        sa.Column(
            "credential_id",
            sa.Integer,
            sa.ForeignKey("credential.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("day", sa.String, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("calls", sa.Integer, nullable=False),
    )


def downgrade() -> None:
    """Forget them."""
    op.drop_table("usage")
    for name in (
        *("client_id", "is_default", "daily_budget", "monthly_budget", "keeps_last_poll", "status_first"),
        *("minted", "minted_until", "minting", "minting_until"),
        *("login_refusals", "login_failures", "login_failed_at"),
    ):
        op.drop_column("credential", name)
