"""
What is known of activity without reading it: terms, counts, and how far the chain was read for them.

Nothing is filled here: upkeep begins with the oldest row, as it does in a new database.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "activity_terms",
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_activity_terms")),
    )
    op.create_table(
        "counts",
        sa.Column("span", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("application_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("rule_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "span", "start", "outcome", "reason", "application_id", "rule_id", name=op.f("pk_counts")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "answer_counts",
        sa.Column("span", sa.Text(), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("span", "start", "milliseconds", "application_id", name=op.f("pk_answer_counts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "marks",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_marks")),
    )
