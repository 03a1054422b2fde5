"""
The tables of those who administer, beside those of `stores.tables`.

A token or a challenge stands here as its SHA-256 and nothing else; a seed and what waits for a second step are sealed.
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, LargeBinary, Table, Text, text

from watchword.stores.tables import CASCADE, IDENTIFIER, INSTANT, METADATA

_DIGEST: Final = LargeBinary(32)

ADMINISTRATORS: Final = Table(
    "administrators",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("display", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("user_id", IDENTIFIER, ForeignKey("users.id"), index=True),
    Column("language", Text, nullable=False),
    Column("password", Text),
    Column("totp", LargeBinary),
    Column("totp_step", BigInteger, nullable=False),
    Column("totp_drift", Integer, nullable=False),
    Column("failures", Text, nullable=False),
    Column("locked_until", INSTANT, nullable=False),
    Column("created_at", INSTANT, nullable=False),
)

PASSKEYS: Final = Table(
    "passkeys",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column(
        "administrator_id", IDENTIFIER, ForeignKey("administrators.id", ondelete=CASCADE), nullable=False, index=True
    ),
    Column("credential", LargeBinary, nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("label", Text, nullable=False),
    Column("transports", Text, nullable=False),
    Column("synced", Boolean, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("used_at", INSTANT),
    Column("regressed_at", INSTANT),
)

SESSIONS: Final = Table(
    "sessions",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("digest", _DIGEST, nullable=False, unique=True),
    Column(
        "administrator_id", IDENTIFIER, ForeignKey("administrators.id", ondelete=CASCADE), nullable=False, index=True
    ),
    Column("created_at", INSTANT, nullable=False),
    Column("seen_at", INSTANT, nullable=False),
    Column("confirmed_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("agent", Text, nullable=False),
    Column("draft", LargeBinary),
)

SIGN_INS: Final = Table(
    "sign_ins",
    METADATA,
    Column("digest", _DIGEST, primary_key=True),
    Column(
        "administrator_id", IDENTIFIER, ForeignKey("administrators.id", ondelete=CASCADE), nullable=False, index=True
    ),
    Column("expires_at", INSTANT, nullable=False, index=True),
)
"""Who has shown his password and not his second step yet. It opens nothing."""

CEREMONIES: Final = Table(
    "ceremonies",
    METADATA,
    Column("challenge", _DIGEST, primary_key=True),
    Column("ceremony", Text, nullable=False),
    Column("bound", _DIGEST, nullable=False),
    Column("expires_at", INSTANT, nullable=False, index=True),
)
"""Challenges of passkeys that wait for their answer."""

SETUP_LINKS: Final = Table(
    "setup_links",
    METADATA,
    Column("digest", _DIGEST, primary_key=True),
    Column("administrator_id", IDENTIFIER, ForeignKey("administrators.id", ondelete=CASCADE), index=True),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT, nullable=False, index=True),
    Column("draft", LargeBinary),
)
"""`administrator_id` NULL makes the first owner."""

API_KEYS: Final = Table(
    "api_keys",
    METADATA,
    Column("id", IDENTIFIER, primary_key=True),
    Column("digest", _DIGEST, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", INSTANT, nullable=False),
    Column("expires_at", INSTANT),
    Column("revoked_at", INSTANT),
    Column("used_at", INSTANT),
    Column("bypasses", Boolean, server_default=text("0"), nullable=False),
)
