"""Sources in pieces, for any number of tasks; batches of submissions; calls of the API that are not repeated."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CHUNK_BYTES = 1024 * 1024
"""As it was when this was written."""

INSTANT = sa.Float(53)


def _to(table: str, ondelete: str = "CASCADE") -> sa.ForeignKey:
    return sa.ForeignKey(f"{table}.id", ondelete=ondelete)


def upgrade() -> None:
    """Add them, and carry over the images that were added to tasks."""
    op.add_column("team", sa.Column("keep_sources", sa.Boolean, nullable=False, server_default=sa.true()))
    op.add_column("team", sa.Column("keep_sources_days", sa.Integer))
    _create_sources()
    _carry_over()
    op.drop_table("source_image")
    _create_submissions()
    op.create_table(
        "api_call",
        sa.Column("team_id", sa.Integer, _to("team"), primary_key=True),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("fingerprint", sa.String, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("answer", sa.Text),
        sa.Column("begun_at", INSTANT, nullable=False),
    )
    op.create_index("ix_api_call_begun_at", "api_call", ["begun_at"])


def _create_sources() -> None:
    op.create_table(
        "source",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.Integer, _to("team"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("media_type", sa.String, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String, nullable=False),
        sa.Column("added_at", INSTANT, nullable=False),
        sa.Column("is_whole", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("thumbnail", sa.LargeBinary),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_source_team_digest", "source", ["team_id", "sha256"])
    op.create_table(
        "source_chunk",
        sa.Column("source_id", sa.Integer, _to("source"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "task_source",
        sa.Column("task_ref", sa.Integer, _to("task"), primary_key=True),
        sa.Column("source_id", sa.Integer, _to("source"), nullable=False),
        sa.Column("is_chosen", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("ix_task_source_source_id", "task_source", ["source_id"])


def _carry_over() -> None:
    """In the database, and piece by piece: no image stands in our memory."""
    connection = op.get_bind()
    longest = connection.execute(sa.text("SELECT max(length(data)) FROM source_image")).scalar()
    if longest is None:
        return
    connection.execute(
        sa.text(
            "INSERT INTO source (id, team_id, name, media_type, size, sha256, added_at, is_whole) "
            "SELECT task_ref, team_id, name, media_type, size, sha256, added_at, true "
            "FROM source_image JOIN task ON task.id = task_ref"
        )
    )
    pieces = sa.text(
        "INSERT INTO source_chunk (source_id, number, data) "
        "SELECT task_ref, :number, substr(data, :start, :most) FROM source_image WHERE length(data) >= :start"
    ).bindparams(*(sa.bindparam(name, type_=sa.Integer) for name in ("number", "start", "most")))
    for number in range(-(-longest // CHUNK_BYTES)):
        connection.execute(pieces, {"number": number, "start": number * CHUNK_BYTES + 1, "most": CHUNK_BYTES})
    connection.execute(
        sa.text("INSERT INTO task_source (task_ref, source_id) SELECT task_ref, task_ref FROM source_image")
    )
    if connection.dialect.name == "postgresql":
        connection.execute(
            sa.text("SELECT setval('source_id_seq', coalesce(max(id), 0) + 1, false) FROM source")
        )


def _create_submissions() -> None:
    op.create_table(
        "batch",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("team_id", sa.Integer, _to("team"), nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("is_paused", sa.Boolean, nullable=False, server_default=sa.false()),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_batch_team_newest", "batch", ["team_id", "id"])
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("batch_id", sa.Integer, _to("batch"), nullable=False),
        sa.Column("team_id", sa.Integer, _to("team"), nullable=False),
        sa.Column("source_id", sa.Integer, _to("source", "SET NULL")),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("label", sa.String, nullable=False),
        sa.Column("api_url", sa.String, nullable=False),
        sa.Column("operation", sa.String, nullable=False),
        sa.Column("trial", sa.Boolean, nullable=False),
        sa.Column("credential_id", sa.Integer, _to("credential", "SET NULL")),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("next_at", INSTANT),
        sa.Column("claim", sa.String),
        sa.Column("holder", sa.String),
        sa.Column("sent_at", INSTANT),
        sa.Column("task_ref", sa.Integer, _to("task", "SET NULL")),
        sqlite_autoincrement=True,
    )
    due, held = sa.text("next_at IS NOT NULL"), sa.text("holder IS NOT NULL")
    op.create_index("ix_submission_batch", "submission", ["batch_id", "position"])
    op.create_index("ix_submission_due", "submission", ["next_at"], sqlite_where=due, postgresql_where=due)
    op.create_index(
        "ix_submission_holder", "submission", ["holder"], sqlite_where=held, postgresql_where=held
    )
    for column in ("team_id", "source_id", "credential_id", "task_ref"):
        op.create_index(f"ix_submission_{column}", "submission", [column])
    op.create_table(
        "preset",
        sa.Column("team_id", sa.Integer, _to("team"), primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
    )
    op.create_table(
        "last_settings",
        sa.Column("team_id", sa.Integer, _to("team"), primary_key=True),
        sa.Column("person", sa.String, primary_key=True),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
    )


def downgrade() -> None:
    """Images of one task each go back; what was waiting to be sent is forgotten."""
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
    connection = op.get_bind()
    rows = connection.execute(
        sa.text(
            "SELECT task_ref, source_id, name, media_type, size, sha256, added_at "
            "FROM task_source JOIN source ON source.id = source_id WHERE is_whole"
        )
    ).mappings()
    images = sa.table(
        "source_image",
        *map(sa.column, ("task_ref", "name", "media_type", "data", "size", "sha256", "added_at")),
    )
    for row in rows.all():
        pieces = connection.execute(
            sa.text("SELECT data FROM source_chunk WHERE source_id = :of ORDER BY number"),
            {"of": row["source_id"]},
        ).scalars()
        values = {name: value for name, value in row.items() if name != "source_id"}
        connection.execute(sa.insert(images).values(data=b"".join(map(bytes, pieces)), **values))
    for table in (
        "api_call",
        "last_settings",
        "preset",
        "submission",
        "batch",
        "task_source",
        "source_chunk",
        "source",
    ):
        op.drop_table(table)
    with op.batch_alter_table("team") as batch:
        batch.drop_column("keep_sources_days")
        batch.drop_column("keep_sources")
