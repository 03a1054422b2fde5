"""
Tables of the REST API: requests that were done, and how applications of type `api` show who they are.
"""

from typing import Final

from sqlalchemy import Column, ForeignKey, LargeBinary, PrimaryKeyConstraint, Table, Text

from watchword.stores.tables import CASCADE, IDENTIFIER, INSTANT, METADATA

REQUESTS: Final = Table(
    "requests",
    METADATA,
    Column("owner", LargeBinary(32), nullable=False),
    Column("name", LargeBinary(32), nullable=False),
    Column("request", LargeBinary(32), nullable=False),
    Column("expires_at", INSTANT, nullable=False, index=True),
    Column("answer", LargeBinary),
    PrimaryKeyConstraint("owner", "name"),
    sqlite_with_rowid=False,
)
"""Requests that created something, for a day. `answer` is empty where it may not be kept, NULL where it was lost."""

API_CLIENTS: Final = Table(
    "api_clients",
    METADATA,
    Column("application_id", IDENTIFIER, ForeignKey("applications.id", ondelete=CASCADE), primary_key=True),
    Column("networks", Text, nullable=False),
    Column("secrets", LargeBinary, nullable=False),
)
"""`networks` is a JSON array, empty for any; `secrets` are sealed: the one, and the next while it is being replaced."""
