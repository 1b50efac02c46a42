"""Full-text search, tags, saved views, archive; corrections, flipped masks, source images; share links."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

INSTANT = sa.Float(53)  # seconds since 1970, UTC

SEARCH_ON_SQLITE = (
    # The words are folded before; this splits at the spaces between them and keeps every other character.
    "CREATE VIRTUAL TABLE search_text USING fts5(words, tokenize='ascii')",
    (
        "CREATE TRIGGER search_text_of_task AFTER DELETE ON task "
        "BEGIN DELETE FROM search_text WHERE rowid = old.id; END"
    ),
)
SEARCH_ON_POSTGRESQL = (
    (
        "CREATE TABLE search_text (task_ref INTEGER NOT NULL REFERENCES task (id) ON DELETE CASCADE, "
        "chunk INTEGER NOT NULL, vector TSVECTOR NOT NULL, PRIMARY KEY (task_ref, chunk))"
    ),
    # Texts of one row and texts of several are asked for in different ways.
    "CREATE INDEX ix_search_text_short ON search_text USING gin (vector) WHERE chunk = 0",
    "CREATE INDEX ix_search_text_long ON search_text USING gin (vector) WHERE chunk > 0",
    "CREATE INDEX ix_search_text_long_task ON search_text (task_ref) WHERE chunk > 0",
)


def _to(table: str) -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete="CASCADE")


def upgrade() -> None:
    """Create them; results that are stored already get into the index after the start."""
    op.add_column("task", sa.Column("archived", sa.Boolean, nullable=False, server_default=sa.false()))
    op.drop_index("ix_task_team_state", "task")
    op.create_index("ix_task_team_state", "task", ["team_id", "archived", "state", "id"])
    statements = SEARCH_ON_SQLITE if op.get_bind().dialect.name == "sqlite" else SEARCH_ON_POSTGRESQL
    for statement in statements:
        op.execute(statement)
    op.create_table(
        "library_entry",
        sa.Column("task_ref", sa.Integer, _to("task"), primary_key=True),
        sa.Column("team_id", sa.Integer, _to("team"), nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("words", sa.Integer, nullable=False),
        sa.Column("masked_words", sa.Integer, nullable=False),
        sa.Column("indexed_at", INSTANT, nullable=False),
    )
    op.create_index("ix_library_entry_team_newest", "library_entry", ["team_id", "task_ref"])
    op.create_table(
        "task_tag",
        sa.Column("task_ref", sa.Integer, _to("task"), primary_key=True),
        sa.Column("tag", sa.String, primary_key=True),
        sa.Column("team_id", sa.Integer, _to("team"), nullable=False),
    )
    op.create_index("ix_task_tag_team_tag", "task_tag", ["team_id", "tag"])
    op.create_table(
        "saved_view",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.Integer, _to("team"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("query", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.UniqueConstraint("team_id", "name"),
        sqlite_autoincrement=True,
    )
    _create_corrections()
    _create_shares()


def _create_corrections() -> None:
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("task_ref", sa.Integer, _to("task"), nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_correction_task_ref", "correction", ["task_ref"])
    op.create_table(
        "mask_flip",
        sa.Column("task_ref", sa.Integer, _to("task"), primary_key=True),
        sa.Column("start", sa.Integer, primary_key=True),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
    )
    op.create_table(
        "source_image",
        sa.Column("task_ref", sa.Integer, _to("task"), primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
    )


def _create_shares() -> None:
    op.create_table(
        "share",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.Integer, _to("team"), nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("secret_hash", sa.String, nullable=False),
        sa.Column("hint", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT),
        sa.Column("views", sa.Integer, nullable=False),
        sa.Column("last_viewed_at", INSTANT),
        sa.UniqueConstraint("secret_hash"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_share_team_id", "share", ["team_id"])
    op.create_table(
        "share_task",
        sa.Column("share_id", sa.Integer, _to("share"), primary_key=True),
        sa.Column("task_ref", sa.Integer, _to("task"), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
    )
    op.create_index("ix_share_task_task_ref", "share_task", ["task_ref"])


def downgrade() -> None:
    """Forget them."""
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER search_text_of_task")
    for table in ("share_task", "share", "source_image", "mask_flip", "correction", "saved_view", "task_tag"):
        op.drop_table(table)
    op.drop_table("library_entry")
    op.execute("DROP TABLE search_text")
    op.drop_index("ix_task_team_state", "task")
    op.create_index("ix_task_team_state", "task", ["team_id", "state", "id"])
    op.drop_column("task", "archived")
