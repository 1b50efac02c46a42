"""What people have seen on the board, and views that are saved there."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_SEEN = sa.text("attended_at IS NOT NULL")


def upgrade() -> None:
    """Add the columns; nothing has been seen yet, and views of before are the library's."""
    op.add_column("task", sa.Column("attended_at", sa.Float(53)))
    op.create_index(
        "ix_task_attended",
        "task",
        ["team_id", "archived", "state"],
        sqlite_where=_SEEN,
        postgresql_where=_SEEN,
    )
    op.add_column("saved_view", sa.Column("place", sa.String, nullable=False, server_default="library"))


def downgrade() -> None:
    """Drop them; views of the board go, because nobody could tell them from the library's."""
    op.execute("DELETE FROM saved_view WHERE place <> 'library'")
    op.drop_column("saved_view", "place")
    op.drop_index("ix_task_attended", "task")
    op.drop_column("task", "attended_at")
