"""
Those who administer: who they are, what they sign in with, their sessions, and the keys of programs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _administrators()
    _passkeys()
    _sessions()
    _on_the_way()
    _api_keys()


def _his(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["administrator_id"],
        ["administrators.id"],
        name=op.f(f"fk_{table}_administrator_id"),
        ondelete="CASCADE",
    )


def _indexed(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def _administrators() -> None:
    op.create_table(
        "administrators",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("display", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.Column("totp_drift", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Text(), nullable=False),
        sa.Column("locked_until", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_administrators")),
        sa.UniqueConstraint("name", name=op.f("uq_administrators_name")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_administrators_user_id")),
    )
    _indexed("administrators", "user_id")


def _passkeys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("administrator_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("credential", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("transports", sa.Text(), nullable=False),
        sa.Column("synced", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("regressed_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
        _his("passkeys"),
        sa.UniqueConstraint("credential", name=op.f("uq_passkeys_credential")),
    )
    _indexed("passkeys", "administrator_id")


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("administrator_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("digest", name=op.f("uq_sessions_digest")),
        _his("sessions"),
    )
    _indexed("sessions", "administrator_id", "expires_at")


def _on_the_way() -> None:
    op.create_table(
        "sign_ins",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("administrator_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_sign_ins")),
        _his("sign_ins"),
    )
    _indexed("sign_ins", "administrator_id", "expires_at")
    op.create_table(
        "ceremonies",
        sa.Column("challenge", sa.LargeBinary(length=32), nullable=False),
        sa.Column("ceremony", sa.Text(), nullable=False),
        sa.Column("bound", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_ceremonies")),
    )
    _indexed("ceremonies", "expires_at")
    op.create_table(
        "setup_links",
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("administrator_id", sa.LargeBinary(length=16), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("draft", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_setup_links")),
        _his("setup_links"),
    )
    _indexed("setup_links", "administrator_id", "expires_at")


def _api_keys() -> None:
    op.create_table(
        "api_keys",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("digest", sa.LargeBinary(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_keys_digest")),
    )
