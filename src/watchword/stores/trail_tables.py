"""
What the audit trail is searched by, and what the bypass report is. Neither is written on the path of a login.
"""

from typing import Final

from sqlalchemy import Column, Index, LargeBinary, PrimaryKeyConstraint, Table, text

from watchword.stores.tables import BYPASSES, METADATA, POSITION

AUDIT_TERMS: Final = Table(
    "audit_terms",
    METADATA,
    Column("term", LargeBinary(8), nullable=False),
    Column("position", POSITION, nullable=False),
    PrimaryKeyConstraint("term", "position"),
    sqlite_with_rowid=False,
)
"""Where in the audit trail whom, what or by whom something befell (`stores.trail`). Upkeep writes it."""

Index("ix_bypasses_user", BYPASSES.c.user_id, BYPASSES.c.id)
Index("ix_bypasses_creator", BYPASSES.c.created_by, BYPASSES.c.id)
Index("ix_bypasses_cancelled", BYPASSES.c.id, sqlite_where=text("state = 'cancelled'"))
Index("ix_bypasses_superseded", BYPASSES.c.id, sqlite_where=text("state = 'superseded'"))
Index("ix_bypasses_expired", BYPASSES.c.id, sqlite_where=text("state = 'expired'"))
