"""How many tasks of each state a team has, kept by the database itself; on SQLite, what a search on the board reads.

The index holds all that such a search looks at, so that it reads no rows, which are ten times as long. On PostgreSQL
a label of 200 letters can be longer than an entry of an index may be, and rows are read faster.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

SEARCHED = [
    "team_id",
    "archived",
    "id",
    "state",
    "credential_id",
    "label_folded",
    "lower_id",
    "task_id",
    "label",
]

ON_SQLITE = {
    "task_counted_in": "AFTER INSERT ON task BEGIN {more} END",
    "task_counted_out": "AFTER DELETE ON task BEGIN {less} END",
    "task_counted_anew": (
        "AFTER UPDATE OF team_id, archived, state ON task "
        "WHEN OLD.team_id <> NEW.team_id OR OLD.archived <> NEW.archived OR OLD.state <> NEW.state "
        "BEGIN {less} {more} END"
    ),
}
MORE = (
    "INSERT INTO task_count (team_id, archived, state, writer, tasks) "
    "VALUES (NEW.team_id, NEW.archived, NEW.state, 0, 1) "
    "ON CONFLICT (team_id, archived, state, writer) DO UPDATE SET tasks = tasks + 1;"
)
LESS = MORE.replace("NEW.", "OLD.").replace("0, 1)", "0, -1)").replace("tasks + 1", "tasks - 1")

# A transaction counts in rows of its own connection: nobody waits for another's counting, and none can deadlock.
FUNCTIONS = """
CREATE FUNCTION task_counted_in() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO task_count AS kept (team_id, archived, state, writer, tasks)
  SELECT team_id, archived, state, pg_backend_pid(), count(*) FROM fresh GROUP BY team_id, archived, state
  ON CONFLICT (team_id, archived, state, writer) DO UPDATE SET tasks = kept.tasks + excluded.tasks;
  RETURN NULL;
END $$;
CREATE FUNCTION task_counted_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO task_count AS kept (team_id, archived, state, writer, tasks)
  SELECT team_id, archived, state, pg_backend_pid(), -count(*) FROM gone GROUP BY team_id, archived, state
  ON CONFLICT (team_id, archived, state, writer) DO UPDATE SET tasks = kept.tasks + excluded.tasks;
  RETURN NULL;
END $$;
CREATE FUNCTION task_counted_anew() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO task_count AS kept (team_id, archived, state, writer, tasks)
  VALUES (OLD.team_id, OLD.archived, OLD.state, pg_backend_pid(), -1),
         (NEW.team_id, NEW.archived, NEW.state, pg_backend_pid(), 1)
  ON CONFLICT (team_id, archived, state, writer) DO UPDATE SET tasks = kept.tasks + excluded.tasks;
  RETURN NULL;
END $$;
CREATE TRIGGER task_counted_in AFTER INSERT ON task REFERENCING NEW TABLE AS fresh
  FOR EACH STATEMENT EXECUTE FUNCTION task_counted_in();
CREATE TRIGGER task_counted_out AFTER DELETE ON task REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION task_counted_out();
CREATE TRIGGER task_counted_anew AFTER UPDATE OF team_id, archived, state ON task FOR EACH ROW
  WHEN ((OLD.team_id, OLD.archived, OLD.state) IS DISTINCT FROM (NEW.team_id, NEW.archived, NEW.state))
  EXECUTE FUNCTION task_counted_anew();
"""


def upgrade() -> None:
    """Count what there is, and from then on what comes and goes."""
    op.create_table(
        "task_count",
        sa.Column("team_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("archived", sa.Boolean, primary_key=True),
        sa.Column("state", sa.String, primary_key=True),
        sa.Column("writer", sa.Integer, primary_key=True),
        sa.Column("tasks", sa.Integer, nullable=False),
    )
    op.execute(
        "INSERT INTO task_count (team_id, archived, state, writer, tasks) "
        "SELECT team_id, archived, state, 0, count(*) FROM task GROUP BY team_id, archived, state"
    )
    if op.get_bind().dialect.name == "sqlite":
        for name, does in ON_SQLITE.items():
            op.execute(f"CREATE TRIGGER {name} {does.format(more=MORE, less=LESS)}")
        op.create_index("ix_task_searched", "task", SEARCHED)
    else:
        op.execute(FUNCTIONS)


def downgrade() -> None:
    """Count them whenever somebody looks."""
    sqlite = op.get_bind().dialect.name == "sqlite"
    if sqlite:
        op.drop_index("ix_task_searched", "task")
    for name in ON_SQLITE:
        if sqlite:
            op.execute(f"DROP TRIGGER {name}")
        else:
            op.execute(f"DROP TRIGGER {name} ON task")
            op.execute(f"DROP FUNCTION {name}()")
    op.drop_table("task_count")
