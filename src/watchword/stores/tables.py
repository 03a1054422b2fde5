"""
Every table, in SQLAlchemy Core: the one text from which SQLite's and, later, PostgreSQL's are made.

Identifiers are 16 octets, instants UTC microseconds. Whatever is looked for has an index; what is only shown stands in
a compact body (`stores.bodies`), because on the path of a request each bound column costs 0.2 µs, and an index in an
order other than that of time dirties a page of its own for each row, 7 to 10 µs (measured with groups of 256). Nothing
here is changed without a migration; a test compares the two.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

IDENTIFIER: Final = LargeBinary(16)
INSTANT: Final = BigInteger()
POSITION: Final = BigInteger().with_variant(Integer(), "sqlite")
"""SQLite keeps a table in the order of a key of this very type, and needs no second tree for it."""

CASCADE: Final = "CASCADE"


def _partial(name: str, column: str, condition: str, *, unique: bool = False) -> Index:
    return Index(name, column, unique=unique, sqlite_where=text(condition))


# --- people ----------------------------------------------------------------------------------------------------------

USERS: Final = Table(
    "users",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("username", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("blocked_at", INSTANT),
    Column("block_reason", Text),
    Column("directory_id", LargeBinary),
    Column("password", Text),
    Column("failures", Text, nullable=False),
    Column("locked_until", INSTANT, nullable=False),
    Column("prompts", Text, nullable=False),
    Column("push_off_until", INSTANT, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("removed_at", INSTANT),
    _partial("ix_users_username", "username", "removed_at IS NULL", unique=True),
    _partial("ix_users_directory_id", "directory_id", "directory_id IS NOT NULL", unique=True),
    sqlite_with_rowid=False,
)
"""A removed user's row stays, so that what happened can still be read; he has no name, method or active bypass."""

NAMES: Final = Table(
    "names",
    METADATA,
    Column("name", Text, nullable=False),
    Column("user_id", IDENTIFIER, ForeignKey("users.id", ondelete=CASCADE), nullable=False, index=True),
    PrimaryKeyConstraint("name", "user_id"),
    sqlite_with_rowid=False,
)
"""Folded names. One that two users share names neither of them."""

METHODS: Final = Table(
    "methods",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("user_id", IDENTIFIER, ForeignKey("users.id", ondelete=CASCADE), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("secret", LargeBinary),
    Column("algorithm", Text),
    Column("digits", Integer),
    Column("period", Integer),
    Column("last_step", BigInteger, nullable=False),
    Column("drift", Integer, nullable=False),
    Column("resync", BigInteger),
    Column("public_key", LargeBinary),
    Column("created_at", INSTANT, nullable=False),
    sqlite_with_rowid=False,
)
"""`last_step` is the last time step or counter accepted, -1 before the first: one conditional write serves both."""

BACKUP_CODES: Final = Table(
    "backup_codes",
    METADATA,
    Column("method_id", IDENTIFIER, ForeignKey("methods.id", ondelete=CASCADE), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    PrimaryKeyConstraint("method_id", "digest"),
    sqlite_with_rowid=False,
)
"""Those that are left."""

PAIRINGS: Final = Table(
    "pairings",
    METADATA,
    Column("token_digest", LargeBinary(32), primary_key=True),
    Column("method_id", IDENTIFIER, ForeignKey("methods.id", ondelete=CASCADE), nullable=False, index=True),
    Column("user_id", IDENTIFIER, ForeignKey("users.id", ondelete=CASCADE), nullable=False, index=True),
    Column("expires_at", INSTANT, nullable=False, index=True),
)

BYPASSES: Final = Table(
    "bypasses",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("group_id", IDENTIFIER),
    Column("user_id", IDENTIFIER, ForeignKey("users.id"), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("application_id", IDENTIFIER),
    Column("reason", Text, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False),
    Column("state", Text, nullable=False),
    Column("ended_at", INSTANT),
    Column("ended_by", Text, nullable=False),
    Column("used_at_application", IDENTIFIER),
    Column("used_from", Text),
    CheckConstraint("state IN ('active', 'used', 'expired', 'cancelled', 'superseded')", name="state"),
    _partial("ix_bypasses_active_user", "user_id", "state = 'active'"),
    _partial("ix_bypasses_active_expiry", "expires_at", "state = 'active'"),
    _partial("ix_bypasses_active", "id", "state = 'active'"),
)
"""Every bypass ever made. `group_id` NULL is all groups, `application_id` any; `epoch` the user's at its making."""

CHALLENGES: Final = Table(
    "challenges",
    METADATA,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("group_id", IDENTIFIER, nullable=False),
    Column("user_id", IDENTIFIER, nullable=False),
    Column("application_id", IDENTIFIER, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("expires_at", INSTANT, nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""States that wait for an answer, for minutes at most. One that was spent is gone."""

# --- configuration ---------------------------------------------------------------------------------------------------

GROUPS: Final = Table(
    "groups",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

DIRECTORIES: Final = Table(
    "directories",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("secret", LargeBinary),
)
"""`details` is a JSON object: what each kind has besides its secret (`stores.bodies`)."""

APPLICATIONS: Final = Table(
    "applications",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("authentication_type", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("primary_kind", Text, nullable=False),
    Column("challenge", Boolean, nullable=False),
    Column("deadline", Integer, nullable=False),
    Column("user_match", Boolean, nullable=False),
    Column("portal_away", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
)

APPLICATION_DIRECTORIES: Final = Table(
    "application_directories",
    METADATA,
    Column("application_id", IDENTIFIER, ForeignKey("applications.id", ondelete=CASCADE), nullable=False),
    Column("place", Integer, nullable=False),
    Column("directory_id", IDENTIFIER, ForeignKey("directories.id"), nullable=False, index=True),
    PrimaryKeyConstraint("application_id", "place"),
)
"""Where an application's passwords are checked, in order."""

CLIENTS: Final = Table(
    "clients",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("application_id", IDENTIFIER, ForeignKey("applications.id", ondelete=CASCADE), nullable=False, index=True),
    Column("network", Text, nullable=False, unique=True),
    Column("secrets", LargeBinary, nullable=False),
    Column("require_message_authenticator", Boolean, nullable=False),
)

CACHING_RULES: Final = Table(
    "caching_rules",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("cache_type", Text, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("authentication_type", Text),
    Column("application_id", IDENTIFIER, ForeignKey("applications.id", ondelete=CASCADE), index=True),
    Column("enabled", Boolean, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", INSTANT, nullable=False),
)

SETTINGS: Final = Table(
    "settings",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("value", Float, nullable=False),
)

CONFIGURATION: Final = Table(
    "configuration",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("version", BigInteger, nullable=False),
)
"""One row: how often something in this part was changed."""

# --- what happened ---------------------------------------------------------------------------------------------------

CHAINS: Final = Table(
    "chains",
    METADATA,
    Column("chain", Integer, primary_key=True, autoincrement=False),
    Column("origin", LargeBinary(16), nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("at", INSTANT, nullable=False),
    Column("key_version", BigInteger, nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
)
"""The head of each chain: its last sequence and digest and its latest instant, vouched for by a keyed checksum."""

ACTIVITY: Final = Table(
    "activity",
    METADATA,
    Column("position", POSITION, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("id", IDENTIFIER, nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
)
"""One row a request, insert-only. `position` is chain and sequence in one (`stores.chain`)."""

AUDIT: Final = Table(
    "audit",
    METADATA,
    Column("position", POSITION, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("id", IDENTIFIER, nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
)
"""One row for each act of administration and single use, insert-only, in the same chain."""

ACTIVITY_BLOCKS: Final = Table(
    "activity_blocks",
    METADATA,
    Column("first", POSITION, primary_key=True, autoincrement=False),
    Column("last", POSITION, nullable=False),
    Column("terms", LargeBinary, nullable=False),
)
"""Who occurs in each run of rows of activity: an index by user that is only ever appended to (`stores.blocks`)."""

CHECKPOINTS: Final = Table(
    "checkpoints",
    METADATA,
    Column("chain", Integer, ForeignKey("chains.chain"), primary_key=True, autoincrement=False),
    Column("sequence", BigInteger, nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("key_version", BigInteger, nullable=False),
    Column("seal", LargeBinary(32), nullable=False),
)
"""Where a chain starts whose first rows were retired."""

KEY_VERSIONS: Final = Table(
    "key_versions",
    METADATA,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
)
"""Versions of keys under which anything here may be sealed."""
