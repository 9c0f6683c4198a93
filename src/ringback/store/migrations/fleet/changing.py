"""Devices whose key is being changed are found without a look at all."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the index."""
    op.create_index("devices_by_next_key", "devices", ["next_key"], unique=False)
