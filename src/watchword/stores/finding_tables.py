"""
Tables by which people are found among a million, kept by administration alone: no login touches them.
"""

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, PrimaryKeyConstraint, Table, Text, text

from watchword.stores.tables import CASCADE, IDENTIFIER, METADATA, USERS

NAME_WORDS: Final = Table(
    "name_words",
    METADATA,
    Column("word", Text, nullable=False),
    Column("user_id", IDENTIFIER, ForeignKey("users.id", ondelete=CASCADE), nullable=False),
    PrimaryKeyConstraint("word", "user_id"),
    sqlite_with_rowid=False,
)
"""Folded words of display names and user names (`domain.searching`)."""

BARE_USERS: Final = Table(
    "bare_users",
    METADATA,
    Column("username", Text, primary_key=True),
    Column("user_id", IDENTIFIER, ForeignKey("users.id", ondelete=CASCADE), nullable=False, unique=True),
    sqlite_with_rowid=False,
)
"""Users who have no method at all."""

_THERE: Final = "removed_at IS NULL"

Index("ix_users_blocked", USERS.c.username, sqlite_where=text(f"blocked_at IS NOT NULL AND {_THERE}"))
Index("ix_users_disabled", USERS.c.username, sqlite_where=text(f"disabled = 1 AND {_THERE}"))
Index("ix_users_locked", USERS.c.username, USERS.c.locked_until, sqlite_where=text(f"locked_until > 0 AND {_THERE}"))
