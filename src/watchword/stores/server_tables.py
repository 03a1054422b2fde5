"""
Tables of MFA servers: the portal's identity, who is known to it, and what makes others known.
"""

from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Integer, LargeBinary, Table, Text

from watchword.stores.tables import IDENTIFIER, INSTANT, METADATA

PORTAL_IDENTITY: Final = Table(
    "portal_identity",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seed", LargeBinary, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    CheckConstraint("id = 1", name="one"),
)
"""One row at most: the seed of the portal's identity, sealed."""

SERVERS: Final = Table(
    "servers",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("group_id", IDENTIFIER, ForeignKey("groups.id"), nullable=False, index=True),
    Column("public_key", LargeBinary(32), nullable=False, unique=True),
    Column("previous_key", LargeBinary(32), index=True),
    Column("key_since", INSTANT, nullable=False),
    Column("renew_at", INSTANT),
    Column("link", LargeBinary(32)),
    Column("previous_link", LargeBinary(32)),
    Column("activated_at", INSTANT, nullable=False),
    Column("revoked_at", INSTANT),
    Column("alarmed_at", INSTANT),
    Column("heard_at", INSTANT),
    Column("acts_until", INSTANT, nullable=False),
    Column("address", Text, nullable=False),
    Column("report", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""`link` NULL is unknown, after the database was restored; `report` what the server last said of itself."""

ACTIVATION_CREDENTIALS: Final = Table(
    "activation_credentials",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("email", Text, nullable=False, unique=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("group_id", IDENTIFIER, ForeignKey("groups.id"), index=True),
    Column("network", Text),
    Column("for_server", IDENTIFIER, ForeignKey("servers.id", ondelete="CASCADE"), index=True),
    Column("created_by", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("ended_at", INSTANT),
    Column("used_by", IDENTIFIER),
    Column("key", LargeBinary(32)),
    CheckConstraint("state IN ('active', 'used', 'withdrawn', 'void')", name="state"),
    sqlite_with_rowid=False,
)
"""Kept for a day after they end, so that a server whose answer was lost can ask again."""
