"""The fleet as it first was."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "changes",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name"),
    )
    op.create_table(
        "contents",
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_table(
        "devices",
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("serial", sa.String(length=64), nullable=False),
        sa.Column("site", sa.String(length=128), nullable=False),
        sa.Column("group", sa.String(length=128), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("pinned", sa.Integer(), nullable=True),
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("next_key", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("mac"),
    )
    op.create_index("devices_by_group", "devices", ["group"], unique=False)
    op.create_index("devices_by_model", "devices", ["model", "site", "mac"], unique=False)
    op.create_index("devices_by_serial", "devices", ["serial"], unique=False)
    op.create_index("devices_by_site", "devices", ["site"], unique=False)
    op.create_table(
        "documents",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "entries",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("path", sa.String(length=512), nullable=False),
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.Column("document", sa.String(length=128), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("key", sa.Integer(), nullable=True),
        sa.Column("encoding", sa.String(length=32), nullable=False),
        sa.Column("type", sa.String(length=64), nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("entries_by_mac", "entries", ["mac", "until"], unique=False)
    op.create_index("entries_by_path", "entries", ["path", "until"], unique=False)
    op.create_index("entries_by_since", "entries", ["since"], unique=False)
    op.create_index("entries_by_until", "entries", ["until"], unique=False)
    op.create_table(
        "history",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", "since"),
    )
    op.create_index("history_by_since", "history", ["since"], unique=False)
    op.create_index("history_by_until", "history", ["until"], unique=False)
    op.create_table(
        "layers",
        sa.Column("scope", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("names", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "name"),
    )
    op.create_index("layers_by_names", "layers", ["scope", "names"], unique=False)
    op.create_table(
        "lines",
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("user", sa.String(length=128), nullable=False),
        sa.Column("display_name", sa.String(length=256), nullable=False),
        sa.Column("proxy", sa.String(length=256), nullable=False),
        sa.PrimaryKeyConstraint("mac", "number"),
    )
    op.create_index("lines_by_user", "lines", ["user"], unique=False)
    op.create_table(
        "meta",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "releases",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made", sa.Float(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("devices", sa.Integer(), nullable=False),
        sa.Column("changed", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(length=256), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("changed", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "tokens",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.Column("made", sa.Float(), nullable=False),
        sa.Column("seen", sa.Float(), nullable=True),
        sa.Column("ends", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("tokens_by_mac", "tokens", ["mac"], unique=False)
    op.create_table(
        "uses",
        sa.Column("secret", sa.String(length=256), nullable=False),
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("secret", "mac"),
    )
    op.create_index("uses_by_mac", "uses", ["mac"], unique=False)
    op.create_table(
        "variables",
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "windows",
        sa.Column("mac", sa.String(length=12), nullable=False),
        sa.Column("opened", sa.Float(), nullable=False),
        sa.Column("opened_by", sa.String(length=128), nullable=False),
        sa.Column("ends", sa.Float(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mac"),
    )
