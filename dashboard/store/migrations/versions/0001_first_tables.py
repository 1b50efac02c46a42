"""The first tables: team, credential, task, part, attempt.

Written out, not derived from the models: this step must do the same in ten years.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

INSTANT = sa.Float(53)  # seconds since 1970, UTC
OPEN_TASKS = sa.text("next_poll_at IS NOT NULL")


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "team",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("slug", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.UniqueConstraint("slug"),
    )
    op.create_table(
        "credential",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.Integer, sa.ForeignKey("team.id", ondelete="CASCADE"), nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("api_url", sa.String, nullable=False),
        sa.Column("secret", sa.String, nullable=False),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("hint", sa.String, nullable=False),
        sa.Column("expires_at", INSTANT),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("last_success_at", INSTANT),
        sa.Column("paused_until", INSTANT),
        sa.Column("pause_reason", sa.String),
        sa.Column("pause_detail", sa.String),
        sa.Column("paused_since", INSTANT),
        sa.UniqueConstraint("team_id", "api_url", "fingerprint"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_credential_team_id", "credential", ["team_id"])
    _create_task()
    _create_part_and_attempt()


def _create_task() -> None:
    op.create_table(
        "task",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.Integer, sa.ForeignKey("team.id", ondelete="CASCADE"), nullable=False),
        sa.Column("credential_id", sa.Integer, sa.ForeignKey("credential.id", ondelete="SET NULL")),
        sa.Column("api_url", sa.String, nullable=False),
        sa.Column("task_id", sa.String, nullable=False),
        sa.Column("operation", sa.String, nullable=False),
        sa.Column("trial", sa.Boolean, nullable=False),
        sa.Column("origin", sa.String, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("parked", sa.String),
        sa.Column("parked_since", INSTANT),
        sa.Column("parked_detail", sa.String),
        sa.Column("registered_at", INSTANT, nullable=False),
        sa.Column("submitted_at", INSTANT),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("expiry_exact", sa.Boolean, nullable=False),
        sa.Column("seen_at", INSTANT),
        sa.Column("last_polled_at", INSTANT),
        sa.Column("completed_at", INSTANT),
        sa.Column("next_poll_at", INSTANT),
        sa.Column("claim", sa.String),
        sa.Column("polls", sa.Integer, nullable=False),
        sa.Column("errors", sa.Integer, nullable=False),
        sa.Column("doubts", sa.Integer, nullable=False),
        sa.Column("task_status", sa.String),
        sa.Column("response_status_code", sa.String),
        sa.Column("notices", sa.JSON, nullable=False),
        sa.Column("remarks", sa.JSON, nullable=False),
        sa.Column("envelope", sa.Text),
        sa.UniqueConstraint("team_id", "api_url", "task_id"),
        sqlite_autoincrement=True,  # a link to a deleted task must never show another one
    )
    op.create_index("ix_task_credential_id", "task", ["credential_id"])
    op.create_index("ix_task_team_state", "task", ["team_id", "state", "id"])
    op.create_index("ix_task_team_newest", "task", ["team_id", "id"])
    op.create_index(
        "ix_task_due", "task", ["next_poll_at"], sqlite_where=OPEN_TASKS, postgresql_where=OPEN_TASKS
    )


def _create_part_and_attempt() -> None:
    op.create_table(
        "part",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("task_ref", sa.Integer, sa.ForeignKey("task.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("type", sa.String),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("extension", sa.String, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("encoding", sa.String),
        sa.Column("remarks", sa.JSON, nullable=False),
        sa.Column("words", sa.Integer, nullable=False),
        sa.Column("masked_words", sa.Integer, nullable=False),
        # Last, because SQLite walks through a long value to reach the columns behind it.
        sa.Column("text", sa.Text),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("task_ref", "position"),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("task_ref", sa.Integer, sa.ForeignKey("task.id", ondelete="CASCADE"), nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("started_at", INSTANT, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("http_status", sa.Integer),
        sa.Column("task_status", sa.String),
        sa.Column("response_status_code", sa.String),
        sa.Column("result", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
    )
    op.create_index("ix_attempt_task_ref", "attempt", ["task_ref"])


def downgrade() -> None:
    """Drop everything."""
    for table in ("attempt", "part", "task", "credential", "team"):
        op.drop_table(table)
