"""Brings databases made by earlier editions of the steps before to what those steps make now.

0001, 0003, 0004 and 0007 were edited after they were committed, so a database that ran them before lacks what was
added then, and has what was taken out. Which edition a database ran is written nowhere: it is looked up here, piece
by piece, and where everything is as it should be nothing is done.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DROPPED = ("ix_task_team_id", "ix_part_task_ref", "ix_search_text_vector")
"""Indexes whose columns begin another one (0001), and the one that two have replaced (0004)."""

ON_POSTGRESQL = (
    "CREATE INDEX IF NOT EXISTS ix_search_text_short ON search_text USING gin (vector) WHERE chunk = 0",
    "CREATE INDEX IF NOT EXISTS ix_search_text_long ON search_text USING gin (vector) WHERE chunk > 0",
    "CREATE INDEX IF NOT EXISTS ix_search_text_long_task ON search_text (task_ref) WHERE chunk > 0",
)
WORDS = "CREATE VIRTUAL TABLE search_text USING fts5(words, tokenize='ascii')"
ON_SQLITE = (
    "DROP TRIGGER IF EXISTS search_text_of_task",  # renaming would have it follow the old table
    "ALTER TABLE search_text RENAME TO search_text_before",
    WORDS,
    "INSERT INTO search_text (rowid, words) SELECT rowid, words FROM search_text_before",
    "DROP TABLE search_text_before",
    (
        "CREATE TRIGGER search_text_of_task AFTER DELETE ON task "
        "BEGIN DELETE FROM search_text WHERE rowid = old.id; END"
    ),
)
"""The words were folded by the program, whatever splits them: they move as they are."""

PLAIN_LABELS = {
    "sqlite": (
        "UPDATE task SET label_folded = lower(label) WHERE label_folded IS NULL AND label <> '' "
        "AND length(CAST(label AS BLOB)) = length(label)"
    ),
    "postgresql": (  # by its own alphabet: a Turkish one has another small I
        """UPDATE task SET label_folded = lower(label COLLATE "C") WHERE label_folded IS NULL AND label <> '' """
        "AND octet_length(label) = length(label)"
    ),
}
"""The first edition of 0007 left out labels in ASCII, of which the databases made the same by themselves."""


def upgrade() -> None:
    """Add what is missing, take out what is not wanted any more; no row is lost."""
    connection = op.get_bind()
    wanted: tuple[str, ...]
    if "keep_days" not in {column["name"] for column in sa.inspect(connection).get_columns("team")}:
        op.add_column("team", sa.Column("keep_days", sa.Integer))
    for name in DROPPED:
        op.execute(f"DROP INDEX IF EXISTS {name}")
    if connection.dialect.name == "sqlite":
        made = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = 'search_text'"))
        wanted = () if made == WORDS else ON_SQLITE
    else:
        wanted = ON_POSTGRESQL
    for statement in wanted:
        op.execute(statement)
    op.execute(PLAIN_LABELS[connection.dialect.name])


def downgrade() -> None:
    """Nothing to forget: what the steps before make now is here."""
