"""
People are found by words, and by how they stand, without looking through all of them.
"""

import sqlalchemy as sa
from alembic import op

from watchword.domain.searching import words_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_BATCH = 5_000


def upgrade() -> None:
    """Make what people are found by, and fill it."""
    op.create_table(
        "name_words",
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_name_words_user_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("word", "user_id", name=op.f("pk_name_words")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "bare_users",
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("user_id", sa.LargeBinary(length=16), nullable=False),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_bare_users")),
        sa.UniqueConstraint("user_id", name=op.f("uq_bare_users_user_id")),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_bare_users_user_id"), ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    for name, columns, condition in (
        ("ix_users_blocked", ["username"], "blocked_at IS NOT NULL AND removed_at IS NULL"),
        ("ix_users_disabled", ["username"], "disabled = 1 AND removed_at IS NULL"),
        ("ix_users_locked", ["username", "locked_until"], "locked_until > 0 AND removed_at IS NULL"),
    ):
        op.create_index(name, "users", columns, sqlite_where=sa.text(condition))
    op.execute(
        "INSERT INTO bare_users (username, user_id) SELECT username, id FROM users WHERE removed_at IS NULL"
        " AND NOT EXISTS (SELECT 1 FROM methods WHERE methods.user_id = users.id)"
    )
    _fill_words()


def _fill_words() -> None:
    connection = op.get_bind()
    behind = b""
    while rows := connection.exec_driver_sql(
        "SELECT id, username, name, removed_at FROM users WHERE id > ? ORDER BY id LIMIT ?", (behind, _BATCH)
    ).fetchall():
        words = [
            (word, user)
            for user, username, name, removed_at in rows
            if removed_at is None
            for word in words_of(username, name)
        ]
        if words:
            connection.exec_driver_sql("INSERT INTO name_words (word, user_id) VALUES (?, ?)", words)
        behind = rows[-1][0]
