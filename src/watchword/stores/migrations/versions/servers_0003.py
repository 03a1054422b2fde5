"""
MFA servers: the portal's identity, the servers that are known to it, and the credentials that make others known.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "portal_identity",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_portal_identity_one")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_portal_identity")),
    )
    _servers()
    _credentials()


def _servers() -> None:
    op.create_table(
        "servers",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("group_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=32), nullable=False),
        sa.Column("previous_key", sa.LargeBinary(length=32), nullable=True),
        sa.Column("key_since", sa.BigInteger(), nullable=False),
        sa.Column("renew_at", sa.BigInteger(), nullable=True),
        sa.Column("link", sa.LargeBinary(length=32), nullable=True),
        sa.Column("previous_link", sa.LargeBinary(length=32), nullable=True),
        sa.Column("activated_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("alarmed_at", sa.BigInteger(), nullable=True),
        sa.Column("heard_at", sa.BigInteger(), nullable=True),
        sa.Column("acts_until", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("report", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_servers")),
        sa.UniqueConstraint("name", name=op.f("uq_servers_name")),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_servers_group_id")),
        sa.UniqueConstraint("public_key", name=op.f("uq_servers_public_key")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_servers_group_id"), "servers", ["group_id"], unique=False)
    op.create_index(op.f("ix_servers_previous_key"), "servers", ["previous_key"], unique=False)


def _credentials() -> None:
    op.create_table(
        "activation_credentials",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("group_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("network", sa.Text(), nullable=True),
        sa.Column("for_server", sa.LargeBinary(length=16), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("used_by", sa.LargeBinary(length=16), nullable=True),
        sa.Column("key", sa.LargeBinary(length=32), nullable=True),
        sa.CheckConstraint(
            "state IN ('active', 'used', 'withdrawn', 'void')", name=op.f("ck_activation_credentials_state")
        ),
        sa.UniqueConstraint("email", name=op.f("uq_activation_credentials_email")),
        sa.ForeignKeyConstraint(["group_id"], ["groups.id"], name=op.f("fk_activation_credentials_group_id")),
        sa.ForeignKeyConstraint(
            ["for_server"], ["servers.id"], name=op.f("fk_activation_credentials_for_server"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation_credentials")),
        sqlite_with_rowid=False,
    )
    for column in ("group_id", "for_server", "expires_at"):
        op.create_index(op.f(f"ix_activation_credentials_{column}"), "activation_credentials", [column], unique=False)
