"""Devices that were given away are remembered: what they had opens nothing when they come again."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# Those that went before this was kept: the highest key that a file of theirs tells.
_BEFORE = """
INSERT INTO departed (mac, locked, "key", first_key)
SELECT mac, :locked, CASE WHEN max("key") > 1 THEN max("key") ELSE 1 END, 1
FROM entries
WHERE mac <> '' AND mac NOT IN (SELECT mac FROM devices)
GROUP BY mac
"""


def upgrade() -> None:
    """Make the table and the column."""
    op.add_column(
        "devices", sa.Column("first_key", sa.Integer(), server_default="1", nullable=False)
    )
    op.create_table(
        "departed",
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("next_key", sa.Integer(), nullable=True),
        sa.Column("first_key", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("mac"),
    )
    op.execute(sa.text(_BEFORE).bindparams(sa.bindparam("locked", False, sa.Boolean())))  # noqa: FBT003
