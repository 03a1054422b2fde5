"""
Which keys of programs may make bypasses: of those that there are already none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("api_keys", sa.Column("bypasses", sa.Boolean(), server_default=sa.text("0"), nullable=False))
