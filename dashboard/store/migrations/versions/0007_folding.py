"""Labels as they are looked for, and by which reading a text was indexed."""

import sqlalchemy as sa
from alembic import op

from dashboard.folding import folded_label

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_AT_ONCE = 1_000
_TASK = sa.table("task", sa.column("id", sa.Integer), sa.column("label"), sa.column("label_folded"))


def upgrade() -> None:
    """Add them; labels are folded here, texts by ``ocr-dashboard reindex``."""
    op.add_column("task", sa.Column("label_folded", sa.String))
    op.add_column("library_entry", sa.Column("reading", sa.Integer, nullable=False, server_default="1"))
    connection, last = op.get_bind(), 0
    of_one = sa.update(_TASK).where(_TASK.c.id == sa.bindparam("of")).values(label_folded=sa.bindparam("as"))
    while some := connection.execute(_after(last)).all():
        last = some[-1].id
        connection.execute(of_one, [{"of": row.id, "as": folded_label(row.label)} for row in some])


def _after(last: int) -> sa.Select[tuple[int, str]]:
    labelled = sa.select(_TASK.c.id, _TASK.c.label).where(_TASK.c.id > last, _TASK.c.label != "")
    return labelled.order_by(_TASK.c.id).limit(_AT_ONCE)


def downgrade() -> None:
    """Forget them."""
    op.drop_column("library_entry", "reading")
    op.drop_column("task", "label_folded")
