"""
What the audit trail and the bypass report are searched by. Upkeep fills the former from the oldest row on.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make table and indexes."""
    op.create_table(
        "audit_terms",
        sa.Column("term", sa.LargeBinary(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("term", "position", name=op.f("pk_audit_terms")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_bypasses_user", "bypasses", ["user_id", "id"])
    op.create_index("ix_bypasses_creator", "bypasses", ["created_by", "id"])
    for state in ("cancelled", "superseded", "expired"):
        op.create_index(f"ix_bypasses_{state}", "bypasses", ["id"], sqlite_where=sa.text(f"state = '{state}'"))
